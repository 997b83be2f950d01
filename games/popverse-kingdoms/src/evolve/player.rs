//! Players, shields, stores, items.

use games_core::Moment;
use schemas::PlayerId;

use crate::amounts::{Res, Troops};
use crate::event::{
    CityFounded, CityRelocated, CityRemoved, Grant, ItemBought, ItemUsed, LandOwner, PlayerActiveMarked,
    PlayerAnonymized, PlayerDeleted, PlayerJoined, PlayerReinstated, PlayerSuspended, ResourcesGranted,
    ResourcesProduced, ResourcesSpilled, ShieldEnded, ShieldRaised, StarterKitGranted,
};
use crate::ids::{MarchId, Pn};
use crate::keys::Item;
use crate::state::{Player, Shield, State, Status, TimerKey};

/// More numbers than a season ever gives out: a damaged one must not fill the memory.
const PLAYERS_MAX: usize = 100_000;

/// How long before its end a shield's owner is told (rulebook 7).
const WARNING_SECONDS: i64 = 3600;

/// Changes a player, if there is one of this number.
pub(super) fn with(state: &mut State, pn: Pn, change: impl FnOnce(&mut Player)) {
    if let Some(player) = state.player_mut(pn) {
        change(player);
    }
}

pub(super) fn joined(state: &mut State, e: &PlayerJoined, at: Moment<'_>) {
    let mut player = Player::new(e.pn, e.player, e.faction, at.now);
    player.prestige = e.carried_prestige;
    player.reached.prestige = Some(at.now);
    player.seasons_played = e.seasons_played;
    state.by_id.insert(e.player, e.pn);
    let index = usize::try_from(e.pn.get()).unwrap_or(0).saturating_sub(1);
    // Where history was decided anew, a number may be missing: nobody stands for it.
    while state.players.len() <= index.min(PLAYERS_MAX) {
        let pn = Pn(u32::try_from(state.players.len()).unwrap_or(0) + 1);
        let mut nobody = Player::new(pn, PlayerId::from_bits(0), e.faction, at.now);
        nobody.status = Status::Deleted(at.now);
        state.players.push(nobody);
    }
    if let Some(slot) = state.players.get_mut(index) {
        *slot = player;
    }
}

pub(super) fn founded(state: &mut State, e: &CityFounded) {
    state.cities.insert(e.tile, e.pn);
    with(state, e.pn, |p| p.city = Some(e.tile));
}

pub(super) fn starter(state: &mut State, e: &StarterKitGranted) {
    with(state, e.pn, |p| {
        p.stores.stock += e.stock;
        p.diamonds += e.diamonds;
        p.rating = e.rating;
        p.home += e.troops;
        for building in &e.buildings {
            p.buildings[*building] = 1;
        }
        p.items[Item::Scroll] += e.scrolls;
        p.items[Item::Speed1h] += e.speeds;
        p.warden = Some(e.hero);
    });
}

pub(super) fn active(state: &mut State, e: &PlayerActiveMarked) {
    with(state, e.pn, |p| {
        p.active_day = e.day;
        p.active_days += 1;
    });
}

pub(super) fn suspended(state: &mut State, e: &PlayerSuspended) {
    with(state, e.pn, |p| p.status = Status::Suspended(e.reason.clone()));
}

pub(super) fn reinstated(state: &mut State, e: &PlayerReinstated) {
    with(state, e.pn, |p| p.status = Status::Active);
}

pub(super) fn anonymized(state: &mut State, e: &PlayerAnonymized) {
    with(state, e.pn, |p| p.anonymous = true);
}

