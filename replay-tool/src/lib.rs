//! Time travel and proof: the state at any point, the difference between two, verification down to every roll of the
//! dice, battles fought again, and rewinds planned before they are applied.
//!
//! Everything here reads the log and changes nothing; a plan is applied by the command service.

pub mod approval;
pub mod audit;
pub mod battles;
pub mod diff;
pub mod error;
pub mod plan;
pub mod point;
pub mod travel;
pub mod verify;

pub use error::ToolError;
pub use point::{Point, Resolved};
