//! All figures of the game as data: read from TOML, checked, then carried by the world itself.
//!
//! No formula lives here and no figure lives in a formula. A world keeps the rules it was opened with; new balance
//! is a new file beside `rules/v1.toml`.

mod army;
mod check;
mod city;
mod society;
mod world;

use serde::{Deserialize, Serialize};

pub use army::{
    BattleRules, CampCommonRules, CampRules, CampTroops, DragonRules, GearCommonRules, GearRules,
    HeroCommonRules, HeroPower, MarchRules, NodeCommonRules, NodeRules, SkillLevel, SkillRules, SummonRules,
    TrainingRules, TroopRules,
};
pub use city::{
    BaseCost, CityRules, ItemRules, KingdomPowerRules, ProductionRules, ProtectionRules, ResearchRules,
    TechnologyRules,
};
pub use society::{
    ArenaRules, BotRules, BotTeam, ConquestRules, GuildRules, LandRules, LimitRules, MarketRules, QuestRules,
    RebalancingRules,
};
pub use world::{
    Choice, FactionRules, FogRules, HeroRules, JoiningRules, MapRules, NodeChances, ParcelCount, RankReward,
    SeasonRules, Spot, WorldRules,
};

use crate::amounts::Res;
use crate::keys::{Building, Faction, HeroKey, NpcType, Skill, Step, Table, Technology, Tier};

/// The figures of version 1, as written.
pub const V1: &str = include_str!("../rules/v1.toml");

/// All figures of one version of the game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Version of these figures; stands in every battle record.
    pub version: u32,
    /// Life of a world (2.2).
    pub world: WorldRules,
    /// The three factions (2.3).
    pub factions: Table<Faction, FactionRules>,
    /// Joining (2.3).
    pub joining: JoiningRules,
    /// Map (2.4).
    pub map: MapRules,
    /// Costs and times of buildings (2.5).
    pub buildings: Table<Building, BaseCost>,
    /// Effects of buildings (2.5).
    pub city: CityRules,
    /// Production (2.6).
    pub production: ProductionRules,
    /// Troop tiers (2.7).
    pub troops: Table<Tier, TroopRules>,
    /// Training, healing, wounded (2.7, 3.5).
    pub training: TrainingRules,
    /// The hero catalogue (2.8).
    pub heroes: Table<HeroKey, HeroRules>,
    /// What heroes have in common (2.8).
    pub hero: HeroCommonRules,
    /// Skills (2.8).
    pub skills: Table<Skill, SkillRules>,
    /// Summons (2.8).
    pub summon: SummonRules,
    /// Gear (2.8).
    pub gear: GearCommonRules,
    /// Costs and times of technologies (2.9).
    pub technologies: Table<Technology, TechnologyRules>,
    /// Growth of research (2.9).
    pub research: ResearchRules,
    /// Items (2.10).
    pub items: ItemRules,
    /// Shields, relocation, fair targets (2.10).
    pub protection: ProtectionRules,
    /// Kingdom power (2.10).
    pub kingdom_power: KingdomPowerRules,
    /// Marches (2.11).
    pub march: MarchRules,
    /// Resource nodes (2.11).
    pub nodes: NodeCommonRules,
    /// Types of camps (2.12).
    pub camps: Table<NpcType, CampRules>,
    /// What camps have in common (2.12).
    pub camp: CampCommonRules,
    /// Guilds (2.13).
    pub guild: GuildRules,
    /// Lands (2.14).
    pub land: LandRules,
    /// Exchange and offers (2.15).
    pub market: MarketRules,
    /// Rebalancing (2.16).
    pub rebalancing: RebalancingRules,
    /// Arena (2.17).
    pub arena: ArenaRules,
    /// Conquest (2.18).
    pub conquest: ConquestRules,
    /// Daily quests (2.19).
    pub quests: QuestRules,
    /// Rewards of the tutorial's steps. A world from before there was a tutorial pays nothing.
    #[serde(default)]
    pub tutorial: Table<Step, Res>,
    /// Fog of war (2.20).
    pub fog: FogRules,
    /// Season end (2.21).
    pub season: SeasonRules,
    /// Rate limits (2.23).
    pub limits: LimitRules,
    /// Battles (3).
    pub battle: BattleRules,
}

/// Why a rules file was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RulesError {
    /// Not the shape of a rules file.
    #[error("the rules file cannot be read: {0}")]
    Shape(String),
    /// A figure outside what the formulas can bear.
    #[error("{field} is {value}; it must be {min} to {max}")]
    Range {
        /// Path of the figure.
        field: String,
        /// What the file says.
        value: i64,
        /// Least allowed.
        min: i64,
        /// Largest allowed.
        max: i64,
    },
    /// Two figures that do not go together.
    #[error("{field}: {reason}")]
    Mismatch {
        /// Path of the figure.
        field: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Rules {
    /// Reads and checks a rules file.
    ///
    /// # Errors
    /// Says which figure is missing, unknown, out of range or at odds with another.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let rules: Self = toml::from_str(text).map_err(|e| RulesError::Shape(e.to_string()))?;
        rules.check()?;
        Ok(rules)
    }

    /// Version 1, built in.
    ///
    /// # Errors
    /// Never for the file as shipped; a test reads it.
    pub fn v1() -> Result<Self, RulesError> {
        Self::parse(V1)
    }

    /// Checks ranges and cross references; [`Self::parse`] does so itself, other ways of reading must ask.
    ///
    /// # Errors
    /// Says which figure is out of range or at odds with another.
    pub fn check(&self) -> Result<(), RulesError> {
        check::check(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_1_reads_and_reads_back_from_json() {
        let rules = Rules::v1().unwrap();
        let json = serde_json::to_string(&rules).unwrap();
        assert_eq!(serde_json::from_str::<Rules>(&json).unwrap(), rules);
    }

    #[test]
    fn unknown_missing_and_wild_figures_are_refused() {
        assert!(matches!(Rules::parse(&format!("surprise = 1\n{V1}")), Err(RulesError::Shape(_))));
        assert!(matches!(Rules::parse(&V1.replace("finals_days = 14", "")), Err(RulesError::Shape(_))));
        let wild = V1.replace("finals_days = 14", "finals_days = -1");
        assert!(matches!(Rules::parse(&wild), Err(RulesError::Range { .. })));
        let odd = V1.replace("common = 600, rare = 280", "common = 601, rare = 280");
        assert!(matches!(Rules::parse(&odd), Err(RulesError::Mismatch { .. })));
    }
}
