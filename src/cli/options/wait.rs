//! The rows of options for waiting.

use super::spec::*;
use super::typed::Opt::*;
use crate::cli::values::{parse_positive_duration, parse_status};

pub(super) static WAIT: &[OptSpec] = &[
    number(For, "for", "DUR", |o, t| put(&mut o.wait_for, parse_positive_duration(t).map(Some)))
        .help("Try again for at most this long, then exit with 124 [default: one try]"),
    number(Every, "every", "DUR", |o, t| put(&mut o.every, parse_positive_duration(t)))
        .default("250ms")
        .help("Pause this long after the first failed try; later pauses grow up to 2s"),
    flag(Any, "any", |o| o.any = true)
        .help("End as soon as one endpoint is up, or gone with --gone; otherwise all must be"),
    flag(Gone, "gone", |o| o.gone = true).help("Wait until the endpoints are gone").more(
        "An endpoint is gone if it refuses, is unreachable or does not react, or if its name or its unix socket does \
         not exist. An endpoint that answers in any way is not gone, not even with a wrong certificate or status. A \
         failure on this machine, or a name server that does not answer, proves nothing either.",
    ),
    text(Status, "status", "LIST", |o, t| push(&mut o.status, parse_status(t)))
        .repeat(Repeat::List)
        .help("Statuses of HTTP that mean 'up', such as 200,401 [default: every 2xx and 3xx]"),
    raw(Send, "send", "TEXT", |o, t| o.send = Some(t.to_owned()))
        .help("Send TEXT to udp: endpoints; a reply means 'up' [default: an empty datagram, and no refusal in 500ms]"),
];
