//! The pictures are those that their scripts draw from the committed data and with this program. `UPDATE=1 cargo test`
//! draws them.

use super::root;
use crate::harness::*;

/// Draws into a new folder and compares, or draws into `docs/`.
#[track_caller]
fn is_drawn_by(script: &str, files: &[&str], arguments: impl Fn(&Path) -> Vec<PathBuf>) {
    let Some(()) = installed("python3") else { return };
    let folder = folder();
    let docs = root().join("docs");
    let is_update = std::env::var_os("UPDATE").is_some();
    let place = if is_update { &docs } else { folder.path() };
    let mut command = assert_cmd::Command::new("python3");
    command.arg(docs.join(script)).args(arguments(place)).timeout(DEADLINE);
    let output = command.output().expect("a run");
    assert!(output.status.success(), "{}", text(&output));
    for file in files {
        let read = |folder: &Path| fs::read_to_string(folder.join(file)).unwrap_or_default();
        let is_equal = read(place) == read(&docs);
        assert!(is_equal, "docs/{file} is out of date: run docs/{script}, or UPDATE=1 cargo test\n{}", read(place));
    }
}

#[test]
fn the_plot_and_the_table_show_the_committed_numbers() {
    let files = ["benchmarks.svg", "benchmarks.md"];
    is_drawn_by("draw-benchmarks", &files, |place| vec![place.to_owned()]);
}

#[test]
fn the_session_is_that_of_this_program() {
    is_drawn_by("draw-session", &["session.svg"], |place| vec![program(), place.join("session.svg")]);
}
