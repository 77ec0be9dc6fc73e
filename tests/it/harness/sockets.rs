//! Peers and ports: sockets that accept, refuse, hang or reset, and the bytes in them.

use super::*;
use std::os::fd::AsFd;

/// A listener on a free port, and its address.
pub fn listening() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

/// The same with small buffers for the bytes that its connections receive.
pub fn narrow_listener() -> (TcpListener, SocketAddr) {
    let (listener, address) = listening();
    SockRef::from(&listener).set_recv_buffer_size(4096).expect("SO_RCVBUF");
    (listener, address)
}

/// Accepts one connection.
#[track_caller]
pub fn accept(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).expect("a flag");
    with_deadline(eventually("a client", || listener.accept().ok()).0)
}

#[track_caller]
pub fn accept_unix(listener: &UnixListener) -> UnixStream {
    listener.set_nonblocking(true).expect("a flag");
    let stream = eventually("a client", || listener.accept().ok()).0;
    stream.set_nonblocking(false).expect("a flag");
    stream
}

/// The bytes up to the end, which can be a reset.
#[track_caller]
pub fn rest_of(stream: &mut TcpStream) -> Vec<u8> {
    let mut data = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match read_once(stream, &mut buffer) {
            Ok(0) => return data,
            Ok(n) => data.extend_from_slice(&buffer[..n]),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return data,
            Err(error) => panic!("no end in time: {error}"),
        }
    }
}

/// Expects that a new connection ends soon, by an end or a reset, which can come before the connect returns.
#[track_caller]
pub fn is_turned_away(connected: io::Result<TcpStream>) {
    match connected {
        Ok(stream) => assert_eq!(rest_of(&mut with_deadline(stream)), b""),
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
    }
}

/// Expects a reset.
#[track_caller]
pub fn is_reset(stream: &mut TcpStream) {
    let error = read_once(stream, &mut [0; 16]).expect_err("a reset");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

/// A scripted TCP peer: accepts one connection on a free port, and runs `script` on it in a thread.
pub struct Peer<T> {
    pub address: SocketAddr,
    thread: JoinHandle<T>,
}

impl<T: Send + 'static> Peer<T> {
    pub fn serve(script: impl FnOnce(TcpStream) -> T + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let thread = thread::spawn(move || script(with_deadline(listener.accept().expect("a client").0)));
        Self { address, thread }
    }

    pub fn text(&self) -> String {
        format!("localhost:{}", self.address.port())
    }

    /// The result of the script.
    #[track_caller]
    pub fn join(self) -> T {
        eventually("the peer's script", || self.thread.is_finished().then_some(()));
        self.thread.join().expect("the peer's script does not panic")
    }
}

/// Connects, with a deadline on every read and write.
#[track_caller]
pub fn connect(address: SocketAddr) -> TcpStream {
    try_connect(address).expect("it accepts")
}

/// The same for a server that can deny the connection before the connect returns.
pub fn try_connect(address: SocketAddr) -> io::Result<TcpStream> {
    TcpStream::connect_timeout(&address, DEADLINE).map(with_deadline)
}

pub fn with_deadline(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    stream.set_write_timeout(Some(DEADLINE)).expect("a timeout");
    stream
}

/// A connected socket as a reader and a writer, with the deadline.
pub fn halves(socket: impl Into<OwnedFd>) -> (File, File) {
    let reader = File::from(socket.into());
    let limits = SockRef::from(&reader);
    limits.set_write_timeout(Some(DEADLINE)).expect("a timeout");
    limits.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    let writer = reader.try_clone().expect("a copy");
    (reader, writer)
}

/// A port that refuses while the socket is kept: it is bound, so that no other program gets it, and does not listen.
pub fn refusing() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
    let address = socket.local_addr().expect("an address").as_socket().expect("of IP");
    (socket, address)
}

/// A listener with a full queue, so that further connection requests hang.
pub struct Full {
    pub listener: Socket,
    pub address: SocketAddr,
    _queued: Vec<Socket>,
    /// Keeps the port after the listener has gone: no other program gets it, and connects are refused.
    _guard: Socket,
}

pub fn full_queue() -> Full {
    let (listener, address) = reserve([127, 0, 0, 1].into());
    let guard = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    guard.set_reuse_address(true).expect("a flag");
    guard.bind(&address.into()).expect("nobody listens there yet");
    listener.listen(0).expect("it listens");
    let mut queued = Vec::new();
    for _ in 0..16 {
        let client = Socket::new(Domain::IPV4, Type::STREAM.nonblocking(), None).expect("a socket");
        // The request is queued at once, or hangs.
        let _ = client.connect(&address.into());
        if queued.is_empty() {
            // All of them hang while no request is answered.
            eventually("the first to be in the queue", || client.peer_addr().ok());
        }
        queued.push(client);
    }
    let hangs = queued.iter().any(|client| client.peer_addr().is_err());
    assert!(hangs, "the queue is not full");
    Full { listener, address, _queued: queued, _guard: guard }
}

/// Reserves a port of this address while the socket is kept. It does not listen. Only a program that knows the port,
/// and has set SO_REUSEADDR too, can bind it. A port at `::` is reserved for IPv4 as well.
pub fn reserve(ip: IpAddr) -> (Socket, SocketAddr) {
    let address = SocketAddr::new(ip, 0);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
    socket.set_reuse_address(true).expect("a flag");
    if ip.is_ipv6() {
        socket.set_only_v6(false).expect("a flag");
    }
    socket.bind(&address.into()).expect("a port");
    let address = socket.local_addr().expect("an address").as_socket().expect("of IP");
    (socket, address)
}

