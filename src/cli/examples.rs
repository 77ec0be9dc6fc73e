//! The examples of help and manual pages.
//!
//! A mode shows the examples that name it: `-h` the first three of them, `--help` all of them. The order within a mode
//! is therefore the order of importance.

/// Where an example is shown besides the help of its mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// On the first screen, and where [`Shown::Main`] is shown.
    First,
    /// In `xport --help` and at the beginning of the manual page.
    Main,
    /// At the end of a manual page.
    Page,
}

/// A line to type, and what it does.
#[derive(Debug)]
pub(super) struct Example {
    pub(super) line: &'static str,
    pub(super) meaning: &'static str,
    pub(super) shown: Shown,
}

impl Example {
    /// Whether the line runs this mode.
    pub(super) fn runs(&self, mode: &str) -> bool {
        let rest = self.line.split_once("xport ").map_or("", |(_, rest)| rest);
        rest.split(' ').next() == Some(mode)
    }
}

const fn first(line: &'static str, meaning: &'static str) -> Example {
    Example { line, meaning, shown: Shown::First }
}

const fn main(line: &'static str, meaning: &'static str) -> Example {
    Example { line, meaning, shown: Shown::Main }
}

const fn page(line: &'static str, meaning: &'static str) -> Example {
    Example { line, meaning, shown: Shown::Page }
}

