//! Messages on stderr: one line each, with the prefix `xport: `, and with control characters escaped.
//!
//! A line that stderr cannot take at once is dropped (`sys/stderr.rs`), so that a reader that stops reading cannot stop
//! the program. A message that repeats is counted and not written. The code that logs decides what is worth a message.

use std::borrow::Cow;
use std::collections::HashMap;
use std::env;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use env_logger::fmt::WriteStyle;
use env_logger::{Builder, Target};
use log::{Level, LevelFilter, Record};
use x509_cert::der::DateTime;

use crate::cli::quote::escape;
use crate::protocols::NOTICE;
use crate::sys::{raw_mode, stderr};

/// How much is reported on stderr.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// `-q`: errors.
    Quiet,
    /// Errors, warnings, and the addresses that xport listens on.
    #[default]
    Normal,
    /// `-v`: connections as well.
    Verbose,
    /// `-vv`: the loop's decisions as well.
    Debug,
    /// `-vvv`: everything.
    Trace,
}

/// Whether messages are coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How many messages of one place in the code are written in a second. The others are counted. The limit applies to
/// warnings and for the messages of `-v` and `-vv`. Errors, lines that scripts wait for, and `-vvv` have no limit.
const REPEATS_MAX: u32 = 10;

/// The time in which messages are counted.
const REPEATS_WINDOW: Duration = Duration::from_secs(1);

/// The longest message in bytes. With time, prefix, colour and newline it stays below one page, which stderr takes at
/// once.
const MESSAGE_BYTES_MAX: usize = 4_000;

static REPEATS: LazyLock<Mutex<Repeats>> = LazyLock::new(Mutex::default);

/// Whether each line begins with the time.
static HAS_TIME: AtomicBool = AtomicBool::new(false);

/// Sets the logger up. `XPORT_LOG`, in env_logger's syntax, wins over the verbosity. `RUST_LOG` does too, but only if
/// it names xport: a filter for another program must not hide warnings of xport.
///
/// With `has_time`, each line begins with the time. A second call changes nothing else.
pub fn init(verbosity: Verbosity, color: Color, has_time: bool) {
    HAS_TIME.store(has_time, Ordering::Relaxed);
    let mut builder = Builder::new();
    let mut odd = Vec::new();
    let variable = |name: &str| env::var(name).ok().filter(|spec| !spec.is_empty());
    match variable("XPORT_LOG").or_else(|| variable("RUST_LOG").filter(|spec| names_xport(spec))) {
        Some(spec) => {
            let spec = check_spec(&spec, &mut odd);
            if spec.is_empty() {
                // A filter without a readable part must not hide warnings.
                set_levels(&mut builder, verbosity);
            } else {
                builder.parse_filters(&spec);
            }
            // Scripts wait for these lines, so a filter for other programs must not hide them.
            if verbosity != Verbosity::Quiet && !spec.contains(NOTICE) {
                builder.filter_module(NOTICE, LevelFilter::Info);
            }
        }
        None => set_levels(&mut builder, verbosity),
    }
    let colored = is_colored(color, &io::stderr());
    builder
        .target(Target::Pipe(Box::new(Stderr)))
        // `write_record` writes the colours, so env_logger must not strip them.
        .write_style(WriteStyle::Always)
        .format(move |out, record| write_record(out, record, colored));
    if builder.try_init().is_err() {
        return;
    }
    for part in odd {
        log::warn!("ignoring {part:?} in XPORT_LOG or RUST_LOG");
    }
}

/// Reports how many messages were counted and not written. To be called before the program ends.
pub fn finish() {
    let total = repeats().drain();
    if total > 0 && log::log_enabled!(Level::Warn) {
        // This line is dropped as well if stderr cannot take it.
        let _ = Stderr.write_all(suppressed(total).as_bytes());
    }
}

