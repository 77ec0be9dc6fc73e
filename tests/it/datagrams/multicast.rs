//! Tests which receivers of a multicast group can share a port. All tests use the loopback interface.

use crate::harness::*;

const GROUP: &str = "239.7.7.7";

/// Binds this address as another user, or as the same user, with both options for sharing.
fn bind_as(user: Option<u32>, address: SocketAddr) -> io::Result<Socket> {
    let bind = move || {
        if let Some(user) = user {
            // SAFETY: the call takes three numbers. The wrapper of libc would change the user of all threads.
            let changed = unsafe { libc::syscall(libc::SYS_setresuid, user, user, user) };
            assert_eq!(changed, 0, "{}", io::Error::last_os_error());
        }
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
        socket.set_reuse_address(true)?;
        socket.set_reuse_port(true)?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.bind(&address.into()).map(|()| socket)
    };
    thread::spawn(bind).join().expect("no panic")
}

/// The available users: the own one, and another if the test runs as root.
fn users() -> Vec<Option<u32>> {
    if is_root() { vec![None, Some(65534)] } else { vec![None] }
}

/// A receiver on every address does not share its port: no other program can bind one address of it.
#[test]
fn what_is_sent_to_this_machine_cannot_be_taken_by_another() {
    let has_v6 = UdpSocket::bind("[::1]:0").is_ok();
    for (listen, group) in [("*:0", GROUP), ("0.0.0.0:0", GROUP), ("[::]:0", "ff12::7")] {
        if listen.starts_with('[') && !has_v6 {
            println!("skipped: no IPv6 here");
            continue;
        }
        let join = format!("{group}%lo");
        let endpoint = format!("udp-listen:{listen},join={join}");
        for args in [
            vec!["udp-server", "--join", &join, listen],
            vec!["udp-echo", "--join", &join, listen],
            vec!["relay", &endpoint, "exec:cat"],
        ] {
            let mut server = Background::start(&args);
            let port = server.address().port();
            for user in users() {
                let mut attacks =
                    vec![format!("127.0.0.1:{port}"), format!("0.0.0.0:{port}"), format!("{GROUP}:{port}")];
                if listen.starts_with('[') {
                    attacks = vec![format!("[::1]:{port}"), format!("[::]:{port}")];
                }
                for attack in attacks {
                    let bound = bind_as(user, attack.parse().expect("an address"));
                    let error = bound.expect_err(&format!("{args:?}: {attack} by {user:?}"));
                    assert_eq!(error.kind(), ErrorKind::AddrInUse, "{args:?}: {attack}: {error}");
                }
            }
            assert!(server.is_running(), "{args:?}");
        }
    }
}

/// Several receivers on the address of a group get all its datagrams, also those of other users.
#[test]
fn receivers_share_the_address_of_their_group() {
    let join = format!("{GROUP}%lo");
    let receive = ["udp-server", "--count", "1", "--join", &join];
    let (first, address) = serve([&receive[..], &[&format!("{GROUP}:0")]].concat());
    assert!(address.ip().is_multicast(), "{address}");
    let text_of = address.to_string();
    let mut others = vec![Background::start([&receive[..], &[&text_of]].concat())];
    let echo = ["udp-echo", "--count", "1", "--join", &join, &text_of];
    others.push(Background::start(echo));
    let everyone = Everyone::new();
    if let Some(everyone) = &everyone {
        let words = [&receive[..], &[&text_of]].concat();
        others.push(Background::spawn(everyone.command(words.into_iter().map(OsStr::new))));
    }
    for other in &mut others {
        assert_eq!(other.address(), address);
    }
    let sender = UdpSocket::bind("127.0.0.1:0").expect("a port");
    SockRef::from(&sender).set_multicast_if_v4(&Ipv4Addr::LOCALHOST).expect("an interface");
    sender.send_to(b"to all", address).expect("it leaves");
    others.push(first);
    for receiver in others {
        let output = receiver.finish();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    }
}

/// The error for a second receiver on every address says what several can share.
#[test]
fn a_port_that_is_taken_is_told_with_what_can_be_shared() {
    let join = format!("{GROUP}%lo");
    let (_first, address) = serve(["udp-server", "--join", &join, "0.0.0.0:0"]);
    let (at, port) = (address.to_string(), address.port());
    let output = outcome(["udp-server", "--join", &join, &at]);
    let hint =
        format!("listen {at}: Address already in use (receivers of a group share {GROUP}:{port}, no other address)");
    ended(&output, 3, &hint);
    // Without a group there is nothing to share.
    ended(&outcome(["udp-server", &at]), 3, "Address already in use");
}
