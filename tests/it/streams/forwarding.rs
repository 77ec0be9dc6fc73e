//! Tests bytes that the kernel moves between streams: all arrive in order, and the kernel moves them. The log has the
//! count.
//!
//! `forwarding_faults.rs` tests failures, and `src/event_loop/tests/forwarding.rs` tests forwarding without
//! descriptors.
use crate::harness::*;

/// A relay with all log messages, and its two far ends.
#[track_caller]
pub(super) fn relay(left: Kind, right: Kind, options: &[&str]) -> (Background, Leg, Leg) {
    let pair = Pair::by(command(["-vvv"]), left, right, options);
    (pair.program, pair.left, pair.right)
}

const PAIRS: [(Kind, Kind); 4] = [(Tcp, Tcp), (Unix, Unix), (Tcp, Unix), (Unix, Tcp)];

/// Waits for the end of a run, expects this status, and returns how many bytes the kernel has moved.
#[track_caller]
pub(super) fn moved_by_kernel(mut run: Background, status: i32) -> usize {
    let code = run.wait().code();
    let lines = run.all_lines();
    assert_eq!(code, Some(status), "{:?}", &lines[lines.len().saturating_sub(10)..]);
    moved(&lines)
}

/// The same for the log so far.
pub(super) fn moved(lines: &[String]) -> usize {
    let numbers = lines.iter().filter_map(|line| line.strip_suffix(" bytes moved by the kernel"));
    numbers.map(|line| line.rsplit(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0_usize)).sum()
}

#[test]
fn much_goes_through_a_relay_by_the_kernel_and_its_end_behind_it() {
    for (left, right) in PAIRS {
        let (run, mut left, mut right) = relay(left, right, &[]);
        left.send(bulk(), true);
        right.expect(bulk());
        right.expect_end();
        right.write(b"thanks");
        right.end();
        assert_eq!(take_all(&mut left), b"thanks");
        let moved = moved_by_kernel(run, 0);
        assert!(moved > bulk().len() / 2, "the kernel has moved {moved} bytes only");
    }
}

#[test]
fn both_directions_at_once_do_not_mix() {
    let (run, mut left, mut right) = relay(Tcp, Tcp, &[]);
    let (up, down) = bulk().split_at(bulk().len() / 2);
    left.send(up, true);
    right.send(down, true);
    let ends = [(left, down), (right, up)].map(|(mut end, data)| {
        thread::spawn(move || {
            expect(&mut end, data);
            expect_end(&mut end);
            end
        })
    });
    let _ends = ends.map(|end| end.join().expect("the same bytes"));
    moved_by_kernel(run, 0);
}

/// A reader that stops several times gets the rest later, and the relay sleeps meanwhile.
#[test]
fn a_reader_that_stops_for_a_while_gets_the_rest() {
    for (left, right) in PAIRS {
        let (run, mut left, mut right) = relay(left, right, &[]);
        left.send(bulk(), true);
        let mut rest = bulk();
        for n in [3_000_000, 100_000] {
            let (part, after) = rest.split_at(n);
            right.expect(part);
            rest = after;
            run.comes_to_rest();
        }
        right.expect(rest);
        right.expect_end();
        right.end();
        assert!(moved_by_kernel(run, 0) > 0);
    }
}

/// A reader that takes little at a time.
#[test]
fn a_slow_reader_gets_all_of_it() {
    let (run, mut left, mut right) = relay(Unix, Unix, &[]);
    left.send(bulk(), true);
    let mut rest = bulk();
    while !rest.is_empty() {
        let mut buffer = [0; 4001];
        let n = read_once(&mut right, &mut buffer).expect("bytes");
        assert!(n > 0 && rest.starts_with(&buffer[..n]), "other bytes, {} before the end", rest.len());
        rest = &rest[n..];
    }
    right.expect_end();
    right.end();
    moved_by_kernel(run, 0);
}

