//! Read models, leaderboards, queries and the outbox, derived from the log.
//!
//! Everything here can be thrown away and derived again, but for the outbox: what was sent can not be unsent, so its
//! three tables are carried from file to file and never rebuilt.
//!
//! - [`ReadModels`] is a directory with the file that readers are on, and a pointer to it.
//! - [`Projector`] follows the log: reads a batch, folds it with the games' own `evolve`, writes rows and checkpoint
//!   in one transaction.
//! - [`rebuild`](rebuild()) makes a new file beside the one that serves, and swaps the pointer.
//! - [`check`](check()) compares every row with a fold.
//! - [`Queries`] answers from the rows.
//!
//! Rows of current state are a view of the state, written once per batch for everything that the batch touched. Rows
//! of history come from the events and are marked void when a rewind makes their commit void.

mod boards;
mod changes;
mod check;
mod db;
mod dialect;
mod error;
mod games;
mod line;
mod models;
mod pages;
mod projector;
mod query;
mod rebuild;
mod schema;
mod status;
mod tape;
mod write;

pub use check::{CheckReport, Difference, check};
pub use db::Checkpoint;
pub use dialect::{Bulk, Dialect};
pub use error::ProjectionError;
pub use games::Games;
pub use models::ReadModels;
pub use projector::{Projector, ProjectorConfig, Step};
pub use query::{
    AuditEntry, AuditFilter, LedgerEntry, OutboxEntry, PAGE_ROWS, Page, Queries, Standing, WorldRow,
};
pub use rebuild::{Progress, RebuildReport, rebuild};
pub use schema::{ColumnSpec, HostTable, Role, Schema, TableSpec};
pub use status::{State, WorldStatus};
