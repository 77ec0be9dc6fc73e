//! Lines that people type by mistake or from habit, and the one line that answers each of them.
//!
//! Each wrong line is refused with status 2. The answer is the error and the line to type, and nothing else. The
//! program accepts the line to type: it is run without room for descriptors, so it is not refused, and opens nothing.

mod hurried;
mod peers;
mod programs;
mod xport;

use crate::harness::*;

use hurried::{HURRIED, OTHER_WAYS, VALUES};
use peers::{NETCAT, OTHERS};
use programs::{ADDRESSES, PAGES, SCANS, WAITS};
use xport::{ENDS, NAMES, OVER_TLS};

/// `TYPED => ERROR => LINE`: what was typed after `xport`, as a shell reads it; the error; and the line to type after
/// `xport`. Without a line, the error is all.
type Case = &'static str;

/// Modes and options that not every version of the program has.
const LATER: [&str; 8] =
    ["scan", "--quit-after", "--recv-buffer", "--send-buffer", "--tos", "--ttl", "--tls-max", "--show-chain"];

/// Whether this program lacks a mode or an option of a line.
fn lacks(line: &str) -> bool {
    let Some(word) = line.split(' ').find(|word| LATER.contains(word)) else { return false };
    let mode = line.split(' ').next().unwrap_or_default();
    let help = outcome([mode, "--help"]);
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    help.is_empty() || word.starts_with("--") && !help.split_whitespace().any(|other| other == word)
}

/// A folder with a file of each kind that a line can name.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, mode) in [("handler", 0o755), ("my handler", 0o755), ("text", 0o644)] {
        let path = folder.path().join(name);
        fs::write(&path, "#!/bin/sh\n").expect("a file");
        fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("its mode is set");
    }
    fs::create_dir(folder.path().join("folder")).expect("a folder");
    folder
}

/// Runs a line in a shell, with `before` in front of it.
fn run(before: &str, line: &str, folder: &Path) -> Output {
    let mut command = assert_cmd::Command::new("sh");
    command.args(["-c", &format!("{before} exec \"$0\" {line}")]).arg(program());
    command.timeout(DEADLINE).current_dir(folder).env_clear().env("PATH", "/usr/bin:/bin").write_stdin("");
    command.output().expect("a run")
}

/// What is wrong with the answer to a line, if something is.
fn fault(case: Case, folder: &Path) -> Option<String> {
    let mut parts = case.split(" => ");
    let [typed, error, line] = [(); 3].map(|()| parts.next().unwrap_or_default());
    if lacks(line) {
        eprintln!("skipped: this program has no '{line}'");
        return None;
    }
    let output = run("", typed, folder);
    let said = String::from_utf8_lossy(&output.stderr);
    let (first, rest) = said.split_once('\n').unwrap_or((&said, ""));
    let expected = if line.is_empty() { String::new() } else { format!("try: xport {line}\n") };
    let is_said = match error.strip_suffix("its options are") {
        Some(_) => first.starts_with(&format!("xport: {error} ")),
        None => first == format!("xport: {error}"),
    };
    if output.status.code() != Some(2) || !output.stdout.is_empty() || !is_said || rest != expected {
        return Some(format!("xport {typed}\n  said {said:?}\n  not  {error:?} and {expected:?}"));
    }
    if line.is_empty() || ["PORT", "PATH", "CMD"].iter().any(|word| line.contains(word)) {
        return None;
    }
    // Without room for a descriptor nothing is opened. A missing file or terminal has the status of usage too.
    // A shell needs a descriptor for a redirection.
    let line = [" < ", " | man "].iter().find_map(|end| Some(line.split_once(end)?.0)).unwrap_or(line);
    let output = run("ulimit -n 4;", line, folder);
    let said = String::from_utf8_lossy(&output.stderr);
    let is_help = line.ends_with("--help");
    let is_file =
        ["No such file", "Too many open files", "needs a terminal"].iter().any(|reason| said.contains(reason));
    let is_accepted = match output.status.code() {
        Some(0) => is_help || !output.stdout.is_empty(),
        Some(2) => is_file,
        _ => !is_help && !said.contains("try: "),
    };
    (!is_accepted).then(|| format!("xport {typed}\n  was answered by {line:?}\n  which is refused: {said:?}"))
}

