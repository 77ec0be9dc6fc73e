//! Tests every mode on every kind of stdin and stdout: files, devices, pipes, sockets, terminals, and closed ones.
//!
//! In each case the peer reads the bytes of stdin, answers, ends, and then reads to the end. This shows a stream that
//! stalls because of the kind of the *other* stream.

use crate::harness::*;

const INPUT: &[u8] = b"input\n";
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

/// Runs a mode on every pair of kinds. `end` is how its peer ends after the answer.
fn on_every_kind(line: &str, end: &str) {
    let pairs = Input::ALL.into_iter().flat_map(|input| Output::ALL.map(|output| (input, output)));
    for_each(pairs, |(input, output)| {
        let place = Place { folder: folder(), terminal: Terminal::new() };
        // A connection ends by itself. The end of datagrams, and of the input of a program, is typed.
        let (mut typed, is_empty) = ("input\n\x04", input.bytes().is_empty());
        let (line, script) = match line {
            // Datagrams have no end: the program leaves after the answer, which can take long on a busy machine. With
            // an empty stdin there is none, and it is not waited for.
            "udp-client" if is_empty => ("udp-client --linger 100ms", "status 0 *".to_owned()),
            "udp-client" => ("udp-client --count 1 --linger 30s", "get input\n; say hello\n; status 0 *".to_owned()),
            "exec" => {
                // The program answers any input, and prints the input on a line of its own.
                let line = r#"exec -- sh -c 'x=$(cat); echo hello; printf %s "$x" >&2'"#;
                (line, format!("{}status 0 *", if is_empty { "" } else { "hear input; " }))
            }
            _ => {
                typed = "input\n";
                let bytes = String::from_utf8_lossy(input.bytes());
                (line, format!("get {bytes}; say hello\n; {end}; get $; status 0 *"))
            }
        };
        let mut command = by_shell(format!("exec \"$0\" \"$@\"{}", if input == Input::Closed { " <&-" } else { "" }));
        if input == Input::Terminal || output == Output::Terminal {
            place.terminal.lead(&mut command);
        }
        let (stdout, read) = place.stdout(output);
        command.stdin(place.stdin(input, typed)).stdout(stdout);
        stage_by(command, line).plays(&script);
        let is_answered = !line.starts_with("udp-client") || !is_empty;
        if is_answered && let Some(shown) = read() {
            assert_eq!(String::from_utf8_lossy(&shown), "hello\n");
        }
    });
}

macro_rules! on_every_kind {
    ($($mode:ident: $line:expr, $end:expr;)*) => {
        $(#[test]
        fn $mode() {
            super::on_every_kind($line, $end);
        })*
    };
}

mod modes {
    on_every_kind! {
        tcp_client: "tcp-client", "end";
        tcp_server: "tcp-server", "end";
        unix_client: "unix-client", "end";
        unix_server: "unix-server", "end";
        tls_client: "tls13-client", "notify";
        tls_server: "tls13-server", "notify";
        udp_client: "udp-client", "";
        exec: "exec", "";
        relay_from_stdio: "relay - TCP", "end";
        relay_to_stdio: "relay TCP -", "end";
        relay_once_to_stdio: "relay --once TCP-LISTEN -", "end";
    }
}
