//! Days, late joining, score, prestige, guild levels, quests' rewards (rulebook 2.1, 2.3, 2.13, 2.19, 2.21).

use crate::amounts::Res;
use crate::rules::{RankReward, Rules};

/// Milliseconds of a UTC day.
pub const DAY_MS: i64 = 86_400_000;

/// Season day, from 1, of a game time, both in milliseconds since the epoch (rulebook 2.1).
#[must_use]
pub const fn day(opened: i64, now: i64) -> i64 {
    now.div_euclid(DAY_MS) - opened.div_euclid(DAY_MS) + 1
}

/// Resources and speed_1h for joining late (rulebook 2.3).
#[must_use]
pub fn late_start(rules: &Rules, day: i64) -> (Res, i64) {
    let joining = &rules.joining;
    let late = (day - joining.late_after_day).max(0);
    (joining.late_per_day.times(late), (late / joining.late_days_per_speed).min(joining.late_speeds_max))
}

/// What a season comes to for a player.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Deeds {
    /// Kingdom power.
    pub power: i64,
    /// Arena rating.
    pub rating: i64,
    /// Conquest merit.
    pub merit: i64,
    /// Σ value of own parcels.
    pub land_value: i64,
}

/// Season score (rulebook 2.21).
#[must_use]
pub fn score(rules: &Rules, deeds: Deeds) -> i64 {
    let season = &rules.season;
    deeds.power
        + season.score_per_rating * (deeds.rating - rules.arena.rating).max(0)
        + season.score_per_merit * deeds.merit
        + deeds.land_value / season.land_value_per_score
}

/// The reward of a rank among spans, or `others` behind them.
#[must_use]
pub fn rank_reward(spans: &[RankReward], others: i64, rank: i64) -> i64 {
    spans.iter().find(|span| rank <= span.to).map_or(others, |span| span.reward)
}

/// What earns prestige at season's end (rulebook 2.21).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Honours {
    /// UTC days with an accepted command.
    pub active_days: i64,
    /// Final rank.
    pub rank: i64,
    /// Ranks on the boards arena, merit, lands, hunts; those behind the third do not count.
    pub board_ranks: Vec<i64>,
    /// Of the victorious faction.
    pub victorious: bool,
    /// Days in the guild with most conquest points.
    pub champion_days: i64,
}

/// Prestige points of a season (rulebook 2.21).
#[must_use]
pub fn prestige(rules: &Rules, honours: &Honours) -> i64 {
    let season = &rules.season;
    if honours.active_days < season.prestige_active_days {
        return 0;
    }
    let boards = honours.board_ranks.iter().filter_map(|rank| {
        let place = usize::try_from(rank.checked_sub(1)?).ok()?;
        season.prestige_boards.get(place)
    });
    let faction = if honours.victorious { season.prestige_faction } else { 0 };
    let guild = if honours.champion_days >= season.prestige_guild_days { season.prestige_guild } else { 0 };
    rank_reward(&season.prestige_ranks, season.prestige_others, honours.rank)
        + boards.sum::<i64>()
        + faction
        + guild
}

/// Prestige tier of a total (rulebook 2.21).
#[must_use]
pub fn prestige_tier(rules: &Rules, total: i64) -> i64 {
    rules.season.prestige_tiers.iter().filter(|least| total >= **least).count() as i64
}

/// The title that a total of prestige bears: that of its tier; none below the first (rulebook 2.21).
#[must_use]
pub fn title(rules: &Rules, total: i64) -> Option<&str> {
    let place = usize::try_from(prestige_tier(rules, total)).ok()?.checked_sub(1)?;
    rules.season.prestige_titles.get(place).map(String::as_str)
}

/// Guild XP for donating (rulebook 2.13).
#[must_use]
pub const fn donation_points(rules: &Rules, given: Res) -> i64 {
    let points = rules.guild.donation_points;
    given.food * points.food + given.iron * points.iron + given.gold * points.gold
}

/// XP at which a guild level begins (rulebook 2.13).
#[must_use]
pub const fn guild_xp(rules: &Rules, level: i64) -> i64 {
    rules.guild.xp_square * (level - 1) * (level - 1)
}

/// Guild level of so much XP (rulebook 2.13).
#[must_use]
pub fn guild_level(rules: &Rules, xp: i64) -> i64 {
    (1..=rules.guild.level_max).rev().find(|level| guild_xp(rules, *level) <= xp).unwrap_or(1)
}

/// Parcels a guild may own (rulebook 2.13).
#[must_use]
pub const fn guild_parcels(rules: &Rules, level: i64) -> i64 {
    rules.guild.parcels_base + level / rules.guild.levels_per_parcel
}

/// Reward of one daily quest at this HQ level (rulebook 2.19).
#[must_use]
pub fn quest_reward(rules: &Rules, hq: i64) -> Res {
    rules.quests.reward.plus_times(rules.quests.reward_per_level, hq)
}
