//! Tests what a relay holds, and for how long: places of children that do not end, memory for datagrams without an open
//! right end, ends without a client. Also tests time limits on ends whose bytes cannot be seen to move.

use crate::harness::*;

/// Reports that it runs, and ends neither at the end of its input nor on SIGTERM.
const STUBBORN: &str = "trap '' TERM HUP; echo up; while :; do sleep .05; done";

/// A child keeps its place until it has ended, even after its client has gone.
#[test]
fn clients_that_reset_do_not_make_room_for_more_children() {
    let family = Family::new();
    let options = ["--max-conns", "2", "--kill-after", "250ms", "--env", family.variable()];
    let fixed = ["exec", "--listen", "127.0.0.1:0"];
    let (server, address) = serve([&fixed, &options[..], &["--", "sh", "-c", STUBBORN]].concat());
    let mut most = 0;
    let mut count = || {
        let now = children(&server).len();
        assert!(now <= 2, "{now} children at once");
        most = most.max(now);
    };
    for _ in 0..6 {
        let mut up = connect(address);
        for _ in 0..4 {
            reset(connect(address));
            count();
        }
        up.set_nonblocking(true).expect("a flag");
        eventually("its turn", || {
            count();
            up.read(&mut [0; 3]).ok()
        });
        reset(up);
        count();
    }
    assert_eq!(most, 2);
    let mut last = connect(address);
    assert_eq!(take(&mut last, 3), b"up\n");
    reset(last);
    family.is_gone_within(DEADLINE);
}

#[test]
fn many_senders_to_an_upstream_that_does_not_answer_cost_little() {
    const SENDERS: u16 = 1100;
    let full = full_queue();
    // The first senders still have their places when the last ones come.
    let upstream = format!("tcp:{},connect-timeout=1h", full.address);
    let (mut relay, address) = relaying(&[], "udp-listen:127.0.0.1:0", &upstream);
    let data = pattern(60_000);
    let start = Instant::now();
    for number in 0..SENDERS {
        let [high, low] = number.to_be_bytes();
        let sender = UdpSocket::bind((Ipv4Addr::new(127, 1, high, low), 0)).expect("a port");
        // More than the relay keeps for one sender, and as much as the socket holds.
        for _ in 0..4 {
            sender.send_to(&data, address).expect("it leaves");
        }
        while queued_at(address.port()) != Some(0) {
            assert!(start.elapsed() < DEADLINE, "they are not taken");
            thread::yield_now();
        }
    }
    assert!(relay.fds() >= 1000, "{} descriptors: fewer were served than there may be", relay.fds());
    let peak = relay.peak_kib();
    assert!(peak < 64 * 1024, "{peak} KiB");
    assert!(relay.is_running());
}

/// An upstream that reads a line, answers it, and ends with its peer.
fn says_one_thing() -> (SocketAddr, Receiver<usize>) {
    let (listener, address) = listening();
    let (sender, ends) = channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let sender = sender.clone();
            thread::spawn(move || {
                let mut word = [0; 4];
                while stream.read_exact(&mut word).is_ok() {
                    let _ = stream.write_all(&word);
                    if &word == b"once" {
                        let _ = stream.shutdown(Shutdown::Write);
                    }
                }
                let _ = sender.send(1);
            });
        }
    });
    (address, ends)
}

/// An answer to one sender is no activity of another.
#[test]
fn flows_whose_right_end_has_ended_do_not_pile_up_while_others_are_busy() {
    const ENDED: usize = 20;
    let (upstream, ends) = says_one_thing();
    let (relay, address) = relaying(&[], "udp-listen:127.0.0.1:0", &format!("tcp:{upstream}"));
    let busy = udp("127.0.0.1");
    udp_ping(&busy, address, b"more");
    let base = relay.fds();
    // The sockets stay, so that none gets the port of another one.
    let _peers = [(); ENDED].map(|()| {
        let peer = udp("127.0.0.1");
        udp_ping(&peer, address, b"once");
        peer
    });
    let ((), elapsed) = timed(|| {
        let mut seen = 0;
        eventually("those that have ended are closed", || {
            udp_ping(&busy, address, b"more");
            seen += ends.try_iter().sum::<usize>();
            (seen == ENDED && relay.fds() == base).then_some(())
        });
    });
    assert!(elapsed < Duration::from_secs(30), "after {elapsed:?}");
}

#[test]
fn a_child_on_the_left_that_is_silent_is_idle() {
    let upstream = udp("127.0.0.1");
    let peer = format!("udp:{}", at(&upstream));
    for right in ["exec:sleep 50", &peer] {
        let family = Family::new();
        let args = ["relay", "--env", family.variable(), "--idle-timeout", "300ms", "exec:sleep 50", right];
        let (output, elapsed) = timed(|| Background::start(args).finish());
        ended(&output, 124, "idle for 300ms");
        assert!((300..40_000).contains(&elapsed.as_millis()), "{right}: after {elapsed:?}");
        family.is_gone();
    }
}

