//! The arena: opponents, fights, teams, shop (rulebook 2.17).

use schemas::Rejection;

use super::{Checked, Ctx, Deciding, act, common};
use crate::battle::Figures;
use crate::battle::arena::{self as engine, ArenaInput};
use crate::bots;
use crate::command::{ArenaAttempts, ArenaFight, ArenaShop, ArenaTeam};
use crate::event::{
    ArenaAttemptsBought, ArenaEntry, ArenaFought, ArenaOpponentsOffered, ArenaPointsSpent, ArenaSide,
    ArenaTeamSet, GearPiece, HeroShardGained, Opponent, ShardSource, XpSource,
};
use crate::facts::arena as facts;
use crate::fire::ENGINE;
use crate::formulas::arena as formulas;
use crate::ids::{BattleId, GearId, Pn};
use crate::keys::{ArenaItem, HeroKey, Rarity, Slot};
use crate::matchmaking;
use crate::refuse;
use crate::state::Player;

pub(super) fn opponents(ctx: Ctx<'_>) -> Checked {
    let pn = ctx.me()?.pn;
    Ok(act(pn, move |d| offer(d, pn)))
}

/// Offers opponents: players who fit, filled up with bots.
fn offer(d: &mut Deciding<'_>, pn: Pn) {
    let (rules, now) = (d.rules(), d.now());
    let Some(me) = d.state().player(pn) else { return };
    let (rating, faction) = (me.rating, me.faction);
    let pool = facts::candidates(rules, d.state(), me, now);
    let found = matchmaking::opponents(rules, faction, rating, pool);
    let mut entries: Vec<ArenaEntry> = found
        .into_iter()
        .map(|found| {
            let other = Pn(found.candidate.player);
            let team = d.state().player(other).map(|p| facts::team(rules, p, ArenaSide::Defense));
            ArenaEntry {
                opponent: Opponent::Player(other),
                rating: found.candidate.rating,
                score: found.score,
                faction: Some(found.candidate.faction),
                team: team.unwrap_or_default(),
                expected: Some(formulas::expected(rules, rating - found.candidate.rating)),
            }
        })
        .collect();
    let offer = d.allocate("arena_offer");
    for j in 1.. {
        if entries.len() as i64 >= rules.arena.offered {
            break;
        }
        let seed = d.seed("bot", 8 * offer + j);
        let bot = bots::bot_with(rules, d.rng(seed), seed, rating);
        entries.push(ArenaEntry {
            rating: bot.rating,
            team: bot.heroes.clone(),
            expected: Some(formulas::expected(rules, rating - bot.rating)),
            opponent: Opponent::Bot(bot),
            score: 0,
            faction: None,
        });
    }
    let expires = now.plus_s(rules.arena.offer_seconds);
    d.emit(ArenaOpponentsOffered { pn, offer, rating, entries, expires });
}

pub(super) fn fight(ctx: Ctx<'_>, c: &ArenaFight) -> Checked {
    let me = ctx.me()?;
    refuse::within("slot", c.slot, 1, ctx.rules.arena.offered)?;
    let none = || Rejection::new("NO_OFFER");
    let offer = me.arena.offer.as_ref().filter(|offer| offer.expires > ctx.now()).ok_or_else(none)?;
    let entry = usize::try_from(c.slot - 1).ok().and_then(|at| offer.entries.get(at)).ok_or_else(none)?;
    if let Opponent::Player(other) = &entry.opponent {
        // Who has left since is not there to be fought.
        ctx.state.player(*other).filter(|p| !p.deleted()).ok_or_else(none)?;
    }
    if offer.fought.contains(&c.slot) {
        return Err(Rejection::new("ALREADY_FOUGHT"));
    }
    if facts::attempts_left(ctx.rules, me) <= 0 {
        return Err(Rejection::new("NO_ATTEMPTS"));
    }
    let (pn, slot, number, entry) = (me.pn, c.slot, offer.number, entry.clone());
    Ok(act(pn, move |d| meet(d, pn, number, slot, &entry)))
}

