//! A player with city, army, heroes and belongings (rulebook 2.3–2.10).

use std::collections::BTreeMap;

use schemas::{GameTime, PlayerId};
use serde::{Deserialize, Serialize};

use crate::amounts::{Res, Troops};
use crate::battle::SkillLevels;
use crate::event::{ShieldSource, TrainingKind};
use crate::ids::{GearId, GuildId, JobId, Pn};
use crate::keys::{Building, Faction, HeroKey, Item, NoticeKind, Rarity, Slot, Table, Technology, Tier};
use crate::state::{Arena, DailyQuests, Today};
use crate::tile::Tile;
use crate::tile_set::TileSet;

/// Whether a player may play.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Plays.
    Active,
    /// May not, and why.
    Suspended(String),
    /// Left for good, and when.
    Deleted(GameTime),
}

/// Stores of a city.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stores {
    /// What they hold.
    pub stock: Res,
    /// Production carried over, in 3600ths.
    pub carry: Res,
    /// Until when production has been settled.
    pub settled_at: GameTime,
}

/// A shield that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shield {
    /// Until when.
    pub until: GameTime,
    /// What it came from.
    pub source: ShieldSource,
}

/// A building under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildJob {
    /// What is raised.
    pub building: Building,
    /// To which level.
    pub level: i64,
    /// What was paid.
    pub cost: Res,
    /// When it began.
    pub started: GameTime,
    /// When it is done.
    pub due: GameTime,
    /// Which crew works: 1, or 2 for the rented one.
    pub crew: i64,
}

/// A technology under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResearchJob {
    /// What is raised.
    pub technology: Technology,
    /// To which level.
    pub level: i64,
    /// What was paid.
    pub cost: Res,
    /// When it began.
    pub started: GameTime,
    /// When it is done.
    pub due: GameTime,
}

/// Troops in training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrainJob {
    /// Its number.
    pub job: JobId,
    /// Training or promotion.
    pub kind: TrainingKind,
    /// The tier trained, or promoted from.
    pub tier: Tier,
    /// How many.
    pub count: i64,
    /// What was paid.
    pub cost: Res,
    /// When it began.
    pub started: GameTime,
    /// When it is done.
    pub due: GameTime,
}

impl TrainJob {
    /// The tier that arrives.
    #[must_use]
    pub fn arriving(&self) -> Tier {
        match self.kind {
            TrainingKind::Train => self.tier,
            TrainingKind::Promote => self.tier.next().unwrap_or(self.tier),
        }
    }
}

/// Wounded being healed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealJob {
    /// Its number.
    pub job: JobId,
    /// Who.
    pub troops: Troops,
    /// What was paid.
    pub cost: Res,
    /// When it began.
    pub started: GameTime,
    /// When it is done.
    pub due: GameTime,
}

/// What a hero is doing (rulebook 2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeroState {
    /// At home and free.
    Idle,
    /// Leads a march.
    Marching,
    /// Stands somewhere with a march.
    Stationed,
    /// Rests until then.
    Exhausted(GameTime),
}

/// A hero of a player's roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hero {
    /// Level, from 1.
    pub level: i64,
    /// Experience towards the next level.
    pub xp: i64,
    /// Shards in hand.
    pub shards: i64,
    /// Skill levels; those not unlocked are 0.
    pub skills: SkillLevels,
    /// Until when the hero rests, if beaten lately.
    pub exhausted_until: Option<GameTime>,
    /// Weapon worn.
    pub weapon: Option<GearId>,
    /// Armor worn.
    pub armor: Option<GearId>,
}

impl Hero {
    /// What is worn in a slot.
    #[must_use]
    pub const fn worn(&self, slot: Slot) -> Option<GearId> {
        match slot {
            Slot::Weapon => self.weapon,
            Slot::Armor => self.armor,
        }
    }

    /// The place of a slot, to be changed.
    pub const fn worn_mut(&mut self, slot: Slot) -> &mut Option<GearId> {
        match slot {
            Slot::Weapon => &mut self.weapon,
            Slot::Armor => &mut self.armor,
        }
    }
}

/// A piece of gear in a player's inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GearOwned {
    /// Where it is worn.
    pub slot: Slot,
    /// How rare it is.
    pub rarity: Rarity,
    /// What it adds to its hero's power.
    pub power: i64,
    /// Who wears it.
    pub hero: Option<HeroKey>,
}

/// A target that scouts have reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scouted {
    /// Where.
    pub tile: Tile,
    /// Until when it stays visible.
    pub until: GameTime,
    /// Army power of what was seen of a city's troops, if any was.
    pub power: Option<i64>,
}

/// When a player's places on boards became what they are: of equal ones the earlier comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reached {
    /// Conquest merit.
    pub merit: Option<GameTime>,
    /// Camps beaten.
    pub hunts: Option<GameTime>,
    /// Gold value of what was looted.
    pub raids: Option<GameTime>,
    /// Prestige.
    pub prestige: Option<GameTime>,
}

