//! Tests with private networks: black holes, hosts with several addresses, name servers that never answer.
//!
//! Each test has a [`Network`] of its own.

use crate::harness::*;

/// Lines of stderr that contain `text`.
fn count(output: &Output, text: &str) -> usize {
    String::from_utf8_lossy(&output.stderr).matches(text).count()
}

/// A host that never answers costs exactly `--connect-timeout`, over IPv4 and IPv6, with status 124.
#[test]
fn a_black_hole_times_out() {
    let Some(network) = Network::new("", &[]) else { return };
    for address in ["10.99.0.77:80", "[fd00:99::77]:80"] {
        if address.starts_with('[') && !PathBuf::from("/proc/net/if_inet6").exists() {
            continue;
        }
        let (output, time) = timed(|| network.run(&["tcp-client", "--connect-timeout", "400ms", address]));
        ended(&output, 124, &format!("connect {address}: timed out"));
        assert!(time >= Duration::from_millis(400) && time < Duration::from_secs(30), "it took {time:?}");
    }
}

/// Each failure of a route is status 3 at once, with the error of the system.
#[test]
fn routes_that_lead_nowhere_are_told_apart() {
    let routes = "
        ip route add unreachable 10.98.1.0/24
        ip route add prohibit 10.98.2.0/24
        ip route add blackhole 10.98.3.0/24
    ";
    let Some(network) = Network::new(routes, &[]) else { return };
    for (host, reason) in [
        ("10.98.1.1", "No route to host"),
        ("10.98.2.1", "Permission denied"),
        ("10.98.3.1", "Invalid argument"),
        ("10.98.4.1", "Network is unreachable"),
    ] {
        let (output, time) = timed(|| network.run(&["tcp-client", &format!("{host}:80")]));
        ended(&output, 3, &format!("connect {host}:80: {reason}"));
        assert!(time < Duration::from_secs(30), "it took {time:?}");
    }
}

/// Without a loopback, connecting is status 3 with the reason.
#[test]
fn a_machine_without_a_network_is_reported() {
    let Some(network) = Network::new("ip addr flush dev lo; ip link del veth0; ip link set lo down", &[]) else {
        return;
    };
    ended(&network.run(&["tcp-client", "127.0.0.1:80"]), 3, "connect 127.0.0.1:80: Network is unreachable");
}

#[test]
fn an_unknown_name_is_reported_in_the_systems_words() {
    let Some(network) = Network::new("", &[("nsswitch.conf", "hosts: files\n")]) else { return };
    let words = "resolve no.such.invalid: Name or service not known";
    ended(&network.run(&["tcp-client", "no.such.invalid:80"]), 3, words);
    ended(&network.run(&["tcp-echo", "no.such.invalid:80"]), 3, words);
}

/// A network whose name server never answers.
fn mute_name_server() -> Option<Network> {
    let resolver = "nameserver 10.99.0.77\noptions timeout:30 attempts:5\n";
    Network::new("", &[("nsswitch.conf", "hosts: files dns\n"), ("resolv.conf", resolver)])
}

/// Waits until the resolver has its socket.
#[track_caller]
fn it_asks(program: &Background) {
    eventually("the question to the name server", || {
        let sockets = fs::read_to_string(format!("/proc/{}/net/udp", program.pid())).ok()?;
        // 10.99.0.77:53 in the byte order of the table.
        sockets.contains("4D00630A:0035").then_some(())
    });
}

/// A client of a relay that listens on a unix socket, which every network can reach.
#[track_caller]
fn unix_client(path: &Path) -> UnixStream {
    eventually("the relay listens", || UnixStream::connect(path).ok())
}

fn threads(program: &Background) -> usize {
    let status = fs::read_to_string(format!("/proc/{}/status", program.pid())).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("Threads:")).expect("a line of its own");
    line.trim().parse().expect("a number")
}

