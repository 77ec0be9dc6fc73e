//! Sessions on stdin and stdout in the simulator: when the end of stdin is passed on, and a stdin whose peer is gone.

use super::properties::joined_with;
use super::*;

const ENOUGH: usize = 1 << 20;

/// A running session.
struct Session {
    sim: Sim,
    console: Id,
    peer: Id,
    reports: Reports,
}

impl Session {
    fn new(half_close: HalfClose) -> Self {
        Self::with(half_close, false)
    }

    fn that_sends() -> Self {
        Self::with(HalfClose::Auto, true)
    }

    fn with(half_close: HalfClose, send_only: bool) -> Self {
        Self::of(half_close, None, SessionOptions { send_only, ..SessionOptions::default() })
    }

    fn of(half_close: HalfClose, quit_after: Option<Duration>, session: SessionOptions) -> Self {
        let mut sim = Sim::new();
        let (reporter, reports) = report::channel();
        let (idle_timeout, linger, session) = (None, None, Some(session));
        let options =
            PairOptions { half_close, idle_timeout, linger, quit_after, reporter: Some(reporter.clone()), session };
        let console = sim.stream(ENOUGH, IdleStdio::new(reporter));
        sim.net().transport(console).pause_reading();
        let peer = sim.connection(ENOUGH, joined_with(console, options));
        sim.settle();
        Self { sim, console, peer, reports }
    }

    /// stdin has these pieces, and ends.
    fn input(&mut self, pieces: &[&[u8]]) {
        for piece in pieces {
            self.sim.feed(self.console, piece);
            self.sim.settle();
        }
        self.sim.feed_end(self.console);
        self.sim.settle();
    }

    fn is_told(&self) -> bool {
        self.sim.wire(self.peer).outbound_end
    }

    /// The peer has ended cleanly, has read everything, and is gone.
    fn peer_leaves(&mut self) {
        self.sim.feed_end(self.peer);
        self.sim.settle();
        self.sim.reset(self.peer);
        self.sim.settle();
    }

    /// Expects that nothing is left, and this result of the run.
    #[track_caller]
    fn verdict(mut self) -> Result<(), Failure> {
        self.sim.run();
        self.sim.assert_nothing_left();
        self.reports.verdict()
    }
}

#[test]
fn the_end_is_held_back_where_it_would_do_harm() {
    let told_at_once: &[&[&[u8]]] = &[
        &[b"hello\n"],
        &[b"GET /\r\n"],
        &[b"GET / HTTP/2\r\n"],
        &[b"\x00\x01\x02"],
        &[b"GET"],
        &[b"hello\n", b"GET / HTTP/1.1\r\n"],
    ];
    let held: &[&[&[u8]]] = &[
        &[],
        &[b"GET / HTTP/1.0\r\n\r\n"],
        &[b"POST /a?b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"],
        &[b"G", b"ET / HT", b"TP/1", b".1\r\n\r\n"],
    ];
    for (inputs, holds) in [(told_at_once, false), (held, true)] {
        for input in inputs {
            let mut session = Session::new(HalfClose::Auto);
            session.input(input);
            assert_eq!(session.is_told(), !holds, "{input:?}");
            assert_eq!(session.sim.sent(session.peer), input.concat());
            session.sim.pass(Duration::from_secs(11));
            assert!(session.is_told(), "{input:?}: the peer may be waiting for it");
            session.sim.feed_end(session.peer);
            assert!(session.verdict().is_ok());
        }
    }
}

#[test]
fn an_end_that_is_held_back_waits_for_silence_in_both_directions() {
    let mut session = Session::new(HalfClose::Auto);
    session.input(&[b"GET / HTTP/1.0\r\n\r\n"]);
    for _ in 0..5 {
        session.sim.pass(Duration::from_secs(7));
        session.sim.feed(session.peer, b"a slow answer");
    }
    assert!(!session.is_told());
    session.sim.pass(Duration::from_secs(9));
    assert!(!session.is_told());
    session.sim.pass(Duration::from_secs(2));
    assert!(session.is_told());
}

#[test]
fn the_end_of_the_peer_ends_a_session_whose_end_is_held_back() {
    let mut session = Session::new(HalfClose::Auto);
    session.input(&[]);
    session.sim.feed(session.peer, b"hello");
    session.sim.feed_end(session.peer);
    session.sim.settle();
    assert_eq!(session.sim.sent(session.console), b"hello");
    assert_eq!(session.sim.elapsed(), Duration::ZERO);
    assert!(session.verdict().is_ok());
}