/// Activity on one side is activity of the pair.
#[test]
fn a_child_on_the_left_that_says_something_now_and_then_is_not_idle() {
    let upstream = udp("127.0.0.1");
    let right = format!("udp:{}", at(&upstream));
    let left = "shell:for i in 1 2 3 4 5; do echo $i; sleep 1; done";
    let relay = Background::start(["relay", "--idle-timeout", "4s", left, &right]);
    for number in 1..=5 {
        assert_eq!(datagram(&upstream).0, format!("{number}\n").as_bytes());
    }
    ended(&relay.finish(), 0, "");
}

/// Answers all input, then stays despite all signals but SIGKILL.
const ANSWERS_AND_STAYS: &str = "trap '' TERM HUP; cat; while :; do sleep .05; done";

#[test]
fn a_peer_that_returns_does_not_wait_for_the_child_that_it_had() {
    let family = Family::new();
    let options = ["-v", "--env", family.variable(), "--idle-timeout", "3s", "--kill-after", "60s"];
    let right = format!("shell:{ANSWERS_AND_STAYS}");
    let (mut relay, address) = relaying(&options, "udp-listen:127.0.0.1:0,max-conns=2", &right);
    let (mut crowded, at) = relaying(&options, "udp-listen:127.0.0.1:0,max-conns=1", &right);
    let (client, other) = (udp("127.0.0.1"), udp("127.0.0.1"));
    udp_ping(&client, address, b"first");
    udp_ping(&other, at, b"first");
    relay.line("idle for 3s");
    let ((), elapsed) = timed(|| udp_ping(&client, address, b"again"));
    assert!(elapsed < Duration::from_secs(30), "after {elapsed:?}");
    assert_eq!(children(&relay).len(), 2);
    crowded.line("idle for 3s");
    other.send_to(b"again", at).expect("it leaves");
    // The sender waits for the place of its old child.
    all_are_read(at);
    crowded.comes_to_rest();
    assert_eq!(children(&crowded).len(), 1);
    has_nothing(&other);
}

#[test]
fn a_child_without_pipes_has_no_place_for_ever() {
    let family = Family::new();
    let options = ["--env", family.variable(), "--idle-timeout", "3s", "--kill-after", "300ms"];
    let right = "shell:read -r word; echo $word; exec <&- >&-; exec sleep 60";
    let (_relay, address) = relaying(&options, "udp-listen:127.0.0.1:0,max-conns=1", right);
    let (first, second) = (udp("127.0.0.1"), udp("127.0.0.1"));
    udp_ping(&first, address, b"first\n");
    second.set_read_timeout(Some(Duration::from_millis(50))).expect("a timeout");
    let ((), elapsed) = timed(|| {
        eventually("there is room", || {
            second.send_to(b"second\n", address).expect("it leaves");
            second.recv(&mut [0; 16]).ok().map(drop)
        });
    });
    assert!(elapsed < Duration::from_secs(40), "after {elapsed:?}");
}

/// A datagram of IPv6 can be a little longer than one of IPv4.
#[test]
fn the_longest_datagrams_of_ipv6_arrive_whole() {
    if let Err(error) = UdpSocket::bind("[::1]:0") {
        return println!("skipped: no IPv6 here: {error}");
    }
    let (upstream, client) = (udp("::1"), udp("::1"));
    let right = format!("udp:{}", at(&upstream));
    let (_relay, address) = relaying(&[], "udp-listen:[::1]:0", &right);
    for size in [65_507, 65_508, 65_520, 65_527] {
        let data = pattern(size);
        client.send_to(&data, address).expect("it leaves");
        let (got, from) = datagram(&upstream);
        assert!(got == data, "{} bytes of {size}", got.len());
        upstream.send_to(&data, from).expect("it leaves");
        let (got, by) = datagram(&client);
        assert!(got == data && by == address, "{} bytes of {size} back", got.len());
    }
}

#[test]
fn an_end_that_does_not_follow_the_other_is_waited_for_as_long_as_was_said() {
    let family = Family::new();
    let fixed = ["exec", "--listen", "127.0.0.1:0", "--linger", "300ms", "--kill-after", "1h"];
    let mut server = Background::start([&fixed[..], &["--env", family.variable(), "--", "sleep", "1000"]].concat());
    let client = connect(server.address());
    family.counts(1);
    drop(client);
    family.is_gone_within(DEADLINE);
}

/// Children can use `select`, so they must not get a higher limit than xport got.
#[test]
fn children_of_flows_have_our_limit_of_descriptors() {
    let line = "exec \"$0\" relay udp-listen:127.0.0.1:0 'shell:read -r word; ulimit -S -n; cat'";
    let (_relay, address) = serve_by(by_shell(format!("ulimit -S -n 256; {line}")));
    let client = udp("127.0.0.1");
    client.send_to(b"how many\n", address).expect("it leaves");
    assert_eq!(datagram(&client).0, b"256\n");
}

