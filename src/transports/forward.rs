//! Forwarding: the bytes of one stream go to another stream, and no protocol sees them. `Transport::forward_to`.
//!
//! asyncio has this for files only (`loop.sendfile`). The kernel moves the bytes where it can and where that pays:
//!
//! ```text
//!   from a file                         ----sendfile---->  socket, pipe
//!   from a socket or a pipe to a pipe   ----splice------>
//!   between two sockets                 ----splice------>  a pipe of the pool  ----splice---->
//!   anything else, or little at a time  ----read, write-->
//! ```
//!
//! A splice costs more than a copy of a few bytes, and much less than a copy of many. So forwarding begins with copies,
//! changes to splices after some large reads in a row, and changes back after some small ones. Files are sent from the
//! first byte on. If the receiver is on this machine, `trial.rs` measures whether a copy is faster.
//!
//! The bytes in a pipe of the pool belong to the sink. They count as written and not sent yet. `write.rs` sends them.
//! So half-close, close and back pressure are the same for all methods. A splice that gives an end or no bytes may only
//! have met the urgent mark of TCP. A read steps over that mark, so the read decides. A source whose sink is full is
//! *blocked by the sink*: it is not read until the sink has sent what waits. The loop reads, and tells the protocol of
//! the end (`event_loop/dispatch.rs`).

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use super::ctx::StreamRef;
use super::forward_mode::{Forward, ForwardMode, SpliceRoute};
use super::id::Id;
use super::label::Label;
use super::net::{Net, Slot};
use super::pipe_pool::{SpliceFd, Spliced};
use super::read::Filled;
use super::state::Phase;
use super::stream::Stream;
use super::trial;
use crate::sys::splice::{are_ready, is_nonblocking, send_file, splice};

/// Bytes that one call may move. The kernel has limits of its own.
const MOVE_BYTES: usize = 1024 * 1024;

/// The outcome of one attempt to move bytes.
pub(crate) enum SpliceOutcome {
    Bytes(usize),
    /// The sink has no room.
    NotNow,
    /// The source has failed.
    Failed(io::Error),
    /// Read and write instead. The read also finds an end, or that no bytes are there.
    Copy,
}

impl Net {
    /// Sends what arrives on `id` to `to` from now on, if that is there still.
    pub(crate) fn forward(&mut self, id: Id, to: Id) {
        let route = self.route(id, to);
        let Some(mut sink) = self.stream_mut(to).filter(|sink| sink.state.phase() != Phase::Lost) else {
            return self.stop_forwarding(id);
        };
        let blocked_by_sink = !sink.has_room();
        sink.source = Some(id);
        sink.source_waits = blocked_by_sink;
        let is_local_socket = sink.is_local() && sink.peer.is_some();
        let Some(mut stream) = self.stream_mut(id) else { return };
        let mode =
            if route == Some(SpliceRoute::File) { ForwardMode::Splice(SpliceRoute::File) } else { ForwardMode::Copy };
        let trial = (route == Some(SpliceRoute::File) && is_local_socket).then(Box::default);
        stream.forward = Some(Box::new(Forward { to, mode, streak: 0, trial }));
        stream.blocked_by_sink = blocked_by_sink;
        stream.queue_read();
    }

    /// A sink is gone. Its source goes on without it, as it would never get room again.
    pub(crate) fn sink_removed(&mut self, sink: Id, source: Id) {
        if self.stream(source).is_some_and(|stream| stream.is_forwarded_to(sink)) {
            self.stop_forwarding(source);
        }
    }

    /// Hands what arrives on `id` to its protocol again.
    pub(crate) fn stop_forwarding(&mut self, id: Id) {
        let Some(mut stream) = self.stream_mut(id) else { return };
        stream.forward = None;
        stream.blocked_by_sink = false;
        stream.queue_read();
    }

