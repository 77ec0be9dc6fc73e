//! Files that are removed at the end of the run: those of unix sockets, and the port file.
//!
//! The kernel keeps the file of a socket when the socket is closed, so xport must remove it. It must be the file that
//! xport has made, not another one that has replaced it. `unix_path.rs` binds a socket to a path.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::describe;
use super::text::EscapedOs;
use crate::sys::files;

/// How many random names are tried.
const NAME_TRIES: usize = 16;

/// The length of the longest port file: it has each port once, in a line of its own.
const PORT_FILE_MAX: u64 = 6 * 65535;

/// A file that xport has made. Dropping this removes the file.
#[derive(Debug)]
pub struct OwnFile {
    path: PathBuf,
    /// While this is open, the kernel gives the inode number to no other file.
    file: File,
}

/// A user and a group by their numbers. `None` leaves one as it is. `chown(2)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub user: Option<u32>,
    /// The group.
    pub group: Option<u32>,
}

impl OwnFile {
    /// Takes over a file of any kind that was just made.
    ///
    /// # Errors
    /// The file no longer exists, or no descriptor is left.
    pub fn made(path: &Path) -> io::Result<Self> {
        // After a change of directory, a relative path would name another file.
        Ok(Self { path: std::path::absolute(path)?, file: pin(path)? })
    }

    /// Gives the file of a socket to another user or group.
    ///
    /// The user of another process can have renamed files in the directory since the socket was made. So the file must
    /// be a socket that this user owns and that has one name. The file is open, and its path is not used again.
    ///
    /// # Errors
    /// The error of `fchownat(2)`, or the file at the path is not the one that was made.
    pub(crate) fn give_socket_to(&self, owner: Owner) -> io::Result<()> {
        if owner == Owner::default() {
            return Ok(());
        }
        let metadata = self.file.metadata()?;
        if !metadata.file_type().is_socket() || metadata.uid() != files::user() || metadata.nlink() != 1 {
            let why = "the file system changes owners, or another process has replaced the socket";
            return Err(io::Error::other(format!("owner: the new socket does not belong to this user ({why})")));
        }
        files::set_owner(&self.file, owner.user, owner.group).map_err(|error| {
            let hint = match error.raw_os_error() {
                Some(libc::EPERM) => " (only root can set another user, or a group that this user is not in)",
                Some(libc::EINVAL) => " (this user namespace does not have that user or group)",
                _ => "",
            };
            io::Error::new(error.kind(), format!("owner: {}{hint}", describe(&error)))
        })
    }

    /// Writes a port file in one step: a reader sees the old content or all of the new content. The mode is 0666
    /// without the bits of the umask.
    ///
    /// A file with a random name is made in the same directory, and renamed. So no link is followed.
    ///
    /// # Errors
    /// The error of the system, or that of [`check_replaceable`].
    pub fn write(path: &Path, content: &[u8]) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let mut own = Self::new_in(path.parent().unwrap_or(&path))?;
        own.file.write_all(content)?;
        check_replaceable(&path)?;
        fs::rename(&own.path, &path)?;
        own.path = path;
        Ok(own)
    }

    /// Makes an empty file with a name that others cannot guess.
    fn new_in(directory: &Path) -> io::Result<Self> {
        let mut last = io::ErrorKind::AlreadyExists.into();
        for _ in 0..NAME_TRIES {
            let path = directory.join(format!(".xport-{:016x}", random()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Self { path, file }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        if !is_at(&self.file, &self.path) {
            // The file is gone, or another one has replaced it.
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            log::warn!("remove {}: {}", EscapedOs(&self.path), describe(&error));
        }
    }
}

/// Opens a file of any kind without access to its content. A link is not followed. While it is open, no other file has
/// the same inode number. `O_PATH` of `open(2)`.
pub(crate) fn pin(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_PATH | libc::O_NOFOLLOW).open(path)
}

/// What tells a file from all others: its file system and its inode number.
pub(crate) fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Whether `path` still names this open file.
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(ours), Ok(there)) => identity(&ours) == identity(&there),
        _ => false,
    }
}

