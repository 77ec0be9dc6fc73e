//! Tests of parsing: the configuration of valid lines, and the errors of others. `tests/it/command_line/` runs the real
//! program.

use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::modes::config::{
    ConnectConfig, DatagramConnectConfig, DatagramListenConfig, DatagramRun, ListenConfig, StreamConfig,
};
use crate::protocols::half_close::HalfClose;
use crate::transports::access::AccessList;
use crate::transports::address::{Family, HostPort, Place, UnixName};
use crate::transports::connect::Retry;
use crate::transports::datagram::opening::Group;

/// The content of a variant. A failure shows the line and another value.
macro_rules! the {
    ($line:expr, $value:expr, $pattern:pat $(if $guard:expr)? => $content:expr) => {
        match $value {
            $pattern $(if $guard)? => $content,
            other => panic!("{}: {other:?}", $line),
        }
    };
}
pub(super) use the;

/// The words after `xport`, parsed.
pub(super) fn parsed<T: Into<OsString>>(words: impl IntoIterator<Item = T>) -> Result<Parsed, String> {
    parse(std::iter::once("xport".into()).chain(words.into_iter().map(Into::into))).map_err(|error| error.to_string())
}

fn run(line: &str) -> Invocation {
    the!(line, parsed(line.split_whitespace()), Ok(Parsed::Run(invocation)) => invocation)
}

/// The mode of a line, in which single spaces separate the words.
pub(super) fn mode(line: &str) -> config::Mode {
    the!(line, parsed(line.split(' ')), Ok(Parsed::Run(invocation)) => invocation.mode)
}

fn client(line: &str) -> ConnectConfig {
    the!(line, run(line).mode, config::Mode::Client(config) => config)
}

fn listener(line: &str) -> ListenConfig {
    the!(line, run(line).mode, config::Mode::Server(mut ends) | config::Mode::Echo(mut ends) if ends.len() == 1 =>
        ends.remove(0))
}

fn datagram_client(line: &str) -> (DatagramConnectConfig<Place<HostPort>>, DatagramRun, StreamConfig) {
    the!(line, run(line).mode, config::Mode::DatagramClient(config, datagrams, stream) => (config, datagrams, stream))
}

fn datagram_service(line: &str) -> (DatagramListenConfig, DatagramRun) {
    use config::Mode::{DatagramEcho, DatagramServer};
    the!(line, run(line).mode, DatagramServer(mut ends, datagrams) | DatagramEcho(mut ends, datagrams)
        if ends.len() == 1 => (ends.remove(0), datagrams))
}

fn refused(args: impl IntoIterator<Item = OsString>) -> String {
    parsed(args).expect_err("it is refused")
}

#[test]
fn the_definition_is_sound() {
    command(Detail::Full).debug_assert();
}

/// A run builds only the arguments that its line names, and reads the line as with all arguments.
#[test]
fn the_arguments_that_a_line_names_are_enough() {
    for line in [
        "tcp-client -n6 --retry=3 --timeout -5 --send-only host 80",
        "-vv --color always relay --timeout --retry tcp-listen:1 :2 -q",
        "exec --listen :1 --stderr=null -- grep --retry -v x",
        "subprocess --shell x --env a=b --pty",
        "tls --pin a --pin b relay --insecure",
        "listen -k tcp:1 udp:2 --lines",
        "scan --banner -4 --connect-timeout=1s h 22 --parallel 9 80,443",
        "--completions bash tcp-echo",
    ] {
        let args = Vec::from_iter(std::iter::once("xport").chain(line.split(' ')).map(OsString::from));
        let [named, full] = [Detail::Named(&args), Detail::Full].map(|detail| {
            let matches = command(detail).try_get_matches_from(&args).unwrap_or_else(|error| panic!("{line}: {error}"));
            let (name, of_mode) = matches.subcommand().expect("a mode");
            let mode = mode_called(name).expect("a mode");
            let options = given(&Vec::from_iter(mode.rows()), of_mode);
            let options = options.into_iter().map(|given| (given.row.id, given.text)).collect::<Vec<_>>();
            let before = given(&Vec::from_iter(rows_of_top()), &matches).len();
            (name.to_owned(), before, options, operands(mode, of_mode))
        });
        assert_eq!(named, full, "{line}");
    }
}

