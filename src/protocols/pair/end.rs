//! One end of a pair, with the operations for the side of the other end.
//!
//! Every method is legal at any time. On an end that is gone it does nothing.

use std::time::Instant;

use super::dismissal::{end_child, leave_child};
use super::half_close::HalfClose;
use super::options::{PairOptions, SessionOptions};
use crate::protocols::idle::Activity;
use crate::transports::datagram::Remote;
use crate::transports::id::Id;
use crate::transports::info::Info;
use crate::transports::net::Net;
use crate::transports::number::Number;
use crate::transports::process::{STDIN, STDOUT};

/// One end of a pair.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// A connection, or stdin and stdout as one stream.
    Stream(Id),
    /// stdin and stdout as two streams, beside the child of `exec`.
    Stdio {
        /// stdin, unless the child has it.
        stdin: Option<Id>,
        /// stdout.
        stdout: Id,
    },
    /// A child: its stdout is read, its stdin is written.
    Child(Id),
    /// A UDP socket with one peer.
    Datagrams(Id),
    /// One peer of a UDP socket that serves many.
    Flow {
        /// The socket.
        socket: Id,
        /// The peer.
        remote: Remote,
    },
}

impl End {
    /// The transport whose protocol is the side of this end.
    pub(super) fn transport(self) -> Id {
        match self {
            Self::Stream(id) | Self::Child(id) | Self::Datagrams(id) => id,
            Self::Stdio { stdout, .. } => stdout,
            Self::Flow { socket, .. } => socket,
        }
    }

    /// The facts about its transport.
    pub(super) fn info(self, net: &mut Net) -> Info {
        let id = self.transport();
        match self {
            Self::Stream(_) | Self::Stdio { .. } => net.transport(id).info(),
            Self::Child(_) => net.subprocess_transport(id).info(),
            Self::Datagrams(_) | Self::Flow { .. } => net.datagram_transport(id).info(),
        }
    }

    /// The stream from which its bytes come.
    pub(super) fn source(self, net: &mut Net) -> Option<Id> {
        match self {
            Self::Stream(id) => Some(id),
            Self::Stdio { stdin, .. } => stdin,
            Self::Child(id) => net.subprocess_transport(id).pipe_transport(STDOUT),
            Self::Datagrams(_) | Self::Flow { .. } => None,
        }
    }

    /// The stream to which its bytes go.
    pub(super) fn sink(self, net: &mut Net) -> Option<Id> {
        match self {
            Self::Stream(id) | Self::Stdio { stdout: id, .. } => Some(id),
            Self::Child(id) => net.subprocess_transport(id).pipe_transport(STDIN),
            Self::Datagrams(_) | Self::Flow { .. } => None,
        }
    }

    /// The socket that its datagrams come from and go to, and its address if the socket serves others too.
    fn socket(self) -> Option<(Id, Option<Remote>)> {
        match self {
            Self::Datagrams(id) => Some((id, None)),
            Self::Flow { socket, remote } => Some((socket, Some(remote))),
            Self::Stream(_) | Self::Stdio { .. } | Self::Child(_) => None,
        }
    }

    /// Its name in messages.
    pub(super) fn name(self, net: &mut Net) -> String {
        match self {
            Self::Stream(_) | Self::Stdio { .. } | Self::Datagrams(_) => {
                self.info(net).peer.map_or_else(|| "stdin and stdout".to_owned(), |peer| peer.to_string())
            }
            Self::Flow { remote, .. } => remote.to_string(),
            Self::Child(id) => format!("child {}", net.subprocess_transport(id).pid().unwrap_or(0)),
        }
    }

    /// Its number in messages.
    pub(super) fn number(self, net: &Net) -> Number {
        match self {
            Self::Stream(id) | Self::Child(id) | Self::Datagrams(id) => net.number(id),
            Self::Stdio { .. } | Self::Flow { .. } => Number::NONE,
        }
    }

