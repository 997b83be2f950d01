//! When conquests are, what points are worth, who gets what (rulebook 2.18).

use schemas::GameTime;
use schemas::moment::{DAY_MS, utc_day};

use crate::config::Config;
use crate::ids::{BannerId, GuildId, Pn};
use crate::rules::Rules;

const HOUR_MS: i64 = 3_600_000;
const WEEK: i64 = 7;

/// Day of the week of a day since the epoch, Monday 0. The first day of 1970 was a Thursday.
const fn weekday(day: i64) -> i64 {
    (day + 3).rem_euclid(WEEK)
}

/// When the next conquest musters: the first whose muster does not lie before `now`; none if it would not end before
/// the season does.
#[must_use]
pub fn next_muster(rules: &Rules, config: &Config, now: GameTime, season_ends: GameTime) -> Option<GameTime> {
    let figures = &rules.conquest;
    let start_on = |day: i64| GameTime::from_ms(day * DAY_MS + config.conquest_hour * HOUR_MS);
    let opens_on = |day: i64| start_on(day).plus_s(-figures.muster_seconds);
    let today = utc_day(now.ms());
    let fits = |day: &i64| weekday(*day) == config.conquest_weekday.index() as i64 && opens_on(*day) >= now;
    let day = (today..=today + 2 * WEEK).find(fits)?;
    (start_on(day).plus_s(figures.seconds) <= season_ends).then(|| opens_on(day))
}

/// Ticks of a conquest.
#[must_use]
pub const fn ticks(rules: &Rules) -> i64 {
    rules.conquest.seconds / rules.conquest.tick_seconds
}

/// The banner of a lone player, or of the player's guild.
#[must_use]
pub fn banner(rules: &Rules, pn: Pn, guild: Option<GuildId>) -> BannerId {
    let lone = rules.conquest.lone_banner.unsigned_abs();
    BannerId(guild.map_or(lone + u64::from(pn.get()), GuildId::get))
}

/// Whose a banner is.
#[must_use]
pub fn bearer(rules: &Rules, banner: BannerId) -> Bearer {
    let lone = rules.conquest.lone_banner.unsigned_abs();
    match banner.get().checked_sub(lone + 1) {
        Some(before) => Bearer::Player(Pn(u32::try_from(before + 1).unwrap_or(u32::MAX))),
        None => Bearer::Guild(GuildId(banner.get())),
    }
}

/// Whose a banner can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer {
    /// A guild's.
    Guild(GuildId),
    /// A lone player's.
    Player(Pn),
}

/// Diamonds and scrolls for a rank, from 1.
#[must_use]
pub fn reward(rules: &Rules, rank: i64) -> (i64, i64) {
    let figures = &rules.conquest;
    let place = usize::try_from(rank - 1).ok();
    let of = |list: &[i64], others: i64| place.and_then(|place| list.get(place)).copied().unwrap_or(others);
    (of(&figures.diamonds, figures.diamonds_others), of(&figures.scrolls, 0))
}
