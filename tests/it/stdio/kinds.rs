//! Tests every mode on every kind of stdin and stdout: files, devices, pipes, sockets, terminals, and closed ones.
//!
//! In each case the peer reads the bytes of stdin, answers, ends, and then reads to the end. This shows a stream that
//! stalls because of the kind of the *other* stream.

use crate::harness::*;

const INPUT: &[u8] = b"input\n";
const ANSWER: &[u8] = b"hello\n";

/// The kind of stdin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    File,
    EmptyFile,
    Null,
    Closed,
    Pipe,
    Fifo,
    Terminal,
}

impl Input {
    const ALL: [Self; 7] =
        [Self::File, Self::EmptyFile, Self::Null, Self::Closed, Self::Pipe, Self::Fifo, Self::Terminal];

    /// The bytes that the peer must get.
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::EmptyFile | Self::Null | Self::Closed => b"",
            _ => INPUT,
        }
    }
}

/// The kind of stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Output {
    Terminal,
    Pipe,
    File,
    Null,
    Socket,
}

impl Output {
    const ALL: [Self; 5] = [Self::Terminal, Self::Pipe, Self::File, Self::Null, Self::Socket];
}

/// A folder, and a terminal if one is needed.
struct Place {
    folder: TempDir,
    terminal: Terminal,
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes stdin, and feeds it.
    fn stdin(&self, input: Input, typed: &str) -> Stdio {
        match input {
            Input::File => self.file(INPUT).into(),
            Input::EmptyFile => self.file(b"").into(),
            Input::Null | Input::Closed => Stdio::null(),
            Input::Pipe => {
                let (reader, mut writer) = io::pipe().expect("a pipe");
                writer.write_all(INPUT).expect("it has room");
                reader.into()
            }
            Input::Fifo => fifo(&self.path("fifo")).into(),
            Input::Terminal => {
                self.terminal.type_in(typed);
                self.terminal.slave.try_clone().expect("a copy").into()
            }
        }
    }

    fn file(&self, content: &[u8]) -> File {
        let path = self.path("input");
        fs::write(&path, content).expect("a file");
        File::open(path).expect("it is there")
    }

    /// Makes stdout, and its reader.
    fn stdout(&self, output: Output) -> (Stdio, ReadBack<'_>) {
        match output {
            Output::Terminal => {
                let shown = || {
                    self.terminal.shows("hello\r\n");
                    None
                };
                (self.terminal.slave.try_clone().expect("a copy").into(), Box::new(shown))
            }
            Output::Pipe => {
                let (mut reader, writer) = io::pipe().expect("a pipe");
                (writer.into(), Box::new(move || Some(take_all(&mut reader))))
            }
            Output::File => {
                let path = self.path("output");
                let file = File::create(&path).expect("a file");
                (file.into(), Box::new(move || Some(fs::read(path).expect("it is there"))))
            }
            Output::Null => (Stdio::null(), Box::new(|| None)),
            Output::Socket => {
                let (ours, theirs) = UnixStream::pair().expect("a pair");
                let read = move || Some(take_all(&mut halves(ours).0));
                (OwnedFd::from(theirs).into(), Box::new(read))
            }
        }
    }
}

/// A FIFO with the input in it and no writer.
fn fifo(path: &Path) -> File {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo runs").success());
    let reader = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).expect("a FIFO");
    // SAFETY: F_SETFL takes a number and touches no memory.
    assert_eq!(unsafe { libc::fcntl(reader.as_raw_fd(), libc::F_SETFL, 0) }, 0);
    let mut writer = OpenOptions::new().write(true).open(path).expect("it has a reader");
    writer.write_all(INPUT).expect("it has room");
    reader
}

/// The bytes on stdout, if they can be read back.
type ReadBack<'a> = Box<dyn FnOnce() -> Option<Vec<u8>> + 'a>;

/// A peer: it talks to the run, expects these bytes, and returns what it got.
type Conversation = dyn FnOnce(&mut Background, &'static [u8]) -> JoinHandle<Vec<u8>>;

/// The program, and its peer.
struct Run {
    args: Vec<String>,
    /// The work of the peer once the program runs, with the address of a listener.
    peer: Box<Conversation>,
}

/// Starts the run of a case.
type Mode = fn() -> Run;

/// A run with a peer at this end, which replaces `PEER` in the arguments. The peer reads the bytes of stdin, answers,
/// ends, and reads to the end.
fn run(kind: Kind, words: &[&str]) -> Run {
    let ground = Ground::new();
    let (args, place) = ground.arguments(kind, words);
    let peer = move |program: &mut Background, expected: &'static [u8]| {
        if matches!(kind, TcpListen | UnixListen | TlsListen) {
            let mut leg = place.leg(program);
            return thread::spawn(move || talk(&mut leg, expected, &ground));
        }
        thread::spawn(move || talk(&mut place.accept(), expected, &ground))
    };
    Run { args, peer: Box::new(peer) }
}

