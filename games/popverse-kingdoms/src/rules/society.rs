//! Figures of what players do together: guilds, lands, market, arena, conquest, quests, limits (rulebook 2.13–2.23).

use serde::{Deserialize, Serialize};

use super::world::RankReward;
use crate::amounts::Res;
use crate::keys::{ControlPoint, ParcelType, Quest, Table};

/// Guilds (rulebook 2.13).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuildRules {
    /// Gold for founding.
    pub found_gold: i64,
    /// Members at most.
    pub members_max: i64,
    /// Officers at most.
    pub officers_max: i64,
    /// Seconds an invitation stands.
    pub invite_seconds: i64,
    /// Seconds of waiting after leaving.
    pub cooldown_seconds: i64,
    /// ‰ of each balance that officers may withdraw a day.
    pub officer_withdraw: i64,
    /// Guild XP per unit donated.
    pub donation_points: Res,
    /// Points a player may donate a day.
    pub donation_max: i64,
    /// XP of level L: this times (L−1)².
    pub xp_square: i64,
    /// Highest level.
    pub level_max: i64,
    /// Parcels without a level.
    pub parcels_base: i64,
    /// Levels for one more parcel.
    pub levels_per_parcel: i64,
}

/// Lands (rulebook 2.14).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LandRules {
    /// Base values in gold.
    pub base: Table<ParcelType, i64>,
    /// Centre distance (thousandths of a tile) that costs 1 ‰ of location.
    pub location_divisor: i64,
    /// ‰ per neighbour of at least equal base.
    pub proximity_each: i64,
    /// ‰ at most for neighbours.
    pub proximity_max: i64,
    /// Gap within which neighbours count.
    pub proximity_gap: i64,
    /// ‰ per node.
    pub node_each: i64,
    /// Nodes that count at most.
    pub node_max: i64,
    /// Gap within which nodes count.
    pub node_gap: i64,
    /// ‰ per strategic feature.
    pub strategic_each: i64,
    /// Distance (thousandths of a tile) within which a control point counts.
    pub control_distance: i64,
    /// Gap within which a pass counts.
    pub pass_gap: i64,
    /// Passes are looked for at less than this |dx| and |dy| from the gate.
    pub pass_window: i64,
    /// Least market factor, ‰.
    pub market_min: i64,
    /// Largest market factor, ‰.
    pub market_max: i64,
    /// Active players with a free slot for one of demand.
    pub demand_divisor: i64,
    /// Trend: rising above so many percent.
    pub rising_above: i64,
    /// Trend: falling below so many percent.
    pub falling_below: i64,
    /// Days the trend looks back.
    pub trend_days: i64,
    /// A price lies between value divided by this and value times this.
    pub price_span: i64,
    /// ‰ of a sale that the seller does not get.
    pub sale_fee: i64,
    /// Returning pays the value divided by this.
    pub return_divisor: i64,
    /// The daily tax is the value divided by this.
    pub tax_divisor: i64,
    /// Arrears at which a parcel is foreclosed.
    pub arrears_max: i64,
    /// Seconds after acquiring in which a parcel may not be offered or returned.
    pub lock_seconds: i64,
    /// Seconds after acquiring in which nobody can attack it.
    pub protected_seconds: i64,
    /// Troops of a garrison.
    pub garrison_max: i64,
}

/// Exchange and offers (rulebook 2.15).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarketRules {
    /// Base and starting price of food, micro-gold.
    pub food_price: i64,
    /// Base and starting price of iron, micro-gold.
    pub iron_price: i64,
    /// Price of gold in the value of offers, micro-gold.
    pub gold_price: i64,
    /// Spread without research or hubs, ‰.
    pub spread: i64,
    /// ‰ less per level of commerce_law, and per own trade hub.
    pub spread_less: i64,
    /// Least spread, ‰.
    pub spread_min: i64,
    /// Least depth, units.
    pub depth_min: i64,
    /// Depth per active player, units.
    pub depth_per_player: i64,
    /// Largest move of an hour, ‰.
    pub move_max: i64,
    /// ‰ of the distance to the anchor that an hour brings back.
    pub pull: i64,
    /// The price stays between anchor divided by this and anchor times this.
    pub anchor_span: i64,
    /// Offers a player may have open.
    pub offers_max: i64,
    /// Seconds an offer stands.
    pub offer_seconds: i64,
    /// Least ratio of an offer, ‰.
    pub ratio_min: i64,
    /// Largest ratio of an offer, ‰.
    pub ratio_max: i64,
    /// Fee on an offer without research, ‰.
    pub fee: i64,
    /// ‰ less per level of commerce_law.
    pub fee_less: i64,
    /// Least fee, ‰.
    pub fee_min: i64,
    /// Largest amount in one deal, units.
    pub amount_max: i64,
}

/// Rebalancing (rulebook 2.16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RebalancingRules {
    /// Mean stock aimed at, before the days.
    pub target: Res,
    /// More per day.
    pub target_per_day: Res,
    /// More per day squared.
    pub target_per_day_squared: Res,
    /// The modifier falls above this ratio, ‰.
    pub high: i64,
    /// The modifier rises below this ratio, ‰.
    pub low: i64,
    /// Step of falling and rising, ‰.
    pub step: i64,
    /// Step back towards 1000, ‰.
    pub step_back: i64,
    /// Least modifier, ‰.
    pub modifier_min: i64,
    /// Largest modifier, ‰.
    pub modifier_max: i64,
    /// Least anchor factor, ‰.
    pub anchor_min: i64,
    /// Largest anchor factor, ‰.
    pub anchor_max: i64,
}

