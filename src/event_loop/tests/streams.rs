//! The contract between loop, transports and protocols, row by row, in the simulator.

use super::*;

/// Says what was called, in order, and does what the test told it to.
pub(super) struct Recorder {
    log: Sender<String>,
    eof: Eof,
    on_made: Option<fn(&mut Transport<'_>)>,
    on_data: Option<fn(&mut Transport<'_>, &[u8])>,
}

impl Recorder {
    pub(super) fn new() -> (Self, Receiver<String>) {
        let (log, events) = channel();
        (Self { log, eof: Eof::Close, on_made: None, on_data: None }, events)
    }

    fn keeping_open(mut self) -> Self {
        self.eof = Eof::KeepOpen;
        self
    }

    fn on_made(mut self, f: fn(&mut Transport<'_>)) -> Self {
        self.on_made = Some(f);
        self
    }

    fn on_data(mut self, f: fn(&mut Transport<'_>, &[u8])) -> Self {
        self.on_data = Some(f);
        self
    }

    fn say(&self, text: impl Into<String>) {
        self.log.send(text.into()).expect("the test listens");
    }
}

impl Protocol for Recorder {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.say("made");
        if let Some(f) = self.on_made {
            f(t);
        }
    }
    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        self.say(format!("data {}", String::from_utf8_lossy(data)));
        if let Some(f) = self.on_data {
            f(t, data);
        }
    }
    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        self.say("eof");
        self.eof
    }
    fn pause_writing(&mut self, t: &mut Transport<'_>) {
        self.say(format!("pause at {}", t.write_buffer_size()));
    }
    fn resume_writing(&mut self, t: &mut Transport<'_>) {
        self.say(format!("resume at {}", t.write_buffer_size()));
    }
    fn timer_fired(&mut self, _t: &mut Transport<'_>, _timer: TimerId) {
        self.say("timer");
    }
    fn connection_lost(&mut self, _t: &mut Transport<'_>, error: Option<io::Error>) {
        self.say(error.map_or_else(|| "lost".to_owned(), |error| format!("lost: {:?}", error.kind())));
    }
}

fn events(events: &Receiver<String>) -> Vec<String> {
    events.try_iter().collect()
}

fn recorded(room: usize, prepare: fn(Recorder) -> Recorder) -> (Sim, Id, Receiver<String>) {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new();
    let id = sim.stream(room, prepare(recorder));
    sim.settle();
    (sim, id, log)
}

#[test]
fn callbacks_come_in_the_documents_order() {
    let (mut sim, id, log) = recorded(100, |r| r);
    sim.feed(id, b"one");
    sim.settle();
    sim.feed(id, b"two");
    sim.feed_end(id);
    sim.settle();
    assert_eq!(events(&log), ["made", "data one", "data two", "eof", "lost"], "and without waiting for anything");
    sim.run();
    sim.assert_nothing_left();
}

#[test]
fn after_eof_a_protocol_may_go_on_writing() {
    let (mut sim, id, log) = recorded(100, Recorder::keeping_open);
    sim.feed_end(id);
    sim.settle();
    let mut t = sim.net().transport(id);
    assert!(t.is_at_eof() && !t.is_closing() && !t.is_reading());
    t.write(b"late");
    t.close();
    sim.run();
    assert_eq!(sim.sent(id), b"late");
    assert_eq!(events(&log), ["made", "eof", "lost"]);
    sim.assert_nothing_left();
}

#[test]
fn data_before_a_reset_is_delivered_before_the_reset() {
    let (mut sim, id, log) = recorded(100, |r| r);
    sim.feed(id, b"last words");
    sim.reset(id);
    sim.run();
    assert_eq!(events(&log), ["made", "data last words", "lost: ConnectionReset"]);
}

#[test]
fn a_failed_write_does_not_stop_reading() {
    let (mut sim, id, log) = recorded(0, |r| r);
    sim.net().transport(id).write(b"never taken");
    sim.feed(id, b"still here");
    sim.feed_end(id);
    sim.wire(id).write_error = Some(io::ErrorKind::BrokenPipe);
    sim.wire(id).writable_edge = true;
    sim.run();
    assert_eq!(events(&log), ["made", "data still here", "eof", "lost: BrokenPipe"]);
}

#[test]
fn a_reset_after_the_peers_end_is_the_end_of_both() {
    let (mut sim, id, log) = recorded(100, Recorder::keeping_open);
    sim.feed_end(id);
    sim.settle();
    sim.reset(id);
    sim.settle();
    assert_eq!(events(&log), ["made", "eof", "lost"], "the peer has said all, and nothing of ours was on its way");
    sim.assert_nothing_left();
}

#[test]
fn a_reset_after_the_peers_end_is_an_error_where_bytes_wait() {
    let (mut sim, id, log) = recorded(0, Recorder::keeping_open);
    sim.feed_end(id);
    sim.settle();
    sim.net().transport(id).write(b"to nobody");
    sim.reset(id);
    sim.run();
    assert_eq!(events(&log), ["made", "eof", "lost: ConnectionReset"]);
    sim.assert_nothing_left();
}

#[test]
fn a_reset_that_a_write_has_seen_first_is_no_end() {
    let (mut sim, id, log) = recorded(0, |r| r);
    sim.net().transport(id).write(b"never taken");
    sim.feed(id, b"before");
    {
        let mut wire = sim.wire(id);
        (wire.inbound_end, wire.write_error) = (true, Some(io::ErrorKind::ConnectionReset));
        wire.writable_edge = true;
    }
    sim.settle();
    assert_eq!(events(&log), ["made", "data before", "lost: ConnectionReset"]);
}

#[test]
fn writing_resumes_although_the_end_was_asked_for_meanwhile() {
    let (mut sim, id, log) = recorded(0, |r| r);
    sim.net().transport(id).set_write_buffer_limits(WaterMarks::new(1, None).expect("marks"));
    sim.net().transport(id).write(b"12");
    sim.net().transport(id).write_eof();
    sim.give_room(id, 2);
    sim.settle();
    assert_eq!(events(&log), ["made", "pause at 2", "resume at 0"]);
}

#[test]
fn pause_is_strictly_over_high_water_and_resume_at_low() {
    let (mut sim, id, log) = recorded(0, |r| r);
    let marks = WaterMarks::new(10, Some(4)).expect("marks");
    sim.net().transport(id).set_write_buffer_limits(marks);
    sim.net().transport(id).write(&[b'x'; 10]);
    sim.settle();
    assert_eq!(events(&log), ["made"], "ten are not over ten");
    sim.net().transport(id).write(b"y");
    assert!(sim.net().transport(id).is_writing_paused(), "the flag does not wait for the callback");
    sim.net().transport(id).write(b"z");
    sim.give_room(id, 7);
    sim.settle();
    assert_eq!(events(&log), ["pause at 12"], "five are not at four, and a pause comes once");
    sim.give_room(id, 1);
    sim.settle();
    assert_eq!(events(&log), ["resume at 4"]);
    sim.give_room(id, 100);
    sim.settle();
    assert_eq!(events(&log), [""; 0]);
    assert_eq!(sim.sent(id), b"xxxxxxxxxxyz");
}

#[test]
fn high_water_zero_pauses_at_the_first_buffered_byte() {
    let (mut sim, id, log) = recorded(0, |r| r);
    sim.net().transport(id).set_write_buffer_limits(WaterMarks::new(0, None).expect("marks"));
    sim.net().transport(id).writelines(&[IoSlice::new(b"a"), IoSlice::new(b"b")]);
    sim.settle();
    sim.give_room(id, 2);
    sim.settle();
    assert_eq!(events(&log), ["made", "pause at 2", "resume at 0"]);
}

#[test]
fn lowering_the_marks_under_the_buffer_pauses_at_once() {
    let (mut sim, id, log) = recorded(0, |r| r);
    sim.net().transport(id).write(b"12345");
    sim.net().transport(id).set_write_buffer_limits(WaterMarks::new(4, None).expect("marks"));
    sim.settle();
    assert_eq!(events(&log), ["made", "pause at 5"]);
}

#[test]
fn close_flushes_and_takes_nothing_more() {
    let (mut sim, id, log) = recorded(3, |r| r);
    let mut t = sim.net().transport(id);
    t.write(b"123456");
    t.close();
    t.write(b"ignored");
    t.close();
    assert!(t.is_closing());
    sim.feed(id, b"thrown away");
    sim.settle();
    assert_eq!(events(&log), ["made"], "not before everything is out");
    sim.give_room(id, 100);
    sim.settle();
    assert_eq!(sim.sent(id), b"123456");
    assert!(sim.wire(id).outbound_end, "the peer is told, and its end is awaited");
    sim.feed_end(id);
    sim.run();
    assert_eq!(events(&log), ["lost"]);
    assert_eq!(sim.wire(id).closed, Some(Closed::Gently));
    sim.assert_nothing_left();
}

#[test]
fn a_peer_that_never_ends_is_not_waited_for_for_ever() {
    let (mut sim, id, log) = recorded(100, |r| r);
    sim.net().transport(id).close();
    sim.run();
    assert_eq!(events(&log), ["made", "lost"]);
    assert_eq!(sim.elapsed(), Duration::from_secs(5));
    sim.assert_nothing_left();
}

#[test]
fn abort_drops_what_is_buffered() {
    let (mut sim, id, log) = recorded(3, |r| r);
    let mut t = sim.net().transport(id);
    t.write(b"123456");
    t.abort();
    t.abort();
    sim.give_room(id, 100);
    sim.run();
    assert_eq!(sim.sent(id), b"123");
    assert_eq!(events(&log), ["made", "lost"]);
    assert_eq!(sim.wire(id).closed, Some(Closed::Reset));
    sim.assert_nothing_left();
}

#[test]
fn write_eof_waits_for_the_buffer_and_leaves_reading_open() {
    let (mut sim, id, log) = recorded(2, |r| r);
    let mut t = sim.net().transport(id);
    assert!(t.can_write_eof());
    t.write(b"abc");
    t.write_eof();
    t.write_eof();
    t.write(b"ignored");
    assert!(t.is_write_closed());
    sim.settle();
    assert!(!sim.wire(id).outbound_end);
    sim.give_room(id, 10);
    sim.settle();
    assert!(sim.wire(id).outbound_end);
    sim.feed(id, b"reply");
    sim.feed_end(id);
    sim.run();
    assert_eq!(sim.sent(id), b"abc");
    assert_eq!(events(&log), ["made", "data reply", "eof", "lost"]);
}

#[test]
fn paused_data_comes_at_resume_without_a_new_event() {
    let (mut sim, id, log) = recorded(100, |r| r);
    for _ in 0..2 {
        sim.net().transport(id).pause_reading();
    }
    assert!(!sim.net().transport(id).is_reading());
    sim.feed(id, b"waiting");
    sim.run();
    assert_eq!(events(&log), ["made"]);
    for _ in 0..2 {
        sim.net().transport(id).resume_reading();
    }
    assert!(sim.net().transport(id).is_reading());
    sim.run();
    assert_eq!(events(&log), ["data waiting"]);
}

#[test]
fn every_method_is_legal_on_a_stale_id() {
    let (mut sim, id, log) = recorded(100, |r| r);
    sim.net().transport(id).abort();
    sim.run();
    let (second, second_log) = Recorder::new();
    let reused = sim.stream(100, second);
    sim.settle();
    assert_eq!(id.index(), reused.index());
    let mut t = sim.net().transport(id);
    t.write(b"for nobody");
    t.write_eof();
    t.pause_reading();
    t.resume_reading();
    t.unread(b"for nobody");
    t.set_protocol(Recorder::new().0);
    t.close();
    t.abort();
    assert!(t.is_closing() && t.is_at_eof() && !t.is_reading() && !t.can_write_eof());
    assert_eq!(t.write_buffer_size(), 0);
    sim.net().call_soon(id);
    sim.settle();
    assert_eq!(events(&log), ["made", "lost"]);
    assert_eq!(events(&second_log), ["made"], "the one that has the slot now is left alone");
    assert_eq!(sim.sent(reused), b"");
}

#[test]
fn a_new_protocol_gets_what_the_old_one_left() {
    let (mut sim, id, log) = recorded(100, |r| {
        r.on_data(|t, data| {
            let (used, rest) = data.split_at(2);
            assert_eq!(used, b"HI");
            t.unread(&rest[2..]);
            t.unread(&rest[..2]);
            t.set_protocol(Recorder::new().0.on_data(|t, data| t.write(data)).ignoring());
        })
    });
    sim.feed(id, b"HIthere");
    sim.run();
    sim.feed(id, b"!");
    sim.run();
    assert_eq!(events(&log), ["made", "data HIthere"]);
    assert_eq!(sim.sent(id), b"there!");
}

impl Recorder {
    /// Its words go nowhere.
    fn ignoring(mut self) -> Self {
        let (log, events) = channel();
        std::mem::forget(events);
        self.log = log;
        self
    }
}

#[test]
fn a_protocol_may_close_and_open_others_from_inside_a_callback() {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new();
    let other = sim.stream(100, recorder);
    let (recorder, _own) = Recorder::new();
    let id = sim.stream(100, recorder.on_made(|t| t.net().stop()).on_data(|t, _| t.abort()));
    sim.settle();
    assert!(sim.net().stopped);
    sim.feed(id, b"x");
    sim.settle();
    sim.net().transport(other).peer(other).abort();
    sim.run();
    assert_eq!(events(&log), ["made", "lost"]);
    sim.assert_nothing_left();
}

#[test]
fn timers_fire_once_in_order_and_not_after_cancel() {
    let (mut sim, id, log) = recorded(100, |r| r);
    sim.net().call_later(id, Duration::from_millis(20));
    let cancelled = sim.net().call_later(id, Duration::from_millis(10));
    sim.net().cancel(cancelled);
    sim.net().call_soon(id);
    sim.settle();
    assert_eq!(events(&log), ["made", "timer"]);
    sim.pass(Duration::from_millis(19));
    assert_eq!(events(&log), [""; 0]);
    sim.pass(Duration::from_millis(1));
    assert_eq!(events(&log), ["timer"]);
}

#[test]
fn a_flood_on_one_stream_does_not_keep_another_waiting() {
    let mut sim = Sim::new();
    let (flooded, flood_log) = Recorder::new();
    let flood = sim.stream(0, flooded.ignoring());
    drop(flood_log);
    let (recorder, log) = Recorder::new();
    let quiet = sim.stream(100, recorder);
    sim.settle();
    sim.feed(flood, &vec![0; 10 << 20]);
    sim.feed(quiet, b"me too");
    sim.turn();
    sim.turn();
    assert!(!sim.wire(flood).inbound.is_empty(), "the flood is cut into turns");
    assert_eq!(events(&log), ["made", "data me too"]);
}

/// Fills memory of its own, three bytes at a time.
struct Three {
    memory: [u8; 3],
    log: Sender<String>,
}

impl BufferedProtocol for Three {
    fn get_buffer(&mut self, size_hint: usize) -> &mut [u8] {
        assert!(size_hint >= 3);
        &mut self.memory
    }
    fn buffer_updated(&mut self, t: &mut Transport<'_>, n_bytes: usize) {
        let text = String::from_utf8_lossy(&self.memory[..n_bytes]).into_owned();
        self.log.send(text).expect("the test listens");
        t.write(&self.memory[..n_bytes]);
    }
}

#[test]
fn a_buffered_protocol_reads_into_its_own_memory() {
    let mut sim = Sim::new();
    let (log, texts) = channel();
    let id = sim.stream(100, Handler::buffered(Three { memory: [0; 3], log }));
    sim.feed(id, b"abcdefgh");
    sim.feed_end(id);
    sim.run();
    assert_eq!(events(&texts), ["abc", "def", "gh"]);
    assert_eq!(sim.sent(id), b"abcdefgh");
    sim.assert_nothing_left();
}

#[test]
fn a_short_read_with_more_behind_it_is_found_out() {
    let (mut sim, id, log) = recorded(100, |r| r);
    sim.wire(id).faults.chunk_max = 1;
    sim.feed(id, b"abc");
    sim.settle();
    assert_eq!(events(&log), ["made", "data a"], "a short read is believed at first");
    sim.run();
    assert_eq!(events(&log), ["data b", "data c"], "and not any more after the second look");
    assert!(sim.elapsed() < Duration::from_millis(500));
}

#[test]
fn a_timer_that_arms_itself_keeps_nobody_from_their_events() {
    struct Eager;
    impl Protocol for Eager {
        fn connection_made(&mut self, t: &mut Transport<'_>) {
            let id = t.id();
            t.net().call_later(id, Duration::ZERO);
        }
        fn data_received(&mut self, t: &mut Transport<'_>, _data: &[u8]) {
            t.abort();
        }
        fn timer_fired(&mut self, t: &mut Transport<'_>, _timer: TimerId) {
            let id = t.id();
            t.net().call_later(id, Duration::ZERO);
        }
    }
    let mut sim = Sim::new();
    let id = sim.stream(100, Eager);
    sim.feed(id, b"enough");
    sim.run();
    sim.assert_nothing_left();
}

#[test]
fn an_installed_protocol_can_be_reached_from_outside() {
    let (mut sim, id, _log) = recorded(100, |r| r);
    assert!(matches!(sim.event_loop.protocol(id), Some(Handler::Plain(_))));
    sim.net().transport(id).set_protocol(Handler::buffered(Discard::default()));
    sim.settle();
    assert!(matches!(sim.event_loop.protocol(id), Some(Handler::Buffered(_))));
    sim.net().transport(id).abort();
    sim.run();
    assert!(sim.event_loop.protocol(id).is_none());
}

#[test]
fn discard_takes_everything_and_closes_with_its_peer() {
    let mut sim = Sim::new();
    let id = sim.stream(100, Handler::buffered(Discard::default()));
    sim.feed(id, &vec![7; 300_000]);
    sim.feed_end(id);
    sim.run();
    assert_eq!(sim.wire(id).inbound.len(), 0);
    assert_eq!(sim.sent(id).len(), 0);
    sim.assert_nothing_left();
}

#[test]
fn pipes_are_read_and_written_by_the_real_loop() {
    let (read, mut far_write) = io::pipe().expect("a pipe");
    let (mut far_read, write) = io::pipe().expect("a pipe");
    let mut event_loop = EventLoop::new().expect("a loop");
    let (recorder, log) = Recorder::new();
    let reader = event_loop.net().connect_read_pipe(read.into(), recorder.on_data(|t, _| t.write(b"nowhere")));
    let (recorder, write_log) = Recorder::new();
    let say = |t: &mut Transport<'_>| {
        t.write(b"out");
        t.close();
    };
    event_loop.net().connect_write_pipe(write.into(), recorder.on_made(say)).expect("a pipe's end");
    let reader = reader.expect("a pipe's end");
    assert!(!event_loop.net().transport(reader).can_write_eof());
    Write::write_all(&mut far_write, b"in").expect("room");
    drop(far_write);

    event_loop.run().expect("it runs to the end");
    assert_eq!(events(&log), ["made", "data in", "eof", "lost"]);
    assert_eq!(events(&write_log), ["made", "lost"]);
    let mut text = String::new();
    Read::read_to_string(&mut far_read, &mut text).expect("the end");
    assert_eq!(text, "out");
}

/// The loop looks at a connection for the first time when all of it is over.
#[test]
fn what_came_before_a_reset_is_delivered_by_the_real_loop() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut event_loop = EventLoop::new().expect("a loop");
    let (recorder, log) = Recorder::new();
    event_loop.net().connect_tcp(address.into(), Dialing::default(), recorder);
    let (mut peer, _) = listener.accept().expect("loopback connects at once");
    Write::write_all(&mut peer, b"so long").expect("room");
    socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).expect("SO_LINGER");
    drop(peer);

    event_loop.run().expect("it runs to the end");
    assert_eq!(events(&log), ["made", "data so long", "lost: ConnectionReset"]);
}
