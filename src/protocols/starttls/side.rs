//! A connection on which TLS is asked for first: the plaintext part of it, and then another protocol's.

use std::io;
use std::time::Duration;

use super::kind::StartTls;
use super::negotiation::{Negotiation, Step};
use crate::protocols::idle::{FailureScope, IdleWatch};
use crate::protocols::report::{Cause, Reporter};
use crate::transports::connect::ConnectError;
use crate::transports::error::describe;
use crate::transports::handle::Transport;
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::TimerId;
use crate::transports::tls::TlsClient;

/// Asks for TLS, and is `inner` as soon as TLS is up: that one is made then, and never sees what was said before.
///
/// It stays between the two for good, and hands everything on. By `set_protocol`, the calls that `inner` causes while
/// it is made, such as `pause_writing`, would still come to us.
#[derive(Debug)]
pub struct StartTlsSide<P> {
    inner: P,
    negotiation: Negotiation,
    tls: TlsClient,
    /// For the consent; the handshake has its own.
    timeout: Duration,
    timer: Option<TimerId>,
    watch: IdleWatch,
    is_up: bool,
    /// Writing is paused during the handshake, and `inner` has not heard of it.
    writing_paused: bool,
}

impl<P: Protocol> StartTlsSide<P> {
    /// Asks as `protocol` does, starts `tls`, and leaves the rest to `inner`. A failure before that is the run's, and
    /// its end.
    #[must_use]
    pub fn new(protocol: StartTls, tls: TlsClient, inner: P, reporter: Reporter) -> Self {
        Self {
            inner,
            negotiation: Negotiation::new(protocol, &tls.name.to_str()),
            timeout: tls.policy.handshake_timeout,
            tls,
            timer: None,
            watch: IdleWatch::new(None, FailureScope::Run(reporter)),
            is_up: false,
            writing_paused: false,
        }
    }

    fn cancel_timer(&mut self, t: &mut Transport<'_>) {
        if let Some(timer) = self.timer.take() {
            t.net().cancel(timer);
        }
    }

    fn fail(&mut self, t: &mut Transport<'_>, cause: Cause, what: &str) {
        self.cancel_timer(t);
        self.watch.fail(t, cause, &what);
        t.abort();
        t.net().stop();
    }
}

impl<P: Protocol> Protocol for StartTlsSide<P> {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        let id = t.id();
        self.timer = Some(t.net().call_later(id, self.timeout));
        t.write(&self.negotiation.start());
    }

    fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        self.inner.connection_failed(t, error);
    }

    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        if self.is_up {
            return self.inner.data_received(t, data);
        }
        match self.negotiation.feed(data) {
            Step::Wait => (),
            Step::Send(bytes) => t.write(&bytes),
            Step::Ready => {
                log::debug!("the server has consented to TLS");
                self.cancel_timer(t);
                if let Err(error) = t.start_tls(self.tls.clone()) {
                    self.fail(t, Cause::Tls, &describe(&error));
                }
            }
            Step::Failed(why) => self.fail(t, Cause::Tls, &why),
        }
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        if self.is_up {
            return self.inner.eof_received(t);
        }
        let what = self.negotiation.ended();
        self.fail(t, Cause::Tls, &what);
        Eof::Close
    }

    fn pause_writing(&mut self, t: &mut Transport<'_>) {
        if self.is_up {
            return self.inner.pause_writing(t);
        }
        self.writing_paused = true;
    }

    fn resume_writing(&mut self, t: &mut Transport<'_>) {
        if self.is_up {
            return self.inner.resume_writing(t);
        }
        self.writing_paused = false;
    }

    fn tls_started(&mut self, t: &mut Transport<'_>) {
        if self.is_up {
            return self.inner.tls_started(t);
        }
        self.is_up = true;
        self.inner.connection_made(t);
        if self.writing_paused {
            self.inner.pause_writing(t);
        }
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        if self.timer == Some(timer) {
            let what = format!("no consent to TLS within {:?}", self.timeout);
            return self.fail(t, Cause::TimedOut, &what);
        }
        if self.is_up {
            self.inner.timer_fired(t, timer);
        }
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        if self.is_up {
            return self.inner.connection_lost(t, error);
        }
        self.cancel_timer(t);
        // Without an error, it is we who have aborted it, or a signal has.
        self.watch.lost(t, error.as_ref());
        if error.is_some() {
            t.net().stop();
        }
    }
}
