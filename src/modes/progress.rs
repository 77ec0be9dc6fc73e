//! `--progress`: a line on stderr that says how much has moved between stdin, stdout and the peer, and how fast.
//!
//! The counters of stdin and stdout are read a few times in a second, between two turns of the loop. So all bytes take
//! the same way as without the line, and a run without `--progress` does nothing for it. indicatif estimates the rate
//! and the time left, and makes the line. `sys/stderr.rs` writes it without waiting, and erases it before a message.
//!
//! ```text
//!   Still ---a byte has moved---> Hidden ---1 s---> Drawn ---the session ends---> its last state stays; Still
//!                                   |                 |
//!                                   +-----------------+---data is shown on the same terminal---> Over
//! ```

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::config::StreamConfig;
use crate::sys::{stderr, stdio};
use crate::transports::amounts::{Size, Span};
use crate::transports::id::Id;
use crate::transports::info::{ConnectionEnd, Totals};
use crate::transports::net::Net;

/// How often the counters are read, and the line is drawn.
const INTERVAL: Duration = Duration::from_millis(200);

/// A transfer that is over before this time needs no line.
const SHORT: Duration = Duration::from_secs(1);

/// On a terminal with fewer columns nothing is drawn.
const COLUMNS_MIN: u16 = 8;

/// The line has a bar if there is room for this many characters of it.
const BAR_MIN: usize = 14;

/// Shows the progress of the sessions of a run.
pub(super) struct ProgressLine {
    phase: DrawPhase,
    /// The totals when the session began.
    base: Totals,
    /// The bytes of stdin at the start, if it is a file that is sent.
    file: Option<u64>,
    /// Received data is shown on a terminal.
    shows_data: bool,
    /// stdin and stdout are in the background between two sessions, and not during a session.
    was_foreground: bool,
}

enum DrawPhase {
    Still,
    Hidden(Meter),
    Drawn(Meter),
    Over,
}

/// The direction that the line is about. The other one is mentioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MainWay {
    Out,
    In,
}

struct Meter {
    bar: ProgressBar,
    way: MainWay,
    /// How much had moved that way when the bar began.
    before: u64,
    start: Instant,
}

impl ProgressLine {
    /// Watches stdin and stdout, the stream `stdio`. `None` if no line is asked for, or if stderr cannot show one.
    pub(super) fn new(net: &mut Net, stdio: Id, config: &StreamConfig) -> Option<Self> {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        if !config.progress || is_dumb || !stderr::is_terminal() {
            return None;
        }
        net.transport(stdio).watch_totals();
        Some(Self {
            phase: DrawPhase::Still,
            base: Totals::default(),
            file: stdio::rest_of_stdin().filter(|rest| !config.recv_only && *rest > 0),
            shows_data: !config.send_only && stdio::stdout_is_terminal(),
            was_foreground: false,
        })
    }

    /// When to look next. `None` while nothing moves.
    pub(super) fn next_look(&self) -> Option<Instant> {
        (!matches!(self.phase, DrawPhase::Still)).then(|| Instant::now() + INTERVAL)
    }

    /// Whether a session has just begun to move bytes, so that it is time to look at once.
    pub(super) fn has_begun(&self, net: &Net) -> bool {
        let moves = |totals: Totals| self.moved(totals) != Totals::default();
        matches!(self.phase, DrawPhase::Still) && net.watched_totals().is_some_and(|(totals, _)| moves(totals))
    }

