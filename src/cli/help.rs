//! The word `help`: `xport help`, `xport help MODE` and `xport MODE help` mean `--help`.
//!
//! A file or a host of that name needs a mark: `xport unix-client ./help`. `xport exec -- help` runs a program.

use std::ffi::OsString;

use crate::cli::modes::mode_called;

/// Arguments that can stand beside the word.
const BESIDE: [&str; 7] = ["-h", "--help", "-q", "--quiet", "-v", "-vv", "--verbose"];

/// Puts the option in the place of the word. Other arguments stay as they are.
pub(super) fn as_option(args: Vec<OsString>) -> Vec<OsString> {
    if !args.iter().skip(1).any(|arg| arg == "help") {
        return args;
    }
    let is_beside = |arg: &&OsString| BESIDE.iter().any(|beside| arg == beside);
    let words = Vec::from_iter(args.iter().skip(1).filter(|arg| !is_beside(arg)).filter_map(|arg| arg.to_str()));
    let mode = match words[..] {
        ["help"] | ["help", "help"] => None,
        ["help", mode] => Some(mode),
        [mode, "help"] if mode_called(mode).is_some() => Some(mode),
        _ => return args,
    };
    args.iter().take(1).cloned().chain(mode.map(OsString::from)).chain(["--help".into()]).collect()
}
