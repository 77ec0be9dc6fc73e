//! Tests of the table of options, and of reading values.

use super::*;
use crate::protocols::half_close::HalfClose;
use crate::transports::connect::Retry;

fn given(list: &[(Opt, &str)]) -> Vec<Given> {
    list.iter().map(|(id, text)| Given { row: row(*id), text: OsString::from(text) }).collect()
}

fn read(given_list: &[(Opt, &str)], variable_list: &[(&str, &str)]) -> Result<Options, String> {
    let all = Vec::from_iter(rows().filter(|row| row.heading() != Heading::None));
    let variable = |name: &str| variable_list.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
    Options::read(&all, &given(given_list), &variable).map_err(|error| error.describe(error.row.name))
}

#[test]
fn each_row_is_whole() {
    let ids = Vec::from_iter(rows().map(|row| row.id));
    for (index, row) in rows().enumerate() {
        assert!(!ids[index + 1..].contains(&row.id), "{row:?}");
        if let Some(variable) = row.variable {
            assert_eq!(variable, format!("XPORT_{}", row.word.replace('-', "_").to_uppercase()));
        }
        let mut options = Options::default();
        if let Some(default) = row.default {
            assert_eq!(row.store(&mut options, OsStr::new(default)), Ok(()), "{row:?}");
        }
        for word in row.words() {
            assert_eq!(row.store(&mut options, OsStr::new(word)), Ok(()), "{row:?}: {word}");
        }
        if !row.words().is_empty() {
            assert!(row.store(&mut options, OsStr::new("odd")).is_err(), "{row:?}");
        }
    }
}

#[test]
fn a_value_is_given_or_a_variable_or_the_default() {
    assert_eq!(read(&[], &[]).map(|options| options.dial.retry), Ok(Retry::Times(0)));
    assert_eq!(read(&[], &[("XPORT_RETRY", "3")]).map(|options| options.dial.retry), Ok(Retry::Times(3)));
    assert_eq!(
        read(&[(Opt::Retry, "4")], &[("XPORT_RETRY", "x")]).map(|options| options.dial.retry),
        Ok(Retry::Times(4))
    );
    let error = read(&[], &[("XPORT_RETRY", "x")]).map(|options| options.dial.retry);
    let reason = "must be 0 or more, or forever (from the environment variable XPORT_RETRY)";
    assert_eq!(error, Err(format!("invalid value 'x' for 'retry': {reason}")));
}

#[test]
fn lists_are_split_and_add_up() {
    let options = read(&[(Opt::Allow, "10.0.0.0/8,::1"), (Opt::Allow, "192.0.2.1")], &[("XPORT_DENY", "10.1.0.0/16")]);
    let options = options.expect("a list");
    assert_eq!((options.allow.len(), options.deny.len()), (3, 1));
}

#[test]
fn a_variable_switches_a_flag() {
    for (value, expected) in [("1", Ok(true)), ("0", Ok(false))] {
        assert_eq!(read(&[], &[("XPORT_NUMERIC", value)]).map(|options| options.dial.numeric), expected);
    }
    let error = read(&[], &[("XPORT_NUMERIC", "yes")]).map(|options| options.dial.numeric);
    let reason = "must be 1 for on or 0 for off (from the environment variable XPORT_NUMERIC)";
    assert_eq!(error, Err(format!("invalid value 'yes' for 'numeric': {reason}")));
}

/// An option on the line wins over a variable that contradicts it.
#[test]
fn a_variable_gives_way_to_what_contradicts_it() {
    let options = read(&[(Opt::Ipv6, "")], &[("XPORT_IPV4", "1")]).expect("options");
    assert_eq!((options.ipv4, options.ipv6), (false, true));
    let options = read(&[(Opt::NoHalfClose, "")], &[("XPORT_HALF_CLOSE", "now")]).expect("options");
    assert_eq!(options.half_close, Some(HalfClose::Never));
    let options = read(&[(Opt::SelfSigned, "")], &[("XPORT_CERT", "c"), ("XPORT_KEY", "k")]).expect("options");
    assert_eq!((options.cert, options.key), (None, None));
    let options = read(&[(Opt::Cert, "c")], &[("XPORT_KEY", "k"), ("XPORT_SELF_SIGNED", "1")]).expect("options");
    assert!(options.key.is_none() && !options.self_signed);
    let options = read(&[(Opt::Insecure, "")], &[("XPORT_CA", "c")]).expect("options");
    assert_eq!(options.ca, None);
}

/// An option that lowers the protection of a run must be on its line.
#[test]
fn no_variable_lowers_protection() {
    for id in [Opt::Insecure, Opt::AllowTruncation, Opt::Keylog, Opt::Dump] {
        assert_eq!(row(id).variable, None);
    }
}
