//! The contract between loop, datagram transports and protocols, row by row, in the simulator.
//!
//! `datagram_sending.rs` tests sending, `datagram_properties.rs` has the properties, and `tests/it/` tests real
//! sockets.

use super::*;

/// Records the calls in order, and does the test's action for each.
pub(super) struct Recorder {
    log: Sender<String>,
    reaction: fn(&mut DatagramTransport<'_>, &str),
}

impl Recorder {
    pub(super) fn new(reaction: fn(&mut DatagramTransport<'_>, &str)) -> (Self, Receiver<String>) {
        let (log, events) = channel();
        (Self { log, reaction }, events)
    }

    fn say(&self, t: &mut DatagramTransport<'_>, text: &str) {
        // The test need not read the record.
        let _ = self.log.send(text.to_owned());
        (self.reaction)(t, text);
    }
}

impl DatagramProtocol for Recorder {
    fn connection_made(&mut self, t: &mut DatagramTransport<'_>) {
        self.say(t, "made");
    }
    fn connection_failed(&mut self, t: &mut DatagramTransport<'_>, error: ConnectError) {
        self.say(t, &format!("failed: {error}"));
    }
    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], from: &Remote) {
        self.say(t, &format!("{}<{}", String::from_utf8_lossy(data), from.address().port()));
    }
    fn error_received(&mut self, t: &mut DatagramTransport<'_>, error: io::Error) {
        self.say(t, &format!("error {}", error.raw_os_error().unwrap_or(0)));
    }
    fn pause_writing(&mut self, t: &mut DatagramTransport<'_>) {
        self.say(t, &format!("pause at {}", t.write_buffer_size()));
    }
    fn resume_writing(&mut self, t: &mut DatagramTransport<'_>) {
        self.say(t, &format!("resume at {}", t.write_buffer_size()));
    }
    fn timer_fired(&mut self, t: &mut DatagramTransport<'_>, _timer: TimerId) {
        self.say(t, "timer");
    }
    fn connection_lost(&mut self, t: &mut DatagramTransport<'_>, error: Option<io::Error>) {
        assert!(error.is_none(), "no error ends a socket");
        self.say(t, "lost");
    }
}

/// The peer at a port.
pub(super) fn peer(port: u16) -> Remote {
    Remote::from(SocketAddr::from(([127, 0, 0, 1], port)))
}

/// The sent datagrams as `data>port`, with port 0 for no address.
pub(super) fn sent(sim: &Sim, id: Id) -> Vec<String> {
    let port = |to: Option<Remote>| to.map_or(0, |to| to.address().port());
    sim.sent_to(id).iter().map(|(data, to)| format!("{}>{}", String::from_utf8_lossy(data), port(*to))).collect()
}

/// How many datagrams each message has.
pub(super) fn joined(sim: &Sim, id: Id) -> Vec<usize> {
    sim.network(id).outbound.iter().map(|message| message.datagrams.len()).collect()
}

pub(super) type Case = (Sim, Id, Receiver<String>);

