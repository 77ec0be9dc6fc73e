//! Runs programs as other users.

use super::*;

pub fn is_root() -> bool {
    // SAFETY: the call takes nothing and always succeeds.
    unsafe { libc::geteuid() == 0 }
}

/// The number of a user without other processes, in any run of the tests.
pub fn stranger() -> u32 {
    static BEFORE: AtomicU32 = AtomicU32::new(0);
    1_000_000_000 + std::process::id() * 8 + BEFORE.fetch_add(1, Ordering::Relaxed)
}

/// The program where every user can run it, and a directory that every user can enter.
pub struct Everyone {
    dir: TempDir,
}

impl Everyone {
    /// `None`, with a note, without permission to become another user.
    pub fn new() -> Option<Self> {
        if !is_root() {
            println!("skipped: only root can become another user");
            return None;
        }
        let dir = short_directory();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
        copy_program(&dir.path().join("xport"));
        Some(Self { dir })
    }

    /// The program with `args`, run as the user nobody.
    pub fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(self.dir.path().join("xport"));
        command.args(args).env_remove("XPORT_LOG").env_remove("RUST_LOG").stdin(Stdio::null()).stdout(Stdio::piped());
        command.uid(65534).gid(65534);
        command
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The directory with the program.
    pub fn folder(&self) -> &Path {
        self.dir.path()
    }
}
