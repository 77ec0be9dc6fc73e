//! `wait`: whether services are up, and the program that runs then.

mod lines;
mod programs;
mod runs;
mod services;
