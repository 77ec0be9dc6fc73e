//! The contract between loop, datagram transports and protocols, row by row, in the simulator.
//!
//! `datagram_sending.rs` tests sending, `datagram_properties.rs` has the properties, and `tests/it/` tests real
//! sockets.

use super::*;

/// The peer at a port.
pub(super) fn peer(port: u16) -> Remote {
    Remote::from(SocketAddr::from(([127, 0, 0, 1], port)))
}

/// The sent datagrams as `data>port`, with port 0 for no address.
pub(super) fn sent(sim: &Sim, id: Id) -> Vec<String> {
    let port = |to: Option<Remote>| to.map_or(0, |to| to.address().port());
    sim.sent_to(id).iter().map(|(data, to)| format!("{}>{}", String::from_utf8_lossy(data), port(*to))).collect()
}

/// The behaviour of the protocol in a script.
pub(super) fn reaction(name: &str) -> fn(&mut DatagramTransport<'_>, &str) {
    match name {
        "" => |_, _| (),
        "echo" => echo,
        "pausing" => pausing,
        "replacing" => |t, told| {
            pausing(t, told);
            if told == "b<1" || told == "p<1" {
                let answer_anew = |t: &mut DatagramTransport<'_>, told: &str| send_to(t, &format!("new {told}"), 9);
                t.set_protocol(DatagramRecorder::new(answer_anew));
            }
        },
        "answering" => |t, _| send_to(t, "", 2),
        "closing" => |t, told| {
            match told {
                "b<1" | "b<2" => send_to(t, "bye", 1),
                _ => return,
            }
            if told == "b<1" {
                t.close()
            } else {
                t.abort()
            }
            send_to(t, "too late", 1);
        },
        "ticking" => |t, told| {
            if told == "timer" {
                send_to(t, "tick", 1);
            }
        },
        "restless" => |t, told| match told {
            "timer" => drop(t.call_soon()),
            "enough<1" => t.abort(),
            _ => (),
        },
        "startled" => |t, told| {
            if told == "error 111" {
                t.pause_reading();
            }
        },
        _ => panic!("{name:?} is no reaction"),
    }
}

fn send_to(t: &mut DatagramTransport<'_>, data: &str, port: u16) {
    t.sendto(data.as_bytes(), Some(&peer(port)));
}

fn echo(t: &mut DatagramTransport<'_>, told: &str) {
    if let Some((data, port)) = told.split_once('<') {
        send_to(t, data, port.parse().expect("a port"));
    }
}

/// Pauses at each `p`.
fn pausing(t: &mut DatagramTransport<'_>, told: &str) {
    if told.starts_with('p') {
        t.pause_reading();
    }
    echo(t, told);
}

