//! The configuration of `wait`: services to wait for, and a program to run then.

use std::os::unix::ffi::OsStrExt;

use crate::cli::endpoint::EndpointArg;
use crate::cli::ends::EndConfig;
use crate::cli::error::ConfigError;
use crate::cli::hints;
use crate::cli::kinds::is_executable;
use crate::cli::modes::Action;
use crate::cli::options::{Opt, Options};
use crate::cli::quote::clean;
use crate::cli::request::{ParsedEndpoint, Request, check_use};
use crate::cli::resolve::run_config;
use crate::cli::schemes::{Form, Role};
use crate::modes::config::{AwaitedKind, AwaitedService, ConnectConfig, DatagramConnectConfig, WaitConfig};
use crate::protocols::wait::http::HttpGet;
use crate::transports::address::{Address, Host, HostPort, Place};
use crate::transports::connect::Dialing;

/// Why an inherited socket cannot be waited for.
const OPEN_ALREADY: &str = "an inherited socket is open already: wait needs an address";

pub(super) fn resolve_wait(request: &Request<'_>) -> Result<WaitConfig, ConfigError> {
    let options = request.options;
    request.check_words()?;
    let mut parsed = Vec::new();
    for text in request.operands {
        let arg = match EndpointArg::page(text) {
            Some(page) => page,
            None => EndpointArg::parse(text)?,
        };
        // A service needs no host in front, but behind an endpoint its name is more often that of a program.
        if !parsed.is_empty() && text.to_str().is_some_and(hints::is_bare_service) {
            return Err(arg.with_context("a service has a leading colon, and a program goes after --"));
        }
        if !(request.mode.verb.takes)(arg.scheme) {
            return Err(arg.with_context(explain_scheme(&arg)));
        }
        parsed.push(ParsedEndpoint::new(arg, request)?);
    }
    parsed.iter().try_for_each(check_program)?;
    let ends = Vec::from_iter(parsed.iter().map(ParsedEndpoint::scheme_use));
    if ends.is_empty() {
        return Err("no endpoint given to wait for".into());
    }
    check_use(request, &ends)?;
    check_options(options, &parsed)?;
    let run = run_config(Action::Wait, options, false)?;
    let services = parsed.iter().map(|parsed| service(parsed, parsed.config(&run)?, options));
    let services = services.collect::<Result<Vec<_>, ConfigError>>()?;
    let command = match request.program {
        [] => None,
        [program, ..] if program.is_empty() => return Err("the program name is empty".into()),
        [program, arguments @ ..] => Some((program.clone(), arguments.to_vec())),
    };
    Ok(WaitConfig { services, command, stream: run.stream, ..options.wait.clone() })
}

/// Checks that each option does something together with the others.
fn check_options(options: &Options, parsed: &[ParsedEndpoint<'_>]) -> Result<(), ConfigError> {
    if options.was_given(Opt::Every) && options.wait.limit.is_none() {
        return Err("--every does nothing without --for: there is one try".into());
    }
    if options.wait.any && parsed.len() == 1 {
        return Err("--any does nothing with one endpoint".into());
    }
    if options.wait.gone && parsed.iter().any(|parsed| !parsed.statuses().is_empty()) {
        return Err("--status does nothing with --gone: a service with any status is not gone".into());
    }
    Ok(())
}

/// Explains why an endpoint cannot be waited for.
fn explain_scheme(arg: &EndpointArg<'_>) -> &'static str {
    match (arg.scheme.role, arg.scheme.form) {
        (_, Form::Descriptor) => OPEN_ALREADY,
        (Role::Listen, _) => "this endpoint listens, and wait connects",
        (Role::Run, _) => "a program is not a service: it goes after --",
        _ => "stdin and stdout are not a service",
    }
}

/// Checks that the path of a socket is not that of a program. The dashes before the program would be missing.
fn check_program(parsed: &ParsedEndpoint<'_>) -> Result<(), ConfigError> {
    match parsed.path_to_connect() {
        Some(path) if is_executable(path) => {
            Err(parsed.arg.with_context("this is a program, not a socket: it goes after --"))
        }
        _ => Ok(()),
    }
}

/// The configuration of a service.
fn service(
    parsed: &ParsedEndpoint<'_>,
    config: Option<EndConfig>,
    options: &Options,
) -> Result<AwaitedService, ConfigError> {
    let arg = &parsed.arg;
    let kind = match config {
        Some(EndConfig::Connect(ConnectConfig { target: Place::Address(peer), dial, tls, .. })) => {
            if let Address::Inet(at) = &peer {
                check_name(arg, at, &dial)?;
            }
            match peer {
                Address::Inet(at) if arg.scheme.is_page() => {
                    let url = arg.url()?;
                    let get = HttpGet { host: url.host, path: url.path, statuses: parsed.statuses() };
                    AwaitedKind::Answers(at, dial, tls, get)
                }
                peer => AwaitedKind::Connects(peer, dial, tls),
            }
        }
        Some(EndConfig::DatagramConnect(DatagramConnectConfig { target: Place::Address(at), dial, .. })) => {
            check_name(arg, &at, &dial)?;
            let text = options.send.as_ref().map(|text| text.as_bytes().to_vec());
            if text.is_none() && is_group(&at) {
                return Err(arg.with_context("a multicast group never refuses: add --send TEXT to wait for a reply"));
            }
            AwaitedKind::Replies(at, dial, text)
        }
        _ => return Err(arg.with_context(OPEN_ALREADY)),
    };
    Ok(AwaitedService { name: arg.shown(), kind })
}

/// Checks that a name may be looked up. Otherwise no try could succeed.
fn check_name(arg: &EndpointArg<'_>, at: &HostPort, dial: &Dialing) -> Result<(), ConfigError> {
    match &at.host {
        Host::Name(name) if dial.numeric => {
            Err(arg.with_context(&format!("'{}' is a name, which -n does not look up", clean(name))))
        }
        _ => Ok(()),
    }
}

fn is_group(at: &HostPort) -> bool {
    matches!(&at.host, Host::Ip { ip, .. } if ip.is_multicast())
}
