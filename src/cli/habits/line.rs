//! The line of xport that does what a line of another program asks for.

use super::wish::{Job, Medium, Runs, Wish};
use super::words::{is_list, one_colon};
use crate::cli::address::{is_address, is_path, with_port};
use crate::cli::host::is_port;
use crate::cli::values::parse_network;

/// Why a server that is to verify its clients gets no line: a line without the file would serve everybody.
const CLIENT_CA: &str = "--client-ca FILE verifies clients, and a line without it would serve everybody";

/// Why a URL of HTTPS and a unix socket get no line.
const NO_TLS_ON_PATHS: &str = "xport has no TLS on unix sockets";

impl Wish {
    /// The words of the line of xport, without the name of the program.
    pub(super) fn words(&mut self) -> Option<Vec<String>> {
        self.guess();
        self.redirect()?;
        if self.job == Job::Connect && self.source.is_none() && matches!(&self.place[..], [host] if !is_address(host)) {
            // A host without a port shows that the port is that of the peer.
            self.place.extend(self.port.take());
        }
        if self.job == Job::Try {
            return self.try_words();
        }
        self.time_limits()?;
        self.verification()?;
        let mut address = self.address()?;
        if self.job != Job::Connect && address.starts_with(':') && self.admits_others() {
            address.insert(0, '*');
        }
        let is_server = self.job == Job::Listen && self.medium == Medium::Tls;
        if is_server && !self.has("--cert") && !self.has("--self-signed") {
            self.options.push("--self-signed".to_owned());
        }
        match std::mem::take(&mut self.runs) {
            Runs::Nothing => Some(self.mode_words(address)),
            Runs::Words(program) if self.medium == Medium::Udp => {
                Some(self.relay_words(address, format!("exec:{}", shell_words::join(program))))
            }
            Runs::Shell(line) if self.medium == Medium::Udp => Some(self.relay_words(address, format!("shell:{line}"))),
            Runs::Words(program) => Some(self.exec_words(address, [vec!["--".to_owned()], program].concat())),
            Runs::Shell(line) => Some(self.exec_words(address, vec!["--shell".to_owned(), line])),
        }
    }

    /// The line of a mode that joins the address with an echo, or with stdin and stdout.
    fn mode_words(&mut self, address: String) -> Vec<String> {
        let role = match self.job {
            Job::Echo => "echo",
            Job::Listen => "server",
            Job::Connect | Job::Try => "client",
        };
        let mut words = vec![format!("{}-{role}", self.medium.name())];
        if self.keeps && self.job == Job::Listen && self.medium != Medium::Udp {
            words.push("-k".to_owned());
        }
        words.append(&mut self.options);
        words.push(address);
        words
    }

    /// The line of a relay between datagrams and a program.
    fn relay_words(&mut self, address: String, program: String) -> Vec<String> {
        let kind = if self.job == Job::Listen { "udp-listen" } else { "udp" };
        let endpoint = format!("{kind}:{}", address.strip_prefix(':').unwrap_or(&address));
        [vec!["relay".to_owned()], std::mem::take(&mut self.options), vec![endpoint, program]].concat()
    }

    /// The line that runs a program on connections.
    fn exec_words(&mut self, address: String, program: Vec<String>) -> Vec<String> {
        let listens = self.job == Job::Listen;
        let mut words = vec!["exec".to_owned()];
        if listens && !self.keeps {
            words.push("--once".to_owned());
        }
        if let Some(max) = self.max_conns.take().filter(|_| listens) {
            words.extend(["--max-conns".to_owned(), max]);
        }
        words.append(&mut self.options);
        let is_plain = self.medium == Medium::Tcp || self.medium == Medium::Unix && is_path(&address);
        let endpoint = if is_plain {
            address
        } else {
            format!("{}:{}", self.medium.name(), address.strip_prefix(':').unwrap_or(&address))
        };
        words.extend([if listens { "--listen" } else { "--connect" }.to_owned(), endpoint]);
        words.extend(program);
        words
    }

    fn has(&self, flag: &str) -> bool {
        self.options.iter().any(|option| option.split('=').next() == Some(flag))
    }

    /// Whether a list names clients that a listener on the loopback never sees.
    fn admits_others(&self) -> bool {
        let value = |at: usize, option: &String| match option.strip_prefix("--allow")? {
            "" => self.options.get(at + 1).cloned(),
            rest => rest.strip_prefix('=').map(str::to_owned),
        };
        let lists = self.options.iter().enumerate().filter_map(|(at, option)| value(at, option));
        let is_other = |text: &str| parse_network(text).is_ok_and(|network| !network.addr().is_loopback());
        lists.into_iter().any(|list| list.split(',').any(is_other))
    }

    /// Whether a host alone is surely a host.
    fn says_enough(&self) -> bool {
        let is_told = |option: &String| !matches!(option.as_str(), "-v" | "-vv" | "-vvv" | "-q");
        self.is_named || self.usual_port.is_some() || self.options.iter().any(is_told)
    }

    /// Finds out what the form of the operands says.
    fn guess(&mut self) {
        if self.is_named {
            return;
        }
        match &self.place[..] {
            [one] if is_path(one) && self.medium == Medium::Tcp => self.medium = Medium::Unix,
            [one] if self.job == Job::Connect && is_port(one.strip_prefix(':').unwrap_or(one)) => {
                self.job = Job::Listen
            }
            [_, ports @ ..] if self.job == Job::Connect => {
                let is_scan = ports.len() > 1 || ports.iter().any(is_list);
                let are_ports = ports.iter().all(|ports| is_port(ports) || is_list(ports));
                self.job = if is_scan && are_ports { Job::Try } else { self.job };
            }
            _ => (),
        }
    }

