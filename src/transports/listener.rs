//! A listening socket, and its options.
//!
//! `accept.rs` accepts its connections.

use std::fmt;
use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use socket2::{SockAddr, Socket};

use super::access::AccessList;
use super::error::TlsError;
use super::info::Peer;
use super::keepalive::KeepAlive;
use super::layer::Opening;
use super::out_buf::WaterMarks;
use super::own_file::OwnFile;
use super::socket_options::SocketOptions;
use super::timers::TimerId;
use super::tls::TlsServer;
use super::tls::layer::TlsLayer;
use crate::sys::{retry, socket};

/// How to listen, and which clients to serve.
#[derive(Clone, Debug)]
pub struct Listening {
    /// The length of the kernel's queue. The kernel cuts it at `net.core.somaxconn`.
    pub backlog: u32,
    /// How many accepted connections the loop may have open at once. Further ones wait in the queue.
    pub limit: Option<usize>,
    /// Which clients may connect. Other connections are closed before any byte.
    pub access: AccessList,
    /// Water marks of accepted streams.
    pub marks: WaterMarks,
    /// The first connection that is admitted closes all listeners of the loop, so that further ones are refused.
    pub once: bool,
    /// A connection is admitted once its TLS handshake is done.
    #[doc(alias = "ssl")]
    pub tls: Option<TlsServer>,
    /// Each line feed is sent as CR LF.
    pub crlf: bool,
    /// When a TCP client that is silent counts as gone.
    pub keepalive: KeepAlive,
    /// The options of the listener, and of each accepted socket.
    pub socket: SocketOptions,
}

impl Default for Listening {
    fn default() -> Self {
        Self {
            backlog: 4096,
            limit: None,
            access: AccessList::default(),
            marks: WaterMarks::default(),
            once: false,
            tls: None,
            crlf: false,
            keepalive: KeepAlive::default(),
            socket: SocketOptions::default(),
        }
    }
}

impl Listening {
    /// Whether an accepted connection has to do something before it is open.
    pub(crate) fn has_openings(&self) -> bool {
        self.tls.is_some()
    }

    /// What an accepted connection does before it is open.
    pub(crate) fn openings(&self) -> Result<Vec<Opening>, TlsError> {
        let tls = self.tls.clone().map(|tls| TlsLayer::new(tls.into()));
        Ok(tls.transpose()?.map(|tls| Opening::Encrypt(Box::new(tls))).into_iter().collect())
    }
}

/// A listening socket.
pub(crate) struct Listener {
    /// Removes the file of a unix socket. This happens before the socket is closed, as the file would otherwise look
    /// stale for a moment.
    _path: Option<OwnFile>,
    pub(crate) socket: Socket,
    pub(crate) options: Listening,
    /// The description is shared with another process, and may block.
    pub(crate) shared: bool,
    pub(crate) name: Peer,
    /// Set by an event, cleared by an accept that finds no client.
    pub(crate) readable: bool,
    pub(crate) back_off: Option<BackOff>,
    /// When the listener last had to wait for descriptors or memory.
    pub(crate) trouble: Option<Instant>,
    /// On the run queue.
    pub(crate) queued: bool,
}

/// The listener waits until the machine has descriptors and memory again.
#[derive(Debug)]
pub(crate) struct BackOff {
    pub(crate) delay: Duration,
    pub(crate) timer: Option<TimerId>,
}

impl Listener {
    pub(crate) fn new(socket: Socket, options: Listening, shared: bool, path: Option<OwnFile>) -> Self {
        let name = Peer::local_of(&socket).unwrap_or(Peer::Unnamed);
        Self {
            _path: path,
            socket,
            options,
            shared,
            name,
            readable: false,
            back_off: None,
            trouble: None,
            queued: false,
        }
    }

    pub(crate) fn retry_timer(&self) -> Option<TimerId> {
        self.back_off.as_ref().and_then(|back_off| back_off.timer)
    }

    pub(crate) fn wants_accept(&self, open: usize) -> bool {
        // An event during a wait for resources does not end the wait.
        self.readable && self.retry_timer().is_none() && self.has_place(open)
    }

    /// Whether the limit allows one more connection besides `taken` others.
    pub(crate) fn has_place(&self, taken: usize) -> bool {
        self.options.limit.is_none_or(|limit| taken < limit)
    }

    pub(crate) fn accept(&self) -> io::Result<(Socket, SockAddr)> {
        if self.shared && !socket::has_waiting(self.socket.as_fd()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        retry(|| self.socket.accept4(libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK))
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("name", &self.name).finish_non_exhaustive()
    }
}
