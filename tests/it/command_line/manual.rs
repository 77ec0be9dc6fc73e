//! Tests the manual pages as a reader has them. `src/cli/man.rs` tests that they are complete.

use crate::harness::*;
use std::collections::HashMap;

const PAGES: [&str; 2] = ["xport", "endpoints"];

fn source(page: &str) -> String {
    let output = Command::new(program()).args(["--man", page]).output().expect("the program starts");
    assert!(output.status.success(), "{}", text(&output));
    String::from_utf8(output.stdout).expect("text")
}

/// The text of a page without requests and escapes, in paragraphs. A term is a paragraph of its own.
fn paragraphs(page: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    let mut is_term = false;
    for line in source(page).lines() {
        if line.starts_with('.') {
            is_term = line == ".TP";
            paragraphs.push(String::new());
            continue;
        }
        let mut text = line.to_owned();
        for (escape, meaning) in [
            ("\\fB", ""),
            ("\\fI", ""),
            ("\\fR", ""),
            ("\\:", ""),
            ("\\&", ""),
            ("\\-", "-"),
            ("\\(aq", "'"),
            ("\\(ha", "^"),
            ("\\(ti", "~"),
            ("\\e", "\\"),
        ] {
            text = text.replace(escape, meaning);
        }
        let last = paragraphs.last_mut().expect("a paragraph");
        *last = format!("{last} {text}").trim().to_owned();
        if is_term {
            paragraphs.push(String::new());
            is_term = false;
        }
    }
    paragraphs.into_iter().filter(|paragraph| !paragraph.is_empty()).collect()
}

#[test]
fn no_sentence_is_in_the_pages_twice() {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for paragraph in PAGES.into_iter().flat_map(paragraphs) {
        for sentence in paragraph.split_inclusive(". ").map(str::trim) {
            let words = sentence.split(' ').filter(|word| word.chars().any(char::is_alphabetic)).count();
            if words >= 4 && sentence.ends_with('.') {
                *seen.entry(sentence.to_owned()).or_default() += 1;
            }
        }
    }
    assert!(seen.len() > 150, "only {} sentences", seen.len());
    let twice = Vec::from_iter(seen.iter().filter(|(_, count)| **count > 1));
    assert!(twice.is_empty(), "{twice:#?}");
}

#[test]
fn examples_and_exit_statuses_come_early() {
    let sections = |page| {
        let source = source(page);
        let titles = source.lines().filter_map(|line| line.strip_prefix(".SH \""));
        Vec::from_iter(titles.map(|title| title.trim_end_matches('"').to_owned()))
    };
    let program = sections("xport");
    assert_eq!(program[..7], ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "EXIT STATUS", "MODES", "OPTIONS"]);
    assert_eq!(sections("endpoints")[..5], ["NAME", "SYNOPSIS", "DESCRIPTION", "EXAMPLES", "KINDS"]);
}

/// The formatters find no mistake, on a usual and on a narrow terminal.
#[test]
fn the_formatters_accept_the_pages() {
    let folder = TempDir::new().expect("a folder");
    for page in PAGES {
        let path = folder.path().join(page);
        fs::write(&path, source(page)).expect("a file");
        for (program, args) in [("groff", &["-man", "-ww", "-z", "-Tutf8"][..]), ("mandoc", &["-Tlint", "-Wwarning"])] {
            match Command::new(program).args(args).arg(&path).output() {
                Err(_) => eprintln!("skipped: there is no {program}"),
                Ok(output) => {
                    let found =
                        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
                    // The pages have no date, because they must not change from day to day.
                    let faults = Vec::from_iter(found.lines().filter(|line| !line.contains("missing date")));
                    assert!(faults.is_empty(), "{program} {page}: {faults:#?}");
                }
            }
        }
    }
}
