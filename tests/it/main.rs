//! The integration tests: one binary that runs the real program through `assert_cmd`.

mod command_line;
mod datagrams;
mod docs;
mod exec;
mod harness;
mod house;
mod relay;
mod run;
mod scan;
mod stdio;
mod streams;
mod tls;
mod wait;

/// Runs before `main` and before any test, so that children start with the signals of an interactive shell. A job in
/// the background would start with an ignored SIGINT, and under `nohup` with an ignored SIGHUP.
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
