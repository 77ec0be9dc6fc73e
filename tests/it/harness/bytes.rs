//! Reads and writes with a deadline, and asks the kernel about bytes on their way.

use super::*;
use std::os::fd::AsFd;

/// The lines of a stream. A thread reads them, so that a wait can have a deadline.
pub fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Reads `n` bytes, or all bytes to the end, from a pipe, terminal or socket.
#[track_caller]
pub fn take(stream: &mut (impl Read + AsRawFd), n: usize) -> Vec<u8> {
    take_before(stream, n, Instant::now() + DEADLINE)
}

/// The same with the end of the deadline.
#[track_caller]
fn take_before(stream: &mut (impl Read + AsRawFd), n: usize, end: Instant) -> Vec<u8> {
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

/// Reads once, and retries after a signal: `assert_cmd` catches SIGCHLD for its deadlines.
pub fn read_once(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => (),
            result => return result,
        }
    }
}

/// How many bytes wait in a pipe or socket.
pub fn queued(fd: &impl AsRawFd) -> usize {
    let mut n: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int, which is alive for the call.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut n) };
    assert_eq!(result, 0, "FIONREAD: {}", io::Error::last_os_error());
    n as usize
}

/// How many bytes the kernel of a TCP peer has not acknowledged.
pub fn unacknowledged(stream: &TcpStream) -> usize {
    let mut n: libc::c_int = 0;
    // SAFETY: TIOCOUTQ (SIOCOUTQ of a socket) writes one int, which is alive for the call.
    let result = unsafe { libc::ioctl(stream.as_raw_fd(), libc::TIOCOUTQ, &raw mut n) };
    assert_eq!(result, 0, "SIOCOUTQ: {}", io::Error::last_os_error());
    n as usize
}

/// The capacity of a pipe in bytes.
pub fn capacity(pipe: &impl AsRawFd) -> usize {
    // SAFETY: F_GETPIPE_SZ takes no argument and touches no memory.
    let n = unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_GETPIPE_SZ) };
    assert!(n > 0, "F_GETPIPE_SZ: {}", io::Error::last_os_error());
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
    assert!(flags >= 0, "F_GETFL: {}", io::Error::last_os_error());
    flags
}

/// Reads to the end, with a deadline.
#[track_caller]
pub fn take_all(stream: &mut (impl Read + AsRawFd)) -> Vec<u8> {
    take(stream, usize::MAX)
}

/// Writes `data` on a thread, then closes. A reader that leaves early is no error.
pub fn feed(mut sink: impl Write + Send + 'static, data: Vec<u8>) {
    thread::spawn(move || {
        let _ = sink.write_all(&data);
    });
}

/// `n` bytes of a pattern that shows a lost, repeated or moved byte.
pub fn pattern(n: usize) -> Vec<u8> {
    // Only the lowest 21 bits of a position count, so the pattern repeats after 2 MiB. Copies are much quicker than
    // calculated bytes without optimization.
    static PERIOD: OnceLock<Vec<u8>> = OnceLock::new();
    let period =
        PERIOD.get_or_init(|| (0..1_usize << 21).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect());
    let mut bytes = Vec::with_capacity(n);
    while bytes.len() < n {
        bytes.extend_from_slice(&period[..period.len().min(n - bytes.len())]);
    }
    bytes
}

/// A large pattern, in which all parts differ.
pub fn bulk() -> &'static [u8] {
    static BULK: OnceLock<Vec<u8>> = OnceLock::new();
    BULK.get_or_init(|| pattern(20_000_003))
}

/// Expects just these bytes next.
#[track_caller]
pub fn expect(stream: &mut (impl Read + AsRawFd), data: &[u8]) {
    const PART: usize = 1 << 18;
    let end = Instant::now() + DEADLINE;
    // Large data of several tests at once would fill the memory, so only a part is held.
    for (number, part) in data.chunks(PART).enumerate() {
        let got = take_before(stream, part.len(), end);
        let before = number * PART;
        assert!(got == part, "{} bytes, or others than the {} expected", before + got.len(), data.len());
    }
}

/// Expects the end, and no byte before it.
#[track_caller]
pub fn expect_end(stream: &mut (impl Read + AsRawFd)) {
    let rest = take_all(stream);
    assert!(rest.is_empty(), "{} bytes instead of the end", rest.len());
}

/// Whether bytes or the end come within this time.
pub fn has_come(fd: &impl AsRawFd, time: Duration) -> bool {
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // A signal can interrupt the wait: `assert_cmd` catches SIGCHLD for its deadlines.
    let ready = eventually("a poll that is not interrupted", || {
        // SAFETY: one `pollfd`, alive for the call.
        let ready = unsafe { libc::poll(&raw mut poll, 1, time.as_millis() as libc::c_int) };
        (ready != -1).then_some(ready)
    });
    ready != 0
}

/// Sends the bytes, and then the end.
#[track_caller]
pub fn say_all(stream: &mut (impl Write + AsFd), data: &[u8]) {
    stream.write_all(data).expect("it takes the bytes");
    SockRef::from(&*stream).shutdown(Shutdown::Write).expect("it is connected");
}
