//! Checks rules of the code on the text of every file. A failure lists all violations.
//!
//! The checks read lines, not syntax. The reader of a change looks at what no line shows, such as a type that comes
//! from a function. `generated.rs` compares generated files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A longer file has more than one subject.
const LINES_MAX: usize = 600;

/// The same for product files.
const PRODUCT_LINES_MAX: usize = 400;

/// rustfmt wraps code at this column, and leaves comments and strings alone.
const COLUMNS_MAX: usize = 120;

/// Phrases that make a comment hard to read, in lower case, and how often the comments of the product may still have
/// them. A noun is better than "whoever", and a plain clause better than "so long as". The numbers only fall.
const STILTED: &[(&str, usize)] = &[
    ("whoever", 0),
    ("/ who ", 0),
    (". who ", 0),
    ("so long", 0),
    ("so many", 0),
    ("nobody", 1),
    ("somebody", 0),
    ("of no interest", 0),
    (" ours", 0),
    (" theirs", 4),
    ("is to be", 0),
    ("anew", 0),
    ("any more", 0),
    ("for ever ", 0),
    ("for ever.", 0),
    ("behind a comma", 0),
    ("behind commas", 0),
    ("ended in order", 0),
    ("ends in order", 0),
    ("gone in order", 0),
    ("is no socket", 1),
    ("is no terminal", 1),
    ("is no reset", 0),
];

/// How many files of a floor may import each other in a circle. Other floors have no circle.
const CIRCLES_MAX: &[(&str, usize)] = &[("event_loop", 2), ("modes", 7), ("transports", 4)];

/// The floors that a floor may name. `lib.rs` and `cli` may name all.
const FLOORS: &[(&str, &[&str])] = &[
    ("sys", &["sys"]),
    ("transports", &["sys", "transports"]),
    ("protocols", &["protocols", "transports"]),
    ("event_loop", &["event_loop", "transports"]),
    ("modes", &["event_loop", "modes", "protocols", "sys", "transports"]),
    ("cli", &["cli", "event_loop", "modes", "protocols", "sys", "transports"]),
    ("main.rs", &[]),
];

/// Names that the code of a folder must not contain.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("src/sys/", &["RefCell", "log::"]),
    ("src/transports/", &["RefCell", "EventLoop", "unsafe"]),
    ("src/event_loop/", &["RefCell", "unsafe"]),
    ("src/protocols/", &["mio", "rustls", "anyhow", "Instant::now", "unsafe"]),
    ("src/modes/", &["unsafe"]),
    ("src/cli/", &["unsafe"]),
    ("src/main.rs", &["mod", "unsafe"]),
    ("examples/", &["unsafe"]),
];

/// A file, by its path from the root of the repository.
struct Source {
    path: String,
    text: String,
}

struct Line<'a> {
    number: usize,
    text: &'a str,
    /// The same without a comment at its end.
    code: &'a str,
    is_test: bool,
}

impl Source {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the whole file is test code: a file of tests, or in a folder of tests.
    fn is_test(&self) -> bool {
        self.path.split('/').any(|part| matches!(part, "tests" | "tests.rs"))
    }

    /// Its product code, without comments.
    fn product_code(&self) -> String {
        let lines = self.lines();
        let product = lines.iter().filter(|line| !line.is_test).map(|line| line.code);
        Vec::from_iter(product).join("\n")
    }

    fn lines(&self) -> Vec<Line<'_>> {
        // Every line after `#[cfg(test)]` and `mod tests {` is test code, too.
        let mut is_test = self.is_test();
        let mut above = "";
        let mut lines = Vec::new();
        for (index, text) in self.text.lines().enumerate() {
            is_test |= above == "#[cfg(test)]" && text == "mod tests {";
            above = text;
            lines.push(Line { number: index + 1, text, code: without_comment(text), is_test });
        }
        lines
    }
}

/// The text before `//`, unless the slashes are inside a string.
fn without_comment(line: &str) -> &str {
    let (mut in_string, mut escaped) = (false, false);
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' if !line[..at].ends_with('\'') => in_string = !in_string,
            '/' if !in_string && line[at..].starts_with("//") => return &line[..at],
            _ => (),
        }
    }
    line
}

