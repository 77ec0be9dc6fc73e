//! The states of a stream and every transition between them.
//!
//! ```text
//!                opened            made             close            flushed            peer's end (at most 5 s),
//!   Connecting ---------> Open ---------> Running ---------> Flushing ---------> Draining    and all acknowledged
//!       |                  |                 |                  |  (no socket)       +--------------+
//!       |                  |                 |                  +---------------------------------> |
//!       +------------------+-----------------+--------------------- error, abort ----------------> Lost
//!
//!   reading:   Open --- end of the peer's direction ---> Ended          None: no such direction (a pipe's write end)
//!
//!   writing:   Open --- write_eof ---> Ending --- flushed ---> Ended
//!               |                        |
//!               +------- error ----------+---> Failed
//! ```
//!
//! Each direction ends on its own. The phase is about the whole stream. Nothing outside this file changes a state. The
//! system calls and callbacks that go with a transition are in `flow.rs` and `closing.rs`.

use std::io;

/// The phase of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// A name is being resolved or a connection is under way.
    Connecting,
    /// Connected; `connection_made` is queued.
    Open,
    /// `connection_made` has been called.
    Running,
    /// `close` was called. Buffered bytes are sent, arriving bytes are dropped.
    Flushing,
    /// All bytes and the end are sent. The stream waits for the peer's end, so that the close is not a reset, and for
    /// the acknowledgement, because the peer can still refuse the bytes.
    Draining,
    /// Closed. `connection_lost` is queued or has been called.
    Lost,
}

/// The state of the reading direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    Open,
    Ended,
    /// There is no reading direction: the write end of a pipe. Such a stream is over once its writing direction has
    /// ended.
    None,
}

/// The state of the writing direction.
#[derive(Debug)]
pub(crate) enum Writing {
    Open,
    /// `write_eof` was called, and bytes are still buffered.
    Ending,
    Ended,
    /// A write failed. The error is kept for `connection_lost`, because bytes can be left to read.
    Failed {
        error: io::Error,
        /// Only the end itself was lost. The peer's system has every byte that a protocol has written.
        delivered: bool,
    },
}

/// The three together.
#[derive(Debug)]
pub(crate) struct State {
    phase: Phase,
    reading: Reading,
    writing: Writing,
}

impl State {
    pub(crate) fn new(phase: Phase) -> Self {
        Self { phase, reading: Reading::Open, writing: Writing::Open }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.phase
    }

    pub(crate) fn opened(&mut self) {
        debug_assert_eq!(self.phase, Phase::Connecting);
        self.phase = Phase::Open;
    }

    pub(crate) fn made(&mut self) {
        if self.phase == Phase::Open {
            self.phase = Phase::Running;
        }
    }

    /// Begins to close. Returns false if that has begun already, or if the stream is not open yet.
    pub(crate) fn close(&mut self) -> bool {
        let closes = matches!(self.phase, Phase::Open | Phase::Running);
        if closes {
            self.phase = Phase::Flushing;
        }
        closes
    }

    pub(crate) fn drain(&mut self) {
        debug_assert_eq!(self.phase, Phase::Flushing);
        self.phase = Phase::Draining;
    }

    /// Ends everything. Returns the phase before, or `None` if the stream was lost already.
    pub(crate) fn lose(&mut self) -> Option<Phase> {
        let before = std::mem::replace(&mut self.phase, Phase::Lost);
        (before != Phase::Lost).then_some(before)
    }

    pub(crate) fn end_reading(&mut self) {
        self.reading = Reading::Ended;
    }

    /// Makes the stream the write end of a pipe.
    pub(crate) fn write_only(&mut self) {
        self.reading = Reading::None;
    }

    /// Whether the stream has only a writing direction, which has ended.
    pub(crate) fn has_nothing_left(&self) -> bool {
        self.reading == Reading::None && matches!(self.writing, Writing::Ended)
    }

    /// Asks for the end of the writing direction. Returns false if it was asked for before, or is not possible.
    pub(crate) fn end_writing(&mut self) -> bool {
        let ends = matches!(self.writing, Writing::Open) && matches!(self.phase, Phase::Open | Phase::Running);
        if ends {
            self.writing = Writing::Ending;
        }
        ends
    }

