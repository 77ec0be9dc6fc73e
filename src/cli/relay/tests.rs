//! Tests of the configuration of `relay` and `exec`. `cli/endpoint/tests.rs` tests the grammar of one endpoint, and
//! `tests/it/command_line/endpoints.rs` the messages of the real program.

use std::time::Duration;

use std::net::IpAddr;
use std::path::PathBuf;

use super::*;
use crate::cli::Parsed;
use crate::cli::tests::{parsed, the};
use crate::modes::config::{DatagramListenConfig, ListenConfig, Mode};
use crate::protocols::half_close::HalfClose;
use crate::transports::address::{Family, Host, HostPort, UnixName};
use crate::transports::connect::{Dialing, Retry};

fn mode(args: &[&str]) -> Mode {
    the!(args.join(" "), parsed(args.iter().copied()), Ok(Parsed::Run(invocation)) => invocation.mode)
}

fn relay(args: &[&str]) -> RelayConfig {
    the!(args.join(" "), mode(&[&["relay"], args].concat()), Mode::Relay(config) => config)
}

/// The address of the right end, and how to connect to it.
fn connecting_by(args: &[&str]) -> (Place, Dialing) {
    match relay(args).right {
        Endpoint::Connect(config) => (config.target, config.dial),
        Endpoint::Datagrams(config) => (Place::Address(config.target.into()), config.dial),
        other => panic!("{args:?}: {other:?}"),
    }
}

fn connecting(text: &str) -> (Place, Dialing) {
    connecting_by(&["-", text])
}

fn listening(text: &str) -> ListenConfig {
    the!(text, relay(&[text, "exec:a"]).left, LeftEndpoint::Listen(config) => config)
}

fn receiving(text: &str) -> DatagramListenConfig {
    the!(text, relay(&[text, "exec:a"]).left, LeftEndpoint::DatagramListen(config) => config)
}

fn child(endpoint: Endpoint) -> ChildConfig {
    the!("a child", endpoint, Endpoint::Child(config) => config)
}

fn exec(line: &str) -> ExecConfig {
    the!(line, crate::cli::tests::mode(&format!("exec {line} -- cat")), Mode::Exec(config) => config)
}

fn listeners(line: &str) -> Vec<ListenConfig> {
    the!(line, exec(line).place, ExecPlace::Listen(listeners) => listeners)
}

fn path(text: &str) -> Place {
    Place::Address(UnixName::Path(PathBuf::from(text)).into())
}

#[test]
fn each_kind_becomes_its_endpoint() {
    assert!(matches!(
        relay(&["-", ":80"]),
        RelayConfig { left: LeftEndpoint::Single(Endpoint::Stdio), right: Endpoint::Connect(_), .. }
    ));
    assert!(matches!(relay(&[":80", "stdio"]).right, Endpoint::Stdio));
    for (text, address) in [
        ("host:80", "host:80"),
        ("tcp:host:80", "host:80"),
        ("tcp:[::1]:80", "[::1]:80"),
        ("80", "localhost:80"),
        ("tls:host:443", "host:443"),
        ("tls:fd:3,server-name=a", "fd:3"),
        ("unix:/a:b", "/a:b"),
        ("/a", "/a"),
        (r"unix:a\,b", "a,b"),
        ("@name", "@name"),
        ("fd:3", "fd:3"),
        ("udp:host:53", "host:53"),
    ] {
        assert_eq!(connecting(text).0.to_string(), address, "{text}");
    }
    for (text, address) in [
        ("tcp-listen:*:80", "*:80"),
        ("tcp-listen:0", "localhost:0"),
        ("tls-listen:*:443,self-signed", "*:443"),
        ("tls-listen:fd:3,self-signed", "fd:3"),
        ("unix-listen:./s", "./s"),
        ("unix-listen:@s", "@s"),
        ("fd:3", "fd:3"),
    ] {
        assert_eq!(listening(text).addresses[0].to_string(), address, "{text}");
    }
    // An inherited socket can be a listener on the left only.
    assert!(matches!(
        relay(&["fd:3", "fd:4"]),
        RelayConfig { left: LeftEndpoint::Listen(_), right: Endpoint::Connect(_), .. }
    ));
}

