//! Battles of marches and what they leave behind (rulebook 3.1, 3.5).

use crate::amounts::{Res, Troops};
use crate::battle::aftermath::{self, Care};
use crate::battle::{Banner, Figures, Input, Side, field};
use crate::camps;
use crate::decide::{Deciding, common, guild, land};
use crate::event::{
    ArrivalResult, BattleKind, BattleResolved, CityLooted, Contingent, DropsGained, GatheringEnd, GearFound,
    GearPiece, GearSource, HeroExhausted, LandOwner, LandSeized, MarchArrived, NpcDefeated, OfferEnd, Party,
    ShieldRaised, ShieldSource, SideRecord, WithdrawReason, XpSource,
};
use crate::facts::{self, economy, heroes, march as facts_march};
use crate::formulas::march as formulas;
use crate::ids::{BattleId, GearId, MarchId, NpcId, ParcelNo, Pn};
use crate::keys::{Building, HeroKey, Technology};
use crate::state::March;
use crate::tile::Tile;

/// The engine that fights these battles; raised when an outcome could differ.
pub(crate) const ENGINE: u32 = 1;

/// A side before the first blow.
struct Corner {
    party: Party,
    hero: Option<HeroKey>,
    /// Troops by owner and march, in order of player number.
    parts: Vec<(Option<Pn>, Option<MarchId>, Troops)>,
    side: Side,
    care: Care,
}

/// A march as a side: its owner's factors, its hero.
fn march_corner(d: &Deciding<'_>, id: MarchId, march: &March, care: Care) -> Option<Corner> {
    let (rules, state) = (d.rules(), d.state());
    let owner = state.player(march.pn)?;
    let banner = Banner {
        weaponcraft: facts::tech(owner, Technology::Weaponcraft),
        armorcraft: facts::tech(owner, Technology::Armorcraft),
        wall: 0,
        starving: economy::starving(rules, state, owner, d.now()),
    };
    let hero = march.hero.and_then(|key| heroes::snapshot(rules, owner, key));
    Some(Corner {
        party: Party::Player(march.pn),
        hero: march.hero,
        parts: vec![(Some(march.pn), Some(id), march.troops)],
        side: Side::of(rules, owner.faction, banner, march.troops, hero),
        care,
    })
}

/// A city as a side: home troops and guests pooled, the owner's hero and factors.
fn city_corner(d: &Deciding<'_>, host: Pn) -> Option<Corner> {
    let (rules, state) = (d.rules(), d.state());
    let owner = state.player(host)?;
    let key = heroes::defender(rules, state, owner, d.now());
    let banner = Banner {
        weaponcraft: facts::tech(owner, Technology::Weaponcraft),
        armorcraft: facts::tech(owner, Technology::Armorcraft),
        wall: facts::level(owner, Building::Wall),
        starving: economy::starving(rules, state, owner, d.now()),
    };
    let mut parts = vec![(Some(host), None, owner.home)];
    parts
        .extend(facts_march::guests(state, host).map(|(id, march)| (Some(march.pn), Some(id), march.troops)));
    parts.sort_by_key(|(pn, march, _)| (*pn, *march));
    let troops = parts.iter().fold(Troops::NONE, |sum, (_, _, troops)| sum + *troops);
    let hero = key.and_then(|key| heroes::snapshot(rules, owner, key));
    let side = Side::of(rules, owner.faction, banner, troops, hero);
    Some(Corner { party: Party::Player(host), hero: key, parts, side, care: Care::Home })
}