/// A line for stderr that the logger does not write: the time, if it is wanted, the prefix, and the text, escaped.
#[must_use]
pub fn line(text: &str) -> String {
    format!("{}xport: {}\n", time_now(), escape(text))
}

/// The text of a usage error, which has several lines. The command line could not be read, so this looks for a wish for
/// the time by itself.
#[must_use]
pub fn refusal(text: &str) -> String {
    let options = || env::args_os().skip(1).take_while(|arg| arg != "--");
    if env::var_os("XPORT_LOG_TIME").is_some_and(|value| value == "1") || options().any(|arg| arg == "--log-time") {
        let time = timestamp(SystemTime::now());
        return text.lines().map(|line| format!("{time} {line}").trim_end().to_owned() + "\n").collect();
    }
    text.to_owned()
}

/// The time for the beginning of a line, with a space behind it, or nothing if it is not wanted.
fn time_now() -> String {
    if HAS_TIME.load(Ordering::Relaxed) { format!("{} ", timestamp(SystemTime::now())) } else { String::new() }
}

/// `2026-01-02T03:04:05.678Z`: RFC 3339 in UTC, so that lines of different machines and seasons can be sorted.
fn timestamp(time: SystemTime) -> String {
    let since_1970 = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let millis = since_1970.subsec_millis();
    match DateTime::from_unix_duration(Duration::from_secs(since_1970.as_secs())) {
        // Its text ends in Z.
        Ok(date) => format!("{}.{millis:03}Z", date.to_string().trim_end_matches('Z')),
        // The clock is beyond the year 9999.
        Err(_) => format!("{}.{millis:03}", since_1970.as_secs()),
    }
}

fn set_levels(builder: &mut Builder, verbosity: Verbosity) {
    // Messages of other crates are shown one step later.
    let (ours, others) = match verbosity {
        Verbosity::Quiet => (LevelFilter::Error, LevelFilter::Off),
        Verbosity::Normal => (LevelFilter::Warn, LevelFilter::Error),
        Verbosity::Verbose => (LevelFilter::Info, LevelFilter::Warn),
        Verbosity::Debug => (LevelFilter::Debug, LevelFilter::Info),
        Verbosity::Trace => (LevelFilter::Trace, LevelFilter::Debug),
    };
    builder.filter_level(others).filter_module("xport", ours);
    if verbosity != Verbosity::Quiet {
        builder.filter_module(NOTICE, ours.max(LevelFilter::Info));
    }
}

/// Whether a directive of a filter is about this program.
fn names_xport(spec: &str) -> bool {
    let directives = spec.split_once('/').map_or(spec, |(directives, _)| directives);
    directives.split(',').any(|directive| {
        let target = directive.split_once('=').map_or(directive, |(target, _)| target).trim();
        target == "xport" || target.starts_with("xport::")
    })
}

/// Removes the parts of a filter that env_logger does not know. env_logger would report them on stderr by itself, which
/// can block or fail.
fn check_spec(spec: &str, odd: &mut Vec<String>) -> String {
    let (directives, filter) = match spec.split_once('/') {
        Some((_, filter)) if filter.contains('/') => {
            odd.push(spec.to_owned());
            return String::new();
        }
        Some((directives, filter)) => (directives, Some(filter)),
        None => (spec, None),
    };
    let is_known = |directive: &str| match directive.split_once('=') {
        Some((_, level)) => level.trim().is_empty() || level.trim().parse::<LevelFilter>().is_ok(),
        None => true,
    };
    let (known, unknown): (Vec<&str>, Vec<&str>) = directives.split(',').partition(|directive| is_known(directive));
    odd.extend(unknown.into_iter().map(str::to_owned));
    let mut checked = known.join(",");
    if let Some(filter) = filter {
        checked.push('/');
        checked.push_str(filter);
    }
    checked
}

/// Whether text on a stream is coloured.
pub(super) fn is_colored(color: Color, stream: &impl IsTerminal) -> bool {
    chooses_color(color, &|name| env::var(name).ok(), stream.is_terminal())
}

