//! What the tests share: the program, a server or client in the background, scripted peers. Every wait has a deadline.
#![allow(unreachable_pub)] // A binary exports nothing: `pub` here is for the tests.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Longer than anything here takes on a slow machine that is busy: only a hang gets there.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// The program, run to its end by `assert_cmd`, with a deadline.
pub fn xport<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> assert_cmd::Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("xport");
    command.args(args).timeout(DEADLINE).env_remove("XPORT_LOG").env_remove("RUST_LOG");
    command
}

/// The path of the program, for tests that need a shell around it.
pub fn program() -> PathBuf {
    assert_cmd::cargo::cargo_bin!("xport").to_path_buf()
}

/// Copies the program to where others may run it. By another process: a child that a test starts meanwhile would keep our descriptor
/// of the copy open for a moment, and what is open for writing cannot be run.
pub fn copy_program(to: &Path) {
    let copied = Command::new("cp").arg(program()).arg(to).status().expect("cp is everywhere");
    assert!(copied.success(), "it can be copied");
}

/// The program as a command to be prepared further: streams are pipes, no log variables.
pub fn command<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(program());
    command.args(args).env_remove("XPORT_LOG").env_remove("RUST_LOG").stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// A program in the background. It is killed when the test ends, however it ends.
pub struct Background {
    child: Child,
    stderr: Receiver<String>,
    seen: Vec<String>,
}

impl Background {
    /// Starts xport with all three streams as pipes.
    pub fn start<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        Self::spawn(command(args))
    }

    /// Starts a prepared command; its stderr becomes ours.
    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let stderr = lines(child.stderr.take().expect("stderr is a pipe"));
        Self { child, stderr, seen: Vec::new() }
    }

    /// Starts a prepared command that has a stderr already; no line of that is seen here.
    pub fn spawn_with_stderr(mut command: Command) -> Self {
        let child = command.spawn().expect("the program starts");
        Self { child, stderr: channel().1, seen: Vec::new() }
    }

    /// Waits for a line of stderr that contains `text`, and gives it.
    #[track_caller]
    pub fn line(&mut self, text: &str) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            match self.stderr.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no line with {text:?} in time; there was {:?}", self.seen),
                Err(RecvTimeoutError::Disconnected) => panic!("no line with {text:?}; there was {:?}", self.seen),
            }
        }
    }

    /// Waits for the `listening on` line, and gives the address.
    #[track_caller]
    pub fn address(&mut self) -> SocketAddr {
        let line = self.line("listening on ");
        let (_, address) = line.split_once("listening on ").expect("the line has been looked for");
        address.trim().parse().unwrap_or_else(|_| panic!("no address in {line:?}"))
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("stdin is a pipe, and taken once")
    }

    pub fn stdout(&mut self) -> std::process::ChildStdout {
        self.child.stdout.take().expect("stdout is a pipe, and taken once")
    }

    /// Sends a signal by number.
    pub fn signal(&self, signal: i32) {
        let status = Command::new("kill").arg(format!("-{signal}")).arg(self.pid().to_string()).status();
        assert!(status.expect("kill runs").success(), "the program is gone already");
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_none()
    }

    /// Waits for the end, and gives the status; the lines of stderr are in `all_lines` then.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + DEADLINE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status;
            }
            assert!(Instant::now() < end, "still running after {DEADLINE:?}; stderr: {:?}", self.all_lines());
            std::thread::yield_now();
            // try_wait has no deadline of its own; this is the poll interval, not a guess at how long it takes.
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }

    /// Ends stdin, takes what is left on stdout, and waits for the end.
    #[track_caller]
    pub fn finish(mut self) -> Output {
        drop(self.child.stdin.take());
        let stdout = self.child.stdout.take().map_or_else(Vec::new, |mut stdout| take_all(&mut stdout));
        let status = self.wait();
        let stderr = self.all_lines().iter().flat_map(|line| [line, "\n"]).collect::<String>().into_bytes();
        Output { status, stdout, stderr }
    }

    /// Every line of stderr so far.
    pub fn all_lines(&mut self) -> Vec<String> {
        // When it has ended, so does its stderr, unless somebody else has that open; on a busy machine our reader may be late.
        let end = Instant::now() + Duration::from_secs(5);
        if !self.is_running() {
            while let Ok(line) = self.stderr.recv_timeout(end.saturating_duration_since(Instant::now())) {
                self.seen.push(line);
            }
        }
        self.seen.extend(self.stderr.try_iter());
        self.seen.clone()
    }

    /// CPU time used so far, user and system, in seconds.
    pub fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("it runs");
        let fields: Vec<&str> = stat.rsplit_once(") ").expect("the name is in brackets").1.split(' ').collect();
        let ticks: f64 = fields[11].parse::<f64>().expect("utime") + fields[12].parse::<f64>().expect("stime");
        ticks / 100.0
    }

    /// Waits until it uses no CPU time for a while, which a program that spins never does.
    #[track_caller]
    pub fn comes_to_rest(&self) {
        const WINDOW: Duration = Duration::from_millis(300);
        eventually("the program comes to rest", || {
            let before = self.cpu();
            std::thread::sleep(WINDOW);
            (self.cpu() - before < 0.05).then_some(())
        });
    }

    /// Resident memory in KiB.
    pub fn rss_kib(&self) -> u64 {
        self.memory_kib("VmRSS")
    }

    /// The most that was ever resident, in KiB.
    pub fn peak_kib(&self) -> u64 {
        self.memory_kib("VmHWM")
    }

    fn memory_kib(&self, what: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with(what)).expect("a line of its own");
        line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
    }

    /// How many descriptors it has open. Only root may look at those of a program with a private key: for all others it has one.
    pub fn fds(&self) -> usize {
        match std::fs::read_dir(format!("/proc/{}/fd", self.pid())) {
            Ok(open) => open.count(),
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                println!("skipped: the descriptors of this program are not for us to see: {error}");
                1
            }
            Err(error) => panic!("it runs: {error}"),
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream, read on a thread of their own so that they can be waited for with a deadline.
pub fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Reads `n` bytes, or what there is until the end, from a pipe, terminal or socket.
#[track_caller]
pub fn take(stream: &mut (impl Read + AsRawFd), n: usize) -> Vec<u8> {
    let end = Instant::now() + DEADLINE;
    let mut data = Vec::new();
    let mut buffer = [0; 65536];
    while data.len() < n {
        let left = end.saturating_duration_since(Instant::now()).as_millis() as libc::c_int;
        let mut poll = libc::pollfd { fd: stream.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one `pollfd`, alive for the call.
        let ready = unsafe { libc::poll(&raw mut poll, 1, left) };
        assert!(ready != 0, "{} bytes within {DEADLINE:?}, and no end", data.len());
        let room = buffer.len().min(n - data.len());
        match read_once(stream, &mut buffer[..room]).expect("it can be read") {
            0 => break,
            n => data.extend_from_slice(&buffer[..n]),
        }
    }
    data
}

/// Bytes that wait to be read from a pipe or socket.
pub fn queued(fd: &impl AsRawFd) -> usize {
    let mut n: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int, which is alive for the call.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut n) };
    assert_eq!(result, 0, "FIONREAD: {}", std::io::Error::last_os_error());
    n as usize
}

