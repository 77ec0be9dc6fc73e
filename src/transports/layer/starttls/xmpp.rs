//! XMPP: a stream of XML. This file understands only as much XML as it needs to find one element.
//!
//! Every tag is a piece, and so is the text between two tags. By RFC 6120, a tag declares the namespace of TLS itself.

use super::dialogue::{Dialogue, Verdict, nonsense, quote};

const TLS_NAMESPACE: &[u8] = b"urn:ietf:params:xml:ns:xmpp-tls";

/// RFC 6120, section 5.
#[derive(Debug, Default)]
pub(super) struct Xmpp {
    server_name: String,
    awaited: Awaited,
    /// How many elements are open. The stream itself does not count.
    depth: usize,
    /// The kind of the outermost open element.
    outermost: Outermost,
    is_offered: bool,
    /// What the server has said since the last question.
    reply: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Awaited {
    #[default]
    Header,
    Features,
    Answer,
}

#[derive(Clone, Copy, Debug, Default)]
enum Outermost {
    #[default]
    Features,
    Error,
    Proceed,
    Failure,
}

impl Xmpp {
    pub(super) fn new(server_name: &str) -> Self {
        Self { server_name: server_name.to_owned(), ..Self::default() }
    }

    fn tag(&mut self, tag: &Tag<'_>) -> Verdict {
        let Awaited::Header = self.awaited else { return self.element(tag) };
        match tag.kind {
            TagKind::Declaration => Verdict::GoOn,
            TagKind::Open if tag.name() == b"stream" => {
                if tag.attributes().all(|(name, _)| name != b"version") {
                    return self.not_offered();
                }
                self.awaited = Awaited::Features;
                self.reply.clear();
                Verdict::GoOn
            }
            _ => nonsense("XMPP", &self.reply),
        }
    }

    fn element(&mut self, tag: &Tag<'_>) -> Verdict {
        match (tag.kind, self.depth) {
            (TagKind::Declaration, _) => return nonsense("XMPP", &self.reply),
            (TagKind::Close, 0) => return Verdict::No(format!("the server ends the stream: {}", quote(&self.reply))),
            (TagKind::Close, _) => self.depth -= 1,
            (TagKind::Open | TagKind::Empty, depth) => {
                if depth == 0 {
                    self.outermost = match (self.awaited, tag.name()) {
                        (Awaited::Features, b"features") => Outermost::Features,
                        (Awaited::Answer, b"proceed") if tag.is_of_tls() => Outermost::Proceed,
                        (Awaited::Answer, b"failure") if tag.is_of_tls() => Outermost::Failure,
                        (_, b"error") => Outermost::Error,
                        _ => return nonsense("XMPP", &self.reply),
                    };
                }
                self.is_offered |= depth == 1 && tag.name() == b"starttls" && tag.is_of_tls();
                self.depth += usize::from(tag.kind == TagKind::Open);
            }
        }
        if self.depth > 0 { Verdict::GoOn } else { self.whole() }
    }

    /// The meaning of an element of the stream that has ended.
    fn whole(&mut self) -> Verdict {
        match self.outermost {
            Outermost::Features if self.is_offered => {
                self.awaited = Awaited::Answer;
                self.reply.clear();
                Verdict::Say(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>".to_vec())
            }
            Outermost::Features => self.not_offered(),
            Outermost::Error => Verdict::No(format!("the server refuses the connection: {}", quote(&self.reply))),
            Outermost::Proceed => Verdict::Consent,
            Outermost::Failure => Verdict::No(format!("the server refuses STARTTLS: {}", quote(&self.reply))),
        }
    }

    fn not_offered(&self) -> Verdict {
        Verdict::No(format!("the server does not offer STARTTLS: {}", quote(&self.reply)))
    }
}

impl Dialogue for Xmpp {
    fn opening(&self) -> Vec<u8> {
        let mut stream = String::from("<?xml version='1.0'?><stream:stream to='");
        for c in self.server_name.chars() {
            match c {
                '&' => stream.push_str("&amp;"),
                '<' => stream.push_str("&lt;"),
                '>' => stream.push_str("&gt;"),
                '\'' => stream.push_str("&apos;"),
                '"' => stream.push_str("&quot;"),
                c => stream.push(c),
            }
        }
        stream.push_str("' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>");
        stream.into_bytes()
    }

