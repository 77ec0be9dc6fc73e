//! The committed manual pages and completions, and the table of endpoints in `docs/relays.md`, are what the tables of
//! the command line generate.
//!
//! `UPDATE=1 cargo test` rewrites them. `src/cli/man.rs` tests the content of the page.

use crate::harness::*;
use std::env;

use clap_complete::Shell;

use xport::cli::{completions, man, schemes};

#[track_caller]
fn check(file: &str, generated: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().expect("a file is in a directory")).expect("the tree is writable");
        fs::write(&path, generated).expect("the tree is writable");
        return;
    }
    let committed = fs::read(&path).unwrap_or_default();
    assert!(committed == generated, "{file} is out of date: run UPDATE=1 cargo test");
}

#[test]
fn the_manual_pages_are_up_to_date() {
    check("man/xport.1", &man::man(man::Manual::Program));
    check("man/xport-endpoints.7", &man::man(man::Manual::Endpoints));
}

#[test]
fn the_completions_are_up_to_date() {
    for (file, shell) in [("xport.bash", Shell::Bash), ("_xport", Shell::Zsh), ("xport.fish", Shell::Fish)] {
        check(&format!("completions/{file}"), &completions::completions(shell));
    }
}

/// The table begins with the generated head, and ends with the last line that is a row.
#[test]
fn the_table_of_endpoints_in_the_documents_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/relays.md");
    let (page, table) = (fs::read_to_string(&path).expect("the page is text"), schemes::markdown());
    let head = table.lines().next().expect("a table has a head");
    let Some(start) = page.find(head) else { panic!("docs/relays.md lacks the table of endpoints:\n{table}") };
    let rows = page[start..].split_inclusive('\n').take_while(|line| line.starts_with('|'));
    let end = start + rows.map(str::len).sum::<usize>();
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, [&page[..start], &table, &page[end..]].concat()).expect("the tree is writable");
        return;
    }
    assert!(page[start..end] == table, "docs/relays.md has another table of endpoints: run UPDATE=1 cargo test");
}
