//! Scripts over one stream or datagram socket of the simulator, in the language of the oracle
//! (`tests/it/house/oracle.rs`): actions of the peer, actions on the transport (`do`), and calls of the protocol
//! (`await`).
//!
//! `; ` separates steps. TEXT is literal except that `;_` is `; `, and `*N` is N zeros. `, ` separates a list. `...` in
//! a list is any number of callbacks, and `...` at the end of a callback is any text. A stage ends with its case: what
//! is left then fails the case.

use super::datagrams::{self, peer};
use super::starttls::asking;
use super::tls::{ENOUGH, Peer as TlsPeer, client, server};
use super::*;

/// Plays all scripts. The head before the colon is the room in the "kernel" of a stream, with `keep open` for a
/// protocol that does; or `tls`, with actions once the stream is made; `tls client` or `tls stranger`; or `open`, which
/// can begin TLS later; or `asks PROTOCOL`, a client that asks for TLS.
#[track_caller]
pub(super) fn plays(cases: &[&str]) {
    each_case(cases, Stage::new, Stage::step);
}

/// The same for datagrams: `service ROOM` or `client ROOM`, with the name of a reaction in `datagrams.rs`.
#[track_caller]
pub(super) fn plays_datagrams(cases: &[&str]) {
    each_case(cases, DatagramStage::new, DatagramStage::step);
}

/// Plays each case on a stage of its own, which leaves nothing in the end. A failure names the case.
#[track_caller]
pub(super) fn each_case<T>(cases: &[&str], new: fn(&str) -> T, play: fn(&mut T, &str)) {
    let is_good = |action: &mut dyn FnMut()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(action)).is_ok();
    assert!(!cases.is_empty(), "there is no case");
    for case in cases {
        let (head, steps) = case.split_once(": ").expect("a head");
        let mut stage = new(head);
        for step in steps.split("; ") {
            let step = &step.replace(";_", "; ");
            assert!(is_good(&mut || play(&mut stage, step)), "{case:?} has failed at {step:?}");
        }
        let mut stage = Some(stage);
        assert!(is_good(&mut || drop(stage.take())), "{case:?} has left something");
    }
}

/// Expects these callbacks.
pub(super) fn is_told(told: &[String], expected: &str) {
    fn fits(expected: &[&str], told: &[String]) -> bool {
        match (expected, told) {
            ([], []) => true,
            (["...", rest @ ..], _) => (0..=told.len()).any(|n| fits(rest, &told[n..])),
            ([first, rest @ ..], [event, events @ ..]) => {
                let same = first.strip_suffix("...").map_or(event == first, |start| event.starts_with(start));
                same && fits(rest, events)
            }
            _ => false,
        }
    }
    let expected: Vec<&str> = expected.split(", ").filter(|event| !event.is_empty()).collect();
    assert!(fits(&expected, told), "{told:?} instead of {expected:?}");
}

fn bytes(text: &str) -> Vec<u8> {
    let number = text.strip_prefix('*').and_then(|number| number.parse().ok());
    number.map_or_else(|| text.as_bytes().to_vec(), |n| vec![0; n])
}

pub(super) fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

pub(super) fn millis(text: &str) -> Duration {
    Duration::from_secs_f64(text.parse::<f64>().expect("a number") / 1000.0)
}

/// Bytes as text in which each character is one byte.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

fn kind(name: &str) -> io::ErrorKind {
    match name {
        "BrokenPipe" => io::ErrorKind::BrokenPipe,
        "OutOfMemory" => io::ErrorKind::OutOfMemory,
        "ConnectionReset" => io::ErrorKind::ConnectionReset,
        _ => panic!("{name:?} is no kind of error"),
    }
}

