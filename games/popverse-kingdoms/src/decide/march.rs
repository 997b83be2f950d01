//! Marches: attack, scout, gather, recall (rulebook 2.11).

use schemas::{GameTime, Rejection};

use super::{Checked, Ctx, Deciding, act, common, number, tile};
use crate::amounts::{Res, Troops};
use crate::command::{
    Attack, ConquestMarch, Gather, LandGarrison, MarchDismiss, MarchRecall, Reinforce, Scout,
};
use crate::event::{
    GatheringEnd, MarchRecalled, MarchStarted, RecallPhase, ShieldEndReason, ShieldEnded, TargetRef,
    WithdrawReason,
};
use crate::facts::{self, heroes, march as facts_march};
use crate::fire;
use crate::formulas::{march as formulas, power};
use crate::ids::{MarchId, ParcelNo, Pn};
use crate::keys::{HeroKey, MarchKind, Tier};
use crate::path::{Mover, Path};
use crate::refuse;
use crate::sight::Sight;
use crate::state::{HeroState, Phase, Player, TimerKey};
use crate::tile::Tile;

/// A march about to set out.
#[derive(Debug, Clone)]
struct Plan {
    pn: Pn,
    kind: MarchKind,
    from: Tile,
    target: Tile,
    troops: Troops,
    hero: Option<HeroKey>,
    cost: Res,
    path: Path,
}

impl Plan {
    /// Sets out; what it goes for is settled by then.
    fn set_out(self, d: &mut Deciding<'_>, target_ref: TargetRef) {
        let rules = d.rules();
        let Some(player) = d.state().player(self.pn) else { return };
        let (speed, factor) = facts_march::speed(rules, player, self.troops, self.hero);
        let seconds = formulas::seconds(rules, self.path.cost, speed, factor);
        let arrives = d.now().plus_s(seconds);
        let power =
            (!self.troops.is_none()).then(|| facts::power::sent(rules, player, self.troops, self.hero));
        let against = (self.kind == MarchKind::Attack).then(|| {
            let sight = Sight::of(rules, d.state(), player, d.now());
            facts::power::known(rules, d.state(), player, &sight, d.now(), self.target)
        });
        let against = against.flatten();
        let march = MarchId(d.allocate("march"));
        let Self { pn, kind, from, target, troops, hero, cost, path } = self;
        d.emit(MarchStarted {
            pn,
            march,
            kind,
            from,
            target,
            target_ref,
            troops,
            hero,
            cost,
            path,
            speed,
            factor,
            seconds,
            arrives,
            power,
            against,
        });
        fire::alert_if_due(d, march);
    }
}

/// A tile of the map that the player has explored.
fn explored(me: &Player, x: i64, y: i64) -> Result<Tile, Rejection> {
    let target = tile(x, y)?;
    if me.explored.contains(target) { Ok(target) } else { Err(refuse::unexplored(x, y)) }
}

/// A hero who may lead now.
fn leader(ctx: Ctx<'_>, me: &Player, name: &str) -> Result<HeroKey, Rejection> {
    let key = ctx.hero(me, name)?;
    let named = |code| Rejection::new(code).with("hero", ctx.rules.heroes[key].name.as_str());
    match heroes::doing(ctx.state, me, key, ctx.now()) {
        HeroState::Idle => Ok(key),
        HeroState::Marching | HeroState::Stationed => Err(named("HERO_AWAY")),
        HeroState::Exhausted(until) => Err(named("HERO_EXHAUSTED").with("time", until)),
    }
}

/// Total and tiers as they were asked for.
struct Mix {
    troops: i64,
    tiers: [Option<i64>; 4],
}

impl Mix {
    fn within(&self, rules: &crate::rules::Rules) -> Result<(), Rejection> {
        refuse::within("troops", self.troops, 1, rules.march.troops_max)?;
        for (option, value) in ["t1", "t2", "t3", "t4"].into_iter().zip(self.tiers) {
            refuse::within(option, value.unwrap_or(0), 0, rules.march.troops_max)?;
        }
        Ok(())
    }

