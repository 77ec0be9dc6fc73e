//! TLS in every mode.

mod chains;
mod endings;
mod ends;
mod faults;
mod files;
mod interop;
mod old_certificates;
mod relays;
mod secrets;
mod show_chain;
mod starttls;
mod streams;
mod trust;
