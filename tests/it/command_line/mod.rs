//! The command line, messages, and exit statuses.

mod completing;
mod endpoints;
mod escapes;
mod exit_status;
mod failures;
mod help;
mod manual;
mod messages;
mod numbers;
mod options;
mod port_files;
mod stream_options;
mod typed;
mod verbs;
