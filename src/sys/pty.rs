//! Pseudo-terminals: opening, size, settings, and the keys that end input.
//!
//! `transports/channel.rs` reads and writes them, and `transports/process/` gives them to children. `raw_mode.rs` is
//! about the terminal of xport itself.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::{check, stdio};

/// Both sides of a new pseudo-terminal. Both are closed on exec, and neither becomes the terminal of this session.
#[derive(Debug)]
pub(crate) struct Pty {
    /// Writing here types, and reading here gives what the terminal shows.
    pub(crate) master: OwnedFd,
    /// The terminal that a program sees.
    pub(crate) slave: OwnedFd,
}

impl Pty {
    /// Opens a pseudo-terminal. `pty(7)`, `posix_openpt(3)`, `TIOCGPTPEER` of `ioctl_tty(2)`.
    ///
    /// `EMFILE` or `ENFILE` without descriptors, `ENOSPC` if the system has too many terminals.
    pub(crate) fn open() -> io::Result<Self> {
        let flags = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
        // SAFETY: the call takes a number and touches no memory.
        let master = check(unsafe { libc::posix_openpt(flags) })?;
        // SAFETY: the descriptor is new and has no other owner.
        let master = unsafe { OwnedFd::from_raw_fd(master) };
        // SAFETY: both calls take a descriptor, which is open, and touch no memory.
        check(unsafe { libc::grantpt(master.as_raw_fd()) })?;
        // SAFETY: as above.
        check(unsafe { libc::unlockpt(master.as_raw_fd()) })?;
        // The slave is opened through the master and not by its name, because /dev/pts can be another mount here.
        // SAFETY: the request takes flags, makes a descriptor, and touches no memory.
        let slave = check(unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCGPTPEER, flags) })?;
        // SAFETY: the descriptor is new and has no other owner.
        let slave = unsafe { OwnedFd::from_raw_fd(slave) };
        Ok(Self { master, slave })
    }

    /// Copies the line discipline of the terminal on stdin, such as its keys and its character set.
    pub(crate) fn behave_like_stdin(&self) -> io::Result<()> {
        let settings = settings(stdio::borrow_standard(0))?;
        // SAFETY: the settings are alive for the call, which only reads them.
        check(unsafe { libc::tcsetattr(self.slave.as_raw_fd(), libc::TCSANOW, &raw const settings) }).map(drop)
    }
}

/// The size of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowSize {
    /// Lines.
    pub rows: u16,
    /// Characters in a line.
    pub columns: u16,
}

impl Default for WindowSize {
    /// The traditional size.
    fn default() -> Self {
        Self { rows: 24, columns: 80 }
    }
}

/// The size of a terminal. Either side can be asked. `TIOCGWINSZ`.
pub(crate) fn window_size(fd: BorrowedFd<'_>) -> io::Result<WindowSize> {
    let mut size = MaybeUninit::<libc::winsize>::zeroed();
    // SAFETY: the request fills one `winsize`, which is alive for the call.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::TIOCGWINSZ, size.as_mut_ptr()) })?;
    // SAFETY: zeroed memory is a valid `winsize`, and the kernel has filled it.
    let size = unsafe { size.assume_init() };
    Ok(WindowSize { rows: size.ws_row, columns: size.ws_col })
}

/// The size of the terminal on stdin, or `None` if stdin is not a terminal.
#[must_use]
pub fn window_size_of_stdin() -> Option<WindowSize> {
    window_size(stdio::borrow_standard(0)).ok()
}

/// How many characters a line has on the first of stdout, stderr and stdin that is a terminal and knows its size.
#[must_use]
pub fn columns_of_any_stream() -> Option<u16> {
    let columns = |number| window_size(stdio::borrow_standard(number)).ok().map(|size| size.columns);
    [1, 2, 0].into_iter().filter_map(columns).find(|columns| *columns > 0)
}

/// Sets the size of a terminal. After a change, the processes in its foreground get SIGWINCH. `TIOCSWINSZ`.
pub(crate) fn set_window_size(fd: BorrowedFd<'_>, size: WindowSize) -> io::Result<()> {
    let size = libc::winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the request reads one `winsize`, which is alive for the call.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) }).map(drop)
}

