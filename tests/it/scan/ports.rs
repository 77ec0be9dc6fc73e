//! Which ports are told, where, in which order, and with which status.

use super::*;

#[test]
fn open_ports_are_one_line_each_in_order() {
    let open: Vec<_> = (0..3).map(|_| listening()).collect();
    let closed: Vec<_> = (0..3).map(|_| refusing()).collect();
    let mut expected = Vec::from_iter(open.iter().map(|(_, address)| address.port()));
    let mut wanted = expected.clone();
    wanted.extend(closed.iter().map(|(_, address)| address.port()));
    wanted.sort_unstable_by(|one, other| other.cmp(one));
    wanted.extend(&expected.clone());
    expected.sort_unstable();
    for parallel in ["1", "2", "64", "65535"] {
        let output = outcome(local(&["--parallel", parallel], &list(&wanted)));
        ended(&output, 0, "");
        assert_eq!(numbers(&output), expected, "{}", text(&output));
    }
    // Ports can be several words.
    let words = Vec::from_iter(wanted.iter().map(u16::to_string));
    let output = outcome(["scan", "127.0.0.1"].into_iter().map(str::to_owned).chain(words));
    ended(&output, 0, "");
    assert_eq!(numbers(&output), expected);
}

#[test]
fn no_open_port_is_status_3_with_one_message() {
    let closed: Vec<_> = (0..2).map(|_| refusing().0).collect();
    let ports = Vec::from_iter(closed.iter().map(|socket| at(socket).port()));
    for options in [&[][..], &["-q"], &["--banner"]] {
        let output = outcome(local(options, &list(&ports)));
        ended(&output, 3, "scan 127.0.0.1: none of 2 ports is open: 2 closed");
        gave(&output, 3, "");
        let output = outcome(local(options, &list(&ports[..1])));
        ended(&output, 3, &format!("scan 127.0.0.1: port {}: closed", ports[0]));
    }
}

/// A host that does not answer costs the time limit of one port.
#[test]
fn a_port_that_does_not_answer_is_filtered() {
    let (full, (_listener, open)) = (full_queue(), listening());
    let silent = full.address.port();
    let output = outcome(local(&["--connect-timeout", "100ms"], &silent.to_string()));
    ended(&output, 3, &format!("scan 127.0.0.1: port {silent}: filtered (no answer within 100ms)"));
    // The failure says what a summary would say.
    let output = outcome(local(&["-v", "--connect-timeout", "100ms"], &silent.to_string()));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("scanned"), "{}", text(&output));
    let output = outcome(local(&["-v", "--connect-timeout", "100ms"], &list(&[silent, open.port()])));
    assert_eq!((output.status.code(), numbers(&output)), (Some(0), vec![open.port()]), "{}", text(&output));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains(&format!("port {silent}: filtered (no answer within 100ms)")), "{stderr}");
    assert!(stderr.contains("scanned 2 ports of 127.0.0.1 in "), "{stderr}");
    assert!(stderr.contains(" s: 1 open, 1 filtered (no answer within 100ms)\n"), "{stderr}");
}

/// `-v` tells of ports that are not open on stderr, neighbours together. stdout has open ports only.
#[test]
fn ports_that_are_not_open_are_told_on_stderr() {
    in_a_network("", || {
        let _open = TcpListener::bind("127.0.0.1:80").expect("a network of its own");
        let output = outcome(local(&["-v"], "1-1000,2000"));
        assert_eq!((output.status.code(), numbers(&output)), (Some(0), vec![80]), "{}", text(&output));
        let stderr = String::from_utf8_lossy(&output.stderr);
        for line in ["ports 1-79: closed", "ports 81-1000: closed", "port 2000: closed", "1 open, 1000 closed"] {
            assert!(stderr.contains(line), "{line}: {stderr}");
        }
    });
}

