//! STARTTLS: a client asks a server for TLS in the words of a protocol such as SMTP, and the real conversation begins
//! inside TLS.
//!
//! In the order in which to read: `kind.rs` (the protocols), `dialogue.rs` and `ask.rs` (what all of them share), and
//! the words of each protocol.

mod ask;
mod dialogue;
mod kind;
mod ldap;
mod lines;
mod postgres;
#[cfg(test)]
mod tests;
mod xmpp;

pub(crate) use self::ask::AskForTls;
pub use self::kind::StartTls;