/// Bytes of a TCP socket that its peer's kernel has not acknowledged yet.
pub fn unacknowledged(stream: &TcpStream) -> usize {
    let mut n: libc::c_int = 0;
    // SAFETY: TIOCOUTQ (SIOCOUTQ of a socket) writes one int, which is alive for the call.
    let result = unsafe { libc::ioctl(stream.as_raw_fd(), libc::TIOCOUTQ, &raw mut n) };
    assert_eq!(result, 0, "SIOCOUTQ: {}", std::io::Error::last_os_error());
    n as usize
}

/// How many bytes fit into a pipe.
pub fn capacity(pipe: &impl AsRawFd) -> usize {
    // SAFETY: F_GETPIPE_SZ takes no argument and touches no memory.
    let n = unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_GETPIPE_SZ) };
    assert!(n > 0, "F_GETPIPE_SZ: {}", std::io::Error::last_os_error());
    n as usize
}

/// Whether a write would have to wait.
pub fn is_full(fd: &impl AsRawFd) -> bool {
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLOUT, revents: 0 };
    // SAFETY: one `pollfd`, alive for the call; a zero timeout never waits.
    unsafe { libc::poll(&raw mut poll, 1, 0) == 0 }
}

/// The status flags of an open file description, `O_NONBLOCK` among them.
pub fn flags(fd: &impl AsRawFd) -> libc::c_int {
    // SAFETY: F_GETFL takes no argument and touches no memory.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    assert!(flags >= 0, "F_GETFL: {}", std::io::Error::last_os_error());
    flags
}

/// Reads to the end, with a deadline.
#[track_caller]
pub fn take_all(stream: &mut (impl Read + AsRawFd)) -> Vec<u8> {
    take(stream, usize::MAX)
}

/// Writes `data` on a thread of its own, then closes; a reader who does not want it all is no error.
pub fn feed(mut sink: impl Write + Send + 'static, data: Vec<u8>) {
    std::thread::spawn(move || {
        let _ = sink.write_all(&data);
    });
}

