//! The protocol of most tests: records its calls in order, and does the actions of the test.

use super::*;

type OnMade = Box<dyn FnMut(&mut Transport<'_>)>;

pub(super) struct Recorder {
    log: Sender<String>,
    eof: Eof,
    /// Records the bytes without sizes, which depend on the implementation of TLS.
    is_brief: bool,
    on_made: Option<OnMade>,
    on_data: Option<fn(&mut Transport<'_>, &[u8])>,
    on_lost: Option<fn(&mut Transport<'_>)>,
}

impl Recorder {
    pub(super) fn new() -> (Self, Receiver<String>) {
        let (log, events) = channel();
        (Self { log, eof: Eof::Close, is_brief: false, on_made: None, on_data: None, on_lost: None }, events)
    }

    /// A recorder that keeps its stream open, with short records.
    pub(super) fn brief() -> (Self, Receiver<String>) {
        let (recorder, events) = Self::new();
        (Self { is_brief: true, ..recorder.keeping_open() }, events)
    }

    pub(super) fn keeping_open(mut self) -> Self {
        self.eof = Eof::KeepOpen;
        self
    }

    pub(super) fn on_made(mut self, f: impl FnMut(&mut Transport<'_>) + 'static) -> Self {
        self.on_made = Some(Box::new(f));
        self
    }

    pub(super) fn on_data(mut self, f: fn(&mut Transport<'_>, &[u8])) -> Self {
        self.on_data = Some(f);
        self
    }

    pub(super) fn on_lost(mut self, f: fn(&mut Transport<'_>)) -> Self {
        self.on_lost = Some(f);
        self
    }

    /// Its records go nowhere.
    pub(super) fn ignoring(mut self) -> Self {
        let (log, events) = channel();
        std::mem::forget(events);
        self.log = log;
        self
    }

    fn say(&self, text: impl Into<String>) {
        self.log.send(text.into()).expect("the test listens");
    }

    fn say_size(&self, what: &str, t: &Transport<'_>) {
        self.say(if self.is_brief { what.to_owned() } else { format!("{what} at {}", t.write_buffer_size()) });
    }
}

impl Protocol for Recorder {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.say("made");
        if let Some(f) = &mut self.on_made {
            f(t);
        }
    }
    fn connection_failed(&mut self, _t: &mut Transport<'_>, error: ConnectError) {
        self.say(format!("failed: {:?}", error.kind()));
    }
    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        let text = String::from_utf8_lossy(data);
        self.say(match self.is_brief {
            true if data.len() > 50 => format!("{} bytes", data.len()),
            true => text.into(),
            false => format!("data {text}"),
        });
        if let Some(f) = self.on_data {
            f(t, data);
        }
    }
    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        self.say("eof");
        self.eof
    }
    fn pause_writing(&mut self, t: &mut Transport<'_>) {
        self.say_size("pause", t);
    }
    fn resume_writing(&mut self, t: &mut Transport<'_>) {
        self.say_size("resume", t);
    }
    fn writing_failed(&mut self, _t: &mut Transport<'_>, error: &io::Error) {
        self.say(format!("unsent: {:?}", error.kind()));
    }
    fn timer_fired(&mut self, _t: &mut Transport<'_>, _timer: TimerId) {
        self.say("timer");
    }
    fn tls_started(&mut self, _t: &mut Transport<'_>) {
        self.say("started");
    }
    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        if let Some(f) = self.on_lost {
            f(t);
        }
        self.say(match error {
            None => "lost".to_owned(),
            Some(error) if is_tls(&error) => format!("lost: {error}"),
            Some(error) => format!("lost: {:?}", error.kind()),
        });
    }
}

pub(super) fn events(events: &Receiver<String>) -> Vec<String> {
    events.try_iter().collect()
}

/// Fills memory of its own, three bytes at a time.
pub(super) struct Three {
    pub(super) memory: [u8; 3],
    pub(super) log: Sender<Vec<u8>>,
}

impl BufferedProtocol for Three {
    fn get_buffer(&mut self, size_hint: usize) -> &mut [u8] {
        assert!(size_hint >= 3);
        &mut self.memory
    }
    fn buffer_updated(&mut self, t: &mut Transport<'_>, n_bytes: usize) {
        self.log.send(self.memory[..n_bytes].to_vec()).expect("the test listens");
        t.write(&self.memory[..n_bytes]);
    }
}
