//! Finds the calls of xport in a line of the shell, without running it.

/// The arguments of each call of xport, without the name of the program.
pub(super) fn calls(line: &str) -> Vec<Vec<String>> {
    simple_commands(line).into_iter().filter_map(arguments).collect()
}

/// The arguments of a simple command, if its program is xport.
fn arguments(mut words: Vec<String>) -> Option<Vec<String>> {
    // The shell's own words before a command, and variables.
    const BEFORE: [&str; 9] = ["if", "while", "until", "then", "do", "else", "!", "exec", "{"];
    while words.first().is_some_and(|word| BEFORE.contains(&word.as_str()) || word.contains('=')) {
        words.remove(0);
    }
    let program = words.first()?;
    if program == "cargo" && words.get(1).is_some_and(|word| word == "run") {
        let end = words.iter().position(|word| word == "--")?;
        return Some(words.split_off(end + 1));
    }
    (program == "xport" || program.ends_with("/xport")).then(|| words.split_off(1))
}

/// The words of each simple command. Quotes are removed, redirections and comments are left out.
fn simple_commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    // The current word, if there is one, and whether it is the file of a redirection.
    let mut word: Option<String> = None;
    let mut is_file = false;
    let mut chars = line.chars().peekable();
    let end_word = |word: &mut Option<String>, is_file: &mut bool, commands: &mut Vec<Vec<String>>| {
        let Some(word) = word.take() else { return };
        if !std::mem::take(is_file) {
            commands.last_mut().expect("there is always one").push(word);
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\'' => word.get_or_insert_default().extend(chars.by_ref().take_while(|&c| c != '\'')),
            '"' => {
                let word = word.get_or_insert_default();
                while let Some(c) = chars.next().filter(|&c| c != '"') {
                    word.push(if c == '\\' { chars.next().unwrap_or(c) } else { c });
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next().filter(|&c| c != '\n')),
            '#' if word.is_none() => while chars.next().is_some_and(|c| c != '\n') {},
            '<' | '>' => {
                // A number directly before it is the descriptor.
                if word.as_ref().is_some_and(|word| word.chars().all(|c| c.is_ascii_digit())) {
                    word = None;
                }
                end_word(&mut word, &mut is_file, &mut commands);
                while chars.next_if(|c| matches!(c, '<' | '>' | '&')).is_some() {}
                is_file = true;
            }
            '|' | '&' | ';' | '(' | ')' | '\n' => {
                end_word(&mut word, &mut is_file, &mut commands);
                commands.push(Vec::new());
            }
            c if c.is_whitespace() => end_word(&mut word, &mut is_file, &mut commands),
            c => word.get_or_insert_default().push(c),
        }
    }
    end_word(&mut word, &mut is_file, &mut commands);
    commands.retain(|words| !words.is_empty());
    commands
}

#[test]
fn calls_are_found_as_a_shell_finds_them() {
    let cases: &[(&str, &[&[&str]])] = &[
        ("xport tcp-echo :8888", &[&["tcp-echo", ":8888"]]),
        ("xport a '*:1' < in > out 2>&1 # xport b", &[&["a", "*:1"]]),
        ("tar cf - dir | xport a h:1 && xport b", &[&["a", "h:1"], &["b"]]),
        ("if x=$(echo 'a | b' | xport c \"d e\"); then xport f; fi", &[&["c", "d e"], &["f"]]),
        ("A=1 exec target/debug/xport a\\ b", &[&["a b"]]),
        ("cargo run --locked -- tcp-echo :1", &[&["tcp-echo", ":1"]]),
        ("printf xport; echo xport b", &[]),
        ("xport exec --shell 'a > b' -- >f", &[&["exec", "--shell", "a > b", "--"]]),
    ];
    for (line, calls) in cases {
        assert_eq!(&super::shell::calls(line), calls, "{line}");
    }
}