    /// Lets bytes go both ways, or one way in a session that only sends or receives. If the first bytes of stdin or of
    /// a child decide when the end is told, they come to the protocol of that side first. Keys always do.
    pub(super) fn join(self, other: Self, net: &mut Net, options: &PairOptions) {
        let SessionOptions { send_only, recv_only, keys, .. } = options.session.unwrap_or_default();
        for (from, to) in [(self, other), (other, self)] {
            if recv_only && from.is_stdio(net) {
                continue;
            }
            let is_dropped = send_only && to.is_stdio(net);
            let may_be_held_back = options.half_close == HalfClose::Auto && from.may_be_held_back(to, net);
            let is_looked_at = may_be_held_back || (keys.is_some() && from.is_stdio(net));
            if !is_dropped && !is_looked_at {
                from.forward_to(to, net);
            }
            from.resume(net);
        }
    }

    /// Whether its end can be held back from `other`: only a connection can take an end for a hang-up, and ends of
    /// connections are passed on as they come.
    pub(super) fn may_be_held_back(self, other: Self, net: &mut Net) -> bool {
        !self.is_connection(net) && other.is_connection(net)
    }

    /// Forwards its bytes to `other` from now on. With datagrams, bytes come to the protocol instead.
    pub(super) fn forward_to(self, other: Self, net: &mut Net) {
        if let (Some(source), Some(sink)) = (self.source(net), other.sink(net)) {
            net.transport(source).forward_to(sink);
        }
    }

    pub(super) fn is_connection(self, net: &mut Net) -> bool {
        matches!(self, Self::Stream(id) if net.transport(id).is_connection())
    }

    /// Whether the end is stdin and stdout.
    pub(super) fn is_stdio(self, net: &mut Net) -> bool {
        match self {
            Self::Stream(id) => !net.transport(id).is_connection(),
            Self::Stdio { .. } => true,
            Self::Child(_) | Self::Datagrams(_) | Self::Flow { .. } => false,
        }
    }

    /// The stream that can be asked for one more byte. A user at a terminal is not asked, and a child has other rules.
    pub(super) fn source_to_ask(self, net: &mut Net) -> Option<Id> {
        match self {
            Self::Stream(id) if self.is_there(net) && !self.is_over(net) && !self.is_terminal(net) => Some(id),
            _ => None,
        }
    }

    /// Whether anything of the end is left.
    pub(super) fn is_there(self, net: &mut Net) -> bool {
        match self {
            Self::Stream(id) => !net.transport(id).is_closing(),
            // The child of `exec` does not depend on its streams.
            Self::Stdio { .. } => true,
            Self::Child(id) => !net.subprocess_transport(id).is_closing(),
            Self::Datagrams(id) | Self::Flow { socket: id, .. } => !net.datagram_transport(id).is_closing(),
        }
    }

    /// Pauses reading from the end.
    pub(super) fn pause(self, net: &mut Net) {
        if let Some(source) = self.source(net) {
            net.transport(source).pause_reading();
        } else if let Self::Datagrams(id) = self {
            net.datagram_transport(id).pause_reading();
        }
    }

    /// Resumes reading from the end. The socket of a flow serves other flows too, and is never paused.
    pub(super) fn resume(self, net: &mut Net) {
        if let Some(source) = self.source(net) {
            net.transport(source).resume_reading();
        } else if let Self::Datagrams(id) = self {
            net.datagram_transport(id).resume_reading();
        }
    }

    /// The largest write to the end: the longest datagram to its peer. A stream has no limit.
    pub(super) fn longest(self, net: &mut Net) -> usize {
        self.socket().map_or(usize::MAX, |(socket, remote)| net.datagram_transport(socket).longest(remote.as_ref()))
    }

