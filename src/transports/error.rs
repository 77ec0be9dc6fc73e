//! How an I/O error reads in a message.
//!
//! Which error ends what, and with which exit status, is decided where the error arises, not here.

use std::io;

/// The system's own words for an error, without the number that the standard library adds.
#[must_use]
pub fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) if error.raw_os_error().is_some() => text[..end].to_owned(),
        _ => text,
    }
}

/// Whether this machine, and not the other end, is in the way: no descriptors, no memory, no buffers.
#[must_use]
pub fn is_lack_of_resources(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::ENOBUFS))
}

/// Whether a datagram was too long for the network, or for any. `EMSGSIZE`, `udp(7)`.
#[must_use]
pub fn is_too_long(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::EMSGSIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_left_out() {
        assert_eq!(describe(&io::Error::from_raw_os_error(libc::ECONNREFUSED)), "Connection refused");
        assert_eq!(describe(&io::Error::other("as it is (os error x)")), "as it is (os error x)");
    }
}
