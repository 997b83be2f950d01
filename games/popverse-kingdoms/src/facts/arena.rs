//! Teams and candidates of the arena (rulebook 2.17).

use schemas::GameTime;

use super::heroes;
use crate::battle;
use crate::event::ArenaSide;
use crate::keys::HeroKey;
use crate::matchmaking::Candidate;
use crate::rules::Rules;
use crate::state::{Player, State, Status};

/// A player's team by slot: the one set, else the strongest heroes.
#[must_use]
pub fn team(rules: &Rules, player: &Player, side: ArenaSide) -> Vec<HeroKey> {
    let set = match side {
        ArenaSide::Attack => &player.arena.attack,
        ArenaSide::Defense => &player.arena.defense,
    };
    if !set.is_empty() {
        return set.clone();
    }
    let mut keys: Vec<HeroKey> = player.heroes.keys().copied().collect();
    keys.sort_by_key(|key| (std::cmp::Reverse(heroes::power(rules, player, *key)), *key));
    keys.truncate(usize::try_from(rules.arena.team).unwrap_or(0));
    keys
}

/// A team as it fights.
#[must_use]
pub fn snapshots(rules: &Rules, player: &Player, team: &[HeroKey]) -> Vec<battle::Hero> {
    team.iter().filter_map(|key| heroes::snapshot(rules, player, *key)).collect()
}

/// Everybody who may be offered to a player: neither suspended nor met lately.
#[must_use]
pub fn candidates(rules: &Rules, state: &State, player: &Player, now: GameTime) -> Vec<Candidate> {
    let lately = |at: &GameTime| now.since(*at) < rules.arena.met_seconds * 1000;
    let met = |other: &Player| player.arena.met.get(&other.pn).is_some_and(lately);
    let fits = |p: &&Player| p.pn != player.pn && p.status == Status::Active && !met(p);
    let candidate = |p: &Player| Candidate {
        player: p.pn.get(),
        faction: p.faction,
        rating: p.rating,
        rested_hours: p.arena.attacked_at.map(|at| now.since(at).div_euclid(3_600_000)),
    };
    state.living().filter(fits).map(candidate).collect()
}

/// Fights that a player has left today.
#[must_use]
pub const fn attempts_left(rules: &Rules, player: &Player) -> i64 {
    rules.arena.fights + player.today.attempts - player.today.fights
}
