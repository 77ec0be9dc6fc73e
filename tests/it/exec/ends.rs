//! Tests the end of children of connections: with their clients, and with the server. No child is left behind. A
//! process group gets time to end, then it is killed. A process that has left the group is not touched.

use super::*;

/// Reports that it runs, and lets another process hold its pipes.
const HELD: &str = "sleep 1000 & echo up; wait";
/// Ignores SIGTERM.
const STUBBORN: &str = "trap '' TERM INT HUP; echo up; while :; do sleep .05; done";
/// Ends on SIGTERM, but another process of its group does not.
const WITH_STUBBORN_MEMBER: &str =
    "(trap '' TERM INT HUP; echo up; while :; do sleep .05; done) & trap 'exit 0' TERM; wait";

/// A server that runs `script` for each client, its address, and all its processes.
#[track_caller]
fn serve(options: &[&str], script: &str) -> (Background, SocketAddr, Family) {
    let family = Family::new();
    let (server, address) = serve_script(&[&["--env", family.variable()], options].concat(), script);
    (server, address, family)
}

/// A client with a running child.
#[track_caller]
fn served(address: SocketAddr) -> TcpStream {
    let mut client = connect(address);
    assert_eq!(take(&mut client, 3), b"up\n");
    client
}

#[test]
fn no_child_that_has_ended_stays_a_zombie() {
    let (server, address, family) = serve(&[], "exec true");
    let turn = || assert_eq!(take_all(&mut connect(address)), b"");
    let before = server.fds();
    turn();
    for _ in 0..6 {
        (0..50).for_each(|_| turn());
        let seen = zombies(&server);
        let begin = Instant::now();
        eventually("their status to be asked for", || {
            let left = zombies(&server);
            seen.iter().all(|child| !left.contains(child)).then_some(())
        });
        assert!(begin.elapsed() < Duration::from_secs(10), "zombies for {:?}", begin.elapsed());
    }
    all_is_closed(&server, before);
    family.is_gone();
}

#[test]
fn the_group_of_a_client_that_has_reset_ends_with_it() {
    let (server, address, family) = serve(&["--kill-after", "15s"], HELD);
    let before = server.fds();
    reset(served(address));
    family.is_gone_within(Duration::from_secs(10));
    let clients: Vec<TcpStream> = (0..10).map(|_| served(address)).collect();
    // The shell and its sleep.
    family.counts(20);
    clients.into_iter().for_each(reset);
    family.is_gone_within(Duration::from_secs(10));
    all_is_closed(&server, before);
}

#[test]
fn the_group_of_a_client_of_a_unix_socket_ends_when_it_closes() {
    let (_folder, path) = path("s");
    let listen = format!("unix:{}", path.display());
    let (mut server, _, family) = serve(&["--kill-after", "1s", "--listen", &listen], HELD);
    // Four clients close at once, and then one alone.
    for clients in [4, 1] {
        let mut clients = Vec::from_iter((0..clients).map(|_| server.unix_client(&path)));
        for client in &mut clients {
            assert_eq!(take(client, 3), b"up\n");
        }
        family.counts(2 * clients.len());
        drop(clients);
        family.is_gone_within(Duration::from_secs(10));
    }
}

#[test]
fn a_child_that_will_not_end_is_killed_after_its_time() {
    let (_server, address, family) = serve(&["--kill-after", "400ms"], STUBBORN);
    let client = served(address);
    let begin = Instant::now();
    reset(client);
    family.is_gone_within(Duration::from_secs(8));
    assert!(begin.elapsed() >= Duration::from_millis(400), "it had no time to end: {:?}", begin.elapsed());
}

#[test]
fn a_member_of_a_group_does_not_outlive_its_leader_that_was_asked_to_end() {
    let (_server, address, family) = serve(&["--kill-after", "15s"], WITH_STUBBORN_MEMBER);
    reset(served(address));
    // The group is killed as soon as its leader has ended, not after --kill-after.
    family.is_gone_within(Duration::from_secs(10));
}

#[test]
fn clients_that_leave_at_once_leave_nothing_behind() {
    let (_folder, path) = path("s");
    let listen = format!("unix:{}", path.display());
    let (mut server, address, family) = serve(&["--kill-after", "1s", "--listen", &listen], "echo up; exec cat");
    server.line("listening on ");
    let before = server.fds();
    drop(served(address));
    family.is_gone_within(DEADLINE);
    for _ in 0..100 {
        reset(connect(address));
        drop(connect(address));
        drop(UnixStream::connect(&path).expect("it accepts"));
    }
    // Other clients are served between and after them.
    let mut client = served(address);
    ping(&mut client, b"served all the same");
    drop(client);
    family.is_gone_within(DEADLINE);
    all_is_closed(&server, before);
}

