//! A panic in any callback ends its transport, frees the slot, and does not affect others.

use super::*;

/// The deadline of every wait.
const DEADLINE: Duration = Duration::from_secs(20);

/// Panics in the callback of this name, and records `connection_lost`.
struct Fragile {
    at: &'static str,
    lost: Sender<String>,
    buffer: [u8; 16],
}

impl Fragile {
    fn here(&self, callback: &str) {
        assert!(self.at != callback, "broken on purpose, in {callback}");
    }

    fn made(&mut self, t: &mut Transport<'_>) {
        t.call_soon();
        self.here("connection_made");
    }

    fn is_lost(&mut self, error: Option<io::Error>) {
        self.lost.send(format!("{error:?}")).expect("the test listens");
        self.here("connection_lost");
    }
}

impl Protocol for Fragile {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.made(t);
    }
    fn data_received(&mut self, _t: &mut Transport<'_>, _data: &[u8]) {
        self.here("data_received");
    }
    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        self.here("eof_received");
        Eof::Close
    }
    fn timer_fired(&mut self, _t: &mut Transport<'_>, _timer: TimerId) {
        self.here("timer_fired");
        if self.at == "connection_made" {
            self.lost.send("timer_fired, after the panic".to_owned()).expect("the test listens");
        }
    }
    fn connection_lost(&mut self, _t: &mut Transport<'_>, error: Option<io::Error>) {
        self.is_lost(error);
    }
}

impl BufferedProtocol for Fragile {
    fn get_buffer(&mut self, _size_hint: usize) -> &mut [u8] {
        self.here("get_buffer");
        let len = if self.at == "empty" { 0 } else { self.buffer.len() };
        &mut self.buffer[..len]
    }
    fn buffer_updated(&mut self, _t: &mut Transport<'_>, _n: usize) {
        self.here("buffer_updated");
    }
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.made(t);
    }
    fn connection_lost(&mut self, _t: &mut Transport<'_>, error: Option<io::Error>) {
        self.is_lost(error);
    }
}

/// Runs a loop with one fragile stream and one echo, and returns how the fragile one was lost. The run ends by itself,
/// so no slot is left.
fn run(at: &'static str, handler: impl FnOnce(Fragile) -> Handler) -> String {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (lost, log) = channel();
    let (ours, mut theirs) = UnixStream::pair().expect("a pair");
    let fragile = Fragile { at, lost, buffer: [0; 16] };
    event_loop.net().adopt(ours.into(), handler(fragile)).expect("a stream");
    let (ours, other) = UnixStream::pair().expect("a pair");
    let (echo, echo_log) = Recorder::new();
    event_loop.net().adopt(ours.into(), echo.on_data(|t, data| t.write(data))).expect("a stream");
    other.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    let user = thread::spawn(move || {
        // The fragile end can be gone already.
        let _ = theirs.write_all(b"anything");
        let _ = theirs.shutdown(std::net::Shutdown::Write);
        let _ = theirs.read_to_end(&mut Vec::new());
        // The other stream works, before and after.
        let mut other = other;
        other.write_all(b"hello").expect("room");
        let mut answer = [0; 5];
        other.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"hello");
    });
    event_loop.run().expect("a run");
    user.join().expect("the other stream went on");
    assert_eq!(events(&echo_log).last().map(String::as_str), Some("lost"));
    assert_eq!(event_loop.net.slots.iter().count(), 0, "a slot is left");
    let lost = log.try_iter().collect::<Vec<_>>();
    assert_eq!(lost.len(), 1, "connection_lost is called once: {lost:?}");
    lost.into_iter().next().unwrap_or_default()
}

#[test]
fn a_panic_in_a_callback_is_the_end_of_its_stream_alone() {
    for at in ["connection_made", "data_received", "eof_received", "timer_fired"] {
        let lost = run(at, Handler::new);
        assert!(lost.contains(&format!("a callback has panicked: broken on purpose, in {at}")), "{at}: {lost}");
    }
    for at in ["get_buffer", "buffer_updated"] {
        let lost = run(at, Handler::buffered);
        assert!(lost.contains(&format!("a callback has panicked: broken on purpose, in {at}")), "{at}: {lost}");
    }
    assert_eq!(run("connection_lost", Handler::new), "None");
}

#[test]
fn an_empty_buffer_is_the_end_of_its_stream_alone() {
    let lost = run("empty", Handler::buffered);
    assert!(lost.contains("get_buffer has given an empty buffer"), "{lost}");
}

