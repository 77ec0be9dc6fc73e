//! The language of manual pages: sections, terms, paragraphs, and what has to be escaped.

use crate::cli::examples::{EXAMPLES, Example};

/// The length of lines in the source of a page.
const SOURCE_COLUMNS: usize = 80;

/// A longer word may be broken, so that it fits a narrow terminal.
const WORD_MAX: usize = 24;

/// A page that is being written.
pub(super) struct Roff {
    pub(super) text: String,
    /// The title of the next examples.
    pub(super) title: &'static str,
}

impl Roff {
    /// Begins a page with its name, synopsis and description. It has no date, because the page must not differ from day
    /// to day.
    pub(super) fn new(name: &str, section: u8, about: &str, synopsis: &[&str], description: &[&str]) -> Self {
        let manual = if section == 1 { "User Commands" } else { "Miscellaneous" };
        let version = env!("CARGO_PKG_VERSION");
        let mut page = Self { text: String::with_capacity(64 * 1024), title: "EXAMPLES" };
        page.line(&format!(".TH {} {section} \"\" \"xport {version}\" \"{manual}\"", roff(&name.to_uppercase())));
        // Words are not broken, and lines are not stretched: commands are to be copied.
        page.line(".nh\n.ad l");
        page.section("NAME");
        page.line(&format!("{} \\- {}", roff(name), roff(about)));
        page.section("SYNOPSIS");
        page.synopsis(synopsis);
        page.section("DESCRIPTION");
        page.paragraphs(description);
        page
    }

    /// Writes a line, which is roff already.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub(super) fn section(&mut self, title: &str) {
        self.line(&format!(".SH \"{title}\""));
    }

    pub(super) fn subsection(&mut self, title: &str) {
        self.line(&format!(".SS \"{title}\""));
    }

    /// Lines of a synopsis. A word in capitals is replaced by the reader, and the other words are typed.
    fn synopsis(&mut self, lines: &[&str]) {
        for (index, line) in lines.iter().enumerate() {
            if index > 0 {
                self.line(".br");
            }
            let words = line.split(' ').map(|word| {
                let is_typed = !word.contains(|c: char| c.is_ascii_uppercase()) && word != "|";
                if is_typed { bold(word) } else { format!("\\fI{}\\fR", roff(word)) }
            });
            let line = Vec::from_iter(words).join(" ");
            self.line(&line);
        }
    }

    pub(super) fn paragraphs(&mut self, paragraphs: &[&str]) {
        for (index, paragraph) in paragraphs.iter().enumerate() {
            if index > 0 {
                self.line(".PP");
            }
            self.text(paragraph);
        }
    }

    pub(super) fn terms(&mut self, title: &str, rows: &[(&str, &str)]) {
        self.section(title);
        for (term, meaning) in rows {
            self.term(&bold(term), meaning);
        }
    }

    /// Writes a term, which is roff already, and its meaning, which is text.
    pub(super) fn term(&mut self, term: &str, meaning: &str) {
        self.line(".TP");
        self.line(term);
        self.text(meaning);
    }

    /// Writes text, each sentence on lines of its own.
    pub(super) fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some((sentence, others)) = rest.split_once(". ") {
            self.text_line(&format!("{sentence}."));
            rest = others;
        }
        self.text_line(rest);
    }

    /// Writes a sentence in lines of a readable length. A line must not begin with what roff takes for a request.
    pub(super) fn text_line(&mut self, sentence: &str) {
        let mut line = String::new();
        for word in sentence.split(' ').map(roff) {
            if !line.is_empty() && line.len() + 1 + word.len() > SOURCE_COLUMNS {
                self.line(&line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            } else if word.starts_with('.') {
                line.push_str("\\&");
            }
            line.push_str(&word);
        }
        self.line(&line);
    }

    pub(super) fn examples(&mut self, is_shown: &dyn Fn(&Example) -> bool) {
        self.section(self.title);
        for example in EXAMPLES.iter().filter(|example| is_shown(example)) {
            self.term(&bold(example.line), example.meaning);
        }
    }

    pub(super) fn see(&mut self, pages: &[(&str, u8)]) {
        let pages = pages.iter().map(|(name, section)| format!("{}({section})", bold(name)));
        self.line(&Vec::from_iter(pages).join(",\n"));
    }
}

pub(super) fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", roff(text))
}

/// Escapes the characters that are special in roff. A long word may be broken after a comma or a slash.
pub(super) fn roff(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq").replace('^', "\\(ha");
    let escaped = escaped.replace('~', "\\(ti").replace('`', "\\(ga");
    let words = escaped.split(' ').map(|word| match word.len() {
        WORD_MAX.. => word.replace(',', ",\\:").replace('/', "/\\:"),
        _ => word.to_owned(),
    });
    Vec::from_iter(words).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_a_request() {
        let mut page = Roff { text: String::new(), title: "" };
        page.text(".SH 'a-b\\ .5s. 'x");
        assert_eq!(page.text, "\\&.SH \\(aqa\\-b\\e .5s.\n\\(aqx\n");
    }
}
