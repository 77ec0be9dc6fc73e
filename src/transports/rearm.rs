//! Rearming: makes epoll report the readiness of a stream again after a short read or write that can mislead.
//!
//! A short read nearly always means that no more bytes are there, and a short write that no more fit. To believe a
//! short count saves a system call per message. A short count can be wrong: TCP stops a read at an urgent mark with
//! bytes behind it, and a preloaded library may cut calls short. An edge-triggered epoll would never report those bytes
//! again. So each stream that stopped at a short count is queued here. Once the stream has been idle for a while, one
//! call makes epoll report its state again. A report that comes at once shows that the short count was wrong. From then
//! on the short counts of that stream are not believed.

use std::time::Duration;

use super::ctx::{Ctx, StreamRef};
use super::id::Arena;
use super::net::Slot;
use super::stream::Rearm;
use super::timers::Alarm;

/// Long enough that no busy stream is rearmed, short enough that no user takes the wait for a hang.
const IDLE: Duration = Duration::from_millis(50);

impl StreamRef<'_> {
    /// Queues the stream to be rearmed, unless it is queued already.
    pub(crate) fn schedule_rearm(&mut self) {
        if self.stream.rearm == Rearm::Queued {
            return;
        }
        self.stream.rearm = Rearm::Queued;
        self.cx.rearm.streams.push(self.id);
        if self.cx.rearm.timer.is_none() {
            self.cx.rearm.timer = Some(self.cx.timers.arm(IDLE, None, Alarm::Rearm));
        }
    }

    /// Notes an event before it is latched. An event that follows a rearm and says something new means that the short
    /// count was wrong. (Every such event says that a socket can be written to, which is nothing new.)
    pub(crate) fn note_rearm_event(&mut self, readable: bool, writable: bool) {
        let stream = &mut *self.stream;
        if let Rearm::Asked { turn: asked } = stream.rearm {
            stream.rearm = Rearm::None;
            let news = (readable && !stream.readable) || (writable && !stream.writable);
            stream.distrust_short_io |= news && self.cx.turn == asked + 1;
        }
    }
}

impl Ctx {
    /// Rearms the streams that have been idle since they were queued. The others stay queued.
    pub(crate) fn rearm_idle(&mut self, slots: &mut Arena<Slot>) {
        let Self { rearm, timers, registry, now, turn, .. } = self;
        rearm.streams.retain(|&id| {
            let Some(Slot::Stream(stream)) = slots.get_mut(id) else { return false };
            if now.duration_since(stream.last_activity) < IDLE {
                return true;
            }
            stream.rearm = Rearm::Asked { turn: *turn };
            // This cannot fail for a descriptor that is registered. After a failure the stream is as it was before.
            let _ = stream.io.rearm(registry, id);
            false
        });
        rearm.timer = (!rearm.streams.is_empty()).then(|| timers.arm(IDLE, None, Alarm::Rearm));
    }
}
