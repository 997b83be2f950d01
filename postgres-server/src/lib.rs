//! A PostgreSQL server as every room meets it that keeps something there: where it stands ([`Address`]), what its errors
//! mean ([`trouble`]), how an administrator makes a database ready ([`prepare`]).
//!
//! What is kept, which rights that takes, and what people are told when something is missing are each room's own.

mod address;
mod setup;
mod trouble;

pub use address::{Address, NoConnection};
pub use setup::{Access, Failed, Login, Prepared, Purpose, Room, Setup, prepare};
pub use trouble::{Trouble, state, trouble, words};
