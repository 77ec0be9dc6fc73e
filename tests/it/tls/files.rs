//! Tests bad files of certificates and keys: the message comes before anything is opened, has path and reason, and
//! shows nothing of a key.

use crate::harness::*;

/// The lines inside the blocks of a PEM file. None of them may appear in a message.
fn secrets(pem: &str) -> Vec<&str> {
    pem.lines().filter(|line| !line.starts_with("-----") && line.len() > 16).collect()
}

/// Expects status 2 at once, and one line that names the file and has each of `texts`, but no part of the key.
#[track_caller]
fn complains(output: &Output, issued: &Issued, path: &str, texts: &[&str]) {
    assert_eq!(output.status.code(), Some(2), "{path}: {}", text(output));
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().next().unwrap_or_default();
    assert!(line.starts_with("xport: ") && line.contains(path), "{path}: {said:?}");
    let lower = line.to_lowercase();
    assert!(texts.iter().all(|text| lower.contains(&text.to_lowercase())), "not all of {texts:?} in {said:?}");
    assert!(!said.contains("listening on") && output.stdout.is_empty(), "{said:?}");
    assert!(line.len() > "xport: : ".len() + path.len() && line.len() < 400, "no reason in {said:?}, or a long one");
    let key = issued.read("key.pem");
    assert!(secrets(&key).iter().all(|secret| !said.contains(secret)), "{said:?}");
}

/// A server with these files.
fn server(args: &[&str]) -> Output {
    outcome([&["tls-echo"], args, &["127.0.0.1:0"]].concat())
}

/// A client with these files. It must end before it connects.
#[track_caller]
fn client(args: &[&str]) -> Output {
    let (listener, address) = listening();
    let address = address.to_string();
    let output = outcome([&["tls-client"], args, &[&address]].concat());
    listener.set_nonblocking(true).expect("a flag");
    let error = listener.accept().expect_err("a connection was opened");
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    output
}

/// Useless files, for every option.
fn bad_files(issued: &Issued) -> Vec<(String, &'static [&'static str])> {
    let (cert, key) = (issued.read("cert.pem"), issued.read("key.pem"));
    let body: String = secrets(&cert).concat();
    let folder = issued.path("folder");
    fs::create_dir(&folder).expect("a folder");
    vec![
        (issued.write("empty.pem", ""), &[][..]),
        (issued.write("text.pem", "Dear Sir or Madam,\nplease find no certificate in here.\n"), &[]),
        (issued.write("noend.pem", cert.replace("-----END CERTIFICATE-----\n", "")), &[]),
        (issued.write("keynoend.pem", key.replace("-----END PRIVATE KEY-----\n", "")), &[]),
        (issued.write("base64.pem", cert.replace(&body[20..24], "!?$%")), &[]),
        (issued.write("short.pem", pem("CERTIFICATE", &issued.chain[0][..100])), &[]),
        (issued.write("notder.pem", pem("CERTIFICATE", b"this is no certificate at all")), &[]),
        (issued.write("cert.der", &issued.chain[0]), &["PEM"]),
        (issued.write("large.pem", vec![b'x'; 10 << 20]), &[]),
        (issued.write("zeros.pem", vec![0; 100_000]), &[]),
        (folder, &["directory"]),
        (issued.path("nothere.pem"), &["No such file"]),
    ]
}

#[test]
fn files_that_hold_no_certificate() {
    let issued = Authority::server();
    let (cert, key) = (issued.cert(), issued.key());
    for (path, texts) in bad_files(&issued) {
        complains(&server(&["--cert", &path, "--key", &key]), &issued, &path, texts);
        complains(&server(&["--cert", &cert, "--key", &path]), &issued, &path, texts);
        complains(&server(&["--cert", &cert, "--key", &key, "--client-ca", &path]), &issued, &path, texts);
        complains(&client(&["--ca", &path]), &issued, &path, texts);
        complains(&client(&["--cert", &path, "--key", &key]), &issued, &path, texts);
        complains(&client(&["--cert", &cert, "--key", &path]), &issued, &path, texts);
    }
}

