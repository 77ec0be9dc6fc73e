//! TLS inside a stream, in the simulator: the contract row by row. The other end is rustls too, by itself.

use std::io::{self, Read, Write};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, Connection, ServerConnection};

use super::sim::Sim;
use crate::transports::advice::Advice;
use crate::transports::error::is_tls;
use crate::transports::handle::Transport;
use crate::transports::id::Id;
use crate::transports::out_buf::WaterMarks;
use crate::transports::protocol::{BufferedProtocol, Eof, Handler, Protocol};
use crate::transports::tls::settings::{ClientSettings, CommonSettings, ServerSettings, Trust, Version};
use crate::transports::tls::{TlsClient, TlsServer};

/// Room in a "kernel" for whatever a test sends.
pub(super) const ENOUGH: usize = 1 << 30;

fn common(allow_truncation: bool) -> CommonSettings {
    CommonSettings {
        min_version: Version::Tls12,
        alpn: Vec::new(),
        handshake_timeout: Duration::from_secs(10),
        allow_truncation,
        keylog: None,
        advice: Advice::Arguments,
    }
}

/// One with all the time that a slow network takes.
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

fn client(trust: Trust, allow_truncation: bool) -> TlsClient {
    let name = ServerName::try_from("localhost").expect("a name");
    let common = common(allow_truncation);
    ClientSettings { common, trust, identity: None, name }.prepare().expect("a client")
}

fn knowing_client() -> TlsClient {
    client(Trust::Pins(vec![server().pin()]), false)
}

/// The other end of a stream.
pub(super) struct Peer {
    pub(super) session: Connection,
    /// How much of what the stream has sent it has taken in.
    taken: usize,
    pub(super) received: Vec<u8>,
    pub(super) has_ended: bool,
    failed: Option<rustls::Error>,
}

impl Peer {
    pub(super) fn client() -> Self {
        let client = knowing_client();
        Self::new(ClientConnection::new(client.config, client.name).expect("a session").into())
    }

    fn server() -> Self {
        Self::new(ServerConnection::new(server().config).expect("a session").into())
    }

    fn new(session: Connection) -> Self {
        Self { session, taken: 0, received: Vec::new(), has_ended: false, failed: None }
    }

    pub(super) fn write(&mut self, data: &[u8]) {
        self.session.set_buffer_limit(None);
        self.session.writer().write_all(data).expect("there is no limit");
    }

    /// What it has to send.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.session.wants_write() {
            self.session.write_tls(&mut bytes).expect("memory takes all");
        }
        bytes
    }

    /// Takes in what the stream has sent.
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

    /// Talks until neither has anything to say.
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

