//! The rows of options for TLS.

use super::spec::*;
use super::typed::Opt::*;
use super::typed::Options;
use crate::cli::values::{parse_alpn, parse_positive_duration, parse_server_name};
use crate::transports::layer::starttls::StartTls;
use crate::transports::tls::settings::Version;

fn set_starttls(options: &mut Options, text: &str) -> Result<(), String> {
    options.starttls = Some(match text {
        "smtp" => StartTls::Smtp,
        "imap" => StartTls::Imap,
        "pop3" => StartTls::Pop3,
        "postgres" => StartTls::Postgres,
        "ldap" => StartTls::Ldap,
        "xmpp" => StartTls::Xmpp,
        _ => return Err(String::new()),
    });
    Ok(())
}

fn version(text: &str) -> Result<Version, String> {
    match text {
        "1.2" => Ok(Version::Tls12),
        "1.3" => Ok(Version::Tls13),
        _ => Err(String::new()),
    }
}

pub(super) static TLS: &[OptSpec] = &[
    file(Ca, "ca", |o| &mut o.ca)
        .variable("XPORT_CA")
        .yields_to(&[Insecure])
        .help("Trust the authorities in this PEM file, not those of the system"),
    text(ServerName, "server-name", "NAME", |o, t| put(&mut o.server_name, parse_server_name(t).map(Some)))
        .variable("XPORT_SERVER_NAME")
        .help("Name that the certificate of the server must have, also sent as SNI [default: the host of the address]")
        .more("A host name is sent to the server; an IP address is not. An inherited socket (fd:N) has no default."),
    text(Pin, "pin", "sha256:HEX", |o, t| push(&mut o.pin, t.parse()))
        .repeat(Repeat::List)
        .variable("XPORT_PIN")
        .yields_to(&[Insecure])
        .help("Accept only a certificate with this pin; may be repeated, and any of the pins is enough")
        .more(
            "A pin is the SHA-256 hash of the public key; --self-signed and -v print it. The pin is the only check: \
             authorities, names and dates count only if --ca is given too.",
        ),
    flag(Insecure, "insecure", |o| o.insecure = true)
        .help("Do not verify the certificate: an attacker in between can read and change everything"),
    flag(SelfSigned, "self-signed", |o| o.self_signed = true)
        .variable("XPORT_SELF_SIGNED")
        .yields_to(&[Cert, Key])
        .help("Make a key and a certificate for this run; clients verify the pin")
        .more(
            "No authority vouches for the certificate, which is used instead of --cert. The command for clients, with \
             the pin, is written to stderr.",
        ),
    file(ClientCa, "client-ca", |o| &mut o.client_ca)
        .variable("XPORT_CLIENT_CA")
        .help("Accept only clients with a certificate from an authority in this PEM file"),
    file(Cert, "cert", |o| &mut o.cert)
        .variable("XPORT_CERT")
        .yields_to(&[SelfSigned])
        .help("Certificate to present: PEM, followed by the certificates that lead to its authority"),
    file(Key, "key", |o| &mut o.key)
        .variable("XPORT_KEY")
        .yields_to(&[Cert, SelfSigned])
        .help("Private key of --cert (PEM), if it is not in the same file")
        .more(
            "A file that other users can write is refused; a file that they can read causes a warning. While a key is \
             in memory, core dumps are disabled.",
        ),
    text(Alpn, "alpn", "LIST", |o, t| push(&mut o.alpn, parse_alpn(t)))
        .repeat(Repeat::List)
        .variable("XPORT_ALPN")
        .help("Application protocols to negotiate, such as h2,http/1.1; the preferred one first"),
    word(TlsMin, "tls-min", "VERSION", &[("1.2", ""), ("1.3", "")], |o, t| put(&mut o.tls_min, version(t)))
        .default("1.2")
        .variable("XPORT_TLS_MIN")
        .help("Oldest TLS version to accept"),
    word(TlsMax, "tls-max", "VERSION", &[("1.2", ""), ("1.3", "")], |o, t| put(&mut o.tls_max, version(t)))
        .default("1.3")
        .variable("XPORT_TLS_MAX")
        .help("Newest TLS version to offer"),
    number(HandshakeTimeout, "handshake-timeout", "DUR", |o, t| {
        put(&mut o.handshake_timeout, parse_positive_duration(t))
    })
    .default("10s")
    .variable("XPORT_HANDSHAKE_TIMEOUT")
    .help("Limit the time of a handshake"),
    flag(AllowTruncation, "allow-truncation", |o| o.allow_truncation = true)
        .help("Accept a connection that ends without close_notify as complete")
        .more(
            "Some peers never send close_notify, such as ncat before 7.96. Without this option such an end is an \
             error, because an attacker in between can cut a connection.",
        ),
    file(Keylog, "keylog", |o| &mut o.keylog)
        .help("Append the secrets of all connections to this file, for a network analyser"),
    word(
        Starttls,
        "starttls",
        "PROTO",
        &[("smtp", ""), ("imap", ""), ("pop3", ""), ("postgres", ""), ("ldap", ""), ("xmpp", "")],
        set_starttls,
    )
    .variable("XPORT_STARTTLS")
    .help("Ask for TLS in this protocol first (STARTTLS)")
    .more("relay and exec hand on the greeting of an SMTP, IMAP or POP3 server; tls-client and connect do not."),
    flag(ShowChain, "show-chain", |o| o.show_chain = true)
        .help("Write the certificates of the server to stdout: facts, days left and PEM; then leave")
        .more(
            "Stdin is not read, and no data is sent. The certificates are written even if they are refused; the error \
             and the exit status 5 say so.",
        ),
];
