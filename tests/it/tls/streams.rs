//! Tests the promises of a byte stream over TLS: every byte arrives, and each direction has its own end. `ends.rs`
//! tests broken connections.

use crate::harness::*;

const MEGABYTES: usize = 5_000_000;

/// The answer of an echo server to these bytes.
#[track_caller]
fn echoed(issued: &Issued, address: SocketAddr, data: &[u8]) {
    let output = outcome_with(client_args(issued, &["--half-close", "now"], address), data);
    printed(&output, data);
}

#[test]
fn an_echo_gives_back_what_it_gets() {
    let (issued, mut server, address) = tls_server("tls-echo", &[]);
    for n in [0, 1, 16_383, 16_384, 16_385, 65_537, MEGABYTES] {
        echoed(&issued, address, &pattern(n));
    }
    assert!(server.all_lines().len() == 1 && server.is_running(), "{:?}", server.all_lines());
}

#[test]
fn a_server_and_a_client_talk_to_each_other() {
    let (issued, mut server, address) = tls_server("tls-server", &[]);
    let (there, back) = (pattern(1 << 20), pattern((1 << 20) + 9).split_off(9));
    feed(server.stdin(), back.clone());
    let mut stdout = server.stdout();
    let reading = thread::spawn(move || take_all(&mut stdout));
    // As `tls`, by its name and without an IP address.
    let args = ["tls", "--ca", &issued.ca(), &format!("localhost:{}", address.port())];
    let output = outcome_with(args, there.clone());
    printed(&output, &back);
    assert!(reading.join().expect("stdout can be read") == there);
    server.ends_with(0);
    assert_eq!(server.all_lines().len(), 1, "{:?}", server.all_lines());
}

#[test]
fn megabytes_both_ways_at_once_from_a_scripted_client() {
    let (_issued, _server, address) = tls_server("tls-echo", &[]);
    let data = pattern(MEGABYTES);
    comes_back(address, &data);
}

/// A fast sender causes fewer wake-ups, which must not delay the last bytes before an answer.
#[test]
fn the_end_of_a_full_flow_is_not_held_back() {
    let issued = Authority::server();
    let data = pattern(24_000_100);
    let (mut client, mut peer) = client_with(&issued, VERSIONS[0], &["-vv"]);
    let (mut stdin, mut stdout) = (client.stdin(), client.stdout());
    for _ in 0..2 {
        let sealed = peer.sealed(&data);
        thread::scope(|scope| {
            scope.spawn(|| peer.send_raw(&sealed));
            assert!(take(&mut stdout, data.len()) == data);
        });
        stdin.write_all(b"answer").expect("it reads");
        peer.expect(b"answer");
    }
    peer.end();
    drop(stdin);
    let output = client.finish();
    assert!(output.status.success());
    if !String::from_utf8_lossy(&output.stderr).contains("in full flow") {
        println!("nothing was held back: this machine is too busy for a full flow");
    }
}

/// The reader, stdout or the peer, can stop for a while.
#[test]
fn megabytes_with_a_reader_that_stops_for_a_while() {
    let issued = Authority::server();
    let data = pattern(MEGABYTES);
    for version in VERSIONS {
        let (mut client, mut peer) = client_with(&issued, version, &[]);
        let mut stdout = client.stdout();
        let peak = client.peak_kib();
        feed(client.stdin(), data.clone());
        let sealed = peer.sealed(&data);
        feed(peer.socket.try_clone().expect("a copy"), sealed);
        client.comes_to_rest();
        assert!(take(&mut stdout, data.len()) == data);
        peer.expect(&data);
        assert!(peer.receive_all().is_empty());
        // Less than the bytes of either direction.
        assert!(client.peak_kib() < peak + 4096, "{} KiB, {peak} before", client.peak_kib());
        peer.end();
        assert!(take_all(&mut stdout).is_empty());
        ended(&client.finish(), 0, "");
    }
}

/// A client that sends for ever and reads nothing has to wait, and costs no memory.
#[test]
fn a_peer_that_never_reads_is_not_kept_in_memory() {
    let (_issued, server, address) = tls_server("tls-echo", &[]);
    let mut peers: Vec<Tls> =
        VERSIONS.iter().map(|version| Tls::connect(address, client_config(None, &[version]))).collect();
    for peer in &mut peers {
        peer.ping(b"one word");
    }
    let before = server.peak_kib();
    for peer in &mut peers {
        let sealed = peer.sealed(&vec![b'x'; 48 << 20]);
        peer.socket.set_nonblocking(true).expect("a flag");
        let mut sent = 0;
        eventually("nothing is taken any more", || {
            let earlier = sent;
            while let Ok(n @ 1..) = peer.socket.write(&sealed[sent..]) {
                sent += n;
            }
            // The server uses CPU time only while it takes bytes.
            server.comes_to_rest();
            (sent == earlier).then_some(())
        });
        assert!(sent < sealed.len(), "all {sent} bytes were taken");
    }
    let more = server.peak_kib() - before;
    assert!(more < 3 << 10, "{more} KiB more than at the start");
}

