//! Checks that tests wait for events. A sleep is a guess at the speed of the machine, so only the harness has one.
//!
//! `pass` of the harness is for cases in which the time itself counts. It takes the reason.

use crate::harness::*;

/// The files below `folder` that sleep by themselves.
fn sleepers(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("it is there").flatten().map(|entry| entry.path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let sleeps = |path: &PathBuf| {
        // In two parts, so that this file is not found.
        let call = ["thread::", "sleep("].concat();
        path.extension().is_some_and(|name| name == "rs") && fs::read_to_string(path).expect("text").contains(&call)
    };
    let found = files.into_iter().filter(sleeps);
    found.chain(folders.iter().flat_map(|folder| sleepers(folder))).collect()
}

#[test]
fn only_the_harness_sleeps() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    assert_eq!(sleepers(&tests), [tests.join("it/harness/program.rs")], "use `eventually`, or `pass` with its reason");
}
