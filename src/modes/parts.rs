//! Parts that several modes need: configurations as the transports take them, inherited sockets, stdin and stdout.

use std::io;
use std::os::fd::RawFd;

use super::config::StreamConfig;
use super::terminal;
use crate::protocols::pair::{PairOptions, SessionOptions};
use crate::protocols::report::{Cause, Failure, Reporter};
use crate::transports::error::describe;
use crate::transports::id::Id;
use crate::transports::net::Net;
use crate::transports::opening::{Inherited, Stdio, inherit};
use crate::transports::out_buf::WaterMarks;
use crate::transports::protocol::Handler;

/// The water marks of the write buffers.
pub(super) fn marks(stream: &StreamConfig) -> anyhow::Result<WaterMarks> {
    Ok(WaterMarks::new(stream.high_water, stream.low_water)?)
}

/// Takes over an inherited descriptor.
pub(super) fn take_over(number: RawFd) -> Result<Inherited, Failure> {
    inherit(number).map_err(|error| unusable(number, &describe(&error)))
}

/// The failure of a mode that cannot use an inherited descriptor.
pub(super) fn unusable(number: RawFd, why: &str) -> Failure {
    Failure::new(Cause::Unavailable, format!("fd:{number}: {why}"))
}

/// The options of a pair. Without a `reporter` the pair is one of many.
pub(super) fn pair_options(
    stream: &StreamConfig,
    reporter: Option<Reporter>,
    session: Option<SessionOptions>,
) -> PairOptions {
    let StreamConfig { half_close, idle_timeout, linger, quit_after, .. } = *stream;
    PairOptions { half_close, idle_timeout, linger, quit_after, reporter, session }
}

/// The options of a session. With `reuse_stdio`, other sessions follow.
pub(super) fn session_options(stream: &StreamConfig, reuse_stdio: bool) -> SessionOptions {
    let StreamConfig { send_only, recv_only, until_peer_ends, .. } = *stream;
    let keys = stream.keys.map(terminal::key_options);
    SessionOptions { send_only, recv_only, until_peer_ends, reuse_stdio, keys }
}

/// Opens stdin, stdout, or both as one stream.
pub(super) fn stdio(
    net: &mut Net,
    which: Stdio,
    marks: WaterMarks,
    protocol: impl Into<Handler>,
) -> Result<Id, Failure> {
    let opened = net.stdio(which, protocol);
    prepare_stdio(net, opened, marks)
}

/// Sets the water marks of a standard stream that was opened. An error of opening it names the stream already.
pub(super) fn prepare_stdio(net: &mut Net, opened: io::Result<Id>, marks: WaterMarks) -> Result<Id, Failure> {
    let id = opened.map_err(|error| Failure::new(Cause::Local, describe(&error)))?;
    net.transport(id).set_write_buffer_limits(marks);
    Ok(id)
}

/// The standard streams that a session needs.
pub(super) fn stdio_of(stream: &StreamConfig) -> Stdio {
    match (stream.send_only, stream.recv_only) {
        (true, _) => Stdio::InputOnly,
        (_, true) => Stdio::OutputOnly,
        _ => Stdio::Both,
    }
}