    /// Who goes: NOT_ENOUGH_TROOPS, MIX_MISMATCH.
    fn take(&self, me: &Player) -> Result<Troops, Rejection> {
        let short = |tier: &str, n: i64, m: i64| {
            Err(Rejection::new("NOT_ENOUGH_TROOPS").with("tier", tier).with("n", n).with("m", m))
        };
        if self.tiers.iter().all(Option::is_none) {
            let taken = me.home.take_highest(self.troops);
            return taken.map_or_else(|| short("troops", self.troops, me.home.total()), Ok);
        }
        let wanted = Troops(self.tiers.map(|n| n.unwrap_or(0)));
        for tier in Tier::ALL {
            if wanted[tier] > me.home[tier] {
                return short(tier.key(), wanted[tier], me.home[tier]);
            }
        }
        if wanted.total() != self.troops {
            return Err(Rejection::new("MIX_MISMATCH")
                .with("sum", wanted.total())
                .with("troops", self.troops));
        }
        Ok(wanted)
    }
}

/// A place on the map with who shall go there.
struct Order<'a> {
    kind: MarchKind,
    x: i64,
    y: i64,
    hero: Option<&'a str>,
    mix: Mix,
}

/// The march set, in the order of rulebook 4.3.
fn plan(ctx: Ctx<'_>, me: &Player, order: &Order<'_>) -> Result<Plan, Rejection> {
    order.mix.within(ctx.rules)?;
    let target = explored(me, order.x, order.y)?;
    let hero = order.hero.map(|name| leader(ctx, me, name)).transpose()?;
    let troops = order.mix.take(me)?;
    let cap = facts::march_cap(ctx.rules, me);
    if troops.total() > cap {
        return Err(Rejection::new("MARCH_TOO_BIG").with("n", cap));
    }
    let slots = facts::march_slots(ctx.rules, me);
    if facts_march::out(ctx.state, me).0 >= slots {
        return Err(Rejection::new("NO_MARCH_SLOT").with("n", slots));
    }
    let (from, path) = way(ctx, me, Mover::Army, target)?;
    Ok(Plan { pn: me.pn, kind: order.kind, from, target, troops, hero, cost: Res::ZERO, path })
}

fn way(ctx: Ctx<'_>, me: &Player, mover: Mover, target: Tile) -> Result<(Tile, Path), Rejection> {
    let no_path = || Rejection::new("NO_PATH");
    let from = me.city.ok_or_else(no_path)?;
    let map = ctx.state.map().ok_or_else(no_path)?;
    let path = facts_march::way(map, &ctx.rules.march, mover, from, target).ok_or_else(no_path)?;
    Ok((from, path))
}

fn nothing(verb: &'static str, tile: Tile) -> Rejection {
    Rejection::new("NO_TARGET").with("verb", verb).with("x", tile.x()).with("y", tile.y())
}

fn same_faction(ctx: Ctx<'_>, me: &Player) -> Rejection {
    Rejection::new("SAME_FACTION").with("faction", ctx.rules.factions[me.faction].name.as_str())
}

/// When a city's protection ends, if it is protected now.
fn protected(ctx: Ctx<'_>, owner: &Player) -> Option<GameTime> {
    owner.shielded(ctx.now()).map(|until| until.min(ctx.state.ends))
}

