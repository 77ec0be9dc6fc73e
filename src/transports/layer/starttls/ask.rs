//! The part of STARTTLS that all protocols share: it splits what the server says into pieces, and lets nothing follow
//! the consent.
//!
//! Anybody could have sent bytes that come in the clear. None of them is kept once TLS is up, except the lines of the
//! greeting if a program waits for them. Bytes behind the consent end the stream: an attacker may have put them there,
//! so that they pass for words of the server inside TLS (CVE-2011-0411, CVE-2021-23222).

use std::io;
use std::time::Duration;

use super::dialogue::{Dialogue, PIECE_MAX, Verdict, quote};
use super::kind::StartTls;
use crate::transports::advice::Advice;
use crate::transports::error::TlsError;
use crate::transports::layer::negotiation::{Negotiation, Step};

/// The most that a server may say before TLS. Greetings and capabilities are far shorter.
pub(super) const TOTAL_MAX: usize = 64 * 1024;

/// A client that asks a server for TLS.
#[derive(Debug)]
pub(crate) struct AskForTls {
    dialogue: Box<dyn Dialogue>,
    /// How long the server may take to consent. The handshake has a time limit of its own.
    time_limit: Duration,
    /// How messages name options.
    advice: Advice,
    /// Bytes that are not a whole piece yet.
    unread: Vec<u8>,
    /// How many bytes of `unread` had come before the last question.
    early: usize,
    /// Bytes from the server so far.
    heard: usize,
    stage: DialogueStage,
    /// The lines of the greeting, each with CR LF. `None` if they are not wanted.
    greeting: Option<Vec<u8>>,
}

/// ```text
///   Greeting --the greeting is whole--> Asked --consent or failure--> Over
/// ```
/// The dialogue begins with `Asked` if the client speaks first, and any failure leads to `Over`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DialogueStage {
    Greeting,
    Asked,
    Over,
}

impl AskForTls {
    /// Asks in the words of `protocol`. `server_name` is the wanted server, for protocols that name it.
    pub(crate) fn new(protocol: StartTls, server_name: &str, time_limit: Duration, advice: Advice) -> Self {
        let dialogue = protocol.dialogue(server_name);
        let stage = if dialogue.opening().is_empty() { DialogueStage::Greeting } else { DialogueStage::Asked };
        Self { dialogue, time_limit, advice, unread: Vec::new(), early: 0, heard: 0, stage, greeting: None }
    }

    /// Keeps the greeting of a server that speaks first for the protocol of the stream.
    pub(crate) fn keeping_greeting(self) -> Self {
        Self { greeting: Some(Vec::new()), ..self }
    }

    fn take_in(&mut self, data: &[u8]) -> Step {
        self.heard = self.heard.saturating_add(data.len());
        if self.heard > TOTAL_MAX {
            return Step::Failed(format!("the server has sent more than {} KiB before TLS", TOTAL_MAX / 1024));
        }
        self.unread.extend_from_slice(data);
        let mut say = None;
        while !self.unread.is_empty() {
            let (used, verdict) = match self.dialogue.hear(&self.unread) {
                Some((used, _)) if used > PIECE_MAX => return self.too_long(),
                None if self.unread.len() > PIECE_MAX => return self.too_long(),
                None => break,
                Some(piece) => piece,
            };
            if self.early > 0 && matches!(verdict, Verdict::GoOn | Verdict::Say(_) | Verdict::Consent) {
                let answer = quote(&self.unread);
                return Step::Failed(format!(
                    "the server has answered before the question, so the answer may be forged: {answer}"
                ));
            }
            let piece: Vec<u8> = self.unread.drain(..used).collect();
            self.early = self.early.saturating_sub(used);
            if let (DialogueStage::Greeting, Some(greeting)) = (self.stage, &mut self.greeting) {
                let line = piece.strip_suffix(b"\n").unwrap_or(&piece);
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                // A program may take a lone carriage return for the end of a line, and the rest for an answer.
                if line.contains(&b'\r') {
                    let line = quote(line);
                    return Step::Failed(format!("a carriage return in the greeting may hide a forged answer: {line}"));
                }
                greeting.extend_from_slice(line);
                greeting.extend_from_slice(b"\r\n");
            }
            match verdict {
                Verdict::Skip | Verdict::GoOn => (),
                Verdict::Say(bytes) => {
                    self.stage = DialogueStage::Asked;
                    self.early = self.unread.len();
                    say = Some(bytes);
                }
                Verdict::Consent if self.unread.is_empty() => return Step::Ready,
                Verdict::Consent => return Step::Failed(untrusted(&self.unread)),
                Verdict::No(why) => return Step::Failed(why),
            }
        }
        say.map_or(Step::Wait, Step::Send)
    }

    fn too_long(&self) -> Step {
        let start = quote(&self.unread);
        Step::Failed(format!("a reply of the server is longer than {} KiB: {start}", PIECE_MAX / 1024))
    }
}

impl Negotiation for AskForTls {
    fn start(&mut self) -> Vec<u8> {
        self.dialogue.opening()
    }

    fn feed(&mut self, data: &[u8]) -> Step {
        if self.stage == DialogueStage::Over {
            return Step::Failed(untrusted(data));
        }
        let step = self.take_in(data);
        if matches!(step, Step::Ready | Step::Failed(_)) {
            self.stage = DialogueStage::Over;
        }
        step
    }

    fn take_greeting(&mut self) -> Vec<u8> {
        self.greeting.take().unwrap_or_default()
    }

    fn ended(&self) -> String {
        let what = "the server has ended the connection before its consent to TLS";
        if self.unread.is_empty() { what.to_owned() } else { format!("{what}, after {}", quote(&self.unread)) }
    }

    fn time_limit(&self) -> Duration {
        self.time_limit
    }

    fn error(&self, why: String) -> io::Error {
        TlsError::new(why).into()
    }

    fn timed_out(&self) -> io::Error {
        TlsError::timed_out(self.dialogue.missing(), self.time_limit, self.advice).into()
    }
}

fn untrusted(data: &[u8]) -> String {
    let what = "the server has sent bytes between its consent and TLS, and they may be forged";
    format!("{what}: {}", quote(data))
}
