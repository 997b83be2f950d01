//! Rating, points, decay (rulebook 2.17).

use super::arith::rhu;
use crate::rules::Rules;

/// Expected score in ten-thousandths of a player `delta` points above the opponent (rulebook 2.17).
#[must_use]
pub fn expected(rules: &Rules, delta: i64) -> i64 {
    if delta < 0 {
        return 10_000 - expected(rules, delta.saturating_neg());
    }
    let (table, step) = (&rules.arena.expected, rules.arena.expected_step);
    let last = table.len() as i64 - 1;
    let delta = delta.min(last * step);
    let entry = |i: i64| usize::try_from(i).ok().and_then(|i| table.get(i)).copied().unwrap_or(10_000);
    let (below, rest) = (delta / step, delta % step);
    if rest == 0 {
        return entry(below);
    }
    (entry(below) * (step - rest) + entry(below + 1) * rest) / step
}

/// Ratings after a fight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rated {
    /// Expected score of the winner, ten-thousandths.
    pub expected: i64,
    /// What the winner gains, before the ceiling.
    pub gain: i64,
    /// What the loser loses, before the floor.
    pub loss: i64,
    /// The winner's rating after it.
    pub winner: i64,
    /// The loser's rating after it.
    pub loser: i64,
}

/// Ratings after `winner` beat `loser` (rulebook 2.17). Against a bot K is smaller; the caller leaves out the bot's
/// rating. In the finals changes are larger.
#[must_use]
pub fn rate(rules: &Rules, winner: i64, loser: i64, bot: bool, finals: bool) -> Rated {
    let arena = &rules.arena;
    let expected = expected(rules, winner - loser);
    let k = if bot { arena.k_bot } else { arena.k };
    let season = if finals { arena.finals } else { 1000 };
    let change = rhu(k * (10_000 - expected), 10_000) * season / 1000;
    let (gain, loss) = (change.min(arena.gain_max), change.min(arena.loss_max));
    let within = |rating: i64| rating.clamp(arena.rating_min, arena.rating_max);
    Rated { expected, gain, loss, winner: within(winner + gain), loser: within(loser - loss) }
}

/// How clear the favourite was: |2E − 10000| (rulebook 2.17).
#[must_use]
pub const fn confidence(expected: i64) -> i64 {
    (2 * expected - 10_000).abs()
}

/// Arena points for a fight, by ratings before it (rulebook 2.17).
#[must_use]
pub fn points(rules: &Rules, own: i64, opponent: i64, won: bool, bot: bool) -> i64 {
    let arena = &rules.arena;
    let points = if won {
        arena.points_win + (opponent - own).max(0) / arena.points_divisor
    } else {
        arena.points_loss
    };
    if bot { points / 2 } else { points }
}

/// Rating after the daily decay of somebody idle for long enough (rulebook 2.17).
#[must_use]
pub fn decayed(rules: &Rules, rating: i64) -> i64 {
    let arena = &rules.arena;
    if rating <= arena.decay_above {
        return rating;
    }
    let lost = ((rating - arena.decay_above) / arena.decay_divisor).max(arena.decay_min);
    (rating - lost).max(arena.decay_above)
}
