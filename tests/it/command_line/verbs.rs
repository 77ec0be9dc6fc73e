//! Tests `echo`, `listen` and `connect` on endpoints of any kind, and URLs as endpoints.
//!
//! The files of each transport test its named modes. This file tests that a verb does the same for each scheme, and its
//! messages about endpoints that it cannot take.

use crate::harness::*;

/// The arguments of a client for a server of this scheme, from the lines of the server.
fn reach(server: &mut Background, scheme: &str, path: &str) -> String {
    if scheme == "unix" {
        server.line("listening on ");
        return format!("unix:{path}");
    }
    let address = server.address();
    match scheme {
        "tls" => {
            let line = server.line("clients connect with: ");
            let pin = line.split_whitespace().find(|word| word.starts_with("sha256:")).expect("a pin").to_owned();
            format!("tls:{address},pin={pin}")
        }
        _ => format!("{scheme}:{address}"),
    }
}

/// The endpoint of a server by its scheme.
fn served(scheme: &str, path: &str) -> String {
    match scheme {
        "unix" => format!("unix-listen:{path}"),
        "tls" => "tls-listen:127.0.0.1:0,self-signed".to_owned(),
        _ => format!("{scheme}-listen:127.0.0.1:0"),
    }
}

#[test]
fn echo_and_connect_take_every_scheme() {
    let (_folder, path) = path("s");
    let path = path.display().to_string();
    for scheme in ["tcp", "tls", "unix", "udp"] {
        let mut server = Background::start(["echo", &served(scheme, &path)]);
        let endpoint = reach(&mut server, scheme, &path);
        let options: &[&str] = if scheme == "udp" { &["--count", "1"] } else { &[] };
        printed(&outcome_with([&["connect"], options, &[&endpoint]].concat(), "hello"), "hello");
        assert!(server.is_running(), "{scheme}: {:?}", server.all_lines());
        server.drains();
    }
}

#[test]
fn listen_joins_a_client_of_every_scheme_with_stdin_and_stdout() {
    let (_folder, path) = path("s");
    let path = path.display().to_string();
    for scheme in ["tcp", "tls", "unix"] {
        let mut server = Background::start(["listen", &served(scheme, &path)]);
        feed(server.stdin(), b"from the server".to_vec());
        let endpoint = reach(&mut server, scheme, &path);
        printed(&outcome_with(["connect", &endpoint], "from the client"), "from the server");
        assert_eq!(take_all(&mut server.stdout()), b"from the client", "{scheme}");
        server.ends_with(0);
    }
    let (mut server, to) = serve(["listen", "--count", "1", "--lines", "udp-listen:127.0.0.1:0"]);
    udp("127.0.0.1").send_to(b"a datagram", to).expect("it is sent");
    assert_eq!(take_all(&mut server.stdout()), b"a datagram\n");
    server.ends_with(0);
}

/// A word that connects in other modes listens in these, as with `exec --listen`.
#[test]
fn where_clients_are_awaited_every_word_listens() {
    let (_folder, path) = path("s");
    let path = path.display().to_string();
    for endpoint in ["127.0.0.1:0", "tcp:127.0.0.1:0", "tcp://127.0.0.1:0", "tcp-listen://127.0.0.1:0"] {
        let (_server, address) = serve(["echo", endpoint]);
        ping(&mut connect(address), b"hello");
    }
    for endpoint in [path.clone(), format!("unix:{path}"), format!("unix://{path}"), format!("unix-listen://{path}")] {
        let mut server = Background::start(["echo", &endpoint]);
        ping(&mut server.unix_client(&path), b"hello");
        server.drains();
    }
    let (_server, to) = serve(["echo", "udp:127.0.0.1:0"]);
    udp_ping(&udp("127.0.0.1"), to, b"hello");
}

/// Each end has its own options, options before the ends hold for all, and one port file has all ports.
#[test]
fn a_verb_serves_several_ends_with_options_of_their_own() {
    let folder = folder();
    let name = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    let (path, ports) = (name("s"), name("ports"));
    let unix = format!("unix-listen:{path},mode=0640");
    let args = ["echo", "--port-file", &ports, "tcp-listen:127.0.0.1:0,deny=127.0.0.1", &unix, "127.0.0.1:0"];
    let mut server = Background::start(args);
    // The lines of ends with one port file come together.
    let (closed, open) = (server.address(), server.address());
    server.line("listening on ");
    ping(&mut connect(open), b"hello");
    let mut denied = connect(closed);
    // The denied client gets a reset or an end.
    assert_eq!(denied.read(&mut [0]).unwrap_or(0), 0);
    assert_eq!(fs::metadata(&path).expect("a socket").mode() & 0o777, 0o640);
    let written = fs::read_to_string(&ports).expect("a port file");
    assert_eq!(written, format!("{}\n{}\n", closed.port(), open.port()));

    let mut server = Background::start(["echo", "--count", "2", "udp-listen:127.0.0.1:0", "udp:127.0.0.1:0"]);
    let ends = [server.address(), server.address()];
    for end in ends {
        udp_ping(&udp("127.0.0.1"), end, b"hello");
    }
    server.ends_with(0);
}

