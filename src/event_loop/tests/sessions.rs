//! Sessions on stdin and stdout in the simulator: when the end of stdin is passed on, and a stdin whose peer is gone.

use super::properties::joined_with;
use super::*;

const ENOUGH: usize = 1 << 20;

/// A session that runs, and plays a script. Checks wait until the loop has come to rest.
struct Session {
    sim: Sim,
    console: Id,
    peer: Id,
    reports: Option<Reports>,
}

impl Session {
    /// The head has the policy of half-close: `auto`, `now`, `never` or `after MS`. `send_only`, `until_peer_ends` and
    /// `quit MS` can follow.
    fn new(head: &str) -> Self {
        const OPTIONS: [&str; 3] = ["send_only", "until_peer_ends", "quit"];
        let words = Vec::from_iter(head.split(' '));
        let is = |option: &str| words.contains(&option);
        let time = |option: &str| words.iter().position(|word| *word == option).map(|at| millis(words[at + 1]));
        let is_known = |word: &&str| word.parse::<f64>().is_ok() || OPTIONS.contains(word);
        assert!(words[1..].iter().all(is_known), "{head:?} has an unknown word");
        let half_close = match words[0] {
            "now" => HalfClose::Now,
            "never" => HalfClose::Never,
            "after" => HalfClose::After(time("after").expect("a time")),
            "auto" => HalfClose::Auto,
            other => panic!("{other:?} is no policy"),
        };
        let session = SessionOptions {
            send_only: is("send_only"),
            until_peer_ends: is("until_peer_ends"),
            ..SessionOptions::default()
        };
        let (reporter, reports) = report::channel();
        let options = PairOptions {
            half_close,
            idle_timeout: None,
            linger: None,
            quit_after: time("quit"),
            reporter: Some(reporter.clone()),
            session: Some(session),
        };
        let mut sim = Sim::new();
        let console = sim.stream(ENOUGH, IdleStdio::new(reporter));
        sim.transport(console).pause_reading();
        let peer = sim.connection(ENOUGH, joined_with(console, options));
        sim.settle();
        Self { sim, console, peer, reports: Some(reports) }
    }

    fn step(&mut self, step: &str) {
        let (name, rest) = step.split_once(' ').unwrap_or((step, ""));
        let Self { sim, console, peer, .. } = self;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        match name {
            // stdin, and its end.
            "type" => sim.feed(*console, rest.as_bytes()),
            "eof" => {
                sim.feed_end(*console);
                sim.settle();
            }
            // The peer. It leaves after it has ended cleanly and has read everything.
            "say" => sim.feed(*peer, rest.as_bytes()),
            "end" => sim.feed_end(*peer),
            "reset" => sim.reset(*peer),
            "leave" => ["end", "settle", "reset", "settle"].into_iter().for_each(|step| self.step(step)),
            "leaves_after" => sim.wire(*peer).leaves_after = Some(number(rest) as u32),
            "room" => sim.wire(*peer).room = number(rest),
            "read" => sim.give_room(*peer, number(rest)),
            // The loop.
            "settle" => sim.settle(),
            "pass" => sim.pass(millis(rest)),
            // The results.
            "is" => assert!(self.has(rest), "it is not {rest}"),
            "not" => assert!(!self.has(rest), "it is {rest}"),
            "got" => {
                sim.settle();
                assert_eq!(text(sim.sent(*peer)), rest);
            }
            "shown" => {
                sim.settle();
                assert_eq!(text(sim.sent(*console)), rest);
            }
            "took" => assert_eq!(sim.elapsed(), millis(rest)),
            // The result of the run, once nothing more can happen.
            "good" | "bad" => {
                sim.run();
                match self.reports.take().expect("one result").verdict() {
                    Ok(()) => assert_eq!(name, "good", "bytes are missing at the peer"),
                    Err(failure) => {
                        assert_eq!((name, failure.cause), ("bad", Cause::Broken), "{failure}");
                        assert!(failure.message.contains(rest), "{failure}");
                    }
                }
            }
            _ => panic!("{step:?} is no step"),
        }
    }

    fn has(&mut self, what: &str) -> bool {
        self.sim.settle();
        match what {
            // The peer has been told of the end, and has been left.
            "told" => self.sim.wire(self.peer).outbound_end,
            "left" => self.sim.wire(self.peer).closed.is_some(),
            "closing" => self.sim.transport(self.peer).is_closing(),
            // stdin is no longer asked.
            "over" => self.sim.transport(self.console).is_closing(),
            _ => panic!("{what:?} is nothing to be"),
        }
    }
}

fn plays(cases: &[&str]) {
    each_case(cases, Session::new, Session::step);
}