/// The address of a socket.
pub fn at(socket: &impl AsFd) -> SocketAddr {
    SockRef::from(socket).local_addr().expect("an address").as_socket().expect("one of IP")
}

/// A UDP socket on a free port of this address, with a deadline on every receive, and as much room for datagrams as the
/// system gives.
#[track_caller]
pub fn udp(ip: &str) -> UdpSocket {
    let socket = UdpSocket::bind((ip, 0)).expect("a port");
    SockRef::from(&socket).set_recv_buffer_size(1 << 20).expect("SO_RCVBUF");
    socket.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    socket
}

/// An address of this host for UDP ports that are closed again. At the usual address, another test could get the same
/// port next, and then the datagrams of this test.
pub const TRANSIENT: &str = "127.77.0.1";

/// A UDP address that refuses until it is bound. Each one is used once.
pub fn closed_udp() -> SocketAddr {
    static LAST: AtomicU16 = AtomicU16::new(0);
    // The test never binds it: a child of another test could keep a copy of the socket open for a moment.
    let [high, low] = LAST.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    // The port is below those that the system chooses. Another run of the tests has another one.
    let port = 20_000 + std::process::id() % 10_000;
    SocketAddr::from(([127, 78, high, low], port as u16))
}

/// How many bytes wait in the UDP socket at this port of 127.0.0.1. `None` is possible while other sockets come and go.
pub fn queued_at(port: u16) -> Option<usize> {
    let sockets = fs::read_to_string("/proc/net/udp").expect("there is /proc");
    let address = format!("{:08X}:{port:04X}", u32::from_ne_bytes([127, 0, 0, 1]));
    let mut lines = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|fields| fields[1] == address)?;
    usize::from_str_radix(line[4].split_once(':')?.1, 16).ok()
}

/// Waits until the program has read all datagrams at this address, so that no buffer of the system overflows.
#[track_caller]
pub fn all_are_read(address: SocketAddr) {
    eventually("the datagrams are read", || (queued_at(address.port()) == Some(0)).then_some(()));
}

/// Gives other holders of this connection a second to close it.
pub fn is_let_go(local: std::net::SocketAddrV4, peer: std::net::SocketAddrV4) {
    let [local, peer] =
        [local, peer].map(|end| format!("{:08X}:{:04X}", u32::from_ne_bytes(end.ip().octets()), end.port()));
    for _ in 0..200 {
        let sockets = fs::read_to_string("/proc/net/tcp").expect("there is /proc");
        let mut lines = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        // A socket without a holder has no inode.
        if lines.find(|fields| fields[1] == local && fields[2] == peer).is_none_or(|fields| fields[9] == "0") {
            return;
        }
        thread::park_timeout(Duration::from_millis(5));
    }
}

/// Makes a socket refuse every datagram and keep its port, by connecting it to itself. Closing is not enough, because a
/// child of another test can have a copy.
#[track_caller]
pub fn refuses_from_now_on(peer: &UdpSocket) {
    peer.connect(peer.local_addr().expect("an address")).expect("it is its own peer");
}

/// The next datagram, and its sender.
#[track_caller]
pub fn datagram(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = vec![0; 65536];
    loop {
        match socket.recv_from(&mut buffer) {
            Ok((n, from)) => {
                buffer.truncate(n);
                return (buffer, from);
            }
            // `assert_cmd` catches SIGCHLD for its deadlines, which interrupts this call.
            Err(error) if error.kind() == ErrorKind::Interrupted => (),
            Err(error) => panic!("no datagram within {DEADLINE:?}: {error}"),
        }
    }
}

/// Sends a datagram to `address` and expects the same back.
#[track_caller]
pub fn udp_ping(socket: &UdpSocket, address: SocketAddr, data: &[u8]) {
    socket.send_to(data, address).expect("it leaves");
    let (back, from) = datagram(socket);
    assert!(back == data && from == address, "{} bytes from {from} for {} to {address}", back.len(), data.len());
}

/// Expects that no datagram waits in the socket.
#[track_caller]
pub fn has_nothing(socket: &UdpSocket) {
    socket.set_nonblocking(true).expect("a flag");
    let error = socket.recv_from(&mut [0; 8]).expect_err("a datagram has come");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    socket.set_nonblocking(false).expect("a flag");
}

/// Ends with a reset at once, despite copies in another thread or in a child of another test.
pub fn reset(stream: TcpStream) {
    let nobody = libc::sockaddr { sa_family: libc::AF_UNSPEC as u16, sa_data: [0; 14] };
    // SAFETY: `connect` with AF_UNSPEC reads the two bytes of the family, which are alive for the call.
    let result =
        unsafe { libc::connect(stream.as_raw_fd(), &raw const nobody, size_of::<libc::sockaddr>() as libc::socklen_t) };
    assert_eq!(result, 0, "{}", io::Error::last_os_error());
}

/// Sends `data` and expects the same back.
#[track_caller]
pub fn ping(stream: &mut (impl Read + Write + AsRawFd), data: &[u8]) {
    stream.write_all(data).expect("it takes the bytes");
    expect(stream, data);
}

/// Writes `data` to one, and expects it at the other.
#[track_caller]
pub fn passes(from: &mut impl Write, to: &mut (impl Read + AsRawFd), data: impl AsRef<[u8]>) {
    from.write_all(data.as_ref()).expect("it takes the bytes");
    expect(to, data.as_ref());
}