#[test]
fn each_policy_has_its_time() {
    let told_after = |policy, seconds: u64| {
        let mut session = Session::new(policy);
        session.input(&[b"hello\n"]);
        session.sim.pass(Duration::from_secs(seconds));
        session.is_told()
    };
    assert!(told_after(HalfClose::Now, 0));
    assert!(!told_after(HalfClose::Never, 1_000_000));
    let after = HalfClose::After(Duration::from_secs(3));
    assert!(!told_after(after, 2) && told_after(after, 4));
    assert!(told_after(HalfClose::After(Duration::ZERO), 0));
}

#[test]
fn now_is_now_whatever_was_sent() {
    for input in [&[][..], &[&b"GET / HTTP/1.0\r\n\r\n"[..]]] {
        let mut session = Session::new(HalfClose::Now);
        session.input(input);
        assert!(session.is_told(), "{input:?}");
    }
}

#[test]
fn a_request_that_does_not_fit_is_sent_whole() {
    let mut session = Session::new(HalfClose::Auto);
    session.sim.wire(session.peer).room = 3;
    let body = vec![b'x'; 300_000];
    session.input(&[b"PUT / HTTP/1.1\r\n\r\n", &body]);
    session.sim.give_room(session.peer, ENOUGH);
    session.sim.settle();
    assert_eq!(session.sim.sent(session.peer), [b"PUT / HTTP/1.1\r\n\r\n", &body[..]].concat());
}

#[test]
fn stdin_that_is_silent_once_its_peer_is_gone_has_nothing_more() {
    let mut session = Session::new(HalfClose::Auto);
    session.sim.feed(session.console, b"all there is");
    session.peer_leaves();
    session.sim.pass(Duration::from_millis(1_900));
    assert!(!session.sim.net().transport(session.console).is_closing(), "stdin is asked");
    session.sim.pass(Duration::from_millis(200));
    assert!(session.sim.net().transport(session.console).is_closing());
    assert!(session.verdict().is_ok());
}

#[test]
fn stdin_that_ends_once_its_peer_is_gone_ends_in_order() {
    let mut session = Session::new(HalfClose::Auto);
    session.peer_leaves();
    session.input(&[]);
    assert_eq!(session.sim.elapsed(), Duration::ZERO);
    assert!(session.verdict().is_ok());
}

#[test]
fn stdin_that_has_more_once_its_peer_is_gone_is_a_failure() {
    for pieces in [&[&b"x"[..]][..], &[b"much more, ", b"in pieces"]] {
        let mut session = Session::new(HalfClose::Auto);
        session.sim.feed(session.console, b"what has arrived");
        session.peer_leaves();
        session.input(pieces);
        let failure = session.verdict().expect_err("bytes are missing at the peer");
        assert_eq!(failure.cause, Cause::Broken);
        assert!(failure.message.contains("the peer is gone, and stdin has more data"), "{failure}");
    }
}

/// A peer that goes while its end is being handled has not got the rest of stdin either.
#[test]
fn stdin_is_asked_whenever_its_peer_goes() {
    for questions in 0..4 {
        let mut session = Session::new(HalfClose::Auto);
        session.sim.wire(session.peer).leaves_after = Some(questions);
        session.sim.feed_end(session.peer);
        session.sim.settle();
        session.sim.reset(session.peer);
        session.sim.settle();
        session.input(&[b"more"]);
        let failure = session.verdict().expect_err("bytes are missing at the peer");
        assert!(failure.message.contains("the peer is gone, and stdin has more data"), "{questions}: {failure}");
    }
}

#[test]
fn bytes_that_have_not_gone_out_before_the_peer_is_gone_are_a_failure() {
    let mut session = Session::new(HalfClose::Auto);
    session.sim.wire(session.peer).room = 4;
    session.sim.feed(session.console, b"more than fits");
    session.sim.settle();
    session.peer_leaves();
    let failure = session.verdict().expect_err("bytes are missing at the peer");
    assert_eq!(failure.cause, Cause::Broken);
}

#[test]
fn a_session_that_only_sends_does_not_wait_for_its_peer() {
    let mut session = Session::that_sends();
    session.input(&[b"hello\n"]);
    assert!(session.is_told());
    session.sim.pass(Duration::from_millis(20));
    assert_ne!(session.sim.wire(session.peer).closed, None, "nothing of the peer is wanted");
    assert_eq!(session.sim.sent(session.peer), b"hello\n");
    assert!(session.verdict().is_ok());
}