/// `--color`, then <https://no-color.org>, then `CLICOLOR_FORCE`, then the terminal.
fn chooses_color(color: Color, variable: &dyn Fn(&str) -> Option<String>, terminal: bool) -> bool {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR").is_some() => false,
        Color::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        Color::Auto => terminal && set("TERM").is_none_or(|term| term != "dumb"),
    }
}

fn write_record(out: &mut dyn Write, record: &Record<'_>, colored: bool) -> io::Result<()> {
    if is_limited(record) {
        let place = (record.file_static().unwrap_or_default(), record.line().unwrap_or_default());
        let (written, total) = repeats().count(place, Instant::now());
        if total > 0 {
            out.write_all(suppressed(total).as_bytes())?;
        }
        if !written {
            return Ok(());
        }
    }
    let prefix = match record.level() {
        Level::Error if colored => "\x1b[31mxport:\x1b[0m",
        Level::Warn if colored => "\x1b[33mxport:\x1b[0m",
        _ => "xport:",
    };
    let (time, message) = (time_now(), escape(&record.args().to_string()));
    if message.len() <= MESSAGE_BYTES_MAX {
        return writeln!(out, "{time}{prefix} {message}");
    }
    let end = (0..=MESSAGE_BYTES_MAX).rev().find(|end| message.is_char_boundary(*end)).unwrap_or(0);
    writeln!(out, "{time}{prefix} {}…", &message[..end])
}

/// Whether a peer can cause a flood of such messages.
fn is_limited(record: &Record<'_>) -> bool {
    matches!(record.level(), Level::Warn | Level::Info | Level::Debug) && record.target() != NOTICE
}

fn suppressed(total: u64) -> String {
    format!("{}xport: … {total} similar messages suppressed\n", time_now())
}

/// The counters. They stay usable after a panic.
fn repeats() -> MutexGuard<'static, Repeats> {
    REPEATS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// File and line of a message.
