//! A stream that we connect, with stdin and stdout: `tcp-client`, `tls-client`, `unix-client`, `connect`.

use super::config::ConnectConfig;
use super::{Outbound, Run, marks, session_options, stdio, stdio_of, tls};
use crate::protocols::pair::half_close::{HalfClose, SILENCE};
use crate::protocols::pair::session::IdleStdio;
use crate::protocols::pair::stream::StreamSide;

pub(super) fn client(config: &ConnectConfig) -> anyhow::Result<()> {
    let tls = tls::client(config.tls.as_ref())?;
    let outbound = Outbound::new(&config.target)?;
    let mut run = Run::of_client(&config.stream, false)?;
    let marks = marks(&config.stream)?;
    let reporter = run.reporter.clone();
    let net = run.event_loop.net();

    let stdio = stdio(net, stdio_of(&config.stream), marks, IdleStdio::new(reporter.clone()))?;
    let starttls = config.tls.as_ref().and_then(|tls| tls.starttls);
    let mut options = session_options(&config.stream, reporter, false);
    if let (Some(_), HalfClose::Auto) = (starttls, options.half_close) {
        // Servers of these protocols take an end before their last answer for a hang-up.
        options.half_close = HalfClose::After(SILENCE);
    }
    let session = StreamSide::of_session(stdio, options);
    outbound.open(net, &config.dial, tls.as_ref(), marks, session)?;
    run.run()
}
