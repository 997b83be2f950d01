//! End-to-end tests through the real binary, against a real SQLite log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod approval;
mod bad_input;
mod beside;
mod crash;
mod follow;
mod full_disk;
mod log;
mod season;
mod server;
mod support;
