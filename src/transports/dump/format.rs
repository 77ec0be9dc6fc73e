//! Formats bytes as `hexdump -C` does: an offset, sixteen bytes in hexadecimal, and the same bytes as characters.

/// Bytes in one line.
const WIDTH: usize = 16;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Appends `data` to `text`. The first byte has this offset.
pub(super) fn hex(data: &[u8], mut offset: u64, text: &mut Vec<u8>) {
    text.reserve(data.len().div_ceil(WIDTH) * 80);
    for line in data.chunks(WIDTH) {
        text.extend_from_slice(format!("{offset:08x} ").as_bytes());
        offset += line.len() as u64;
        for index in 0..WIDTH {
            if index % 8 == 0 {
                text.push(b' ');
            }
            match line.get(index) {
                Some(byte) => {
                    let [high, low] = [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]);
                    text.extend_from_slice(&[high, low, b' ']);
                }
                None => text.extend_from_slice(b"   "),
            }
        }
        text.extend_from_slice(b" |");
        // A terminal could interpret other bytes.
        text.extend(line.iter().map(|byte| if matches!(byte, b' '..=b'~') { *byte } else { b'.' }));
        text.extend_from_slice(b"|\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(data: &[u8], offset: u64) -> String {
        let mut text = Vec::new();
        hex(data, offset, &mut text);
        String::from_utf8(text).expect("the text is ASCII")
    }

    #[test]
    fn lines_look_as_those_of_hexdump() {
        assert_eq!(shown(b"", 0), "");
        assert_eq!(
            shown(b"GET / HTTP/1.0\r\n\r\n", 0),
            "00000000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 30 0d 0a  |GET / HTTP/1.0..|\n\
             00000010  0d 0a                                             |..|\n"
        );
        assert_eq!(
            shown(&[0, 0x1b, 0x7f, 0x80, 0xff], 0xffff_fffe),
            "fffffffe  00 1b 7f 80 ff                                    |.....|\n"
        );
        assert!(shown(b"x", 1 << 32).starts_with("100000000  78 "));
    }

    /// The offset goes on from line to line, and no byte is left out.
    #[test]
    fn every_byte_is_there_once() {
        let data = Vec::from_iter((0..1000_u32).map(|n| (n * 7) as u8));
        let mut bytes = Vec::new();
        for line in shown(&data, 5).lines() {
            assert_eq!(u64::from_str_radix(&line[..8], 16).expect("an offset"), 5 + bytes.len() as u64);
            let hex = line[10..58].split_whitespace();
            bytes.extend(hex.map(|byte| u8::from_str_radix(byte, 16).expect("a byte")));
        }
        assert_eq!(bytes, data);
    }
}
