//! Runs the lines of the cookbook in a folder of their own. A line is run by the shell as it is printed, but for hosts,
//! ports and paths, which a test replaces by those of its peers.

use super::Page;
use crate::harness::*;
use std::collections::{BTreeMap, BTreeSet};

/// A pin that the cookbook prints.
pub(super) const DRAWN_PIN: &str = "sha256:9d1c…";

/// The text and the lines of a job.
#[derive(Debug, Default)]
pub(super) struct Job {
    pub(super) prose: String,
    pub(super) lines: Vec<String>,
}

/// The jobs of the cookbook by their numbers.
pub(super) fn jobs() -> BTreeMap<usize, Job> {
    let page = Page::read("docs/cookbook.md");
    let number = |line: &str| line.strip_prefix("### ")?.split_once(". ")?.0.parse::<usize>().ok();
    let mut jobs = BTreeMap::<usize, Job>::new();
    // The first line of each job, so that a command is in the job above it.
    let mut starts = Vec::new();
    for (at, line) in page.prose() {
        match number(line) {
            Some(number) => {
                assert!(jobs.insert(number, Job::default()).is_none(), "job {number} is there twice");
                starts.push((at, number));
            }
            None if line.starts_with('#') => starts.push((at, 0)),
            None => {
                let job = starts.last().and_then(|(_, number)| jobs.get_mut(number));
                job.into_iter().for_each(|job| job.prose.extend([line, " "]));
            }
        }
    }
    for (at, command) in page.commands() {
        let above = starts.iter().rev().find(|(start, _)| *start < at).map(|(_, number)| number);
        let job = above.and_then(|number| jobs.get_mut(number));
        job.unwrap_or_else(|| panic!("line {at} belongs to no job: {command}")).lines.push(command);
    }
    jobs
}

/// One job in its folder.
pub(super) struct Kitchen {
    job: Job,
    folder: TempDir,
    used: Mutex<BTreeSet<usize>>,
}

impl Kitchen {
    pub(super) fn new(job: Job) -> Self {
        let folder = short_directory();
        let kitchen = Self { job, folder, used: Mutex::default() };
        fs::create_dir(kitchen.path("bin")).expect("a folder");
        symlink(program(), kitchen.path("bin/xport")).expect("a link");
        kitchen
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The same as text.
    pub(super) fn place(&self, name: &str) -> String {
        self.path(name).into_os_string().into_string().expect("our names are ASCII")
    }

    pub(super) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a file");
    }

    pub(super) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// A program that the lines find in their folder and by their path.
    pub(super) fn script(&self, name: &str, text: &str) {
        write_script(&self.path(name), text);
        symlink(self.path(name), self.path("bin").join(name)).expect("a link");
    }

    /// Copies a certificate and its key.
    pub(super) fn keep(&self, issued: &Issued, cert: &str, key: &str) {
        for (from, to) in [(issued.cert(), cert), (issued.key(), key)] {
            fs::copy(from, self.path(to)).expect("a copy");
        }
    }

    /// A line of the job as a command of the shell, without input. Each text to be replaced must be there.
    #[track_caller]
    pub(super) fn command(&self, index: usize, replaced: &[(&str, &str)]) -> Command {
        let mut line = self.job.lines[index].clone();
        for (from, to) in replaced {
            assert!(line.contains(from), "{from:?} is not in {line:?}");
            line = line.replace(from, to);
        }
        self.used.lock().expect("no panic").insert(index);
        let mut command = Command::new("sh");
        // A line that is one command becomes that command, so that a signal reaches it.
        let is_one = line.starts_with("xport ") && !line.contains(['|', ';', '&']);
        let line = if is_one { format!("exec {line}") } else { line };
        let search = format!("{}:{}", self.place("bin"), std::env::var("PATH").expect("there is a path"));
        command.arg("-c").arg(line).current_dir(self.folder.path()).env("PATH", search).env("HOME", self.folder.path());
        // A run that a failed test leaves behind ends by itself.
        command.env("XPORT_TIMEOUT", "100s").env("XPORT_RETRY_DELAY", "10ms").env_remove("XPORT_LOG");
        command.env_remove("RUST_LOG").stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }

    /// Runs a line to its end, with this on stdin.
    #[track_caller]
    pub(super) fn run_with(&self, index: usize, replaced: &[(&str, &str)], input: &[u8]) -> Output {
        let command = self.command(index, replaced);
        let output = assert_cmd::Command::from_std(command).timeout(DEADLINE).write_stdin(input).output();
        output.expect("a run")
    }

    /// The same with an empty stdin.
    #[track_caller]
    pub(super) fn run(&self, index: usize, replaced: &[(&str, &str)]) -> Output {
        self.run_with(index, replaced, b"")
    }

    /// Starts a line.
    #[track_caller]
    pub(super) fn start(&self, index: usize, replaced: &[(&str, &str)]) -> Background {
        Background::spawn(self.command(index, replaced))
    }

    /// Starts a line that listens, and waits for its address.
    #[track_caller]
    pub(super) fn serve(&self, index: usize, replaced: &[(&str, &str)]) -> (Background, SocketAddr) {
        serve_by(self.command(index, replaced))
    }

    /// Whether a line of the job has this text.
    pub(super) fn shows(&self, text: &str) -> bool {
        self.job.lines.iter().any(|line| line.contains(text))
    }

    /// Counts all lines as run, where a program that they need is missing.
    pub(super) fn skip(&self) {
        self.used.lock().expect("no panic").extend(0..self.job.lines.len());
    }

    /// Expects that every line was run.
    pub(super) fn is_done(&self) {
        let used = self.used.lock().expect("no panic").len();
        assert_eq!(used, self.job.lines.len(), "lines that no test runs: {:#?}", self.job.lines);
    }
}
