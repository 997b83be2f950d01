//! A player's arena (rulebook 2.17).

use std::collections::BTreeMap;

use schemas::GameTime;
use serde::{Deserialize, Serialize};

use crate::event::ArenaEntry;
use crate::ids::{BattleId, Pn};
use crate::keys::HeroKey;

/// Fights that are kept for `/arena log`.
const KEPT: usize = 20;

/// An offer that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArenaOffer {
    /// Its number.
    pub number: u64,
    /// Opponents by slot.
    pub entries: Vec<ArenaEntry>,
    /// Slots that were fought, from 1.
    pub fought: Vec<i64>,
    /// Until when it stands.
    pub expires: GameTime,
}

/// A fight as its parties look back on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArenaLine {
    /// The battle's number.
    pub battle: BattleId,
    /// When.
    pub at: GameTime,
    /// Whether this player was challenged.
    pub defended: bool,
    /// Who the other was; none for a bot.
    pub other: Option<Pn>,
    /// Whether this player won.
    pub won: bool,
    /// Change of the rating.
    pub change: i64,
    /// Rating after it.
    pub rating: i64,
}

/// What a player is in the arena.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Arena {
    /// The team that challenges, by slot; empty for the strongest.
    pub attack: Vec<HeroKey>,
    /// The team that is challenged.
    pub defense: Vec<HeroKey>,
    /// The offer that stands.
    pub offer: Option<ArenaOffer>,
    /// Who was met, either way, and when last.
    pub met: BTreeMap<Pn, GameTime>,
    /// When the player was last challenged.
    pub attacked_at: Option<GameTime>,
    /// When the player last challenged.
    pub fought_at: Option<GameTime>,
    /// Fights of the season, either way.
    pub fights: i64,
    /// Challenges of the week.
    pub week: i64,
    /// Scrolls bought in the week.
    pub scrolls: i64,
    /// When the rating became what it is.
    pub rated_at: Option<GameTime>,
    /// The latest fights, latest last.
    pub log: Vec<ArenaLine>,
}

impl Arena {
    /// Keeps a fight in mind.
    pub fn note(&mut self, line: ArenaLine) {
        self.fights += 1;
        self.rated_at = Some(line.at);
        if let Some(other) = line.other {
            self.met.insert(other, line.at);
        }
        self.log.push(line);
        let over = self.log.len().saturating_sub(KEPT);
        self.log.drain(..over);
    }
}