#[test]
fn a_daemon_that_has_left_the_group_is_left_alone() {
    // Its parent ends once the process has reported, and has left the group, which a file shows.
    let folder = folder();
    let file = format!("{}/$$", folder.path().display());
    let wait = format!("while [ ! -e {file} ]; do sleep .01; done");
    let daemon = format!("setsid sh -c 'echo up; : >\"$0\"; exec sleep 1000' {file} & {wait}");
    let (server, address, family) = serve(&["--kill-after", "1s"], &daemon);
    let before = server.fds();
    let mut first = connect(address);
    let begin = Instant::now();
    // The process holds the pipes, but the connection ends.
    assert_eq!(take_all(&mut first), b"up\n");
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    drop(first);
    for number in 2..5 {
        assert_eq!(take_all(&mut connect(address)), b"up\n");
        family.counts(number);
    }
    all_is_closed(&server, before);
    drop(family);

    let (server, address, family) = serve(&["--kill-after", "1s"], &format!("{daemon}; wait"));
    let client = served(address);
    family.counts(2);
    reset(client);
    eventually("the group to be gone", || children(&server).is_empty().then_some(()));
    family.counts(1);
}

#[test]
fn a_server_that_is_told_to_stop_lets_children_finish() {
    for signal in [libc::SIGTERM, libc::SIGINT] {
        let (mut server, address, family) = serve(&[], "echo up; cat; echo down");
        let mut clients: Vec<TcpStream> = (0..3).map(|_| served(address)).collect();
        server.signal(signal);
        server.line("3 sessions");
        TcpStream::connect(address).expect_err("no more clients are let in");
        for client in &mut clients {
            ping(client, b"still served");
            client.shutdown(Shutdown::Write).expect("it is connected");
            assert_eq!(take_all(client), b"down\n");
        }
        drop(clients);
        server.ends_with(0);
        family.is_gone();
    }
}

#[test]
fn a_server_that_is_told_twice_leaves_nobody_behind() {
    for (script, at_least) in [(HELD, 0), (STUBBORN, 300), (WITH_STUBBORN_MEMBER, 0)] {
        for signal in [libc::SIGTERM, libc::SIGINT] {
            let (mut server, address, family) = serve(&["--kill-after", "300ms"], script);
            let mut clients: Vec<TcpStream> = (0..3).map(|_| served(address)).collect();
            server.signal(signal);
            server.line("3 sessions");
            let begin = Instant::now();
            server.signal(signal);
            server.is_killed_by(signal);
            assert!(begin.elapsed() >= Duration::from_millis(at_least), "{script}: {:?}", begin.elapsed());
            assert!(begin.elapsed() < Duration::from_secs(8), "{script}: {:?}", begin.elapsed());
            family.is_gone();
            let error = Read::read(&mut clients[0], &mut [0; 8]).expect_err("cut short is not the end");
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        }
    }
}

#[test]
fn a_server_whose_grace_is_over_leaves_nobody_behind() {
    let (mut server, address, family) = serve(&["--kill-after", "300ms", "--grace", "200ms"], STUBBORN);
    let _clients: Vec<TcpStream> = (0..3).map(|_| served(address)).collect();
    let begin = Instant::now();
    server.signal(libc::SIGTERM);
    server.is_killed_by(libc::SIGTERM);
    assert!(begin.elapsed() >= Duration::from_millis(500), "{:?}", begin.elapsed());
    family.is_gone();
}

#[test]
fn a_further_signal_kills_those_who_will_not_end() {
    let (mut server, address, family) = serve(&["--kill-after", "1h", "--grace", "1h"], STUBBORN);
    let _client = served(address);
    server.signal(libc::SIGTERM);
    server.line("1 session");
    server.signal(libc::SIGTERM);
    // The test cannot see the second signal arrive, and two pending signals would be one.
    eventually("the end", || {
        if server.is_running() {
            server.signal(libc::SIGTERM);
        }
        (!server.is_running()).then_some(())
    });
    server.is_killed_by(libc::SIGTERM);
    family.is_gone();
}

#[test]
fn a_child_of_a_server_that_stops_is_not_asked_by_the_first_signal() {
    // ^C on the terminal signals only the server, because its children are in other groups.
    let (mut server, address, family) = serve(&[], "trap 'echo asked; exit' TERM INT; echo up; read word; echo $word");
    let mut client = served(address);
    server.signal(libc::SIGINT);
    server.line("1 session");
    client.write_all(b"done\n").expect("it is connected");
    assert_eq!(take_all(&mut client), b"done\n");
    drop(client);
    server.ends_with(0);
    family.is_gone();
}

#[test]
fn a_silent_pair_ends_with_its_child() {
    let (server, address, family) =
        serve(&["--idle-timeout", "3s", "--kill-after", "15s"], "echo up; read word; echo $word; exec sleep 1000");
    let mut silent = served(address);
    let mut talking = served(address);
    let begin = Instant::now();
    pass(Duration::from_secs(1), "both are silent for less than their time, and then one is not");
    ping(&mut talking, b"word\n");
    let ends = |client: &mut TcpStream| read_once(client, &mut [0; 8]);
    assert!(matches!(ends(&mut silent), Ok(0) | Err(_)), "bytes from nowhere");
    assert!(matches!(ends(&mut talking), Ok(0) | Err(_)), "bytes from nowhere");
    assert!(begin.elapsed() >= Duration::from_secs(4), "{:?}", begin.elapsed());
    family.is_gone_within(Duration::from_secs(10));
    eventually("its status to be asked for", || children(&server).is_empty().then_some(()));
}