    /// Writes bytes that could not be forwarded. Returns how many bytes the end has taken, which is fewer than all if
    /// its buffer is full.
    pub(super) fn deliver(self, net: &mut Net, data: &[u8]) -> usize {
        let Some((socket, remote)) = self.socket() else {
            if let Some(sink) = self.sink(net) {
                net.transport(sink).write(data);
            }
            return data.len();
        };
        let mut socket = net.datagram_transport(socket);
        let mut taken = 0;
        for part in data.chunks(socket.longest(remote.as_ref())) {
            if socket.is_writing_paused() {
                break;
            }
            socket.sendto(part, remote.as_ref());
            taken += part.len();
        }
        taken
    }

    /// Writes a datagram, which stays one datagram if the end has datagrams too.
    pub(super) fn pass(self, net: &mut Net, datagram: &[u8]) {
        if let Some((socket, remote)) = self.socket() {
            net.datagram_transport(socket).sendto(datagram, remote.as_ref());
        } else {
            self.deliver(net, datagram);
        }
    }

    /// Whether the end can still take bytes.
    pub(super) fn takes_input(self, net: &mut Net) -> bool {
        match self.sink(net) {
            Some(sink) => {
                let sink = net.transport(sink);
                !sink.is_closing() && !sink.is_write_closed()
            }
            None => self.has_datagrams() && self.is_there(net),
        }
    }

    /// Whether its write buffer is full for now.
    pub(super) fn is_full(self, net: &mut Net) -> bool {
        match (self.sink(net), self.socket()) {
            (Some(sink), _) => net.transport(sink).is_writing_paused(),
            (None, Some((socket, _))) => net.datagram_transport(socket).is_writing_paused(),
            (None, None) => false,
        }
    }

    /// Ends its direction: no more bytes will come for it.
    pub(super) fn end_input(self, net: &mut Net) {
        match (self, self.sink(net)) {
            (Self::Stream(_) | Self::Stdio { .. }, Some(sink)) => net.transport(sink).write_eof(),
            (Self::Child(_), Some(sink)) => net.transport(sink).close(),
            // Datagrams have no end to pass on.
            _ => (),
        }
    }

    /// Its bytes are not wanted, but its end is.
    pub(super) fn discard(self, net: &mut Net) {
        let Some(source) = self.source(net) else { return };
        let mut source = net.transport(source);
        if source.is_connection() {
            source.stop_forwarding();
        } else {
            // The rest of stdin is for the next program.
            source.pause_reading();
        }
    }

    /// Whether nothing more comes from the end.
    pub(super) fn is_over(self, net: &mut Net) -> bool {
        match self {
            Self::Stream(id) => net.transport(id).is_at_eof(),
            Self::Stdio { stdin, .. } => stdin.is_some_and(|stdin| net.transport(stdin).is_at_eof()),
            Self::Child(_) => self.source(net).is_none(),
            Self::Datagrams(_) | Self::Flow { .. } => !self.is_there(net),
        }
    }

    /// Whether the pair with `other` is about to end cleanly. This phase has its own limit, and the idle timeout must
    /// not come before it.
    pub(super) fn is_ending(self, other: Self, net: &mut Net) -> bool {
        self.ends_the_pair(other, net) || other.ends_the_pair(self, net)
    }

    /// Whether this end has ended, and the other one has no end to wait for.
    fn ends_the_pair(self, other: Self, net: &mut Net) -> bool {
        match self {
            Self::Stream(_) => other.has_datagrams() && self.is_over(net),
            Self::Child(id) => net.subprocess_transport(id).returncode().is_some(),
            Self::Stdio { .. } | Self::Datagrams(_) | Self::Flow { .. } => false,
        }
    }

    /// Whether the end is a terminal: the user need not press ^D after the other end has ended.
    pub(super) fn is_terminal(self, net: &mut Net) -> bool {
        matches!(self, Self::Stream(id) if net.transport(id).is_terminal())
    }

    /// Whether the end sends and takes datagrams.
    #[must_use]
    pub fn has_datagrams(self) -> bool {
        self.socket().is_some()
    }

