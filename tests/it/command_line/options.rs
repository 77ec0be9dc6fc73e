//! Tests the real program where it runs no mode: usage errors, help, version, pages.
//!
//! `src/cli/tests.rs` tests the configuration that arguments make. The other files here test the modes.

use crate::harness::*;
use assert_cmd::cargo::cargo_bin_cmd;

const MODES: [&str; 12] = [
    "tcp-echo",
    "tcp-server",
    "tcp-client",
    "tls-echo",
    "tls-server",
    "tls-client",
    "unix-echo",
    "unix-server",
    "unix-client",
    "udp-echo",
    "udp-server",
    "udp-client",
];

/// The program with an empty environment, as `env -i` starts it.
fn xport() -> assert_cmd::Command {
    let mut command = cargo_bin_cmd!("xport");
    command.timeout(DEADLINE).env_clear();
    command
}

/// The stdout of a run that succeeds without a message.
#[track_caller]
fn stdout_of(args: &[&str]) -> String {
    let output = xport().args(args).assert().code(0).stderr("").get_output().stdout.clone();
    String::from_utf8(output).expect("text")
}

#[test]
fn what_makes_no_sense_is_refused_with_its_reason() {
    let long = "x".repeat(120);
    refuses([
        // Modes and options.
        " => no mode given",
        "tcp-clien :80 => no such mode: 'tcp-clien'",
        "tcp-clien :80 => \ntry: xport tcp-client :80\n",
        "--nope => unexpected argument '--nope'",
        "tcp-client --conect-timeout 1 :80 => \ntry: xport tcp-client --connect-timeout 1 :80\n",
        "tcp-client :80 --timeout => --timeout needs a value: DUR, such as 10s",
        "tcp-client --send-only --recv-only :80 => --send-only and --recv-only contradict each other",
        "tcp-client -4 -6 :80 => -4 and -6 contradict each other",
        "-q tcp-client -v :80 => -q and -v contradict each other",
        "tcp-client -qv :80 => --quiet and --verbose contradict each other",
        "--color blue tcp-client :80 => 'blue'",
        "--completions tcsh => 'tcsh'",
        "tcp-client -n -n :80 => --numeric is given twice",
        // Options that would do nothing.
        "tcp-echo -k :80 => unexpected argument '-k'",
        "tcp-server --once :80 => unexpected argument '--once'",
        "tcp-server --max-conns 1 :80 => unexpected argument '--max-conns'",
        "tcp-echo --linger 1 :80 => unexpected argument '--linger'",
        "tcp-client --listen :80 => unexpected argument '--listen'",
        "tcp-server --connect :80 => unexpected argument '--connect'",
        "tcp-server --mode 0600 :80 => unexpected argument '--mode'",
        "unix-client -4 sock => unexpected argument '-4'",
        "unix-server --allow ::1 sock => unexpected argument '--allow'",
        "unix-server --mode 0600 @name => --mode needs a socket with a path",
        "unix-server --replace-stale fd:3 => --replace-stale needs a socket with a path",
        "tcp-client --source ::1 fd:3 => --source does nothing for 'fd:3'",
        "tcp-client --recv-only --half-close never :80 => --half-close does nothing with --recv-only",
        "tcp-server --recv-only --no-half-close :80 => --no-half-close does nothing with --recv-only",
        "unix-client --recv-only --linger 1 s => --linger does nothing with --recv-only",
        "udp-server --recv-only --linger 1 :80 => --linger does nothing with --recv-only",
        "unix-client --send-only --half-close 1s s => --half-close does nothing with --send-only",
        "tcp-client --recv-only --quit-after 1 :80 => --quit-after does nothing with --recv-only",
        "tcp-server --recv-only --until-peer-ends :80 => --until-peer-ends does nothing with --recv-only",
        "tcp-client --send-only --quit-after 1 :80 => --quit-after does nothing with --send-only",
        "tcp-client --quit-after 1 --linger 1 :80 => --quit-after and --linger contradict each other",
        "udp-client --until-peer-ends :80 => unexpected argument '--until-peer-ends'",
        "connect --until-peer-ends udp:h:80 => --until-peer-ends does nothing for udp:",
        "tcp-echo --quit-after 1 :80 => unexpected argument '--quit-after'",
        "exec --quit-after 1 -- a => unexpected argument '--quit-after'",
        "relay --quit-after 1 tcp-listen:80 exec:cat => --quit-after does nothing for a program",
        "relay --quit-after 1 tcp-listen:80 tcp:h:81 => --quit-after needs stdin and stdout (-) as one side",
        "relay --quit-after 1 udp-listen:80 udp:h:81 => --quit-after needs stdin and stdout (-) as one side",
        "relay --until-peer-ends - tcp:h:80 => unexpected argument '--until-peer-ends'",
        "tcp-client --accept-timeout 1 :80 => unexpected argument '--accept-timeout'",
        "udp-server --accept-timeout 1 :80 => unexpected argument '--accept-timeout'",
        "echo --accept-timeout 1 udp-listen:80 => --accept-timeout does nothing for udp-listen:",
        "relay --accept-timeout 1 tcp:h:80 - => --accept-timeout does nothing if LEFT does not listen",
        "exec --accept-timeout 1 -- a => --accept-timeout does nothing without --listen",
        "tls-client --tls-min 1.3 --tls-max 1.2 h:80 => --tls-min and --tls-max leave no version",
        "tcp-client --tls-max 1.2 h:80 => unexpected argument '--tls-max'",
        "unix-client --nodelay on s => unexpected argument '--nodelay'",
        "unix-client --recv-buffer 1K s => unexpected argument '--recv-buffer'",
        "udp-client --nodelay on :80 => unexpected argument '--nodelay'",
        // A service marks its datagrams by the traffic class.
        "udp-server --tos 4 :80 => unexpected argument '--tos'",
        "tcp-server --owner root :80 => unexpected argument '--owner'",
        "unix-server --owner root @name => --owner needs a socket with a path",
        "unix-echo --owner root fd:3 => --owner needs a socket with a path",
        "tcp-client --recv-buffer 1K fd:3 => --recv-buffer does nothing for 'fd:3', which is open already",
        "tcp-server --send-buffer 1K fd:3 => --send-buffer does nothing for 'fd:3', which is open already",
        "udp-client --bind-device lo fd:3 => --bind-device does nothing for 'fd:3', which is open already",
        "relay fd:3,bind-device=lo - => fd: has no option 'bind-device'",
        "exec --pty --stderr merge -- a => --stderr can only be null with --pty",
        "tcp-server --count 1 :80 => unexpected argument '--count'",
        "unix-client --lines sock => unexpected argument '--lines'",
        "udp-echo -k :80 => unexpected argument '-k'",
        "udp-echo --once :80 => unexpected argument '--once'",
        "udp-echo --max-conns 1 :80 => unexpected argument '--max-conns'",
        "udp-echo --lines :80 => unexpected argument '--lines'",
        "udp-echo --idle-timeout 1 :80 => unexpected argument '--idle-timeout'",
        "udp-server -k :80 => unexpected argument '-k'",
        "udp-server -k :80 => \ntry: xport udp-server :80\n",
        "tcp-client -u localhost:80 => \ntry: xport udp-client localhost:80\n",
        "udp-client --crlf :80 => : datagrams are not lines; write \\r\\n with printf\n",
        "udp-server -C :80 => : datagrams are not lines; write \\r\\n with printf\n",
        "udp-echo --crlf :80 => : an echo sends data back unchanged\n",
        "tcp-echo --crlf :80 => : an echo sends data back unchanged\n",
        // Endpoints where a mode takes addresses.
        "unix-server unix:foo => \ntry: xport unix-server foo\n",
        "unix-client unix:../s => \ntry: xport unix-client ../s\n",
        "unix-client unix://x => \ntry: xport unix-client x\n",
        "unix-server tcp:127.0.0.1:80 => \ntry: xport listen tcp:127.0.0.1:80\n",
        "unix-client unix:s,crlf => \ntry: xport connect unix:s,crlf\n",
        "tcp-server --listen tcp:28340 \
            => 'tcp:28340' is an endpoint, and tcp-server takes addresses\ntry: xport tcp-server --listen 28340\n",
        "tcp-echo tcp-listen:*:80 => \ntry: xport tcp-echo '*:80'\n",
        "tcp-client tcp://h:80/ => \ntry: xport tcp-client h:80\n",
        "tcp-client tls:h:443 => \ntry: xport connect tls:h:443\n",
        "tcp-client tcp-listen:80 => \ntry: xport listen tcp-listen:80\n",
        "udp-echo udp:h:1,join=1 => takes addresses\ntry: xport udp-echo --help\n",
        "tcp-client tcp:h => port 'h' is neither",
        "-l 80 => \ntry: xport tcp-server :80\n",
        "udp-server --once :80 => unexpected argument '--once'",
        "udp-server --backlog 1 :80 => unexpected argument '--backlog'",
        "udp-server --broadcast :80 => unexpected argument '--broadcast'",
        "udp-client --no-half-close :80 => unexpected argument '--no-half-close'",
        "udp-client --join 239.1.2.3 :80 => unexpected argument '--join'",
        "udp-client --send-only --count 1 :80 => --count needs received datagrams, which --send-only discards",
        "udp-client --source ::1 fd:3 => --source does nothing for 'fd:3'",
        // TLS.
        "tls-server :80 => a TLS server needs --cert FILE (and --key FILE), or --self-signed",
        "tls-echo --key k :80 => --key needs its certificate: add --cert FILE",
        "tls-echo --client-ca c :80 => a TLS server needs --cert FILE",
        "tls-server --self-signed --cert c :80 => remove --self-signed, or --cert and --key",
        "tls-server --self-signed --key c :80 => remove --self-signed, or --cert and --key",
        "tls-client --key k :80 => --key needs its certificate: add --cert FILE",
        "tls-client --ca c --insecure :80 => --ca and --insecure contradict each other",
        "tls-client --pin x :80 => 'x' for '--pin <sha256:HEX>': a pin is sha256: and 64 hexadecimal digits",
        "tls-client fd:3 => 'fd:3' has no name that the certificate must have: add --server-name NAME",
        "tls-client 1.2.3.4.5:80 => no certificate can have the name '1.2.3.4.5': add --server-name NAME",
        "tls-client --server-name a:80 :80 => 'a:80' for '--server-name <NAME>': not a host name or IP address",
        "tls-client --tls-min 1.1 :80 => must be 1.2 or 1.3: TLS 1.0 and 1.1 are not supported\n",
        "tls-client --alpn h2,, :80 => '' for '--alpn <LIST>': a name in the list is empty",
        "tls-client --handshake-timeout 0 :80 => must be more than zero",
        "tls-client --starttls ftp :80 => must be smtp, imap, pop3, postgres, ldap or xmpp\n",
        "tls --ca= :80 => --ca <FILE>",
        "tls-client --self-signed :80 => : only servers have this option; a client verifies such a server with --pin",
        "tls-client --client-ca c :80 => : only servers have this option; --ca FILE names the authorities of servers",
        "tls-client -k :80 => \ntry: xport tls-client --insecure :80\n",
        "tls -k :80 => \ntry: xport tls-client --insecure :80\n",
        "tls-client --cacert c :80 => \ntry: xport tls-client --ca c :80\n",
        "tls-client -connect host:443 => \ntry: xport tls-client host:443\n",
        "tls-client host:443 -servername a => \ntry: xport tls-client --server-name a host:443\n",
        "tls-server --ca c :80 => use --client-ca FILE",
        "tls-server --starttls smtp :80 => : only tls-client has this option",
        "tls-echo -k :80 => unexpected argument '-k'",
        "tcp-client --ssl :80 => \ntry: xport tls-client :80\n",
        "tcp-client --ssl-verify :80 => \ntry: xport tls-client :80\n",
        "tcp-client --insecure :80 => \ntry: xport tls-client --insecure :80\n",
        "unix-client --starttls smtp s => unexpected argument '--starttls'\ntry: xport unix-client --help\n",
        // Groups.
        "udp-server --join nope *:80 => 'nope' for '--join <GROUP[%IF]>': not an address",
        "udp-server --join 10.1.2.3 *:80 => not a multicast group",
        "udp-server --join ff02::1%nope *:80 => no interface 'nope'",
        "udp-server --join 239.1.2.3 :80 => --join 239.1.2.3 needs '*:PORT' or '239.1.2.3:PORT'",
        "udp-server --join 239.1.2.3 fd:3 => --join 239.1.2.3 needs '*:PORT'",
        "udp-echo --join ff02::1 0.0.0.0:80 => --join ff02::1 needs '*:PORT' or '[ff02::1]:PORT'",
        "udp-echo --join 239.1.2.3 -6 *:80 => -6 excludes the group '239.1.2.3'",
        // Networks.
        "tcp-echo --deny 127.0.0.1/255.0.0.0 :80 => '127.0.0.1/255.0.0.0' for '--deny <CIDR>': not a network",
        "tcp-echo --deny 127.0.0.1/x :80 => '127.0.0.1/x'",
        "tcp-echo --deny 127.0.0.1/33 :80 => '127.0.0.1/33'",
        "tcp-echo --deny ::/129 :80 => '::/129'",
        "tcp-echo --allow localhost :80 => 'localhost'",
        "tcp-echo --allow '' :80 => '' for '--allow <CIDR>'",
        // Numbers.
        "tcp-client --retry -1 :80 => '-1'",
        "tcp-client --retry 99999999999999999999 :80 => '99999999999999999999'",
        "tcp-client --retry 10x :80 => '10x'",
        "tcp-echo --max-conns 0 :80 => '0'",
        "tcp-echo --backlog 0 :80 => '0'",
        "udp-client --count 0 :80 => '0' for '--count <N>'",
        "udp-client --count -1 :80 => '-1' for '--count <N>'",
        "udp-client --count 99999999999999999999 :80 => '99999999999999999999'",
        "tcp-echo --backlog 2147483648 :80 => '2147483648'",
        "tcp-client --high-water 10x :80 => '10x' for '--high-water <SIZE>': not a size",
        "tcp-client --high-water 1e9 :80 => '1e9'",
        "tcp-client --high-water 2G :80 => more than 1 GiB",
        "tcp-client --high-water -1 :80 => must not be negative",
        "tcp-client --high-water 1K --low-water 2K :80 => --low-water 2048 is more than --high-water 1024",
        "tcp-client --high-water 0 --low-water 1 :80 => --low-water 1 is more than --high-water 0",
        "unix-echo --mode 0800 sock => '0800'",
        "unix-echo --mode 1777 sock => '1777'",
        "tcp-client --retry x :80 => 'x' for '--retry <N|forever>': must be 0 or more, or forever",
        "tcp-client --retry Forever :80 => or forever",
        "tcp-client --tos 256 :80 => '256' for '--tos <N>': more than 255",
        "tcp-client --tos 0x100 :80 => more than 0xff",
        "tcp-client --tos 0x :80 => not a whole number",
        "udp-client --tos=-1 :80 => must not be negative",
        "tcp-client --ttl 0 :80 => 0 is not from 1 to 255",
        "tcp-client --ttl 99999999999999999999 :80 => more than 255",
        "tcp-client --recv-buffer 0 :80 => must be more than zero",
        "tcp-server --send-buffer 2G :80 => more than 1 GiB",
        "unix-client --send-buffer x s => not a size such as",
        "tcp-client --nodelay yes :80 => must be on or off",
        "tcp-client --bind-device= :80 => the name is empty",
        "tcp-client --bind-device a/b :80 => not the name of an interface",
        "tcp-client --bind-device abcdefghijklmnop :80 => longer than 15 bytes",
        "unix-server --owner= s => neither a user nor a group",
        "unix-server --owner : s => neither a user nor a group",
        "unix-server --owner xport-none s => there is no user 'xport-none'",
        "unix-server --owner root:xport-none s => there is no group 'xport-none'",
        "unix-server --owner 4294967295 s => there is no user '4294967295'",
        "unix-server --owner=-1 s => there is no user '-1'",
        "unix-server --owner 4000000000: s => there is no user 4000000000, whose group is wanted",
        "tls-client --tls-max 1.1 :80 => must be 1.2 or 1.3",
        // Durations.
        "tcp-client --quit-after x :80 => 'x' for '--quit-after <DUR>': not a duration",
        "tcp-client --quit-after=-1 :80 => must not be negative",
        "tcp-client --quit-after 31536000001 :80 => longer than 1000 years",
        "tcp-server --accept-timeout 0 :80 => must be more than zero",
        "tcp-server --accept-timeout x :80 => not a duration",
        "tcp-client --timeout 0 :80 => must be more than zero",
        "tcp-client --idle-timeout 0s :80 => must be more than zero",
        "tcp-client --connect-timeout 0 :80 => must be more than zero",
        "tcp-client --timeout -5 :80 => '-5' for '--timeout <DUR>': must not be negative",
        "tcp-client --timeout 10x :80 => '10x' for '--timeout <DUR>': not a duration",
        "tcp-client --timeout 1e9 :80 => '1e9'",
        "tcp-client --timeout= :80 => --timeout <DUR>",
        "tcp-client --timeout 9999999h :80 => longer than 1000 years",
        // Networks.
        "tcp-echo --allow 10.0.0.0/33 :80 => '10.0.0.0/33'",
        "tcp-echo --deny ::1,nope :80 => 'nope'",
        // Addresses.
        "tcp-client => no address",
        "tcp-server => no address",
        "unix-client => no address",
        "tcp-client :80 --connect :81 => two addresses",
        "tcp-client :80 81 => ':80' is a complete address, but '81' follows",
        "tcp-client ::1 80 81 => unexpected argument '81'",
        "tcp-client localhost => 'localhost' has no port",
        "tcp-client localhost: => the port is empty",
        "tcp-client : => the port is empty",
        "tcp-client :99999 => port '99999' is out of range",
        "tcp-client :-1 => port '-1' is out of range",
        "tcp-client :0 => cannot connect to port 0",
        "tcp-client *:80 => '*' is for listening",
        "udp-client *:80 => '*' is for listening",
        "udp-client :0 => cannot connect to port 0",
        "udp-client localhost:80x => port '80x' is neither a number nor a known service",
        "tcp-client localhost:80x => port '80x' is neither a number nor a known service",
        "tcp-client a:b:c => 'a:b:c' has too many colons",
        "tcp-client ::1:80 => '::1:80' is ambiguous: an IPv6 address needs brackets\ntry: xport tcp-client \
            '[::1]:80'\n",
        "tcp-client [fe80::1]:80 => 'fe80::1' needs %interface",
        "tcp-client [fe80::1%nope]:80 => no interface 'nope'",
        "tcp-client http://localhost:80 => is a URL",
        "tcp-client -4 [::1]:80 => -4 excludes the address '[::1]:80'",
        "tcp-echo --listen :80 --listen nope => 'nope' has no port",
        "tcp-client --source localhost :80 => 'localhost' is a name, not an address",
        "tcp-client --source ::1 127.0.0.1:80 => have different families",
        "tcp-client fd:x => 'x' is not the number of a descriptor",
        "unix-client @ => the abstract name is empty",
        &format!("unix-server /{long} => path is 121 bytes, limit 107"),
        &format!("tcp-client {long}:80 => is 120 bytes, limit 63"),
    ]);
}