/// All clients that wait for one name share its look-up, and each gives up when its own time is over.
#[test]
fn a_crowd_that_waits_for_a_mute_name_server_takes_few_threads() {
    const CLIENTS: usize = 400;
    let Some(network) = mute_name_server() else { return };
    let (_ground, path) = path("s");
    let left = format!("unix-listen:{}", path.display());
    let mut relay = network.start(&["relay", &left, "tcp:some.example:80,connect-timeout=4s"]);
    relay.line("listening on");
    let at_rest = threads(&relay);
    let start = Instant::now();
    let clients = Vec::from_iter((0..CLIENTS).map(|_| unix_client(&path)));
    it_asks(&relay);
    let mut most = 0;
    while start.elapsed() < Duration::from_secs(2) {
        most = most.max(threads(&relay) - at_rest);
        thread::park_timeout(Duration::from_millis(10));
    }
    assert!((1..=4).contains(&most), "{most} threads for {CLIENTS} clients of one name");
    for client in clients {
        client.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        assert_eq!(take_all(&mut halves(client).0), b"");
    }
    let elapsed = start.elapsed();
    assert!((4..40).contains(&elapsed.as_secs()), "they were let go after {elapsed:?}");
    relay.drains();
}

/// A client that comes during a hanging look-up gets the answer of a newer look-up after the old one has failed.
#[test]
fn a_client_is_not_told_of_an_error_older_than_its_question() {
    let resolver = "nameserver 10.99.0.77\noptions timeout:2 attempts:1\n";
    let files = [("nsswitch.conf", "hosts: files dns\n"), ("resolv.conf", resolver), ("hosts", "")];
    let Some(network) = Network::new("", &files) else { return };
    let (_ground, path) = path("s");
    let mut server = network.start(&["tcp-echo", "127.0.0.1:0"]);
    let right = format!("tcp:some.example:{},connect-timeout=60s", server.address().port());
    let relay = network.start(&["relay", &format!("unix-listen:{}", path.display()), &right]);
    let early = unix_client(&path);
    it_asks(&relay);
    network.rewrite("hosts", "127.0.0.1 some.example\n");
    let (mut from_late, mut to_late) = halves(unix_client(&path));
    to_late.write_all(b"hello").expect("it takes the bytes");
    assert_eq!(take(&mut from_late, 5), b"hello");
    // The other client has asked before.
    assert_eq!(take_all(&mut halves(early).0), b"");
}

/// `--connect-timeout` includes the look-up of the name: status 124.
#[test]
fn a_mute_name_server_times_out() {
    let Some(network) = mute_name_server() else { return };
    for mode in ["tcp-client", "udp-client"] {
        let (output, time) = timed(|| network.run(&[mode, "--connect-timeout", "400ms", "some.example:80"]));
        ended(&output, 124, "resolve some.example:80: timed out after 400ms");
        assert!(time >= Duration::from_millis(400) && time < Duration::from_secs(30), "{mode}: {time:?}");
    }
}

/// A signal ends a client at once during a look-up, and a server that looks up its own name.
#[test]
fn a_signal_ends_a_look_up() {
    let Some(network) = mute_name_server() else { return };
    for signal in [libc::SIGTERM, libc::SIGINT] {
        for mode in ["tcp-client", "tcp-echo"] {
            let mut program = network.start(&["-vvv", mode, "some.example:80"]);
            it_asks(&program);
            let start = Instant::now();
            program.signal(signal);
            program.is_killed_by(signal);
            assert!(start.elapsed() < Duration::from_secs(20), "it took {:?}", start.elapsed());
        }
    }
}

#[test]
fn the_good_address_of_several_is_found() {
    let hosts = "fd00:99::77 many\n10.99.0.77 many\n127.0.0.1 many\n127.0.0.2 many\n";
    let Some(network) = Network::new("", &[("nsswitch.conf", "hosts: files\n"), ("hosts", hosts)]) else { return };
    let mut server = network.start(&["tcp-echo", "127.0.0.2:0"]);
    let port = server.address().port().to_string();
    // Much longer than the connect takes: a hanging attempt must not use up this time.
    let mut client = network.start(&["-vv", "tcp-client", "--connect-timeout", "15s", "many", &port]);
    client.stdin().write_all(b"hello").expect("it waits");
    let output = client.finish();
    gave(&output, 0, "hello");
    assert_eq!(count(&output, &format!("connected to 127.0.0.2:{port}")), 1, "{}", text(&output));
    assert!(count(&output, "connecting to 10.99.0.77") <= 1, "{}", text(&output));
}