pub(super) fn deleted(state: &mut State, e: &PlayerDeleted, at: Moment<'_>) {
    let marches: Vec<MarchId> = state.marches_of(e.pn).map(|(id, _)| id).collect();
    for id in marches {
        super::march::remove(state, id);
    }
    super::land::release_all(state, LandOwner::Player(e.pn));
    let Some(player) = state.player_mut(e.pn) else { return };
    let (pn, id, faction, joined) = (player.pn, player.id, player.faction, player.joined_at);
    let heroes: Vec<_> = player.heroes.keys().copied().collect();
    let builds: Vec<_> = player.builds.iter().map(|job| job.building).collect();
    // What is left of a player is a number that old reports may name.
    let mut gone = Player::new(pn, id, faction, joined);
    gone.status = Status::Deleted(at.now);
    gone.city = player.city;
    // The city is removed, the guild left, by events of their own.
    gone.guild = player.guild;
    *player = gone;
    state.by_id.remove(&id);
    let timers = &mut state.timers;
    let single = [
        TimerKey::Research(pn),
        TimerKey::Training(pn),
        TimerKey::Healing(pn),
        TimerKey::Crew(pn),
        TimerKey::ShieldEnd(pn),
        TimerKey::ShieldWarning(pn),
    ];
    for key in single {
        timers.clear(&key);
    }
    for building in builds {
        timers.clear(&TimerKey::Building(pn, building));
    }
    for hero in heroes {
        timers.clear(&TimerKey::HeroRecovery(pn, hero));
    }
}

pub(super) fn shield_raised(state: &mut State, e: &ShieldRaised, at: Moment<'_>) {
    with(state, e.pn, |p| p.shield = Some(Shield { until: e.until, source: e.source }));
    state.timers.set(TimerKey::ShieldEnd(e.pn), e.until, at);
    let warning = e.until.plus_s(-WARNING_SECONDS);
    state.timers.clear(&TimerKey::ShieldWarning(e.pn));
    if warning > at.now {
        state.timers.set(TimerKey::ShieldWarning(e.pn), warning, at);
    }
}

pub(super) fn shield_ended(state: &mut State, e: &ShieldEnded) {
    with(state, e.pn, |p| p.shield = None);
    state.timers.clear(&TimerKey::ShieldEnd(e.pn));
    state.timers.clear(&TimerKey::ShieldWarning(e.pn));
}

pub(super) fn relocated(state: &mut State, e: &CityRelocated, at: Moment<'_>) {
    state.cities.remove(&e.from);
    state.cities.insert(e.to, e.pn);
    with(state, e.pn, |p| {
        p.city = Some(e.to);
        p.relocations += 1;
        p.relocated_at = Some(at.now);
    });
}

pub(super) fn removed(state: &mut State, e: &CityRemoved) {
    state.cities.remove(&e.tile);
    with(state, e.pn, |p| p.city = None);
}

pub(super) fn produced(state: &mut State, e: &ResourcesProduced) {
    with(state, e.pn, |p| {
        p.stores.stock = e.after;
        p.stores.carry = e.carry;
        p.stores.settled_at = e.to;
    });
}

pub(super) fn granted(state: &mut State, e: &ResourcesGranted) {
    with(state, e.pn, |p| match e.item {
        Grant::Food => p.stores.stock += Res::new(e.amount, 0, 0),
        Grant::Iron => p.stores.stock += Res::new(0, e.amount, 0),
        Grant::Gold => p.stores.stock += Res::new(0, 0, e.amount),
        Grant::Diamonds => p.diamonds += e.amount,
        Grant::Scroll => p.items[Item::Scroll] += e.amount,
    });
}

pub(super) fn spilled(state: &mut State, e: &ResourcesSpilled) {
    pay(state, e.pn, e.lost);
}

/// Takes resources out of a player's stores.
pub(super) fn pay(state: &mut State, pn: Pn, cost: Res) {
    with(state, pn, |p| p.stores.stock = p.stores.stock.minus(cost));
}

/// Puts resources into a player's stores.
pub(super) fn earn(state: &mut State, pn: Pn, gain: Res) {
    with(state, pn, |p| p.stores.stock += gain);
}

/// Brings troops home.
pub(super) fn muster(state: &mut State, pn: Pn, troops: Troops) {
    with(state, pn, |p| p.home += troops);
}

pub(super) fn item(state: &mut State, pn: Pn, item: Item, count: i64) {
    with(state, pn, |p| p.items[item] += count);
}

pub(super) fn item_used(state: &mut State, e: &ItemUsed, at: Moment<'_>) {
    item(state, e.pn, e.item, -e.count);
    if e.item == Item::Shield8h {
        with(state, e.pn, |p| p.shield_item_at = Some(at.now));
    }
}

pub(super) fn bought(state: &mut State, e: &ItemBought) {
    with(state, e.pn, |p| {
        p.diamonds -= e.diamonds;
        p.items[e.item] += e.count;
    });
}
