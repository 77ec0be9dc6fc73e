//! The contract between loop, transports and protocols, row by row, in the simulator.

use super::*;

#[test]
fn callbacks_come_in_the_documents_order() {
    plays(&[
        "100: send one; settle; send two; end; await made, data one, data two, eof, lost",
        "100 keep open: end; settle; is at_eof; not closing; not reading; do write late; do close; run; sent late; \
            await made, eof, lost",
        "100: do pause_reading; do pause_reading; not reading; send waiting; run; await made; do resume_reading; \
            do resume_reading; is reading; run; await data waiting; do abort",
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
        "100 keep open: end; settle; reset; await made, eof, lost",
        "0 keep open: end; settle; do write to nobody; reset; run; await made, eof, lost: ConnectionReset",
    ]);
}

/// The loss is certain, but an answer may still come.
#[test]
fn a_failed_write_is_told_at_once_and_the_wait_has_a_limit() {
    plays(&[
        "0: do write never taken; broken BrokenPipe now; await made, unsent: BrokenPipe; pass 9000; send a part; \
            await data a part; pass 9000; send the rest; await data the rest; not closing; \
            pass 10000; await lost: BrokenPipe; closed Gently",
        // A peer that is not read is not silent, but nothing of it waits.
        "0: do pause_reading; do write never taken; broken BrokenPipe now; run; \
            await made, unsent: BrokenPipe, lost: BrokenPipe; took 10000",
        "0: do write never taken; broken BrokenPipe now; await made, unsent: BrokenPipe; do close; \
            await lost: BrokenPipe; took 0",
        // An error of this machine: the peer would take an orderly end for the end of the bytes.
        "0: do write never taken; send unread; broken OutOfMemory now; await made, lost: OutOfMemory; closed Reset; \
            took 0",
    ]);
}

#[test]
fn writing_pauses_strictly_over_high_water_and_resumes_at_low() {
    plays(&[
        // Ten bytes are not over ten. The flag does not wait for the callback. Five bytes are not at four, and a pause
        // comes once.
        "0: do limits 10 4; do write xxxxxxxxxx; await made; do write y; is paused; do write z; read 7; \
            await pause at 12; read 1; await resume at 4; read 100; await ; sent xxxxxxxxxxyz; do abort",
        "0: do limits 0; do writelines a b; settle; read 2; await made, pause at 2, resume at 0; do abort",
        "0: do write 12345; do limits 4; await made, pause at 5; do abort",
        // The end was requested in between.
        "0: do limits 1; do write 12; do write_eof; read 2; await made, pause at 2, resume at 0; do abort",
    ]);
}

#[test]
fn the_end_waits_for_the_buffer() {
    plays(&[
        "3: do write 123456; do close; do write ignored; do close; is closing; send thrown away; await made; read 100; \
            settle; sent 123456; is ended; end; run; await lost; closed Gently",
        // The wait for the peer's end has a limit.
        "100: do close; run; await made, lost; took 5000",
        "3: do write 123456; do abort; do abort; read 100; run; sent 123; await made, lost; closed Reset",
        "2: is can_write_eof; do write abc; do write_eof; do write_eof; do write ignored; is write_closed; settle; \
            not ended; read 10; settle; is ended; send reply; end; run; sent abc; await made, data reply, eof, lost",
    ]);
}

#[test]
fn timers_fire_once_in_order_and_not_after_cancel_or_the_end() {
    plays(&[
        "100: do timer 20; do no_timer 10; do call_soon; await made, timer; pass 19; await ; pass 1; await timer; \
            do abort; run; took 20",
        "100: do timer 3600000; do timer 7200000; do timer 10800000; do abort; run; took 0",
    ]);
}

#[test]
fn every_method_is_legal_on_a_stale_id() {
    let (mut sim, id) = Sim::with_stream(100, Recorder::new());
    sim.transport(id).abort();
    sim.run();
    let reused = sim.stream(100, Recorder::new());
    sim.settle();
    assert_eq!(id.index(), reused.index());
    let mut t = sim.transport(id);
    t.write(b"for nobody");
    t.write_eof();
    t.pause_reading();
    t.resume_reading();
    t.unread(b"for nobody");
    t.set_protocol(Recorder::new());
    t.close();
    t.abort();
    assert!(t.is_closing() && t.is_at_eof() && !t.is_reading() && !t.can_write_eof());
    assert_eq!(t.write_buffer_size(), 0);
    sim.net().call_soon(id);
    assert_eq!(sim.told(id), ["made", "lost"]);
    assert_eq!(sim.told(reused), ["made"], "the one that has the slot now is left alone");
    assert_eq!(sim.sent(reused), b"");
    sim.abort_all();
}

#[test]
fn a_new_protocol_gets_what_the_old_one_left() {
    let replacing = |t: &mut Transport<'_>, data: &[u8]| {
        let (used, rest) = data.split_at(2);
        assert_eq!(used, b"HI");
        t.unread(&rest[2..]);
        t.unread(&rest[..2]);
        t.set_protocol(Recorder::new().echoing());
    };
    let (mut sim, id) = Sim::with_stream(100, Recorder::new().on("data", replacing));
    for text in [&b"HIthere"[..], b"!"] {
        sim.feed(id, text);
        sim.run();
    }
    assert_eq!(sim.told(id), ["made", "data HIthere"]);
    assert_eq!(sim.sent(id), b"there!");
    sim.abort_all();
}

