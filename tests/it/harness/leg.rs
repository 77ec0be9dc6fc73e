//! Two ends that the program joins. The test holds both: a [`Pair`] has a [`Leg`] beyond each end.

use std::cell::OnceCell;

use super::*;

/// The kind of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Stdio,
    Tcp,
    Unix,
    /// A program that joins its stdin and stdout with a unix socket of the test.
    Child,
    TlsConnect,
    TcpListen,
    UnixListen,
    TlsListen,
    Udp,
    UdpListen,
}

pub use Kind::{Child, Stdio, Tcp, TcpListen, TlsConnect, TlsListen, Udp, UdpListen, Unix, UnixListen};

/// The test's side of one end.
pub enum Leg {
    /// The reading side, and the writing side until it has ended.
    Plain(File, Option<File>),
    Tls(Box<Tls>),
    /// A socket, and the address of the program once it is known.
    Udp(UdpSocket, Option<SocketAddr>),
}

impl Leg {
    pub fn socket(socket: impl Into<OwnedFd>) -> Self {
        let (reader, writer) = halves(socket);
        Self::Plain(reader, Some(writer))
    }

    /// The stdin and stdout of a program.
    pub fn stdio(program: &mut Background) -> Self {
        let (stdin, stdout) = (OwnedFd::from(program.stdin()), OwnedFd::from(program.stdout()));
        Self::Plain(stdout.into(), Some(stdin.into()))
    }

    pub fn tls(&mut self) -> &mut Tls {
        let Self::Tls(tls) = self else { unreachable!("this one is of TLS") };
        tls
    }

    fn reader(&mut self) -> &mut File {
        let Self::Plain(reader, _) = self else { unreachable!("this one is plain") };
        reader
    }

    fn writer(&self) -> &File {
        let Self::Plain(_, Some(writer)) = self else { unreachable!("this one is plain, and has not ended") };
        writer
    }

    /// A duplicate of its socket.
    pub fn copy(&self) -> TcpStream {
        match self {
            Self::Plain(reader, _) => OwnedFd::from(reader.try_clone().expect("a copy")).into(),
            Self::Tls(tls) => tls.socket.try_clone().expect("a copy"),
            Self::Udp(..) => unreachable!("this one is of TCP"),
        }
    }

    /// Writes everything on a thread, and then ends if `ends`. A reader that leaves early is no error.
    pub fn send(&mut self, data: impl AsRef<[u8]> + Send + 'static, end: bool) {
        if let Self::Tls(tls) = self {
            let mut sealed = tls.sealed(data.as_ref());
            if end {
                sealed.extend(tls.sealed_end());
            }
            let mut socket = tls.socket.try_clone().expect("a copy");
            thread::spawn(move || {
                if socket.write_all(&sealed).is_ok() && end {
                    let _ = socket.shutdown(Shutdown::Write);
                }
            });
            return;
        }
        let mut writer = self.writer().try_clone().expect("a copy");
        if let (true, Self::Plain(_, writer)) = (end, self) {
            *writer = None;
        }
        thread::spawn(move || {
            if writer.write_all(data.as_ref()).is_ok() && end {
                shut_down(&writer);
            }
        });
    }

    /// Writes on a thread, and counts the bytes that were taken.
    pub fn sends(&self, data: &Arc<Vec<u8>>) -> Sending {
        let mut writer = self.writer().try_clone().expect("a copy");
        let (data, taken, stopped) = (Arc::clone(data), Arc::default(), Arc::default());
        let (count, stop) = (Arc::<AtomicUsize>::clone(&taken), Arc::<AtomicBool>::clone(&stopped));
        let thread = thread::spawn(move || {
            let parts = data.chunks(4096).take_while(|_| !stop.load(Ordering::Relaxed));
            for part in parts {
                if writer.write_all(part).is_err() {
                    return;
                }
                count.fetch_add(part.len(), Ordering::Relaxed);
            }
        });
        Sending { taken, stopped, thread }
    }

    #[track_caller]
    pub fn write(&mut self, data: &[u8]) {
        match self {
            Self::Tls(tls) => tls.send(data),
            Self::Udp(socket, to) => drop(socket.send_to(data, to.expect("it is known")).expect("it leaves")),
            Self::Plain(..) => self.writer().write_all(data).expect("it takes the bytes"),
        }
    }

