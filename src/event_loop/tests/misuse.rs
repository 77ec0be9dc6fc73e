//! Calls that are wrong or too late: each has a documented result.

use super::tls::ENOUGH;
use super::tls::Peer as TlsPeer;
use super::tls::server;
use super::*;

fn code<T: fmt::Debug>(result: io::Result<T>) -> Option<i32> {
    result.expect_err("refused").raw_os_error()
}

#[test]
fn only_a_stream_socket_that_listens_is_adopted_as_a_listener() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let mut adopt = |fd: OwnedFd| event_loop.net().adopt_listener(fd, Listening::default(), factory(Recorder::new));
    let (read, _write) = io::pipe().expect("a pipe");
    assert_eq!(code(adopt(read.into())), Some(libc::ENOTSOCK));
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    assert_eq!(code(adopt(socket.into())), Some(libc::EPROTOTYPE));
    let (one, _other) = UnixStream::pair().expect("a pair");
    assert_eq!(code(adopt(one.into())), Some(libc::EINVAL));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
    let (connected, _) =
        (TcpStream::connect(listener.local_addr().expect("a port")).expect("a connection"), listener.accept());
    assert_eq!(code(adopt(connected.into())), Some(libc::EINVAL));
    adopt(listener.into()).expect("it listens");
}

#[test]
fn an_end_of_a_pipe_is_used_in_its_direction_only() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let net = event_loop.net();
    let (read, write) = io::pipe().expect("a pipe");
    assert_eq!(code(net.connect_write_pipe(read, Recorder::new())), Some(libc::EBADF));
    assert_eq!(code(net.connect_read_pipe(write, Recorder::new())), Some(libc::EBADF));
    let (read, write) = io::pipe().expect("a pipe");
    assert_eq!(code(net.connect_pipes(write, read, Recorder::new())), Some(libc::EBADF));
    let (read, write) = io::pipe().expect("a pipe");
    net.connect_pipes(read, write, Recorder::new()).expect("in this order");
}

/// A stream that forwards to another one. What comes to its own protocol is recorded.
fn forwarding_to(sim: &mut Sim, to: Id) -> Id {
    let id = sim.stream(ENOUGH, Recorder::brief().on("made", move |t, _| t.forward_to(to)));
    assert_eq!(sim.told(id), ["made"]);
    id
}

#[test]
fn a_sink_takes_from_the_last_stream_that_was_forwarded_to_it() {
    let (mut sim, to) = Sim::with_stream(ENOUGH, Recorder::new());
    let [first, second] = [(); 2].map(|()| forwarding_to(&mut sim, to));
    sim.feed(first, b"not read any more");
    sim.feed(second, b"read");
    sim.settle();
    assert_eq!(sim.sent(to), b"read");
    sim.abort_all();
}

#[test]
fn what_was_forwarded_to_a_stream_that_is_gone_comes_to_the_protocol() {
    let (mut sim, to) = Sim::with_stream(ENOUGH, Recorder::new());
    let id = forwarding_to(&mut sim, to);
    sim.feed(id, b"on its way");
    sim.settle();
    assert_eq!(sim.sent(to), b"on its way");
    sim.transport(to).abort();
    sim.feed(id, b"too late");
    assert_eq!(sim.told(to), ["made", "lost"]);
    assert_eq!(sim.told(id), ["too late"]);
    sim.transport(id).abort();

    // A stream that is gone, and one that never existed.
    for to in [to, id] {
        let late = forwarding_to(&mut sim, to);
        sim.feed(late, b"bytes");
        assert_eq!(sim.told(late), ["bytes"]);
        sim.transport(late).abort();
    }
}

