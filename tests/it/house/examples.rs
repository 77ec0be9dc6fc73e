//! Runs the programs of `examples/` as asyncio's documentation runs its own.

use crate::harness::*;

/// The path of an example: `cargo test` builds it into `examples/` beside the `deps/` of this test. `cargo test --test
/// it` does not build examples, and then there can be none.
fn example(name: &str) -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name).with_extension("rs");
    assert!(source.is_file(), "no {}", source.display());
    let ourselves = std::env::current_exe().expect("a test knows its own path");
    let profile = ourselves.ancestors().nth(2).expect("a test is in target/<profile>/deps");
    let path = profile.join("examples").join(name);
    if !path.is_file() {
        eprintln!("skipped: the example {name} is not built; `cargo test` without --test builds it");
        return None;
    }
    Some(path)
}

fn start(example: &Path, arguments: &[&str]) -> (Background, Receiver<String>) {
    let mut command = Command::new(example);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut program = Background::spawn(command);
    let stdout = lines(program.stdout());
    (program, stdout)
}

#[track_caller]
fn next(stdout: &Receiver<String>) -> String {
    stdout.recv_timeout(DEADLINE).expect("another line in time")
}

#[test]
fn the_echo_client_and_the_echo_server_talk_to_each_other() {
    let (Some(server), Some(client)) = (example("tcp_echo_server"), example("tcp_echo_client")) else { return };
    let (_server, said) = start(&server, &["127.0.0.1:0"]);
    let serving = next(&said);
    let address = serving.strip_prefix("Serving on ").unwrap_or_else(|| panic!("no address in {serving:?}"));
    for _ in 0..2 {
        let (mut client, heard) = start(&client, &[address]);
        assert_eq!(next(&heard), r#"Data sent: "Hello World!""#);
        assert_eq!(next(&heard), r#"Data received: "Hello World!""#);
        assert_eq!(next(&heard), "The server closed the connection");
        client.ends_with(0);
        let connection = next(&said);
        assert!(connection.starts_with("Connection from 127.0.0.1:"), "{connection:?}");
        assert_eq!(next(&said), r#"Data received: "Hello World!""#);
        assert_eq!(next(&said), r#"Send: "Hello World!""#);
        assert_eq!(next(&said), "Close the client socket");
    }
}

#[test]
fn the_echo_client_fails_where_nobody_listens() {
    let Some(client) = example("tcp_echo_client") else { return };
    let (_bound, address) = refusing();
    let (mut client, _) = start(&client, &[&address.to_string()]);
    client.line("Connection refused");
    client.ends_with(1);
}

#[test]
fn the_udp_echo_client_and_server_talk_to_each_other() {
    let (Some(server), Some(client)) = (example("udp_echo_server"), example("udp_echo_client")) else { return };
    for (address, peer) in [("127.0.0.1:0", "127.0.0.1:"), ("[::1]:0", "[::1]:")] {
        let (_server, said) = start(&server, &[address]);
        let serving = next(&said);
        let address = serving.strip_prefix("Starting UDP server on ").unwrap_or_else(|| panic!("{serving:?}"));
        for _ in 0..2 {
            let (mut client, heard) = start(&client, &[address]);
            assert_eq!(next(&heard), r#"Send: "Hello World!""#);
            assert_eq!(next(&heard), r#"Received: "Hello World!""#);
            assert_eq!(next(&heard), "Close the socket");
            assert_eq!(next(&heard), "Connection closed");
            client.ends_with(0);
            let received = next(&said);
            assert!(received.starts_with(&format!(r#"Received "Hello World!" from {peer}"#)), "{received:?}");
            assert_eq!(next(&said), received.replace("Received", "Send").replace(" from ", " to "));
        }
    }
}

#[test]
fn the_udp_echo_client_fails_where_nobody_listens() {
    let Some(client) = example("udp_echo_client") else { return };
    let bound = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = bound.local_addr().expect("an address");
    // A socket that is connected to itself takes no other datagrams, and keeps the port closed for others.
    bound.connect(address).expect("it is its own peer");
    let (mut client, heard) = start(&client, &[&address.to_string()]);
    assert_eq!(next(&heard), r#"Send: "Hello World!""#);
    let error = next(&heard);
    assert!(error.starts_with("Error received: Connection refused"), "{error:?}");
    assert_eq!(next(&heard), "Connection closed");
    client.line("Connection refused");
    client.ends_with(1);
}

#[test]
fn an_open_socket_is_connected_to_a_protocol() {
    let Some(example) = example("connect_existing_socket") else { return };
    let (mut program, said) = start(&example, &[]);
    assert_eq!(next(&said), "Received: abc");
    assert_eq!(next(&said), "The socket has been closed");
    program.ends_with(0);
}

#[test]
fn a_child_tells_the_date() {
    let Some(example) = example("subprocess_exec") else { return };
    let (mut program, stdout) = start(&example, &[]);
    let date = next(&stdout);
    assert!(date.starts_with("Current date: ") && date.contains("20"), "{date}");
    program.ends_with(0);
}
