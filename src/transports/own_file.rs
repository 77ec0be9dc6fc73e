//! Files that live as long as we do: a unix socket's, the port file. They are removed with us, and nobody else's file
//! is.
//!
//! The kernel leaves the file of a socket behind when the socket is closed, so somebody must remove it. It must be the
//! file that we made, not one that took its place meanwhile. Binding a socket to a path is `unix_path.rs`.

use std::fs::{self, File, FileType, Metadata, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::describe;

/// How often a random name may be taken already before we give up.
const NAME_TRIES: usize = 16;

/// A file that is ours to remove; dropping this removes it.
#[derive(Debug)]
pub struct OwnFile {
    path: PathBuf,
    /// Open for as long as the file is ours: until then the kernel gives its number (the inode) to no other file.
    file: File,
}

impl OwnFile {
    /// Takes note of a file that we have just made, of whatever kind.
    ///
    /// # Errors
    /// It is not there any more, or no descriptor is left.
    pub fn made(path: &Path) -> io::Result<Self> {
        // A relative name would be another file after a change of directory.
        Ok(Self { path: std::path::absolute(path)?, file: pin(path)? })
    }

    /// Puts a file with this content at `path`, in one step: a reader sees the old file or all of the new one. Its mode
    /// is what the umask leaves of 0666.
    ///
    /// No link is followed: a file of a random name is made in the same directory and renamed.
    ///
    /// # Errors
    /// What the system said.
    pub fn write(path: &Path, content: &[u8]) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        let mut own = Self::new_in(path.parent().unwrap_or(&path))?;
        own.file.write_all(content)?;
        fs::rename(&own.path, &path)?;
        own.path = path;
        Ok(own)
    }

    /// A new and empty file under a name that nobody can guess.
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
            // It is gone already, or the name is somebody else's by now.
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            log::warn!("remove {}: {}", self.path.display(), describe(&error));
        }
    }
}

/// Opens what stands at `path` without access to its content, a link itself included. Until it is closed, no other file
/// has the same inode. `O_PATH`, `open(2)`.
pub(crate) fn pin(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(libc::O_PATH | libc::O_NOFOLLOW).open(path)
}

/// Whether `path` still names this open file.
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(ours), Ok(there)) => identity(ours) == identity(there),
        _ => false,
    }
}

/// Whether [`OwnFile::write`] may replace what stands at `path`: nothing, or a regular file.
///
/// # Errors
/// What stands there instead.
pub fn check_replaceable(path: &Path) -> io::Result<()> {
    let kind = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.file_type(),
        // Whether a file can be made there shows when it is made.
        Err(_) => return Ok(()),
    };
    if kind.is_file() {
        return Ok(());
    }
    if kind.is_symlink() {
        return Err(io::Error::other("this is a symbolic link, which is not followed; name the file itself"));
    }
    Err(io::Error::other(format!("this is {}, not a file", name_of_kind(kind))))
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

/// A number that differs from call to call and that nobody else can know: the standard library draws the keys of its
/// hashes from the system's random numbers.
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
        fs::write(&path, "old").unwrap();
        let old = fs::metadata(&path).unwrap().ino();
        let own = OwnFile::write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_ne!(fs::metadata(&path).unwrap().ino(), old);
        drop(own);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

        // Files that come and go get the number of one that is gone; ours has not gone as long as we look at it.
        for _ in 0..8 {
            let own = OwnFile::write(&path, b"ours").unwrap();
            fs::remove_file(&path).unwrap();
            fs::write(&path, "foreign").unwrap();
            drop(own);
            assert_eq!(fs::read(&path).unwrap(), b"foreign");
        }
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
