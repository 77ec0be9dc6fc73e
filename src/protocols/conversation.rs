//! Datagrams joined with stdin and stdout: what the UDP client and server do.
//!
//! [`SocketSide`] is the protocol of each socket, `ConversationStdio` that of stdin and stdout. Datagrams have no
//! end, so a client leaves once stdin has ended and nothing has come for a while; a server stays.
//!
//! ```text
//!   client:  Open --- stdin ends ---> Lingering --- nothing moved for --linger, or --count reached ---> over
//!   server:  Open --- a signal, or --count reached ---> over
//! ```

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::time::Duration;

use log::Level;

use super::loop_guard::is_marked;
use super::quota::CountLimit;
use super::report::{Cause, Failure, Reporter};
use super::senders::Senders;
use crate::transports::connect::ConnectError;
use crate::transports::datagram::Remote;
use crate::transports::datagram::handle::DatagramTransport;
use crate::transports::error::{describe, is_too_long};
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::protocol::DatagramProtocol;
use crate::transports::timers::TimerId;

/// How long to give stdin or stdout before looking again.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What holds for a conversation.
#[derive(Clone, Debug)]
pub struct ConversationOptions {
    /// Whoever sends is a partner, and the most recent one is who gets what comes from stdin.
    pub serves: bool,
    /// Throw away what arrives, and leave once stdin is through.
    pub send_only: bool,
    /// Send nothing.
    pub recv_only: bool,
    /// Each line of stdin is a datagram, and each datagram a line of stdout.
    pub lines: bool,
    /// Leave after so many datagrams have arrived.
    pub quota: CountLimit,
    /// Leave when nothing has moved for so long, once stdin has ended. `None` stays.
    pub linger: Option<Duration>,
    /// Fail when nothing has moved for so long, while stdin is open.
    pub idle_timeout: Option<Duration>,
}

/// What both sides know.
#[derive(Debug)]
pub struct Conversation {
    /// stdin and stdout.
    pub(super) console: Cell<Option<Id>>,
    /// Who gets what comes from stdin: a socket, and an address unless the socket has one.
    pub(super) partner: Cell<Option<(Id, Option<Remote>)>>,
    /// What has gone wrong so far.
    pub(super) trouble: Cell<SendStatus>,
    pub(super) options: ConversationOptions,
    pub(super) reporter: Reporter,
}

impl Conversation {
    /// A conversation without ends. The ends are [`SocketSide`] and `ConversationStdio`.
    #[must_use]
    pub fn new(options: ConversationOptions, reporter: Reporter) -> Rc<Self> {
        Rc::new(Self {
            console: Cell::new(None),
            partner: Cell::new(None),
            trouble: Cell::default(),
            options,
            reporter,
        })
    }

    /// Makes `console` the transport of the console's side. Due before the loop runs.
    pub fn set_console(&self, console: Id) {
        self.console.set(Some(console));
    }

    /// Calls `f` with the transport of stdin and stdout.
    pub(super) fn with_console<T>(&self, net: &mut Net, f: impl FnOnce(&mut Transport<'_>) -> T) -> Option<T> {
        self.console.get().map(|console| f(&mut net.transport(console)))
    }

    /// Sends a datagram to the partner.
    pub(super) fn send(&self, net: &mut Net, data: &[u8]) {
        if self.trouble.get() == SendStatus::Last {
            self.trouble.set(SendStatus::Some);
        }
        if let Some((socket, to)) = self.partner.get() {
            net.datagram_transport(socket).sendto(data, to.as_ref());
        }
    }

    /// Makes `partner` the one who gets what comes from stdin; the first one lets it come.
    pub(super) fn set_partner(&self, net: &mut Net, partner: (Id, Option<Remote>)) {
        let before = self.partner.replace(Some(partner));
        if before.is_none() && !self.options.recv_only {
            self.with_console(net, |console| console.resume_reading());
        }
    }

    /// Says that a datagram was too long, of the first one to everyone; the rest goes on.
    pub(super) fn too_long(&self, what: &str) {
        log::log!(
            self.level_of_trouble(),
            "{what}: Message too long (a datagram has at most 65507 bytes, 65527 over IPv6)"
        );
        self.reporter.tell(Failure::silent(Cause::Local));
    }

    /// The first trouble is told to everyone, the rest is more of the same.
    pub(super) fn level_of_trouble(&self) -> Level {
        if self.trouble.replace(SendStatus::Some) == SendStatus::None { Level::Error } else { Level::Info }
    }
}

/// What has gone wrong with a client's datagrams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum SendStatus {
    #[default]
    None,
    /// Something, before.
    Some,
    /// The last one that was sent: there will be no answer.
    Last,
}

