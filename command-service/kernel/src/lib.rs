//! The pure heart of the command service: `step(now, input) -> outputs`.
//!
//! No clock, no socket, no chance inside: the same inputs give the same outputs, so that one seed can drive
//! a whole server through years of faults. The shell around it moves bytes and holds no decisions. Only bots may think on
//! several threads at once, which changes nothing about what they come to.
//!
//! Start at [`Kernel::step`]. A world is a [`slot`]: loading, ready, or out of order. What a command must pass before
//! it may reach its world is in [`gate`].

pub mod breaker;
mod commands;
mod deciding;
mod endings;
pub mod faults;
pub mod figures;
pub mod gate;
mod image;
pub mod io;
mod kernel;
pub mod limits;
mod loading;
mod passing;
mod questions;
mod slot;
pub mod stale;
pub mod threat;
mod wishes;

pub use faults::Plant;
pub use io::{Answer, Input, Loaded, Output, Question, Receipt, Request, Seen, Ticket};
pub use kernel::{Kernel, KernelConfig, SecretOpener};
