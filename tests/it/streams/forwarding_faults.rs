//! Tests failures during forwarding by the kernel: resets, readers that leave, time limits, signals, partial calls, and
//! too few pipes.

use super::forwarding::*;
use crate::harness::*;

/// Reads to the end or an error. The bytes must be a prefix of `data`.
#[track_caller]
fn expect_prefix(stream: &mut impl Read, data: &[u8]) -> io::Result<()> {
    let (mut n, mut buffer) = (0, vec![0; 65536]);
    loop {
        match read_once(stream, &mut buffer)? {
            0 => return Ok(()),
            more => {
                assert!(data[n..].starts_with(&buffer[..more]), "other bytes after {n}");
                n += more;
            }
        }
    }
}

/// A client that is blocked on its stdout, with many bytes left.
fn blocked_client(options: &[&str]) -> (Background, Leg, ChildStdout) {
    let (mut run, peer) = client(options);
    let mut peer = Leg::socket(peer);
    peer.send(bulk(), false);
    let mut stdout = run.stdout();
    expect(&mut stdout, &bulk()[..5_000_000]);
    (run, peer, stdout)
}

/// A relay that is blocked on its right end, with many bytes left.
fn blocked_relay(options: &[&str]) -> (Background, Leg, Leg) {
    let (run, mut left, mut right) = relay(Tcp, Tcp, options);
    left.send(bulk(), false);
    right.expect(&bulk()[..5_000_000]);
    (run, left, right)
}

/// After a reset of the peer, a prefix arrives, with status 4. The other side of a relay gets the prefix and a reset.
#[test]
fn a_reset_in_the_midst_of_much_is_told() {
    for rests in [false, true] {
        let (run, mut peer, mut stdout) = blocked_client(&[]);
        if rests {
            run.comes_to_rest();
        }
        peer.reset();
        expect_prefix(&mut stdout, &bulk()[5_000_000..]).expect("an end");
        let output = run.finish();
        assert_eq!(output.status.code(), Some(4), "{}", text(&output));
    }
    let (run, mut left, mut right) = blocked_relay(&[]);
    run.comes_to_rest();
    left.reset();
    let error = expect_prefix(&mut right, &bulk()[5_000_000..]).expect_err("it must not look whole");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    moved_by_kernel(run, 4);
}

#[test]
fn a_reader_that_resets_in_the_midst_of_much_is_told() {
    let (run, left, mut right) = relay(Tcp, Tcp, &[]);
    let mut left = left.copy();
    // More than the buffers of the system can hold.
    let writer = thread::spawn(move || (0..20).try_for_each(|_| left.write_all(bulk())));
    right.expect(&bulk()[..5_000_000]);
    right.reset();
    let error = writer.join().expect("no panic").expect_err("it has not gone through");
    let is_told = matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe);
    assert!(is_told, "{error}");
    moved_by_kernel(run, 4);
}

#[test]
fn a_reader_of_stdout_who_leaves_in_the_midst_of_much_ends_it_by_sigpipe() {
    for rests in [false, true] {
        let (run, _peer, stdout) = blocked_client(&[]);
        if rests {
            run.comes_to_rest();
        }
        drop(stdout);
        let output = run.finish();
        assert_eq!(output.status.signal(), Some(libc::SIGPIPE), "{}", text(&output));
        assert!(output.stderr.is_empty(), "{}", text(&output));
    }
}

/// A silent source costs no CPU time.
#[test]
fn silence_after_much_is_waited_out() {
    let (run, _left, mut right) = blocked_relay(&[]);
    right.expect(&bulk()[5_000_000..]);
    run.comes_to_rest();
    let (run, _peer, mut stdout) = blocked_client(&[]);
    expect(&mut stdout, &bulk()[5_000_000..]);
    run.comes_to_rest();
}

#[test]
fn time_limits_end_what_is_blocked() {
    // The data takes a while to make.
    bulk();
    for_each(["--timeout", "--idle-timeout"], |limit| {
        let (mut client, _peer, _stdout) = blocked_client(&[limit, "3s"]);
        let (mut relay, _left, _right) = blocked_relay(&[limit, "3s"]);
        client.ends_with(124);
        assert_eq!(relay.wait().code(), Some(124), "{limit}");
    });
}

#[test]
fn a_signal_ends_what_is_blocked() {
    let (mut run, _peer, _stdout) = blocked_client(&[]);
    run.comes_to_rest();
    run.signal(libc::SIGTERM);
    run.is_killed_by(libc::SIGTERM);
    let (mut run, _left, mut right) = blocked_relay(&[]);
    run.comes_to_rest();
    run.signal(libc::SIGTERM);
    run.is_killed_by(libc::SIGTERM);
    expect_prefix(&mut right, &bulk()[5_000_000..]).expect_err("it must not look whole");
}

