//! Promises to users of the library, on the real loop: timers that are never early, ends of pipes, visible failures,
//! ways to run, protocols that are read back, facts about transports.

use super::*;
use std::fs;
use std::os::fd::AsRawFd;

use crate::transports::address::Family;

/// Longer than any pause of the loop here, and short enough for a test.
const DELAY: Duration = Duration::from_millis(60);

/// Arms a timer after a pause in a callback, and records how much later it fired.
struct Late {
    pause: Duration,
    armed: Option<Instant>,
    fired: Sender<Duration>,
}

impl Protocol for Late {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        thread::sleep(self.pause);
        self.armed = Some(Instant::now());
        t.call_later(DELAY);
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

/// A stream that leaves waits for nothing, and its peer sees an orderly end although bytes were not read.
#[test]
fn a_stream_that_leaves_is_lost_at_once_without_a_reset() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let ours = TcpStream::connect(listener.local_addr().expect("an address")).expect("it accepts");
    let mut theirs = listener.accept().expect("a client").0;
    theirs.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    theirs.write_all(&[7; 10_000]).expect("it takes them");
    let (recorder, log) = Recorder::brief();
    let mut event_loop = EventLoop::new().expect("a loop");
    event_loop.net().adopt(ours.into(), recorder.on_made(|t| t.leave())).expect("a stream");
    let start = Instant::now();
    event_loop.run().expect("a run");
    assert!(start.elapsed() < Duration::from_secs(4), "it took {:?}", start.elapsed());
    assert_eq!(events(&log), ["made", "lost"]);
    drop(event_loop);
    assert_eq!(theirs.read(&mut [0; 9]).expect("an end, no reset"), 0);
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

/// Sends a child a line and the end, and records the calls.
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
    // The child ends only with its input. Without the end, the loop would wait for it.
    let stdio = [ChildStdio::Pipe, ChildStdio::Pipe, ChildStdio::Inherit];
    event_loop.net().spawn(Command::new("cat"), stdio, Feeder(log)).expect("a child");
    event_loop.run().expect("a run");
    let told = told.try_iter().collect::<Vec<_>>();
    assert_eq!(told[0], "pipe 0 None", "{told:?}");
    assert!(told.contains(&"line\n".to_owned()) && told.last() == Some(&"lost".to_owned()), "{told:?}");
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
    let (ours, mut theirs) = UnixStream::pair().expect("a pair");
    let mut event_loop = EventLoop::new().expect("a loop");
    let other = event_loop.net().adopt(ours.into(), Collector::default()).expect("a stream");
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
    let (ours, _theirs) = UnixStream::pair().expect("a pair");
    let (recorder, _log) = Recorder::brief();
    let stop = |t: &mut Transport<'_>| {
        t.net().stop_with(io::Error::other("first"));
        t.net().stop_with(io::Error::other("second"));
    };
    let mut event_loop = EventLoop::new().expect("a loop");
    event_loop.net().adopt(ours.into(), recorder.on_made(stop)).expect("a stream");
    assert_eq!(event_loop.run().expect_err("it is stopped").to_string(), "first");
    // A stop before a run does not affect the run.
    event_loop.net().stop_with(io::Error::other("too early"));
    let end = event_loop.run_until(Some(Instant::now()), |_| false).expect("a run");
    assert_eq!(end, RunEnd::Deadline);
}

#[test]
fn a_protocol_is_kept_only_if_that_was_asked_for() {
    for keeps in [false, true] {
        let (ours, mut theirs) = UnixStream::pair().expect("a pair");
        let mut event_loop = EventLoop::new().expect("a loop");
        let id = event_loop.net().adopt(ours.into(), Collector::default()).expect("a stream");
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
        let (ours, _theirs) = UnixStream::pair().expect("a pair");
        let (recorder, _log) = Recorder::brief();
        let second = event_loop.net().adopt(ours.into(), recorder).expect("a stream");
        event_loop.run_until(Some(Instant::now()), |_| false).expect("a run");
        assert!(event_loop.protocol::<Recorder>(second).is_some());
        assert_eq!(event_loop.protocol::<Collector>(id).is_some(), keeps);
        event_loop.keep_protocol(id);
    }
}

