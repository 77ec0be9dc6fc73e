//! Tests `--progress`: what the line says, when it is drawn, that it does not garble what else is on the terminal, and
//! that bytes take the same way as without it.

use super::job_control::Shell;
use crate::harness::*;

/// A file that no socket buffers can hold.
const FILE_BYTES: usize = 32_000_000;

/// A terminal for stderr alone, with everything that it has shown.
struct Screen {
    terminal: Terminal,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Screen {
    fn new(columns: u16) -> Self {
        let terminal = Terminal::new();
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (mut master, sink) = (terminal.master.try_clone().expect("a copy"), Arc::clone(&shown));
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = read_once(&mut master, &mut buffer) {
                sink.lock().expect("nobody panics with it").extend_from_slice(&buffer[..n]);
            }
        });
        let screen = Self { terminal, shown };
        screen.terminal.resize(24, columns);
        screen
    }

    /// Everything so far.
    fn text(&self) -> String {
        String::from_utf8(self.shown.lock().expect("nobody panics with it").clone()).expect("text")
    }

    /// Waits until this has been shown.
    #[track_caller]
    fn shows(&self, text: &str) {
        eventually(&format!("{text:?} on the screen"), || self.text().contains(text).then_some(()));
    }

    /// The last line that was drawn, without the spaces behind it.
    fn last_line(&self) -> String {
        let text = self.text();
        let line = text.trim_end_matches(['\r', '\n']).rsplit('\r').next().unwrap_or_default();
        line.trim_end().to_owned()
    }

    /// Starts a command with this terminal as stderr.
    fn start(&self, mut command: Command) -> Background {
        command.stderr(self.terminal.slave.try_clone().expect("a copy"));
        Background::spawn_with_stderr(command)
    }

    /// Starts a line with this terminal as stderr. Its stdin and stdout are /dev/null.
    fn run(&self, line: &str) -> Background {
        self.start(to_null(line))
    }

    /// The same for a server, with the address that it shows.
    #[track_caller]
    fn serve(&self, line: &str, stdin: impl Into<Stdio>) -> (Background, SocketAddr) {
        let mut command = to_null(line);
        command.stdin(stdin);
        let server = self.start(command);
        self.shows("\n");
        let text = self.text();
        (server, text.trim().rsplit_once(' ').and_then(|(_, at)| at.parse().ok()).expect("an address"))
    }

    /// Starts `tcp-client --progress`.
    fn client(&self, options: &[&str], stdin: impl Into<Stdio>) -> (Background, TcpStream) {
        let (listener, address) = listening();
        let mut command = to_null(&format!("tcp-client --progress {} {address}", options.join(" ")));
        command.stdin(stdin);
        (self.start(command), accept(&listener))
    }
}

