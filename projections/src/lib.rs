//! Read models, leaderboards, queries and the outbox, derived from the log.
//!
//! Everything here can be thrown away and derived again, but for the outbox: what was sent can not be unsent, so its
//! three tables are carried from file to file, or stand apart from the versions, and are never rebuilt.
//!
//! - [`ReadModels`] stand at a [`Place`]: a directory with a file for each version, or a PostgreSQL database with a schema
//!   for each, and a pointer to the version that readers are on. An administrator [`prepare`]s a database once.
//! - [`Projector`] follows the log: reads a batch, folds it with the games' own `evolve`, writes rows and checkpoint
//!   in one transaction.
//! - [`rebuild`](rebuild()) makes a new version beside the one that serves, and swaps the pointer.
//! - [`check`](check()) compares every row with a fold.
//! - [`Queries`] answers from the rows.
//!
//! Rows of current state are a view of the state, written once per batch for everything that the batch touched. Rows
//! of history come from the events and are marked void when a rewind makes their commit void.

mod boards;
mod bulk;
mod changes;
mod check;
mod db;
mod dialect;
mod engine;
mod error;
mod files;
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
mod touched;
mod write;

pub use check::{CheckReport, Difference, check};
pub use db::{BoardsAsOf, Checkpoint};
pub use dialect::{Bulk, Dialect, copy_text};
#[doc(hidden)]
pub use engine::postgres::prepare_up_to;
pub use engine::postgres::{Access, Login, ServerError, ServerSettings, prepare};
pub use error::ProjectionError;
pub use games::Games;
pub use models::{Place, ReadModels};
pub use postgres_server::{Prepared, Purpose};
pub use projector::{Projector, ProjectorConfig, Step};
pub use query::{
    AuditEntry, AuditFilter, Happened, LedgerEntry, OutboxEntry, PAGE_ROWS, Page, Queries, Standing, WorldRow,
};
pub use rebuild::{Progress, RebuildReport, rebuild};
pub use schema::{ColumnSpec, HostTable, Role, Schema, TableSpec};
pub use status::{State, WorldStatus};
