//! The state of a season: dense tables by number, ordered maps where things come and go. Everything a decision reads
//! stands here; nothing here knows how it is decided.

mod arena;
mod chart;
mod conquest;
mod guild;
mod land;
mod march;
mod marches;
mod market;
mod player;
mod quest;
mod timer;

use std::collections::BTreeMap;
use std::sync::Arc;

use games_core::Timers;
use schemas::moment::utc_day;
use schemas::{GameTime, PlayerId};
use serde::{Deserialize, Serialize};

pub use arena::{Arena, ArenaLine, ArenaOffer};
pub use chart::Chart;
pub use conquest::{Army, Conquest, Keeper, Point, Stage, Tally};
pub use guild::{Guild, Invite, Member, Today};
pub use land::Land;
pub use march::{Gathering, March, Node, Npc, Phase};
pub use marches::Marches;
pub use market::{Market, Offer};
pub use player::{
    BuildJob, GearOwned, HealJob, Hero, HeroState, Player, Reached, ResearchJob, Scouted, Shield, Status,
    Stores, TrainJob,
};
pub use quest::{DailyQuests, QuestLine};
pub use timer::TimerKey;

use crate::amounts::Res;
use crate::config::Config;
use crate::event::{HallBoard, TargetRef};
use crate::ids::{ConquestId, GuildId, MarchId, NpcId, ParcelNo, Pn};
use crate::keys::{Faction, Table};
use crate::map::{Feature, WorldMap};
use crate::tile::Tile;

/// Resources that came into the world and went out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Flows {
    /// What came in: production, loot of camps, gathering, rewards, what the exchange sold.
    pub minted: Res,
    /// What went out: costs, fees, taxes, what was spilled.
    pub burned: Res,
}

/// A season.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Its settings.
    pub config: Config,
    /// When it opened.
    pub opened: GameTime,
    /// When its days are over.
    pub ends: GameTime,
    /// Whether it has ended.
    pub ended: bool,
    /// Whether the finals have begun.
    pub finals: bool,
    /// The victorious faction, once it has ended.
    pub victor: Option<Faction>,
    /// The hall of fame, once it has ended.
    pub hall: Vec<HallBoard>,
    /// The map; none only before the opening. Shared, for it never changes.
    pub chart: Option<Arc<Chart>>,
    /// Players by number − 1, those who left included.
    pub players: Vec<Player>,
    /// Player numbers of those who play.
    pub by_id: BTreeMap<PlayerId, Pn>,
    /// Cities by tile.
    pub cities: BTreeMap<Tile, Pn>,
    /// Camps on the map.
    pub npcs: BTreeMap<NpcId, Npc>,
    /// Camps by tile.
    pub npc_at: BTreeMap<Tile, NpcId>,
    /// Nodes by tile.
    pub nodes: BTreeMap<Tile, Node>,
    /// Marches that are out.
    pub marches: Marches,
    /// Guilds, those that are no more included.
    pub guilds: BTreeMap<GuildId, Guild>,
    /// Land parcels.
    pub lands: BTreeMap<ParcelNo, Land>,
    /// Conquests of the season; at most the last one is not over.
    pub conquests: BTreeMap<ConquestId, Conquest>,
    /// Conquest points of factions.
    pub faction_points: Table<Faction, i64>,
    /// When they became what they are.
    pub faction_scored_at: Table<Faction, Option<GameTime>>,
    /// Exchange and offers.
    pub market: Market,
    /// Server-wide production modifiers, in ‰ (rulebook 2.16).
    pub modifiers: Res,
    /// Price anchors, micro-gold; gold's is unused (rulebook 2.15).
    pub anchors: Res,
    /// The season day that the last daily reset began; 1 before the first.
    pub reset_day: i64,
    /// What came into the world and went out of it since the last rebalancing.
    pub flows: Flows,
    /// What is due.
    pub timers: Timers<TimerKey>,
}

