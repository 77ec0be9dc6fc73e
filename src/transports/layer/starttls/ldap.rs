//! LDAP: one extended operation, in BER.

use super::dialogue::{Dialogue, PIECE_MAX, Verdict, nonsense, quote};

/// The name of the operation, and of its response.
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";

const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const ENUMERATED: u8 = 0x0a;
const SEQUENCE: u8 = 0x30;
/// `[APPLICATION 23]`, and its `requestName`.
const EXTENDED_REQUEST: u8 = 0x77;
const REQUEST_NAME: u8 = 0x80;
/// `[APPLICATION 24]`, and its `responseName`.
const EXTENDED_RESPONSE: u8 = 0x78;
const RESPONSE_NAME: u8 = 0x8a;

/// The number of the request. A message that answers none has the number 0.
const MESSAGE_ID: &[u8] = &[1];

/// RFC 4511, section 4.14.
#[derive(Debug)]
pub(super) struct Ldap;

impl Dialogue for Ldap {
    fn opening(&self) -> Vec<u8> {
        let request = encode(EXTENDED_REQUEST, &encode(REQUEST_NAME, START_TLS));
        encode(SEQUENCE, &[encode(INTEGER, MESSAGE_ID), request].concat())
    }

    fn hear(&mut self, unread: &[u8]) -> Option<(usize, Verdict)> {
        let garbled = Some((unread.len(), nonsense("LDAP", unread)));
        if *unread.first()? != SEQUENCE {
            return garbled;
        }
        match header(unread) {
            Header::Garbled => garbled,
            Header::Whole(_, length) if length > PIECE_MAX => garbled,
            Header::Whole(start, length) => {
                let content = unread.get(start..start + length)?;
                let verdict = response(content).unwrap_or_else(|| nonsense("LDAP", unread));
                Some((start + length, verdict))
            }
            Header::Cut => None,
        }
    }
}

/// An element. The content must be shorter than 128 bytes.
fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    debug_assert!(content.len() < 0x80);
    [&[tag, content.len() as u8], content].concat()
}

/// The tag and the length before the content of an element.
enum Header {
    /// Where the content begins, and its length.
    Whole(usize, usize),
    Cut,
    /// A length that LDAP does not allow. LDAP has definite lengths of at most four bytes.
    Garbled,
}

fn header(data: &[u8]) -> Header {
    let Some(&first) = data.get(1) else { return Header::Cut };
    match first {
        0..=0x7f => Header::Whole(2, usize::from(first)),
        0x81..=0x84 => {
            let end = 2 + usize::from(first & 0x7f);
            let Some(bytes) = data.get(2..end) else { return Header::Cut };
            Header::Whole(end, bytes.iter().fold(0, |length, &byte| length << 8 | usize::from(byte)))
        }
        _ => Header::Garbled,
    }
}

/// Splits off the content of the first element, which has this tag.
fn element<'a>(data: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let Header::Whole(start, length) = header(data) else { return None };
    if *data.first()? != tag {
        return None;
    }
    let (content, rest) = data.get(start..)?.split_at_checked(length)?;
    *data = rest;
    Some(content)
}

/// The meaning of a message. `None` if no such message can come here.
fn response(mut message: &[u8]) -> Option<Verdict> {
    let id = element(&mut message, INTEGER)?;
    // Controls may follow. They mean nothing, because the request asked for none.
    let mut response = element(&mut message, EXTENDED_RESPONSE)?;
    let [result] = *element(&mut response, ENUMERATED)? else { return None };
    let _matched_dn = element(&mut response, OCTET_STRING)?;
    let words = element(&mut response, OCTET_STRING)?;
    let mut name = None;
    while let Some(&tag) = response.first() {
        let content = element(&mut response, tag)?;
        if tag == RESPONSE_NAME {
            name = Some(content);
        }
    }
    if id == [0] {
        return Some(Verdict::No(format!("the server ends the connection: result {result}, {}", quote(words))));
    }
    if id != MESSAGE_ID || name.is_some_and(|name| name != START_TLS) {
        return None;
    }
    if result != 0 {
        return Some(Verdict::No(format!("the server refuses StartTLS: result {result}, {}", quote(words))));
    }
    Some(Verdict::Consent)
}