#[test]
fn options_of_endpoints_have_the_defaults_of_the_modes() {
    let (_, config) = connecting("tcp:host:80");
    assert_eq!((config.timeout, config.retry), (Duration::from_secs(10), Retry::Times(0)));
    assert_eq!((config.retry_delay, config.source, config.numeric), (Duration::from_secs(1), Vec::new(), false));
    let config = listening("unix-listen:s");
    assert!(config.keep_open && !config.binding.replace_stale && config.max_conns.is_none());
    assert_eq!((config.binding.mode, config.backlog, config.grace), (0o600, 4096, Duration::from_secs(10)));
    let config = receiving("udp-listen:53");
    assert!(config.max_conns.is_none() && config.groups.is_empty());
    assert_eq!(config.addresses, [Place::Address(HostPort { host: Host::Loopback, port: 53 })]);
}

#[test]
fn options_of_endpoints_reach_their_configuration() {
    let (_, config) =
        connecting("tcp:host:80,connect-timeout=5s,source=127.0.0.1:9,retry=3,retry-delay=250ms,4,numeric");
    assert_eq!((config.timeout, config.retry), (Duration::from_secs(5), Retry::Times(3)));
    assert_eq!((config.retry_delay, config.family, config.numeric), (Duration::from_millis(250), Family::V4, true));
    assert_eq!(config.source, ["127.0.0.1:9".parse().expect("an address")]);
    assert_eq!(connecting("host:80,ipv6").1.family, Family::V6);
    let right = relay(&["-", "udp:192.0.2.255:9,broadcast,retry=2"]).right;
    let config = the!("udp", right, Endpoint::Datagrams(config) => config);
    assert!(config.broadcast && config.dial.retry == Retry::Times(2));

    let config =
        listening("tcp-listen:0,backlog=1,max-conns=5,allow=10.0.0.0/8,allow=::1,deny=10.1.0.0/16,port-file=a\\,b,6");
    assert_eq!((config.backlog, config.max_conns, config.family), (1, Some(5), Family::V6));
    assert!(config.access.admits([10, 2, 0, 1].into()) && !config.access.admits([10, 1, 0, 1].into()));
    assert!(config.access.admits(IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])));
    assert_eq!(config.port_file, Some(PathBuf::from("a,b")));
    let config = listening("unix-listen:s,mode=0660,replace-stale,max-conns=2");
    assert!(config.binding.replace_stale && config.binding.mode == 0o660 && config.max_conns == Some(2));
    let config = receiving("udp-listen:*:53,join=239.1.2.3,join=ff02::1%lo,max-conns=9,deny=::1");
    assert_eq!((config.groups.len(), config.max_conns), (2, Some(9)));
    let config = listening("fd:3,allow=10.0.0.0/8,max-conns=7");
    assert_eq!(config.max_conns, Some(7));
    assert!(!config.access.admits([127, 0, 0, 1].into()));
}

#[test]
fn options_of_a_relay_hold_for_both_sides() {
    let line = "--once --grace 3 --timeout 1h --idle-timeout 5 --high-water 1K --low-water 1 --no-half-close";
    let config = relay(&Vec::from_iter(line.split(' ').chain(["tcp-listen:1", "host:2"])));
    let (LeftEndpoint::Listen(left), Endpoint::Connect(right)) = (config.left, config.right) else {
        panic!("other ends")
    };
    assert!(!left.keep_open && left.grace == Duration::from_secs(3));
    for stream in [config.stream, left.stream, right.stream] {
        assert_eq!((stream.high_water, stream.low_water, stream.half_close), (1024, Some(1), HalfClose::Never));
        assert_eq!(
            (stream.timeout, stream.idle_timeout),
            (Some(Duration::from_secs(3600)), Some(Duration::from_secs(5)))
        );
    }
}

#[test]
fn children_of_a_relay_share_their_options() {
    let config = relay(&["--stderr", "merge", "--env", "A=b", "--kill-after", "1", "exec:grep 'a b'", "shell:c | d"]);
    let LeftEndpoint::Single(left) = config.left else { panic!("another left end") };
    for child in [child(left), child(config.right)] {
        assert!(child.stderr == Some(ChildStdio::Merge) && child.kill_after == Duration::from_secs(1) && !child.pty);
        assert_eq!(child.environment, [("A".into(), "b".into())]);
    }
    let config = child(relay(&["--pty", "tcp::1", "exec:vi"]).right);
    assert!(config.pty && config.stderr.is_none() && config.kill_after == Duration::from_secs(5));
    assert!(child(relay(&["--pty", "--stderr", "null", "tcp::1", "exec:vi"]).right).pty);
}

