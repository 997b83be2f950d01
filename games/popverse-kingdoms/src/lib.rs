//! PopVerse Kingdoms: three factions, one map, ninety days.
//!
//! The pure algorithms of the game. Figures come from [`rules`], words from [`keys`], amounts from [`amounts`];
//! [`formulas`] holds what can be written in a line, [`battle`], [`map`] and [`path`] what cannot; [`site`],
//! [`camps`], [`summon`], [`quests`] and [`bots`] hold the draws. Nothing here reads a clock, a file or chance of its
//! own: dice are keyed by the season secret, numbers are integers, and equal inputs give equal results.

pub mod amounts;
pub mod battle;
pub mod bots;
pub mod camps;
pub mod formulas;
pub mod keys;
pub mod map;
pub mod matchmaking;
pub mod path;
pub mod quests;
pub mod rules;
pub mod site;
pub mod summon;
pub mod tile;
pub mod tile_set;