/// Whether `text` contains `name`, and not only as a part of a longer name.
fn names(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let rest = &text[at + name.len()..];
        !text[..at].ends_with(part) && (name.ends_with([':', '(']) || !rest.starts_with(part))
    })
}

/// Line numbers, and what is wrong in each line.
type Faults = Vec<(usize, String)>;

fn imports_run_downwards_only(source: &Source) -> Faults {
    let Some(path) = source.path.strip_prefix("src/") else { return Faults::new() };
    let floor = path.split('/').next().unwrap_or_default();
    if path == "lib.rs" {
        return Faults::new();
    }
    let Some((_, allowed)) = FLOORS.iter().find(|(name, _)| *name == floor) else {
        return vec![(1, format!("{floor} is no floor of the house"))];
    };
    // This many `super` lead to the root of the crate.
    let depth = path.split('/').count() - usize::from(path.ends_with("/mod.rs"));
    let roots = ["crate::".to_owned(), "super::".repeat(depth)];
    let mut faults = Faults::new();
    for line in source.lines() {
        if floor == "event_loop" && line.is_test {
            continue;
        }
        for root in &roots {
            // In a file's own `mod tests`, `super` is the file.
            if line.is_test && root.starts_with("super") {
                continue;
            }
            for (at, _) in line.code.match_indices(root) {
                let rest = &line.code[at + root.len()..];
                let named = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
                if !allowed.contains(&named) {
                    faults.push((line.number, format!("{floor} must not name {root}{named}")));
                }
            }
        }
    }
    faults
}

fn floors_are_free_of_what_belongs_elsewhere(source: &Source) -> Faults {
    let Some((_, forbidden)) = FORBIDDEN.iter().find(|(folder, _)| source.path.starts_with(folder)) else {
        return Faults::new();
    };
    let named = |line: &Line<'_>| forbidden.iter().find(|name| names(line.code, name)).map(|name| (line.number, *name));
    source
        .lines()
        .iter()
        .filter_map(named)
        .map(|(number, name)| (number, format!("{name} has no place here")))
        .collect()
}

fn nothing_panics_without_a_reason(source: &Source) -> Faults {
    if !source.path.starts_with("src/") {
        return Faults::new();
    }
    let mut faults = Faults::new();
    let lines = source.lines();
    for (index, line) in lines.iter().enumerate() {
        if line.is_test {
            continue;
        }
        for macro_or_call in [".unwrap()", "panic!", "todo!", "unimplemented!", "dbg!", "unreachable!()"] {
            if line.code.contains(macro_or_call) {
                faults.push((line.number, format!("{macro_or_call} outside tests")));
            }
        }
        for opening in [".expect(", "unreachable!("] {
            let Some((_, rest)) = line.code.split_once(opening) else { continue };
            // rustfmt puts a long message on the next line.
            let below = lines.get(index + 1).map_or("", |line| line.code.trim_start());
            if !(if rest.is_empty() { below } else { rest }).starts_with(['"', ')']) {
                faults.push((line.number, format!("{opening}) without a message")));
            }
        }
    }
    faults
}

fn files_are_short(source: &Source) -> Faults {
    let count = source.text.lines().count();
    if count > LINES_MAX { vec![(count, format!("{count} lines are more than {LINES_MAX}"))] } else { Faults::new() }
}

fn product_files_are_shorter(source: &Source) -> Faults {
    let product = source.path.starts_with("src/") && source.is_rust();
    let count = source.lines().iter().filter(|line| product && !line.is_test).count();
    if count > PRODUCT_LINES_MAX {
        vec![(count, format!("{count} lines are more than {PRODUCT_LINES_MAX}"))]
    } else {
        Faults::new()
    }
}

fn lines_are_short(source: &Source) -> Faults {
    let lines = source.lines().into_iter().map(|line| (line.number, line.text.chars().count()));
    let long = lines.filter(|(_, columns)| source.is_rust() && *columns > COLUMNS_MAX);
    long.map(|(number, columns)| (number, format!("{columns} columns are more than {COLUMNS_MAX}"))).collect()
}

