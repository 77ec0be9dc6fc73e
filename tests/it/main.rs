//! One binary of integration tests: the real program, through `assert_cmd`.

mod cli;
mod generated;
mod util;