    /// Sends everything while reading the expected bytes.
    #[track_caller]
    pub fn exchange(&mut self, data: &[u8], expected: usize) -> Vec<u8> {
        match self {
            Self::Tls(tls) => tls.exchange(data, expected),
            Self::Plain(..) => {
                self.send(data.to_vec(), false);
                take(self.reader(), expected)
            }
            Self::Udp(..) => unreachable!("this one is a stream"),
        }
    }

    /// Ends its direction in order.
    pub fn end(&mut self) {
        match self {
            Self::Tls(tls) => tls.end(),
            Self::Plain(_, writer) => shut_down(&writer.take().expect("it has not ended")),
            Self::Udp(..) => unreachable!("datagrams have no end"),
        }
    }

    #[track_caller]
    pub fn expect(&mut self, data: &[u8]) {
        match self {
            Self::Tls(tls) => tls.expect(data),
            Self::Plain(reader, _) => expect(reader, data),
            Self::Udp(socket, to) => {
                let (got, from) = datagram(socket);
                assert_eq!(got.escape_ascii().to_string(), data.escape_ascii().to_string());
                assert_eq!(*to.get_or_insert(from), from);
            }
        }
    }

    /// The bytes before an orderly end.
    #[track_caller]
    pub fn rest(&mut self) -> Vec<u8> {
        match self {
            Self::Tls(tls) => {
                let rest = tls.receive_all();
                tls.expect_fin();
                rest
            }
            Self::Plain(reader, _) => take_all(reader),
            Self::Udp(..) => unreachable!("datagrams have no end"),
        }
    }

    /// Expects the end, in order.
    #[track_caller]
    pub fn expect_end(&mut self) {
        let rest = self.rest();
        assert!(rest.is_empty(), "{} bytes instead of the end", rest.len());
    }

    /// Expects a reset.
    #[track_caller]
    pub fn expect_reset(&mut self) {
        let error = match self {
            Self::Tls(tls) => {
                let (rest, error) = tls.receive_until_broken();
                assert!(rest.is_empty(), "{} bytes instead of a reset", rest.len());
                error.expect("a reset, no end")
            }
            Self::Plain(reader, _) => read_once(reader, &mut [0; 64]).expect_err("a reset, no end and no bytes"),
            Self::Udp(..) => unreachable!("datagrams have no end"),
        };
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    }

    /// Expects that nothing comes for a while, not even the end.
    #[track_caller]
    pub fn has_nothing(&self, time: Duration) {
        assert!(!has_come(self, time), "{} bytes are there, or the end", queued(self));
    }

    /// Whether the other side has ended its direction. No bytes may come.
    pub fn has_ended_now(&mut self) -> bool {
        match self {
            Self::Tls(tls) => tls.has_ended_now(),
            Self::Plain(..) | Self::Udp(..) => has_come(self, Duration::ZERO),
        }
    }

    /// Waits until the system of the program has all written bytes.
    #[track_caller]
    pub fn is_acknowledged(&self) {
        let stream = self.copy();
        eventually("the last acknowledgement", || (unacknowledged(&stream) == 0).then_some(()));
    }

    /// Closes with a reset, at once.
    pub fn reset(&mut self) {
        reset(self.copy());
        self.close();
    }

    /// Closes the socket despite a copy, which a child of another test can have for a moment.
    pub fn close(&mut self) {
        let socket = if matches!(self, Self::Udp(..)) { None } else { Some(self.copy()) };
        let ends = socket.and_then(|socket| Some((socket.local_addr().ok()?, socket.peer_addr().ok()?)));
        *self = Self::Plain(device("null"), None);
        if let Some((SocketAddr::V4(local), SocketAddr::V4(peer))) = ends {
            is_let_go(local, peer);
        }
    }
}

/// Bytes that are being written to a leg.
pub struct Sending {
    /// How many were taken.
    pub taken: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Sending {
    /// Begins no further part. The part that waits for room is still written.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether all of it was written.
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }
}

/// A socket can have copies, so it is shut down. A pipe ends when it is closed.
fn shut_down(writer: &File) {
    let _ = SockRef::from(writer).shutdown(Shutdown::Write);
}

/// The stream of a leg without TLS.
impl Read for Leg {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader().read(buffer)
    }
}

impl AsRawFd for Leg {
    fn as_raw_fd(&self) -> RawFd {
        match self {
            Self::Plain(reader, _) => reader.as_raw_fd(),
            Self::Tls(tls) => tls.socket.as_raw_fd(),
            Self::Udp(socket, _) => socket.as_raw_fd(),
        }
    }
}

