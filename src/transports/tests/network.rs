//! A datagram socket in memory, for the simulator. Only the lowest layer differs from other sockets.
//!
//! It behaves as badly as a socket under an edge-triggered epoll can: datagrams come in another order, twice or not at
//! all, calls return "not now" without a reason, errors of earlier datagrams come back, and only a part of a batch
//! fits. Calls that the kernel would refuse as invalid fail the test. The test holds the other end, a [`Network`].

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use super::memory::Faults;
use crate::sys::datagram::{BATCH, Outgoing, RecvBatch};
use crate::transports::datagram::Remote;

/// A network, in the view of the other ends.
#[derive(Debug)]
pub(crate) struct Network {
    /// The socket is connected: it gets errors of earlier datagrams.
    pub(crate) connected: bool,
    /// On their way to the socket.
    pub(crate) inbound: VecDeque<(Vec<u8>, Remote)>,
    /// Received by the socket.
    pub(crate) received: Vec<(Vec<u8>, Remote)>,
    /// The error of the next call of any kind. A socket has one pending error, as in the kernel.
    pub(crate) error: Option<i32>,
    /// The next receive call is cut short by the error, which has no edge.
    pub(crate) error_within: Option<(usize, i32)>,
    /// Sent by the socket.
    pub(crate) outbound: Vec<Message>,
    /// Messages the "kernel" still takes before it says "not now".
    pub(crate) room: usize,
    /// Datagrams longer than this are refused.
    pub(crate) bytes_max: usize,
    /// Joined datagrams are refused, with this error.
    pub(crate) no_segments: Option<i32>,
    /// Datagrams to these addresses are refused.
    pub(crate) refused: Vec<(SocketAddr, i32)>,
    /// Edges that have not been reported yet.
    pub(crate) readable_edge: bool,
    pub(crate) writable_edge: bool,
    /// The socket is closed.
    pub(crate) closed: bool,
    pub(crate) calls: Calls,
    /// The faults. Send calls take at most `chunk_max` messages.
    pub(crate) faults: Faults,
    /// One datagram in this many has a fault on its way to the socket. 0 means none.
    pub(crate) astray_one_in: usize,
    /// One message in this many comes back as an error. 0 means none.
    pub(crate) returned_one_in: usize,
}

/// One message: a datagram, or several that the kernel cuts.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) to: Option<Remote>,
    pub(crate) datagrams: Vec<Vec<u8>>,
}

/// Counts of calls.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Calls {
    /// How many calls have sent a message.
    pub(crate) sends: usize,
    /// How many calls have failed, without "not now" and refusals of joined datagrams.
    pub(crate) errors: usize,
}

impl Network {
    pub(crate) fn new(room: usize, connected: bool) -> Self {
        Self {
            connected,
            inbound: VecDeque::new(),
            received: Vec::new(),
            error: None,
            error_within: None,
            outbound: Vec::new(),
            room,
            bytes_max: 65_507,
            no_segments: None,
            refused: Vec::new(),
            readable_edge: false,
            writable_edge: false,
            closed: false,
            calls: Calls::default(),
            faults: Faults::default(),
            astray_one_in: 0,
            returned_one_in: 0,
        }
    }

    /// A peer sends. By chance, the datagram is lost, overtakes others, or arrives twice.
    pub(crate) fn feed(&mut self, data: &[u8], from: Remote) {
        let astray = one_in(&mut self.faults, self.astray_one_in);
        let (copies, place) = match if astray { self.faults.below(3) } else { 3 } {
            0 => (0, 0),
            1 => (1, self.faults.below(self.inbound.len() + 1)),
            2 => (2, self.inbound.len()),
            _ => (1, self.inbound.len()),
        };
        for _ in 0..copies {
            self.inbound.insert(place, (data.to_vec(), from));
            self.readable_edge = true;
        }
    }

    /// The error of an earlier datagram has come back.
    pub(crate) fn fail(&mut self, error: i32) {
        self.error = Some(error);
        (self.readable_edge, self.writable_edge) = (true, true);
    }

    fn take_error(&mut self) -> Option<io::Error> {
        let error = self.error.take()?;
        self.calls.errors += 1;
        Some(io::Error::from_raw_os_error(error))
    }

