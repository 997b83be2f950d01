//! The rules of the house as tests: allowed arrows, bans, file sizes.
