//! Promises to users of the library, on the real loop: timers that are never early, ends of pipes, visible failures,
//! ways to run, protocols that are read back, facts about transports.

use super::*;
use std::fs;

use crate::transports::address::Family;

/// Longer than any pause of the loop here, and short enough for a test.
const DELAY: Duration = Duration::from_millis(60);

#[test]
fn a_timer_counts_from_when_it_is_armed_whatever_the_time_of_the_turn() {
    for is_armed_before_the_run in [false, true] {
        let (armed, fired) = (Log::new(), Log::new());
        let (arms, fires) = (armed.clone(), fired.clone());
        let late = Recorder::new().on("made", move |t, _| {
            if !is_armed_before_the_run {
                // The turn is old when the callback arms the timer.
                thread::sleep(2 * DELAY);
                arms.add(Instant::now());
                t.call_later(DELAY);
            }
        });
        let late = late.on("timer", move |t, _| {
            fires.add(Instant::now());
            t.abort();
        });
        let (mut event_loop, id, _theirs) = real(late);
        if is_armed_before_the_run {
            thread::sleep(2 * DELAY);
            armed.add(Instant::now());
            event_loop.net().call_later(id, DELAY);
        }
        event_loop.run().expect("a run");
        let after = fired.take()[0] - armed.take()[0];
        assert!(after >= DELAY, "a timer of {DELAY:?} has fired after {after:?}: {is_armed_before_the_run}");
    }
}

/// Writes, and ends its direction at once.
fn once() -> Recorder {
    Recorder::brief().on("made", |t, _| {
        t.write(b"all there is");
        t.write_eof();
    })
}

#[test]
fn the_end_of_a_pipe_is_the_end_of_its_stream() {
    let (mut reader, writer) = io::pipe().expect("a pipe");
    let once = once();
    let log = once.log();
    let mut event_loop = EventLoop::new().expect("a loop");
    event_loop.net().connect_write_pipe(writer, once).expect("a stream");
    event_loop.run().expect("a run");
    assert_eq!(log.take(), ["made", "lost"]);
    let mut read = String::new();
    reader.read_to_string(&mut read).expect("an end");
    assert_eq!(read, "all there is");
}

/// A stream that leaves waits for nothing, and its peer sees an orderly end although bytes were not read.
#[test]
fn a_stream_that_leaves_is_lost_at_once_without_a_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let ours = TcpStream::connect(listener.local_addr().expect("an address")).expect("it accepts");
    let mut theirs = listener.accept().expect("a client").0;
    theirs.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    theirs.write_all(&[7; 10_000]).expect("it takes them");
    let recorder = Recorder::brief().on("made", |t, _| t.leave());
    let log = recorder.log();
    let mut event_loop = EventLoop::new().expect("a loop");
    event_loop.net().adopt(ours, recorder).expect("a stream");
    let start = Instant::now();
    event_loop.run().expect("a run");
    assert!(start.elapsed() < Duration::from_secs(4), "it took {:?}", start.elapsed());
    assert_eq!(log.take(), ["made", "lost"]);
    drop(event_loop);
    assert_eq!(theirs.read(&mut [0; 9]).expect("an end, no reset"), 0);
}

#[test]
fn the_end_of_a_pipe_that_is_full_comes_after_its_last_byte() {
    let mut sim = Sim::new();
    let id = sim.write_end(5, once());
    sim.run();
    assert_eq!(sim.told(id), ["made"], "seven bytes wait");
    sim.give_room(id, 100);
    sim.run();
    assert_eq!(sim.told(id), ["lost"]);
    assert_eq!(sim.sent(id), b"all there is");
}

