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
        for line in [
            format!("udp-server --join {group}%lo {listen}"),
            format!("udp-echo --join {group}%lo {listen}"),
            format!("relay udp-listen:{listen},join={group}%lo exec:cat"),
        ] {
            let (mut server, address) = serve(words!("{}", line.replace('*', "'*'")));
            let attacks =
                if listen.starts_with('[') { ["::1", "::"].as_slice() } else { &["127.0.0.1", "0.0.0.0", GROUP] };
            for (user, ip) in users().into_iter().flat_map(|user| attacks.iter().map(move |ip| (user, ip))) {
                let attack = SocketAddr::new(ip.parse().expect("an address"), address.port());
                let error = bind_as(user, attack).expect_err(&format!("{line}: {attack} by {user:?}"));
                assert_eq!(error.kind(), ErrorKind::AddrInUse, "{line}: {attack}: {error}");
            }
            assert!(server.is_running(), "{line}");
        }
    }
}

/// Several receivers on the address of a group get all its datagrams, also those of other users.
#[test]
fn receivers_share_the_address_of_their_group() {
    let receive = format!("--count 1 --join {GROUP}%lo");
    let (first, address) = serve(words!("udp-server {receive} {GROUP}:0"));
    assert!(address.ip().is_multicast(), "{address}");
    let words = |mode: &str| words!("{mode} {receive} {address}");
    let mut others = vec![Background::start(words("udp-server")), Background::start(words("udp-echo"))];
    let everyone = Everyone::new();
    if let Some(everyone) = &everyone {
        others.push(Background::spawn(everyone.command(words("udp-server"))));
    }
    for other in &mut others {
        assert_eq!(other.address(), address);
    }
    let sender = UdpSocket::bind("127.0.0.1:0").expect("a port");
    SockRef::from(&sender).set_multicast_if_v4(&Ipv4Addr::LOCALHOST).expect("an interface");
    sender.send_to(b"to all", address).expect("it leaves");
    others.push(first);
    for receiver in others {
        assert!(receiver.finish().status.success());
    }
}

/// The error for a second receiver on every address says what several can share.
#[test]
fn a_port_that_is_taken_is_told_with_what_can_be_shared() {
    let (_first, at) = serve(words!("udp-server --join {GROUP}%lo 0.0.0.0:0"));
    let hint = format!("(receivers of a group share {GROUP}:{}, no other address)", at.port());
    let output = outcome(words!("udp-server --join {GROUP}%lo {at}"));
    ended(&output, 3, &format!("listen {at}: Address already in use {hint}"));
    // Without a group there is nothing to share.
    ended(&outcome(words!("udp-server {at}")), 3, "Address already in use");
}
