//! The list of the protocols that can ask for TLS, which is part of the interface of the library.

use super::dialogue::Dialogue;
use super::ldap::Ldap;
use super::lines::{Imap, Pop3, Smtp};
use super::postgres::Postgres;
use super::xmpp::Xmpp;

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

impl StartTls {
    /// The words of the protocol. `server_name` is the wanted server, for protocols that name it.
    pub(super) fn dialogue(self, server_name: &str) -> Box<dyn Dialogue> {
        match self {
            Self::Smtp => Box::new(Smtp::default()),
            Self::Imap => Box::new(Imap::default()),
            Self::Pop3 => Box::new(Pop3::default()),
            Self::Postgres => Box::new(Postgres),
            Self::Ldap => Box::new(Ldap),
            Self::Xmpp => Box::new(Xmpp::new(server_name)),
        }
    }
}
