//! Completions for shells: clap's, from the tables of the command line.
//!
//! They are committed as `completions/`; a test keeps those equal to what is generated here.

use clap_complete::Shell;

use crate::cli::command::{Detail, command};

/// The completions of a shell.
#[must_use]
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut page = Vec::new();
    clap_complete::generate(shell, &mut command(Detail::Full), "xport", &mut page);
    page
}
