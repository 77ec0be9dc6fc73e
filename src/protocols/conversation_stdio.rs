//! The side of stdin and stdout in a conversation of datagrams. The conversation and its sockets are `conversation.rs`.

use std::io::{self};
use std::rc::Rc;
use std::time::Duration;

use super::conversation::{Conversation, ConversationOptions, LOOK_AGAIN, SendStatus};
use super::report::{Cause, Failure};
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::protocol::{BufferedProtocol, Eof};
use crate::transports::timers::{TimerId, shown};

/// Room for one read of stdin, and for one line.
const BUFFER_BYTES: usize = 65536;

/// The longest datagram over IPv4, and nearly so over IPv6: what is cut is cut into these. RFC 768, RFC 791.
const CUT_BYTES: usize = 65_507;

/// stdin and stdout's side of a conversation.
#[derive(Debug)]
pub struct ConversationStdio {
    shared: Rc<Conversation>,
    sockets: Vec<Id>,
    /// What was read and not sent yet: with `--lines` the beginning of a line, or more where a socket has to wait.
    buffer: Vec<u8>,
    filled: usize,
    /// A read has filled the buffer: this is bulk, without ends of its own, and is cut wherever it must.
    is_bulk: bool,
    input: Input,
    idle_timer: Option<TimerId>,
    linger_timer: Option<TimerId>,
}

/// Where stdin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Open,
    /// In a line that is too long: what is left of it is thrown away.
    Skipping,
    Ended,
}

impl ConversationStdio {
    /// The console of a conversation over `sockets`.
    #[must_use]
    pub fn new(shared: &Rc<Conversation>, sockets: Vec<Id>) -> Self {
        Self {
            shared: Rc::clone(shared),
            sockets,
            buffer: Vec::new(),
            filled: 0,
            is_bulk: false,
            input: Input::Open,
            idle_timer: None,
            linger_timer: None,
        }
    }

    /// Sends what was read, as far as it makes up datagrams and the socket does not have to wait.
    fn pump(&mut self, t: &mut Transport<'_>) {
        let (mut start, longest) = (0, self.longest(t));
        while let Some((len, next)) = self.next_datagram(start, longest) {
            if self.is_paused(t.net()) {
                t.pause_reading();
                return self.keep_from(start);
            }
            if self.input == Input::Skipping {
                self.input = Input::Open;
            } else {
                self.shared.send(t.net(), &self.buffer[start..start + len]);
            }
            start = next;
        }
        self.keep_from(start);
        if self.filled == BUFFER_BYTES {
            if self.input != Input::Skipping {
                self.shared.too_long("line of stdin");
            }
            self.input = Input::Skipping;
            self.filled = 0;
        }
        t.resume_reading();
    }

    /// The next whole datagram from `start` on: its length, and where the one after it begins.
    fn next_datagram(&self, start: usize, longest: usize) -> Option<(usize, usize)> {
        let rest = &self.buffer[start..self.filled];
        if self.shared.options.lines {
            let len = rest.iter().position(|byte| *byte == b'\n')?;
            return Some((len, start + len + 1));
        }
        let len = rest.len().min(if self.is_bulk { CUT_BYTES } else { longest });
        (len > 0).then_some((len, start + len))
    }

    /// The longest datagram that the partner can get.
    fn longest(&self, t: &mut Transport<'_>) -> usize {
        self.shared.partner.get().map_or(CUT_BYTES, |(socket, to)| t.datagram(socket).longest(to.as_ref()))
    }

    fn keep_from(&mut self, start: usize) {
        self.buffer.copy_within(start..self.filled, 0);
        self.filled -= start;
    }

    fn is_paused(&self, net: &mut Net) -> bool {
        self.shared.partner.get().is_some_and(|(socket, _)| net.datagram_transport(socket).is_writing_paused())
    }

    /// Whether nothing has moved for `limit`, although it could; if not, the timer to wait for.
    fn still_for(&self, t: &mut Transport<'_>, limit: Duration) -> Result<(), TimerId> {
        let now = t.net().now();
        let last = self.sockets.iter().map(|socket| t.datagram(*socket).last_activity()).max().unwrap_or(now);
        let mut quiet = now.duration_since(last);
        let is_resolving = self.shared.partner.get().is_none() && !self.shared.options.serves;
        if is_resolving || t.is_writing_paused() {
            // It is not the peer who is silent.
            quiet = Duration::ZERO;
        }
        if quiet >= limit {
            return Ok(());
        }
        Err(t.call_later(limit - quiet))
    }