#[test]
fn the_end_of_a_childs_input_is_told_although_the_child_goes_on() {
    let feeder = ChildRecorder::new(|t, told| {
        if *told == Told::Made {
            pipe(t, 0).write(b"line\n");
            pipe(t, 0).write_eof();
        }
    });
    let log = feeder.log();
    let mut event_loop = EventLoop::new().expect("a loop");
    // The child ends only with its input. Without the end, the loop would wait for it.
    let stdio = [ChildStdio::Pipe, ChildStdio::Pipe, ChildStdio::Inherit];
    event_loop.net().spawn(Command::new("cat"), stdio, feeder).expect("a child");
    event_loop.run().expect("a run");
    let told = log.take();
    assert_eq!(told[..2], [Told::Made, Told::PipeLost(0, None)], "{told:?}");
    assert!(told.contains(&Told::Data(1, b"line\n".to_vec())) && told.last() == Some(&Told::Lost(Some(0))), "{told:?}");
}

/// Collects what arrives. It has no method for a failed connection.
#[derive(Default)]
struct Collector(Vec<u8>);

impl Protocol for Collector {
    fn data_received(&mut self, _t: &mut Transport<'_>, data: &[u8]) {
        self.0.extend_from_slice(data);
    }
}

/// A port without a listener, while the socket is kept.
fn refusing() -> (socket2::Socket, SocketAddr) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
    let address = socket.local_addr().expect("an address").as_socket().expect("an IP address");
    (socket, address)
}

#[test]
fn a_refused_connection_that_no_protocol_handles_ends_the_run_with_its_error() {
    let (_bound, address) = refusing();
    let (mut event_loop, other, mut theirs) = real(Collector::default());
    event_loop.net().connect_tcp(address.into(), Dialing::default(), Collector::default());
    let error = event_loop.run().expect_err("nobody listens");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ConnectError>()).expect("the connect error");
    let source = std::error::Error::source(inner).and_then(|source| source.downcast_ref::<io::Error>());
    assert_eq!(source.and_then(io::Error::raw_os_error), Some(libc::ECONNREFUSED));
    // Open transports stay open, and the error is reported once.
    theirs.write_all(b"more").expect("a write");
    drop(theirs);
    event_loop.keep_protocol(other);
    event_loop.run().expect("a further run");
    assert_eq!(event_loop.protocol::<Collector>(other).expect("it was kept").0, b"more");
}

#[test]
fn a_connection_that_is_given_up_is_no_failure_of_the_run() {
    let (_bound, address) = refusing();
    let mut event_loop = EventLoop::new().expect("a loop");
    let id = event_loop.net().connect_tcp(address.into(), Dialing::default(), Collector::default());
    event_loop.net().transport(id).abort();
    event_loop.run().expect("a run");
}

#[test]
fn the_first_error_that_stops_a_run_is_the_one_that_it_returns() {
    let (mut event_loop, _, _theirs) = real(Recorder::brief().on("made", |t, _| {
        t.net().stop_with(io::Error::other("first"));
        t.net().stop_with(io::Error::other("second"));
    }));
    assert_eq!(event_loop.run().expect_err("it is stopped").to_string(), "first");
    // A stop before a run does not affect the run.
    event_loop.net().stop_with(io::Error::other("too early"));
    let end = event_loop.run_until(Some(Instant::now()), |_| false).expect("a run");
    assert_eq!(end, RunEnd::Deadline);
}

#[test]
fn a_protocol_is_kept_only_if_that_was_asked_for() {
    for keeps in [false, true] {
        let (mut event_loop, id, mut theirs) = real(Collector::default());
        theirs.write_all(b"text").expect("a write");
        drop(theirs);
        if keeps {
            event_loop.keep_protocol(id);
        }
        assert!(event_loop.protocol::<Collector>(id).is_none(), "the run has not installed it yet");
        event_loop.run().expect("a run");
        let text = event_loop.protocol::<Collector>(id).map(|collector| collector.0.clone());
        assert_eq!(text, keeps.then(|| b"text".to_vec()));
        assert!(event_loop.protocol::<Recorder>(id).is_none());
        // A new transport in the same slot is not mistaken for the old one.
        let (second, _theirs) = adopt(&mut event_loop, Recorder::brief());
        event_loop.run_until(Some(Instant::now()), |_| false).expect("a run");
        assert!(event_loop.protocol::<Recorder>(second).is_some());
        assert_eq!(event_loop.protocol::<Collector>(id).is_some(), keeps);
        event_loop.keep_protocol(id);
    }
}

