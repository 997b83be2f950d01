//! Events of battles and what they leave behind (rulebook 3.5, 3.6).

use super::choices;
use crate::amounts::{Res, Troops};
use crate::battle::{Digest, Input, Outcome};
use crate::ids::{BattleId, GearId, MarchId, NpcId, Pn};
use crate::keys::{HeroKey, NpcType};
use crate::tile::Tile;
use games_core::payloads;

choices! {
    /// What a battle is about.
    BattleKind {
        /// A city.
        City,
        /// A camp.
        Npc,
        /// A land parcel.
        Land,
        /// A resource node.
        Node,
        /// A control point.
        Conquest,
        /// The arena.
        Arena,
    }
}

/// Who stands on a side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// A player.
    Player(Pn),
    /// A camp.
    Npc {
        /// Its number.
        npc: NpcId,
        /// Its type.
        kind: NpcType,
        /// Its level.
        level: i64,
    },
    /// Nobody.
    Nobody,
}

impl Party {
    /// The player who stands there, if one does.
    #[must_use]
    pub const fn player(self) -> Option<Pn> {
        match self {
            Self::Player(pn) => Some(pn),
            Self::Npc { .. } | Self::Nobody => None,
        }
    }
}

payloads! {
    /// One owner's troops on a side: how they went in and came out.
    Contingent {
        /// Whose; none for a camp's.
        pn: Option<Pn>,
        /// The march they belong to; none for troops at home.
        march: Option<MarchId>,
        /// At the start.
        start: Troops,
        /// Left standing.
        survivors: Troops,
        /// Wounded.
        wounded: Troops,
        /// Dead.
        dead: Troops,
    }

    /// One side of a battle on the record.
    SideRecord {
        /// Who.
        party: Party,
        /// Who led.
        hero: Option<HeroKey>,
        /// Whose troops.
        contingents: Vec<Contingent>,
        /// Experience for the hero.
        xp: i64,
    }

    /// A battle was fought.
    BattleResolved {
        /// Its number.
        battle: BattleId,
        /// What it was about.
        kind: BattleKind,
        /// Where.
        tile: Tile,
        /// Version of the rules whose figures were used.
        rules_version: u32,
        /// Version of the engine that fought it.
        engine: u32,
        /// All that the engine needs to fight it again, the seed among it.
        input: Input,
        /// Attacker.
        attacker: SideRecord,
        /// Defender.
        defender: SideRecord,
        /// What came of it.
        outcome: Outcome,
        /// What was looted from a city.
        loot: Res,
        /// Checksum of the blow-by-blow log.
        digest: Digest,
    }

    /// A city was looted; the loot travels with the march.
    CityLooted {
        /// Who lost it.
        victim: Pn,
        /// Who took it.
        by: Pn,
        /// With which march.
        march: MarchId,
        /// In which battle.
        battle: BattleId,
        /// What.
        taken: Res,
    }

    /// A beaten camp left things behind; they travel home with the march.
    DropsGained {
        /// Whose.
        pn: Pn,
        /// With which march.
        march: MarchId,
        /// In which battle.
        battle: BattleId,
        /// The seed of the draws.
        seed: u64,
        /// Resources.
        res: Res,
        /// Diamonds.
        diamonds: i64,
        /// The gear found, if any.
        gear: Option<GearId>,
        /// Scrolls.
        scrolls: i64,
    }
}
