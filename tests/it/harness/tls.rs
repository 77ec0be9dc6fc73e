//! Scripted TLS peers on rustls. Each step of a connection is one call, so that a test can fail at any step. Every wait
//! has a deadline.
#![allow(unreachable_pub)] // A binary exports nothing: `pub` here is for the tests.

use super::*;
use std::io::Error;

use rustls::ClientConfig;
use rustls::ClientConnection;
use rustls::DigitallySignedStruct;
use rustls::RootCertStore;
use rustls::ServerConnection;
use rustls::SignatureScheme;
use rustls::SupportedProtocolVersion;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::ServerName;
use rustls::pki_types::UnixTime;
use rustls::sign::{CertifiedKey, SingleCertAndKey};

#[cfg(feature = "aws-lc-rs")]
pub use rustls::crypto::aws_lc_rs as crypto;
#[cfg(not(feature = "aws-lc-rs"))]
pub use rustls::crypto::ring as crypto;

pub type Version = &'static SupportedProtocolVersion;

/// Both versions, for tests of both.
pub const VERSIONS: [Version; 2] = [&TLS12, &TLS13];

/// A server with this certificate.
pub fn server_config(issued: &Issued, versions: &[Version]) -> ServerConfig {
    let config = ServerConfig::builder_with_provider(crypto::default_provider().into());
    let config = config.with_protocol_versions(versions).expect("versions").with_no_client_auth();
    // Any certificate is allowed here. `with_single_cert` would check it.
    let key = crypto::sign::any_supported_type(&issued.key_der()).expect("a key");
    let shown = CertifiedKey::new(issued.chain.clone(), key);
    config.with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)))
}

/// A server with this certificate, which requires client certificates from the authority of the other.
pub fn strict_server_config(issued: &Issued, clients: &Issued, versions: &[Version]) -> ServerConfig {
    let provider = Arc::new(crypto::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(clients.authority.clone()).expect("an authority");
    let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).expect("versions");
    let config = config.with_client_cert_verifier(verifier.build().expect("a verifier"));
    config.with_single_cert(issued.chain.clone(), issued.key_der()).expect("a certificate and its key")
}