/// With more blocked pairs than pipes, the other pairs copy, descriptors are bounded, and all finish.
#[test]
fn more_blocked_pairs_than_pipes() {
    const PAIRS: usize = 80;
    const PIPES_MAX: usize = 64;
    let folder = folder();
    let (ground, path) = (Ground::new(), folder.path().join("left"));
    let (right_end, right_place) = ground.endpoint(Unix, "right");
    let mut run = Background::start(["-vvv", "relay", &format!("unix-listen:{}", path.display()), &right_end]);
    run.line("listening on ");
    let before = run.fds();
    let (all, first) = (&bulk()[..3_000_000], 1_500_000);
    let mut ends = Vec::new();
    for _ in 0..PAIRS {
        let left = UnixStream::connect(&path).expect("it listens");
        let (mut left, mut right) = (Leg::socket(left), right_place.accept());
        left.send(all, true);
        right.expect(&all[..first]);
        ends.push((left, right));
    }
    run.comes_to_rest();
    let fds = run.fds() - before;
    assert!(fds <= 2 * PAIRS + 2 * PIPES_MAX + 16, "{fds} descriptors");
    assert!(fds > 2 * PAIRS + PIPES_MAX, "{fds} descriptors: hardly anyone waits with a pipe");
    for (_, right) in &mut ends {
        right.expect(&all[first..]);
        right.expect_end();
        right.end();
    }
    for (left, _) in &mut ends {
        left.expect_end();
    }
    eventually("all are closed, and few pipes are kept", || (run.fds() <= before + 2 * 8).then_some(()));
    run.signal(libc::SIGTERM);
    run.wait();
    assert!(moved(&run.all_lines()) > 0);
}

/// A user with many pipes gets only small ones, which are of no use: everything is copied.
#[test]
fn a_user_without_pipe_pages_is_served_by_copies() {
    let limit = fs::read_to_string("/proc/sys/fs/pipe-user-pages-soft").unwrap_or_default();
    if limit.trim() != "16384" || !is_root() {
        return println!("skipped: root is needed, and the usual limit of pipe pages, not {limit:?}");
    }
    let (mut command, stranger) = (command(["-vvv"]), stranger());
    // SAFETY: these calls are async-signal-safe, and their only memory is two numbers on the stack.
    unsafe {
        command.pre_exec(move || {
            if libc::setgid(stranger) != 0 || libc::setuid(stranger) != 0 {
                return Err(io::Error::last_os_error());
            }
            // The pipes stay open in the program.
            loop {
                let mut ends = [0; 2];
                if libc::pipe(ends.as_mut_ptr()) != 0 {
                    return Err(io::Error::last_os_error());
                }
                if libc::fcntl(ends[0], libc::F_SETPIPE_SZ, 1 << 20) < 0 {
                    return Ok(());
                }
            }
        });
    }
    let Pair { program: mut run, mut left, mut right, .. } = Pair::by(command, Tcp, Tcp, &[]);
    left.send(bulk(), true);
    right.expect(bulk());
    right.expect_end();
    right.end();
    run.ends_with(0);
    let lines = run.all_lines();
    assert!(lines.iter().any(|line| line.contains("forwarding by Splice")), "it was not even tried");
    assert_eq!(moved(&lines), 0);
}

/// A program with misbehaving `splice` and `sendfile`.
struct Faulty {
    folder: TempDir,
    faults: &'static [(&'static str, &'static str)],
}

impl Faulty {
    fn new(faults: &'static [(&'static str, &'static str)]) -> Option<Self> {
        shim().map(|_| Self { folder: tempfile::tempdir().expect("a folder"), faults })
    }

    fn command(&self) -> Command {
        let log = self.folder.path().join("log").display().to_string();
        let faults = [self.faults, &[("MOVES", "1"), ("LOG", &log)]].concat();
        misbehaving(command(["-vvv"]), &faults).expect("the library is there")
    }

    /// Reads everything from `far`, and expects that calls have misbehaved.
    #[track_caller]
    fn ends(&self, run: Background, mut far: Leg) {
        far.expect(bulk());
        far.expect_end();
        far.end();
        moved_by_kernel(run, 0);
        self.has_misbehaved();
    }

    #[track_caller]
    fn has_misbehaved(&self) {
        assert!(misbehaved(&self.folder.path().join("log")) > 0, "no call has misbehaved");
    }

    #[track_caller]
    fn joins_sockets(&self) {
        for kind in [Tcp, Unix] {
            let Pair { program, mut left, right, .. } = Pair::by(self.command(), kind, Tcp, &[]);
            left.send(bulk(), true);
            self.ends(program, right);
        }
    }