/// The actions of `do`.
fn act(t: &mut Transport<'_>, action: &str) {
    let (name, rest) = action.split_once(' ').unwrap_or((action, ""));
    match name {
        "write" => t.write(&bytes(rest)),
        "writelines" => t.writelines(&Vec::from_iter(rest.split(' ').map(|part| IoSlice::new(part.as_bytes())))),
        "limits" => {
            let (high, low) = rest.split_once(' ').map_or((rest, None), |(high, low)| (high, Some(number(low))));
            t.set_write_buffer_limits(WaterMarks::new(number(high), low).expect("marks"));
        }
        "unread" => t.unread(rest.as_bytes()),
        "start_tls" => t.start_tls(server()).expect("TLS begins"),
        "ask" => t.start_tls(asking(rest)).expect("TLS begins"),
        "timer" => drop(t.call_later(millis(rest))),
        "call_soon" => drop(t.call_soon()),
        "no_timer" => {
            let timer = t.call_later(millis(rest));
            t.cancel(timer);
        }
        "write_eof" => t.write_eof(),
        "close" => t.close(),
        "close_by_reset" => t.close_by_reset(),
        "abort" => t.abort(),
        "pause_reading" => t.pause_reading(),
        "resume_reading" => t.resume_reading(),
        _ => panic!("{action:?} is nothing to be done"),
    }
}

struct Stage {
    sim: Sim,
    id: Id,
    peer: TlsPeer,
    is_tls: bool,
}

impl Stage {
    fn new(head: &str) -> Self {
        let mut sim = Sim::new();
        let (first, rest) = head.split_once(' ').unwrap_or((head, ""));
        let is_tls = matches!(first, "tls" | "open");
        let recorder = if is_tls || first == "asks" { Recorder::brief() } else { Recorder::new() };
        let recorder = if rest == "keep open" { recorder.keeping_open() } else { recorder };
        let is_action = first != "asks" && !matches!(rest, "" | "keep open" | "client" | "stranger");
        let action = is_action.then(|| rest.to_owned());
        let recorder = recorder.on("made", move |t, _| action.iter().for_each(|action| act(t, action)));
        let room = if is_tls || first == "asks" { ENOUGH } else { number(first) };
        let id = sim.stream(room, recorder);
        let mut t = sim.transport(id);
        let mut peer = TlsPeer::client();
        match (first, rest) {
            ("tls", "client" | "stranger") => {
                let pin = if rest == "client" { server().pin().expect("it is known") } else { Pin([0; 32]) };
                t.start_tls(client(Trust::Pins(vec![pin]), rest == "client")).expect("TLS begins");
                peer = TlsPeer::server();
            }
            ("tls", _) => t.start_tls(server()).expect("TLS begins"),
            ("asks", protocol) => act(&mut t, &format!("ask {protocol}")),
            _ => (),
        }
        if first != "tls" {
            sim.settle();
        }
        Self { sim, id, peer, is_tls }
    }