/// Calls `f` until it gives something, or panics with `what` after the deadline.
#[track_caller]
pub fn eventually<T>(what: &str, mut f: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = f() {
            return value;
        }
        assert!(Instant::now() < end, "{what}: not within {DEADLINE:?}");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

/// `tcp-client` with these options in the background, all its streams pipes, and the peer it has connected to.
#[track_caller]
pub fn client(options: &[&str]) -> (Background, TcpStream) {
    let mut command = Command::new(program());
    command.env_remove("XPORT_LOG").env_remove("RUST_LOG").stdin(Stdio::piped()).stdout(Stdio::piped());
    client_by(command, options)
}

/// The same with a command prepared by the caller, which gets mode, options and address as its last arguments.
#[track_caller]
pub fn client_by(mut command: Command, options: &[&str]) -> (Background, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    command.arg("tcp-client").args(options).arg(listener.local_addr().expect("an address").to_string());
    let client = Background::spawn(command);
    (client, accept(&listener))
}

/// The number of a user that has no other process, in this run of the tests or another one.
pub fn stranger() -> u32 {
    static BEFORE: AtomicU32 = AtomicU32::new(0);
    1_000_000_000 + std::process::id() * 8 + BEFORE.fetch_add(1, Ordering::Relaxed)
}

/// Accepts one connection.
#[track_caller]
pub fn accept(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).expect("a flag");
    with_deadline(eventually("a client", || listener.accept().ok()).0)
}

/// A scripted TCP peer: accepts one connection on a port of its own and runs `script` on it, on a thread.
pub struct Peer<T> {
    pub address: SocketAddr,
    thread: JoinHandle<T>,
}

impl<T: Send + 'static> Peer<T> {
    pub fn serve(script: impl FnOnce(TcpStream) -> T + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let thread = std::thread::spawn(move || script(with_deadline(listener.accept().expect("a client").0)));
        Self { address, thread }
    }

    /// What the script came to.
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

/// The same where whoever accepts may turn us away before we know of the connection.
pub fn try_connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    TcpStream::connect_timeout(&address, DEADLINE).map(with_deadline)
}

pub fn with_deadline(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    stream.set_write_timeout(Some(DEADLINE)).expect("a timeout");
    stream
}

/// A connected socket as what is read and what is written, with the deadline.
pub fn halves(socket: impl Into<OwnedFd>) -> (File, File) {
    let reader = File::from(socket.into());
    let limits = socket2::SockRef::from(&reader);
    limits.set_write_timeout(Some(DEADLINE)).expect("a timeout");
    limits.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    let writer = reader.try_clone().expect("a copy");
    (reader, writer)
}

/// A port that refuses for as long as the socket is kept: bound, so nobody else gets it, and not listening.
pub fn refusing() -> (socket2::Socket, SocketAddr) {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a port");
    let address = socket.local_addr().expect("an address").as_socket().expect("of IP");
    (socket, address)
}

/// A UDP socket on a port of its own at this address, with a deadline on every receive.
#[track_caller]
pub fn udp(ip: &str) -> UdpSocket {
    let socket = UdpSocket::bind((ip, 0)).expect("a port");
    socket.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    socket
}

/// An address of this host for UDP ports that do not stay open. At the usual one, another test could be given the same
/// port next, and would get what is sent to somebody who has gone.
pub const TRANSIENT: &str = "127.77.0.1";

/// A UDP address that refuses until it is bound, and is given once.
pub fn closed_udp() -> SocketAddr {
    static LAST: AtomicU16 = AtomicU16::new(0);
    // Never bound here: a child that another test starts meanwhile would keep a copy of the socket open for a moment.
    let [high, low] = LAST.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    // Below what the system chooses from; another run of these tests has another one.
    let port = 20_000 + std::process::id() % 10_000;
    SocketAddr::from(([127, 78, high, low], port as u16))
}

/// A socket file that nobody serves, as a server that was killed leaves behind. One of ours is killed for it: of a socket of
/// this process, a child that another test starts meanwhile may keep a copy for a moment, which would be a sign of life.
pub fn make_stale(path: &Path) {
    let mut server = Background::start([OsStr::new("unix-echo"), path.as_os_str()]);
    server.line("listening on");
    server.signal(libc::SIGKILL);
    server.wait();
    assert!(path.exists());
}

/// Bytes that wait in the UDP socket at this port of 127.0.0.1. It may be missed where others come and go meanwhile.
pub fn queued_at(port: u16) -> Option<usize> {
    let sockets = std::fs::read_to_string("/proc/net/udp").expect("there is /proc");
    let address = format!("{:08X}:{port:04X}", u32::from_ne_bytes([127, 0, 0, 1]));
    let mut lines = sockets.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|fields| fields[1] == address)?;
    usize::from_str_radix(line[4].split_once(':')?.1, 16).ok()
}

/// From now on it refuses everybody, and keeps its port: it is connected to itself. Closing it would not do, as a child that
/// another test is starting may have a copy.
#[track_caller]
pub fn refuses_from_now_on(peer: &UdpSocket) {
    peer.connect(peer.local_addr().expect("an address")).expect("it is its own peer");
}