#[test]
fn the_end_is_held_back_where_it_would_do_harm() {
    for (is_told, inputs) in [
        (
            "is told",
            &[
                &["hello\n"][..],
                &["GET /\r\n"],
                &["GET / HTTP/2\r\n"],
                &["\x00\x01\x02"],
                &["GET"],
                &["hello\n", "GET / HTTP/1.1\r\n"],
            ][..],
        ),
        (
            "not told",
            &[
                &[],
                &["GET / HTTP/1.0\r\n\r\n"],
                &["POST /a?b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"],
                &["G", "ET / HT", "TP/1", ".1\r\n\r\n"],
            ],
        ),
    ] {
        for input in inputs {
            let typed = input.iter().map(|piece| format!("type {piece}; settle; ")).collect::<String>();
            // The peer may be waiting for it.
            let input = input.concat();
            plays(&[&format!("auto: {typed}eof; {is_told}; got {input}; pass 11000; is told; end; good")]);
        }
    }
}

#[test]
fn an_end_that_is_held_back_waits_for_silence_in_both_directions() {
    let slowly = "pass 7000; say a slow answer; ".repeat(5);
    plays(&[
        &format!(
            "auto: type GET / HTTP/1.0\r\n\r\n; settle; eof; {slowly}not told; pass 9000; not told; pass 2000; \
            is told; end; good"
        ),
        "auto: eof; pass 8000; say still there; pass 8000; not told; pass 3000; is told; end; shown still there; good",
        // The end of the peer ends the session.
        "auto: eof; say hello; end; shown hello; took 0; good",
    ]);
}

#[test]
fn each_policy_has_its_time() {
    plays(&[
        "now: type hello\n; settle; eof; is told; end; good",
        "never: type hello\n; settle; eof; pass 1000000000; not told; end; good",
        "after 3000: type hello\n; settle; eof; pass 2000; not told; pass 2000; is told; end; good",
        "after 0: type hello\n; settle; eof; pass 0; is told; end; good",
        // Now is now, whatever was sent.
        "now: eof; is told; end; good",
        "now: type GET / HTTP/1.0\r\n\r\n; settle; eof; is told; end; good",
    ]);
}

#[test]
fn a_request_that_does_not_fit_is_sent_whole() {
    let body = "x".repeat(300_000);
    plays(&[&format!(
        "auto: room 3; type PUT / HTTP/1.1\r\n\r\n; settle; type {body}; settle; eof; read {ENOUGH}; \
        got PUT / HTTP/1.1\r\n\r\n{body}; end; good"
    )]);
}

#[test]
fn stdin_is_asked_once_its_peer_is_gone() {
    let more = "bad the peer is gone, and stdin has more data";
    plays(&[
        // Silence means that there is nothing more, and an end says so.
        "auto: type all there is; leave; pass 1900; not over; pass 200; is over; good",
        "auto: leave; eof; took 0; good",
        &format!("auto: type what has arrived; leave; type x; settle; eof; {more}"),
        &format!("auto: type what has arrived; leave; type much more, ; settle; type in pieces; settle; eof; {more}"),
        // Bytes that have not gone out are missing as well.
        "auto: room 4; type more than fits; settle; leave; bad",
    ]);
    // A peer that goes while its end is being handled has not got the rest of stdin either.
    for questions in 0..4 {
        plays(&[&format!("auto: leaves_after {questions}; leave; type more; settle; eof; {more}")]);
    }
}

#[test]
fn a_session_that_only_sends_does_not_wait_for_its_peer() {
    let unwanted = "auto send_only: say unwanted; type hello\n; settle; eof; ";
    let goes_on = "pass 60; not left; say unwanted; settle; ".repeat(10);
    let never_stops = "say unwanted; pass 60; ".repeat(100);
    plays(&[
        "auto send_only: type hello\n; settle; eof; is told; pass 20; is left; got hello\n; good",
        // A peer that is sending is not reset in the middle of it, but left after a while.
        &format!("{unwanted}{goes_on}pass 300; is left; good"),
        &format!("{unwanted}{never_stops}is left; good"),
    ]);
}

#[test]
fn the_time_of_the_answer_is_kept_exactly() {
    plays(&[
        "now quit 0: type question; settle; eof; say answer; got question; is closing; pass 0; is closing; end; good",
        "now quit 3000: type question; settle; eof; say answer; got question; not closing; pass 3000; is closing; end; \
            good",
        // The peer ends in time. Nothing fires later.
        "now quit 3000: type question; settle; eof; say answer; end; shown answer; good",
    ]);
}

/// stdin is open and silent, and is not asked for more.
#[test]
fn the_end_of_the_peer_can_be_that_of_the_session() {
    plays(&["auto until_peer_ends: type question; settle; say answer; end; got question; shown answer; took 0; good"]);
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
    sim.abort_all();
    assert_eq!(reports.verdict().map_err(|failure| failure.cause), Err(Cause::Signal(signal)));
}
