//! The queue of datagrams to send, and the plan which of them leave together.
//!
//! The callbacks of one batch fill the queue, and one `sendmmsg(2)` sends it. Datagrams of one size for one peer become
//! one message. It passes through the kernel once, and the kernel cuts it at the end (UDP GSO). With many datagrams in
//! flight, that halves the work. The order of the datagrams for one peer is kept; the order between peers is not.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

use crate::sys::datagram::{BATCH, Outgoing, Remote};

/// What each datagram adds to the size of the queue, so that empty datagrams count too: a UDP header. asyncio adds the
/// same.
pub(crate) const HEADER_BYTES: usize = 8;

/// The longest datagram that leaves together with others. Each must fit into a packet: Ethernet's has 1500 bytes, with
/// the header of IPv6.
const SEGMENT_BYTES_MAX: usize = 1452;
/// The most datagrams of one message. `UDP_MAX_SEGMENTS` of kernels before 6.9.
const SEGMENTS_MAX: usize = 64;
/// The most bytes of one message: the longest datagram over IPv4.
const MESSAGE_BYTES_MAX: usize = 65_507;

/// The indices of a batch are bits of a `u64`.
const _: () = assert!(BATCH <= 64);

/// A queue of datagrams. An empty queue keeps its memory, so that a busy loop does not allocate.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    bytes: Vec<u8>,
    /// The index of the first byte of the first datagram.
    start: usize,
    entries: VecDeque<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    len: usize,
    to: Option<Remote>,
}

/// The messages to send. The datagrams of one message are neighbours in `order`.
#[derive(Debug)]
pub(crate) struct SendPlan {
    /// Indices into the queue.
    order: [u8; BATCH],
    /// The end of each message in `order`.
    ends: [u8; BATCH],
    messages: usize,
}

