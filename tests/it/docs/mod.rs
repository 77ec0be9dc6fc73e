//! README and `docs/`: every line runs, every link leads somewhere, and the pictures show what the data and the program
//! say.

use crate::harness::*;

mod cookbook;
mod kitchen;
mod lines;
mod pages;
mod pictures;
mod shell;

/// A page of markdown.
struct Page {
    /// From the root of the repository.
    path: PathBuf,
    text: String,
}

impl Page {
    fn read(path: &str) -> Self {
        let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path: path.into(), text }
    }

    /// The lines outside of blocks of code, with their numbers.
    fn prose(&self) -> Vec<(usize, &str)> {
        let mut is_code = false;
        let mut prose = Vec::new();
        for (index, line) in self.text.lines().enumerate() {
            if line.starts_with("```") {
                is_code = !is_code;
            } else if !is_code {
                prose.push((index + 1, line));
            }
        }
        prose
    }

    /// The commands in its blocks of `sh`, and those after a prompt in its blocks of `console`. Each has the number of
    /// its first line. A command that goes on in the next line is joined.
    fn commands(&self) -> Vec<(usize, String)> {
        let mut block = "";
        let mut commands = Vec::<(usize, String)>::new();
        let mut goes_on = false;
        for (index, line) in self.text.lines().enumerate() {
            if let Some(kind) = line.strip_prefix("```") {
                block = if block.is_empty() { kind } else { "" };
                goes_on = false;
                continue;
            }
            let line = match block {
                "sh" => line,
                "console" => match line.strip_prefix("$ ") {
                    Some(line) => line,
                    None => continue,
                },
                _ => continue,
            };
            match commands.last_mut().filter(|_| goes_on) {
                Some((_, command)) => match command.strip_suffix('\\') {
                    Some(start) => *command = format!("{start}{line}"),
                    None => *command = format!("{command}\n{line}"),
                },
                None if line.trim().is_empty() || line.starts_with('#') => continue,
                None => commands.push((index + 1, line.to_owned())),
            }
            goes_on = line.ends_with(['\\', '|']);
        }
        commands
    }

    /// The blocks of `text` that begin with a prompt: the command, and what follows it.
    fn answers(&self) -> Vec<(String, String)> {
        let blocks = self.text.split("\n```text\n$ ").skip(1).filter_map(|rest| rest.split_once("\n```"));
        let parts = blocks.filter_map(|(block, _)| block.split_once('\n'));
        parts.map(|(command, answer)| (command.to_owned(), format!("{answer}\n"))).collect()
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page for readers.
fn pages() -> Vec<Page> {
    let mut paths = ["README.md", "SECURITY.md", "CHANGELOG.md", "ARCHITECTURE.md"].map(str::to_owned).to_vec();
    for entry in fs::read_dir(root().join("docs")).expect("there is a folder of documents") {
        let name = entry.expect("the folder can be read").file_name().into_string().expect("our names are ASCII");
        if name.ends_with(".md") {
            paths.push(format!("docs/{name}"));
        }
    }
    paths.sort();
    paths.iter().map(|path| Page::read(path)).collect()
}
