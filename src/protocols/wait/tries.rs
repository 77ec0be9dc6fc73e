//! The protocols of one try: each connects, learns whether the service is up, and leaves at once.
//!
//! ```text
//!   tcp, unix:    connected: up
//!   tls:          connected, handshake done, certificate verified: up
//!   http, https:  connected ---> GET ---> status: up if it is wanted
//!   udp:          socket is open ---> text ---> reply: up
//!                                \--> empty datagram ---> no refusal for a while: up
//! ```
//!
//! Nothing is sent to a service of TCP unless it speaks HTTP.

use std::io;
use std::time::Duration;

use super::http::{HttpGet, StatusReader};
use super::outcome::{Outcome, Slip};
use crate::protocols::report::{Cause, Failure};
use crate::transports::connect::ConnectError;
use crate::transports::datagram::Remote;
use crate::transports::datagram::handle::DatagramTransport;
use crate::transports::error::describe;
use crate::transports::handle::Transport;
use crate::transports::protocol::{DatagramProtocol, Eof, Protocol};
use crate::transports::timers::{TimerId, shown};

/// How long a datagram without a text waits for a refusal. A network seldom takes longer to answer.
pub(super) const REFUSAL_TIMEOUT: Duration = Duration::from_millis(500);

/// A try that connects, and asks for the status of an answer of HTTP if it has a request.
#[derive(Debug)]
pub(super) struct StreamTry {
    slip: Slip,
    /// The name of the service, for messages. With a request, this is the URL.
    name: String,
    limit: Duration,
    is_plain: bool,
    get: Option<HttpGet>,
    reader: StatusReader,
}

impl StreamTry {
    /// `limit` is the time in which the handshake must end or the status must come, from the start of the try. The
    /// caller starts its timer. `is_plain` says that a connection alone proves that the service is up.
    pub(super) fn new(slip: Slip, name: String, limit: Duration, is_plain: bool, get: Option<HttpGet>) -> Self {
        Self { slip, name, limit, is_plain, get, reader: StatusReader::default() }
    }

    fn end(&mut self, t: &mut Transport<'_>, outcome: Outcome) {
        t.leave();
        self.slip.tell(t.net(), outcome);
    }

    /// The failure of the request.
    fn failure(&self, why: &str) -> Failure {
        Failure::new(Cause::Unavailable, format!("GET {}: {why}", self.name))
    }

    /// The outcome of an answer that is not a status.
    fn unfit(&self, why: String) -> Outcome {
        Outcome::Answered(self.failure(&why), why)
    }
}

impl Protocol for StreamTry {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        match &self.get {
            Some(get) => t.write(&get.request()),
            None => self.end(t, Outcome::Up),
        }
    }

    fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        self.slip.tell(t.net(), Outcome::of_connecting(&error, self.is_plain));
    }

    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        let Some(get) = self.get.as_ref().filter(|_| !self.slip.is_used()) else { return };
        let outcome = match self.reader.take(data) {
            None => return,
            Some(Ok(status)) if get.wants(status) => Outcome::Up,
            Some(Ok(status)) => {
                let failure = self.failure(&format!("status {status}, not {}", get.wanted()));
                Outcome::Answered(failure, format!("it answered with status {status}"))
            }
            Some(Err(why)) => self.unfit(why),
        };
        self.end(t, outcome);
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        let outcome = self.unfit(self.reader.cut());
        self.end(t, outcome);
        Eof::Close
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, _timer: TimerId) {
        if self.get.is_some() {
            let failure = self.failure(&format!("no answer within {}", shown(self.limit)));
            return self.end(t, Outcome::NotUp(failure));
        }
        t.abort();
        let text = format!("{}: the handshake did not finish within {}", self.name, shown(self.limit));
        self.slip.tell(t.net(), Outcome::NotUp(Failure::new(Cause::Unavailable, text)));
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        let outcome = match error {
            Some(error) => {
                let cause = if Cause::of(&error) == Cause::Tls { Cause::Tls } else { Cause::Unavailable };
                Outcome::NotUp(Failure::new(cause, format!("GET {}: {}", self.name, describe(&error))))
            }
            None => self.unfit(self.reader.cut()),
        };
        self.slip.tell(t.net(), outcome);
    }
}

/// A try that sends one datagram.
#[derive(Debug)]
pub(super) struct DatagramTry {
    pub(super) slip: Slip,
    /// The address, for messages.
    pub(super) name: String,
    /// The text that the service replies to.
    pub(super) text: Option<Vec<u8>>,
    /// How long to wait for a reply, or for a refusal.
    pub(super) limit: Duration,
}

impl DatagramTry {
    fn end(&mut self, t: &mut DatagramTransport<'_>, outcome: Outcome) {
        t.abort();
        self.slip.tell(t.net(), outcome);
    }
}

impl DatagramProtocol for DatagramTry {
    fn connection_made(&mut self, t: &mut DatagramTransport<'_>) {
        t.sendto(self.text.as_deref().unwrap_or_default(), None);
        t.call_later(self.limit);
    }

    fn connection_failed(&mut self, t: &mut DatagramTransport<'_>, error: ConnectError) {
        self.slip.tell(t.net(), Outcome::of_connecting(&error, false));
    }

    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, _data: &[u8], _from: &Remote) {
        self.end(t, Outcome::Up);
    }

    fn error_received(&mut self, t: &mut DatagramTransport<'_>, error: io::Error) {
        use io::ErrorKind::{ConnectionRefused, HostUnreachable};
        let failure = Failure::new(Cause::Unavailable, format!("send {}: {}", self.name, describe(&error)));
        let is_refusal = matches!(error.kind(), ConnectionRefused | HostUnreachable);
        self.end(t, if is_refusal { Outcome::Absent(failure) } else { Outcome::NotUp(failure) });
    }

    fn timer_fired(&mut self, t: &mut DatagramTransport<'_>, _timer: TimerId) {
        // After a refusal, the datagram was sent again to the next address of the host.
        let quiet = t.net().now().duration_since(t.last_activity());
        if let Some(rest) = self.limit.checked_sub(quiet).filter(|rest| !rest.is_zero()) {
            t.call_later(rest);
            return;
        }
        let outcome = match self.text {
            None => Outcome::Up,
            Some(_) => {
                let text = format!("send {}: no reply within {}", self.name, shown(self.limit));
                Outcome::Absent(Failure::new(Cause::Unavailable, text))
            }
        };
        self.end(t, outcome);
    }
}
