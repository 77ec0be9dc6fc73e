//! Text of the user in messages: escaped, shortened, in quotes.
//!
//! `transports/text.rs` decides which characters are escaped.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

pub(super) use crate::transports::text::escape;

/// How many characters of an argument a message repeats: enough to recognise the argument.
pub(super) const QUOTED_CHARS_MAX: usize = 80;

/// An argument in quotes, escaped and shortened.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", clean(text))
}

/// The same without the quotes, for a line that the user can type.
pub(super) fn clean(text: &str) -> String {
    shorten(&escape(text), QUOTED_CHARS_MAX)
}

/// The same for an argument that can be other than UTF-8. Other bytes become `\xff`.
pub(super) fn quote_os(text: &OsStr) -> String {
    let mut escaped = String::new();
    for chunk in text.as_bytes().utf8_chunks() {
        escaped.push_str(&escape(chunk.valid()));
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "\\x{byte:02x}");
        }
    }
    format!("'{}'", shorten(&escaped, QUOTED_CHARS_MAX))
}

/// The first `max` characters, followed by `…` if there are more.
pub(super) fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(quote(&"ü".repeat(81)), format!("'{}…'", "ü".repeat(80)));
        assert_eq!(quote(&"ü".repeat(80)), format!("'{}'", "ü".repeat(80)));
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_numbers() {
        assert_eq!(quote_os(OsStr::from_bytes(b"a\xff\n\xc3")), "'a\\xff\\n\\xc3'");
    }
}
