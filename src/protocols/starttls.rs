//! STARTTLS: the few words in which a protocol asks for TLS, after which the real conversation begins.

/// Protocols with a way to ask for TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartTls {
    /// RFC 3207.
    Smtp,
    /// RFC 9051, section 6.2.1.
    Imap,
    /// RFC 2595, section 4.
    Pop3,
    /// `SSLRequest` of PostgreSQL's frontend/backend protocol.
    Postgres,
    /// RFC 4511, section 4.14.
    Ldap,
    /// RFC 6120, section 5.
    Xmpp,
}
