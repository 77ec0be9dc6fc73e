//! Every line with xport in README and `docs/` is a line that xport accepts.

use super::shell::calls;
use super::{Page, pages};
use std::ffi::OsString;

use xport::cli;

/// What a page writes instead of a pin.
const PINS: [&str; 2] = ["sha256:9d1c…", "sha256:HEX"];

/// The text of each span of code in a line of prose, as markdown has it. In a table, a bar needs a backslash.
fn spans(line: &str) -> Vec<String> {
    let in_table = line.starts_with('|');
    let spans = line.split('`').skip(1).step_by(2);
    spans.map(|span| if in_table { span.replace("\\|", "|") } else { span.to_owned() }).collect()
}

/// The lines of a page with the number of each. A span of code counts if it begins as a line of xport, has more than a
/// mode, and has no placeholder.
fn lines_of(page: &Page) -> Vec<(usize, String)> {
    let is_line = |span: &String| {
        let placeholder = ["MODE", "LEFT", "SHELL", "xport …"].iter().any(|word| span.contains(word));
        span.starts_with("xport ") && span.split(' ').count() > 2 && !placeholder
    };
    let spans = page.prose().into_iter().flat_map(|(number, line)| spans(line).into_iter().map(move |s| (number, s)));
    page.commands().into_iter().chain(spans.filter(|(_, span)| is_line(span))).collect()
}

#[test]
fn xport_accepts_every_line_of_the_pages() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        for (number, line) in lines_of(&page) {
            let pin = format!("sha256:{}", "0".repeat(64));
            let real = PINS.iter().fold(line.clone(), |line, drawn| line.replace(drawn, &pin));
            for arguments in calls(&real) {
                count += 1;
                let words = ["xport".to_owned()].into_iter().chain(arguments).map(OsString::from);
                if let Err(error) = cli::parse(words) {
                    wrong.push(format!("{}:{number}: {line}\n{error}", page.path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(count > 150, "only {count} lines were found");
}

/// Some pages show a wrong line, and the answer of xport.
#[test]
fn wrong_lines_get_the_answers_on_the_pages() {
    let mut count = 0;
    for page in pages() {
        for (command, answer) in page.answers() {
            let words = calls(&command).remove(0);
            let error = cli::parse(["xport".to_owned()].into_iter().chain(words).map(OsString::from));
            let error = error.expect_err(&command).to_string();
            assert_eq!(error, answer, "{}: {command}", page.path.display());
            count += 1;
        }
    }
    assert!(count > 0, "no page shows a wrong line any more");
}

#[test]
fn a_line_with_an_unknown_option_is_found() {
    let text = "Run `xport tcp-echo :1`, or `xport wait`.\n```sh\n# A comment.\n\
        printf a |\n    xport tcp-client --nosuch h:1\n```\n";
    let page = Page { path: "a.md".into(), text: text.to_owned() };
    let lines = lines_of(&page);
    assert_eq!(
        lines,
        [(4, "printf a |\n    xport tcp-client --nosuch h:1".to_owned()), (1, "xport tcp-echo :1".to_owned())]
    );
    let [wrong, right] = [0, 1].map(|line| {
        let words = calls(&lines[line].1).remove(0);
        cli::parse(["xport".to_owned()].into_iter().chain(words).map(OsString::from))
    });
    assert!(wrong.is_err() && right.is_ok());
}
