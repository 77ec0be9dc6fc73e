//! Tests the messages of the real program about wrong endpoints and options: `relay`, and `exec` on connections.
//!
//! `src/cli/endpoint/tests.rs` and `src/cli/relay/tests.rs` test the configuration of valid ones.

use crate::harness::*;

#[test]
fn a_relay_has_two_ends_that_fit() {
    refuses([
        "relay => relay needs two endpoints: LEFT and RIGHT\ntry: xport relay tcp-listen:PORT HOST:PORT\n",
        "relay - => \ntry: xport relay - HOST:PORT\n",
        "relay - :80 :81 => unexpected argument ':81'",
        "relay - localhost 80 => \ntry: xport relay - localhost:80\n",
        "relay 127.0.0.1 80 - => \ntry: xport relay 127.0.0.1:80 -\n",
        "relay 127.0.0.1 80 => host and port must be one word",
        "relay - - => only one side can be stdin and stdout",
        "relay - stdio => only one side can be stdin and stdout",
        "relay - tcp-listen:80 => endpoint 'tcp-listen:80': only LEFT can listen",
        "relay tcp-listen:80 unix-listen:s => endpoint 'unix-listen:s': only LEFT can listen",
        "relay - udp-listen:80 => only LEFT can listen",
        "relay fd:3 fd:3 => 'fd:3' is given twice",
        "relay --once fd:3 fd:3 => 'fd:3' is given twice",
    ]);
}

#[test]
fn options_of_a_relay_that_would_do_nothing_are_refused() {
    refuses([
        "relay --once - :80 => --once does nothing if LEFT does not listen",
        "relay --grace 1 :80 - => --grace does nothing if LEFT does not listen",
        "relay --stderr null - :80 => --stderr does nothing without exec: or shell:",
        "relay --env A - :80 => --env does nothing without exec: or shell:",
        "relay --kill-after 1 - :80 => --kill-after does nothing without exec: or shell:",
        "relay --pty --stderr merge tcp::80 exec:a => --stderr can only be null with --pty",
        "relay --pty tcp::80 :81 => --pty does nothing without exec: or shell:",
        "relay --pty - 'exec:a b' => \ntry: xport exec --pty -- a b\n",
        "relay --env =x - exec:a => invalid --env '=x'",
        "relay tcp-listen:80 - => stdin and stdout can serve only one client",
        "relay unix-listen:s fd:3 => an inherited connection can serve only one client",
        "relay udp-listen:80 - => can serve only one peer\ntry: xport udp-server 80\n",
        "relay --once udp-listen:80 :80 => --once needs clients that connect",
        "relay --linger 1 udp-listen:1 udp:host:2 => --linger does nothing for udp-listen: and udp:",
        "relay --no-half-close udp-listen:1 udp:host:2 => --no-half-close does nothing for udp-listen: and udp:",
        "relay - udp:fd:3 => a relay cannot use an inherited datagram socket",
        "relay tcp-listen:0 tcp:fd:3 => an inherited socket has no kind before fd:",
        "relay - tcp:fd:3,retry=3 => an inherited socket has no kind before fd:",
        "relay --high-water 1 --low-water 2 - :80 => --low-water 2 is more than --high-water 1",
        "relay --retry 3 - exec:a => --retry does nothing if no side connects",
        "relay --backlog 3 - :80 => --backlog does nothing if LEFT does not listen",
        "relay --keepalive 3 - exec:a => --keepalive does nothing for - and exec:",
        "relay --ca c tcp-listen:1 tcp:a:1 => --ca does nothing for tcp-listen: and tcp:",
        "relay --retry 3 - fd:3 => --retry does nothing for - and fd:",
        "relay -4 - tls:fd:3,server-name=a => -4 does nothing for - and tls:",
        "relay -4 - [::1]:80 => endpoint '[::1]:80': '4' excludes the address '[::1]:80'",
        "relay --starttls smtp tls-listen:1,self-signed :2 => --starttls does nothing for tls-listen: and tcp:",
        "relay --crlf - exec:a => --crlf does nothing for - and exec:",
        "relay --crlf - udp:a:1 => --crlf does nothing for - and udp:",
        "relay -k tcp-listen:80 - => unexpected argument '-k'",
        // A default for other runs is no mistake in this run. The endpoints are the mistake.
        "XPORT_KILL_AFTER=1s XPORT_GRACE=1s relay - - => only one side",
    ]);
}