/// Every second port is open, so each closed port has a line of its own. None of these lines is suppressed.
#[test]
fn no_line_of_a_long_list_is_missing() {
    in_a_network("", || {
        let open: Vec<_> = (1000..1200).step_by(2).collect();
        let _listeners: Vec<_> =
            open.iter().map(|port| TcpListener::bind(("127.0.0.1", *port)).expect("a network of its own")).collect();
        let output = outcome(local(&["-v"], "1000-1199"));
        assert_eq!(numbers(&output), open, "{}", text(&output));
        let stderr = String::from_utf8_lossy(&output.stderr);
        for port in (1001..1200).step_by(2) {
            assert!(stderr.contains(&format!("port {port}: closed\n")), "{port}: {stderr}");
        }
    });
}

/// The names are those of the list of services of this machine.
#[test]
fn a_port_with_a_name_is_told_with_its_name() {
    let services = fs::read_to_string("/etc/services").unwrap_or_default();
    let name = |port: u16| {
        let words = services.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let number = format!("{port}/tcp");
        words.into_iter().find(|words| words.get(1) == Some(&number.as_str())).map(|words| words[0].to_owned())
    };
    in_a_network("", || {
        let ports = [22, 80, 4];
        let _listeners = ports.map(|port| TcpListener::bind(("127.0.0.1", port)).expect("a network of its own"));
        let line = |port: u16| name(port).map_or_else(|| format!("{port}\n"), |name| format!("{port} {name}\n"));
        let expected = [4, 22, 80].map(line).concat();
        printed(&outcome(local(&[], "80,22,4")), &expected);
        if services.contains("22/tcp") {
            printed(&outcome(local(&[], "ssh")), line(22));
        }
    });
}

/// All ports there are, with few descriptors. The program ends in time although it can have only 200.
#[test]
fn all_ports_are_scanned_with_few_descriptors() {
    in_a_network("", || {
        let open = [1, 9, 40_000, 65_535];
        let _listeners = open.map(|port| TcpListener::bind(("127.0.0.1", port)).expect("a network of its own"));
        let mut command = command(local(&["--parallel", "1000", "--timeout", "60s"], "1-65535"));
        limit_descriptors(&mut command, 200);
        let output = Background::spawn(command).finish();
        ended(&output, 0, "");
        assert_eq!(numbers(&output), open);
    });
}

/// A port is open if it is open at one of the loopback addresses.
#[test]
fn a_name_stands_for_an_address_of_each_family() {
    if TcpListener::bind("[::1]:0").is_err() {
        return println!("skipped: no IPv6");
    }
    // A bound socket keeps other tests from the same port of IPv4.
    let (_listener, _bound, port) = eventually("a port of both families", || {
        let listener = TcpListener::bind("[::1]:0").ok()?;
        let port = listener.local_addr().ok()?.port();
        let bound = Socket::new(Domain::IPV4, Type::STREAM, None).ok()?;
        bound.bind(&SocketAddr::from(([127, 0, 0, 1], port)).into()).ok()?;
        Some((listener, bound, port))
    });
    let output = outcome(["scan", "localhost", &port.to_string()]);
    ended(&output, 0, "");
    assert_eq!(numbers(&output), [port]);
    for (option, status) in [("-6", 0), ("-4", 3)] {
        assert_eq!(outcome(["scan", option, "localhost", &port.to_string()]).status.code(), Some(status), "{option}");
    }
    let Some(network) = Network::new("", &[("hosts", "127.0.0.1 both\n::1 both\n")]) else { return };
    let mut listener = None;
    network.inside(|| listener = Some(TcpListener::bind("[::1]:70").expect("a network of its own")));
    if listener.is_some() {
        let output = network.run(&["scan", "both", "70"]);
        assert_eq!(numbers(&output), [70], "{}", text(&output));
        let output = network.run(&["scan", "--source", "127.0.0.1", "both", "70"]);
        ended(&output, 3, "scan both: port 70: closed");
    }
}

