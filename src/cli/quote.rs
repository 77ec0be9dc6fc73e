//! Text of the user in messages: escaped, shortened, in quotes.
//!
//! `transports/text.rs` decides which characters are escaped.

use std::ffi::OsStr;

use crate::transports::text::EscapedOs;
pub(super) use crate::transports::text::{escape, escape_bytes};

/// How many characters of an argument a message repeats: enough to recognise the argument.
pub(super) const QUOTED_CHARS_MAX: usize = 80;

/// An argument in quotes, escaped and shortened.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", clean(text))
}

/// A word as a user types it into a shell, in quotes if it needs them. `None` if a message cannot show it unchanged.
pub(super) fn shell_word(text: &str) -> Option<String> {
    if escape(text) != text {
        return None;
    }
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:,@+%=".contains(c);
    if !text.is_empty() && !text.starts_with('=') && text.chars().all(is_plain) {
        return Some(text.to_owned());
    }
    Some(format!("'{}'", text.replace('\'', r"'\''")))
}

/// The same as [`quote`] without the quotes.
pub(super) fn clean(text: &str) -> String {
    shorten(&escape(text), QUOTED_CHARS_MAX)
}

/// The same as [`quote`] for an argument that can be other than UTF-8. Then all escapes are those of bytes: `\xff`.
pub(super) fn quote_os(text: &OsStr) -> String {
    format!("'{}'", clean_os(text))
}

/// The same as [`quote_os`] without the quotes.
pub(super) fn clean_os(text: &OsStr) -> String {
    shorten(&EscapedOs(text).to_string(), QUOTED_CHARS_MAX)
}

/// The first `max` characters, followed by `…` if there are more.
pub(super) fn shorten(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Whether a word is in a list of words with spaces between them.
pub(super) fn is_among(word: &str, words: &str) -> bool {
    words.split(' ').any(|other| other == word)
}

/// A choice between words, as in `auto, always or never`.
pub(super) fn one_of(words: &[&str]) -> String {
    match words {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        words => words.join(""),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(quote(&"ü".repeat(81)), format!("'{}…'", "ü".repeat(80)));
        assert_eq!(quote(&"ü".repeat(80)), format!("'{}'", "ü".repeat(80)));
    }

    #[test]
    fn a_shell_reads_back_the_words_of_a_line() {
        for (text, word) in [
            ("tls:host:443,ca=c.pem", "tls:host:443,ca=c.pem"),
            ("[::1]:80", "'[::1]:80'"),
            ("*:80", "'*:80'"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("", "''"),
            ("=x", "'=x'"),
            ("~/x", "'~/x'"),
            ("a!b{c}^d#e$f`g\\h", "'a!b{c}^d#e$f`g\\h'"),
            ("grün", "grün"),
        ] {
            assert_eq!(shell_word(text).as_deref(), Some(word));
            assert_eq!(shell_words::split(word), Ok(vec![text.to_owned()]));
        }
        assert!(["a\nb", "\u{1b}[31m", "a\u{202e}b"].iter().all(|text| shell_word(text).is_none()));
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_numbers() {
        assert_eq!(quote_os(OsStr::from_bytes(b"a\xff\n\xc3")), "'a\\xff\\n\\xc3'");
    }
}
