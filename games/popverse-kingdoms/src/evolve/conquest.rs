//! The weekly conquest.

use games_core::Moment;
use schemas::GameTime;

use super::march::send_home;
use super::player::with;
use crate::event::{
    ConquestArmyJoinedGarrison, ConquestArmyQueued, ConquestArmySentHome, ConquestEnded, ConquestMustered,
    ConquestPointTaken, ConquestRewarded, ConquestScored, ConquestStarted,
};
use crate::formulas::conquest::{self as formulas, Bearer};
use crate::ids::{ConquestId, MarchId};
use crate::keys::{ControlPoint, Item, Table};
use crate::rules::Rules;
use crate::state::{Army, Conquest, Keeper, Phase, Stage, State, TimerKey};

fn with_conquest(state: &mut State, id: ConquestId, change: impl FnOnce(&mut Conquest)) {
    if let Some(conquest) = state.conquests.get_mut(&id) {
        change(conquest);
    }
}

/// Sets when the next conquest musters, if one fits before the season's end.
pub(super) fn schedule(rules: &Rules, state: &mut State, at: Moment<'_>) {
    if let Some(due) = formulas::next_muster(rules, &state.config, at.now, state.ends) {
        state.timers.set(TimerKey::ConquestMuster, due, at);
    }
}

/// Lets the next tick fire, as long as one could change anything. Ticks are counted from the start, whether they were
/// recorded or not.
fn arm(rules: &Rules, state: &mut State, id: ConquestId, at: Moment<'_>) {
    let Some(conquest) = state.conquests.get(&id) else { return };
    let idle = conquest.stage != Stage::Running || !conquest.stirs();
    if idle || state.timers.due(&TimerKey::ConquestTick).is_some() {
        return;
    }
    let length = rules.conquest.tick_seconds * 1000;
    let elapsed = at.now.since(conquest.starts).max(0);
    let next = (elapsed + length - 1).div_euclid(length).max(conquest.tick + 1);
    if next <= formulas::ticks(rules) {
        let due = GameTime::from_ms(conquest.starts.ms() + next * length);
        state.timers.set(TimerKey::ConquestTick, due, at);
    }
}

/// Takes an army out of whatever conquest it stands in.
pub(super) fn leave(state: &mut State, march: MarchId) {
    if let Some(mut last) = state.conquests.last_entry() {
        last.get_mut().leave(march);
    }
}

pub(super) fn mustered(state: &mut State, e: &ConquestMustered, at: Moment<'_>) {
    let conquest = Conquest {
        opens: e.opens,
        starts: e.starts,
        ends: e.ends,
        finale: e.finale,
        stage: Stage::Mustering,
        tick: 0,
        points: Table::default(),
        tallies: std::collections::BTreeMap::new(),
        parties: std::collections::BTreeMap::new(),
    };
    state.conquests.insert(e.conquest, conquest);
    state.timers.set(TimerKey::ConquestStart, e.starts, at);
}

pub(super) fn started(rules: &Rules, state: &mut State, e: &ConquestStarted, at: Moment<'_>) {
    let mut ends = None;
    with_conquest(state, e.conquest, |c| {
        c.stage = Stage::Running;
        for posted in &e.keepers {
            c.points[posted.point].keeper = Some(Keeper { power: posted.power, element: posted.element });
        }
        ends = Some(c.ends);
    });
    if let Some(ends) = ends {
        state.timers.set(TimerKey::ConquestEnd, ends, at);
    }
    arm(rules, state, e.conquest, at);
}

pub(super) fn queued(rules: &Rules, state: &mut State, e: &ConquestArmyQueued, at: Moment<'_>) {
    if let Some(march) = state.marches.get_mut(&e.march) {
        march.phase = Phase::Conquest;
    }
    with_conquest(state, e.conquest, |c| {
        c.points[e.point].queue.push(Army { march: e.march, pn: e.pn, banner: e.banner });
        let banners = c.parties.entry(e.pn).or_default();
        if !banners.contains(&e.banner) {
            banners.push(e.banner);
        }
    });
    arm(rules, state, e.conquest, at);
}

pub(super) fn joined(state: &mut State, e: &ConquestArmyJoinedGarrison) {
    with_conquest(state, e.conquest, |c| {
        c.leave(e.march);
        c.points[e.point].garrison.push(Army { march: e.march, pn: e.pn, banner: e.banner });
    });
}

pub(super) fn sent_home(state: &mut State, e: &ConquestArmySentHome, at: Moment<'_>) {
    send_home(state, e.march, e.home_at, at);
}

pub(super) fn taken(state: &mut State, e: &ConquestPointTaken) {
    with_conquest(state, e.conquest, |c| {
        c.leave(e.march);
        let point = &mut c.points[e.point];
        point.owner = Some(e.banner);
        point.keeper = None;
        point.garrison = vec![Army { march: e.march, pn: e.pn, banner: e.banner }];
        c.tallies.entry(e.banner).or_default().first_capture.get_or_insert(e.tick);
    });
}

pub(super) fn scored(rules: &Rules, state: &mut State, e: &ConquestScored, at: Moment<'_>) {
    with_conquest(state, e.conquest, |c| {
        c.tick = e.tick;
        for won in &e.points {
            let tally = c.tallies.entry(won.banner).or_default();
            tally.score += won.points;
            tally.crown_ticks += i64::from(won.point == ControlPoint::Crown);
        }
    });
    for gain in &e.merit {
        with(state, gain.pn, |p| {
            p.merit += gain.merit;
            p.reached.merit = Some(at.now);
        });
    }
    arm(rules, state, e.conquest, at);
}

pub(super) fn ended(rules: &Rules, state: &mut State, e: &ConquestEnded, at: Moment<'_>) {
    with_conquest(state, e.conquest, |c| c.stage = Stage::Ended);
    for rank in &e.ranking {
        let faction = match formulas::bearer(rules, rank.banner) {
            Bearer::Guild(id) => state.guilds.get_mut(&id).map(|guild| {
                guild.conquest_points += rank.score;
                guild.scored_at = Some(at.now);
                guild.faction
            }),
            Bearer::Player(pn) => state.player_mut(pn).map(|player| {
                player.conquest_points += rank.score;
                player.faction
            }),
        };
        if let Some(faction) = faction {
            state.faction_points[faction] += rank.score;
            state.faction_scored_at[faction] = Some(at.now);
        }
    }
    for key in [TimerKey::ConquestStart, TimerKey::ConquestTick, TimerKey::ConquestEnd] {
        state.timers.clear(&key);
    }
    schedule(rules, state, at);
}

pub(super) fn rewarded(state: &mut State, e: &ConquestRewarded) {
    with(state, e.pn, |p| {
        p.diamonds += e.diamonds;
        p.items[Item::Scroll] += e.scrolls;
    });
}