#[test]
fn a_client_has_the_documented_defaults() {
    let config = client("tcp-client localhost:80");
    assert_eq!(config.target.to_string(), "localhost:80");
    let dial = config.dial;
    assert_eq!((dial.family, dial.numeric, dial.source), (Family::Any, false, Vec::new()));
    assert_eq!((dial.timeout, dial.retry), (Duration::from_secs(10), Retry::Times(0)));
    assert_eq!(dial.retry_delay, Duration::from_secs(1));
    let stream = config.stream;
    assert!(!stream.send_only && !stream.recv_only && stream.half_close == HalfClose::Auto);
    assert_eq!((stream.high_water, stream.low_water), (65_536, None));
    assert_eq!((stream.idle_timeout, stream.linger, stream.timeout), (None, None, None));
}

#[test]
fn a_listener_has_the_documented_defaults() {
    let config = listener("unix-server ./sock");
    assert_eq!(config.addresses, [Place::Address(UnixName::Path(PathBuf::from("./sock")).into())]);
    assert!(!config.keep_open && !config.binding.replace_stale && config.access == AccessList::default());
    assert_eq!((config.backlog, config.max_conns, config.binding.mode), (4096, None, 0o600));
    assert_eq!((config.grace, config.port_file), (Duration::from_secs(10), None));
}

#[test]
fn addresses_are_bare_or_named() {
    for line in ["tcp-client ::1 80", "tcp-client [::1]:80", "tcp-client --connect [::1]:80"] {
        assert_eq!(client(line).target.to_string(), "[::1]:80", "{line}");
    }
    let config = listener("tcp-echo :1 --listen :2 --listen 127.0.0.1:3");
    let addresses = Vec::from_iter(config.addresses.iter().map(ToString::to_string));
    assert_eq!(addresses, ["localhost:1", "localhost:2", "127.0.0.1:3"]);
}

#[test]
fn options_reach_the_configuration() {
    let config = client(
        "tcp-client -6n --source [::1]:99 --connect-timeout 250ms --retry 3 --retry-delay 0 \
         --no-half-close --linger 0 --high-water 0 --idle-timeout 1m --timeout 1.5 [::1]:80",
    );
    let dial = config.dial;
    assert_eq!((dial.family, dial.numeric, dial.retry), (Family::V6, true, Retry::Times(3)));
    assert_eq!(dial.source, ["[::1]:99".parse().expect("an address")]);
    assert_eq!((dial.timeout, dial.retry_delay), (Duration::from_millis(250), Duration::ZERO));
    let stream = config.stream;
    assert!(!stream.send_only && stream.half_close == HalfClose::Never && stream.high_water == 0);
    assert_eq!(stream.linger, Some(Duration::ZERO));
    assert_eq!(stream.idle_timeout.zip(stream.timeout), Some((Duration::from_secs(60), Duration::from_millis(1_500))));

    let config = listener("tcp-server -k4 --allow 10.0.0.0/8,::1 --deny 10.1.0.0/16 --backlog 1 --grace 0 :0");
    assert!(config.keep_open && config.family == Family::V4 && config.backlog == 1);
    assert!(config.access.admits([10, 2, 0, 1].into()) && !config.access.admits([10, 1, 0, 1].into()));
    assert_eq!(config.grace, Duration::ZERO);

    assert!(listener("tcp-echo :1").keep_open && !listener("tcp-echo --once :1").keep_open);
    assert_eq!(listener("tcp-echo --max-conns 5 --port-file f :1").max_conns, Some(5));
    let config = listener("unix-echo --mode 0660 --replace-stale sock");
    assert!(config.binding.replace_stale && config.binding.mode == 0o660);
}

#[test]
fn datagram_modes_have_the_documented_defaults() {
    let (config, datagrams, stream) = datagram_client("udp-client localhost:8125");
    assert_eq!((config.dial.timeout, config.dial.retry), (Duration::from_secs(10), Retry::Times(0)));
    assert_eq!((stream.linger, stream.idle_timeout), (Some(Duration::from_secs(1)), None));
    assert_eq!((datagrams.count, datagrams.lines, config.broadcast), (None, false, false));

    for line in ["udp-server :5140", "udp-echo :5140"] {
        let (config, datagrams) = datagram_service(line);
        assert_eq!((config.stream.linger, config.stream.idle_timeout, config.port_file), (None, None, None), "{line}");
        assert_eq!((datagrams.count, datagrams.lines), (None, false), "{line}");
        assert!(config.groups.is_empty() && config.access == AccessList::default(), "{line}");
    }
}