    /// Reads the counters, and draws.
    pub(super) fn look(&mut self, net: &mut Net) {
        let Some((totals, is_background)) = net.watched_totals() else { return };
        if std::mem::replace(&mut self.was_foreground, !is_background) && is_background {
            return self.finish(net, false);
        }
        let moved = self.moved(totals);
        if self.shows_data && moved.sent > 0 {
            // `transports/channel.rs` has erased the line before the data.
            self.phase = DrawPhase::Over;
        }
        self.phase = match std::mem::replace(&mut self.phase, DrawPhase::Over) {
            DrawPhase::Still if moved == Totals::default() => DrawPhase::Still,
            DrawPhase::Still => DrawPhase::Hidden(Meter::new(moved, self.file.is_some())),
            DrawPhase::Hidden(mut meter) => {
                meter.note(moved, self.file.is_some());
                let is_drawn = meter.start.elapsed() >= SHORT && self.draw(&meter, moved);
                if is_drawn { DrawPhase::Drawn(meter) } else { DrawPhase::Hidden(meter) }
            }
            DrawPhase::Drawn(mut meter) => {
                meter.note(moved, self.file.is_some());
                self.draw(&meter, moved);
                DrawPhase::Drawn(meter)
            }
            DrawPhase::Over => DrawPhase::Over,
        };
    }

    /// The session is over: the line shows its last state, and stays. It is erased if `-v` says the same.
    /// `has_failed` says that the run has failed, even if its last connection has ended cleanly.
    pub(super) fn finish(&mut self, net: &mut Net, has_failed: bool) {
        let Some((totals, _)) = net.watched_totals() else { return };
        let moved = self.moved(totals);
        let is_garbled = self.shows_data && moved.sent > 0;
        let last_end = net.take_last_end();
        let is_told = last_end.is_some() && log::log_enabled!(target: "xport::event_loop", log::Level::Info);
        let end = if has_failed { ConnectionEnd::Cut } else { last_end.unwrap_or(ConnectionEnd::InOrder) };
        if let DrawPhase::Drawn(meter) = std::mem::replace(&mut self.phase, DrawPhase::Still) {
            match room() {
                Some(room) if !is_garbled && !is_told => {
                    meter.show(&self.pieces(&meter, moved, Some(end)), None, room);
                    stderr::keep_drawn();
                }
                _ => stderr::erase(),
            }
        }
        self.base = totals;
    }

    /// How much has moved in this session.
    fn moved(&self, totals: Totals) -> Totals {
        Totals { received: totals.received - self.base.received, sent: totals.sent - self.base.sent }
    }

    /// Draws the line, if there is room for it.
    fn draw(&self, meter: &Meter, moved: Totals) -> bool {
        let room = room();
        if let Some(room) = room {
            meter.show(&self.pieces(meter, moved, None), self.length(), room);
        }
        room.is_some()
    }

    /// The bytes of this session, if stdin is a file.
    fn length(&self) -> Option<u64> {
        self.file?.checked_sub(self.base.received)
    }

    /// The parts of the line. `end` says how the session has ended.
    fn pieces(&self, meter: &Meter, moved: Totals, end: Option<ConnectionEnd>) -> Pieces {
        let (main, other) = meter.way.of(moved);
        // A peer that is gone has not received all bytes that were read for it.
        let is_cut = end == Some(ConnectionEnd::Cut);
        let out = if is_cut { "read" } else { "out" };
        let (main_name, other_name) = if meter.way == MainWay::Out { (out, "in") } else { ("in", out) };
        let elapsed = meter.start.elapsed();
        let rate = if end.is_some() { main as f64 / elapsed.as_secs_f64() } else { meter.bar.per_sec() };
        // A file can grow.
        let length = self.length().filter(|length| *length > 0 && main <= *length && !is_cut);
        Pieces {
            main: Size(main).to_string(),
            main_name,
            rate: format!("{}/s", Size(rate as u64)),
            percent: length.map(|length| format!("{}%", u128::from(main) * 100 / u128::from(length))),
            time: match end {
                Some(ConnectionEnd::InOrder) => Some(format!("in {}", Span(elapsed))),
                Some(ConnectionEnd::Cut) => Some(format!("cut after {}", Span(elapsed))),
                None => {
                    let left = length.filter(|length| rate >= 1.0 && main < *length);
                    let left = left.and_then(|left| Duration::try_from_secs_f64((left - main) as f64 / rate).ok());
                    left.map(|left| format!("{:#} left", HumanDuration(left)))
                }
            },
            other: (other > 0).then(|| format!("{} {other_name}", Size(other))),
        }
    }
}

