//! Joins datagrams with stdin and stdout: the UDP client and server.
//!
//! [`SocketSide`] is the protocol of each socket, and `lines.rs` has the side of stdin and stdout. Datagrams have no
//! end, so a client leaves once stdin has ended and nothing has moved for a while. A server stays.
//!
//! ```text
//!   client:  Open --- stdin ends ---> Lingering --- nothing moved for --linger, or --count reached ---> over
//!                                         +-------- --quit-after has passed ---> over
//!   server:  Open --- a signal, or --count reached ---> over
//! ```
//!
//! A relay with datagrams has neither `--count` nor lines, and has a pair for each sender: see `datagram.rs` and
//! `flows.rs`.

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::time::Duration;

use log::Level;

use super::datagram::receivers;
use super::{End, PairOptions, SessionOptions};
use crate::protocols::loop_guard::is_marked;
use crate::protocols::quota::CountLimit;
use crate::protocols::report::{Cause, Failure, Reporter};
use crate::protocols::senders::Senders;
use crate::transports::connect::ConnectError;
use crate::transports::datagram::Remote;
use crate::transports::datagram::handle::DatagramTransport;
use crate::transports::error::{describe, is_too_long};
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::number::Number;
use crate::transports::protocol::DatagramProtocol;
use crate::transports::timers::TimerId;

/// How long the socket waits for stdin or stdout before it checks again.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The options of conversations alone.
#[derive(Clone, Debug)]
pub struct ConversationOptions {
    /// Any host can send. The sender of the last datagram gets the bytes of stdin.
    pub serves: bool,
    /// Each line of stdin is a datagram, and each datagram on stdout ends with a newline.
    pub lines: bool,
    /// Leave after this many datagrams have arrived.
    pub quota: CountLimit,
}

/// The shared state of both sides.
#[derive(Debug)]
pub struct Conversation {
    /// stdin and stdout.
    pub stdio: Cell<Option<Id>>,
    /// The end that gets the bytes of stdin.
    partner: Cell<Option<End>>,
    /// The failures so far.
    status: Cell<SendStatus>,
    pub(super) options: ConversationOptions,
    pub(super) pair: PairOptions,
    pub(super) reporter: Reporter,
}

impl Conversation {
    /// A conversation without ends. `pair` has the options of a session.
    #[must_use]
    pub fn new(options: ConversationOptions, pair: PairOptions, reporter: Reporter) -> Rc<Self> {
        Rc::new(Self {
            stdio: Cell::new(None),
            partner: Cell::new(None),
            status: Cell::default(),
            options,
            pair,
            reporter,
        })
    }

    /// The options of the session.
    fn session(&self) -> SessionOptions {
        self.pair.session.unwrap_or_default()
    }

    /// How long to stay after stdin has ended and nothing moves. `None` means forever.
    pub(super) fn linger(&self) -> Option<Duration> {
        if self.session().send_only { Some(Duration::ZERO) } else { self.pair.linger }
    }

    /// Whether the address of the peer is still being looked up.
    pub(super) fn is_resolving(&self) -> bool {
        self.partner.get().is_none() && !self.options.serves
    }

    /// Whether the last datagram that was sent has failed, so that no answer can come.
    pub(super) fn has_last_send_failed(&self) -> bool {
        self.status.get() == SendStatus::LastFailed
    }

    /// Whether the partner takes nothing for now.
    pub(super) fn is_full(&self, net: &mut Net) -> bool {
        self.partner.get().is_some_and(|partner| partner.is_full(net))
    }

    /// The longest datagram that the partner can get.
    pub(super) fn longest(&self, net: &mut Net) -> usize {
        self.partner.get().map_or(usize::MAX, |partner| partner.longest(net))
    }

    /// Sends a datagram to the partner.
    pub(super) fn send(&self, net: &mut Net, data: &[u8]) {
        if self.has_last_send_failed() {
            self.status.set(SendStatus::SomeFailed);
        }
        if let Some(partner) = self.partner.get() {
            partner.pass(net, data);
        }
    }

    /// Makes `partner` the end that gets the bytes of stdin. stdin is read from the first partner on.
    fn set_partner(&self, net: &mut Net, partner: End) {
        let before = self.partner.replace(Some(partner));
        if before.is_none() && !self.session().recv_only {
            self.with_stdio(net, |stdio| stdio.resume_reading());
        }
    }

    /// Calls `f` with the transport of stdin and stdout.
    fn with_stdio<T>(&self, net: &mut Net, f: impl FnOnce(&mut Transport<'_>) -> T) -> Option<T> {
        self.stdio.get().map(|stdio| f(&mut net.transport(stdio)))
    }

    /// Reports a datagram that was too long. The run goes on.
    pub(super) fn too_long(&self, number: Number, what: &str) {
        log::log!(
            self.note_failure(),
            "{number}{what}: Message too long (a datagram has at most 65507 bytes, 65527 over IPv6)"
        );
        self.reporter.tell(Failure::silent(Cause::Local));
    }

    /// Notes a failure. Returns the level of its message: only the first failure is shown without `-v`.
    fn note_failure(&self) -> Level {
        if self.status.replace(SendStatus::SomeFailed) == SendStatus::Fine { Level::Error } else { Level::Info }
    }
}

/// The fate of the datagrams of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum SendStatus {
    #[default]
    Fine,
    /// A datagram has failed, and later ones were sent.
    SomeFailed,
    LastFailed,
}

