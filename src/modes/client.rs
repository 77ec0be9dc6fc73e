//! A stream that we connect, with stdin and stdout: `tcp-client`, `tls-client`, `unix-client`, `connect`.

use super::config::ConnectConfig;
use super::{Outbound, Run, Setup, marks, session_options, stdio, stdio_of};
use crate::protocols::lifecycle::Lifecycle;
use crate::protocols::pair::half_close::{HalfClose, SILENCE};
use crate::protocols::session::{IdleStdio, PeerSide, SessionOptions};

pub(super) fn client(config: &ConnectConfig) -> anyhow::Result<()> {
    let setup = Setup::new(config, marks(&config.stream)?)?;
    let outbound = Outbound::new(&config.target)?;
    let mut run = Run::new(&config.stream)?;
    run.watch_client(Lifecycle::client(config.stream.timeout, run.reporter.clone()))?;
    let reporter = run.reporter.clone();
    let net = run.event_loop.net();

    let console = stdio(net, stdio_of(&config.stream), setup.marks, IdleStdio::new(reporter.clone()))?;
    let starttls = config.tls.as_ref().and_then(|tls| tls.starttls);
    let mut options = session_options(&config.stream, false);
    if let (Some(_), HalfClose::Auto) = (starttls, options.half_close) {
        // Servers of these protocols take an end before their last answer for a hang-up.
        options = SessionOptions { half_close: HalfClose::After(SILENCE), ..options };
    }
    let session = PeerSide::new(console, options, reporter);
    outbound.open(net, &config.dial, &setup, session)?;
    run.run()
}
