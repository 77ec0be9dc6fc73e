//! Makes text of unknown origin safe for one line on a terminal. Characters that would end the line, drive the
//! terminal, reverse the order of the line or be invisible are escaped. This is the only place that decides this.

use std::ffi::OsStr;
use std::fmt::{self, Write as _};
use std::os::unix::ffi::OsStrExt;

/// The text, escaped.
#[must_use]
pub fn escape(text: &str) -> String {
    Escaped(text).to_string()
}

/// Bytes as text, escaped. What is unsafe or not UTF-8 is shown as its bytes: `\x1b`, `\xff`, and `\n`, `\r`, `\t`.
#[must_use]
pub fn escape_bytes(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_unsafe(c) {
                text.extend(c.encode_utf8(&mut [0; 4]).as_bytes().escape_ascii().map(char::from));
            } else {
                text.push(c);
            }
        }
        text.extend(chunk.invalid().escape_ascii().map(char::from));
    }
    text
}

/// A text that is displayed escaped.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(is_unsafe) {
            f.write_str(&rest[..at])?;
            let mut chars = rest[at..].chars();
            if let Some(c) = chars.next() {
                c.escape_default().try_for_each(|c| f.write_char(c))?;
            }
            rest = chars.as_str();
        }
        f.write_str(rest)
    }
}

/// A path or another text of the system, displayed escaped. What is not UTF-8 is shown as its bytes: `\xff`.
#[derive(Clone, Copy, Debug)]
pub struct EscapedOs<T>(pub T);

impl<T: AsRef<OsStr>> fmt::Display for EscapedOs<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.as_ref();
        match text.to_str() {
            Some(text) => Escaped(text).fmt(f),
            None => f.write_str(&escape_bytes(text.as_bytes())),
        }
    }
}

/// Control characters (general category Cc of Unicode 17), format characters (Cf), and separators of lines and
/// paragraphs (Zl, Zp).
fn is_unsafe(c: char) -> bool {
    let is_format = || {
        matches!(c,
            '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e007f}')
    };
    c.is_control() || !c.is_ascii() && is_format()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_is_escaped_and_the_rest_is_kept() {
        assert_eq!(escape("grün\n\u{1b}[31m\u{9b}\u{202e}"), "grün\\n\\u{1b}[31m\\u{9b}\\u{202e}");
        assert_eq!(escape("\r\0\u{7f}"), "\\r\\u{0}\\u{7f}");
        let mixed = b"gr\xc3\xbcn'\\\n\x1b\x00\xff\xc2\x9b\xe2\x80\xae\xc3";
        assert_eq!(escape_bytes(mixed), "grün'\\\\n\\x1b\\x00\\xff\\xc2\\x9b\\xe2\\x80\\xae\\xc3");
        assert_eq!(EscapedOs(OsStr::from_bytes(mixed)).to_string(), escape_bytes(mixed));
        assert_eq!(EscapedOs(OsStr::new("grün\n\u{9b}")).to_string(), "grün\\n\\u{9b}");
        for kept in ["", "a'b\"c\\d", "e\u{301}", "שלום", "日本語", "\u{e000}", "👍"] {
            assert_eq!(escape(kept), kept);
        }
    }

    /// All characters that can reverse the order of a line, and invisible ones.
    #[test]
    fn nothing_turns_the_order_of_a_line_around() {
        let turning = "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}";
        let hidden = "\u{ad}\u{200b}\u{200c}\u{200d}\u{2060}\u{206a}\u{feff}\u{e0041}";
        let separators = "\u{85}\u{2028}\u{2029}";
        for c in [turning, hidden, separators].concat().chars() {
            assert_eq!(escape(&format!("a{c}b")), format!("a{}b", c.escape_unicode()));
        }
    }

    /// The standard library escapes unprintable characters. Of these, only private and unassigned ones are kept.
    #[test]
    fn the_standard_library_agrees() {
        let has_meaning = |c: char| !matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
        for c in ('\0'..=char::MAX).filter(|c| has_meaning(*c) && is_unsafe(*c)) {
            // A letter comes before, because a lone mark would be escaped. Visible characters of Cf are printed.
            let debug = format!("x{c}").escape_debug().to_string();
            let is_visible =
                matches!(c, '\u{600}'..='\u{605}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}');
            assert!(debug != format!("x{c}") || is_visible, "{c:?} is printed elsewhere");
        }
    }
}
