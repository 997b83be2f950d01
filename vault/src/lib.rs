//! The only erasable data: who a player is, what they are called, and the keys of the texts that they wrote.
//!
//! The record holds random [`PlayerId`](schemas::PlayerId)s and sealed texts and nothing else about people. What
//! makes a person of a player id stands here, in a database of its own: [`Vault`], a SQLite file or, for several nodes, a
//! PostgreSQL database ([`VaultPlace`]). To erase a player is to delete
//! their row and their key; the record, its hashes and its replays stay as they are, and nobody can read the texts
//! any more.
//!
//! The server's own keys stand in files beside it: [`ServerKeys`].
//!
//! What is not here: any game, the log, any clock.

mod copy;
mod crypt;
mod db;
mod erase;
mod error;
mod identity;
mod keys;
mod links;
mod messages;
mod people;
mod place;
#[cfg(feature = "postgres")]
pub mod postgres;
mod schema;
mod sessions;
mod sqlite;
mod text;
mod tokens;
mod vault;

pub use copy::VaultCopied;
pub use erase::{EraseReason, Erasure};
pub use error::{KeyError, ServerError, VaultError};
pub use identity::Identity;
pub use keys::{Secret, ServerKeys};
pub use links::{Account, Link, NewCode, Platform};
pub use messages::{NewsChannel, Parked};
pub use place::VaultPlace;
#[cfg(feature = "postgres")]
pub use postgres::{PoolSettings, prepare_postgres};
pub use sessions::{NewSession, Rotation};
pub use text::{SealedText, normalise};
pub use tokens::{Access, NewToken, Scope, TokenInfo};
pub use vault::Vault;
