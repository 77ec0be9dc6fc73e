//! Streams with an echo for any number of clients, or with stdin and stdout for one client at a time.

use super::config::ListenConfig;
use super::{Run, listen, marks, session_options, stdio, stdio_of};
use crate::protocols::echo::Echo;
use crate::protocols::pair::session::IdleStdio;
use crate::protocols::pair::stream::StreamSide;
use crate::protocols::signals::Wanted;
use crate::sys::limits;
use crate::transports::protocol::factory;

pub(super) fn echo(ends: &[ListenConfig]) -> anyhow::Result<()> {
    let Some(first) = ends.first() else { return Ok(()) };
    let ready = ends.iter().map(listen::resolve).collect::<anyhow::Result<_>>()?;
    let mut run = Run::of_server(first.grace, &first.stream, Wanted::Nothing)?;
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

pub(super) fn server(ends: &[ListenConfig]) -> anyhow::Result<()> {
    let Some(first) = ends.first() else { return Ok(()) };
    let ready = ends.iter().map(listen::resolve).collect::<anyhow::Result<_>>()?;
    let wanted = if first.keep_open { Wanted::Nothing } else { Wanted::Client };
    let mut run = Run::of_server(first.grace, &first.stream, wanted)?;
    let reporter = run.reporter.clone();
    let options = session_options(&first.stream, reporter.clone(), first.keep_open);

    let net = run.event_loop.net();
    let stdio = stdio(net, stdio_of(&first.stream), marks(&first.stream)?, IdleStdio::new(reporter))?;
    // stdin and stdout alone do not keep the run going.
    net.transport(stdio).set_background(true);
    // stdin and stdout serve one client at a time. The next client waits in the backlog.
    let _port_files = listen::open_all(
        net,
        ends,
        ready,
        |_| Some(1),
        || {
            let options = options.clone();
            factory(move || StreamSide::of_session(stdio, options.clone()))
        },
    )?;
    run.run()
}
