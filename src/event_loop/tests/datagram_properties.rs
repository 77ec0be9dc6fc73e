//! Properties of datagrams on any network: random scripts and random faults, from a seed.
//!
//! Every run tries 256 seeds. `XPORT_SIM_SEED=0x…` replays one of them. `datagrams.rs` tests single calls.

use super::datagrams::peer;
use super::*;

const HIGH_WATER: usize = 1000;
const HEADER_BYTES: usize = 8;
const PEERS: usize = 4;

/// The observations and actions of a protocol.
#[derive(Debug, Default)]
struct Seen {
    made: bool,
    lost: bool,
    paused: bool,
    received: Vec<(Vec<u8>, Remote)>,
    /// Datagrams that were sent and not dropped at once.
    accepted: Vec<(Vec<u8>, Remote)>,
    /// How many datagrams were dropped at once, because the queue was full.
    refused: usize,
    errors: usize,
    counts: DatagramTotals,
    longest: usize,
}

impl Seen {
    /// How many datagrams have come, and how many the protocol has taken.
    fn moved(&self) -> (usize, usize) {
        (self.received.len(), self.accepted.len())
    }
}

/// The same, shared by a protocol and its test.
#[derive(Clone, Debug, Default)]
struct Shared(Arc<Mutex<Seen>>);

impl Shared {
    fn get(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().expect("no test panics while it holds this")
    }
}

/// The behaviour of a protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Answers, and pauses receiving while it cannot answer.
    Polite,
    /// Always answers.
    Rude,
    /// Always answers. Pauses, is replaced, and resumes by a timer, depending on the lengths of received datagrams.
    Whimsical,
}

/// Echoes, and checks the order of its callbacks and the bound on memory as they come.
struct Strict {
    seen: Shared,
    manner: Manner,
}

impl Strict {
    fn send(&self, t: &mut DatagramTransport<'_>, data: &[u8], to: &Remote) {
        let mut seen = self.seen.get();
        seen.longest = seen.longest.max(data.len());
        if t.is_closing() {
            // No datagram is taken from now on.
        } else if t.is_writing_paused() {
            seen.refused += 1;
        } else {
            seen.accepted.push((data.to_vec(), *to));
        }
        t.sendto(data, Some(to));
        assert!(t.write_buffer_size() <= HIGH_WATER + seen.longest + HEADER_BYTES);
    }

    fn open(&self) -> MutexGuard<'_, Seen> {
        let seen = self.seen.get();
        assert!(seen.made && !seen.lost, "{seen:?}");
        seen
    }
}

impl DatagramProtocol for Strict {
    fn connection_made(&mut self, _t: &mut DatagramTransport<'_>) {
        let mut seen = self.seen.get();
        assert!(!seen.made && !seen.lost);
        seen.made = true;
    }
    fn connection_failed(&mut self, _t: &mut DatagramTransport<'_>, error: ConnectError) {
        unreachable!("it was open: {error}");
    }
    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], from: &Remote) {
        assert!(!t.is_closing(), "nothing is received after close");
        self.open().received.push((data.to_vec(), *from));
        self.send(t, data, from);
        if self.manner == Manner::Whimsical && data.len().is_multiple_of(3) {
            t.pause_reading();
            t.call_later(Duration::from_millis(data.len() as u64));
        }
        if self.manner == Manner::Whimsical && data.len().is_multiple_of(2) {
            t.set_protocol(Self { seen: self.seen.clone(), manner: self.manner });
        }
    }
    fn error_received(&mut self, _t: &mut DatagramTransport<'_>, _error: io::Error) {
        self.open().errors += 1;
    }
    fn pause_writing(&mut self, t: &mut DatagramTransport<'_>) {
        assert!(!std::mem::replace(&mut self.open().paused, true));
        if self.manner == Manner::Polite {
            t.pause_reading();
        }
    }
    fn resume_writing(&mut self, t: &mut DatagramTransport<'_>) {
        assert!(std::mem::replace(&mut self.open().paused, false));
        if self.manner == Manner::Polite {
            t.resume_reading();
        }
    }
    fn timer_fired(&mut self, t: &mut DatagramTransport<'_>, _timer: TimerId) {
        drop(self.open());
        if self.manner == Manner::Whimsical {
            return t.resume_reading();
        }
        self.send(t, b"tick", &peer(1));
    }
    fn connection_lost(&mut self, t: &mut DatagramTransport<'_>, error: Option<io::Error>) {
        assert!(error.is_none());
        let mut seen = self.open();
        (seen.counts, seen.lost) = (t.info().datagrams, true);
    }
}

