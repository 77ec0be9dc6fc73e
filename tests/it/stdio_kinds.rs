//! Every mode on stdin and stdout of every kind: files, devices, pipes, sockets, terminals, and none at all.
//!
//! In each case the peer takes what stdin has, answers, ends, and then reads to our end. A stream that stalls because of
//! the kind of the *other* one shows here.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

use tempfile::TempDir;

use crate::terminal::Terminal;
use crate::tls_authority::Authority;
use crate::tls_util::{Tls, VERSIONS, client_args, client_config, server_config};
use crate::util::{Background, DEADLINE, datagram, eventually, halves, program, take_all, udp, with_deadline};

const INPUT: &[u8] = b"input\n";
const ANSWER: &[u8] = b"hello\n";

/// What stdin is.
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

    /// What the peer is to get.
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::EmptyFile | Self::Null | Self::Closed => b"",
            _ => INPUT,
        }
    }
}

/// What stdout is.
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

/// A folder, and a terminal where one is needed.
struct Place {
    folder: TempDir,
    terminal: Terminal,
}

impl Place {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What is to be stdin; whatever feeds it does so already.
    fn stdin(&self, input: Input, typed: &str) -> Stdio {
        match input {
            Input::File => self.file(INPUT).into(),
            Input::EmptyFile => self.file(b"").into(),
            Input::Null | Input::Closed => Stdio::null(),
            Input::Pipe => {
                let (reader, mut writer) = std::io::pipe().expect("a pipe");
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

    /// What is to be stdout, and what reads the other side of it.
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
                let (mut reader, writer) = std::io::pipe().expect("a pipe");
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

/// A FIFO with the input in it and nobody at its other side.
fn fifo(path: &Path) -> File {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo runs").success());
    let reader = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).expect("a FIFO");
    // SAFETY: F_SETFL takes a number and touches no memory.
    assert_eq!(unsafe { libc::fcntl(reader.as_raw_fd(), libc::F_SETFL, 0) }, 0);
    let mut writer = OpenOptions::new().write(true).open(path).expect("it has a reader");
    writer.write_all(INPUT).expect("it has room");
    reader
}

/// What has come to stdout, where that can be read back.
type ReadBack<'a> = Box<dyn FnOnce() -> Option<Vec<u8>> + 'a>;

/// What a peer does with a run, and what it is to get from it; gives what it has got.
type Conversation = dyn FnOnce(&mut Background, &'static [u8]) -> JoinHandle<Vec<u8>>;

/// The program, and the peer that it is joined with.
struct Run {
    args: Vec<String>,
    /// What the peer does once the program runs, which may have said where it listens.
    peer: Box<Conversation>,
}

/// Starts a run for a case; the folder is for its sockets.
type Mode = fn(&Path) -> Run;

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Takes what stdin has, answers, ends, and reads to the end.
fn converse(mut stream: impl Read + Write, end: impl FnOnce() -> std::io::Result<()>, expected: &[u8]) -> Vec<u8> {
    let mut taken = vec![0; expected.len()];
    stream.read_exact(&mut taken).expect("what stdin has");
    stream.write_all(ANSWER).expect("it takes the answer");
    end().expect("our end");
    stream.read_to_end(&mut taken).expect("an end");
    taken
}

fn talk_tcp(stream: TcpStream, expected: &[u8]) -> Vec<u8> {
    let stream = with_deadline(stream);
    let other = stream.try_clone().expect("a copy");
    converse(stream, || other.shutdown(Shutdown::Write), expected)
}

fn talk_unix(stream: UnixStream, expected: &[u8]) -> Vec<u8> {
    stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
    let other = stream.try_clone().expect("a copy");
    converse(stream, || other.shutdown(Shutdown::Write), expected)
}

fn tcp_listener(words: &[&str]) -> (TcpListener, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    (listener, words.iter().map(|word| word.replace("ADDRESS", &address)).collect())
}

fn accepting_tcp(args: &[&str]) -> Run {
    let (listener, args) = tcp_listener(args);
    Run {
        args,
        peer: Box::new(|_, expected| {
            std::thread::spawn(move || talk_tcp(listener.accept().expect("a client").0, expected))
        }),
    }
}

fn tcp_client(_: &Path) -> Run {
    accepting_tcp(&["tcp-client", "ADDRESS"])
}

fn relay_from_stdio(_: &Path) -> Run {
    accepting_tcp(&["relay", "-", "tcp:ADDRESS"])
}

fn relay_to_stdio(_: &Path) -> Run {
    accepting_tcp(&["relay", "tcp:ADDRESS", "-"])
}

fn relay_once_to_stdio(_: &Path) -> Run {
    Run { args: words(&["relay", "--once", "tcp-listen:127.0.0.1:0", "-"]), peer: Box::new(connecting_tcp) }
}

fn tcp_server(_: &Path) -> Run {
    Run { args: words(&["tcp-server", "127.0.0.1:0"]), peer: Box::new(connecting_tcp) }
}

fn connecting_tcp(server: &mut Background, expected: &'static [u8]) -> JoinHandle<Vec<u8>> {
    let stream = TcpStream::connect(server.address()).expect("it listens");
    std::thread::spawn(move || talk_tcp(stream, expected))
}

fn unix_client(folder: &Path) -> Run {
    let path = folder.join("sock");
    let listener = UnixListener::bind(&path).expect("a path");
    Run {
        args: words(&["unix-client", path.to_str().expect("a path in UTF-8")]),
        peer: Box::new(|_, expected| {
            std::thread::spawn(move || talk_unix(listener.accept().expect("a client").0, expected))
        }),
    }
}

fn unix_server(folder: &Path) -> Run {
    let path = folder.join("sock");
    Run {
        args: words(&["unix-server", path.to_str().expect("a path in UTF-8")]),
        peer: Box::new(move |server, expected| {
            server.line("listening on ");
            let stream = UnixStream::connect(&path).expect("it listens");
            std::thread::spawn(move || talk_unix(stream, expected))
        }),
    }
}

fn talk_tls(mut tls: Tls, expected: &[u8]) -> Vec<u8> {
    let mut taken = tls.receive(expected.len());
    tls.send(ANSWER);
    tls.close_notify();
    taken.extend(tls.receive_all());
    taken
}

fn tls_client(_: &Path) -> Run {
    let issued = Authority::server();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    Run {
        args: client_args(&issued, &[], address),
        peer: Box::new(move |_, expected| {
            std::thread::spawn(move || {
                let socket = with_deadline(listener.accept().expect("a client").0);
                let mut tls = Tls::server(socket, server_config(&issued, &VERSIONS));
                tls.handshake();
                talk_tls(tls, expected)
            })
        }),
    }
}

fn tls_server(_: &Path) -> Run {
    let issued = Authority::server();
    Run {
        args: words(&["tls-server", "--cert", &issued.both(), "127.0.0.1:0"]),
        peer: Box::new(move |server, expected| {
            let _files = issued;
            let address = server.address();
            std::thread::spawn(move || {
                let mut tls = Tls::connect(address, client_config(None, &VERSIONS));
                tls.handshake();
                talk_tls(tls, expected)
            })
        }),
    }
}

/// Datagrams have no end: the program leaves with the answer, which goes to whoever has sent, or, with an empty stdin, for lack of one.
fn udp_client(_: &Path) -> Run {
    let socket = udp("127.0.0.1");
    let address = socket.local_addr().expect("an address").to_string();
    Run {
        args: words(&["udp-client", &address]),
        peer: Box::new(|_, expected| std::thread::spawn(move || answer_datagram(&socket, expected))),
    }
}

fn answer_datagram(socket: &UdpSocket, expected: &[u8]) -> Vec<u8> {
    if expected.is_empty() {
        return Vec::new();
    }
    let (data, from) = datagram(socket);
    socket.send_to(ANSWER, from).expect("it leaves");
    data
}

fn exec(_: &Path) -> Run {
    // It answers whatever its input is, and says on a line of its own what that was.
    let script = "x=$(cat); echo hello; printf %s \"$x\" >&2";
    Run {
        args: words(&["exec", "--", "sh", "-c", script]),
        peer: Box::new(|child, expected| {
            let read = if expected.is_empty() { Vec::new() } else { [child.line("").as_bytes(), b"\n"].concat() };
            std::thread::spawn(move || read)
        }),
    }
}

/// Runs a mode on every pair of kinds.
fn on_every_kind(mode: Mode) {
    for input in Input::ALL {
        for output in Output::ALL {
            let place = Place { folder: tempfile::tempdir().expect("a folder"), terminal: Terminal::new() };
            let mut run = mode(place.folder.path());
            if run.args[0] == "udp-client" {
                // An answer may take its time on a busy machine. Nothing is not waited for.
                let ends = if input.bytes().is_empty() { ["--linger", "100ms"] } else { ["--linger", "30s"] };
                run.args.splice(1..1, words(&ends));
                run.args.splice(1..1, words(&["--count", "1"]).into_iter().filter(|_| !input.bytes().is_empty()));
            }
            // A connection ends by itself; the end of datagrams, and of what a program reads, is typed.
            let typed = if ["exec", "udp-client"].contains(&run.args[0].as_str()) { "input\n\x04" } else { "input\n" };
            let shell = format!("exec \"$0\" \"$@\"{}", if input == Input::Closed { " <&-" } else { "" });
            let mut command = Command::new("sh");
            command.arg("-c").arg(shell).arg(program()).args(&run.args);
            command.env_remove("XPORT_LOG").env_remove("RUST_LOG");
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
    ($($mode:ident)*) => {
        $(#[test]
        fn $mode() {
            on_every_kind(super::$mode);
        })*
    };
}

mod modes {
    use super::on_every_kind;

    on_every_kind! {
        tcp_client tcp_server unix_client unix_server tls_client tls_server udp_client exec relay_from_stdio relay_to_stdio
        relay_once_to_stdio
    }
}
