//! The queued calls: each goes to the protocol that is installed for its slot. The queue is in `transports/ctx.rs`.

use std::io;

use super::EventLoop;
use super::datagrams::datagram_call;
use super::dispatch::guarded;
use super::processes::process_call;
use crate::transports::amounts::{Moved, Size, Span};
use crate::transports::ctx::{Call, Installed};
use crate::transports::error::is_tls;
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::info::{ConnectionEnd, Info, Peer};
use crate::transports::net::{Label, Net, Slot};
use crate::transports::protocol::{Handler, call_protocol};
use crate::transports::stream::CloseMode;

impl EventLoop {
    /// Makes `installed` the receiver of the calls of a slot.
    pub(super) fn install(&mut self, id: Id, installed: Installed) {
        if self.handlers.len() <= id.index() {
            self.handlers.resize_with(id.index() + 1, Installed::default);
        }
        self.handlers[id.index()] = installed;
    }

    /// Makes one call. Nothing happens if the id is stale by now.
    pub(super) fn call(&mut self, id: Id, call: Call) {
        let call = match (self.net.slots.get(id), call) {
            (None, _) => return,
            (Some(slot), Call::Install(installed)) if fits(slot, &installed) && !self.is_pipe(id) => {
                return self.install(id, installed);
            }
            // A handle was misused: the slot is of another kind, or a pipe, whose bytes are for a child's protocol.
            (Some(_), Call::Install(_)) => return,
            (_, call) => call,
        };
        let ends = call.is_last();
        let Self { net, handlers, .. } = self;
        let outcome = match handlers.get_mut(id.index()) {
            Some(Installed::Protocol(handler)) => guarded(|| stream_call(net, id, handler, call)),
            Some(Installed::Datagram(protocol)) => guarded(|| datagram_call(net, id, &mut **protocol, call)),
            Some(Installed::Subprocess(protocol)) => guarded(|| process_call(net, id, &mut **protocol, call)),
            Some(&mut Installed::Pipe { process, number }) => return self.pipe_call(id, process, number, call),
            Some(Installed::Nothing | Installed::Factory(_)) | None => return,
        };
        match outcome {
            Ok(()) => (),
            Err(_) if ends => self.note_panic(),
            Err(error) => self.end_after_panic(id, error),
        }
        if !ends {
            return;
        }
        if self.net.slots.process(id).is_some_and(|process| process.status.is_none()) {
            // The child was given up and still runs. Its status has to be taken when it ends.
            self.uninstall(id);
        } else {
            self.forget(id);
        }
    }

    /// Whether the slot is a pipe of a child.
    fn is_pipe(&self, id: Id) -> bool {
        matches!(self.handlers.get(id.index()), Some(Installed::Pipe { .. }))
    }

    /// Drops a transport and its protocol. The id is stale from now on.
    pub(super) fn forget(&mut self, id: Id) {
        self.uninstall(id);
        self.net.remove(id);
    }
}

/// Makes one call about a stream.
fn stream_call(net: &mut Net, id: Id, handler: &mut Handler, call: Call) {
    let t = &mut Transport { net, id };
    match call {
        // The openings come first. This call is queued again once they are done.
        Call::ConnectionMade if t.net.slots.stream(id).is_some_and(|stream| stream.is_opening()) => (),
        Call::ConnectionMade => {
            if let Some(mut stream) = t.net.stream_mut(id) {
                stream.state.made();
            }
            log_opened(t);
            call_protocol!(handler.connection_made(t));
            // Bytes that are here already may have had their event.
            if let Some(mut stream) = net.stream_mut(id) {
                stream.queue_read();
            }
        }
        Call::PauseWriting => {
            log::debug!("{}: {} wait, pausing", Label(t.net, id), Size(t.write_buffer_size() as u64));
            call_protocol!(handler.pause_writing(t));
        }
        Call::ResumeWriting => {
            log::debug!("{}: {} wait, resuming", Label(t.net, id), Size(t.write_buffer_size() as u64));
            call_protocol!(handler.resume_writing(t));
        }
        Call::WritingFailed(error) => call_protocol!(handler.writing_failed(t, &error)),
        Call::TlsStarted => {
            log_tls(t);
            call_protocol!(handler.tls_started(t));
        }
        Call::Resolved(answer) => call_protocol!(handler.resolved(t, answer)),
        Call::Admit => net.admit_ready(),
        Call::Timer(timer) => call_protocol!(handler.timer_fired(t, timer)),
        Call::ConnectionFailed(error) => call_protocol!(handler.connection_failed(t, error)),
        Call::ConnectionLost(error) => {
            note_end(t, error.is_some());
            log_closed(t, error.as_ref());
            call_protocol!(handler.connection_lost(t, error));
        }
        // The other calls do not concern the protocol of a stream.
        _ => (),
    }
}

fn log_opened(t: &mut Transport<'_>) {
    if !log::log_enabled!(log::Level::Info) {
        return;
    }
    let Info { number, peer, local, .. } = t.info();
    let is_accepted = t.net.slots.stream(t.id).is_some_and(|stream| stream.admission.counts());
    match (peer, local) {
        (Some(peer), Some(local)) if is_accepted => log::info!("{number}accepted {peer} on {local}"),
        // A unix socket that connects has no name.
        (Some(peer), Some(local)) if local != Peer::Unnamed => log::info!("{number}connected to {peer} from {local}"),
        (Some(peer), _) => log::info!("{number}connected to {peer}"),
        (None, _) => (),
    }
    log_tls(t);
}

fn log_tls(t: &mut Transport<'_>) {
    if let Some(stream) = t.net.stream_mut(t.id) {
        stream.log_tls();
    }
}

fn note_end(t: &mut Transport<'_>, has_failed: bool) {
    let Some(stream) = t.net.slots.stream(t.id).filter(|stream| stream.peer.is_some()) else { return };
    let is_cut = has_failed || matches!(stream.closing.mode, CloseMode::Aborted | CloseMode::Reset);
    t.net.cx.last_end = Some(if is_cut { ConnectionEnd::Cut } else { ConnectionEnd::InOrder });
}

fn log_closed(t: &Transport<'_>, error: Option<&io::Error>) {
    if !log::log_enabled!(log::Level::Info) {
        return;
    }
    let Some(stream) = t.net.slots.stream(t.id).filter(|stream| stream.peer.is_some()) else { return };
    // The protocol reports the error itself.
    let manner = match error {
        None if matches!(stream.closing.mode, CloseMode::Aborted | CloseMode::Reset) => "by abort",
        None => "cleanly",
        Some(error) if is_tls(error) => "by TLS error",
        Some(_) => "by error",
    };
    let (name, time) = (Label(t.net, t.id), t.net.now().duration_since(stream.opened));
    let received = Moved { bytes: stream.totals.received, direction: "in", time };
    let sent = Moved { bytes: stream.totals.sent, direction: "out", time };
    log::info!("{name} closed {manner} after {}: {received}, {sent}", Span(time));
}

/// Whether `installed` fits the kind of `slot`.
fn fits(slot: &Slot, installed: &Installed) -> bool {
    match slot {
        Slot::Stream(_) => matches!(installed, Installed::Protocol(_) | Installed::Pipe { .. }),
        Slot::Listener(_) => matches!(installed, Installed::Factory(_)),
        Slot::Datagram(_) => matches!(installed, Installed::Datagram(_)),
        Slot::Process(_) => matches!(installed, Installed::Subprocess(_)),
    }
}
