//! A panic in any callback ends its transport, frees the slot, and does not affect others.

use super::*;

/// The deadline of every wait.
const DEADLINE: Duration = Duration::from_secs(20);

/// Runs a loop with one stream that panics in the callback `at`, and one echo. Returns the last call of the first one.
/// The run ends by itself, so no slot is left.
fn run(at: &'static str, handler: impl FnOnce(Recorder) -> Handler) -> String {
    let fragile = Recorder::new().on("made", |t, _| {
        t.call_soon();
    });
    let fragile = fragile.on(at, move |_, _| panic!("broken on purpose, in {at}"));
    let log = fragile.log();
    let (mut event_loop, _, mut theirs) = real(handler(fragile));
    let echo = Recorder::new().echoing();
    let echo_log = echo.log();
    let (_, mut other) = adopt(&mut event_loop, echo);
    other.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    let user = thread::spawn(move || {
        // The fragile end can be gone already.
        let _ = theirs.write_all(b"anything");
        let _ = theirs.shutdown(std::net::Shutdown::Write);
        let _ = theirs.read_to_end(&mut Vec::new());
        // The other stream works, before and after.
        other.write_all(b"hello").expect("room");
        let mut answer = [0; 5];
        other.read_exact(&mut answer).expect("an answer");
        assert_eq!(&answer, b"hello");
    });
    event_loop.run().expect("a run");
    user.join().expect("the other stream went on");
    assert_eq!(echo_log.take().last().map(String::as_str), Some("lost"));
    assert_eq!(event_loop.net.slots.iter().count(), 0, "a slot is left");
    let mut told = log.take();
    assert_eq!(told.iter().filter(|told| told.starts_with("lost")).count(), 1, "{at}: {told:?}");
    assert!(at != "made" || told.len() == 2, "there is no timer after the panic: {told:?}");
    told.pop().unwrap_or_default()
}

#[test]
fn a_panic_in_a_callback_is_the_end_of_its_stream_alone() {
    for at in ["made", "data", "eof", "timer"] {
        assert_eq!(run(at, Handler::new), format!("lost: a callback has panicked: broken on purpose, in {at}"));
    }
    let updated = run("buffer_updated", Handler::buffered);
    assert_eq!(updated, "lost: a callback has panicked: broken on purpose, in buffer_updated");
    let without_memory = |recorder: Recorder| Handler::buffered(recorder.with_memory(None));
    let lost = run("", without_memory);
    assert_eq!(lost, "lost: a callback has panicked: broken on purpose, in get_buffer");
    let lost = run("", |recorder| Handler::buffered(recorder.with_memory(Some(0))));
    assert!(lost.contains("get_buffer has given an empty buffer"), "{lost}");
    assert_eq!(run("lost", Handler::new), "lost");
}

#[test]
fn a_panic_of_a_factory_is_the_end_of_that_connection_alone() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let mut calls = 0;
    let make = factory(move || {
        calls += 1;
        assert!(calls > 1, "broken on purpose, the first time");
        Recorder::new().echoing()
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
    let (_, stop) = adopt(&mut event_loop, Recorder::new().on("lost", |t, _| t.net().stop()));
    let watcher = thread::spawn(move || {
        let outcome = user.join();
        drop(stop);
        outcome.expect("the second connection is served");
    });
    event_loop.run().expect("a run");
    watcher.join().expect("the second connection is served");
}

fn port_of(event_loop: &mut EventLoop, id: Id) -> SocketAddr {
    let Some(Peer::Ip(address)) = event_loop.net().listening_on(id) else { panic!("it has no port") };
    address
}

#[test]
fn a_panic_about_a_datagram_is_the_end_of_its_socket() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let fragile = DatagramRecorder::new(|_, told| assert!(!told.starts_with("anything"), "broken on purpose"));
    let log = fragile.log();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let id = event_loop.net().bind_udp(address, Stack::OwnFamily, DatagramService::default(), fragile);
    let address = port_of(&mut event_loop, id.expect("a socket"));
    let user = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    user.send_to(b"anything", address).expect("room");
    event_loop.run().expect("a run");
    let from = user.local_addr().expect("a port").port();
    assert_eq!(log.take(), ["made".to_owned(), format!("anything<{from}"), "lost".to_owned()]);
    assert_eq!(event_loop.net.slots.iter().count(), 0, "a slot is left");
}

#[test]
fn a_panic_about_a_child_is_its_end() {
    for at in ["Made", "Data", "PipeLost", "Exited", "Lost"] {
        let mut event_loop = EventLoop::new().expect("a loop");
        // The child ends by itself only after its input. The protocol ends the input if it does not panic before.
        let script = format!("echo here; cat; [ {at} = Exited ] || [ {at} = Lost ] || exec sleep 1000");
        let stdio = [ChildStdio::Pipe, ChildStdio::Pipe, ChildStdio::Inherit];
        let fragile = ChildRecorder::new(move |t, told| {
            if matches!(told, Told::Data(..)) {
                pipe(t, 0).write_eof();
            }
            assert!(!format!("{told:?}").starts_with(at), "broken on purpose, in {at}");
        });
        let log = fragile.log();
        let child = event_loop.net().spawn_shell(script.as_ref(), stdio, fragile).expect("a child");
        let pid = event_loop.net().subprocess_transport(child).pid().expect("it runs");
        event_loop.run().expect("a run");
        let lost = log.take().iter().filter(|told| matches!(told, Told::Lost(_))).count();
        assert_eq!(lost, 1, "{at}: connection_lost is called once");
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists(), "{at}: the child lives");
        assert_eq!(event_loop.net.slots.iter().count(), 0, "{at}: a slot is left");
    }
}
