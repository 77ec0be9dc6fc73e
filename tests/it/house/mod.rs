//! The repository itself: its rules, its generated files, its examples, and asyncio as the oracle of the library.

mod examples;
mod generated;
mod oracle;
mod tidy;