    fn step(&mut self, step: &str) {
        let (name, rest) = step.split_once(' ').unwrap_or((step, ""));
        let (sim, id, peer) = (&mut self.sim, self.id, &mut self.peer);
        match name {
            // The peer.
            "send" if self.is_tls => peer.write(rest.as_bytes()),
            "send" | "feed" => sim.feed(id, rest.as_bytes()),
            "raw" => sim.feed(id, &[peer.take(), rest.as_bytes().to_vec()].concat()),
            "hello" => sim.feed(id, &peer.take()[..number(rest)]),
            "hand" => sim.transport(id).unread(&peer.take()),
            "notify" => peer.session.send_close_notify(),
            "talk" => peer.talk(sim, id),
            "look" => peer.look(sim, id),
            "skip" => peer.taken = number(rest),
            "end" => sim.feed_end(id),
            "reset" => sim.reset(id),
            "read" => sim.give_room(id, number(rest)),
            "room" => sim.wire(id).room = number(rest),
            "broken" => {
                let mut wire = sim.wire(id);
                wire.write_error = Some(kind(rest.split(' ').next().expect("a kind")));
                wire.writable_edge |= rest.ends_with(" now");
            }
            "do" => act(&mut sim.transport(id), rest),
            // The loop.
            "settle" => sim.settle(),
            "run" => sim.run(),
            "pass" => sim.pass(millis(rest)),
            // The results.
            "await" => is_told(&sim.told(id), rest),
            "fails" => {
                let told = sim.told(id);
                let [failure] = &told[..] else { panic!("{told:?}") };
                let (kind, message) = rest.split_once(' ').expect("a kind");
                assert!(failure.starts_with(&format!("failed: {kind}: connection with ")), "{failure}");
                assert!(failure.ends_with(message), "{failure} does not end with {message:?}");
                assert!(kind == "Reset" || sim.wire(id).closed == Some(Closed::Reset));
                sim.run();
            }
            "never" => assert!(!sim.told(id).concat().contains(rest)),
            "is" => assert!(self.has(rest), "it is not {rest}"),
            "not" => assert!(!self.has(rest), "it is {rest}"),
            "sent" => assert_eq!(latin(&sim.sent(id)), rest),
            // TEXT was sent, and then a record of a TLS handshake.
            "clear" => {
                assert!(latin(&sim.sent(id)).strip_prefix(rest).is_some_and(|sent| sent.starts_with("\x16\x03")))
            }
            "unsent" => assert!(!latin(&sim.sent(id)).contains(rest)),
            "buffered" => assert_eq!(sim.transport(id).write_buffer_size(), number(rest)),
            "got" => assert_eq!(String::from_utf8_lossy(&peer.received), rest),
            "closed" => assert_eq!(format!("{:?}", sim.wire(id).closed), format!("Some({rest})")),
            "took" => assert_eq!(sim.elapsed(), millis(rest)),
            "within" => assert!(sim.elapsed() <= millis(rest), "{:?}", sim.elapsed()),
            _ => panic!("{step:?} is no step"),
        }
    }

    fn has(&mut self, what: &str) -> bool {
        let wire = self.sim.wire(self.id);
        let (is_ended, is_closed) = (wire.outbound_end, wire.closed.is_some());
        drop(wire);
        let t = self.sim.transport(self.id);
        match what {
            "at_eof" => t.is_at_eof(),
            "closing" => t.is_closing(),
            "reading" => t.is_reading(),
            "paused" => t.is_writing_paused(),
            "write_closed" => t.is_write_closed(),
            "can_write_eof" => t.can_write_eof(),
            // The view of the other end.
            "ended" => is_ended,
            "closed" => is_closed,
            "notified" => self.peer.has_ended,
            "shaken" => !self.peer.session.is_handshaking(),
            "alerted" => matches!(self.peer.failed, Some(rustls::Error::AlertReceived(_))),
            _ => panic!("{what:?} is nothing to be"),
        }
    }
}

struct DatagramStage {
    sim: Sim,
    id: Id,
    /// How many sent datagrams were checked.
    seen: usize,
}

impl DatagramStage {
    fn new(head: &str) -> Self {
        let words = Vec::from_iter(head.split(' '));
        let reaction = datagrams::reaction(words.get(2).unwrap_or(&""));
        assert!(matches!(words[0], "client" | "service"), "{head:?}");
        let (sim, id) = datagrams::socket(number(words[1]), words[0] == "client", reaction);
        Self { sim, id, seen: 0 }
    }

