//! Lines of wait-for-it, wait-for, dockerize and nc, as lines of `wait`, and endpoints that cannot be waited for.

use std::path::Path;

use super::ends::is_program;
use super::typed::Typed;
use super::words::option_called;
use crate::cli::address::{is_address, is_path};
use crate::cli::hints;
use crate::cli::host::is_port;
use crate::cli::kinds::is_executable;
use crate::cli::modes::Action;
use crate::cli::schemes::{Form, PAGES, Role, scheme_called};

/// The parts of a line of `wait`.
#[derive(Default)]
struct Parts {
    options: Vec<String>,
    ends: Vec<String>,
    host: Option<String>,
    port: Option<String>,
    is_udp: bool,
    program: Vec<String>,
}

/// The line with the options and endpoints of `wait`. `None` if the line is of another mode.
pub(super) fn line(typed: &Typed<'_>) -> Option<Vec<String>> {
    typed.mode().filter(|mode| mode.verb.action == Action::Wait)?;
    let range = typed.after_mode();
    let mut parts = Parts::default();
    let mut words = typed.words[range.clone()].iter();
    while let Some(word) = words.next() {
        if word.len() > 1 && word.starts_with('-') {
            parts.take_option(word, &mut words)?;
        } else if let Some(program) = program(word, words.as_slice().first(), !parts.ends.is_empty()) {
            // The dashes before the program are missing.
            parts.program.extend(std::iter::once(program).chain(words.by_ref().cloned()));
        } else {
            parts.take_end(word);
        }
    }
    parts.program.extend(typed.words[range.end..].iter().skip(1).cloned());
    Some([&typed.words[..range.start], &parts.words()[..]].concat())
}

/// The program that a word names. Behind an endpoint, `echo` is a program and not the service of that name.
fn program(word: &str, next: Option<&String>, is_behind: bool) -> Option<String> {
    let is_end = is_address(word) && !(is_behind && hints::is_bare_service(word));
    if is_end {
        return None;
    }
    let is_plain = is_behind && !word.contains([':', '/', ' ']) && !Path::new(word).exists();
    if is_plain && next.is_none_or(|next| !is_port(next))
        || is_program(word)
        || word.contains('/') && is_executable(Path::new(word))
    {
        return Some(word.to_owned());
    }
    (is_behind && is_executable(Path::new(word))).then(|| format!("./{word}"))
}

/// The page that a word names without `http://`.
fn page(word: &str) -> Option<String> {
    let (host, path) = word.split_once('/').filter(|_| !is_path(word) && !word.contains("//"))?;
    let is_host = is_address(host) && host.contains(':') || is_address(&format!("{host}:80"));
    (is_host && !is_port(path) && !Path::new(word).exists()).then(|| format!("http://{word}"))
}

impl Parts {
    /// Takes an option of any of the programs.
    fn take_option<'a>(&mut self, word: &'a str, rest: &mut impl Iterator<Item = &'a String>) -> Option<()> {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let mut value = || value.map(str::to_owned).or_else(|| rest.next().cloned());
        match name {
            "-t" | "-timeout" | "--timeout" => self.options.extend(["--for".to_owned(), value()?]),
            "-w" => self.options.extend(["--connect-timeout".to_owned(), value()?]),
            "-i" | "--interval" | "--sleep" | "-wait-retry-interval" => {
                self.options.extend(["--every".to_owned(), value()?]);
            }
            "-wait" | "--wait" => self.take_end(&value()?),
            "-h" | "--host" => self.host = Some(value()?),
            "-p" | "--port" => self.port = Some(value()?),
            "-u" | "--udp" => self.is_udp = true,
            // A program is never run after a failure, no data is sent, and a unix socket is told by its path.
            "-s" | "--strict" | "-z" | "-U" => (),
            _ => {
                self.options.push(word.to_owned());
                let has_value = option_called(name.trim_start_matches('-')).is_some_and(|spec| spec.takes_value());
                if has_value && !word.contains('=') {
                    self.options.push(value()?);
                }
            }
        }
        Some(())
    }

    /// Takes an endpoint: one that connects, or one that can be made into one.
    fn take_end(&mut self, word: &str) {
        if let Some(rest) = word.strip_prefix("file://") {
            return self.ends.push(rest.to_owned());
        }
        let word = word.strip_prefix("tcp://").unwrap_or(word);
        if let Some(page) = page(word) {
            return self.ends.push(page);
        }
        if let Some((url, _)) = word.split_once('#').filter(|_| word.contains("://")) {
            return self.ends.push(url.to_owned());
        }
        if word.contains(',') && word.split(',').all(|part| part.contains(':') && is_address(part)) {
            return self.ends.extend(word.split(',').map(str::to_owned));
        }
        if !self.ends.is_empty() && hints::is_bare_service(word) {
            return self.ends.push(format!(":{word}"));
        }
        if let Some((name, rest)) = word.split_once(':') {
            let page = PAGES.iter().find(|page| page.name.eq_ignore_ascii_case(name) && !rest.starts_with("//"));
            if let Some(page) = page {
                return self.ends.push(format!("{}://{}", page.name, rest.trim_start_matches('/')));
            }
            match scheme_called(name).map(|scheme| (scheme.role, scheme.form)) {
                Some((Role::Listen, _)) => {
                    let address = rest.split(',').next().unwrap_or_default().trim_start_matches("*:");
                    return self.ends.push(format!("{}:{address}", name.trim_end_matches("-listen")));
                }
                Some((Role::Run, _)) => return self.program.extend(shell_words::split(rest).unwrap_or_default()),
                Some((_, Form::Descriptor)) => return,
                _ => (),
            }
        }
        if word != "-" && word != "stdio" {
            self.ends.push(word.to_owned());
        }
    }

    /// The line without the mode.
    fn words(mut self) -> Vec<String> {
        if let Some(host) = self.host.take() {
            self.ends.insert(0, format!("{host}:{}", self.port.as_deref().unwrap_or("PORT")));
        }
        let mut ends: Vec<String> = Vec::new();
        for end in self.ends {
            match ends.last_mut().and_then(|last| Some((hints::joined(last, &end)?, last))) {
                Some((one, last)) => *last = one,
                None => ends.push(end),
            }
        }
        if self.is_udp {
            let is_bare = |end: &&mut String| is_address(end) && !is_path(end);
            ends.iter_mut().filter(is_bare).for_each(|end| end.insert_str(0, "udp:"));
        }
        if ends.is_empty() {
            ends.push("HOST:PORT".to_owned());
        }
        let dashes = (!self.program.is_empty()).then(|| "--".to_owned());
        self.options.into_iter().chain(ends).chain(dashes).chain(self.program).collect()
    }
}