/// The message says what the file contains instead.
#[test]
fn files_that_were_mixed_up() {
    let issued = Authority::server();
    let (cert, key) = (issued.cert(), issued.key());
    complains(&server(&["--cert", &key, "--key", &key]), &issued, &key, &["no certificate", "private key"]);
    complains(&client(&["--ca", &key]), &issued, &key, &["no certificate", "private key"]);
    complains(&server(&["--cert", &cert, "--key", &cert]), &issued, &cert, &["no private key", "certificate"]);
    complains(&server(&["--cert", &cert]), &issued, &cert, &["no private key"]);
    complains(&client(&["--cert", &cert]), &issued, &cert, &["no private key"]);
    let public = issued.write("public.pem", pem("PUBLIC KEY", &[0x30; 90]));
    complains(&server(&["--cert", &cert, "--key", &public]), &issued, &public, &["no private key"]);
    // Choosing one of two keys would be a guess.
    let other = Authority::server();
    let two = issued.private("two.pem", issued.read("key.pem") + &other.read("key.pem"));
    complains(&server(&["--cert", &cert, "--key", &two]), &issued, &two, &["key"]);
    let key = other.key();
    complains(&server(&["--cert", &cert, "--key", &key]), &issued, &key, &["certificate"]);
    complains(&client(&["--cert", &cert, "--key", &key]), &issued, &key, &["certificate"]);
}

/// Changes that an editor makes to a good file.
#[test]
fn files_that_are_good_all_the_same() {
    let issued = Authority::server();
    let (cert, key) = (issued.read("cert.pem"), issued.read("key.pem"));
    type Shape = fn(&str) -> String;
    let shapes: [(&str, Shape); 5] = [
        ("crlf.pem", |text| text.replace('\n', "\r\n")),
        ("leading.pem", |text| format!("Bag Attributes\n    friendlyName: x\nsubject=/CN=x\n\n{text}")),
        ("trailing.pem", |text| format!("{text}\n\nThat was it.\n")),
        ("spaces.pem", |text| text.replace("-----\n", "-----  \n")),
        ("nonewline.pem", |text| text.trim_end().to_owned()),
    ];
    for (name, shape) in shapes {
        let (cert, key) =
            (issued.write(&format!("c-{name}"), shape(&cert)), issued.private(&format!("k-{name}"), shape(&key)));
        let ca = issued.write(&format!("a-{name}"), shape(&issued.read("ca.pem")));
        let (_server, address) = serve(["tls-echo", "--cert", &cert, "--key", &key, "127.0.0.1:0"]);
        printed(&outcome_with(tls_line("tls-client", address, &[("ca", &ca)]), "hello"), b"hello");
    }
}

/// A byte order mark is skipped or reported.
#[test]
fn a_byte_order_mark() {
    let issued = Authority::server();
    let path = issued.write("bom.pem", format!("\u{feff}{}", issued.read("ca.pem")));
    let output = outcome(["tls-client", "--ca", &path, "127.0.0.1:1"]);
    match output.status.code() {
        Some(3) => (),
        _ => complains(&output, &issued, &path, &[]),
    }
}

/// Encrypted keys, in both formats.
#[test]
fn encrypted_keys() {
    let issued = Authority::server();
    let body = issued.read("key.pem");
    let body = secrets(&body).join("\n");
    let head = "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF\n\n";
    let old = format!("-----BEGIN EC PRIVATE KEY-----\n{head}{body}\n-----END EC PRIVATE KEY-----\n");
    let new = format!("-----BEGIN ENCRYPTED PRIVATE KEY-----\n{body}\n-----END ENCRYPTED PRIVATE KEY-----\n");
    let mut paths = vec![issued.private("old.pem", old), issued.private("new.pem", new)];
    for (name, args) in [
        ("openssl-pkcs8.pem", &["pkcs8", "-topk8", "-passout", "pass:x", "-v2", "aes-256-cbc"][..]),
        ("openssl-ec.pem", &["ec", "-aes128", "-passout", "pass:x"]),
    ] {
        let path = issued.path(name);
        let made = Command::new("openssl").args(args).args(["-in", &issued.key(), "-out", &path]).output();
        match made {
            Ok(made) => {
                assert!(made.status.success(), "{}", text(&made));
                paths.push(path);
            }
            Err(error) => println!("skipped: openssl: {error}"),
        }
    }
    for path in paths {
        complains(&server(&["--cert", &issued.cert(), "--key", &path]), &issued, &path, &["encrypted"]);
        complains(&client(&["--cert", &issued.cert(), "--key", &path]), &issued, &path, &["encrypted"]);
    }
}