/// A few bytes after many arrive at once, whichever way is in use, and the way changes back and forth.
#[test]
fn a_word_after_much_arrives_at_once() {
    let (mut run, mut left, mut right) = relay(Tcp, Tcp, &[]);
    for round in 0..4_usize {
        let part = &bulk()[round * 4_000_000..][..4_000_000];
        let mut copy = left.copy();
        let writer = thread::spawn(move || copy.write_all(part));
        right.expect(part);
        writer.join().expect("no panic").expect("the relay takes it");
        let mut fastest = DEADLINE;
        for word in 0..12_u8 {
            let start = Instant::now();
            left.write(&[word; 9]);
            right.expect(&[word; 9]);
            fastest = fastest.min(start.elapsed());
        }
        assert!(fastest < Duration::from_millis(100), "{fastest:?} for a word");
    }
    left.end();
    right.expect_end();
    right.end();
    run.ends_with(0);
    for way in ["forwarding by Splice", "forwarding by Copy"] {
        assert!(run.count(way) >= 3, "{way}: {} times", run.count(way));
    }
}

#[test]
fn much_and_little_by_turns_stay_in_order() {
    let (run, left, mut right) = relay(Unix, Tcp, &[]);
    let mut copy = left.copy();
    let writer = thread::spawn(move || {
        let mut rest = bulk();
        for i in 0_usize.. {
            let n = [1, 300_000, 17, 40_000, 5000, 1_000_000, 3, 16_384, 32_768][i % 9].min(rest.len());
            let (part, after) = rest.split_at(n);
            copy.write_all(part).expect("the relay takes it");
            rest = after;
            if rest.is_empty() {
                return copy.shutdown(Shutdown::Write).expect("it is connected");
            }
        }
    });
    right.expect(bulk());
    right.expect_end();
    writer.join().expect("no panic");
    right.end();
    moved_by_kernel(run, 0);
}

/// `tcp-client -vvv` with this stdin and stdout.
fn client_with(stdin: impl Into<OwnedFd>, stdout: impl Into<OwnedFd>) -> (Background, TcpStream) {
    let mut command = command(["-vvv"]);
    command.stdin(stdin.into()).stdout(stdout.into());
    // This way, the first bytes are not inspected.
    client_by(command, &["--half-close", "now"])
}

/// Gives a peer small buffers, so that a stopped reader is soon noticed.
fn narrow(peer: &TcpStream) {
    SockRef::from(peer).set_recv_buffer_size(200_000).expect("SO_RCVBUF");
}

pub(super) fn null() -> File {
    File::options().read(true).write(true).open("/dev/null").expect("a device")
}

/// The bytes are copied, which is cheaper than sending single pages.
#[test]
fn a_pipe_goes_to_a_connection() {
    let (input, into) = io::pipe().expect("a pipe");
    let (run, mut peer) = client_with(input, null());
    feed(into, bulk().to_vec());
    expect(&mut peer, &bulk()[..5_000_000]);
    run.comes_to_rest();
    expect(&mut peer, &bulk()[5_000_000..]);
    expect_end(&mut peer);
    drop(peer);
    assert_eq!(moved_by_kernel(run, 0), 0);
}

#[test]
fn a_connection_goes_to_a_pipe_by_the_kernel() {
    let (mut out_of, output) = io::pipe().expect("a pipe");
    let (run, peer) = client_with(null(), output);
    let mut peer = Leg::socket(peer);
    peer.send(bulk(), true);
    expect(&mut out_of, &bulk()[..5_000_000]);
    run.comes_to_rest();
    expect(&mut out_of, &bulk()[5_000_000..]);
    expect_end(&mut out_of);
    drop(peer);
    assert!(moved_by_kernel(run, 0) > bulk().len() / 4);
}

#[test]
fn a_file_is_sent_by_the_kernel_from_where_it_stands_and_with_what_is_appended_meanwhile() {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bulk()).expect("room");
    // The rest is sent before copying is tried.
    let start = 13_234_567;
    file.seek(SeekFrom::Start(start)).expect("a file");
    let (run, mut peer) = client_with(file.try_clone().expect("a copy"), null());
    narrow(&peer);
    let data = &bulk()[start as usize..];
    expect(&mut peer, &data[..1_000_000]);
    run.comes_to_rest();
    let mut appending = File::options().append(true).open(format!("/proc/self/fd/{}", file.as_raw_fd())).expect("it");
    appending.write_all(&bulk()[..1_000_000]).expect("room");
    expect(&mut peer, &data[1_000_000..]);
    expect(&mut peer, &bulk()[..1_000_000]);
    expect_end(&mut peer);
    drop(peer);
    assert_eq!(moved_by_kernel(run, 0), data.len() + 1_000_000);
    assert_eq!(file.stream_position().expect("a file"), (bulk().len() + 1_000_000) as u64);
}

