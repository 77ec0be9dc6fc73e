//! Calls that are wrong or too late: each has a documented result.

use super::tls::ENOUGH;
use super::tls::Peer as TlsPeer;
use super::tls::server;
use super::*;

fn silent() -> Recorder {
    Recorder::new().0.ignoring()
}

fn code<T: fmt::Debug>(result: io::Result<T>) -> Option<i32> {
    result.expect_err("refused").raw_os_error()
}

#[test]
fn only_a_stream_socket_that_listens_is_adopted_as_a_listener() {
    let mut event_loop = EventLoop::new().expect("a loop");
    let mut adopt = |fd: OwnedFd| event_loop.net().adopt_listener(fd, Listening::default(), factory(silent));
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
    assert_eq!(code(net.connect_write_pipe(read.into(), silent())), Some(libc::EBADF));
    assert_eq!(code(net.connect_read_pipe(write.into(), silent())), Some(libc::EBADF));
    let (read, write) = io::pipe().expect("a pipe");
    assert_eq!(code(net.connect_pipes(write.into(), read.into(), silent())), Some(libc::EBADF));
    let (read, write) = io::pipe().expect("a pipe");
    net.connect_pipes(read.into(), write.into(), silent()).expect("in this order");
}

/// Forwards its bytes to another stream, and records the calls that come to itself.
struct Forwarder {
    to: Id,
    got: Sender<Vec<u8>>,
}

impl Protocol for Forwarder {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        t.forward_to(self.to);
    }
    fn data_received(&mut self, _t: &mut Transport<'_>, data: &[u8]) {
        self.got.send(data.into()).expect("the test listens");
    }
}

#[test]
fn a_sink_takes_from_the_last_stream_that_was_forwarded_to_it() {
    let mut sim = Sim::new();
    let to = sim.stream(ENOUGH, silent());
    let (got, _received) = channel();
    let [first, second] = [(); 2].map(|()| {
        let id = sim.stream(ENOUGH, Forwarder { to, got: got.clone() });
        sim.settle();
        id
    });
    sim.feed(first, b"not read any more");
    sim.feed(second, b"read");
    sim.settle();
    assert_eq!(sim.sent(to), b"read");
}

#[test]
fn what_was_forwarded_to_a_stream_that_is_gone_comes_to_the_protocol() {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::brief();
    let to = sim.stream(ENOUGH, recorder);
    sim.settle();
    let (got, received) = channel();
    let id = sim.stream(ENOUGH, Forwarder { to, got: got.clone() });
    sim.settle();
    sim.feed(id, b"on its way");
    sim.settle();
    assert_eq!(sim.sent(to), b"on its way");
    sim.net().transport(to).abort();
    sim.feed(id, b"too late");
    sim.settle();
    assert_eq!(events(&log), ["made", "lost"]);
    assert_eq!(received.try_iter().collect::<Vec<_>>(), [b"too late"]);

    // A stream that is gone, and one that never existed.
    for to in [to, id] {
        let late = sim.stream(ENOUGH, Forwarder { to, got: got.clone() });
        sim.net().transport(id).abort();
        sim.settle();
        sim.feed(late, b"bytes");
        sim.settle();
        assert_eq!(received.try_iter().collect::<Vec<_>>(), [b"bytes"]);
        sim.net().transport(late).abort();
    }
    sim.run();
    sim.assert_nothing_left();
}

#[test]
fn a_sink_that_cannot_take_its_last_bytes_holds_its_source_until_it_is_lost() {
    let mut sim = Sim::new();
    let to = sim.stream(3, silent());
    sim.settle();
    let (got, received) = channel();
    let id = sim.stream(ENOUGH, Forwarder { to, got });
    sim.settle();
    sim.feed(id, b"first");
    sim.settle();
    sim.net().transport(to).close();
    sim.feed(id, b"second");
    sim.settle();
    assert_eq!(received.try_iter().count(), 0, "the sink still sends, and its protocol was not told of an end");
    sim.give_room(to, ENOUGH);
    sim.feed_end(to);
    sim.settle();
    assert_eq!((&sim.sent(to)[..], received.try_iter().collect::<Vec<_>>()), (&b"first"[..], vec![b"second".to_vec()]));
    sim.net().transport(id).abort();
    sim.run();
    sim.assert_nothing_left();
}

