//! Serves an echo on streams, to any number of clients. `datagrams.rs` has the echo of datagrams.

use super::config::ListenConfig;
use super::listen;
use super::run::Run;
use crate::protocols::echo::Echo;
use crate::protocols::signals::Wanted;
use crate::sys::limits;
use crate::transports::protocol::factory;

pub(super) fn echo(ends: &[ListenConfig]) -> anyhow::Result<()> {
    let Some(first) = ends.first() else { return Ok(()) };
    let ready = listen::resolve(ends)?;
    let mut run = Run::of_server(first.grace, first.accept_timeout, &first.stream, Wanted::Nothing)?;
    // Each client needs a descriptor. If the system does not allow more, the present limit stays.
    let _ = limits::raise_open_files();
    let idle_timeout = first.stream.idle_timeout;
    let reporter = (!first.keep_open).then(|| run.reporter.clone());
    let _port_files = listen::open_all(
        run.event_loop.net(),
        ends,
        ready,
        |end| end.max_conns,
        || {
            let reporter = reporter.clone();
            factory(move || Echo::new(idle_timeout, reporter.clone()))
        },
    )?;
    run.run()
}
