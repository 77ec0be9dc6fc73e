//! Files that live as long as we do: a unix socket's, the port file. Removed with us, and never anybody else's.
//!
//! The kernel leaves the file behind when a socket is closed, so somebody must remove it; and it must be the file we
//! made, not one that took its place meanwhile. Binding itself is `opening.rs`.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

use super::error::describe;

/// A file that is ours to remove; dropping this removes it.
#[derive(Debug)]
pub struct OwnFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl OwnFile {
    /// Takes note of a file that we have just made.
    ///
    /// # Errors
    /// It is not there any more.
    pub fn made(path: &Path) -> io::Result<Self> {
        let file = fs::symlink_metadata(path)?;
        // A relative name would be another file after a change of directory.
        Ok(Self { path: std::path::absolute(path)?, device: file.dev(), inode: file.ino() })
    }

    fn is(&self, file: &Metadata) -> bool {
        (file.dev(), file.ino()) == (self.device, self.inode)
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        match fs::symlink_metadata(&self.path) {
            Ok(file) if self.is(&file) => {
                if let Err(error) = fs::remove_file(&self.path) {
                    log::warn!("remove {}: {}", self.path.display(), describe(&error));
                }
            }
            // Gone already, or somebody else's by now.
            _ => (),
        }
    }
}

/// What stands where a socket is to be bound.
pub(crate) enum Occupant {
    /// A socket that nobody serves: what a server that was killed leaves behind.
    Stale,
    /// A socket whose server lives.
    Live,
    /// Anything else.
    Other,
}

/// Looks at what stands at `path`. A socket is stale only if the kernel refuses to connect to it.
pub(crate) fn occupant(path: &Path) -> io::Result<Occupant> {
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Ok(Occupant::Other);
    }
    // A datagram socket refuses a stream with EPROTOTYPE, which is a sign of life.
    let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
    match socket.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(Occupant::Stale),
        _ => Ok(Occupant::Live),
    }
}
