//! Tests the numbers of connections in messages of `-v`, sizes and times there, and `--log-time`.

use crate::harness::*;

/// The messages without their number, by the number. Lines about the run as a whole have none.
#[track_caller]
fn by_number(lines: &[String]) -> Vec<(u32, String)> {
    let is_of_run = |line: &str| line.contains("listening on ") || line.contains("waiting up to ");
    let about_connections = lines.iter().filter(|line| !is_of_run(line));
    let parse = |line: &String| {
        let (number, rest) = line.strip_prefix("xport: #")?.split_once(' ')?;
        Some((number.parse().ok()?, rest.to_owned()))
    };
    about_connections.map(|line| parse(line).unwrap_or_else(|| panic!("no number: {line:?}"))).collect()
}

/// All lines of a connection have its number: those of both ends, and those of its child.
#[test]
fn each_line_of_a_connection_has_its_number() {
    let (_target, to) = serve(["tcp-echo", "127.0.0.1:0"]);
    let (_folder, path) = path("sock");
    let path = path.display().to_string();
    let (tcp, unix, udp_target) = (format!("tcp:{to}"), format!("unix-listen:{path}"), closed_udp());
    let udp_end = format!("udp:{udp_target}");
    for (args, of_right) in [
        (&["relay", "tcp-listen:127.0.0.1:0", &tcp][..], format!("connected to {to} from 127.0.0.1:")),
        (&["relay", &unix, &tcp], format!("connected to {to} from ")),
        (&["relay", "tcp-listen:127.0.0.1:0", &udp_end], format!("sending to udp {udp_target} from 127.0.0.1:")),
        (&["relay", "tcp-listen:127.0.0.1:0", "exec:cat"], "child ".to_owned()),
        (&["exec", "--listen", "127.0.0.1:0", "--", "cat"], "child ".to_owned()),
        (&["relay", "tcp-listen:127.0.0.1:0", "tcp:127.0.0.1:1"], "connect 127.0.0.1:1: Connection refused".to_owned()),
    ] {
        let mut server = Background::start([&["-vv"], args].concat());
        let is_unix = args[1] == unix;
        for number in 1..=2 {
            // It can be reset at once, if its right end is refused.
            let mut socket = match server.listens().parse::<SocketAddr>() {
                Ok(address) => Leg::socket(TcpStream::connect(address).expect("it listens")),
                Err(_) => Leg::socket(server.unix_client(&path)),
            };
            if of_right.starts_with("connected") || of_right.starts_with("child") {
                socket.write(b"hello");
                socket.expect(b"hello");
            }
            drop(socket);
            server.line(&format!("#{number} "));
        }
        server.drains();
        let lines = by_number(&server.all_lines());
        assert!(lines.iter().all(|(number, _)| [1, 2].contains(number)), "no other number: {lines:?}");
        for wanted in [1, 2] {
            let of_one = Vec::from_iter(lines.iter().filter(|(number, _)| *number == wanted).map(|(_, line)| line));
            let accepted =
                if is_unix { format!("accepted unix client on {path}") } else { "accepted 127.0.0.1:".into() };
            assert!(of_one.iter().any(|line| line.starts_with(&accepted)), "{args:?}: {of_one:?}");
            assert!(of_one.iter().any(|line| line.starts_with(&of_right)), "{args:?}: {of_one:?}");
            assert!(of_one.iter().any(|line| line.contains(" closed ")), "{args:?}: {of_one:?}");
        }
    }
}

/// A failure has the number of its connection, also where stdin and stdout have run into the limit.
#[test]
fn a_failure_of_a_pair_has_its_number() {
    let (listener, address) = listening();
    let to = address.to_string();
    let ended = "the peer has not ended its side within 100ms of the end of stdin";
    for (args, what) in [
        (["relay", "--linger=100ms", "-", &to], format!("connection with {to}: {ended}")),
        (["relay", "--linger=100ms", &to, "-"], format!("connection with {to}: {ended}")),
        (["relay", "--idle-timeout=100ms", "-", &to], "idle for 100ms".to_owned()),
        (["relay", "--linger=100ms", "-", "exec:sleep 1000"], "the other side did not end within 100ms".to_owned()),
        (["connect", "--linger=100ms", "--half-close=now", &to], format!("connection with {to}: {ended}")),
    ] {
        let output = outcome_with(["-v"].iter().chain(&args), "x");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(124), "{args:?}: {stderr}");
        let line = stderr.lines().find(|line| line.contains(&what)).unwrap_or_else(|| panic!("{args:?}: {stderr}"));
        assert!(line.starts_with("xport: #1 "), "{args:?}: {line}");
    }
    drop(listener);
}

