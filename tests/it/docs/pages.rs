//! The shape of the pages: README fits a few screens, links lead somewhere, lines are not too long, and tables name
//! what the program has.

use super::{Page, pages};
use std::fs;

use xport::cli::man;

const README_LINES_MAX: usize = 150;

/// The anchors of a page: its headings, as code hosts make them.
fn anchors(page: &Page) -> Vec<String> {
    let headings = page.prose().into_iter().filter(|(_, line)| line.starts_with('#'));
    let slug = |heading: &str| -> String {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(|(_, line)| slug(line)).collect()
}

/// The targets of links and pictures, with the number of the line.
fn links(page: &Page) -> Vec<(usize, String)> {
    let target = |(number, rest): (usize, &str)| Some((number, rest.split_once(')')?.0.to_owned()));
    let in_line = |(number, line)| str::split(line, "](").skip(1).map(move |rest| (number, rest));
    page.prose().into_iter().flat_map(in_line).filter_map(target).collect()
}

/// What is wrong with a link of a page.
fn fault(page: &Page, link: &str) -> Option<String> {
    if link.starts_with("https://") {
        return None;
    }
    let (file, anchor) = link.split_once('#').map_or((link, None), |(file, anchor)| (file, Some(anchor)));
    let folder = page.path.parent().expect("a page is in a folder");
    let path = if file.is_empty() { page.path.clone() } else { folder.join(file) };
    if !super::root().join(&path).is_file() {
        return Some(format!("no file {}", path.display()));
    }
    let target = anchor.map(|anchor| (anchor, Page::read(path.to_str().expect("our names are ASCII"))));
    target.is_some_and(|(anchor, page)| !anchors(&page).iter().any(|known| known == anchor)).then(|| "no anchor".into())
}

#[test]
fn readme_is_short() {
    let lines = Page::read("README.md").text.lines().count();
    assert!(lines <= README_LINES_MAX, "README has {lines} lines; the details belong to docs/");
}

/// A newcomer and the checks of the repository need these two.
#[test]
fn readme_has_the_commands_that_run_and_test_xport() {
    let readme = Page::read("README.md").text;
    for command in ["cargo run --release --locked -- tcp-echo --listen 127.0.0.1:8888", "cargo test --locked"] {
        assert!(readme.contains(command), "README lacks {command:?}");
    }
    let checks = fs::read_to_string(super::root().join(".ci/run")).unwrap_or_default();
    assert!(checks.is_empty() || checks.lines().any(|line| line == "cargo test --locked"), "{checks}");
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    for page in pages() {
        for (number, link) in links(&page) {
            if let Some(fault) = fault(&page, &link) {
                wrong.push(format!("{}:{number}: {link}: {fault}", page.path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));

    let text = "# A b-c: `d`?\n[x](#a-b-c-d) [y](README.md) [z](#e) [z](nosuch.md)\n```\n[no](link)\n```\n";
    let page = Page { path: "SECURITY.md".into(), text: text.to_owned() };
    assert_eq!(anchors(&page), ["a-b-c-d"]);
    assert_eq!(links(&page).len(), 4);
    assert_eq!(fault(&page, "nosuch.md"), Some("no file nosuch.md".to_owned()));
    assert_eq!(fault(&page, "README.md#nosuch"), Some("no anchor".to_owned()));
    assert_eq!(fault(&page, "README.md#modes"), None);
}

/// Each page of `docs/` is found from README.
#[test]
fn readme_leads_to_every_page() {
    let readme = Page::read("README.md");
    let links = Vec::from_iter(links(&readme).into_iter().map(|(_, link)| link));
    for page in pages() {
        let path = page.path.to_str().expect("our names are ASCII").to_owned();
        assert!(
            path == "README.md" || links.iter().any(|link| link.starts_with(&path)),
            "README has no link to {path}"
        );
    }
}

#[test]
fn lines_of_prose_fit_a_page() {
    for page in pages() {
        for (number, line) in page.prose() {
            // A row of a table cannot be wrapped.
            let columns = line.chars().count();
            let is_wrapped = line.starts_with('|') || line.starts_with('!') || columns <= 140;
            assert!(is_wrapped, "{}:{number} has {columns} columns", page.path.display());
        }
    }
}

/// The terms of a section of the manual page.
fn terms(section: &str) -> Vec<String> {
    let page = String::from_utf8(man::man(man::Manual::Program)).expect("our text is UTF-8");
    let (_, rest) = page.split_once(&format!(".SH \"{section}\"\n")).unwrap_or_else(|| panic!("no section {section}"));
    let rest = rest.split("\n.SH ").next().expect("there is always a first part");
    let plain = |term: &str| term.replace("\\fB", "").replace("\\fR", "").replace("\\-", "-").replace("\\(aq", "'");
    rest.split(".TP\n").skip(1).filter_map(|item| item.lines().next()).map(plain).collect()
}

#[test]
fn readme_names_every_mode_and_status() {
    let readme = Page::read("README.md");
    let rows = Vec::from_iter(readme.prose().into_iter().map(|(_, line)| line).filter(|line| line.starts_with("| ")));
    let modes = terms("MODES");
    assert!(modes.len() >= 17, "{modes:?}");
    for mode in modes.iter().flat_map(|names| names.split(", ")) {
        let is_named = rows.iter().any(|row| row.contains(&format!("`{mode}`")) || row.contains(&format!("`{mode} ")));
        assert!(is_named, "the table of modes in README lacks {mode}");
    }
    let pages = [&readme, &Page::read("docs/exit-status.md")];
    for status in terms("EXIT STATUS").iter().flat_map(|statuses| statuses.split(", ")) {
        let is_number = status.starts_with(|c: char| c.is_ascii_digit());
        for page in pages {
            let has =
                |line: &str| line.split('|').nth(1).is_some_and(|cell| cell.split(", ").any(|s| s.trim() == status));
            let is_there = page.prose().iter().any(|(_, line)| line.starts_with('|') && has(line));
            assert!(is_there || !is_number, "{} lacks status {status}", page.path.display());
        }
    }
}
