//! The escape key of a session with single keys: which typed bytes go to the peer, and which are commands.
//!
//! All keys of a raw terminal go to the peer, `^C` included, so one key has to be kept for xport itself. The key is
//! looked for as telnet and ssh do: a control character anywhere, because people do not type one by accident, and a
//! printable character only at the beginning of a line, because words contain such characters.
//!
//! ```text
//!   Beginning ---any key but Enter--->  Within
//!   Beginning <---------Enter---------  Within
//!
//!   Beginning ---escape key---------------------------> Escaped
//!   Within    ---escape key, if a control character---> Escaped
//!
//!   Escaped ---"."----------> the command Leave,    back to the state before
//!           ---"?"----------> the command Help,     back to the state before
//!           ---^Z-----------> the command Suspend,  back to the state before
//!           ---escape key---> sent once,            Within
//!           ---any other----> both keys are sent,   Beginning after Enter, else Within
//! ```

use std::fmt;

/// The key that suspends xport after the escape key.
const CTRL_Z: u8 = 0x1a;

/// An escape key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EscapeKey(u8);

impl Default for EscapeKey {
    /// `^]`, as in telnet.
    fn default() -> Self {
        Self(0x1d)
    }
}

impl EscapeKey {
    /// An ASCII character as the escape key. `None` for a character that would have two meanings: a command after the
    /// escape key, or Enter.
    #[must_use]
    pub fn new(byte: u8) -> Option<Self> {
        let is_usable = byte.is_ascii() && !matches!(byte, b'.' | b'?' | CTRL_Z | b'\r' | b'\n');
        is_usable.then_some(Self(byte))
    }
}

impl fmt::Display for EscapeKey {
    /// Writes the key as it is shown on keyboards: `^]`, `~`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            byte if byte.is_ascii_control() => write!(f, "^{}", char::from(byte ^ 0x40)),
            b' ' => f.write_str("space "),
            byte => write!(f, "{}", char::from(byte)),
        }
    }
}

/// What the user wants of xport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyCommand {
    Leave,
    Help,
    Suspend,
}

/// Where the next key is in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeyPlace {
    /// At the beginning of a line.
    Beginning,
    Within,
    /// After the escape key.
    Escaped {
        /// Whether the escape key was at the beginning of a line.
        at_beginning: bool,
    },
}

/// Finds the escape key among typed bytes.
#[derive(Debug)]
pub(super) struct EscapeFilter {
    key: Option<EscapeKey>,
    place: KeyPlace,
}

impl EscapeFilter {
    /// Looks for this key. Without a key, all bytes are for the peer.
    pub(super) fn new(key: Option<EscapeKey>) -> Self {
        Self { key, place: KeyPlace::Beginning }
    }

    /// Takes typed bytes up to the first command, and adds the bytes for the peer to `sent`. Returns the command, and
    /// how many bytes were taken.
    pub(super) fn take(&mut self, typed: &[u8], sent: &mut Vec<u8>) -> (Option<KeyCommand>, usize) {
        let Some(EscapeKey(escape)) = self.key else {
            sent.extend_from_slice(typed);
            return (None, typed.len());
        };
        for (index, &byte) in typed.iter().enumerate() {
            let command = match self.place {
                KeyPlace::Escaped { at_beginning } => self.after_escape(byte, escape, at_beginning, sent),
                KeyPlace::Beginning if byte == escape => {
                    self.place = KeyPlace::Escaped { at_beginning: true };
                    None
                }
                KeyPlace::Within if byte == escape && escape.is_ascii_control() => {
                    self.place = KeyPlace::Escaped { at_beginning: false };
                    None
                }
                KeyPlace::Beginning | KeyPlace::Within => {
                    self.send(byte, sent);
                    None
                }
            };
            if command.is_some() {
                return (command, index + 1);
            }
        }
        (None, typed.len())
    }

    fn after_escape(&mut self, byte: u8, escape: u8, at_beginning: bool, sent: &mut Vec<u8>) -> Option<KeyCommand> {
        let command = match byte {
            b'.' => KeyCommand::Leave,
            b'?' => KeyCommand::Help,
            CTRL_Z => KeyCommand::Suspend,
            byte => {
                sent.push(escape);
                self.place = KeyPlace::Within;
                if byte != escape {
                    self.send(byte, sent);
                }
                return None;
            }
        };
        self.place = if at_beginning { KeyPlace::Beginning } else { KeyPlace::Within };
        Some(command)
    }

    fn send(&mut self, byte: u8, sent: &mut Vec<u8>) {
        sent.push(byte);
        self.place = if matches!(byte, b'\r' | b'\n') { KeyPlace::Beginning } else { KeyPlace::Within };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types `typed` in pieces of `size` bytes. A command is shown in brackets among the bytes for the peer.
    fn filtered(key: Option<u8>, typed: &str, size: usize) -> String {
        let mut filter = EscapeFilter::new(key.and_then(EscapeKey::new));
        let mut shown = Vec::new();
        for mut piece in typed.as_bytes().chunks(size) {
            while !piece.is_empty() {
                let (command, taken) = filter.take(piece, &mut shown);
                if let Some(command) = command {
                    shown.extend_from_slice(format!("[{command:?}]").as_bytes());
                }
                piece = &piece[taken..];
            }
        }
        String::from_utf8(shown).expect("text")
    }

    #[track_caller]
    fn check(key: Option<u8>, typed: &str, expected: &str) {
        for size in [1, 2, 3, 100] {
            assert_eq!(filtered(key, typed, size), expected, "{typed:?} in pieces of {size}");
        }
    }

    #[test]
    fn a_control_character_is_the_escape_key_anywhere() {
        let key = Some(0x1d);
        check(key, "ls\r\x03\x04\x1a\x1c", "ls\r\x03\x04\x1a\x1c");
        check(key, "a\x1d.b", "a[Leave]b");
        check(key, "\x1d?\x1d?x", "[Help][Help]x");
        check(key, "a\x1d\x1ab", "a[Suspend]b");
        check(key, "a\x1d\x1db\x1d\x1d.", "a\x1db\x1d.");
        check(key, "a\x1dx\x1d\x03", "a\x1dx\x1d\x03");
        check(key, "a.?", "a.?");
    }

    #[test]
    fn a_printable_character_is_the_escape_key_at_the_beginning_of_a_line() {
        let key = Some(b'~');
        check(key, "~.", "[Leave]");
        check(key, "a~.\r~.", "a~.\r[Leave]");
        check(key, "a\n~?~.", "a\n[Help][Leave]");
        check(key, "~~.", "~.");
        check(key, "~x~.", "~x~.");
        check(key, "~\r~.", "~\r[Leave]");
    }

    #[test]
    fn without_an_escape_key_every_byte_is_for_the_peer() {
        check(None, "a\x1d.~.\r~.", "a\x1d.~.\r~.");
    }

    #[test]
    fn a_key_is_shown_as_it_is_typed() {
        for (byte, shown) in [(0x1d, "^]"), (0, "^@"), (1, "^A"), (0x7f, "^?"), (b'~', "~"), (b' ', "space ")] {
            assert_eq!(EscapeKey::new(byte).expect("a key").to_string(), shown);
        }
        for byte in [b'.', b'?', CTRL_Z, b'\r', b'\n', 0x80, 0xff] {
            assert_eq!(EscapeKey::new(byte), None);
        }
    }
}
