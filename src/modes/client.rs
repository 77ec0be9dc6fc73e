//! A stream that we connect, with stdin and stdout: `tcp-client`, `tls-client`, `unix-client`, `connect`.

use super::config::ConnectConfig;
use super::{Outbound, Run, Setup, marks, session_options, stdio, stdio_of};
use crate::protocols::pair::session::IdleStdio;
use crate::protocols::pair::stream::StreamSide;

pub(super) fn client(config: &ConnectConfig) -> anyhow::Result<()> {
    let setup = Setup::new(config, marks(&config.stream)?)?;
    let outbound = Outbound::new(&config.target)?;
    let mut run = Run::of_client(&config.stream, false)?;
    let reporter = run.reporter.clone();
    let net = run.event_loop.net();

    let stdio = stdio(net, stdio_of(&config.stream), setup.marks, IdleStdio::new(reporter.clone()))?;
    let options = session_options(&config.stream, reporter, false);
    let session = StreamSide::of_session(stdio, options);
    outbound.open(net, &config.dial, &setup, session)?;
    run.run()
}