#[test]
fn a_run_ends_with_its_condition_its_deadline_or_the_last_transport() {
    let (mut event_loop, id, mut theirs) = real(Collector::default());
    let has_text = |event_loop: &mut EventLoop| !event_loop.protocol::<Collector>(id).expect("installed").0.is_empty();
    let began = Instant::now();
    let end = event_loop.run_until(Some(began + DELAY), has_text).expect("a run");
    assert_eq!(end, RunEnd::Deadline);
    assert!(began.elapsed() >= DELAY, "the deadline was early: {:?}", began.elapsed());
    theirs.write_all(b"text").expect("a write");
    // Bytes that have come by the deadline are handled, although the deadline has passed.
    assert_eq!(event_loop.run_until(Some(began), has_text).expect("a run"), RunEnd::Condition);
    assert_eq!(event_loop.run_until(None, has_text).expect("a run"), RunEnd::Condition);
    drop(theirs);
    assert_eq!(event_loop.run_until(None, |_| false).expect("a run"), RunEnd::Over);
}

#[test]
fn a_turn_waits_for_its_time_limit_only_and_says_whether_more_can_come() {
    let mut event_loop = EventLoop::new().expect("a loop");
    assert!(!event_loop.poll_once(None).expect("a turn"), "there is nothing to wait for");
    let (id, mut theirs) = adopt(&mut event_loop, Collector::default());
    let began = Instant::now();
    // Opening the stream is an event, so the first turn must not wait.
    event_loop.poll_once(Some(Duration::ZERO)).expect("a turn");
    while began.elapsed() < DELAY {
        assert!(event_loop.poll_once(Some(DELAY)).expect("a turn"));
    }
    theirs.write_all(b"text").expect("a write");
    while event_loop.protocol::<Collector>(id).expect("installed").0 != b"text" {
        assert!(event_loop.poll_once(None).expect("a turn"));
    }
    drop(theirs);
    event_loop.keep_protocol(id);
    while event_loop.poll_once(None).expect("a turn") {}
    assert_eq!(event_loop.protocol::<Collector>(id).expect("it was kept").0, b"text");
}

#[test]
fn a_descriptor_is_lent_for_socket_options() {
    let (mut event_loop, stream, _theirs) = real(Collector::default());
    let net = event_loop.net();
    let make = factory(Collector::default);
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = net.listen_tcp(address, Stack::OwnFamily, Listening::default(), make).expect("a listener");
    let (reader, _writer) = io::pipe().expect("a pipe");
    let pipe = net.connect_read_pipe(reader, Collector::default()).expect("a pipe");
    for id in [listener, stream] {
        let socket = socket2::SockRef::from(&net.as_fd(id).expect("open")).send_buffer_size().expect("a socket");
        assert!(socket > 0);
    }
    let fd = net.transport(pipe).as_fd().map(|fd| fd.as_raw_fd()).expect("open");
    assert!(fs::read_link(format!("/proc/self/fd/{fd}")).expect("open").to_string_lossy().starts_with("pipe:"));
    net.transport(stream).abort();
    event_loop.net().close_listeners();
    assert!(event_loop.net().as_fd(listener).is_none());
}