/// How many characters the line may have. `None` if the terminal has no room for it, or if this process is in the
/// background, from where a line would garble the foreground.
fn room() -> Option<u16> {
    let columns = stderr::columns().filter(|columns| *columns >= COLUMNS_MIN)?;
    // A character in the last column would move the cursor to the next line on some terminals.
    Some(columns - 1)
}

impl MainWay {
    /// How much has moved this way, and the other way.
    fn of(self, moved: Totals) -> (u64, u64) {
        // Bytes that are received from stdin go out to the peer.
        let (out, into) = (moved.received, moved.sent);
        if self == Self::Out { (out, into) } else { (into, out) }
    }
}

impl Meter {
    fn new(moved: Totals, is_file: bool) -> Self {
        let way = if is_file || moved.received >= moved.sent { MainWay::Out } else { MainWay::In };
        // The first bytes came with the beginning, so they count for the rate.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Self { bar, way, before: 0, start: Instant::now() }
    }

    /// Notes how much has moved. The line is about a file that is sent, or else about the busier direction.
    fn note(&mut self, moved: Totals, is_file: bool) {
        let (main, other) = self.way.of(moved);
        if !is_file && other / 2 > main {
            self.way = if self.way == MainWay::Out { MainWay::In } else { MainWay::Out };
            self.before = other;
            self.bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        }
        self.bar.set_position(self.way.of(moved).0.saturating_sub(self.before));
        self.bar.tick();
    }

    /// Draws the longest form of the line that fits.
    fn show(&self, pieces: &Pieces, length: Option<u64>, room: u16) {
        let text = pieces.fit(usize::from(room));
        let has_bar = length.is_some() && usize::from(room) >= text.len() + BAR_MIN;
        let template = if has_bar { "{msg}  [{wide_bar}]" } else { "{wide_msg}" };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let drawn = ProgressBar::with_draw_target(length, ProgressDrawTarget::hidden());
        drawn.set_style(style.progress_chars("=> "));
        drawn.set_message(text);
        drawn.set_position(self.bar.position() + self.before);
        let screen = Box::new(Screen { width: room, line: Mutex::default() });
        drawn.set_draw_target(ProgressDrawTarget::term_like(screen));
        drawn.force_draw();
        // Otherwise the drop would clear the line.
        drawn.set_draw_target(ProgressDrawTarget::hidden());
    }
}

/// The parts of the line.
struct Pieces {
    main: String,
    main_name: &'static str,
    rate: String,
    percent: Option<String>,
    time: Option<String>,
    other: Option<String>,
}

impl Pieces {
    /// The longest form of at most this many characters.
    fn fit(&self, room: usize) -> String {
        let Self { main, main_name, rate, .. } = self;
        let part = |piece: &Option<String>, before: &str| {
            piece.as_ref().map(|piece| format!("{before}{piece}")).unwrap_or_default()
        };
        let (percent, time, other) = (part(&self.percent, "  "), part(&self.time, "  "), part(&self.other, ", "));
        let short = self.percent.as_ref().map(|percent| format!("{percent} {rate}"));
        let forms = [
            format!("{main} {main_name}{other}  {rate}{percent}{time}"),
            format!("{main} {main_name}  {rate}{percent}{time}"),
            format!("{main} {rate}{}", part(&self.percent, " ")),
            short.unwrap_or_else(|| format!("{main} {rate}")),
            self.percent.clone().unwrap_or_else(|| main.clone()),
        ];
        forms.into_iter().find(|form| form.len() <= room).unwrap_or_default()
    }
}

/// The terminal on stderr, as indicatif draws on it: one line, written at once.
#[derive(Debug)]
struct Screen {
    /// The room for the line.
    width: u16,
    line: Mutex<String>,
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        self.width
    }

    fn move_cursor_up(&self, _n: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _n: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _n: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _n: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        stderr::draw(&std::mem::take(&mut *self.line.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(())
    }
}
