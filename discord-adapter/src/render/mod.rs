//! A reply made visible: as a Discord message, or as lines of a terminal. Pure functions.

pub mod embed;
pub mod stamp;
pub mod table;
pub mod terminal;
