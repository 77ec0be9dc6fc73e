//! Protocols: what the loop calls. asyncio's `protocols.py`.
//!
//! There is one trait for each kind of transport. Only the method that takes the bytes is required. A stream's protocol
//! is called in this order:
//!
//! ```text
//! start -> connection_made [-> data_received]* [-> eof_received]? -> connection_lost -> end
//!     \--> connection_failed -> end
//! ```
//!
//! `pause_writing` and `resume_writing` come in between and alternate. Only the loop makes these calls. A method of a
//! transport never calls a protocol: it queues the call, and the loop makes the call after the present callback.
//!
//! # Panics
//!
//! A panic in a callback ends the transport that the callback was about: `connection_lost` gets an error with the
//! message of the panic. The loop and all other transports go on.

use std::any::Any;
use std::fmt;
use std::io;
use std::net::SocketAddr;

use super::connect::error::ConnectError;
use super::datagram::Remote;
use super::handle::{DatagramTransport, SubprocessTransport, Transport};
use super::timers::TimerId;

/// What follows `eof_received`. asyncio returns a truth value for this.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Eof {
    /// Send what is buffered and close: asyncio's `None` or `False`.
    #[default]
    Close,
    /// Go on writing. The protocol closes the stream when it is done: asyncio's `True`.
    KeepOpen,
}

/// A protocol of byte streams that is handed the bytes. `asyncio.Protocol`.
///
/// asyncio has a base class for what this trait shares with [`BufferedProtocol`]. Here each trait is complete, so that
/// one `impl` makes a protocol.
#[doc(alias = "BaseProtocol")]
pub trait Protocol: Any {
    /// The stream is open. Called once, before anything else.
    #[doc(alias = "create_connection")]
    fn connection_made(&mut self, _t: &mut Transport<'_>) {}

    /// The stream could not be opened. Called instead of all other methods. asyncio raises from `create_connection`.
    ///
    /// Without a method of the protocol this ends the run: [`run`] returns the error. The exception is a stream that
    /// was closed on this side before it was open.
    ///
    /// [`run`]: crate::event_loop::EventLoop::run
    fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        t.net.cx.not_handled(error);
    }

