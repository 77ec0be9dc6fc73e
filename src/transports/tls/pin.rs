//! A pin identifies a certificate without an authority. It is the SHA-256 hash of the SubjectPublicKeyInfo (RFC 7469),
//! so a renewed certificate with the same key has the same pin.

use std::fmt;
use std::str::FromStr;

/// The SHA-256 hash of a SubjectPublicKeyInfo. Its text is `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pin(pub [u8; 32]);

impl FromStr for Pin {
    type Err = String;

    /// Accepts colons between the digits, and capital letters.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "a pin is sha256: and 64 hexadecimal digits";
        let (name, digits) = text.split_once(':').ok_or(FORM)?;
        if !name.eq_ignore_ascii_case("sha256") {
            return Err(FORM.into());
        }
        let digits = Vec::from_iter(digits.chars().filter(|c| *c != ':').map(|c| c.to_digit(16)));
        let digits = digits.into_iter().collect::<Option<Vec<u32>>>().ok_or(FORM)?;
        if digits.len() != 64 {
            return Err(format!("{FORM}, not {}", digits.len()));
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = u8::try_from(pair[0] * 16 + pair[1]).unwrap_or_default();
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_what_it_shows() {
        let pin = Pin(std::array::from_fn(|index| (index * 9) as u8));
        assert_eq!(pin.to_string().parse(), Ok(pin));
        let colons = "SHA256:".to_owned() + &vec!["AB"; 32].join(":");
        assert_eq!(colons.parse(), Ok(Pin([0xab; 32])));
        for bad in ["", "sha256", "sha256:", "sha1:00", "sha256:0g", &"sha256:00".repeat(32), &"0".repeat(64)] {
            assert!(bad.parse::<Pin>().is_err(), "{bad}");
        }
    }
}