/// Checks that [`OwnFile::write`] may write to `path`: no file is there, or an old port file of this user, or an empty
/// file of this user.
///
/// # Errors
/// Another file is there, or the file cannot be read.
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    // Without a file, the write itself shows whether one can be made there.
    let Ok(metadata) = fs::symlink_metadata(path) else { return Ok(()) };
    let kind = metadata.file_type();
    if kind.is_file() && metadata.uid() != files::user() {
        return Err(io::Error::other("this is a file of another user, which is not replaced"));
    }
    if kind.is_file() {
        // Another process can put a link or a FIFO there meanwhile.
        let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
        let mut content = Vec::new();
        file.take(PORT_FILE_MAX + 1).read_to_end(&mut content)?;
        if is_list_of_ports(&content) {
            return Ok(());
        }
        return Err(io::Error::other("this is a file with other content than ports, which is not replaced"));
    }
    if kind.is_symlink() {
        return Err(io::Error::other("this is a symbolic link, which is not followed; name the file itself"));
    }
    Err(io::Error::other(format!("this is {}, not a file", name_of_kind(kind))))
}

/// Whether this can be the content of a port file: lines with a port each, or nothing.
fn is_list_of_ports(content: &[u8]) -> bool {
    let is_port = |line: &str| line.parse::<u16>().is_ok_and(|port| port != 0 && port.to_string() == line);
    let is_list = |text: &str| text.split_terminator('\n').all(is_port) && (text.is_empty() || text.ends_with('\n'));
    std::str::from_utf8(content).is_ok_and(is_list)
}

/// `a directory`, `a FIFO`, `a socket`, `a device`.
pub(crate) fn name_of_kind(kind: FileType) -> &'static str {
    match kind {
        _ if kind.is_dir() => "a directory",
        _ if kind.is_fifo() => "a FIFO",
        _ if kind.is_socket() => "a socket",
        _ if kind.is_symlink() => "a symbolic link",
        _ if kind.is_file() => "a file",
        _ => "a device",
    }
}

/// A number that others cannot guess, different for each call. The standard library takes the keys of its hashes from
/// the random numbers of the system.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_in_one_step_and_removed_only_while_it_is_ours() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, "4711\n").unwrap();
        let old = fs::metadata(&path).unwrap().ino();
        let own = OwnFile::write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_ne!(fs::metadata(&path).unwrap().ino(), old);
        drop(own);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

        // New files get the inode number of a removed one, but not that of an open one.
        for _ in 0..8 {
            let own = OwnFile::write(&path, b"ours").unwrap();
            fs::remove_file(&path).unwrap();
            fs::write(&path, "foreign").unwrap();
            drop(own);
            assert_eq!(fs::read(&path).unwrap(), b"foreign");
            assert!(OwnFile::write(&path, b"ours").is_err());
            assert_eq!(fs::read(&path).unwrap(), b"foreign");
            fs::remove_file(&path).unwrap();
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_port_file_has_lines_with_a_port_each() {
        for text in ["", "1\n", "65535\n80\n"] {
            assert!(is_list_of_ports(text.as_bytes()), "{text:?}");
        }
        let others =
            ["\n", "80", "80\n443", "0\n", "65536\n", "080\n", "+80\n", " 80\n", "80\r\n", "80\n\n", "x\n", "80\n\0"];
        for text in others {
            assert!(!is_list_of_ports(text.as_bytes()), "{text:?}");
        }
        assert!(!is_list_of_ports(b"80\n\xff\n"));
    }

    #[test]
    fn what_is_no_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        let says = |path: &Path| check_replaceable(path).map_err(|error| error.to_string());
        assert_eq!(says(dir.path()).unwrap_err(), "this is a directory, not a file");
        assert_eq!(says(Path::new("/dev/null")).unwrap_err(), "this is a device, not a file");
        assert!(says(&link).unwrap_err().contains("symbolic link"));
        assert!(says(&dir.path().join("new")).is_ok());
    }

    #[test]
    fn random_names_differ() {
        assert_ne!(random(), random());
    }
}
