//! Binding a unix socket to a path at which something may stand already: a server that lives, what a dead one has left
//! behind, or anything else.
//!
//! `bind(2)` makes the file and fails where one is, so two servers never get one path. What is left behind must be
//! removed first, and that is the difficulty: between the look at a stale file and its removal, another server may have
//! replaced it. So only the holder of a [`RemovalRight`] removes anything, and looks again once it has it. Whose file
//! it is then, and when it goes, is `own_file.rs`.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};

use super::advice::Advice;
use super::error::describe;
use super::own_file::{OwnFile, is_at, pin};
use crate::sys::limits;

/// How often the path is looked at while other servers start there, and the pause after each look: half a second at
/// most.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(10);

/// How to bind a unix socket.
#[derive(Clone, Copy, Debug)]
pub struct UnixBinding {
    /// Permission bits of the socket file, set before anyone can connect.
    pub mode: u32,
    /// Remove a socket that nobody serves any more. Never one that is served, never anything else.
    pub replace_stale: bool,
    /// How messages name options.
    pub advice: Advice,
}

impl Default for UnixBinding {
    fn default() -> Self {
        Self { mode: 0o600, replace_stale: false, advice: Advice::default() }
    }
}

/// Binds `socket` to `path`. A stale socket is in the way too unless it is to be replaced. The mode is that of the
/// socket.
///
/// # Errors
/// What the system said; `AddrInUse` with a word on what stands at the path.
pub(crate) fn bind(socket: &Socket, path: &Path, binding: UnixBinding) -> io::Result<OwnFile> {
    let address = SockAddr::unix(path)?;
    let mut right = None;
    for _ in 0..TRIES {
        // In this order: a socket that was there before bind(2) failed is bound wholly, as that call had to wait for
        // it. Until then the kernel would not know it, and it would look stale.
        let there = match pin(path) {
            Ok(there) => Some(there),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        // The mode is exact: the umask of the process has no say in it.
        match limits::with_umask(0, || socket.bind(&address)) {
            // Where no descriptor is left to hold it by, it is not left behind.
            Ok(()) => return OwnFile::made(path).inspect_err(|_| drop(fs::remove_file(path))),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => (),
            Err(error) => return Err(error),
        }
        let Some(there) = there else { continue };
        let state = PathState::of(&there, path)?;
        if !is_at(&there, path) {
            // It is about something else.
            continue;
        }
        match state {
            PathState::Stale if binding.replace_stale && right.is_some() => fs::remove_file(path)?,
            PathState::Stale if binding.replace_stale => {
                right = RemovalRight::take(path)?;
                if right.is_none() {
                    std::thread::sleep(PAUSE);
                }
            }
            PathState::Stale => {
                return in_use(&format!("nobody serves it; {} removes it", binding.advice.flag("replace-stale")));
            }
            PathState::Live => return in_use("by a server that is alive"),
            PathState::Unknown(error) => {
                return in_use(&format!(
                    "whether a server is alive there, the system does not tell: {}",
                    describe(&error)
                ));
            }
            PathState::NoSocket => {
                return Err(io::Error::new(io::ErrorKind::AddrInUse, "File exists and is not a socket"));
            }
        }
    }
    in_use("another server is starting there")
}

fn in_use<T>(why: &str) -> io::Result<T> {
    Err(io::Error::new(io::ErrorKind::AddrInUse, format!("Address already in use ({why})")))
}

/// What stands where a socket is to be bound.
#[derive(Debug)]
enum PathState {
    /// A socket that nobody has: what a server that was killed leaves behind.
    Stale,
    /// A socket that a process has bound, be it listening or not.
    Live,
    /// A socket that we may not connect to.
    Unknown(io::Error),
    /// Anything else.
    NoSocket,
}

impl PathState {
    /// Asks the kernel without connecting, as a server with one client might take us for that: a datagram socket cannot
    /// be connected to a stream, and where the socket is bound the kernel says just that (`EPROTOTYPE`).
    fn of(there: &File, path: &Path) -> io::Result<Self> {
        if !there.metadata()?.file_type().is_socket() {
            return Ok(Self::NoSocket);
        }
        let probe = Socket::new(Domain::UNIX, Type::DGRAM.nonblocking(), None)?;
        Ok(match probe.connect(&SockAddr::unix(path)?).map_err(|error| (error.raw_os_error(), error)) {
            Err((Some(libc::ECONNREFUSED), _)) => Self::Stale,
            // One for datagrams, and one that has chosen its peer.
            Ok(()) | Err((Some(libc::EPROTOTYPE | libc::EPERM), _)) => Self::Live,
            Err((_, error)) => Self::Unknown(error),
        })
    }
}

/// The right to remove what is stale at a path; one process has it at a time. It is a lock on a file beside the socket,
/// which ends with the process. Nobody but its owner can open the file, so nobody else can hold the lock.
#[derive(Debug)]
struct RemovalRight {
    file: File,
    path: PathBuf,
}

impl RemovalRight {
    /// `None`: another process has it now.
    fn take(socket: &Path) -> io::Result<Option<Self>> {
        let mut name = std::ffi::OsString::from(".");
        name.push(socket.file_name().unwrap_or_default());
        name.push(".xport-lock");
        let path = socket.with_file_name(name);
        let unusable = |why: &str| {
            let text =
                format!("Address already in use (nobody serves it, and {} is in the way: {why})", path.display());
            io::Error::new(io::ErrorKind::AddrInUse, text)
        };
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let opened =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).custom_flags(flags).open(&path);
        let file = opened.map_err(|error| unusable(&describe(&error)))?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.uid() != limits::user() || metadata.mode() & 0o077 != 0 {
            return Err(unusable("others can open it"));
        }
        if !limits::try_lock(&file).map_err(|error| unusable(&describe(&error)))? {
            return Ok(None);
        }
        // The one that had it before may have removed the file after we had opened it.
        Ok(is_at(&file, &path).then_some(Self { file, path }))
    }
}

impl Drop for RemovalRight {
    fn drop(&mut self) {
        // While it is locked: a process that opens the file now sees that it is gone.
        if is_at(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