/// A garrison as a side: contingents pooled, the factors and the hero of who came first.
fn garrison_corner(d: &Deciding<'_>, no: ParcelNo, owner: Option<Pn>) -> Corner {
    let (rules, state) = (d.rules(), d.state());
    let garrison = facts::land::garrison(state, no);
    let lead = garrison.first().and_then(|(_, march)| Some((*march, state.player(march.pn)?)));
    let mut parts: Vec<_> = garrison.iter().map(|(id, m)| (Some(m.pn), Some(*id), m.troops)).collect();
    parts.sort_by_key(|(pn, march, _)| (*pn, *march));
    let troops = parts.iter().fold(Troops::NONE, |sum, (_, _, troops)| sum + *troops);
    let Some((march, leader)) = lead else {
        let side = Side::npc(crate::keys::Element::Fire, Troops::NONE, None);
        let party = owner.map_or(Party::Nobody, Party::Player);
        return Corner { party, hero: None, parts, side, care: Care::Field };
    };
    let banner = Banner {
        weaponcraft: facts::tech(leader, Technology::Weaponcraft),
        armorcraft: facts::tech(leader, Technology::Armorcraft),
        wall: 0,
        starving: economy::starving(rules, state, leader, d.now()),
    };
    let hero = march.hero.and_then(|key| heroes::snapshot(rules, leader, key));
    let side = Side::of(rules, leader.faction, banner, troops, hero);
    Corner { party: Party::Player(march.pn), hero: march.hero, parts, side, care: Care::Field }
}

/// An attack on a parcel: whoever beats the garrison, or meets none, takes it.
pub(super) fn land(d: &mut Deciding<'_>, id: MarchId, m: &March, no: ParcelNo) {
    let Some(from) = d.state().lands.get(&no).and_then(|land| land.owner) else { return };
    let owner = match from {
        LandOwner::Player(pn) => Some(pn),
        LandOwner::Guild(_) => None,
    };
    let Some(attacker) = march_corner(d, id, m, Care::Field) else { return };
    let defender = garrison_corner(d, no, owner);
    settle_both(d, [&attacker, &defender]);
    d.emit(MarchArrived { march: id, result: ArrivalResult::Battle });
    let record = fight(d, BattleKind::Land, m.target, &attacker, &defender);
    let (battle, won) = (record.battle, record.outcome.result.attacker_won());
    d.emit(record.clone());
    reward(d, &record);
    if !won {
        return;
    }
    let beaten: Vec<MarchId> = facts::land::garrison(d.state(), no).into_iter().map(|(id, _)| id).collect();
    for march in beaten {
        guild::withdraw(d, march, WithdrawReason::Beaten);
    }
    land::settle(d, from);
    land::unoffer(d, no, OfferEnd::Seized);
    let (rules, by) = (d.rules(), m.pn);
    let to = facts::land::free_slot(rules, d.state(), LandOwner::Player(by)).then_some(by);
    let protected_until = d.now().plus_s(rules.land.protected_seconds);
    d.emit(LandSeized { parcel: no, from, by, to, battle, protected_until });
}

/// A side on the record: its losses shared among the contingents, experience for its hero.
fn record(d: &Deciding<'_>, corner: &Corner, left: Troops, enemy_lost: Troops, won: bool) -> SideRecord {
    let (rules, state) = (d.rules(), d.state());
    let starts: Vec<Troops> = corner.parts.iter().map(|(_, _, troops)| *troops).collect();
    let shares = aftermath::share_casualties(corner.side.troops.minus(left), &starts);
    let contingents = corner.parts.iter().zip(shares).map(|((pn, march, start), lost)| {
        let owner = pn.and_then(|pn| state.player(pn));
        let wounded = owner.map_or(Troops::NONE, |owner| {
            aftermath::wounded(rules, lost, corner.care, facts::tech(owner, Technology::FieldMedicine))
        });
        let (survivors, dead) = (start.minus(lost), lost.minus(wounded));
        Contingent { pn: *pn, march: *march, start: *start, survivors, wounded, dead }
    });
    let player = corner.party.player().and(corner.hero).and(corner.side.hero.as_ref());
    SideRecord {
        party: corner.party,
        hero: corner.hero,
        contingents: contingents.collect(),
        xp: player.map_or(0, |hero| aftermath::experience(rules, enemy_lost, won, hero)),
    }
}