pub(super) fn attack(ctx: Ctx<'_>, c: &Attack) -> Checked {
    let me = ctx.me()?;
    let mix = Mix { troops: c.troops, tiers: [c.t1, c.t2, c.t3, c.t4] };
    let plan = plan(ctx, me, &Order { kind: MarchKind::Attack, x: c.x, y: c.y, hero: Some(&c.hero), mix })?;
    let target = ctx.state.target_at(plan.target).ok_or_else(|| nothing("attack", plan.target))?;
    let mut protected_until = None;
    match target {
        TargetRef::City(owner) => city_allowed(ctx, me, owner)?,
        TargetRef::Npc(_) => {}
        TargetRef::Node => {
            let party = ctx.state.nodes.get(&plan.target).and_then(|node| node.march);
            let owner = party.and_then(|id| ctx.state.marches.get(&id)).map(|march| march.pn);
            let owner = owner.ok_or_else(|| nothing("attack", plan.target))?;
            foreign(ctx, me, owner)?;
        }
        TargetRef::Parcel(no) => protected_until = land_allowed(ctx, me, no, plan.target)?,
        TargetRef::ControlPoint(_) => return Err(nothing("attack", plan.target)),
    }
    let drops = matches!(target, TargetRef::City(_) | TargetRef::Parcel(_))
        && me.shield.is_some_and(|s| s.until > ctx.now());
    if drops && c.drop_shield != Some(true) {
        return Err(Rejection::new("SHIELD_WOULD_DROP"));
    }
    if let Some(until) = protected_until {
        return Err(refuse::until("LAND_PROTECTED", until));
    }
    let pn = me.pn;
    Ok(act(pn, move |d| {
        if drops {
            d.emit(ShieldEnded { pn, reason: ShieldEndReason::Attacked });
        }
        plan.set_out(d, target);
    }))
}

/// OWN_TARGET, SAME_FACTION.
fn foreign<'a>(ctx: Ctx<'a>, me: &Player, owner: Pn) -> Result<&'a Player, Rejection> {
    if owner == me.pn {
        return Err(Rejection::new("OWN_TARGET"));
    }
    let owner = ctx.state.player(owner).ok_or(Rejection::new("NO_TARGET"))?;
    if owner.faction == me.faction { Err(same_faction(ctx, me)) } else { Ok(owner) }
}

/// OWN_TARGET to REPEAT_LIMIT for an attack on a city.
fn city_allowed(ctx: Ctx<'_>, me: &Player, owner: Pn) -> Result<(), Rejection> {
    let owner = foreign(ctx, me, owner)?;
    if let Some(until) = protected(ctx, owner) {
        return Err(refuse::until("TARGET_SHIELDED", until));
    }
    let figures = &ctx.rules.protection;
    let own = facts::kingdom_power(ctx.rules, ctx.state, me);
    let theirs = facts::kingdom_power(ctx.rules, ctx.state, owner);
    let within = |at: &GameTime, seconds: i64| ctx.now().since(*at) < seconds * 1000;
    let revenge = me.aggressors.get(&owner.pn).is_some_and(|at| within(at, figures.revenge_seconds));
    if power::too_weak(ctx.rules, own, theirs) && !revenge {
        return Err(Rejection::new("TARGET_TOO_WEAK"));
    }
    let recent = |(pn, at): &&(Pn, GameTime)| *pn == owner.pn && within(at, figures.repeat_seconds);
    if me.attacks.iter().filter(recent).count() as i64 >= figures.repeat_max {
        return Err(Rejection::new("REPEAT_LIMIT"));
    }
    Ok(())
}

pub(super) fn scout(ctx: Ctx<'_>, c: &Scout) -> Checked {
    let me = ctx.me()?;
    let place = explored(me, c.x, c.y)?;
    let target = ctx.state.target_at(place).ok_or_else(|| nothing("scout", place))?;
    if let TargetRef::City(owner) = target {
        if owner == me.pn {
            return Err(Rejection::new("OWN_TARGET"));
        }
        if let Some(until) = ctx.state.player(owner).and_then(|owner| protected(ctx, owner)) {
            return Err(refuse::until("TARGET_SHIELDED", until));
        }
    }
    if facts_march::out(ctx.state, me).1 >= ctx.rules.city.scouts {
        return Err(Rejection::new("SCOUTS_BUSY"));
    }
    let (from, path) = way(ctx, me, Mover::Scout, place)?;
    let cost = Res::new(0, 0, ctx.rules.march.scout_gold);
    ctx.pays(me, cost)?;
    let (pn, kind, troops) = (me.pn, MarchKind::Scout, Troops::NONE);
    let plan = Plan { pn, kind, from, target: place, troops, hero: None, cost, path };
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        plan.set_out(d, target);
    }))
}