    /// Whether a message is refused, whatever room there is.
    fn refusal(&self, message: &Outgoing<'_>) -> Option<i32> {
        let to = message.to.map(Remote::address);
        let refused = self.refused.iter().find(|(who, _)| to == Some(*who)).map(|(_, error)| *error);
        if to.is_none() && !self.connected {
            Some(libc::EDESTADDRREQ)
        } else if message.datagrams.iter().any(|data| data.len() > self.bytes_max) {
            Some(libc::EMSGSIZE)
        } else {
            refused.or_else(|| self.no_segments.filter(|_| message.datagrams.len() > 1))
        }
    }
}

fn one_in(faults: &mut Faults, n: usize) -> bool {
    n != 0 && faults.below(n) == 0
}

/// The socket's end of a network.
#[derive(Debug)]
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
        if let Some(error) = network.take_error() {
            return Err(error);
        }
        let not_now = network.faults.not_now();
        if network.inbound.is_empty() || not_now {
            // Reports old datagrams again.
            network.readable_edge |= !network.inbound.is_empty();
            return Err(io::ErrorKind::WouldBlock.into());
        }
        while batch.len() < limit {
            if network.error_within.is_some_and(|(after, _)| after == batch.len()) {
                network.error = network.error_within.take().map(|(_, error)| error);
                if batch.len() > 0 {
                    break;
                }
                return Err(network.take_error().expect("it was put there"));
            }
            let Some((data, from)) = network.inbound.pop_front() else { break };
            batch.put(&data, from);
            network.received.push((data, from));
        }
        Ok(batch.len())
    }

    pub(crate) fn send(&mut self, messages: &[Outgoing<'_>]) -> io::Result<usize> {
        assert!((1..=BATCH).contains(&messages.len()), "a call for {} messages", messages.len());
        messages.iter().for_each(assert_valid);
        let mut network = self.network();
        if let Some(error) = network.take_error() {
            return Err(error);
        }
        let most = match network.faults.chunk_max {
            0 => messages.len(),
            chunk_max => 1 + network.faults.below(chunk_max),
        };
        let mut sent = 0;
        for message in &messages[..most.min(messages.len())] {
            let not_now = network.room == 0 || network.faults.not_now();
            let error = network.refusal(message).or_else(|| not_now.then_some(libc::EAGAIN));
            if let Some(error) = error {
                if sent > 0 {
                    break;
                }
                if error == libc::EAGAIN {
                    // Reports old room again.
                    network.writable_edge |= network.room > 0;
                } else if message.datagrams.len() == 1 || !matches!(error, libc::EIO | libc::EINVAL | libc::EMSGSIZE) {
                    network.calls.errors += 1;
                }
                return Err(io::Error::from_raw_os_error(error));
            }
            let datagrams = message.datagrams.iter().map(|data| data.to_vec()).collect();
            network.outbound.push(Message { to: message.to.copied(), datagrams });
            network.room -= 1;
            sent += 1;
            let returned_one_in = network.returned_one_in;
            if one_in(&mut network.faults, returned_one_in) {
                // A call that has sent messages ends here, and the next call gets the error.
                let error = [libc::ECONNREFUSED, libc::EHOSTUNREACH, libc::ENETUNREACH][network.faults.below(3)];
                network.fail(error);
                break;
            }
        }
        network.calls.sends += 1;
        Ok(sent)
    }

    pub(crate) fn take_error(&self) -> Option<io::Error> {
        self.network().take_error()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.network().closed = true;
    }
}

/// Checks the kernel's rules for joined datagrams: all have one size but the last, which can be shorter, and none is
/// empty.
fn assert_valid(message: &Outgoing<'_>) {
    let [first, .., last] = message.datagrams else {
        assert_eq!(message.datagrams.len(), 1, "a message without a datagram");
        return;
    };
    let (_, but_last) = message.datagrams.split_last().expect("two at least");
    assert!(but_last.iter().all(|data| data.len() == first.len()), "cut otherwise than sent");
    assert!((1..=first.len()).contains(&last.len()), "the last of {} bytes, the first of {}", last.len(), first.len());
    assert!(message.datagrams.len() <= 64 && message.datagrams.iter().map(|data| data.len()).sum::<usize>() <= 65_507);
}
