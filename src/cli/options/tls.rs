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

fn set_tls_min(options: &mut Options, text: &str) -> Result<(), String> {
    options.tls_min = match text {
        "1.2" => Version::Tls12,
        "1.3" => Version::Tls13,
        _ => return Err(String::new()),
    };
    Ok(())
}

pub(super) static TLS: &[OptSpec] = &[
    file(Ca, "ca", |o| &mut o.ca)
        .variable("XPORT_CA")
        .yields_to(&[Insecure])
        .help("Trust the authorities in this file (PEM) instead of those of the system"),
    text(ServerName, "server-name", "NAME", |o, t| put(&mut o.server_name, parse_server_name(t).map(Some)))
        .variable("XPORT_SERVER_NAME")
        .help("Whom the certificate must be for, also sent as SNI [default: the host of the address]")
        .more(
            "Whom the certificate must be for: a host name, which is also sent to the server (SNI), or an IP address. \
             Without it, it is the host of the address; an inherited socket (fd:N) has none.",
        ),
    text(Pin, "pin", "sha256:HEX", |o, t| push(&mut o.pin, t.parse()))
        .repeat(Repeat::List)
        .variable("XPORT_PIN")
        .yields_to(&[Insecure])
        .help("Accept only a certificate with this pin; may be repeated, for any of them")
        .more(
            "Accept only a certificate with this pin, as a server with --self-signed and -v say it: SHA-256 of the \
             public key. May be repeated, for any of them. It is the only check then: neither authorities nor names \
             nor dates count, unless --ca is given besides.",
        ),
    flag(Insecure, "insecure", |o| o.insecure = true)
        .help("Do not verify the certificate at all: whoever is in between can read and change everything"),
    flag(SelfSigned, "self-signed", |o| o.self_signed = true)
        .variable("XPORT_SELF_SIGNED")
        .yields_to(&[Cert, Key])
        .help("Make a key and a certificate for this run; clients know it by its pin")
        .more(
            "Make a key and a certificate for this run, instead of --cert. No authority vouches for it: clients know \
             it by its pin. The command for them is written to stderr.",
        ),
    file(ClientCa, "client-ca", |o| &mut o.client_ca)
        .variable("XPORT_CLIENT_CA")
        .help("Let in only clients with a certificate of one of the authorities in this file (PEM)"),
    file(Cert, "cert", |o| &mut o.cert)
        .variable("XPORT_CERT")
        .yields_to(&[SelfSigned])
        .help("Show the peer this certificate: PEM, followed by those that lead to its authority"),
    file(Key, "key", |o| &mut o.key)
        .variable("XPORT_KEY")
        .yields_to(&[Cert, SelfSigned])
        .help("The key of --cert (PEM), where it is not in the same file")
        .more(
            "The key of --cert (PEM), where it is not in the same file. A file that others than its owner can write is \
             refused, and one that they can read is warned of. Once there is a key in memory, there are no core dumps.",
        ),
    text(Alpn, "alpn", "LIST", |o, t| push(&mut o.alpn, parse_alpn(t)))
        .repeat(Repeat::List)
        .variable("XPORT_ALPN")
        .help("Protocols to be agreed on (h2,http/1.1), the best one first"),
    word(TlsMin, "tls-min", "VERSION", &[("1.2", ""), ("1.3", "")], set_tls_min)
        .default("1.2")
        .variable("XPORT_TLS_MIN")
        .help("The oldest version that is spoken"),
    number(HandshakeTimeout, "handshake-timeout", "DUR", |o, t| {
        put(&mut o.handshake_timeout, parse_positive_duration(t))
    })
    .default("10s")
    .variable("XPORT_HANDSHAKE_TIMEOUT")
    .help("Give up a handshake that has not finished after so long"),
    flag(AllowTruncation, "allow-truncation", |o| o.allow_truncation = true)
        .help("Take a connection that ends without close_notify for whole")
        .more(
            "Take a connection that ends without close_notify for whole, as some peers never send it, ncat before 7.96 \
             among them. Without this option it is an error, since anyone in between can cut a connection.",
        ),
    file(Keylog, "keylog", |o| &mut o.keylog)
        .help("Append the keys of all connections to this file, for a network analyser"),
    word(
        Starttls,
        "starttls",
        "PROTO",
        &[("smtp", ""), ("imap", ""), ("pop3", ""), ("postgres", ""), ("ldap", ""), ("xmpp", "")],
        set_starttls,
    )
    .variable("XPORT_STARTTLS")
    .help("Ask for TLS in this protocol first"),
];