pub(super) fn gather(ctx: Ctx<'_>, c: &Gather) -> Checked {
    let me = ctx.me()?;
    let mix = Mix { troops: c.troops, tiers: [c.t1, c.t2, c.t3, c.t4] };
    let hero = c.hero.as_deref();
    let plan = plan(ctx, me, &Order { kind: MarchKind::Gather, x: c.x, y: c.y, hero, mix })?;
    let node = ctx.state.nodes.get(&plan.target).ok_or_else(|| nothing("gather", plan.target))?;
    if node.left <= 0 {
        return Err(refuse::until("NODE_EMPTY", node.refill_at.unwrap_or(ctx.now())));
    }
    let party = node.march.and_then(|id| ctx.state.marches.get(&id));
    let owner = party.and_then(|march| ctx.state.player(march.pn));
    if owner.is_some_and(|owner| owner.faction == me.faction) {
        return Err(Rejection::new("NODE_TAKEN"));
    }
    Ok(act(me.pn, move |d| plan.set_out(d, TargetRef::Node)))
}

pub(super) fn reinforce(ctx: Ctx<'_>, c: &Reinforce) -> Checked {
    let me = ctx.me()?;
    // Where a fellow lives is known to fellows only, so who is none is told so first.
    let host = super::guild::fellow(ctx, me, c.player)?;
    let place = host.city.ok_or(Rejection::new("NO_PATH"))?;
    let mix = Mix { troops: c.troops, tiers: [c.t1, c.t2, c.t3, c.t4] };
    let hero = c.hero.as_deref();
    let order = Order { kind: MarchKind::Reinforce, x: place.x(), y: place.y(), hero, mix };
    let plan = plan(ctx, me, &order)?;
    let room = facts_march::embassy_room(ctx.rules, ctx.state, host);
    if plan.troops.total() > room {
        return Err(Rejection::new("EMBASSY_FULL").with("n", room));
    }
    let target = TargetRef::City(host.pn);
    Ok(act(me.pn, move |d| plan.set_out(d, target)))
}

pub(super) fn garrison(ctx: Ctx<'_>, c: &LandGarrison) -> Checked {
    let me = ctx.me()?;
    let (no, land) = super::land::parcel(ctx, c.parcel)?;
    let gate = ctx.state.map().and_then(|map| map.parcel(no.get())).map(|parcel| parcel.gate);
    let gate = gate.ok_or(Rejection::new("NO_PATH"))?;
    let mix = Mix { troops: c.troops, tiers: [c.t1, c.t2, c.t3, c.t4] };
    let hero = c.hero.as_deref();
    let plan = plan(ctx, me, &Order { kind: MarchKind::Garrison, x: gate.x(), y: gate.y(), hero, mix })?;
    if !facts::land::friendly(ctx.state, land, me.pn) {
        return Err(Rejection::new("NOT_OWNER"));
    }
    let room = facts::land::garrison_room(ctx.rules, ctx.state, no);
    if plan.troops.total() > room {
        return Err(Rejection::new("GARRISON_FULL").with("n", room));
    }
    Ok(act(me.pn, move |d| plan.set_out(d, TargetRef::Parcel(no))))
}

pub(super) fn conquest(ctx: Ctx<'_>, c: &ConquestMarch) -> Checked {
    let me = ctx.me()?;
    let place = ctx.state.map().and_then(|map| map.control_point(c.point));
    let place = place.ok_or(Rejection::new("NO_PATH"))?;
    let mix = Mix { troops: c.troops, tiers: [c.t1, c.t2, c.t3, c.t4] };
    let (x, y) = (place.x(), place.y());
    let plan = plan(ctx, me, &Order { kind: MarchKind::Conquest, x, y, hero: Some(&c.hero), mix })?;
    if ctx.state.conquest().is_none() {
        let next = ctx.state.timers.due(&TimerKey::ConquestMuster);
        let closed = Rejection::new("CONQUEST_CLOSED");
        // The season's last conquest is followed by the next season's first.
        return Err(match next {
            Some(due) => closed.with("time", due),
            None => closed.with("time", "the next season's first conquest"),
        });
    }
    let point = c.point;
    Ok(act(me.pn, move |d| plan.set_out(d, TargetRef::ControlPoint(point))))
}

