//! Heroes: summon, skill, tome (rulebook 2.8).

use schemas::Rejection;

use super::{Checked, Ctx, Deciding, act, common};
use crate::command::{HeroSkill, HeroSummon, HeroTome};
use crate::event::{
    HeroGranted, HeroShardGained, HeroSkillRaised, HeroSource, HeroSummoned, ItemUsed, ShardSource,
    SummonPay, XpSource,
};
use crate::facts;
use crate::formulas::heroes as formulas;
use crate::ids::{Pn, SummonId};
use crate::keys::{Item, Skill, Summoned};
use crate::refuse;
use crate::summon::{self, Pity};

pub(super) fn summon(ctx: Ctx<'_>, command: &HeroSummon) -> Checked {
    let me = ctx.me()?;
    let count = command.count.unwrap_or(1);
    refuse::within("count", count, 1, ctx.rules.summon.count_max)?;
    let (pn, pay) = (me.pn, command.pay);
    let cost = match pay {
        SummonPay::Scrolls => {
            if me.items[Item::Scroll] < count {
                return Err(Rejection::new("ITEM_MISSING").with("item", Item::Scroll.key()));
            }
            1
        }
        SummonPay::Diamonds => {
            let each = ctx.rules.summon.diamonds;
            refuse::fewer("NOT_ENOUGH_DIAMONDS", each * count, me.diamonds)?;
            each
        }
    };
    // Every one of them might be new, and each needs room before it is made.
    let room = facts::roster(ctx.rules, me) - me.heroes.len() as i64;
    if room < 1 {
        return Err(Rejection::new("ROSTER_FULL"));
    }
    Ok(act(pn, move |d| {
        for _ in 0..count {
            let rules = d.rules();
            let full = |d: &Deciding<'_>| {
                d.state().player(pn).is_none_or(|p| p.heroes.len() as i64 >= facts::roster(rules, p))
            };
            if full(d) {
                break;
            }
            one(d, pn, pay, cost);
        }
    }))
}

fn one(d: &mut Deciding<'_>, pn: Pn, pay: SummonPay, cost: i64) {
    let rules = d.rules();
    let number = d.allocate("summon");
    let seed = d.seed("summon", number);
    let Some(player) = d.state().player(pn) else { return };
    let pity = Pity { epic: player.pity_epic, legendary: player.pity_legendary };
    let Some(made) = summon::summon_with(rules, d.rng(seed), seed, player.faction, pity) else { return };
    let known = player.heroes.contains_key(&made.hero);
    let outcome = if known { Summoned::Shard } else { Summoned::New };
    let hero = made.hero;
    d.emit(HeroSummoned {
        pn,
        summon: SummonId(number),
        seed,
        pay,
        cost,
        rarity: made.rarity,
        faction: made.faction,
        hero,
        outcome,
        pity_epic: made.pity.epic,
        pity_legendary: made.pity.legendary,
    });
    if known {
        d.emit(HeroShardGained { pn, hero, count: 1, source: ShardSource::Summon });
    } else {
        d.emit(HeroGranted { pn, hero, reason: HeroSource::Summon });
    }
}

pub(super) fn skill(ctx: Ctx<'_>, command: &HeroSkill) -> Checked {
    let me = ctx.me()?;
    let name = command.skill.trim().to_lowercase().replace([' ', '-'], "_");
    let skill = Skill::from_key(&name).ok_or_else(|| refuse::option("skill", "a skill of that hero"))?;
    let key = ctx.hero(me, &command.hero)?;
    let at = formulas::unlock_level(ctx.rules, key, skill);
    let at = at.ok_or_else(|| refuse::option("skill", "a skill of that hero"))?;
    let Some(hero) = me.heroes.get(&key) else { return Err(refuse::unknown("UNKNOWN_HERO", "hero")) };
    if hero.level < at {
        let name = ctx.rules.skills[skill].name.as_str();
        return Err(Rejection::new("SKILL_LOCKED").with("skill", name).with("n", at));
    }
    let level = hero.skills.get(skill);
    let shards = formulas::shards_needed(ctx.rules, level);
    let shards = shards.ok_or_else(|| Rejection::new("MAX_LEVEL").with("n", level))?;
    refuse::fewer("NOT_ENOUGH_SHARDS", shards, hero.shards)?;
    let pn = me.pn;
    Ok(act(pn, move |d| d.emit(HeroSkillRaised { pn, hero: key, skill, level: level + 1, shards })))
}

pub(super) fn tome(ctx: Ctx<'_>, command: &HeroTome) -> Checked {
    let me = ctx.me()?;
    let count = command.count.unwrap_or(1);
    refuse::within("count", count, 1, 50)?;
    let (pn, key) = (me.pn, ctx.hero(me, &command.hero)?);
    if me.items[Item::XpTome] < count {
        return Err(Rejection::new("ITEM_MISSING").with("item", Item::XpTome.key()));
    }
    let xp = ctx.rules.items.tome_xp * count;
    Ok(act(pn, move |d| {
        d.emit(ItemUsed { pn, item: Item::XpTome, count, target: key.key().to_owned() });
        common::gain_xp(d, pn, key, xp, XpSource::Tome);
    }))
}