#[test]
fn a_sink_that_cannot_take_its_last_bytes_holds_its_source_until_it_is_lost() {
    let (mut sim, to) = Sim::with_stream(3, Recorder::new());
    let id = forwarding_to(&mut sim, to);
    sim.feed(id, b"first");
    sim.settle();
    sim.transport(to).close();
    sim.feed(id, b"second");
    assert_eq!(sim.told(id), [""; 0], "the sink still sends, and its protocol was not told of an end");
    sim.give_room(to, ENOUGH);
    sim.feed_end(to);
    assert_eq!(sim.told(id), ["second"]);
    assert_eq!(sim.sent(to), b"first");
    sim.transport(id).abort();
}

#[test]
fn tls_begins_once_and_only_on_a_stream_that_goes_on() {
    let (mut sim, id) = Sim::with_stream(ENOUGH, Recorder::brief());
    sim.transport(id).start_tls(server()).expect("TLS begins");
    let refused = |sim: &mut Sim, id| describe(&sim.transport(id).start_tls(server()).expect_err("refused"));
    assert_eq!(refused(&mut sim, id), "TLS is spoken on this stream already");
    let mut peer = TlsPeer::client();
    peer.write(b"real");
    peer.talk(&mut sim, id);
    assert_eq!(refused(&mut sim, id), "TLS is spoken on this stream already");
    assert!(sim.told(id).contains(&"real".to_owned()), "the first one works");
    sim.transport(id).abort();
    assert_eq!(refused(&mut sim, id), "TLS cannot begin on a stream that is closing");
    sim.run();
    assert_eq!(refused(&mut sim, id), "TLS cannot begin on a stream that is closing", "a stale id");
    let (mut sim, id) = Sim::with_stream(ENOUGH, Recorder::brief());
    sim.transport(id).write_eof();
    assert_eq!(refused(&mut sim, id), "TLS cannot begin behind the end of our direction");
    sim.transport(id).abort();
    assert_eq!(sim.told(id), ["made", "lost"]);
}

#[test]
fn what_is_written_during_a_handshake_is_counted() {
    let (mut sim, id) = Sim::with_stream(ENOUGH, Recorder::brief());
    sim.transport(id).start_tls(server()).expect("TLS begins");
    sim.settle();
    let before = sim.transport(id).write_buffer_size();
    sim.transport(id).write(&[7; 100_000]);
    assert_eq!(sim.transport(id).write_buffer_size(), before + 100_000);
    let mut peer = TlsPeer::client();
    peer.talk(&mut sim, id);
    assert_eq!((sim.transport(id).write_buffer_size(), peer.received.len()), (0, 100_000));
    assert_eq!(sim.transport(id).info().totals.sent, 100_000);
    sim.transport(id).abort();

    // Bytes that a failed handshake did not send do not count.
    let (mut sim, id) = Sim::with_stream(ENOUGH, Recorder::brief());
    sim.transport(id).start_tls(server()).expect("TLS begins");
    sim.transport(id).write(&[7; 100_000]);
    sim.transport(id).abort();
    assert_eq!(sim.transport(id).info().totals.sent, 0);
    assert_eq!(sim.told(id).last().map(String::as_str), Some("lost"));
}

#[test]
fn both_addresses_are_known_to_the_end() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
    let mut client = TcpStream::connect(listener.local_addr().expect("a port")).expect("a connection");
    let (accepted, _) = listener.accept().expect("a connection");
    let addresses: [SocketAddr; 2] = [accepted.local_addr(), accepted.peer_addr()].map(|end| end.expect("an end"));
    let mut event_loop = EventLoop::new().expect("a loop");
    let ends = Log::new();
    let log = ends.clone();
    let recorder = Recorder::new().on("data", |t, _| t.abort()).on("lost", move |t, _| {
        let info = t.info();
        log.add([info.local, info.peer]);
    });
    event_loop.net().adopt(accepted, recorder).expect("a stream");
    client.write_all(b"x").expect("room");
    event_loop.run().expect("a run");
    assert_eq!(ends.take(), [addresses.map(|address| Some(Peer::Ip(address)))]);
    let error = client.read(&mut [0; 1]).expect_err("a reset");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "an abort is a reset still");
}
