//! Figures of armies: troops, heroes, gear, marches, nodes, camps, battles (rulebook 2.7, 2.8, 2.11, 2.12, 3).

use serde::{Deserialize, Serialize};

use crate::amounts::Res;
use crate::keys::{Rarity, Skill, Table, Technology, Tier};

/// A troop tier (rulebook 2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TroopRules {
    /// Power of one troop.
    pub power: i64,
    /// Defence D of the strike formula.
    pub defence: i64,
    /// Hit points of one troop.
    pub hp: i64,
    /// Speed, for marches and initiative.
    pub speed: i64,
    /// Units one troop carries.
    pub carry: i64,
    /// What one troop costs.
    pub cost: Res,
    /// Seconds one troop takes, before barracks and research.
    pub seconds: i64,
    /// Thousandths of food per hour that one troop eats.
    pub upkeep_milli: i64,
    /// Barracks level that unlocks the tier.
    pub barracks: i64,
    /// Technology of which level 1 unlocks the tier.
    pub unlocked_by: Option<Technology>,
    /// Technology that shortens its training.
    pub trained_by: Technology,
}

/// Training, healing, wounded (rulebook 2.7, 3.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingRules {
    /// ‰ of training speed per level of the tier's technology.
    pub per_tech: i64,
    /// ‰ of the training cost that healing costs.
    pub heal_cost: i64,
    /// ‰ of the training time that healing takes.
    pub heal_time: i64,
    /// ‰ of casualties that are wounded: city defenders and attackers of NPCs.
    pub wounded_home: i64,
    /// ‰ of casualties that are wounded: everybody else.
    pub wounded_field: i64,
    /// ‰ more per level of field_medicine.
    pub wounded_per_tech: i64,
    /// Largest share of wounded, ‰.
    pub wounded_max: i64,
    /// ‰ of damage dealt while starving (rulebook 2.6).
    pub starving: i64,
    /// ‰ of damage dealt per level of weaponcraft.
    pub weaponcraft: i64,
    /// ‰ by which each level of armorcraft divides damage taken.
    pub armorcraft: i64,
}

/// Hero power by rarity: `per_level·L + base` (rulebook 2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeroPower {
    /// Power per level.
    pub per_level: i64,
    /// Power besides.
    pub base: i64,
}

/// What all heroes have in common (rulebook 2.8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeroCommonRules {
    /// Power by rarity.
    pub power: Table<Rarity, HeroPower>,
    /// Highest level.
    pub level_max: i64,
    /// Level cap without a hero hall.
    pub level_base: i64,
    /// Level cap per level of the hero hall.
    pub level_per_hall: i64,
    /// XP from L to L+1: `xp_square·L² + xp_linear·L`.
    pub xp_square: i64,
    /// See `xp_square`.
    pub xp_linear: i64,
    /// Levels at which the 1st, 2nd and 3rd skill unlock.
    pub unlock_levels: [i64; 3],
    /// Highest skill level.
    pub skill_max: i64,
    /// Seconds of exhaustion after a lost field battle.
    pub exhausted_seconds: i64,
}

/// A skill (rulebook 2.8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkillRules {
    /// Display name.
    pub name: String,
    /// ‰ per skill level (mend: hero power ‰ in hp; first_strike: the bearer's strikes in round 1).
    pub per_level: i64,
}

/// Summons (rulebook 2.8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SummonRules {
    /// Diamonds instead of a scroll.
    pub diamonds: i64,
    /// Chance of each rarity in ‰; they add up to 1000.
    pub rarities: Table<Rarity, i64>,
    /// This many summons without epic or better make the next one at least epic.
    pub pity_epic: i64,
    /// This many summons without a legendary make the next one legendary.
    pub pity_legendary: i64,
    /// Chance in percent of the own faction, of the next in the cycle, of the remaining one.
    pub factions: [i64; 3],
    /// Most summons in one command.
    pub count_max: i64,
}

/// Gear of one rarity (rulebook 2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GearRules {
    /// Least power; up to a fifth more is drawn.
    pub power: i64,
    /// Gold for forging three of these into the next rarity; 0 if there is none.
    pub forge_gold: i64,
    /// Gold for salvaging one.
    pub salvage_gold: i64,
}

/// What all gear has in common (rulebook 2.8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GearCommonRules {
    /// Gear by rarity.
    pub rarities: Table<Rarity, GearRules>,
    /// Pieces a player may own.
    pub inventory: i64,
    /// Pieces that one forging uses.
    pub forge_pieces: i64,
    /// The power draw spans the least power divided by this.
    pub spread_divisor: i64,
}

