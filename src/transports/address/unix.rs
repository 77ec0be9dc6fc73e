//! Addresses of unix sockets. `unix_path.rs` binds a socket to a path where a file can exist already.

use std::fmt;
use std::fs::{File, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::SocketAddr;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

use super::family::SocketFamily;
use crate::transports::error::describe;
use crate::transports::own_file::OwnFile;
use crate::transports::text::{EscapedOs, escape_bytes};
use crate::transports::unix_path::{self, UnixBinding};

/// The name of a unix socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnixName {
    /// A path in the file system.
    Path(PathBuf),
    /// A name of Linux's abstract name space, without the `@`. Every user of the machine can connect to it.
    Abstract(Vec<u8>),
}

/// The facts about unix sockets.
pub(super) static UNIX: SocketFamily =
    SocketFamily { name: "unix", protocol: None, is_tcp: false, refuses_when_full: true, explain };

fn explain(address: &SockAddr, error: io::Error) -> io::Error {
    let is_socket = |path: &Path| path.metadata().is_ok_and(|file| file.file_type().is_socket());
    match address.as_pathname() {
        // The kernel says the same of a socket without a server.
        Some(path) if error.kind() == io::ErrorKind::ConnectionRefused && !is_socket(path) => {
            io::Error::new(error.kind(), format!("{} (it is not a socket)", describe(&error)))
        }
        _ => error,
    }
}

/// The socket address of a unix name.
pub(super) fn sock_addr(name: &UnixName) -> io::Result<SockAddr> {
    match name {
        UnixName::Path(path) => SockAddr::unix(path),
        UnixName::Abstract(name) => {
            // For socket2, a path with a NUL at its start is an abstract name. The standard library checks the length.
            SocketAddr::from_abstract_name(name)?;
            let mut bytes = vec![0];
            bytes.extend_from_slice(name);
            SockAddr::unix(PathBuf::from(std::ffi::OsString::from(
                <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(&bytes),
            )))
        }
    }
}

/// Opens a socket that is bound to `name`, and its file, if it has one. The umask of the process changes for a moment.
pub(super) fn bind(name: &UnixName, binding: UnixBinding) -> io::Result<(Socket, Option<OwnFile>)> {
    let address = sock_addr(name)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM.nonblocking(), None)?;
    // bind(2) gives the file the mode of the socket, so there is no moment in which others could connect. The owner is
    // set after bind(2), but no process can connect before listen(2).
    let file = File::from(OwnedFd::from(socket));
    file.set_permissions(Permissions::from_mode(binding.mode))?;
    let socket = Socket::from(OwnedFd::from(file));
    let file = match name {
        UnixName::Abstract(_) => {
            socket.bind(&address)?;
            None
        }
        UnixName::Path(path) => Some(unix_path::bind(&socket, path, binding)?),
    };
    Ok((socket, file))
}

impl fmt::Display for UnixName {
    /// Control characters are escaped. Abstract names have their `@`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => EscapedOs(path).fmt(f),
            Self::Abstract(name) => write!(f, "@{}", escape_bytes(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transports::address::Peer;

    #[test]
    fn an_abstract_name_reads_the_same_at_both_ends() {
        let name = "grün\u{1b}".as_bytes();
        let name = [name, b"\xff"].concat();
        assert_eq!(UnixName::Abstract(name.clone()).to_string(), "@grün\\x1b\\xff");
        assert_eq!(Peer::Abstract(name).to_string(), "@grün\\x1b\\xff");
    }
}
