//! Tests the program behind `--`: xport becomes it on success, and never runs it otherwise.

use crate::harness::*;

#[test]
fn xport_becomes_the_program() {
    let (_listener, open) = listening();
    let open = open.to_string();
    // The same process, its arguments, its environment, its stdin, its status.
    let script = "printf '%s|' \"$$\" \"$0\" \"$@\" \"$SECRET\"; cat; exit 7";
    let mut command = command(["wait", &open, "--", "sh", "-c", script, "a b", "", "--for", "-v"]);
    command.env("SECRET", "kept");
    let mut run = Background::spawn(command);
    run.stdin().write_all(b"all of it").expect("a pipe");
    let pid = run.pid();
    let output = run.finish();
    gave(&output, 7, format!("{pid}|a b||--for|-v|kept|all of it"));
    assert!(output.stderr.is_empty(), "{}", text(&output));
}

/// The program has the signals, the descriptors and the limits that it would have without xport.
#[test]
fn the_program_gets_nothing_of_xport() {
    let (issued, _server, secure) = tls_server("tls-echo", &[]);
    let (_listener, open) = listening();
    let services = [open.to_string(), format!("localhost:{}", open.port()), format!("tls:{secure},ca={}", issued.ca())];
    for look in ["exec grep '^Sig[BI]' /proc/self/status", "exec ls /proc/self/fd", "ulimit -Sa"] {
        // What another program has arranged for this process stays, such as an ignored signal.
        for before in ["ulimit -Sn 100", "trap '' HUP; exec 5</dev/null", "trap '' XFSZ"] {
            let run = |services: &[String]| {
                let line = if services.is_empty() { "exec" } else { "exec \"$0\" wait" };
                let mut command = by_shell(format!("{before}; {line} \"$@\""));
                command
                    .args(services)
                    .args(if services.is_empty() { &[][..] } else { &["--"] })
                    .args(["sh", "-c", look]);
                let output = Background::spawn(command).finish();
                assert_eq!(output.status.code(), Some(0), "{look}: {}", text(&output));
                String::from_utf8(output.stdout).expect("text")
            };
            assert_eq!(run(&services), run(&[]), "{look}, {before}");
        }
    }
}

#[test]
fn a_failure_never_runs_the_program() {
    let (_issued, _server, secure) = tls_server("tls-echo", &[]);
    let (_socket, closed) = refusing();
    let (_listener, open) = listening();
    for (line, status) in [
        (format!("{closed}"), 3),
        (format!("{open} {closed}"), 3),
        (format!("--for 50ms {closed}"), 124),
        (format!("--for 50ms {open} {closed}"), 124),
        (format!("tls:{secure}"), 5),
        (format!("--gone {open}"), 3),
        (format!("--every 1s {open}"), 2),
        ("--ca ./none.pem tls:localhost:1".to_owned(), 2),
    ] {
        let output = outcome(["wait"].into_iter().chain(line.split(' ')).chain(["--", "echo", "ran"]));
        assert_eq!((output.status.code(), &*output.stdout), (Some(status), &b""[..]), "{line}: {}", text(&output));
    }
}

/// A program that is not there is reported at once, and not after the wait.
#[test]
fn a_program_that_cannot_run_has_the_statuses_of_exec() {
    let (_socket, closed) = refusing();
    let (_listener, open) = listening();
    let folder = folder();
    let (plain, odd) = (folder.path().join("plain"), folder.path().join("odd"));
    fs::write(&plain, "").expect("a file");
    write_script(&odd, "echo no shell runs this\n");
    let [plain, odd] = [plain, odd].map(|path| path.display().to_string());
    for (program, status, message) in [
        ("no-such-program", 127, "exec no-such-program: No such file or directory"),
        ("./none", 127, "exec ./none: No such file or directory"),
        ("echo ran", 127, "exec echo ran: No such file or directory (this is one word: --shell runs"),
        (&plain, 126, "Permission denied"),
        ("/", 126, "Permission denied"),
    ] {
        let (output, time) = timed(|| outcome(["wait", "--for", "60s", &closed.to_string(), "--", program]));
        ended(&output, status, message);
        assert!(time < Duration::from_secs(30), "it waited {time:?}");
    }
    // Only the kernel can tell this.
    ended(&outcome(["wait", &open.to_string(), "--", &odd]), 126, "Exec format error");
    let output = outcome(["wait", &open.to_string(), "--", ""]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(text(&output).contains("the program name is empty"), "{}", text(&output));
}

/// The program is looked for in `PATH`.
#[test]
fn the_program_is_found_in_the_path() {
    let (_listener, open) = listening();
    let folder = folder();
    write_script(&folder.path().join("own-tool"), "#!/bin/sh\necho \"$1\"\n");
    let mut command = xport(["wait", &open.to_string(), "--", "own-tool", "found"]);
    let path = format!("/nowhere:{}:/usr/bin:/bin", folder.path().display());
    printed(&command.env("PATH", path).output().expect("a run"), "found\n");
}
