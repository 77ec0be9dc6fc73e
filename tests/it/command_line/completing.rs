//! Tests that the real shells complete what a user types. `generated.rs` tests that the committed files are up to date.
//!
//! bash and zsh run on a terminal, where the test presses the tabulator. fish is asked by a command.

use crate::harness::*;

/// A line, what is offered at its end, and what is not. A shell can show the end of a word only.
type Case = (&'static str, &'static [&'static str], &'static [&'static str]);

const CASES: &[Case] = &[
    // Modes, options, and values.
    ("xport tcp-", &["tcp-client", "tcp-server", "tcp-echo"], &["tls-client"]),
    ("xport -v --color never rel", &["relay"], &[]),
    ("xport hel", &["help"], &[]),
    ("xport help sc", &["scan"], &[]),
    ("xport scan loc", &["localhost"], &[]),
    ("xport --color a", &["auto", "always"], &["never"]),
    ("xport tls --allow", &["--allow-truncation"], &["--allow"]),
    ("xport tcp-client --connect", &["--connect", "--connect-timeout"], &["--ca"]),
    ("xport subprocess --std", &["--stdin"], &[]),
    ("xport tls-client --starttls p", &["pop3", "postgres"], &["smtp"]),
    ("xport tls-client --tls-min=1", &["1.2", "1.3"], &[]),
    ("xport tcp-client --half-close n", &["now", "never"], &["auto"]),
    ("xport tcp-client --keepalive o", &["off"], &[]),
    ("xport exec --env XPORT_TEST_", &["XPORT_TEST_A", "XPORT_TEST_B"], &[]),
    // Users, and groups behind a colon. Every system has these two.
    ("xport unix-server --owner roo", &["root"], &[]),
    ("xport unix-server --owner root:roo", &["root:root"], &[]),
    ("xport unix-server --owner :daem", &[":daemon"], &[]),
    ("xport unix-server --owner=root:daem", &["root:daemon"], &[]),
    ("xport listen ./s,owner=daem", &["./s,owner=daemon"], &[]),
    ("xport listen ./s,owner=root:daem", &["./s,owner=root:daemon"], &[]),
    ("xport tcp-client --raw --escape no", &["none"], &[]),
    // Files only where a file is meant.
    ("xport tls-client --ca cert-", &["cert-x.pem"], &[]),
    ("xport tls-client --ca=cert-", &["cert-x.pem"], &[]),
    ("xport tcp-client --timeout cert-", &[], &["cert-x.pem"]),
    ("xport tcp-client cert-", &[], &["cert-x.pem"]),
    ("xport unix-client ./sock-", &["./sock-a", "./sock-b"], &[]),
    ("xport relay - unix:./sock-", &["unix:./sock-a", "unix:./sock-b"], &[]),
    ("xport relay - tls:h:1,retry=2,ca=cert-", &["tls:h:1,retry=2,ca=cert-x.pem"], &[]),
    ("xport tcp-client h:1 < cert-", &["cert-x.pem"], &[]),
    // Hosts, of `/etc/hosts` and of ssh.
    ("xport tcp-client bui", &["build-1:"], &[]),
    ("xport tcp-client --connect dee", &["deep.example:"], &[]),
    ("xport tcp-client b", &["build-1:"], &["badhost:", "badhost"]),
    ("xport relay - tls:bui", &["tls:build-1:"], &[]),
    ("xport connect dee", &["deep.example:"], &[]),
    ("xport tcp-server loc", &["localhost:"], &[]),
    ("xport listen tcp-listen:127", &["tcp-listen:127.0.0.1:"], &[]),
    // Endpoints, and their options.
    ("xport relay tcp", &["tcp:", "tcp-listen:"], &["tls:"]),
    ("xport relay - tl", &["tls:", "tls-listen:"], &["tcp:"]),
    ("xport relay --retry 3 - ex", &["exec:"], &["tcp:"]),
    ("xport connect u", &["unix:", "udp:"], &["unix-listen:", "udp-listen:"]),
    ("xport echo tls-", &["tls-listen:"], &["tls:"]),
    ("xport exec --connect t", &["tcp:", "tls:"], &["tcp-listen:"]),
    ("xport exec --listen tcp", &["tcp:", "tcp-listen:"], &["udp:"]),
    ("xport exec --listen=unix-l", &["unix-listen:"], &[]),
    ("xport wait htt", &["http://", "https://"], &[]),
    ("xport relay - tls:h:1,ca", &["tls:h:1,ca="], &["tls:h:1,client-ca="]),
    ("xport relay - tls:h:1,ca=c,in", &["tls:h:1,ca=c,insecure"], &["tls:h:1,ca=c,retry="]),
    ("xport relay - tls:h:1,tls-min=1", &["tls:h:1,tls-min=1.2", "tls:h:1,tls-min=1.3"], &[]),
    ("xport connect h:1,ret", &["h:1,retry=", "h:1,retry-delay="], &["h:1,numeric"]),
    ("xport connect tls:h:1,start", &["tls:h:1,starttls="], &[]),
    ("xport relay - tcp:h:1,cr", &["tcp:h:1,crlf"], &[]),
    ("xport echo tcp-listen:1,cr", &[], &["tcp-listen:1,crlf"]),
    ("xport listen ./s,mo", &["./s,mode="], &["./s,retry="]),
    ("xport listen tcp-listen:1,m", &[], &["tcp-listen:1,max-conns="]),
    // Programs, and what they complete.
    ("xport exec -- xport-test-", &["xport-test-a", "xport-test-b"], &[]),
    ("xport exec --pty xport-test-", &["xport-test-a", "xport-test-b"], &[]),
    ("xport exec --shell xport-test-", &["xport-test-a", "xport-test-b"], &[]),
    ("xport exec -- cat cert-", &["cert-x.pem"], &[]),
    ("xport exec --env A=b cat cert-", &["cert-x.pem"], &[]),
    ("xport wait :1 -- xport-test-", &["xport-test-a", "xport-test-b"], &[]),
    ("xport relay - exec:xport-test-", &["exec:xport-test-a", "exec:xport-test-b"], &[]),
];

const KNOWN_HOSTS: &str = "\
# a comment
build-1,10.9.8.7 ssh-ed25519 AAAA
[deep.example]:2222 ssh-ed25519 AAAA
|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-ed25519 AAAA
@revoked badhost ssh-ed25519 AAAA
@cert-authority *.example ssh-ed25519 AAAA
b*.example,!bx.example ssh-ed25519 AAAA
2001:db8::1 ssh-ed25519 AAAA
last";

fn script(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(name).to_str().expect("text").to_owned()
}

/// A home with files, hosts and programs.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        let home = TempDir::new().expect("a folder");
        let write = |name: &str, text: &str| fs::write(home.path().join(name), text).expect("a file");
        fs::create_dir_all(home.path().join(".ssh")).expect("a folder");
        fs::create_dir_all(home.path().join("bin")).expect("a folder");
        write(".ssh/known_hosts", KNOWN_HOSTS);
        for name in ["cert-x.pem", "sock-a", "sock-b"] {
            write(name, "");
        }
        for name in ["bin/xport-test-a", "bin/xport-test-b"] {
            write(name, "#!/bin/sh\n");
            fs::set_permissions(home.path().join(name), PermissionsExt::from_mode(0o755)).expect("a mode");
        }
        Self(home)
    }

    /// A shell at home, or `None` if it is not installed.
    fn shell(&self, name: &str, args: &[&str]) -> Option<Command> {
        let folders = std::env::var("PATH").unwrap_or_default();
        if !folders.split(':').any(|folder| Path::new(folder).join(name).exists()) {
            eprintln!("skipped: there is no {name}");
            return None;
        }
        let mut command = Command::new(name);
        command.args(args).current_dir(self.0.path()).env_clear().env("HOME", self.0.path());
        command.env("PATH", format!("{}:{folders}", self.0.path().join("bin").display()));
        command.envs([("XPORT_TEST_A", "1"), ("XPORT_TEST_B", "1"), ("LC_ALL", "C"), ("INPUTRC", "/dev/null")]);
        Some(command)
    }
}

/// Words that a shell can show for an offered word: the word, or its end behind a mark.
fn shown(word: &str) -> Vec<&str> {
    let mut shown = vec![word];
    for (at, _) in word.match_indices([':', '=', ',']) {
        shown.push(&word[at + 1..]);
    }
    shown.push(word.trim_start_matches("./"));
    shown.push(word.trim_start_matches("unix:./"));
    let short = Vec::from_iter(shown.iter().filter_map(|word| word.strip_suffix(':')));
    shown.extend(short);
    shown.retain(|word| !word.is_empty());
    shown
}

#[track_caller]
fn check(shell: &str, (line, offered, others): Case, output: &str) {
    // fish shows a value together with its option.
    let value = |word: &'_ str| word.strip_prefix("--").and_then(|word| Some(word.split_once('=')?.1.to_owned()));
    let mut found = Vec::from_iter(output.split_whitespace().map(str::to_owned));
    found.extend(Vec::from_iter(found.iter().filter_map(|word| value(word))));
    let has = |word: &str| shown(word).iter().any(|word| found.iter().any(|other| other == word));
    for word in offered {
        assert!(has(word), "{shell}: {line}: no {word} in {output:?}");
    }
    for word in others {
        assert!(!has(word), "{shell}: {line}: {word} in {output:?}");
    }
}

/// Removes escape sequences, bells and padding.
fn plain(output: &str) -> String {
    let mut text = String::new();
    let mut chars = output.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' if chars.next_if_eq(&'[').is_some() => {
                while chars.next().is_some_and(|c| !c.is_ascii_alphabetic()) {}
            }
            '\x1b' => drop(chars.next()),
            '\r' => text.push('\n'),
            c if c.is_control() && c != '\n' => (),
            c => text.push(c),
        }
    }
    text
}

