//! Text of unknown origin made fit for a line on a terminal: control characters escaped, the rest kept, long text cut.
//!
//! Used for what the user typed and for log messages, which carry what peers sent. What colour a line has is the
//! logger's business.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

/// How many characters of one argument an error message repeats: enough to recognise it.
pub(super) const QUOTED_CHARS_MAX: usize = 80;

/// An argument in quotes, escaped and cut.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", clean(text))
}

/// The same without the quotes, for a proposal of what to write instead.
pub(super) fn clean(text: &str) -> String {
    shorten(&escape(text), QUOTED_CHARS_MAX)
}

/// The same for an argument that need not be UTF-8: bytes that are not become `\xff`.
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

/// The text with control characters escaped, so that it stays on its line and cannot drive the terminal.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) { escaped.extend(c.escape_default()) } else { escaped.push(c) }
    }
    escaped
}

/// The first `max` characters, with `…` where something is missing.
pub(super) fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Control characters, and those that turn the direction of the text around or break lines.
fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_the_rest_is_kept() {
        assert_eq!(escape("grün\n\u{1b}[31m\u{9b}\u{202e}"), "grün\\n\\u{1b}[31m\\u{9b}\\u{202e}");
    }

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
