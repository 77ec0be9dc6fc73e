//! Tests runs with several tries or several services: `--for`, `--any`, `--gone`, signals, and limits of the machine.

use crate::harness::*;

/// Binds the reserved port, and listens there.
fn listen_at(address: SocketAddr) -> TcpListener {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
    socket.set_reuse_address(true).expect("a flag");
    socket.bind(&address.into()).expect("the port is reserved");
    socket.listen(128).expect("it listens");
    socket.into()
}

/// The lines of stderr.
fn lines_of(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect()
}

#[test]
fn a_service_that_comes_later_is_noticed() {
    let (_reserved, address) = reserve([127, 0, 0, 1].into());
    let (_folder, path) = path("s");
    let mut run = Background::start(["-v", "wait", "--for", "60s", &address.to_string(), &path.display().to_string()]);
    says(&mut run, &["Connection refused; trying again in 250ms", "No such file or directory; trying again in 250ms"]);
    let _listener = listen_at(address);
    run.line("is up");
    assert!(run.is_running());
    let _unix = UnixListener::bind(&path).expect("a socket");
    run.ends_with(0);
}

/// Each try looks the name up again.
#[test]
fn a_name_that_appears_later_is_noticed() {
    let files = [("nsswitch.conf", "hosts: files\n"), ("hosts", "127.0.0.1 localhost\n")];
    let Some(network) = Network::new("", &files) else { return };
    let mut server = network.start(&["tcp-echo", "127.0.0.1:0"]);
    let port = server.address().port();
    let mut run = network.start(&["-v", "wait", "--for", "60s", "--every", "20ms", &format!("later.example:{port}")]);
    run.line("resolve later.example: Name or service not known; trying again in 20ms");
    network.rewrite("hosts", "127.0.0.1 localhost later.example\n");
    run.ends_with(0);
    // It is gone with its name.
    let mut run =
        network.start(&["-v", "wait", "--gone", "--for=60s", "--every=20ms", &format!("later.example:{port}")]);
    run.line("is still up; trying again in 20ms");
    network.rewrite("hosts", "127.0.0.1 localhost\n");
    run.ends_with(0);
}

/// One deadline holds for all services. Each one that is not up gets a line about its last try, in the order of the
/// command line.
#[test]
fn the_time_limit_names_each_service_that_is_not_up() {
    let (_socket, closed) = refusing();
    let (_listener, open) = listening();
    let full = full_queue();
    let args = ["wait", "--for", "400ms", &closed.to_string(), &open.to_string(), &full.address.to_string(), "./none"];
    let (output, time) = timed(|| outcome(args));
    assert_eq!(output.status.code(), Some(124), "{}", text(&output));
    assert!(time >= Duration::from_millis(400) && time < Duration::from_secs(9), "it took {time:?}");
    let lines = lines_of(&output);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[0], format!("xport: not up after 400ms: connect {closed}: Connection refused"));
    assert_eq!(lines[1], format!("xport: not up after 400ms: {}: no answer by then", full.address));
    assert_eq!(lines[2], "xport: not up after 400ms: connect ./none: No such file or directory");
    // -q keeps errors.
    let output = outcome(["-q", "wait", "--for", "100ms", &closed.to_string()]);
    ended(&output, 124, "not up after 100ms: connect 127.0.0.1:");
}

/// Without --for there is one try for each service, and the first failure in the order of the line decides.
#[test]
fn one_try_names_each_service_that_is_not_up() {
    let (_issued, _server, secure) = tls_server("tls-echo", &[]);
    let (_socket, closed) = refusing();
    let (closed, secure) = (closed.to_string(), format!("tls:{secure}"));
    // A second line about the certificate says what to do.
    let expected = ["xport: connect ", "xport: handshake with ", "xport: ca=FILE trusts "];
    for (args, status, order) in [([&closed, &secure], 3, [0, 1, 2]), ([&secure, &closed], 5, [1, 2, 0])] {
        let output = outcome(["wait"].into_iter().chain(args.map(String::as_str)));
        let lines = lines_of(&output);
        assert_eq!((output.status.code(), lines.len()), (Some(status), 3), "{}", text(&output));
        let is_next = |(line, at): (&String, usize)| line.starts_with(expected[at]);
        assert!(lines.iter().zip(order).all(is_next), "{}", text(&output));
    }
}

