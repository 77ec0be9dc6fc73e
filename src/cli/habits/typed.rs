//! A wrong line, taken apart: the mode, the options, and the words that name an end.

use super::words::{option_called, split_program};
use crate::cli::modes::{Action, ModeSpec, mode_called};
use crate::cli::options::Heading;

/// A line as the user typed it, without the name of the program.
pub(super) struct Typed<'a> {
    /// The other program that the line names first.
    pub(super) program: Option<&'a str>,
    pub(super) words: &'a [String],
    /// The mode, and its place.
    pub(super) mode: Option<(usize, &'static ModeSpec)>,
}

impl<'a> Typed<'a> {
    pub(super) fn new(words: &'a [String]) -> Self {
        let (program, words) = split_program(words);
        let at = first_word(words);
        let mode = at.and_then(|at| Some((at, mode_called(&words[at])?)));
        Self { program, words, mode }
    }

    pub(super) fn mode(&self) -> Option<&'static ModeSpec> {
        self.mode.map(|(_, mode)| mode)
    }

    /// The words but for the mode.
    pub(super) fn without_mode(&self) -> Vec<&'a String> {
        let at = self.mode.map(|(at, _)| at);
        self.words.iter().enumerate().filter(|(index, _)| Some(*index) != at).map(|(_, word)| word).collect()
    }

    /// The line with another mode.
    pub(super) fn with_mode(&self, name: &str) -> Vec<String> {
        let at = self.mode.map(|(at, _)| at).or_else(|| first_word(self.words));
        let mut words = self.words.to_vec();
        match at {
            Some(at) => words[at] = name.to_owned(),
            None => words.push(name.to_owned()),
        }
        words
    }

    /// Where the words of the mode begin, and where the words of a program end them.
    pub(super) fn after_mode(&self) -> std::ops::Range<usize> {
        let start = self.mode.map_or(0, |(at, _)| at + 1);
        let end = self.words.iter().position(|word| word == "--").unwrap_or(self.words.len());
        start.min(end)..end
    }

    /// The places of the words that name an end: operands, and the values of `--listen` and `--connect`.
    pub(super) fn places(&self) -> Vec<usize> {
        let Some(mode) = self.mode() else { return Vec::new() };
        let has_operands = mode.verb.action != Action::Exec;
        let mut places = Vec::new();
        let mut range = self.after_mode();
        while let Some(at) = range.next() {
            let word = &self.words[at];
            if matches!(word.as_str(), "--listen" | "--connect") {
                places.extend(range.next());
            } else if let Some(name) = word.strip_prefix("--") {
                if option_called(name).is_some_and(|spec| spec.takes_value()) {
                    range.next();
                }
            } else if has_operands && (!word.starts_with('-') || word == "-") {
                places.push(at);
            } else if !word.starts_with('-') {
                break;
            }
        }
        places
    }

    /// Whether a line has an option of TLS, before the ends or behind this one.
    pub(super) fn names_tls(&self, word: &str) -> bool {
        let before = self.words[..self.after_mode().end].iter().filter_map(|word| word.strip_prefix("--"));
        let mut options =
            before.chain(word.split(',').skip(1)).map(|option| option.split('=').next().unwrap_or_default());
        options.any(|name| option_called(name).is_some_and(|spec| spec.heading() == Heading::Tls))
    }

    /// The line with another mode, and without the words in some places.
    pub(super) fn with_mode_without(&self, name: &str, places: &[usize]) -> Vec<String> {
        let words = self.with_mode(name).into_iter().enumerate();
        words.filter(|(at, _)| !places.contains(at)).map(|(_, word)| word).collect()
    }

    /// The line with several words in one place.
    pub(super) fn with_words(&self, at: usize, words: &[String]) -> Vec<String> {
        [&self.words[..at], words, &self.words[at + 1..]].concat()
    }

    /// The line with another word in one place.
    pub(super) fn with_word(&self, at: usize, word: String) -> Vec<String> {
        self.with_words(at, &[word])
    }
}

/// The place of the first word that is not an option and not the value of an option of xport. It names the mode.
pub(super) fn first_word(words: &[String]) -> Option<usize> {
    let has_value = |word: &String| {
        let spec = word.strip_prefix("--").and_then(option_called);
        spec.is_some_and(|spec| spec.takes_value())
    };
    let is_value = |at: usize| at > 0 && has_value(&words[at - 1]);
    let is_option = |at: usize| words[at].starts_with('-') && words[at] != "-";
    (0..words.len()).find(|at| !is_option(*at) && !is_value(*at))
}