/// A client that accepts every server, and presents a certificate if it has one.
pub fn client_config(shown: Option<&Issued>, versions: &[Version]) -> ClientConfig {
    let provider = Arc::new(crypto::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(versions);
    let config = config.expect("versions").dangerous().with_custom_certificate_verifier(Arc::new(Credulous(provider)));
    match shown {
        Some(shown) => config.with_client_auth_cert(shown.chain.clone(), shown.key_der()).expect("a certificate"),
        None => config.with_no_client_auth(),
    }
}

/// Any certificate is fine, because the program is under test.
#[derive(Debug)]
struct Credulous(Arc<rustls::crypto::CryptoProvider>);

impl ServerCertVerifier for Credulous {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// One side of a TLS connection, step by step.
pub struct Tls {
    pub socket: TcpStream,
    pub connection: Connection,
    /// Received plaintext that no step has read yet, and whether the end has come.
    ended: bool,
    plaintext: Vec<u8>,
}

impl Tls {
    pub fn server(socket: TcpStream, config: ServerConfig) -> Self {
        let connection = ServerConnection::new(config.into()).expect("a connection");
        Self::new(socket, connection.into())
    }

    pub fn client(socket: TcpStream, config: ClientConfig) -> Self {
        Self::client_of(socket, config, "localhost")
    }

    pub fn client_of(socket: TcpStream, config: ClientConfig, name: &'static str) -> Self {
        let name = ServerName::try_from(name).expect("a name");
        Self::new(socket, ClientConnection::new(config.into(), name).expect("a connection").into())
    }

    /// A client after its handshake.
    #[track_caller]
    pub fn connect(address: SocketAddr, config: ClientConfig) -> Self {
        let mut tls = Self::client(connect(address), config);
        tls.handshake();
        tls
    }

    fn new(socket: TcpStream, mut connection: Connection) -> Self {
        // A larger write does not deadlock the test.
        connection.set_buffer_limit(None);
        socket.set_nodelay(true).expect("TCP_NODELAY");
        Self { socket: with_deadline(socket), connection, ended: false, plaintext: Vec::new() }
    }

    /// Does the handshake.
    #[track_caller]
    pub fn handshake(&mut self) {
        self.try_handshake().expect("a handshake");
    }

    /// Does the handshake until it is done or has failed. The alert is sent then.
    pub fn try_handshake(&mut self) -> Result<(), Error> {
        self.flush()?;
        while self.connection.is_handshaking() {
            if self.take_in()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            self.flush()?;
        }
        Ok(())
    }

    /// Does the handshake, sends this, and ends, with everything in the last flight as one segment. No FIN.
    #[track_caller]
    pub fn handshake_and_end(&mut self, data: &[u8]) {
        self.flush().expect("the peer takes it");
        // The data goes with the last flight, so the loop stops as soon as data can be sent.
        while self.connection.is_handshaking() && !self.may_send_early() {
            self.flush().expect("the peer takes it");
            assert!(self.take_in().expect("it answers") > 0, "the end in the middle of the handshake");
        }
        let mut flight = self.sealed(data);
        flight.extend(self.sealed_end());
        self.send_raw(&flight);
        while self.connection.is_handshaking() {
            assert!(self.take_in().expect("it answers") > 0, "the end in the middle of the handshake");
        }
    }

    /// A server of TLS 1.3 can send after its first flight.
    fn may_send_early(&self) -> bool {
        matches!(&self.connection, Connection::Server(server)
            if server.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3))
    }

    /// Sends the pending bytes of rustls.
    pub fn flush(&mut self) -> Result<(), Error> {
        while self.connection.wants_write() {
            self.connection.write_tls(&mut self.socket)?;
        }
        Ok(())
    }

    /// Reads from the socket once; 0 at its end.
    fn take_in(&mut self) -> Result<usize, Error> {
        let mut buffer = [0; 16_384];
        let n = read_once(&mut self.socket, &mut buffer)?;
        let mut rest = &buffer[..n];
        if n == 0 {
            self.connection.read_tls(&mut rest)?;
        }
        while !rest.is_empty() {
            // Nothing after close_notify is read.
            if self.connection.read_tls(&mut rest)? == 0 {
                break;
            }
            self.process()?;
        }
        self.process()?;
        Ok(n)
    }

    fn process(&mut self) -> Result<(), Error> {
        let state = self.connection.process_new_packets().map_err(|error| {
            // Sends the alert if possible.
            let _ = self.connection.write_tls(&mut self.socket);
            Error::new(ErrorKind::InvalidData, error)
        })?;
        let mut new = vec![0; state.plaintext_bytes_to_read()];
        self.connection.reader().read_exact(&mut new)?;
        self.plaintext.extend(new);
        self.ended |= state.peer_has_closed();
        Ok(())
    }

    /// Sends everything.
    #[track_caller]
    pub fn send(&mut self, data: &[u8]) {
        self.try_send(data).expect("the peer takes it");
    }

    pub fn try_send(&mut self, data: &[u8]) -> Result<(), Error> {
        for piece in data.chunks(65_536) {
            self.connection.writer().write_all(piece)?;
            self.flush()?;
        }
        Ok(())
    }

    /// The records for this plaintext, for the test to send in its own way.
    pub fn sealed(&mut self, data: &[u8]) -> Vec<u8> {
        self.connection.writer().write_all(data).expect("there is no limit");
        self.unsent()
    }

    /// close_notify as bytes.
    pub fn sealed_end(&mut self) -> Vec<u8> {
        self.connection.send_close_notify();
        self.unsent()
    }

    fn unsent(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut bytes).expect("memory");
        }
        bytes
    }

    /// Sends bytes as they are.
    #[track_caller]
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).expect("the peer takes it");
    }

    /// Expects just these bytes next.
    #[track_caller]
    pub fn expect(&mut self, data: &[u8]) {
        let got = self.receive(data.len());
        assert!(got == data, "{} bytes, or others than the {} expected", got.len(), data.len());
    }

    /// Sends this, and expects the same back.
    #[track_caller]
    pub fn ping(&mut self, data: &[u8]) {
        self.send(data);
        self.expect(data);
    }

    /// Receives this many bytes of plaintext.
    #[track_caller]
    pub fn receive(&mut self, n: usize) -> Vec<u8> {
        while self.plaintext.len() < n {
            assert!(!self.ended, "close_notify after {} bytes of {n}", self.plaintext.len());
            let more = self.take_in().unwrap_or_else(|error| panic!("{} of {n} bytes: {error}", self.plaintext.len()));
            assert!(more > 0, "the end of the connection after {} bytes of {n}", self.plaintext.len());
        }
        let rest = self.plaintext.split_off(n);
        std::mem::replace(&mut self.plaintext, rest)
    }

    /// Receives plaintext up to close_notify, which must come.
    #[track_caller]
    pub fn receive_all(&mut self) -> Vec<u8> {
        while !self.ended {
            let n = self.take_in().expect("it sends");
            assert!(n > 0 || self.ended, "the end of the connection without close_notify");
        }
        std::mem::take(&mut self.plaintext)
    }

    /// Receives until the peer closes or breaks the connection. Also returns the error, if there is one.
    pub fn receive_until_broken(&mut self) -> (Vec<u8>, Option<Error>) {
        loop {
            match self.take_in() {
                Ok(0) => return (std::mem::take(&mut self.plaintext), None),
                Ok(_) => (),
                Err(error) => return (std::mem::take(&mut self.plaintext), Some(error)),
            }
        }
    }

    /// Whether the other side has ended its direction.
    pub fn has_ended_now(&mut self) -> bool {
        self.socket.set_nonblocking(true).expect("a flag");
        let result = self.take_in();
        self.socket.set_nonblocking(false).expect("a flag");
        self.ended || matches!(result, Ok(0))
    }

    /// Expects a FIN after the close_notify.
    #[track_caller]
    pub fn expect_fin(&mut self) {
        let mut rest = Vec::new();
        self.socket.read_to_end(&mut rest).expect("no reset");
        assert!(rest.is_empty(), "{} bytes after close_notify", rest.len());
    }

    #[track_caller]
    pub fn close_notify(&mut self) {
        self.connection.send_close_notify();
        self.flush().expect("the peer takes it");
    }

    /// Sends a close_notify to a peer that can be gone already.
    pub fn try_close_notify(&mut self) {
        self.connection.send_close_notify();
        let _ = self.flush();
    }

    /// Sends a FIN. An earlier step can have sent a close_notify.
    #[track_caller]
    pub fn fin(&mut self) {
        self.socket.shutdown(Shutdown::Write).expect("it is connected");
    }

    /// Ends its direction in order.
    #[track_caller]
    pub fn end(&mut self) {
        self.close_notify();
        self.fin();
    }

    /// Closes with a reset.
    pub fn reset(self) {
        reset(self.socket);
    }

    /// Sends everything while reading as much, for a peer that echoes.
    #[track_caller]
    pub fn exchange(&mut self, data: &[u8], expected: usize) -> Vec<u8> {
        let end = Instant::now() + DEADLINE;
        let mut rest = data;
        self.socket.set_nonblocking(true).expect("a flag");
        while !rest.is_empty() || self.connection.wants_write() || self.plaintext.len() < expected {
            assert!(Instant::now() < end, "{} bytes left to be sent, {} received", rest.len(), self.plaintext.len());
            if !self.connection.wants_write() && !rest.is_empty() {
                let (piece, others) = rest.split_at(rest.len().min(65_536));
                self.connection.writer().write_all(piece).expect("there is no limit");
                rest = others;
            }
            let wanted = if self.connection.wants_write() { libc::POLLIN | libc::POLLOUT } else { libc::POLLIN };
            let mut poll = libc::pollfd { fd: self.socket.as_raw_fd(), events: wanted, revents: 0 };
            // SAFETY: one `pollfd`, alive for the call.
            unsafe { libc::poll(&raw mut poll, 1, 1000) };
            for result in [self.flush().map(|()| 1), self.take_in()] {
                match result {
                    Ok(n) => assert!(n > 0 || self.plaintext.len() >= expected, "the end of the connection"),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock, "{error}"),
                }
            }
        }
        self.socket.set_nonblocking(false).expect("a flag");
        let rest = self.plaintext.split_off(expected);
        std::mem::replace(&mut self.plaintext, rest)
    }
}

