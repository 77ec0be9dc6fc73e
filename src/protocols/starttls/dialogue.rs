//! What the words of one protocol are to a negotiation, and how they are quoted in messages.

use std::fmt;

use crate::transports::text::escape;

/// The longest line, message or tag.
pub(super) const PIECE_MAX: usize = 8 * 1024;
/// The most that is quoted of what a server has said.
const QUOTE_MAX: usize = 200;

/// What a piece of the server's speech means.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It is no answer to anything, and may come at any time.
    Skip,
    /// It is a part of an answer.
    GoOn,
    /// It is an answer, and this is to be said next.
    Say(Vec<u8>),
    Consent,
    No(String),
}

/// The words of one protocol.
pub(super) trait Dialogue: fmt::Debug {
    /// What the client says first, where it is not the server that does.
    fn opening(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Takes the first piece of `unread`: how long it is, and what it means. `None` if it is not whole yet.
    fn hear(&mut self, unread: &[u8]) -> Option<(usize, Verdict)>;
}

/// The server does not speak the protocol that was asked for.
pub(super) fn nonsense(protocol: &str, said: &[u8]) -> Verdict {
    Verdict::No(format!("the server does not speak {protocol}: {}", quote(said)))
}

/// What a server has said, fit to be shown on a terminal and in a line.
pub(super) fn quote(said: &[u8]) -> String {
    let said = said.trim_ascii_end();
    // No character has more than four bytes, so no more than these can be shown.
    let start = &said[..said.len().min(4 * QUOTE_MAX)];
    let mut quoted = String::from("\"");
    let mut room = QUOTE_MAX;
    for c in String::from_utf8_lossy(start).chars() {
        // Double quotes stand around it.
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