/// Types each line and a tabulator in a shell on a terminal, and checks what the shell shows then.
#[track_caller]
fn type_and_check(shell: &str, command: Command, setup: &str) {
    let terminal = Terminal::new();
    terminal.resize(200, 400);
    let mut command = command;
    terminal.give_to(&mut command);
    command.stderr(terminal.slave.try_clone().expect("a copy")).env("TERM", "linux");
    let _shell = Background::spawn_with_stderr(command);
    // The sum is not in the text that is typed.
    let until = |number: usize, keys: &str| {
        terminal.type_in(&format!("{keys}\x15echo end-$(({number} + 1000))\n"));
        let (end, mut output) = (format!("end-{}", number + 1000), Vec::new());
        let mut master = terminal.master.try_clone().expect("a copy");
        // The shell reads keys once it shows its prompt. Before that, the terminal would edit the line.
        let is_ready = |output: &[u8]| {
            let shown = plain(&String::from_utf8_lossy(output));
            shown.rsplit_once(&format!("\n{end}")).is_some_and(|(_, rest)| rest.contains("ready> "))
        };
        loop {
            let byte = take(&mut master, 1);
            output.extend(&byte);
            if byte.is_empty() || byte == b" " && is_ready(&output) {
                break;
            }
        }
        let output = plain(&String::from_utf8_lossy(&output));
        output.rsplit_once("echo").map_or_else(|| output.clone(), |(before, _)| before.to_owned())
    };
    let started = until(0, &format!("{setup}\n"));
    for (index, case) in CASES.iter().enumerate() {
        check(shell, *case, &until(index + 1, &format!("{}\t", case.0)));
    }
    assert!(!started.contains("rror") && !started.contains("not found"), "{shell}: {started}");
}

