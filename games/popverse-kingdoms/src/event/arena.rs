//! Events of the arena (rulebook 2.17).

use games_core::payloads;
use schemas::GameTime;

use super::{GearPiece, choices};
use crate::battle::Digest;
use crate::battle::arena::{ArenaInput, ArenaOutcome};
use crate::bots::Bot;
use crate::ids::{BattleId, Pn};
use crate::keys::{ArenaItem, Faction, HeroKey};

choices! {
    /// Which team.
    ArenaSide {
        /// The one that challenges.
        Attack,
        /// The one that is challenged.
        Defense,
    }
}

/// Who is met in the arena.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Opponent {
    /// A player.
    Player(Pn),
    /// A bot, as it was made for the offer.
    Bot(Bot),
}

payloads! {
    /// A player's team was set.
    ArenaTeamSet {
        /// Whose.
        pn: Pn,
        /// Which team.
        side: ArenaSide,
        /// By slot.
        heroes: Vec<HeroKey>,
    }

    /// One of an offer's opponents.
    ArenaEntry {
        /// Who.
        opponent: Opponent,
        /// Rating when offered.
        rating: i64,
        /// What ranked them; 0 for a bot.
        score: i64,
        /// The faction; none for a bot.
        #[serde(default)]
        faction: Option<Faction>,
        /// The heroes who would defend, by slot.
        #[serde(default)]
        team: Vec<HeroKey>,
        /// The expected score of whoever was offered them, in ten-thousandths.
        #[serde(default)]
        expected: Option<i64>,
    }

    /// A player was offered opponents; the offer replaces the last one.
    ArenaOpponentsOffered {
        /// Who.
        pn: Pn,
        /// The offer's number.
        offer: u64,
        /// The player's rating.
        rating: i64,
        /// By slot, from 1.
        entries: Vec<ArenaEntry>,
        /// Until when it stands.
        expires: GameTime,
    }

    /// A fight in the arena.
    ArenaFought {
        /// The challenger.
        pn: Pn,
        /// The challenged.
        opponent: Opponent,
        /// The battle's number.
        battle: BattleId,
        /// By which offer.
        offer: u64,
        /// From which slot of it.
        slot: i64,
        /// Whether the challenger won.
        won: bool,
        /// The challenger's expected score, in ten-thousandths.
        expected: i64,
        /// The factor K.
        k: i64,
        /// The season's modifier, ‰.
        modifier: i64,
        /// Changes of both ratings; a bot has none to change.
        changes: [i64; 2],
        /// Both ratings after it.
        ratings: [i64; 2],
        /// Arena points for the challenger.
        points: i64,
        /// The challenger's heroes by slot.
        team: Vec<HeroKey>,
        /// The challenged's heroes by slot.
        against: Vec<HeroKey>,
        /// Version of the rules whose figures were used.
        rules_version: u32,
        /// Version of the engine that fought it.
        engine: u32,
        /// All that the engine needs to fight it again.
        input: ArenaInput,
        /// What came of it.
        outcome: ArenaOutcome,
        /// Checksum of the blow-by-blow log.
        digest: Digest,
    }

    /// A player bought fights for today.
    ArenaAttemptsBought {
        /// Who.
        pn: Pn,
        /// How many.
        count: i64,
        /// Diamonds paid.
        diamonds: i64,
    }

    /// A player spent arena points.
    ArenaPointsSpent {
        /// Who.
        pn: Pn,
        /// On what.
        item: ArenaItem,
        /// How many.
        count: i64,
        /// Points paid.
        points: i64,
        /// Gear from caches.
        gear: Vec<GearPiece>,
        /// The seeds of their draws.
        seeds: Vec<u64>,
    }

    /// An idle player's rating fell.
    ArenaRatingDecayed {
        /// Whose.
        pn: Pn,
        /// By how much.
        lost: i64,
        /// To what.
        after: i64,
    }

    /// A reward of an arena week.
    ArenaReward {
        /// Whose.
        pn: Pn,
        /// Rank, from 1.
        rank: i64,
        /// Diamonds.
        diamonds: i64,
    }

    /// An arena week was closed: those who fought are paid by rank.
    ArenaWeekClosed {
        /// Week, from 1.
        week: i64,
        /// By rank.
        rewards: Vec<ArenaReward>,
    }
}
