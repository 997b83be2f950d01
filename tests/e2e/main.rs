//! End-to-end tests through the real binary, against real SQLite, PostgreSQL and NATS, and a stand-in for KurrentDB.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod approval;
mod bad_input;
mod beside;
mod bus;
mod controls;
mod crash;
mod dashboard;
mod databases;
mod discord;
mod follow;
mod full_disk;
mod kurrent;
mod log;
mod messages;
mod nodes;
mod people;
mod places;
mod replies;
mod restore;
mod same;
mod season;
mod server;
mod stage;
mod support;
mod town;
mod trouble;
mod twitch;