/// Arena (rulebook 2.17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArenaRules {
    /// Rating at the start.
    pub rating: i64,
    /// Least rating.
    pub rating_min: i64,
    /// Largest rating.
    pub rating_max: i64,
    /// Rating differences per step of the expectation table.
    pub expected_step: i64,
    /// Expected score in ten-thousandths at 0, 1, 2 … steps.
    pub expected: Vec<i64>,
    /// K against players.
    pub k: i64,
    /// K against bots.
    pub k_bot: i64,
    /// ‰ on changes in the finals.
    pub finals: i64,
    /// Largest gain.
    pub gain_max: i64,
    /// Largest loss.
    pub loss_max: i64,
    /// Windows of rating difference, tried in order.
    pub windows: Vec<i64>,
    /// Opponents in an offer.
    pub offered: i64,
    /// Nearest candidates that are kept.
    pub candidates_max: i64,
    /// Candidates of one faction in an offer, before filling up.
    pub per_faction: i64,
    /// Seconds in which nobody is met twice.
    pub met_seconds: i64,
    /// Seconds an offer stands.
    pub offer_seconds: i64,
    /// Score for another faction.
    pub score_faction: i64,
    /// Score per hour of rest.
    pub score_hour: i64,
    /// Largest score for rest.
    pub score_rest_max: i64,
    /// Fights a day.
    pub fights: i64,
    /// More fights that can be bought.
    pub fights_extra: i64,
    /// Diamonds for one.
    pub fight_diamonds: i64,
    /// Heroes of a team.
    pub team: i64,
    /// Points for a win.
    pub points_win: i64,
    /// Rating points above one's own for one more point.
    pub points_divisor: i64,
    /// Points for a loss.
    pub points_loss: i64,
    /// XP of each hero for a win.
    pub xp_win: i64,
    /// XP of each hero else.
    pub xp_loss: i64,
    /// Decay begins above this rating and stops at it.
    pub decay_above: i64,
    /// Seconds without a fight before decay.
    pub decay_seconds: i64,
    /// Least decay.
    pub decay_min: i64,
    /// Decay is the rating above divided by this.
    pub decay_divisor: i64,
    /// Diamonds of the week by rank.
    pub week: Vec<RankReward>,
    /// Diamonds of the week for all others who fought.
    pub week_others: i64,
    /// Arena points for a scroll.
    pub shop_scroll: i64,
    /// Scrolls a week.
    pub shop_scrolls_week: i64,
    /// Arena points for a speed_1h.
    pub shop_speed: i64,
    /// Arena points for a tome.
    pub shop_tome: i64,
    /// Arena points for a gear cache.
    pub shop_cache: i64,
    /// Arena points for a shard.
    pub shop_shard: i64,
    /// Bots: teams by rating.
    pub bots: BotRules,
}

/// Bot opponents (rulebook 2.17).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BotRules {
    /// A bot's rating starts so far below one's own.
    pub below: i64,
    /// And up to one less than this is drawn on top.
    pub draw: i64,
    /// Rarities of the three heroes, by rating.
    pub teams: Vec<BotTeam>,
    /// Rating points above the least for one hero level.
    pub rating_per_level: i64,
    /// Rating points above the least for one skill level.
    pub rating_per_skill: i64,
    /// Rating points above the least for one power of each piece of gear.
    pub rating_per_gear: i64,
}

/// Bots rated below `below` field these rarities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BotTeam {
    /// First rating that no longer counts.
    pub below: i64,
    /// Rarity of each slot.
    pub rarities: [crate::keys::Rarity; 3],
}

/// Conquest (rulebook 2.18).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConquestRules {
    /// Seconds from muster to start.
    pub muster_seconds: i64,
    /// Seconds from start to end.
    pub seconds: i64,
    /// Seconds between ticks.
    pub tick_seconds: i64,
    /// Armies of a garrison.
    pub garrison_max: i64,
    /// Keeper power without days.
    pub keeper_power: i64,
    /// Keeper power per season day.
    pub keeper_power_per_day: i64,
    /// Score of a point per tick.
    pub score: Table<ControlPoint, i64>,
    /// The finale's score counts so many times.
    pub finale: i64,
    /// Merit for a won clash.
    pub merit_clash: i64,
    /// Merit per tick and army in a garrison.
    pub merit_tick: i64,
    /// Diamonds for ranks 1, 2, 3.
    pub diamonds: [i64; 3],
    /// Diamonds for everybody else who took part.
    pub diamonds_others: i64,
    /// Scrolls for ranks 1, 2, 3.
    pub scrolls: [i64; 3],
    /// Lone players' banners are this plus the player number.
    pub lone_banner: i64,
}

/// Daily quests (rulebook 2.19).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestRules {
    /// Targets, in order of the pool.
    pub targets: Table<Quest, i64>,
    /// Quests a day.
    pub per_day: i64,
    /// Dice number of a day's draw: this times the player number, plus the day.
    pub dice_step: i64,
    /// Academy that research quests need.
    pub academy_min: i64,
    /// City battles are asked for after this day.
    pub city_after_day: i64,
    /// Reward of each quest without HQ levels.
    pub reward: Res,
    /// Reward per HQ level.
    pub reward_per_level: Res,
    /// Diamonds of the chest; a scroll, a speed_1h and a tome come with it.
    pub chest_diamonds: i64,
}

/// Rate limits (rulebook 2.23).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitRules {
    /// Window in milliseconds.
    pub window_ms: i64,
    /// Requests of one command in a window.
    pub base: i64,
    /// Least and largest factor of reputation, ‰.
    pub reputation: [i64; 2],
    /// ‰ per reputation point.
    pub per_reputation: i64,
    /// Largest factor of account age, ‰.
    pub age_max: i64,
    /// Account age in milliseconds that adds 1000 ‰.
    pub age_ms: i64,
    /// Factor after a recent violation, ‰.
    pub violation: i64,
}
