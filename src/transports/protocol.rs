//! Protocols: what the loop calls. asyncio's `protocols.py`.
//!
//! One flat trait per kind, so that a reader needs only one of them; every method but the one that takes the bytes has
//! a default that does nothing. The order of calls is the documents' own:
//!
//! ```text
//! start -> connection_made [-> data_received]* [-> eof_received]? -> connection_lost -> end
//!     \--> connection_failed -> end
//! ```
//!
//! `pause_writing` and `resume_writing` come in between, strictly alternating. Only the loop calls these, never a
//! transport from inside another call: what a transport method causes is queued and called right after.

use std::fmt;
use std::io;

use super::connect::error::ConnectError;
use super::datagram::Remote;
use super::handle::{DatagramTransport, SubprocessTransport, Transport};
use super::timers::TimerId;

/// What `eof_received` wants done. asyncio returns a truth value for this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Eof {
    /// Flush what is buffered and close: asyncio's `None` or `False`.
    #[default]
    Close,
    /// Go on writing; the protocol closes when it is done: asyncio's `True`.
    KeepOpen,
}

/// A protocol of byte streams that is handed the bytes. `asyncio.Protocol`.
pub trait Protocol {
    /// The stream is open. Called once, before anything else.
    fn connection_made(&mut self, _t: &mut Transport<'_>) {}

    /// The stream could not be opened. Called instead of all the others; asyncio raises from `create_connection`.
    fn connection_failed(&mut self, _t: &mut Transport<'_>, _error: ConnectError) {}

    /// Bytes have arrived: at least one, in order, with no promise about how they were grouped when sent.
    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]);

