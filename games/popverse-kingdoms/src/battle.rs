//! The battle engine (rulebook 3): one deterministic machine, three ways to look at it.
//!
//! [`field::resolve`] only tells the outcome and allocates nothing; [`field::report`] also writes the blow-by-blow
//! lines and their digest; [`field::replay`] returns the steps for a viewer. All three run the same loop, generic
//! over a [`Sink`]. [`arena`] does the same for teams of heroes.
//! [`aftermath`] turns outcomes into casualties, wounded, loot and experience.

pub mod aftermath;
pub mod arena;
pub mod field;
mod figures;
mod input;
mod log;
mod outcome;

pub use figures::Figures;
pub use input::{Banner, Hero, Input, Side, SkillLevels};
pub use log::{Digest, Lines, Sink, Steps};
pub use outcome::{Outcome, Report, Result, SideKey, Step, Unit, UnitKind};
