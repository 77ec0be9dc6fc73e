//! Reads lines and addresses of socat.

use super::typed::Typed;
use crate::cli::address::{is_address, is_path, with_port};
use crate::cli::host::is_port;
use crate::cli::kinds::{foreign, is_stdio};
use crate::cli::modes::{MODES, ModeSpec, mode_called};
use crate::cli::options::rows;
use crate::cli::schemes::{EXEC, Role, SHELL, Scheme, TCP, UNIX, scheme_called};

/// Why a TLS server that is to verify its clients gets no line: a line without the file would serve everybody.
pub(super) const CLIENT_CA: &str = "client-ca=FILE verifies clients, and verify=0 says that nothing does";

/// Whether a TLS server is to verify its clients, but has no file of authorities. socat verifies unless `verify=0`.
pub(super) fn lacks_authorities(words: &[String]) -> bool {
    let lacks = |word: &String| {
        let (name, rest) = word.split_once(':')?;
        let own = scheme_called(name);
        let scheme = own.or_else(|| foreign(name).map(|(scheme, _)| scheme))?;
        let options = || rest.split(',').skip(1).map(|option| option.split_once('=').unwrap_or((option, "")));
        let is = |name: &str, other: &str| name.eq_ignore_ascii_case(other);
        let verifies = match options().find(|(name, _)| is(name, "verify")) {
            Some((_, value)) => value != "0",
            None => own.is_none(),
        };
        let has_file = options().any(|(name, _)| is(name, "cafile") || is(name, "client-ca"));
        Some(scheme.is_tls && scheme.listens() && verifies && !has_file)
    };
    words.iter().any(|word| lacks(word) == Some(true))
}

/// One end of a line.
#[derive(Default)]
struct Side {
    /// `None` for stdin and stdout, and for an echo.
    scheme: Option<&'static Scheme>,
    address: String,
    /// Options of xport for this end.
    options: Vec<String>,
    /// Options of xport for the run.
    of_run: Vec<String>,
    forks: bool,
    is_echo: bool,
    /// Whether the peer may have any certificate.
    skips_verification: bool,
    /// Whether a kind stands before the address.
    has_kind: bool,
    /// Whether the kind is written as xport writes it.
    is_own: bool,
}

impl Side {
    fn stdio() -> Self {
        Self { address: "-".to_owned(), is_own: true, ..Self::default() }
    }

    fn role(&self) -> Role {
        self.scheme.map_or(Role::Stdio, |scheme| scheme.role)
    }

    /// The end as xport writes it.
    fn text(&self) -> String {
        let text = [std::slice::from_ref(&self.address), &self.options].concat().join(",");
        match self.scheme {
            Some(scheme) if self.has_kind => format!("{}:{text}", scheme.name),
            _ => text,
        }
    }
}

/// The endpoint that socat writes as `word`. `None` if an option has no counterpart, or if `word` is not an endpoint.
pub(super) fn endpoint(word: &str) -> Option<String> {
    side(word).filter(|side| side.of_run.is_empty() && !side.is_echo).map(|side| side.text())
}