    /// What the kernel could do for these two; `None` is nothing.
    fn route(&self, id: Id, to: Id) -> Option<SpliceRoute> {
        let (source, sink) = (self.stream(id)?, self.stream(to)?);
        if !source.is_bare() || !sink.is_bare() {
            return None;
        }
        let (from, from_fd) = source.io.raw_source()?;
        let (to, to_fd) = sink.io.raw_sink()?;
        // A call on a socket would wait, where its description may.
        let waits = |raw, fd| raw == SpliceFd::Socket && !is_nonblocking(fd);
        if waits(from, from_fd) || waits(to, to_fd) {
            return None;
        }
        match (from, to) {
            (SpliceFd::File, _) => Some(SpliceRoute::File),
            (SpliceFd::Socket, SpliceFd::Socket) => Some(SpliceRoute::Sockets),
            (_, SpliceFd::Pipe) => Some(SpliceRoute::ToPipe),
            // Packets made of a pipe's pages have 4 KiB in each piece: sending these takes a fifth more CPU than
            // copying into large ones, and the receiver half as long again.
            (SpliceFd::Pipe, SpliceFd::Socket) | (_, SpliceFd::File) => None,
        }
    }

    /// Moves what has arrived on `id` to its sink, by the kernel or through `buffer`.
    pub(crate) fn forward_once(&mut self, id: Id, buffer: &mut [u8]) -> Filled {
        if !self.sink_ready(id) {
            return Filled::NotNow;
        }
        let Some(mut stream) = self.stream_mut(id) else { return Filled::NotNow };
        if stream.unread.is_none() {
            match self.splice(id) {
                SpliceOutcome::Bytes(n) => return Filled::Forwarded(n),
                SpliceOutcome::NotNow => return Filled::NotNow,
                SpliceOutcome::Failed(error) => return Filled::Failed(error),
                SpliceOutcome::Copy => (),
            }
            let Some(again) = self.stream_mut(id) else { return Filled::NotNow };
            stream = again;
        }
        match stream.fill(buffer) {
            Filled::Bytes(n) => {
                self.forward_bytes(id, &buffer[..n]);
                Filled::Forwarded(n)
            }
            filled => filled,
        }
    }

    /// Whether the sink of a forwarded stream has room. If it has none, the stream is blocked.
    fn sink_ready(&mut self, id: Id) -> bool {
        let Some(forward) = self.stream(id).and_then(|stream| stream.forward.as_deref()) else { return true };
        let room = self.stream(forward.to).is_some_and(|sink| sink.state.accepts_writes() && sink.has_room());
        if !room {
            self.block(id);
        }
        room
    }

    /// Has the kernel move bytes from `id` to where they are forwarded, if that is the way for them now. There is room
    /// for them.
    fn splice(&mut self, id: Id) -> SpliceOutcome {
        let Some(forward) = self.stream(id).and_then(|stream| stream.forward.as_deref()) else {
            return SpliceOutcome::Copy;
        };
        let (to, ForwardMode::Splice(route)) = (forward.to, forward.mode) else { return SpliceOutcome::Copy };
        if forward.trial.as_ref().is_some_and(|trial| trial.method() == trial::Method::Copy) {
            return SpliceOutcome::Copy;
        }
        if self.stream(to).is_none_or(|sink| !sink.out.is_empty()) {
            // What was copied before goes before.
            return SpliceOutcome::Copy;
        }
        if [id, to].into_iter().any(|id| self.stream(id).is_some_and(|stream| !stream.is_bare())) {
            // It has got a layer since.
            return self.copy_from_now_on(id);
        }
        let moved = match route {
            SpliceRoute::Sockets => self.splice_by_pipe(id, to),
            SpliceRoute::ToPipe => self.splice_directly(id, to),
            SpliceRoute::File => self.send_file(id, to),
        };
        if let SpliceOutcome::Bytes(n) = moved {
            log::trace!("{}: {n} bytes moved by the kernel", Label(self, id));
            self.note_forwarded(id, n, trial::Method::Send);
        }
        moved
    }

