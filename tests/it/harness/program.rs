//! Runs the program to its end or in the background. Every wait has a deadline.

use super::*;
use std::borrow::BorrowMut;

/// Longer than any step takes on a slow and busy machine. Only a hang reaches it.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// The program, run to its end by `assert_cmd`, with a deadline.
pub fn xport<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> assert_cmd::Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("xport");
    command.args(args).timeout(DEADLINE).env_remove("XPORT_LOG").env_remove("RUST_LOG");
    command
}

/// The words of a command line, as a shell reads them: `words!("tcp-client --dump {} {address}", path.display())`.
macro_rules! words {
    ($($line:tt)*) => { shell_words::split(&format!($($line)*)).expect("a command line") };
}
pub(crate) use words;

/// The path of the program, for tests that need a shell around it.
pub fn program() -> PathBuf {
    assert_cmd::cargo::cargo_bin!("xport").to_path_buf()
}

/// Copies the program to a place where other users can run it. Another process makes the copy: a child of another test
/// could keep a descriptor of it open for a moment, and a file that is open for writing cannot be executed.
pub fn copy_program(to: &Path) {
    let copied = Command::new("cp").arg(program()).arg(to).status().expect("cp is everywhere");
    assert!(copied.success(), "it can be copied");
}

/// The program as a command for further preparation, with pipes as streams and without log variables.
pub fn command<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(program());
    command.args(args).env_remove("XPORT_LOG").env_remove("RUST_LOG").stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// A shell with the program as `$0`, as a command like that.
pub fn by_shell(script: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).arg(program()).env_remove("XPORT_LOG").env_remove("RUST_LOG");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// A device of `/dev`: `full` for writing, others for reading.
pub fn device(name: &str) -> File {
    File::options().read(name != "full").write(name == "full").open(format!("/dev/{name}")).expect("it is everywhere")
}

/// A file with this content, open at its beginning.
pub fn file_with(content: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(content).and_then(|()| file.rewind()).expect("it takes the bytes");
    file
}

/// Runs to the end, with an empty stdin.
pub fn outcome<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Output {
    outcome_with(args, "")
}

/// Runs to the end, with this on stdin.
pub fn outcome_with<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>, input: impl Into<Vec<u8>>) -> Output {
    let mut command = xport(args);
    tells(&command);
    command.write_stdin(input).output().expect("a run")
}

/// Prints a command, which a failed test shows, so that a row of a table is known by its line.
fn tells(command: &impl std::fmt::Debug) {
    println!("runs {command:?}");
}

/// A server in the background, and its address.
#[track_caller]
pub fn serve<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> (Background, SocketAddr) {
    serve_by(command(args))
}

/// The same with a prepared command.
#[track_caller]
pub fn serve_by(command: impl BorrowMut<Command>) -> (Background, SocketAddr) {
    let mut server = Background::spawn(command);
    let address = server.address();
    (server, address)
}

/// A relay that listens, and its address.
#[track_caller]
pub fn relaying(options: &[&str], left: &str, right: &str) -> (Background, SocketAddr) {
    serve([&["relay"], options, &[left, right]].concat())
}