/// The next datagram, and who has sent it.
#[track_caller]
pub fn datagram(socket: &UdpSocket) -> (Vec<u8>, SocketAddr) {
    let mut buffer = vec![0; 65536];
    loop {
        match socket.recv_from(&mut buffer) {
            Ok((n, from)) => {
                buffer.truncate(n);
                return (buffer, from);
            }
            // Waiting for programs with a deadline (`assert_cmd`) catches SIGCHLD.
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => (),
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
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
    socket.set_nonblocking(false).expect("a flag");
}

/// Runs `body` on a thread in a network of its own, in which `commands` have been run; programs that it starts are in it, too.
pub fn in_a_network(commands: &str, body: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let inside = scope.spawn(move || {
            // SAFETY: it takes flags and touches no memory; a network of its own concerns this thread only.
            if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
                return println!("skipped: no network namespaces here: {}", std::io::Error::last_os_error());
            }
            let script = format!("set -e\nip link set lo up\n{commands}\n");
            match Command::new("sh").args(["-c", &script]).status() {
                Ok(status) if status.success() => body(),
                other => println!("skipped: the network cannot be set up: {other:?}"),
            }
        });
        if let Err(panic) = inside.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

/// `tests/it/NAME.c`, compiled to a library to be preloaded; without a compiler there is none, and a word on that.
pub fn shim(name: &'static str) -> Option<PathBuf> {
    // Once for all tests of this process: two at a time would get into each other's way.
    static COMPILED: Mutex<BTreeMap<&str, Option<PathBuf>>> = Mutex::new(BTreeMap::new());
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    compiled.entry(name).or_insert_with(|| compile(name)).clone()
}

fn compile(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let beside = folder.join(format!("{name}.{}.so", std::process::id()));
    let library = folder.join(format!("{name}.so"));
    let mut compiler = Command::new("cc");
    compiler.args(["-O1", "-shared", "-fPIC", "-Wall", "-Werror", "-o"]).arg(&beside);
    compiler.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/it/{name}.c"))).arg("-ldl");
    match compiler.status() {
        Err(error) => {
            println!("skipped: cc: {error}");
            return None;
        }
        Ok(status) => assert!(status.success(), "{name}.c does not compile"),
    }
    // In one step: another run of these tests may be using it.
    std::fs::rename(&beside, &library).expect("it can be renamed");
    Some(library)
}

/// Reads once. A signal may interrupt it: waiting for programs with a deadline (`assert_cmd`) catches SIGCHLD.
pub fn read_once(stream: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match stream.read(buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => (),
            result => return result,
        }
    }
}

/// Ends with a reset, at once: also where another thread has a copy, or a child that another test is just starting.
pub fn reset(stream: TcpStream) {
    let nobody = libc::sockaddr { sa_family: libc::AF_UNSPEC as u16, sa_data: [0; 14] };
    // SAFETY: `connect` with AF_UNSPEC reads the two bytes of the family, which are alive for the call.
    let result =
        unsafe { libc::connect(stream.as_raw_fd(), &raw const nobody, size_of::<libc::sockaddr>() as libc::socklen_t) };
    assert_eq!(result, 0, "{}", std::io::Error::last_os_error());
}

/// Sends `data` and expects the same back.
#[track_caller]
pub fn ping(stream: &mut TcpStream, data: &[u8]) {
    stream.write_all(data).expect("it takes the bytes");
    let mut back = vec![0; data.len()];
    stream.read_exact(&mut back).expect("the bytes come back");
    assert_eq!(back, data);
}

/// `n` bytes that differ from place to place, so that a byte lost, doubled or moved shows.
pub fn pattern(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// What the program said, for messages of failed assertions.
pub fn text(output: &Output) -> String {
    format!(
        "status {:?}, {} bytes on stdout, stderr: {}",
        output.status,
        output.stdout.len(),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Expects this exit status, and on stderr one line with `message`, or nothing where that is empty.
#[track_caller]
pub fn ended(output: &Output, status: i32, message: &str) {
    assert_eq!(output.status.code(), Some(status), "{}", text(output));
    if message.is_empty() {
        assert!(output.stderr.is_empty(), "{}", text(output));
        return;
    }
    let lines: Vec<_> = output.stderr.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len(), 1, "{}", text(output));
    let line = String::from_utf8_lossy(lines[0]);
    assert!(line.starts_with("xport: ") && line.contains(message), "{line:?} does not say {message:?}");
}

/// Expects the end by a signal, without a word.
#[track_caller]
pub fn killed(output: &Output, signal: i32) {
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(output.status.signal(), Some(signal), "{}", text(output));
    assert!(output.stderr.is_empty(), "{}", text(output));
}
