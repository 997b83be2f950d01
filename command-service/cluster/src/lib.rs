//! Several nodes on one log: who holds which world, commands brought to their owner, commits told to all.
//!
//! Start at [`Cluster::join`]. NATS carries requests and hints; what is true stands in the log. A node that was given up
//! wrongly, two nodes that hold one world, a message that is lost or late: none of that can lose an acknowledged command
//! or write one twice, because every append names the last commit and the ownership that it knows.

mod bus;
mod error;
mod members;
mod node;
mod owner;
mod router;
mod running;
mod shared;
mod wire;

pub use error::BusError;
pub use members::{BEAT_MS, Beat, Heard, Members, Millis, Move, SETTLE_MS};
pub use node::{Cluster, ClusterConfig, look};
pub use shared::ClusterStats;