/// A player.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Player {
    /// Number in joining order.
    pub pn: Pn,
    /// The player.
    pub id: PlayerId,
    /// The faction, for the whole season.
    pub faction: Faction,
    /// When they joined.
    pub joined_at: GameTime,
    /// Whether they may play.
    pub status: Status,
    /// Whether their name is hidden.
    pub anonymous: bool,
    /// The day of the last accepted command, 0 for none.
    pub active_day: i64,
    /// Days with an accepted command.
    pub active_days: i64,
    /// The last accepted command.
    pub last_active: GameTime,
    /// The city's tile; none once it is gone.
    pub city: Option<Tile>,
    /// Building levels.
    pub buildings: Table<Building, i64>,
    /// Technology levels.
    pub research: Table<Technology, i64>,
    /// Stores.
    pub stores: Stores,
    /// Diamonds.
    pub diamonds: i64,
    /// Items.
    pub items: Table<Item, i64>,
    /// Troops at home.
    pub home: Troops,
    /// Wounded in the infirmary.
    pub wounded: Troops,
    /// Building jobs under way.
    pub builds: Vec<BuildJob>,
    /// Until when the second crew is rented.
    pub crew_until: Option<GameTime>,
    /// Research under way.
    pub researching: Option<ResearchJob>,
    /// Training under way.
    pub training: Option<TrainJob>,
    /// Healing under way.
    pub healing: Option<HealJob>,
    /// Heroes.
    pub heroes: BTreeMap<HeroKey, Hero>,
    /// Who defends the city.
    pub warden: Option<HeroKey>,
    /// Gear.
    pub gear: BTreeMap<GearId, GearOwned>,
    /// Summons since the last epic or better.
    pub pity_epic: i64,
    /// Summons since the last legendary.
    pub pity_legendary: i64,
    /// The shield, while it stands.
    pub shield: Option<Shield>,
    /// When a shield item was last used.
    pub shield_item_at: Option<GameTime>,
    /// Relocations so far.
    pub relocations: i64,
    /// When the city was last moved.
    pub relocated_at: Option<GameTime>,
    /// Tiles explored.
    pub explored: TileSet,
    /// Beacons lit.
    pub beacons: Vec<Tile>,
    /// Targets scouted lately.
    pub scouted: Vec<Scouted>,
    /// Attacks launched on cities within the repeat window.
    pub attacks: Vec<(Pn, GameTime)>,
    /// Who attacked this player, and when last.
    pub aggressors: BTreeMap<Pn, GameTime>,
    /// The guild.
    pub guild: Option<GuildId>,
    /// Until when the player must wait before joining or founding a guild.
    pub guild_wait_until: Option<GameTime>,
    /// Seconds of membership by guild left.
    pub served: BTreeMap<GuildId, i64>,
    /// What was done since the last daily reset.
    pub today: Today,
    /// Teams, offer, fights of the arena.
    pub arena: Arena,
    /// Arena rating.
    pub rating: i64,
    /// Arena points.
    pub points: i64,
    /// Prestige points, carried over and earned.
    pub prestige: i64,
    /// Earlier seasons played.
    pub seasons_played: i64,
    /// Conquest merit.
    pub merit: i64,
    /// Conquest points earned without a guild.
    pub conquest_points: i64,
    /// The quests of the day on which the player was last active, until that day is closed.
    pub quests: Option<DailyQuests>,
    /// Switches of notifications that the player has set.
    pub notify: BTreeMap<NoticeKind, bool>,
    /// The host's number of the link with an account on Twitch.
    pub twitch: Option<i64>,
    /// Camps beaten.
    pub hunts: i64,
    /// Cities beaten.
    pub raids_won: i64,
    /// Gold value of what was looted.
    pub loot_value: i64,
    /// When the places on boards became what they are.
    pub reached: Reached,
    /// Final season score.
    pub score: Option<i64>,
}

impl Player {
    /// A player who has just joined and owns nothing yet.
    #[must_use]
    pub fn new(pn: Pn, id: PlayerId, faction: Faction, now: GameTime) -> Self {
        Self {
            pn,
            id,
            faction,
            joined_at: now,
            status: Status::Active,
            anonymous: false,
            active_day: 0,
            active_days: 0,
            last_active: now,
            city: None,
            buildings: Table::default(),
            research: Table::default(),
            stores: Stores { stock: Res::ZERO, carry: Res::ZERO, settled_at: now },
            diamonds: 0,
            items: Table::default(),
            home: Troops::NONE,
            wounded: Troops::NONE,
            builds: Vec::new(),
            crew_until: None,
            researching: None,
            training: None,
            healing: None,
            heroes: BTreeMap::new(),
            warden: None,
            gear: BTreeMap::new(),
            pity_epic: 0,
            pity_legendary: 0,
            shield: None,
            shield_item_at: None,
            relocations: 0,
            relocated_at: None,
            explored: TileSet::new(),
            beacons: Vec::new(),
            scouted: Vec::new(),
            attacks: Vec::new(),
            aggressors: BTreeMap::new(),
            guild: None,
            guild_wait_until: None,
            served: BTreeMap::new(),
            today: Today::default(),
            arena: Arena::default(),
            rating: 0,
            points: 0,
            prestige: 0,
            seasons_played: 0,
            merit: 0,
            conquest_points: 0,
            quests: None,
            notify: BTreeMap::new(),
            twitch: None,
            hunts: 0,
            raids_won: 0,
            loot_value: 0,
            reached: Reached::default(),
            score: None,
        }
    }

    /// Whether the player has left for good.
    #[must_use]
    pub const fn deleted(&self) -> bool {
        matches!(self.status, Status::Deleted(_))
    }

    /// Until when the city is protected at `now`, if it is. A suspended player's is, without end.
    #[must_use]
    pub fn shielded(&self, now: GameTime) -> Option<GameTime> {
        match self.status {
            Status::Suspended(_) => Some(GameTime::from_ms(i64::MAX)),
            Status::Active | Status::Deleted(_) => self.shield.map(|s| s.until).filter(|until| *until > now),
        }
    }
}