    fn step(&mut self, step: &str) {
        let (name, rest) = step.split_once(' ').unwrap_or((step, ""));
        let (sim, id) = (&mut self.sim, self.id);
        let numbers = || Vec::from_iter(rest.split(' ').map(number));
        let error = |at: usize| numbers()[at] as i32;
        let each = |mark: char| rest.split(' ').map(move |word| word.split_once(mark).unwrap_or((word, "")));
        let port = |port: &str| port.parse().ok().map(peer);
        match name {
            // The peers.
            "feed" => each('<').for_each(|(data, from)| {
                sim.feed_from(id, data.as_bytes(), port(from).expect("a port"));
            }),
            "room" => sim.give_socket_room(id, number(rest)),
            "fail" => sim.network(id).fail(error(0)),
            "error" => sim.network(id).error = Some(error(0)),
            "within" => sim.network(id).error_within = Some((numbers()[0], error(1))),
            "refuse" => sim.network(id).refused = vec![(peer(numbers()[0] as u16).address(), error(1))],
            "most" => sim.network(id).bytes_max = number(rest),
            "segments" => sim.network(id).no_segments = Some(error(0)).filter(|error| *error != 0),
            "default" => sim.net().datagram_mut(id).expect("it is open").default_to = port(rest),
            "returned" => sim.network(id).returned_one_in = 1,
            // The transport.
            "send" => each('>').for_each(|(data, to)| {
                sim.datagram(id).sendto(data.as_bytes(), port(to).as_ref());
            }),
            "limits" => datagrams::limit(sim, id, numbers()[0], numbers()[1]),
            "do" => {
                let mut t = sim.datagram(id);
                let (action, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                match action {
                    "close" => t.close(),
                    "abort" => t.abort(),
                    "pause_reading" => t.pause_reading(),
                    "resume_reading" => t.resume_reading(),
                    "background" => t.set_background(true),
                    "timer" => drop(t.call_later(millis(rest))),
                    "call_soon" => drop(t.call_soon()),
                    "no_timer" => {
                        let timer = t.call_later(millis(rest));
                        t.cancel(timer);
                    }
                    _ => panic!("{action:?} is nothing to be done"),
                }
            }
            "settle" => sim.settle(),
            "run" => sim.run(),
            "turn" => {
                for _ in 0..number(rest) {
                    sim.turn();
                }
            }
            "pass" => sim.pass(millis(rest)),
            // The results.
            "await" => is_told(&sim.told(id), rest),
            "sent" => {
                let sent = datagrams::sent(sim, id);
                assert_eq!(sent[self.seen..].join(" "), rest);
                self.seen = sent.len();
            }
            "count" => assert_eq!(sim.sent_to(id).len(), number(rest)),
            // How many datagrams each message has.
            "joined" => {
                let joined = sim.network(id).outbound.iter().map(|message| message.datagrams.len()).collect::<Vec<_>>();
                assert_eq!(joined, numbers());
            }
            "totals" => {
                let Info { datagrams: DatagramTotals { received, sent, dropped }, totals, .. } =
                    sim.datagram(id).info();
                let all = [received, sent, dropped, totals.received, totals.sent].map(|total| total as usize);
                assert_eq!(all[..], numbers());
            }
            "calls" => assert_eq!(sim.network(id).calls.sends, number(rest)),
            "waiting" => assert_eq!(sim.network(id).inbound.len(), number(rest)),
            "unread" => assert_eq!(sim.datagram(id).unread_bytes(), number(rest)),
            "idle" => {
                let now = sim.net().now();
                assert_eq!(now - sim.datagram(id).last_activity(), millis(rest));
            }
            "buffered" => assert_eq!(sim.datagram(id).write_buffer_size(), number(rest)),
            "dropped" => assert_eq!(sim.datagram(id).info().datagrams.dropped, number(rest) as u64),
            "is" => assert!(self.has(rest), "it is not {rest}"),
            "not" => assert!(!self.has(rest), "it is {rest}"),
            "end" => datagrams::end(sim, id),
            _ => panic!("{step:?} is no step"),
        }
    }

    fn has(&mut self, what: &str) -> bool {
        let t = self.sim.datagram(self.id);
        match what {
            "paused" => t.is_writing_paused(),
            "closing" => t.is_closing(),
            "expecting" => t.may_have_more(),
            "over" => self.sim.event_loop.is_over(),
            _ => panic!("{what:?} is nothing to be"),
        }
    }
}
