//! Private servers for tests: found on the machine, started on free ports in a folder of their own, removed afterwards,
//! also when a test panics or its process is killed.
//!
//! A test that needs one asks for it and returns when there is none: [`Postgres::shared`], [`Postgres::start`],
//! [`Nats::start`].

mod cut;
mod debian;
mod nats;
mod postgres;

pub use cut::{Cutter, Way};
pub use nats::Nats;
pub use postgres::Postgres;