fn side(word: &str) -> Option<Side> {
    let end = word.find([':', ',']).unwrap_or(word.len());
    let (name, rest) = (&word[..end], &word[end..]);
    if name == "-" || is_stdio(name) {
        let is_raw = rest.split(',').any(|option| matches!(option, "raw" | "rawer" | "cfmakeraw"));
        let of_run = Vec::from_iter(is_raw.then(|| "--raw".to_owned()));
        return Some(Side { of_run, ..Side::stdio() });
    }
    if name.eq_ignore_ascii_case("pipe") && rest.is_empty() {
        return Some(Side { is_echo: true, ..Side::stdio() });
    }
    let lower = name.to_ascii_lowercase();
    let scheme = scheme_called(&lower).filter(|_| rest.starts_with(':'));
    let (scheme, family, rest) = match (scheme, foreign(&lower)) {
        (Some(scheme), _) => (scheme, "", &rest[1..]),
        (None, Some((scheme, family))) if rest.starts_with(':') => (scheme, family, &rest[1..]),
        _ if is_path(word) => (&UNIX, "", word),
        _ if is_address(&word[..word.find(',').unwrap_or(word.len())]) && word.contains(':') => (&TCP, "", word),
        _ => return None,
    };
    if *scheme == EXEC || *scheme == SHELL {
        return program(scheme, rest);
    }
    if rest.contains('\\') {
        return None;
    }
    let mut parts = rest.split(',');
    let address = parts.next()?;
    let is_abstract = lower.starts_with("abstract") && !address.starts_with('@');
    let has_kind = rest.len() < word.len();
    let mut found = Side {
        scheme: Some(scheme),
        address: format!("{}{address}", if is_abstract { "@" } else { "" }),
        options: Vec::from_iter((!family.is_empty()).then(|| family.to_owned())),
        has_kind,
        is_own: !has_kind || name == scheme.name,
        ..Side::default()
    };
    for option in parts.filter(|option| !option.is_empty()) {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        found.take(scheme, &name.to_ascii_lowercase(), value)?;
    }
    if found.skips_verification {
        found.options.retain(|option| !option.starts_with("ca=") && !option.starts_with("client-ca="));
    }
    Some(found)
}

/// A program, whose options follow the first comma outside quotes.
fn program(scheme: &'static Scheme, rest: &str) -> Option<Side> {
    let mut quote = None;
    let end = rest.find(|c: char| {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            _ => (),
        }
        quote.is_none() && c == ','
    });
    let (command, options) = rest.split_at(end.unwrap_or(rest.len()));
    let mut found = Vec::new();
    for option in options.split(',').filter(|option| !option.is_empty()) {
        match option {
            "pty" => found.push("--pty".to_owned()),
            "stderr" => found.extend(["--stderr".to_owned(), "merge".to_owned()]),
            "setsid" | "ctty" | "sane" | "pipes" | "sigint" | "sigquit" | "sighup" | "raw" | "rawer" | "echo=0" => (),
            _ => return None,
        }
    }
    // With a terminal of its own, everything that a program writes is one stream.
    if found.iter().any(|option| option == "--pty") {
        found = vec!["--pty".to_owned()];
    }
    Some(Side { scheme: Some(scheme), address: command.to_owned(), of_run: found, has_kind: true, ..Side::stdio() })
}

impl Side {
    /// Takes an option after a comma.
    fn take(&mut self, scheme: &'static Scheme, name: &str, value: &str) -> Option<()> {
        let listens = scheme.listens();
        match name {
            "fork" => self.forks = true,
            "reuseaddr" | "so-reuseaddr" | "unlink-close" | "so-keepalive" | "ignoreeof" if value != "0" => (),
            "keepalive" if matches!(value, "" | "1") => (),
            "bind" if listens && is_port(&self.address) => self.address = with_port(value, &self.address)?,
            "bind" | "source" => self.push("source", value)?,
            "sourceport" | "sp" => self.push("source", &format!(":{value}"))?,
            "range" => self.push("allow", value)?,
            "max-children" => self.push("max-conns", value)?,
            "perm" => self.push("mode", value)?,
            "unlink-early" | "unlink" => self.push("replace-stale", "")?,
            "forever" => self.push("retry", "forever")?,
            "interval" | "intervall" => self.push("retry-delay", value)?,
            "verify" if value == "0" => {
                self.skips_verification = true;
                if !listens {
                    self.push("insecure", "")?;
                }
            }
            "verify" => (),
            "cafile" if listens => self.push("client-ca", value)?,
            "cafile" | "cacert" => self.push("ca", value)?,
            "certificate" => self.push("cert", value)?,
            "commonname" | "cn" | "snihost" | "servername" => self.push("server-name", value)?,
            "crnl" => self.push("crlf", "")?,
            "keepidle" | "tcp-keepidle" => self.push("keepalive", value)?,
            "pf" | "protocol-family" => match value {
                "ip4" | "ipv4" | "inet" | "2" => self.push("4", "")?,
                "ip6" | "ipv6" | "inet6" | "10" => self.push("6", "")?,
                _ => return None,
            },
            "nodelay" | "tcp-nodelay" if value.is_empty() || value == "1" => self.push("nodelay", "on")?,
            "rcvbuf" | "so-rcvbuf" => self.push("recv-buffer", value)?,
            "sndbuf" | "so-sndbuf" => self.push("send-buffer", value)?,
            "so-bindtodevice" | "interface" | "if" => self.push("bind-device", value)?,
            "ip-tos" => self.push("tos", value)?,
            "ip-ttl" => self.push("ttl", value)?,
            "ip-add-membership" | "ip-membership" => self.push("join", &value.replacen(':', "%", 1))?,
            "so-broadcast" => self.push("broadcast", "")?,
            "user" | "group" => self.owner(name == "user", value)?,
            _ if scheme.rows().any(|row| row.name == name || row.word == name) => self.push(name, value)?,
            _ => return None,
        }
        Some(())
    }

