//! Two ends joined by `relay`, whatever they are: that every byte of either side arrives at the other, and what an end, a
//! reset or a reader that takes nothing on one side is on the other.
//!
//! Each test holds both sides of the program: a [`Pair`] has one [`Leg`] beyond each of its ends.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use socket2::SockRef;
use tempfile::TempDir;

use crate::util::{
    Background, accept, connect, eventually, halves, pattern, program, queued, read_once, take, take_all,
    unacknowledged,
};

/// What an end of the relay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Stdio,
    Tcp,
    Unix,
    /// A program that joins its stdin and stdout with a unix socket of the test.
    Child,
    TcpListen,
    UnixListen,
}

use Kind::{Child, Stdio, Tcp, TcpListen, Unix, UnixListen};

const LEFTS: [Kind; 6] = [Stdio, Tcp, Unix, Child, TcpListen, UnixListen];
const RIGHTS: [Kind; 4] = [Stdio, Tcp, Unix, Child];

/// Every left end with every right end that it can be joined with.
fn pairs() -> impl Iterator<Item = (Kind, Kind)> {
    let all = LEFTS.into_iter().flat_map(|left| RIGHTS.into_iter().map(move |right| (left, right)));
    all.filter(|pair| *pair != (Stdio, Stdio))
}

/// What stands beyond one end of the relay, in the hands of the test.
pub(crate) struct Leg {
    reader: File,
    /// `None` once it has ended.
    writer: Option<File>,
}

impl Leg {
    fn socket(socket: impl Into<OwnedFd>) -> Self {
        let (reader, writer) = halves(socket);
        Self { reader, writer: Some(writer) }
    }

    fn console(program: &mut Background) -> Self {
        let (stdin, stdout) = (OwnedFd::from(program.stdin()), OwnedFd::from(program.stdout()));
        Self { reader: stdout.into(), writer: Some(stdin.into()) }
    }

    /// Writes all of it on a thread of its own, and then ends, if that is wanted.
    fn send(&mut self, data: Vec<u8>, end: bool) {
        let mut writer = self.writer.as_ref().expect("it has not ended").try_clone().expect("a copy");
        if end {
            self.writer = None;
        }
        std::thread::spawn(move || {
            if writer.write_all(&data).is_ok() && end {
                shut_down(&writer);
            }
        });
    }

    /// Writes all of it on a thread of its own, and counts how much of it has been taken.
    fn sends(&self, data: &Arc<Vec<u8>>) -> Arc<AtomicUsize> {
        let mut writer = self.writer.as_ref().expect("it has not ended").try_clone().expect("a copy");
        let (data, sent) = (Arc::clone(data), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&sent);
        std::thread::spawn(move || {
            for part in data.chunks(4096) {
                if writer.write_all(part).is_err() {
                    return;
                }
                count.fetch_add(part.len(), Ordering::Relaxed);
            }
        });
        sent
    }

    /// Sends nothing more.
    pub(crate) fn end(&mut self) {
        shut_down(&self.writer.take().expect("it has not ended"));
    }

    #[track_caller]
    pub(crate) fn write(&mut self, data: &[u8]) {
        self.writer.as_mut().expect("it has not ended").write_all(data).expect("it takes the bytes");
    }

    #[track_caller]
    pub(crate) fn expect(&mut self, data: &[u8]) {
        let got = take(&mut self.reader, data.len());
        assert!(got == data, "{} bytes, or others than the {} expected", got.len(), data.len());
    }

    /// Expects the end, in order.
    #[track_caller]
    pub(crate) fn expect_end(&mut self) {
        let rest = take_all(&mut self.reader);
        assert!(rest.is_empty(), "{} bytes instead of the end", rest.len());
    }

