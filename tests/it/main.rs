//! One binary of integration tests: the real program, through `assert_cmd`.

mod cli;
mod generated;
mod standard_streams;
mod stream_options;
mod stream_semantics;
mod terminal;
mod unreliable_calls;
mod util;