#[test]
fn one_client_at_a_time_comes_to_any_of_the_ends() {
    let mut server = Background::start(["listen", "-k", "127.0.0.1:0", "tcp-listen:127.0.0.1:0"]);
    let ends = [server.address(), server.address()];
    let mut stdout = server.stdout();
    for end in ends {
        let mut client = connect(end);
        client.write_all(b"hello").expect("it takes it");
        drop(client);
        assert_eq!(take(&mut stdout, 5), b"hello");
    }
    assert!(server.is_running());
}

#[test]
fn urls_are_endpoints_wherever_endpoints_go() {
    let (_folder, path) = path("s");
    let path = path.display().to_string();
    let (_tcp, tcp) = serve(["tcp-echo", "127.0.0.1:0"]);
    let (_udp, datagrams) = serve(["udp-echo", "127.0.0.1:0"]);
    let mut unix = Background::start(["unix-echo", &path]);
    unix.line("listening on ");
    let urls = [
        format!("tcp://{tcp}"),
        format!("tcp://{tcp},retry=1"),
        format!("tcp://{tcp}/"),
        format!("tcp://{tcp}/,retry=1"),
        format!("unix://{path}"),
        format!("udp://{datagrams}"),
    ];
    for url in &urls {
        for args in [&["connect", url][..], &["relay", "-", url]] {
            printed(&outcome_with(args, "hello"), b"hello");
        }
    }
    ended(&outcome(["exec", "--connect", &urls[0], "--shell", "echo hello; read x; test $x = hello"]), 0, "");
    let url = "tcp-listen://127.0.0.1:0";
    for args in [&["exec", "--listen", url, "cat"][..], &["relay", url, &urls[0]]] {
        let (_server, address) = serve(args);
        ping(&mut connect(address), b"hello");
    }
}

/// Each option of an end has a variable, but no variable lowers protection.
#[test]
fn options_of_ends_come_from_variables() {
    let mut server = Background::start(["echo", "tls-listen:127.0.0.1:0,self-signed"]);
    let endpoint = reach(&mut server, "tls", "");
    let (address, pin) = endpoint.split_once(",pin=").expect("a pin");
    for args in [&["connect", address][..], &["relay", "-", address], &["tls-client", &address["tls:".len()..]]] {
        let run = |name: &str, value: &str| xport(args).env(name, value).write_stdin("hello").output().expect("a run");
        let output = run("XPORT_PIN", pin);
        printed(&output, b"hello");
        for name in ["XPORT_INSECURE", "XPORT_ALLOW_TRUNCATION"] {
            assert_eq!(run(name, "1").status.code(), Some(5), "{args:?} {name}");
        }
        let output = run("XPORT_NUMERIC", "yes");
        let message = text(&output);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains("invalid value 'yes' for '") && message.contains("XPORT_NUMERIC"), "{message}");
    }
}

