//! `relay`: two ends of any kind.

mod crowds;
mod datagrams;
mod limits;
mod pairs;
mod runs;
mod service;