/// Long enough to try both ways and choose one.
#[test]
fn a_long_file_goes_to_this_machine_by_both_ways_and_arrives_whole() {
    const TIMES: usize = 4;
    let mut file = tempfile::tempfile().expect("a file");
    for _ in 0..TIMES {
        file.write_all(bulk()).expect("room");
    }
    file.rewind().expect("a file");
    let (mut run, mut peer) = client_with(file, null());
    for _ in 0..TIMES {
        expect(&mut peer, bulk());
    }
    expect_end(&mut peer);
    drop(peer);
    run.ends_with(0);
    let ways = [" bytes moved by the kernel", ": read "].map(|way| run.count(way));
    assert!(ways.iter().all(|ways| *ways > 8), "{ways:?}");
    assert!(run.count(" by sendfile, ") > 0, "nothing was chosen");
}

/// The unsent rest of a file is for the next program on this stdin: `(xport tcp-client …; cat) <file`.
#[test]
fn the_rest_of_a_file_is_left_to_whoever_comes_next() {
    let mut file = tempfile::tempfile().expect("a file");
    file.write_all(bulk()).and_then(|()| file.rewind()).expect("room");
    let (run, mut peer) = client_with(file.try_clone().expect("a copy"), null());
    narrow(&peer);
    expect(&mut peer, &bulk()[..1_000_000]);
    run.comes_to_rest();
    drop(peer);
    let moved = moved_by_kernel(run, 4);
    let mut rest = Vec::new();
    file.read_to_end(&mut rest).expect("a file");
    assert_eq!(moved, bulk().len() - rest.len(), "more was read than sent");
    assert!(bulk().ends_with(&rest) && !rest.is_empty());
}

#[test]
fn a_connection_goes_to_a_file_plain_or_appended_to() {
    for append in [false, true] {
        let (_folder, path) = path("file");
        fs::write(&path, b"before ").expect("room");
        let file = File::options().append(append).write(true).open(&path).expect("it");
        if !append {
            (&file).seek(SeekFrom::End(0)).expect("a file");
        }
        let (run, peer) = client_with(null(), file);
        let mut peer = Leg::socket(peer);
        peer.send(bulk(), true);
        moved_by_kernel(run, 0);
        let data = fs::read(&path).expect("it");
        assert!(data.starts_with(b"before ") && data[7..] == *bulk(), "{} bytes, append: {append}", data.len());
        drop(peer);
    }
}

#[test]
fn a_child_gets_much_through_its_pipes_and_gives_it_back() {
    let (input, into) = io::pipe().expect("a pipe");
    let (mut out_of, output) = io::pipe().expect("a pipe");
    let run = Background::spawn(command(["-vvv", "exec", "--", "cat"]).stdin(input).stdout(output));
    feed(into, bulk().to_vec());
    expect(&mut out_of, &bulk()[..2_000_000]);
    run.comes_to_rest();
    expect(&mut out_of, &bulk()[2_000_000..]);
    drop(run.finish());
    expect_end(&mut out_of);
}

/// A socket with a blocking description is never spliced, because the call would wait.
#[test]
fn an_inherited_socket_that_blocks_is_copied() {
    let (ours, theirs) = UnixStream::pair().expect("a pair");
    let ground = Ground::new();
    let (endpoint, place) = ground.endpoint(Tcp, "right");
    let mut command = command(words!("-vvv relay fd:{} {endpoint}", theirs.as_raw_fd()));
    pass_on(&mut command, &theirs);
    let run = Background::spawn(command);
    let mut right = place.accept();
    drop(theirs);
    let mut ours = Leg::socket(ours);
    ours.send(bulk(), true);
    right.expect(&bulk()[..3_000_000]);
    run.comes_to_rest();
    right.write(b"still there?");
    ours.expect(b"still there?");
    right.expect(&bulk()[3_000_000..]);
    right.expect_end();
    drop((right, ours));
    assert_eq!(moved_by_kernel(run, 0), 0);
}
