//! PostgreSQL: the client asks with eight bytes, and the server answers with one.

use super::dialogue::{Dialogue, Verdict, nonsense, quote};

/// `SSLRequest`: its length, and a number in the place where other messages have the version.
const REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// "SSL Session Encryption" in PostgreSQL's documentation of its protocol.
#[derive(Debug)]
pub(super) struct Postgres;

impl Dialogue for Postgres {
    fn opening(&self) -> Vec<u8> {
        REQUEST.to_vec()
    }

    fn missing(&self) -> &'static str {
        "no answer to SSLRequest"
    }

    fn hear(&mut self, unread: &[u8]) -> Option<(usize, Verdict)> {
        let verdict = match unread.first()? {
            b'S' => Verdict::Consent,
            b'N' => Verdict::No(format!("the server refuses TLS: {}", quote(unread))),
            b'E' => Verdict::No(format!("the server answers with an error when asked for TLS: {}", quote(unread))),
            _ => nonsense("PostgreSQL's protocol", unread),
        };
        Some((1, verdict))
    }
}
