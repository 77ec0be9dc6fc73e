//! Tests the messages of the real program about wrong endpoints and options: `relay`, and `exec` on connections.
//!
//! `src/cli/endpoint/tests.rs` and `src/cli/relay/tests.rs` test the configuration of valid ones.

use crate::harness::*;

/// The stderr of a run that is refused before it does anything.
#[track_caller]
fn refused(command: &mut assert_cmd::Command) -> String {
    let output = command.output().expect("a run");
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(output.stdout.is_empty(), "{}", text(&output));
    let message = String::from_utf8(output.stderr).expect("text");
    assert!(message.starts_with("xport: ") && message.ends_with('\n'), "{message:?}");
    message
}

/// Each list of words is refused for its reason.
#[track_caller]
fn all_refused(mode: &str, lines: &[(&[&str], &str)]) {
    for (args, reason) in lines {
        let message = refused(xport([mode]).args(*args));
        assert!(message.contains(reason), "{args:?}: {message:?} does not say {reason:?}");
    }
}

fn help(args: &[&str]) -> String {
    let output = outcome(args);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_relay_has_two_ends_that_fit() {
    all_refused(
        "relay",
        &[
            (&[], "relay needs two endpoints: LEFT and RIGHT\ntry: xport relay tcp-listen:PORT HOST:PORT\n"),
            (&["-"], "\ntry: xport relay - HOST:PORT\n"),
            (&["-", ":80", ":81"], "unexpected argument ':81'"),
            (&["-", "localhost", "80"], "\ntry: xport relay - localhost:80\n"),
            (&["127.0.0.1", "80", "-"], "\ntry: xport relay 127.0.0.1:80 -\n"),
            (&["127.0.0.1", "80"], "host and port must be one word"),
            (&["-", "-"], "only one side can be stdin and stdout"),
            (&["-", "stdio"], "only one side can be stdin and stdout"),
            (&["-", "tcp-listen:80"], "endpoint 'tcp-listen:80': only LEFT can listen"),
            (&["tcp-listen:80", "unix-listen:s"], "endpoint 'unix-listen:s': only LEFT can listen"),
            (&["-", "udp-listen:80"], "only LEFT can listen"),
            (&["fd:3", "fd:3"], "'fd:3' is given twice"),
            (&["--once", "fd:3", "fd:3"], "'fd:3' is given twice"),
        ],
    );
}

#[test]
fn options_of_a_relay_that_would_do_nothing_are_refused() {
    all_refused(
        "relay",
        &[
            (&["--once", "-", ":80"], "--once does nothing if LEFT does not listen"),
            (&["--grace", "1", ":80", "-"], "--grace does nothing if LEFT does not listen"),
            (&["--stderr", "null", "-", ":80"], "--stderr does nothing without exec: or shell:"),
            (&["--env", "A", "-", ":80"], "--env does nothing without exec: or shell:"),
            (&["--kill-after", "1", "-", ":80"], "--kill-after does nothing without exec: or shell:"),
            (&["--pty", "--stderr", "merge", "tcp::80", "exec:a"], "--stderr can only be null with --pty"),
            (&["--pty", "tcp::80", ":81"], "--pty does nothing without exec: or shell:"),
            (&["--pty", "-", "exec:a b"], "\ntry: xport exec --pty -- a b\n"),
            (&["--env", "=x", "-", "exec:a"], "invalid --env '=x'"),
            (&["tcp-listen:80", "-"], "stdin and stdout can serve only one client"),
            (&["unix-listen:s", "fd:3"], "an inherited connection can serve only one client"),
            (&["udp-listen:80", "-"], "can serve only one peer\ntry: xport udp-server 80\n"),
            (&["--once", "udp-listen:80", ":80"], "--once needs clients that connect"),
            (&["--linger", "1", "udp-listen:1", "udp:host:2"], "--linger does nothing for udp-listen: and udp:"),
            (
                &["--no-half-close", "udp-listen:1", "udp:host:2"],
                "--no-half-close does nothing for udp-listen: and udp:",
            ),
            (&["-", "udp:fd:3"], "a relay cannot use an inherited datagram socket"),
            (&["tcp-listen:0", "tcp:fd:3"], "an inherited socket has no kind before fd:"),
            (&["-", "tcp:fd:3,retry=3"], "an inherited socket has no kind before fd:"),
            (&["--high-water", "1", "--low-water", "2", "-", ":80"], "--low-water 2 is more than --high-water 1"),
            (&["--retry", "3", "-", "exec:a"], "--retry does nothing if no side connects"),
            (&["--backlog", "3", "-", ":80"], "--backlog does nothing if LEFT does not listen"),
            (&["--keepalive", "3", "-", "exec:a"], "--keepalive does nothing for - and exec:"),
            (&["--ca", "c", "tcp-listen:1", "tcp:a:1"], "--ca does nothing for tcp-listen: and tcp:"),
            (&["--retry", "3", "-", "fd:3"], "--retry does nothing for - and fd:"),
            (&["-4", "-", "tls:fd:3,server-name=a"], "-4 does nothing for - and tls:"),
            (&["-4", "-", "[::1]:80"], "endpoint '[::1]:80': '4' excludes the address '[::1]:80'"),
            (
                &["--starttls", "smtp", "tls-listen:1,self-signed", ":2"],
                "--starttls does nothing for tls-listen: and tcp:",
            ),
            (&["--crlf", "-", "exec:a"], "--crlf does nothing for - and exec:"),
            (&["--crlf", "-", "udp:a:1"], "--crlf does nothing for - and udp:"),
            (&["-k", "tcp-listen:80", "-"], "unexpected argument '-k'"),
        ],
    );
    // A default for other runs is no mistake in this run. The endpoints are the mistake.
    let message = refused(xport(["relay", "-", "-"]).env("XPORT_KILL_AFTER", "1s").env("XPORT_GRACE", "1s"));
    assert!(message.contains("only one side"), "{message:?}");
}

#[test]
fn words_that_are_no_endpoints_are_explained() {
    all_refused(
        "relay",
        &[
            (&["", ":80"], "endpoint '': must not be empty"),
            (
                &["-", "OPENSSL:host:443,verify=0"],
                "unknown kind of endpoint 'OPENSSL'; --insecure skips the verification of the certificate\ntry: xport relay - tls:host:443,insecure\n",
            ),
            (&["OPENSSL-LISTEN:443,cert=c,verify=0", ":1"], "\ntry: xport relay tls-listen:443,cert=c :1\n"),
            (&["-", "http://host/"], "unknown kind of endpoint 'http'\ntry: xport relay - host:80\n"),
            (&["-", "sctp:host:80"], "unknown kind of endpoint 'sctp'"),
            (&["TCP-LISTEN:80,fork", ":1"], "\ntry: xport relay tcp-listen:80 :1\n"),
            (&["-", "UNIX-CONNECT:/s"], "unknown kind of endpoint 'UNIX-CONNECT'\ntry: xport relay - unix:/s\n"),
            (&["-", "SYSTEM:ls"], "\ntry: xport relay - shell:ls\n"),
            (&["STDIO", ":80"], "\ntry: xport relay - :80\n"),
            (&["-", "exec:"], "no command"),
            (&["-", "exec:a 'b"], "a quote is not closed"),
            (&["-", "shell:"], "no command"),
        ],
    );
}

#[test]
fn addresses_of_endpoints_are_checked_as_everywhere() {
    let long = format!("unix:/{}", "x".repeat(120));
    all_refused(
        "relay",
        &[
            (&["-", "tcp:host:0"], "cannot connect to port 0"),
            (&["-", "udp:host:0"], "cannot connect to port 0"),
            (&["-", "*:80"], "endpoint '*:80': invalid address '*:80': a client needs one host"),
            (&["-", "tcp:host"], "'host' has no port"),
            (&["-", "host:"], "the port is empty"),
            (&["-", "host:htpp"], "port 'htpp' is neither a number nor a known service"),
            (&["-", "::1:80"], "\ntry: xport relay - '[::1]:80'\n"),
            (
                &["-", "fe80::1:80"],
                "'fe80::1:80' is ambiguous: an IPv6 address needs brackets\ntry: xport relay --help\n",
            ),
            (&["-", "tcp:/s"], "this is a unix socket, which needs unix:\ntry: xport relay - unix:/s\n"),
            (&["udp-listen:./s", "-"], "this is a unix socket, which needs unix-listen:"),
            (&["-", "unix:"], "the path is empty"),
            (&["-", "@"], "the abstract name is empty"),
            (&["-", &long], "path is 121 bytes, limit 107"),
            (&["fd:x", "-"], "'x' is not the number of a descriptor"),
            (&["-", "fd:"], "'' is not the number of a descriptor"),
        ],
    );
    let odd = OsStr::from_bytes(b"tcp:a\xff\n:80");
    let message = refused(xport(["relay", "-"]).arg(odd));
    assert!(message.contains(r"endpoint 'tcp:a\xff\n:80'") && message.contains("is not UTF-8"), "{message:?}");
    let message = refused(&mut xport(["relay", "-", &format!("tcp:{}", "x\u{1b}".repeat(50_000))]));
    assert!(message.len() < 1_000 && !message.contains('\u{1b}'), "{message:?}");
}

#[test]
fn options_of_endpoints_are_checked_as_everywhere() {
    all_refused(
        "relay",
        &[
            (
                &["-", "tcp:a:1,retry=x"],
                "endpoint 'tcp:a:1,retry=x': invalid value 'x' for 'retry': must be 0 or more, or forever",
            ),
            (&["-", "a:1,connect-timeout=0"], "invalid value '0' for 'connect-timeout': must be more than zero"),
            (&["-", "a:1,connect-timeout=-5"], "must not be negative"),
            (&["-", "a:1,retry-delay=1\x1b"], r"invalid value '1\u{1b}' for 'retry-delay': not a duration"),
            (&["-", "a:1,retry"], "'retry' needs a value, as in retry=N"),
            (&["-", "a:1,retry="], "'retry' needs a value, as in retry=N"),
            (&["-", "a:1,retry,source=:9"], "'retry' needs a value"),
            (&["-", "a:1,numeric=yes"], "'numeric' takes no value"),
            (&["-", "a:1,4=1"], "'4' takes no value"),
            (&["-", "a:1,4,6"], "'4' and '6' contradict each other"),
            (&["-", "a:1,retry=1,retry=2"], "'retry' is given twice"),
            (&["-", "a:1,4,ipv4"], "'4' is given twice"),
            (&["-", "a:1,"], r"an option has no name; a comma in a name or path is '\,'"),
            (
                &["-", "a:1,frob=1"],
                "tcp: has no option 'frob'; its options are connect-timeout, retry, retry-delay, source",
            ),
            (&["-", "a:1,--retry=1"], "tcp: has no option '--retry'"),
            (&["-", "a:1,backlog=1"], "tcp: has no option 'backlog'"),
            (&["-", "fd:3,retry=1"], "fd: has no option 'retry'; its options are keepalive, nodelay, tos, ttl, crlf"),
            (&["-", "fd:3,keepalive=0"], "invalid value '0' for 'keepalive': less than 1s"),
            (
                &["-", "a:1,keepalive=on"],
                "invalid value 'on' for 'keepalive': not a duration such as 10s or 2m, nor 'off'",
            ),
            (&["tcp-listen:1,keepalive=32768", "-"], "longer than 32767s, the limit of the kernel"),
            (&["unix-listen:s,keepalive=5s", "-"], "unix-listen: has no option 'keepalive'"),
            (&["-", "unix:s,keepalive=5s"], "unix: has no option 'keepalive'"),
            (&["-", "udp:h:1,keepalive=5s"], "udp: has no option 'keepalive'"),
            (
                &["fd:3,backlog=1", "-"],
                "fd: has no option 'backlog'; its options are max-conns, allow, deny, port-file",
            ),
            (&["stdio,4", ":80"], "stdin and stdout take no options"),
            (&["tcp-listen:1,fork", "-"], "has no option 'fork': a LEFT that listens always serves many clients"),
            (
                &["-", "a:1,idle-timeout=1"],
                "it applies to the whole run, not to one end\ntry: xport relay --idle-timeout=1 - a:1\n",
            ),
            (&["-", "[::1]:1,4"], "'4' excludes the address '[::1]:1'"),
            (&["-", "127.0.0.1:1,source=::1"], "have different families"),
            (&["-", "a:1,source=b"], "invalid value 'b' for 'source': 'b' is a name, not an address"),
            (&["tcp-listen:1,allow=10.0.0.0/33", "-"], "invalid value '10.0.0.0/33' for 'allow'"),
            (&["tcp-listen:1,max-conns=0", "-"], "invalid value '0' for 'max-conns'"),
            (&["unix-listen:s,mode=0800", "-"], "invalid value '0800' for 'mode'"),
            (&["unix-listen:@s,mode=0600", "-"], ": mode needs a socket with a path"),
            (&["unix-listen:s,allow=::1", "-"], "unix-listen: has no option 'allow'"),
            (&["udp-listen:1,join=239.1.2.3", "-"], ": join=239.1.2.3 needs '*:PORT'"),
            (&["udp-listen:1,join=10.0.0.1", "-"], "not a multicast group"),
        ],
    );
    let message = refused(xport(["relay", "-", ":80"]).env("XPORT_RETRY", "abc"));
    assert!(message.contains("invalid value 'abc' for 'retry'") && message.contains("XPORT_RETRY"), "{message:?}");
    let message = refused(xport(["relay", "-", ":80,retry=x"]).env("XPORT_RETRY", "abc"));
    assert!(!message.contains("XPORT_RETRY"), "{message:?}");
    let odd = OsStr::from_bytes(b"a:1,retry=\xff");
    assert!(refused(xport(["relay", "-"]).arg(odd)).contains("not UTF-8"));
}

#[test]
fn options_of_tls_endpoints_are_checked_as_those_of_the_modes() {
    all_refused(
        "relay",
        &[
            (&["tls-listen:1", ":2"], "endpoint 'tls-listen:1': a TLS server needs cert=FILE (and key=FILE), or"),
            (&["tls-listen:1,key=k", ":2"], ": key needs its certificate"),
            (&["tls-listen:1,cert=c,self-signed", ":2"], ": self-signed makes a certificate and its key"),
            (&["tls-listen:1,self-signed", "-"], "stdin and stdout can serve only one client"),
            (&["tcp-listen:1", "tls:fd:3,server-name=a"], "an inherited connection can serve only one client"),
            (&["-", "tls-listen:1,self-signed"], "only LEFT can listen"),
            (&["-", "tls:fd:3"], "'fd:3' has no name that the certificate must have: add server-name=NAME"),
            (&["-", "tls:fd:3,server-name=a,retry=1"], "'retry' does nothing for fd:3, which is open already"),
            (&["tls-listen:fd:3,self-signed,backlog=1", "-"], "'backlog' does nothing for fd:3"),
            (&["fd:3", "tls:fd:3,server-name=a"], "'fd:3' is given twice"),
            (&["-", "tls:h:1,ca=c,insecure"], ": ca and insecure contradict each other"),
            (&["-", "tls:h:1,insecure=yes"], "'insecure' takes no value"),
            (&["-", "tls:h:1,pin=abc"], "invalid value 'abc' for 'pin': a pin is sha256: and 64 hexadecimal digits"),
            (&["-", "tls:h:1,tls-min=1.1"], "invalid value '1.1' for 'tls-min': must be 1.2 or 1.3"),
            (
                &["-", "tls:h:1,handshake-timeout=0"],
                "invalid value '0' for 'handshake-timeout': must be more than zero",
            ),
            (&["-", "tls:h:1,alpn=h2,http/1.1"], "tls: has no option 'http/1.1'"),
            (&["-", "tls:h:1,client-ca=c"], "tls: has no option 'client-ca', but tls-listen: does"),
            (&["tls-listen:1,insecure", ":2"], "tls-listen: has no option 'insecure', but tls: does"),
            (&["tcp-listen:443,cert=c", ":2"], "tcp-listen: has no option 'cert', but tls-listen: does"),
            (&["-", "h:443,ca=c"], "tcp: has no option 'ca', but tls: does"),
            (&["-", "tls:h:1,starttls=ftp"], "invalid value 'ftp' for 'starttls': must be smtp, imap,"),
            (&["-", "h:1,starttls=smtp"], "tcp: has no option 'starttls', but tls: does"),
            (&["-", "udp:h:1,crlf"], "udp: has no option 'crlf': datagrams are not lines\n"),
            (&["-", "tcp:h:1,crlf=1"], "'crlf' takes no value"),
            (&["-", "tls:h:1,verify=0"], "servers are always verified, unless insecure is given"),
            (&["-", "tls:h:1,cafile=c"], "\ntry: xport relay - tls:h:1,ca=c\n"),
            (&["-", "tls:h:1,commonname=c"], "\ntry: xport relay - tls:h:1,server-name=c\n"),
            (&["-", "tls:h:1,snihost=c"], "\ntry: xport relay - tls:h:1,server-name=c\n"),
            (&["tls-listen:1,certificate=c", ":2"], "\ntry: xport relay tls-listen:1,cert=c :2\n"),
            (&["-", "tls:/s"], "this is a unix socket"),
            (&["-", "tls:1.2.3.4.5:443"], "no certificate can have the name '1.2.3.4.5'"),
            (&["--cacert", "c", "-", "tls:h:443"], "\ntry: xport relay --ca c - tls:h:443\n"),
        ],
    );
    let message = refused(xport(["relay", "-", "tls::1"]).env("XPORT_HANDSHAKE_TIMEOUT", "0"));
    assert!(message.contains("XPORT_HANDSHAKE_TIMEOUT"), "{message:?}");
}

#[test]
fn exec_is_told_where_it_cannot_run_a_program() {
    all_refused(
        "exec",
        &[
            (&["--listen", ":1"], "no command"),
            (
                &["--listen", "s,backlog=1", "--", "a"],
                "'s' has no port; the path of a unix socket begins with ./ or /\n",
            ),
            (&["--listen", ":1", "--connect", ":2", "--", "a"], "--listen and --connect contradict each other"),
            (
                &["--listen", "udp-listen:1", "--", "a"],
                "exec listens on tcp-listen:, tls-listen:, unix-listen: and fd: only",
            ),
            (&["--listen", "-", "--", "a"], "exec listens on"),
            (&["--listen", "exec:b", "--", "a"], "exec listens on"),
            (&["--listen", "tls:1", "--", "a"], "endpoint 'tls:1': a TLS server needs cert=FILE (and key=FILE)"),
            (&["--listen", "tls:1,ca=c", "--", "a"], "tls-listen: has no option 'ca'"),
            (&["--connect", "tls-listen:1", "--", "a"], "endpoint 'tls-listen:1': this endpoint listens"),
            (&["--ca", "c", "--listen", ":1", "--", "a"], "--ca does nothing without --connect"),
            (&["--self-signed", "--connect", "tls:h:1", "--", "a"], "--self-signed does nothing without --listen"),
            (&["--listen", "fd:3", "--listen", "fd:3", "--", "a"], "'fd:3' is given twice"),
            (&["--listen", ":1,retry=1", "--", "a"], "tcp-listen: has no option 'retry'"),
            (
                &["--connect", "tcp-listen:1", "--", "a"],
                "endpoint 'tcp-listen:1': this endpoint listens\ntry: xport exec --listen tcp-listen:1 -- a\n",
            ),
            (&["--connect", "udp:1", "--", "a"], "exec connects to tcp:, tls:, unix: and fd: only"),
            (&["--connect", "host:0", "--", "a"], "cannot connect to port 0"),
        ],
    );
}

#[test]
fn options_of_exec_that_would_do_nothing_are_refused() {
    for option in ["--grace", "--backlog", "--max-conns", "--allow", "--deny", "--port-file"] {
        let value = if matches!(option, "--allow" | "--deny") { "::1" } else { "1" };
        let reason = format!("{option} does nothing without --listen");
        all_refused("exec", &[(&[option, value, "--", "a"], &reason)]);
        all_refused("exec", &[(&[option, value, "--connect", ":1", "--", "a"], &reason)]);
    }
    for option in ["--connect-timeout", "--retry", "--retry-delay"] {
        let reason = format!("{option} does nothing without --connect");
        all_refused("exec", &[(&[option, "1", "--listen", ":1", "--", "a"], &reason)]);
    }
    all_refused(
        "exec",
        &[
            (&["--once", "--", "a"], "--once does nothing without --listen"),
            (&["--idle-timeout", "1", "--", "a"], "--idle-timeout does nothing without --listen or --connect"),
            (&["--backlog", "1", "--listen", "fd:3", "--", "a"], "--backlog does nothing for fd:"),
            (&["--retry", "1", "--connect", "fd:3", "--", "a"], "--retry does nothing for fd:"),
            // A user relies on such an option for every listener.
            (
                &["--allow", "::1", "--listen", ":1", "--listen", "@s", "--", "a"],
                "--allow does nothing for unix-listen:",
            ),
            (
                &["--client-ca", "c", "--listen", "tls:1,cert=c", "--listen", ":2", "--", "a"],
                "--client-ca does nothing for tcp-listen:",
            ),
            (&["--source", ":1", "--connect", "./s", "--", "a"], "--source does nothing for unix:"),
            (&["--mode", "0600", "--listen", ":1", "--", "a"], "--mode does nothing for tcp-listen:"),
        ],
    );
    let output = xport(["exec", "--", "true"]).env("XPORT_GRACE", "1").env("XPORT_MAX_CONNS", "1").output();
    assert!(output.expect("a run").status.success(), "defaults from the environment are for whom they concern");
}

#[test]
fn netcats_ways_to_run_a_program_are_translated() {
    for (mode, option, line) in [
        ("tcp-server", "-e", "exec --once --listen :PORT -- sh"),
        ("tcp-client", "-e", "exec --connect HOST:PORT -- sh"),
        ("unix-server", "-c", "exec --once --listen unix:PATH --shell sh"),
    ] {
        let message = refused(xport([mode, option]).arg("sh"));
        assert!(message.ends_with(&format!("\ntry: xport {line}\n")), "{mode} {option}: {message:?}");
    }
}

#[test]
fn the_help_of_relay_has_a_table_of_endpoints() {
    let help = help(&["relay", "--help"]);
    let (_, table) = help.split_once("\nEndpoints:\n").expect("a table of endpoints");
    for kind in [
        "-, stdio",
        "tcp:",
        "tcp-listen:",
        "tls:",
        "tls-listen:",
        "unix:",
        "unix-listen:",
        "udp:",
        "udp-listen:",
        "fd:N",
        "exec:",
        "shell:",
    ] {
        assert!(table.contains(&format!("\n  {kind}")) || table.starts_with(&format!("  {kind}")), "{kind}");
    }
}
