//! Accepts connections, and pauses a listener that cannot accept now.
//!
//! Errors of one connection are passed over. If the whole machine lacks descriptors or memory, the listener waits for
//! 50 ms at first and for 1 s at most, or until a descriptor is closed. Without the wait, an edge-triggered epoll would
//! never mention the queued connections again. The loop makes the protocols of accepted connections.

use std::io;
use std::time::Duration;

use socket2::{SockAddr, Socket};

use super::admission::Admission;
use super::ctx::Ctx;
use super::error::{describe, is_lack_of_resources};
use super::id::Id;
use super::info::Peer;
use super::io::Io;
use super::keepalive::KeepAlive;
use super::layer::Opening;
use super::listener::{BackOff, Listener};
use super::net::{Net, Slot};
use super::state::Phase;
use super::stream::Stream;
use super::timers::{Alarm, Due};

const BACK_OFF_MIN: Duration = Duration::from_millis(50);
const BACK_OFF_MAX: Duration = Duration::from_secs(1);
/// Pending accepts, at most: their openings last, have just failed, or are done and there is no place.
const PENDING_ACCEPTS_MAX: usize = 1024;
/// The log tells of a lack of resources once in this time.
const EPISODE: Duration = Duration::from_secs(60);

/// A stream that is not in the arena yet, and what must be done before it is open.
type AcceptedStream = (Stream, Vec<Opening>);

/// The result of an attempt to accept.
pub(crate) enum Accepted {
    /// A new stream, registered and open. The loop makes its protocol.
    Stream(Id),
    /// That connection came to nothing. There may be others.
    PassedOver,
    /// No client waits, or none may come in now.
    NotNow,
}

impl Net {
    /// Accepts one connection, if the limits allow it.
    pub(crate) fn accept(&mut self, id: Id) -> Accepted {
        let Some(Slot::Listener(listener)) = self.slots.get_mut(id) else { return Accepted::NotNow };
        if !listener.wants_accept(self.cx.admissions.taken) {
            self.tell_of_waiting_clients();
            return Accepted::NotNow;
        }
        // A client that never finishes its handshake must not keep others out.
        let is_full = listener.options.has_openings() && self.cx.admissions.pending.len() >= PENDING_ACCEPTS_MAX;
        if is_full && !self.evict_slowest_pending() {
            return Accepted::NotNow;
        }
        let Some(Slot::Listener(listener)) = self.slots.get_mut(id) else { return Accepted::NotNow };
        match listener.accept() {
            Ok((socket, address)) => {
                let made = listener.stream(id, &mut self.cx, socket, &address);
                let (keepalive, serves_one) = (listener.options.keepalive, listener.options.once);
                let added = made.and_then(|stream| add_accepted(self, stream, keepalive, serves_one));
                added.map_or(Accepted::PassedOver, Accepted::Stream)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                listener.readable = false;
                Accepted::NotNow
            }
            Err(error) if is_of_one_connection(&error) => {
                log::debug!("accept on {}: {}", listener.name, describe(&error));
                Accepted::PassedOver
            }
            // Connections that are not open yet must not keep others out.
            Err(error) if is_lack_of_resources(&error) && self.evict_slowest_pending() => Accepted::PassedOver,
            Err(error) => {
                if let Some(Slot::Listener(listener)) = self.slots.get_mut(id) {
                    listener.back_off(id, &mut self.cx, &error);
                }
                Accepted::NotNow
            }
        }
    }

    /// Lets waiting clients in after something was closed, which may have freed a place or a descriptor.
    pub(crate) fn wake_listeners(&mut self) {
        self.admit_ready();
        // Each slot that is freed comes here, so the list is not copied.
        for index in 0..self.cx.admissions.listeners.len() {
            let id = self.cx.admissions.listeners[index];
            if let Some(Slot::Listener(listener)) = self.slots.get_mut(id) {
                listener.retry(id, &mut self.cx);
            }
        }
    }
}