/// The name of the type that a line defines outside of all blocks.
fn type_name(code: &str) -> Option<&str> {
    let mut words = code.split_whitespace().skip_while(|word| word.starts_with("pub"));
    let kind = words.next().filter(|_| !code.starts_with(char::is_whitespace))?;
    let name = words.next().filter(|_| ["enum", "struct", "trait", "type", "union"].contains(&kind))?;
    name.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

/// Type names that several product files define, with these files.
fn shared_type_names(sources: &[Source]) -> BTreeMap<String, Vec<String>> {
    let mut names = BTreeMap::<String, Vec<String>>::new();
    for source in sources.iter().filter(|source| source.path.starts_with("src/") && source.is_rust()) {
        for line in source.lines().iter().filter(|line| !line.is_test) {
            if let Some(name) = type_name(line.code) {
                names.entry(name.to_owned()).or_default().push(format!("{}:{}", source.path, line.number));
            }
        }
    }
    names.retain(|_, places| places.len() > 1);
    names
}

/// The path of the module that a file of `src` is: `transports::tls` for `src/transports/tls/mod.rs`.
fn module(path: &str) -> Option<String> {
    let path = path.strip_prefix("src/")?.strip_suffix(".rs")?;
    Some(path.strip_suffix("/mod").unwrap_or(path).replace('/', "::"))
}

/// Splits the text between braces at its outermost commas.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut members) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(&group[start..at]);
                return members;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&group[start..at]);
                start = at + 1;
            }
            _ => (),
        }
    }
    members
}

/// Adds every path at the beginning of `code` to `paths`, groups in braces included.
fn spell(code: &str, before: &[&str], paths: &mut Vec<Vec<String>>) {
    let code = code.trim_start();
    if let Some(group) = code.strip_prefix('{') {
        return members(group).into_iter().for_each(|member| spell(member, before, paths));
    }
    let end = code.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(code.len());
    let path = Vec::from_iter(before.iter().copied().chain([&code[..end]]));
    match code[end..].strip_prefix("::") {
        Some(rest) => spell(rest, &path, paths),
        None => paths.push(path.into_iter().map(str::to_owned).collect()),
    }
}

/// The other modules of `modules` whose names occur in the code of `here`.
fn imports(here: &str, code: &str, modules: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut paths = Vec::new();
    let inner = format!("{here}::");
    let children = modules.keys().filter_map(|module| module.strip_prefix(&inner)).filter(|rest| !rest.contains(':'));
    for root in ["crate", "super", "self"].into_iter().chain(children) {
        for (at, _) in code.match_indices(&format!("{root}::")) {
            // `pub(in crate::cli)` says who may import, and imports nothing.
            let is_path = !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            if is_path && !code[..at].ends_with("(in ") {
                spell(&code[at..], &[], &mut paths);
            }
        }
    }
    let absolute = paths.iter().map(|path| {
        let ups = path.iter().take_while(|segment| *segment == "super").count();
        let mut whole = Vec::from_iter(here.split("::"));
        whole.truncate(whole.len().saturating_sub(ups));
        let named = match path[0].as_str() {
            "crate" => {
                whole.clear();
                &path[1..]
            }
            "self" => &path[1..],
            _ => &path[ups..],
        };
        whole.extend(named.iter().map(String::as_str));
        whole
    });
    // The longest prefix that is a module. The rest is an item in it.
    let found = absolute.filter_map(|whole| {
        (1..=whole.len()).rev().map(|length| whole[..length].join("::")).find(|module| modules.contains_key(module))
    });
    found.filter(|module| module != here).collect()
}