/// Marches, gathering, scouting (rulebook 2.11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarchRules {
    /// Least seconds of a way.
    pub seconds_min: i64,
    /// Seconds = path cost times this / (speed·E), rounded up.
    pub pace: i64,
    /// Speed of scouts.
    pub scout_speed: i64,
    /// Cost of a scout's step.
    pub scout_step: i64,
    /// ‰ of a step's cost for a diagonal.
    pub diagonal: i64,
    /// Gold for sending scouts.
    pub scout_gold: i64,
    /// ‰ of march speed per level of logistics.
    pub logistics: i64,
    /// ‰ of carrying per level of haulage.
    pub haulage: i64,
    /// Troops per march command, at most.
    pub troops_max: i64,
    /// ‰ chance of scouting with equal research.
    pub scout_chance: i64,
    /// ‰ per level of difference.
    pub scout_per_level: i64,
    /// Least chance, ‰.
    pub scout_chance_min: i64,
    /// Largest chance, ‰.
    pub scout_chance_max: i64,
    /// Deepest report.
    pub scout_depth_max: i64,
    /// Stocks in a shallow report are rounded down to this.
    pub scout_stock_round: i64,
    /// Troops in a middling report are rounded half up to this.
    pub scout_troop_round: i64,
    /// A city keeps its cap divided by this from looters (rulebook 3.5).
    pub loot_kept_divisor: i64,
    /// Of what lies above, the stock divided by this is lootable.
    pub loot_divisor: i64,
}

/// A resource node per level (rulebook 2.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeRules {
    /// Units that a full node holds per level.
    pub capacity: i64,
    /// Units gathered per hour per level.
    pub speed: i64,
}

/// What nodes have in common (rulebook 2.11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeCommonRules {
    /// Nodes by kind.
    pub kinds: Table<crate::keys::Resource, NodeRules>,
    /// Seconds after which an emptied node is full again.
    pub refill_seconds: i64,
}

/// Camp levels up to `to` field these tiers, power shared equally (rulebook 2.12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampTroops {
    /// Last camp level of the span.
    pub to: i64,
    /// Tiers, each with an equal share of the power.
    pub tiers: Vec<Tier>,
}

/// The dragon of a lair (rulebook 2.12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DragonRules {
    /// The camp's power is divided by this.
    pub power_divisor: i64,
    /// Speed.
    pub speed: i64,
    /// Skill levels.
    pub skills: Vec<SkillLevel>,
}

/// A skill at a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkillLevel {
    /// Which skill.
    pub skill: Skill,
    /// At which level, 1–5.
    pub level: i64,
}

/// A type of camp (rulebook 2.12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampRules {
    /// Display name.
    pub name: String,
    /// Camps on the map.
    pub count: i64,
    /// Power at level 1.
    pub power: i64,
    /// Tiers by level.
    pub troops: Vec<CampTroops>,
    /// The dragon, if it is a lair.
    pub dragon: Option<DragonRules>,
    /// Seconds until a new one spawns.
    pub respawn_seconds: i64,
    /// Drop at level 1.
    pub drop: Res,
    /// Diamonds dropped: this plus `diamonds_per_level` times the level; 0 for none.
    pub diamonds: i64,
    /// See `diamonds`.
    pub diamonds_per_level: i64,
    /// ‰ chance of gear: this plus `gear_per_level` times the level; 1000 means always, without a draw.
    pub gear: i64,
    /// See `gear`.
    pub gear_per_level: i64,
    /// Chance in percent of each rarity of gear; they add up to 100.
    pub gear_rarities: Table<Rarity, i64>,
    /// ‰ chance of a scroll; 1000 means always, without a draw.
    pub scroll: i64,
}

/// What camps have in common (rulebook 2.12).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampCommonRules {
    /// Draws of a tile before the next fitting one is taken.
    pub tries: i64,
    /// No city at this Chebyshev distance or less.
    pub city_spacing: i64,
    /// Season days per step of level.
    pub days_per_level: i64,
    /// The level draw: 0 to one less.
    pub level_draw: i64,
    /// Highest level.
    pub level_max: i64,
    /// ‰ growth of power per level.
    pub power_growth: i64,
    /// ‰ more drop per level above 1.
    pub drop_per_level: i64,
}

/// Strikes, rounds, routs (rulebook 3, 3.7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BattleRules {
    /// Rounds of a field battle.
    pub rounds: i64,
    /// Rounds of an arena fight.
    pub arena_rounds: i64,
    /// ‰ on the favoured striker's damage (rulebook 2.3).
    pub favoured: i64,
    /// ‰ critical chance of heroes in the field.
    pub hero_critical: i64,
    /// ‰ critical chance of stacks.
    pub stack_critical: i64,
    /// ‰ critical chance in the arena.
    pub arena_critical: i64,
    /// The random part of initiative: 0 to one less, in thousandths.
    pub initiative_draw: i64,
    /// Thousandths of initiative for own stacks per level of first_strike.
    pub first_strike_initiative: i64,
    /// war_cry and dread last so many rounds.
    pub cry_rounds: i64,
    /// Least strike modifier, ‰.
    pub modifier_min: i64,
    /// Largest strike modifier, ‰.
    pub modifier_max: i64,
    /// A side with so little left that living·this ≤ start is routed.
    pub rout_divisor: i64,
    /// last_stand counts when living·this ≤ start.
    pub last_stand_divisor: i64,
    /// Terrain ‰ on a fort held by the defender.
    pub fort_terrain: i64,
    /// Terrain ‰ on a mountain.
    pub mountain_terrain: i64,
    /// Hit points per power in the arena.
    pub arena_hp: i64,
    /// Defence D by rarity in the arena.
    pub arena_defence: Table<Rarity, i64>,
}
