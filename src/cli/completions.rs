//! Completions for shells, generated from the tables of the command line.
//!
//! clap completes modes and options. For bash, zsh and fish, the schemes of endpoints and the options behind a comma
//! are added here. The results are committed as `completions/`, and a test keeps the files up to date.

use clap_complete::Shell;

use crate::cli::command::{Detail, command};
use crate::cli::modes::{Action, MODES, ModeSpec};
use crate::cli::options::OptSpec;
use crate::cli::schemes::{Form, PAGES, Scheme, named};

/// The completions of a shell.
#[must_use]
pub fn completions(shell: Shell) -> Vec<u8> {
    let mut page = Vec::new();
    clap_complete::generate(shell, &mut command(Detail::Full), "xport", &mut page);
    let Ok(page) = String::from_utf8(page) else { return Vec::new() };
    let page = match shell {
        Shell::Bash => bash(&page),
        Shell::Zsh => zsh(&page),
        Shell::Fish => fish(&page),
        _ => page,
    };
    page.into_bytes()
}

/// A place where an endpoint is expected: a mode, or an option of `exec`.
struct EndpointPlace {
    name: String,
    mode: &'static ModeSpec,
    /// Whether clients are awaited there, so that `tcp:` is `tcp-listen:`.
    listens: bool,
}

fn places() -> Vec<EndpointPlace> {
    let mut places = Vec::new();
    for mode in general_modes() {
        let place = |option: &str, listens| EndpointPlace { name: format!("{}{option}", mode.name), mode, listens };
        match mode.verb.action {
            Action::Exec => places.extend([place("--listen", true), place("--connect", false)]),
            Action::Echo | Action::Listen => places.push(place("", true)),
            Action::Connect | Action::Relay | Action::Wait => places.push(place("", false)),
            // A host and ports are no endpoint.
            Action::Scan => (),
        }
    }
    places
}

