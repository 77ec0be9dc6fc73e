//! The program: it parses its arguments, runs a mode, and ends with the exit status of the outcome. Everything else is
//! in the library.

use std::process::ExitCode;
use std::time::Duration;

use xport::cli::{self, Parsed, logger, raw_mode, signals, stderr, stdio};
use xport::modes;
use xport::protocols::report::{Cause, Failure};

/// The exit status of wrong arguments. `finish` has the others.
const USAGE: u8 = 2;

/// How long the last message waits for room in stderr. A full pipe must not keep the program forever.
const PATIENCE: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    match cli::parse(std::env::args_os()) {
        Err(error) => {
            signals::ignore_file_size_signal();
            // If stderr fails, there is no other place for the message.
            let _ = stderr::write_all(logger::refusal(&error.to_string()).as_bytes(), PATIENCE);
            ExitCode::from(USAGE)
        }
        Ok(Parsed::Print(text)) => finish(print(&text)),
        Ok(Parsed::Run(invocation)) => {
            logger::init(invocation.verbosity, invocation.color, invocation.log_time);
            if let Some(warning) = &invocation.warning {
                log::warn!("{warning}");
            }
            finish(modes::run(&invocation.mode))
        }
    }
}

/// Writes help, the version and the like. A reader that closes the pipe early is no error worth a message.
fn print(text: &[u8]) -> anyhow::Result<()> {
    signals::ignore_file_size_signal();
    stdio::write_all_to_stdout(text).map_err(|error| {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            Failure::silent(Cause::ReaderGone).into()
        } else {
            let text = xport::transports::error::describe(&error);
            anyhow::Error::from(Failure::new(Cause::Local, format!("stdout: {text}")))
        }
    })
}

/// Shows the error of a run, and turns the error into an exit status or a signal.
fn finish(outcome: anyhow::Result<()>) -> ExitCode {
    // A raw terminal must be restored before anything is written, and before a signal may end the program.
    raw_mode::restore();
    let Err(error) = outcome else {
        logger::finish();
        return ExitCode::SUCCESS;
    };
    let failure = error.downcast_ref::<Failure>();
    let cause = failure.map_or(Cause::Local, |failure| failure.cause);
    let hint = failure.and_then(|failure| failure.hint.as_deref()).unwrap_or_default();
    for text in [format!("{error:#}").as_str(), hint].into_iter().filter(|text| !text.is_empty()) {
        if log::log_enabled!(log::Level::Error) {
            stderr::await_room(PATIENCE);
            log::error!("{text}");
        } else {
            let _ = stderr::write_all(logger::line(text).as_bytes(), PATIENCE);
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

/// Ends the program by `signal`, so that a shell sees 128 + `signal`. If the signal does not end it, that number is the
/// exit status.
fn end_by(signal: i32) -> u8 {
    signals::end_by(signal);
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}