    /// Expects a reset.
    #[track_caller]
    fn expect_reset(&mut self) {
        let error = read_once(&mut self.reader, &mut [0; 64]).expect_err("a reset, no end and no bytes");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}");
    }

    /// Expects that nothing comes for a while, not even the end.
    #[track_caller]
    pub(crate) fn has_nothing(&self) {
        let mut poll = libc::pollfd { fd: self.reader.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // A signal may interrupt it: waiting for programs with a deadline (`assert_cmd`) catches SIGCHLD.
        let ready = eventually("a poll that is not interrupted", || {
            // SAFETY: one `pollfd`, alive for the call.
            let ready = unsafe { libc::poll(&raw mut poll, 1, 200) };
            (ready != -1).then_some(ready)
        });
        assert_eq!(ready, 0, "{} bytes are there, or the end", queued(&self.reader));
    }

    /// Waits until the system of the program has all that was written.
    #[track_caller]
    fn is_acknowledged(&self) {
        let stream = TcpStream::from(OwnedFd::from(self.reader.try_clone().expect("a copy")));
        eventually("the last acknowledgement", || (unacknowledged(&stream) == 0).then_some(()));
    }

    /// Closes with a reset.
    pub(crate) fn reset(&mut self) {
        SockRef::from(&self.reader).set_linger(Some(Duration::ZERO)).expect("SO_LINGER");
        self.close();
    }

    pub(crate) fn close(&mut self) {
        self.writer = None;
        self.reader = File::open("/dev/null").expect("a file");
    }
}

/// Of a socket there may be copies; a pipe, which cannot be shut down, ends when it is closed.
fn shut_down(writer: &File) {
    let _ = SockRef::from(writer).shutdown(Shutdown::Write);
}

/// Where the leg of an end comes from.
enum Place {
    Console,
    Tcp(TcpListener),
    Unix(UnixListener),
    Served(String),
}

/// Endpoints for one run, and where they lead to.
pub(crate) struct Ground {
    dir: TempDir,
}

impl Ground {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::Builder::new().prefix("xp").tempdir_in("/tmp").expect("a directory") }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().expect("text").to_owned()
    }

    /// An endpoint as the command line has it, and its place.
    fn endpoint(&self, kind: Kind, name: &str) -> (String, Place) {
        let path = self.path(name);
        let unix = || Place::Unix(UnixListener::bind(&path).expect("a socket"));
        match kind {
            Stdio => ("-".to_owned(), Place::Console),
            Tcp => {
                let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
                (format!("tcp:{}", listener.local_addr().expect("an address")), Place::Tcp(listener))
            }
            Unix => (format!("unix:{path}"), unix()),
            Child => (format!("exec:'{}' -q unix-client {path}", program().display()), unix()),
            TcpListen => ("tcp-listen:127.0.0.1:0".to_owned(), Place::Served(path)),
            UnixListen => (format!("unix-listen:{path}"), Place::Served(path)),
        }
    }
}

impl Place {
    #[track_caller]
    fn leg(&self, kind: Kind, program: &mut Background) -> Leg {
        match self {
            Self::Console => Leg::console(program),
            Self::Tcp(listener) => Leg::socket(accept(listener)),
            Self::Unix(listener) => Leg::socket(accept_unix(listener)),
            Self::Served(_) if kind == TcpListen => Leg::socket(connect(program.address())),
            Self::Served(path) => {
                program.line("listening on");
                Leg::socket(UnixStream::connect(path).expect("it accepts"))
            }
        }
    }
}

#[track_caller]
fn accept_unix(listener: &UnixListener) -> UnixStream {
    listener.set_nonblocking(true).expect("a flag");
    eventually("a client", || listener.accept().ok()).0
}

/// A relay of one pair, both of whose ends are there.
pub(crate) struct Pair {
    pub(crate) program: Background,
    pub(crate) left: Leg,
    pub(crate) right: Leg,
    _ground: Ground,
}

impl Pair {
    #[track_caller]
    pub(crate) fn start(left: Kind, right: Kind, options: &[&str]) -> Self {
        let ground = Ground::new();
        let (left_end, left_place) = ground.endpoint(left, "l");
        let (right_end, right_place) = ground.endpoint(right, "r");
        let once: &[&str] = if matches!(left, TcpListen | UnixListen) { &["--once"] } else { &[] };
        let mut program = Background::start([&["relay"], options, once, &[&left_end, &right_end]].concat());
        let left = left_place.leg(left, &mut program);
        let right = right_place.leg(right, &mut program);
        Self { program, left, right, _ground: ground }
    }

