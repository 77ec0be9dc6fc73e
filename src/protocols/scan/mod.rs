//! Scan: which ports of a host accept connections. No byte is sent to any of them.
//!
//! [`Scan`] is the protocol of stdout. It looks the host up once, starts tries, and writes the open ports. Each try is
//! a connection with the protocol `Probe`. They share what is in `state.rs`. `table.rs` has what is known of each
//! port.
//!
//! ```text
//!   Scan:   Resolving ---addresses---> Trying ---all ports are told---> Closing ---connections are closed---> over
//!
//!   Probe:  connecting ---connected---> listening for a banner ---line, end or 1 s---> closing ---> gone
//!              |             \---no --banner--------------------------------------------^            ^
//!              +---refused, no answer, or no route--------------------------------------------------+
//! ```
//!
//! Only connections that are being made count against the limit of `--parallel`, so a service that is slow to greet
//! does not hold up other ports. All connections count against the number of descriptors.

mod banner;
mod finding;
mod state;
mod table;

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use self::banner::Banner;
use self::finding::Finding;
pub use self::state::ScanOptions;
use self::state::ScanState;
use self::table::Try;
use super::report::{Cause, Failure, Reporter};
use crate::transports::connect::{ConnectError, Dialing};
use crate::transports::handle::Transport;
use crate::transports::net::Net;
use crate::transports::protocol::{Eof, Protocol};
use crate::transports::timers::{TimerId, shown};

/// How long the look-up of the host may take.
const LOOK_UP_TIME: Duration = Duration::from_secs(10);

/// How long a service may take to send its first line.
const BANNER_TIME: Duration = Duration::from_secs(1);

/// The protocol of stdout, which runs a scan.
#[derive(Debug)]
pub struct Scan {
    shared: Shared,
    reporter: Reporter,
    timeout_timer: Option<TimerId>,
    look_up_timer: Option<TimerId>,
}

/// The state of a scan. [`Scan`] and all probes share it.
#[derive(Clone)]
struct Shared(Rc<RefCell<ScanState>>);

impl Scan {
    /// A scan. `reporter` gets a failure if no port is open.
    #[must_use]
    pub fn new(options: ScanOptions, reporter: Reporter) -> Self {
        let state = ScanState::new(options, reporter.clone());
        let shared = Shared(Rc::new(RefCell::new(state)));
        Self { shared, reporter, timeout_timer: None, look_up_timer: None }
    }

    fn fail(&self, t: &mut Transport<'_>, failure: Failure) {
        self.reporter.tell(failure);
        t.net().stop();
    }
}

impl Protocol for Scan {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        let mut state = self.shared.0.borrow_mut();
        state.begin(t);
        self.timeout_timer = state.options.timeout.map(|limit| t.call_later(limit));
        self.look_up_timer = Some(t.call_later(LOOK_UP_TIME));
        let Dialing { family, numeric, .. } = state.options.dialing;
        log::debug!("looking up {}", state.host());
        t.look_up(&state.options.host, family, numeric);
    }

    fn resolved(&mut self, t: &mut Transport<'_>, answer: Result<Vec<SocketAddr>, ConnectError>) {
        if let Some(timer) = self.look_up_timer.take() {
            t.cancel(timer);
        }
        match answer {
            Ok(addresses) => {
                self.shared.0.borrow_mut().set_addresses(&addresses);
                self.shared.go_on(t.net());
            }
            Err(error) => self.fail(t, Failure::from(&error)),
        }
    }

    fn data_received(&mut self, _t: &mut Transport<'_>, _data: &[u8]) {}

    fn resume_writing(&mut self, t: &mut Transport<'_>) {
        self.shared.go_on(t.net());
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, timer: TimerId) {
        if Some(timer) == self.timeout_timer {
            let message = self.shared.0.borrow_mut().stop_early(t.net());
            return self.fail(t, Failure::new(Cause::TimedOut, message));
        }
        if Some(timer) == self.look_up_timer {
            let host = self.shared.0.borrow().host();
            let message = format!("resolve {host}: timed out after {}", shown(LOOK_UP_TIME));
            return self.fail(t, Failure::new(Cause::TimedOut, message));
        }
        if Some(timer) == self.shared.0.borrow().closing_timer {
            t.close();
        }
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        match error {
            Some(error) => self.reporter.stdio_failed(t, &error),
            None if !self.shared.0.borrow().is_closing => self.fail(t, Failure::silent(Cause::ReaderGone)),
            None => {
                self.shared.0.borrow().tell_verdict();
                t.net().stop();
            }
        }
    }
}

impl Shared {
    /// Tells what is known, and starts further tries.
    fn go_on(&self, net: &mut Net) {
        self.0.borrow_mut().tell(net);
        loop {
            let mut state = self.0.borrow_mut();
            let Some((a_try, target)) = state.next_try(net) else { return };
            let probe = Probe { shared: self.clone(), a_try, step: ProbeStep::Connecting };
            let id = net.connect_tcp(target, state.options.dialing.clone(), probe);
            state.has_begun(a_try, id);
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

/// One try: a connection to one port at one address.
#[derive(Debug)]
struct Probe {
    shared: Shared,
    a_try: Try,
    step: ProbeStep,
}

#[derive(Debug)]
enum ProbeStep {
    Connecting,
    /// The service can send its first line.
    Listening(Banner),
    /// The finding is known.
    Settled,
}

impl Probe {
    /// The port is open, and all that is wanted of it has come. The close tells the service of the end, and does not
    /// wait for its end.
    fn is_open(&mut self, t: &mut Transport<'_>) {
        let banner = match std::mem::replace(&mut self.step, ProbeStep::Settled) {
            ProbeStep::Settled => return,
            ProbeStep::Listening(banner) => banner.text(),
            ProbeStep::Connecting => String::new(),
        };
        t.close_once_delivered();
        self.settle(t.net(), Finding::Open { banner });
    }

    fn settle(&mut self, net: &mut Net, finding: Finding) {
        self.step = ProbeStep::Settled;
        self.shared.0.borrow_mut().settle(net, self.a_try, finding);
        self.shared.go_on(net);
    }
}

impl Protocol for Probe {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.shared.0.borrow_mut().has_arrived(self.a_try);
        if !self.shared.0.borrow().options.banners {
            return self.is_open(t);
        }
        self.step = ProbeStep::Listening(Banner::default());
        t.call_later(BANNER_TIME);
        self.shared.go_on(t.net());
    }

    fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        self.shared.0.borrow_mut().has_arrived(self.a_try);
        self.shared.0.borrow_mut().is_gone(t.net());
        if error.is_given_up() {
            return self.shared.go_on(t.net());
        }
        let limit = self.shared.0.borrow().options.dialing.timeout;
        match Finding::of_failure(&error, limit) {
            Some(finding) => self.settle(t.net(), finding),
            None => self.shared.0.borrow_mut().lower_limit(t.net(), self.a_try, &error),
        }
    }

    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        if let ProbeStep::Listening(banner) = &mut self.step
            && banner.add(data)
        {
            self.is_open(t);
        }
    }

    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        self.is_open(t);
        Eof::Close
    }

    fn timer_fired(&mut self, t: &mut Transport<'_>, _timer: TimerId) {
        self.is_open(t);
    }

    fn connection_lost(&mut self, t: &mut Transport<'_>, _error: Option<io::Error>) {
        // A reset does not change that the connection was made.
        self.is_open(t);
        self.shared.0.borrow_mut().is_gone(t.net());
        // Another try can have waited for the descriptor.
        self.shared.go_on(t.net());
    }
}
