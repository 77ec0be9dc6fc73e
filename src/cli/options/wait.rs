//! The rows of options for waiting.

use super::spec::*;
use super::typed::Opt::*;
use crate::cli::values::{parse_positive_duration, parse_statuses};

pub(super) static WAIT: &[OptSpec] = &[
    number(For, "for", "DUR", |o, t| put(&mut o.wait_for, parse_positive_duration(t).map(Some)))
        .top(10)
        .help("Try again for this long [default: one try]")
        .more("If the time is over, the status is 124."),
    number(Every, "every", "DUR", |o, t| put(&mut o.every, parse_positive_duration(t)))
        .default("250ms")
        .top(15)
        .help("Pause this long after a failed try")
        .more("Later pauses grow up to 2s."),
    flag(Any, "any", |o| o.any = true)
        .top(11)
        .help("End as soon as one endpoint is up")
        .more("With --gone, one endpoint that is gone is enough. Without this option, all must be."),
    flag(Gone, "gone", |o| o.gone = true).top(12).help("Wait until the endpoints are gone").more(
        "An endpoint is gone if it refuses, is unreachable or does not react, or if its name or its unix socket does \
         not exist. An endpoint that answers in any way is not gone, not even with a wrong certificate or status. A \
         failure on this machine, or a name server that does not answer, proves nothing either.",
    ),
    text(Status, "status", "LIST", |o, t| parse_statuses(t).map(|statuses| o.status.extend(statuses)))
        .repeat(Repeat::List)
        .top(13)
        .help("Statuses of HTTP that mean 'up'")
        .more("They look like 200,401 or 2xx,401. The default is 2xx,3xx."),
    raw(Send, "send", "TEXT", |o, t| o.send = Some(t.to_owned()))
        .top(14)
        .help("Send TEXT to udp: endpoints; a reply means 'up'")
        .more("The default is an empty datagram, and no refusal within 500ms means 'up'."),
];