/// An unreliable socket with a protocol of this behaviour.
fn spoilt(sim: &mut Sim, connected: bool, manner: Manner) -> (Id, Shared) {
    let seen = Shared::default();
    let room = sim.below(10);
    let id = sim.socket(room, connected, Strict { seen: seen.clone(), manner });
    sim.spoil_socket(id);
    if sim.below(3) == 0 {
        let error = [libc::EPERM, libc::ENETUNREACH, libc::ENOBUFS, libc::EINVAL][sim.below(4)];
        sim.network(id).refused.push((peer(2).address(), error));
    }
    let low = sim.below(HIGH_WATER + 1);
    let marks = WaterMarks::new(HIGH_WATER, Some(low)).expect("marks");
    sim.datagram(id).set_write_buffer_limits(marks);
    (id, seen)
}

/// A unique datagram, unless it is empty. It is often as long as others, so that they can be joined.
fn some_datagram(sim: &mut Sim, number: usize) -> Vec<u8> {
    let most = [0, 1, 8, 8, 8, 100, 100, 1452, 1453, 5000][sim.below(10)];
    let len = if sim.below(2) == 0 { most } else { sim.below(most + 1) };
    number.to_le_bytes().into_iter().cycle().take(len).collect()
}

/// Makes the network and the socket do `n` things in any order. `also` is the test's own action.
fn shake(sim: &mut Sim, id: Id, seen: &Shared, n: usize, mut also: impl FnMut(&mut Sim)) {
    for number in 0..n {
        match sim.below(8) {
            0..4 => {
                for more in 0..=sim.below(5) {
                    let data = some_datagram(sim, number * 8 + more);
                    let from = peer(1 + sim.below(PEERS) as u16);
                    sim.feed_from(id, &data, from);
                }
            }
            4 => {
                let room = sim.below(20);
                sim.give_socket_room(id, room);
            }
            5 => drop(sim.net().call_soon(id)),
            6 => also(sim),
            _ => drop(sim.turn()),
        }
        let size = sim.datagram(id).write_buffer_size();
        assert!(size <= HIGH_WATER + seen.get().longest + HEADER_BYTES, "{size} bytes wait");
    }
}

fn of_peer<'a>(all: &'a [(Vec<u8>, Remote)], remote: &Remote) -> Vec<&'a [u8]> {
    all.iter().filter(|(_, of)| of == remote).map(|(data, _)| &data[..]).collect()
}

/// Expects that each peer has got its datagrams, in order, without `dropped` of them.
fn assert_sent(sim: &Sim, id: Id, seen: &Seen, dropped: u64) {
    let sent: Vec<_> = sim.sent_to(id).into_iter().map(|(data, to)| (data, to.expect("an address"))).collect();
    for remote in (1..=PEERS as u16).map(peer) {
        let mut wanted = of_peer(&seen.accepted, &remote).into_iter();
        for data in of_peer(&sent, &remote) {
            assert!(wanted.any(|other| other == data), "{remote} gets {data:?}, out of order or twice");
        }
    }
    assert_eq!((sent.len() as u64 + dropped) as usize, seen.accepted.len() + seen.refused);
}

/// Lets everything be sent, closes, and checks the final state.
fn finish(sim: &mut Sim, id: Id, seen: &Shared) {
    sim.give_socket_room(id, 1 << 20);
    sim.run();
    assert!(sim.network(id).inbound.is_empty(), "quiet means drained");
    assert_eq!(sim.datagram(id).write_buffer_size(), 0);
    assert!(matches!(*seen.get(), Seen { paused: false, lost: false, .. }));
    assert!(!sim.event_loop.is_over());
    sim.datagram(id).close();
    sim.run();
    assert!(seen.get().lost && sim.event_loop.is_over());
}

