//! PopVerse Kingdoms: three factions, one map, ninety days.
//!
//! A pure decider: [`game::PopVerse`] is the game as the engine sees it. Commands ([`command`]) are checked and decided
//! into events ([`event`]), events are folded into the state ([`state`]); views, read models and bots only read it.
//!
//! The pure algorithms of the game come first. Figures come from [`rules`], words from [`keys`], amounts from [`amounts`];
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

pub mod command;
pub mod config;
pub mod event;
pub mod facts;
pub mod game;
pub mod ids;
pub mod query;
pub mod state;

mod audience;
mod balance;
mod battles;
mod boards;
pub mod bot;
mod concerns;
mod decide;
mod duty;
mod evolve;
mod fire;
mod ledger;
mod lessons;
mod notices;
mod people;
mod refuse;
mod schema;
mod sight;
mod suggest;
mod tables;
mod text;
mod tree;
mod upcast;
mod view;

pub use game::PopVerse;
