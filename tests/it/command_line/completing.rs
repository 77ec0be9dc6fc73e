//! Tests that the real shells complete endpoints. `generated.rs` tests that the committed files are up to date.

use std::path::Path;
use std::process::Command;

/// Lines, and the completions at their ends. `bash` completes only the text after the last colon or equals sign.
const LINES: &[(&str, &[&str], &[&str])] = &[
    ("xport relay tcp", &["tcp:", "tcp-listen:"], &["tls:"]),
    ("xport relay - tl", &["tls:", "tls-listen:"], &["tcp:"]),
    ("xport relay --retry 3 - ex", &["exec:"], &["tcp:"]),
    ("xport connect u", &["unix:", "udp:"], &["unix-listen:", "udp-listen:"]),
    ("xport echo tls-", &["tls-listen:"], &["tls:"]),
    ("xport exec --connect t", &["tcp:", "tls:"], &["tcp-listen:"]),
    ("xport exec --listen tcp", &["tcp:", "tcp-listen:"], &["udp:"]),
    ("xport relay - tls:h:1,ca", &["tls:h:1,ca="], &["tls:h:1,client-ca="]),
    ("xport relay - tls:h:1,ca=c,in", &["tls:h:1,ca=c,insecure"], &["tls:h:1,ca=c,retry="]),
    ("xport connect h:1,ret", &["h:1,retry=", "h:1,retry-delay="], &["h:1,numeric"]),
    ("xport connect tls:h:1,start", &["tls:h:1,starttls="], &[]),
    ("xport relay tls:h:1,start", &["tls:h:1,starttls="], &[]),
    ("xport relay - tcp:h:1,cr", &["tcp:h:1,crlf"], &[]),
    ("xport echo tcp-listen:1,cr", &[], &["tcp-listen:1,crlf"]),
    ("xport listen ./s,mo", &["./s,mode="], &["./s,retry="]),
    ("xport listen tcp-listen:1,m", &[], &["tcp-listen:1,max-conns="]),
];

fn file(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name).to_str().expect("text").to_owned()
}

/// The output of a shell, or `None` if the shell is not installed.
fn run(shell: &str, script: &str) -> Option<Vec<String>> {
    let folder = tempfile::tempdir().expect("a folder");
    let run = Command::new(shell).args(["-c", script]).current_dir(&folder).env("HOME", folder.path()).output();
    let Ok(output) = run else {
        eprintln!("skipped: there is no {shell}");
        return None;
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    assert_eq!(text(&output.stderr), "", "{shell}: {script}");
    // fish prints a description after a tabulator.
    let word = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
    Some(text(&output.stdout).lines().map(word).collect())
}

#[track_caller]
fn check(shell: &str, ask: impl Fn(&str) -> String, shown: impl Fn(&str) -> String) {
    for (line, offered, others) in LINES {
        let Some(found) = run(shell, &ask(line)) else { return };
        for word in *offered {
            assert!(found.contains(&shown(word)), "{shell}: {line}: {found:?} without {word}");
        }
        for word in *others {
            assert!(!found.contains(&shown(word)), "{shell}: {line}: {found:?} with {word}");
        }
    }
}

#[test]
fn fish_completes_endpoints() {
    let source = file("xport.fish");
    check("fish", |line| format!("source '{source}'; complete -C '{line}'"), str::to_owned);
}

#[test]
fn bash_completes_endpoints() {
    let source = file("xport.bash");
    let ask = |line: &str| {
        format!(
            "source '{source}'; COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; COMP_WORDS=({line}); \
             COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); \
             _xport_or_endpoints xport \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        )
    };
    let shown = |word: &str| {
        let behind = |c: char| word[..word.len() - 1].rfind(c).map_or(0, |at| at + 1);
        word[behind(':').max(behind('='))..].to_owned()
    };
    check("bash", ask, shown);
}

/// Completion never executes the text that a user has typed.
#[test]
fn bash_does_not_evaluate_what_it_completes() {
    let source = file("xport.bash");
    let line = r#"xport relay - 'tcp:$(touch ran),re"#;
    let script = format!(
        r#"source '{source}'; COMP_LINE=$1; COMP_POINT=${{#COMP_LINE}}; _xport_endpoints; printf '%s\n' "${{COMPREPLY[@]}}""#
    );
    let folder = tempfile::tempdir().expect("a folder");
    let run = Command::new("bash").args(["-c", &script, "bash", line]).current_dir(&folder).output();
    if run.is_err() {
        return eprintln!("skipped: there is no bash");
    }
    assert!(!folder.path().join("ran").exists());
}

/// The functions of zsh's completion are replaced by functions that print their arguments.
#[test]
fn zsh_completes_endpoints() {
    let source = file("_xport");
    let ask = |line: &str| {
        let words = Vec::from_iter(line.split(' '));
        let (mode, word) = (words[1], words[words.len() - 1]);
        let place = if mode == "exec" { format!("exec{}", words[2]) } else { mode.to_owned() };
        format!(
            "function compdef _files {{ }}; function compadd {{ shift 3; print -rl -- $@ }}; source '{source}'; \
             PREFIX='{word}'; for i in ${{(f)\"$(_xport_endpoints {place})\"}}; do [[ $i == $PREFIX* ]] && print -r -- $i; done; \
             true"
        )
    };
    check("zsh", ask, str::to_owned);
}
