//! A pseudo-terminal for tests.

use super::*;

/// A pseudo-terminal: writing to `master` types, and reading from it gives the output.
pub struct Terminal {
    pub master: File,
    pub slave: File,
}

impl Terminal {
    pub fn new() -> Self {
        let mut options = File::options();
        options.read(true).write(true).custom_flags(libc::O_NOCTTY);
        let master = options.open("/dev/ptmx").expect("a terminal");
        let (unlock, mut number): (libc::c_int, libc::c_uint) = (0, 0);
        // SAFETY: TIOCSPTLCK reads one int and TIOCGPTN writes one, and both are alive for the calls.
        let results = unsafe {
            [
                libc::ioctl(master.as_raw_fd(), libc::TIOCSPTLCK, &raw const unlock),
                libc::ioctl(master.as_raw_fd(), libc::TIOCGPTN, &raw mut number),
            ]
        };
        assert_eq!(results, [0, 0], "{}", io::Error::last_os_error());
        let slave = options.open(format!("/dev/pts/{number}")).expect("its other side");
        Self { master, slave }
    }

    /// Starts `tcp-client` on it. All streams are one description, which the test keeps too, as a shell does.
    #[track_caller]
    pub fn client(&self, options: &[&str]) -> (Background, TcpStream) {
        let mut command = command([""; 0]);
        self.give_to(&mut command);
        client_by(command, options)
    }

    /// Starts a command on it.
    pub fn spawn(&self, mut command: Command) -> Background {
        self.give_to(&mut command);
        Background::spawn(command)
    }

    /// Makes it stdin and stdout of a command.
    pub fn give_to(&self, command: &mut Command) {
        let stream = || self.slave.try_clone().expect("a copy");
        command.stdin(stream()).stdout(stream());
        self.lead(command);
    }

    /// Makes it the terminal of a new session of the command, so that ^C and a hang-up reach the command.
    pub fn lead(&self, command: &mut Command) {
        let slave = self.slave.as_raw_fd();
        // SAFETY: setsid and ioctl are async-signal-safe and touch no memory. The descriptor is open until exec.
        unsafe {
            command.pre_exec(move || {
                if libc::setsid() < 0 || libc::ioctl(slave, libc::TIOCSCTTY, 0) < 0 {
                    return Err(io::Error::last_os_error());
                }
                Ok(())
            });
        }
    }

    /// Changes its size, as a resized window does.
    pub fn resize(&self, rows: u16, columns: u16) {
        let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: TIOCSWINSZ reads one `winsize`, alive for the call.
        let result = unsafe { libc::ioctl(self.master.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
        assert_eq!(result, 0, "{}", io::Error::last_os_error());
    }

    pub fn type_in(&self, keys: &str) {
        (&self.master).write_all(keys.as_bytes()).expect("the terminal takes it");
    }

    /// Reads the output, echoes included, until it ends with `text`.
    #[track_caller]
    pub fn shows(&self, text: &str) {
        let mut master = self.master.try_clone().expect("a copy");
        let mut shown = Vec::new();
        while !shown.ends_with(text.as_bytes()) {
            shown.extend(take(&mut master, 1));
        }
    }

    /// The settings of the terminal.
    pub fn settings(&self) -> String {
        // SAFETY: `termios` is plain data, and the call fills it.
        let mut settings: libc::termios = unsafe { std::mem::zeroed() };
        // SAFETY: the value is alive for the call.
        let result = unsafe { libc::tcgetattr(self.slave.as_raw_fd(), &raw mut settings) };
        assert_eq!(result, 0);
        format!("{settings:?}")
    }

    /// Whether a program has changed its settings.
    pub fn is_raw(&self) -> bool {
        self.settings() != Self::new().settings()
    }

    #[track_caller]
    pub fn becomes_raw(&self) {
        eventually("the terminal is raw", || self.is_raw().then_some(()));
    }

    /// Expects flags and settings to be those of a new terminal.
    #[track_caller]
    pub fn is_untouched(&self) {
        assert_eq!(flags(&self.slave) & libc::O_NONBLOCK, 0, "O_NONBLOCK has leaked");
        assert_eq!(self.settings(), Self::new().settings());
    }
}
