//! Tests stdin and stderr of the program of `exec`: stdin is not read in vain, and output to one file stays in order.

use crate::harness::*;

/// The content of stdin, which fits into any buffer.
const LIST: &str = "one\ntwo\nthree\n";

/// The kinds of stdin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    File,
    Pipe,
    Fifo,
    Socket,
    /// A non-blocking pipe.
    Impatient,
}

const KINDS: [Kind; 5] = [Kind::File, Kind::Pipe, Kind::Fifo, Kind::Socket, Kind::Impatient];

/// A stdin with [`LIST`] in it, and its other end, which is kept until the list is read.
struct Input {
    file: File,
    writer: Option<File>,
}

impl Input {
    fn new(kind: Kind, folder: &Path) -> Self {
        let path = folder.join(format!("{kind:?}"));
        let (mut writer, file): (File, File) = match kind {
            Kind::File => {
                fs::write(&path, LIST).expect("a file");
                return Self { file: File::open(&path).expect("a file"), writer: None };
            }
            Kind::Fifo => {
                if !path.exists() {
                    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo runs").success());
                }
                // Opened for both ends at once, so that no open waits.
                let both = File::options().read(true).write(true).open(&path).expect("a fifo");
                let file = File::open(&path).expect("a fifo");
                (both, file)
            }
            Kind::Socket => {
                let (one, other) = UnixStream::pair().expect("a pair");
                (OwnedFd::from(one).into(), OwnedFd::from(other).into())
            }
            Kind::Pipe | Kind::Impatient => {
                let (read, write) = io::pipe().expect("a pipe");
                (OwnedFd::from(write).into(), OwnedFd::from(read).into())
            }
        };
        if kind == Kind::Impatient {
            // SAFETY: F_SETFL takes a number and touches no memory.
            assert_eq!(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) }, 0);
        }
        writer.write_all(LIST.as_bytes()).expect("it takes that much");
        Self { file, writer: Some(writer) }
    }

    /// The unread rest of it.
    fn left(mut self) -> String {
        drop(self.writer.take());
        // SAFETY: F_SETFL takes a number and touches no memory.
        assert_eq!(unsafe { libc::fcntl(self.file.as_raw_fd(), libc::F_SETFL, 0) }, 0);
        let mut left = String::new();
        self.file.read_to_string(&mut left).expect("text");
        left
    }

    fn give_to(&self, command: &mut Command) {
        command.stdin(self.file.try_clone().expect("a copy"));
    }
}

/// Runs `script` with this stdin, which ends if `ends`. Returns the output, and the rest of stdin.
#[track_caller]
fn run(kind: Kind, options: &[&str], script: &str, ends: bool) -> (String, String) {
    let folder = folder();
    let mut input = Input::new(kind, folder.path());
    if ends {
        drop(input.writer.take());
    }
    let mut run = command([&["exec"], options, &["--", "sh", "-c", script]].concat());
    input.give_to(&mut run);
    let mut run = Background::spawn(run);
    let stdout = String::from_utf8(take_all(&mut run.stdout())).expect("text");
    assert_eq!(run.wait().code(), Some(0), "{kind:?} {options:?}: {:?}", run.all_lines());
    (stdout, input.left())
}

#[test]
fn what_the_program_does_not_read_is_left_where_that_can_be_had() {
    for kind in KINDS {
        let (_, left) = run(kind, &[], "exit 0", false);
        if matches!(kind, Kind::File | Kind::Pipe | Kind::Fifo) {
            assert_eq!(left, LIST, "{kind:?}");
        }
        let (_, left) = run(kind, &["--stdin", "inherit"], "exit 0", false);
        assert_eq!(left, LIST, "{kind:?}");
        let (_, left) = run(kind, &["--stdin", "null"], "exec cat", false);
        assert_eq!(left, LIST, "{kind:?}");
    }
    // A shell reads a line from a pipe byte by byte.
    for kind in [Kind::File, Kind::Pipe, Kind::Fifo] {
        assert_eq!(run(kind, &[], "read line; echo \"<$line>\"", false), ("<one>\n".into(), "two\nthree\n".into()));
    }
}

#[test]
fn what_the_program_reads_is_all_of_it() {
    for kind in KINDS {
        for options in [[].as_slice(), &["--stdin", "pipe"], &["--stdin", "inherit"]] {
            if kind == Kind::Impatient && options == ["--stdin", "inherit"] {
                // `cat` does not expect a non-blocking pipe, but gets one as documented.
                continue;
            }
            assert_eq!(run(kind, options, "exec cat", true), (LIST.into(), String::new()), "{kind:?} {options:?}");
        }
        assert_eq!(run(kind, &["--stdin", "null"], "exec cat", true), (String::new(), LIST.into()), "{kind:?}");
    }
}