    /// Bytes have arrived, at least one. They come in the order of the sender, but not grouped as they were sent.
    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]);

    /// The peer has ended its direction. Called at most once.
    ///
    /// With TLS the other direction stays open as well, if [`Eof::KeepOpen`] says so. asyncio closes such a stream.
    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        Eof::Close
    }

    /// The write buffer holds more than the high-water mark.
    fn pause_writing(&mut self, _t: &mut Transport<'_>) {}

    /// The write buffer holds no more than the low-water mark.
    fn resume_writing(&mut self, _t: &mut Transport<'_>) {}

    /// A write has failed, and bytes that were written are lost. What the peer has sent is still delivered;
    /// `connection_lost` gets the same error, once all of that is delivered and no byte has come for 10 s. With TLS,
    /// an alert of the peer can tell another cause there. Called at most once. A pipe and a terminal have
    /// `connection_lost` alone. asyncio has nothing like it.
    fn writing_failed(&mut self, _t: &mut Transport<'_>, _error: &io::Error) {}

    /// The handshake that `start_tls` has begun on an open stream is done. At this point asyncio's
    /// `await loop.start_tls()` returns.
    #[doc(alias = "start_tls")]
    fn tls_started(&mut self, _t: &mut Transport<'_>) {}

    /// The answer to a question of [`look_up`](Transport::look_up).
    #[doc(alias = "getaddrinfo")]
    fn resolved(&mut self, _t: &mut Transport<'_>, _answer: Result<Vec<SocketAddr>, ConnectError>) {}

    /// A timer of [`call_later`](Transport::call_later) or [`call_soon`](Transport::call_soon) is due.
    #[doc(alias = "call_later")]
    #[doc(alias = "call_soon")]
    fn timer_fired(&mut self, _t: &mut Transport<'_>, _timer: TimerId) {}

    /// The stream is gone. `None` means an orderly end, or `abort` on this side. Called once, last. The transport still
    /// answers questions, but does nothing else.
    fn connection_lost(&mut self, _t: &mut Transport<'_>, _error: Option<io::Error>) {}
}

/// A protocol of byte streams that provides the memory to read into. `asyncio.BufferedProtocol`.
///
/// All methods but the first two are those of [`Protocol`].
pub trait BufferedProtocol: Any {
    /// Gives memory for the next read. `size_hint` is how much could be filled. An empty buffer is an error that ends
    /// the stream.
    fn get_buffer(&mut self, size_hint: usize) -> &mut [u8];

    /// The first `n_bytes` of the memory from `get_buffer` have been filled; at least one.
    fn buffer_updated(&mut self, t: &mut Transport<'_>, n_bytes: usize);

    /// See [`Protocol::connection_made`].
    fn connection_made(&mut self, _t: &mut Transport<'_>) {}

    /// See [`Protocol::connection_failed`].
    fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        t.net.cx.not_handled(error);
    }

    /// See [`Protocol::eof_received`].
    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        Eof::Close
    }

    /// See [`Protocol::pause_writing`].
    fn pause_writing(&mut self, _t: &mut Transport<'_>) {}

    /// See [`Protocol::resume_writing`].
    fn resume_writing(&mut self, _t: &mut Transport<'_>) {}

    /// See [`Protocol::writing_failed`].
    fn writing_failed(&mut self, _t: &mut Transport<'_>, _error: &io::Error) {}

    /// See [`Protocol::tls_started`].
    fn tls_started(&mut self, _t: &mut Transport<'_>) {}

    /// See [`Protocol::resolved`].
    fn resolved(&mut self, _t: &mut Transport<'_>, _answer: Result<Vec<SocketAddr>, ConnectError>) {}

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
pub trait DatagramProtocol: Any {
    /// The socket is open. Called once, before anything else.
    #[doc(alias = "create_datagram_endpoint")]
    fn connection_made(&mut self, _t: &mut DatagramTransport<'_>) {}

    /// The socket could not be opened. Called instead of all other methods. asyncio raises from
    /// `create_datagram_endpoint`. Without a method of the protocol this ends the run, as
    /// [`Protocol::connection_failed`] does.
    fn connection_failed(&mut self, t: &mut DatagramTransport<'_>, error: ConnectError) {
        t.net.cx.not_handled(error);
    }

    /// A datagram has arrived; it may be empty. `from` can be kept and answered later.
    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], from: &Remote);

    /// The system has refused a datagram, or reports that an earlier datagram has not arrived. The transport goes on.
    fn error_received(&mut self, _t: &mut DatagramTransport<'_>, _error: io::Error) {}

    /// The queue holds more than the high-water mark: what is sent from now on is dropped.
    fn pause_writing(&mut self, _t: &mut DatagramTransport<'_>) {}

    /// The queue holds no more than the low-water mark.
    fn resume_writing(&mut self, _t: &mut DatagramTransport<'_>) {}

    /// See [`Protocol::timer_fired`].
    fn timer_fired(&mut self, _t: &mut DatagramTransport<'_>, _timer: TimerId) {}

    /// The socket is closed. The error is always `None`, since no error ends a datagram socket. Called once, last.
    fn connection_lost(&mut self, _t: &mut DatagramTransport<'_>, _error: Option<io::Error>) {}
}

/// A protocol of a child process. `asyncio.SubprocessProtocol`.
///
/// ```text
/// start -> connection_made [-> pipe_data_received | pipe_connection_lost | process_exited]* -> connection_lost -> end
/// ```
pub trait SubprocessProtocol: Any {
    /// The child runs. Called once, before anything else.
    #[doc(alias = "subprocess_exec")]
    fn connection_made(&mut self, _t: &mut SubprocessTransport<'_>) {}

    /// The child has written to its stdout (1) or stderr (2).
    fn pipe_data_received(&mut self, _t: &mut SubprocessTransport<'_>, _fd: u8, _data: &[u8]) {}

    /// A pipe is closed. `None` means that the child (1, 2) or this side has ended it. `BrokenPipe` means that the
    /// child no longer reads its stdin (0). Any other error means that the pipe has failed, and that bytes are lost.
    /// Called once for each pipe.
    fn pipe_connection_lost(&mut self, _t: &mut SubprocessTransport<'_>, _fd: u8, _error: Option<io::Error>) {}

    /// The child has ended. What it had written by then has been delivered, unless reading was paused. Another process
    /// may still hold the pipes.
    fn process_exited(&mut self, _t: &mut SubprocessTransport<'_>) {}

    /// More waits for the child's stdin than the high-water mark of that pipe.
    fn pause_writing(&mut self, _t: &mut SubprocessTransport<'_>) {}

    /// No more waits for the child's stdin than the low-water mark.
    fn resume_writing(&mut self, _t: &mut SubprocessTransport<'_>) {}

    /// See [`Protocol::timer_fired`].
    fn timer_fired(&mut self, _t: &mut SubprocessTransport<'_>, _timer: TimerId) {}

    /// The child has ended **and** all its pipes are lost. Called once, last. An error means that the child still runs
    /// and cannot be killed. Such a child has no status, and `process_exited` was not called.
    fn connection_lost(&mut self, _t: &mut SubprocessTransport<'_>, _error: Option<io::Error>) {}
}

/// Makes the protocol of each accepted connection. asyncio's `protocol_factory`.
#[doc(alias = "protocol_factory")]
pub type Factory = Box<dyn FnMut() -> Handler>;

/// A [`Factory`] from a closure that makes protocols.
pub fn factory<P: Into<Handler>>(mut make: impl FnMut() -> P + 'static) -> Factory {
    Box::new(move || make().into())
}

/// A protocol of a byte stream as the loop holds it. A [`Protocol`] turns into one by `into`.
pub enum Handler {
    /// The protocol is handed the bytes.
    Plain(Box<dyn Protocol>),
    /// The protocol provides the memory.
    Buffered(Box<dyn BufferedProtocol>),
}

impl Handler {
    /// Wraps a [`Protocol`].
    pub fn new(protocol: impl Protocol) -> Self {
        Self::Plain(Box::new(protocol))
    }

    /// Wraps a [`BufferedProtocol`].
    pub fn buffered(protocol: impl BufferedProtocol) -> Self {
        Self::Buffered(Box::new(protocol))
    }
}

impl<P: Protocol> From<P> for Handler {
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

/// Calls a method that protocols of both kinds have.
macro_rules! call_protocol {
    ($handler:ident.$method:ident($($argument:expr),*)) => {
        match $handler {
            Handler::Plain(protocol) => protocol.$method($($argument),*),
            Handler::Buffered(protocol) => protocol.$method($($argument),*),
        }
    };
}
pub(crate) use call_protocol;

impl Handler {
    pub(crate) fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        call_protocol!(self.eof_received(t))
    }
}
