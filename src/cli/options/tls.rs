//! The rows of TLS.

use super::spec::{Heading, OptSpec, Repeat, Value, push, put};
use super::{Opt, Options};
use crate::cli::values::{parse_alpn, parse_positive_duration, parse_server_name};
use crate::protocols::starttls::StartTls;
use crate::transports::tls::settings::Version;

const fn tls(id: Opt, name: &'static str, value: Value, help: &'static str) -> OptSpec {
    OptSpec::new(id, name, Heading::Tls, value, help)
}

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

pub(super) static ROWS: &[OptSpec] = &[
    tls(
        Opt::Ca,
        "ca",
        Value::File(|o| &mut o.ca),
        "Trust the authorities in this file (PEM) instead of those of the system",
    )
    .variable("XPORT_CA")
    .yields_to(&[Opt::Insecure]),
    tls(
        Opt::ServerName,
        "server-name",
        Value::Text("NAME", |o, text| put(&mut o.server_name, parse_server_name(text).map(Some))),
        "Whom the certificate must be for, also sent as SNI [default: the host of the address]",
    )
    .variable("XPORT_SERVER_NAME")
    .more(
        "Whom the certificate must be for: a host name, which is also sent to the server (SNI), or an IP address. \
         Without it, it is the host of the address; an inherited socket (fd:N) has none.",
    ),
    tls(
        Opt::Pin,
        "pin",
        Value::Text("sha256:HEX", |o, text| push(&mut o.pin, text.parse())),
        "Accept only a certificate with this pin; may be repeated, for any of them",
    )
    .repeat(Repeat::List)
    .variable("XPORT_PIN")
    .yields_to(&[Opt::Insecure])
    .more(
        "Accept only a certificate with this pin, as a server with --self-signed and -v say it: SHA-256 of the public \
         key. May be repeated, for any of them. It is the only check then: neither authorities nor names nor dates \
         count, unless --ca is given besides.",
    ),
    tls(
        Opt::Insecure,
        "insecure",
        Value::Flag(|o| o.insecure = true),
        "Do not verify the certificate at all: whoever is in between can read and change everything",
    ),
    tls(
        Opt::SelfSigned,
        "self-signed",
        Value::Flag(|o| o.self_signed = true),
        "Make a key and a certificate for this run; clients know it by its pin",
    )
    .variable("XPORT_SELF_SIGNED")
    .yields_to(&[Opt::Cert, Opt::Key])
    .more(
        "Make a key and a certificate for this run, instead of --cert. No authority vouches for it: clients know it by \
         its pin. The command for them is written to stderr.",
    ),
    tls(
        Opt::ClientCa,
        "client-ca",
        Value::File(|o| &mut o.client_ca),
        "Let in only clients with a certificate of one of the authorities in this file (PEM)",
    )
    .variable("XPORT_CLIENT_CA"),
    tls(
        Opt::Cert,
        "cert",
        Value::File(|o| &mut o.cert),
        "Show the peer this certificate: PEM, followed by those that lead to its authority",
    )
    .variable("XPORT_CERT")
    .yields_to(&[Opt::SelfSigned]),
    tls(Opt::Key, "key", Value::File(|o| &mut o.key), "The key of --cert (PEM), where it is not in the same file")
        .variable("XPORT_KEY")
        .yields_to(&[Opt::Cert, Opt::SelfSigned])
        .more(
            "The key of --cert (PEM), where it is not in the same file. A file that others than its owner can write is \
             refused, and one that they can read is warned of. Once there is a key in memory, there are no core dumps.",
        ),
    tls(
        Opt::Alpn,
        "alpn",
        Value::Text("LIST", |o, text| push(&mut o.alpn, parse_alpn(text))),
        "Protocols to be agreed on (h2,http/1.1), the best one first",
    )
    .repeat(Repeat::List)
    .variable("XPORT_ALPN"),
    tls(
        Opt::TlsMin,
        "tls-min",
        Value::Word("VERSION", &[("1.2", ""), ("1.3", "")], set_tls_min),
        "The oldest version that is spoken",
    )
    .default("1.2")
    .variable("XPORT_TLS_MIN"),
    tls(
        Opt::HandshakeTimeout,
        "handshake-timeout",
        Value::Number("DUR", |o, text| put(&mut o.handshake_timeout, parse_positive_duration(text))),
        "Give up a handshake that has not finished after so long",
    )
    .default("10s")
    .variable("XPORT_HANDSHAKE_TIMEOUT"),
    tls(
        Opt::AllowTruncation,
        "allow-truncation",
        Value::Flag(|o| o.allow_truncation = true),
        "Take a connection that ends without close_notify for whole",
    )
    .more(
        "Take a connection that ends without close_notify for whole, as some peers never send it, ncat before 7.96 \
         among them. Without this option it is an error, since anyone in between can cut a connection.",
    ),
    tls(
        Opt::Keylog,
        "keylog",
        Value::File(|o| &mut o.keylog),
        "Append the keys of all connections to this file, for a network analyser",
    ),
    tls(
        Opt::Starttls,
        "starttls",
        Value::Word(
            "PROTO",
            &[("smtp", ""), ("imap", ""), ("pop3", ""), ("postgres", ""), ("ldap", ""), ("xmpp", "")],
            set_starttls,
        ),
        "Ask for TLS in this protocol first",
    )
    .variable("XPORT_STARTTLS"),
];