    #[track_caller]
    fn fills_a_pipe(&self) {
        let ((mut out_of, output), mut command) = (io::pipe().expect("a pipe"), self.command());
        command.stdin(null()).stdout(output);
        let (run, peer) = client_by(command, &[]);
        Leg::socket(peer).send(bulk(), true);
        expect(&mut out_of, bulk());
        expect_end(&mut out_of);
        moved_by_kernel(run, 0);
        self.has_misbehaved();
    }

    #[track_caller]
    fn sends_a_file(&self) {
        let path = self.folder.path().join("file");
        fs::write(&path, bulk()).expect("room");
        let mut command = self.command();
        command.stdin(File::open(&path).expect("it"));
        let (run, peer) = client_by(command, &["--half-close", "now"]);
        self.ends(run, Leg::socket(peer));
    }
}

/// Forwards in all three ways at once. Each way has its own program and its own count of calls.
#[track_caller]
fn in_spite_of(faults: &'static [(&'static str, &'static str)]) {
    for_each(["sockets", "a pipe", "a file"], |way| {
        let Some(faulty) = Faulty::new(faults) else { return };
        match way {
            "sockets" => faulty.joins_sockets(),
            "a pipe" => faulty.fills_a_pipe(),
            _ => faulty.sends_a_file(),
        }
    });
}

#[test]
fn moves_that_do_less_than_asked_lose_nothing() {
    // Cut short, and interrupted.
    in_spite_of(&[("SHORT", "90000")]);
    in_spite_of(&[("EINTR", "2"), ("SHORT", "200000")]);
}

#[test]
fn moves_that_are_refused_become_copies() {
    in_spite_of(&[("REFUSE", "6")]);
    in_spite_of(&[("REFUSE", "1")]);
}

/// A wrong "not now" without a later event: xport asks which of the two ends was meant.
#[test]
fn moves_that_say_not_now_are_tried_again() {
    in_spite_of(&[("EAGAIN", "7"), ("SHORT", "300000")]);
}

/// Many bytes, an urgent byte, and some more.
fn feed_urgently(far: &Leg, ends: bool) {
    let mut stream = far.copy();
    thread::spawn(move || {
        stream.write_all(&bulk()[..8_000_000])?;
        SockRef::from(&stream).send_out_of_band(b"!")?;
        stream.write_all(&bulk()[8_000_000..8_100_000])?;
        if ends { stream.shutdown(Shutdown::Write) } else { Ok(()) }
    });
}

/// Bytes after an urgent byte are neither lost nor delayed, through a relay and into a pipe. The urgent byte itself is
/// not part of the stream.
#[test]
fn what_is_behind_an_urgent_byte_goes_on() {
    for ends in [true, false] {
        let (_run, left, mut right) = relay(Tcp, Tcp, &[]);
        feed_urgently(&left, ends);
        right.expect(&bulk()[..8_100_000]);

        let (mut run, peer) = client(&[]);
        let peer = Leg::socket(peer);
        feed_urgently(&peer, ends);
        expect(&mut run.stdout(), &bulk()[..8_100_000]);
    }
}

/// A file that cannot be read any more is a failure of stdin, not of the peer. The peer must not take its prefix for
/// the whole.
#[test]
fn a_file_that_fails_is_stdins_failure() {
    let Some(faulty) = Faulty::new(&[("STALE", "1")]) else { return };
    let path = faulty.folder.path().join("file");
    fs::write(&path, bulk()).expect("room");
    let mut command = faulty.command();
    command.stdin(File::open(&path).expect("it"));
    let (mut run, mut peer) = client_by(command, &[]);
    let error = read_once(&mut peer, &mut [0; 8]).expect_err("not an orderly end");
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    run.ends_with(1);
    assert!(run.all_lines().iter().any(|line| line.contains("stdin: Stale file handle")));
}

/// The message names stdin or stdout, whichever way the bytes took.
#[test]
fn a_socket_as_stdout_that_is_reset_is_named() {
    let (listener, address) = listening();
    let ours = TcpStream::connect(address).expect("it listens");
    ours.set_nonblocking(true).expect("a flag");
    let mut reader = accept(&listener);
    let (mut run, peer) = client_by(command(["-vvv"]).stdout(OwnedFd::from(ours)), &[]);
    Leg::socket(peer).send(bulk(), true);
    expect(&mut reader, &bulk()[..5_000_000]);
    reset(reader);
    let status = run.wait();
    if status.signal() == Some(libc::SIGPIPE) {
        // The kernel reported the reset to a partial splice, which returned only a count.
        return;
    }
    assert_eq!(status.code(), Some(1));
    assert!(moved(&run.all_lines()) > 0);
    assert!(run.all_lines().iter().any(|line| line.contains("stdout: Connection reset by peer")));
}
