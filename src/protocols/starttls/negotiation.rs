//! How TLS is asked for, whatever the protocol: what the server says is taken piece by piece, and nothing may follow
//! its consent.
//!
//! What comes in the clear can be anybody's. Nothing of it is kept once TLS is up, and bytes that stand right behind
//! the consent end the run: somebody may have put them there for us to take them for what the server has said inside
//! (CVE-2011-0411, CVE-2021-23222).

use super::dialogue::{Dialogue, PIECE_MAX, Verdict, quote};
use super::kind::StartTls;

/// All that a server may say before TLS. Greetings and capabilities are far shorter.
pub(super) const TOTAL_MAX: usize = 64 * 1024;
/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait for more from the server.
    Wait,
    /// Send this, and wait.
    Send(Vec<u8>),
    /// The server has consented: the next byte in either direction is one of TLS.
    Ready,
    /// There will be no TLS, and why.
    Failed(String),
}

/// A client's way from the first byte of a connection to TLS, without I/O.
#[derive(Debug)]
pub struct Negotiation {
    dialogue: Box<dyn Dialogue>,
    /// What is not a whole piece yet.
    unread: Vec<u8>,
    /// So much of `unread` had come before the last thing that was said.
    early: usize,
    /// Bytes from the server so far.
    heard: usize,
    is_over: bool,
}

impl Negotiation {
    /// Asks as `protocol` does; `server_name` is whom we want to talk to, where that has to be said.
    #[must_use]
    pub fn new(protocol: StartTls, server_name: &str) -> Self {
        let dialogue = protocol.dialogue(server_name);
        Self { dialogue, unread: Vec::new(), early: 0, heard: 0, is_over: false }
    }

    /// What is to be sent at once. Empty where the server speaks first.
    #[must_use]
    pub fn start(&self) -> Vec<u8> {
        self.dialogue.opening()
    }

    /// Takes in what the server has sent, in pieces of any size. To be called no more after `Ready` or `Failed`.
    pub fn feed(&mut self, data: &[u8]) -> Step {
        if self.is_over {
            return Step::Failed(untrusted(data));
        }
        let step = self.take_in(data);
        self.is_over = matches!(step, Step::Ready | Step::Failed(_));
        step
    }

    /// What it means that the server has ended its direction now.
    #[must_use]
    pub fn ended(&self) -> String {
        let what = "the server has ended the connection before its consent to TLS";
        if self.unread.is_empty() { what.to_owned() } else { format!("{what}, after {}", quote(&self.unread)) }
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
                    "the server has answered before it was asked: it is not to be trusted: {answer}"
                ));
            }
            self.unread.drain(..used);
            self.early = self.early.saturating_sub(used);
            match verdict {
                Verdict::Skip | Verdict::GoOn => (),
                Verdict::Say(bytes) => {
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
        Step::Failed(format!("the server has sent more than {} KiB without a stop: {start}", PIECE_MAX / 1024))
    }
}

fn untrusted(data: &[u8]) -> String {
    let what = "the server has sent something after its consent, before TLS: it is not to be trusted";
    format!("{what}: {}", quote(data))
}
