//! Figures of the world: configuration, factions, joining, map, fog, season (rulebook 2.2–2.4, 2.20, 2.21).

use serde::{Deserialize, Serialize};

use crate::amounts::{Res, Troops};
use crate::keys::{Biome, Building, Element, HeroKey, ParcelType, Rarity, Resource, Table, Weekday};

/// A whole number that an admin may choose (rulebook 2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Smallest allowed.
    pub min: i64,
    /// Largest allowed.
    pub max: i64,
    /// What stands if nothing is chosen.
    pub default: i64,
}

/// Life of a world (rulebook 2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorldRules {
    /// Players of one season.
    pub max_players: Choice,
    /// Days of one season.
    pub season_days: Choice,
    /// Hour (UTC) at which a conquest starts.
    pub conquest_hour: Choice,
    /// Weekday of the conquest if none is chosen.
    pub conquest_weekday: Weekday,
    /// Last days of the season that are its finals.
    pub finals_days: i64,
    /// A player is active for so many seconds after an accepted command (rulebook 2.1).
    pub active_seconds: i64,
}

/// A faction (rulebook 2.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactionRules {
    /// Display name.
    pub name: String,
    /// ‰ on damage dealt; 1000 is none.
    pub attack: i64,
    /// ‰ that damage taken is divided by; 1000 is none.
    pub guard: i64,
    /// ‰ on march speed; 1000 is none.
    pub march_speed: i64,
    /// Resource whose production is raised.
    pub trait_resource: Resource,
    /// By how many ‰ it is raised.
    pub trait_production: i64,
    /// Thousandths of initiative added to troop stacks (rulebook 3.2).
    pub initiative: i64,
    /// Column of the home anchor.
    pub anchor_x: i64,
    /// Row of the home anchor.
    pub anchor_y: i64,
    /// The hero every player of the faction starts with.
    pub starter: HeroKey,
}

/// Joining, city sites, the starting kit (rulebook 2.3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JoiningRules {
    /// A faction so many heads ahead of the smallest is full.
    pub faction_lead: i64,
    /// Draws of a city site before the nearest fitting tile is taken.
    pub site_tries: i64,
    /// A site is drawn at most so many tiles from the anchor, in x and in y.
    pub site_reach: i64,
    /// No other city at this Chebyshev distance or less.
    pub site_spacing: i64,
    /// Tiles around the new city that are explored at once (Chebyshev).
    pub explored: i64,
    /// Resources at the start.
    pub stock: Res,
    /// Diamonds at the start.
    pub diamonds: i64,
    /// Troops at the start.
    pub troops: Troops,
    /// Scrolls at the start.
    pub scrolls: i64,
    /// Buildings that start at level 1.
    pub buildings: Vec<Building>,
    /// Seconds of beginner shield.
    pub shield_seconds: i64,
    /// Joining after this day of the season is late.
    pub late_after_day: i64,
    /// Extra resources per late day.
    pub late_per_day: Res,
    /// One speed_1h for so many late days.
    pub late_days_per_speed: i64,
    /// At most so many speed_1h.
    pub late_speeds_max: i64,
}

/// Chances of the kinds of a resource node in a biome, in percent (rulebook 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeChances {
    /// Chance of food.
    pub food: i64,
    /// Chance of iron.
    pub iron: i64,
    /// Chance of gold.
    pub gold: i64,
}

/// How many parcels of a type, and how large (rulebook 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ParcelCount {
    /// Parcels of the type.
    pub count: i64,
    /// Tiles along one side.
    pub size: i64,
}

/// Where the five control points would ideally lie, crown first (rulebook 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spot {
    /// Column.
    pub x: i64,
    /// Row.
    pub y: i64,
}

