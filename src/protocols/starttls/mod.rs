//! STARTTLS: the few words in which a protocol asks for TLS, after which the real conversation begins.
//!
//! `negotiation.rs` is what all of them have in common, with no I/O of its own, then come the words of each; `side.rs` says
//! them on a connection.

mod ldap;
mod lines;
mod negotiation;
mod postgres;
mod side;
#[cfg(test)]
mod tests;
mod xmpp;

pub use self::negotiation::{Negotiation, Step};
pub use self::side::StartTlsSide;

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
