//! End-to-end tests through the real binary, against real SQLite, PostgreSQL and NATS.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod approval;
mod bad_input;
mod beside;
mod crash;
mod follow;
mod full_disk;
mod log;
mod nodes;
mod same;
mod season;
mod server;
mod stage;
mod support;
