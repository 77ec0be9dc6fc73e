//! The tables of the completions in the language of bash.

use crate::cli::command::rows_of_top;
use crate::cli::completions::tables::{
    Branches, Fill, addresses, aliases, cases, endpoint_options, endpoints, fill_in, flags, mode_names, mode_values,
    operands, programs, running, scheme_names, trailing, valued, values, with_colon,
};
use crate::cli::modes::MODES;

pub(super) fn script() -> String {
    let candidates = |words: &Vec<String>| format!("candidates=({})", words.join(" "));
    let in_place = |table: Branches<Fill>, before: &str| cases("            ", table, |fill| action(fill, before));
    let top = rows_of_top().flat_map(flags).chain(["--help", "-h", "--version", "-V"].map(str::to_owned));
    let options = MODES.iter().map(|mode| {
        let words = mode.rows().flat_map(flags).chain(["--help", "-h"].map(str::to_owned));
        (vec![mode.name.to_owned()], Vec::from_iter(words).join(" "))
    });
    let options = options.chain([(vec!["*".to_owned()], Vec::from_iter(top).join(" "))]).collect();
    let aliases = aliases().map(|(alias, name)| format!("                {alias}) mode={name} ;;"));
    fill_in(
        include_str!("xport.bash"),
        &[
            ("PROGRAMS", programs().join("|")),
            ("TRAILING", trailing().join("|")),
            ("TRAILING_OPERANDS", Vec::from_iter(trailing().iter().map(|mode| format!("{mode},0"))).join("|")),
            ("VALUED", valued().join("|")),
            ("ALIASES", Vec::from_iter(aliases).join("\n")),
            ("MODES", mode_names().join(" ")),
            ("OPERANDS", in_place(operands(), "\"\"")),
            ("SCHEMES", with_colon(scheme_names())),
            ("RUNNING", with_colon(running())),
            ("ENDPOINT_OPTIONS", cases("            ", endpoint_options(), candidates)),
            ("ADDRESSES", in_place(addresses(), "\"$scheme:\"")),
            ("ENDPOINTS", cases("            ", endpoints(), candidates)),
            ("ENDPOINT_VALUES", {
                let endpoint = "                *) _xport_endpoint \"$mode--$1\" ;;";
                format!("{}\n{endpoint}", cases("                ", mode_values(), |fill| action(fill, "\"$2\"")))
            }),
            ("VALUES", cases("        ", values(), |fill| action(fill, "\"$2\""))),
            ("OPTIONS", cases("        ", options, |words: &String| format!("_xport_offer \"\" {words}"))),
        ],
    )
}

/// The command that offers words. `before` is the text before each word.
fn action(fill: &Fill, before: &str) -> String {
    match fill {
        Fill::Nothing => ":".to_owned(),
        Fill::Words(words) => format!("_xport_offer {before} {}", words.join(" ")),
        Fill::Files => format!("_xport_files {before}"),
        Fill::Programs => format!("_xport_programs {before}"),
        Fill::Host(behind) => format!("_xport_hosts {before} \"{behind}\""),
        Fill::OwnAddress => format!("_xport_own {before}"),
        Fill::Endpoint(place) => format!("_xport_endpoint {place}"),
        Fill::Variables => format!("_xport_offer {before} $(compgen -e)"),
        Fill::Interfaces => format!("_xport_offer {before} $(cd /sys/class/net 2> /dev/null && echo *)"),
        Fill::Owners => format!("_xport_owners {before}"),
    }
}
