//! The table of the ports of a scan: the state of each port, and the order of the report. It has no sockets.
//!
//! ```text
//!   waiting ---next_try---> under way ---settle---> known ---next_known---> told, in the order of the ports
//!      ^                       |
//!      +-------put_back--------+   (no descriptor is left)
//! ```
//!
//! A port is tried once at each address. It is known as soon as one try has found it open, or after the last try.

use super::finding::Finding;

/// One port at one address, by their indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Try {
    pub(super) port: usize,
    pub(super) address: usize,
}

#[derive(Debug)]
struct Port {
    number: u16,
    /// How many tries have had no finding yet.
    tries_left: usize,
    best: Option<Finding>,
}

impl Port {
    fn is_open(&self) -> bool {
        matches!(self.best, Some(Finding::Open { .. }))
    }

    fn is_known(&self) -> bool {
        self.is_open() || self.tries_left == 0
    }
}

/// The ports of a scan.
#[derive(Debug, Default)]
pub(super) struct PortTable {
    ports: Vec<Port>,
    addresses: usize,
    /// The number of the next try: all addresses of the first port, then those of the second one.
    next: usize,
    /// Tries that could not begin.
    put_back: Vec<Try>,
    /// How many ports have been told.
    told: usize,
    /// How many ports have been told with each finding. Open ports come first.
    counts: Vec<(String, usize)>,
}

impl PortTable {
    /// The ports, in the order in which they are told.
    pub(super) fn new(ports: &[u16]) -> Self {
        let port = |number: &u16| Port { number: *number, tries_left: 0, best: None };
        Self { ports: ports.iter().map(port).collect(), ..Self::default() }
    }

    /// Sets how many addresses there are, before the first try.
    pub(super) fn set_addresses(&mut self, addresses: usize) {
        self.addresses = addresses;
        self.ports.iter_mut().for_each(|port| port.tries_left = addresses);
    }

    /// The number of a port.
    pub(super) fn number(&self, a_try: Try) -> u16 {
        self.ports[a_try.port].number
    }

    /// Takes the next try. A port that is open at one address is not tried at another one.
    pub(super) fn next_try(&mut self) -> Option<Try> {
        loop {
            let a_try = match self.put_back.pop() {
                Some(a_try) => a_try,
                None if self.next < self.ports.len() * self.addresses => {
                    self.next += 1;
                    Try { port: (self.next - 1) / self.addresses, address: (self.next - 1) % self.addresses }
                }
                None => return None,
            };
            if !self.ports[a_try.port].is_open() {
                return Some(a_try);
            }
        }
    }

    /// Puts back a try that could not begin.
    pub(super) fn put_back(&mut self, a_try: Try) {
        self.put_back.push(a_try);
    }

    /// Notes the finding of a try.
    pub(super) fn settle(&mut self, a_try: Try, finding: Finding) {
        let port = &mut self.ports[a_try.port];
        if port.is_known() {
            return;
        }
        port.tries_left -= 1;
        if port.best.as_ref().is_none_or(|best| best.rank() < finding.rank()) {
            port.best = Some(finding);
        }
    }

    /// Takes the next port, if it is known. To be called until there is none.
    pub(super) fn next_known(&mut self) -> Option<(u16, Finding)> {
        let port = self.ports.get(self.told).filter(|port| port.is_known())?;
        let finding = port.best.clone()?;
        self.told += 1;
        let label = finding.label();
        match self.counts.iter_mut().find(|(other, _)| *other == label) {
            Some((_, count)) => *count += 1,
            None if port.is_open() => self.counts.insert(0, (label, 1)),
            None => self.counts.push((label, 1)),
        }
        Some((port.number, finding))
    }

    /// The open ports that have not been told, because a port before them is not known.
    pub(super) fn untold_open(&self) -> impl Iterator<Item = (u16, Finding)> {
        self.ports[self.told..].iter().filter(|port| port.is_open()).map(|port| {
            let finding = port.best.clone();
            (port.number, finding.unwrap_or(Finding::Closed))
        })
    }

    /// How many ports there are, and how many of them have been told.
    pub(super) fn progress(&self) -> (usize, usize) {
        (self.ports.len(), self.told)
    }

    /// Whether all ports have been told.
    pub(super) fn is_told(&self) -> bool {
        self.told == self.ports.len()
    }