/// The origin of the leg of an end.
pub enum Place {
    Stdio,
    Tcp(TcpListener),
    Unix(UnixListener),
    Tls(TcpListener, Box<ServerConfig>),
    TcpServed,
    UnixServed(String),
    TlsServed(&'static [Version]),
    Udp(UdpSocket),
    UdpServed,
}

impl Place {
    /// The next leg of an end that connects.
    #[track_caller]
    pub fn accept(&self) -> Leg {
        match self {
            Self::Tcp(listener) => Leg::socket(accept(listener)),
            Self::Unix(listener) => Leg::socket(accept_unix(listener)),
            Self::Tls(listener, config) => {
                let mut tls = Tls::server(accept(listener), (**config).clone());
                tls.handshake();
                Leg::Tls(tls.into())
            }
            _ => unreachable!("nothing comes from there"),
        }
    }

    /// The next leg. The first one of a listener waits until the program listens.
    #[track_caller]
    pub fn leg(&self, program: &mut Background) -> Leg {
        let mut address = || program.listens().parse().expect("an address");
        match self {
            Self::Stdio => Leg::stdio(program),
            Self::TcpServed => Leg::socket(connect(address())),
            Self::TlsServed(versions) => Leg::Tls(Tls::connect(address(), client_config(None, versions)).into()),
            Self::Udp(socket) => Leg::Udp(socket.try_clone().expect("a copy"), None),
            Self::UdpServed => Leg::Udp(udp("127.0.0.1"), Some(address())),
            Self::UnixServed(path) => {
                program.listens();
                Leg::socket(UnixStream::connect(path).expect("it accepts"))
            }
            _ => self.accept(),
        }
    }
}

/// The endpoints of one run, and the test's side of each.
pub struct Ground {
    dir: TempDir,
    issued: OnceCell<Issued>,
    /// The TLS version of its ends.
    versions: &'static [Version],
}

impl Ground {
    pub fn new() -> Self {
        Self::of(&VERSIONS)
    }

    pub fn of(versions: &'static [Version]) -> Self {
        Self { dir: short_directory(), issued: OnceCell::new(), versions }
    }

    pub fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().expect("text").to_owned()
    }

    /// The certificate of its ends of TLS.
    pub fn issued(&self) -> &Issued {
        self.issued.get_or_init(Authority::server)
    }

    /// The words of a command line, with `ENDPOINT` or `ADDRESS`, `CA` and `CERT` replaced by those of an end, and the
    /// place of the end.
    pub fn arguments(&self, kind: Kind, words: &[&str]) -> (Vec<String>, Place) {
        let (endpoint, place) = self.endpoint(kind, "peer");
        let address = endpoint.split_once(':').and_then(|(_, rest)| rest.split(',').next()).unwrap_or_default();
        let word = |word: &&str| match *word {
            "ENDPOINT" => endpoint.clone(),
            "ADDRESS" => address.to_owned(),
            "CA" => self.issued().ca(),
            "CERT" => self.issued().both(),
            word => word.to_owned(),
        };
        (words.iter().map(word).collect(), place)
    }

    /// An endpoint in the form of the command line, and its place.
    pub fn endpoint(&self, kind: Kind, name: &str) -> (String, Place) {
        let path = self.path(name);
        let unix = || Place::Unix(UnixListener::bind(&path).expect("a socket"));
        match kind {
            Stdio => ("-".to_owned(), Place::Stdio),
            Tcp => {
                let (listener, address) = listening();
                (format!("tcp:{address}"), Place::Tcp(listener))
            }
            TlsConnect => {
                let (listener, address) = listening();
                let config = server_config(self.issued(), self.versions);
                (format!("tls:{address},ca={}", self.issued().ca()), Place::Tls(listener, config.into()))
            }
            Unix => (format!("unix:{path}"), unix()),
            Child => (format!("exec:'{}' -q unix-client {path}", program().display()), unix()),
            TcpListen => ("tcp-listen:127.0.0.1:0".to_owned(), Place::TcpServed),
            UnixListen => (format!("unix-listen:{path}"), Place::UnixServed(path)),
            Udp => {
                let socket = udp("127.0.0.1");
                (format!("udp:{}", at(&socket)), Place::Udp(socket))
            }
            UdpListen => ("udp-listen:127.0.0.1:0".to_owned(), Place::UdpServed),
            TlsListen => {
                let (cert, key) = (self.issued().cert(), self.issued().key());
                (format!("tls-listen:127.0.0.1:0,cert={cert},key={key}"), Place::TlsServed(self.versions))
            }
        }
    }
}

