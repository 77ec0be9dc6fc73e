//! What a line says of TLS. A line to type instead must not send in plain text what the user wanted to protect.

use super::typed::Typed;
use super::words::url;
use crate::cli::kinds::{foreign, nearly};
use crate::cli::modes::Action;
use crate::cli::schemes::{Scheme, scheme_called};

/// Whether `line` has fewer ends over TLS than `words`. A scan has no ends: it sends no data.
pub(super) fn is_lost(words: &[String], line: &[String]) -> bool {
    let is_scan = Typed::new(line).mode().is_some_and(|mode| mode.verb.action == Action::Scan);
    !is_scan && ends(line) < ends(words)
}

/// How many ends of a line are over TLS. An option of TLS stands for one end.
fn ends(words: &[String]) -> usize {
    let typed = Typed::new(words);
    let is_named = typed.mode().and_then(|mode| mode.scheme).is_some_and(|scheme| scheme.is_tls);
    let of_openssl = matches!(typed.program, Some("openssl" | "s_client" | "s_server"));
    let before = &typed.words[..typed.after_mode().end];
    let is_asked = |word: &String| matches!(word.as_str(), "--ssl" | "--tls") || word.starts_with("--ssl-");
    if is_named || of_openssl {
        return 1;
    }
    let least = typed.names_tls("") || before.iter().any(is_asked);
    before.iter().filter(|word| is_over_tls(word)).count().max(usize::from(least))
}

/// Whether an endpoint is over TLS. It can be the value of an option, and its kind can be misspelled.
fn is_over_tls(word: &str) -> bool {
    let word = ["--listen=", "--connect="].iter().find_map(|option| word.strip_prefix(option)).unwrap_or(word);
    let Some((name, _)) = word.split_once(':') else { return false };
    let scheme = scheme_called(name).or_else(|| foreign(name).map(|(scheme, _)| scheme)).or_else(|| nearly(name));
    scheme.is_some_and(|scheme| scheme.is_tls) || url(word).is_some_and(|(is_tls, _)| is_tls)
}

/// The address of a TCP endpoint, for a mode that speaks TLS over TCP.
pub(super) fn without_tcp(own: &Scheme, word: &str) -> Option<String> {
    let kind = if own.listens() { "tcp-listen:" } else { "tcp:" };
    let address = word.strip_prefix(kind).filter(|address| own.is_tls && !address.contains(','))?;
    Some(address.trim_start_matches('/').to_owned())
}

/// The line with the name of a server, if a client takes an inherited socket.
pub(super) fn with_server_name(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let Some(mode) = typed.mode() else { return Vec::new() };
    let is_client = |scheme: &Scheme| scheme.is_tls && !scheme.listens();
    let of_place = |at: usize| {
        let word = &typed.words[at];
        let (kind, address) = word.rsplit_once("fd:").map(|(kind, _)| word.split_at(kind.len()))?;
        match mode.scheme {
            Some(scheme) if is_client(scheme) && kind.is_empty() => {
                let words = ["--server-name", "NAME", address].map(str::to_owned);
                Some(typed.with_words(at, &words))
            }
            Some(_) => None,
            None => scheme_called(kind.strip_suffix(':')?)
                .filter(|scheme| is_client(scheme))
                .map(|_| typed.with_word(at, format!("{word},server-name=NAME"))),
        }
    };
    typed.places().into_iter().filter_map(of_place).collect()
}
