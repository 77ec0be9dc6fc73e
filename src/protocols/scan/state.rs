//! What [`Scan`](super::Scan) and its probes share: which tries are under way, and what is told of the ports.
//!
//! Open ports go to stdout. With `-v`, the others go to stderr, so that stdout has open ports only.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::finding::Finding;
use super::table::{PortTable, Try};
use crate::protocols::NOTICE;
use crate::protocols::report::{Cause, Failure, Reporter};
use crate::transports::address::{Host, HostPort};
use crate::transports::connect::{ConnectError, Dialing};
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::timers::{TimerId, shown};

/// How long the run waits for connections to close once all ports have been told. A service that never stops sending
/// is cut off then.
const CLOSING_TIME: Duration = Duration::from_millis(500);

/// The target of a scan, and how to connect to it.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// The host.
    pub host: Host,
    /// The ports, in the order in which they are told.
    pub ports: Vec<u16>,
    /// How to connect. Of the addresses of the host, the first one of each family is tried.
    pub dialing: Dialing,
    /// How many connections are made at the same time.
    pub parallel: usize,
    /// How many connections can be open at the same time.
    pub descriptors: usize,
    /// Whether to wait for the first line of each service.
    pub banners: bool,
    /// How long the scan may take.
    pub timeout: Option<Duration>,
    /// The name of the service that a port is for.
    pub service_name: fn(u16) -> Option<String>,
}

/// The state of a scan.
pub(super) struct ScanState {
    pub(super) options: ScanOptions,
    reporter: Reporter,
    table: PortTable,
    addresses: Vec<SocketAddr>,
    stdout: Option<Id>,
    started: Option<Instant>,
    /// The tries that are being made.
    under_way: Vec<(Try, Id)>,
    /// How many connections are open or being made.
    open: usize,
    /// Whether all ports have been told.
    pub(super) is_closing: bool,
    /// The end of the time in which connections can close.
    pub(super) closing_timer: Option<TimerId>,
    /// Ports that have been told, but are not in the log yet.
    unwritten: Option<PortSpan>,
}

/// Neighbouring ports with the same finding, which share a line of the log.
struct PortSpan {
    first: u16,
    last: u16,
    label: String,
}

impl ScanState {
    pub(super) fn new(options: ScanOptions, reporter: Reporter) -> Self {
        Self {
            table: PortTable::new(&options.ports),
            options,
            reporter,
            addresses: Vec::new(),
            stdout: None,
            started: None,
            under_way: Vec::new(),
            open: 0,
            is_closing: false,
            closing_timer: None,
            unwritten: None,
        }
    }

    /// Notes that the scan begins. `t` is stdout.
    pub(super) fn begin(&mut self, t: &mut Transport<'_>) {
        self.stdout = Some(t.id());
        self.started = Some(t.net().now());
    }

    /// Takes the first address of each family.
    pub(super) fn set_addresses(&mut self, found: &[SocketAddr]) {
        for address in found {
            if !self.addresses.iter().any(|other| other.is_ipv4() == address.is_ipv4()) {
                self.addresses.push(*address);
            }
        }
        self.table.set_addresses(self.addresses.len());
    }

    /// The next try, if it may begin now, and where to connect for it.
    pub(super) fn next_try(&mut self, net: &mut Net) -> Option<(Try, HostPort)> {
        let ScanOptions { parallel, descriptors, .. } = self.options;
        let is_held = self.stdout.is_some_and(|stdout| net.transport(stdout).is_writing_paused());
        let has_room = self.under_way.len() < parallel && self.open < descriptors;
        if !has_room || is_held || self.is_closing || net.is_stopping() {
            return None;
        }
        let a_try = self.table.next_try()?;
        Some((a_try, HostPort { port: self.table.number(a_try), ..self.addresses[a_try.address].into() }))
    }

    /// A connection is being made.
    pub(super) fn has_begun(&mut self, a_try: Try, id: Id) {
        self.under_way.push((a_try, id));
        self.open += 1;
    }

    /// A connection is no longer being made.
    pub(super) fn has_arrived(&mut self, a_try: Try) {
        self.under_way.retain(|(other, _)| *other != a_try);
    }

    /// A connection is gone.
    pub(super) fn is_gone(&mut self, net: &mut Net) {
        self.open -= 1;
        if let Some(stdout) = self.stdout.filter(|_| self.is_closing && self.open == 0) {
            net.transport(stdout).close();
        }
    }

    /// Notes the finding of a try. The same port at another address need not be tried if it is open.
    pub(super) fn settle(&mut self, net: &mut Net, a_try: Try, finding: Finding) {
        let is_open = matches!(finding, Finding::Open { .. });
        self.table.settle(a_try, finding);
        if is_open {
            let others = self.under_way.iter().filter(|(other, _)| other.port == a_try.port && *other != a_try);
            others.for_each(|(_, id)| net.transport(*id).close());
        }
    }

