//! One binary of integration tests: the real program, through `assert_cmd`.

mod cli;
mod completing;
mod connecting;
mod datagram_addresses;
mod datagram_faults;
mod datagram_order;
mod datagrams;
mod deadly_signals;
mod delivery;
mod descendants;
mod endpoints;
mod escapes;
mod examples;
mod exec;
mod exec_connections;
mod exec_ends;
mod exec_faults;
mod exec_starts;
mod exec_streams;
mod exit_status;
mod first_process;
mod forged;
mod forwarding;
mod forwarding_faults;
mod generated;
mod half_close;
mod job_control;
mod late_readers;
mod leaving;
mod lifecycle;
mod messages;
mod multicast;
mod netns;
mod odd_streams;
mod oracle;
mod port_files;
mod pty;
mod relay_crowds;
mod relay_datagrams;
mod relay_limits;
mod relay_runs;
mod relay_service;
mod relays;
mod resources;
mod standard_streams;
mod stdio_kinds;
mod stream_options;
mod stream_semantics;
mod telling;
mod terminal;
mod tidy;
mod tls_authority;
mod tls_chains;
mod tls_ends;
mod tls_faults;
mod tls_files;
mod tls_interop;
mod tls_old_certificates;
mod tls_relays;
mod tls_secrets;
mod tls_starttls;
mod tls_streams;
mod tls_trust;
mod tls_util;
mod unix_paths;
mod unix_sockets;
mod unreliable_calls;
mod util;
mod vanished;
mod verbs;

/// Runs before `main`, and so before any test: children begin with the signals that an interactive shell would give them. A job in
/// the background is given an ignored SIGINT, and `nohup` gives an ignored SIGHUP.
#[used]
// SAFETY: the section holds pointers to functions that the C library calls before `main`.
#[unsafe(link_section = ".init_array")]
static WITH_DEFAULT_SIGNALS: extern "C" fn() = {
    extern "C" fn reset() {
        for signal in
            [libc::SIGINT, libc::SIGQUIT, libc::SIGHUP, libc::SIGTERM, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU]
        {
            // SAFETY: no handler is installed, and nothing else runs yet.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
    }
    reset
};