/// A scripted TLS server: accepts one connection on a free port, and runs `script` on it in a thread. The script does
/// the handshake.
pub fn tls_peer<T: Send + 'static>(config: ServerConfig, script: impl FnOnce(Tls) -> T + Send + 'static) -> Peer<T> {
    Peer::serve(move |socket| script(Tls::server(socket, config)))
}

/// A proxy in front of `server`, for one connection at a time, on a thread during the test. `script` gets the socket of
/// the client and one to the server.
pub fn proxy(server: SocketAddr, script: impl Fn(TcpStream, TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        while let Ok((client, _)) = listener.accept() {
            script(with_deadline(client), connect(server));
        }
    });
    address
}

/// Copies from one to the other until either ends, and passes the end on.
pub fn pump(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Write);
}

/// A record of the other side, encrypted.
pub fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a record").to_be_bytes();
    [&[kind, 3, 3], &length[..], content].concat()
}

/// Reads one whole record from the wire.
#[track_caller]
pub fn read_record(socket: &mut TcpStream) -> Vec<u8> {
    let mut record = vec![0; 5];
    socket.read_exact(&mut record).expect("the head of a record");
    let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
    record.resize(5 + length, 0);
    socket.read_exact(&mut record[5..]).expect("a whole record");
    record
}

/// A part of every message about a failed handshake.
pub const HANDSHAKE_WITH: &str = " with 127.0.0.1:";

