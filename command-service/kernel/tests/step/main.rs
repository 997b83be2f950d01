//! The kernel driven by hand: every input, every output, a log in memory that does as it is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "tests")]

mod away;
mod bench;
mod bots;
mod conflicts;
mod threats;
mod told;