    pub(crate) fn writing_ended(&mut self) {
        if matches!(self.writing, Writing::Open | Writing::Ending) {
            self.writing = Writing::Ended;
        }
    }

    pub(crate) fn writing_failed(&mut self, error: io::Error, delivered: bool) {
        self.writing = Writing::Failed { error, delivered };
    }

    /// Whether a failed write has lost bytes of a protocol.
    pub(crate) fn has_lost_bytes(&self) -> bool {
        matches!(self.writing, Writing::Failed { delivered: false, .. })
    }

    /// Whether the end of the writing direction was sent.
    pub(crate) fn has_told_end(&self) -> bool {
        matches!(self.writing, Writing::Ended)
    }

    /// The error of a failed write, which `connection_lost` reports.
    pub(crate) fn take_write_error(&mut self) -> Option<io::Error> {
        match std::mem::replace(&mut self.writing, Writing::Ended) {
            Writing::Failed { error, .. } => Some(error),
            _ => None,
        }
    }

    /// Whether a protocol may write. It may not on a closing or half-closed stream.
    pub(crate) fn accepts_writes(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Running) && matches!(self.writing, Writing::Open)
    }

    /// Whether buffered bytes are still sent.
    pub(crate) fn flushes(&self) -> bool {
        matches!(self.phase, Phase::Open | Phase::Running | Phase::Flushing)
            && matches!(self.writing, Writing::Open | Writing::Ending)
    }

    /// Whether arriving bytes go to the protocol.
    pub(crate) fn delivers(&self) -> bool {
        self.phase == Phase::Running && self.reading == Reading::Open
    }

    /// Whether arriving bytes are read and dropped.
    pub(crate) fn discards(&self) -> bool {
        matches!(self.phase, Phase::Flushing | Phase::Draining) && self.reading == Reading::Open
    }

    pub(crate) fn reading_ended(&self) -> bool {
        self.reading != Reading::Open
    }

    pub(crate) fn is_ending(&self) -> bool {
        matches!(self.writing, Writing::Ending)
    }

    /// Whether `write_eof` was called, flushed or not, or writing has failed.
    pub(crate) fn is_write_closed(&self) -> bool {
        !matches!(self.writing, Writing::Open)
    }

    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.writing, Writing::Failed { .. })
    }

    /// Whether a write failed because the connection was reset. `EPIPE` on a unix socket means only that the peer has
    /// stopped reading.
    pub(crate) fn was_reset(&self) -> bool {
        matches!(&self.writing, Writing::Failed { error, .. } if error.kind() != io::ErrorKind::BrokenPipe)
    }

    /// asyncio's `is_closing`.
    pub(crate) fn is_closing(&self) -> bool {
        matches!(self.phase, Phase::Flushing | Phase::Draining | Phase::Lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directions_end_each_on_its_own() {
        let mut state = State::new(Phase::Running);
        state.end_reading();
        assert!(state.accepts_writes() && !state.delivers());
        assert!(state.end_writing() && !state.end_writing());
        assert!(!state.accepts_writes() && state.flushes() && state.is_ending());
        state.writing_ended();
        assert!(!state.flushes() && state.is_write_closed());
        assert_eq!(state.phase(), Phase::Running);
    }

    #[test]
    fn a_stream_is_lost_once_from_any_phase() {
        for phase in [Phase::Connecting, Phase::Open, Phase::Running, Phase::Flushing, Phase::Draining] {
            let mut state = State::new(phase);
            assert_eq!(state.lose(), Some(phase));
            assert_eq!(state.lose(), None);
            assert!(!state.close() && !state.end_writing() && !state.accepts_writes());
            assert!(state.is_closing() && !state.delivers() && !state.discards());
        }
    }

    #[test]
    fn a_failed_write_is_reported_once() {
        let mut state = State::new(Phase::Running);
        state.writing_failed(io::ErrorKind::BrokenPipe.into(), false);
        assert!(state.has_lost_bytes());
        assert!(state.delivers() && !state.accepts_writes());
        assert_eq!(state.take_write_error().map(|error| error.kind()), Some(io::ErrorKind::BrokenPipe));
        assert!(state.take_write_error().is_none());
    }
}
