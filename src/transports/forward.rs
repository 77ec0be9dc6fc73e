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
//! The bytes in a pipe of the pool belong to the sink. They count as written and not sent yet. `flow.rs` sends them.
//! So half-close, close and back pressure are the same for all methods. A splice that gives an end or no bytes may only
//! have met the urgent mark of TCP. A read steps over that mark, so the read decides. A source whose sink is full is
//! *blocked by the sink*: it is not read until the sink has sent what waits. The loop reads, and tells the protocol of
//! the end (`event_loop/dispatch.rs`).

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Instant;

use super::ctx::{Ctx, StreamRef};
use super::error::is_of_connection;
use super::flow::Filled;
use super::forward_mode::{Forward, ForwardMode, SpliceRoute};
use super::handle::Transport;
use super::id::Id;
use super::net::{Net, Slot};
use super::number::Number;
use super::pipe_pool::{SpliceFd, Spliced};
use super::state::Phase;
use super::stream::Stream;
use super::trial;
use crate::sys::splice::{are_ready, is_nonblocking, send_file, splice};

/// Bytes that one call may move. The kernel has limits of its own.
const MOVE_BYTES: usize = 1024 * 1024;

/// A stream, the stream that gets its bytes, and what both need of the loop.
struct Route<'a> {
    source_id: Id,
    source: &'a mut Stream,
    sink_id: Id,
    sink: &'a mut Stream,
    cx: &'a mut Ctx,
}

impl Transport<'_> {
    /// Sends received bytes to the stream `to` from now on, and not to the protocol. The kernel moves the bytes where
    /// it can. asyncio's `sendfile`, for any two streams.
    ///
    /// - The end is still told by `eof_received`. To pass it on is the protocol's business.
    /// - `pause_reading` still holds. This stream is read no further than the high-water mark of `to`.
    /// - Errors of `to` are told to the protocol of `to`. After its `connection_lost`, or if `to` is gone already, what
    ///   arrives goes to the protocol of this stream again.
    /// - A stream takes from one other stream at a time. A stream that was forwarded to `to` before is not read any
    ///   more.
    /// - A stream cannot be its own target.
    #[doc(alias = "sendfile")]
    pub fn forward_to(&mut self, to: Id) {
        if let Some(mut route) = route(self.net, self.id, to)
            && route.sink.state.phase() != Phase::Lost
        {
            route.begin();
        } else {
            self.stop_forwarding();
        }
    }
}

impl Net {
    /// Moves what has arrived on `id` to its sink, by the kernel or through `buffer`. `None` means that nothing is to
    /// be moved now.
    pub(crate) fn forward_once(&mut self, id: Id, buffer: &mut [u8]) -> Option<Filled> {
        let to = self.slots.stream(id)?.forward.as_deref()?.to;
        // A sink takes from one stream at a time.
        let mut route = route(self, id, to).filter(|route| route.sink.source == Some(id))?;
        route.update_block();
        if route.source.wants_read() { Some(route.move_once(buffer)) } else { None }
    }
}

/// The route from `id` to `to`, if both are there.
fn route(net: &mut Net, id: Id, to: Id) -> Option<Route<'_>> {
    match net.slots.get_pair_mut(id, to)? {
        (Slot::Stream(source), Slot::Stream(sink)) => {
            Some(Route { source_id: id, source, sink_id: to, sink, cx: &mut net.cx })
        }
        _ => None,
    }
}

