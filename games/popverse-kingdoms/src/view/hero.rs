//! The player's own heroes and gear.

use serde_json::{Map, Value, json};

use super::{Answer, page};
use crate::decide::Ctx;
use crate::facts::{self, heroes};
use crate::formulas::heroes as formulas;
use crate::keys::HeroKey;
use crate::state::{HeroState, Player};

fn row(ctx: Ctx<'_>, me: &Player, key: HeroKey) -> Value {
    let Some(hero) = me.heroes.get(&key) else { return Value::Null };
    let figures = &ctx.rules.heroes[key];
    let doing = heroes::doing(ctx.state, me, key, ctx.now());
    let (state, until) = match doing {
        HeroState::Idle => ("idle", None),
        HeroState::Marching => ("marching", None),
        HeroState::Stationed => ("stationed", None),
        HeroState::Exhausted(until) => ("exhausted", Some(until)),
    };
    let skills: Map<String, Value> =
        hero.skills.iter().map(|(skill, level)| (skill.key().to_owned(), level.into())).collect();
    json!({
        "hero": key,
        "name": figures.name,
        "faction": figures.faction,
        "rarity": figures.rarity,
        "level": hero.level,
        "level_cap": heroes::level_cap(ctx.rules, me),
        "xp": hero.xp,
        "xp_next": formulas::xp_step(ctx.rules, hero.level),
        "power": heroes::power(ctx.rules, me, key),
        "speed": figures.speed,
        "skills": skills,
        "shards": hero.shards,
        "weapon": hero.weapon,
        "armor": hero.armor,
        "state": state,
        "until": until,
        "warden": me.warden == Some(key),
    })
}

/// Own heroes, strongest first.
pub(super) fn list(ctx: Ctx<'_>, number: Option<i64>) -> Answer {
    let me = ctx.me()?;
    let mut keys: Vec<HeroKey> = me.heroes.keys().copied().collect();
    keys.sort_by_key(|key| (std::cmp::Reverse(heroes::power(ctx.rules, me, *key)), *key));
    let mut answer = page(keys.into_iter().map(|key| row(ctx, me, key)).collect(), number)?;
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("roster".to_owned(), facts::roster(ctx.rules, me).into());
        fields.insert("pity_epic".to_owned(), me.pity_epic.into());
        fields.insert("pity_legendary".to_owned(), me.pity_legendary.into());
    }
    Ok(answer)
}

pub(super) fn one(ctx: Ctx<'_>, name: &str) -> Answer {
    let me = ctx.me()?;
    Ok(row(ctx, me, ctx.hero(me, name)?))
}

pub(super) fn gear(ctx: Ctx<'_>, number: Option<i64>) -> Answer {
    let me = ctx.me()?;
    let rows = me.gear.iter().map(|(gear, piece)| {
        json!({
            "gear": gear, "slot": piece.slot, "rarity": piece.rarity, "power": piece.power, "hero": piece.hero,
        })
    });
    page(rows.collect(), number)
}