    /// Joins the user and the group of a socket in one option.
    fn owner(&mut self, is_user: bool, value: &str) -> Option<()> {
        let at = self.options.iter().position(|option| option.starts_with("owner="));
        let old = at.map(|at| self.options.remove(at)).unwrap_or_default();
        let old = old.strip_prefix("owner=").unwrap_or_default();
        let (user, group) = old.split_once(':').unwrap_or((old, ""));
        let (user, group) = if is_user { (value, group) } else { (user, value) };
        // A colon without a group would mean the group of the user.
        let colon = if group.is_empty() { "" } else { ":" };
        self.push("owner", &format!("{user}{colon}{group}"))
    }

    fn push(&mut self, name: &str, value: &str) -> Option<()> {
        rows().find(|row| row.name == name || row.word == name)?;
        self.options.push(if value.is_empty() { name.to_owned() } else { format!("{name}={value}") });
        Some(())
    }
}

/// The line of xport for ends without a mode.
pub(super) fn line(typed: &Typed<'_>) -> Vec<Vec<String>> {
    if typed.mode.is_some() {
        return Vec::new();
    }
    read(typed.words).into_iter().collect()
}

fn read(words: &[String]) -> Option<Vec<String>> {
    let (mut options, mut sides) = (Vec::new(), Vec::new());
    let (mut verbose, mut dumps) = (false, false);
    let (mut sends_only, mut receives_only) = (false, false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let mut with_value = |name: &str| {
            options.push(name.to_owned());
            options.extend(words.next().cloned());
        };
        match word.as_str() {
            "-u" => sends_only = true,
            "-U" => receives_only = true,
            "-d" | "-dd" | "-D" => (),
            "-v" => verbose = true,
            "-x" => dumps = true,
            "-t" => with_value("--linger"),
            "-T" => with_value("--idle-timeout"),
            "-b" => drop(words.next()),
            "-4" | "-6" => options.push(word.clone()),
            word if word.starts_with('-') && word != "-" && !word.starts_with("-,") => return None,
            word => sides.push(side(word)?),
        }
    }
    match (dumps, verbose) {
        (true, _) => options.extend(["--dump".to_owned(), "-".to_owned()]),
        (false, true) => options.push("-v".to_owned()),
        (false, false) => (),
    }
    let mut is_single = false;
    let (mut left, mut right) = match <[Side; 2]>::try_from(sides) {
        Ok([left, right]) => (left, right),
        Err(mut sides) => {
            let one = sides.pop().filter(|one| sides.is_empty() && one.has_kind && !sends_only && !receives_only)?;
            is_single = true;
            (Side::stdio(), one)
        }
    };
    // Only the left end of a relay listens, and stdin comes first otherwise.
    let is_turned = right.role() == Role::Listen || right.role() == Role::Stdio && left.role() != Role::Listen;
    if is_turned {
        std::mem::swap(&mut left, &mut right);
    }
    options.extend(left.of_run.iter().chain(&right.of_run).cloned());
    let of = |mode: &str, more: &[&str], ends: &[String]| {
        let more = more.iter().map(|word| (*word).to_owned());
        let words = std::iter::once(mode.to_owned()).chain(more).chain(options.iter().cloned());
        Some(words.chain(ends.iter().cloned()).collect())
    };
    // `-u` sends from the first end to the second one, as they were written.
    let direction = match (sends_only, receives_only) {
        (false, false) => None,
        (sends, _) => {
            let is_stdin_first = (left.role() == Role::Stdio) != is_turned;
            Some(if sends == is_stdin_first { "--send-only" } else { "--recv-only" })
        }
    };
    let direction = direction.as_slice();
    let has_stdio = [&left, &right].iter().any(|side| side.role() == Role::Stdio && !side.is_echo);
    if right.is_echo || left.is_echo {
        let other = if left.is_echo { right } else { left };
        return if other.role() == Role::Listen { of("echo", &[], &[other.text()]).map(shorthand) } else { None };
    }
    if !direction.is_empty() && !has_stdio {
        return None;
    }
    match (left.role(), right.role()) {
        (Role::Listen, Role::Stdio) => {
            let has_clients = left.scheme.is_some_and(|scheme| !scheme.has_datagrams());
            let keeps = if left.forks && has_clients { &["-k"][..] } else { &[] };
            let line = of("listen", &[keeps, direction].concat(), &[left.text()]);
            if left.is_own { line } else { line.map(shorthand) }
        }
        (Role::Stdio, Role::Stdio) | (_, Role::Listen) => None,
        (Role::Stdio, Role::Run) if right.scheme == Some(&SHELL) => {
            of("exec", &[], &["--shell".to_owned(), right.address.clone()])
        }
        (Role::Stdio, Role::Run) => {
            let words = shell_words::split(&right.address).ok()?;
            of("exec", &[], &[vec!["--".to_owned()], words].concat())
        }
        (Role::Stdio, Role::Connect) if !right.is_own => of("connect", direction, &[right.text()]).map(shorthand),
        (Role::Stdio, Role::Connect) if is_single || !direction.is_empty() => of("connect", direction, &[right.text()]),
        (Role::Listen, _)
            if !left.forks && !left.is_own && left.scheme.is_some_and(|scheme| !scheme.has_datagrams()) =>
        {
            of("relay", &["--once"], &[left.text(), right.text()])
        }
        _ => of("relay", &[], &[left.text(), right.text()]),
    }
}

/// The mode that is the shorthand of a verb with one endpoint. Options after commas stand before the address then.
fn shorthand(words: Vec<String>) -> Vec<String> {
    let short_for = |verb: &str, kind: &str| {
        let general = mode_called(verb)?;
        let is_of_kind = |mode: &&ModeSpec| mode.scheme.is_some_and(|scheme| scheme.name == kind);
        MODES.iter().filter(is_of_kind).find(|mode| mode.is_short_for(general))
    };
    let [verb, before @ .., end] = &words[..] else { return words };
    let Some((mode, rest)) = end.split_once(':').and_then(|(kind, rest)| Some((short_for(verb, kind)?, rest))) else {
        return words;
    };
    if words.iter().any(|word| word.contains('\\')) {
        return words;
    }
    let mut options = rest.split(',');
    let address = options.next().unwrap_or_default().to_owned();
    let mut short = vec![mode.name.to_owned()];
    short.extend_from_slice(before);
    for option in options {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        short.push(format!("{}{name}", if name.len() == 1 { "-" } else { "--" }));
        short.extend((!value.is_empty()).then(|| value.to_owned()));
    }
    short.push(address);
    short
}
