//! Which quests a day brings (rulebook 2.19).

use games_core::dice::{Rng, Secret};

use crate::keys::Quest;
use crate::rules::Rules;

/// What decides which quests of the pool a player may get (rulebook 2.19).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// Level of the academy.
    pub academy: i64,
    /// Whether the player is in a guild.
    pub in_guild: bool,
    /// Whether anybody is wounded.
    pub has_wounded: bool,
    /// Whether the beginner shield still stands.
    pub beginner_shield: bool,
}

/// Whether a quest fits a player on a season day.
#[must_use]
pub const fn eligible(rules: &Rules, quest: Quest, day: i64, situation: Situation) -> bool {
    match quest {
        Quest::TrainTroops
        | Quest::WinHunts
        | Quest::GatherResources
        | Quest::FinishBuildings
        | Quest::ArenaFights
        | Quest::SendScouts
        | Quest::ExploreTiles
        | Quest::ExchangeTrade => true,
        Quest::StartResearch => situation.academy >= rules.quests.academy_min,
        Quest::DonateGuild => situation.in_guild,
        Quest::HealTroops => situation.has_wounded,
        Quest::WinCityBattles => day > rules.quests.city_after_day && !situation.beginner_shield,
    }
}

/// Draws a player's quests of a season day (rulebook 2.19); the seed comes with them.
#[must_use]
pub fn assign(
    rules: &Rules,
    secret: &Secret,
    player: u64,
    day: i64,
    situation: Situation,
) -> (u64, Vec<Quest>) {
    let seed = secret.seed("quest", number(rules, player, day));
    (seed, assign_with(rules, Rng::new(seed), day, situation))
}

/// The dice number of a player's season day.
#[must_use]
pub const fn number(rules: &Rules, player: u64, day: i64) -> u64 {
    rules.quests.dice_step.unsigned_abs() * player + day.unsigned_abs()
}

/// [`assign`] with dice that a test may have scripted.
#[must_use]
pub fn assign_with(rules: &Rules, mut rng: Rng, day: i64, situation: Situation) -> Vec<Quest> {
    let mut pool: Vec<Quest> =
        Quest::ALL.into_iter().filter(|quest| eligible(rules, *quest, day, situation)).collect();
    rng.shuffle(&mut pool);
    pool.truncate(usize::try_from(rules.quests.per_day).unwrap_or(0));
    pool
}