/// A sender that has gone does not need the connection that is being made for it.
#[test]
fn a_client_that_resets_while_its_right_end_is_connecting_frees_its_place() {
    let full = full_queue();
    let right = format!("tcp:{},connect-timeout=1h", full.address);
    let (mut relay, address) = relaying(&["-vv"], "tcp-listen:127.0.0.1:0,max-conns=1", &right);
    let what = format!("connecting to {}", full.address);
    let mut first = connect(address);
    first.write_all(b"what nobody will read").expect("it takes the bytes");
    relay.line(&what);
    let _second = connect(address);
    reset(first);
    let (_, elapsed) = timed(|| relay.line(&what));
    assert!(elapsed < Duration::from_secs(30), "after {elapsed:?}");
}

/// A service on two sockets has one limit.
#[test]
fn peers_of_both_families_are_counted_together() {
    let (mut relay, first) = serve(["relay", "-v", "udp-listen::0,max-conns=1", "exec:cat"]);
    if UdpSocket::bind("[::1]:0").is_err() {
        return println!("skipped: no IPv6 here");
    }
    let second = relay.address();
    let client = |at: SocketAddr| udp(if at.is_ipv4() { "127.0.0.1" } else { "::1" });
    assert_ne!(first.is_ipv4(), second.is_ipv4());
    let (served, other) = (client(first), client(second));
    for _ in 0..5 {
        // Each sender replaces the other one.
        for (client, at) in [(&served, first), (&other, second)] {
            udp_ping(client, at, b"my turn");
            assert_eq!(children(&relay).len(), 1);
        }
    }
}

#[test]
fn a_pair_is_one_session() {
    let (upstream, _ends) = says_one_thing();
    for right in [format!("tcp:{upstream}"), "exec:cat".to_owned()] {
        let (mut relay, address) = relaying(&[], "tcp-listen:127.0.0.1:0", &right);
        let mut client = connect(address);
        ping(&mut client, b"ping");
        relay.signal(libc::SIGTERM);
        let line = relay.line("to finish");
        assert!(line.contains(" 1 session to finish"), "{right}: {line}");
        drop(client);
        relay.ends_with(0);
    }
}

/// A relay with an idle limit of four seconds. Its reader takes `chunk` bytes at a time, with pauses, for five seconds,
/// and then the rest. All `size` bytes arrive, and the run ends in order.
#[track_caller]
fn is_not_idle(size: usize, chunk: usize, pause: Duration) {
    let source = Peer::serve(move |mut peer| {
        say_all(&mut peer, &vec![7; size]);
        take_all(&mut peer)
    });
    let sink = Peer::serve(move |mut peer| {
        // A larger buffer would report its room only about once a second here.
        SockRef::from(&peer).set_recv_buffer_size(256 << 10).expect("SO_RCVBUF");
        let start = Instant::now();
        let mut total = 0;
        while start.elapsed() < Duration::from_secs(5) {
            total += take(&mut peer, chunk).len();
            pass(pause, "the reader is slow");
        }
        total + take_all(&mut peer).len()
    });
    let args = [format!("tcp:{}", source.address), format!("tcp:{}", sink.address)];
    let relay = Background::start(["relay", "--idle-timeout", "4s", &args[0], &args[1]]);
    assert_eq!(sink.join(), size);
    assert_eq!(source.join(), []);
    ended(&relay.finish(), 0, "");
}

#[test]
fn a_slow_reader_is_not_idle() {
    thread::scope(|scope| {
        // Small writes now and then are enough activity.
        scope.spawn(|| is_not_idle(48 << 20, 1 << 20, Duration::from_millis(150)));
        // This reader empties the buffer of the kernel, which reports room only seldom.
        is_not_idle(3 << 20, 65536, Duration::from_millis(200));
    });
}

/// A socket without room for an answer is waited for, also by the other senders that share it.
#[test]
fn what_fast_streams_send_to_peers_waits_for_room() {
    const SIZE: usize = 60_000;
    let (upstream, at) = listening();
    let command = command(["relay", "udp-listen:127.0.0.1:0", &format!("tcp:{at}")]);
    let Some(command) = misbehaving(command, &[("SEND_EAGAIN", 2)]) else { return };
    let (relay, address) = serve_by(command);
    let clients = [(); 8].map(|()| udp("127.0.0.1"));
    let mut servers = clients.each_ref().map(|client| {
        client.send_to(b"more", address).expect("it leaves");
        accept(&upstream)
    });
    for _ in 0..10 {
        // All at once.
        relay.signal(libc::SIGSTOP);
        for server in &mut servers {
            server.write_all(&pattern(SIZE)).expect("it takes the bytes");
        }
        relay.signal(libc::SIGCONT);
        for client in &clients {
            let mut got = Vec::new();
            while got.len() < SIZE {
                got.extend(datagram(client).0);
            }
            assert!(got == pattern(SIZE), "other bytes, or in another order");
        }
    }
}