/// A socket's side of a conversation.
#[derive(Debug)]
pub struct SocketSide {
    shared: Rc<Conversation>,
    senders: Senders,
    /// How many datagrams had been sent when it was last asked whether stdin still flows.
    sent_before: u64,
}

impl SocketSide {
    /// One of the sockets of a conversation.
    #[must_use]
    pub fn new(shared: &Rc<Conversation>) -> Self {
        Self { shared: Rc::clone(shared), senders: Senders::default(), sent_before: 0 }
    }

    /// Leaves a service whose datagrams have all come, once stdin has nothing more for the last sender for now.
    fn leave_once_answered(&mut self, t: &mut DatagramTransport<'_>) {
        let sent = t.info().datagrams.sent;
        let flows = t.is_writing_paused() || sent > std::mem::replace(&mut self.sent_before, sent);
        let more_may_come = self.shared.with_console(t.net(), |console| !console.is_at_eof()) == Some(true);
        if flows && more_may_come {
            t.call_later(LOOK_AGAIN);
        } else {
            t.net().close_listeners();
        }
    }

    /// Leaves, as there is nothing to wait for; what has arrived before is delivered first.
    fn leave_once_drained(&self, t: &mut DatagramTransport<'_>) {
        if !t.may_have_more() {
            return t.close();
        }
        let stdout_is_full = self.shared.with_console(t.net(), |console| console.is_writing_paused());
        t.call_later(if stdout_is_full == Some(true) { LOOK_AGAIN } else { Duration::ZERO });
    }
}

impl DatagramProtocol for SocketSide {
    fn connection_made(&mut self, t: &mut DatagramTransport<'_>) {
        if !self.shared.options.serves {
            let partner = (t.id(), None);
            self.shared.set_partner(t.net(), partner);
        }
    }

    fn connection_failed(&mut self, t: &mut DatagramTransport<'_>, error: ConnectError) {
        self.shared.reporter.tell(Failure::from(&error));
        t.net().stop();
    }

    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], from: &Remote) {
        let Conversation { options, console, partner, .. } = &*self.shared;
        if options.quota.is_used_up() {
            return;
        }
        self.senders.note(t, from);
        // What a service has sent as an answer is printed, but two services that answer each other would do so for
        // ever.
        if options.serves && !is_marked(from) && partner.get() != Some((t.id(), Some(*from))) {
            let partner = (t.id(), Some(*from));
            self.shared.set_partner(t.net(), partner);
        }
        if let (Some(console), false) = (console.get(), options.send_only) {
            let end: &[u8] = if options.lines && !data.ends_with(b"\n") { b"\n" } else { b"" };
            let mut console = t.peer(console);
            console.writelines(&[IoSlice::new(data), IoSlice::new(end)]);
            if console.is_writing_paused() {
                t.pause_reading();
            }
        }
        if options.quota.takes_last() {
            if options.serves {
                // What stdin has for the last sender is still sent.
                self.sent_before = t.info().datagrams.sent;
                t.call_later(if options.recv_only { Duration::ZERO } else { LOOK_AGAIN });
            } else {
                t.abort();
            }
        }
    }

    fn error_received(&mut self, t: &mut DatagramTransport<'_>, error: io::Error) {
        let info = t.info();
        // Whom a server has sent it to is known to the system alone.
        let peer = info.peer.map_or_else(|| "datagram".to_owned(), |peer| peer.to_string());
        if is_too_long(&error) {
            self.shared.too_long(&format!("send {peer}"));
        } else if self.shared.options.serves {
            log::warn!("send {peer}: {}", describe(&error));
        } else {
            let cause = if info.datagrams.sent == 0 { Cause::Unavailable } else { Cause::Broken };
            log::log!(self.shared.level_of_trouble(), "send {peer}: {}", describe(&error));
            self.shared.reporter.tell(Failure::silent(cause));
            self.shared.trouble.set(SendStatus::Last);
            if self.shared.with_console(t.net(), |console| console.is_at_eof()) == Some(true) {
                self.leave_once_drained(t);
            }
        }
    }

    fn pause_writing(&mut self, t: &mut DatagramTransport<'_>) {
        self.shared.with_console(t.net(), |console| console.pause_reading());
    }

    fn resume_writing(&mut self, t: &mut DatagramTransport<'_>) {
        // It may still hold lines that it has read.
        if let Some(console) = self.shared.console.get() {
            t.net().call_soon(console);
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
        // What has come still goes out.
        self.shared.with_console(t.net(), |console| console.close());
    }
}
