//! A run as a whole: signals, limits, resources.

mod deadly_signals;
mod first_process;
mod lifecycle;
mod resources;