#[test]
fn a_protocol_may_close_and_open_others_from_inside_a_callback() {
    let (mut sim, other) = Sim::with_stream(100, Recorder::new());
    let stopping = Recorder::new().on("made", |t, _| t.net().stop()).on("data", |t, _| t.abort());
    let id = sim.stream(100, stopping);
    sim.settle();
    assert!(sim.net().cx.stopped);
    sim.feed(id, b"x");
    sim.settle();
    sim.transport(other).peer(other).abort();
    assert_eq!(sim.told(other), ["made", "lost"]);
}

#[test]
fn a_flood_on_one_stream_does_not_keep_another_waiting() {
    let (mut sim, flood) = Sim::with_stream(0, Recorder::new());
    let quiet = sim.stream(100, Recorder::new());
    sim.settle();
    sim.feed(flood, &vec![0; 10 << 20]);
    sim.feed(quiet, b"me too");
    sim.turn();
    sim.turn();
    assert!(!sim.wire(flood).inbound.is_empty(), "the flood is cut into turns");
    assert_eq!(sim.told_so_far(quiet), ["made", "data me too"]);
    sim.abort_all();
}

#[test]
fn a_buffered_protocol_reads_into_its_own_memory() {
    let (mut sim, id) = Sim::with_stream(100, Handler::buffered(Recorder::new().echoing()));
    sim.feed(id, b"abcdefgh");
    sim.feed_end(id);
    sim.run();
    assert_eq!(sim.told(id), ["made", "data abc", "data def", "data gh", "eof", "lost"]);
    assert_eq!(sim.sent(id), b"abcdefgh");
}

#[test]
fn a_short_read_with_more_behind_it_is_found_out() {
    let (mut sim, id) = Sim::with_stream(100, Recorder::new());
    sim.wire(id).faults.chunk_max = 1;
    sim.feed(id, b"abc");
    assert_eq!(sim.told(id), ["made", "data a"], "a short read is believed at first");
    sim.run();
    assert_eq!(sim.told(id), ["data b", "data c"], "and not any more after the second look");
    assert!(sim.elapsed() < Duration::from_millis(500));
    sim.abort_all();
}

#[test]
fn a_timer_that_arms_itself_keeps_nobody_from_their_events() {
    let arm = |t: &mut Transport<'_>, _: &[u8]| {
        t.call_later(Duration::ZERO);
    };
    let mut sim = Sim::new();
    let id = sim.stream(100, Recorder::new().on("made", arm).on("timer", arm).on("data", |t, _| t.abort()));
    sim.feed(id, b"enough");
}

#[test]
fn an_installed_protocol_can_be_reached_from_outside() {
    let (mut sim, id) = Sim::with_stream(100, Recorder::new());
    assert!(sim.event_loop.protocol::<Recorder>(id).is_some() && sim.event_loop.protocol::<Discard>(id).is_none());
    sim.transport(id).set_protocol(Handler::buffered(Discard::default()));
    sim.settle();
    assert!(sim.event_loop.protocol::<Discard>(id).is_some() && sim.event_loop.protocol::<Recorder>(id).is_none());
    sim.abort_all();
    assert!(sim.event_loop.protocol::<Discard>(id).is_none());
}

#[test]
fn discard_takes_everything_and_closes_with_its_peer() {
    let (mut sim, id) = Sim::with_stream(100, Handler::buffered(Discard::default()));
    sim.feed(id, &vec![7; 300_000]);
    sim.feed_end(id);
    sim.run();
    assert_eq!(sim.wire(id).inbound.len(), 0);
    assert_eq!(sim.sent(id).len(), 0);
}

#[test]
fn pipes_are_read_and_written_by_the_real_loop() {
    let (read, mut far_write) = io::pipe().expect("a pipe");
    let (mut far_read, write) = io::pipe().expect("a pipe");
    let mut event_loop = EventLoop::new().expect("a loop");
    let reader = Recorder::new().on("data", |t, _| t.write(b"nowhere"));
    let writer = Recorder::new().on("made", |t, _| {
        t.write(b"out");
        t.close();
    });
    let logs = [reader.log(), writer.log()];
    let reader = event_loop.net().connect_read_pipe(read, reader).expect("a pipe's end");
    event_loop.net().connect_write_pipe(write, writer).expect("a pipe's end");
    assert!(!event_loop.net().transport(reader).can_write_eof());
    far_write.write_all(b"in").expect("room");
    drop(far_write);

    event_loop.run().expect("it runs to the end");
    assert_eq!(logs.map(|log| log.take().join(", ")), ["made, data in, eof, lost", "made, lost"]);
    let mut text = String::new();
    far_read.read_to_string(&mut text).expect("the end");
    assert_eq!(text, "out");
}

/// The loop sees a connection for the first time when everything is over.
#[test]
fn what_came_before_a_reset_is_delivered_by_the_real_loop() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut event_loop = EventLoop::new().expect("a loop");
    let recorder = Recorder::new();
    let log = recorder.log();
    event_loop.net().connect_tcp(address.into(), Dialing::default(), recorder);
    let (mut peer, _) = listener.accept().expect("loopback connects at once");
    peer.write_all(b"so long").expect("room");
    socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).expect("SO_LINGER");
    drop(peer);

    event_loop.run().expect("it runs to the end");
    assert_eq!(log.take(), ["made", "data so long", "lost: ConnectionReset"]);
}
