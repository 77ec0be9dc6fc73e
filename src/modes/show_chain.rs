//! `tls-client --show-chain`: writes the certificates of a server to stdout.

use super::config::ConnectConfig;
use super::open::Connection;
use super::parts::{marks, stdio};
use super::run::Run;
use super::tls::Greeting;
use crate::protocols::pair::session::IdleStdio;
use crate::protocols::show_chain::ShowChain;
use crate::transports::opening::Stdio;
use crate::transports::tls::show::SeenChain;

pub(super) fn show_chain(config: &ConnectConfig) -> anyhow::Result<()> {
    let seen = SeenChain::default();
    let server = Connection::new(config, Greeting::Dropped, Some(seen.clone()))?;
    let mut run = Run::of_client(&config.stream, false)?;
    let (marks, reporter) = (marks(&config.stream)?, run.reporter.clone());
    let net = run.event_loop.net();
    let stdout = stdio(net, Stdio::OutputOnly, marks, IdleStdio::new(reporter.clone()))?;
    net.transport(stdout).set_background(true);
    server.open(net, ShowChain::new(seen, stdout, reporter), marks)?;
    run.run()
}