#[test]
fn words_that_are_no_endpoints_are_explained() {
    refuses([
        "relay '' :80 => endpoint '': must not be empty",
        "relay - OPENSSL:host:443,verify=0 \
            => unknown kind of endpoint 'OPENSSL'; --insecure skips the verification of the certificate\ntry: xport \
            relay - tls:host:443,insecure\n",
        "relay OPENSSL-LISTEN:443,cert=c,verify=0 :1 => \ntry: xport relay tls-listen:443,cert=c :1\n",
        "relay - http://host/ => unknown kind of endpoint 'http'\ntry: xport relay - host:80\n",
        "relay - sctp:host:80 => unknown kind of endpoint 'sctp'",
        "relay TCP-LISTEN:80,fork :1 => \ntry: xport relay tcp-listen:80 :1\n",
        "relay - UNIX-CONNECT:/s => unknown kind of endpoint 'UNIX-CONNECT'\ntry: xport relay - unix:/s\n",
        "relay - SYSTEM:ls => \ntry: xport relay - shell:ls\n",
        "relay STDIO :80 => \ntry: xport relay - :80\n",
        "relay - exec: => no command",
        "relay - \"exec:a 'b\" => a quote is not closed",
        "relay - shell: => no command",
    ]);
}

#[test]
fn addresses_of_endpoints_are_checked_as_everywhere() {
    let long = format!("unix:/{}", "x".repeat(120));
    refuses([
        "relay - tcp:host:0 => cannot connect to port 0",
        "relay - udp:host:0 => cannot connect to port 0",
        "relay - *:80 => endpoint '*:80': invalid address '*:80': a client needs one host",
        "relay - tcp:host => 'host' has no port",
        "relay - host: => the port is empty",
        "relay - host:htpp => port 'htpp' is neither a number nor a known service",
        "relay - ::1:80 => \ntry: xport relay - '[::1]:80'\n",
        "relay - fe80::1:80 => 'fe80::1:80' is ambiguous: an IPv6 address needs brackets\ntry: xport relay --help\n",
        "relay - tcp:/s => this is a unix socket, which needs unix:\ntry: xport relay - unix:/s\n",
        "relay udp-listen:./s - => this is a unix socket, which needs unix-listen:",
        "relay - unix: => the path is empty",
        "relay - @ => the abstract name is empty",
        &format!("relay - {long} => path is 121 bytes, limit 107"),
        "relay fd:x - => 'x' is not the number of a descriptor",
        "relay - fd: => '' is not the number of a descriptor",
    ]);
    let odd = OsStr::from_bytes(b"tcp:a\xff\n:80");
    let message = refusal(xport(["relay", "-"]).arg(odd));
    assert!(message.contains(r"endpoint 'tcp:a\xff\n:80'") && message.contains("is not UTF-8"), "{message:?}");
    let message = refusal(&mut xport(["relay", "-", &format!("tcp:{}", "x\u{1b}".repeat(50_000))]));
    assert!(message.len() < 1_000 && !message.contains('\u{1b}'), "{message:?}");
}

#[test]
fn options_of_endpoints_are_checked_as_everywhere() {
    refuses([
        "relay - tcp:a:1,retry=x \
            => endpoint 'tcp:a:1,retry=x': invalid value 'x' for 'retry': must be 0 or more, or forever",
        "relay - a:1,connect-timeout=0 => invalid value '0' for 'connect-timeout': must be more than zero",
        "relay - a:1,connect-timeout=-5 => must not be negative",
        "relay - a:1,retry-delay=1\x1b => invalid value '1\\u{1b}' for 'retry-delay': not a duration",
        "relay - a:1,retry => 'retry' needs a value, as in retry=N",
        "relay - a:1,retry= => 'retry' needs a value, as in retry=N",
        "relay - a:1,retry,source=:9 => 'retry' needs a value",
        "relay - a:1,numeric=yes => 'numeric' takes no value",
        "relay - a:1,4=1 => '4' takes no value",
        "relay - a:1,4,6 => '4' and '6' contradict each other",
        "relay - a:1,retry=1,retry=2 => 'retry' is given twice",
        "relay - a:1,4,ipv4 => '4' is given twice",
        r"relay - a:1, => an option has no name; a comma in a name or path is '\,'",
        "relay - a:1,frob=1 => tcp: has no option 'frob'; its options are connect-timeout, retry, retry-delay, source",
        "relay - a:1,--retry=1 => tcp: has no option '--retry'",
        "relay - a:1,backlog=1 => tcp: has no option 'backlog'",
        "relay - fd:3,retry=1 => fd: has no option 'retry'; its options are keepalive, nodelay, tos, ttl, crlf",
        "relay - fd:3,keepalive=0 => invalid value '0' for 'keepalive': less than 1s",
        "relay - a:1,keepalive=on => invalid value 'on' for 'keepalive': not a duration such as 10s or 2m, nor 'off'",
        "relay tcp-listen:1,keepalive=32768 - => longer than 32767s, the limit of the kernel",
        "relay unix-listen:s,keepalive=5s - => unix-listen: has no option 'keepalive'",
        "relay - unix:s,keepalive=5s => unix: has no option 'keepalive'",
        "relay - udp:h:1,keepalive=5s => udp: has no option 'keepalive'",
        "relay fd:3,backlog=1 - => fd: has no option 'backlog'; its options are max-conns, allow, deny, port-file",
        "relay stdio,4 :80 => stdin and stdout take no options",
        "relay tcp-listen:1,fork - => has no option 'fork': a LEFT that listens always serves many clients",
        "relay - a:1,idle-timeout=1 \
            => it applies to the whole run, not to one end\ntry: xport relay --idle-timeout=1 - a:1\n",
        "relay - [::1]:1,4 => '4' excludes the address '[::1]:1'",
        "relay - 127.0.0.1:1,source=::1 => have different families",
        "relay - a:1,source=b => invalid value 'b' for 'source': 'b' is a name, not an address",
        "relay tcp-listen:1,allow=10.0.0.0/33 - => invalid value '10.0.0.0/33' for 'allow'",
        "relay tcp-listen:1,max-conns=0 - => invalid value '0' for 'max-conns'",
        "relay unix-listen:s,mode=0800 - => invalid value '0800' for 'mode'",
        "relay unix-listen:@s,mode=0600 - => : mode needs a socket with a path",
        "relay unix-listen:s,allow=::1 - => unix-listen: has no option 'allow'",
        "relay udp-listen:1,join=239.1.2.3 - => : join=239.1.2.3 needs '*:PORT'",
        "relay udp-listen:1,join=10.0.0.1 - => not a multicast group",
        "XPORT_RETRY=abc relay - :80 => invalid value 'abc' for 'retry' => XPORT_RETRY",
        "XPORT_RETRY=abc relay - :80,retry=x => !XPORT_RETRY",
    ]);
    let odd = OsStr::from_bytes(b"a:1,retry=\xff");
    assert!(refusal(xport(["relay", "-"]).arg(odd)).contains("not UTF-8"));
}