/// The first protocol sees the facts about the child and its pipes, and installs another one for the rest.
#[test]
fn the_protocol_of_a_child_can_be_replaced_and_knows_its_child() {
    let second = ChildRecorder::new(|t, told| {
        if matches!(told, Told::Lost(_)) {
            assert!(t.info().child.expect("a child").status.expect("it has ended").success());
        }
    });
    let second_log = second.log();
    let mut second = Some(second);
    let first = ChildRecorder::new(move |t, told| match told {
        Told::Made => {
            let child = t.info().child.expect("a child");
            assert_eq!((child.id, Some(child.pid), child.status, child.pipe), (t.id(), t.pid(), None, None));
            assert!(t.as_fd().is_some(), "the pidfd");
            for (number, ends) in [(0, PipeEnds::Write), (1, PipeEnds::Read)] {
                let pipe = pipe(t, number);
                let info = pipe.info();
                assert_eq!((info.pipe, info.child), (Some(ends), Some(ChildInfo { pipe: Some(number), ..child })));
                assert!(pipe.as_fd().is_some());
            }
            pipe(t, 0).write(b"one");
        }
        _ => {
            t.set_protocol(second.take().expect("one call"));
            pipe(t, 0).write(b"two");
            pipe(t, 0).write_eof();
        }
    });
    let first_log = first.log();
    let mut event_loop = EventLoop::new().expect("a loop");
    let stdio = [ChildStdio::Pipe, ChildStdio::Pipe, ChildStdio::Inherit];
    event_loop.net().spawn(Command::new("cat"), stdio, first).expect("a child");
    event_loop.run().expect("a run");
    assert_eq!(first_log.take(), [Told::Made, Told::Data(1, b"one".to_vec())]);
    let told = second_log.take();
    assert!(told.contains(&Told::Data(1, b"two".to_vec())) && !told.contains(&Told::Made), "{told:?}");
    assert_eq!(told.last(), Some(&Told::Lost(Some(0))));
}

/// Begins TLS on an open stream, and sends one word.
fn speaker(tls: impl Into<Tls>, word: &'static str) -> Recorder {
    let mut tls = Some(tls.into());
    let begin = move |t: &mut Transport<'_>, _: &[u8]| t.start_tls(tls.take().expect("once")).expect("an open stream");
    Recorder::new().on("made", begin).on("started", move |t, _| {
        assert!(t.info().tls.expect("a handshake").cipher_suite.starts_with("TLS"));
        t.write(word.as_bytes());
        t.write_eof();
    })
}

#[test]
fn tls_is_spoken_with_configurations_of_rustls() {
    let server = tls::server();
    let client = tls::client(Trust::Pins(vec![server.pin().expect("of its own certificate")]), false);
    let mut given_client = TlsClient::from_config(client.config, client.name);
    let mut given_server = TlsServer::from_config(server.config);
    assert_eq!(given_server.pin(), None);
    for limit in [Duration::from_secs(60), DELAY] {
        given_client.set_handshake_timeout(limit);
        given_server.set_handshake_timeout(limit);
        let one = speaker(given_client.clone(), "from the client");
        let one_log = one.log();
        let (mut event_loop, _, theirs) = real(one);
        if limit == DELAY {
            // The peer does not answer, so the configured limit counts.
            let began = Instant::now();
            event_loop.run().expect("a run");
            assert!(began.elapsed() >= DELAY && began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
            drop(theirs);
            continue;
        }
        let other = speaker(given_server.clone(), "from the server");
        let other_log = other.log();
        event_loop.net().adopt(theirs, other).expect("a stream");
        event_loop.run().expect("a run");
        for (log, heard) in [(one_log, "from the server"), (other_log, "from the client")] {
            let told = log.take().concat();
            assert!(told.contains(heard), "{told}");
        }
    }
}

#[test]
fn a_protocol_gets_the_answer_to_a_look_up() {
    let ask = |host: Host, numeric| {
        let asker = Recorder::new().on("made", move |t, _| t.look_up(&host, Family::Any, numeric));
        let asker = asker.on("resolved", |t, _| t.abort());
        let log = asker.log();
        let (mut event_loop, _, _theirs) = real(asker);
        event_loop.run().expect("a run");
        let told = log.take();
        assert_eq!((told.len(), &told[0][..], &told[2][..]), (3, "made", "lost"));
        told[1].strip_prefix("resolved: ").expect("an answer").to_owned()
    };
    let name = |text: &str| Host::Name(text.to_owned());
    assert_eq!(ask(Host::Loopback, true), "[127.0.0.1:0, [::1]:0]");
    // A numeric text is not a question for a name server.
    assert_eq!(ask(name("127.0.0.1"), false), "[127.0.0.1:0]");
    assert_eq!(ask(name("name"), true), "resolve name: not a numeric address");
    let error = ask(name("no such name"), false);
    assert!(error.starts_with("resolve no such name: "), "{error}");
}