/// The side of a socket.
#[derive(Debug)]
pub struct SocketSide {
    shared: Rc<Conversation>,
    senders: Senders,
    /// How many datagrams had been sent when this side last asked whether stdin still flows.
    sent_before: u64,
}

impl SocketSide {
    /// One of the sockets of a conversation.
    #[must_use]
    pub fn new(shared: &Rc<Conversation>) -> Self {
        Self { shared: Rc::clone(shared), senders: Senders::default(), sent_before: 0 }
    }

    fn stdin_has_ended(&self, net: &mut Net) -> bool {
        self.shared.with_stdio(net, |stdio| stdio.is_at_eof()) == Some(true)
    }

    /// Ends a service after --count datagrams, once stdin has nothing more for the last sender.
    fn leave_once_answered(&mut self, t: &mut DatagramTransport<'_>) {
        let sent = t.info().datagrams.sent;
        let flows = t.is_writing_paused() || sent > std::mem::replace(&mut self.sent_before, sent);
        if flows && !self.stdin_has_ended(t.net()) {
            t.call_later(LOOK_AGAIN);
        } else {
            t.net().close_listeners();
        }
    }

    /// Leaves, because no answer can come. Earlier datagrams are delivered first.
    fn leave_once_drained(&self, t: &mut DatagramTransport<'_>) {
        if !t.may_have_more() {
            return t.close();
        }
        let stdout_is_full = self.shared.with_stdio(t.net(), |stdio| stdio.is_writing_paused());
        t.call_later(if stdout_is_full == Some(true) { LOOK_AGAIN } else { Duration::ZERO });
    }
}

impl DatagramProtocol for SocketSide {
    fn connection_made(&mut self, t: &mut DatagramTransport<'_>) {
        if !self.shared.options.serves {
            let partner = End::Datagrams(t.id());
            self.shared.set_partner(t.net(), partner);
        }
    }

    fn connection_failed(&mut self, t: &mut DatagramTransport<'_>, error: ConnectError) {
        self.shared.reporter.tell(Failure::from(&error).of(t.number()));
        t.net().stop();
    }

    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], from: &Remote) {
        let (session, Conversation { options, stdio, .. }) = (self.shared.session(), &*self.shared);
        if options.quota.is_used_up() {
            return;
        }
        self.senders.note(t, from);
        // An answer of another service is printed, but not answered: two services would answer each other forever.
        if options.serves && !is_marked(from) {
            let partner = End::Flow { socket: t.id(), remote: *from };
            self.shared.set_partner(t.net(), partner);
        }
        if let Some(stdio) = stdio.get()
            && !session.send_only
        {
            let end: &[u8] = if options.lines && !data.ends_with(b"\n") { b"\n" } else { b"" };
            let mut stdio = t.peer(stdio);
            stdio.writelines(&[IoSlice::new(data), IoSlice::new(end)]);
            if stdio.is_writing_paused() {
                t.pause_reading();
            }
        }
        if options.quota.takes_last() {
            if options.serves {
                // The bytes of stdin for the last sender are still sent.
                self.sent_before = t.info().datagrams.sent;
                t.call_later(if session.recv_only { Duration::ZERO } else { LOOK_AGAIN });
            } else {
                t.abort();
            }
        }
    }

    fn error_received(&mut self, t: &mut DatagramTransport<'_>, error: io::Error) {
        let (info, number) = (t.info(), t.number());
        // The error of a server's datagram does not name its receiver.
        let peer = receivers(t).unwrap_or_else(|| "datagram".to_owned());
        if is_too_long(&error) {
            self.shared.too_long(number, &format!("send {peer}"));
        } else if self.shared.options.serves {
            log::warn!("{number}send {peer}: {}", describe(&error));
        } else {
            let cause = if info.datagrams.sent == 0 { Cause::Unavailable } else { Cause::Broken };
            log::log!(self.shared.note_failure(), "{number}send {peer}: {}", describe(&error));
            self.shared.reporter.tell(Failure::silent(cause));
            self.shared.status.set(SendStatus::LastFailed);
            if self.stdin_has_ended(t.net()) {
                self.leave_once_drained(t);
            }
        }
    }

    fn pause_writing(&mut self, t: &mut DatagramTransport<'_>) {
        self.shared.with_stdio(t.net(), |stdio| stdio.pause_reading());
    }

    fn resume_writing(&mut self, t: &mut DatagramTransport<'_>) {
        // The side of stdin can still hold lines that it has read.
        if let Some(stdio) = self.shared.stdio.get() {
            t.net().call_soon(stdio);
        }
    }

    fn timer_fired(&mut self, t: &mut DatagramTransport<'_>, _timer: TimerId) {
        if self.shared.options.serves {
            self.leave_once_answered(t);
        } else {
            self.leave_once_drained(t);
        }
    }

    fn connection_lost(&mut self, t: &mut DatagramTransport<'_>, _error: Option<io::Error>) {
        // Received datagrams are still written.
        self.shared.with_stdio(t.net(), |stdio| stdio.close());
    }
}
