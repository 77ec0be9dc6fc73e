//! A second look at streams whose readiness was judged by a short count.
//!
//! A read that gives less than was asked for, or a write that takes less, nearly always means that there is no more to
//! be had, and believing it saves a system call per message. It can be wrong: TCP stops a read at an urgent mark with
//! bytes behind it, and a preloaded library may cut calls short. An edge-triggered epoll would never mention those bytes
//! again. So each stream that was left on such evidence is listed, and once it has been quiet for a while epoll is
//! asked, one call for each, to report its state anew. If it does so at once, the stream's short counts are not
//! believed any more.

use std::time::Duration;

use super::id::Id;
use super::net::{Net, Slot};
use super::stream::Doubt;
use super::timers::Alarm;

/// Long enough that no busy stream is ever asked about, short enough that nobody takes the wait for a hang.
const QUIET: Duration = Duration::from_millis(50);

impl Net {
    /// Puts a stream on the list, where it is not on it already.
    pub(crate) fn doubt(&mut self, id: Id) {
        let Some(stream) = self.stream_mut(id) else { return };
        if stream.doubt == Doubt::Listed {
            return;
        }
        stream.doubt = Doubt::Listed;
        self.doubtful.push(id);
        if self.doubt_timer.is_none() {
            self.doubt_timer = Some(self.timers.arm(QUIET, None, Alarm::SecondLook));
        }
    }

    /// Asks about those that have been quiet since they were listed; the others stay on the list.
    pub(crate) fn look_again(&mut self) {
        self.doubt_timer = None;
        let (now, turn) = (self.now, self.turn);
        let (slots, registry) = (&mut self.slots, &self.registry);
        self.doubtful.retain(|&id| {
            let Some(Slot::Stream(stream)) = slots.get_mut(id) else { return false };
            if now.duration_since(stream.last_activity) < QUIET {
                return true;
            }
            stream.doubt = Doubt::Asked { turn };
            // It cannot fail for what is registered; if it does, the stream is no worse off than before.
            let _ = stream.io.rearm(registry, id);
            false
        });
        if !self.doubtful.is_empty() {
            self.doubt_timer = Some(self.timers.arm(QUIET, None, Alarm::SecondLook));
        }
    }

    /// Notes what an event says of `id` before it is latched: news in answer to a question means that the short count
    /// was wrong. (That a socket can be written to is no news, and comes with every answer.)
    pub(crate) fn answer(&mut self, id: Id, readable: bool, writable: bool) {
        let turn = self.turn;
        let Some(stream) = self.stream_mut(id) else { return };
        if let Doubt::Asked { turn: asked } = stream.doubt {
            stream.doubt = Doubt::None;
            let news = (readable && !stream.readable) || (writable && !stream.writable);
            stream.short_counts_lie |= news && turn == asked + 1;
        }
    }
}