/// A line with /dev/null as stdin and stdout, for a terminal that can show colours.
fn to_null(line: &str) -> Command {
    let mut command = command(words!("{line}"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).env("TERM", "xterm");
    command
}

/// A file of zeros.
fn large_file() -> File {
    file_of(FILE_BYTES as u64)
}

fn file_of(bytes: u64) -> File {
    let file = tempfile::tempfile().expect("a file");
    file.set_len(bytes).expect("a length");
    file
}

/// Writes a little from time to time, until the returned value is dropped.
fn trickle(mut sink: TcpStream) -> Trickle {
    let (stop, stopped) = channel::<()>();
    let thread = thread::spawn(move || {
        while stopped.recv_timeout(Duration::from_millis(20)) == Err(RecvTimeoutError::Timeout) {
            if sink.write_all(&[b'x'; 1000]).is_err() {
                return;
            }
        }
    });
    Trickle { stop: Some(stop), thread: Some(thread) }
}

struct Trickle {
    stop: Option<std::sync::mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Trickle {
    fn drop(&mut self) {
        drop(self.stop.take());
        self.thread.take().map(JoinHandle::join);
    }
}

/// The peer reads only after the line was seen, so the file is not through before.
#[test]
fn a_file_that_is_sent_has_per_cent_and_a_last_line() {
    let cases: [(u16, &[&str], &str, &str); 5] = [
        (80, &[], "%  ", "32.0 MB out  "),
        (80, &["-q"], "%  ", "32.0 MB out  "),
        (40, &[], "%  ", "32.0 MB out  "),
        (20, &[], "%", "100% "),
        (10, &[], "%", "100%"),
    ];
    for_each(cases, |(columns, options, during, end)| {
        let screen = Screen::new(columns);
        let (mut client, mut peer) = screen.client(options, large_file());
        screen.shows(during);
        // The bar takes the room that is left, and no line is wrapped.
        assert_eq!(screen.text().contains("  ["), columns == 80, "{:?}", screen.text());
        assert!(!screen.text().contains('\n'));
        assert_eq!(take_all(&mut peer).len(), FILE_BYTES);
        drop(peer);
        client.ends_with(0);
        screen.shows("\n");
        let last = screen.last_line();
        assert!(last.starts_with(end) && last.len() < usize::from(columns), "{last:?}");
        assert_eq!(screen.text().matches('\n').count(), 1, "{:?}", screen.text());
    });
}

/// A run that has failed never says that it is complete. Here, the system has taken all of the file.
#[test]
fn a_line_above_a_failure_does_not_say_that_all_is_done() {
    for (options, columns) in [(&[][..], 80), (&[], 12), (&["-k"], 80)] {
        let screen = Screen::new(columns);
        let (mut client, peer) = if options.is_empty() {
            screen.client(options, file_of(10_000))
        } else {
            let (server, address) = screen.serve("tcp-server -k --progress 127.0.0.1:0", file_of(10_000));
            (server, connect(address))
        };
        screen.shows("100%");
        reset(peer);
        screen.shows("Connection reset by peer");
        let text = screen.text();
        let (before, _) = text.rsplit_once("xport:").expect("a message");
        // The message is coloured.
        let before = before.trim_end_matches("\x1b[31m").trim_end_matches(['\r', '\n']);
        let last = before.rsplit(['\r', '\n']).next();
        if options.is_empty() {
            client.ends_with(4);
            assert!(last.is_some_and(|last| !last.contains('%') && last.starts_with("10.0 kB")), "{text:?}");
            assert!(columns < 80 || last.is_some_and(|last| last.contains(" read  ") && last.contains("  cut after ")));
        } else {
            eventually("a last line", || screen.text().contains("  cut after ").then_some(()));
            client.drains();
        }
    }
}

#[test]
fn a_smaller_window_gets_a_shorter_line() {
    let screen = Screen::new(80);
    let (mut client, peer) = screen.client(&[], large_file());
    screen.shows("  [");
    screen.terminal.resize(24, 20);
    eventually("a short line", || (screen.last_line().len() < 20).then_some(()));
    drop(peer);
    client.ends_with(4);
}

/// Two lines are seen on a terminal that can show them. By then the others would have had theirs, as they began before.
#[test]
fn nothing_is_drawn_where_nothing_can_be_drawn() {
    let (dumb, narrow, answered) = (Screen::new(80), Screen::new(5), Screen::new(80));
    let (listener, address) = listening();
    let line = format!("tcp-client --progress {address}");
    let start = |screen: &Screen, term: &str, stdout: Stdio| {
        let mut command = to_null(&line);
        command.stdout(stdout).env("TERM", term).env("NO_COLOR", "1");
        (screen.start(command), trickle(accept(&listener)))
    };
    let mut piped = Background::spawn(to_null(&line));
    let to_pipe = trickle(accept(&listener));
    let on_terminal = answered.terminal.slave.try_clone().expect("a copy");
    let runs = [
        start(&dumb, "dumb", Stdio::null()),
        start(&narrow, "xterm", Stdio::null()),
        start(&answered, "xterm", on_terminal.into()),
    ];
    let control = Screen::new(80);
    let (mut seen, peer) = start(&control, "xterm", Stdio::null());
    eventually("two lines", || (control.text().matches(" in  ").count() >= 2).then_some(()));
    drop((to_pipe, peer));
    for (mut run, trickle) in runs {
        drop(trickle);
        run.ends_with(0);
    }
    piped.ends_with(0);
    assert!(piped.all_lines().is_empty(), "{:?}", piped.all_lines());
    assert_eq!((dumb.text(), narrow.text()), (String::new(), String::new()));
    assert_eq!(answered.text().trim_matches('x'), "", "the data alone");
    seen.ends_with(0);
    control.shows("\n");
    assert!(!control.text().contains('\x1b'), "NO_COLOR is kept: {:?}", control.text());
}

/// A job in the background would garble what the user does meanwhile.
#[test]
fn nothing_is_drawn_in_the_background() {
    let Some(shell) = Shell::start() else { return };
    let (listener, address) = listening();
    shell.enter(&format!("TERM=xterm \"$X\" tcp-client --progress {address} </dev/null >/dev/null &"));
    let in_background = trickle(accept(&listener));
    let control = Screen::new(80);
    let mut seen = control.run(&format!("tcp-client --progress {address}"));
    let to_control = trickle(accept(&listener));
    eventually("two lines", || (control.text().matches(" in  ").count() >= 2).then_some(()));
    drop((in_background, to_control));
    seen.ends_with(0);
    shell.enter("wait; echo '>'$?");
    let mut lines = Vec::new();
    while !lines.last().is_some_and(|line: &String| line.starts_with(">0")) {
        lines.push(shell.shown.recv_timeout(DEADLINE).expect("a line"));
    }
    assert!(!lines.concat().contains(" in  "), "{lines:?}");
}

/// The line is erased before a message, and before data on the same terminal, which also ends it.
#[test]
fn messages_and_data_are_not_garbled() {
    let screen = Screen::new(80);
    let (listener, address) = listening();
    let mut run = to_null(&format!("tcp-client --progress -v {address}"));
    run.stdin(large_file()).stdout(screen.terminal.slave.try_clone().expect("a copy"));
    let mut client = screen.start(run);
    let mut peer = accept(&listener);
    screen.shows(" out  ");
    peer.write_all(b"answer\n").expect("the client takes it");
    screen.shows("\r\x1b[Kanswer\r\n");
    assert_eq!(take_all(&mut peer).len(), FILE_BYTES);
    drop(peer);
    client.ends_with(0);
    screen.shows("closed cleanly");
    let text = screen.text();
    let (_, after) = text.split_once("answer").expect("it has been seen");
    assert!(!after.contains(" out  "), "{after:?}");

    let screen = Screen::new(80);
    let (mut client, mut peer) = screen.client(&["-v"], large_file());
    screen.shows(" out  ");
    expect(&mut peer, &vec![0; FILE_BYTES]);
    drop(peer);
    client.ends_with(0);
    screen.shows("closed cleanly");
    let text = screen.text();
    // The totals are in that message, so the line goes.
    let (_, after) = text.rsplit_once("closed cleanly").expect("it has been seen");

    assert!(!after.contains("100%") && !after.contains('['), "{after:?}");
    // Each message begins at the margin: of a new line, or of the line that was erased.
    for (at, _) in text.match_indices("xport: ") {
        assert!(at == 0 || text[..at].ends_with('\n') || text[..at].ends_with("\r\x1b[K"), "{text:?}");
    }
}

/// Sessions of a server have a line each. Other modes with stdin and stdout have it as well.
#[test]
fn every_mode_with_stdin_and_stdout_shows_its_progress() {
    let server = Screen::new(80);
    let (run, address) = server.serve("tcp-server -k --progress 127.0.0.1:0", Stdio::null());
    let (listener, to) = listening();
    let relay = Screen::new(80);
    let mut relaying = relay.run(&format!("relay --progress - {to}"));
    let to_relay = trickle(accept(&listener));
    let datagrams = Screen::new(80);
    let (mut receiving, at) = datagrams.serve("udp-server --progress --count 200 127.0.0.1:0", Stdio::null());
    let sender = udp("127.0.0.1");

    for session in 1..=2 {
        let to_server = trickle(connect(address));
        eventually("a line", || {
            sender.send_to(&[b'x'; 100], at).ok();
            server.text().rsplit('\n').next()?.contains(" in  ").then_some(())
        });
        drop(to_server);
        eventually("a last line", || (server.text().matches('\n').count() == 1 + session).then_some(()));
    }
    relay.shows(" in  ");
    drop(to_relay);
    relaying.ends_with(0);
    relay.shows("\n");
    drop(run);
    eventually("the last datagram", || {
        sender.send_to(&[b'x'; 100], at).ok();
        (!receiving.is_running()).then_some(())
    });
    datagrams.shows("20.0 kB in  ");
}

/// ^S stops the terminal, and not the session.
#[test]
fn a_stopped_terminal_does_not_stop_the_session() {
    let screen = Screen::new(80);
    let (mut client, mut peer) = screen.client(&[], large_file());
    screen.shows(" out  ");
    screen.terminal.type_in("\x13");
    assert_eq!(take_all(&mut peer).len(), FILE_BYTES);
    drop(peer);
    client.ends_with(0);
}

/// The kernel moves the bytes, with the line or without it.
#[test]
fn bytes_are_moved_by_the_kernel_as_ever() {
    let screen = Screen::new(200);
    let (listener, address) = listening();
    let mut run = to_null(&format!("tcp-client --progress -vv {address}"));
    run.stdout(Stdio::piped());
    let mut client = screen.start(run);
    let (mut peer, mut stdout) = (accept(&listener), client.stdout());
    let sent = thread::spawn(move || {
        peer.write_all(&vec![b'x'; FILE_BYTES]).expect("the client takes it");
    });
    screen.shows("forwarding by Splice(ToPipe)");
    assert_eq!(take_all(&mut stdout).len(), FILE_BYTES);
    sent.join().expect("it has written");
    client.ends_with(0);
}