    /// The peer has ended its direction. Called at most once.
    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        Eof::Close
    }

    /// The write buffer has grown over the high-water mark.
    fn pause_writing(&mut self, _t: &mut Transport<'_>) {}

    /// The write buffer has shrunk to the low-water mark.
    fn resume_writing(&mut self, _t: &mut Transport<'_>) {}

    /// The handshake that `start_tls` began on an open stream is done. asyncio's `await loop.start_tls()` returns then.
    fn tls_started(&mut self, _t: &mut Transport<'_>) {}

    /// A timer of [`call_later`](super::net::Net::call_later) or `call_soon` is due.
    fn timer_fired(&mut self, _t: &mut Transport<'_>, _timer: TimerId) {}

    /// The stream is gone: `None` after an orderly end or an abort of our own. Called once, last; the transport still
    /// answers questions, but does nothing any more.
    fn connection_lost(&mut self, _t: &mut Transport<'_>, _error: Option<io::Error>) {}
}

/// A protocol of byte streams that provides the memory to read into. `asyncio.BufferedProtocol`.
///
/// All but the first two methods are those of [`Protocol`].
pub trait BufferedProtocol {
    /// Memory for the next read, at least one byte; `size_hint` is how much could be filled.
    fn get_buffer(&mut self, size_hint: usize) -> &mut [u8];

    /// The first `n_bytes` of what `get_buffer` gave have been filled; at least one.
    fn buffer_updated(&mut self, t: &mut Transport<'_>, n_bytes: usize);

    /// See [`Protocol::connection_made`].
    fn connection_made(&mut self, _t: &mut Transport<'_>) {}

    /// See [`Protocol::connection_failed`].
    fn connection_failed(&mut self, _t: &mut Transport<'_>, _error: ConnectError) {}

    /// See [`Protocol::eof_received`].
    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        Eof::Close
    }

    /// See [`Protocol::pause_writing`].
    fn pause_writing(&mut self, _t: &mut Transport<'_>) {}

    /// See [`Protocol::resume_writing`].
    fn resume_writing(&mut self, _t: &mut Transport<'_>) {}

    /// See [`Protocol::tls_started`].
    fn tls_started(&mut self, _t: &mut Transport<'_>) {}

    /// See [`Protocol::timer_fired`].
    fn timer_fired(&mut self, _t: &mut Transport<'_>, _timer: TimerId) {}

    /// See [`Protocol::connection_lost`].
    fn connection_lost(&mut self, _t: &mut Transport<'_>, _error: Option<io::Error>) {}
}

/// A protocol of datagrams. `asyncio.DatagramProtocol`.
///
/// ```text
/// start -> connection_made [-> datagram_received | error_received]* -> connection_lost -> end
///     \--> connection_failed -> end
/// ```
pub trait DatagramProtocol {
    /// The socket is open. Called once, before anything else.
    fn connection_made(&mut self, _t: &mut DatagramTransport<'_>) {}

    /// The socket could not be opened. Called instead of all the others; asyncio raises from
    /// `create_datagram_endpoint`.
    fn connection_failed(&mut self, _t: &mut DatagramTransport<'_>, _error: ConnectError) {}

    /// A datagram has arrived, whole; an empty one is one too. `from` can be kept and answered later.
    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], from: &Remote);

    /// The system has refused a datagram, or says that an earlier one has not arrived. The transport goes on.
    fn error_received(&mut self, _t: &mut DatagramTransport<'_>, _error: io::Error) {}

    /// More is queued than the high-water mark: what is sent from now on is dropped.
    fn pause_writing(&mut self, _t: &mut DatagramTransport<'_>) {}

    /// No more is queued than the low-water mark.
    fn resume_writing(&mut self, _t: &mut DatagramTransport<'_>) {}

    /// See [`Protocol::timer_fired`].
    fn timer_fired(&mut self, _t: &mut DatagramTransport<'_>, _timer: TimerId) {}

    /// The socket is closed; the error is always `None`, as none ends a socket. Called once, last.
    fn connection_lost(&mut self, _t: &mut DatagramTransport<'_>, _error: Option<io::Error>) {}
}

/// A protocol of a child process. `asyncio.SubprocessProtocol`.
///
/// ```text
/// start -> connection_made [-> pipe_data_received | pipe_connection_lost | process_exited]* -> connection_lost -> end
/// ```
pub trait SubprocessProtocol {
    /// The child runs. Called once, before anything else.
    fn connection_made(&mut self, _t: &mut SubprocessTransport<'_>) {}

    /// The child has written to its stdout (1) or stderr (2).
    fn pipe_data_received(&mut self, _t: &mut SubprocessTransport<'_>, _fd: u8, _data: &[u8]) {}

    /// A pipe is closed: `None` where the child has ended it (1, 2), or where we have; an error where the child no
    /// longer reads its stdin (0). Called once for each pipe.
    fn pipe_connection_lost(&mut self, _t: &mut SubprocessTransport<'_>, _fd: u8, _error: Option<io::Error>) {}

    /// The child has ended, and what it had written by then has been delivered, as far as it was wanted. Others may
    /// still hold its pipes.
    fn process_exited(&mut self, _t: &mut SubprocessTransport<'_>) {}

    /// More waits to be written to the child's stdin than the high-water mark of that pipe.
    fn pause_writing(&mut self, _t: &mut SubprocessTransport<'_>) {}

    /// No more waits than the low-water mark.
    fn resume_writing(&mut self, _t: &mut SubprocessTransport<'_>) {}

    /// See [`Protocol::timer_fired`].
    fn timer_fired(&mut self, _t: &mut SubprocessTransport<'_>, _timer: TimerId) {}

    /// The child has ended **and** all its pipes are lost. Called once, last. An error says that the child still runs
    /// and cannot be killed. Then it has no status, and `process_exited` was not called.
    fn connection_lost(&mut self, _t: &mut SubprocessTransport<'_>, _error: Option<io::Error>) {}
}

/// Makes the protocol of each accepted connection. asyncio's `protocol_factory`.
pub type Factory = Box<dyn FnMut() -> Handler>;

/// A [`Factory`] from whatever makes protocols.
pub fn factory<P: Into<Handler>>(mut make: impl FnMut() -> P + 'static) -> Factory {
    Box::new(move || make().into())
}

/// A protocol of either kind, as the loop holds it.
pub enum Handler {
    /// Handed the bytes.
    Plain(Box<dyn Protocol>),
    /// Provides the memory.
    Buffered(Box<dyn BufferedProtocol>),
}

impl Handler {
    /// Wraps a [`Protocol`].
    pub fn new(protocol: impl Protocol + 'static) -> Self {
        Self::Plain(Box::new(protocol))
    }

    /// Wraps a [`BufferedProtocol`].
    pub fn buffered(protocol: impl BufferedProtocol + 'static) -> Self {
        Self::Buffered(Box::new(protocol))
    }
}

impl<P: Protocol + 'static> From<P> for Handler {
    fn from(protocol: P) -> Self {
        Self::new(protocol)
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Buffered(_) => "Buffered",
        })
    }
}

/// Calls the method of the same name and arguments on whichever kind of protocol it is.
macro_rules! forward {
    ($self:ident.$method:ident($($argument:expr),*)) => {
        match $self {
            Handler::Plain(protocol) => protocol.$method($($argument),*),
            Handler::Buffered(protocol) => protocol.$method($($argument),*),
        }
    };
}

impl Handler {
    pub(crate) fn connection_made(&mut self, t: &mut Transport<'_>) {
        forward!(self.connection_made(t));
    }

    pub(crate) fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        forward!(self.connection_failed(t, error));
    }

    pub(crate) fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        forward!(self.eof_received(t))
    }

    pub(crate) fn pause_writing(&mut self, t: &mut Transport<'_>) {
        forward!(self.pause_writing(t));
    }

    pub(crate) fn resume_writing(&mut self, t: &mut Transport<'_>) {
        forward!(self.resume_writing(t));
    }

    pub(crate) fn tls_started(&mut self, t: &mut Transport<'_>) {
        forward!(self.tls_started(t));
    }

    pub(crate) fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        forward!(self.timer_fired(t, timer));
    }

    pub(crate) fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        forward!(self.connection_lost(t, error));
    }
}