/// Fights at once, against the team as it stands now.
fn meet(d: &mut Deciding<'_>, pn: Pn, offer: u64, slot: i64, entry: &ArenaEntry) {
    let rules = d.rules();
    let Some(me) = d.state().player(pn) else { return };
    let team = facts::team(rules, me, ArenaSide::Attack);
    let (own, attacker) = (me.rating, facts::snapshots(rules, me, &team));
    let (theirs, against, defender, bot) = match &entry.opponent {
        Opponent::Bot(bot) => (bot.rating, bot.heroes.clone(), bot.team.clone(), true),
        Opponent::Player(other) => {
            let Some(other) = d.state().player(*other) else { return };
            let team = facts::team(rules, other, ArenaSide::Defense);
            let snapshots = facts::snapshots(rules, other, &team);
            (other.rating, team, snapshots, false)
        }
    };
    let battle = BattleId(d.allocate("battle"));
    let input = ArenaInput { seed: d.seed("battle", battle.get()), attacker, defender };
    let report = engine::report_with(&Figures::of(rules), &input, d.rng(input.seed), &mut Vec::new());
    let won = report.outcome.result.attacker_won();
    let finals = d.state().finals;
    let (first, second) = if won { (own, theirs) } else { (theirs, own) };
    let rated = formulas::rate(rules, first, second, bot, finals);
    let (mine, other) = if won { (rated.winner, rated.loser) } else { (rated.loser, rated.winner) };
    // A bot has no rating to change.
    let other = if bot { theirs } else { other };
    let gained = if won { rated.gain } else { -rated.loss };
    let lost = if bot {
        0
    } else if won {
        -rated.loss
    } else {
        rated.gain
    };
    d.emit(ArenaFought {
        pn,
        opponent: entry.opponent.clone(),
        battle,
        offer,
        slot,
        won,
        expected: formulas::expected(rules, own - theirs),
        k: if bot { rules.arena.k_bot } else { rules.arena.k },
        modifier: if finals { rules.arena.finals } else { 1000 },
        changes: [gained, lost],
        ratings: [mine, other],
        points: formulas::points(rules, own, theirs, won, bot),
        team: team.clone(),
        against,
        rules_version: rules.version,
        engine: ENGINE,
        input,
        outcome: report.outcome,
        digest: report.digest,
    });
    let xp = if won { rules.arena.xp_win } else { rules.arena.xp_loss };
    for hero in team {
        common::gain_xp(d, pn, hero, xp, XpSource::Arena);
    }
}

pub(super) fn team(ctx: Ctx<'_>, c: &ArenaTeam) -> Checked {
    let me = ctx.me()?;
    let named = [Some(c.hero1.as_str()), c.hero2.as_deref(), c.hero3.as_deref()];
    let mut heroes: Vec<HeroKey> = Vec::new();
    for name in named.into_iter().flatten() {
        let hero = ctx.hero(me, name)?;
        if heroes.contains(&hero) {
            let shown = ctx.rules.heroes[hero].name.as_str();
            return Err(Rejection::new("DUPLICATE_HERO").with("hero", shown));
        }
        heroes.push(hero);
    }
    let (pn, side) = (me.pn, c.side);
    Ok(act(pn, move |d| d.emit(ArenaTeamSet { pn, side, heroes })))
}

pub(super) fn attempts(ctx: Ctx<'_>, c: &ArenaAttempts) -> Checked {
    let me = ctx.me()?;
    let arena = &ctx.rules.arena;
    refuse::within("count", c.count, 1, arena.fights_extra)?;
    if me.today.attempts + c.count > arena.fights_extra {
        return Err(Rejection::new("ATTEMPT_LIMIT"));
    }
    let diamonds = c.count * arena.fight_diamonds;
    refuse::fewer("NOT_ENOUGH_DIAMONDS", diamonds, me.diamonds)?;
    let (pn, count) = (me.pn, c.count);
    Ok(act(pn, move |d| d.emit(ArenaAttemptsBought { pn, count, diamonds })))
}

const fn price(ctx: Ctx<'_>, item: ArenaItem) -> i64 {
    let arena = &ctx.rules.arena;
    match item {
        ArenaItem::Scroll => arena.shop_scroll,
        ArenaItem::Speed1h => arena.shop_speed,
        ArenaItem::XpTome => arena.shop_tome,
        ArenaItem::GearCache => arena.shop_cache,
        ArenaItem::Shard => arena.shop_shard,
    }
}

pub(super) fn shop(ctx: Ctx<'_>, c: &ArenaShop) -> Checked {
    let me: &Player = ctx.me()?;
    let count = c.count.unwrap_or(1);
    refuse::within("count", count, 1, 10)?;
    let points = count * price(ctx, c.item);
    refuse::fewer("NOT_ENOUGH_POINTS", points, me.points)?;
    if c.item == ArenaItem::Scroll && me.arena.scrolls + count > ctx.rules.arena.shop_scrolls_week {
        return Err(Rejection::new("SHOP_LIMIT"));
    }
    let hero = match (c.item, c.hero.as_deref()) {
        (ArenaItem::Shard, name) => Some(ctx.hero(me, name.unwrap_or_default())?),
        (ArenaItem::Scroll | ArenaItem::Speed1h | ArenaItem::XpTome | ArenaItem::GearCache, _) => None,
    };
    let room = ctx.rules.gear.inventory - me.gear.len() as i64;
    if c.item == ArenaItem::GearCache && count > room {
        return Err(Rejection::new("INVENTORY_FULL"));
    }
    let (pn, item) = (me.pn, c.item);
    Ok(act(pn, move |d| {
        let caches = if item == ArenaItem::GearCache { count } else { 0 };
        let (mut gear, mut seeds) = (Vec::new(), Vec::new());
        for _ in 0..caches {
            let number = d.allocate("gear");
            let seed = d.seed("cache", number);
            let mut rng = d.rng(seed);
            let slot = Slot::ALL[usize::from(rng.below(2) == 1)];
            let power = crate::summon::gear_power(d.rules(), Rarity::Rare, &mut rng);
            gear.push(GearPiece { gear: GearId(number), slot, rarity: Rarity::Rare, power });
            seeds.push(seed);
        }
        d.emit(ArenaPointsSpent { pn, item, count, points, gear, seeds });
        if let Some(hero) = hero {
            d.emit(HeroShardGained { pn, hero, count, source: ShardSource::Arena });
        }
    }))
}