#[test]
fn any_service_is_enough_with_any() {
    let (_socket, closed) = refusing();
    let (_listener, open) = listening();
    let full = full_queue();
    let [closed, open, full] = [closed, open, full.address].map(|address| address.to_string());
    for options in [&["--any"][..], &["--any", "--for", "60s"]] {
        ended(&outcome([&["wait"], options, &[&full, &closed, &open]].concat()), 0, "");
    }
    let output = outcome(["wait", "--any", &closed, "./none"]);
    assert_eq!((output.status.code(), lines_of(&output).len()), (Some(3), 2), "{}", text(&output));
    let output = outcome(["wait", "--any", "--for", "50ms", &closed, "./none"]);
    assert_eq!((output.status.code(), lines_of(&output).len()), (Some(124), 2), "{}", text(&output));
}

#[test]
fn gone_means_that_no_peer_answers() {
    let (_socket, closed) = refusing();
    let (_folder, path) = path("missing");
    let full = full_queue();
    let silent = udp("127.0.0.1");
    for line in [
        closed.to_string(),
        format!(":{}", closed.port()),
        format!("tls:{closed}"),
        format!("http://{closed}/"),
        format!("{}", path.display()),
        format!("{}/none", program().display()),
        format!("--connect-timeout 100ms {}", full.address),
        format!("udp:{}", closed_udp()),
        format!("--send x --connect-timeout 100ms udp:{}", at(&silent)),
    ] {
        ended(&outcome(["wait", "--gone"].into_iter().chain(line.split(' '))), 0, "");
    }
    let (listener, open) = listening();
    for (line, message) in [
        (open.to_string(), "is still up"),
        (format!("udp:{}", at(&silent)), "is still up"),
        // Neither up nor gone: it answers in some way, or this machine has failed.
        (format!("--handshake-timeout 50ms tls:{open}"), "within 50ms"),
        (format!("--connect-timeout 50ms http://{open}/"), "no answer within 50ms"),
        ("--source 192.0.2.1 127.0.0.1:1".to_owned(), "from 192.0.2.1:0: "),
    ] {
        ended(&outcome(["wait", "--gone"].into_iter().chain(line.split(' '))), 3, message);
    }
    let mut run = Background::start(["-v", "wait", "--gone", "--for=60s", "--every=20ms", &open.to_string()]);
    run.line("is still up; trying again in 20ms");
    drop(listener);
    run.line("is gone: ");
    run.ends_with(0);
    let (_listener, open) = listening();
    let output = outcome(["wait", "--gone", "--for", "100ms", &open.to_string()]);
    ended(&output, 124, &format!("not gone after 100ms: {open} is still up"));
}

/// Without a route, a service can still be up. An address without a route is no obstacle if another one refuses.
#[test]
fn a_service_is_not_gone_with_the_route_to_it() {
    let (_socket, closed) = refusing();
    let hosts = "192.0.2.1 both.example\n127.0.0.1 both.example\n";
    let files = [("nsswitch.conf", "hosts: files\n"), ("hosts", hosts)];
    let Some(network) = Network::new("", &files) else { return };
    for endpoint in ["192.0.2.1:80", "tls:192.0.2.1:443", "http://192.0.2.1/", "udp:192.0.2.1:53"] {
        let output = network.run(&["wait", "--gone", endpoint]);
        ended(&output, 3, "Network is unreachable");
        let output = network.run(&["wait", "--gone", "--for", "50ms", endpoint]);
        ended(&output, 124, "not gone after 50ms: ");
    }
    ended(&network.run(&["wait", "--gone", &format!("both.example:{}", closed.port())]), 0, "");
}

