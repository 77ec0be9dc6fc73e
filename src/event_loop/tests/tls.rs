//! TLS inside a stream, in the simulator: the contract row by row. The other end is plain rustls.

use super::*;
use std::sync::OnceLock;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, Connection, ServerConnection};

/// Room in a "kernel" for all bytes of a test.
pub(super) const ENOUGH: usize = 1 << 30;

fn common(allow_truncation: bool) -> CommonSettings {
    CommonSettings { allow_truncation, advice: Advice::Arguments, ..CommonSettings::default() }
}

/// A time limit that suits a slow network.
pub(super) fn patient_server() -> TlsServer {
    let mut server = server();
    server.policy.handshake_timeout = Duration::from_secs(3600);
    server
}

pub(super) fn server() -> TlsServer {
    static SERVER: OnceLock<TlsServer> = OnceLock::new();
    let settings = || ServerSettings { common: common(false), identity: None, client_ca: None };
    SERVER.get_or_init(|| settings().prepare().expect("a certificate")).clone()
}

pub(super) fn client(trust: Trust, allow_truncation: bool) -> TlsClient {
    let name = ServerName::try_from("localhost").expect("a name");
    let common = common(allow_truncation);
    ClientSettings { common, trust, identity: None, name }.prepare().expect("a client")
}

fn knowing_client() -> TlsClient {
    client(Trust::Pins(vec![server().pin().expect("it is known")]), false)
}

/// The other end of a stream.
pub(super) struct Peer {
    pub(super) session: Connection,
    /// How many bytes of the stream it has taken in.
    pub(super) taken: usize,
    pub(super) received: Vec<u8>,
    pub(super) has_ended: bool,
    pub(super) failed: Option<rustls::Error>,
}

impl Peer {
    pub(super) fn client() -> Self {
        let client = knowing_client();
        Self::new(ClientConnection::new(client.config, client.name).expect("a session").into())
    }

    pub(super) fn server() -> Self {
        Self::new(ServerConnection::new(server().config).expect("a session").into())
    }

    fn new(session: Connection) -> Self {
        Self { session, taken: 0, received: Vec::new(), has_ended: false, failed: None }
    }

    pub(super) fn write(&mut self, data: &[u8]) {
        self.session.set_buffer_limit(None);
        self.session.writer().write_all(data).expect("there is no limit");
    }

    /// Takes out its pending bytes.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.session.wants_write() {
            self.session.write_tls(&mut bytes).expect("memory takes all");
        }
        bytes
    }

    /// Takes in the bytes of the stream.
    pub(super) fn look(&mut self, sim: &Sim, id: Id) {
        let sent = sim.sent(id);
        let mut rest = &sent[self.taken..];
        self.taken = sent.len();
        while !rest.is_empty() && self.failed.is_none() {
            self.session.read_tls(&mut rest).expect("there is room");
            match self.session.process_new_packets() {
                Ok(state) => self.has_ended |= state.peer_has_closed(),
                Err(error) => self.failed = Some(error),
            }
            let mut buffer = [0; 20_000];
            while let Ok(n @ 1..) = self.session.reader().read(&mut buffer) {
                self.received.extend_from_slice(&buffer[..n]);
            }
            if self.has_ended {
                break;
            }
        }
    }

    /// Exchanges bytes until neither has any.
    pub(super) fn talk(&mut self, sim: &mut Sim, id: Id) {
        loop {
            sim.settle();
            self.look(sim, id);
            let words = self.take();
            if words.is_empty() {
                return;
            }
            sim.feed(id, &words);
        }
    }
}

/// A stream that is a TLS server before it is open, and its client.
fn serving(protocol: impl Into<Handler>) -> (Sim, Id, Peer) {
    let mut sim = Sim::new();
    let id = sim.stream(ENOUGH, protocol);
    sim.transport(id).start_tls(server()).expect("TLS begins");
    (sim, id, Peer::client())
}

#[test]
fn a_stream_is_made_when_its_handshake_is_done() {
    let (mut sim, id, mut peer) = serving(Recorder::brief().on("made", |t, _| t.write(b"greeting")));
    assert_eq!(sim.told(id), [""; 0], "not before");
    peer.write(b"early");
    peer.talk(&mut sim, id);
    assert_eq!(sim.told(id), ["made", "early"]);
    assert_eq!(peer.received, b"greeting");
    let info = sim.transport(id).info();
    let tls = info.tls.expect("TLS");
    assert_eq!((tls.version.as_str(), tls.server_name.as_deref()), ("TLSv1.3", Some("localhost")));
    assert_eq!((info.totals.received, info.totals.sent), (5, 8), "of plaintext");
    sim.abort_all();
}