/// What a firewall drops is filtered, and so is what it answers for the host.
#[test]
fn a_firewall_is_told_from_a_closed_port() {
    if installed("nft").is_none() {
        return;
    }
    let rules = "
        nft add table inet t
        nft add chain inet t c '{ type filter hook input priority 0; }'
        nft add rule inet t c tcp dport 81 drop
        nft add rule inet t c tcp dport 82 reject with icmp type host-prohibited
        nft add rule inet t c tcp dport 83 reject with tcp reset
    ";
    let Some(network) = Network::new(rules, &[]) else { return };
    network.inside(|| {
        let _listeners = [80, 81, 82, 83].map(|port| TcpListener::bind(("127.0.0.1", port)).expect("its own network"));
        let output = outcome(local(&["-v", "--connect-timeout", "200ms"], "80-84"));
        assert_eq!(numbers(&output), [80], "{}", text(&output));
        let stderr = String::from_utf8_lossy(&output.stderr);
        for line in [
            "port 81: filtered (no answer within 200ms)",
            "port 82: filtered (No route to host)",
            "ports 83-84: closed",
            "1 open, 1 filtered (no answer within 200ms), 1 filtered (No route to host), 2 closed",
        ] {
            assert!(stderr.contains(line), "{line}: {stderr}");
        }
    });
}

/// The options of sockets reach the connections: from another interface, the loopback cannot be reached.
#[test]
fn options_of_sockets_count() {
    let Some(network) = Network::new("", &[]) else { return };
    let mut listener = None;
    network.inside(|| listener = Some(TcpListener::bind("127.0.0.1:70").expect("a network of its own")));
    if listener.is_none() {
        return;
    }
    let scan = |options: &[&str]| {
        network.run(&[&["scan", "--connect-timeout", "300ms"], options, &["127.0.0.1", "70"]].concat())
    };
    assert_eq!(numbers(&scan(&["--bind-device", "lo", "--tos", "16", "--ttl", "3"])), [70]);
    assert_eq!(scan(&["--bind-device", "veth1"]).status.code(), Some(3));
    let output = scan(&["--bind-device", "none"]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("not tried ("), "{}", text(&output));
}

#[test]
fn what_cannot_be_scanned_is_refused() {
    refuses([
        "scan => no host given\ntry: xport scan HOST PORTS\n",
        "scan h => no ports given\ntry: xport scan h PORTS\n",
        "scan h:22 => 'h:22' has a port: ports are words of their own\ntry: xport scan h 22\n",
        "scan :22 => \ntry: xport scan localhost 22\n",
        "scan [::1]:22 80 => \ntry: xport scan '[::1]' 22 80\n",
        "scan tcp:h 22 => 'tcp:h' is an endpoint: a scan takes a host without a kind\ntry: xport scan h 22\n",
        "scan tls:h:443 => \ntry: xport scan h 443\n",
        "scan https://h/x 443 => \ntry: xport scan h 443\n",
        "scan 10.0.0.0/8 22 => '10.0.0.0/8' is a network: a scan has one host",
        "scan h 0 => invalid ports: '0' is out of range, 1 to 65535",
        "scan h 65536 => '65536' is out of range",
        "scan h 90-80 => the range '90-80' is reversed\ntry: xport scan h 80-90\n",
        "scan h 22, => a port in the list is empty\ntry: xport scan h 22\n",
        "scan h 22 'x y' => 'x y' is neither a number nor a known service\n",
        "scan * 22 => a client needs one host",
        "scan -4 ::1 22 => -4 excludes the address",
        "scan --source ::1 127.0.0.1 22 => have different families",
        "scan udp:h 53 => 'udp:h' is an endpoint: UDP cannot be scanned",
        "scan -u h 53 => unexpected argument '-u': UDP cannot be scanned",
        "scan --udp h 53 => unexpected argument '--udp': UDP cannot be scanned",
        "scan --parallel 0 h 1 => 0 is not from 1 to 65535",
        "scan --parallel -1 h 1 => must not be negative",
        "scan --parallel 65536 h 1 => more than 65535",
        "scan --parallel x h 1 => not a whole number",
        "scan --connect-timeout 0 h 1 => must be more than zero",
        "scan --send-only h 1 => unexpected argument '--send-only'",
    ]);
    for (words, message) in
        [([&b"h"[..], b"2\xff"], r"'2\xff' is not UTF-8"), ([b"\xff", b"22"], r"'\xff' is not UTF-8")]
    {
        let message_of_run = refusal(xport(["scan"]).args(words.map(OsStr::from_bytes)));
        assert!(message_of_run.contains(message), "{message_of_run:?}");
    }
}
