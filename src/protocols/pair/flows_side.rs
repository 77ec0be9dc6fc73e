//! The protocol of each socket of a relay that serves many senders. The table of the senders is in `flows.rs`.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use super::flows::Flows;
use crate::protocols::loop_guard::{goes_round, is_marked};
use crate::transports::datagram::Remote;
use crate::transports::datagram::handle::DatagramTransport;
use crate::transports::error::describe;
use crate::transports::protocol::DatagramProtocol;
use crate::transports::timers::TimerId;

/// The protocol of one of the sockets.
#[derive(Debug)]
pub struct FlowsSide(Rc<RefCell<Flows>>);

impl FlowsSide {
    /// A socket whose senders are in `flows`. The socket must mark what it sends with
    /// [`MARK`](crate::protocols::loop_guard::MARK).
    #[must_use]
    pub fn new(flows: &Rc<RefCell<Flows>>) -> Self {
        Self(Rc::clone(flows))
    }
}

impl DatagramProtocol for FlowsSide {
    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], from: &Remote) {
        let mut flows = self.0.borrow_mut();
        if is_marked(from) {
            flows.refuse(t, from, "another server sent it as an answer");
        } else if goes_round(from) {
            flows.refuse(t, from, "it goes round between relays");
        } else {
            flows.receive(t, data, from);
        }
    }

    fn error_received(&mut self, t: &mut DatagramTransport<'_>, error: io::Error) {
        log::info!("{}cannot send an answer: {}", t.number(), describe(&error));
    }

    fn pause_writing(&mut self, t: &mut DatagramTransport<'_>) {
        let rights = self.0.borrow().rights_of(t.id());
        rights.into_iter().for_each(|right| right.pause(t.net()));
    }

    fn resume_writing(&mut self, t: &mut DatagramTransport<'_>) {
        let rights = self.0.borrow().rights_of(t.id());
        rights.into_iter().for_each(|right| right.resume(t.net()));
    }

    fn timer_fired(&mut self, t: &mut DatagramTransport<'_>, timer: TimerId) {
        let mut flows = self.0.borrow_mut();
        flows.look_at_places(t.net());
        if flows.sweep_timer == Some(timer) {
            flows.sweep_timer = None;
            flows.sweep(t);
        }
    }

    fn connection_lost(&mut self, t: &mut DatagramTransport<'_>, _error: Option<io::Error>) {
        let mut flows = self.0.borrow_mut();
        for right in flows.rights_of(t.id()) {
            // A paused right end would never end.
            right.resume(t.net());
            right.finish(t.net());
        }
        flows.log_losses();
    }
}