#[test]
fn odd_bytes_are_refused_and_shown_escaped() {
    for (argument, reason) in [
        (&b"a\xff:80"[..], "'a\\xff:80' is not UTF-8"),
        (b"a b:80", "has the character ' '"),
        (b"a\x1b[31m:80", "'a\\u{1b}[31m:80'"),
        (b"--a\nb", "'--a\\nb'"),
        (b"", "the address is empty"),
    ] {
        let text = refusal(xport().arg("tcp-client").arg(OsStr::from_bytes(argument)));
        assert!(text.contains(reason), "{text:?} does not say {reason:?}");
        assert!(!text.contains('\x1b'), "{text:?}");
    }
    for (mode, options) in [
        ("tcp-client", "--quit-after --retry --nodelay --recv-buffer --send-buffer --bind-device --tos --ttl"),
        ("unix-server", "--owner"),
        ("tcp-server", "--accept-timeout"),
        ("tls-client", "--tls-max"),
    ] {
        for option in options.split(' ') {
            let text = refusal(xport().args([mode, ":80", option]).arg(OsStr::from_bytes(b"1\xff")));
            assert!(text.contains(option) || text.contains("UTF-8"), "{option}: {text:?}");
        }
    }
    let text = refusal(xport().args(["tcp-client", &"x".repeat(100_000)]));
    assert!(text.len() < 1_000, "{} bytes", text.len());
}

