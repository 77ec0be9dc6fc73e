//! What a user of the library relies on, on the real loop: timers that are never early, ends of pipes, calls that make
//! no sense.

use super::*;

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
        thread::sleep(self.pause);
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
    let (ours, _theirs) = UnixStream::pair().expect("a pair");
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
    let (ours, _theirs) = UnixStream::pair().expect("a pair");
    let (fired, times) = channel();
    let mut event_loop = EventLoop::new().expect("a loop");
    thread::sleep(2 * DELAY);
    let late = Late { pause: Duration::ZERO, armed: Some(Instant::now()), fired };
    let id = event_loop.net().adopt(ours.into(), late).expect("a stream");
    let armed = Instant::now();
    event_loop.net().call_later(id, DELAY);
    event_loop.run().expect("a run");
    assert!(armed.elapsed() >= DELAY, "a timer of {DELAY:?} has fired after {:?}", armed.elapsed());
    drop(times);
}

/// Writes, and ends its direction at once.
fn once() -> (Recorder, Receiver<String>) {
    let (recorder, log) = Recorder::brief();
    let write = |t: &mut Transport<'_>| {
        t.write(b"all there is");
        t.write_eof();
    };
    (recorder.on_made(write), log)
}

#[test]
fn the_end_of_a_pipe_is_the_end_of_its_stream() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let (once, log) = once();
    let mut event_loop = EventLoop::new().expect("a loop");
    event_loop.net().connect_write_pipe(writer.into(), once).expect("a stream");
    event_loop.run().expect("a run");
    assert_eq!(events(&log), ["made", "lost"]);
    let mut read = String::new();
    reader.read_to_string(&mut read).expect("an end");
    assert_eq!(read, "all there is");
}

#[test]
fn the_end_of_a_pipe_that_is_full_comes_after_its_last_byte() {
    let mut sim = Sim::new();
    let (once, log) = once();
    let id = sim.write_end(5, once);
    sim.run();
    assert_eq!(events(&log), ["made"], "seven bytes wait");
    sim.give_room(id, 100);
    sim.run();
    assert_eq!(events(&log), ["lost"]);
    assert_eq!(sim.sent(id), b"all there is");
    sim.assert_nothing_left();
}

/// Feeds a child a line and its end, and notes what is told.
struct Feeder(Sender<String>);

impl SubprocessProtocol for Feeder {
    fn connection_made(&mut self, t: &mut SubprocessTransport<'_>) {
        let stdin = t.pipe_transport(0).expect("a pipe");
        t.peer(stdin).write(b"line\n");
        t.peer(stdin).write_eof();
    }
    fn pipe_connection_lost(&mut self, _t: &mut SubprocessTransport<'_>, fd: u8, error: Option<io::Error>) {
        self.0.send(format!("pipe {fd} {error:?}")).expect("the test listens");
    }
    fn pipe_data_received(&mut self, _t: &mut SubprocessTransport<'_>, _fd: u8, data: &[u8]) {
        self.0.send(String::from_utf8_lossy(data).into_owned()).expect("the test listens");
    }
    fn connection_lost(&mut self, _t: &mut SubprocessTransport<'_>, _error: Option<io::Error>) {
        self.0.send("lost".to_owned()).expect("the test listens");
    }
}

#[test]
fn the_end_of_a_childs_input_is_told_although_the_child_goes_on() {
    let (log, told) = channel();
    let mut event_loop = EventLoop::new().expect("a loop");
    // It ends only when its input has: one that never heard of that would be waited for.
    let stdio = [ChildStdio::Pipe, ChildStdio::Pipe, ChildStdio::Inherit];
    event_loop.net().spawn(Command::new("cat"), stdio, Feeder(log)).expect("a child");
    event_loop.run().expect("a run");
    let told = told.try_iter().collect::<Vec<_>>();
    assert_eq!(told[0], "pipe 0 None", "{told:?}");
    assert!(told.contains(&"line\n".to_owned()) && told.last() == Some(&"lost".to_owned()), "{told:?}");
}