/// Kinds of records.
pub const ALERT: u8 = 21;
pub const HANDSHAKE: u8 = 22;
pub const DATA: u8 = 23;

/// A server of the program with this certificate, and its address.
#[track_caller]
pub fn served(mode: &str, issued: &Issued, options: &[&str]) -> (Background, SocketAddr) {
    let own = issued.options();
    serve([&[mode], &own.each_ref().map(String::as_str)[..], options, &["127.0.0.1:0"]].concat())
}

/// The same with a certificate of its own.
#[track_caller]
pub fn tls_server(mode: &str, options: &[&str]) -> (Issued, Background, SocketAddr) {
    let issued = Authority::server();
    let (server, address) = served(mode, &issued, options);
    (issued, server, address)
}

/// Expects that all bytes come back, in either version, and then the end.
pub fn comes_back(address: SocketAddr, data: &[u8]) {
    for version in VERSIONS {
        let mut peer = Tls::connect(address, client_config(None, &[version]));
        assert!(peer.exchange(data, data.len()) == data);
        peer.end();
        assert!(peer.receive_all().is_empty());
        peer.expect_fin();
    }
}

/// No options.
pub const NONE: [&str; 0] = [];

/// The arguments of a client that trusts this certificate's authority.
pub fn client_args<O: AsRef<str>>(issued: &Issued, options: &[O], address: impl ToString) -> Vec<String> {
    let mut args = vec!["tls-client".to_owned(), "--ca".to_owned(), issued.ca()];
    args.extend(options.iter().map(|option| option.as_ref().to_owned()));
    args.push(address.to_string());
    args
}

/// A line that connects by TLS with these options. The way is `tls-client`, `relay` for one with stdin and stdout, or
/// `exec` and a line of a shell. An option without a value is a switch.
pub fn tls_line(way: &str, address: impl std::fmt::Display, options: &[(&str, &str)]) -> Vec<String> {
    let word = |(name, value): &(&str, &str)| if value.is_empty() { (*name).into() } else { format!("{name}={value}") };
    let endpoint = options.iter().map(word).fold(format!("tls:{address}"), |before, option| before + "," + &option);
    match way.split_once(' ') {
        Some(("exec", child)) => ["exec", "--connect", &endpoint, "--shell", child].map(str::to_owned).to_vec(),
        _ if way == "relay" => ["relay", "-", &endpoint].map(str::to_owned).to_vec(),
        _ => {
            let options = options.iter().map(|option| format!("--{}", word(option)));
            [way.to_owned()].into_iter().chain(options).chain([address.to_string()]).collect()
        }
    }
}

/// Waits for a line with each of these texts, in any order.
#[track_caller]
pub fn says(program: &mut Background, texts: &[&str]) {
    eventually(&format!("lines with {texts:?}"), || {
        let lines = program.all_lines();
        texts.iter().all(|text| lines.iter().any(|line| line.contains(text))).then_some(())
    });
}

/// `tls-client` with these options in the background, and its peer with this certificate, after the handshake.
#[track_caller]
pub fn client_with(issued: &Issued, version: Version, options: &[&str]) -> (Background, Tls) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let client = Background::start(client_args(issued, options, address));
    let mut peer = Tls::server(accept(&listener), server_config(issued, &[version]));
    peer.handshake();
    (client, peer)
}

/// The same for each version in turn, with a new certificate.
pub fn tls_clients(options: &[&str]) -> impl Iterator<Item = (Background, Tls)> {
    VERSIONS.into_iter().map(move |version| client_with(&Authority::server(), version, options))
}