/// An open socket, connected or not.
pub(super) fn socket(
    room: usize,
    connected: bool,
    reaction: impl FnMut(&mut DatagramTransport<'_>, &str) + 'static,
) -> (Sim, Id) {
    let mut sim = Sim::new();
    let id = sim.socket(room, connected, DatagramRecorder::new(reaction));
    assert_eq!(sim.told(id), ["made"]);
    (sim, id)
}

pub(super) fn service(room: usize) -> (Sim, Id) {
    socket(room, false, |_, _| ())
}

pub(super) fn send(sim: &mut Sim, id: Id, data: &str, port: u16) {
    send_to(&mut sim.datagram(id), data, port);
}

fn feed(sim: &Sim, id: Id, data: &str) {
    sim.feed_from(id, data.as_bytes(), peer(1));
}

pub(super) fn limit(sim: &mut Sim, id: Id, high: usize, low: usize) {
    let marks = WaterMarks::new(high, Some(low)).expect("marks");
    sim.datagram(id).set_write_buffer_limits(marks);
}

pub(super) fn end(sim: &mut Sim, id: Id) {
    sim.datagram(id).abort();
    sim.run();
    assert_eq!(sim.told(id), ["lost"]);
}

#[test]
fn callbacks_come_in_the_documents_order() {
    plays_datagrams(&[
        "client 10: feed one<1 two<1; settle; fail 111; settle; feed three<1; await one<1, two<1, error 111, three<1; \
            do close; do close; do abort; is closing; run; await lost",
        // Writing does not resume.
        "service 1: limits 10 0; send first>1 second>2 third>3; is paused; do abort; do abort; do close; buffered 0; \
            room 10; run; sent first>1; await pause at 0, lost",
        // A pause in the middle of a batch keeps the rest for later, and a close drops it.
        "service 100 pausing: feed a<1 p1<1 b<2 <3 p2<1 c<1; run; await a<1, p1<1; feed d<1; run; await ; \
            do resume_reading; do resume_reading; run; await b<2, <3, p2<1; do resume_reading; do resume_reading; run; \
            await c<1, d<1; do resume_reading; do resume_reading; run; await ; count 7; end",
        "service 100 pausing: feed p<1 never<1; run; do close; do resume_reading; run; await p<1, lost",
        // The peer is not idle while reading is paused.
        "service 9: do pause_reading; pass 5000; idle 5000; do resume_reading; idle 0; pass 3000; idle 3000; end",
        // Before that, datagrams stay in the system.
        "service 100: do pause_reading; feed waiting<1; run; await ; waiting 1; do resume_reading; run; \
            await waiting<1; end",
    ]);
}

#[test]
fn what_arrives_before_connection_made_comes_after_it() {
    let mut sim = Sim::new();
    let id = sim.socket(10, false, DatagramRecorder::new(|_, _| ()));
    feed(&sim, id, "early");
    send(&mut sim, id, "before", 2);
    assert_eq!(sim.told(id), ["made", "early<1"]);
    assert_eq!(sent(&sim, id), ["before>2"]);
    end(&mut sim, id);
}

/// A name that cannot be looked up is tried again after a second, unless its socket is closed before.
#[test]
fn connection_failed_comes_alone() {
    type Close = fn(&mut DatagramTransport<'_>);
    let given_up = ConnectError::given_up().to_string();
    for (close, failure, seconds) in [
        (None, "resolve nowhere: not a numeric address", 3),
        (Some((|t| t.close()) as Close), &given_up[..], 0),
        (Some(|t| t.abort()), &given_up, 0),
    ] {
        let mut sim = Sim::new();
        let recorder = DatagramRecorder::new(|_, _| ());
        let log = recorder.log();
        let target = HostPort { host: Host::Name("nowhere".to_owned()), port: 1 };
        let dialing = Dialing { numeric: true, retry: Retry::Times(3), ..Dialing::default() };
        let id = sim.net().connect_udp(target, dialing, DatagramOptions::default(), recorder);
        match close {
            Some(close) => {
                sim.settle();
                close(&mut sim.datagram(id));
            }
            None => send(&mut sim, id, "ignored", 1),
        }
        sim.run();
        assert_eq!(log.take(), [format!("failed: {failure}")]);
        assert_eq!(sim.elapsed(), Duration::from_secs(seconds));
    }
}

#[test]
fn close_flushes_and_nothing_moves_after_it() {
    plays_datagrams(&[
        "service 1: send first>1 second>2; do close; send ignored>3; feed ignored<1; run; await ; sent first>1; \
            not over; room 10; run; sent second>2; await lost; waiting 1; is over",
        // What arrives meanwhile will never be delivered, so the socket does not wait for it.
        "service 0: send queued>1; do close; feed late<1; settle; not expecting; room 10; settle; sent queued>1; end",
        // In the middle of a batch, the rest is dropped.
        "service 0 pausing: feed p<1 never<1; run; await p<1; unread 6; do close; unread 0; room 9; run; sent p>1; \
            await lost",
        "service 10 closing: feed a<1 b<1 c<1; run; await a<1, b<1, lost; sent bye>1",
        "service 10 closing: feed a<2 b<2 c<2; run; await a<2, b<2, lost; sent",
    ]);
}

#[test]
fn what_protocols_do_in_their_callbacks_takes_effect() {
    plays_datagrams(&[
        // Empty datagrams go both ways, and cannot be joined.
        "service 10 answering: feed <1 x<1 <1; await <1, x<1, <1; sent >2 >2 >2 >2; joined 1 1 1 1; end",
        // A new protocol gets the rest of the batch.
        "service 100 replacing: feed a<1 b<1 c<1; settle; do resume_reading; feed d<1; await a<1, b<1; \
            sent a>1 b>1 new c<1>9 new d<1>9; do abort",
        "service 100 replacing: feed a<1 p<1 c<1; settle; do resume_reading; feed d<1; await a<1, p<1; \
            sent a>1 p>1 new c<1>9 new d<1>9; do abort",
        // Timers fire once, in order, and not after cancel or the end. What they send leaves, too.
        "service 100: do timer 20; do no_timer 10; do call_soon; await timer; pass 19; await ; pass 1; await timer; \
            do timer 1; end",
        "service 100 ticking: do timer 1; do call_soon; run; await timer, timer; sent tick>1 tick>1; end",
        // A protocol that calls itself without end still gets datagrams.
        "service 100 restless: do call_soon; feed enough<1; turn 100; await ..., enough<1, ..., lost",
        // A socket in the background does not keep the loop, but what it has to send does.
        "service 0: not over; do background; is over; send to_go>1; not over; room 1; settle; is over; end",
    ]);
}

#[test]
fn more_than_a_batch_comes_without_a_new_event() {
    let (mut sim, id) = service(100);
    (0..BATCH * 20).for_each(|_| feed(&sim, id, "x"));
    assert_eq!(sim.told(id).len(), BATCH * 20);
    end(&mut sim, id);
}

#[test]
fn every_method_is_legal_on_a_stale_id() {
    let (mut sim, id) = service(100);
    // The socket is lost while it is on the list of sockets that still have to send.
    send(&mut sim, id, "dropped", 1);
    end(&mut sim, id);
    let reused = sim.socket(100, false, DatagramRecorder::new(|_, _| ()));
    sim.settle();
    assert_eq!(id.index(), reused.index());
    send(&mut sim, id, "for nobody", 1);
    limit(&mut sim, id, 0, 0);
    let mut t = sim.datagram(id);
    t.pause_reading();
    t.resume_reading();
    t.set_protocol(DatagramRecorder::new(|_, _| ()));
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
    assert_eq!((sim.told(id).len(), sim.told(reused)), (0, vec!["made".to_owned()]));
    feed(&sim, reused, "alive");
    assert_eq!(sim.told(reused), ["alive<1"], "the one that has the slot now is left alone");
    end(&mut sim, reused);
}

#[test]
fn datagrams_of_those_who_are_not_admitted_are_dropped_unseen() {
    let (mut sim, id) = service(100);
    let deny = vec!["10.0.0.0/8".parse().expect("a network")];
    sim.net().datagram_mut(id).expect("it is open").access = AccessList::new(Vec::new(), deny);
    feed(&sim, id, "a");
    sim.feed_from(id, b"denied", Remote::from(SocketAddr::from(([10, 1, 2, 3], 4))));
    feed(&sim, id, "b");
    assert_eq!(sim.told(id), ["a<1", "b<1"]);
    assert_eq!(sim.datagram(id).info().datagrams.received, 2);
    end(&mut sim, id);
}

#[test]
fn a_flood_on_one_socket_does_not_keep_another_waiting() {
    let (mut sim, flood) = service(0);
    let quiet = sim.socket(100, false, DatagramRecorder::new(|_, _| ()));
    sim.settle();
    (0..10_000).for_each(|_| feed(&sim, flood, "x"));
    feed(&sim, quiet, "me too");
    sim.turn();
    assert!(sim.network(flood).inbound.len() > 5_000, "the flood is cut into turns");
    assert_eq!(sim.told_so_far(quiet), ["made", "me too<1"]);
    sim.abort_all();
}

/// After its first datagram, a protocol replaces itself after this many rounds of calls.
#[test]
fn a_protocol_that_was_replaced_by_a_late_call_gets_no_datagram_any_more() {
    for rounds in 1..10 {
        let mut left = rounds;
        let (mut sim, id) = socket(100, false, move |t, told| match told {
            "first<1" => drop(t.call_soon()),
            "timer" if left > 1 => {
                left -= 1;
                t.call_soon();
            }
            "timer" => t.set_protocol(DatagramRecorder::new(|_, _| ())),
            _ => (),
        });
        feed(&sim, id, "first");
        (0..10).for_each(|_| feed(&sim, id, "later"));
        let told = sim.told(id);
        let count = told.iter().filter(|told| *told == "timer").count();
        assert_eq!((count, told.last().map(String::as_str)), (rounds, Some("timer")), "{told:?}");
        sim.abort_all();
    }
}

#[test]
fn a_handle_of_the_other_kind_does_nothing() {
    let (mut sim, id) = service(10);
    let mut t = sim.transport(id);
    t.write(b"ignored");
    t.write_eof();
    t.pause_reading();
    t.close();
    t.abort();
    t.set_protocol(Recorder::new());
    feed(&sim, id, "alive");
    assert_eq!((sim.told(id), sim.sent_to(id).len()), (vec!["alive<1".to_owned()], 0));
    end(&mut sim, id);

    let id = sim.stream(10, Recorder::new().on("data", |t, _| t.abort()));
    let mut t = sim.datagram(id);
    t.sendto(b"ignored", None);
    t.pause_reading();
    t.close();
    t.abort();
    t.set_protocol(DatagramRecorder::new(|_, _| ()));
    sim.feed(id, b"alive");
    assert_eq!(sim.told(id), ["made", "data alive", "lost"]);
}
