//! Every closed formula of the rulebook, one file per subject; pure functions of [`crate::rules::Rules`] and levels.
//! Levels are i64 in their rulebook ranges, times whole seconds, shares ‰, unless a name says otherwise.

pub mod arena;
pub mod arith;
pub mod city;
pub mod conquest;
pub mod heroes;
pub mod land;
pub mod march;
pub mod market;
pub mod power;
pub mod production;
pub mod season;
pub mod service;
pub mod training;
