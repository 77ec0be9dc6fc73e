//! Tests `exec` as a job of a shell: ^Z stops xport and its program, `fg` and `bg` continue both, and the terminal is
//! read only in the foreground.

use crate::harness::*;

/// A shell with job control on its own terminal, and the output of that terminal.
pub(super) struct Shell {
    pub(super) terminal: Terminal,
    pub(super) shown: Receiver<String>,
    run: Background,
}

impl Shell {
    /// `None`, with a note, if bash is missing.
    pub(super) fn start() -> Option<Self> {
        if !Command::new("bash").args(["-c", ":"]).status().is_ok_and(|status| status.success()) {
            println!("skipped: no bash here");
            return None;
        }
        let terminal = Terminal::new();
        let mut shell = Command::new("bash");
        shell.args(["--norc", "--noprofile", "--noediting", "-i"]).env("PS1", "").env("X", program());
        shell.env_remove("XPORT_LOG").env_remove("RUST_LOG");
        terminal.give_to(&mut shell);
        shell.stderr(terminal.slave.try_clone().expect("a copy"));
        let run = Background::spawn_with_stderr(shell);
        let shown = lines(terminal.master.try_clone().expect("a copy"));
        Some(Self { terminal, shown, run })
    }

    pub(super) fn enter(&self, line: &str) {
        self.terminal.type_in(&format!("{line}\n"));
    }

    /// Waits for a line that begins with `start`, and returns the rest of it.
    #[track_caller]
    pub(super) fn line(&self, start: &str) -> String {
        let mut seen = Vec::new();
        loop {
            match self.shown.recv_timeout(DEADLINE) {
                Ok(line) => match line.trim_end().strip_prefix(start) {
                    Some(rest) => return rest.to_owned(),
                    None => seen.push(line),
                },
                Err(error) => panic!("no line with {start:?}: {error}; there was {seen:?}"),
            }
        }
    }

    #[track_caller]
    fn gives_foreground_to(&self, job: &Pair) {
        self.has_in_the_foreground(job.xport);
    }

    #[track_caller]
    fn has_in_the_foreground(&self, group: u32) {
        // SAFETY: the call takes a number and touches no memory.
        let foreground = || unsafe { libc::tcgetpgrp(self.terminal.master.as_raw_fd()) };
        eventually("the foreground", || (foreground() == group as libc::pid_t).then_some(()));
    }

    /// Waits until the shell itself reads the keys.
    #[track_caller]
    pub(super) fn takes_foreground_back(&self) {
        self.has_in_the_foreground(self.run.pid());
    }

    /// Runs `script` in xport, with these words of the shell around it. Returns the process numbers of xport and of its
    /// program.
    #[track_caller]
    fn job(&self, options: &str, script: &str, rest: &str) -> Pair {
        self.enter(&format!("\"$X\" exec {options} -- sh -c 'echo \"<$PPID $$\"; {script}' {rest}"));
        let numbers = self.line("<");
        let mut numbers = numbers.split(' ').map(|number| number.parse().expect("a number"));
        let mut number = || numbers.next().expect("two numbers");
        Pair { xport: number(), child: number() }
    }
}

/// xport and its program.
struct Pair {
    xport: u32,
    child: u32,
}

impl Pair {
    #[track_caller]
    fn stops(&self) {
        eventually("both to stop", || {
            (state_of(self.xport) == Some('T') && state_of(self.child) == Some('T')).then_some(())
        });
    }

    #[track_caller]
    fn goes_on(&self) {
        eventually("both to go on", || {
            let runs = |pid| state_of(pid).is_some_and(|state| state != 'T');
            (runs(self.xport) && runs(self.child)).then_some(())
        });
    }

    #[track_caller]
    fn ends(&self) {
        eventually("both to end", || {
            let ended = |pid| state_of(pid).is_none_or(|state| state == 'Z');
            (ended(self.xport) && ended(self.child)).then_some(())
        });
    }
}

#[test]
fn a_key_stops_both_and_the_shell_lets_both_go_on() {
    for options in ["", "--stdin pipe", "--stdin null", "--stdin inherit", "--timeout 1h"] {
        let Some(shell) = Shell::start() else { return };
        let job = shell.job(options, "exec sleep 1000", "");
        for _ in 0..2 {
            shell.terminal.type_in("\x1a");
            job.stops();
            shell.enter("fg");
            job.goes_on();
            shell.gives_foreground_to(&job);
        }
        shell.terminal.type_in("\x1a");
        job.stops();
        shell.enter("bg");
        job.goes_on();
        // The shell reads the keys now. Reading them would stop xport.
        for number in 0..3 {
            shell.enter(&format!("echo '>'{number}"));
            shell.line(&format!(">{number}"));
        }
        job.goes_on();
        shell.enter("fg");
        shell.gives_foreground_to(&job);
        shell.enter("never read");
        shell.terminal.type_in("\x03");
        job.ends();
        shell.enter("echo '>'$?");
        assert_eq!(shell.line(">"), "130", "{options}");
    }
}

