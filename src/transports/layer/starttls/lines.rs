//! The protocols of lines: SMTP, IMAP and POP3. The server greets first, and then the client asks.

use super::dialogue::{Dialogue, Verdict, nonsense, quote};

/// The length of the first line with its end, and the line without its end. A lone line feed also ends a line. A
/// program that gets the greeting gets each line with CR LF, so it reads the same lines.
fn first_line(unread: &[u8]) -> Option<(usize, &[u8])> {
    let end = unread.iter().position(|&byte| byte == b'\n')?;
    let line = &unread[..end];
    Some((end + 1, line.strip_suffix(b"\r").unwrap_or(line)))
}

/// The first words of a line. A word that is missing is empty.
fn words<const N: usize>(line: &[u8]) -> [&[u8]; N] {
    let mut words = line.split(|&byte| byte == b' ');
    [(); N].map(|()| words.next().unwrap_or_default())
}

fn refuses(what: &str, said: &[u8]) -> Verdict {
    Verdict::No(format!("the server refuses {what}: {}", quote(said)))
}

const NO_GREETING: &str = "the server has sent no greeting";
const NO_ANSWER: &str = "no answer to STARTTLS";

/// RFC 3207, with the replies of RFC 5321.
#[derive(Debug, Default)]
pub(super) struct Smtp {
    asked: SmtpAsked,
    /// The lines of the present reply so far.
    reply: Vec<u8>,
    is_offered: bool,
}

/// The question that the server has to answer.
#[derive(Clone, Copy, Debug, Default)]
enum SmtpAsked {
    #[default]
    Greeting,
    Extensions,
    Tls,
}

impl Smtp {
    fn line(&mut self, line: &[u8]) -> Verdict {
        let Some((code, is_last, text)) = smtp_line(line) else { return nonsense("SMTP", line) };
        let is_first = self.reply.is_empty();
        if !is_first {
            if !self.reply.starts_with(code) {
                return nonsense("SMTP", line);
            }
            self.reply.extend_from_slice(b"\r\n");
            let [keyword] = words(text);
            self.is_offered |= keyword.eq_ignore_ascii_case(b"STARTTLS");
        }
        self.reply.extend_from_slice(line);
        if !is_last {
            return Verdict::GoOn;
        }
        let reply = std::mem::take(&mut self.reply);
        match (self.asked, code) {
            (SmtpAsked::Greeting, b"220") => {
                self.asked = SmtpAsked::Extensions;
                // A greeting may have any words in it.
                self.is_offered = false;
                // The server does not need a real name. The client asks again inside TLS, since answers in the clear do
                // not count.
                Verdict::Say(b"EHLO localhost\r\n".to_vec())
            }
            (SmtpAsked::Extensions, b"250") if self.is_offered => {
                self.asked = SmtpAsked::Tls;
                Verdict::Say(b"STARTTLS\r\n".to_vec())
            }
            (SmtpAsked::Extensions, b"250") => {
                Verdict::No(format!("the server does not offer STARTTLS: {}", quote(&reply)))
            }
            (SmtpAsked::Tls, b"220") => Verdict::Consent,
            (SmtpAsked::Greeting, _) => refuses("the connection", &reply),
            (SmtpAsked::Extensions, _) => refuses("EHLO", &reply),
            (SmtpAsked::Tls, _) => refuses("STARTTLS", &reply),
        }
    }
}

impl Dialogue for Smtp {
    fn missing(&self) -> &'static str {
        match self.asked {
            SmtpAsked::Greeting => NO_GREETING,
            SmtpAsked::Extensions => "no answer to EHLO",
            SmtpAsked::Tls => NO_ANSWER,
        }
    }

    fn hear(&mut self, unread: &[u8]) -> Option<(usize, Verdict)> {
        let (used, line) = first_line(unread)?;
        Some((used, self.line(line)))
    }
}

/// The code of a line, whether the line is the last one of its reply, and its text.
fn smtp_line(line: &[u8]) -> Option<(&[u8], bool, &[u8])> {
    let (code, rest) = line.split_at_checked(3)?;
    let is_code = matches!(code[0], b'2'..=b'5') && code.iter().all(u8::is_ascii_digit);
    let (is_last, text) = match rest {
        [] => (true, rest),
        [b' ', text @ ..] => (true, text),
        [b'-', text @ ..] => (false, text),
        _ => return None,
    };
    is_code.then_some((code, is_last, text))
}

/// RFC 9051, section 6.2.1. The client does not ask for capabilities: a server without STARTTLS refuses the command.
#[derive(Debug, Default)]
pub(super) struct Imap {
    is_greeted: bool,
}

impl Imap {
    fn line(&mut self, line: &[u8]) -> Verdict {
        let [tag, status] = words(line);
        let status = status.to_ascii_uppercase();
        match (self.is_greeted, tag, &status[..]) {
            (false, b"*", b"OK") => {
                self.is_greeted = true;
                Verdict::Say(b"a1 STARTTLS\r\n".to_vec())
            }
            (false, b"*", b"PREAUTH") => {
                let greeting = quote(line);
                Verdict::No(format!("the server has logged the client in already, so TLS cannot start: {greeting}"))
            }
            (_, b"*", b"BYE") => refuses("the connection", line),
            (true, b"*", _) => Verdict::Skip,
            (true, b"a1", b"OK") => Verdict::Consent,
            (true, b"a1", b"NO" | b"BAD") => refuses("STARTTLS", line),
            _ => nonsense("IMAP", line),
        }
    }
}

impl Dialogue for Imap {
    fn missing(&self) -> &'static str {
        if self.is_greeted { NO_ANSWER } else { NO_GREETING }
    }

    fn hear(&mut self, unread: &[u8]) -> Option<(usize, Verdict)> {
        let (used, line) = first_line(unread)?;
        Some((used, self.line(line)))
    }
}

/// RFC 2595, section 4.
#[derive(Debug, Default)]
pub(super) struct Pop3 {
    is_greeted: bool,
}

impl Pop3 {
    fn line(&mut self, line: &[u8]) -> Verdict {
        let [status] = words(line);
        match (&status.to_ascii_uppercase()[..], self.is_greeted) {
            (b"+OK", false) => {
                self.is_greeted = true;
                Verdict::Say(b"STLS\r\n".to_vec())
            }
            (b"+OK", true) => Verdict::Consent,
            (b"-ERR", false) => refuses("the connection", line),
            (b"-ERR", true) => refuses("STLS", line),
            _ => nonsense("POP3", line),
        }
    }
}

impl Dialogue for Pop3 {
    fn missing(&self) -> &'static str {
        if self.is_greeted { "no answer to STLS" } else { NO_GREETING }
    }

    fn hear(&mut self, unread: &[u8]) -> Option<(usize, Verdict)> {
        let (used, line) = first_line(unread)?;
        Some((used, self.line(line)))
    }
}
