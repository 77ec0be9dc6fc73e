//! The rows of options for a scan.

use super::spec::*;
use super::typed::Opt::*;
use crate::cli::values::{parse_number, parse_positive_duration};

pub(super) static SCAN: &[OptSpec] = &[
    number(ScanTimeout, "connect-timeout", "DUR", |o, t| put(&mut o.dial.connect_timeout, parse_positive_duration(t)))
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
        .more("There are fewer if this machine runs out of descriptors."),
    flag(Banner, "banner", |o| o.banner = true)
        .variable("XPORT_BANNER")
        .top(11)
        .help("Add the first line that a service sends")
        .more(
            "xport waits for the line for 1s, and escapes it. The line follows the name of the service, which is '-' \
             if the port has no name. It is cut after 200 characters. A service that waits for its client to speak \
             first, such as HTTP, has none.",
        ),
];