#[test]
fn options_of_datagrams_reach_the_configuration() {
    let (config, datagrams, stream) = datagram_client(
        "udp-client --count 3 --lines --broadcast --linger 0 --idle-timeout 5 --source :99 -4 --retry 2 192.0.2.255:9",
    );
    assert_eq!((datagrams.count, datagrams.lines, config.broadcast), (Some(3), true, true));
    assert_eq!((stream.linger, stream.idle_timeout), (Some(Duration::ZERO), Some(Duration::from_secs(5))));
    assert_eq!((config.dial.family, config.dial.retry), (Family::V4, Retry::Times(2)));
    assert_eq!(config.dial.source.len(), 2);
    assert!(datagram_client("udp-client --send-only :1").2.send_only);

    let (config, datagrams) = datagram_service(
        "udp-server --count 18446744073709551615 --lines --linger 2 --join 239.1.2.3 --join ff02::1%lo \
         --allow 10.0.0.0/8 --port-file f --listen 127.0.0.1:2 *:1",
    );
    assert_eq!((datagrams.count, datagrams.lines), (Some(u64::MAX), true));
    assert!(!config.stream.recv_only && config.stream.linger == Some(Duration::from_secs(2)));
    assert_eq!(config.addresses.len(), 2);
    assert!(!config.access.admits([127, 0, 0, 1].into()) && config.port_file.is_some());
    let group = |ip: &str| Group { ip: ip.parse().expect("an address"), interface: 0 };
    assert_eq!(config.groups[0], group("239.1.2.3"));
    assert_eq!(config.groups[1].ip, group("ff02::1").ip);
    assert_ne!(config.groups[1].interface, 0, "lo has a number");
}

#[test]
fn a_group_is_joined_where_its_datagrams_arrive() {
    for line in [
        "udp-echo --join 239.1.2.3 *:1",
        "udp-echo --join 239.1.2.3 -4 *:1",
        "udp-echo --join 239.1.2.3 0.0.0.0:1",
        "udp-echo --join 239.1.2.3 239.1.2.3:1",
        "udp-echo --join 239.1.2.3 127.0.0.1:1 --listen *:2",
        "udp-echo --join ff02::1%lo [::]:1",
        "udp-echo --join ff05::1 [ff05::1]:1",
    ] {
        assert_eq!(datagram_service(line).0.groups.len(), 1, "{line}");
    }
    for line in [
        "udp-echo --join 239.1.2.3 :1",
        "udp-echo --join 239.1.2.3 localhost:1",
        "udp-echo --join 239.1.2.3 239.1.2.4:1",
        "udp-echo --join 239.1.2.3 [::]:1",
        "udp-echo --join ff02::1%lo 0.0.0.0:1",
        "udp-echo --join 239.1.2.3 fd:3",
    ] {
        let error = refused(line.split_whitespace().map(OsString::from));
        assert!(error.contains("needs '*:PORT'"), "{line}: {error}");
    }
    for line in ["udp-echo --join 239.1.2.3 -6 *:1", "udp-echo --join 239.1.2.3 --join ff02::1%lo -4 *:1"] {
        let error = refused(line.split_whitespace().map(OsString::from));
        assert!(error.contains("excludes the group"), "{line}: {error}");
    }
}

#[test]
fn services_have_names_for_datagrams_too() {
    let services = std::fs::read_to_string("/etc/services").unwrap_or_default();
    if ["\ndomain", "\nntp", "\nsyslog"].iter().any(|name| !services.contains(name)) {
        eprintln!("skipped: this machine has no list of services");
        return;
    }
    for (line, port) in [("udp-client localhost:domain", 53), ("udp-client localhost ntp", 123)] {
        let target = the!(line, datagram_client(line).0.target, Place::Address(target) => target);
        assert_eq!(target.to_string(), format!("localhost:{port}"));
    }
    // A service for datagrams only.
    let (config, _) = datagram_service("udp-server 127.0.0.1:syslog");
    assert_eq!(the!("syslog", &config.addresses[..], [Place::Address(address)] => address.port), 514);
}