#[test]
fn a_run_ends_with_its_condition_its_deadline_or_the_last_transport() {
    let (ours, mut theirs) = UnixStream::pair().expect("a pair");
    let mut event_loop = EventLoop::new().expect("a loop");
    let id = event_loop.net().adopt(ours.into(), Collector::default()).expect("a stream");
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
    let (ours, mut theirs) = UnixStream::pair().expect("a pair");
    let mut event_loop = EventLoop::new().expect("a loop");
    assert!(!event_loop.poll_once(None).expect("a turn"), "there is nothing to wait for");
    let id = event_loop.net().adopt(ours.into(), Collector::default()).expect("a stream");
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
    let mut event_loop = EventLoop::new().expect("a loop");
    let net = event_loop.net();
    let make = factory(Collector::default);
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let listener = net.listen_tcp(address, Stack::OwnFamily, Listening::default(), make).expect("a listener");
    let (ours, _theirs) = UnixStream::pair().expect("a pair");
    let stream = net.adopt(ours.into(), Collector::default()).expect("a stream");
    let (reader, _writer) = io::pipe().expect("a pipe");
    let pipe = net.connect_read_pipe(reader.into(), Collector::default()).expect("a pipe");
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

/// Records facts about the child and its pipes, and installs another protocol for the rest.
struct First(Sender<String>);

impl SubprocessProtocol for First {
    fn connection_made(&mut self, t: &mut SubprocessTransport<'_>) {
        let child = t.info().child.expect("a child");
        assert_eq!((child.id, Some(child.pid), child.status, child.pipe), (t.id(), t.pid(), None, None));
        assert!(t.as_fd().is_some(), "the pidfd");
        for (number, ends) in [(0, PipeEnds::Write), (1, PipeEnds::Read)] {
            let pipe = t.pipe_transport(number).expect("a pipe");
            let info = t.peer(pipe).info();
            assert_eq!(info.pipe, Some(ends));
            assert_eq!(info.child, Some(ChildInfo { pipe: Some(number), ..child }));
            assert!(t.peer(pipe).as_fd().is_some());
        }
        let stdin = t.pipe_transport(0).expect("a pipe");
        t.peer(stdin).write(b"one");
    }
    fn pipe_data_received(&mut self, t: &mut SubprocessTransport<'_>, _fd: u8, data: &[u8]) {
        self.0.send(format!("first {}", String::from_utf8_lossy(data))).expect("the test listens");
        t.set_protocol(Second(self.0.clone()));
        let stdin = t.pipe_transport(0).expect("a pipe");
        t.peer(stdin).write(b"two");
        t.peer(stdin).write_eof();
    }
}

struct Second(Sender<String>);

impl SubprocessProtocol for Second {
    fn connection_made(&mut self, _t: &mut SubprocessTransport<'_>) {
        panic!("the first protocol had it");
    }
    fn pipe_data_received(&mut self, _t: &mut SubprocessTransport<'_>, _fd: u8, data: &[u8]) {
        self.0.send(format!("second {}", String::from_utf8_lossy(data))).expect("the test listens");
    }
    fn connection_lost(&mut self, t: &mut SubprocessTransport<'_>, _error: Option<io::Error>) {
        let status = t.info().child.expect("a child").status.expect("it has ended");
        self.0.send(format!("lost {}", status.success())).expect("the test listens");
    }
}

#[test]
fn the_protocol_of_a_child_can_be_replaced_and_knows_its_child() {
    let (log, told) = channel();
    let mut event_loop = EventLoop::new().expect("a loop");
    let stdio = [ChildStdio::Pipe, ChildStdio::Pipe, ChildStdio::Inherit];
    event_loop.net().spawn(Command::new("cat"), stdio, First(log)).expect("a child");
    event_loop.run().expect("a run");
    assert_eq!(told.try_iter().collect::<Vec<_>>(), ["first one", "second two", "lost true"]);
}

/// Begins TLS on an open stream, and sends one word.
struct Speaker {
    tls: Option<crate::transports::tls::Tls>,
    word: &'static [u8],
    heard: Vec<u8>,
}

impl Protocol for Speaker {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        t.start_tls(self.tls.take().expect("it is made once")).expect("an open stream");
    }
    fn tls_started(&mut self, t: &mut Transport<'_>) {
        assert!(t.info().tls.expect("a handshake").cipher_suite.starts_with("TLS"));
        t.write(self.word);
        t.write_eof();
    }
    fn data_received(&mut self, _t: &mut Transport<'_>, data: &[u8]) {
        self.heard.extend_from_slice(data);
    }
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
        let (ours, theirs) = UnixStream::pair().expect("a pair");
        let mut event_loop = EventLoop::new().expect("a loop");
        let speaker = |tls, word| Speaker { tls: Some(tls), word, heard: Vec::new() };
        let one = speaker(given_client.clone().into(), b"from the client");
        let one = event_loop.net().adopt(ours.into(), one).expect("a stream");
        event_loop.keep_protocol(one);
        if limit == DELAY {
            // The peer does not answer, so the configured limit counts.
            let began = Instant::now();
            event_loop.run().expect("a run");
            assert!(began.elapsed() >= DELAY && began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
            drop(theirs);
            continue;
        }
        let other = speaker(given_server.clone().into(), b"from the server");
        let other = event_loop.net().adopt(theirs.into(), other).expect("a stream");
        event_loop.keep_protocol(other);
        event_loop.run().expect("a run");
        for (id, heard) in [(one, &b"from the server"[..]), (other, b"from the client")] {
            assert_eq!(event_loop.protocol::<Speaker>(id).expect("it was kept").heard, heard);
        }
    }
}

