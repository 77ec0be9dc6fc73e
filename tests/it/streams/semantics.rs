//! Tests the promises of a byte stream: every byte arrives, each direction has its own end, and the status is right
//! when the stream breaks.
//!
//! `conversations.rs` tests the options that change this.

use crate::harness::*;

/// Sends the beginning of `data` until the pipe of the client's stdout is full. Returns the count.
#[track_caller]
fn fill_stdout(peer: &mut TcpStream, data: &[u8], (out_of, output): (&PipeReader, &PipeWriter)) -> usize {
    let mut sent = 0;
    while !is_full(output) {
        peer.write_all(&data[sent..sent + 16_384]).expect("the client takes it");
        sent += 16_384;
        eventually("stdout gets it", || (is_full(output) || queued(out_of) == sent).then_some(()));
    }
    sent
}

/// The same with a full stdout when the reset arrives.
#[test]
fn bytes_before_a_reset_are_delivered_to_a_slow_reader() {
    let (mut out_of, output) = io::pipe().expect("a pipe");
    let (client, mut peer) =
        client_by(Command::new(program()).stdin(Stdio::piped()).stdout(output.try_clone().expect("a copy")), &[]);
    let data = pattern(600_000);
    let sent = fill_stdout(&mut peer, &data, (&out_of, &output));
    let data = &data[..sent + 35_000];
    peer.write_all(&data[sent..]).expect("the kernel takes it");
    eventually("everything is on the client's side", || (unacknowledged(&peer) == 0).then_some(()));
    reset(peer);
    client.comes_to_rest();
    drop(output);
    assert!(take_all(&mut out_of) == data);
    ended(&client.finish(), 4, "Connection reset by peer");
}

#[test]
fn a_failed_write_does_not_stop_reading() {
    let mut client = stage("unix-client");
    client.plays("deaf; type *1000000$; say *1M; go; see *1M$; status 4 *");
    // The answer can be complete before a write fails. The unfinished stdin decides then.
    let said = client.program.count("Broken pipe") + client.program.count("the peer is gone, and stdin has more data");
    assert!(said > 0, "{:?}", client.program.all_lines());
}

#[test]
fn a_slow_reader_gets_everything() {
    let (listener, address) = narrow_listener();
    let data = pattern(2 << 20);
    let mut client = Background::start(words!("tcp-client {address}"));
    let mut peer = accept(&listener);
    feed(client.stdin(), data.clone());
    let mut received = Vec::new();
    let mut piece = [0; 1000];
    while let n @ 1.. = read_once(&mut peer, &mut piece).expect("the client sends") {
        received.extend_from_slice(&piece[..n]);
    }
    assert!(received == data);
    drop(peer);
    ended(&client.finish(), 0, "");
}

/// After a pause, the bytes in the kernel and the end are read although no new event comes.
#[test]
fn a_pause_is_followed_by_all_that_has_come_meanwhile() {
    for high_water in ["4K", "1", "0"] {
        let (mut out_of, output) = io::pipe().expect("a pipe");
        let mut client = command([""; 0]);
        client.stdin(Stdio::null()).stdout(output.try_clone().expect("a copy"));
        let (client, mut peer) = client_by(client, &["--high-water", high_water]);
        // A full pipe, one chunk in the client, and the rest in the kernel.
        let data = pattern(600_000);
        let sent = fill_stdout(&mut peer, &data, (&out_of, &output));
        let data = &data[..sent + 115_000];
        peer.write_all(&data[sent..]).and_then(|()| peer.shutdown(Shutdown::Write)).expect("the kernel takes it");
        eventually("everything is on the client's side", || (unacknowledged(&peer) == 0).then_some(()));
        client.comes_to_rest();
        drop(output);
        let start = Instant::now();
        assert!(take_all(&mut out_of) == data);
        assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
        ended(&client.finish(), 0, "");
    }
}

/// A fast client does not delay the others.
#[test]
fn one_busy_client_does_not_starve_the_others() {
    let (_server, address) = serve(["tcp-echo", "127.0.0.1:0"]);
    let mut into = connect(address);
    let mut out_of = into.try_clone().expect("a copy");
    thread::spawn(move || while into.write_all(&[b'z'; 65536]).is_ok() {});
    thread::spawn(move || while out_of.read(&mut [0; 65536]).is_ok_and(|n| n > 0) {});
    let mut others: Vec<TcpStream> = (0..20).map(|_| connect(address)).collect();
    for round in 0..20 {
        for other in &mut others {
            let start = Instant::now();
            ping(other, &[round; 100]);
            assert!(start.elapsed() < Duration::from_secs(20), "{:?} for a ping", start.elapsed());
        }
    }
}

/// Every byte value passes unchanged both ways: no line ends, no telnet, no escapes.
#[test]
fn every_byte_goes_through_as_it_is() {
    let mut data: Vec<u8> = (0..=255_u8).flat_map(|high| (0..=255_u8).flat_map(move |low| [high, low])).collect();
    data.extend_from_slice(b"\r\n\n\r\0\xff\xf4\xff\xfd\x06\x04\x03\x1a~.");
    let (_server, address) = serve(words!("tcp-echo 127.0.0.1:0"));
    printed(&outcome_with(words!("tcp-client {address}"), data.clone()), data);
}

#[test]
fn sizes_at_boundaries_go_there_and_back() {
    let (_folder, path) = path("socket");
    let servers = [words!("tcp-echo 127.0.0.1:0"), words!("unix-echo {}", path.display())].map(Background::start);
    for (mode, mut server) in ["tcp-client", "unix-client"].into_iter().zip(servers) {
        let address = server.listens();
        let sizes = [0, 1, 4095, 4096, 4097, 8192, 8193, 65535, 65536, 65537, 219_263, 219_264, 1_000_000];
        for_each(sizes, |n| {
            printed(&outcome_with(words!("{mode} --half-close now {address}"), pattern(n)), pattern(n));
        });
    }
}

/// A dead link is noticed in time, because the kernel probes quiet connections.
#[test]
fn quiet_connections_are_probed_by_the_kernel() {
    let (_client, peer) = client(&[]);
    let client_port = peer.peer_addr().expect("an address").port();
    let (_server, address) = serve(["tcp-echo", "127.0.0.1:0"]);
    let mut other = connect(address);
    ping(&mut other, b"accepted");
    for (local, remote) in [(client_port, None), (address.port(), Some(other.local_addr().expect("an address").port()))]
    {
        eventually("a keepalive timer", || has_keepalive_timer(local, remote).then_some(()));
    }
}

/// Whether `/proc/net/tcp` has an established connection with the keepalive timer alone.
fn has_keepalive_timer(local: u16, remote: Option<u16>) -> bool {
    const ESTABLISHED: &str = "01";
    const KEEPALIVE: &str = "02:";
    let table = fs::read_to_string("/proc/net/tcp").expect("the table of connections");
    table.lines().any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields[1].ends_with(&format!(":{local:04X}"))
            && remote.is_none_or(|remote| fields[2].ends_with(&format!(":{remote:04X}")))
            && fields[3] == ESTABLISHED
            && fields[5].starts_with(KEEPALIVE)
    })
}
