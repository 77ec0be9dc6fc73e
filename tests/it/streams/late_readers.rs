//! Tests that a peer that has ended in order still gets every byte, however late it reads. A check for a dead peer must
//! not cut this. The pauses are the lateness.

use crate::harness::*;

const ANSWER: usize = 1_500_000;

/// Sends a question, ends, and begins to read the answer after `pause`.
fn reads_late(address: SocketAddr, pause: Duration) {
    let mut client = with_deadline(connect(address));
    say_all(&mut client, b"question");
    pass(pause, "the reader is late");
    let mut answer = Vec::new();
    let end = client.read_to_end(&mut answer);
    assert_eq!((end.map_err(|error| error.kind()), answer.len()), (Ok(ANSWER), ANSWER));
}

#[test]
fn an_answer_waits_for_its_reader() {
    let script = "cat >/dev/null; head -c 1500000 /dev/zero";
    let (upstream, at) = listening();
    let to = format!("tcp:{at}");
    thread::spawn(move || {
        while let Ok((mut stream, _)) = upstream.accept() {
            thread::spawn(move || {
                let question = take_all(&mut stream);
                stream.write_all(&pattern(ANSWER)).map(|()| question)
            });
        }
    });
    let runs = [
        (words!("exec --listen 127.0.0.1:0 -- sh -c '{script}'"), Duration::from_millis(2500)),
        (words!("relay tcp-listen:127.0.0.1:0 {to}"), Duration::from_millis(2500)),
        (words!("exec --listen 127.0.0.1:0 --linger 2s -- sh -c '{script}'"), Duration::from_secs(4)),
        (words!("relay --linger 2s tcp-listen:127.0.0.1:0 {to}"), Duration::from_secs(4)),
    ];
    for_each(runs, |(line, pause)| {
        let (_server, address) = serve(line);
        reads_late(address, pause);
    });
}

#[test]
fn what_a_client_has_left_waits_for_the_other_side_to_come() {
    let (_folder, path) = path("s");
    let (socket, port) = refusing();
    let unix = path.display();
    let mut relay = Background::start(words!("relay --once unix-listen:{unix} tcp:{port},retry=100,retry-delay=200ms"));
    relay.listens();
    let mut client = eventually("it listens", || UnixStream::connect(&path).ok());
    client.write_all(&pattern(100_000)).expect("it is connected");
    drop(client);
    pass(Duration::from_millis(2500), "longer than any other wait for the end of a client that has gone");
    socket.listen(1).expect("it listens");
    assert_eq!(take_all(&mut accept(&TcpListener::from(socket))), pattern(100_000));
    relay.ends_with(0);
}

/// The second peer ends and goes without reading. Both have sent everything, so nothing has failed.
#[test]
fn a_program_that_has_done_with_its_peer_goes_on_alone() {
    let (_folder, file) = path("done");
    let done = format!("sleep 1; echo done >{}", file.display());
    for case in [
        format!(
            "exec --once --kill-after 200ms --listen TCP-LISTEN -- sh -c 'exec >&-; cat >/dev/null; {done}': get $; \
            say job; go; status 0"
        ),
        format!(
            "-vv relay --once --no-half-close TCP-LISTEN 'shell:echo hello; exec >&-; {done}': flows; end; \
            hear has ended its direction; go; status 0 *"
        ),
    ] {
        plays(&[&case]);
        fs::remove_file(&file).expect("the program has made it");
    }
}
