//! Completions for shells, generated from the tables of the command line.
//!
//! The scripts of bash, zsh and fish are templates in `cli/completions/`. A name between two @, as in `@MODES@`, is
//! replaced by a table in the language of the shell. clap completes the other shells. The results are committed as
//! `completions/`, and a test keeps the files up to date.

mod bash;
mod fish;
mod tables; // what completes which word, for all shells
mod zsh;

use clap_complete::Shell;

use crate::cli::command::{Detail, command};

/// The completions of a shell.
#[must_use]
pub fn completions(shell: Shell) -> Vec<u8> {
    match shell {
        Shell::Bash => bash::script().into_bytes(),
        Shell::Zsh => zsh::script().into_bytes(),
        Shell::Fish => fish::script().into_bytes(),
        _ => {
            let mut page = Vec::new();
            clap_complete::generate(shell, &mut command(Detail::Full), "xport", &mut page);
            page
        }
    }
}