type CallSite = (&'static str, u32);

/// How many messages each place has had in its current second. Places are lines of code, so there are few.
#[derive(Default)]
struct Repeats {
    places: HashMap<CallSite, Window>,
}

struct Window {
    start: Instant,
    count: u32,
    suppressed: u64,
}

impl Repeats {
    /// Counts a message. Gives whether to write the message, and how many earlier ones were not written.
    fn count(&mut self, place: CallSite, now: Instant) -> (bool, u64) {
        let window = self.places.entry(place).or_insert(Window { start: now, count: 0, suppressed: 0 });
        let mut total = 0;
        if now.duration_since(window.start) >= REPEATS_WINDOW {
            total = window.suppressed;
            *window = Window { start: now, count: 0, suppressed: 0 };
        }
        window.count = window.count.saturating_add(1);
        let written = window.count <= REPEATS_MAX;
        window.suppressed += u64::from(!written);
        (written, total)
    }

    /// Takes the number of messages that were not written and not yet reported.
    fn drain(&mut self) -> u64 {
        self.places.drain().map(|(_, window)| window.suppressed).sum()
    }
}

/// stderr for env_logger: accepts every line, and never waits.
struct Stderr;

impl Write for Stderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let shown = if raw_mode::is_raw() && io::stderr().is_terminal() {
            // A raw terminal does not go back to the left margin at a newline.
            Cow::Owned(String::from_utf8_lossy(line).replace('\n', "\r\n").into_bytes())
        } else {
            Cow::Borrowed(line)
        };
        // No other place is left to report a failure to.
        let _ = stderr::write(&shown);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_repeats_is_counted_and_told_a_second_later() {
        let (mut repeats, start) = (Repeats::default(), Instant::now());
        let (here, there) = (("here.rs", 1), ("here.rs", 2));
        for _ in 0..REPEATS_MAX {
            assert_eq!(repeats.count(here, start), (true, 0));
        }
        for _ in 0..7 {
            assert_eq!(repeats.count(here, start), (false, 0));
        }
        assert_eq!(repeats.count(there, start), (true, 0), "another place has its own count");
        assert_eq!(repeats.count(here, start + REPEATS_WINDOW), (true, 7));
        assert_eq!(repeats.count(here, start + REPEATS_WINDOW), (true, 0));
        assert_eq!(repeats.drain(), 0);
    }

    #[test]
    fn colour_follows_the_option_then_the_environment_then_the_terminal() {
        let colored = |color, variables: &[(&str, &str)], terminal| {
            let find =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            chooses_color(color, &find, terminal)
        };
        assert!(colored(Color::Always, &[("NO_COLOR", "1")], false));
        assert!(!colored(Color::Never, &[("CLICOLOR_FORCE", "1")], true));
        assert!(!colored(Color::Auto, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true));
        assert!(colored(Color::Auto, &[("NO_COLOR", ""), ("CLICOLOR_FORCE", "1")], false));
        assert!(!colored(Color::Auto, &[("CLICOLOR_FORCE", "0")], false));
        assert!(!colored(Color::Auto, &[("TERM", "dumb")], true));
        assert!(colored(Color::Auto, &[], true));
        assert!(!colored(Color::Auto, &[], false));
    }

    #[test]
    fn a_message_is_one_line_of_bounded_length() {
        let line = |message: &str| {
            let mut out = Vec::new();
            let mut record = Record::builder();
            write_record(&mut out, &record.level(Level::Error).args(format_args!("{message}")).build(), false)
                .expect("memory takes everything");
            String::from_utf8(out).expect("text")
        };
        assert_eq!(line("a\nb\x1b[2Jü"), "xport: a\\nb\\u{1b}[2Jü\n");
        let long = line(&"ü".repeat(100_000));
        assert!(long.len() <= 4096 && long.ends_with("…\n") && long.lines().count() == 1);
    }

    #[test]
    fn the_time_is_that_of_utc_with_milliseconds() {
        let at = |millis| timestamp(SystemTime::UNIX_EPOCH + Duration::from_millis(millis));
        assert_eq!(at(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(at(1_709_251_199_999), "2024-02-29T23:59:59.999Z");
        assert_eq!(at(253_402_300_799_001), "9999-12-31T23:59:59.001Z");
        assert_eq!(at(253_402_300_800_050), "253402300800.050");
    }

    #[test]
    fn what_scripts_wait_for_errors_and_traces_have_no_limit() {
        let limited = |level, target| is_limited(&Record::builder().level(level).target(target).build());
        for level in [Level::Warn, Level::Info, Level::Debug] {
            assert!(limited(level, "xport::event_loop"), "{level}");
            assert!(!limited(level, NOTICE), "{level}");
        }
        assert!(!limited(Level::Error, "xport"));
        assert!(!limited(Level::Trace, "xport"));
    }

    #[test]
    fn a_filter_for_other_programs_does_not_name_us() {
        for spec in
            ["xport", "xport=debug", "hyper=info,xport::event_loop=trace", " xport =warn,info", "xport=info/text"]
        {
            assert!(names_xport(spec), "{spec}");
        }
        for spec in ["", "info", "off", "error", "hyper=debug", "xporter=debug", "my::xport=debug", "info/xport=debug"]
        {
            assert!(!names_xport(spec), "{spec}");
        }
    }

    #[test]
    fn odd_filters_are_set_aside() {
        let mut odd = Vec::new();
        assert_eq!(check_spec("xport=debug,mio=loud,info", &mut odd), "xport=debug,info");
        assert_eq!(check_spec("xport=/text", &mut odd), "xport=/text");
        assert_eq!(check_spec("a/b/c", &mut odd), "");
        assert_eq!(odd, ["mio=loud", "a/b/c"]);
    }
}
