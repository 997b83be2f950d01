//! The only erasable data: who a player is, what they are called, and the keys of the texts that they wrote.
//!
//! The record holds random [`PlayerId`](schemas::PlayerId)s and sealed texts and nothing else about people. What
//! makes a person of a player id stands here, in a database of its own: [`Vault`]. To erase a player is to delete
//! their row and their key; the record, its hashes and its replays stay as they are, and nobody can read the texts
//! any more.
//!
//! The server's own keys stand in files beside it: [`ServerKeys`].
//!
//! What is not here: any game, the log, any clock.

mod crypt;
mod erase;
mod error;
mod identity;
mod keys;
mod people;
mod schema;
mod text;
mod tokens;
mod vault;

pub use erase::{EraseReason, Erasure};
pub use error::{KeyError, VaultError};
pub use identity::Identity;
pub use keys::{Secret, ServerKeys};
pub use text::{SealedText, normalise};
pub use tokens::{Access, NewToken, Scope, TokenInfo};
pub use vault::Vault;