/// NO_TARGET to SAME_FACTION for an attack on a parcel; then until when it is protected, if it is.
fn land_allowed(ctx: Ctx<'_>, me: &Player, no: ParcelNo, tile: Tile) -> Result<Option<GameTime>, Rejection> {
    let land = ctx.state.lands.get(&no).filter(|land| land.owner.is_some());
    let land = land.ok_or_else(|| nothing("attack", tile))?;
    if land.owner.is_some_and(|owner| facts::land::own(me, owner)) {
        return Err(Rejection::new("OWN_TARGET"));
    }
    if facts::land::faction(ctx.state, land) == Some(me.faction) {
        return Err(same_faction(ctx, me));
    }
    Ok(land.protected_until.filter(|until| *until > ctx.now()))
}

pub(super) fn dismiss(ctx: Ctx<'_>, c: &MarchDismiss) -> Checked {
    let me = ctx.me()?;
    let unknown = || refuse::unknown("UNKNOWN_MARCH", "march");
    let id = MarchId(number(&c.march).ok_or_else(unknown)?);
    let here = facts_march::guests(ctx.state, me.pn).any(|(guest, _)| guest == id);
    if !here {
        return Err(unknown());
    }
    Ok(act(me.pn, move |d| super::guild::withdraw(d, id, WithdrawReason::Dismissed)))
}

pub(super) fn recall(ctx: Ctx<'_>, c: &MarchRecall) -> Checked {
    let me = ctx.me()?;
    let unknown = || refuse::unknown("UNKNOWN_MARCH", "march");
    let id = MarchId(number(&c.march).ok_or_else(unknown)?);
    let march = ctx.state.marches.get(&id).filter(|march| march.pn == me.pn).ok_or_else(unknown)?;
    let phase = match march.phase {
        Phase::Outbound => RecallPhase::Outbound,
        Phase::Gathering => RecallPhase::Gathering,
        Phase::Stationed => RecallPhase::Stationed,
        Phase::Conquest => RecallPhase::Conquest,
        Phase::Homeward => return Err(Rejection::new("NOT_RECALLABLE")),
    };
    Ok(act(me.pn, move |d| turn(d, id, phase)))
}

/// Turns a march round where it is.
fn turn(d: &mut Deciding<'_>, id: MarchId, phase: RecallPhase) {
    let (rules, now) = (d.rules(), d.now());
    let Some(march) = d.state().marches.get(&id).cloned() else { return };
    let elapsed = now.since(march.departed);
    let (seconds, reached) = match phase {
        RecallPhase::Outbound => {
            let map = d.state().map();
            let total = march.seconds * 1000;
            let mover = march.mover();
            let reached = map.map_or(1, |m| march.path.reached(m, &rules.march, mover, elapsed, total));
            (formulas::recall_seconds(elapsed), reached)
        }
        RecallPhase::Gathering | RecallPhase::Stationed | RecallPhase::Conquest => (march.seconds, 0),
    };
    let home_at = now.plus_s(seconds);
    let way = &march.path.tiles[..reached.min(march.path.tiles.len())];
    let at = way.last().copied().unwrap_or(march.target);
    fire::travelled(d, march.pn, way);
    let load = match phase {
        RecallPhase::Gathering => fire::end_gathering(d, id, GatheringEnd::Recalled, Some(home_at)),
        RecallPhase::Outbound | RecallPhase::Stationed | RecallPhase::Conquest => march.load,
    };
    d.emit(MarchRecalled { march: id, phase, at, load, home_at });
}