#[test]
fn bash_completes_on_a_terminal() {
    let home = Home::new();
    let Some(command) = home.shell("bash", &["--norc", "--noprofile", "-i"]) else { return };
    let setup = format!(
        "PS1='ready> '; source '{}'; bind 'set show-all-if-ambiguous on' 'set completion-query-items -1' \
         'set page-completions off' 'set enable-bracketed-paste off' 'set bell-style none'",
        script("xport.bash")
    );
    type_and_check("bash", command, &setup);
}

#[test]
fn zsh_completes_on_a_terminal() {
    let home = Home::new();
    let Some(command) = home.shell("zsh", &["-f", "-i"]) else { return };
    let setup = format!(
        "PS1='ready> '; PROMPT_EOL_MARK=; unset zle_bracketed_paste; LISTMAX=100000; \
         setopt no_auto_menu no_list_ambiguous no_beep interactive_comments; \
         fpath=('{}' $fpath); autoload -U compinit; compinit -u -D",
        Path::new(&script("_xport")).parent().expect("a folder").display()
    );
    type_and_check("zsh", command, &setup);
}

#[test]
fn fish_completes() {
    let home = Home::new();
    let source = script("xport.fish");
    let mut asked = format!("source '{source}'\n");
    for (line, ..) in CASES {
        asked.push_str(&format!("echo ---; complete -C '{line}' | string replace -r '\\t.*' ''\n"));
    }
    let Some(mut command) = home.shell("fish", &["--no-config", "-c", &asked]) else { return };
    let output = command.output().expect("fish runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "fish");
    let output = String::from_utf8(output.stdout).expect("text");
    let answers = Vec::from_iter(output.split("---\n").skip(1));
    assert_eq!(answers.len(), CASES.len());
    for (case, answer) in CASES.iter().zip(answers) {
        // fish completes files behind a redirection by itself.
        if !case.0.contains('<') {
            check("fish", *case, answer);
        }
    }
}

/// The words of a line as bash takes them apart.
fn bash_words(line: &str, breaks: &[char]) -> Vec<String> {
    let mut words = Vec::new();
    for part in line.split(' ') {
        let mut word = String::new();
        for c in part.chars() {
            let is_break = breaks.contains(&c);
            if word.ends_with(breaks) != is_break && !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            word.push(c);
        }
        words.push(word);
    }
    words
}

/// The function of bash gets the words as bash makes them: with a strict shell, with and without bash-completion, and
/// with colons and equals signs that do not end words.
#[test]
fn bash_completes_whatever_the_set_up() {
    let home = Home::new();
    let source = script("xport.bash");
    let extra = "/usr/share/bash-completion/bash_completion";
    for (setup, breaks) in [
        ("set -u".to_owned(), &[':', '='][..]),
        (format!("[[ -r {extra} ]] && source {extra}"), &[':', '=']),
        ("COMP_WORDBREAKS=$' \\t\\n\"\\'><;|&('".to_owned(), &[]),
    ] {
        let mut asked = format!("{setup}; source '{source}'\n");
        for (line, ..) in CASES {
            let words = Vec::from_iter(bash_words(line, breaks).iter().map(|word| format!("'{word}'"))).join(" ");
            asked.push_str(&format!(
                "echo ---; COMP_LINE='{line}' COMP_POINT={} COMP_TYPE=9 COMP_KEY=9 COMP_WORDS=({words})\n\
                 COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 ))\n\
                 _xport xport \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
                line.len()
            ));
        }
        let Some(mut command) = home.shell("bash", &["--norc", "--noprofile", "-c", &asked]) else { return };
        let output = command.output().expect("bash runs");
        // bash-completion reports that no completion is under way.
        if !setup.contains(extra) {
            assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{setup}");
        }
        let output = String::from_utf8(output.stdout).expect("text");
        let answers = Vec::from_iter(output.split("---\n").skip(1));
        assert_eq!(answers.len(), CASES.len(), "{setup}");
        for (case, answer) in CASES.iter().zip(answers) {
            check(&format!("bash after {setup:?}"), *case, answer);
        }
    }
}

/// Completion never executes the text that a user has typed.
#[test]
fn bash_does_not_evaluate_what_it_completes() {
    let home = Home::new();
    let source = script("xport.bash");
    for line in ["xport relay - 'tcp:$(touch ran),re", "xport tls --ca '$(touch ran)", "xport $(touch ran) x"] {
        let asked = format!(
            "source '{source}'; COMP_LINE=$1 COMP_POINT=${{#1}}; IFS=' ' read -ra COMP_WORDS <<< \"$1\"
             COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); _xport; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let Some(mut command) = home.shell("bash", &["-c", &asked, "bash", line]) else { return };
        let output = command.output().expect("bash runs");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{line}");
        assert!(!home.0.path().join("ran").exists(), "{line}");
    }
}

/// A file of hosts that is missing, empty, or a folder is no error.
#[test]
fn completions_need_no_known_hosts() {
    let home = Home::new();
    let file = home.0.path().join(".ssh/known_hosts");
    let ask_bash = format!(
        "source '{}'; COMP_LINE='xport tcp-client l' COMP_POINT=18 COMP_WORDS=(xport tcp-client l) COMP_CWORD=2; \
            _xport",
        script("xport.bash")
    );
    let ask_fish = format!("source '{}'; complete -C 'xport tcp-client l' >/dev/null", script("xport.fish"));
    for state in ["empty", "missing", "folder"] {
        fs::remove_file(&file).ok();
        match state {
            "empty" => fs::write(&file, "").expect("a file"),
            "folder" => fs::create_dir(&file).expect("a folder"),
            _ => (),
        }
        for (shell, args) in [("bash", ["-c", &ask_bash]), ("fish", ["-c", &ask_fish])] {
            if let Some(mut command) = home.shell(shell, &args) {
                let output = command.output().expect("it runs");
                assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{shell}, {state}");
            }
        }
    }
}
