//! The contract between loop, transports and protocols, row by row, in the simulator.

use super::*;

fn recorded(room: usize, prepare: fn(Recorder) -> Recorder) -> (Sim, Id, Receiver<String>) {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new();
    let id = sim.stream(room, prepare(recorder));
    sim.settle();
    (sim, id, log)
}

#[test]
fn callbacks_come_in_the_documents_order() {
    plays(&[
        "100: send one; settle; send two; end; await made, data one, data two, eof, lost; nothing",
        "100 keep open: end; settle; is at_eof; not closing; not reading; do write late; do close; run; sent late; \
            await made, eof, lost; nothing",
        "100: do pause_reading; do pause_reading; not reading; send waiting; run; await made; do resume_reading; \
            do resume_reading; is reading; run; await data waiting",
    ]);
}

#[test]
fn resets_and_failed_writes_are_told_behind_the_data() {
    plays(&[
        "100: send last words; reset; run; await made, data last words, lost: ConnectionReset",
        "0: do write never taken; send still here; end; broken BrokenPipe now; run; \
            await made, unsent: BrokenPipe, data still here, eof, lost: BrokenPipe",
        // A reset that a write has seen first is not an end.
        "0: do write never taken; send before; end; broken ConnectionReset now; \
            await made, unsent: ConnectionReset, data before, lost: ConnectionReset",
        // After the peer's end, it ends both directions, unless bytes are on their way.
        "100 keep open: end; settle; reset; await made, eof, lost; nothing",
        "0 keep open: end; settle; do write to nobody; reset; run; await made, eof, lost: ConnectionReset; nothing",
    ]);
}

/// The loss is certain, but an answer may still come.
#[test]
fn a_failed_write_is_told_at_once_and_the_wait_has_a_limit() {
    plays(&[
        "0: do write never taken; broken BrokenPipe now; await made, unsent: BrokenPipe; pass 9000; send a part; \
            await data a part; pass 9000; send the rest; await data the rest; not closing; \
            pass 10000; await lost: BrokenPipe; closed Gently; nothing",
        // A peer that is not read is not silent, but nothing of it waits.
        "0: do pause_reading; do write never taken; broken BrokenPipe now; run; \
            await made, unsent: BrokenPipe, lost: BrokenPipe; took 10000; nothing",
        "0: do write never taken; broken BrokenPipe now; await made, unsent: BrokenPipe; do close; \
            await lost: BrokenPipe; took 0; nothing",
        // An error of this machine: the peer would take an orderly end for the end of the bytes.
        "0: do write never taken; send unread; broken OutOfMemory now; await made, lost: OutOfMemory; closed Reset; \
            took 0; nothing",
    ]);
}

#[test]
fn writing_pauses_strictly_over_high_water_and_resumes_at_low() {
    plays(&[
        // Ten bytes are not over ten. The flag does not wait for the callback. Five bytes are not at four, and a pause
        // comes once.
        "0: do limits 10 4; do write xxxxxxxxxx; await made; do write y; is paused; do write z; read 7; \
            await pause at 12; read 1; await resume at 4; read 100; await ; sent xxxxxxxxxxyz",
        "0: do limits 0; do writelines a b; settle; read 2; await made, pause at 2, resume at 0",
        "0: do write 12345; do limits 4; await made, pause at 5",
        // The end was requested in between.
        "0: do limits 1; do write 12; do write_eof; read 2; await made, pause at 2, resume at 0",
    ]);
}

#[test]
fn the_end_waits_for_the_buffer() {
    plays(&[
        "3: do write 123456; do close; do write ignored; do close; is closing; send thrown away; await made; read 100; \
            settle; sent 123456; is ended; end; run; await lost; closed Gently; nothing",
        // The wait for the peer's end has a limit.
        "100: do close; run; await made, lost; took 5000; nothing",
        "3: do write 123456; do abort; do abort; read 100; run; sent 123; await made, lost; closed Reset; nothing",
        "2: is can_write_eof; do write abc; do write_eof; do write_eof; do write ignored; is write_closed; settle; \
            not ended; read 10; settle; is ended; send reply; end; run; sent abc; await made, data reply, eof, lost",
    ]);
}

#[test]
fn the_timers_of_a_protocol_end_with_its_transport() {
    let (mut sim, id, _log) = recorded(100, |r| r);
    for hours in 1..=3 {
        sim.net().transport(id).call_later(Duration::from_secs(3600 * hours));
    }
    sim.net().transport(id).abort();
    sim.settle();
    sim.assert_nothing_left();
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

#[test]
fn a_protocol_may_close_and_open_others_from_inside_a_callback() {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new();
    let other = sim.stream(100, recorder);
    let (recorder, _own) = Recorder::new();
    let id = sim.stream(100, recorder.on_made(|t| t.net().stop()).on_data(|t, _| t.abort()));
    sim.settle();
    assert!(sim.net().cx.stopped);
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

#[test]
fn a_buffered_protocol_reads_into_its_own_memory() {
    let mut sim = Sim::new();
    let (log, texts) = channel();
    let id = sim.stream(100, Handler::buffered(Three { memory: [0; 3], log }));
    sim.feed(id, b"abcdefgh");
    sim.feed_end(id);
    sim.run();
    assert_eq!(texts.try_iter().collect::<Vec<_>>(), [&b"abc"[..], b"def", b"gh"]);
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
            t.call_later(Duration::ZERO);
        }
        fn data_received(&mut self, t: &mut Transport<'_>, _data: &[u8]) {
            t.abort();
        }
        fn timer_fired(&mut self, t: &mut Transport<'_>, _timer: TimerId) {
            t.call_later(Duration::ZERO);
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
    assert!(sim.event_loop.protocol::<Recorder>(id).is_some() && sim.event_loop.protocol::<Discard>(id).is_none());
    sim.net().transport(id).set_protocol(Handler::buffered(Discard::default()));
    sim.settle();
    assert!(sim.event_loop.protocol::<Discard>(id).is_some() && sim.event_loop.protocol::<Recorder>(id).is_none());
    sim.net().transport(id).abort();
    sim.run();
    assert!(sim.event_loop.protocol::<Discard>(id).is_none());
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

/// The loop sees a connection for the first time when everything is over.
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