#[test]
fn each_peer_of_an_echo_gets_back_what_reached_it_in_order() {
    for_each_seed(|sim| {
        for manner in [Manner::Polite, Manner::Rude] {
            let (id, seen) = spoilt(sim, false, manner);
            shake(sim, id, &seen, 100, |_| ());
            finish(sim, id, &seen);
            let seen = seen.get();
            assert_eq!(seen.received, sim.network(id).received, "exactly once, and in order");
            let DatagramTotals { received, sent, dropped } = seen.counts;
            assert_eq!((received, sent), (seen.received.len() as u64, sim.sent_to(id).len() as u64));
            assert_sent(sim, id, &seen, dropped);
            assert_eq!(dropped as usize, seen.refused + seen.errors, "each error is about one datagram");
            assert_eq!(seen.errors, sim.network(id).calls.errors, "each error is told once");
        }
    });
}

#[test]
fn quiet_means_drained_paused_or_blocked() {
    for_each_seed(|sim| {
        let (id, seen) = spoilt(sim, false, Manner::Polite);
        shake(sim, id, &seen, 60, |_| ());
        sim.run();
        let inbound = sim.network(id).inbound.len();
        let room = sim.network(id).room;
        let t = sim.datagram(id);
        let (waits, paused) = (t.write_buffer_size() > 0, t.is_writing_paused());
        assert_eq!(paused, seen.get().paused, "it has been told");
        assert!(!waits || room == 0, "{} bytes wait although there is room", t.write_buffer_size());
        assert!(inbound == 0 || paused, "{inbound} datagrams wait although nothing is paused");
        assert!(!paused || waits);
        finish(sim, id, &seen);
    });
}

#[test]
fn errors_of_earlier_datagrams_cost_none_and_are_told_once() {
    for_each_seed(|sim| {
        let (id, seen) = spoilt(sim, true, Manner::Polite);
        sim.network(id).bytes_max = 65_507;
        sim.network(id).refused.clear();
        shake(sim, id, &seen, 100, |sim| {
            if sim.network(id).error_within.is_none() {
                let place = sim.below(3);
                sim.network(id).error_within = Some((place, libc::ECONNREFUSED));
            }
        });
        sim.network(id).error_within = None;
        finish(sim, id, &seen);
        let seen = seen.get();
        assert_eq!(seen.received, sim.network(id).received);
        assert_eq!(seen.counts.dropped as usize, seen.refused);
        assert_sent(sim, id, &seen, seen.counts.dropped);
        assert_eq!(seen.errors, sim.network(id).calls.errors);
    });
}

#[test]
fn what_is_queued_at_close_goes_out_and_abort_drops_it() {
    for_each_seed(|sim| {
        let connected = sim.below(2) == 0;
        let manner = [Manner::Polite, Manner::Rude][sim.below(2)];
        let (id, seen) = spoilt(sim, connected, manner);
        shake(sim, id, &seen, 60, |_| ());
        let closes = sim.below(2) == 0;
        let mut t = sim.datagram(id);
        if closes {
            t.close()
        } else {
            t.abort()
        }
        let before = seen.get().moved();
        let sent = sim.sent_to(id).len();
        shake(sim, id, &seen, 20, |_| ());
        sim.give_socket_room(id, 1 << 20);
        sim.run();
        assert!(seen.get().lost);
        assert_eq!(seen.get().moved(), before);
        if closes {
            let seen = seen.get();
            assert_sent(sim, id, &seen, seen.counts.dropped);
        } else {
            assert_eq!(sim.sent_to(id).len(), sent, "nothing leaves after abort");
        }
    });
}

#[test]
fn pauses_of_reading_lose_nothing() {
    for_each_seed(|sim| {
        let (id, seen) = spoilt(sim, false, Manner::Rude);
        shake(sim, id, &seen, 100, |sim| {
            let pauses = sim.below(2) == 0;
            let mut t = sim.datagram(id);
            if pauses { t.pause_reading() } else { t.resume_reading() }
        });
        sim.datagram(id).resume_reading();
        finish(sim, id, &seen);
        assert_eq!(seen.get().received, sim.network(id).received);
    });
}

#[test]
fn pauses_and_replacements_in_the_middle_of_a_batch_lose_nothing() {
    for_each_seed(|sim| {
        let seen = Shared::default();
        let id = sim.socket(10, false, Strict { seen: seen.clone(), manner: Manner::Whimsical });
        sim.spoil_socket(id);
        let marks = WaterMarks::new(HIGH_WATER, None).expect("marks");
        sim.datagram(id).set_write_buffer_limits(marks);
        shake(sim, id, &seen, 100, |sim| sim.pass(Duration::from_millis(20)));
        finish(sim, id, &seen);
        assert_eq!(seen.get().received, sim.network(id).received);
    });
}
