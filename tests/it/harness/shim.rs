//! Compiles `shim.c` to a library that is preloaded into the program, and makes system calls misbehave.

use super::*;

/// The library. `None`, with a note, without a compiler.
pub fn shim() -> Option<&'static Path> {
    // Compiled once for all tests of this process, because two compilers would disturb each other.
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
    // The rename is atomic, because another run of the tests can be using the library.
    fs::rename(&beside, &library).expect("it can be renamed");
    Some(library)
}

/// Makes calls of this command misbehave as `shim.c` describes. `None`, with a note, without a compiler.
pub fn misbehaving<V: ToString>(mut command: Command, faults: &[(&str, V)]) -> Option<Command> {
    command.env("LD_PRELOAD", shim()?);
    command.envs(faults.iter().map(|(name, value)| (format!("SHIM_{name}"), value.to_string())));
    Some(command)
}

/// How many calls have misbehaved in a run with this path as its `LOG`.
#[track_caller]
pub fn misbehaved(log: &Path) -> u64 {
    let text = fs::read_to_string(log).expect("the library writes a log");
    text.trim().parse().expect("a number")
}