/// The largest circle of imports within each floor.
fn circles(sources: &[Source]) -> BTreeMap<String, Vec<String>> {
    let product = sources.iter().filter(|source| !source.is_test());
    let codes = product.filter_map(|source| Some((module(&source.path)?, source.product_code())));
    let modules = BTreeMap::from_iter(codes);
    let graph = BTreeMap::from_iter(modules.iter().map(|(here, code)| (here.as_str(), imports(here, code, &modules))));
    let floor = |module: &str| module.split("::").next().unwrap_or_default().to_owned();
    let reached = |from: &str| {
        let (mut reached, mut waiting) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(module) = waiting.pop() {
            let next = graph[module.as_str()].iter().filter(|next| floor(next) == floor(from));
            waiting.extend(next.filter(|next| reached.insert((*next).clone())).cloned().collect::<Vec<_>>());
        }
        reached
    };
    let reach = BTreeMap::from_iter(modules.keys().map(|module| (module.as_str(), reached(module))));
    let mut largest = BTreeMap::<String, Vec<String>>::new();
    for (module, others) in &reach {
        let circle = Vec::from_iter(others.iter().filter(|other| reach[other.as_str()].contains(*module)).cloned());
        let before = largest.entry(floor(module)).or_default();
        if circle.len() > before.len() {
            *before = circle;
        }
    }
    largest.retain(|_, circle| !circle.is_empty());
    largest
}

fn files_say_why_they_exist(source: &Source) -> Faults {
    if !source.is_rust() || source.text.starts_with("//! ") {
        return Faults::new();
    }
    vec![(1, "the file does not open with //!".to_owned())]
}

fn no_test_is_ignored(source: &Source) -> Faults {
    let ignored = |line: &Line<'_>| line.text.trim_start().starts_with("#[ignore");
    let found = source.lines().into_iter().filter(ignored);
    found.map(|line| (line.number, "a skipped test prints why instead".to_owned())).collect()
}

fn lints_are_silenced_with_a_reason(source: &Source) -> Faults {
    if !source.is_rust() {
        return Faults::new();
    }
    let mut above = "";
    let mut faults = Faults::new();
    for line in source.lines() {
        let attribute = line.text.trim_start();
        let silences = ["#[", "#!["].iter().any(|start| attribute.starts_with(start))
            && ["allow(", "expect("].iter().any(|lint| names(attribute, lint));
        let says_why =
            attribute.contains("reason = ") || line.code != line.text || above.trim_start().starts_with("//");
        if silences && !says_why {
            faults.push((line.number, "a lint is silenced without a reason".to_owned()));
        }
        above = line.text;
    }
    faults
}

fn whitespace_is_clean(source: &Source) -> Faults {
    if !source.is_rust() && !source.path.ends_with(".md") {
        return Faults::new();
    }
    let mut faults = Faults::new();
    for (index, line) in source.text.split('\n').enumerate() {
        if line.contains('\t') {
            faults.push((index + 1, "a tab".to_owned()));
        }
        if line.ends_with(char::is_whitespace) {
            faults.push((index + 1, "a space at the end".to_owned()));
        }
    }
    faults
}

