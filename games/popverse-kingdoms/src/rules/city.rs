//! Figures of the city: buildings, production, research, items, protection (rulebook 2.5, 2.6, 2.9, 2.10).

use serde::{Deserialize, Serialize};

use crate::amounts::Res;
use crate::keys::{Item, Table, Technology};

/// A building or technology at level 1 (rulebook 2.5, 2.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseCost {
    /// What level 1 costs.
    pub cost: Res,
    /// Seconds level 1 takes, before masonry or academy.
    pub seconds: i64,
}

/// A technology (rulebook 2.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TechnologyRules {
    /// What level 1 costs.
    pub cost: Res,
    /// Seconds level 1 takes, before the academy.
    pub seconds: i64,
    /// A technology of which level 1 is needed first.
    pub needs: Option<Technology>,
}

/// Growth, caps and effects of buildings (rulebook 2.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CityRules {
    /// Highest level of a building.
    pub level_max: i64,
    /// ‰ growth of cost per level.
    pub cost_growth: i64,
    /// ‰ growth of building time per level.
    pub time_growth: i64,
    /// ‰ of building speed per level of masonry.
    pub masonry_speed: i64,
    /// ‰ of the cost given back when a job is cancelled.
    pub refund: i64,
    /// Days for which a second crew is rented.
    pub crew_days: i64,
    /// Diamonds for the second crew.
    pub crew_diamonds: i64,
    /// Housing without any HQ level, troops.
    pub housing_base: i64,
    /// Housing per HQ level, troops.
    pub housing_per_level: i64,
    /// March cap without any HQ level, troops.
    pub march_base: i64,
    /// March cap per HQ level, troops.
    pub march_per_level: i64,
    /// Largest march, troops.
    pub march_max: i64,
    /// March slots at HQ 1.
    pub march_slots: i64,
    /// HQ levels that each give one more march slot.
    pub march_slot_levels: Vec<i64>,
    /// Land slots at HQ 1.
    pub land_slots: i64,
    /// HQ levels that each give one more land slot.
    pub land_slot_levels: Vec<i64>,
    /// Scouts that may be out at a time.
    pub scouts: i64,
    /// Output per hour of farm, iron mine and mint at level 1.
    pub output: Res,
    /// ‰ growth of output per level.
    pub output_growth: i64,
    /// Food and iron that each find room at warehouse 1.
    pub storage: i64,
    /// ‰ growth of storage per level.
    pub storage_growth: i64,
    /// Storage without a warehouse.
    pub storage_none: i64,
    /// ‰ of storage per level of the technology.
    pub storage_per_tech: i64,
    /// The gold cap is the storage cap divided by this.
    pub gold_cap_divisor: i64,
    /// Largest batch per level of the barracks, troops.
    pub batch_per_level: i64,
    /// Largest batch of all, troops.
    pub batch_max: i64,
    /// ‰ of training speed per level of the barracks above 1.
    pub barracks_speed: i64,
    /// Academy needed for research level r: `academy_step·r − academy_less`.
    pub academy_step: i64,
    /// See `academy_step`.
    pub academy_less: i64,
    /// ‰ of research speed per level of the academy.
    pub academy_speed: i64,
    /// Heroes of the roster without a hero hall.
    pub roster_base: i64,
    /// Heroes of the roster per level of the hero hall.
    pub roster_per_level: i64,
    /// ‰ by which each wall level divides damage taken in city defence.
    pub wall_guard: i64,
    /// Seconds of early warning per level of the watchtower.
    pub alarm_seconds: i64,
    /// Watchtower levels at which the alarm tells attacker, rough total, tiers, hero.
    pub alarm_levels: [i64; 4],
    /// The rough total is rounded down to this.
    pub alarm_round: i64,
    /// Wounded that find room without any infirmary level.
    pub infirmary_base: i64,
    /// Wounded that find room per level.
    pub infirmary_per_level: i64,
    /// ‰ of healing speed per level of the infirmary.
    pub infirmary_speed: i64,
    /// Allied troops that find room per level of the embassy.
    pub embassy_per_level: i64,
    /// Seconds of a job that one diamond finishes.
    pub seconds_per_diamond: i64,
}

/// Production and stores (rulebook 2.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductionRules {
    /// ‰ per level of agronomy, metallurgy and coinage.
    pub per_tech: i64,
    /// ‰ per guild level (rulebook 2.13).
    pub per_guild_level: i64,
    /// The multiplier counts half above this many ‰.
    pub diminish_above: i64,
    /// ‰ for the 1st … 5th own parcel of the matching type; further ones count as the last.
    pub land: Vec<i64>,
    /// ‰ for the 1st … 5th own fort, on all three resources; further ones count as the last.
    pub fort: Vec<i64>,
    /// Guild parcels count by this divisor.
    pub guild_land_divisor: i64,
    /// Rewards, loot and purchases may lift a stock to so many times its cap.
    pub overfill: i64,
}

/// Growth and effects of research (rulebook 2.9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResearchRules {
    /// Highest level of a technology.
    pub level_max: i64,
    /// ‰ growth of cost per level.
    pub cost_growth: i64,
    /// ‰ growth of time per level.
    pub time_growth: i64,
}

/// Items and what they do (rulebook 2.5, 2.10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemRules {
    /// Diamond prices; an item at 0 is not for sale.
    pub prices: Table<Item, i64>,
    /// Seconds an item takes off a job; 0 if it does not hasten.
    pub seconds: Table<Item, i64>,
    /// Experience of one tome.
    pub tome_xp: i64,
}

/// Shields, relocation, fair targets (rulebook 2.10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProtectionRules {
    /// Seconds of truce after a lost city battle.
    pub truce_seconds: i64,
    /// Seconds that a shield item adds.
    pub shield_seconds: i64,
    /// Seconds before another shield item may be used.
    pub shield_wait_seconds: i64,
    /// Seconds before another relocation.
    pub relocate_wait_seconds: i64,
    /// Dice number of a random relocation: so much per relocation, plus the player number.
    pub relocate_step: i64,
    /// A target below so many ‰ of one's own kingdom power is too weak.
    pub weak_target: i64,
    /// Seconds for which somebody who attacked may be paid back, however weak.
    pub revenge_seconds: i64,
    /// Attacks on one city by one attacker within the repeat window.
    pub repeat_max: i64,
    /// The repeat window in seconds.
    pub repeat_seconds: i64,
}

/// What kingdom power counts besides troops and heroes (rulebook 2.10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KingdomPowerRules {
    /// A building at level L counts this times L·(L+1).
    pub building: i64,
    /// A technology at level r counts this times r².
    pub research: i64,
}
