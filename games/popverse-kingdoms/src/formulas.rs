//! Every closed formula of the rulebook, one file per subject; pure functions of [`crate::rules::Rules`] and levels.

pub mod arith;
