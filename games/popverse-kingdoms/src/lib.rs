//! PopVerse Kingdoms: three factions, one map, ninety days.

pub mod amounts;
pub mod formulas;
pub mod keys;
pub mod rules;
pub mod tile;