impl Queue {
    /// An empty queue gives back more memory than this.
    const KEPT_BYTES_MAX: usize = 1024 * 1024;

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The bytes that wait, with a header for each datagram.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() - self.start + self.entries.len() * HEADER_BYTES
    }

    pub(crate) fn push(&mut self, data: &[u8], to: Option<Remote>) {
        self.bytes.extend_from_slice(data);
        self.entries.push_back(Entry { len: data.len(), to });
    }

    /// Drops the first datagram.
    pub(crate) fn drop_first(&mut self) {
        if let Some(entry) = self.entries.pop_front() {
            self.start += entry.len;
            self.tidy();
        }
    }

    /// Drops all datagrams, and gives back the memory.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Plans the next messages. With `segments`, several datagrams for one peer become one message.
    pub(crate) fn plan(&self, segments: bool) -> SendPlan {
        let n = self.entries.len().min(BATCH);
        let mut plan = SendPlan { order: [0; BATCH], ends: [0; BATCH], messages: 0 };
        let (mut used, mut placed) = (0_u64, 0);
        for first in 0..n {
            if used & (1 << first) != 0 {
                continue;
            }
            let Entry { len, to } = self.entries[first];
            let (mut count, mut total) = (0, 0);
            let mut place = |index: usize| {
                used |= 1 << index;
                // A batch has fewer than 256 places.
                plan.order[placed] = index as u8;
                placed += 1;
            };
            place(first);
            if segments && (1..=SEGMENT_BYTES_MAX).contains(&len) {
                (count, total) = (1, len);
            }
            for index in first + 1..n {
                if count == 0 || count == SEGMENTS_MAX {
                    break;
                }
                let other = self.entries[index];
                if other.to != to {
                    continue;
                }
                // A shorter datagram can be the last of a message. A longer or empty one ends the message before it, as
                // the order must be kept.
                if other.len > len || other.len == 0 || total + other.len > MESSAGE_BYTES_MAX {
                    break;
                }
                place(index);
                total += other.len;
                count += 1;
                if other.len < len {
                    break;
                }
            }
            plan.ends[plan.messages] = placed as u8;
            plan.messages += 1;
        }
        plan
    }

    /// Sends the messages of a plan by `send`, which returns how many it has sent, and removes these. Returns how many
    /// datagrams and bytes that was. An error is that of the first message.
    pub(crate) fn send(
        &mut self,
        plan: &SendPlan,
        send: impl FnOnce(&[Outgoing<'_>]) -> io::Result<usize>,
    ) -> io::Result<(usize, usize)> {
        let n = self.entries.len().min(BATCH);
        let mut starts = [0; BATCH];
        let mut at = self.start;
        for (start, entry) in starts.iter_mut().zip(&self.entries) {
            *start = at;
            at += entry.len;
        }
        let mut slices = [IoSlice::new(&[]); BATCH];
        for (slice, &index) in slices.iter_mut().zip(&plan.order[..n]) {
            let index = usize::from(index);
            *slice = IoSlice::new(&self.bytes[starts[index]..][..self.entries[index].len]);
        }
        let mut messages = [Outgoing { to: None, datagrams: &[] }; BATCH];
        for (number, message) in messages[..plan.messages].iter_mut().enumerate() {
            let (from, end) = plan.bounds(number);
            *message =
                Outgoing { to: self.entries[usize::from(plan.order[from])].to.as_ref(), datagrams: &slices[from..end] };
        }
        let sent = send(&messages[..plan.messages])?;
        let gone = &plan.order[..if sent == 0 { 0 } else { plan.bounds(sent - 1).1 }];
        let bytes = gone.iter().map(|&index| self.entries[usize::from(index)].len).sum();
        self.remove(gone, n);
        Ok((gone.len(), bytes))
    }

    /// Removes the datagrams with the indices `gone`, which are all smaller than `n`.
    fn remove(&mut self, gone: &[u8], n: usize) {
        if gone.len() < n {
            // This is rare: the buffer of the socket is full. The remaining datagrams close the gaps, from the last on.
            let gone_places = gone.iter().fold(0_u64, |places, index| places | 1 << index);
            let mut to = n;
            let mut end = self.start + self.entries.iter().take(n).map(|entry| entry.len).sum::<usize>();
            let mut read_end = end;
            for index in (0..n).rev() {
                let entry = self.entries[index];
                let read_start = read_end - entry.len;
                if gone_places & (1 << index) == 0 {
                    self.bytes.copy_within(read_start..read_end, end - entry.len);
                    end -= entry.len;
                    to -= 1;
                    self.entries[to] = entry;
                }
                read_end = read_start;
            }
            self.start = end;
            self.entries.drain(..to);
        } else {
            self.start += self.entries.drain(..n).map(|entry| entry.len).sum::<usize>();
        }
        self.tidy();
    }

    /// Moves the bytes to the front if that costs no more than the bytes that were sent since the last time.
    fn tidy(&mut self) {
        if self.entries.is_empty() {
            self.bytes.clear();
            self.start = 0;
            if self.bytes.capacity() > Self::KEPT_BYTES_MAX {
                self.bytes = Vec::new();
            }
        } else if self.start > self.bytes.len() / 2 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }
}

impl SendPlan {
    /// The beginning and the end of a message in `order`.
    fn bounds(&self, message: usize) -> (usize, usize) {
        let from = if message == 0 { 0 } else { self.ends[message - 1] };
        (from.into(), self.ends[message].into())
    }

    /// Whether the first message has several datagrams.
    pub(crate) fn joins_first(&self) -> bool {
        self.ends[0] > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(port: u16) -> Option<Remote> {
        Some(Remote::from(std::net::SocketAddr::from(([127, 0, 0, 1], port))))
    }

    fn queue(datagrams: &[(&str, u16)]) -> Queue {
        let mut queue = Queue::default();
        datagrams.iter().for_each(|(data, port)| queue.push(data.as_bytes(), to(*port)));
        queue
    }

    /// Sends the first `sent` messages; each of the plan as the port and its datagrams.
    fn send(queue: &mut Queue, segments: bool, sent: usize) -> Vec<(u16, Vec<String>)> {
        let mut seen = Vec::new();
        let plan = queue.plan(segments);
        let result = queue.send(&plan, |messages| {
            for message in messages {
                let text = |slice: &IoSlice<'_>| String::from_utf8_lossy(slice).into_owned();
                let port = message.to.map_or(0, |to| to.address().port());
                seen.push((port, message.datagrams.iter().map(text).collect()));
            }
            Ok(sent.min(messages.len()))
        });
        assert!(result.is_ok());
        seen
    }

    #[test]
    fn datagrams_of_one_size_for_one_peer_leave_together_and_in_order() {
        let mut queue = queue(&[("a1", 1), ("b1", 2), ("a2", 1), ("", 1), ("a3", 1), ("b2", 2), ("b", 2), ("b3", 2)]);
        assert_eq!(queue.size(), 13 + 8 * HEADER_BYTES);
        let together = vec![
            (1, vec!["a1".to_owned(), "a2".to_owned()]),
            (2, vec!["b1".to_owned(), "b2".to_owned(), "b".to_owned()]),
            (1, vec![String::new()]),
            (1, vec!["a3".to_owned()]),
            (2, vec!["b3".to_owned()]),
        ];
        assert_eq!(send(&mut queue, true, 0), together);
        assert_eq!(send(&mut queue, true, usize::MAX), together);
        assert!(queue.is_empty() && queue.size() == 0);
    }

    #[test]
    fn without_segments_each_is_its_own_message() {
        let mut queue = queue(&[("x", 1), ("y", 1)]);
        assert_eq!(send(&mut queue, false, 1), [(1, vec!["x".to_owned()]), (1, vec!["y".to_owned()])]);
        assert_eq!(send(&mut queue, false, 1), [(1, vec!["y".to_owned()])]);
        assert!(queue.is_empty());
    }

    #[test]
    fn what_did_not_fit_stays_in_order() {
        let mut queue = queue(&[("a1", 1), ("long", 2), ("a2", 1), ("b", 2), ("c", 3)]);
        // The first message has the first and the third.
        send(&mut queue, true, 1);
        let rest = [(2, vec!["long".to_owned(), "b".to_owned()]), (3, vec!["c".to_owned()])];
        assert_eq!(send(&mut queue, true, 0), rest);
        queue.push(b"d", to(3));
        queue.drop_first();
        let rest = [(2, vec!["b".to_owned()]), (3, vec!["c".to_owned(), "d".to_owned()])];
        assert_eq!(send(&mut queue, true, 0), rest);
        assert_eq!(queue.size(), 3 + 3 * HEADER_BYTES);
    }

    #[test]
    fn more_than_a_batch_waits_for_the_next_one() {
        let mut queue = Queue::default();
        (0..BATCH + 10).for_each(|n| queue.push(&[n as u8; 1400], to(1)));
        let lens: Vec<usize> = send(&mut queue, true, usize::MAX).iter().map(|(_, data)| data.len()).collect();
        assert_eq!(lens, [46, 18], "65507 bytes are the limit of a message");
        assert_eq!(queue.len(), 10);
        assert_eq!(queue.bytes.len() - queue.start, 14_000);
    }
}