    /// Replaces the host of a URL by what curl connects to instead of the host.
    fn redirect(&mut self) -> Option<()> {
        if let Some(path) = self.socket.take() {
            if self.medium == Medium::Tls {
                return self.lack(NO_TLS_ON_PATHS);
            }
            (self.medium, self.place) = (Medium::Unix, vec![path]);
        }
        let [place] = &self.place[..] else { return Some(()) };
        let address_of = |text: &String| text.strip_prefix(place)?.strip_prefix(':').map(str::to_owned);
        let Some(address) = self.resolved.iter().find_map(address_of) else { return Some(()) };
        let (host, port) = place.rsplit_once(':')?;
        let (host, to) = (host.to_owned(), with_port(&address, port)?);
        self.place = vec![to];
        if self.medium == Medium::Tls && !self.has("--server-name") {
            self.push("server-name", host)?;
        }
        Some(())
    }

    /// Adds the file of authorities. A server has another option for it than a client.
    fn verification(&mut self) -> Option<()> {
        let is_server = self.job != Job::Connect;
        match self.authorities.take() {
            Some(file) => self.push(if is_server { "client-ca" } else { "ca" }, file),
            None if is_server && self.verifies && !self.has("--client-ca") => self.lack(CLIENT_CA),
            None => Some(()),
        }
    }

    /// Adds the time limits of `-w` and `-q`. A zero means no limit.
    fn time_limits(&mut self) -> Option<()> {
        let is_client = self.job == Job::Connect;
        let (wait, quit) = (self.wait.take(), self.quit.take().filter(|quit| !is_negative(quit)));
        if self.medium == Medium::Udp {
            let Some(time) = quit.or(wait) else { return Some(()) };
            return self.push("linger", time);
        }
        if let Some(time) = wait.filter(|time| !time.trim_matches('0').is_empty()) {
            if is_client {
                self.push("connect-timeout", time.clone())?;
            }
            self.push("idle-timeout", time)?;
        }
        quit.map_or(Some(()), |time| self.push("quit-after", time))
    }

    /// The address of a connection or of a listener. Parts that the user has not written are in capitals.
    fn address(&mut self) -> Option<String> {
        let place = std::mem::take(&mut self.place);
        if self.medium == Medium::Unix {
            return match place.as_slice() {
                [] => Some("PATH".to_owned()),
                [path] => Some(path.clone()),
                _ => None,
            };
        }
        let place = Vec::from_iter(place.into_iter().map(|one| one_colon(&one).unwrap_or(one)));
        if self.job == Job::Connect {
            self.local_address()?;
            return match place.as_slice() {
                [] => Some("HOST:PORT".to_owned()),
                [one] if is_address(one) => Some(one.clone()),
                [host] if self.says_enough() => with_port(host, self.usual_port.unwrap_or("PORT")),
                [host, port] if is_port(port) => with_port(host, port),
                _ => None,
            };
        }
        let (source, port) = (self.source.take(), self.port.take());
        match (place.as_slice(), source, port) {
            ([one], None, None) if !is_port(one) => Some(one.clone()),
            ([port], source, None) if is_port(port) => with_port(&source.unwrap_or_default(), port),
            ([], source, port) => with_port(&source.unwrap_or_default(), port.as_deref().unwrap_or("PORT")),
            ([host], None, Some(port)) => with_port(host, &port),
            ([host, port], None, None) if is_port(port) => with_port(host, port),
            _ => None,
        }
    }

    /// Makes `--source` of `-s` and `-p` of a client.
    fn local_address(&mut self) -> Option<()> {
        let address = match (self.source.take(), self.port.take()) {
            (None, None) => return Some(()),
            (Some(host), None) => host,
            (host, Some(port)) => with_port(&host.unwrap_or_default(), &port)?,
        };
        self.push("source", address)
    }

    /// The line that tries a port, or several.
    fn try_words(&mut self) -> Option<Vec<String>> {
        if let Some(time) = self.wait.take().filter(|time| !time.trim_matches('0').is_empty()) {
            self.push("connect-timeout", time)?;
        }
        if let Some(file) = self.authorities.take() {
            self.push("ca", file)?;
        }
        let place = std::mem::take(&mut self.place);
        let endpoint = match (self.medium, place.as_slice()) {
            (Medium::Unix, [path]) if is_path(path) => path.clone(),
            (Medium::Unix, [path]) => format!("unix:{path}"),
            (_, [host, port]) if is_port(port) => with_port(host, port)?,
            (_, [one]) if is_address(one) => one.clone(),
            (Medium::Tcp, [host, ports @ ..]) if !ports.is_empty() => {
                // nc -v reports open ports, as a scan does anyway.
                let options = std::mem::take(&mut self.options).into_iter().filter(|option| option != "-v");
                let scan = ["scan".to_owned()].into_iter().chain(options).chain([host.clone(), ports.join(",")]);
                return Some(scan.collect());
            }
            _ => return None,
        };
        let endpoint = match self.medium {
            Medium::Tls | Medium::Udp => format!("{}:{endpoint}", self.medium.name()),
            Medium::Tcp | Medium::Unix => endpoint,
        };
        Some([vec!["wait".to_owned()], std::mem::take(&mut self.options), vec![endpoint]].concat())
    }
}

/// Whether a text is a negative number, which means no limit.
fn is_negative(text: &str) -> bool {
    text.parse::<i64>().is_ok_and(|number| number < 0)
}