#[test]
fn each_address_that_failed_is_listed() {
    let hosts = "10.98.1.1 many\n127.0.0.1 many\n127.0.0.2 many\n";
    let files = [("nsswitch.conf", "hosts: files\n"), ("hosts", hosts)];
    let Some(network) = Network::new("ip route add unreachable 10.98.1.0/24", &files) else { return };
    let output = network.run(&["tcp-client", "many:80"]);
    ended(&output, 3, "connect many:80: ");
    for each in
        ["10.98.1.1:80: No route to host", "127.0.0.1:80: Connection refused", "127.0.0.2:80: Connection refused"]
    {
        assert_eq!(count(&output, each), 1, "{each}: {}", text(&output));
    }
}

#[test]
fn failed_attempts_leave_no_descriptors() {
    let hosts = "10.99.0.77 many\n127.0.0.1 many\n127.0.0.2 many\n";
    let Some(network) = Network::new("", &[("nsswitch.conf", "hosts: files\n"), ("hosts", hosts)]) else { return };
    let args = ["-v", "tcp-client", "--connect-timeout", "50ms", "--retry", "100", "--retry-delay", "10ms", "many:80"];
    let mut client = network.start(&args);
    client.line("trying again");
    let after_one = client.fds();
    for _ in 0..15 {
        client.line("trying again");
    }
    // One socket can be in use. Fifteen tries with three attempts would leave more.
    let after_many = client.fds();
    assert!(after_many <= after_one + 4, "{after_one} descriptors after one try, {after_many} after sixteen");
}

/// A port can be the name of a service, for connecting and for listening.
#[test]
fn a_port_may_be_a_service() {
    let known = fs::read_to_string("/etc/services").unwrap_or_default();
    if !known.lines().any(|line| line.starts_with("echo\t") && line.contains("7/tcp")) {
        return println!("skipped: no list of services here");
    }
    let Some(network) = Network::new("", &[]) else { return };
    ended(&network.run(&["tcp-client", "127.0.0.1:http"]), 3, "connect 127.0.0.1:80: Connection refused");
    let mut server = network.start(&["tcp-echo", "127.0.0.1:echo"]);
    assert_eq!(server.address().port(), 7);
    for address in [&["127.0.0.1:echo"][..], &["127.0.0.1", "echo"], &["echo"], &[":echo"]] {
        ended(&network.run(&[&["tcp-client", "--half-close", "now", "-4"], address].concat()), 0, "");
    }
}

/// A source address decides the family: addresses of the other family are not tried, and the message says if none is
/// left.
#[test]
fn only_addresses_of_the_family_of_the_source_are_tried() {
    let hosts = "127.0.0.1 localhost\n10.99.0.1 both.test four.test\nfd00:99::1 both.test six.test\n";
    // The names are in this file alone: a busy machine must not have to wait for its name servers.
    let files = [("nsswitch.conf", "hosts: files\n"), ("hosts", hosts)];
    let Some(network) = Network::new("", &files) else { return };
    let has_v6 = PathBuf::from("/proc/net/if_inet6").exists();
    let (v4, v6) = ("10.99.0.1", "fd00:99::1");
    for (source, other, lacking, family) in [(v4, v6, "six.test", "IPv4"), (v6, v4, "four.test", "IPv6")] {
        if !has_v6 {
            return println!("skipped: no IPv6 here");
        }
        let runs = |name: &str| {
            let at = format!("{name}:1");
            [
                words!("tcp-client --source {source} {at}"),
                words!("tls-client --source {source} {at}"),
                words!("relay - tcp:{at},source={source}"),
                words!("relay exec:true tls:{at},source={source}"),
                words!("exec --connect tcp:{at},source={source} -- true"),
                words!("-v udp-client --linger 0 --source {source} {at}"),
                words!("-v relay --linger 0 - udp:{at},source={source}"),
            ]
        };
        let run = |args: &[String]| network.run(&Vec::from_iter(args.iter().map(String::as_str)));
        for args in runs("both.test") {
            let output = run(&args);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(!stderr.contains(other), "{stderr}");
            if args[0] == "-v" {
                assert!(stderr.contains("sending to ") && stderr.contains(source), "{stderr}");
            } else {
                assert_eq!(stderr, "xport: connect both.test:1: Connection refused\n");
                gave(&output, 3, "");
            }
        }
        for args in runs(lacking) {
            let what = format!("connect {lacking}:1: it has no {family} address, and the source {source} needs one");
            ended(&run(&args), 3, &what);
        }
    }
}
