//! Rearming: epoll reports the readiness of a stream anew where a short read or write may have been misread.
//!
//! A short read nearly always means that no more bytes are there, and a short write that no more fit. To believe a
//! short count saves a system call per message. A short count can be wrong: TCP stops a read at an urgent mark with
//! bytes behind it, and a preloaded library may cut calls short. An edge-triggered epoll would never report those bytes
//! again. So each stream that stopped at a short count is queued here. Once the stream has been idle for a while, one
//! call makes epoll report its state anew. A report that comes at once shows that the short count was wrong. From then
//! on the short counts of that stream are not believed.

use std::time::Duration;

use super::id::Id;
use super::net::{Net, Slot};
use super::stream::Rearm;
use super::timers::Alarm;

/// Long enough that no busy stream is rearmed, short enough that no user takes the wait for a hang.
const IDLE: Duration = Duration::from_millis(50);

impl Net {
    /// Queues a stream to be rearmed, unless it is queued already.
    pub(crate) fn schedule_rearm(&mut self, id: Id) {
        let Some(stream) = self.stream_mut(id) else { return };
        if stream.rearm == Rearm::Queued {
            return;
        }
        stream.rearm = Rearm::Queued;
        self.rearm_queue.push(id);
        if self.rearm_timer.is_none() {
            self.rearm_timer = Some(self.timers.arm(IDLE, None, Alarm::Rearm));
        }
    }

    /// Rearms the streams that have been idle since they were queued. The others stay queued.
    pub(crate) fn rearm_idle(&mut self) {
        self.rearm_timer = None;
        let (now, turn) = (self.now, self.turn);
        let (slots, registry) = (&mut self.slots, &self.registry);
        self.rearm_queue.retain(|&id| {
            let Some(Slot::Stream(stream)) = slots.get_mut(id) else { return false };
            if now.duration_since(stream.last_activity) < IDLE {
                return true;
            }
            stream.rearm = Rearm::Asked { turn };
            // This cannot fail for a descriptor that is registered. After a failure the stream is as it was before.
            let _ = stream.io.rearm(registry, id);
            false
        });
        if !self.rearm_queue.is_empty() {
            self.rearm_timer = Some(self.timers.arm(IDLE, None, Alarm::Rearm));
        }
    }

    /// Notes an event before it is latched. An event that follows a rearm and says something new means that the short
    /// count was wrong. (Every such event says that a socket can be written to, which is nothing new.)
    pub(crate) fn note_rearm_event(&mut self, id: Id, readable: bool, writable: bool) {
        let turn = self.turn;
        let Some(stream) = self.stream_mut(id) else { return };
        if let Rearm::Asked { turn: asked } = stream.rearm {
            stream.rearm = Rearm::None;
            let news = (readable && !stream.readable) || (writable && !stream.writable);
            stream.distrust_short_io |= news && turn == asked + 1;
        }
    }
}