#[test]
fn options_of_tls_endpoints_are_checked_as_those_of_the_modes() {
    refuses([
        "relay tls-listen:1 :2 => endpoint 'tls-listen:1': a TLS server needs cert=FILE (and key=FILE), or",
        "relay tls-listen:1,key=k :2 => : key needs its certificate",
        "relay tls-listen:1,cert=c,self-signed :2 => : self-signed makes a certificate and its key",
        "relay tls-listen:1,self-signed - => stdin and stdout can serve only one client",
        "relay tcp-listen:1 tls:fd:3,server-name=a => an inherited connection can serve only one client",
        "relay - tls-listen:1,self-signed => only LEFT can listen",
        "relay - tls:fd:3 => 'fd:3' has no name that the certificate must have: add server-name=NAME",
        "relay - tls:fd:3,server-name=a,retry=1 => 'retry' does nothing for fd:3, which is open already",
        "relay tls-listen:fd:3,self-signed,backlog=1 - => 'backlog' does nothing for fd:3",
        "relay fd:3 tls:fd:3,server-name=a => 'fd:3' is given twice",
        "relay - tls:h:1,ca=c,insecure => : ca and insecure contradict each other",
        "relay - tls:h:1,insecure=yes => 'insecure' takes no value",
        "relay - tls:h:1,pin=abc => invalid value 'abc' for 'pin': a pin is sha256: and 64 hexadecimal digits",
        "relay - tls:h:1,tls-min=1.1 => invalid value '1.1' for 'tls-min': must be 1.2 or 1.3",
        "relay - tls:h:1,handshake-timeout=0 => invalid value '0' for 'handshake-timeout': must be more than zero",
        "relay - tls:h:1,alpn=h2,http/1.1 => tls: has no option 'http/1.1'",
        "relay - tls:h:1,client-ca=c => tls: has no option 'client-ca', but tls-listen: does",
        "relay tls-listen:1,insecure :2 => tls-listen: has no option 'insecure', but tls: does",
        "relay tcp-listen:443,cert=c :2 => tcp-listen: has no option 'cert', but tls-listen: does",
        "relay - h:443,ca=c => tcp: has no option 'ca', but tls: does",
        "relay - tls:h:1,starttls=ftp => invalid value 'ftp' for 'starttls': must be smtp, imap,",
        "relay - h:1,starttls=smtp => tcp: has no option 'starttls', but tls: does",
        "relay - udp:h:1,crlf => udp: has no option 'crlf': datagrams are not lines; write \\r\\n with printf\n",
        "relay - tcp:h:1,crlf=1 => 'crlf' takes no value",
        "relay - tls:h:1,verify=0 => servers are always verified, unless insecure is given",
        "relay - tls:h:1,cafile=c => \ntry: xport relay - tls:h:1,ca=c\n",
        "relay - tls:h:1,commonname=c => \ntry: xport relay - tls:h:1,server-name=c\n",
        "relay - tls:h:1,snihost=c => \ntry: xport relay - tls:h:1,server-name=c\n",
        "relay tls-listen:1,certificate=c :2 => \ntry: xport relay tls-listen:1,cert=c :2\n",
        "relay - tls:/s => this is a unix socket",
        "relay - tls:1.2.3.4.5:443 => no certificate can have the name '1.2.3.4.5'",
        "relay --cacert c - tls:h:443 => \ntry: xport relay --ca c - tls:h:443\n",
        "XPORT_HANDSHAKE_TIMEOUT=0 relay - tls::1 => XPORT_HANDSHAKE_TIMEOUT",
    ]);
}

