//! Whom the arena offers as opponents (rulebook 2.17).

use crate::keys::{Faction, Key};
use crate::rules::Rules;

/// Somebody who may be offered: not oneself, not suspended, not met in the last day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Player number.
    pub player: u32,
    /// Faction.
    pub faction: Faction,
    /// Rating.
    pub rating: i64,
    /// Full hours since last attacked in the arena; none if never.
    pub rested_hours: Option<i64>,
}

/// A candidate with the score that ranks him.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scored {
    /// Who.
    pub candidate: Candidate,
    /// Score (rulebook 2.17, step 3).
    pub score: i64,
}

/// The opponents offered to a player, at most five, best first; the caller fills up with bots (rulebook 2.17, steps
/// 2 to 4).
#[must_use]
pub fn opponents(
    rules: &Rules,
    own_faction: Faction,
    own_rating: i64,
    mut pool: Vec<Candidate>,
) -> Vec<Scored> {
    let arena = &rules.arena;
    let offered = usize::try_from(arena.offered).unwrap_or(0);
    let away = |c: &Candidate| (c.rating - own_rating).abs();
    let last = arena.windows.last().copied().unwrap_or(0);
    let within = |window: &i64| pool.iter().filter(|c| away(c) <= *window).count() >= offered;
    let window = arena.windows.iter().copied().find(within).unwrap_or(last);
    pool.retain(|c| away(c) <= window);
    pool.sort_by_key(|c| (away(c), c.player));
    pool.truncate(usize::try_from(arena.candidates_max).unwrap_or(0));
    let mut scored: Vec<Scored> = pool
        .into_iter()
        .map(|candidate| {
            let other = if candidate.faction == own_faction { 0 } else { arena.score_faction };
            let rest = candidate
                .rested_hours
                .map_or(arena.score_rest_max, |h| (arena.score_hour * h).min(arena.score_rest_max));
            Scored { candidate, score: 1000 - 2 * away(&candidate) + other + rest }
        })
        .collect();
    scored.sort_by_key(|s| (-s.score, s.candidate.player));
    diverse(scored, offered, arena.per_faction)
}

/// Takes in order, at most `per_faction` of one faction; if that falls short, fills up with those skipped.
fn diverse(scored: Vec<Scored>, offered: usize, per_faction: i64) -> Vec<Scored> {
    let mut taken = Vec::with_capacity(offered);
    let mut skipped = Vec::new();
    let mut of_faction = [0; Faction::KEYS.len()];
    for entry in scored {
        if taken.len() == offered {
            break;
        }
        let count = &mut of_faction[entry.candidate.faction.index()];
        if *count < per_faction {
            *count += 1;
            taken.push(entry);
        } else {
            skipped.push(entry);
        }
    }
    let missing = offered - taken.len();
    taken.extend(skipped.into_iter().take(missing));
    taken
}