#[test]
fn each_direction_ends_by_its_close_notify() {
    plays(&[
        "tls write_eof: talk; is notified; is ended; not closed; send late; notify; talk; await made, late, eof; \
            do close; run; await lost",
        // A peer that has gone cleanly need not get the end.
        "tls write all of it: talk; notify; talk; end; broken BrokenPipe; do close; run; await made, eof, lost",
        "tls write all of it: talk; notify; talk; reset; do close; run; await made, eof, lost",
        "tls: talk; room 10; notify; talk; do write *1000; reset; run; await made, eof, lost: ConnectionReset",
        // A cut is an error after the last byte, unless it is allowed.
        "tls: send hello; talk; end; run; \
            await made, hello, lost: peer closed without close_notify (data may be truncated)...",
        "tls client: send hello; talk; end; await made, hello, eof; do abort",
        "tls: talk; send bye; notify; raw and what nobody may say any more; await made, bye, eof; do abort",
        // In the same read as the end of the handshake.
        "tls write an answer: raw ; settle; look; is shaken; notify; talk; await made, eof; got an answer; do abort",
        "tls write half of it: talk; do abort; run; look; got half of it; not notified; closed Reset; await made, lost",
        "tls write half of it: talk; do close_by_reset; run; look; got half of it; not notified; closed Reset; \
            await made, lost",
    ]);
}

#[test]
fn a_handshake_that_fails_is_told_to_the_peer_and_to_the_protocol() {
    plays(&[
        "tls stranger: talk; is alerted; is ended; end; run; await failed: Tls...",
        // The stream does not wait for a peer that never reads its alert.
        "tls: feed GET / HTTP/1.0\r\n\r\n; run; await failed: Tls...; within 1000",
        "tls: room 0; feed GET / HTTP/1.0\r\n\r\n; pass 1100; await failed: Tls...",
        "tls: hello 0; pass 9900; await ; pass 200; await failed: TimedOut...",
        "tls: hello 1; pass 9900; await ; pass 200; await failed: TimedOut...",
        "tls: hello 100; pass 9900; await ; pass 200; await failed: TimedOut...",
        "tls: do abort; run; await failed: given up",
    ]);
}

#[test]
fn an_open_stream_is_told_when_tls_has_started() {
    plays(&[
        // Nothing can be sent before the handshake is done, and the end waits for it, too.
        "open: do write go ahead\n; do start_tls; is paused; do write first; do write_eof; settle; sent go ahead\n; \
            skip 9; send hello; talk; await made, pause, started, resume, hello; got first; is notified; \
            is ended; do abort",
        // Bytes that are handed back before TLS belong to TLS. Plaintext is not taken for TLS.
        "open: hand back; do start_tls; send hello; talk; await made, pause, started, resume, hello; do abort",
        "open: do unread injected; do start_tls; run; await made, pause, ...",
        "open: do start_tls; do unread injected, and long enough to be a record; send real; talk; run; never injected",
        "open: do start_tls; end; run; \
            await made, pause, lost: the peer has closed the connection during the handshake",
        // A close during the handshake waits for it.
        "open: do start_tls; do write words; do close; talk; got words; is notified; end; run; \
            await made, pause, resume, lost",
    ]);
}

/// A record with an invalid tag.
const NONSENSE: &str = "\x17\x03\x03\x00\x20nobody can have encrypted this..";

#[test]
fn what_goes_wrong_behind_an_end_is_told() {
    let unreadable = "lost: cannot decrypt data from the peer...";
    plays(&[
        // A cut is not an end if a write has failed before.
        "tls: send half of it; talk; end; broken BrokenPipe; do write to nobody; run; \
            await made, half of it, unsent: BrokenPipe, lost: BrokenPipe",
        &format!("tls write_eof: talk; feed {NONSENSE}; await made, {unreadable}"),
        // While output waits, in time.
        &format!("tls: talk; room 10; do write *100000; feed {NONSENSE}; pass 1100; await ..., {unreadable}"),
    ]);
}

