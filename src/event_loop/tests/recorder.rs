//! The protocols of most tests, for streams, datagrams and children: they record their calls in order, and do the
//! actions of the test.

use super::*;

/// A record of calls, for a protocol and its test.
pub(super) struct Log<T = String>(Arc<Mutex<Vec<T>>>);

impl<T> Log<T> {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    pub(super) fn add(&self, call: T) {
        self.0.lock().expect("no test panics with it").push(call);
    }

    /// The calls since the last question.
    pub(super) fn take(&self) -> Vec<T> {
        std::mem::take(&mut *self.0.lock().expect("no test panics with it"))
    }
}

/// The same record.
impl<T> Clone for Log<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// What a test does in a callback. The bytes are those of `data_received`.
type Action = Box<dyn FnMut(&mut Transport<'_>, &[u8])>;

/// A protocol for streams. As a [`BufferedProtocol`] it reads into a few bytes of its own.
pub(super) struct Recorder {
    log: Log,
    eof: Eof,
    /// Records the bytes without sizes, which depend on the implementation of TLS.
    is_brief: bool,
    actions: Vec<(&'static str, Action)>,
    memory: Option<Vec<u8>>,
}

impl Recorder {
    pub(super) fn new() -> Self {
        Self { log: Log::new(), eof: Eof::Close, is_brief: false, actions: Vec::new(), memory: Some(vec![0; 3]) }
    }

    /// A recorder that keeps its stream open, with short records.
    pub(super) fn brief() -> Self {
        Self { is_brief: true, ..Self::new().keeping_open() }
    }

    pub(super) fn keeping_open(mut self) -> Self {
        self.eof = Eof::KeepOpen;
        self
    }

    /// Sets the size of its memory as a [`BufferedProtocol`]. With `None`, it panics when it is asked for memory.
    pub(super) fn with_memory(mut self, len: Option<usize>) -> Self {
        self.memory = len.map(|len| vec![0; len]);
        self
    }

    /// Does this in a callback, which has the first word of its record as its name.
    pub(super) fn on(mut self, call: &'static str, action: impl FnMut(&mut Transport<'_>, &[u8]) + 'static) -> Self {
        self.actions.push((call, Box::new(action)));
        self
    }

    /// Sends back what it gets.
    pub(super) fn echoing(self) -> Self {
        self.on("data", |t, data| t.write(data))
    }

    pub(super) fn log(&self) -> Log {
        self.log.clone()
    }

    fn act(&mut self, t: &mut Transport<'_>, call: &str, data: &[u8]) {
        for (_, action) in self.actions.iter_mut().filter(|(name, _)| *name == call) {
            action(t, data);
        }
    }

    fn say(&mut self, t: &mut Transport<'_>, call: &str, details: impl fmt::Display) {
        self.log.add(format!("{call}{details}"));
        self.act(t, call, b"");
    }

    fn say_size(&mut self, t: &mut Transport<'_>, call: &str) {
        let size = if self.is_brief { String::new() } else { format!(" at {}", t.write_buffer_size()) };
        self.say(t, call, size);
    }

    fn say_data(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        let text = String::from_utf8_lossy(data);
        self.log.add(match self.is_brief {
            true if data.len() > 50 => format!("{} bytes", data.len()),
            true => text.into(),
            false => format!("data {text}"),
        });
        self.act(t, "data", data);
    }

    fn say_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        let why = match error {
            None => String::new(),
            Some(error) if is_tls(&error) || error.kind() == io::ErrorKind::Other => format!(": {error}"),
            Some(error) => format!(": {:?}", error.kind()),
        };
        self.say(t, "lost", why);
    }
}

impl Protocol for Recorder {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.say(t, "made", "");
    }
    fn connection_failed(&mut self, t: &mut Transport<'_>, error: ConnectError) {
        let why = if error.is_given_up() { "given up".to_owned() } else { format!("{:?}: {error}", error.kind()) };
        self.say(t, "failed", format_args!(": {why}"));
    }
    fn data_received(&mut self, t: &mut Transport<'_>, data: &[u8]) {
        self.say_data(t, data);
    }
    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        self.say(t, "eof", "");
        self.eof
    }
    fn pause_writing(&mut self, t: &mut Transport<'_>) {
        self.say_size(t, "pause");
    }
    fn resume_writing(&mut self, t: &mut Transport<'_>) {
        self.say_size(t, "resume");
    }
    fn writing_failed(&mut self, t: &mut Transport<'_>, error: &io::Error) {
        self.say(t, "unsent", format_args!(": {:?}", error.kind()));
    }
    fn timer_fired(&mut self, t: &mut Transport<'_>, _timer: TimerId) {
        self.say(t, "timer", "");
    }
    fn tls_started(&mut self, t: &mut Transport<'_>) {
        self.say(t, "started", "");
    }
    fn resolved(&mut self, t: &mut Transport<'_>, answer: Result<Vec<SocketAddr>, ConnectError>) {
        let answer = answer.map_or_else(|error| error.to_string(), |addresses| format!("{addresses:?}"));
        self.say(t, "resolved", format_args!(": {answer}"));
    }
    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        self.say_lost(t, error);
    }
}