#[test]
fn tls_begins_once_and_only_on_a_stream_that_goes_on() {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::brief();
    let id = sim.stream(ENOUGH, recorder);
    sim.settle();
    sim.net().transport(id).start_tls(server()).expect("TLS begins");
    let refused = |sim: &mut Sim| describe(&sim.net().transport(id).start_tls(server()).expect_err("refused"));
    assert_eq!(refused(&mut sim), "TLS is spoken on this stream already");
    let mut peer = TlsPeer::client();
    peer.write(b"real");
    peer.talk(&mut sim, id);
    assert_eq!(refused(&mut sim), "TLS is spoken on this stream already");
    assert!(events(&log).contains(&"real".to_owned()), "the first one works");
    sim.net().transport(id).abort();
    assert_eq!(refused(&mut sim), "TLS cannot begin on a stream that is closing");
    sim.run();
    assert_eq!(refused(&mut sim), "TLS cannot begin on a stream that is closing", "a stale id");
    sim.assert_nothing_left();
}

#[test]
fn what_is_written_during_a_handshake_is_counted() {
    let mut sim = Sim::new();
    let (recorder, _log) = Recorder::brief();
    let id = sim.stream(ENOUGH, recorder);
    sim.settle();
    sim.net().transport(id).start_tls(server()).expect("TLS begins");
    sim.settle();
    let before = sim.net().transport(id).write_buffer_size();
    sim.net().transport(id).write(&[7; 100_000]);
    assert_eq!(sim.net().transport(id).write_buffer_size(), before + 100_000);
    let mut peer = TlsPeer::client();
    peer.talk(&mut sim, id);
    assert_eq!(sim.net().transport(id).write_buffer_size(), 0);
    assert_eq!(peer.received.len(), 100_000);
    assert_eq!(sim.net().transport(id).info().totals.sent, 100_000);
    sim.net().transport(id).abort();

    // Bytes that a failed handshake did not send do not count.
    let (recorder, log) = Recorder::brief();
    let id = sim.stream(ENOUGH, recorder);
    sim.settle();
    sim.net().transport(id).start_tls(server()).expect("TLS begins");
    sim.net().transport(id).write(&[7; 100_000]);
    sim.net().transport(id).abort();
    assert_eq!(sim.net().transport(id).info().totals.sent, 0);
    sim.run();
    assert_eq!(events(&log).last().map(String::as_str), Some("lost"));
    sim.assert_nothing_left();
}

/// Records its addresses at the end.
struct Where(Sender<(Option<Peer>, Option<Peer>)>);

impl Protocol for Where {
    fn data_received(&mut self, t: &mut Transport<'_>, _data: &[u8]) {
        t.abort();
    }
    fn connection_lost(&mut self, t: &mut Transport<'_>, _error: Option<io::Error>) {
        let info = t.info();
        self.0.send((info.local, info.peer)).expect("the test listens");
    }
}

#[test]
fn both_addresses_are_known_to_the_end() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
    let mut client = TcpStream::connect(listener.local_addr().expect("a port")).expect("a connection");
    let (accepted, _) = listener.accept().expect("a connection");
    let addresses: [SocketAddr; 2] = [accepted.local_addr(), accepted.peer_addr()].map(|end| end.expect("an end"));
    let mut event_loop = EventLoop::new().expect("a loop");
    let (told, ends): (_, Receiver<_>) = channel();
    event_loop.net().adopt(accepted.into(), Where(told)).expect("a stream");
    client.write_all(b"x").expect("room");
    event_loop.run().expect("a run");
    let [local, peer] = addresses.map(|address| Some(Peer::Ip(address)));
    assert_eq!(ends.try_iter().collect::<Vec<_>>(), [(local, peer)]);
    let error = client.read(&mut [0; 1]).expect_err("a reset");
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "an abort is a reset still");
}