/// Fights; what is recorded may still be given loot.
fn fight(
    d: &mut Deciding<'_>,
    kind: BattleKind,
    tile: Tile,
    attacker: &Corner,
    defender: &Corner,
) -> BattleResolved {
    let rules = d.rules();
    let battle = BattleId(d.allocate("battle"));
    let seed = d.seed("battle", battle.get());
    let terrain =
        if kind == BattleKind::Conquest { 1000 } else { facts::power::terrain(rules, d.state(), tile) };
    let input = Input { seed, attacker: attacker.side.clone(), defender: defender.side.clone(), terrain };
    let mut lines = Vec::new();
    let report = field::report_with(&Figures::of(rules), &input, d.rng(seed), &mut lines);
    let outcome = report.outcome;
    let won = outcome.result.attacker_won();
    let lost = |side: &Corner, left: Troops| side.side.troops.minus(left);
    let (a_lost, d_lost) = (lost(attacker, outcome.attacker), lost(defender, outcome.defender));
    BattleResolved {
        battle,
        kind,
        tile,
        rules_version: rules.version,
        engine: ENGINE,
        attacker: record(d, attacker, outcome.attacker, d_lost, won),
        defender: record(d, defender, outcome.defender, a_lost, !won),
        input,
        outcome,
        loot: Res::ZERO,
        digest: report.digest,
    }
}

/// Everybody whose upkeep a battle changes.
fn settle_both(d: &mut Deciding<'_>, sides: [&Corner; 2]) {
    let mut owners: Vec<Pn> =
        sides.iter().flat_map(|s| s.parts.iter().filter_map(|(pn, _, _)| *pn)).collect();
    owners.sort_unstable();
    owners.dedup();
    for pn in owners {
        common::settle(d, pn);
    }
}

/// Experience for both heroes, rest for the beaten one.
fn reward(d: &mut Deciding<'_>, record: &BattleResolved) {
    let until = d.now().plus_s(d.rules().hero.exhausted_seconds);
    let won = record.outcome.result.attacker_won();
    for (side, beaten) in [(&record.attacker, !won), (&record.defender, won)] {
        let (Some(pn), Some(hero)) = (side.party.player(), side.hero) else { continue };
        common::gain_xp(d, pn, hero, side.xp, XpSource::Battle);
        if beaten {
            d.emit(HeroExhausted { pn, hero, until });
        }
    }
}

/// An attack on a city.
pub(super) fn city(d: &mut Deciding<'_>, id: MarchId, m: &March, host: Pn) {
    let rules = d.rules();
    let corners = march_corner(d, id, m, Care::Field).zip(city_corner(d, host));
    let Some((attacker, defender)) = corners else { return };
    settle_both(d, [&attacker, &defender]);
    d.emit(MarchArrived { march: id, result: ArrivalResult::Battle });
    let mut record = fight(d, BattleKind::City, m.target, &attacker, &defender);
    let state = d.state();
    if record.outcome.result.attacker_won()
        && let (Some(victim), Some(raider)) = (state.player(host), state.player(m.pn))
    {
        let room = facts_march::load(rules, raider, record.outcome.attacker, m.hero);
        let lootable = formulas::lootable(rules, victim.stores.stock, economy::caps(rules, victim));
        record.loot = formulas::loot(lootable, room);
    }
    let (battle, taken, won) = (record.battle, record.loot, record.outcome.result.attacker_won());
    let hurt = record.defender.contingents.iter().find(|part| part.march.is_none());
    let hurt = hurt.map_or(Troops::NONE, |part| part.wounded);
    d.emit(record.clone());
    common::admit(d, host, hurt);
    if !taken.is_zero() {
        d.emit(CityLooted { victim: host, by: m.pn, march: id, battle, taken });
    }
    reward(d, &record);
    let until = d.now().plus_s(rules.protection.truce_seconds);
    let later = d.state().player(host).and_then(|p| p.shield).is_some_and(|s| s.until >= until);
    if won && !later {
        d.emit(ShieldRaised { pn: host, until, source: ShieldSource::Truce });
    }
}

