//! The layer that sends each line feed as CR LF, as many protocols of lines want it (`--crlf`).
//!
//! Received bytes pass unchanged. RFC 5234 names CRLF, the end of a line in the protocols of the Internet.

use super::above::Layer;

/// The layer. It remembers how the bytes so far have ended, because CR and LF may come in two writes.
#[derive(Debug, Default)]
pub(crate) struct Crlf {
    /// The last byte was a CR. A line feed after a CR passes unchanged.
    after_cr: bool,
}

impl Layer for Crlf {
    /// Appends `data` to `below`, with a CR before each line feed that has none.
    fn send(&mut self, data: &[u8], below: &mut Vec<u8>) {
        below.reserve(data.len());
        for piece in data.split_inclusive(|byte| *byte == b'\n') {
            let Some(line) = piece.strip_suffix(b"\n") else {
                self.after_cr = piece.ends_with(b"\r");
                below.extend_from_slice(piece);
                break;
            };
            below.extend_from_slice(line);
            if !(line.ends_with(b"\r") || (line.is_empty() && self.after_cr)) {
                below.push(b'\r');
            }
            below.push(b'\n');
            self.after_cr = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(writes: &[&[u8]]) -> Vec<u8> {
        let (mut crlf, mut below) = (Crlf::default(), Vec::new());
        writes.iter().for_each(|data| crlf.send(data, &mut below));
        below
    }

    #[test]
    fn each_line_feed_gets_one_cr() {
        for (text, expected) in [
            ("", ""),
            ("a", "a"),
            ("\n", "\r\n"),
            ("a\nb\n", "a\r\nb\r\n"),
            ("\n\n\n", "\r\n\r\n\r\n"),
            ("a\r\nb\n", "a\r\nb\r\n"),
            ("a\rb\n", "a\rb\r\n"),
            ("\r\r\n\n", "\r\r\n\r\n"),
            ("a\r", "a\r"),
        ] {
            assert_eq!(sent(&[text.as_bytes()]), expected.as_bytes(), "{text:?}");
        }
    }

    #[test]
    fn the_cuts_between_writes_make_no_difference() {
        let text = b"\na\r\n\r\r\nb\n\n\rc\r\n\r";
        let whole = sent(&[text]);
        for first in 0..=text.len() {
            for second in first..=text.len() {
                let pieces = [&text[..first], &text[first..second], &text[second..]];
                assert_eq!(sent(&pieces), whole, "{first}, {second}");
            }
        }
    }

    #[test]
    fn bytes_of_all_kinds_pass() {
        let all = Vec::from_iter((0..=255).filter(|byte| *byte != b'\n'));
        assert_eq!(sent(&[&all]), all);
    }
}