    fn missing(&self) -> &'static str {
        match self.awaited {
            Awaited::Header => "no answer to <stream:stream>",
            Awaited::Features => "no <stream:features>",
            Awaited::Answer => "no answer to <starttls>",
        }
    }

    fn hear(&mut self, unread: &[u8]) -> Option<(usize, Verdict)> {
        if *unread.first()? != b'<' {
            let used = unread.iter().position(|&byte| byte == b'<').unwrap_or(unread.len());
            let text = &unread[..used];
            self.reply.extend_from_slice(text);
            return Some(match self.depth {
                0 if text.iter().all(u8::is_ascii_whitespace) => (used, Verdict::Skip),
                0 => (used, nonsense("XMPP", &self.reply)),
                _ => (used, Verdict::GoOn),
            });
        }
        // A stream must not have comments or the like.
        if *unread.get(1)? == b'!' {
            return Some((unread.len(), nonsense("XMPP", unread)));
        }
        let used = tag_end(unread)?;
        self.reply.extend_from_slice(&unread[..used]);
        Some((used, self.tag(&Tag::new(&unread[..used]))))
    }
}

/// Where the first tag ends. A `>` inside quotes does not end a tag.
fn tag_end(unread: &[u8]) -> Option<usize> {
    let mut quotes = None;
    for (at, &byte) in unread.iter().enumerate() {
        match (quotes, byte) {
            (None, b'>') => return Some(at + 1),
            (None, b'\'' | b'"') => quotes = Some(byte),
            (Some(open), _) if open == byte => quotes = None,
            _ => (),
        }
    }
    None
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TagKind {
    /// `<?xml ...?>`
    Declaration,
    Open,
    /// `<name/>`, which opens and closes an element.
    Empty,
    Close,
}

#[derive(Clone, Copy, Debug)]
struct Tag<'a> {
    kind: TagKind,
    /// The text between the brackets, without the marks of the kind.
    text: &'a [u8],
}

impl<'a> Tag<'a> {
    /// Parses a text that begins with `<` and ends with `>`.
    fn new(tag: &'a [u8]) -> Self {
        let (kind, text) = match tag {
            [b'<', b'?', text @ .., b'>'] => (TagKind::Declaration, text),
            [b'<', b'/', text @ .., b'>'] => (TagKind::Close, text),
            [b'<', text @ .., b'/', b'>'] => (TagKind::Empty, text),
            [b'<', text @ .., b'>'] => (TagKind::Open, text),
            _ => (TagKind::Declaration, tag),
        };
        Self { kind, text }
    }

    /// The name, without a prefix.
    fn name(&self) -> &'a [u8] {
        let name = self.text.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        name.rsplit(|&byte| byte == b':').next().unwrap_or_default()
    }

    /// Names and values as they are written. Stops at the first one that is not well-formed.
    fn attributes(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        let start = self.text.iter().position(u8::is_ascii_whitespace).unwrap_or(self.text.len());
        let mut rest = &self.text[start..];
        std::iter::from_fn(move || {
            let equals = rest.iter().position(|&byte| byte == b'=')?;
            let name = rest[..equals].trim_ascii();
            let [quotes, value @ ..] = rest[equals + 1..].trim_ascii_start() else { return None };
            let end = value.iter().position(|byte| byte == quotes).filter(|_| matches!(quotes, b'\'' | b'"'))?;
            rest = &value[end + 1..];
            Some((name, &value[..end]))
        })
    }

    /// Whether the tag declares the namespace of TLS, for itself or for its own prefix.
    fn is_of_tls(&self) -> bool {
        self.attributes().any(|(name, value)| name.starts_with(b"xmlns") && value == TLS_NAMESPACE)
    }
}