    /// Whether the end has had any traffic, if that is known.
    pub(super) fn has_moved(self, net: &mut Net) -> bool {
        let Self::Stream(id) = self else { return false };
        let totals = net.transport(id).info().totals;
        totals.sent + totals.received > 0
    }

    /// Whether no byte has gone to the end or waits for it.
    pub(super) fn got_nothing(self, net: &mut Net) -> bool {
        self.sink(net).is_some_and(|sink| {
            let sink = net.transport(sink);
            sink.info().totals.sent == 0 && sink.write_buffer_size() == 0
        })
    }

    /// The time of the last traffic. `None` for the socket of a flow, which serves other flows too, and for a child
    /// without pipes.
    pub(super) fn last_activity(self, net: &mut Net) -> Option<Instant> {
        match self {
            Self::Datagrams(id) => Some(net.datagram_transport(id).last_activity()),
            Self::Flow { .. } => None,
            Self::Stream(_) | Self::Stdio { .. } | Self::Child(_) => {
                let streams = [self.source(net), self.sink(net)].into_iter().flatten();
                streams.map(|stream| net.transport(stream).last_activity()).max()
            }
        }
    }

    /// Bytes on their way to the end that it has not taken yet.
    pub(super) fn on_the_way(self, net: &mut Net) -> usize {
        match self {
            Self::Stream(id) => net.transport(id).on_the_way(),
            Self::Child(id) => net.subprocess_transport(id).unread_input(),
            Self::Stdio { .. } | Self::Datagrams(_) | Self::Flow { .. } => 0,
        }
    }

    /// The activity of its pair with `other`. Either end can be the slower one.
    pub(super) fn activity(self, other: Option<Self>, net: &mut Net) -> Activity {
        let ends = [Some(self), other].into_iter().flatten();
        let (mut last_activity, mut on_the_way) = (None, 0);
        for end in ends {
            last_activity = last_activity.max(end.last_activity(net));
            on_the_way += end.on_the_way(net);
        }
        Activity { last_activity: last_activity.unwrap_or_else(|| net.now()), on_the_way }
    }

    /// Closes the end cleanly: buffered bytes are still written.
    pub(super) fn finish(self, net: &mut Net) {
        match self {
            Self::Stream(id) => net.transport(id).close(),
            Self::Stdio { stdin, stdout } => {
                stdin.into_iter().chain([stdout]).for_each(|stream| net.transport(stream).close());
            }
            Self::Child(id) => leave_child(id, net),
            Self::Datagrams(id) => net.datagram_transport(id).close(),
            Self::Flow { .. } => self.note_change(net),
        }
    }

    /// Makes the socket of a flow check which right end has opened or gone, or is about to go.
    pub(super) fn note_change(self, net: &mut Net) {
        if let Self::Flow { socket, .. } = self {
            net.call_soon(socket);
        }
    }

    /// Fails the end: buffered bytes are still written, and then the peer sees that the rest is missing.
    pub(super) fn reset(self, net: &mut Net) {
        match self {
            Self::Stream(id) => net.transport(id).close_by_reset(),
            Self::Child(id) => end_child(id, net),
            Self::Stdio { .. } | Self::Datagrams(_) | Self::Flow { .. } => self.finish(net),
        }
    }

    /// Closes the end after the program at the other end has ended: nothing more is read, and buffered bytes are still
    /// written.
    pub(super) fn finish_alone(self, net: &mut Net) {
        match self {
            Self::Stream(id) => net.transport(id).close_once_delivered(),
            _ => self.finish(net),
        }
    }

    /// Aborts the end now, whatever is on its way.
    pub(super) fn abort(self, net: &mut Net) {
        match self {
            Self::Stream(id) => net.transport(id).abort(),
            Self::Stdio { .. } => self.finish(net),
            Self::Datagrams(id) => net.datagram_transport(id).abort(),
            Self::Child(id) => end_child(id, net),
            Self::Flow { .. } => self.note_change(net),
        }
    }
}