/// Asks for a host, and records the answer.
struct Asker {
    host: Host,
    numeric: bool,
    answer: Sender<Result<Vec<SocketAddr>, String>>,
}

impl Protocol for Asker {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        t.look_up(&self.host, Family::Any, self.numeric);
    }
    fn data_received(&mut self, _t: &mut Transport<'_>, _data: &[u8]) {}
    fn resolved(&mut self, t: &mut Transport<'_>, answer: Result<Vec<SocketAddr>, ConnectError>) {
        self.answer.send(answer.map_err(|error| error.to_string())).expect("the test listens");
        t.abort();
    }
}

#[test]
fn a_protocol_gets_the_answer_to_a_look_up() {
    let ask = |host: Host, numeric| {
        let (answer, answers) = channel();
        let mut event_loop = EventLoop::new().expect("a loop");
        let (ours, _theirs) = UnixStream::pair().expect("sockets");
        event_loop.net().adopt(ours.into(), Asker { host, numeric, answer }).expect("a stream");
        event_loop.run().expect("a run");
        answers.try_iter().collect::<Vec<_>>()
    };
    let name = |text: &str| Host::Name(text.to_owned());
    let loopback: SocketAddr = ([127, 0, 0, 1], 0).into();
    assert_eq!(ask(Host::Loopback, true), [Ok(vec![loopback, "[::1]:0".parse().expect("an address")])]);
    // A numeric text is not a question for a name server.
    assert_eq!(ask(name("127.0.0.1"), false), [Ok(vec![loopback])]);
    assert_eq!(ask(name("name"), true), [Err("resolve name: not a numeric address".to_owned())]);
    let [Err(error)] = &ask(name("no such name"), false)[..] else { panic!("there is such a name") };
    assert!(error.starts_with("resolve no such name: "), "{error}");
}