impl EndpointPlace {
    /// The scheme that a word means in this place. `None` if the place does not take it.
    fn scheme(&self, scheme: &'static Scheme) -> Option<&'static Scheme> {
        let is_relay = self.mode.verb.action == Action::Relay;
        // The left side of a relay takes a descriptor that listens.
        let awaits = self.listens || (is_relay && scheme.form == Form::Descriptor);
        let scheme = if awaits { scheme.listening.unwrap_or(scheme) } else { scheme };
        let is_taken = self.mode.verb.schemes().any(|taken| taken == scheme);
        (is_taken && (is_relay || self.listens == scheme.listens())).then_some(scheme)
    }

    /// The words that an endpoint can begin with.
    fn words(&self) -> String {
        let word = |scheme: &Scheme| match scheme.form {
            Form::Url => format!("{}://", scheme.name),
            _ => format!("{}:", scheme.name),
        };
        let words = schemes().filter(|scheme| self.scheme(scheme).is_some()).map(word);
        let stdio = (self.mode.verb.action == Action::Relay).then(|| "-".to_owned());
        Vec::from_iter(words.chain(stdio)).join(" ")
    }

    /// The options that can follow a comma. An option with a value ends with '='.
    fn options(&self, scheme: &'static Scheme) -> String {
        let Some(scheme) = self.scheme(scheme) else { return String::new() };
        let is_taken = |row: &&OptSpec| self.mode.verb.end_takes(scheme, row.id);
        let options = scheme.rows().filter(is_taken).map(|row| match row.value_name() {
            Some(_) => format!("{}=", row.name),
            None => row.name.to_owned(),
        });
        Vec::from_iter(options).join(" ")
    }
}

/// The options of each scheme in each place, as the branches of a `case`: patterns `PLACE,SCHEME`, and words.
fn branches() -> Vec<(Vec<String>, String)> {
    let mut branches: Vec<(Vec<String>, String)> = Vec::new();
    for scheme in schemes() {
        for place in places() {
            let (pattern, options) = (format!("{},{}", place.name, scheme.name), place.options(scheme));
            match branches.iter_mut().find(|(_, other)| *other == options) {
                _ if options.is_empty() => (),
                Some((patterns, _)) => patterns.push(pattern),
                None => branches.push((vec![pattern], options)),
            }
        }
    }
    branches
}

/// The two tables as branches of `case` in bash and zsh: what begins an endpoint, and what follows its comma.
fn cases() -> [String; 2] {
    let words = places().into_iter().map(|place| (place.name.clone(), place.words()));
    let options = branches().into_iter().map(|(patterns, options)| (patterns.join("|"), options));
    let branch = |(pattern, words): (String, String)| format!("            {pattern}) candidates=({words}) ;;");
    [Vec::from_iter(words.map(branch)).join("\n"), Vec::from_iter(options.map(branch)).join("\n")]
}

/// Finds the scheme of a word, in bash and zsh. A bare address is TCP, and a path is a unix socket.
const SCHEME_OF_WORD: &str = r#"    case "$word" in
        /*|./*|../*|@*) scheme=unix ;;
        NAMES) scheme="${word%%:*}" ;;
    esac"#;

const BASH: &str = r##"
# Endpoints: what they begin with, and the options behind a comma. The words of bash end at colons and equals signs, so
# the line is taken apart here.
_xport_endpoints() {
    local line="${COMP_LINE:0:COMP_POINT}" word last="" place="" scheme=tcp i
    local -a words=() candidates=()
    read -ra words <<< "$line"
    [[ $line == *[[:space:]] ]] && words+=("")
    word="${words[-1]}"
    (( ${#words[@]} > 2 )) && last="${words[-2]}"
    for i in "${words[@]:1:${#words[@]}-2}"; do
        case "$i" in
            MODES) place="$i"; break ;;
            tcp-*|tls|tls-*|unix-*|udp-*) return 1 ;;
        esac
    done
    case "$place,$last" in
        exec,--listen|exec,--connect) place="$place$last" ;;
        *,VALUED) return 1 ;;
    esac
    [[ $word == -?* ]] && return 1
SCHEME
    if [[ $word == *,* ]]; then
        case "$place,$scheme" in
OPTIONS
        esac
        candidates=("${candidates[@]/#/"${word%,*},"}")
    else
        case "$place" in
WORDS
        esac
    fi
    COMPREPLY=()
    for i in "${candidates[@]}"; do
        # What bash takes for a word of its own begins behind the last colon or equals sign.
        [[ $i == "$word"* ]] && COMPREPLY+=("${i#"${word%"${word##*[:=]}"}"}")
    done
    (( ${#COMPREPLY[@]} )) || return 1
    compopt -o nospace 2> /dev/null
    return 0
}

_xport_or_endpoints() {
    _xport_endpoints || _xport "$@"
}

"##;

const ZSH: &str = r##"# Endpoints: what they begin with, and the options behind a comma.
_xport_endpoints() {
    local place="$1" word="$PREFIX" scheme=tcp
    local -a candidates=()
SCHEME
    if [[ $word == *,* ]]; then
        case "$place,$scheme" in
OPTIONS
        esac
        (( $#candidates )) && compadd -S '' -- "${word%,*},"${^candidates}
    else
        case "$place" in
WORDS
        esac
        compadd -S '' -- $candidates
        _files
    fi
}

"##;

const FISH: &str = r##"
# Endpoints: what they begin with, and the options behind a comma.
function __xport_endpoints
    set -l place $argv[1]
    set -l word (commandline -ct)
    set -l scheme tcp
    if string match -qr '^(/|\./|\.\./|@)' -- $word
        set scheme unix
    else if string match -qr '^(NAMES):' -- $word
        set scheme (string replace -r ':.*' '' -- $word)
    end
    set -l candidates
    if string match -q '*,*' -- $word
        switch $place,$scheme
OPTIONS
        end
        set -l before (string replace -r '[^,]*$' '' -- $word)
        set -q candidates[1]; and printf '%s\n' $before$candidates
    else
        switch $place
WORDS
        end
        printf '%s\n' $candidates
    end
end
"##;

/// The names of schemes, each with `end` behind it, for a pattern.
fn names(end: &str) -> String {
    Vec::from_iter(schemes().map(|scheme| format!("{}{end}", scheme.name))).join("|")
}

/// The schemes that a word can begin with.
fn schemes() -> impl Iterator<Item = &'static Scheme> {
    named().chain(PAGES.iter().copied())
}

/// The modes that take endpoints.
fn general_modes() -> impl Iterator<Item = &'static ModeSpec> {
    MODES.iter().filter(|mode| mode.scheme.is_none())
}

/// Puts `function` before the end of clap's page, which begins with `mark`.
fn insert(page: &str, mark: &str, function: &str) -> String {
    let (head, tail) = page.split_once(mark).unwrap_or((page, ""));
    format!("{head}{function}{mark}{tail}")
}

fn bash(page: &str) -> String {
    let [words, options] = cases();
    // The word after one of these options is a value, and no endpoint.
    let mut valued = Vec::new();
    for row in general_modes().flat_map(ModeSpec::rows) {
        if row.value_name().is_some() && !valued.contains(&row.flag()) {
            valued.push(row.flag());
        }
    }
    let function = BASH
        .replace("MODES", &Vec::from_iter(general_modes().map(|mode| mode.name)).join("|"))
        .replace("VALUED", &valued.join("|*,"))
        .replace("SCHEME", SCHEME_OF_WORD)
        .replace("NAMES", &names(":*"))
        .replace("OPTIONS", &options)
        .replace("WORDS", &words);
    let page = page.replace("complete -F _xport ", "complete -F _xport_or_endpoints ");
    insert(&page, "if [[ \"${BASH_VERSINFO[0]}\" -eq 4", function.trim_start())
}

fn zsh(page: &str) -> String {
    let [words, options] = cases();
    let function = ZSH
        .replace("SCHEME", SCHEME_OF_WORD)
        .replace("NAMES", &names(":*"))
        .replace("OPTIONS", &options)
        .replace("WORDS", &words);
    // clap completes files by default. The section of a mode begins with the name of the mode in parentheses.
    let mut mode = "";
    let mut lines = Vec::new();
    for line in page.lines() {
        if let Some(name) = line.strip_prefix('(').and_then(|line| line.strip_suffix(')')) {
            mode = name;
        }
        let of_exec = ["--listen", "--connect"].into_iter().find(|option| line.contains(&format!("{option}=")));
        let option = of_exec.filter(|_| line.contains(":EP:"));
        let is_operand = ["::left -- ", "::right -- ", "::endpoint -- "].iter().any(|name| line.contains(name));
        lines.push(if option.is_some() || is_operand {
            line.replace(":_default'", &format!(": _xport_endpoints {mode}{}'", option.unwrap_or_default()))
        } else {
            line.to_owned()
        });
    }
    insert(&(lines.join("\n") + "\n"), "if [ \"$funcstack[1]\" = \"_xport\" ]", &function)
}

fn fish(page: &str) -> String {
    let case =
        |pattern: &str, words: &str| format!("            case '{pattern}'\n                set candidates {words}");
    let words = Vec::from_iter(places().iter().map(|place| case(&place.name, &place.words()))).join("\n");
    let options = branches().into_iter().map(|(patterns, options)| case(&patterns.join("' '"), &options));
    let options = Vec::from_iter(options).join("\n");
    let mut page =
        page.to_owned() + &FISH.replace("NAMES", &names("")).replace("OPTIONS", &options).replace("WORDS", &words);
    for EndpointPlace { name, mode, .. } in places() {
        let option = name.strip_prefix(mode.name).unwrap_or_default().replace("--", " -r -l ");
        let condition = format!("-n \"__fish_xport_using_subcommand {}\"", mode.name);
        page.push_str(&format!("complete -c xport {condition}{option} -a \"(__xport_endpoints {name})\"\n"));
    }
    page
}
