//! `shim.c`, compiled to a library that is preloaded into the program: system calls that misbehave.

use super::*;

/// The library; without a compiler there is none, and a word on that.
pub fn shim() -> Option<&'static Path> {
    // Once for all tests of this process: two at a time would get into each other's way.
    static COMPILED: OnceLock<Option<PathBuf>> = OnceLock::new();
    COMPILED.get_or_init(compile).as_deref()
}

fn compile() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (beside, library) = (folder.join(format!("shim.{}.so", std::process::id())), folder.join("shim.so"));
    let mut compiler = Command::new("cc");
    compiler.args(["-O1", "-shared", "-fPIC", "-Wall", "-Werror", "-o"]).arg(&beside);
    compiler.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/harness/shim.c")).arg("-ldl");
    match compiler.status() {
        Err(error) => {
            println!("skipped: cc: {error}");
            return None;
        }
        Ok(status) => assert!(status.success(), "shim.c does not compile"),
    }
    // In one step: another run of these tests may be using it.
    fs::rename(&beside, &library).expect("it can be renamed");
    Some(library)
}

/// Makes calls of this command misbehave as `shim.c` says; `None`, with a word on that, without a compiler.
pub fn misbehaving<V: ToString>(mut command: Command, faults: &[(&str, V)]) -> Option<Command> {
    command.env("LD_PRELOAD", shim()?);
    command.envs(faults.iter().map(|(name, value)| (format!("SHIM_{name}"), value.to_string())));
    Some(command)
}

/// How many calls have misbehaved in a run that had this path as its `LOG`.
#[track_caller]
pub fn misbehaved(log: &Path) -> u64 {
    let text = fs::read_to_string(log).expect("the library writes a log");
    text.trim().parse().expect("a number")
}
