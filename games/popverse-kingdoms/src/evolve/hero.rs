//! Heroes and gear.

use games_core::Moment;

use super::player::{earn, item, pay, with};
use crate::amounts::Res;
use crate::battle::SkillLevels;
use crate::event::{
    GearEquipped, GearForged, GearFound, GearSalvaged, GearUnequipped, HeroExhausted, HeroGranted,
    HeroLevelled, HeroRecovered, HeroShardGained, HeroSkillRaised, HeroSummoned, HeroXpGained, SummonPay,
    WardenSet,
};
use crate::formulas::heroes::unlocked;
use crate::ids::Pn;
use crate::keys::{HeroKey, Item};
use crate::rules::Rules;
use crate::state::{GearOwned, Hero, State, TimerKey};

fn with_hero(state: &mut State, pn: Pn, key: HeroKey, change: impl FnOnce(&mut Hero)) {
    if let Some(hero) = state.player_mut(pn).and_then(|p| p.heroes.get_mut(&key)) {
        change(hero);
    }
}

pub(super) fn summoned(state: &mut State, e: &HeroSummoned) {
    match e.pay {
        SummonPay::Scrolls => item(state, e.pn, Item::Scroll, -e.cost),
        SummonPay::Diamonds => with(state, e.pn, |p| p.diamonds -= e.cost),
    }
    with(state, e.pn, |p| {
        p.pity_epic = e.pity_epic;
        p.pity_legendary = e.pity_legendary;
    });
}

pub(super) fn granted(rules: &Rules, state: &mut State, e: &HeroGranted) {
    let skills: Vec<_> = unlocked(rules, e.hero, 1).map(|skill| (skill, 1)).collect();
    let hero = Hero {
        level: 1,
        xp: 0,
        shards: 0,
        skills: SkillLevels::of(&skills),
        exhausted_until: None,
        weapon: None,
        armor: None,
    };
    with(state, e.pn, |p| {
        p.heroes.entry(e.hero).or_insert(hero);
    });
}

pub(super) fn xp_gained(state: &mut State, e: &HeroXpGained) {
    with_hero(state, e.pn, e.hero, |hero| hero.xp = e.after);
}

pub(super) fn levelled(state: &mut State, e: &HeroLevelled) {
    with_hero(state, e.pn, e.hero, |hero| {
        hero.level = e.level;
        for skill in &e.unlocked {
            hero.skills.set(*skill, 1);
        }
    });
}

pub(super) fn shard_gained(state: &mut State, e: &HeroShardGained) {
    with_hero(state, e.pn, e.hero, |hero| hero.shards += e.count);
}

pub(super) fn skill_raised(state: &mut State, e: &HeroSkillRaised) {
    with_hero(state, e.pn, e.hero, |hero| {
        hero.skills.set(e.skill, e.level);
        hero.shards -= e.shards;
    });
}

pub(super) fn exhausted(state: &mut State, e: &HeroExhausted, at: Moment<'_>) {
    with_hero(state, e.pn, e.hero, |hero| hero.exhausted_until = Some(e.until));
    state.timers.set(TimerKey::HeroRecovery(e.pn, e.hero), e.until, at);
}

pub(super) fn recovered(state: &mut State, e: &HeroRecovered) {
    with_hero(state, e.pn, e.hero, |hero| hero.exhausted_until = None);
}

pub(super) fn warden(state: &mut State, e: &WardenSet) {
    with(state, e.pn, |p| p.warden = Some(e.hero));
}

pub(super) fn gear_found(state: &mut State, e: &GearFound) {
    if let Some(march) = state.marches.get_mut(&e.march) {
        march.gear = Some(e.piece.clone());
    }
}

pub(super) fn equipped(state: &mut State, e: &GearEquipped) {
    with(state, e.pn, |p| {
        let Some(piece) = p.gear.get_mut(&e.gear) else { return };
        piece.hero = Some(e.hero);
        if let Some(hero) = p.heroes.get_mut(&e.hero) {
            *hero.worn_mut(piece.slot) = Some(e.gear);
        }
    });
}

pub(super) fn unequipped(state: &mut State, e: &GearUnequipped) {
    with(state, e.pn, |p| {
        let Some(piece) = p.gear.get_mut(&e.gear) else { return };
        piece.hero = None;
        if let Some(hero) = p.heroes.get_mut(&e.hero) {
            *hero.worn_mut(piece.slot) = None;
        }
    });
}

pub(super) fn forged(state: &mut State, e: &GearForged) {
    pay(state, e.pn, Res::new(0, 0, e.cost));
    with(state, e.pn, |p| {
        for used in &e.used {
            p.gear.remove(used);
        }
        p.gear.insert(e.gear, GearOwned { slot: e.slot, rarity: e.rarity, power: e.power, hero: None });
    });
}

pub(super) fn salvaged(state: &mut State, e: &GearSalvaged) {
    earn(state, e.pn, Res::new(0, 0, e.gold));
    with(state, e.pn, |p| {
        p.gear.remove(&e.gear);
    });
}
