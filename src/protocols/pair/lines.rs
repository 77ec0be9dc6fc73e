//! The side of stdin and stdout in a conversation of datagrams. It cuts stdin into datagrams: lines with `--lines`, and
//! what one read gives otherwise. `conversation.rs` has the conversation and its sockets.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use super::End;
use super::answer::AnswerClock;
use super::conversation::Conversation;
use crate::protocols::idle::{Activity, Fired, TimeLimit};
use crate::protocols::report::{Cause, Failure};
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::number::Number;
use crate::transports::protocol::{BufferedProtocol, Eof};
use crate::transports::timers::{TimerId, shown};

/// Room for one read of stdin, and for one line.
const BUFFER_BYTES: usize = 65_536;

/// The longest datagram over IPv4. Bulk is cut into these. RFC 768, RFC 791.
const CUT_BYTES: usize = 65_507;

/// The protocol of stdin and stdout in a conversation.
#[derive(Debug)]
pub struct ConversationStdio {
    shared: Rc<Conversation>,
    sockets: Vec<Id>,
    /// Bytes that were read and not sent: the beginning of a line with `--lines`, or more if a socket has to wait.
    buffer: Vec<u8>,
    filled: usize,
    /// A read has filled the buffer. stdin is then a stream without boundaries, and can be cut anywhere.
    is_bulk: bool,
    input: Input,
    /// `--idle-timeout`, while stdin is open.
    idle: TimeLimit,
    /// `--linger`, once stdin has ended.
    linger: TimeLimit,
    /// `--quit-after`, once stdin has ended.
    answer: AnswerClock,
}

/// The position in stdin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    Open,
    /// In a line that is too long. The rest of that line is dropped.
    Skipping,
    Ended,
}

impl ConversationStdio {
    /// stdin and stdout of a conversation over `sockets`.
    #[must_use]
    pub fn new(shared: &Rc<Conversation>, sockets: Vec<Id>) -> Self {
        Self {
            shared: Rc::clone(shared),
            sockets,
            buffer: Vec::new(),
            filled: 0,
            is_bulk: false,
            input: Input::Open,
            idle: TimeLimit::new(shared.pair.idle_timeout),
            linger: TimeLimit::new(shared.linger()),
            answer: AnswerClock::new(shared.pair.quit_after),
        }
    }

    /// Sends the datagrams that the buffer holds, until the socket has to wait.
    fn pump(&mut self, t: &mut Transport<'_>) {
        let (mut start, longest) = (0, self.shared.longest(t.net()));
        while let Some((len, next)) = self.next_datagram(start, longest) {
            if self.shared.is_full(t.net()) {
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
                self.shared.too_long(Number::NONE, "line of stdin");
            }
            self.input = Input::Skipping;
            self.filled = 0;
        }
        t.resume_reading();
    }

    /// The next complete datagram from `start` on: its length, and the start of the next one.
    fn next_datagram(&self, start: usize, longest: usize) -> Option<(usize, usize)> {
        let rest = &self.buffer[start..self.filled];
        if self.shared.options.lines {
            let len = rest.iter().position(|byte| *byte == b'\n')?;
            return Some((len, start + len + 1));
        }
        let len = rest.len().min(if self.is_bulk { CUT_BYTES } else { longest });
        (len > 0).then_some((len, start + len))
    }

    fn keep_from(&mut self, start: usize) {
        self.buffer.copy_within(start..self.filled, 0);
        self.filled -= start;
    }

    /// The time of the last datagram. The peer is not silent while its address is looked up, or while stdout is full.
    fn activity(&self, t: &mut Transport<'_>) -> Activity {
        let now = t.net().now();
        let last = self.sockets.iter().map(|socket| t.datagram(*socket).last_activity()).max();
        let waits_for_peer = !self.shared.is_resolving() && !t.is_writing_paused();
        Activity { last_activity: last.filter(|_| waits_for_peer).unwrap_or(now), on_the_way: 0 }
    }

    /// Whether the time after the end of stdin has a limit of its own.
    fn has_limit(&self) -> bool {
        self.shared.pair.quit_after.is_some() || self.shared.linger().is_some()
    }

    /// The time after the end of stdin, which has this limit, is over.
    fn lingered(&self, t: &mut Transport<'_>, limit: Duration) {
        if let Some((received, wanted)) = self.shared.options.quota.shortfall() {
            let limit = shown(limit);
            let time = match self.shared.pair.quit_after {
                Some(_) => format!("within {limit} of the end of stdin"),
                None => format!("and no more for {limit}"),
            };
            let what = format!("received {received} of {wanted} datagrams, {time}");
            self.shared.reporter.tell(Failure::new(Cause::TimedOut, what));
        }
        for socket in &self.sockets {
            t.datagram(*socket).close();
        }
    }
}

impl BufferedProtocol for ConversationStdio {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.idle.start(t.id(), t.net());
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
        if !self.answer.start(t.id(), t.net()) {
            self.linger.start(t.id(), t.net());
        }
        if self.shared.has_last_send_failed() {
            // The socket leaves once all received datagrams are delivered. A timer fires after the events of a turn, so
            // the loop has asked for datagrams by then.
            for socket in &self.sockets {
                t.net().call_later(*socket, Duration::ZERO);
            }
        }
        // The end of the sockets closes stdin and stdout.
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
        let sockets = Vec::from_iter(self.sockets.iter().map(|socket| End::Datagrams(*socket)));
        match self.answer.fired(t.id(), t.net(), timer, &sockets) {
            Fired::Other => (),
            Fired::TooEarly => return,
            Fired::Expired(limit) => return self.lingered(t, limit),
        }
        let activity = self.activity(t);
        match self.idle.fired(t.id(), t.net(), timer, activity) {
            // Once stdin has ended, `--linger` or `--quit-after` counts.
            Fired::Expired(_) if self.input == Input::Ended && self.has_limit() => (),
            Fired::Expired(limit) => {
                self.shared.reporter.tell(Failure::new(Cause::TimedOut, format!("no datagram for {}", shown(limit))));
                t.net().stop();
            }
            Fired::TooEarly => (),
            Fired::Other => match self.linger.fired(t.id(), t.net(), timer, activity) {
                Fired::Expired(limit) => self.lingered(t, limit),
                Fired::TooEarly => (),
                // A socket takes datagrams again.
                Fired::Other => self.pump(t),
            },
        }
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        if let Some(error) = error {
            self.shared.reporter.stdio_failed(t, &error);
        }
    }
}