/// Without an answer of a name server, a name can still have addresses.
#[test]
fn a_service_is_not_gone_with_its_name_server() {
    for (server, message) in [
        ("127.0.0.1", "resolve some.example: Temporary failure in name resolution"),
        ("10.99.0.77", "resolve some.example:80: timed out after 300ms"),
    ] {
        let resolver = format!("nameserver {server}\noptions timeout:30 attempts:1\n");
        let files = [("nsswitch.conf", "hosts: dns\n"), ("resolv.conf", &*resolver)];
        let Some(network) = Network::new("", &files) else { return };
        let output = network.run(&["wait", "--gone", "--connect-timeout", "300ms", "some.example:80"]);
        ended(&output, 3, message);
    }
}

/// 200 services need more descriptors than there are.
#[test]
fn few_descriptors_are_enough_for_many_services() {
    let listeners = Vec::from_iter((0..100).map(|_| listening()));
    let refusers = Vec::from_iter((0..100).map(|_| refusing()));
    let open = Vec::from_iter(listeners.iter().map(|(_, address)| format!("localhost:{}", address.port())));
    let closed = Vec::from_iter(refusers.iter().map(|(_, address)| address.to_string()));
    for limit in [64, 16] {
        let twice = open.iter().chain(&open);
        let mut all = command(["wait"]);
        all.args(twice);
        limit_descriptors(&mut all, limit);
        let output = Background::spawn(all).finish();
        ended(&output, 0, "");
        let mut mixed = command(["wait"]);
        mixed.args(open.iter().chain(&closed));
        limit_descriptors(&mut mixed, limit);
        let output = Background::spawn(mixed).finish();
        assert_eq!(output.status.code(), Some(3), "{}", text(&output));
        let refused = closed.iter().map(|address| format!("xport: connect {address}: Connection refused"));
        assert_eq!(lines_of(&output), Vec::from_iter(refused));
    }
}

/// Pauses grow, so that a service that stays down is not flooded.
#[test]
fn pauses_grow() {
    let (_socket, closed) = refusing();
    let output = outcome(["-v", "wait", "--for", "700ms", "--every", "100ms", &closed.to_string()]);
    assert_eq!(output.status.code(), Some(124), "{}", text(&output));
    let pauses = lines_of(&output).iter().filter_map(|line| Some(line.split_once("again in ")?.1.to_owned())).collect();
    let pauses: Vec<String> = pauses;
    let expected = ["100ms", "150ms", "225ms", "338ms"];
    assert!(
        !pauses.is_empty() && expected.starts_with(&Vec::from_iter(pauses.iter().map(String::as_str))),
        "{pauses:?}"
    );
}

#[test]
fn a_signal_ends_the_run_at_once() {
    let (_socket, closed) = refusing();
    let full = full_queue();
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP] {
        let (closed, full) = (closed.to_string(), full.address.to_string());
        let mut run =
            Background::start(["-v", "wait", "--for=60s", "--every=60s", &closed, &full, "--", "echo", "ran"]);
        run.line("trying again in");
        run.signal(signal);
        run.is_killed_by(signal);
        assert_eq!(take_all(&mut run.stdout()), b"");
    }
}

/// stdin belongs to the program that comes next in a script.
#[test]
fn stdin_is_not_read() {
    let (_listener, open) = listening();
    let mut command = by_shell("\"$0\" wait \"$1\" && cat");
    command.arg(open.to_string());
    let mut run = Background::spawn(command);
    run.stdin().write_all(b"kept").expect("a pipe");
    gave(&run.finish(), 0, b"kept");
    for stdin in ["<&-", "</dev/null", "</dev/full"] {
        let mut command = by_shell(format!("\"$0\" wait \"$1\" {stdin} >&-"));
        command.arg(open.to_string());
        ended(&Background::spawn(command).finish(), 0, "");
    }
}