/// Adds the stream of an accepted connection, and begins its openings. A stream without openings is admitted
/// already: if its listener serves one client, all listeners are closed.
fn add_accepted(net: &mut Net, stream: AcceptedStream, keepalive: KeepAlive, serves_one: bool) -> Option<Id> {
    let (stream, openings) = stream;
    let added = net.add(Slot::Stream(stream));
    let id = added.inspect_err(|error| log::warn!("accept: {}", describe(error))).ok()?;
    let mut stream = net.stream_mut(id)?;
    stream.watch_peer(keepalive);
    if stream.admission.is_pending() {
        stream.cx.admissions.pending.push(id);
        stream.open_by(openings);
    } else if serves_one {
        net.close_listeners();
    }
    Some(id)
}

impl Listener {
    /// Makes a stream of an accepted connection. `None` means that the connection is closed at once.
    fn stream(&mut self, id: Id, cx: &mut Ctx, socket: Socket, address: &SockAddr) -> Option<AcceptedStream> {
        if let Some(back_off) = self.back_off.take() {
            log::info!("accepting on {} again", self.name);
            if let Some(timer) = back_off.timer {
                cx.timers.cancel(timer);
            }
        }
        let peer = Peer::from_sock_addr(address);
        if !self.options.access.admits_peer(&peer) {
            log::info!("denied {peer}");
            return None;
        }
        let family = peer.family();
        if self.shared && family.is_tcp {
            // Connections inherit the option from a listener that xport has made. This listener is shared with others.
            // A socket that refuses the option can still be used.
            let _ = self.options.keepalive.apply(&socket);
        }
        let prepared = match self.shared {
            true => self.options.socket.apply_to_open(&socket),
            false if family.is_tcp => Ok(()),
            // Connections of a unix socket inherit no sizes of buffers.
            false => self.options.socket.size_buffers(&socket),
        };
        if let Err(error) = prepared {
            log::warn!("accept on {}: {}", self.name, describe(&error));
        }
        let mut stream = Stream::new(Io::Socket(socket), Phase::Open, cx.now);
        stream.out.flow.marks = self.options.marks;
        stream.closing.is_bounded = !self.options.once;
        stream.peer = Some(Box::new(peer));
        cx.introduce(&mut stream);
        if self.options.crlf {
            stream.send_crlf();
        }
        let openings = match self.options.openings() {
            Ok(openings) => openings,
            Err(error) => {
                log::warn!("accept on {}: {error}", self.name);
                return None;
            }
        };
        if openings.is_empty() {
            stream.admission = Admission::Admitted;
            cx.admissions.take();
        } else {
            stream.admission = Admission::Opening(id);
        }
        Some((stream, openings))
    }

    /// Waits. The log tells of it once in an episode.
    fn back_off(&mut self, id: Id, cx: &mut Ctx, error: &io::Error) {
        let delay = match &self.back_off {
            Some(before) => (before.delay * 2).min(BACK_OFF_MAX),
            None => {
                if self.trouble.is_none_or(|last| cx.now.duration_since(last) >= EPISODE) {
                    let cause = describe(error);
                    log::warn!("accept on {}: {cause}; new connections wait until there is room", self.name);
                }
                BACK_OFF_MIN
            }
        };
        self.trouble = Some(cx.now);
        let timer = cx.timers.arm(delay, Due::Slot(id, Alarm::AcceptRetry));
        self.back_off = Some(BackOff { delay, timer: Some(timer) });
    }

    /// Puts the listener on the run queue if connections may wait.
    pub(crate) fn queue_ready(&mut self, id: Id, cx: &mut Ctx) {
        if self.readable && !std::mem::replace(&mut self.queued, true) {
            cx.ready.push(id);
        }
    }

    /// The wait is over. A listener that knows of a queue is taken up again.
    pub(crate) fn retry(&mut self, id: Id, cx: &mut Ctx) {
        if let Some(timer) = self.back_off.as_mut().and_then(|back_off| back_off.timer.take()) {
            cx.timers.cancel(timer);
        }
        self.queue_ready(id, cx);
    }
}

/// Errors of the one connection to be accepted, and network errors that Linux passes on. `accept(2)`, "Error handling".
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::ECONNABORTED
                | libc::EPROTO
                | libc::ENETDOWN
                | libc::ENOPROTOOPT
                | libc::EHOSTDOWN
                | libc::ENONET
                | libc::EHOSTUNREACH
                | libc::EOPNOTSUPP
                | libc::ENETUNREACH
                | libc::EPERM
        )
    )
}
