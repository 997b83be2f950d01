//! What every game is made of.
//!
//! A game is a crate that implements [`Game`]: pure rules, the same log giving the same state, byte for byte. Start at
//! [`game::Game`], then [`decision::Decision`]. The object-safe face that hosts see is made from it in
//! `games-registry`.
//!
//! Absent on purpose: clocks, threads, files, floats (but in reports), hash maps, and anything that belongs to one game.

pub mod amounts;
pub mod audience;
pub mod balance;
pub mod decision;
mod declare;
pub mod dice;
pub mod duty;
pub mod game;
pub mod ids;
pub mod lesson;
pub mod people;
pub mod prelude;
pub mod timers;
pub mod tree;
pub mod view;
pub mod words;

pub use audience::Audience;
pub use decision::{Checked, Decision, Effect, act, refuse};
pub use dice::{Rng, Secret};
pub use game::{Asked, Game, HasTimers, Moment, RulesError};
pub use ids::Counters;
pub use lesson::Lesson;
pub use people::People;
pub use timers::{Due, Timers};
