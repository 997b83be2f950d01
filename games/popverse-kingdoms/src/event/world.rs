//! Events of the world as a whole: map, camps, calendar, end (rulebook 2.4, 2.12, 2.16, 2.21).

use games_core::payloads;
use schemas::GameTime;

use super::choices;
use crate::amounts::Res;
use crate::battle::Digest;
use crate::config::Config;
use crate::ids::{BattleId, GuildId, NpcId, Pn};
use crate::keys::{Board, Element, Faction, NpcType};
use crate::map::StoredMap;
use crate::tile::Tile;

choices! {
    /// Why a season ended.
    SeasonEndReason {
        /// Its days were over.
        Calendar,
        /// An administrator ended it.
        Admin,
    }
}

payloads! {
    /// The map was drawn. Nobody may see it while the season runs: it shows what fog hides.
    MapGenerated {
        /// Tiles sealed off.
        sealed: i64,
        /// Checksum of the terrain letters row by row.
        terrain_digest: Digest,
        /// Ground and features, whole and compact.
        map: StoredMap,
    }

    /// Settings were changed, from the next schedule on.
    ConfigChanged {
        /// As they were.
        before: Config,
        /// As they are.
        after: Config,
    }

    /// A UTC day ended and everything daily was done.
    DailyResetPassed {
        /// The season day that begins.
        day: i64,
    }

    /// The finals began.
    FinalsBegun {
        /// Season day.
        day: i64,
    }

    /// Production modifiers and price anchors were set anew.
    EconomyRebalanced {
        /// The season day that begins.
        day: i64,
        /// Active players.
        active: i64,
        /// Mean stocks.
        averages: Res,
        /// Stocks aimed at.
        targets: Res,
        /// Modifiers before, in ‰.
        modifiers_before: Res,
        /// Modifiers after, in ‰.
        modifiers_after: Res,
        /// Price anchors before, micro-gold; gold's is unused.
        anchors_before: Res,
        /// Price anchors after, micro-gold.
        anchors_after: Res,
        /// What came into the world since the last time.
        #[serde(default)]
        minted: Res,
        /// What went out of it.
        #[serde(default)]
        burned: Res,
    }

    /// What a season score is made of.
    ScoreParts {
        /// Kingdom power.
        power: i64,
        /// From the arena rating.
        rating: i64,
        /// From merit.
        merit: i64,
        /// From land.
        land: i64,
    }

    /// A player's final score.
    FinalScore {
        /// The player.
        pn: Pn,
        /// Rank, from 1.
        rank: i64,
        /// Season score.
        score: i64,
        /// What it is made of.
        parts: ScoreParts,
    }

    /// Everybody's final score.
    SeasonScored {
        /// By rank.
        scores: Vec<FinalScore>,
    }

    /// What a prestige award is made of.
    PrestigeParts {
        /// For the final rank.
        rank: i64,
        /// For ranks on boards.
        boards: i64,
        /// For the victorious faction.
        faction: i64,
        /// For the champion guild.
        guild: i64,
    }

    /// A player earned prestige.
    PrestigeAwarded {
        /// The player.
        pn: Pn,
        /// Points earned.
        points: i64,
        /// What they are made of.
        parts: PrestigeParts,
        /// Points in all.
        total: i64,
        /// The tier reached.
        tier: i64,
    }

    /// One line of a board in the hall of fame.
    HallEntry {
        /// The player, guild or faction by number.
        entity: i64,
        /// The value.
        value: i64,
    }

    /// One board in the hall of fame.
    HallBoard {
        /// Which board.
        board: Board,
        /// At most ten, best first.
        entries: Vec<HallEntry>,
    }

    /// The season's best entered the hall of fame.
    HallOfFameRecorded {
        /// Number of the season.
        #[serde(default)]
        season: Option<u32>,
        /// When the season opened.
        opened: GameTime,
        /// When it ended.
        ended: GameTime,
        /// The boards.
        boards: Vec<HallBoard>,
        /// The guild with most conquest points, if any.
        champion_guild: Option<GuildId>,
    }

    /// The season ended. The host reveals the secret in the event that closes the world.
    SeasonEnded {
        /// Why.
        reason: SeasonEndReason,
        /// The victorious faction.
        victorious_faction: Faction,
    }

    /// A camp appeared. Who sees its tile sees it; the event itself is shown to nobody.
    NpcSpawned {
        /// Its number.
        npc: NpcId,
        /// Its type.
        kind: NpcType,
        /// Its tile.
        tile: Tile,
        /// Its level.
        level: i64,
        /// Its element.
        element: Element,
        /// Its power.
        power: i64,
        /// The seed of its dice.
        seed: u64,
        /// The beaten camp whose place it takes.
        replaces: Option<NpcId>,
    }

    /// A camp was beaten and left the map.
    NpcDefeated {
        /// The camp.
        npc: NpcId,
        /// Who beat it.
        by: Pn,
        /// In which battle.
        battle: BattleId,
        /// When a new one of its type appears.
        respawn_at: GameTime,
    }
}
