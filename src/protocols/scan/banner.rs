//! The first line that a service sends, as text for one line of output.

use crate::transports::text::escape_bytes;

/// How many bytes of a service are looked at. A longer line is cut.
const BYTES_MAX: usize = 1024;

/// How many characters of a line are shown.
const CHARS_MAX: usize = 200;

/// The bytes of a service until the end of its first line.
#[derive(Debug, Default)]
pub(super) struct Banner(Vec<u8>);

impl Banner {
    /// Adds bytes. Returns whether the line is complete, or is cut.
    pub(super) fn add(&mut self, data: &[u8]) -> bool {
        let room = BYTES_MAX - self.0.len();
        self.0.extend_from_slice(&data[..data.len().min(room)]);
        self.0.contains(&b'\n') || self.0.len() == BYTES_MAX
    }

    /// The line: escaped, without its end, and cut if it is long. Unsafe bytes become `\x1b`.
    pub(super) fn text(&self) -> String {
        let line = self.0.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut text = escape_bytes(line);
        if let Some((end, _)) = text.char_indices().nth(CHARS_MAX) {
            text.truncate(end);
            text.push('…');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pieces: &[&[u8]]) -> (bool, String) {
        let mut banner = Banner::default();
        let is_complete = pieces.iter().fold(false, |_, piece| banner.add(piece));
        (is_complete, banner.text())
    }

    #[test]
    fn the_first_line_is_shown_and_what_controls_a_terminal_is_escaped() {
        assert_eq!(of(&[b"SSH-2.0", b"-x\r\nmore\n"]), (true, "SSH-2.0-x".to_owned()));
        assert_eq!(of(&[b"login: "]), (false, "login: ".to_owned()));
        assert_eq!(of(&[b"\x1b[31m\xff\0\r\n"]), (true, "\\x1b[31m\\xff\\x00".to_owned()));
        assert_eq!(of(&[b"\r\n"]), (true, String::new()));
        assert_eq!(of(&[]), (false, String::new()));
    }

    #[test]
    fn a_long_line_is_cut() {
        let (is_complete, text) = of(&["ü".repeat(10_000).as_bytes()]);
        assert!(is_complete);
        assert_eq!(text, format!("{}…", "ü".repeat(CHARS_MAX)));
    }
}
