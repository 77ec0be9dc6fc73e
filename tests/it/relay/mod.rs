//! `relay`: two ends of any kind.

mod circles;
mod crowds;
mod datagrams;
mod limits;
mod pairs;
mod runs;
mod service;
