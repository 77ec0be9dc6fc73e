//! A datagram socket in memory, for the simulator: the lowest layer only, under the same code as every other.
//!
//! It behaves as a socket does under an edge-triggered epoll, at its worst: datagrams come in another order or not at all, calls
//! say "not now" although there is something, errors of earlier datagrams come back, and only some of a batch fits.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use super::Remote;
use crate::sys::datagram::{Outgoing, RecvBatch};
use crate::transports::memory::Faults;

/// A network, as the other ends see it.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// Sent to the socket and not received by it yet.
    pub(crate) inbound: VecDeque<(Vec<u8>, Remote)>,
    /// What the next call ends in, whichever it is.
    pub(crate) error: Option<i32>,
    /// Sent by the socket.
    pub(crate) outbound: Vec<(Vec<u8>, Option<Remote>)>,
    /// Messages the "kernel" still takes before it says "not now".
    pub(crate) room: usize,
    /// Datagrams longer than this are refused.
    pub(crate) bytes_max: usize,
    /// Joined datagrams are refused.
    pub(crate) no_segments: bool,
    /// Edges that have not been reported yet.
    pub(crate) readable_edge: bool,
    pub(crate) writable_edge: bool,
    /// The source of all misfortune.
    pub(crate) faults: Faults,
}

impl Network {
    /// Someone sends; with bad luck the datagram is lost, or overtakes another one. Whether it will arrive.
    pub(crate) fn feed(&mut self, data: &[u8], from: Remote) -> bool {
        if self.faults.not_now() {
            return false;
        }
        let place = if self.faults.not_now() { self.inbound.len() / 2 } else { self.inbound.len() };
        self.inbound.insert(place, (data.to_vec(), from));
        self.readable_edge = true;
        true
    }
}

/// The socket's end of a network.
#[derive(Clone, Debug)]
pub(crate) struct Memory(Arc<Mutex<Network>>);

impl Memory {
    pub(crate) fn new(network: Arc<Mutex<Network>>) -> Self {
        Self(network)
    }

    fn network(&self) -> MutexGuard<'_, Network> {
        self.0.lock().expect("no test panics while it holds a network")
    }

    pub(crate) fn receive(&mut self, batch: &mut RecvBatch, limit: usize) -> io::Result<usize> {
        batch.clear();
        let mut network = self.network();
        if let Some(error) = network.error.take() {
            return Err(io::Error::from_raw_os_error(error));
        }
        if network.inbound.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        while batch.len() < limit
            && let Some((data, from)) = network.inbound.pop_front()
        {
            batch.put(&data, from);
        }
        Ok(batch.len())
    }

    pub(crate) fn send(&mut self, messages: &[Outgoing<'_>]) -> io::Result<usize> {
        let mut network = self.network();
        if let Some(error) = network.error.take() {
            return Err(io::Error::from_raw_os_error(error));
        }
        let mut sent = 0;
        for message in messages {
            let too_long = message.datagrams.iter().any(|data| data.len() > network.bytes_max);
            let joined = message.datagrams.len() > 1 && network.no_segments;
            let error = if too_long {
                libc::EMSGSIZE
            } else if joined {
                libc::EIO
            } else if network.room == 0 || network.faults.not_now() {
                libc::EAGAIN
            } else {
                for data in message.datagrams {
                    network.outbound.push((data.to_vec(), message.to.copied()));
                }
                network.room -= 1;
                sent += 1;
                continue;
            };
            if error == libc::EAGAIN {
                // Room that was there all along is told of as soon as it is asked for.
                network.writable_edge |= network.room > 0;
            }
            return if sent > 0 { Ok(sent) } else { Err(io::Error::from_raw_os_error(error)) };
        }
        Ok(sent)
    }

    pub(crate) fn take_error(&self) -> Option<io::Error> {
        self.network().error.take().map(io::Error::from_raw_os_error)
    }
}