#[test]
fn output_options_are_accepted_before_and_after_the_mode() {
    for (line, verbosity, color) in [
        ("tcp-echo :1", Verbosity::Normal, Color::Auto),
        ("-q tcp-echo :1", Verbosity::Quiet, Color::Auto),
        ("tcp-echo :1 -q", Verbosity::Quiet, Color::Auto),
        ("tcp-echo -v :1", Verbosity::Verbose, Color::Auto),
        ("-v tcp-echo -v :1", Verbosity::Debug, Color::Auto),
        ("-vvv tcp-echo -vvv :1", Verbosity::Trace, Color::Auto),
        ("--color always tcp-echo :1", Verbosity::Normal, Color::Always),
        ("--color always tcp-echo :1 --color never", Verbosity::Normal, Color::Never),
    ] {
        let invocation = run(line);
        assert_eq!((invocation.verbosity, invocation.color), (verbosity, color), "{line}");
    }
}

#[test]
fn a_unix_path_need_not_be_text_but_a_host_must() {
    let odd = || OsString::from_vec(b"a\xff\n".to_vec());
    let mode = the!("odd", parsed(["unix-client".into(), odd()]), Ok(Parsed::Run(invocation)) => invocation.mode);
    let target = the!("odd", mode, config::Mode::Client(config) => config.target);
    assert_eq!(target, Place::Address(UnixName::Path(odd().into()).into()));
    let error = refused(["tcp-client".into(), odd()]);
    assert!(error.starts_with("xport: invalid address: 'a\\xff\\n' is not UTF-8\n"), "{error}");
    let error = refused(["tcp-client".into(), "localhost".into(), odd()]);
    assert!(error.contains("'a\\xff\\n' is not UTF-8"), "{error}");
    let error = refused(["tcp-client".into(), "--retry".into(), odd()]);
    assert!(error.contains("'a\\xff\\n' is not UTF-8"), "{error}");
}

#[test]
fn an_error_stays_printable_and_short_whatever_was_typed() {
    let odd = "\u{1b}[2J\r\n".to_owned() + &"x".repeat(100_000);
    for args in [
        vec![odd.clone()],
        vec!["tcp-client".into(), format!("--{odd}")],
        vec!["tcp-client".into(), format!("--retry={odd}")],
        vec!["tcp-client".into(), format!("--source={odd}"), ":1".into()],
        vec!["tcp-client".into(), odd.clone()],
        vec!["tcp-client".into(), odd.clone(), odd.clone()],
        vec!["tcp-client".into(), format!("[{odd}]")],
        vec!["tcp-client".into(), format!("fe80::1%{odd}:80")],
        vec!["tcp-client".into(), ":1".into(), "1".into(), odd.clone()],
        vec!["tcp-echo".into(), ":1".into(), "--allow".into(), odd.clone()],
        vec!["unix-client".into(), odd.clone()],
        vec!["relay".into(), odd.clone(), "-".into()],
        vec!["relay".into(), "-".into(), format!("http:{odd}:/")],
        vec!["relay".into(), "-".into(), format!("TCP-{odd}:80")],
        vec!["relay".into(), "-".into(), format!(":80,{odd}")],
        vec!["relay".into(), "-".into(), format!(":80,retry={odd}")],
        vec!["relay".into(), "-".into(), format!("exec:'{odd}")],
        vec!["exec".into(), "--listen".into(), format!("unix:{odd}"), "cat".into()],
        vec!["exec".into(), "--connect".into(), format!(":80,source={odd}"), "cat".into()],
        vec![format!("--color={odd}")],
    ] {
        let error = refused(args.into_iter().map(OsString::from));
        assert!(error.starts_with("xport: ") && error.ends_with('\n'), "{error:?}");
        assert!(!error.contains(|c: char| c.is_control() && c != '\n'), "{error:?}");
        assert!(error.len() < 2_000, "{} bytes", error.len());
    }
}

#[test]
fn a_scan_has_the_documented_defaults() {
    let scan = |line: &str| the!(line, run(line).mode, config::Mode::Scan(config) => config);
    let config = scan("scan localhost 80,22");
    assert_eq!((config.ports, config.parallel, config.banners), (vec![22, 80], 64, false));
    assert_eq!((config.dial.timeout, config.stream.timeout), (Duration::from_secs(2), None));
    let config = scan("scan --banner --parallel 9 --connect-timeout 1 --timeout 5 -6 localhost 80");
    assert_eq!((config.parallel, config.banners, config.dial.family), (9, true, Family::V6));
    let seconds = Duration::from_secs;
    assert_eq!((config.dial.timeout, config.stream.timeout), (seconds(1), Some(seconds(5))));
}
