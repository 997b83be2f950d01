//! What every game is made of: decider, dice, timers, amounts, audience, test kit.

pub mod dice;