    /// The left leg and the right one, or the other way round.
    fn sides(&mut self, left_first: bool) -> (&mut Leg, &mut Leg) {
        if left_first { (&mut self.left, &mut self.right) } else { (&mut self.right, &mut self.left) }
    }

    /// Expects the end with status 0 and, but for where it listens, without a word.
    #[track_caller]
    pub(crate) fn ends_well(mut self) {
        let status = self.program.wait();
        let lines = self.program.all_lines();
        let words: Vec<_> = lines.iter().filter(|line| !line.contains("listening on")).collect();
        assert!(status.success() && words.is_empty(), "{status:?}: {words:?}");
        // Nor has either side been reset in the end.
        self.left.expect_end();
        self.right.expect_end();
    }

    /// Expects the end with this status and one line with `message`.
    #[track_caller]
    pub(crate) fn fails(mut self, status: i32, message: &str) {
        let end = self.program.wait();
        let lines = self.program.all_lines();
        let words: Vec<_> = lines.iter().filter(|line| !line.contains("listening on")).collect();
        assert!(end.code() == Some(status) && words.len() == 1 && words[0].contains(message), "{end:?}: {words:?}");
    }
}

/// Waits until no more is taken for a while, and says how much it was.
#[track_caller]
fn stuck(sent: &AtomicUsize) -> usize {
    const WINDOW: Duration = Duration::from_millis(300);
    eventually("nothing is taken any more", || {
        let before = sent.load(Ordering::Relaxed);
        std::thread::sleep(WINDOW);
        (before > 0 && sent.load(Ordering::Relaxed) == before).then_some(before)
    })
}

/// 1 MiB each way at the same time; then one side ends, and the other, which knows it by then, has a last word.
#[track_caller]
fn converse(kinds: (Kind, Kind), left_ends_first: bool) {
    const SIZE: usize = 1 << 20;
    println!("{kinds:?}, left ends first: {left_ends_first}");
    let mut pair = Pair::start(kinds.0, kinds.1, &[]);
    let (first, second) = pair.sides(left_ends_first);
    let (there, back) = (pattern(SIZE), pattern(SIZE + 77).split_off(77));
    first.send(there.clone(), true);
    second.send(back.clone(), false);
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| first.expect(&back));
        second.expect(&there);
        second.expect_end();
        reading.join().expect("all has come");
    });
    second.write(b"the last word");
    second.end();
    first.expect(b"the last word");
    first.expect_end();
    pair.ends_well();
}

#[test]
fn every_pair_carries_both_directions_and_the_left_may_end_first() {
    pairs().for_each(|kinds| converse(kinds, true));
}

#[test]
fn every_pair_carries_both_directions_and_the_right_may_end_first() {
    pairs().for_each(|kinds| converse(kinds, false));
}

/// Nothing cuts an answer that comes long after the question has ended.
#[test]
fn an_answer_may_take_its_time() {
    let started = [(TcpListen, Tcp), (Stdio, Tcp), (Tcp, Unix), (Child, Unix), (UnixListen, Child)].map(|kinds| {
        let mut pair = Pair::start(kinds.0, kinds.1, &[]);
        pair.left.write(b"question");
        pair.left.end();
        pair.right.expect(b"question");
        pair.right.expect_end();
        pair
    });
    // Longer than any wait for an end that is not passed on.
    std::thread::sleep(Duration::from_millis(1500));
    for mut pair in started {
        pair.right.write(b"answer");
        pair.right.end();
        pair.left.expect(b"answer");
        pair.left.expect_end();
        pair.ends_well();
    }
}

