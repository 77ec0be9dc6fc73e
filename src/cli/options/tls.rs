//! The rows of options for TLS.

use super::spec::*;
use super::typed::Opt::*;
use crate::cli::values::{parse_alpn, parse_positive_duration, parse_server_name};
use crate::transports::layer::starttls::StartTls;
use crate::transports::tls::settings::Version;

/// Versions that people still ask for, and why they are refused.
const OLD_VERSIONS: &(&str, &str) = &("1 1.0 1.1", "TLS 1.0 and 1.1 are not supported");

pub(super) static TLS: &[OptSpec] = &[
    file(Ca, "ca", |o| &mut o.ca)
        .variable("XPORT_CA")
        .yields_to(&[Insecure])
        .top(21)
        .help("Trust only the authorities in FILE (PEM)")
        .more("Without this option, xport trusts the authorities of the system."),
    text(ServerName, "server-name", "NAME", |o, t| put(&mut o.server_name, parse_server_name(t).map(Some)))
        .variable("XPORT_SERVER_NAME")
        .top(26)
        .help("Expected name in the certificate [default: the host]")
        .more(
            "A host name is also sent to the server as SNI. An IP address is not. An inherited socket (fd:N) has no \
             default.",
        ),
    text(Pin, "pin", "sha256:HEX", |o, t| push(&mut o.pin, t.parse()))
        .repeat(Repeat::List)
        .variable("XPORT_PIN")
        .yields_to(&[Insecure])
        .top(20)
        .help("Accept only a certificate with this pin")
        .more(
            "A pin is the SHA-256 hash of the public key. --self-signed and -v print it. With several pins, any of \
             them is enough. The pin is the only check: authorities, names and dates count only if --ca is given too.",
        ),
    flag(Insecure, "insecure", |o| o.insecure = true)
        .top(27)
        .help("Do not verify the server")
        .more("An attacker on the way can then read and change everything."),
    flag(SelfSigned, "self-signed", |o| o.self_signed = true)
        .variable("XPORT_SELF_SIGNED")
        .yields_to(&[Cert, Key])
        .top(20)
        .help("Make a certificate for this run; print its pin")
        .more(
            "xport prints the command for clients, with the pin, on stderr. The certificate replaces --cert, and no \
             authority vouches for it.",
        ),
    file(ClientCa, "client-ca", |o| &mut o.client_ca)
        .variable("XPORT_CLIENT_CA")
        .top(25)
        .help("Require a client certificate from an authority in FILE"),
    file(Cert, "cert", |o| &mut o.cert)
        .variable("XPORT_CERT")
        .yields_to(&[SelfSigned])
        .top(23)
        .help("Present the certificate in FILE (PEM)")
        .more("Intermediate certificates follow it in FILE."),
    file(Key, "key", |o| &mut o.key)
        .variable("XPORT_KEY")
        .yields_to(&[Cert, SelfSigned])
        .top(24)
        .help("Private key of --cert, if it is in another FILE")
        .more(
            "A file that other users can write is refused. A file that they can read causes a warning. While a key is \
             in memory, core dumps are disabled.",
        ),
    text(Alpn, "alpn", "LIST", |o, t| push(&mut o.alpn, parse_alpn(t)))
        .repeat(Repeat::List)
        .variable("XPORT_ALPN")
        .help("Application protocols to negotiate")
        .more("The preferred one comes first, as in h2,http/1.1."),
    word(
        TlsMin,
        "tls-min",
        "VERSION",
        &[("1.2", "", |o| o.tls_min = Version::Tls12), ("1.3", "", |o| o.tls_min = Version::Tls13)],
    )
    .refused(OLD_VERSIONS)
    .default("1.2")
    .variable("XPORT_TLS_MIN")
    .help("Oldest TLS version to accept"),
    word(
        TlsMax,
        "tls-max",
        "VERSION",
        &[("1.2", "", |o| o.tls_max = Version::Tls12), ("1.3", "", |o| o.tls_max = Version::Tls13)],
    )
    .refused(OLD_VERSIONS)
    .default("1.3")
    .variable("XPORT_TLS_MAX")
    .help("Newest TLS version to offer"),
    number(HandshakeTimeout, "handshake-timeout", "DUR", |o, t| {
        put(&mut o.handshake_timeout, parse_positive_duration(t))
    })
    .default("10s")
    .variable("XPORT_HANDSHAKE_TIMEOUT")
    .expert()
    .help("Time limit for one TLS handshake"),
    flag(AllowTruncation, "allow-truncation", |o| o.allow_truncation = true)
        .help("Accept an end without close_notify as complete")
        .more(
            "Some peers never send close_notify, such as ncat before 7.96. Without this option such an end is an \
             error, because an attacker can cut a connection.",
        ),
    file(Keylog, "keylog", |o| &mut o.keylog)
        .help("Append the TLS secrets of all connections to FILE")
        .more("A network analyser such as Wireshark can decrypt the traffic with them."),
    word(
        Starttls,
        "starttls",
        "PROTO",
        &[
            ("smtp", "", |o| o.starttls = Some(StartTls::Smtp)),
            ("imap", "", |o| o.starttls = Some(StartTls::Imap)),
            ("pop3", "", |o| o.starttls = Some(StartTls::Pop3)),
            ("postgres", "", |o| o.starttls = Some(StartTls::Postgres)),
            ("ldap", "", |o| o.starttls = Some(StartTls::Ldap)),
            ("xmpp", "", |o| o.starttls = Some(StartTls::Xmpp)),
        ],
    )
    .variable("XPORT_STARTTLS")
    .top(22)
    .help("Switch to TLS in this protocol first (STARTTLS)")
    .more("relay and exec pass on the greeting of an SMTP, IMAP or POP3 server. tls-client and connect do not."),
    flag(ShowChain, "show-chain", |o| o.show_chain = true)
        .top(22)
        .help("Print the certificates of the server, then exit")
        .more(
            "xport prints the facts, the days left and the PEM text of each certificate. It does not read stdin and \
             sends no data. Certificates that are not trusted are printed too. The exit status is then 5.",
        ),
];
