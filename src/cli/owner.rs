//! The value of `--owner`: a user and a group, by name or by number.

use std::io;

use crate::cli::quote::quote;
use crate::sys::names;
use crate::transports::error::describe;
use crate::transports::opening::Owner;

/// Parses `--owner` as `chown(1)` does: `USER`, `USER:`, `USER:GROUP` or `:GROUP`, each a name or a number. A name of
/// digits wins over the number.
pub(super) fn parse_owner(text: &str) -> Result<Owner, String> {
    let (user, group) = match text.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (text, None),
    };
    let failed = |error: io::Error| format!("cannot look it up: {}", describe(&error));
    let found = if user.is_empty() { None } else { names::user(user).map_err(failed)? };
    let user_id = match found {
        Some((id, _)) => Some(id),
        None if user.is_empty() => None,
        None => Some(parse_id(user).ok_or_else(|| format!("there is no user {}", quote(user)))?),
    };
    let group_id = match (group, found, user_id) {
        (None, ..) => None,
        (Some(""), Some((_, own)), _) => Some(own),
        (Some(""), None, Some(id)) => {
            let own = names::group_of_user(id).map_err(failed)?;
            Some(own.ok_or_else(|| format!("there is no user {id}, whose group is wanted"))?)
        }
        (Some(""), None, None) => return Err("neither a user nor a group".to_owned()),
        (Some(name), ..) => match names::group(name).map_err(failed)? {
            Some(id) => Some(id),
            None => Some(parse_id(name).ok_or_else(|| format!("there is no group {}", quote(name)))?),
        },
    };
    match (user_id, group_id) {
        (None, None) => Err("neither a user nor a group".to_owned()),
        (user, group) => Ok(Owner { user, group }),
    }
}

/// Parses the number of a user or a group. The largest number of 32 bits means "no change" to the kernel.
fn parse_id(text: &str) -> Option<u32> {
    text.parse().ok().filter(|id| !text.starts_with('+') && *id != u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_are_as_chown_takes_them() {
        for (text, user, group) in [
            ("root", Some(0), None),
            ("0", Some(0), None),
            ("root:", Some(0), Some(0)),
            ("0:", Some(0), Some(0)),
            ("root:root", Some(0), Some(0)),
            (":root", None, Some(0)),
            ("4000000000:4000000001", Some(4_000_000_000), Some(4_000_000_001)),
            (":7", None, Some(7)),
        ] {
            assert_eq!(parse_owner(text), Ok(Owner { user, group }), "{text}");
        }
        for text in ["", ":", "xport-none", "root:xport-none", "-1", "+1", "4294967295", "0x1", "4000000000:", "a:b:c"]
        {
            assert!(parse_owner(text).is_err(), "{text}");
        }
    }
}