/// All examples, in the order of help.
pub(super) static EXAMPLES: &[Example] = &[
    first("xport tcp-server '*:8888' > file", "receive a file"),
    first("xport tcp-client host:8888 < file", "send a file"),
    first("xport tls-client example.org:443", "talk to a TLS server"),
    first("xport relay tcp-listen:8080 tcp:host:80", "forward a port"),
    first(r"printf 'GET / HTTP/1.0\r\n\r\n' | xport tcp-client host:80", "ask a web server"),
    first("xport wait --for 30s db:5432 -- ./app", "wait for a service"),
    main("xport tcp-server --send-only '*:8888' < file", "send a file to one client"),
    main("xport tcp-server -k --allow 10.0.0.0/8 '*:8888' >> log", "receive from one network, one client at a time"),
    page("xport tcp-client --retry 10 localhost:6379 < query", "send a query once the service is up"),
    main("xport tcp-echo :8888", "echo for programs on this machine"),
    page("xport tcp-echo --max-conns 1000 '*:7'", "echo on every interface, for 1000 clients at once"),
    page("xport tcp-echo --port-file port 127.0.0.1:0", "echo on a free port, and write its number to a file"),
    main("xport tls-server --self-signed '*:7000' > file", "receive a file over TLS, and print the pin for clients"),
    main("xport tls-client --pin sha256:HEX host:7000 < file", "send a file only to the server with this pin"),
    main("xport tls-client --starttls smtp mx.example.org:25", "ask a mail server for TLS, then talk to it"),
    page("xport tls-client --crlf --dump - example.org:443", "type HTTP by hand, and see each byte inside TLS"),
    page(
        "xport tls-client --ca ca.pem --cert me.pem --key me.key host:8443",
        "present a certificate to a server of a private authority",
    ),
    page("xport tls-server --cert s.pem --key k.pem '*:8443'", "serve one client with a certificate from files"),
    page("xport tls-server -k --cert s.pem --client-ca ca.pem :8443", "accept only clients with a certificate"),
    page("xport tls-echo --self-signed :8443", "test a TLS client"),
    page("xport tls-echo --cert s.pem --key k.pem '*:8443'", "echo over TLS on every interface"),
    page("xport tls-echo --cert s.pem --key k.pem --client-ca ca.pem :8443", "echo for clients with a certificate"),
    main("echo 'show stat' | xport unix-client /run/haproxy.sock", "ask a daemon"),
    page("xport unix-client /run/app.sock", "talk to a daemon"),
    page("xport unix-client --retry 10 ./app.sock < request", "send a request once the daemon is up"),
    page("xport unix-server ./sock > file", "receive from a program of the same user"),
    page(
        "xport unix-server --replace-stale --mode 0660 ./sock",
        "let the group connect, and replace the socket that a crash left",
    ),
    page("xport unix-server -k @log >> log", "receive on an abstract socket, one client at a time"),
    page("xport unix-echo ./test.sock", "echo on a path"),
    page("xport unix-echo @test", "echo on an abstract unix socket"),
    page("xport unix-echo --mode 0666 --max-conns 10 ./test.sock", "echo for every user, for 10 clients at once"),
    main("echo 'foo:1|c' | xport udp-client localhost:8125", "send a metric to statsd"),
    main(
        r"printf 'ab\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1' | xport udp-client --count 1 ns:53",
        "ask a name server for the root servers, and exit after its answer",
    ),
    page(
        "xport udp-client --lines --send-only host:8125 < metrics",
        "send each line as a metric, without waiting for replies",
    ),
    page(
        "xport udp-client --linger 3s 239.255.255.250:1900 < m-search",
        "ask all devices of this network (SSDP), and print their answers",
    ),
    main("xport udp-server --recv-only --lines '*:5140' >> log", "receive syslog, and end each message with a newline"),
    page("xport udp-server --lines --join 239.1.2.3 '*:6666'", "receive what is sent to a multicast group"),
    page("xport udp-server --count 1 --timeout 10s :9999", "wait at most 10 seconds for one datagram"),
    page("xport udp-echo :9999", "echo datagrams of this machine"),
    page("xport udp-echo --allow 192.168.0.0/16 '*:7'", "echo datagrams of one network"),
    page("xport udp-echo --count 3 :9999", "echo three datagrams, then exit"),
    main("xport exec --listen :7000 -- ./handler", "run a program for each connection, at most 100 at once"),
    page("xport exec --listen :2003 --shell 'cat > /dev/null'", "discard what any number of clients send"),
    main("xport exec --timeout 5m -- make -j4", "run a program for at most 5 minutes, and exit with its status"),
    page("xport exec --connect host:7000 -- ./agent", "run a program on one connection"),
    page("xport exec --pty -- vi file", "run a program on a terminal of its own"),
    page("xport exec --stderr merge --shell 'a | b' > log", "run a shell command, and keep all of its output"),
    page(
        "while read -r x; do xport exec -- ./job \"$x\"; done < list",
        "run a program for each line; xport leaves the list to the loop",
    ),
    page("xport exec --stdin null -- ./job", "run a program with an empty stdin, and leave the terminal alone"),
    main("xport relay tls-listen:8443,cert=s.pem,key=k.pem tcp:127.0.0.1:8080", "put TLS in front of a plain service"),
    main("xport relay tcp-listen:8080 tls:host:443", "let a plain client use a TLS service"),
    main("xport relay tcp-listen:2375 unix:/var/run/docker.sock", "let TCP clients on this machine talk to a daemon"),
    page("xport relay unix-listen:./app.sock tcp:127.0.0.1:8080", "give a TCP service a unix socket"),
    page(
        "xport relay tcp-listen:2525 tls:mx.example.org:25,starttls=smtp",
        "let a plain mail client use a server with STARTTLS",
    ),
    page(
        "xport relay --dump calls.txt tcp-listen:8080 tcp:app:80",
        "record what clients and a service say to each other",
    ),
    page("xport relay udp-listen:5300 udp:127.0.0.1:53", "forward datagrams from another port"),
    page("xport relay - exec:'grep --line-buffered x'", "filter stdin to stdout through a program"),
    page("xport connect tls:host:443,ca=ca.pem", "talk to a TLS server whose authority is in a file"),
    page("xport connect tcp:host:80,retry=10 < request", "send a request once the service is up"),
    page("xport connect unix:///run/app.sock", "talk to a daemon whose address is a URL"),
    page(
        "xport listen -k tcp-listen:2003 unix-listen:./s,mode=0660 >> log",
        "receive on two endpoints, one client at a time",
    ),
    page("xport listen tls-listen:7000,self-signed > file", "receive a file over TLS"),
    page("xport listen udp-listen:5140 >> log", "receive datagrams"),
    page("xport echo unix-listen:./s tcp-listen:7777", "echo on a unix socket and on the loopback at once"),
    page("xport echo tls-listen:8443,self-signed", "echo over TLS"),
    page("xport echo tcp-listen:9999 tls-listen:9998,self-signed", "echo with and without TLS"),
    main("xport wait --for 1m https://example.org/health", "wait until a page answers"),
    page("xport wait tls:example.org:443", "try once: is it up, and is its certificate valid?"),
    page(
        "xport wait --for 1m --status 200,401 https://example.org/health",
        "wait until a page answers with one of two statuses",
    ),
    page("xport wait tls:example.org:443,tls-max=1.2", "try once: does it still speak TLS 1.2?"),
    page("xport wait --for 10s --any ./app.sock :8080", "wait until one of two endpoints is up"),
    page("xport wait --for 30s --gone :8080", "wait until a service has ended"),
    page("xport wait --for 5s --send ping udp:host:7777", "wait until a service replies to a datagram"),
    main("xport scan localhost 22,80,8000-8010", "list which of these ports are open"),
    page("xport scan --banner host 1-1024", "list open ports, with the first line that each service sends"),
    page("xport scan --connect-timeout 300ms host ssh", "ask whether one port is open (status 0) or not (status 3)"),
    page(
        "xport tls-client --show-chain example.org:443",
        "show the certificates of a server, and the days they have left",
    ),
];

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;
    use crate::cli::modes::MODES;
    use crate::cli::{Parsed, parse};

    /// The words of the command `xport` in a line of a shell.
    fn words(line: &str) -> Vec<String> {
        let start = line.find("xport ").expect("an example runs xport");
        let words = shell_words::split(&line[start..]).expect("quotes in pairs");
        let is_end = |word: &String| matches!(word.as_str(), "<" | ">" | ">>" | "|");
        words.into_iter().take_while(|word| !is_end(word)).map(|word| word.trim_end_matches(';').to_owned()).collect()
    }

    #[test]
    fn every_example_is_a_correct_line() {
        for Example { line, .. } in EXAMPLES {
            let words = words(&line.replace("sha256:HEX", &format!("sha256:{}", "00".repeat(32))));
            match parse(words.iter().map(OsString::from)) {
                Ok(Parsed::Run(_)) => (),
                other => panic!("{line}: {other:?}"),
            }
        }
    }

    #[test]
    fn every_mode_has_three_examples() {
        for mode in MODES {
            let count = EXAMPLES.iter().filter(|example| example.runs(mode.name)).count();
            assert!(count >= 3, "{}: {count}", mode.name);
        }
    }

    #[test]
    fn meanings_are_fragments() {
        for Example { line, meaning, .. } in EXAMPLES {
            assert!(line.len() <= 78 && meaning.len() <= 74, "{line}");
            assert!(meaning.starts_with(|c: char| c.is_lowercase()) && !meaning.ends_with('.'), "{meaning}");
        }
    }
}
