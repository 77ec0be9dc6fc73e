//! A listener on the loopback whose `--allow` names other machines only, so that no client can come. The line is
//! accepted, and a warning shows the line that serves these machines.

use crate::modes::config::{DatagramListenConfig, ExecPlace, LeftEndpoint, ListenConfig, Mode};
use crate::transports::access::AccessList;
use crate::transports::address::{Address, Host, HostPort, Place};

/// The warning, if the line is of that kind. `instead` makes the line with its listener on every interface.
pub(super) fn warning(mode: &Mode, instead: impl FnOnce() -> Option<String>) -> Option<String> {
    if !awaits_nobody(mode) {
        return None;
    }
    let line = instead().map(|line| format!("; to listen on every interface: {line}")).unwrap_or_default();
    Some(format!("--allow admits no client of the loopback, where this listens{line}"))
}

/// Whether a listener of the mode is on the loopback alone, and its list allows other machines only.
fn awaits_nobody(mode: &Mode) -> bool {
    let is_near = |at: &Address| matches!(at, Address::Inet(at) if is_loopback(at));
    let of_stream = |end: &ListenConfig| serves_nobody(&end.access, &end.addresses, is_near);
    let of_datagrams = |end: &DatagramListenConfig| serves_nobody(&end.access, &end.addresses, is_loopback);
    match mode {
        Mode::Echo(ends) | Mode::Server(ends) => ends.iter().any(of_stream),
        Mode::DatagramEcho(ends, _) | Mode::DatagramServer(ends, _) => ends.iter().any(of_datagrams),
        Mode::Exec(config) => matches!(&config.place, ExecPlace::Listen(ends) if ends.iter().any(of_stream)),
        Mode::Relay(config) => match &config.left {
            LeftEndpoint::Listen(end) => of_stream(end),
            LeftEndpoint::DatagramListen(end) => of_datagrams(end),
            LeftEndpoint::Single(_) => false,
        },
        Mode::Client(_) | Mode::ShowChain(_) | Mode::DatagramClient(..) | Mode::Scan(_) | Mode::Wait(_) => false,
    }
}

fn serves_nobody<A>(access: &AccessList, places: &[Place<A>], is_near: impl Fn(&A) -> bool) -> bool {
    access.allows_only_others() && places.iter().all(|place| matches!(place, Place::Address(at) if is_near(at)))
}

fn is_loopback(at: &HostPort) -> bool {
    match &at.host {
        Host::Loopback => true,
        Host::Ip { ip, .. } => ip.to_canonical().is_loopback(),
        Host::Any | Host::Name(_) => false,
    }
}
