//! The trait [`Dialogue`]: how one protocol asks for TLS, and how it reads the answers. Messages quote a server by
//! [`quote`].

use std::fmt;

use crate::transports::text::escape;

/// The longest line, message or tag.
pub(super) const PIECE_MAX: usize = 8 * 1024;
/// The most characters that are quoted of what a server has said.
const QUOTE_MAX: usize = 200;

/// The meaning of one piece of what the server says.
#[derive(Debug)]
pub(super) enum Verdict {
    /// The piece answers no question and may come at any time.
    Skip,
    /// The piece is a part of an answer.
    GoOn,
    /// The answer is whole. Say this next.
    Say(Vec<u8>),
    /// The server consents to TLS.
    Consent,
    /// There will be no TLS, for this reason.
    No(String),
}

/// The words of one protocol.
pub(super) trait Dialogue: fmt::Debug {
    /// What the client says first. Empty if the server speaks first.
    fn opening(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Takes the first piece of `unread`. Gives its length and its meaning, or `None` if the piece is not whole yet.
    fn hear(&mut self, unread: &[u8]) -> Option<(usize, Verdict)>;
}

/// The verdict on a server that does not speak the protocol.
pub(super) fn nonsense(protocol: &str, said: &[u8]) -> Verdict {
    Verdict::No(format!("the server does not speak {protocol}: {}", quote(said)))
}

/// Quotes what a server has said, so that it can be shown on a terminal and in one line.
pub(super) fn quote(said: &[u8]) -> String {
    let said = said.trim_ascii_end();
    // A character has at most four bytes, so no more bytes than these can be shown.
    let start = &said[..said.len().min(4 * QUOTE_MAX)];
    let mut quoted = String::from("\"");
    let mut room = QUOTE_MAX;
    for c in String::from_utf8_lossy(start).chars() {
        // The quotation stands in double quotes.
        let escaped = if matches!(c, '"' | '\\') { c.escape_default().to_string() } else { escape(&c.to_string()) };
        let Some(left) = room.checked_sub(escaped.chars().count()) else {
            quoted.push_str("\"...");
            return quoted;
        };
        room = left;
        quoted.push_str(&escaped);
    }
    quoted.push_str(if start.len() < said.len() { "\"..." } else { "\"" });
    quoted
}