#[track_caller]
fn check(cases: &[Case]) {
    let folder = folder();
    let faults = Vec::from_iter(cases.iter().filter_map(|case| fault(case, folder.path())));
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn lines_of_netcats_are_answered() {
    check(NETCAT);
}

#[test]
fn lines_of_socat_and_openssl_are_answered() {
    check(OTHERS);
}

#[test]
fn misspelled_names_are_answered() {
    check(NAMES);
}

#[test]
fn misplaced_ends_are_answered() {
    check(ENDS);
}

#[test]
fn lines_over_tls_stay_over_tls() {
    check(OVER_TLS);
}

#[test]
fn lines_of_scanners_and_waiters_are_answered() {
    check(SCANS);
    check(WAITS);
}

#[test]
fn addresses_of_other_programs_are_answered() {
    check(PAGES);
    check(ADDRESSES);
}

#[test]
fn lines_that_xport_writes_otherwise_are_answered() {
    check(OTHER_WAYS);
    // A word in quotes is an argument, and the scheme of a URL may be in capitals.
    let folder = folder();
    for line in ["relay - \"exec:printf '>%s' x\" ", "wait HTTP://127.0.0.1:1/"] {
        let output = run("", line, folder.path());
        assert_ne!(output.status.code(), Some(2), "{line}: {}", text(&output));
    }
}

#[test]
fn hurried_lines_are_answered() {
    check(HURRIED);
}

#[test]
fn wrong_values_are_answered() {
    check(VALUES);
}

/// A listener on the loopback that admits other machines only is started with a warning, which has the line that serves
/// these machines.
#[test]
fn a_listener_that_no_client_can_reach_is_told() {
    const WARNING: &str = "xport: --allow admits no client of the loopback, where this listens";
    const INSTEAD: &str = "; to listen on every interface: xport ";
    let folder = folder();
    for (typed, line) in [
        ("tcp-server --allow 10.0.0.0/8 :9899", "tcp-server --allow 10.0.0.0/8 '*:9899'"),
        ("udp-echo --allow=10.0.0.0/8 9899", "udp-echo --allow=10.0.0.0/8 '*:9899'"),
        ("tcp-echo --listen 127.0.0.1:98 --allow 10.0.0.1", "tcp-echo --listen '*:98' --allow 10.0.0.1"),
        ("listen tcp-listen:98,allow=10.0.0.1,crlf", "listen 'tcp-listen:*:98,allow=10.0.0.1,crlf'"),
        ("relay --allow 10.0.0.1 tcp-listen:98 :99", "relay --allow 10.0.0.1 'tcp-listen:*:98' :99"),
        ("exec --allow 10.0.0.1 --listen :98 -- cat :98", "exec --allow 10.0.0.1 --listen '*:98' -- cat :98"),
        // Every place of these lines would change, and not each of them has the list.
        ("echo 127.0.0.1:98,allow=10.0.0.1 127.0.0.1:99", "no line"),
        ("echo :98,allow=10.0.0.1 unix-listen:./s", "no line"),
        ("tcp-server --allow 10.0.0.0/8 '*:9899'", ""),
        ("tcp-server --allow 10.0.0.0/8,127.0.0.5 :9899", ""),
        ("tcp-server --allow 0.0.0.0/0 :9899", ""),
        ("tcp-server --deny 10.0.0.0/8 :9899", ""),
        ("-q tcp-server --allow 10.0.0.0/8 :9899", ""),
    ] {
        // Without room for a descriptor nothing is opened.
        let output = run("ulimit -n 4;", typed, folder.path());
        let said = String::from_utf8_lossy(&output.stderr);
        let warning = said.lines().find_map(|said| said.strip_prefix(WARNING));
        let warning = warning.map(|rest| rest.strip_prefix(INSTEAD).unwrap_or("no line"));
        assert_eq!(warning.unwrap_or_default(), line, "{typed}: {said}");
        assert_ne!(output.status.code(), Some(2), "{typed}: {said}");
    }
}

/// The word `help` means `--help`, unless it cannot be the word.
#[test]
fn help_is_a_word_too() {
    for (line, option) in [
        ("help", "--help"),
        ("help help", "--help"),
        ("-v help", "--help"),
        ("help --help", "--help"),
        ("help tcp-client", "tcp-client --help"),
        ("help tls", "tls-client --help"),
        ("tcp-client help", "tcp-client --help"),
        ("unix-client help", "unix-client --help"),
        ("relay help", "relay --help"),
        ("exec help", "exec --help"),
        ("echo help -v", "echo --help"),
    ] {
        let [word, expected] = [line, option].map(|line| outcome(line.split(' ')));
        ended(&word, 0, "");
        assert!(word.stdout.len() > 500, "{line}");
        assert_eq!(String::from_utf8_lossy(&word.stdout), String::from_utf8_lossy(&expected.stdout), "{line}");
    }
    let folder = folder();
    for (line, status, reason) in [
        ("unix-client ./help", 3, "connect ./help"),
        ("exec -- help-me-not", 127, "help-me-not"),
        ("tcp-client help 0", 2, "port 0"),
        ("tcp-client --timeout help", 2, "invalid value 'help' for '--timeout <DUR>'"),
    ] {
        let output = run("", line, folder.path());
        assert_eq!(output.status.code(), Some(status), "{line}: {}", text(&output));
        assert!(output.stdout.is_empty() && text(&output).contains(reason), "{line}: {}", text(&output));
    }
}
