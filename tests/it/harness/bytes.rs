//! Bytes on their way: reading and writing with a deadline, and what the kernel says of them.

use super::*;
use std::os::fd::AsFd;

/// The lines of a stream, read on a thread of their own so that they can be waited for with a deadline.
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

/// Reads once. A signal may interrupt it: waiting for programs with a deadline (`assert_cmd`) catches SIGCHLD.
pub fn read_once(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match stream.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => (),
            result => return result,
        }
    }
}

/// Bytes that wait to be read from a pipe or socket.
pub fn queued(fd: &impl AsRawFd) -> usize {
    let mut n: libc::c_int = 0;
    // SAFETY: FIONREAD writes one int, which is alive for the call.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &raw mut n) };
    assert_eq!(result, 0, "FIONREAD: {}", io::Error::last_os_error());
    n as usize
}

/// Bytes of a TCP socket that its peer's kernel has not acknowledged yet.
pub fn unacknowledged(stream: &TcpStream) -> usize {
    let mut n: libc::c_int = 0;
    // SAFETY: TIOCOUTQ (SIOCOUTQ of a socket) writes one int, which is alive for the call.
    let result = unsafe { libc::ioctl(stream.as_raw_fd(), libc::TIOCOUTQ, &raw mut n) };
    assert_eq!(result, 0, "SIOCOUTQ: {}", io::Error::last_os_error());
    n as usize
}

/// How many bytes fit into a pipe.
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

/// Writes `data` on a thread of its own, then closes; a reader who does not want it all is no error.
pub fn feed(mut sink: impl Write + Send + 'static, data: Vec<u8>) {
    thread::spawn(move || {
        let _ = sink.write_all(&data);
    });
}

/// `n` bytes that differ from place to place, so that a byte lost, doubled or moved shows.
pub fn pattern(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// Much, and each part of it different.
pub fn bulk() -> &'static [u8] {
    static BULK: OnceLock<Vec<u8>> = OnceLock::new();
    BULK.get_or_init(|| pattern(20_000_003))
}

/// Reads for as long as something comes, up to as much as is expected.
#[track_caller]
pub fn expect(stream: &mut (impl Read + AsRawFd), data: &[u8]) {
    let got = take(stream, data.len());
    assert!(got == data, "{} bytes, or others than the {} expected", got.len(), data.len());
}

/// The end, and nothing before it.
#[track_caller]
pub fn expect_end(stream: &mut (impl Read + AsRawFd)) {
    let rest = take_all(stream);
    assert!(rest.is_empty(), "{} bytes instead of the end", rest.len());
}

/// Whether bytes, or the end, come within this time.
pub fn has_come(fd: &impl AsRawFd, time: Duration) -> bool {
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // A signal may interrupt it: waiting for programs with a deadline (`assert_cmd`) catches SIGCHLD.
    let ready = eventually("a poll that is not interrupted", || {
        // SAFETY: one `pollfd`, alive for the call.
        let ready = unsafe { libc::poll(&raw mut poll, 1, time.as_millis() as libc::c_int) };
        (ready != -1).then_some(ready)
    });
    ready != 0
}

/// Sends it, and then the end.
#[track_caller]
pub fn say_all(stream: &mut (impl Write + AsFd), data: &[u8]) {
    stream.write_all(data).expect("it takes the bytes");
    SockRef::from(&*stream).shutdown(Shutdown::Write).expect("it is connected");
}