/// Waits for the port file of a server, and returns the address.
#[track_caller]
pub fn port_in(file: &Path) -> SocketAddr {
    let port = eventually("the port file", || fs::read_to_string(file).ok()?.strip_suffix('\n')?.parse().ok());
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Lets a command inherit a descriptor under the same number.
pub fn pass_on(command: &mut Command, fd: &impl AsRawFd) {
    let fd = fd.as_raw_fd();
    // SAFETY: between fork and exec the closure makes one system call and touches no memory.
    unsafe {
        command.pre_exec(move || {
            if libc::fcntl(fd, libc::F_SETFD, 0) == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
        });
    }
}

/// Lets a command inherit a descriptor under these numbers, as careless programs leave them.
pub fn inherit_as<I: IntoIterator<Item = RawFd>>(command: &mut Command, fd: impl Into<OwnedFd>, numbers: I) {
    let (fd, numbers) = (fd.into(), Vec::from_iter(numbers));
    // SAFETY: between fork and exec the closure makes only system calls, and reads only values that it owns.
    unsafe {
        command.pre_exec(move || {
            let is_done = numbers.iter().all(|&number| libc::dup2(fd.as_raw_fd(), number) == number);
            if is_done { Ok(()) } else { Err(io::Error::last_os_error()) }
        });
    }
}

/// The result of `f`, and its duration.
pub fn timed<T>(f: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = f();
    (value, start.elapsed())
}

pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A path in a directory of its own, short enough for sockets.
pub fn path(name: &str) -> (TempDir, PathBuf) {
    let folder = short_directory();
    let path = folder.path().join(name);
    (folder, path)
}

/// A directory with a name short enough for sockets.
pub fn short_directory() -> TempDir {
    tempfile::Builder::new().prefix("xp").tempdir_in("/tmp").expect("a directory")
}

/// A program in the background. It is killed when the test ends or fails.
pub struct Background {
    child: Child,
    stderr: Receiver<String>,
    seen: Vec<String>,
}

impl Background {
    /// Starts xport with all three streams as pipes.
    pub fn start<A: AsRef<OsStr>>(args: impl IntoIterator<Item = A>) -> Self {
        Self::spawn(command(args))
    }

    /// Starts a prepared command, and reads its stderr.
    pub fn spawn(mut command: impl BorrowMut<Command>) -> Self {
        let mut child = command.borrow_mut().stderr(Stdio::piped()).spawn().expect("the program starts");
        tells(command.borrow_mut());
        let stderr = lines(child.stderr.take().expect("stderr is a pipe"));
        Self { child, stderr, seen: Vec::new() }
    }

    /// Starts a prepared command that has its own stderr, which the test does not read.
    pub fn spawn_with_stderr(mut command: Command) -> Self {
        let child = command.spawn().expect("the program starts");
        tells(&command);
        Self { child, stderr: channel().1, seen: Vec::new() }
    }

    /// Waits for a line of stderr that contains `text`, and returns it.
    #[track_caller]
    pub fn line(&mut self, text: &str) -> String {
        let end = Instant::now() + DEADLINE;
        loop {
            match self.stderr.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no line with {text:?} in time; there was {:?}", self.seen),
                Err(RecvTimeoutError::Disconnected) => panic!("no line with {text:?}; there was {:?}", self.seen),
            }
        }
    }

    /// How many lines of stderr so far have this text.
    pub fn count(&mut self, text: &str) -> usize {
        self.all_lines().iter().filter(|line| line.contains(text)).count()
    }

    /// Waits for the `listening on` line, and returns the address.
    #[track_caller]
    pub fn address(&mut self) -> SocketAddr {
        let line = self.line("listening on ");
        let (_, address) = line.split_once("listening on ").expect("the line has been looked for");
        address.trim().parse().unwrap_or_else(|_| panic!("no address in {line:?}"))
    }

    /// Waits until it listens, and returns its first address as text.
    #[track_caller]
    pub fn listens(&mut self) -> String {
        let heard = self.seen.iter().find(|line| line.contains("listening on ")).cloned();
        let line = heard.unwrap_or_else(|| self.line("listening on "));
        line.split_once("listening on ").expect("it has been looked for").1.trim().to_owned()
    }

    /// Waits until it listens, and connects to its unix socket.
    #[track_caller]
    pub fn unix_client(&mut self, path: impl AsRef<Path>) -> UnixStream {
        self.listens();
        let stream = UnixStream::connect(path).expect("it accepts");
        stream.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        stream.set_write_timeout(Some(DEADLINE)).expect("a timeout");
        stream
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("stdin is a pipe, and taken once")
    }

    pub fn stdout(&mut self) -> ChildStdout {
        self.child.stdout.take().expect("stdout is a pipe, and taken once")
    }

    /// stdin and stdout, if they are pipes that nobody has taken.
    pub fn streams(&mut self) -> (Option<ChildStdin>, Option<ChildStdout>) {
        (self.child.stdin.take(), self.child.stdout.take())
    }

    /// Sends a signal by number.
    pub fn signal(&self, signal: i32) {
        let status = Command::new("kill").arg(format!("-{signal}")).arg(self.pid().to_string()).status();
        assert!(status.expect("kill runs").success(), "the program is gone already");
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("it can be waited for").is_none()
    }

    /// Waits for the end, and returns the status. `all_lines` has all lines of stderr then.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status;
            }
            assert!(begin.elapsed() < DEADLINE, "still running after {DEADLINE:?}; stderr: {:?}", self.all_lines());
            // `try_wait` has no deadline, so this polls.
            pause_between_looks(begin);
        }
    }

    /// Waits for the end, and expects this status.
    #[track_caller]
    pub fn ends_with(&mut self, status: i32) {
        assert_eq!(self.wait().code(), Some(status), "{:?}", self.all_lines());
    }

    /// Asks a server to end, and expects an orderly end.
    #[track_caller]
    pub fn drains(&mut self) {
        self.signal(libc::SIGTERM);
        self.ends_with(0);
    }

    /// Waits for the end, and expects the end by this signal.
    #[track_caller]
    pub fn is_killed_by(&mut self, signal: i32) {
        let status = self.wait();
        assert_eq!(status.signal(), Some(signal), "{status:?}: {:?}", self.all_lines());
    }

    /// Ends stdin, reads the rest of stdout, and waits for the end.
    #[track_caller]
    pub fn finish(mut self) -> Output {
        drop(self.child.stdin.take());
        let stdout = self.child.stdout.take().map_or_else(Vec::new, |mut stdout| take_all(&mut stdout));
        let status = self.wait();
        let stderr = self.all_lines().iter().flat_map(|line| [line, "\n"]).collect::<String>().into_bytes();
        Output { status, stdout, stderr }
    }

    /// Every line of stderr so far.
    pub fn all_lines(&mut self) -> Vec<String> {
        // The end of the program ends its stderr, unless another process has it open. The reader can be late on a busy
        // machine.
        let end = Instant::now() + Duration::from_secs(5);
        if !self.is_running() {
            while let Ok(line) = self.stderr.recv_timeout(end.saturating_duration_since(Instant::now())) {
                self.seen.push(line);
            }
        }
        self.seen.extend(self.stderr.try_iter());
        self.seen.clone()
    }

    /// The CPU time so far, user and system, in seconds.
    pub fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).expect("it runs");
        let fields: Vec<&str> = stat.rsplit_once(") ").expect("the name is in brackets").1.split(' ').collect();
        let ticks: f64 = fields[11].parse::<f64>().expect("utime") + fields[12].parse::<f64>().expect("stime");
        ticks / 100.0
    }

    /// Waits until it uses no CPU time for a while. A spinning program fails.
    #[track_caller]
    pub fn comes_to_rest(&self) {
        const WINDOW: Duration = Duration::from_millis(300);
        eventually("the program comes to rest", || {
            let before = self.cpu();
            pass(WINDOW, "a window in which a program that spins would show");
            (self.cpu() - before < 0.05).then_some(())
        });
    }

    /// Resident memory in KiB.
    pub fn rss_kib(&self) -> u64 {
        self.memory_kib("VmRSS")
    }

    /// The peak of resident memory in KiB.
    pub fn peak_kib(&self) -> u64 {
        self.memory_kib("VmHWM")
    }

    fn memory_kib(&self, what: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with(what)).expect("a line of its own");
        line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
    }

    /// How many descriptors it has open. Only root can see those of a program with a private key: for others the count
    /// is one.
    pub fn fds(&self) -> usize {
        match fs::read_dir(format!("/proc/{}/fd", self.pid())) {
            Ok(open) => open.count(),
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                println!("skipped: the descriptors of this program are not for us to see: {error}");
                1
            }
            Err(error) => panic!("it runs: {error}"),
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Calls `f` until it returns a value, or panics with `what` after the deadline.
#[track_caller]
pub fn eventually<T>(what: &str, mut f: impl FnMut() -> Option<T>) -> T {
    let begin = Instant::now();
    loop {
        if let Some(value) = f() {
            return value;
        }
        assert!(begin.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
        pause_between_looks(begin);
    }
}

/// Whether `f` is true at some time within the limit.
pub fn within(limit: Duration, mut f: impl FnMut() -> bool) -> bool {
    let begin = Instant::now();
    loop {
        if f() {
            return true;
        }
        if begin.elapsed() > limit {
            return false;
        }
        pause_between_looks(begin);
    }
}

/// Lets time pass, for a case in which the time itself counts: a slow or late peer, a limit that has to be over, or a
/// time in which nothing may happen. To wait for an event, use `eventually`. `why` tells the reader what the time is
/// for.
pub fn pass(time: Duration, why: &str) {
    assert!(!why.is_empty());
    thread::sleep(time);
}

/// Pauses between two looks at something that changes without an event for the test. A long wait looks less often, so
/// that many tests that wait leave the CPU to the others.
fn pause_between_looks(begin: Instant) {
    let pause = (begin.elapsed() / 16).clamp(Duration::from_millis(1), Duration::from_millis(20));
    thread::park_timeout(pause);
}

/// `tcp-client` with these options in the background, with pipes as streams, and its peer.
#[track_caller]
pub fn client(options: &[&str]) -> (Background, TcpStream) {
    client_by(command([""; 0]), options)
}

/// The same with a prepared command, which gets mode, options and address as its last arguments.
#[track_caller]
pub fn client_by(mut command: impl BorrowMut<Command>, options: &[&str]) -> (Background, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    command.borrow_mut().arg("tcp-client").args(options).arg(listener.local_addr().expect("an address").to_string());
    let client = Background::spawn(command);
    (client, accept(&listener))
}

/// A stale socket file, as a killed server leaves it. The test kills a real server for it: a socket of this process
/// could have a copy in a child of another test for a moment, which would be a sign of life.
pub fn make_stale(path: &Path) {
    let mut server = Background::start([OsStr::new("unix-echo"), path.as_os_str()]);
    server.line("listening on");
    server.signal(libc::SIGKILL);
    server.wait();
    assert!(path.exists());
}

/// The output of the program, for messages of failed assertions.
pub fn text(output: &Output) -> String {
    format!(
        "status {:?}, {} bytes on stdout, stderr: {}",
        output.status,
        output.stdout.len(),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Expects this exit status, and one line with `message` on stderr, or nothing if `message` is empty.
#[track_caller]
pub fn ended(output: &Output, status: i32, message: &str) {
    assert_eq!(output.status.code(), Some(status), "{}", text(output));
    if message.is_empty() {
        assert!(output.stderr.is_empty(), "{}", text(output));
        return;
    }
    let lines: Vec<_> = output.stderr.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
    // The second line of an error of TLS says what to do about it.
    let most = if status == 5 { 2 } else { 1 };
    assert!((1..=most).contains(&lines.len()), "{}", text(output));
    let lines = Vec::from_iter(lines.into_iter().map(String::from_utf8_lossy));
    assert!(lines.iter().all(|line| line.starts_with("xport: ")), "{}", text(output));
    assert!(lines.iter().any(|line| line.contains(message)), "{lines:?} do not say {message:?}");
}

/// Expects this exit status, and this on stdout.
#[track_caller]
pub fn gave(output: &Output, status: i32, stdout: impl AsRef<[u8]>) {
    assert_eq!(output.status.code(), Some(status), "{}", text(output));
    let stdout = stdout.as_ref();
    assert!(
        output.stdout == stdout,
        "{:?}: {}",
        String::from_utf8_lossy(&output.stdout[..output.stdout.len().min(500)]),
        text(output)
    );
}

/// Expects status 0, no message, and this on stdout.
#[track_caller]
pub fn printed(output: &Output, stdout: impl AsRef<[u8]>) {
    ended(output, 0, "");
    gave(output, 0, stdout);
}

/// The message of a run that is refused with status 2 before it does anything.
#[track_caller]
pub fn refusal(command: &mut assert_cmd::Command) -> String {
    let output = command.output().expect("a run");
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(output.stdout.is_empty(), "{}", text(&output));
    let message = String::from_utf8(output.stderr).expect("text");
    assert!(message.starts_with("xport: ") && message.ends_with('\n'), "{message:?}");
    // The second line is the one to type instead.
    assert!(message.lines().count() <= 2 && !message.contains("listening on"), "{message:?}");
    message
}

/// Each line is refused with its reason. A case is `LINE => REASON`: a line as a shell reads it, with its variables in
/// front, and a part of the message. `=> !TEXT` behind it is no part of the message.
#[track_caller]
pub fn refuses<S: Into<String>>(cases: impl IntoIterator<Item = S>) {
    for_each(cases.into_iter().map(S::into), |case: String| {
        let (line, reasons) = case.split_once(" => ").expect("a line and its reason");
        let words = shell_words::split(line).expect("words");
        let variables = words.iter().map_while(|word| word.split_once('=')).take_while(|(name, _)| !name.contains('-'));
        let count = variables.clone().count();
        let message = refusal(xport(&words[count..]).env_clear().envs(variables));
        for reason in reasons.split(" => ") {
            let (text, is_said) = reason.strip_prefix('!').map_or((reason, true), |text| (text, false));
            assert_eq!(message.contains(text), is_said, "{reason:?}: {message:?}");
        }
    });
}

/// Expects the end by a signal, without a message.
#[track_caller]
pub fn killed(output: &Output, signal: i32) {
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(output.status.signal(), Some(signal), "{}", text(output));
    assert!(output.stderr.is_empty(), "{}", text(output));
}

/// Writes a shell script. Another process writes it: a child of another test could keep a descriptor of it open for a
/// moment, and a file that is open for writing cannot be executed.
#[track_caller]
pub fn write_script(path: &Path, text: &str) {
    let write = "printf %s \"$1\" >\"$0\" && chmod 755 \"$0\"";
    let written = Command::new("sh").args(["-c", write]).arg(path).arg(text).status().expect("a shell");
    assert!(written.success(), "it can be written");
}

/// Limits the descriptors of a command, which cannot raise the limit again.
pub fn limit_descriptors(command: &mut Command, limit: u64) {
    // SAFETY: between fork and exec the closure makes one system call and touches only values that it owns.
    unsafe {
        command.pre_exec(move || {
            let limit = libc::rlimit { rlim_cur: limit, rlim_max: limit };
            if libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) == -1 {
                return Err(io::Error::last_os_error());
            }
            Ok(())
        });
    }
}

/// Tries each case, several at a time. The name of a failed case is printed.
#[track_caller]
pub fn for_each<T: std::fmt::Debug + Clone + Send>(cases: impl IntoIterator<Item = T>, test: impl Fn(T) + Sync) {
    const AT_ONCE: usize = 6;
    let waiting = Mutex::new(cases.into_iter().collect::<std::collections::VecDeque<T>>());
    assert!(!waiting.lock().expect("nobody panics with it").is_empty(), "there is no case");
    let failed = Mutex::new(Vec::new());
    let next = || waiting.lock().expect("nobody panics with it").pop_front();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = next() {
                    let name = format!("{case:?}");
                    if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(case))).is_err() {
                        failed.lock().expect("nobody panics with it").push(name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().expect("nobody panics with it");
    assert!(failed.is_empty(), "failed, as told above: {}", failed.join("\n"));
}

/// Whether this program is installed. Prints a note if not.
pub fn installed(name: &str) -> Option<()> {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()));
    if !found {
        println!("skipped: {name} is not installed");
    }
    found.then_some(())
}