#[test]
fn defaults_come_from_the_environment_of_modes_that_have_the_option() {
    refuses([
        "XPORT_RETRY=abc tcp-client :80 => 'abc' for '--retry <N|forever>' => XPORT_RETRY",
        "XPORT_TIMEOUT=1s tcp-client :80 --timeout x => !XPORT_TIMEOUT",
        // Two variables can contradict each other.
        "XPORT_LINGER=1 XPORT_QUIT_AFTER=1 tcp-client :80 => XPORT_LINGER and XPORT_QUIT_AFTER contradict each other",
        // A default for another mode or an empty default is no mistake. The missing address is.
        "XPORT_MAX_CONNS=x tcp-client => no address",
        "XPORT_GRACE=x tcp-client => no address",
        "XPORT_RETRY= tcp-client => no address",
        "XPORT_COUNT=x tcp-client => no address",
    ]);
}

/// Variables with paths, which need not be UTF-8.
const FILES: [&str; 5] = ["XPORT_PORT_FILE", "XPORT_CA", "XPORT_CLIENT_CA", "XPORT_CERT", "XPORT_KEY"];

/// For each variable of each mode: the message names a variable that is not UTF-8, unless an argument replaces it.
#[test]
fn a_variable_that_is_no_text_is_named() {
    let odd = OsStr::from_bytes(b"\xff");
    let seen = AtomicUsize::new(0);
    for_each(MODES.into_iter().chain(["exec", "relay"]), |mode| {
        let help = stdout_of(&[mode, "--help"]);
        // The variables that a program gets are none of xport.
        let help = help.split("\nEnvironment of the program:").next().unwrap_or_default();
        let names =
            help.split(|c: char| c != '_' && !c.is_ascii_alphanumeric()).filter(|word| word.starts_with("XPORT_"));
        let args: &[&str] = match mode {
            "exec" => &["--", "true"],
            "relay" => &["-", "exec:true"],
            _ => &["./1"],
        };
        for name in names.filter(|name| *name != "XPORT_" && !FILES.contains(name)) {
            let text = refusal(xport().env(name, odd).arg(mode).args(args));
            assert!(text.contains(name), "{mode} {name}: {text:?}");
            seen.fetch_add(1, Ordering::Relaxed);
        }
        // Every mode has the variable of the logger.
        let text = refusal(xport().env("XPORT_LOG", odd).arg(mode).args(args));
        assert!(text.contains("the value of the environment variable XPORT_LOG is not UTF-8"), "{mode}: {text:?}");
    });
    assert!(seen.load(Ordering::Relaxed) > 50, "only {seen:?}");
    // Variables that only endpoints have.
    for (name, endpoint) in
        [("XPORT_RETRY", "tcp::1"), ("XPORT_HANDSHAKE_TIMEOUT", "tls::1"), ("XPORT_RETRY", "udp::1")]
    {
        let text = refusal(xport().env(name, odd).args(["relay", "-", endpoint]));
        let reason = format!("endpoint '{endpoint}': the value of the environment variable {name} is not UTF-8");
        assert!(text.contains(&reason), "{text:?}");
        refuses([format!("{name}=x relay - {endpoint} => {name}")]);
    }
    // The message does not blame the variable for a bad argument, or for a variable of another mode.
    let text = refusal(xport().args([OsStr::new("tcp-client"), OsStr::new("--linger"), odd, OsStr::new(":1")]));
    assert!(text.contains("'\\xff' is not UTF-8") && !text.contains("XPORT_"), "{text:?}");
    let text = refusal(xport().env("XPORT_HANDSHAKE_TIMEOUT", odd).arg("tcp-client"));
    assert!(text.contains("no address") && !text.contains("XPORT_"), "{text:?}");
}

