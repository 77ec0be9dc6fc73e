//! What a user of the library relies on, on the real loop: timers that are never early, ends of pipes, calls that make no sense.

use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use super::EventLoop;
use crate::transports::handle::Transport;
use crate::transports::protocol::Protocol;
use crate::transports::timers::TimerId;

/// Longer than any pause of the loop here, and short enough for a test.
const DELAY: Duration = Duration::from_millis(60);

/// Arms a timer after a pause in a callback, and says how much later it fired.
struct Late {
    pause: Duration,
    armed: Option<Instant>,
    fired: Sender<Duration>,
}

impl Protocol for Late {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        std::thread::sleep(self.pause);
        self.armed = Some(Instant::now());
        let id = t.id();
        t.net().call_later(id, DELAY);
    }
    fn data_received(&mut self, _t: &mut Transport<'_>, _data: &[u8]) {}
    fn timer_fired(&mut self, t: &mut Transport<'_>, _timer: TimerId) {
        self.fired.send(self.armed.expect("armed before").elapsed()).expect("the test listens");
        t.abort();
    }
}

#[test]
fn a_timer_counts_from_when_it_is_armed_whatever_the_time_of_the_turn() {
    let (ours, _theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
    let (fired, times) = channel();
    let mut event_loop = EventLoop::new().expect("a loop");
    // The turn is old when the callback arms the timer.
    let late = Late { pause: 2 * DELAY, armed: None, fired };
    event_loop.net().adopt(ours.into(), late).expect("a stream");
    event_loop.run().expect("a run");
    let after = times.try_recv().expect("the timer has fired");
    assert!(after >= DELAY, "a timer of {DELAY:?} has fired after {after:?}");
}

#[test]
fn a_timer_that_is_armed_before_the_run_counts_from_then() {
    let (ours, _theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
    let (fired, times) = channel();
    let mut event_loop = EventLoop::new().expect("a loop");
    std::thread::sleep(2 * DELAY);
    let late = Late { pause: Duration::ZERO, armed: Some(Instant::now()), fired };
    let id = event_loop.net().adopt(ours.into(), late).expect("a stream");
    let armed = Instant::now();
    event_loop.net().call_later(id, DELAY);
    event_loop.run().expect("a run");
    assert!(armed.elapsed() >= DELAY, "a timer of {DELAY:?} has fired after {:?}", armed.elapsed());
    drop(times);
}