/// A relay of one pair, with both ends connected.
pub struct Pair {
    pub program: Background,
    pub left: Leg,
    pub right: Leg,
    _ground: Ground,
}

impl Pair {
    #[track_caller]
    pub fn start(left: Kind, right: Kind, options: &[&str]) -> Self {
        Self::by(command([""; 0]), left, right, options)
    }

    /// The same with a prepared command.
    #[track_caller]
    pub fn by(mut command: Command, left: Kind, right: Kind, options: &[&str]) -> Self {
        let ground = Ground::new();
        let (left_end, left_place) = ground.endpoint(left, "l");
        let (right_end, right_place) = ground.endpoint(right, "r");
        let once: &[&str] = if matches!(left, TcpListen | UnixListen | TlsListen) { &["--once"] } else { &[] };
        command.arg("relay").args([options, once, &[&left_end, &right_end]].concat());
        let mut program = Background::spawn(command);
        let left = left_place.leg(&mut program);
        let right = right_place.leg(&mut program);
        Self { program, left, right, _ground: ground }
    }

    /// The left leg and the right one, or the other way round.
    pub fn sides(&mut self, left_first: bool) -> (&mut Leg, &mut Leg) {
        if left_first { (&mut self.left, &mut self.right) } else { (&mut self.right, &mut self.left) }
    }

    /// Sends 1 MiB each way at once. Then one side ends, and the other side, which has seen the end, sends a last text.
    /// The end follows the bytes directly, or after all of them have arrived.
    #[track_caller]
    pub fn converses(mut self, left_ends_first: bool, at_once: bool) {
        const SIZE: usize = 1 << 20;
        let (there, back) = (pattern(SIZE), pattern(SIZE + 77).split_off(77));
        let (first, second) = self.sides(left_ends_first);
        thread::scope(|scope| {
            let sending = scope.spawn(|| {
                if at_once {
                    first.send(there.clone(), true);
                    return first.expect(&back);
                }
                assert!(first.exchange(&there, SIZE) == back, "other bytes");
            });
            assert!(second.exchange(&back, SIZE) == there, "other bytes");
            sending.join().expect("all has come");
        });
        if !at_once {
            first.end();
        }
        second.expect_end();
        second.write(b"the last word");
        second.end();
        first.expect(b"the last word");
        first.expect_end();
        self.ends_well();
    }

    /// Waits for the end. Returns the status and the lines of stderr without `listening on`.
    #[track_caller]
    pub fn wait(&mut self) -> (ExitStatus, Vec<String>) {
        let status = self.program.wait();
        let mut lines = self.program.all_lines();
        lines.retain(|line| !line.contains("listening on"));
        (status, lines)
    }

    /// Ends the left side and then the right one, and expects what [`ends_well`](Self::ends_well) expects.
    #[track_caller]
    pub fn ends_one_by_one(mut self) {
        self.left.end();
        self.right.expect_end();
        self.right.end();
        self.left.expect_end();
        self.ends_well();
    }

    /// Expects the end with status 0, without a message and without a reset.
    #[track_caller]
    pub fn ends_well(mut self) {
        let (status, words) = self.wait();
        assert!(status.success() && words.is_empty(), "{status:?}: {words:?}");
        self.left.expect_end();
        self.right.expect_end();
    }

    /// Expects the end with this status and one line with `message`.
    #[track_caller]
    pub fn fails(mut self, status: i32, message: &str) {
        let (end, words) = self.wait();
        // The second line of an error of TLS says what to do about it.
        let most = if status == 5 { 2 } else { 1 };
        assert!((1..=most).contains(&words.len()) && words[0].contains(message), "{words:?}");
        assert_eq!(end.code(), Some(status), "{words:?}");
    }
}

/// A pair of these kinds carries bytes both ways, as [`Pair::converses`] has it.
#[track_caller]
pub fn converse(left: Kind, right: Kind, left_ends_first: bool, at_once: bool) {
    println!("{left:?} {right:?}, left ends first: {left_ends_first}");
    Pair::start(left, right, &[]).converses(left_ends_first, at_once);
}
