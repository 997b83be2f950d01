//! The contracts as files: JSON Schemas of every command and event, a catalogue, golden samples, and the lock that
//! says what has been shipped.
//!
//! Here files are compared with code ([`check`]) and written from it ([`write`]). What is not here: the contracts
//! themselves, which stand in `schemas/src` and in the games. Start with [`domain::domains`].

pub mod catalog;
pub mod domain;
pub mod export;
pub mod golden;
pub mod lock;
pub mod sample;
pub mod season;

use std::path::{Path, PathBuf};

pub use export::{Outcome, check, write};

/// What to do when files and code differ; every message ends with it.
pub const CURE: &str = "run `cargo xtask schemas` and commit what it writes";

/// The folder in which the contracts lie, from the place of this crate.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}