/// A program in the foreground gets the keys again.
#[test]
fn keys_are_read_in_the_foreground_only() {
    let Some(shell) = Shell::start() else { return };
    let job = shell.job("", "while read line; do echo \"($line\"; done", "&");
    shell.enter("echo '>'mine");
    shell.line(">mine");
    job.goes_on();
    shell.enter("fg");
    // Bash prints the command before it gives up the foreground, so it can still read a line.
    eventually("a line for the program", || {
        shell.enter("theirs");
        shell.shown.try_iter().any(|line| line.trim_end() == "(theirs").then_some(())
    });
    shell.terminal.type_in("\x1a");
    job.stops();
    shell.enter("kill %1; fg");
    job.ends();
}

#[test]
fn a_program_that_is_stopped_can_be_told_to_end() {
    let Some(mut shell) = Shell::start() else { return };
    let job = shell.job("", "exec sleep 1000", "");
    shell.terminal.type_in("\x1a");
    job.stops();
    shell.enter("kill %1");
    // A shell continues a job that it kills.
    job.ends();
    shell.enter("exit");
    shell.enter("exit");
    assert!(shell.run.wait().code().is_some());
}

/// A program can delay its stop, or not stop at all. Then only xport stops, until it is continued.
#[test]
fn a_program_hears_of_the_key_and_of_the_end_of_its_stop() {
    let Some(shell) = Shell::start() else { return };
    let script = "trap \"echo =tstp; kill -STOP \\$\\$\" TSTP; trap \"echo =cont\" CONT; echo =ready; \
        until test \"$x\" = end; do read x; done";
    let job = shell.job("", script, "");
    shell.line("=ready");
    shell.terminal.type_in("\x1a");
    // xport passes its output on, and is stopped, so the output appears later.
    job.stops();
    shell.enter("fg");
    shell.gives_foreground_to(&job);
    shell.line("=tstp");
    shell.line("=cont");
    job.goes_on();
    shell.enter("end");
    job.ends();
}

/// The same by a signal from another process, if the parent of xport could continue it.
#[test]
fn a_stop_by_a_signal_stops_both() {
    without_a_shell_nothing_stays_stopped();
    a_stop_that_was_ignored_stays_so();
    let mut run = command(["exec", "--", "sh", "-c", "echo $$; exec sleep 1000"]);
    run.process_group(0);
    let mut run = Background::spawn(run);
    let mut stdout = run.stdout();
    let mut number = Vec::new();
    while !number.ends_with(b"\n") {
        number.extend(take(&mut stdout, 1));
    }
    let child = String::from_utf8(number).expect("text").trim().parse().expect("a number");
    let pair = Pair { xport: run.pid(), child };
    for _ in 0..3 {
        run.signal(libc::SIGTSTP);
        pair.stops();
        run.signal(libc::SIGCONT);
        pair.goes_on();
    }
    // SIGSTOP stops xport alone. SIGCONT continues both.
    run.signal(libc::SIGSTOP);
    eventually("it is stopped", || (state_of(pair.xport) == Some('T')).then_some(()));
    run.signal(libc::SIGCONT);
    pair.goes_on();
    run.signal(libc::SIGTERM);
    run.is_killed_by(libc::SIGTERM);
    pair.ends();
}

/// Without a shell nothing could continue xport: the system does not stop it, so the program is not stopped either.
fn without_a_shell_nothing_stays_stopped() {
    let terminal = Terminal::new();
    // xport leads the session, so its group is orphaned.
    let script = "echo ready; while read line; do echo \"<$line>\"; done";
    let mut run = terminal.spawn(command(["exec", "--", "sh", "-c", script]));
    terminal.shows("ready\r\n");
    for word in ["one", "two"] {
        run.signal(libc::SIGTSTP);
        terminal.type_in(&format!("{word}\n"));
        terminal.shows(&format!("<{word}>\r\n"));
    }
    run.signal(libc::SIGTERM);
    run.is_killed_by(libc::SIGTERM);
}

/// If the signal is ignored at the start, nothing stops.
fn a_stop_that_was_ignored_stays_so() {
    let mut run = command(["exec", "--", "sh", "-c", "echo ready; while read line; do echo \"<$line>\"; done"]);
    // SAFETY: between fork and exec it makes system calls only and touches no memory.
    unsafe {
        run.pre_exec(|| {
            libc::signal(libc::SIGTSTP, libc::SIG_IGN);
            // The parent is in the same session, so the system would stop it.
            if libc::setpgid(0, 0) < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
        });
    }
    let mut run = Background::spawn(run);
    let (mut stdin, mut stdout) = (run.stdin(), run.stdout());
    assert_eq!(take(&mut stdout, 6), b"ready\n");
    run.signal(libc::SIGTSTP);
    Write::write_all(&mut stdin, b"on\n").expect("it is read");
    assert_eq!(take(&mut stdout, 5), b"<on>\n");
    drop(stdin);
    run.ends_with(0);
}
