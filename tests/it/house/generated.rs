//! The committed manual page and completions are what the definition of the command line generates.
//!
//! `UPDATE=1 cargo test` rewrites them. What they say is tested beside the generator, in `src/cli/pages.rs`.

use crate::harness::*;
use std::env;

use clap_complete::Shell;

use xport::cli::pages;

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
fn the_manual_page_is_up_to_date() {
    check("man/xport.1", &pages::man());
}

#[test]
fn the_completions_are_up_to_date() {
    for (file, shell) in [("xport.bash", Shell::Bash), ("_xport", Shell::Zsh), ("xport.fish", Shell::Fish)] {
        check(&format!("completions/{file}"), &pages::completions(shell));
    }
}