fn talk(leg: &mut Leg, expected: &[u8], _ground: &Ground) -> Vec<u8> {
    leg.expect(expected);
    leg.write(ANSWER);
    match leg {
        Leg::Tls(tls) => tls.close_notify(),
        _ => leg.end(),
    }
    [expected, &leg.rest()].concat()
}

/// Datagrams have no end: the program leaves after the answer, or with an empty stdin without one.
fn udp_client() -> Run {
    let socket = udp("127.0.0.1");
    let args = ["udp-client", &at(&socket).to_string()].map(str::to_owned).to_vec();
    let answer = move |expected: &[u8]| {
        if expected.is_empty() {
            return Vec::new();
        }
        let (data, from) = datagram(&socket);
        socket.send_to(ANSWER, from).expect("it leaves");
        data
    };
    Run { args, peer: Box::new(|_, expected| thread::spawn(move || answer(expected))) }
}

fn exec() -> Run {
    // The program answers any input, and prints the input on a line of its own.
    let args = ["exec", "--", "sh", "-c", "x=$(cat); echo hello; printf %s \"$x\" >&2"].map(str::to_owned).to_vec();
    let hear = |child: &mut Background, expected: &[u8]| {
        let read = if expected.is_empty() { Vec::new() } else { [child.line("").as_bytes(), b"\n"].concat() };
        thread::spawn(move || read)
    };
    Run { args, peer: Box::new(hear) }
}

/// Runs a mode on every pair of kinds.
fn on_every_kind(mode: Mode) {
    for input in Input::ALL {
        for output in Output::ALL {
            let place = Place { folder: tempfile::tempdir().expect("a folder"), terminal: Terminal::new() };
            let mut run = mode();
            if run.args[0] == "udp-client" {
                // An answer can take long on a busy machine. An empty answer is not waited for.
                let empty = input.bytes().is_empty();
                let ends: &[&str] = if empty { &["--linger", "100ms"] } else { &["--count", "1", "--linger", "30s"] };
                run.args.splice(1..1, ends.iter().map(|&word| word.to_owned()));
            }
            // A connection ends by itself. The end of datagrams, and of the input of a program, is typed.
            let typed = if ["exec", "udp-client"].contains(&run.args[0].as_str()) { "input\n\x04" } else { "input\n" };
            let shell = format!("exec \"$0\" \"$@\"{}", if input == Input::Closed { " <&-" } else { "" });
            let mut command = by_shell(shell);
            command.args(&run.args);
            if input == Input::Terminal || output == Output::Terminal {
                place.terminal.lead(&mut command);
            }
            let (stdout, read) = place.stdout(output);
            command.stdin(place.stdin(input, typed)).stdout(stdout);
            let mut child = Background::spawn(command);
            let peer = (run.peer)(&mut child, input.bytes());
            let status = child.wait();
            let case = format!("{:?} with stdin {input:?} and stdout {output:?}", run.args);
            assert_eq!(status.code(), Some(0), "{case}: {:?}", child.all_lines());
            eventually("the peer's end", || peer.is_finished().then_some(()));
            assert_eq!(peer.join().expect("the peer's script does not panic"), input.bytes(), "{case}");
            let answered = !run.args.contains(&"udp-client".to_owned()) || !input.bytes().is_empty();
            if answered && let Some(shown) = read() {
                assert_eq!(String::from_utf8_lossy(&shown), "hello\n", "{case}");
            }
        }
    }
}

macro_rules! on_every_kind {
    ($($mode:ident: $run:expr;)*) => {
        $(#[test]
        fn $mode() {
            super::on_every_kind(|| $run);
        })*
    };
}

mod modes {
    use super::*;

    on_every_kind! {
        tcp_client: run(Tcp, &["tcp-client", "ADDRESS"]);
        tcp_server: run(TcpListen, &["tcp-server", "ADDRESS"]);
        unix_client: run(Unix, &["unix-client", "ADDRESS"]);
        unix_server: run(UnixListen, &["unix-server", "ADDRESS"]);
        tls_client: run(TlsConnect, &["tls-client", "--ca", "CA", "ADDRESS"]);
        tls_server: run(TlsListen, &["tls-server", "--cert", "CERT", "ADDRESS"]);
        udp_client: super::udp_client();
        exec: super::exec();
        relay_from_stdio: run(Tcp, &["relay", "-", "ENDPOINT"]);
        relay_to_stdio: run(Tcp, &["relay", "ENDPOINT", "-"]);
        relay_once_to_stdio: run(TcpListen, &["relay", "--once", "ENDPOINT", "-"]);
    }
}