/// An attack on a camp.
pub(super) fn camp(d: &mut Deciding<'_>, id: MarchId, m: &March, npc: NpcId) {
    let rules = d.rules();
    let Some(foe) = d.state().npcs.get(&npc).copied() else { return };
    let Some(attacker) = march_corner(d, id, m, Care::Home) else { return };
    let side = camps::side(rules, foe.kind, foe.level, foe.element);
    let defender = Corner {
        party: Party::Npc { npc, kind: foe.kind, level: foe.level },
        hero: None,
        parts: vec![(None, None, side.troops)],
        side,
        care: Care::Field,
    };
    settle_both(d, [&attacker, &defender]);
    d.emit(MarchArrived { march: id, result: ArrivalResult::Battle });
    let record = fight(d, BattleKind::Npc, m.target, &attacker, &defender);
    d.emit(record.clone());
    reward(d, &record);
    if !record.outcome.result.attacker_won() {
        return;
    }
    let battle = record.battle;
    let respawn_at = d.now().plus_s(rules.camps[foe.kind].respawn_seconds);
    d.emit(NpcDefeated { npc, by: m.pn, battle, respawn_at });
    let seed = d.seed("drop", battle.get());
    let drops = camps::drops_with(rules, d.rng(seed), seed, foe.kind, foe.level);
    let gear = drops.gear.map(|found| (GearId(d.allocate("gear")), found));
    let (pn, res, diamonds, scrolls) = (m.pn, drops.res, drops.diamonds, drops.scrolls);
    let number = gear.map(|(number, _)| number);
    d.emit(DropsGained { pn, march: id, battle, seed, res, diamonds, gear: number, scrolls });
    if let Some((gear, found)) = gear {
        let piece = GearPiece { gear, slot: found.slot, rarity: found.rarity, power: found.power };
        d.emit(GearFound { pn, march: id, piece, seed, source: GearSource::Drop, battle });
    }
}

/// An attack on a party that gathers.
pub(super) fn node(d: &mut Deciding<'_>, id: MarchId, m: &March, party: MarchId) {
    let rules = d.rules();
    let Some(other) = d.state().marches.get(&party).cloned() else { return };
    let corners = march_corner(d, id, m, Care::Field).zip(march_corner(d, party, &other, Care::Field));
    let Some((attacker, defender)) = corners else { return };
    settle_both(d, [&attacker, &defender]);
    d.emit(MarchArrived { march: id, result: ArrivalResult::Battle });
    let mut record = fight(d, BattleKind::Node, m.target, &attacker, &defender);
    if record.outcome.result.attacker_won() {
        let home_at = d.now().plus_s(other.seconds);
        let got = super::end_gathering(d, party, GatheringEnd::DrivenOff, Some(home_at));
        let room = d
            .state()
            .player(m.pn)
            .map_or(0, |raider| facts_march::load(rules, raider, record.outcome.attacker, m.hero));
        record.loot = formulas::loot(got + other.load, room);
    }
    d.emit(record.clone());
    reward(d, &record);
}

/// Whom an army meets at a control point.
pub(super) enum Foe {
    /// Who keeps it until it is first taken.
    Keeper(Side),
    /// An army of its garrison.
    Army(MarchId),
}

/// A clash at a control point; whether the attacker won. Who goes home is for the conquest to say.
pub(super) fn conquest(d: &mut Deciding<'_>, id: MarchId, foe: Foe) -> bool {
    let Some(m) = d.state().marches.get(&id).cloned() else { return false };
    let Some(attacker) = march_corner(d, id, &m, Care::Field) else { return false };
    let defender = match foe {
        Foe::Keeper(side) => {
            let parts = vec![(None, None, side.troops)];
            Some(Corner { party: Party::Nobody, hero: None, parts, side, care: Care::Field })
        }
        Foe::Army(other) => {
            let standing = d.state().marches.get(&other).cloned();
            standing.and_then(|standing| march_corner(d, other, &standing, Care::Field))
        }
    };
    let Some(defender) = defender else { return false };
    settle_both(d, [&attacker, &defender]);
    let record = fight(d, BattleKind::Conquest, m.target, &attacker, &defender);
    d.emit(record.clone());
    reward(d, &record);
    record.outcome.result.attacker_won()
}
