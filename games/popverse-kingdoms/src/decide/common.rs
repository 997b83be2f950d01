//! What several commands and timers do alike: settling, finishing jobs, exploring, experience.

use super::Deciding;
use crate::amounts::{Res, Troops};
use crate::battle::aftermath;
use crate::event::{
    BuildingCompleted, ExploredBy, HealingCompleted, HeroLevelled, HeroXpGained, PlayerActiveMarked,
    ResearchCompleted, ResourcesSpilled, SpillSource, TilesExplored, TrainingCompleted, WoundedAdmitted,
    XpSource,
};
use crate::facts::{self, economy, heroes};
use crate::ids::Pn;
use crate::keys::{Building, HeroKey};
use crate::tile::Tile;
use crate::tile_set::TileSet;

/// Marks the first accepted command of a day, which brings the quests of the day.
pub(crate) fn mark_active(d: &mut Deciding<'_>, pn: Pn) {
    let day = d.state().day(d.now());
    if d.state().player(pn).is_some_and(|player| player.active_day != day) {
        d.emit(PlayerActiveMarked { pn, day });
        super::quest::assign(d, pn, day);
    }
}

/// Settles a player's production.
pub(crate) fn settle(d: &mut Deciding<'_>, pn: Pn) {
    let (rules, now) = (d.rules(), d.now());
    let state = d.state();
    if let Some(event) = state.player(pn).and_then(|p| economy::settlement(rules, state, p, now)) {
        d.emit(event);
    }
}

/// Settles everybody, by number.
pub(crate) fn settle_all(d: &mut Deciding<'_>) {
    let all: Vec<Pn> = d.state().living().map(|p| p.pn).collect();
    for pn in all {
        settle(d, pn);
    }
}

/// Records what a player's stores could not take of what was just added.
pub(crate) fn spill(d: &mut Deciding<'_>, pn: Pn, added: Res, source: SpillSource) {
    let rules = d.rules();
    let lost = d.state().player(pn).map_or(Res::ZERO, |p| economy::spill(rules, p, added));
    if !lost.is_zero() {
        d.emit(ResourcesSpilled { pn, lost, source });
    }
}

/// Finishes a building job.
pub(crate) fn finish_building(d: &mut Deciding<'_>, pn: Pn, building: Building) {
    let job = d.state().player(pn).and_then(|p| p.builds.iter().find(|j| j.building == building).copied());
    if let Some(job) = job {
        settle(d, pn);
        d.emit(BuildingCompleted { pn, building, level: job.level });
        if building == Building::Watchtower {
            crate::fire::alert_overdue(d, pn);
        }
    }
}

/// Finishes the research.
pub(crate) fn finish_research(d: &mut Deciding<'_>, pn: Pn) {
    if let Some(job) = d.state().player(pn).and_then(|p| p.researching) {
        settle(d, pn);
        d.emit(ResearchCompleted { pn, technology: job.technology, level: job.level });
    }
}

/// Finishes the training.
pub(crate) fn finish_training(d: &mut Deciding<'_>, pn: Pn) {
    if let Some(job) = d.state().player(pn).and_then(|p| p.training) {
        settle(d, pn);
        d.emit(TrainingCompleted { pn, job: job.job, tier: job.arriving(), count: job.count });
    }
}

/// Finishes the healing.
pub(crate) fn finish_healing(d: &mut Deciding<'_>, pn: Pn) {
    if let Some(job) = d.state().player(pn).and_then(|p| p.healing) {
        settle(d, pn);
        d.emit(HealingCompleted { pn, job: job.job, troops: job.troops });
    }
}

/// Lets wounded who have just come in find room in the infirmary; the rest dies.
pub(crate) fn admit(d: &mut Deciding<'_>, pn: Pn, wounded: Troops) {
    let rules = d.rules();
    let Some(player) = d.state().player(pn).filter(|_| !wounded.is_none()) else { return };
    // They stand in the infirmary already; those who were there before keep their places.
    let before = player.wounded.minus(wounded).total();
    let (admitted, died) = aftermath::admit(facts::infirmary(rules, player) - before, wounded);
    d.emit(WoundedAdmitted { pn, admitted, died });
}

/// Gives a hero experience, level-ups included.
pub(crate) fn gain_xp(d: &mut Deciding<'_>, pn: Pn, key: HeroKey, xp: i64, source: XpSource) {
    let rules = d.rules();
    let Some(player) = d.state().player(pn) else { return };
    let Some(hero) = player.heroes.get(&key).filter(|_| xp > 0) else { return };
    let grown = heroes::grow(rules, player, key, hero, xp);
    let level = hero.level;
    d.emit(HeroXpGained { pn, hero: key, xp, source, after: grown.xp });
    if grown.level > level {
        d.emit(HeroLevelled { pn, hero: key, level: grown.level, unlocked: grown.unlocked });
    }
}

/// Makes tiles known to a player, as far as they are new.
pub(crate) fn explore(d: &mut Deciding<'_>, pn: Pn, mut tiles: TileSet, cause: ExploredBy) {
    let Some(player) = d.state().player(pn) else { return };
    tiles.subtract(&player.explored);
    let count = tiles.len() as i64;
    if count > 0 {
        d.emit(TilesExplored { pn, tiles, count, cause });
    }
}

/// The square around a tile as a set.
pub(crate) fn square(centre: Tile, radius: i64) -> TileSet {
    centre.square(radius).collect()
}
