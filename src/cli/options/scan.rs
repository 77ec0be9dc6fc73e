//! The rows of options for a scan.

use super::spec::*;
use super::typed::Opt::*;
use crate::cli::values::{parse_number, parse_positive_duration};

pub(super) static SCAN: &[OptSpec] = &[
    number(ScanTimeout, "connect-timeout", "DUR", |o, t| put(&mut o.dial.timeout, parse_positive_duration(t)))
        .default("2s")
        .variable("XPORT_CONNECT_TIMEOUT")
        .top(13)
        .help("Time limit for each port; after it, the port counts as filtered")
        .more("The name of the host is looked up once, before the first port, for at most 10s."),
    number(Parallel, "parallel", "N", |o, t| put(&mut o.parallel, parse_number(t, 1..=u16::MAX).map(usize::from)))
        .default("64")
        .variable("XPORT_PARALLEL")
        .top(12)
        .help("Try at most N ports at once")
        .more("xport tries fewer if it runs out of descriptors."),
    flag(Banner, "banner", |o| o.banner = true)
        .variable("XPORT_BANNER")
        .top(11)
        .help("Add the first line that a service sends")
        .more(
            "xport waits 1s for the line, and escapes it. The line follows the name of the service, or '-' if the \
             port has no name. It is cut after 200 characters. A service that waits for the client to speak first, \
             such as HTTP, sends none.",
        ),
];