#[test]
fn an_option_is_offered_only_where_it_does_something() {
    let helps = MODES.map(|mode| (mode, stdout_of(&[mode, "--help"])));
    for (option, modes) in [
        ("--keep-open", &["tcp-server", "tls-server", "unix-server"][..]),
        ("--once", &["tcp-echo", "tls-echo", "unix-echo"]),
        ("--max-conns", &["tcp-echo", "tls-echo", "unix-echo"]),
        ("--backlog", &["tcp-echo", "tcp-server", "tls-echo", "tls-server", "unix-echo", "unix-server"]),
        ("--no-half-close", &["tcp-server", "tcp-client", "tls-server", "tls-client", "unix-server", "unix-client"]),
        ("--keepalive", &["tcp-echo", "tcp-server", "tcp-client", "tls-echo", "tls-server", "tls-client"]),
        ("--cert", &["tls-echo", "tls-server", "tls-client"]),
        ("--keylog", &["tls-echo", "tls-server", "tls-client"]),
        ("--self-signed", &["tls-echo", "tls-server"]),
        ("--client-ca", &["tls-echo", "tls-server"]),
        ("--ca", &["tls-client"]),
        ("--starttls", &["tls-client"]),
        ("--crlf", &["tcp-server", "tcp-client", "tls-server", "tls-client", "unix-server", "unix-client"]),
        ("--count", &["udp-echo", "udp-server", "udp-client"]),
        ("--join", &["udp-echo", "udp-server"]),
        ("--broadcast", &["udp-client"]),
        ("--lines", &["udp-server", "udp-client"]),
        ("--port-file", &["tcp-echo", "tcp-server", "tls-echo", "tls-server", "udp-echo", "udp-server"]),
    ] {
        let is_offered = |(_, help): &&(&str, String)| {
            // Texts are further to the right.
            let mut options = help.lines().filter(|line| line.trim_start_matches(' ').len() + 8 > line.len());
            options.any(|line| line.split(' ').any(|word| word == option))
        };
        let offered = helps.iter().filter(is_offered).map(|(mode, _)| *mode);
        assert_eq!(Vec::from_iter(offered), modes, "{option}");
    }
}

