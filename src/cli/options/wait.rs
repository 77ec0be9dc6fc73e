//! The rows of options for waiting.

use super::spec::*;
use super::typed::Opt::*;
use crate::cli::values::{parse_positive_duration, parse_statuses};

pub(super) static WAIT: &[OptSpec] = &[
    number(For, "for", "DUR", |o, t| put(&mut o.wait.limit, parse_positive_duration(t).map(Some)))
        .top(10)
        .help("Keep trying for this long [default: one try]")
        .more("When the time is up, the status is 124."),
    number(Every, "every", "DUR", |o, t| put(&mut o.wait.every, parse_positive_duration(t)))
        .default("250ms")
        .top(15)
        .help("Pause this long after a failed try")
        .more("Later pauses grow up to 2s."),
    flag(Any, "any", |o| o.wait.any = true).top(11).help("End as soon as one endpoint is up").more(
        "With --gone, xport ends as soon as one endpoint is gone. Without this option, all endpoints must be \
         up, or gone.",
    ),
    flag(Gone, "gone", |o| o.wait.gone = true).top(12).help("Wait until the endpoints are gone").more(
        "An endpoint is gone if it refuses, if its host is unreachable or does not react, or if its name or its unix \
         socket does not exist. An endpoint that answers in any way is not gone, even if its certificate or status is \
         wrong. A failure on this machine proves nothing. Nor does a network that is unreachable, or a name server \
         that does not answer.",
    ),
    text(Status, "status", "LIST", |o, t| parse_statuses(t).map(|statuses| o.status.extend(statuses)))
        .repeat(Repeat::List)
        .top(13)
        .help("HTTP statuses that mean 'up'")
        .more("LIST is like 200,401 or 2xx,401. The default is 2xx,3xx."),
    raw(Send, "send", "TEXT", |o, t| o.send = Some(t.to_owned()))
        .top(14)
        .help("Send TEXT to udp: endpoints; a reply means 'up'")
        .more("The default is an empty datagram, and no refusal within 500ms means 'up'."),
];