#[test]
fn a_pause_holds_what_is_decrypted_and_resuming_needs_no_event() {
    let (mut sim, id, mut peer) = serving(Recorder::brief().on("made", |t, _| t.pause_reading()));
    peer.talk(&mut sim, id);
    peer.write(&[7; 200_000]);
    peer.session.send_close_notify();
    peer.talk(&mut sim, id);
    assert_eq!(sim.told(id), ["made"]);
    sim.transport(id).resume_reading();
    let log = sim.told(id);
    let bytes = log.iter().filter_map(|line| line.strip_suffix(" bytes")?.parse::<usize>().ok()).sum::<usize>();
    assert_eq!((bytes, log.last().map(String::as_str)), (200_000, Some("eof")), "{log:?}");
    sim.abort_all();
}

#[test]
fn ciphertext_that_does_not_fit_pauses_the_protocol() {
    let (mut sim, id, mut peer) = serving(Recorder::brief());
    peer.talk(&mut sim, id);
    sim.wire(id).room = 0;
    let mut t = sim.transport(id);
    t.set_write_buffer_limits(WaterMarks::new(1000, None).expect("marks"));
    t.write(&[1; 5000]);
    assert!(t.is_writing_paused() && t.write_buffer_size() > 5000);
    t.close();
    sim.settle();
    assert!(peer.received.is_empty());
    sim.give_room(id, ENOUGH);
    peer.talk(&mut sim, id);
    assert_eq!((peer.received.len(), peer.has_ended), (5000, true));
    sim.feed_end(id);
    assert_eq!(sim.told(id), ["made", "pause", "resume", "lost"]);
}

#[test]
fn a_buffer_of_three_bytes_gets_every_byte() {
    let received = Log::new();
    let log = received.clone();
    let (mut sim, id, mut peer) = serving(Handler::buffered(
        Recorder::new().on("data", move |_, data| data.iter().for_each(|byte| log.add(*byte))),
    ));
    let data = Vec::from_iter((0..40_000_u32).map(|i| (i % 251) as u8));
    peer.talk(&mut sim, id);
    peer.write(&data);
    peer.session.send_close_notify();
    peer.talk(&mut sim, id);
    sim.feed_end(id);
    sim.run();
    assert!(received.take() == data);
}

#[test]
fn a_session_that_is_forwarded_is_decrypted_on_the_way() {
    let (mut sim, id, mut peer) = serving(Recorder::brief());
    let plain = sim.stream(ENOUGH, Recorder::brief());
    peer.talk(&mut sim, id);
    sim.transport(id).forward_to(plain);
    sim.transport(plain).forward_to(id);
    peer.write(&[5; 100_000]);
    sim.feed(plain, &[6; 100_000]);
    peer.talk(&mut sim, id);
    assert!(sim.sent(plain) == [5; 100_000] && peer.received == [6; 100_000]);
    sim.abort_all();
}

#[test]
fn tls_runs_over_pipes_and_over_unix_sockets() {
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let (read, their_write) = io::pipe().expect("a pipe");
    let (their_read, write) = io::pipe().expect("a pipe");
    let mut event_loop = EventLoop::new().expect("a loop");
    let net = event_loop.net();
    let recorders = [(); 2].map(|()| {
        Recorder::new().on("made", |t, _| {
            t.write(b"hello");
            t.write_eof();
        })
    });
    let logs = [0, 1].map(|which| recorders[which].log());
    let [first, second] = recorders;
    let by_pipes = net.connect_pipes(read, write, first).expect("pipes");
    let by_socket = net.adopt(ours, second).expect("a socket");
    for id in [by_pipes, by_socket] {
        net.transport(id).start_tls(knowing_client()).expect("TLS begins");
    }
    /// An echo with blocking calls.
    fn echo(mut read: impl Read, mut write: impl Write) -> io::Result<()> {
        let mut session = ServerConnection::new(server().config).expect("a session");
        let mut bytes = [0; 100];
        loop {
            while session.wants_write() {
                session.write_tls(&mut write)?;
            }
            if session.read_tls(&mut read)? == 0 {
                return Ok(());
            }
            let state = session.process_new_packets().expect("it is TLS");
            while let Ok(n @ 1..) = session.reader().read(&mut bytes) {
                session.writer().write_all(&bytes[..n])?;
            }
            if state.peer_has_closed() {
                session.send_close_notify();
            }
        }
    }
    let by_pipes = thread::spawn(move || echo(their_read, their_write));
    let by_socket = thread::spawn(move || echo(&theirs, &theirs));
    event_loop.run().expect("it runs");
    drop(event_loop);
    for log in logs {
        assert_eq!(log.take(), ["made", "data hello", "eof", "lost"]);
    }
    for thread in [by_pipes, by_socket] {
        thread.join().expect("no panic").expect("no error");
    }
}