    /// How long to stay once stdin has ended; `None` is for ever.
    fn linger(&self) -> Option<Duration> {
        let ConversationOptions { send_only, linger, .. } = self.shared.options;
        if send_only { Some(Duration::ZERO) } else { linger }
    }

    /// Whether all that has arrived has been delivered; if not, the timer to wait for.
    fn is_drained(&self, t: &mut Transport<'_>) -> Result<(), TimerId> {
        if !self.sockets.iter().any(|socket| t.datagram(*socket).may_have_more()) {
            return Ok(());
        }
        Err(t.call_later(LOOK_AGAIN))
    }

    fn idle_timer_fired(&mut self, t: &mut Transport<'_>) {
        let limit = self.shared.options.idle_timeout.unwrap_or_default();
        // Once stdin has ended it is `--linger` that counts.
        if self.input == Input::Ended && self.linger().is_some() {
            return;
        }
        match self.still_for(t, limit) {
            Err(timer) => self.idle_timer = Some(timer),
            Ok(()) => {
                self.shared.reporter.tell(Failure::new(Cause::TimedOut, format!("no datagram for {limit:?}")));
                t.net().stop();
            }
        }
    }

    fn linger_timer_fired(&mut self, t: &mut Transport<'_>) {
        let limit = self.linger().unwrap_or_default();
        let quiet =
            if self.shared.trouble.get() == SendStatus::Last { self.is_drained(t) } else { self.still_for(t, limit) };
        match quiet {
            Err(timer) => self.linger_timer = Some(timer),
            Ok(()) => {
                if let Some((received, wanted)) = self.shared.options.quota.shortfall() {
                    let what = format!("received {received} of {wanted} datagrams, and no more for {}", shown(limit));
                    self.shared.reporter.tell(Failure::new(Cause::TimedOut, what));
                }
                for socket in &self.sockets {
                    t.datagram(*socket).close();
                }
            }
        }
    }
}

impl BufferedProtocol for ConversationStdio {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        if let Some(limit) = self.shared.options.idle_timeout {
            self.idle_timer = Some(t.call_later(limit));
        }
    }

    fn get_buffer(&mut self, _size_hint: usize) -> &mut [u8] {
        self.buffer.resize(BUFFER_BYTES, 0);
        let end = if self.is_bulk { CUT_BYTES } else { BUFFER_BYTES };
        &mut self.buffer[self.filled..end]
    }

    fn buffer_updated(&mut self, t: &mut Transport<'_>, n_bytes: usize) {
        self.filled += n_bytes;
        self.is_bulk |= self.filled == BUFFER_BYTES && !self.shared.options.lines;
        self.pump(t);
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        if self.filled > 0 && self.input == Input::Open {
            self.shared.send(t.net(), &self.buffer[..self.filled]);
        }
        self.input = Input::Ended;
        if let Some(linger) = self.linger() {
            // After a failure there is nothing to wait for but what has arrived before.
            let in_vain = self.shared.trouble.get() == SendStatus::Last;
            self.linger_timer = Some(t.call_later(if in_vain { Duration::ZERO } else { linger }));
        }
        // The end of the sockets closes it.
        Eof::KeepOpen
    }

    fn pause_writing(&mut self, t: &mut Transport<'_>) {
        for socket in &self.sockets {
            t.datagram(*socket).pause_reading();
        }
    }

    fn resume_writing(&mut self, t: &mut Transport<'_>) {
        for socket in &self.sockets {
            t.datagram(*socket).resume_reading();
        }
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        if Some(timer) == self.idle_timer {
            self.idle_timer_fired(t);
        } else if Some(timer) == self.linger_timer {
            self.linger_timer_fired(t);
        } else {
            self.pump(t);
        }
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        if let Some(error) = error {
            self.shared.reporter.stdio_failed(t, &error);
        }
    }
}