/// Each line is refused for its reason, before the run does anything.
#[test]
fn what_a_verb_cannot_do_is_refused_with_what_to_write() {
    refuses([
        "echo => no endpoint given to listen on\ntry: xport echo tcp-listen:PORT\n",
        "listen => no endpoint given to listen on\ntry: xport listen tcp-listen:PORT\n",
        "connect => no endpoint given to connect to\ntry: xport connect HOST:PORT\n",
        "echo - => endpoint '-': stdin and stdout cannot listen",
        "listen - => endpoint '-': listen uses stdin and stdout already",
        "connect - => endpoint '-': connect uses stdin and stdout already",
        "echo exec:a => 'xport exec --listen EP -- CMD' runs a program for each client",
        "connect shell:a => this endpoint is a program\ntry: xport relay - shell:a\n",
        "connect tcp-listen:1 => this endpoint listens\ntry: xport listen tcp-listen:1\n",
        "connect udp-listen:1 => this endpoint listens\ntry: xport listen udp-listen:1\n",
        "connect :1 :2 => unexpected argument ':2'\ntry: xport connect --help\n",
        "connect localhost 28330 => \ntry: xport connect localhost:28330\n",
        "connect -4 tls:h 443 => \ntry: xport connect -4 tls:h:443\n",
        "connect ::1 80 => \ntry: xport connect '[::1]:80'\n",
        "listen 127.0.0.1 28330 => host and port must be one word\ntry: xport listen 127.0.0.1:28330\n",
        "echo tcp-listen:h 80 :81 => host and port must be one word\ntry: xport echo tcp-listen:h:80 :81\n",
        "echo * 80 => host and port must be one word\ntry: xport echo '*:80'\n",
        "connect :0 => cannot connect to port 0",
        "connect *:1 => '*' is for listening",
        "echo tcp-listen:1 udp-listen:1 => one run cannot serve both streams and datagrams: start a second one",
        "listen fd:3 fd:3 => 'fd:3' is given twice",
        "echo tls-listen:1 => a TLS server needs cert=FILE (and key=FILE), or self-signed",
        "connect tls:fd:3 => add server-name=NAME",
        "echo s => 's' has no port; the path of a unix socket begins with ./ or /\n",
        // Options that would do nothing.
        "listen :1,max-conns=1 => tcp-listen: has no option 'max-conns'",
        "listen --max-conns 1 :1 => unexpected argument '--max-conns'",
        "echo udp-listen:1,max-conns=1 => udp-listen: has no option 'max-conns'",
        "echo --max-conns 1 udp-listen:1 => --max-conns does nothing for udp-listen:",
        "echo --once udp-listen:1 => --once does nothing for udp-listen:",
        "echo --count 1 :1 => --count does nothing for tcp-listen:",
        "echo --lines udp-listen:1 => unexpected argument '--lines'",
        "listen -k udp-listen:1 => --keep-open does nothing for udp-listen:",
        "listen --half-close now udp-listen:1 => --half-close does nothing for udp-listen:",
        "connect --lines tcp:h:1 => --lines does nothing for tcp:",
        "connect --no-half-close udp:h:1 => --no-half-close does nothing for udp:",
        "connect --ca c tcp:h:1 => --ca does nothing for tcp:\ntry: xport connect --ca c tls:h:1\n",
        "connect --ca c --starttls smtp h:25 => \ntry: xport connect --ca c --starttls smtp tls:h:25\n",
        "connect --starttls smtp tcp:h:1 => \ntry: xport connect --starttls smtp tls:h:1\n",
        "exec --connect h:25 --starttls smtp -- a => \ntry: xport exec --connect tls:h:25 --starttls smtp -- a\n",
        "listen --cert c *:1 => \ntry: xport listen --cert c 'tls:*:1'\n",
        "echo --crlf :1 => : an echo sends data back unchanged\n",
        "echo udp-listen:1,crlf => has no option 'crlf': an echo sends data back unchanged\n",
        "connect --retry 1 fd:3 => --retry does nothing for fd:",
        "connect udp:fd:3,source=:1 => 'source' does nothing for fd:3, which is open already",
        "echo --allow ::1 :1 @s => --allow does nothing for unix-listen:",
        "echo --mode 0600 @s => mode needs a socket with a path",
        "connect --send-only --count 1 udp:h:1 => --count needs received datagrams",
        "connect --recv-only --linger 1 tcp:h:1 => --linger does nothing with --recv-only",
        "listen --send-only --half-close 1 :1 => --half-close does nothing with --send-only",
        // URLs with parts that an endpoint does not have.
        "connect tcp://h:80// => the URL has a path, '//', which tcp: does not support",
        "connect tcp:h:80/ => port '80/' is neither",
        "connect unix:///s/?x => the URL has a query",
        "connect tls://h:443/x?y,ca=c => the URL has a path, '/x?y', which tls: does not support",
        "connect tcp://u:p@h:80 => the URL has a user, which tcp: does not support",
        "connect udp://h:53?x=1 => the URL has a query, '?x=1', which udp: does not support",
        "connect tcp://h:80#x => the URL has a fragment, '#x', which tcp: does not support",
        "connect unix:///s?x => the URL has a query, '?x', which unix: does not support",
        r"connect 'unix:///s\,t#x' => the URL has a fragment, '#x', which unix: does not support",
        "connect unix:///a%20b => '%' is not decoded in a URL of unix:",
        "connect unix://run/s => a URL needs an absolute path",
        "connect tcp://h => 'h' has no port",
        "connect tcp:// => the address is empty",
        "connect http://h:80 => unknown kind of endpoint 'http'",
        "connect fd://3 => '//3' is not the number of a descriptor",
        "listen tcp://*:80/x => the URL has a path",
        "relay - tcp://h:80/x => the URL has a path, '/x', which tcp: does not support",
        "exec --connect tcp://u@h:80 -- a => the URL has a user",
        "exec --listen tcp-listen://*:80/x -- a => the URL has a path, '/x', which tcp-listen: does not support",
    ]);
}