    /// From a socket into a pipe, and on into the other socket.
    fn splice_by_pipe(&mut self, id: Id, to: Id) -> SpliceOutcome {
        let Some(pipe) = self.cx.pipes.take() else {
            self.copy_for_now(id);
            return SpliceOutcome::Copy;
        };
        let Some((_, from)) = self.stream(id).and_then(|stream| stream.io.raw_source()) else {
            return SpliceOutcome::NotNow;
        };
        match splice(from, pipe.write.as_fd(), MOVE_BYTES) {
            Ok(bytes @ 1..) => {
                let now = self.cx.now;
                if let Some(mut stream) = self.stream_mut(id) {
                    stream.totals.received += bytes as u64;
                    stream.last_activity = now;
                }
                let Some(mut sink) = self.stream_mut(to) else { return SpliceOutcome::Bytes(bytes) };
                sink.spliced = Some(Box::new(Spliced { pipe, bytes }));
                sink.flush();
                if sink.spliced.is_some() {
                    self.block(id);
                }
                SpliceOutcome::Bytes(bytes)
            }
            result => {
                // It was empty before, and is so still.
                self.cx.pipes.give(pipe);
                match result {
                    Ok(_) => SpliceOutcome::Copy,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => SpliceOutcome::Copy,
                    Err(error) if is_refusal(&error) => self.copy_from_now_on(id),
                    Err(error) => SpliceOutcome::Failed(self.name_of_source(id, error)),
                }
            }
        }
    }

    /// From a socket or a pipe to a pipe.
    fn splice_directly(&mut self, id: Id, to: Id) -> SpliceOutcome {
        let Some((from, sink)) = self.descriptors(id, to) else { return SpliceOutcome::NotNow };
        match splice(from, sink, MOVE_BYTES) {
            Ok(0) => SpliceOutcome::Copy,
            Ok(n) => self.moved(id, to, n),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => match are_ready(from, sink) {
                (true, false) => self.sink_is_full(id, to),
                _ => SpliceOutcome::Copy,
            },
            Err(error) if is_refusal(&error) => self.copy_from_now_on(id),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.sink_failed(id, to, error),
            Err(error) => SpliceOutcome::Failed(self.name_of_source(id, error)),
        }
    }

    /// From a regular file to whatever takes it.
    fn send_file(&mut self, id: Id, to: Id) -> SpliceOutcome {
        let Some((from, sink)) = self.descriptors(id, to) else { return SpliceOutcome::NotNow };
        match send_file(from, sink, MOVE_BYTES) {
            Ok(0) => SpliceOutcome::Copy,
            Ok(n) => self.moved(id, to, n),
            // A file is always ready.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.sink_is_full(id, to),
            Err(error) if is_of_the_sink(&error) => self.sink_failed(id, to, error),
            // If it is the file, a read says the same again, and says it of the file.
            Err(_) => self.copy_from_now_on(id),
        }
    }

    fn descriptors(&self, id: Id, to: Id) -> Option<(BorrowedFd<'_>, BorrowedFd<'_>)> {
        let (_, from) = self.stream(id)?.io.raw_source()?;
        let (_, to) = self.stream(to)?.io.raw_sink()?;
        Some((from, to))
    }

    /// Notes what went from one to the other without a stop.
    fn moved(&mut self, id: Id, to: Id, n: usize) -> SpliceOutcome {
        let now = self.cx.now;
        if let Some(mut stream) = self.stream_mut(id) {
            stream.totals.received += n as u64;
            stream.last_activity = now;
        }
        if let Some(mut sink) = self.stream_mut(to) {
            sink.totals.sent += n as u64;
            sink.last_activity = now;
        }
        SpliceOutcome::Bytes(n)
    }

    fn sink_is_full(&mut self, id: Id, to: Id) -> SpliceOutcome {
        if let Some(mut sink) = self.stream_mut(to) {
            sink.writable = false;
            sink.schedule_rearm();
        }
        self.block(id)
    }

    fn name_of_source(&self, id: Id, error: io::Error) -> io::Error {
        match self.stream(id) {
            Some(stream) => stream.io.name_source(error),
            None => error,
        }
    }

    fn sink_failed(&mut self, id: Id, to: Id, error: io::Error) -> SpliceOutcome {
        if let Some(mut sink) = self.stream_mut(to) {
            let error = sink.io.name_sink(error);
            sink.write_failed(error);
        }
        self.block(id)
    }

