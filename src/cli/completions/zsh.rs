//! The tables of the completions in the language of zsh.

use crate::cli::command::rows_of_top;
use crate::cli::completions::tables::{
    Fill, PROGRAM, addresses, cases, endpoint_options, endpoints, fill_in, flags, programs, running, scheme_names,
    values, with_aliases, with_colon,
};
use crate::cli::modes::{MODES, ModeSpec};
use crate::cli::operands::operands_of;
use crate::cli::options::{Heading, OptSpec, Repeat, row};

pub(super) fn script() -> String {
    let candidates = |words: &Vec<String>| format!("candidates=({})", words.join(" "));
    let (common, top): (Vec<_>, Vec<_>) = rows_of_top().partition(|row| row.heading() == Heading::Output);
    let help = "'(- *)'{-h,--help}'[Print help]'";
    let common = common.into_iter().map(|row| spec(row, row.help, &Fill::of_value(row)));
    let common = common.chain([help.to_owned()]).map(|spec| format!("        {spec}"));
    let version = "'(- *)'{-V,--version}'[Print version]'";
    let top = top.into_iter().map(|row| spec(row, row.help, &Fill::of_value(row)));
    let top = top.chain([version.to_owned()]).map(|spec| format!("        {spec} \\"));
    fill_in(
        include_str!("xport.zsh"),
        &[
            ("COMMON", Vec::from_iter(common).join("\n")),
            ("TOP", Vec::from_iter(top).join("\n")),
            ("PROGRAMS", with_aliases(programs()).join("|")),
            ("SPECS", Vec::from_iter(MODES.iter().map(specs)).join("\n")),
            ("MODES", modes()),
            ("SCHEMES", with_colon(scheme_names())),
            ("RUNNING", with_colon(running())),
            ("ENDPOINT_OPTIONS", cases("            (", endpoint_options(), candidates)),
            ("ADDRESSES", cases("            (", addresses(), action)),
            ("ENDPOINTS", cases("            (", endpoints(), candidates)),
            ("VALUES", cases("            (", values(), action)),
        ],
    )
}

fn modes() -> String {
    let lines = MODES.iter().flat_map(|mode| {
        mode.shown_names().map(|name| format!("        {}", quote(&format!("{name}:{}", mode.about))))
    });
    Vec::from_iter(lines).join("\n")
}

/// The branch of a mode: its options and operands.
fn specs(mode: &ModeSpec) -> String {
    let names = Vec::from_iter(mode.names()).join("|");
    let rows = mode.rows().filter(|row| row.heading() != Heading::Output);
    let options = rows.map(|row| spec(row, mode.help_of(row).0, &Fill::of_value_in(mode, row)));
    let operands = operands_of(mode).iter().enumerate().flat_map(|(index, operand)| {
        let shown = operand.shown.to_lowercase();
        match (operand.hint == PROGRAM, operand.is_list) {
            // The first operand is the program. Its own completion has the rest.
            (true, _) if index == 0 => vec!["'(-)1:program:_command_names -e'".into(), "'*::argument:_normal'".into()],
            (true, _) => Vec::new(),
            (false, true) => vec![quote(&format!("*:{shown}:{}", spec_action(&Fill::of_operand(mode, operand))))],
            (false, false) => {
                vec![quote(&format!("{}:{shown}:{}", index + 1, spec_action(&Fill::of_operand(mode, operand))))]
            }
        }
    });
    let lines = Vec::from_iter(options.chain(operands).map(|spec| format!("                {spec}")));
    format!("        ({names})\n            specs=(\n{}\n            )\n            ;;", lines.join("\n"))
}

/// The action of a specification. Behind a space, zsh inserts no arguments of its own.
fn spec_action(fill: &Fill) -> String {
    match fill {
        Fill::Words(words) => format!("({})", words.join(" ")),
        Fill::Host(_) | Fill::Endpoint(_) => format!(" {}", action(fill)),
        _ => action(fill),
    }
}

/// An option as `_arguments` takes it.
fn spec(option: &OptSpec, help: &str, fill: &Fill) -> String {
    let escape = |text: &str| text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]").replace(':', "\\:");
    let flags = flags(option);
    let help = format!("[{}]", escape(help));
    let value = option.value_name().map(|name| {
        let action = spec_action(fill);
        format!("{}:{}:{action}", if option.bare.is_some() { ":" } else { "" }, escape(name))
    });
    let value = value.unwrap_or_default();
    if option.repeat != Repeat::No {
        let specs = flags.iter().map(|flag| quote(&format!("*{}{help}{value}", typed(flag, option))));
        return Vec::from_iter(specs).join(" ");
    }
    let contrary = option.not_with.map(|other| row(other).flag());
    let excluded = Vec::from_iter(flags.iter().cloned().chain(contrary)).join(" ");
    let specs = flags.iter().map(|flag| quote(&format!("({excluded}){}{help}{value}", typed(flag, option))));
    Vec::from_iter(specs).join(" ")
}

/// A value follows a long option as a word of its own or after an equals sign.
fn typed(flag: &str, option: &OptSpec) -> String {
    let has_value = option.takes_value() && flag.starts_with("--");
    format!("{flag}{}", if has_value { "=" } else { "" })
}

fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// The command that offers words.
fn action(fill: &Fill) -> String {
    match fill {
        Fill::Nothing => " ".to_owned(),
        Fill::Words(words) => format!("compadd -- {}", words.join(" ")),
        Fill::Files => "_files".to_owned(),
        Fill::Programs => "_command_names -e".to_owned(),
        Fill::Host("") => "_xport_hosts \"\"".to_owned(),
        Fill::Host(behind) => format!("_xport_hosts {behind}"),
        Fill::OwnAddress => "_xport_own".to_owned(),
        Fill::Endpoint(place) => format!("_xport_endpoint {place}"),
        Fill::Variables => "_parameters -g \"*export*\"".to_owned(),
        Fill::Interfaces => "_net_interfaces".to_owned(),
        Fill::Owners => "_xport_owners".to_owned(),
    }
}