#[test]
fn the_version_is_one_line() {
    for flag in ["-V", "--version"] {
        assert_eq!(stdout_of(&[flag]), "xport 0.1.0\n");
    }
}

#[test]
fn pages_need_no_mode() {
    assert_eq!(stdout_of(&["--man"]), stdout_of(&["--man", "xport"]));
    assert!(stdout_of(&["--man"]).starts_with(".TH XPORT 1 "));
    assert!(stdout_of(&["--man", "endpoints"]).starts_with(".TH XPORT\\-ENDPOINTS 7 "));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let page = stdout_of(&["--completions", shell]);
        assert!(MODES.iter().all(|mode| page.contains(mode)) && page.contains("connect-timeout"), "{shell}");
    }
}

/// A page is not shown with success if stdout cannot take it.
#[test]
fn a_page_that_cannot_be_written_is_an_error() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    for (redirection, reason) in [
        (">/dev/full", "No space left on device"),
        (">&-", "Bad file descriptor"),
        ("1</dev/null", "Bad file descriptor"),
        // The limit is 512 or 1024 bytes. SIGXFSZ does not kill the program.
        (">>\"$OUT\"; ulimit -f 1", "File too large"),
    ] {
        for args in [
            &["--help"][..],
            &["--version"],
            &["--man"],
            &["--completions", "bash"],
            &["tcp-echo", "--help"],
            &["tcp-echo", "-h"],
            &["help"],
        ] {
            file.as_file().set_len(1024).expect("room up to the limit");
            assert_cmd::Command::new("sh")
                .args(["-c", &format!("exec {redirection}; exec \"$0\" \"$@\"")])
                .arg(program())
                .args(args)
                .env("OUT", file.path())
                .timeout(DEADLINE)
                .assert()
                .code(1)
                .stderr(format!("xport: stdout: {reason}\n"));
        }
    }
    // A message has no other place, and its status counts.
    let mut command = assert_cmd::Command::new("sh");
    let command = command.args(["-c", "exec 2>>\"$OUT\"; ulimit -f 1; exec \"$0\" frobnicate"]).arg(program());
    command.env("OUT", file.path()).timeout(DEADLINE).assert().code(2);
}

#[test]
fn a_reader_who_has_left_is_no_news() {
    for args in [&["--help"][..], &["--version"], &["--man"], &["--completions", "zsh"]] {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        let mut command = command(args);
        let output = command.stdin(Stdio::null()).stdout(writer).output().expect("the program starts");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        // The run ends by SIGPIPE, as cat does, or with success if the signal is ignored.
        assert!(output.status.success() || output.status.signal() == Some(13), "{args:?}: {}", output.status);
    }
}

/// A client that only sends ends at once, also with a server that says and closes nothing.
#[test]
fn a_client_without_data_tries_a_port() {
    let (listener, address) = listening();
    let line = ["tcp-client", "--send-only", &address.to_string()];
    ended(&outcome(line), 0, "");
    drop(accept(&listener));
    // A child of another test can have a copy, so a close would not be enough.
    SockRef::from(&listener).shutdown(Shutdown::Both).expect("it listens");
    ended(&outcome(line), 3, "Connection refused");
}