/// Every file of the repository that is not generated.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = Vec::new();
    let mut waiting: Vec<_> =
        ["src", "tests", "examples", "docs", "benches"].iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = waiting.pop() {
        let Ok(entries) = fs::read_dir(&folder) else {
            assert!(folder.ends_with("benches"), "{} cannot be read", folder.display());
            continue;
        };
        for entry in entries {
            let path = entry.expect("a folder can be read").path();
            if path.is_dir() { waiting.push(path) } else { sources.extend(source(root, &path)) }
        }
    }
    for entry in fs::read_dir(root).expect("the root can be read") {
        let path = entry.expect("the root can be read").path();
        if path.extension().is_some_and(|extension| extension == "md") {
            sources.extend(source(root, &path));
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

/// One file, unless it is not UTF-8.
fn source(root: &Path, path: &Path) -> Option<Source> {
    let text = String::from_utf8(fs::read(path).ok()?).ok()?;
    let path = path.strip_prefix(root).expect("it is under the root");
    Some(Source { path: path.to_str().expect("our names are ASCII").to_owned(), text })
}

#[track_caller]
fn check(rule: fn(&Source) -> Faults) {
    let mut violations = Vec::new();
    for source in sources() {
        violations.extend(rule(&source).iter().map(|(line, fault)| format!("{}:{line}: {fault}", source.path)));
    }
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn the_floors_are_kept() {
    check(imports_run_downwards_only);
    check(floors_are_free_of_what_belongs_elsewhere);
}

#[test]
fn the_program_does_not_panic_by_design() {
    check(nothing_panics_without_a_reason);
}

#[test]
fn every_file_is_fit_to_be_read() {
    check(files_say_why_they_exist);
    check(files_are_short);
    check(product_files_are_shorter);
    check(whitespace_is_clean);
}

#[test]
fn lines_are_no_longer_than_rustfmt_makes_them() {
    check(lines_are_short);
}

/// How many comments of the product have each phrase of [`STILTED`].
fn stilted(sources: &[Source]) -> Vec<usize> {
    let product = sources.iter().filter(|source| source.path.starts_with("src/") && source.is_rust());
    let lines = Vec::from_iter(product.flat_map(Source::lines));
    let comments = Vec::from_iter(lines.iter().map(|line| line.text[line.code.len()..].to_lowercase()));
    let count = |(phrase, _): &(&str, usize)| comments.iter().filter(|comment| comment.contains(phrase)).count();
    STILTED.iter().map(count).collect()
}

#[test]
fn comments_are_in_plain_english() {
    for ((phrase, most), count) in STILTED.iter().zip(stilted(&sources())) {
        assert!(count <= *most, "{count} comments have {phrase:?}, and only {most} did before: write a plain sentence");
    }
}

#[test]
fn a_type_name_is_defined_once() {
    let shared = shared_type_names(&sources());
    assert!(shared.is_empty(), "defined more than once: {shared:#?}");
}

#[test]
fn imports_do_not_go_round_in_circles() {
    let mut circles = circles(&sources());
    let most = |floor: &str| CIRCLES_MAX.iter().find(|(listed, _)| *listed == floor).map_or(0, |(_, most)| *most);
    circles.retain(|floor, circle| circle.len() > most(floor));
    assert!(circles.is_empty(), "larger than they may be: {circles:#?}");
}

#[test]
fn nothing_is_silenced_without_a_word() {
    check(no_test_is_ignored);
    check(lints_are_silenced_with_a_reason);
}

/// The lines of a file with this path and text that break `rule`.
fn broken(rule: fn(&Source) -> Faults, path: &str, text: &str) -> Vec<usize> {
    let source = Source { path: path.to_owned(), text: text.to_owned() };
    rule(&source).into_iter().map(|(line, _)| line).collect()
}

#[test]
fn the_rules_for_floors_can_fail() {
    let rule = imports_run_downwards_only;
    let imports = "use crate::sys::x;\nuse crate::transports::x;\nuse crate::protocols::x;\nuse crate::{modes};\n";
    assert_eq!(broken(rule, "src/sys/a.rs", imports), [2, 3, 4]);
    assert_eq!(broken(rule, "src/transports/a.rs", imports), [3, 4]);
    assert_eq!(broken(rule, "src/protocols/a.rs", imports), [1, 4]);
    assert_eq!(broken(rule, "src/event_loop/a.rs", imports), [1, 3, 4]);
    assert_eq!(broken(rule, "src/event_loop/tests/sim.rs", imports), [0; 0]);
    assert_eq!(broken(rule, "src/modes/a.rs", "use crate::protocols::x;\nuse crate::cli::x;"), [2]);
    assert_eq!(broken(rule, "src/main.rs", "use xport::cli;\nuse crate::x;"), [2]);
    assert_eq!(broken(rule, "src/attic/a.rs", ""), [1]);
    let upwards = "use super::super::modes;\nuse super::id;\n// crate::cli\n";
    assert_eq!(broken(rule, "src/transports/a.rs", upwards), [1]);
    assert_eq!(broken(rule, "src/transports/mod.rs", "use super::event_loop;"), [1]);

    let rule = floors_are_free_of_what_belongs_elsewhere;
    let text = "use mio::Token;\nlet minion = 1;\nlet now = Instant::now();\nlet c: RefCell<u8>;\nunsafe {}\n// mio\n";
    assert_eq!(broken(rule, "src/protocols/a.rs", text), [1, 3, 5]);
    assert_eq!(broken(rule, "src/transports/a.rs", text), [4, 5]);
    assert_eq!(broken(rule, "src/event_loop/a.rs", text), [4, 5]);
    assert_eq!(broken(rule, "src/sys/a.rs", text), [4]);
    assert_eq!(broken(rule, "src/sys/a.rs", "log::debug!(\"\");"), [1]);
    assert_eq!(broken(rule, "src/main.rs", "mod cli;"), [1]);
}

#[test]
fn the_rules_for_lines_can_fail() {
    let rule = nothing_panics_without_a_reason;
    let text =
        "x.unwrap();\npanic!(\"no\");\ny.expect(\"why\");\ny.expect(z);\nunreachable!();\ny.expect(\n    \"why\"\n)\n";
    assert_eq!(broken(rule, "src/a.rs", text), [1, 2, 4, 5]);
    assert_eq!(broken(rule, "src/a.rs", "#[cfg(test)]\nmod tests {\n    x.unwrap();\n}\n"), [0; 0]);
    assert_eq!(broken(rule, "src/a.rs", "\"//\"; todo!();\n// todo!()\n"), [1]);
    assert_eq!(broken(rule, "src/a/tests.rs", text), [0; 0]);

    assert_eq!(broken(files_are_short, "src/a.rs", &"\n".repeat(600)), [0; 0]);
    assert_eq!(broken(files_are_short, "tests/a.py", &"\n".repeat(601)), [601]);
    assert_eq!(broken(files_say_why_they_exist, "tests/a.rs", "// Why.\n"), [1]);
    assert_eq!(broken(no_test_is_ignored, "tests/a.rs", "#[test]\n#[ignore = \"slow\"]\n"), [2]);
    assert_eq!(broken(whitespace_is_clean, "README.md", "a\tb\nc \nd\r\ne\n"), [1, 2, 3]);
    let text = "#[allow(x)]\n#[allow(x)] // Why.\n// Why.\n#![allow(x)]\nfn allow() {}\n\
        #[expect(x)]\n#[expect(x, reason = \"y\")]\n";
    assert_eq!(broken(lints_are_silenced_with_a_reason, "src/a.rs", text), [1, 6]);
}

#[test]
fn the_rules_for_names_and_circles_can_fail() {
    let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    let long = "x".repeat(COLUMNS_MAX + 1);
    assert_eq!(broken(lines_are_short, "tests/a.rs", &format!("{}\n{long}\n", &long[1..])), [2]);
    assert_eq!(broken(product_files_are_shorter, "src/a.rs", &"\n".repeat(401)), [401]);
    assert_eq!(broken(product_files_are_shorter, "src/a.rs", &"\n".repeat(400)), [0; 0]);
    assert_eq!(broken(product_files_are_shorter, "src/a/tests/b.rs", &"\n".repeat(401)), [0; 0]);

    let text = "pub struct A<'a>(&'a u8);\npub(crate) enum B {\n    C,\n}\n// struct D;\n    struct E;\n";
    let others = "type B = u8;\ntrait A {}\nstruct D;\nstruct E;\nfn C() {}\n";
    let sources = [source("src/a.rs", text), source("src/b/mod.rs", others), source("src/tests.rs", "struct E;")];
    assert_eq!(Vec::from_iter(shared_type_names(&sources).into_keys()), ["A", "B"]);

    let text = "/// Who calls.\nlet x = 1; // Whoever calls, whoever it is.\nlet whoever = \"// nobody\";\n";
    assert_eq!(stilted(&[source("src/a.rs", text), source("tests/a.rs", text)])[..6], [1, 1, 0, 0, 0, 0]);

    let sources = [
        source("src/a/mod.rs", "mod one;\nmod two;\npub use one::X;\n"),
        source("src/a/one.rs", "use std::io;\nuse super::two::{self, Y};\n// use super::four;\n"),
        source("src/a/two.rs", "use crate::{\n    a::{three::Z, four},\n    b,\n};\n"),
        source("src/a/three.rs", "fn f() {\n    super::one::g();\n}\n"),
        source("src/a/four.rs", "use super::super::b;\n#[cfg(test)]\nmod tests {\n    use crate::a::two;\n}\n"),
        source("src/b.rs", "use crate::a::three;\n"),
    ];
    let circles = circles(&sources);
    assert_eq!(Vec::from_iter(circles.keys()), ["a"]);
    assert_eq!(circles["a"], ["a::one", "a::three", "a::two"]);
}
