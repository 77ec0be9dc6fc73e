//! The operands of a scan: a host alone, and its ports.

use super::typed::Typed;
use crate::cli::address::{is_host_alone, parse_inet};
use crate::cli::modes::Action;

/// The lines in which the host is alone, or a list of ports is in order.
pub(super) fn with_ordered_operands(typed: &Typed<'_>) -> Vec<Vec<String>> {
    let places = typed.places();
    let is_scan = typed.mode().is_some_and(|mode| mode.verb.action == Action::Scan);
    let Some((&host, ports)) = places.split_first().filter(|_| is_scan) else { return Vec::new() };
    let word = &typed.words[host];
    if let [ports] = ports
        && !word.is_empty()
        && is_host_alone(&typed.words[*ports])
    {
        let mut words = typed.words.to_vec();
        words.swap(host, *ports);
        return vec![words];
    }
    let mut lines = Vec::from_iter(without_kind(word).map(|rest| typed.with_word(host, rest)));
    if let Some((name, port)) = word.rsplit_once(':').filter(|_| parse_inet(word).is_ok()) {
        let name = if name.is_empty() { "localhost" } else { name };
        let mut words = typed.with_word(host, name.to_owned());
        words.insert(host + 1, port.to_owned());
        lines.push(words);
    }
    for &at in ports {
        let mended = Vec::from_iter(typed.words[at].split(',').filter(|part| !part.is_empty()).map(in_order)).join(",");
        if mended != typed.words[at] {
            lines.push(typed.with_word(at, mended));
        }
    }
    lines
}

/// A host without the kind of an endpoint over TCP, or the host of a URL.
fn without_kind(word: &str) -> Option<String> {
    let (kind, rest) = word.split_once(':')?;
    let host = match rest.strip_prefix("//") {
        Some(url) if kind != "udp" => url.split('/').next().unwrap_or_default(),
        None if matches!(kind, "tcp" | "tls" | "tcp-listen" | "tls-listen") => rest,
        _ => return None,
    };
    (!host.is_empty()).then(|| host.to_owned())
}

/// A range that begins with its smaller port.
fn in_order(range: &str) -> String {
    let number = |text: &str| text.parse::<u16>().ok();
    match range.split_once('-') {
        Some((first, last)) if number(first).is_some_and(|first| number(last).is_some_and(|last| first > last)) => {
            format!("{last}-{first}")
        }
        _ => range.to_owned(),
    }
}
