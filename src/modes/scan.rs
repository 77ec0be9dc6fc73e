//! `scan`: which ports of a host are open.

use super::config::{ScanConfig, StreamConfig};
use super::parts::stdio;
use super::run::Run;
use crate::protocols::scan::{Scan, ScanOptions};
use crate::sys::{limits, names};
use crate::transports::address::Family;
use crate::transports::keepalive::KeepAlive;
use crate::transports::opening::Stdio;
use crate::transports::out_buf::WaterMarks;

/// Descriptors that are left for other uses: the loop, standard streams, the list of services.
const OTHER_DESCRIPTORS: usize = 24;

pub(super) fn scan(config: &ScanConfig) -> anyhow::Result<()> {
    // The scan itself has the time limit, because it writes what it knows at the end.
    let timeout = config.stream.timeout;
    let mut run = Run::of_client(&StreamConfig { timeout: None, ..config.stream.clone() }, false)?;
    // Each connection needs a descriptor. If the system does not allow more, the present limit stays.
    let _ = limits::raise_open_files();
    let mut dialing = config.dial.clone();
    dialing.keepalive = KeepAlive::OFF;
    if let [source] = dialing.source[..] {
        dialing.family = if source.is_ipv4() { Family::V4 } else { Family::V6 };
    }
    let options = ScanOptions {
        host: config.host.clone(),
        ports: config.ports.clone(),
        dialing,
        parallel: config.parallel,
        descriptors: limits::open_files().saturating_sub(OTHER_DESCRIPTORS).max(1),
        banners: config.banners,
        timeout,
        service_name: names::service_name,
    };
    let scan = Scan::new(options, run.reporter.clone());
    stdio(run.event_loop.net(), Stdio::OutputOnly, WaterMarks::default(), scan)?;
    run.run()
}