#[test]
fn a_peer_that_is_sending_is_not_reset_in_the_middle_of_it() {
    let mut session = Session::that_sends();
    session.sim.feed(session.peer, b"unwanted");
    session.input(&[b"hello\n"]);
    for _ in 0..10 {
        session.sim.pass(Duration::from_millis(60));
        assert_eq!(session.sim.wire(session.peer).closed, None);
        session.sim.feed(session.peer, b"unwanted");
        session.sim.settle();
    }
    session.sim.pass(Duration::from_millis(300));
    assert_ne!(session.sim.wire(session.peer).closed, None);
    assert!(session.verdict().is_ok());
}

#[test]
fn a_peer_that_never_stops_sending_is_left_after_a_while() {
    let mut session = Session::that_sends();
    session.sim.feed(session.peer, b"unwanted");
    session.input(&[b"hello\n"]);
    for _ in 0..100 {
        session.sim.feed(session.peer, b"unwanted");
        session.sim.pass(Duration::from_millis(60));
    }
    assert_ne!(session.sim.wire(session.peer).closed, None);
    assert!(session.verdict().is_ok());
}

#[test]
fn an_end_that_is_held_back_is_told_once_the_peer_is_silent() {
    let mut session = Session::new(HalfClose::Auto);
    session.sim.feed_end(session.console);
    session.sim.pass(Duration::from_secs(8));
    session.sim.feed(session.peer, b"still there");
    session.sim.pass(Duration::from_secs(8));
    assert!(!session.is_told(), "it has spoken 8 s ago");
    session.sim.pass(Duration::from_secs(3));
    assert!(session.is_told());
    session.sim.feed_end(session.peer);
    session.sim.run();
    assert_eq!(session.sim.sent(session.console), b"still there");
    assert!(session.verdict().is_ok());
}

#[test]
fn the_time_of_the_answer_is_kept_exactly() {
    for limit in [Duration::ZERO, Duration::from_secs(3)] {
        let mut session = Session::of(HalfClose::Now, Some(limit), SessionOptions::default());
        session.input(&[b"question"]);
        session.sim.feed(session.peer, b"answer");
        session.sim.settle();
        assert_eq!(session.sim.sent(session.peer), b"question");
        assert_eq!(session.sim.net().transport(session.peer).is_closing(), limit.is_zero(), "{limit:?}");
        session.sim.pass(limit);
        assert!(session.sim.net().transport(session.peer).is_closing(), "{limit:?}");
        session.sim.feed_end(session.peer);
        assert!(session.verdict().is_ok(), "{limit:?}");
    }
}

/// The peer ends in time. Nothing fires later.
#[test]
fn an_answer_that_ends_in_time_ends_the_session() {
    let mut session = Session::of(HalfClose::Now, Some(Duration::from_secs(3)), SessionOptions::default());
    session.input(&[b"question"]);
    session.sim.feed(session.peer, b"answer");
    session.sim.feed_end(session.peer);
    session.sim.settle();
    assert_eq!(session.sim.sent(session.console), b"answer");
    assert!(session.verdict().is_ok());
}

/// stdin is open and silent, and is not asked for more.
#[test]
fn the_end_of_the_peer_can_be_that_of_the_session() {
    let options = SessionOptions { until_peer_ends: true, ..SessionOptions::default() };
    let mut session = Session::of(HalfClose::Auto, None, options);
    session.sim.feed(session.console, b"question");
    session.sim.settle();
    session.sim.feed(session.peer, b"answer");
    session.sim.feed_end(session.peer);
    session.sim.settle();
    assert_eq!(session.sim.sent(session.peer), b"question");
    assert_eq!(session.sim.sent(session.console), b"answer");
    assert_eq!(session.sim.elapsed(), Duration::ZERO);
    assert!(session.verdict().is_ok());
}

/// Only the end of the grace ends a server that drains.
#[test]
fn a_foreign_timer_does_not_end_the_grace_of_a_server() {
    let (mut sim, (reporter, reports)) = (Sim::new(), report::channel());
    let (grace, signal) = (Duration::from_secs(10), libc::SIGTERM);
    let signals = sim.stream(ENOUGH, Signals::of_server(grace, Wanted::Nothing, None, reporter));
    sim.feed(signals, &[signal as u8]);
    sim.settle();
    sim.net().call_later(signals, Duration::from_secs(1));
    sim.pass(Duration::from_secs(9));
    assert!(!sim.net().is_stopping());
    sim.pass(Duration::from_secs(1));
    assert!(sim.net().is_stopping());
    assert_eq!(reports.verdict().map_err(|failure| failure.cause), Err(Cause::Signal(signal)));
}