    /// Whether a port that was told is open.
    pub(super) fn has_open(&self) -> bool {
        self.counts.iter().any(|(label, _)| label == "open")
    }

    /// How many ports could not be tried, and why the first of them could not.
    pub(super) fn not_tried(&self) -> Option<(usize, &str)> {
        let is_failure = |label: &str| label.starts_with("not tried") || label.starts_with("unreachable");
        let failures = || self.counts.iter().filter(|(label, _)| is_failure(label));
        let (first, _) = failures().next()?;
        Some((failures().map(|(_, count)| count).sum(), first))
    }

    /// What has been told, in numbers: `2 open, 8 closed`.
    pub(super) fn summary(&self) -> String {
        Vec::from_iter(self.counts.iter().map(|(label, count)| format!("{count} {label}"))).join(", ")
    }

    /// Why no port is open. The finding of a single port is told without numbers.
    pub(super) fn verdict(&self) -> String {
        match (&self.ports[..], &self.counts[..]) {
            ([port], [(label, _)]) => format!("port {}: {label}", port.number),
            (ports, _) => format!("none of {} ports is open: {}", ports.len(), self.summary()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(banner: &str) -> Finding {
        Finding::Open { banner: banner.to_owned() }
    }

    fn told(table: &mut PortTable) -> Vec<(u16, Finding)> {
        std::iter::from_fn(|| table.next_known()).collect()
    }

    #[test]
    fn ports_are_told_in_order_once_they_are_known() {
        let mut table = PortTable::new(&[1, 2, 3]);
        table.set_addresses(1);
        let tries = Vec::from_iter(std::iter::from_fn(|| table.next_try()));
        assert_eq!(Vec::from_iter(tries.iter().map(|a_try| table.number(*a_try))), [1, 2, 3]);
        table.settle(tries[2], open(""));
        assert_eq!(told(&mut table), [], "the first port is not known");
        assert_eq!(Vec::from_iter(table.untold_open()), [(3, open(""))]);
        table.settle(tries[0], Finding::Closed);
        assert_eq!(told(&mut table), [(1, Finding::Closed)]);
        table.settle(tries[1], Finding::Filtered("no answer".to_owned()));
        assert_eq!(told(&mut table).len(), 2);
        assert!(table.is_told() && table.has_open());
        assert_eq!(table.summary(), "1 open, 1 closed, 1 filtered (no answer)");
    }

    #[test]
    fn the_best_finding_of_all_addresses_counts() {
        let mut table = PortTable::new(&[22, 80]);
        table.set_addresses(2);
        let [first, second] = [0, 1].map(|address| Try { port: 0, address });
        assert_eq!((table.next_try(), table.next_try()), (Some(first), Some(second)));
        table.settle(first, Finding::NotTried("no route".to_owned()));
        assert_eq!(told(&mut table), []);
        table.settle(second, Finding::Closed);
        assert_eq!(told(&mut table), [(22, Finding::Closed)]);
        assert_eq!(table.next_try(), Some(Try { port: 1, address: 0 }));
        table.settle(Try { port: 1, address: 0 }, open("hello"));
        assert_eq!(told(&mut table), [(80, open("hello"))], "one address is enough");
        assert_eq!(table.next_try(), None, "an open port is not tried again");
        table.settle(Try { port: 1, address: 1 }, Finding::Closed);
        assert_eq!(table.not_tried(), None);
    }

    #[test]
    fn a_try_that_could_not_begin_comes_again() {
        let mut table = PortTable::new(&[7]);
        table.set_addresses(1);
        let a_try = table.next_try().expect("a port");
        assert_eq!(table.next_try(), None);
        table.put_back(a_try);
        assert_eq!(table.next_try(), Some(a_try));
        table.settle(a_try, Finding::NotTried("no route".to_owned()));
        assert_eq!(told(&mut table).len(), 1);
        assert_eq!(table.verdict(), "port 7: not tried (no route)");
        assert_eq!(table.not_tried(), Some((1, "not tried (no route)")));
        let mut table = PortTable::new(&[7]);
        table.set_addresses(1);
        table.settle(a_try, Finding::Unreachable("no network".to_owned()));
        assert_eq!(told(&mut table).len(), 1);
        assert_eq!(table.not_tried(), Some((1, "unreachable (no network)")));
    }
}
