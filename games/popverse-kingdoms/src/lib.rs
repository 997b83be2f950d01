//! PopVerse Kingdoms: three factions, one map, ninety days.

pub mod amounts;
pub mod battle;
pub mod camps;
pub mod formulas;
pub mod keys;
pub mod map;
pub mod path;
pub mod rules;
pub mod site;
pub mod summon;
pub mod tile;
pub mod tile_set;