impl Route<'_> {
    fn source_ref(&mut self) -> StreamRef<'_> {
        StreamRef { id: self.source_id, slot: self.source, cx: self.cx }
    }

    fn sink_ref(&mut self) -> StreamRef<'_> {
        StreamRef { id: self.sink_id, slot: self.sink, cx: self.cx }
    }

    /// The number of the connection. stdin and stdout have none.
    fn number(&self) -> Number {
        if self.source.number == Number::NONE { self.sink.number } else { self.source.number }
    }

    /// Begins to forward.
    fn begin(&mut self) {
        let splice_route = self.splice_route();
        let is_local_socket = self.sink.is_local() && self.sink.peer.is_some();
        let (mode, trial) = match splice_route {
            Some(route @ SpliceRoute::File) => (ForwardMode::Splice(route), is_local_socket.then(Box::default)),
            _ => (ForwardMode::Copy, None),
        };
        self.source.forward = Some(Box::new(Forward { to: self.sink_id, mode, streak: 0, trial }));
        self.sink.source = Some(self.source_id);
        self.update_block();
        self.source_ref().queue_read();
    }

    /// The system calls that could move the bytes. `None` if only reads and writes can.
    fn splice_route(&self) -> Option<SpliceRoute> {
        if !self.source.is_bare() || !self.sink.is_bare() {
            return None;
        }
        let (from, from_fd) = self.source.io.raw_source()?;
        let (to, to_fd) = self.sink.io.raw_sink()?;
        // `splice(2)` on a socket waits unless the description of the socket is non-blocking.
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

    /// Lets the source be read if the sink has room. Otherwise the source waits for that.
    fn update_block(&mut self) {
        let waits = !(self.sink.state.accepts_writes() && self.sink.has_room());
        self.source.gate.blocked_by_sink = waits;
        self.sink.source_waits = waits;
    }

    /// The source is not read until the sink has room again.
    fn block(&mut self) -> Filled {
        self.source.gate.blocked_by_sink = true;
        self.sink.source_waits = true;
        Filled::NotNow
    }

    /// Moves bytes once: by the kernel if possible, and through `buffer` otherwise.
    fn move_once(&mut self, buffer: &mut [u8]) -> Filled {
        // Bytes that were handed back, or copied before, go first.
        if self.source.unread.is_none() && self.sink.out.is_empty() {
            let moved = self.splice();
            if let Some(Filled::Gone(n)) = moved {
                log::trace!("{}: {n} bytes moved by the kernel", self.source_ref().label());
                self.note_forwarded(n, trial::Method::Send);
            }
            if let Some(moved) = moved {
                return moved;
            }
        }
        match self.source_ref().fill(buffer) {
            Filled::Bytes(n) => {
                self.sink_ref().write(&[io::IoSlice::new(&buffer[..n])]);
                self.note_forwarded(n, trial::Method::Copy);
                Filled::Gone(n)
            }
            filled => filled,
        }
    }

    /// Lets the kernel move bytes, if that is the method at present. `None` means: read and write instead. The read
    /// also finds an end, or that no bytes are there.
    fn splice(&mut self) -> Option<Filled> {
        let forward = self.source.forward.as_deref()?;
        let ForwardMode::Splice(route) = forward.mode else { return None };
        if forward.trial.as_ref().is_some_and(|trial| trial.method() == trial::Method::Copy) {
            return None;
        }
        if !self.source.is_bare() || !self.sink.is_bare() {
            // A layer has come since.
            self.set_mode(ForwardMode::CopyOnly);
            return None;
        }
        let moved = match route {
            SpliceRoute::Sockets => self.splice_by_pipe(),
            SpliceRoute::ToPipe => self.splice_directly(),
            SpliceRoute::File => self.send_file(),
        };
        match moved {
            Ok(moved) => moved,
            Err(error) if is_refusal(&error) => {
                self.set_mode(ForwardMode::CopyOnly);
                None
            }
            Err(error) => Some(Filled::Failed(self.source.io.name_source(error))),
        }
    }

    /// From a socket into a pipe, and on into the other socket.
    fn splice_by_pipe(&mut self) -> io::Result<Option<Filled>> {
        let Some((_, from)) = self.source.io.raw_source() else { return Ok(Some(Filled::NotNow)) };
        let Some(pipe) = self.cx.pipes.take() else {
            self.set_mode(ForwardMode::Copy);
            return Ok(None);
        };
        match splice(from, pipe.write.as_fd(), MOVE_BYTES) {
            Ok(bytes @ 1..) => {
                self.source.totals.received += bytes as u64;
                self.source.last_activity = self.cx.now;
                self.sink.out.splice(Spliced { pipe, bytes });
                self.sink_ref().flush();
                if self.sink.out.is_spliced() {
                    self.block();
                }
                Ok(Some(Filled::Gone(bytes)))
            }
            result => {
                // The pipe is still empty.
                self.cx.pipes.give(pipe);
                match result {
                    Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
                    _ => Ok(None),
                }
            }
        }
    }

    /// From a socket or a pipe to a pipe.
    fn splice_directly(&mut self) -> io::Result<Option<Filled>> {
        let Some((from, to)) = self.descriptors() else { return Ok(Some(Filled::NotNow)) };
        match splice(from, to, MOVE_BYTES) {
            Ok(0) => Ok(None),
            Ok(n) => Ok(Some(self.moved(n))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => match are_ready(from, to) {
                (true, false) => Ok(Some(self.sink_is_full())),
                _ => Ok(None),
            },
            // A pipe without a reader fails even without a byte to move. Bytes that a read finds fail at the write.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// From a regular file to whatever takes it.
    fn send_file(&mut self) -> io::Result<Option<Filled>> {
        let Some((from, to)) = self.descriptors() else { return Ok(Some(Filled::NotNow)) };
        match send_file(from, to, MOVE_BYTES) {
            Ok(0) => Ok(None),
            Ok(n) => Ok(Some(self.moved(n))),
            // A file is always ready.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(Some(self.sink_is_full())),
            // Other errors are those of the file.
            Err(error) if is_of_connection(&error) => Ok(Some(self.sink_failed(error))),
            // If the file has failed, the next read fails too, with an error that names the file.
            Err(_) => {
                self.set_mode(ForwardMode::CopyOnly);
                Ok(None)
            }
        }
    }

    fn descriptors(&self) -> Option<(BorrowedFd<'_>, BorrowedFd<'_>)> {
        Some((self.source.io.raw_source()?.1, self.sink.io.raw_sink()?.1))
    }

    /// Counts `n` bytes that went from the source to the sink without a pipe in between.
    fn moved(&mut self, n: usize) -> Filled {
        self.source.totals.received += n as u64;
        self.sink.totals.sent += n as u64;
        for stream in [&mut *self.source, &mut *self.sink] {
            stream.last_activity = self.cx.now;
        }
        Filled::Gone(n)
    }

    fn sink_is_full(&mut self) -> Filled {
        self.sink.ready.writable = false;
        self.sink_ref().schedule_rearm();
        self.block()
    }

    fn sink_failed(&mut self, error: io::Error) -> Filled {
        let error = self.sink.io.name_sink(error);
        self.sink_ref().write_failed(error);
        self.block()
    }

    fn set_mode(&mut self, mode: ForwardMode) {
        let number = self.number();
        if let Some(forward) = self.source.forward.as_deref_mut() {
            log::debug!("{number}forwarding by {mode:?}");
            (forward.mode, forward.streak) = (mode, 0);
        }
    }

    /// Notes how much was forwarded at once, and changes the method if it is time.
    fn note_forwarded(&mut self, n: usize, method: trial::Method) {
        let number = self.number();
        let Some(forward) = self.source.forward.as_deref_mut() else { return };
        if let Some(trial) = &mut forward.trial {
            // The clock of the loop stands still during a turn, and this measures within a turn.
            let Some(winner) = trial.note(method, n, Instant::now()) else { return };
            log::debug!("{number}{trial}");
            forward.trial = None;
            if winner == trial::Method::Copy {
                self.set_mode(ForwardMode::CopyOnly);
            }
            return;
        }
        if !forward.note(n) {
            return;
        }
        let mode = match forward.mode {
            ForwardMode::Copy => self.splice_route().map_or(ForwardMode::CopyOnly, ForwardMode::Splice),
            _ => ForwardMode::Copy,
        };
        self.set_mode(mode);
    }
}

impl StreamRef<'_> {
    /// Gives received bytes to the protocol again.
    pub(crate) fn stop_forwarding(&mut self) {
        self.forward = None;
        self.gate.blocked_by_sink = false;
        self.queue_read();
    }

    /// Puts the source of this stream on the run queue, if the source waits for room and there is room again.
    pub(crate) fn wake_source(&mut self) {
        if let (Some(source), true) = (self.source, self.has_room()) {
            self.source_waits = false;
            // The source can be on the run queue already. A second entry only gives it a second budget in that turn.
            self.cx.ready.push(source);
        }
    }
}

impl Stream {
    pub(crate) fn is_forwarded_to(&self, to: Id) -> bool {
        self.forward.as_deref().is_some_and(|forward| forward.to == to)
    }

    /// Whether the source of this stream may write more to it.
    fn has_room(&self) -> bool {
        !self.out.flow.is_paused() && !self.out.is_spliced() && (self.ready.writable || !self.out.is_empty())
    }
}

/// Whether the kernel cannot move bytes between these descriptors, and has moved none: `O_APPEND`, terminals, odd
/// devices.
fn is_refusal(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINVAL | libc::ENOSYS | libc::EOPNOTSUPP | libc::EBADF))
}
