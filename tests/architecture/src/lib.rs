//! The rules of the house as tests: allowed arrows, lints that everybody inherits, licences, and what the text may hold.
//!
//! [`arrows`] judges the graph of crates, [`manifests`] judges each `Cargo.toml`, [`text`] judges the files. All are
//! pure: they take what was read and answer with faults, one sentence each, so that planted faults can test them.
//! Reading happens in [`house`].

pub mod arrows;
pub mod house;
pub mod manifests;
pub mod text;
