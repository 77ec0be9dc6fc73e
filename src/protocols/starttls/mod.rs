//! STARTTLS: the few words in which a protocol asks for TLS, after which the real conversation begins.
//!
//! In the order in which to read: `kind.rs` (the protocols), `dialogue.rs` and `negotiation.rs` (what all of them have
//! in common, without I/O), the words of each protocol, and `side.rs` (a connection on which they are said).

mod dialogue;
mod kind;
mod ldap;
mod lines;
mod negotiation;
mod postgres;
mod side;
#[cfg(test)]
mod tests;
mod xmpp;

pub use self::kind::StartTls;
pub use self::negotiation::{Negotiation, Step};
pub use self::side::StartTlsSide;