/// xport reads ahead then, as documented.
#[test]
fn a_pipe_from_us_is_filled_whatever_the_program_reads() {
    let folder = folder();
    let input = Input::new(Kind::Pipe, folder.path());
    let mut run =
        command(["exec", "--stdin", "pipe", "--", "sh", "-c", "read line; test -p /dev/stdin; exec sleep 60"]);
    input.give_to(&mut run);
    let run = Background::spawn(run);
    eventually("all of it to be read", || (queued(&input.file) == 0).then_some(()));
    drop(run);
}

/// The usual loop, with the list on stdin of the whole loop.
#[test]
fn a_loop_keeps_its_list() {
    let (_folder, list) = path("list");
    fs::write(&list, LIST).expect("a file");
    let list = list.display();
    for (options, source) in [
        ("", format!("done < {list}")),
        ("", format!("done <<EOF\n{LIST}EOF\n")),
        ("--stdin inherit", format!("done < {list}")),
        ("--stdin null", format!("done < {list}")),
        ("--pty --stdin null", format!("done < {list}")),
        ("", format!("done 2>&1 < {list}")),
        ("", "done".to_owned()),
        ("--stdin null", "done".to_owned()),
    ] {
        let feed = if source == "done" { format!("cat {list} |") } else { String::new() };
        let script = format!("{feed} while read line; do \"$0\" exec {options} -- echo \"<$line>\"; {source}");
        let output = by_shell(&script).output().expect("a shell");
        let stdout = String::from_utf8_lossy(&output.stdout).replace('\r', "");
        assert_eq!(stdout, "<one>\n<two>\n<three>\n", "{script}: {}", text(&output));
    }
}

/// The writer of stdin sees when the program closes it, even if the program goes on.
#[test]
fn a_stdin_that_the_program_has_closed_has_no_reader() {
    let (read, write) = io::pipe().expect("a pipe");
    let mut run = command(["exec", "--", "sh", "-c", "exec <&-; echo closed; exec sleep 1000"]);
    run.stdin(OwnedFd::from(read));
    let mut run = Background::spawn(run);
    assert_eq!(take(&mut run.stdout(), 7), b"closed\n");
    let mut write = File::from(OwnedFd::from(write));
    eventually("a broken pipe", || write.write_all(b"x").is_err().then_some(()));
}

/// The offset of a file is shared with the next program, as with any other program.
#[test]
fn the_place_in_a_file_is_where_the_program_has_left_it() {
    let folder = folder();
    let mut input = Input::new(Kind::File, folder.path());
    let mut run = command(["exec", "--", "dd", "bs=4", "count=1", "status=none"]);
    input.give_to(&mut run);
    ended(&run.output().expect("a run"), 0, "");
    assert_eq!(input.file.stream_position().expect("a place"), 4);
}

/// A program with the terminal as its stdin gets lines and the signals of keys.
#[test]
fn a_terminal_that_is_inherited_is_the_programs() {
    plays(&[
        "exec --stdin inherit -- sh -c 'test -t 0 && echo ready; read line; echo \"<$line>\"; exit 3' <TTY: \
            see ready\r\n; type word\n; see <word>\r\n; status 3 *",
        // A second line of the trap would come before the others. A signal for xport is passed on.
        "exec --stdin inherit -- sh -c 'trap \"echo int\" INT; echo ready; until test \"$line\" = end; do \
            read line && echo \"<$line>\"; done' <TTY: see ready\r\n; type \x03; see int\r\n; type one\n; \
            only one\r\n<one>\r\n; kill INT; see int\r\n; type end\n; only end\r\n<end>\r\n; status 0 *",
        "exec --stdin inherit -- sh -c 'echo ready; exec sleep 60' <TTY: see ready\r\n; type \x03; killed INT *",
    ]);
}

/// Writes a letter to stdout and one to stderr in turns.
const BY_TURNS: &str = "for i in 1 2 3 4 5; do echo o; echo e >&2; done";
const IN_ORDER: &str = "o\ne\no\ne\no\ne\no\ne\no\ne\n";

