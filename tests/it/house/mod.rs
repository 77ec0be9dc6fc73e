//! The repository itself: its rules, its generated files, its examples, what depends on the library, and asyncio as the
//! oracle of the library.

mod examples;
mod generated;
mod library;
mod oracle;
mod sleeps;
mod tidy;