impl State {
    /// A season that has just come to be.
    #[must_use]
    pub fn genesis(config: &Config, anchors: Res, opened: GameTime) -> Self {
        let first = utc_day(opened.ms());
        Self {
            config: config.clone(),
            opened,
            ends: GameTime::from_ms((first + config.season_days) * schemas::moment::DAY_MS),
            ended: false,
            finals: false,
            victor: None,
            hall: Vec::new(),
            chart: None,
            players: Vec::new(),
            by_id: BTreeMap::new(),
            cities: BTreeMap::new(),
            npcs: BTreeMap::new(),
            npc_at: BTreeMap::new(),
            nodes: BTreeMap::new(),
            marches: Marches::default(),
            guilds: BTreeMap::new(),
            lands: BTreeMap::new(),
            conquests: BTreeMap::new(),
            faction_points: Table::default(),
            faction_scored_at: Table::default(),
            market: Market::new(anchors),
            modifiers: Res::new(1000, 1000, 1000),
            anchors,
            reset_day: 1,
            flows: Flows::default(),
            timers: Timers::default(),
        }
    }

    /// Season day of a moment: 1 on the opening date (rulebook 2.1).
    #[must_use]
    pub const fn day(&self, now: GameTime) -> i64 {
        utc_day(now.ms()) - utc_day(self.opened.ms()) + 1
    }

    /// The player of this number.
    #[must_use]
    pub fn player(&self, pn: Pn) -> Option<&Player> {
        self.players.get(index(pn))
    }

    /// The player of this number, to be changed.
    pub fn player_mut(&mut self, pn: Pn) -> Option<&mut Player> {
        self.players.get_mut(index(pn))
    }

    /// The player behind an id, as long as they play.
    #[must_use]
    pub fn find(&self, id: PlayerId) -> Option<&Player> {
        self.player(*self.by_id.get(&id)?)
    }

    /// Players who have not left, by number.
    pub fn living(&self) -> impl Iterator<Item = &Player> {
        self.players.iter().filter(|p| !p.deleted())
    }

    /// Whether the player was active lately (rulebook 2.1).
    #[must_use]
    pub fn active(&self, player: &Player, seconds: i64, now: GameTime) -> bool {
        !player.deleted() && now.since(player.last_active) <= seconds * 1000
    }

    /// Head-count of a faction.
    #[must_use]
    pub fn heads(&self, faction: Faction) -> i64 {
        self.living().filter(|p| p.faction == faction).count() as i64
    }

    /// Marches of a player, by number.
    pub fn marches_of(&self, pn: Pn) -> impl Iterator<Item = (MarchId, &March)> {
        self.marches.of(pn)
    }

    /// The conquest that musters or runs.
    #[must_use]
    pub fn conquest(&self) -> Option<(ConquestId, &Conquest)> {
        let (id, last) = self.conquests.last_key_value()?;
        (last.stage != Stage::Ended).then_some((*id, last))
    }

    /// The map; none only before the opening.
    #[must_use]
    pub fn map(&self) -> Option<&WorldMap> {
        self.chart.as_deref().map(Chart::map)
    }

    /// What a march to this tile would go for.
    #[must_use]
    pub fn target_at(&self, tile: Tile) -> Option<TargetRef> {
        if let Some(pn) = self.cities.get(&tile) {
            return Some(TargetRef::City(*pn));
        }
        if let Some(npc) = self.npc_at.get(&tile) {
            return Some(TargetRef::Npc(*npc));
        }
        match self.map()?.feature(tile) {
            Feature::Node(_) => Some(TargetRef::Node),
            Feature::Parcel(index) => Some(TargetRef::Parcel(ParcelNo(index + 1))),
            Feature::ControlPoint(point) => Some(TargetRef::ControlPoint(point)),
            Feature::None | Feature::Beacon(_) => None,
        }
    }
}

/// Where a player stands in the table.
const fn index(pn: Pn) -> usize {
    (pn.0 as usize).wrapping_sub(1)
}
