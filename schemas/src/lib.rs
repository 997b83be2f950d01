//! The contracts: what every room of Annals agrees on.
//!
//! Here stand the ids and numbers ([`ids`]), the moments ([`moment`]), who acts ([`actor`]), what a player is told
//! when something is refused ([`rejection`]), and the unit of the record, the [`commit::Commit`].
//!
//! What is not here: any game, any engine, any clock.

pub mod actor;
pub mod codec;
pub mod commit;
pub mod hex32;
pub mod host;
pub mod ids;
pub mod live;
pub mod moment;
pub mod rejection;
pub mod server;

pub use actor::{Actor, Facts};
pub use commit::{Cause, Commit, CommitHeader, EventHeader, Hash, Outcome, StoredCommit};
pub use ids::{
    Allocation, CommandId, CommitNo, Epoch, ExpectedVersion, PlayerId, Position, ServerId, TimerId, WorldId,
};
pub use live::LiveLine;
pub use moment::{GameTime, WallTime};
pub use rejection::Rejection;
