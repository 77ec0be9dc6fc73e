//! Tests of the grammar of endpoints, and of the texts about it.

use super::*;
use crate::cli::schemes::SCHEMES;
use crate::cli::tests::the;

fn parts(text: &str) -> (String, Vec<String>) {
    let text_of = |text: OsString| text.into_string().expect("text");
    let (address, options) = split_options(OsStr::new(text));
    (text_of(address), options.into_iter().map(text_of).collect())
}

#[track_caller]
fn refused(text: &str) -> String {
    match EndpointArg::parse(OsStr::new(text)) {
        Err(error) => error.reason,
        Ok(word) => panic!("{text}: {word:?}"),
    }
}

#[test]
fn no_two_schemes_have_one_name() {
    for (index, scheme) in SCHEMES.iter().enumerate() {
        assert!(SCHEMES[index + 1..].iter().all(|other| other.name != scheme.name), "{scheme:?}");
        let rows = Vec::from_iter(scheme.rows().map(|row| row.name));
        assert!((1..rows.len()).all(|at| !rows[at..].contains(&rows[at - 1])), "{scheme:?}: {rows:?}");
    }
}

#[test]
fn the_scheme_stands_before_the_first_colon() {
    for (text, name) in [
        ("-", "-"),
        ("stdio", "-"),
        ("tcp:host:80", "tcp"),
        ("tcp:80", "tcp"),
        ("host:80", "tcp"),
        (":80", "tcp"),
        ("80", "tcp"),
        ("[::1]:80,retry=3", "tcp"),
        ("[fe80::1%lo]:80", "tcp"),
        ("127.0.0.1:80", "tcp"),
        ("tcp-listen:*:80", "tcp-listen"),
        ("tls:host:443", "tls"),
        ("tls:443", "tls"),
        ("tls-listen:*:443,cert=c", "tls-listen"),
        ("unix:a:b", "unix"),
        ("/a:b", "unix"),
        ("./tcp:80", "unix"),
        ("../s", "unix"),
        ("@tcp:80", "unix"),
        ("unix-listen:s", "unix-listen"),
        ("udp:ff02::1%lo:80", "udp"),
        ("udp-listen:80", "udp-listen"),
        ("fd:3", "fd"),
        ("exec:tcp:80", "exec"),
        ("shell:a | b:c", "shell"),
        // Hosts with names that are keywords of other programs.
        ("system:80", "tcp"),
        ("abstract:80", "tcp"),
        ("Host.example:80", "tcp"),
        ("openssl:443", "tcp"),
        ("http:80", "tcp"),
        ("tap:80", "tcp"),
        ("my-listen:80", "tcp"),
        ("tcp-listener.local:80", "tcp"),
        ("api-server:80", "tcp"),
        // Wrong addresses that no keyword explains.
        ("localhost:", "tcp"),
        ("localhost:80x", "tcp"),
        ("localhost:htpp", "tcp"),
        ("fe80::1:80", "tcp"),
        ("localhost", "tcp"),
    ] {
        match EndpointArg::parse(OsStr::new(text)) {
            Ok(word) => assert_eq!(word.scheme.name, name, "{text}"),
            Err(_) => panic!("{text}: {}", refused(text)),
        }
    }
    assert!(EndpointArg::parse(OsStr::from_bytes(b"unix:a\xff")).is_ok_and(|word| word.scheme.name == "unix"));
}