#[test]
fn keys_in_every_style() {
    let issued = Authority::server();
    let traditional = issued.path("ec.pem");
    let Some(()) = installed("openssl") else { return };
    let made = |args: &[&str]| {
        let made = Command::new("openssl").args(args).output().expect("it is installed");
        assert!(made.status.success(), "{}", text(&made));
    };
    made(&["ec", "-in", &issued.key(), "-out", &traditional]);
    // The parameters come first, as `openssl ecparam -genkey` writes them.
    let parameters = pem("EC PARAMETERS", &[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    let with_parameters =
        issued.private("ecparam.pem", parameters + &fs::read_to_string(&traditional).expect("a file"));
    let (rsa_key, rsa_cert) = (issued.path("rsa.pem"), issued.path("rsacert.pem"));
    let subject = ["-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
    let request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", &rsa_key, "-out", &rsa_cert];
    made(&[&request[..], &subject].concat());
    let old_rsa = issued.path("oldrsa.pem");
    made(&["rsa", "-traditional", "-in", &rsa_key, "-out", &old_rsa]);
    let (cert, ca) = (issued.cert(), issued.ca());
    for (cert, key) in [(&cert, &traditional), (&cert, &with_parameters), (&rsa_cert, &rsa_key), (&rsa_cert, &old_rsa)]
    {
        let (_server, address) = serve(["tls-echo", "--cert", cert, "--key", key, "127.0.0.1:0"]);
        // The certificate is not for a server. Only the key matters here.
        let option = if *cert == rsa_cert { ("insecure", "") } else { ("ca", &*ca) };
        gave(&outcome_with(tls_line("tls-client", address, &[option]), "hello"), 0, "hello");
    }
}

/// The program does not wait for a pipe without a writer.
#[test]
fn a_named_pipe_does_not_hang() {
    let issued = Authority::server();
    let path = issued.path("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo runs").success());
    let start = Instant::now();
    complains(&server(&["--cert", &path, "--key", &issued.key()]), &issued, &path, &[]);
    complains(&server(&["--cert", &issued.cert(), "--key", &path]), &issued, &path, &[]);
    complains(&client(&["--ca", &path]), &issued, &path, &[]);
    assert!(start.elapsed() < Duration::from_secs(30), "it has waited: {:?}", start.elapsed());
}

#[test]
fn a_file_without_end() {
    let issued = Authority::server();
    complains(&client(&["--ca", "/dev/zero"]), &issued, "/dev/zero", &[]);
    complains(&server(&["--cert", "/dev/zero", "--key", &issued.key()]), &issued, "/dev/zero", &[]);
}

#[test]
fn a_file_that_may_not_be_read() {
    let issued = Authority::server();
    let key = issued.private("none.pem", issued.read("key.pem"));
    set_mode(&key, 0o000);
    if fs::read(&key).is_ok() {
        return println!("skipped: root may read everything");
    }
    complains(&server(&["--cert", &issued.cert(), "--key", &key]), &issued, &key, &["Permission denied"]);
}

#[test]
fn a_key_that_others_can_read_is_warned_of() {
    let issued = Authority::server();
    for (mode, warned) in [(0o600, false), (0o400, false), (0o640, true), (0o644, true)] {
        set_mode(&issued.key(), mode);
        let (mut server, address) = served("tls-echo", &issued, &[]);
        ended(&outcome_with(client_args(&issued, &NONE, address), "hello"), 0, "");
        let lines = server.all_lines();
        assert_eq!(lines.iter().any(|line| line.contains(&issued.key())), warned, "{mode:o}: {lines:?}");
    }
}

/// A file of authorities can have many certificates, and other sections.
#[test]
fn a_bundle_of_authorities() {
    let issued = Authority::server();
    let others: String = (0..50).map(|_| Authority::server().read("ca.pem")).collect();
    let bundle = issued.write("bundle.pem", format!("# Of the company\n{others}{}", issued.read("ca.pem")));
    let (_server, address) = served("tls-echo", &issued, &[]);
    printed(&outcome_with(["tls-client", "--ca", &bundle, &address.to_string()], "x"), b"x");
}

/// Secrets of connections go only to the file of --keylog, readable by its owner alone.
#[test]
fn keys_are_logged_where_that_is_asked_for() {
    let issued = Authority::server();
    let (log, silent) = (issued.path("keys.log"), issued.path("silent.log"));
    let (server_log, more) = (issued.path("server.log"), issued.path("more.log"));
    let (_server, address) = served("tls-echo", &issued, &["--keylog", &server_log]);
    let run = |options: &[&str]| {
        let mut run = xport(client_args(&issued, options, address));
        gave(&run.env("SSLKEYLOGFILE", &silent).write_stdin("hello").output().expect("a run"), 0, "hello");
    };
    run(&[]);
    assert!(!Path::new(&silent).exists() && !Path::new(&log).exists());
    run(&["--keylog", &log]);
    let first = issued.read("keys.log");
    for label in ["CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "CLIENT_TRAFFIC_SECRET_0 ", "SERVER_TRAFFIC_SECRET_0 "] {
        assert!(first.lines().any(|line| line.starts_with(label)), "{first}");
        assert!(issued.read("server.log").contains(label));
    }
    let mode = fs::metadata(&log).expect("a file").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}: others can read it");
    // The secrets of the next run follow those of the first.
    run(&["--keylog", &log]);
    let both = issued.read("keys.log");
    assert!(both.starts_with(&first) && both.len() > first.len());
    // TLS 1.2 has its own kind of line.
    let mut old = served("tls-echo", &issued, &["--keylog", &more]);
    Tls::connect(old.1, client_config(None, &[VERSIONS[0]])).end();
    assert!(old.0.is_running());
    eventually("a line of TLS 1.2", || {
        fs::read_to_string(&more).ok().filter(|text| text.starts_with("CLIENT_RANDOM "))
    });
    assert!(!Path::new(&silent).exists());
    let unwritable = issued.path("not/there.log");
    complains(&client(&["--ca", &issued.ca(), "--keylog", &unwritable]), &issued, &unwritable, &[]);
}

#[test]
fn a_log_of_keys_that_others_can_read_is_warned_of() {
    let (issued, _server, address) = tls_server("tls-echo", &[]);
    for (mode, warned) in [(0o600, false), (0o640, true), (0o622, true), (0o644, true)] {
        let log = issued.write("shared.log", "");
        set_mode(&log, mode);
        let output = outcome_with(client_args(&issued, &["--keylog", &log], address), "hello");
        let warning = format!("{log}: other users can access these keys of connections (mode {mode:03o})");
        ended(&output, 0, if warned { &warning } else { "" });
        assert!(output.stdout == b"hello" && issued.read("shared.log").lines().count() >= 4, "{}", text(&output));
    }
}

/// Anything but a file is refused at once, with and without a reader. A pipe of the shell counts as a file.
#[test]
fn keys_go_to_files_and_to_pipes_of_the_shell() {
    let issued = Authority::server();
    let fifo = issued.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo runs").success());
    let start = Instant::now();
    complains(&client(&["--keylog", &fifo]), &issued, &fifo, &["this is a FIFO, not a file"]);
    let reader = OpenOptions::new().read(true).write(true).open(&fifo).expect("a FIFO");
    complains(&client(&["--keylog", &fifo]), &issued, &fifo, &["this is a FIFO, not a file"]);
    drop(reader);
    complains(&client(&["--keylog", "/dev/null"]), &issued, "/dev/null", &["this is a device, not a file"]);
    assert!(start.elapsed() < Duration::from_secs(30), "it has waited: {:?}", start.elapsed());

    let (_server, address) = served("tls-echo", &issued, &[]);
    // stderr of the program is a pipe without a name.
    let output = outcome_with(client_args(&issued, &["--keylog", "/dev/stderr"], address), "hello");
    gave(&output, 0, "hello");
    assert!(String::from_utf8_lossy(&output.stderr).contains("CLIENT_TRAFFIC_SECRET_0 "), "{}", text(&output));
}

/// A pipe without a reader loses secrets, and does not stop the run.
#[test]
fn a_log_of_keys_that_nobody_reads_stops_nobody() {
    let (_reader, writer) = io::pipe().expect("a pipe");
    // SAFETY: F_SETPIPE_SZ takes a number and touches no memory.
    assert!(unsafe { libc::fcntl(writer.as_raw_fd(), libc::F_SETPIPE_SZ, 4096) } > 0);
    let log = format!("/proc/{}/fd/{}", std::process::id(), writer.as_raw_fd());
    let (_issued, mut server, address) = tls_server("tls-echo", &["--keylog", &log]);
    for _ in 0..20 {
        let mut peer = Tls::connect(address, client_config(None, &VERSIONS));
        peer.ping(b"hello");
        peer.end();
    }
    server.line(&format!("{log}: no program reads the pipe; the file lacks keys"));
    server.drains();
    assert_eq!(server.all_lines().iter().filter(|line| line.contains(&log)).count(), 1, "{:?}", server.all_lines());
}

/// Other users see only the paths of the files.
#[test]
fn no_secret_is_in_the_command_line() {
    let (issued, server, address) = tls_server("tls-echo", &[]);
    let mut peer = Tls::connect(address, client_config(None, &VERSIONS));
    peer.ping(b"hello");
    let seen = fs::read(format!("/proc/{}/cmdline", server.pid())).expect("it runs");
    let seen = String::from_utf8_lossy(&seen).replace('\0', " ");
    let given = format!(" tls-echo --cert {} --key {} 127.0.0.1:0 ", issued.cert(), issued.key());
    assert!(seen.ends_with(&given), "{seen:?}");
}