/// Says what was called, in order.
pub(super) struct Recorder {
    log: Sender<String>,
    on_made: fn(&mut Transport<'_>),
}

impl Recorder {
    pub(super) fn new(on_made: fn(&mut Transport<'_>)) -> (Self, Receiver<String>) {
        let (log, events) = channel();
        (Self { log, on_made }, events)
    }

    fn say(&self, text: impl Into<String>) {
        self.log.send(text.into()).expect("the test listens");
    }
}

impl Protocol for Recorder {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        self.say("made");
        (self.on_made)(t);
    }
    fn connection_failed(&mut self, _t: &mut Transport<'_>, error: crate::transports::dial::ConnectError) {
        self.say(format!("failed: {:?}", error.kind()));
    }
    fn data_received(&mut self, _t: &mut Transport<'_>, data: &[u8]) {
        self.say(if data.len() > 50 { format!("{} bytes", data.len()) } else { String::from_utf8_lossy(data).into() });
    }
    fn eof_received(&mut self, _t: &mut Transport<'_>) -> Eof {
        self.say("eof");
        Eof::KeepOpen
    }
    fn pause_writing(&mut self, _t: &mut Transport<'_>) {
        self.say("pause");
    }
    fn resume_writing(&mut self, _t: &mut Transport<'_>) {
        self.say("resume");
    }
    fn tls_started(&mut self, _t: &mut Transport<'_>) {
        self.say("started");
    }
    fn connection_lost(&mut self, _t: &mut Transport<'_>, error: Option<io::Error>) {
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

/// A stream that is a server of TLS before it is open, and its client.
pub(super) fn serving(on_made: fn(&mut Transport<'_>)) -> (Sim, Id, Peer, Receiver<String>) {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new(on_made);
    let id = sim.stream(ENOUGH, recorder);
    sim.net().transport(id).start_tls(server()).expect("TLS begins");
    (sim, id, Peer::client(), log)
}

#[test]
fn a_stream_is_made_when_its_handshake_is_done() {
    let (mut sim, id, mut peer, log) = serving(|t| t.write(b"greeting"));
    sim.settle();
    assert_eq!(events(&log), [""; 0], "not before");
    peer.write(b"early");
    peer.talk(&mut sim, id);
    assert_eq!(events(&log), ["made", "early"]);
    assert_eq!(peer.received, b"greeting");
    let info = sim.net().transport(id).info();
    let tls = info.tls.expect("TLS");
    assert_eq!((tls.version.as_str(), tls.server_name.as_deref()), ("TLSv1.3", Some("localhost")));
    assert_eq!((info.totals.received, info.totals.sent), (5, 8), "of plaintext");
}

#[test]
fn each_direction_ends_by_its_close_notify() {
    let (mut sim, id, mut peer, log) = serving(|t| t.write_eof());
    peer.talk(&mut sim, id);
    assert!(peer.has_ended && sim.wire(id).outbound_end, "close_notify, then the end of the direction");
    assert_eq!(sim.wire(id).closed, None);
    peer.write(b"late");
    peer.session.send_close_notify();
    peer.talk(&mut sim, id);
    assert_eq!(events(&log), ["made", "late", "eof"]);
    sim.net().transport(id).close();
    sim.run();
    assert_eq!(events(&log), ["lost"]);
    sim.assert_nothing_left();
}

#[test]
fn who_has_gone_in_order_need_not_hear_of_our_end() {
    let (mut sim, id, mut peer, log) = serving(|t| t.write(b"all there is"));
    peer.talk(&mut sim, id);
    peer.session.send_close_notify();
    peer.talk(&mut sim, id);
    sim.feed_end(id);
    sim.wire(id).write_error = Some(io::ErrorKind::BrokenPipe);
    sim.net().transport(id).close();
    sim.run();
    assert_eq!(events(&log), ["made", "eof", "lost"]);
    sim.assert_nothing_left();
}

#[test]
fn a_reset_behind_close_notify_is_about_our_own_end_alone() {
    let (mut sim, id, mut peer, log) = serving(|t| t.write(b"all there is"));
    peer.talk(&mut sim, id);
    peer.session.send_close_notify();
    peer.talk(&mut sim, id);
    sim.reset(id);
    sim.net().transport(id).close();
    sim.run();
    assert_eq!(events(&log), ["made", "eof", "lost"]);
    sim.assert_nothing_left();
}

#[test]
fn a_reset_behind_close_notify_is_an_error_where_bytes_wait() {
    let (mut sim, id, mut peer, log) = serving(|_| ());
    peer.talk(&mut sim, id);
    sim.wire(id).room = 10;
    peer.session.send_close_notify();
    peer.talk(&mut sim, id);
    sim.net().transport(id).write(&[0; 1000]);
    sim.reset(id);
    sim.run();
    assert_eq!(events(&log), ["made", "eof", "lost: ConnectionReset"]);
    sim.assert_nothing_left();
}

#[test]
fn a_stream_that_is_cut_is_an_error_after_the_last_byte() {
    let (mut sim, id, mut peer, log) = serving(|_| ());
    peer.write(b"hello");
    peer.talk(&mut sim, id);
    sim.feed_end(id);
    sim.run();
    let events = events(&log);
    assert_eq!(events[..2], ["made", "hello"]);
    assert!(events[2].starts_with("lost: peer closed without close_notify (data may be truncated)"), "{events:?}");
    sim.assert_nothing_left();
}

#[test]
fn a_cut_is_an_end_where_that_is_allowed() {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new(|_| ());
    let id = sim.stream(ENOUGH, recorder);
    sim.net().transport(id).start_tls(client(Trust::Pins(vec![server().pin()]), true)).expect("TLS begins");
    let mut peer = Peer::server();
    peer.write(b"hello");
    peer.talk(&mut sim, id);
    sim.feed_end(id);
    sim.settle();
    assert_eq!(events(&log), ["made", "hello", "eof"]);
}

#[test]
fn what_is_said_with_the_last_byte_comes_after_it() {
    let (mut sim, id, mut peer, log) = serving(|_| ());
    peer.talk(&mut sim, id);
    peer.write(b"bye");
    peer.session.send_close_notify();
    let mut words = peer.take();
    words.extend_from_slice(b"and what nobody may say any more");
    sim.feed(id, &words);
    sim.settle();
    assert_eq!(events(&log), ["made", "bye", "eof"]);
}

#[test]
fn an_end_that_comes_with_the_end_of_the_handshake_is_told_after_it() {
    let (mut sim, id, mut peer, log) = serving(|t| t.write(b"an answer"));
    sim.feed(id, &peer.take());
    sim.settle();
    peer.look(&sim, id);
    assert!(!peer.session.is_handshaking());
    peer.session.send_close_notify();
    peer.talk(&mut sim, id);
    assert_eq!(events(&log), ["made", "eof"]);
    assert_eq!(peer.received, b"an answer");
}

#[test]
fn a_handshake_that_fails_is_told_to_the_peer_and_to_the_protocol() {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new(|_| ());
    let id = sim.stream(ENOUGH, recorder);
    let stranger = client(Trust::Pins(vec![crate::transports::tls::Pin([0; 32])]), false);
    sim.net().transport(id).start_tls(stranger).expect("TLS begins");
    let mut peer = Peer::server();
    peer.talk(&mut sim, id);
    assert!(matches!(peer.failed, Some(rustls::Error::AlertReceived(_))), "{:?}", peer.failed);
    assert!(sim.wire(id).outbound_end);
    sim.feed_end(id);
    sim.run();
    assert_eq!(events(&log), ["failed: Tls"]);
    sim.assert_nothing_left();
}

#[test]
fn a_peer_that_does_not_take_its_alert_is_not_waited_for() {
    let (mut sim, id, _, log) = serving(|_| ());
    sim.feed(id, b"GET / HTTP/1.0\r\n\r\n");
    let before = sim.elapsed();
    sim.run();
    assert_eq!(events(&log), ["failed: Tls"]);
    assert!(sim.elapsed() - before <= Duration::from_secs(1));
    sim.assert_nothing_left();
}

#[test]
fn a_peer_that_never_reads_its_alert_is_not_waited_for_either() {
    let (mut sim, id, _, log) = serving(|_| ());
    sim.wire(id).room = 0;
    sim.feed(id, b"GET / HTTP/1.0\r\n\r\n");
    sim.pass(Duration::from_millis(1_100));
    assert_eq!(events(&log), ["failed: Tls"]);
    sim.run();
    sim.assert_nothing_left();
}

#[test]
fn a_handshake_has_its_time() {
    for bytes in [0, 1, 100] {
        let (mut sim, id, mut peer, log) = serving(|_| ());
        sim.feed(id, &peer.take()[..bytes]);
        sim.pass(Duration::from_millis(9_900));
        assert_eq!(events(&log), [""; 0]);
        sim.pass(Duration::from_millis(200));
        assert_eq!(events(&log), ["failed: TimedOut"]);
        sim.run();
        sim.assert_nothing_left();
    }
}

#[test]
fn an_open_stream_is_told_when_tls_has_started() {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new(|_| ());
    let id = sim.stream(ENOUGH, recorder);
    sim.settle();
    let mut t = sim.net().transport(id);
    t.write(b"go ahead\n");
    t.start_tls(server()).expect("TLS begins");
    assert!(t.is_writing_paused(), "nothing can be sent before the handshake is done");
    t.write(b"first");
    t.write_eof();
    let mut peer = Peer::client();
    sim.settle();
    assert_eq!(sim.sent(id), b"go ahead\n");
    peer.taken = 9;
    peer.write(b"hello");
    peer.talk(&mut sim, id);
    assert_eq!(events(&log), ["made", "pause", "started", "resume", "hello"]);
    assert_eq!(peer.received, b"first");
    assert!(peer.has_ended && sim.wire(id).outbound_end, "the end has waited for the handshake");
}

#[test]
fn what_is_handed_back_before_tls_belongs_to_tls() {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new(|_| ());
    let id = sim.stream(ENOUGH, recorder);
    sim.settle();
    let mut peer = Peer::client();
    let hello = peer.take();
    sim.net().transport(id).unread(&hello);
    sim.net().transport(id).start_tls(server()).expect("TLS begins");
    peer.write(b"hello");
    peer.talk(&mut sim, id);
    assert_eq!(events(&log), ["made", "pause", "started", "resume", "hello"]);
}

#[test]
fn plaintext_is_not_taken_for_tls() {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new(|_| ());
    let id = sim.stream(ENOUGH, recorder);
    sim.settle();
    sim.net().transport(id).unread(b"injected");
    sim.net().transport(id).start_tls(server()).expect("TLS begins");
    sim.run();
    assert_eq!(events(&log)[..2], ["made", "pause"]);
    sim.assert_nothing_left();
}

#[test]
fn an_upgrade_that_fails_is_the_end_of_the_stream() {
    let mut sim = Sim::new();
    let (recorder, log) = Recorder::new(|_| ());
    let id = sim.stream(ENOUGH, recorder);
    sim.settle();
    sim.net().transport(id).start_tls(server()).expect("TLS begins");
    sim.feed_end(id);
    sim.run();
    let log = events(&log);
    assert_eq!(log[2], "lost: the peer has closed the connection during the handshake");
    sim.assert_nothing_left();
}

#[test]
fn a_pause_holds_what_is_decrypted_and_resuming_needs_no_event() {
    let (mut sim, id, mut peer, log) = serving(|t| t.pause_reading());
    peer.talk(&mut sim, id);
    peer.write(&[7; 200_000]);
    peer.session.send_close_notify();
    peer.talk(&mut sim, id);
    assert_eq!(events(&log), ["made"]);
    sim.net().transport(id).resume_reading();
    sim.settle();
    let log = events(&log);
    let bytes = log.iter().filter_map(|line| line.strip_suffix(" bytes")?.parse::<usize>().ok()).sum::<usize>();
    assert_eq!(bytes, 200_000, "{log:?}");
    assert_eq!(log.last().map(String::as_str), Some("eof"));
}

#[test]
fn ciphertext_that_does_not_fit_pauses_the_protocol() {
    let (mut sim, id, mut peer, log) = serving(|_| ());
    peer.talk(&mut sim, id);
    sim.wire(id).room = 0;
    let mut t = sim.net().transport(id);
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
    sim.run();
    assert_eq!(events(&log), ["made", "pause", "resume", "lost"]);
    sim.assert_nothing_left();
}

/// A protocol with very little memory.
struct Small {
    buffer: [u8; 3],
    received: Sender<Vec<u8>>,
}

impl BufferedProtocol for Small {
    fn get_buffer(&mut self, _size_hint: usize) -> &mut [u8] {
        &mut self.buffer
    }
    fn buffer_updated(&mut self, _t: &mut Transport<'_>, n_bytes: usize) {
        self.received.send(self.buffer[..n_bytes].to_vec()).expect("the test listens");
    }
}

#[test]
fn a_buffer_of_three_bytes_gets_every_byte() {
    let mut sim = Sim::new();
    let (sender, received) = channel();
    let id = sim.stream(ENOUGH, Handler::buffered(Small { buffer: [0; 3], received: sender }));
    sim.net().transport(id).start_tls(server()).expect("TLS begins");
    let mut peer = Peer::client();
    let data = Vec::from_iter((0..40_000_u32).map(|i| (i % 251) as u8));
    peer.talk(&mut sim, id);
    peer.write(&data);
    peer.session.send_close_notify();
    peer.talk(&mut sim, id);
    sim.feed_end(id);
    sim.run();
    assert!(received.try_iter().collect::<Vec<_>>().concat() == data);
    sim.assert_nothing_left();
}

#[test]
fn an_abort_says_nothing_and_a_reset_after_the_last_byte_no_close_notify() {
    for gently in [false, true] {
        let (mut sim, id, mut peer, log) = serving(|t| t.write(b"half of it"));
        peer.talk(&mut sim, id);
        let mut t = sim.net().transport(id);
        if gently {
            t.close_by_reset()
        } else {
            t.abort()
        }
        sim.run();
        peer.look(&sim, id);
        assert_eq!((&peer.received[..], peer.has_ended), (&b"half of it"[..], false));
        assert_eq!(sim.wire(id).closed, Some(crate::transports::memory::Closed::Reset));
        assert_eq!(events(&log), ["made", "lost"]);
        sim.assert_nothing_left();
    }
}

#[test]
fn a_session_that_is_forwarded_is_decrypted_on_the_way() {
    let (mut sim, id, mut peer, _log) = serving(|_| ());
    let (recorder, _other) = Recorder::new(|_| ());
    let plain = sim.stream(ENOUGH, recorder);
    peer.talk(&mut sim, id);
    sim.net().transport(id).forward_to(plain);
    sim.net().transport(plain).forward_to(id);
    peer.write(&[5; 100_000]);
    sim.feed(plain, &[6; 100_000]);
    peer.talk(&mut sim, id);
    assert!(sim.sent(plain) == [5; 100_000] && peer.received == [6; 100_000]);
}

/// Says hello, and keeps what comes back.
struct Hello(Sender<Vec<u8>>);

impl Protocol for Hello {
    fn connection_made(&mut self, t: &mut Transport<'_>) {
        t.write(b"hello");
        t.write_eof();
    }
    fn data_received(&mut self, _t: &mut Transport<'_>, data: &[u8]) {
        self.0.send(data.to_vec()).expect("the test listens");
    }
}

#[test]
fn tls_runs_over_pipes_and_over_unix_sockets() {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a pair");
    let (read, their_write) = io::pipe().expect("a pipe");
    let (their_read, write) = io::pipe().expect("a pipe");
    let (sender, received) = channel();
    let mut event_loop = super::EventLoop::new().expect("a loop");
    let net = event_loop.net();
    let by_pipes = net.connect_pipes(read.into(), write.into(), Hello(sender.clone())).expect("pipes");
    let by_socket = net.adopt(ours.into(), Hello(sender)).expect("a socket");
    for id in [by_pipes, by_socket] {
        net.transport(id).start_tls(knowing_client()).expect("TLS begins");
    }
    /// Gives back what it gets, by blocking calls.
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
    let by_pipes = std::thread::spawn(move || echo(their_read, their_write));
    let by_socket = std::thread::spawn(move || echo(&theirs, &theirs));
    event_loop.run().expect("it runs");
    drop(event_loop);
    assert_eq!(received.try_iter().collect::<Vec<_>>().concat(), b"hellohello");
    for thread in [by_pipes, by_socket] {
        thread.join().expect("no panic").expect("no error");
    }
}