/// Map generation and step costs (rulebook 2.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapRules {
    /// Noise frequency in 1/65536 per tile: elevation, moisture, temperature.
    pub frequencies: [i64; 3],
    /// Offset in lattice cells of each field.
    pub offsets: [i64; 3],
    /// Weights of the five octaves.
    pub octave_weights: [i64; 5],
    /// Elevation byte up to which a tile is lake.
    pub lake_max: i64,
    /// Elevation byte from which a tile is mountain.
    pub mountain_min: i64,
    /// Temperature byte below which a tile is tundra.
    pub tundra_below: i64,
    /// Temperature byte from which a dry tile is desert.
    pub desert_from: i64,
    /// Moisture byte from which a tile is woodland, below which a hot tile is desert.
    pub woodland_from: i64,
    /// Moisture byte from which a tile is wetland.
    pub wetland_from: i64,
    /// A sealed-off tile below this elevation byte becomes lake, else mountain.
    pub sealed_lake_below: i64,
    /// Step cost by biome, thousandths of a plains step; lakes and mountains only as destination.
    pub step_cost: Table<Biome, i64>,
    /// Step cost of a resource node, whatever ground it lies on.
    pub node_step_cost: i64,
    /// Ideal places of the control points, crown first.
    pub control_points: [Spot; 5],
    /// Beacons on the map.
    pub beacons: i64,
    /// Beacons lie farther than this from every control point (Chebyshev).
    pub beacon_control_gap: i64,
    /// Beacons lie farther than this from one another (Chebyshev).
    pub beacon_gap: i64,
    /// Parcels by type.
    pub parcels: Table<ParcelType, ParcelCount>,
    /// Smallest rectangle gap between two parcels.
    pub parcel_gap: i64,
    /// Resource nodes on the map.
    pub nodes: i64,
    /// Nodes lie farther than this from one another (Chebyshev).
    pub node_gap: i64,
    /// Kinds of nodes by biome; lakes and mountains hold none.
    pub node_chances: Table<Biome, NodeChances>,
    /// Richness of a node's tile per level.
    pub richness_per_level: i64,
    /// Steps within which impassable ground makes a pass.
    pub pass_reach: i64,
    /// Centre distances (thousandths of a tile) below which a tile is in ring 2 and ring 1 (rulebook 2.1).
    pub rings: [i64; 2],
}

/// What a player sees (rulebook 2.20; all Chebyshev distances in tiles).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FogRules {
    /// Around an own city, before the watchtower.
    pub city: i64,
    /// Watchtower levels for one more tile of vision.
    pub watchtower_levels_per_tile: i64,
    /// Around own and guild parcels.
    pub parcel: i64,
    /// Around own armies, and the least radius explored along a march (rulebook 2.11).
    pub army: i64,
    /// Around a scouted target.
    pub scouted: i64,
    /// Seconds for which a scouted target stays visible.
    pub scouted_seconds: i64,
    /// Around a beacon that one has lit (rulebook 2.11).
    pub beacon: i64,
}

/// A reward for a span of ranks: from the previous span's end to `to` (rulebook 2.17, 2.21).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankReward {
    /// Last rank of the span.
    pub to: i64,
    /// What each of them gets.
    pub reward: i64,
}

/// Season score and prestige (rulebook 2.21).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeasonRules {
    /// Score per rating point above the starting rating.
    pub score_per_rating: i64,
    /// Score per merit.
    pub score_per_merit: i64,
    /// Land value for one point of score.
    pub land_value_per_score: i64,
    /// Days with an accepted command needed for prestige.
    pub prestige_active_days: i64,
    /// Prestige by final rank.
    pub prestige_ranks: Vec<RankReward>,
    /// Prestige of everybody behind those ranks.
    pub prestige_others: i64,
    /// Prestige for ranks 1–3 of each of four boards.
    pub prestige_boards: [i64; 3],
    /// Prestige for the victorious faction.
    pub prestige_faction: i64,
    /// Prestige for members of the champion guild.
    pub prestige_guild: i64,
    /// Days of membership needed for that.
    pub prestige_guild_days: i64,
    /// Prestige at which each tier begins.
    pub prestige_tiers: Vec<i64>,
    /// The title of each tier.
    #[serde(default)]
    pub prestige_titles: Vec<String>,
    /// ‰ of production per prestige tier (rulebook 2.6).
    pub production_per_tier: i64,
    /// Best season scores that decide a tie between factions.
    pub faction_tie_scores: i64,
}

/// A hero's skill slots fill at these levels; what a hero is (rulebook 2.8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeroRules {
    /// Display name; a server may relabel it.
    pub name: String,
    /// The hero's faction, which decides the element.
    pub faction: crate::keys::Faction,
    /// The hero's rarity.
    pub rarity: Rarity,
    /// Speed, for initiative.
    pub speed: i64,
    /// Skills, in the order in which they unlock.
    pub skills: Vec<crate::keys::Skill>,
}

impl HeroRules {
    /// The element the hero strikes with.
    #[must_use]
    pub const fn element(&self) -> Element {
        self.faction.element()
    }
}