#[test]
fn exec_has_three_places() {
    assert!(matches!(exec("--stderr null").place, ExecPlace::Stdio));
    assert!(exec("--pty").child.pty && !exec("--stderr null").child.pty);
    let found = listeners("--listen :7000 --listen tcp:1 --listen unix:./a --listen /b --listen @c --listen fd:3");
    let addresses = Vec::from_iter(found.into_iter().flat_map(|config| config.addresses));
    assert_eq!(addresses[2..4], [path("./a"), path("/b")]);
    let texts = Vec::from_iter(addresses.iter().map(ToString::to_string));
    assert_eq!(texts, ["localhost:7000", "localhost:1", "./a", "/b", "@c", "fd:3"]);
    for (line, address) in [
        ("--connect host:1", "host:1"),
        ("--connect unix:a", "a"),
        ("--connect ./a --idle-timeout 5", "./a"),
        ("--connect fd:3", "fd:3"),
    ] {
        let target = the!(line, exec(line).place, ExecPlace::Connect(config) => config.target);
        assert_eq!(target.to_string(), address, "{line}");
    }
}

#[test]
fn options_of_exec_hold_for_each_listener_unless_it_has_its_own() {
    let plain = &listeners("--listen :1")[0];
    assert_eq!((plain.max_conns, plain.backlog, plain.keep_open), (None, 4096, true));
    assert_eq!((plain.grace, plain.stream.idle_timeout), (Duration::from_secs(10), None));

    let found = listeners(
        "--once --grace 2 --idle-timeout 9 --max-conns 5 --backlog 6 --allow 10.0.0.0/8,::1 --port-file f \
         --listen :1,max-conns=7,allow=192.0.2.0/24,port-file=g --listen tcp-listen:2",
    );
    for config in &found {
        assert!(!config.keep_open && config.backlog == 6 && config.grace == Duration::from_secs(2));
        assert_eq!(config.stream.idle_timeout, Some(Duration::from_secs(9)));
        assert!(config.access.admits([10, 0, 0, 1].into()) && !config.access.admits([127, 0, 0, 1].into()));
    }
    assert_eq!((found[0].max_conns, found[1].max_conns), (Some(7), Some(5)));
    assert_eq!((&found[0].port_file, &found[1].port_file), (&Some("g".into()), &Some("f".into())));
    assert!(found[0].access.admits([192, 0, 2, 1].into()) && !found[1].access.admits([192, 0, 2, 1].into()));

    let found = listeners("--backlog 6 --listen ./s,mode=0660,replace-stale --listen :1,4");
    assert!(found[0].binding.replace_stale && found[0].binding.mode == 0o660 && found[1].family == Family::V4);
    // An option that one listener cannot have holds for the others.
    assert_eq!(listeners("--port-file f --listen ./s --listen :1")[1].port_file, Some("f".into()));
}

#[test]
fn options_of_exec_hold_for_its_connection() {
    let line = "--retry 3 --connect-timeout 1 --connect host:1,retry=4,source=:9";
    let config = the!(line, exec(line).place, ExecPlace::Connect(config) => config.dial);
    assert_eq!((config.retry, config.timeout), (Retry::Times(4), Duration::from_secs(1)));
    let both = ["0.0.0.0:9", "[::]:9"].map(|source| source.parse().expect("an address"));
    assert_eq!(config.source, both);
}

#[test]
fn options_before_the_endpoints_hold_for_each_that_has_them() {
    let config = relay(&["--retry", "3", "--allow", "::1", "--max-conns", "5", "tcp-listen:1", "tcp:h:2,retry=4"]);
    let (LeftEndpoint::Listen(left), Endpoint::Connect(right)) = (config.left, config.right) else {
        panic!("other ends");
    };
    assert!(left.max_conns == Some(5) && !left.access.admits(IpAddr::from([127, 0, 0, 1])));
    assert_eq!(right.dial.retry, Retry::Times(4));
    assert_eq!(connecting_by(&["--retry", "3", "-", "tcp:h:2"]).1.retry, Retry::Times(3));
    assert_eq!(connecting_by(&["-6", "-", "udp:h:2"]).1.family, Family::V6);
    // An option after a comma replaces a contradicting option of the line.
    assert_eq!(connecting_by(&["-6", "tcp:h:1", "tcp:h:2,4"]).1.family, Family::V4);
    let found = listeners("--mode 0660 --listen ./s --listen :1");
    assert_eq!((found[0].binding.mode, found[1].binding.mode), (0o660, 0o600));
}
