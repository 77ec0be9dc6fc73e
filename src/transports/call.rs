//! The callbacks that are queued, and the objects that they go to. Only the loop makes the calls
//! (`event_loop/dispatch.rs`).

use std::io;

use super::connect::error::ConnectError;
use super::id::Id;
use super::protocol::{DatagramProtocol, Factory, Handler, SubprocessProtocol};
use super::timers::TimerId;

/// The receiver of a slot's callbacks.
#[derive(Default)]
pub(crate) enum Installed {
    #[default]
    Nothing,
    Protocol(Handler),
    Factory(Factory),
    Datagram(Box<dyn DatagramProtocol>),
    Subprocess(Box<dyn SubprocessProtocol>),
    /// A pipe of the child `process`: the protocol of the child is called.
    Pipe {
        process: Id,
        number: u8,
    },
}

/// A callback in the queue.
pub(crate) enum Call {
    /// Calls go to this from now on.
    Install(Installed),
    ConnectionMade,
    ConnectionFailed(ConnectError),
    PauseWriting,
    ResumeWriting,
    Timer(TimerId),
    ErrorReceived(io::Error),
    TlsStarted,
    /// A connection awaits admission. No protocol is called.
    Admit,
    ProcessExited,
    ConnectionLost(Option<io::Error>),
    /// The end of a stream that no protocol knows of.
    Forget,
}

impl Call {
    /// Whether the slot is free once the call is made.
    pub(crate) fn is_last(&self) -> bool {
        matches!(self, Self::ConnectionFailed(_) | Self::ConnectionLost(_) | Self::Forget)
    }
}
