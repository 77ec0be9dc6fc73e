//! The program: parse, run, and turn the outcome into an exit status. Everything else is in the library.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use xport::cli::{self, Parsed, logger, raw_mode, signals, stderr};
use xport::modes;
use xport::protocols::report::{Cause, Failure};

/// `usage or configuration`; the other statuses are [`status`]'s.
const USAGE: u8 = 2;

/// How long stderr may take nothing before the last words of a run are given up: a full pipe must not keep us for ever.
const PATIENCE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    match cli::parse(std::env::args_os()) {
        Err(error) => {
            // Nothing is left to be done if even that cannot be written.
            let _ = stderr::write_all(error.to_string().as_bytes(), PATIENCE);
            ExitCode::from(USAGE)
        }
        Ok(Parsed::Print(text)) => finish(print(&text)),
        Ok(Parsed::Run(invocation)) => {
            logger::init(invocation.verbosity, invocation.color);
            finish(modes::run(&invocation.mode))
        }
    }
}

/// Writes help and the like. A reader who has seen enough is no error.
fn print(text: &[u8]) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text).and_then(|()| stdout.flush()).map_err(|error| {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Failure::silent(Cause::ReaderGone).into()
        } else {
            let text = xport::transports::error::describe(&error);
            anyhow::Error::from(Failure::new(Cause::Local, format!("stdout: {text}")))
        }
    })
}

/// The one place where an error is shown and becomes a status, or a signal.
fn finish(outcome: anyhow::Result<()>) -> ExitCode {
    // Whoever made it raw has restored it; nothing may be written, and nobody may end us, before that.
    raw_mode::restore();
    let Err(error) = outcome else {
        logger::finish();
        return ExitCode::SUCCESS;
    };
    let cause = error.downcast_ref::<Failure>().map_or(Cause::Local, |failure| failure.cause);
    let text = format!("{error:#}");
    if !text.is_empty() {
        if log::log_enabled!(log::Level::Error) {
            stderr::await_room(PATIENCE);
            log::error!("{text}");
        } else {
            let line = format!("xport: {}\n", xport::transports::text::escape(&text));
            let _ = stderr::write_all(line.as_bytes(), PATIENCE);
        }
    }
    logger::finish();
    ExitCode::from(match cause {
        Cause::Local => 1,
        Cause::Usage => USAGE,
        Cause::Unavailable => 3,
        Cause::Broken => 4,
        Cause::Tls => 5,
        Cause::TimedOut => 124,
        Cause::ReaderGone => end_by(signals::SIGPIPE),
        Cause::Signal(signal) => end_by(signal),
        Cause::Child(status) => status,
    })
}

/// Ends by `signal`, so that a shell sees 128 + `signal`; the same as a status, should that not end us.
fn end_by(signal: i32) -> u8 {
    signals::end_by(signal);
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}
