//! What a program that depends on the library gets: a prelude that is enough, and a tree without the command line.

use crate::harness::*;

/// `use` lines that an example may have, those of the standard library included.
const USES_MAX: usize = 3;

#[test]
fn an_example_needs_few_imports_and_only_the_prelude_of_the_library() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let files = Vec::from_iter(fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()));
    assert!(files.len() >= 6, "{files:?}");
    for file in files {
        let text = fs::read_to_string(&file).expect("text");
        let uses = Vec::from_iter(text.lines().map(str::trim).filter(|line| line.starts_with("use ")));
        assert!(uses.len() <= USES_MAX, "{}: {uses:?}", file.display());
        let of_library = Vec::from_iter(text.split("xport::").skip(1).map(|rest| rest.split(';').next()));
        assert_eq!(of_library, [Some("prelude::*")], "{}", file.display());
    }
}

#[test]
fn a_library_without_the_program_depends_on_nothing_of_the_command_line() {
    // A program that is started by `cargo test` knows cargo.
    let Some(cargo) = std::env::var_os("CARGO") else { return eprintln!("skipped: there is no CARGO") };
    let tree = |features: &str| {
        let mut command = Command::new(&cargo);
        command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["tree", "--locked", "--offline", "--prefix", "none"]);
        command.args(["--edges", "normal", "--no-default-features", "--features", features]);
        let output = command.output().expect("cargo");
        let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{errors}");
        Vec::from_iter(text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned))
    };
    let of_program = ["anyhow", "clap", "clap_complete", "env_logger", "shell-words"];
    // The packages of the other cryptography are there only if they were built as well.
    let (library, program) = (tree("aws-lc-rs"), tree("aws-lc-rs,cli"));
    assert!(library.iter().any(|name| name == "mio"), "{library:?}");
    for name in of_program {
        assert!(program.iter().any(|other| other == name), "{name} is not a dependency at all: {program:?}");
        assert!(!library.iter().any(|other| other == name), "{name}: {library:?}");
    }
}
