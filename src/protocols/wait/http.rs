//! One GET of HTTP/1.1 by hand, and the status of its answer. RFC 9112.
//!
//! There is no I/O here: [`HttpGet::request`] makes the bytes to send, and a [`StatusReader`] takes the bytes that
//! arrive. Headers and body of the answer are not read, and a redirect is not followed.

use crate::transports::text::Escaped;

/// How many bytes may come before the status is known. Interim answers (100, 103) come before it.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// How many characters of an answer that is not HTTP are shown.
const SHOWN_CHARS: usize = 40;

/// A request, and the statuses that prove that a service is up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpGet {
    /// The value of the header `Host`: the host, and the port unless it is that of the scheme.
    pub host: String,
    /// The path, with the query. It begins with a slash and has only visible ASCII.
    pub path: String,
    /// The wanted statuses. If the list is empty, every 2xx and 3xx is wanted.
    pub statuses: Vec<u16>,
}

impl HttpGet {
    /// The bytes of the request.
    #[must_use]
    pub fn request(&self) -> Vec<u8> {
        let Self { host, path, .. } = self;
        let version = env!("CARGO_PKG_VERSION");
        format!(
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: xport/{version}\r\nAccept: */*\r\n\
             Connection: close\r\n\r\n"
        )
        .into_bytes()
    }

    /// Whether this status is wanted.
    #[must_use]
    pub fn wants(&self, status: u16) -> bool {
        if self.statuses.is_empty() { (200..400).contains(&status) } else { self.statuses.contains(&status) }
    }

    /// The wanted statuses in words. A hundred of one class are `2xx`.
    #[must_use]
    pub fn wanted(&self) -> String {
        if self.statuses.is_empty() {
            return "2xx or 3xx".to_owned();
        }
        let mut words = Vec::new();
        let mut rest = &self.statuses[..];
        while let Some(&first) = rest.first() {
            let is_class =
                first % 100 == 0 && rest.len() >= 100 && (first..first + 100).eq(rest[..100].iter().copied());
            words.push(if is_class { format!("{}xx", first / 100) } else { first.to_string() });
            rest = &rest[if is_class { 100 } else { 1 }..];
        }
        words.join(",")
    }
}

/// Reads the status of an answer.
///
/// ```text
///   StatusLine --- 1xx ---> Headers of an interim answer --- empty line ---> StatusLine
///       |
///       +--- another status: done
/// ```
#[derive(Debug, Default)]
pub struct StatusReader {
    line: Vec<u8>,
    total: usize,
    is_in_headers: bool,
}

impl StatusReader {
    /// Takes bytes of the answer. `None` means that more bytes are needed.
    ///
    /// # Errors
    /// Says why this is not an answer of HTTP/1.
    pub fn take(&mut self, data: &[u8]) -> Option<Result<u16, String>> {
        for (at, &byte) in data.iter().enumerate() {
            self.total += 1;
            if byte != b'\n' {
                self.line.push(byte);
                if !self.is_in_headers && !begins_like_http(&self.line) {
                    let rest = data[at + 1..].iter().take_while(|byte| **byte != b'\n');
                    self.line.extend(rest);
                    return Some(Err(not_http(&self.line)));
                }
                if self.total > HEAD_BYTES_MAX {
                    return Some(Err(format!("no status in the first {HEAD_BYTES_MAX} bytes")));
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            if self.is_in_headers {
                self.is_in_headers = !line.is_empty();
                continue;
            }
            match status_of(line) {
                // The answer follows an interim one. 101 would end HTTP.
                Some(status @ (100 | 102..200)) => {
                    log::debug!("interim status {status}");
                    self.is_in_headers = true;
                }
                Some(status) => return Some(Ok(status)),
                None => return Some(Err(not_http(line))),
            }
        }
        None
    }

    /// The reason why an answer that has ended by now has no status.
    #[must_use]
    pub fn cut(&self) -> String {
        if self.total == 0 {
            "the server has closed the connection without an answer".to_owned()
        } else {
            format!("the answer ends before its status: {}", shown(&self.line))
        }
    }
}

/// The reason why this is not an answer of HTTP/1.
fn not_http(line: &[u8]) -> String {
    format!("the answer is not HTTP/1: {}", shown(line))
}

/// The beginning of an answer, quoted.
fn shown(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line));
    let start: String = text.chars().take(SHOWN_CHARS).collect();
    format!("'{}'", Escaped(&start))
}

/// The beginning of every status line of HTTP/1.
const PREFIX: &[u8] = b"HTTP/1.";

/// Whether a line, of which more can follow, can be a status line.
fn begins_like_http(line: &[u8]) -> bool {
    let length = line.len().min(PREFIX.len());
    line[..length] == PREFIX[..length]
}

/// The status in a status line: `HTTP/1.1 200 OK`. The reason phrase can be missing.
fn status_of(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(PREFIX)?;
    let (version, rest) = rest.split_first()?;
    let rest = rest.strip_prefix(b" ")?;
    let (digits, rest) = rest.split_at_checked(3)?;
    let is_end = rest.is_empty() || rest.starts_with(b" ");
    if !version.is_ascii_digit() || !digits.iter().all(u8::is_ascii_digit) || !is_end {
        return None;
    }
    let status = digits.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'));
    (100..600).contains(&status).then_some(status)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The result of an answer that arrives in pieces of each length.
    #[track_caller]
    fn read(answer: &[u8]) -> Option<Result<u16, String>> {
        let in_pieces = |length: usize| {
            let mut reader = StatusReader::default();
            answer.chunks(length).find_map(|piece| reader.take(piece))
        };
        let whole = in_pieces(answer.len().max(1));
        for length in [1, 2, 3, 7] {
            let status = in_pieces(length);
            assert_eq!(status.as_ref().and_then(|s| s.as_ref().ok()), whole.as_ref().and_then(|s| s.as_ref().ok()));
            assert_eq!(status.is_some(), whole.is_some());
        }
        whole
    }

    #[test]
    fn a_status_is_read_behind_interim_answers() {
        for (answer, status) in [
            ("HTTP/1.1 200 OK\r\n", 200),
            ("HTTP/1.0 503\r\n", 503),
            ("HTTP/1.1 301 \n", 301),
            ("HTTP/1.1 404 Not Found, HTTP/1.1 200\r\n\r\nbody", 404),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 x\r\n", 204),
            ("HTTP/1.1 103 x\r\nLink: </a>\r\nHTTP/1.1: 200\r\n\r\nHTTP/1.1 103 x\r\n\r\nHTTP/1.1 500\r\n", 500),
            ("HTTP/1.1 101 Switching\r\n", 101),
        ] {
            assert_eq!(read(answer.as_bytes()), Some(Ok(status)), "{answer}");
        }
    }

    #[test]
    fn an_answer_of_another_protocol_is_refused_at_once() {
        for answer in [
            "SSH-2.0-x",
            "\0\0\x12\x04",
            "HTTP/2 200\r\n",
            "HTTP/1.1 20\r\n",
            "HTTP/1.1 2000 x\r\n",
            "HTTP/1.1  200\r\n",
            "HTTP/1.1 999 x\r\n",
            "HTTP/1.x 200 x\r\n",
            "\r\nHTTP/1.1 200 OK\r\n",
        ] {
            let text = read(answer.as_bytes()).expect("a verdict").expect_err(answer);
            assert!(text.starts_with("the answer is not HTTP/1: '") && text.len() < 100, "{text}");
        }
    }

    #[test]
    fn what_never_ends_is_given_up() {
        let line = [b"HTTP/1.1 200 ".to_vec(), vec![b'x'; HEAD_BYTES_MAX]].concat();
        assert!(read(&line).expect("a verdict").is_err());
        let mut headers = b"HTTP/1.1 100 x\r\n".to_vec();
        while headers.len() < 2 * HEAD_BYTES_MAX {
            headers.extend_from_slice(b"a: b\r\n");
        }
        assert!(read(&headers).expect("a verdict").is_err());
        assert_eq!(read(b"HTTP/1.1 200 OK"), None);
        assert!(StatusReader::default().cut().contains("without an answer"));
    }

    #[test]
    fn a_request_asks_for_the_end_of_the_connection() {
        let get = HttpGet { host: "h:81".into(), path: "/a?b".into(), statuses: Vec::new() };
        let request = String::from_utf8(get.request()).expect("text");
        assert!(request.starts_with("GET /a?b HTTP/1.1\r\nHost: h:81\r\nUser-Agent: xport/"), "{request}");
        assert!(request.ends_with("\r\nConnection: close\r\n\r\n"), "{request}");
        assert!(get.wants(200) && get.wants(399) && !get.wants(400) && !get.wants(199));
        let get = HttpGet { statuses: vec![200, 401], ..get };
        assert!(get.wants(401) && !get.wants(301));
        assert_eq!(get.wanted(), "200,401");
        let statuses = [vec![101], Vec::from_iter(200..300), vec![300]].concat();
        assert_eq!(HttpGet { statuses, ..get }.wanted(), "101,2xx,300");
    }
}
