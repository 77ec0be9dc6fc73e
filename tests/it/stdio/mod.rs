//! Standard streams of every kind, terminals and job control.

mod job_control;
mod kinds;
mod odd_streams;
mod progress;
mod raw;
mod standard_streams;
mod terminal;