#[test]
fn exec_is_told_where_it_cannot_run_a_program() {
    refuses([
        "exec --listen :1 => no command",
        "exec --listen s,backlog=1 -- a => 's' has no port; the path of a unix socket begins with ./ or /\n",
        "exec --listen :1 --connect :2 -- a => --listen and --connect contradict each other",
        "exec --listen udp-listen:1 -- a => exec listens on tcp-listen:, tls-listen:, unix-listen: and fd: only",
        "exec --listen - -- a => exec listens on",
        "exec --listen exec:b -- a => exec listens on",
        "exec --listen tls:1 -- a => endpoint 'tls:1': a TLS server needs cert=FILE (and key=FILE)",
        "exec --listen tls:1,ca=c -- a => tls-listen: has no option 'ca'",
        "exec --connect tls-listen:1 -- a => endpoint 'tls-listen:1': this endpoint listens",
        "exec --ca c --listen :1 -- a => --ca does nothing without --connect",
        "exec --self-signed --connect tls:h:1 -- a => --self-signed does nothing without --listen",
        "exec --listen fd:3 --listen fd:3 -- a => 'fd:3' is given twice",
        "exec --listen :1,retry=1 -- a => tcp-listen: has no option 'retry'",
        "exec --connect tcp-listen:1 -- a \
            => endpoint 'tcp-listen:1': this endpoint listens\ntry: xport exec --listen tcp-listen:1 -- a\n",
        "exec --connect udp:1 -- a => exec connects to tcp:, tls:, unix: and fd: only",
        "exec --connect host:0 -- a => cannot connect to port 0",
    ]);
}

#[test]
fn options_of_exec_that_would_do_nothing_are_refused() {
    for option in ["--grace", "--backlog", "--max-conns", "--allow", "--deny", "--port-file"] {
        let value = if matches!(option, "--allow" | "--deny") { "::1" } else { "1" };
        let at = ["", "--connect :1"];
        refuses(at.map(|at| format!("exec {option} {value} {at} -- a => {option} does nothing without --listen")));
    }
    for option in ["--connect-timeout", "--retry", "--retry-delay"] {
        refuses([format!("exec {option} 1 --listen :1 -- a => {option} does nothing without --connect")]);
    }
    refuses([
        "exec --once -- a => --once does nothing without --listen",
        "exec --idle-timeout 1 -- a => --idle-timeout does nothing without --listen or --connect",
        "exec --backlog 1 --listen fd:3 -- a => --backlog does nothing for fd:",
        "exec --retry 1 --connect fd:3 -- a => --retry does nothing for fd:",
        // A user relies on such an option for every listener.
        "exec --allow ::1 --listen :1 --listen @s -- a => --allow does nothing for unix-listen:",
        "exec --client-ca c --listen tls:1,cert=c --listen :2 -- a => --client-ca does nothing for tcp-listen:",
        "exec --source :1 --connect ./s -- a => --source does nothing for unix:",
        "exec --mode 0600 --listen :1 -- a => --mode does nothing for tcp-listen:",
    ]);
    let output = xport(["exec", "--", "true"]).env("XPORT_GRACE", "1").env("XPORT_MAX_CONNS", "1").output();
    assert!(output.expect("a run").status.success(), "defaults from the environment are for whom they concern");
}

#[test]
fn netcats_ways_to_run_a_program_are_translated() {
    refuses([
        "tcp-server -e sh => \ntry: xport exec --once --listen :PORT -- sh\n",
        "tcp-client -e sh => \ntry: xport exec --connect HOST:PORT -- sh\n",
        "unix-server -c sh => \ntry: xport exec --once --listen unix:PATH --shell sh\n",
    ]);
}

#[test]
fn the_help_of_relay_has_a_table_of_endpoints() {
    let output = outcome(["relay", "--help"]);
    ended(&output, 0, "");
    let help = String::from_utf8(output.stdout).expect("text");
    let (_, table) = help.split_once("\nEndpoints:").expect("a table of endpoints");
    let kinds = "-, stdio|tcp:|tcp-listen:|tls:|tls-listen:|unix:|unix-listen:|udp:|udp-listen:|fd:N|exec:|shell:";
    for kind in kinds.split('|') {
        assert!(table.contains(&format!("\n  {kind}")), "{kind}");
    }
}
