//! What came of a battle, and its steps for a viewer (rulebook 3.4, 3.6).

use serde::{Deserialize, Serialize};

use super::log::Digest;
use crate::amounts::Troops;
use crate::keys::{Tier, keys};

keys! {
    /// How a battle ended (rulebook 3.4).
    Result {
        AttackerWon "attacker_won" "the defender is wiped out or routed",
        DefenderWon "defender_won" "the attacker is wiped out or routed",
        Stalemate "stalemate" "the rounds ran out: the defender holds",
    }
}

impl Result {
    /// Whether the attacker won; a stalemate counts for the defender.
    #[must_use]
    pub const fn attacker_won(self) -> bool {
        matches!(self, Self::AttackerWon)
    }
}

keys! {
    /// The two sides of a battle.
    SideKey {
        Attacker "attacker" "side A",
        Defender "defender" "side D",
    }
}

/// Outcome of a field battle; equal inputs give equal outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Who won.
    pub result: Result,
    /// Rounds begun.
    pub rounds: i64,
    /// Outputs drawn from the dice.
    pub draws: u64,
    /// Critical strikes of both sides.
    pub criticals: i64,
    /// The attacker's troops left.
    pub attacker: Troops,
    /// The defender's troops left.
    pub defender: Troops,
}

/// An outcome with the digest of its lines (rulebook 3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report<T> {
    /// What came of it.
    pub outcome: T,
    /// Checksum of all lines: equal digests mean a battle replayed bit for bit.
    pub digest: Digest,
}

/// What strikes or is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnitKind {
    /// The hero of a field battle.
    Hero,
    /// A stack of one tier.
    Stack(Tier),
    /// A hero of an arena team, in slot 1, 2 or 3.
    Slot(u8),
}

/// One unit of one side; written `A.hero`, `D.t3`, `A.h1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Whose it is.
    pub side: SideKey,
    /// What it is.
    pub kind: UnitKind,
}

/// One line of a battle, for a step-by-step viewer. "Strength" is a stack's pool of hit points, or an arena hero's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// A unit takes its place in the turn order.
    Initiative {
        /// Which unit.
        unit: Unit,
        /// Its initiative in thousandths.
        initiative: i64,
    },
    /// A strike reaches one unit; what spills over reaches the next as a step of its own.
    Hit {
        /// Round, from 1.
        round: i64,
        /// Who strikes.
        striker: Unit,
        /// Who is struck.
        target: Unit,
        /// Whether the strike is critical.
        critical: bool,
        /// Hit points lost.
        damage: i64,
        /// Troops (or the hero) lost.
        kills: i64,
        /// The target's strength after it.
        strength: i64,
        /// The target's troops after it; 1 or 0 for a hero.
        living: i64,
    },
    /// A mending hero restores a unit.
    Mend {
        /// Round, from 1.
        round: i64,
        /// Who is restored.
        target: Unit,
        /// Hit points restored.
        restored: i64,
        /// The target's strength after it.
        strength: i64,
    },
    /// A round ends.
    RoundEnd {
        /// Round, from 1.
        round: i64,
        /// What is left of A: troops, or hit points in the arena.
        attacker: i64,
        /// What is left of D.
        defender: i64,
    },
}