pub(super) fn socket(room: usize, connected: bool, reaction: fn(&mut DatagramTransport<'_>, &str)) -> Case {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new(reaction);
    let id = sim.socket(room, connected, recorder);
    sim.settle();
    assert_eq!(events(&log), ["made"]);
    (sim, id, log)
}

pub(super) fn service(room: usize, reaction: fn(&mut DatagramTransport<'_>, &str)) -> Case {
    socket(room, false, reaction)
}

pub(super) fn client(room: usize, reaction: fn(&mut DatagramTransport<'_>, &str)) -> Case {
    socket(room, true, reaction)
}

pub(super) fn send(sim: &mut Sim, id: Id, datagrams: &[(&str, u16)]) {
    let mut t = sim.net().datagram_transport(id);
    datagrams.iter().for_each(|(data, port)| t.sendto(data.as_bytes(), Some(&peer(*port))));
}

pub(super) fn feed(sim: &Sim, id: Id, datagrams: &[(&str, u16)]) {
    datagrams.iter().for_each(|(data, port)| sim.feed_from(id, data.as_bytes(), peer(*port)));
}

pub(super) fn limit(sim: &mut Sim, id: Id, high: usize, low: usize) {
    let marks = WaterMarks::new(high, Some(low)).expect("marks");
    sim.net().datagram_transport(id).set_write_buffer_limits(marks);
}

pub(super) fn dropped(sim: &mut Sim, id: Id) -> u64 {
    sim.net().datagram_transport(id).info().datagrams.dropped
}

pub(super) fn end(sim: &mut Sim, id: Id, log: &Receiver<String>) {
    sim.net().datagram_transport(id).abort();
    sim.run();
    assert_eq!(events(log), ["lost"]);
    sim.assert_nothing_left();
}

#[test]
fn callbacks_come_in_the_documents_order() {
    plays_datagrams(&[
        "client 10: feed one<1 two<1; settle; fail 111; settle; feed three<1; await one<1, two<1, error 111, three<1; \
            do close; do close; do abort; is closing; run; await lost; nothing",
        // Writing does not resume.
        "service 1: limits 10 0; send first>1 second>2 third>3; is paused; do abort; do abort; do close; buffered 0; \
            room 10; run; sent first>1; await pause at 0, lost; nothing",
        // A pause in the middle of a batch keeps the rest for later, and a close drops it.
        "service 100 pausing: feed a<1 p1<1 b<2 <3 p2<1 c<1; run; await a<1, p1<1; feed d<1; run; await ; \
            do resume_reading; do resume_reading; run; await b<2, <3, p2<1; do resume_reading; do resume_reading; run; \
            await c<1, d<1; do resume_reading; do resume_reading; run; await ; count 7; end",
        "service 100 pausing: feed p<1 never<1; run; do close; do resume_reading; run; await p<1, lost; nothing",
        // Before that, datagrams stay in the system.
        "service 100: do pause_reading; feed waiting<1; run; await ; waiting 1; do resume_reading; run; \
            await waiting<1; end",
    ]);
}

#[test]
fn what_arrives_before_connection_made_comes_after_it() {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new(|_, _| ());
    let id = sim.socket(10, false, recorder);
    feed(&sim, id, &[("early", 1)]);
    send(&mut sim, id, &[("before", 2)]);
    sim.run();
    assert_eq!(events(&log), ["made", "early<1"]);
    assert_eq!(sent(&sim, id), ["before>2"]);
    end(&mut sim, id, &log);
}

/// Opens a socket for a name that cannot be looked up.
fn nowhere(sim: &mut Sim, retry: u32) -> (Id, Receiver<String>) {
    let (recorder, log) = Recorder::new(|_, _| ());
    let target = HostPort { host: Host::Name("nowhere".to_owned()), port: 1 };
    let dialing =
        Dialing { numeric: true, retry: crate::transports::connect::Retry::Times(retry), ..Dialing::default() };
    (sim.net().connect_udp(target, dialing, DatagramOptions::default(), recorder), log)
}

#[test]
fn connection_failed_comes_alone() {
    let mut sim = Sim::new();
    let (id, log) = nowhere(&mut sim, 3);
    send(&mut sim, id, &[("ignored", 1)]);
    sim.run();
    assert_eq!(events(&log), ["failed: resolve nowhere: not a numeric address"]);
    assert_eq!(sim.elapsed(), Duration::from_secs(3), "a second before each further try");
    sim.assert_nothing_left();
}

#[test]
fn a_socket_that_is_closed_before_it_is_open_has_failed() {
    for close in [|t: &mut DatagramTransport<'_>| t.close(), |t: &mut DatagramTransport<'_>| t.abort()] {
        let mut sim = Sim::new();
        let (id, log) = nowhere(&mut sim, 3);
        sim.settle();
        close(&mut sim.net().datagram_transport(id));
        sim.run();
        assert_eq!(events(&log), [format!("failed: {}", ConnectError::given_up())]);
        assert_eq!(sim.elapsed(), Duration::ZERO);
        sim.assert_nothing_left();
    }
}

#[test]
fn empty_datagrams_go_both_ways() {
    let (mut sim, id, log) = service(10, |t, _| t.sendto(b"", Some(&peer(2))));
    feed(&sim, id, &[("", 1), ("x", 1), ("", 1)]);
    sim.settle();
    assert_eq!(events(&log), ["<1", "x<1", "<1"]);
    assert_eq!(sent(&sim, id), [">2", ">2", ">2", ">2"]);
    assert_eq!(joined(&sim, id), [1, 1, 1, 1], "empty ones cannot be joined");
    end(&mut sim, id, &log);
}

pub(super) fn echo(t: &mut DatagramTransport<'_>, what: &str) {
    if let Some((data, port)) = what.split_once('<') {
        t.sendto(data.as_bytes(), Some(&peer(port.parse().expect("a port"))));
    }
}

#[test]
fn close_flushes_and_nothing_moves_after_it() {
    let (mut sim, id, log) = service(1, |_, _| ());
    send(&mut sim, id, &[("first", 1), ("second", 2)]);
    sim.net().datagram_transport(id).close();
    send(&mut sim, id, &[("ignored", 3)]);
    feed(&sim, id, &[("ignored", 1)]);
    sim.run();
    assert_eq!((events(&log).len(), sent(&sim, id)), (0, vec!["first>1".to_owned()]), "not before all is out");
    assert!(!sim.event_loop.is_over());
    sim.give_socket_room(id, 10);
    sim.run();
    assert_eq!(sent(&sim, id), ["first>1", "second>2"]);
    assert_eq!((events(&log), sim.network(id).inbound.len()), (vec!["lost".to_owned()], 1));
    assert!(sim.event_loop.is_over(), "the last socket is closed");
    sim.assert_nothing_left();
    sim.event_loop.run().expect("it ends at once");
}

#[test]
fn what_arrives_while_closing_is_not_waited_for() {
    let (mut sim, id, log) = service(0, |_, _| ());
    send(&mut sim, id, &[("queued", 1)]);
    sim.net().datagram_transport(id).close();
    feed(&sim, id, &[("late", 1)]);
    sim.settle();
    assert!(!sim.net().datagram_transport(id).may_have_more(), "it will never be delivered");
    sim.give_socket_room(id, 10);
    sim.settle();
    assert_eq!(sent(&sim, id), ["queued>1"]);
    end(&mut sim, id, &log);
}

#[test]
fn closing_in_the_middle_of_a_batch_drops_the_rest() {
    fn closing(t: &mut DatagramTransport<'_>, what: &str) {
        match what {
            "b<1" | "b<2" => t.sendto(b"bye", Some(&peer(1))),
            _ => return,
        }
        if what == "b<1" {
            t.close()
        } else {
            t.abort()
        }
        t.sendto(b"too late", Some(&peer(1)));
    }
    for (port, said) in [(1, vec!["bye>1"]), (2, Vec::new())] {
        let (mut sim, id, log) = service(10, closing);
        feed(&sim, id, &[("a", port), ("b", port), ("c", port)]);
        sim.run();
        assert_eq!(events(&log), [format!("a<{port}"), format!("b<{port}"), "lost".to_owned()]);
        assert_eq!(sent(&sim, id), said);
        sim.assert_nothing_left();
    }
}

/// Pauses at each `p`.
pub(super) fn pausing(t: &mut DatagramTransport<'_>, what: &str) {
    if what.starts_with('p') {
        t.pause_reading();
    }
    echo(t, what);
}

#[test]
fn more_than_a_batch_comes_without_a_new_event() {
    let (mut sim, id, log) = service(100, |_, _| ());
    (0..BATCH * 20).for_each(|_| sim.feed_from(id, b"x", peer(1)));
    sim.settle();
    assert_eq!(events(&log).len(), BATCH * 20);
    end(&mut sim, id, &log);
}

#[test]
fn a_new_protocol_gets_the_rest_of_the_batch() {
    fn replacing(t: &mut DatagramTransport<'_>, what: &str) {
        pausing(t, what);
        if what == "b<1" || what == "p<1" {
            t.set_protocol(Recorder::new(|t, what| t.sendto(format!("new {what}").as_bytes(), Some(&peer(9)))).0);
        }
    }
    for (second, first) in [("b", "new c<1>9"), ("p", "new c<1>9")] {
        let (mut sim, id, log) = service(100, replacing);
        feed(&sim, id, &[("a", 1), (second, 1), ("c", 1)]);
        sim.settle();
        sim.net().datagram_transport(id).resume_reading();
        feed(&sim, id, &[("d", 1)]);
        sim.settle();
        assert_eq!(events(&log), ["a<1".to_owned(), format!("{second}<1")]);
        assert_eq!(sent(&sim, id)[2..], [first, "new d<1>9"]);
    }
}

#[test]
fn timers_fire_once_in_order_and_not_after_cancel_or_the_end() {
    let (mut sim, id, log) = service(100, |_, _| ());
    sim.net().call_later(id, Duration::from_millis(20));
    let cancelled = sim.net().call_later(id, Duration::from_millis(10));
    sim.net().cancel(cancelled);
    sim.net().call_soon(id);
    sim.settle();
    assert_eq!(events(&log), ["timer"]);
    sim.pass(Duration::from_millis(19));
    assert_eq!(events(&log).len(), 0);
    sim.pass(Duration::from_millis(1));
    assert_eq!(events(&log), ["timer"]);
    sim.net().call_later(id, Duration::from_millis(1));
    end(&mut sim, id, &log);
}

#[test]
fn what_timers_send_leaves_too() {
    let (mut sim, id, log) = service(100, |t, what| {
        if what == "timer" {
            t.sendto(b"tick", Some(&peer(1)));
        }
    });
    sim.net().call_later(id, Duration::from_millis(1));
    sim.net().call_soon(id);
    sim.run();
    assert_eq!((events(&log).len(), sent(&sim, id)), (2, vec!["tick>1".to_owned(), "tick>1".to_owned()]));
    end(&mut sim, id, &log);
}

#[test]
fn every_method_is_legal_on_a_stale_id() {
    let (mut sim, id, log) = service(100, |_, _| ());
    // The socket is lost while it is on the list of sockets that still have to send.
    send(&mut sim, id, &[("dropped", 1)]);
    end(&mut sim, id, &log);
    let (second, second_log) = Recorder::new(|_, _| ());
    let reused = sim.socket(100, false, second);
    sim.settle();
    assert_eq!(id.index(), reused.index());
    send(&mut sim, id, &[("for nobody", 1)]);
    limit(&mut sim, id, 0, 0);
    let mut t = sim.net().datagram_transport(id);
    t.pause_reading();
    t.resume_reading();
    t.set_protocol(Recorder::new(|_, _| ()).0);
    t.set_background(true);
    t.close();
    t.abort();
    assert!(t.is_closing() && !t.is_writing_paused() && t.write_buffer_size() == 0);
    assert_eq!(t.info().datagrams, DatagramTotals::default());
    sim.net().call_soon(id);
    sim.network(id).closed = false;
    sim.network(id).fail(libc::ECONNREFUSED);
    sim.settle();
    sim.network(id).closed = true;
    assert_eq!((events(&log).len(), events(&second_log)), (0, vec!["made".to_owned()]));
    feed(&sim, reused, &[("alive", 1)]);
    sim.settle();
    assert_eq!(events(&second_log), ["alive<1"], "the one that has the slot now is left alone");
    end(&mut sim, reused, &second_log);
}

#[test]
fn datagrams_of_those_who_are_not_admitted_are_dropped_unseen() {
    let (mut sim, id, log) = service(100, |_, _| ());
    let deny = vec!["10.0.0.0/8".parse().expect("a network")];
    sim.net().datagram_mut(id).expect("it is open").access = AccessList::new(Vec::new(), deny);
    feed(&sim, id, &[("a", 1)]);
    sim.feed_from(id, b"denied", Remote::from(SocketAddr::from(([10, 1, 2, 3], 4))));
    feed(&sim, id, &[("b", 1)]);
    sim.settle();
    assert_eq!(events(&log), ["a<1", "b<1"]);
    assert_eq!(sim.net().datagram_transport(id).info().datagrams.received, 2);
    end(&mut sim, id, &log);
}

#[test]
fn a_flood_on_one_socket_does_not_keep_another_waiting() {
    let (mut sim, flood, _flood_log) = service(0, |_, _| ());
    let (recorder, log) = Recorder::new(|_, _| ());
    let quiet = sim.socket(100, false, recorder);
    sim.settle();
    (0..10_000).for_each(|_| sim.feed_from(flood, b"x", peer(1)));
    feed(&sim, quiet, &[("me too", 1)]);
    sim.turn();
    assert!(sim.network(flood).inbound.len() > 5_000, "the flood is cut into turns");
    assert_eq!(events(&log), ["made", "me too<1"]);
}

#[test]
fn a_socket_in_the_background_does_not_keep_the_loop() {
    let (mut sim, id, log) = service(0, |_, _| ());
    assert!(!sim.event_loop.is_over());
    sim.net().datagram_transport(id).set_background(true);
    assert!(sim.event_loop.is_over());
    send(&mut sim, id, &[("still to go", 1)]);
    assert!(!sim.event_loop.is_over());
    sim.give_socket_room(id, 1);
    sim.settle();
    assert!(sim.event_loop.is_over());
    end(&mut sim, id, &log);
}

#[test]
fn a_protocol_that_calls_itself_for_ever_still_gets_datagrams() {
    let (mut sim, id, log) = service(100, |t, what| {
        if what == "timer" {
            t.call_soon();
        } else if what == "enough<1" {
            t.abort();
        }
    });
    sim.net().call_soon(id);
    feed(&sim, id, &[("enough", 1)]);
    for _ in 0..100 {
        sim.turn();
    }
    assert!(events(&log).iter().any(|event| event == "enough<1"));
    sim.run();
    sim.assert_nothing_left();
}

/// After its first datagram, replaces itself at the end of this many rounds of calls.
struct Hesitant {
    rounds: usize,
    log: Sender<String>,
    successor: Option<Recorder>,
}

impl DatagramProtocol for Hesitant {
    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], _from: &Remote) {
        self.log.send(String::from_utf8_lossy(data).into_owned()).expect("the test listens");
        if data == b"first" {
            t.call_soon();
        }
    }
    fn timer_fired(&mut self, t: &mut DatagramTransport<'_>, _timer: TimerId) {
        let id = t.id();
        self.rounds -= 1;
        if self.rounds > 0 {
            t.net().call_soon(id);
        } else if let Some(successor) = self.successor.take() {
            self.log.send("replaced".to_owned()).expect("the test listens");
            t.set_protocol(successor);
        }
    }
}

#[test]
fn a_protocol_that_was_replaced_by_a_late_call_gets_no_datagram_any_more() {
    for rounds in 1..10 {
        let mut sim = Sim::new();
        let (successor, _new_log) = Recorder::new(|_, _| ());
        let (log, old_log) = channel();
        let id = sim.socket(100, false, Hesitant { rounds, log, successor: Some(successor) });
        sim.settle();
        sim.feed_from(id, b"first", peer(1));
        (0..10).for_each(|_| sim.feed_from(id, b"later", peer(1)));
        sim.settle();
        let old = events(&old_log);
        assert_eq!(old.last().map(String::as_str), Some("replaced"), "after {rounds} rounds: {old:?}");
    }
}

#[test]
fn a_handle_of_the_other_kind_does_nothing() {
    struct Stream;
    impl Protocol for Stream {
        fn data_received(&mut self, t: &mut Transport<'_>, _data: &[u8]) {
            t.abort();
        }
    }
    let (mut sim, id, log) = service(10, |_, _| ());
    let mut t = sim.net().transport(id);
    t.write(b"ignored");
    t.write_eof();
    t.pause_reading();
    t.close();
    t.abort();
    t.set_protocol(Stream);
    feed(&sim, id, &[("alive", 1)]);
    sim.settle();
    assert_eq!((events(&log), sim.sent_to(id).len()), (vec!["alive<1".to_owned()], 0));
    end(&mut sim, id, &log);

    let id = sim.stream(10, Stream);
    let mut t = sim.net().datagram_transport(id);
    t.sendto(b"ignored", None);
    t.pause_reading();
    t.close();
    t.abort();
    t.set_protocol(Recorder::new(|_, _| ()).0);
    sim.feed(id, b"alive");
    sim.run();
    sim.assert_nothing_left();
}