    /// Tells the ports whose turn it is. After the last one, the run ends as soon as its connections are closed.
    pub(super) fn tell(&mut self, net: &mut Net) {
        while let Some((number, finding)) = self.table.next_known() {
            match finding {
                Finding::Open { banner } => {
                    self.log_span();
                    self.write(net, number, &banner);
                }
                finding => self.add_to_span(number, finding.label()),
            }
        }
        let Some(stdout) = self.stdout.filter(|_| !self.is_closing && self.table.is_told()) else { return };
        self.is_closing = true;
        self.log_span();
        self.summarize(net.now());
        if self.open == 0 {
            net.transport(stdout).close();
        } else {
            self.closing_timer = Some(net.call_later(stdout, CLOSING_TIME));
        }
    }

    /// Adds a port that is not open to its span.
    fn add_to_span(&mut self, number: u16, label: String) {
        if !log::log_enabled!(log::Level::Info) {
            return;
        }
        match &mut self.unwritten {
            Some(span) if span.label == label && span.last + 1 == number => span.last = number,
            _ => {
                self.log_span();
                self.unwritten = Some(PortSpan { first: number, last: number, label });
            }
        }
    }

    /// Logs the span that has ended. The target exempts the message from the limit for messages of one kind.
    fn log_span(&mut self) {
        match self.unwritten.take() {
            Some(PortSpan { first, last, label }) if first == last => {
                log::info!(target: NOTICE, "port {first}: {label}")
            }
            Some(PortSpan { first, last, label }) => log::info!(target: NOTICE, "ports {first}-{last}: {label}"),
            None => (),
        }
    }

    /// Writes the line of an open port.
    fn write(&self, net: &mut Net, number: u16, banner: &str) {
        let name = (self.options.service_name)(number);
        let line = match (name, banner) {
            (None, "") => format!("{number}\n"),
            (None, banner) => format!("{number} - {banner}\n"),
            (Some(name), "") => format!("{number} {name}\n"),
            (Some(name), banner) => format!("{number} {name} {banner}\n"),
        };
        if let Some(stdout) = self.stdout {
            net.transport(stdout).write(line.as_bytes());
        }
    }

    /// Writes the open ports that wait for their turn.
    fn write_untold(&mut self, net: &mut Net) {
        let open = Vec::from_iter(self.table.untold_open());
        for (number, finding) in open {
            if let Finding::Open { banner } = finding {
                self.write(net, number, &banner);
            }
        }
    }

    /// Writes the open ports that are known. Returns the message of the time limit.
    pub(super) fn stop_early(&mut self, net: &mut Net) -> String {
        self.write_untold(net);
        let limit = shown(self.options.timeout.unwrap_or_default());
        let (all, told) = self.table.progress();
        format!("scan {}: timed out after {limit}, with {told} of {all} ports done", self.host())
    }

    /// Says what was found. Without an open port, the failure of the run says it.
    fn summarize(&self, now: Instant) {
        if !self.table.has_open() {
            return;
        }
        let (all, _) = self.table.progress();
        let time = now.duration_since(self.started.unwrap_or(now)).as_secs_f64();
        let ports = if all == 1 { "port" } else { "ports" };
        log::info!("scanned {all} {ports} of {} in {time:.1} s: {}", self.host(), self.table.summary());
    }

    /// Reports the end of the scan. Ports that could not be tried are told once.
    pub(super) fn tell_verdict(&self) {
        if !self.table.has_open() {
            let message = format!("scan {}: {}", self.host(), self.table.verdict());
            return self.reporter.tell(Failure::new(Cause::Unavailable, message));
        }
        if let Some((count, label)) = self.table.not_tried() {
            log::warn!("scan {}: {count} of {} ports {label}", self.host(), self.options.ports.len());
        }
    }

    /// The host as text.
    pub(super) fn host(&self) -> String {
        let address = HostPort { host: self.options.host.clone(), port: 0 }.to_string();
        address.strip_suffix(":0").unwrap_or(&address).to_owned()
    }

    /// A connection could not be made because this machine lacks something, such as descriptors. Fewer connections at
    /// the same time can be enough.
    pub(super) fn lower_limit(&mut self, net: &mut Net, a_try: Try, error: &ConnectError) {
        if self.open == 0 {
            self.write_untold(net);
            self.reporter.tell(Failure::new(Cause::Local, error.to_string()));
            return net.stop();
        }
        log::debug!("{error}; at most {} connections at once from now on", self.open);
        self.options.descriptors = self.open;
        self.table.put_back(a_try);
    }
}