#[test]
fn with_no_half_close_an_end_is_not_passed_on() {
    for kinds in [(TcpListen, Tcp), (Stdio, Unix), (UnixListen, Tcp)] {
        let mut pair = Pair::start(kinds.0, kinds.1, &["--no-half-close"]);
        pair.left.write(b"question");
        pair.left.end();
        pair.right.expect(b"question");
        pair.right.write(b"answer");
        pair.left.expect(b"answer");
        // A window in which the end would come.
        pair.right.has_nothing();
        pair.right.end();
        pair.left.expect_end();
        pair.right.expect_end();
        pair.ends_well();
    }
}

/// A reset is passed on as one, behind every byte that came before it; of what is no TCP, only the end can tell.
#[test]
fn a_reset_is_passed_on_behind_the_bytes_before_it() {
    const SIZE: usize = 200_000;
    let data = pattern(SIZE);
    for (left, right) in pairs() {
        for left_resets in [true, false] {
            let (from, to) = if left_resets { (left, right) } else { (right, left) };
            if !matches!(from, Tcp | TcpListen) {
                continue;
            }
            println!("{left:?} {right:?}, left resets: {left_resets}");
            let mut pair = Pair::start(left, right, &[]);
            let (source, sink) = pair.sides(left_resets);
            source.write(&data);
            source.is_acknowledged();
            source.reset();
            sink.expect(&data);
            if matches!(to, Tcp | TcpListen) {
                sink.expect_reset()
            } else {
                sink.expect_end()
            }
            pair.fails(4, "Connection reset by peer");
        }
    }
}

/// The reader's side takes nothing: the program must not take in what the source has, and goes on when it may.
#[test]
fn a_reader_that_takes_nothing_stops_the_source() {
    const SIZE: usize = 48 << 20;
    let data = Arc::new(pattern(SIZE));
    std::thread::scope(|scope| {
        for (left, right) in pairs() {
            let data = Arc::clone(&data);
            scope.spawn(move || {
                let mut pair = Pair::start(left, right, &[]);
                let before = pair.program.peak_kib();
                let sent = [pair.left.sends(&data), pair.right.sends(&data)];
                let sent = sent.map(|sent| stuck(&sent));
                assert!(
                    sent.iter().all(|&sent| sent < SIZE),
                    "{left:?} {right:?}: {sent:?} bytes were taken, that is all"
                );
                let more = pair.program.peak_kib() - before;
                assert!(more < 3 << 10, "{left:?} {right:?}: {more} KiB more than at the start");
                std::thread::scope(|scope| {
                    scope.spawn(|| pair.left.expect(&data));
                    scope.spawn(|| pair.right.expect(&data));
                });
                pair.left.end();
                pair.right.expect_end();
                pair.right.end();
                pair.left.expect_end();
                pair.ends_well();
            });
        }
    });
}

/// What `-v` says of a connection is what it has moved, by whatever way.
#[test]
fn totals_are_right_however_the_bytes_were_moved() {
    const SIZE: usize = 12 << 20;
    for kinds in [(TcpListen, Unix), (Stdio, Tcp), (Tcp, Child)] {
        let mut pair = Pair::start(kinds.0, kinds.1, &["-v"]);
        let data = pattern(SIZE);
        for round in 0..10 {
            pair.right.write(&data[..round]);
            pair.left.expect(&data[..round]);
        }
        pair.left.send(data.clone(), true);
        pair.right.expect(&data);
        pair.right.expect_end();
        pair.right.end();
        pair.left.expect_end();
        assert!(pair.program.wait().success());
        let lines = pair.program.all_lines();
        let closed: Vec<_> = lines.iter().filter(|line| line.contains("closed ")).collect();
        // Of a console and a child nothing is said.
        let (left, right) = (!matches!(kinds.0, Stdio), !matches!(kinds.1, Child));
        let totals = [(left, SIZE, 45), (right, 45, SIZE)].into_iter().filter(|(told, ..)| *told);
        let totals: Vec<_> =
            totals.map(|(_, received, sent)| format!(": {received} bytes received, {sent} sent: in order")).collect();
        assert_eq!(closed.len(), totals.len(), "{lines:?}");
        for total in totals {
            assert!(closed.iter().any(|line| line.ends_with(&total)), "no {total:?} in {lines:?}");
        }
    }
}