    fn copy_from_now_on(&mut self, id: Id) -> SpliceOutcome {
        self.set_mode(id, ForwardMode::CopyOnly);
        SpliceOutcome::Copy
    }

    fn copy_for_now(&mut self, id: Id) {
        self.set_mode(id, ForwardMode::Copy);
    }

    fn set_mode(&mut self, id: Id, mode: ForwardMode) {
        if let Some(forward) = self.forward_mut(id) {
            log::debug!("forwarding by {mode:?}");
            (forward.mode, forward.streak) = (mode, 0);
        }
    }

    fn forward_mut(&mut self, id: Id) -> Option<&mut Forward> {
        match self.slots.get_mut(id) {
            Some(Slot::Stream(stream)) => stream.forward.as_deref_mut(),
            _ => None,
        }
    }

    /// Notes how much was forwarded at once, and changes the way if it is time.
    fn note_forwarded(&mut self, id: Id, n: usize, way: trial::Method) {
        let Some(forward) = self.forward_mut(id) else { return };
        if let Some(trial) = &mut forward.trial {
            // The time of the turn would stand still.
            let Some(winner) = trial.note(way, n, Instant::now()) else { return };
            forward.trial = None;
            if winner == trial::Method::Copy {
                self.set_mode(id, ForwardMode::CopyOnly);
            }
            return;
        }
        if !forward.note(n) {
            return;
        }
        let (to, mode) = (forward.to, forward.mode);
        if mode == ForwardMode::Copy {
            let mode = self.route(id, to).map_or(ForwardMode::CopyOnly, ForwardMode::Splice);
            self.set_mode(id, mode);
        } else {
            self.copy_for_now(id);
        }
    }

    /// Writes what was read of `id` to its sink.
    fn forward_bytes(&mut self, id: Id, data: &[u8]) {
        let Some(forward) = self.stream(id).and_then(|stream| stream.forward.as_deref()) else { return };
        if let Some(mut sink) = self.stream_mut(forward.to) {
            sink.write(&[io::IoSlice::new(data)]);
        }
        self.note_forwarded(id, data.len(), trial::Method::Copy);
    }

    /// Does not read `id` until there is room for it again.
    fn block(&mut self, id: Id) -> SpliceOutcome {
        if let Some(mut stream) = self.stream_mut(id) {
            stream.blocked_by_sink = true;
            let to = stream.forward.as_deref().map(|forward| forward.to);
            if let Some(mut sink) = to.and_then(|to| self.stream_mut(to)) {
                sink.source_waits = true;
            }
        }
        SpliceOutcome::NotNow
    }

    /// Has a stream go on whose sink has room again.
    pub(crate) fn unblock(&mut self, id: Id) {
        if self.sink_ready(id)
            && let Some(mut stream) = self.stream_mut(id)
        {
            stream.blocked_by_sink = false;
        }
    }
}

impl StreamRef<'_> {
    /// Has the loop take up the source of this stream, if the source waits for room and there is room again.
    pub(crate) fn wake_source(&mut self) {
        if let (Some(source), true, true) = (self.stream.source, self.stream.source_waits, self.stream.has_room()) {
            self.stream.source_waits = false;
            self.cx.ready.push(source);
        }
    }
}

impl Stream {
    fn is_forwarded_to(&self, to: Id) -> bool {
        self.forward.as_deref().is_some_and(|forward| forward.to == to)
    }

    /// Whether more may be written to it by whoever feeds it.
    fn has_room(&self) -> bool {
        !self.writing_paused && self.spliced.is_none() && (self.writable || !self.out.is_empty())
    }
}

/// The connection that it was to be sent to has failed, and not the file.
fn is_of_the_sink(error: &io::Error) -> bool {
    use io::ErrorKind::*;
    matches!(
        error.kind(),
        BrokenPipe
            | ConnectionReset
            | ConnectionAborted
            | NotConnected
            | TimedOut
            | HostUnreachable
            | NetworkUnreachable
    )
}

/// The kernel cannot do this for such descriptors, and has moved nothing: `O_APPEND`, terminals, odd devices.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS | libc::EOPNOTSUPP | libc::EBADF))
}