/// What a command writes to stdout and stderr, which are one pipe.
#[track_caller]
fn both_of(mut run: Command) -> String {
    let (mut read, write) = io::pipe().expect("a pipe");
    inherit_as(&mut run, write, [1, 2]);
    let mut child = run.stdin(Stdio::null()).spawn().expect("a run");
    drop(run);
    let mut all = String::new();
    read.read_to_string(&mut all).expect("text");
    assert!(child.wait().expect("an end").success());
    all
}

#[test]
fn what_goes_to_one_file_is_in_order() {
    what_goes_to_two_files_stays_apart();
    let folder = folder();
    let exec: &[&str] = &["exec", "--", "sh", "-c", BY_TURNS];
    let shell = format!("shell:{BY_TURNS}");
    for args in [
        exec,
        &["exec", "--stdin", "pipe", "--", "sh", "-c", BY_TURNS],
        &["relay", "-", &shell],
        &["relay", &shell, "-"],
    ] {
        for _ in 0..10 {
            assert_eq!(both_of(command(args)), IN_ORDER, "{args:?}");
        }
        // A file that is opened twice for appending counts as one file.
        let path = folder.path().join("log");
        let open = || File::options().append(true).create(true).open(&path).expect("a file");
        let status = command(args).stdin(Stdio::null()).stdout(open()).stderr(open()).status();
        assert!(status.expect("a run").success());
        assert_eq!(fs::read_to_string(&path).expect("text"), IN_ORDER, "{args:?}");
        fs::remove_file(&path).expect("it is there");
    }
    let terminal = Terminal::new();
    let mut run = command(exec);
    terminal.give_to(&mut run);
    run.stderr(terminal.slave.try_clone().expect("a copy"));
    let mut child = run.spawn().expect("a run");
    terminal.shows(&IN_ORDER.replace('\n', "\r\n"));
    assert!(child.wait().expect("an end").success());
}

/// Separate streams stay separate.
fn what_goes_to_two_files_stays_apart() {
    let output = outcome(["exec", "--", "sh", "-c", BY_TURNS]);
    assert_eq!((&output.stdout[..], &output.stderr[..]), (&b"o\n".repeat(5)[..], &b"e\n".repeat(5)[..]));
    for option in ["inherit", "null"] {
        let mut run = Command::new(program());
        run.args(["exec", "--stderr", option, "--", "sh", "-c", "exec 1>&-; test -p /dev/stderr; echo $? >&2"]);
        assert_eq!(both_of(run), if option == "null" { "" } else { "0\n" });
    }
}

/// Writes more to stderr than an unread pipe takes at once.
const WRITES_MUCH: &str = "head -c 100000 /dev/zero | tr \"\\\\0\" e >&2; echo X >&2; exit 3";

/// A program in the background is not stopped for writing to its stderr on a terminal with TOSTOP.
#[test]
fn a_terminal_with_tostop_does_not_stop_the_program() {
    for (redirect, option) in
        [("", ""), ("2>/dev/tty", ""), ("2>/dev/tty", "--stderr inherit"), ("", "--stdin inherit")]
    {
        let terminal = Terminal::new();
        let script = format!("stty tostop; exec \"$0\" exec {option} -- sh -c '{WRITES_MUCH}' {redirect}");
        let mut shell = by_shell(&script);
        terminal.give_to(&mut shell);
        if redirect.is_empty() {
            shell.stderr(terminal.slave.try_clone().expect("a copy"));
        } else {
            shell.stdout(Stdio::null()).stderr(Stdio::null());
        }
        let mut shell = shell.spawn().expect("a shell");
        terminal.shows("eX\r\n");
        assert_eq!(shell.wait().expect("an end").code(), Some(3), "{script}");
    }
}

#[test]
fn a_program_that_is_stopped_for_reading_the_terminal_is_told_of() {
    let terminal = Terminal::new();
    let args = ["exec", "--timeout", "20s", "--", "sh", "-c", "read line </dev/tty"];
    let mut run = terminal.spawn(command(args));
    run.line(" is stopped: it tried to read from the terminal");
    run.signal(libc::SIGTERM);
    run.is_killed_by(libc::SIGTERM);
}

#[test]
fn an_stdin_that_makes_no_sense_is_refused() {
    refuses([
        "exec --stdin nowhere -- true => 'nowhere'",
        "exec --stdin null --listen 127.0.0.1:0 -- true => --stdin does nothing with --listen or --connect",
        "exec --stdin pipe --connect 127.0.0.1:1 -- true => --stdin does nothing with --listen or --connect",
        "exec --stdin inherit --pty -- true => --stdin inherit does nothing with --pty",
        "relay --stdin null - exec:true => unexpected argument '--stdin'",
    ]);
}
