//! Finds a program and all its descendants by an environment variable, orphans included. None of them outlives the
//! test.
#![allow(unreachable_pub)] // A binary exports nothing: `pub` here is for the tests.

use super::*;

const NAME: &str = "XPORT_TEST_FAMILY";

/// The processes with this mark, which no other process has.
pub struct Family(String);

impl Family {
    pub fn new() -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_nanos();
        Self(format!("{NAME}={}-{number}-{time}", std::process::id()))
    }

    /// The value for `--env`.
    pub fn variable(&self) -> &str {
        &self.0
    }

    /// The running processes: their numbers and command lines.
    pub fn members(&self) -> Vec<(libc::pid_t, String)> {
        let processes = fs::read_dir("/proc").expect("there is /proc").flatten();
        let member = |entry: fs::DirEntry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let environment = fs::read(entry.path().join("environ")).ok()?;
            let marked = environment.split(|&byte| byte == 0).any(|variable| variable == self.0.as_bytes());
            let command = fs::read(entry.path().join("cmdline")).ok()?;
            marked.then(|| (pid, String::from_utf8_lossy(&command).replace('\0', " ")))
        };
        processes.filter_map(member).collect()
    }

    /// Waits until there are this many.
    #[track_caller]
    pub fn counts(&self, count: usize) {
        eventually(&format!("{count} processes"), || (self.members().len() == count).then_some(()));
    }

    /// Waits until there are none, for at most this long.
    #[track_caller]
    pub fn is_gone_within(&self, limit: Duration) {
        let begin = Instant::now();
        eventually("all processes to be gone", || {
            let left = self.members();
            assert!(left.is_empty() || begin.elapsed() < limit, "after {limit:?} there are {left:?}");
            left.is_empty().then_some(())
        });
    }

    /// Expects that there are none. Killed processes can need a moment on a busy machine.
    #[track_caller]
    pub fn is_gone(&self) {
        self.is_gone_within(Duration::from_secs(5));
    }
}

impl Drop for Family {
    fn drop(&mut self) {
        // A process can be about to start another one.
        for _ in 0..3 {
            for (pid, _) in self.members() {
                // SAFETY: the call takes two numbers and touches no memory.
                unsafe { libc::kill(pid, libc::SIGKILL) };
            }
        }
    }
}

/// The zombies of a program.
pub fn zombies(program: &Background) -> Vec<u32> {
    children(program).into_iter().filter(|&child| state_of(child) == Some('Z')).collect()
}

/// The children of a program.
pub fn children(program: &Background) -> Vec<u32> {
    children_of(program.pid())
}

/// The children of any process.
pub fn children_of(pid: u32) -> Vec<u32> {
    let list = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("it runs");
    list.split_whitespace().map(|child| child.parse().expect("a number")).collect()
}

/// The state of a process as in `ps`: `T` is stopped, `Z` is a zombie. `None` if it is gone.
pub fn state_of(pid: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// Waits until a server has no child, and no more open descriptors than before its first client.
#[track_caller]
pub fn all_is_closed(server: &Background, before: usize) {
    eventually("all to be closed", || (server.fds() == before && children(server).is_empty()).then_some(()));
}
