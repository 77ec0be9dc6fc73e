//! The request of a user: a mode with its options and operands. This file checks that every option does something.

use std::ffi::OsString;
use std::path::Path;

use crate::cli::endpoint::{Context, EndpointArg};
use crate::cli::ends::{EndConfig, RunConfig, SchemeUse, end_config};
use crate::cli::error::ConfigError;
use crate::cli::hints;
use crate::cli::modes::{Action, ModeSpec};
use crate::cli::options::{Heading, Opt, OptSpec, Options};
use crate::cli::schemes::{Role, Scheme};
use crate::transports::address::{Address, Place, UnixName};
use crate::transports::advice::Advice;

/// A mode, and the rest of the command line.
pub(super) struct Request<'a> {
    pub(super) mode: &'static ModeSpec,
    /// The arguments that are neither options nor their values.
    pub(super) operands: &'a [OsString],
    /// The program behind `--` of `wait`, and its arguments.
    pub(super) program: &'a [OsString],
    pub(super) context: Context<'a>,
    /// The values of the options of the run.
    pub(super) options: &'a Options,
}

impl Request<'_> {
    /// Refuses a host and its port as two endpoints.
    pub(super) fn check_words(&self) -> Result<(), ConfigError> {
        let mut pairs = self.operands.windows(2).filter_map(|two| two[0].to_str().zip(two[1].to_str()));
        if pairs.any(|(host, port)| hints::joined(host, port).is_some()) {
            Err("host and port must be one word".into())
        } else {
            Ok(())
        }
    }
}

/// An endpoint whose options have been read.
pub(super) struct ParsedEndpoint<'a> {
    pub(super) arg: EndpointArg<'a>,
    /// `None` if the endpoint is not a socket.
    socket: Option<(Place, Options)>,
}

impl<'a> ParsedEndpoint<'a> {
    pub(super) fn new(arg: EndpointArg<'a>, request: &Request<'_>) -> Result<Self, ConfigError> {
        let is_socket = arg.scheme.is_socket();
        let socket = is_socket.then(|| arg.parse_options(&request.context)).transpose()?;
        Ok(Self { arg, socket })
    }

    pub(super) fn scheme_use(&self) -> SchemeUse {
        let addresses = self.socket.iter().map(|(address, _)| address.clone()).collect();
        SchemeUse { scheme: self.arg.scheme, addresses }
    }

    /// The path of a unix socket to connect to.
    pub(super) fn path_to_connect(&self) -> Option<&Path> {
        match &self.socket {
            Some((Place::Address(Address::Unix(UnixName::Path(path))), _)) if !self.arg.scheme.listens() => Some(path),
            _ => None,
        }
    }

    /// The HTTP statuses that its options name.
    pub(super) fn statuses(&self) -> Vec<u16> {
        self.socket.iter().flat_map(|(_, options)| options.status.clone()).collect()
    }

    /// The configuration of the endpoint. `None` if it is not a socket.
    pub(super) fn config(&self, run: &RunConfig<'_>) -> Result<Option<EndConfig>, ConfigError> {
        let Some((_, options)) = &self.socket else { return Ok(None) };
        // Commas in a URL are rare, so advice about a page names the option of the mode.
        let advice = if self.arg.scheme.is_page() { Advice::Arguments } else { Advice::Endpoint };
        let config = end_config(self.scheme_use(), options, run, advice);
        config.map(Some).map_err(|error| self.arg.explain(error))
    }
}

/// Options that keep clients out. A user relies on such an option for every listener, so each listener must have it.
const GUARDS: &[Opt] = &[Opt::Allow, Opt::Deny, Opt::ClientCa];

/// Checks that each given option does something: for an end, for the mode, or for the run. No two ends can have
/// the same descriptor.
pub(super) fn check_use(request: &Request<'_>, ends: &[SchemeUse]) -> Result<(), ConfigError> {
    check_descriptors(ends.iter().flat_map(|end| &end.addresses))?;
    let Request { mode, context: Context { given, .. }, .. } = request;
    let is_of_run = |opt| mode.verb.run_takes(None, opt);
    let is_checked = |row: &&OptSpec| row.heading() != Heading::Output && !row.id.names_an_end();
    for row in given.iter().map(|given| given.row).filter(is_checked) {
        let (users, others): (Vec<&SchemeUse>, Vec<&SchemeUse>) =
            ends.iter().partition(|end| end.uses(mode.verb, row.id));
        let unguarded = others.iter().filter(|end| GUARDS.contains(&row.id) && end.scheme.listens());
        let unguarded = Vec::from_iter(unguarded.map(|end| end.scheme));
        let reason = if !unguarded.is_empty() {
            format!("for {}", list(&unguarded))
        } else if users.is_empty() && !is_of_run(row.id) {
            explain_useless(mode, row.id, ends)
        } else {
            continue;
        };
        return Err(format!("{} does nothing {reason}", row.flag()).into());
    }
    Ok(())
}

/// Checks that no descriptor is given twice: it can be taken over only once.
fn check_descriptors<'a>(addresses: impl Iterator<Item = &'a Place>) -> Result<(), ConfigError> {
    let mut seen = Vec::new();
    for address in addresses.filter(|address| address.is_inherited()) {
        if seen.contains(&address) {
            return Err(format!("'{address}' is given twice").into());
        }
        seen.push(address);
    }
    Ok(())
}

/// Explains what an option would need.
fn explain_useless(mode: &ModeSpec, opt: Opt, ends: &[SchemeUse]) -> String {
    let verb = mode.verb;
    if let Some(end) = ends.iter().find(|end| verb.has(end.scheme, opt))
        && mode.scheme.is_some()
        && let [address, ..] = &end.addresses[..]
    {
        return format!("for '{address}', which is open already");
    }
    let roles = [Role::Listen, Role::Connect, Role::Run];
    let is_wanted = |role: &Role| verb.schemes().any(|scheme| scheme.role == *role && verb.has(scheme, opt));
    let wanted = Vec::from_iter(roles.into_iter().filter(is_wanted));
    let is_there = ends.iter().any(|end| wanted.contains(&end.scheme.role));
    match (verb.action, &wanted[..]) {
        (Action::Exec, [Role::Listen]) if !is_there => "without --listen".to_owned(),
        (Action::Exec, [Role::Connect]) if !is_there => "without --connect".to_owned(),
        (Action::Exec, _) if !is_there => "without --listen or --connect".to_owned(),
        (_, [Role::Listen]) if !is_there => "if LEFT does not listen".to_owned(),
        (_, [Role::Connect]) if !is_there => "if no side connects".to_owned(),
        (_, [Role::Run]) if !is_there => "without exec: or shell:".to_owned(),
        _ => format!("for {}", list(&Vec::from_iter(ends.iter().map(|end| end.scheme)))),
    }
}

fn list(schemes: &[&Scheme]) -> String {
    let mut names = Vec::from_iter(schemes.iter().map(|scheme| match scheme.role {
        Role::Stdio => scheme.name.to_owned(),
        _ => format!("{}:", scheme.name),
    }));
    names.dedup();
    names.join(" and ")
}
