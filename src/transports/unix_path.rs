//! Binds a unix socket to a path where a file can exist already: of a running server, of a dead one, or any other.
//!
//! `bind(2)` makes the file, and fails if there is one, so two servers never get one path. The file of a dead server
//! must be removed first. That is difficult: between the look at the file and its removal, another server can have
//! replaced the file. So only the holder of a [`RemovalRight`] removes a file, and looks again after it has got the
//! right. `own_file.rs` removes the file of the bound socket at the end.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use socket2::{Domain, SockAddr, Socket, Type};

use super::advice::Advice;
use super::error::describe;
use super::own_file::{OwnFile, Owner, is_at, pin};
use super::text::EscapedOs;
use crate::sys::files;

/// How often the path is looked at while other servers start there, and the pause between two looks. Together that is
/// half a second at most.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(10);

/// How to bind a unix socket.
#[derive(Clone, Copy, Debug)]
pub struct UnixBinding {
    /// Permission bits of the socket file. They are set before another process can connect.
    pub mode: u32,
    /// The owner and the group of the socket file. They too are set before another process can connect.
    pub owner: Owner,
    /// Whether to remove a socket without a server. A socket with a server is never removed, nor is any other file.
    pub replace_stale: bool,
    /// How messages name options.
    pub advice: Advice,
}

impl Default for UnixBinding {
    fn default() -> Self {
        Self { mode: 0o600, owner: Owner::default(), replace_stale: false, advice: Advice::default() }
    }
}

/// Binds `socket` to `path`. The file gets the mode of the socket, and the owner of the binding. The socket does not
/// listen yet, so no process can connect before the file has its owner.
///
/// # Errors
/// The error of the system. `AddrInUse` says what is at the path; a stale socket is an error too, unless the binding
/// replaces it.
pub(crate) fn bind(socket: &Socket, path: &Path, binding: UnixBinding) -> io::Result<OwnFile> {
    let address = SockAddr::unix(path)?;
    let mut right = None;
    for _ in 0..TRIES {
        // The file is opened before bind(2) fails. A socket that is there by then is bound completely, as bind(2) has
        // waited for it. A socket that is being bound would look stale.
        let there = match pin(path) {
            Ok(there) => Some(there),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        // The umask of the process must not change the mode.
        match files::with_umask(0, || socket.bind(&address)) {
            // If no descriptor is left to hold the file, it must not stay behind.
            Ok(()) => {
                let file = OwnFile::made(path).inspect_err(|_| drop(fs::remove_file(path)))?;
                file.give_socket_to(binding.owner)?;
                return Ok(file);
            }
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => (),
            Err(error) => return Err(error),
        }
        let Some(there) = there else { continue };
        let state = PathState::of(&there, path)?;
        if !is_at(&there, path) {
            // The path names another file by now.
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
                return in_use(&format!(
                    "no server uses the socket; {} removes it",
                    binding.advice.flag("replace-stale")
                ));
            }
            PathState::Live => return in_use("by a running server"),
            PathState::Unknown(error) => {
                return in_use(&format!("cannot tell whether a server uses the socket: {}", describe(&error)));
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

/// The state of the path of a socket.
#[derive(Debug)]
enum PathState {
    /// A socket without a process: a server that was killed leaves it behind.
    Stale,
    /// A socket that a process has bound. It need not listen yet.
    Live,
    /// A socket that this user has no permission to connect to.
    Unknown(io::Error),
    /// Anything else.
    NoSocket,
}

impl PathState {
    /// Asks the kernel without connecting, because a server for one client would take the connection for its client. A
    /// datagram socket cannot connect to a stream socket. If that socket is bound, the kernel answers `EPROTOTYPE`.
    fn of(there: &File, path: &Path) -> io::Result<Self> {
        if !there.metadata()?.file_type().is_socket() {
            return Ok(Self::NoSocket);
        }
        let probe = Socket::new(Domain::UNIX, Type::DGRAM.nonblocking(), None)?;
        Ok(match probe.connect(&SockAddr::unix(path)?).map_err(|error| (error.raw_os_error(), error)) {
            Err((Some(libc::ECONNREFUSED), _)) => Self::Stale,
            // A datagram socket, and one that is connected to its peer.
            Ok(()) | Err((Some(libc::EPROTOTYPE | libc::EPERM), _)) => Self::Live,
            Err((_, error)) => Self::Unknown(error),
        })
    }
}

/// The right to remove a stale socket at a path, for one process at a time. It is a lock on a file beside the socket,
/// and ends with the process. Only its owner can open the file, so other users cannot hold the lock.
#[derive(Debug)]
struct RemovalRight {
    file: File,
    path: PathBuf,
}

impl RemovalRight {
    /// Takes the right. `None` means that another process has it.
    fn take(socket: &Path) -> io::Result<Option<Self>> {
        let mut name = std::ffi::OsString::from(".");
        name.push(socket.file_name().unwrap_or_default());
        name.push(".xport-lock");
        let path = socket.with_file_name(name);
        let unusable = |why: &str| {
            let text = format!(
                "Address already in use (no server uses the socket, and {} is in the way: {why})",
                EscapedOs(&path)
            );
            io::Error::new(io::ErrorKind::AddrInUse, text)
        };
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let opened =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).custom_flags(flags).open(&path);
        let file = opened.map_err(|error| unusable(&describe(&error)))?;
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.uid() != files::user() || metadata.mode() & 0o077 != 0 {
            return Err(unusable("others can open it"));
        }
        if !files::try_lock(&file).map_err(|error| unusable(&describe(&error)))? {
            return Ok(None);
        }
        // The process that had the right before can have removed the file after this process had opened it.
        Ok(is_at(&file, &path).then_some(Self { file, path }))
    }
}

impl Drop for RemovalRight {
    fn drop(&mut self) {
        // The file is still locked, so a process that has opened it finds out that it is gone.
        if is_at(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}