/// The line discipline of a terminal. A master gives that of its other side. `tcgetattr(3)`.
pub(super) fn settings(fd: BorrowedFd<'_>) -> io::Result<libc::termios> {
    let mut settings = MaybeUninit::<libc::termios>::zeroed();
    // SAFETY: the call fills the settings, which are alive for it.
    check(unsafe { libc::tcgetattr(fd.as_raw_fd(), settings.as_mut_ptr()) })?;
    // SAFETY: zeroed memory is a valid `termios`, and the call has filled it.
    Ok(unsafe { settings.assume_init() })
}

/// Whether a standard stream is the terminal of this session. `tcgetpgrp(3)`.
#[must_use]
pub fn is_our_terminal(number: RawFd) -> bool {
    // SAFETY: the call takes a number and touches no memory.
    unsafe { libc::tcgetpgrp(number) >= 0 }
}

/// Whether a standard stream is the terminal of this session and stops processes in the background that write to it.
/// `TOSTOP` of `termios(3)`.
#[must_use]
pub fn stops_writers_in_background(number: RawFd) -> bool {
    let stops = |settings: libc::termios| settings.c_lflag & libc::TOSTOP != 0;
    is_our_terminal(number) && settings(stdio::borrow_standard(number)).is_ok_and(stops)
}

/// Whether this process is in the background of this terminal, so that reading would stop the process. Always `false`
/// for the terminal of another session. `tcgetpgrp(3)`.
pub(crate) fn is_in_background(terminal: BorrowedFd<'_>) -> bool {
    // SAFETY: both calls take numbers at most and touch no memory.
    let (foreground, ours) = unsafe { (libc::tcgetpgrp(terminal.as_raw_fd()), libc::getpgrp()) };
    // The call fails for the terminal of another session.
    foreground > 0 && foreground != ours
}

/// The keys that end the input of a terminal after the byte `last`. In an empty line, `^D` is the end. In a line with
/// text, the first `^D` sends the text, and a second one is the end. `VEOF` of `termios(3)`.
pub(crate) fn end_of_input(master: BorrowedFd<'_>, last: Option<u8>) -> io::Result<Vec<u8>> {
    let settings = settings(master)?;
    let eof = settings.c_cc[libc::VEOF];
    // Zero is _POSIX_VDISABLE: there is no such key.
    if settings.c_lflag & libc::ICANON == 0 || eof == 0 {
        return Ok(Vec::new());
    }
    let ends_a_line = |byte: u8| {
        byte == b'\n'
            || byte == eof
            || (byte != 0 && [settings.c_cc[libc::VEOL], settings.c_cc[libc::VEOL2]].contains(&byte))
            || (byte == b'\r' && settings.c_iflag & libc::ICRNL != 0)
    };
    let in_a_line = last.is_some_and(|byte| !ends_a_line(byte));
    Ok(vec![eof; if in_a_line { 2 } else { 1 }])
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn a_new_terminal_is_of_the_size_it_is_given() {
        let pty = Pty::open().expect("a terminal");
        let size = WindowSize { rows: 7, columns: 131 };
        set_window_size(pty.master.as_fd(), size).expect("a size");
        assert_eq!(window_size(pty.slave.as_fd()).expect("a size"), size);
    }

    #[test]
    fn the_end_of_input_depends_on_the_line() {
        let Pty { master, slave } = Pty::open().expect("a terminal");
        for (typed, keys) in [("", 1), ("line\n", 1), ("line\r", 1), ("line", 2), ("line\x04", 1)] {
            let end = end_of_input(master.as_fd(), typed.bytes().last()).expect("keys");
            assert_eq!(end, vec![4; keys], "{typed:?}");
            let mut master = File::from(master.try_clone().expect("a copy"));
            master.write_all(typed.as_bytes()).and_then(|()| master.write_all(&end)).expect("it is typed");
            let mut slave = File::from(slave.try_clone().expect("a copy"));
            let mut read = [0; 100];
            let text = typed.trim_end_matches('\x04').replace('\r', "\n");
            if !text.is_empty() {
                let n = slave.read(&mut read).expect("bytes");
                assert_eq!(&read[..n], text.as_bytes());
            }
            assert_eq!(slave.read(&mut read).expect("an end"), 0, "{typed:?}");
        }
        let mut raw = settings(slave.as_fd()).expect("settings");
        raw.c_lflag &= !libc::ICANON;
        // SAFETY: the settings are alive for the call, which only reads them.
        assert_eq!(unsafe { libc::tcsetattr(slave.as_raw_fd(), libc::TCSANOW, &raw const raw) }, 0);
        assert_eq!(end_of_input(master.as_fd(), None).expect("keys"), []);
    }
}