#[test]
fn a_panic_of_a_factory_is_the_end_of_that_connection_alone() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let mut calls = 0;
    let make = factory(move || {
        calls += 1;
        assert!(calls > 1, "broken on purpose, the first time");
        Recorder::new().0.ignoring().on_data(|t, data| t.write(data))
    });
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let options = Listening { limit: Some(1), ..Listening::default() };
    let listener = event_loop.net().listen_tcp(address, Stack::OwnFamily, options, make).expect("a listener");
    let address = port_of(&mut event_loop, listener);
    let user = thread::spawn(move || {
        let mut first = TcpStream::connect(address).expect("a connection");
        first.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        assert!(matches!(first.read(&mut [0; 1]), Ok(0) | Err(_)), "it was closed");
        // The first has freed its place, which is the only one.
        let mut second = TcpStream::connect(address).expect("a connection");
        second.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        second.write_all(b"x").expect("room");
        second.read_exact(&mut [0; 1]).expect("an answer");
    });
    let (stop, stopped) = UnixStream::pair().expect("a pair");
    let stopper = Recorder::new().0.ignoring().on_lost(|t| t.net().stop());
    event_loop.net().adopt(stopped.into(), stopper).expect("a stream");
    let watcher = thread::spawn(move || {
        let outcome = user.join();
        drop(stop);
        outcome.expect("the second connection is served");
    });
    event_loop.run().expect("a run");
    watcher.join().expect("the second connection is served");
}

fn port_of(event_loop: &mut EventLoop, id: Id) -> SocketAddr {
    match event_loop.net().listening_on(id) {
        Some(Peer::Ip(address)) => Some(address),
        _ => None,
    }
    .expect("a port")
}

/// Panics at the first datagram.
struct FragileSocket(Sender<String>);

impl DatagramProtocol for FragileSocket {
    fn datagram_received(&mut self, _t: &mut DatagramTransport<'_>, _data: &[u8], _from: &Remote) {
        std::panic::panic_any("broken on purpose")
    }
    fn connection_lost(&mut self, _t: &mut DatagramTransport<'_>, error: Option<io::Error>) {
        self.0.send(format!("{error:?}")).expect("the test listens");
    }
}

#[test]
fn a_panic_about_a_datagram_is_the_end_of_its_socket() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let (lost, log): (_, Receiver<String>) = channel();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let service = DatagramService::default();
    let bound = event_loop.net().bind_udp(address, Stack::OwnFamily, service, FragileSocket(lost));
    let id: Id = bound.expect("a socket");
    let address = port_of(&mut event_loop, id);
    let user = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    user.send_to(b"anything", address).expect("room");
    event_loop.run().expect("a run");
    assert_eq!(log.try_iter().collect::<Vec<_>>(), ["None"]);
    assert_eq!(event_loop.net.slots.iter().count(), 0, "a slot is left");
}

/// Panics in the callback of this name, about a child that would run forever.
struct FragileParent {
    at: &'static str,
    lost: Sender<u32>,
    pid: u32,
}

impl FragileParent {
    fn here(&self, callback: &str) {
        assert!(self.at != callback, "broken on purpose, in {callback}");
    }
}

impl SubprocessProtocol for FragileParent {
    fn connection_made(&mut self, t: &mut SubprocessTransport<'_>) {
        self.pid = t.pid().expect("it runs");
        self.here("connection_made");
    }
    fn pipe_data_received(&mut self, t: &mut SubprocessTransport<'_>, _fd: u8, _data: &[u8]) {
        let stdin = t.pipe_transport(0).expect("a pipe");
        t.peer(stdin).write_eof();
        self.here("pipe_data_received");
    }
    fn pipe_connection_lost(&mut self, _t: &mut SubprocessTransport<'_>, _fd: u8, _error: Option<io::Error>) {
        self.here("pipe_connection_lost");
    }
    fn process_exited(&mut self, _t: &mut SubprocessTransport<'_>) {
        self.here("process_exited");
    }
    fn connection_lost(&mut self, _t: &mut SubprocessTransport<'_>, _error: Option<io::Error>) {
        self.lost.send(self.pid).expect("the test listens");
        self.here("connection_lost");
    }
}

#[test]
fn a_panic_about_a_child_is_its_end() {
    for at in ["connection_made", "pipe_data_received", "pipe_connection_lost", "process_exited", "connection_lost"] {
        let mut event_loop = EventLoop::new().expect("a loop");
        let (lost, log) = channel();
        let mut command = Command::new("sh");
        // The child ends by itself only after its input. The protocol ends the input if it does not panic before.
        command.args([
            "-c",
            "echo here; cat; [ $1 = process_exited ] || [ $1 = connection_lost ] || exec sleep 1000",
            "sh",
            at,
        ]);
        let stdio = [ChildStdio::Pipe, ChildStdio::Pipe, ChildStdio::Inherit];
        let parent = FragileParent { at, lost, pid: 0 };
        event_loop.net().spawn(command, stdio, parent).expect("a child");
        event_loop.run().expect("a run");
        let pids = log.try_iter().collect::<Vec<_>>();
        assert_eq!(pids.len(), 1, "{at}: connection_lost is called once");
        assert!(!std::path::Path::new(&format!("/proc/{}", pids[0])).exists(), "{at}: the child lives");
        assert_eq!(event_loop.net.slots.iter().count(), 0, "{at}: a slot is left");
    }
}