impl BufferedProtocol for Recorder {
    fn get_buffer(&mut self, size_hint: usize) -> &mut [u8] {
        let memory = self.memory.as_mut().expect("broken on purpose, in get_buffer");
        assert!(size_hint >= memory.len());
        memory
    }
    fn buffer_updated(&mut self, t: &mut Transport<'_>, n_bytes: usize) {
        let memory = self.memory.take().expect("it was filled");
        self.say_data(t, &memory[..n_bytes]);
        self.act(t, "buffer_updated", b"");
        self.memory = Some(memory);
    }
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.say(t, "made", "");
    }
    fn eof_received(&mut self, t: &mut Transport<'_>) -> Eof {
        self.say(t, "eof", "");
        Eof::Close
    }
    fn timer_fired(&mut self, t: &mut Transport<'_>, _timer: TimerId) {
        self.say(t, "timer", "");
    }
    fn connection_lost(&mut self, t: &mut Transport<'_>, error: Option<io::Error>) {
        self.say_lost(t, error);
    }
}

/// What a test does in each callback of a datagram socket, which the record names.
type Reaction = Box<dyn FnMut(&mut DatagramTransport<'_>, &str)>;

/// A protocol for datagrams.
pub(super) struct DatagramRecorder {
    log: Log,
    reaction: Reaction,
}

impl DatagramRecorder {
    pub(super) fn new(reaction: impl FnMut(&mut DatagramTransport<'_>, &str) + 'static) -> Self {
        Self { log: Log::new(), reaction: Box::new(reaction) }
    }

    pub(super) fn log(&self) -> Log {
        self.log.clone()
    }

    fn say(&mut self, t: &mut DatagramTransport<'_>, text: &str) {
        self.log.add(text.to_owned());
        (self.reaction)(t, text);
    }
}

impl DatagramProtocol for DatagramRecorder {
    fn connection_made(&mut self, t: &mut DatagramTransport<'_>) {
        self.say(t, "made");
    }
    fn connection_failed(&mut self, t: &mut DatagramTransport<'_>, error: ConnectError) {
        self.say(t, &format!("failed: {error}"));
    }
    fn datagram_received(&mut self, t: &mut DatagramTransport<'_>, data: &[u8], from: &Remote) {
        self.say(t, &format!("{}<{}", String::from_utf8_lossy(data), from.address().port()));
    }
    fn error_received(&mut self, t: &mut DatagramTransport<'_>, error: io::Error) {
        self.say(t, &format!("error {}", error.raw_os_error().unwrap_or(0)));
    }
    fn pause_writing(&mut self, t: &mut DatagramTransport<'_>) {
        self.say(t, &format!("pause at {}", t.write_buffer_size()));
    }
    fn resume_writing(&mut self, t: &mut DatagramTransport<'_>) {
        self.say(t, &format!("resume at {}", t.write_buffer_size()));
    }
    fn timer_fired(&mut self, t: &mut DatagramTransport<'_>, _timer: TimerId) {
        self.say(t, "timer");
    }
    fn connection_lost(&mut self, t: &mut DatagramTransport<'_>, error: Option<io::Error>) {
        assert!(error.is_none(), "no error ends a socket");
        self.say(t, "lost");
    }
}

/// A call of a [`SubprocessProtocol`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Made,
    Data(u8, Vec<u8>),
    PipeLost(u8, Option<io::ErrorKind>),
    Exited(Option<i32>),
    Timer,
    Lost(Option<i32>),
}

type ChildReaction = Box<dyn FnMut(&mut SubprocessTransport<'_>, &Told)>;

/// A protocol for children.
pub(super) struct ChildRecorder {
    log: Log<Told>,
    reaction: ChildReaction,
}

impl ChildRecorder {
    pub(super) fn new(reaction: impl FnMut(&mut SubprocessTransport<'_>, &Told) + 'static) -> Self {
        Self { log: Log::new(), reaction: Box::new(reaction) }
    }

    pub(super) fn log(&self) -> Log<Told> {
        self.log.clone()
    }

    fn say(&mut self, t: &mut SubprocessTransport<'_>, told: Told) {
        self.log.add(told.clone());
        (self.reaction)(t, &told);
    }
}

impl SubprocessProtocol for ChildRecorder {
    fn connection_made(&mut self, t: &mut SubprocessTransport<'_>) {
        self.say(t, Told::Made);
    }
    fn pipe_data_received(&mut self, t: &mut SubprocessTransport<'_>, fd: u8, data: &[u8]) {
        self.say(t, Told::Data(fd, data.to_vec()));
    }
    fn pipe_connection_lost(&mut self, t: &mut SubprocessTransport<'_>, fd: u8, error: Option<io::Error>) {
        self.say(t, Told::PipeLost(fd, error.map(|error| error.kind())));
    }
    fn process_exited(&mut self, t: &mut SubprocessTransport<'_>) {
        let code = t.returncode().and_then(|status| status.code());
        self.say(t, Told::Exited(code));
    }
    fn timer_fired(&mut self, t: &mut SubprocessTransport<'_>, _timer: TimerId) {
        self.say(t, Told::Timer);
    }
    fn connection_lost(&mut self, t: &mut SubprocessTransport<'_>, error: Option<io::Error>) {
        assert!(error.is_none());
        let code = t.returncode().and_then(|status| status.code());
        self.say(t, Told::Lost(code));
    }
}

/// A pipe of a child.
pub(super) fn pipe<'a>(t: &'a mut SubprocessTransport<'_>, number: u8) -> Transport<'a> {
    let pipe = t.pipe_transport(number).expect("a pipe");
    t.peer(pipe)
}
