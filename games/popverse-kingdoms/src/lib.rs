//! PopVerse Kingdoms: three factions, one map, ninety days.
