//! Events and queued calls of child processes. The pipes of a child are streams, and their callbacks go to the protocol
//! of the child.
//!
//! asyncio puts a small protocol on each pipe, which calls the protocol of the child by way of the queue. Here the loop
//! looks up the protocol of the child, so that nothing is copied.

use super::EventLoop;
use super::dispatch::guarded;
use crate::transports::ctx::{Call, Installed};
use crate::transports::dump::Throttle;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::process::Process;
use crate::transports::process::handle::SubprocessTransport;
use crate::transports::protocol::SubprocessProtocol;

/// How many rounds of reading empty the pipes of a child before its end is reported. They are enough for the largest
/// pipe, and they end if another process goes on writing.
const LAST_ROUNDS: usize = 16;

impl EventLoop {
    /// The slot whose protocol gets the bytes of this slot: for a pipe, its child.
    pub(super) fn receiver(&self, id: Id) -> Id {
        match self.handlers.get(id.index()) {
            Some(Installed::Pipe { process, .. }) => *process,
            _ => id,
        }
    }

    /// A child has ended. Its output comes first.
    pub(super) fn process_ready(&mut self, id: Id) {
        if !self.net.process_mut(id).is_some_and(|mut child| child.ask_for_status()) {
            return;
        }
        // This child may have hidden others.
        self.net.reap_orphans();
        if self.net.slots.process(id).is_some_and(Process::is_given_up) {
            // The protocol knows of the loss, or hears of it next.
            if matches!(self.handlers.get(id.index()), Some(Installed::Nothing)) {
                self.forget(id);
            }
            return;
        }
        let pipes = self.net.slots.process(id).map_or([None; 3], |process| process.pipes);
        for pipe in pipes.into_iter().flatten() {
            if let Some(mut stream) = self.net.stream_mut(pipe) {
                stream.io.child_ended();
            }
        }
        let [_stdin, stdout, stderr] = pipes;
        [stdout, stderr].into_iter().flatten().for_each(|pipe| self.read_rest(pipe));
        if let Some(mut child) = self.net.process_mut(id) {
            child.tell_exit();
        }
        self.run_calls();
    }

    /// Reads what a child has left in a pipe. These bytes come before the exit, even if the reader of the dump is slow.
    fn read_rest(&mut self, pipe: Id) {
        for _ in 0..LAST_ROUNDS {
            let Some(mut stream) = self.net.stream_mut(pipe) else { return };
            stream.ready.readable = true;
            let before = std::mem::replace(&mut stream.gate.throttle, Throttle::Exempt);
            let n = self.read(pipe, None);
            if let Some(mut stream) = self.net.stream_mut(pipe) {
                stream.gate.throttle = before;
            }
            if n == 0 {
                return;
            }
        }
    }

    /// Passes on bytes from a child's stdout or stderr.
    pub(super) fn pipe_data(&mut self, process: Id, number: u8, n: usize) {
        let Self { net, handlers, scratch, .. } = self;
        if let Some(Installed::Subprocess(protocol)) = handlers.get_mut(process.index()) {
            let t = &mut SubprocessTransport { net, id: process };
            if let Err(error) = guarded(|| protocol.pipe_data_received(t, number, &scratch[..n])) {
                self.end_after_panic(process, error);
            }
        }
    }

    /// Makes one call about a child's pipe. The protocol of the child gets the call.
    pub(super) fn pipe_call(&mut self, id: Id, process: Id, number: u8, call: Call) {
        let Self { net, handlers, .. } = self;
        if let (Call::ConnectionMade, Some(mut stream)) = (&call, net.stream_mut(id)) {
            stream.state.made();
            stream.queue_read();
        }
        let lost = matches!(call, Call::ConnectionLost(_));
        if let Some(Installed::Subprocess(protocol)) = handlers.get_mut(process.index()) {
            let t = &mut SubprocessTransport { net, id: process };
            let outcome = guarded(|| match call {
                Call::PauseWriting => protocol.pause_writing(t),
                Call::ResumeWriting => protocol.resume_writing(t),
                Call::ConnectionLost(error) => protocol.pipe_connection_lost(t, number, error),
                // Pipes have no other calls.
                _ => (),
            });
            if let Err(error) = outcome {
                self.end_after_panic(process, error);
            }
        }
        if lost {
            if let Some(mut child) = self.net.process_mut(process) {
                child.pipe_lost(number);
            }
            self.forget(id);
        }
    }
}

/// Makes one call about a child.
pub(super) fn process_call(net: &mut Net, id: Id, protocol: &mut dyn SubprocessProtocol, call: Call) {
    let t = &mut SubprocessTransport { net, id };
    match call {
        Call::ConnectionMade => protocol.connection_made(t),
        Call::ProcessExited => protocol.process_exited(t),
        Call::Timer(timer) => protocol.timer_fired(t, timer),
        Call::ConnectionLost(error) => protocol.connection_lost(t, error),
        // Children have no other calls.
        _ => (),
    }
}