#[test]
fn a_stdout_that_is_never_read_stops_the_peer() {
    let issued = Authority::server();
    let (mut out_of, output) = io::pipe().expect("a pipe");
    let (mut server, address) = {
        let own = issued.options();
        let mut args = vec!["tls-server", "127.0.0.1:0"];
        args.extend(own.iter().map(String::as_str));
        let (server, address) = serve_by(command(args).stdout(output.try_clone().expect("a copy")));
        (server, address)
    };
    let mut peer = Tls::connect(address, client_config(None, &VERSIONS));
    let data = pattern(16 << 20);
    let sealed = peer.sealed(&data);
    let before = server.peak_kib();
    feed(peer.socket.try_clone().expect("a copy"), sealed);
    eventually("stdout is full", || is_full(&output).then_some(()));
    server.comes_to_rest();
    let more = server.peak_kib() - before;
    assert!(more < 3 << 10, "{more} KiB more than at the start");
    drop(output);
    assert!(take(&mut out_of, data.len()) == data);
    peer.end();
    drop(server.stdin());
    server.ends_with(0);
}

/// Ten thousand records of one byte in one burst, and writes of one byte in the other direction.
#[test]
fn small_change() {
    const COUNT: usize = 10_000;
    let issued = Authority::server();
    let data = pattern(COUNT);
    for version in VERSIONS {
        let (mut client, mut peer) = client_with(&issued, version, &[]);
        let records: Vec<u8> = data.iter().flat_map(|&byte| peer.sealed(&[byte])).collect();
        feed(peer.socket.try_clone().expect("a copy"), records);
        let mut stdin = client.stdin();
        let bytes = data.clone();
        thread::spawn(move || bytes.iter().try_for_each(|&byte| stdin.write_all(&[byte])));
        let mut stdout = client.stdout();
        assert!(take(&mut stdout, COUNT) == data);
        assert!(peer.receive_all() == data);
        peer.end();
        ended(&client.finish(), 0, "");
    }
}

/// Sizes around the largest record, made by either side.
#[test]
fn sizes_around_that_of_a_record() {
    let (_issued, _server, address) = tls_server("tls-echo", &[]);
    for version in VERSIONS {
        let mut peer = Tls::connect(address, client_config(None, &[version]));
        for n in [1, 16_383, 16_384, 16_385, 32_767, 32_768, 32_769] {
            let data = pattern(n);
            peer.send(&data);
            peer.expect(&data);
        }
    }
}

/// Bytes from stdin are not cut into small records.
#[test]
fn records_are_filled() {
    let issued = Authority::server();
    let (mut client, peer) = client_with(&issued, VERSIONS[1], &[]);
    feed(client.stdin(), pattern(1 << 20));
    let mut socket = peer.socket.try_clone().expect("a copy");
    let (mut bytes, mut records) = (0, 0);
    while bytes < 1 << 20 {
        bytes += read_record(&mut socket).len();
        records += 1;
    }
    assert!(records <= 200, "{records} records for {bytes} bytes");
}

/// Runs an echo behind a proxy that changes the first bytes of the client.
#[track_caller]
fn echo_behind(mangle: fn(&mut TcpStream, &mut TcpStream)) {
    let (issued, _server, address) = tls_server("tls-echo", &[]);
    let address = proxy(address, move |mut client, mut server| {
        client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).expect("TCP_NODELAY");
        mangle(&mut client, &mut server);
        let back = (server.try_clone().expect("a copy"), client.try_clone().expect("a copy"));
        thread::spawn(|| pump(back.0, back.1));
        pump(client, server);
    });
    echoed(&issued, address, &pattern(100_000));
    for version in VERSIONS {
        let mut peer = Tls::connect(address, client_config(None, &[version]));
        peer.ping(b"hello");
        peer.end();
        assert!(peer.receive_all().is_empty());
    }
}

#[test]
fn a_client_hello_may_come_a_byte_at_a_time() {
    echo_behind(|client, server| {
        for byte in read_record(client) {
            server.write_all(&[byte]).expect("the server takes it");
        }
    });
}

#[test]
fn a_client_hello_may_come_in_records_of_a_byte_each() {
    echo_behind(|client, server| {
        let hello = read_record(client);
        assert_eq!(hello[0], HANDSHAKE);
        for &byte in &hello[5..] {
            server.write_all(&record(HANDSHAKE, &[byte])).expect("the server takes it");
        }
    });
}

/// Many clients are served at once, although one of them never stops.
#[test]
fn one_busy_client_does_not_starve_the_others() {
    let (_issued, _server, address) = tls_server("tls-echo", &[]);
    let mut busy = Tls::connect(address, client_config(None, &VERSIONS));
    let sealed = busy.sealed(&vec![b'z'; 32 << 20]);
    let mut socket = busy.socket.try_clone().expect("a copy");
    feed(busy.socket.try_clone().expect("a copy"), sealed);
    thread::spawn(move || io::copy(&mut socket, &mut io::sink()));
    let mut others: Vec<Tls> = (0..10).map(|_| Tls::connect(address, client_config(None, &VERSIONS))).collect();
    for round in 0..10 {
        for other in &mut others {
            other.send(&[round; 100]);
            other.expect(&[round; 100]);
        }
    }
}

/// A server ends on its signal despite a stalled session and a stalled handshake.
#[test]
fn a_server_ends_by_a_signal_in_the_middle_of_everything() {
    let (_issued, mut server, address) = tls_server("tls-echo", &["--grace", "100ms"]);
    let silent = connect(address);
    let mut peer = Tls::connect(address, client_config(None, &VERSIONS));
    peer.ping(b"hello");
    server.signal(libc::SIGTERM);
    server.is_killed_by(libc::SIGTERM);
    drop(silent);
}
