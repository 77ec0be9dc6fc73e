//! Whether the peers of open TCP streams still live: the loop looks at peers to which bytes are under way. The probes
//! of the kernel are set up in `keepalive.rs`.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use super::ctx::{Ctx, StreamRef};
use super::id::Arena;
use super::keepalive::KeepAlive;
use super::net::Slot;
use super::stream::Stream;
use super::timers::Due;
use crate::sys::socket::{self, Silence};

impl StreamRef<'_> {
    /// A TCP stream is open: its peer is watched from now on.
    pub(crate) fn watch_peer(&mut self, keepalive: KeepAlive) {
        if !self.is_tcp() {
            return;
        }
        self.keepalive = keepalive;
        if keepalive != KeepAlive::OFF {
            self.cx.look_at_peers_within(keepalive.look_interval());
        }
    }

    /// The same for a stream that was opened without it.
    pub(crate) fn set_keepalive(&mut self, keepalive: KeepAlive) -> io::Result<()> {
        self.watch_peer(keepalive);
        if self.is_tcp() { self.io.set_keepalive(keepalive) } else { Ok(()) }
    }

    /// The peer has vanished. Earlier bytes are delivered, then the stream is lost.
    fn peer_vanished(&mut self) {
        self.io.stop_receiving();
        self.write_failed(io::Error::from_raw_os_error(libc::ETIMEDOUT));
    }
}

impl Ctx {
    /// Looks at peers after `delay` at the latest.
    fn look_at_peers_within(&mut self, delay: Duration) {
        let due = self.now + delay;
        match self.looks.next {
            Some((planned, _)) if planned <= due => return,
            Some((_, timer)) => self.timers.cancel(timer),
            None => (),
        }
        self.looks.next = Some((due, self.timers.arm(delay, Due::LookAtPeers)));
    }

    /// Looks at the peers to which bytes are under way. A peer that has given no sign of life for too long has
    /// vanished.
    pub(crate) fn look_at_peers(&mut self, slots: &mut Arena<Slot>) {
        let last = self.looks.last.replace(self.now);
        self.looks.next = None;
        let before = std::mem::take(&mut self.looks.under_way);
        let mut interval = None;
        for (id, slot) in slots.iter_mut() {
            let Slot::Stream(stream) = slot else { continue };
            let Some(limit) = stream.keepalive.limit() else { continue };
            let own = stream.keepalive.look_interval();
            interval = Some(interval.map_or(own, |least: Duration| least.min(own)));
            let since = before.get(&id).copied();
            let is_idle =
                since.is_none() && !stream.state.has_told_end() && last.is_some_and(|last| stream.last_activity < last);
            if is_idle || stream.state.has_failed() || stream.io.unacknowledged() == 0 {
                continue;
            }
            let since = since.unwrap_or(self.now);
            self.looks.under_way.insert(id, since);
            if self.now.duration_since(since) >= limit && is_silent(stream, limit) {
                StreamRef { id, slot: stream, cx: self }.peer_vanished();
            }
        }
        if let Some(interval) = interval {
            self.look_at_peers_within(interval);
        }
    }
}

/// Whether the peer has given no sign of life for `limit`. The peer of a socket that cannot tell counts as alive.
fn is_silent(stream: &Stream, limit: Duration) -> bool {
    let silence = stream.io.socket().and_then(|socket| socket::silence(socket.as_fd()).ok());
    silence.is_some_and(|Silence { time, is_unanswered }| is_unanswered && time >= limit)
}

impl Stream {
    /// Whether it is a TCP connection that is open.
    fn is_tcp(&self) -> bool {
        self.io.socket().is_some() && self.has_tcp_peer()
    }
}