#[test]
fn what_is_no_endpoint_is_explained() {
    for (text, reason) in [
        ("", "endpoint '': must not be empty"),
        ("-,retry=3", "stdin and stdout take no options"),
        ("stdio,retry=3", "stdin and stdout take no options"),
        ("TLS:host:443", "unknown kind of endpoint 'TLS'"),
        ("OPENSSL:host:443", "unknown kind of endpoint 'OPENSSL'"),
        ("openssl:host:443,verify=0", "unknown kind of endpoint 'openssl'"),
        ("openssl-connect:host:443", "unknown kind of endpoint 'openssl-connect'"),
        ("OPENSSL-LISTEN:443,fork", "unknown kind of endpoint 'OPENSSL-LISTEN'"),
        ("http://host:80/", "unknown kind of endpoint 'http'"),
        ("ftp://host", "unknown kind of endpoint 'ftp'"),
        ("sctp:host:80", "unknown kind of endpoint 'sctp'"),
        ("sctp:127.0.0.1:80", "unknown kind of endpoint 'sctp'"),
        ("sctp-listen:host:80,fork", "unknown kind of endpoint 'sctp-listen'"),
        ("sctp-listen:80", "unknown kind of endpoint 'sctp-listen'"),
        ("ws-listen:80", "unknown kind of endpoint 'ws-listen'"),
        ("listen:80", "unknown kind of endpoint 'listen'"),
        ("tcp-listne:80", "unknown kind of endpoint 'tcp-listne'"),
        ("tcp_listen:80", "unknown kind of endpoint 'tcp_listen'"),
        ("unix-lsten:./s", "unknown kind of endpoint 'unix-lsten'"),
        ("exce:ls", "unknown kind of endpoint 'exce'"),
        ("tpc:host:80", "unknown kind of endpoint 'tpc'"),
        ("TCP:80", "unknown kind of endpoint 'TCP'"),
        ("Tcp-Listen:80,fork", "unknown kind of endpoint 'Tcp-Listen'"),
        ("TCP4-LISTEN:80", "unknown kind of endpoint 'TCP4-LISTEN'"),
        ("UNIX-CONNECT:/s", "unknown kind of endpoint 'UNIX-CONNECT'"),
        ("EXEC:cat", "unknown kind of endpoint 'EXEC'"),
        ("SYSTEM:cat,pty", "unknown kind of endpoint 'SYSTEM'"),
        ("system:ls -l", "unknown kind of endpoint 'system'"),
        ("STDIO", "unknown kind of endpoint 'STDIO'"),
        ("stdin", "unknown kind of endpoint 'stdin'"),
        ("STDIN,raw", "unknown kind of endpoint 'STDIN'"),
        ("FD:3", "unknown kind of endpoint 'FD'"),
    ] {
        let error = refused(text);
        assert!(error.starts_with(&format!("endpoint '{text}': ")) && error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn options_are_split_at_commas_that_are_not_escaped() {
    for (text, address, options) in [
        ("host:80", "host:80", &[][..]),
        ("[::1]:80,4,retry=3", "[::1]:80", &["4", "retry=3"]),
        (r"a\,b,mode=0600", "a,b", &["mode=0600"]),
        (r"a\\b\x,port-file=c\,d", r"a\\b\x", &["port-file=c,d"]),
        (r"a\", r"a\", &[]),
        ("a,", "a", &[""]),
        (",,", "", &["", ""]),
        ("", "", &[]),
    ] {
        let (given, found) = parts(text);
        assert_eq!((given.as_str(), found), (address, options.iter().map(ToString::to_string).collect()), "{text}");
    }
}

#[test]
fn commands_are_taken_as_they_are() {
    let parse = |text: &[u8]| EndpointArg::parse(OsStr::from_bytes(text)).and_then(|word| word.program());
    let argv = |text: &str| {
        let parsed = parse(text.as_bytes());
        the!(text, parsed, Ok(Program::Argv { program, arguments }) => (program, arguments))
    };
    let (program, arguments) = argv(r#"exec:sed -e 's/a, b:c/\1/' "x y" z\ ,q "#);
    assert_eq!(program, "sed");
    assert_eq!(arguments, ["-e", r"s/a, b:c/\1/", "x y", "z ,q"]);
    assert_eq!(argv("exec:echo $HOME *;|").1, ["$HOME", "*;|"]);
    assert_eq!(the!("shell", parse(b"shell: a,b | c:d 'e"), Ok(Program::Shell(line)) => line), " a,b | c:d 'e");
    for (text, reason) in [
        ("exec:", "no command"),
        ("exec:  ", "no command"),
        ("shell:", "no command"),
        ("exec:'' a", "the program name is empty"),
        ("exec:a 'b", "a quote is not closed"),
    ] {
        let error = the!(text, parse(text.as_bytes()), Err(error) => error);
        assert!(error.reason.contains(reason), "{text}: {error:?}");
    }
    assert!(parse(b"exec:a \xff").is_err() && parse(b"shell:a \xff").is_ok());
}