/// Each sender to a socket that serves many is a connection. The socket itself has the first number.
#[test]
fn senders_of_datagrams_have_numbers() {
    let target = udp("127.0.0.1");
    let (mut relay, address) = relaying(&["-v"], "udp-listen:127.0.0.1:0", &format!("udp:{}", at(&target)));
    let senders = [udp("127.0.0.1"), udp("127.0.0.1")];
    for sender in &senders {
        sender.send_to(b"hello", address).expect("it leaves");
        assert_eq!(datagram(&target).0, b"hello");
    }
    relay.drains();
    let lines = by_number(&relay.all_lines());
    for (number, sender) in (2..).zip(&senders) {
        let has = |text: &str| assert!(lines.contains(&(number, text.to_owned())), "no {number} {text:?}: {lines:?}");
        has(&format!("datagrams from {}", at(sender)));
        let about = lines.iter().filter(|(of, line)| *of == number && line.contains(&format!("udp {}", at(&target))));
        assert!(about.count() >= 2, "it is opened and closed: {lines:?}");
    }
    assert!(lines.iter().any(|(number, line)| *number == 1 && line.contains(": 2 datagrams, 10 B in; ")), "{lines:?}");
}

/// Numbers belong to `-v`. Warnings and errors without it are as they would be without numbers.
#[test]
fn without_v_there_are_no_numbers() {
    let (_refusing, address) = refusing();
    let address = address.to_string();
    for (options, number) in [(&[][..], ""), (&["-q"], ""), (&["-v"], "#1 "), (&["-vvv"], "#1 ")] {
        let output = outcome([options, &["tcp-client", &address]].concat());
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(
            said.ends_with(&format!("xport: {number}connect {address}: Connection refused\n")),
            "{options:?}: {said}"
        );
    }
}

/// A dump has the numbers of the messages.
#[test]
fn a_dump_has_the_same_numbers() {
    let (_target, target) = serve(["tcp-echo", "127.0.0.1:0"]);
    let (mut relay, address) = relaying(&["-v", "--dump", "-"], "tcp-listen:127.0.0.1:0", &format!("tcp:{target}"));
    let names = [(); 2].map(|()| {
        let mut client = connect(address);
        ping(&mut client, b"hello");
        at(&client)
    });
    relay.drains();
    let lines = relay.all_lines();
    for (number, name) in (1..).zip(names) {
        let has = |text: String| assert!(lines.iter().any(|line| line.contains(&text)), "no {text:?}: {lines:?}");
        has(format!("xport: #{number} accepted {name} on {address}"));
        has(format!(" #{number} received from {name}: 5 bytes at 0"));
        has(format!(" #{number} sent to {target}: 5 bytes at 0"));
        has(format!("xport: #{number} {name} closed cleanly after "));
    }
}

/// Whether a line begins with a time such as `2026-01-02T03:04:05.678Z`, and goes on with `xport: `.
fn has_time(line: &str) -> bool {
    let shape = |c: char| if c.is_ascii_digit() { '0' } else { c };
    line.get(..32)
        .is_some_and(|start| start.chars().map(shape).collect::<String>() == "0000-00-00T00:00:00.000Z xport: ")
}

/// `--log-time`, or its variable, puts the time before each line, errors included.
#[test]
fn each_line_begins_with_the_time() {
    let run = |args: &[&str], variable: Option<&str>| {
        let mut command = xport(args);
        let command = variable.into_iter().fold(&mut command, |command, value| command.env("XPORT_LOG_TIME", value));
        String::from_utf8(command.write_stdin("").output().expect("a run").stderr).expect("text")
    };
    let (_refusing, address) = refusing();
    let address = address.to_string();
    for (options, lines) in [(&[][..], 1), (&["-q"], 1), (&["-v", "--retry", "1", "--retry-delay", "0"], 2)] {
        let args = [&["tcp-client"], options, &[&address]].concat();
        let timed = [&["--log-time"], &args[..]].concat();
        for said in [run(&timed, None), run(&args, Some("1")), run(&timed, Some("0"))] {
            assert!(said.lines().count() == lines && said.lines().all(has_time), "{options:?}: {said}");
        }
        assert!(!run(&args, None).lines().any(has_time) && !run(&args, Some("0")).lines().any(has_time));
    }
    let said = run(&["tcp-client", "--log-time", "--retry", "x", &address], None);
    assert!(has_time(&said) && said.contains(" xport: invalid value 'x' for '--retry"), "{said}");
    assert!(run(&["tcp-client", &address], Some("yes")).contains("XPORT_LOG_TIME"));
    // What is written about suppressed lines has the time as well.
    let mut server = Background::start(["-v", "--log-time", "tcp-echo", "127.0.0.1:0"]);
    let address =
        server.line("listening on ").rsplit(' ').next().and_then(|text| text.parse().ok()).expect("an address");
    (0..50).for_each(|_| ping(&mut connect(address), b"hello"));
    server.drains();
    let lines = server.all_lines();
    assert!(lines.iter().any(|line| line.contains("similar messages suppressed")), "{lines:?}");
    assert!(lines.iter().all(|line| has_time(line)), "{lines:?}");
}
