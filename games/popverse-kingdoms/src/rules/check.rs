//! What the formulas take for granted, checked once when rules are read: divisors are positive, levels and chances
//! lie where they belong, shares add up, tables are in order.

use super::{Rules, RulesError};
use crate::keys::{Key, Table};

/// Largest figure of any kind: products of three stay well below 2⁶³.
const FIGURE_MAX: i64 = 10_000_000;

pub(super) fn check(rules: &Rules) -> Result<(), RulesError> {
    check_all_figures(rules)?;
    check_world(rules)?;
    check_city(rules)?;
    check_army(rules)?;
    check_society(rules)
}

fn range(field: &str, value: i64, min: i64, max: i64) -> Result<(), RulesError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(RulesError::Range { field: field.to_owned(), value, min, max })
}

fn demand(field: &str, holds: bool, reason: &'static str) -> Result<(), RulesError> {
    if holds { Ok(()) } else { Err(RulesError::Mismatch { field: field.to_owned(), reason }) }
}

fn positive(fields: &[(&str, i64)]) -> Result<(), RulesError> {
    fields.iter().try_for_each(|(field, value)| range(field, *value, 1, FIGURE_MAX))
}

fn adds_up<K: Key>(field: &str, shares: &Table<K, i64>, total: i64) -> Result<(), RulesError> {
    demand(field, shares.values().iter().sum::<i64>() == total, "the chances do not add up")
}

/// Every number of the file, whatever its name, stays within what 64 bits bear; none is negative.
fn check_all_figures(rules: &Rules) -> Result<(), RulesError> {
    let tree = serde_json::to_value(rules).map_err(|e| RulesError::Shape(e.to_string()))?;
    walk("", &tree)
}

fn walk(path: &str, value: &serde_json::Value) -> Result<(), RulesError> {
    match value {
        serde_json::Value::Number(n) => {
            // The one figure that is milliseconds of a month.
            let max = if path.ends_with(".age_ms") { FIGURE_MAX * 10_000 } else { FIGURE_MAX };
            range(path, n.as_i64().unwrap_or(i64::MAX), 0, max)
        }
        serde_json::Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(i, item)| walk(&format!("{path}[{i}]"), item))
        }
        serde_json::Value::Object(fields) => {
            fields.iter().try_for_each(|(name, field)| walk(&format!("{path}.{name}"), field))
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::String(_) => Ok(()),
    }
}

fn check_world(rules: &Rules) -> Result<(), RulesError> {
    let world = &rules.world;
    for (field, choice) in [
        ("world.max_players", world.max_players),
        ("world.season_days", world.season_days),
        ("world.conquest_hour", world.conquest_hour),
    ] {
        range(field, choice.default, choice.min, choice.max)?;
    }
    range("world.finals_days", world.finals_days, 0, world.season_days.min)?;
    for (faction, figures) in rules.factions.iter() {
        range(&format!("factions.{faction}.anchor_x"), figures.anchor_x, 0, 99)?;
        range(&format!("factions.{faction}.anchor_y"), figures.anchor_y, 0, 99)?;
        positive(&[
            ("factions.attack", figures.attack),
            ("factions.guard", figures.guard),
            ("factions.march_speed", figures.march_speed),
        ])?;
        let starter = &rules.heroes[figures.starter];
        demand("factions.starter", starter.faction == faction, "the starter is of another faction")?;
    }
    positive(&[
        ("joining.site_tries", rules.joining.site_tries),
        ("joining.late_days_per_speed", rules.joining.late_days_per_speed),
        ("fog.watchtower_levels_per_tile", rules.fog.watchtower_levels_per_tile),
    ])?;
    let map = &rules.map;
    for (parcel, figures) in map.parcels.iter() {
        range(&format!("map.parcels.{parcel}.size"), figures.size, 1, 10)?;
        range(&format!("map.parcels.{parcel}.count"), figures.count, 0, 1000)?;
    }
    for (biome, cost) in map.step_cost.iter() {
        range(&format!("map.step_cost.{biome}"), *cost, 1, 2000)?;
    }
    range("map.node_step_cost", map.node_step_cost, 1, 2000)?;
    for (biome, chances) in map.node_chances.iter() {
        let sum = chances.food + chances.iron + chances.gold;
        demand(&format!("map.node_chances.{biome}"), sum == 100 || sum == 0, "the chances do not add up")?;
    }
    for spot in map.control_points {
        range("map.control_points.x", spot.x, 0, 99)?;
        range("map.control_points.y", spot.y, 0, 99)?;
    }
    for frequency in map.frequencies {
        range("map.frequencies", frequency, 1, 65_536)?;
    }
    demand("map.rings", map.rings[0] <= map.rings[1], "the inner ring reaches beyond the outer one")?;
    demand("season.prestige_tiers", rules.season.prestige_tiers.is_sorted(), "the tiers are not in order")?;
    // Rules from before there were titles have none.
    let (titles, tiers) = (&rules.season.prestige_titles, &rules.season.prestige_tiers);
    let titled = titles.is_empty() || titles.len() == tiers.len();
    demand("season.prestige_titles", titled, "there is not one title for each tier")?;
    positive(&[("season.land_value_per_score", rules.season.land_value_per_score)])?;
    demand(
        "season.prestige_ranks",
        rules.season.prestige_ranks.is_sorted_by_key(|r| r.to),
        "the ranks are not in order",
    )
}

fn check_city(rules: &Rules) -> Result<(), RulesError> {
    let city = &rules.city;
    range("city.level_max", city.level_max, 1, 30)?;
    range("research.level_max", rules.research.level_max, 1, 10)?;
    for (field, growth) in [
        ("city.cost_growth", city.cost_growth),
        ("city.time_growth", city.time_growth),
        ("city.output_growth", city.output_growth),
        ("city.storage_growth", city.storage_growth),
        ("research.cost_growth", rules.research.cost_growth),
        ("research.time_growth", rules.research.time_growth),
    ] {
        range(field, growth, 1000, 4000)?;
    }
    range("city.refund", city.refund, 0, 1000)?;
    positive(&[
        ("city.gold_cap_divisor", city.gold_cap_divisor),
        ("city.alarm_round", city.alarm_round),
        ("city.seconds_per_diamond", city.seconds_per_diamond),
        ("city.march_max", city.march_max),
        ("production.guild_land_divisor", rules.production.guild_land_divisor),
        ("production.overfill", rules.production.overfill),
    ])?;
    demand("production.land", !rules.production.land.is_empty(), "at least one share is needed")?;
    demand("production.fort", !rules.production.fort.is_empty(), "at least one share is needed")?;
    for (technology, figures) in rules.technologies.iter() {
        let earlier = figures.needs.is_none_or(|needed| needed.index() < technology.index());
        demand(&format!("technologies.{technology}.needs"), earlier, "it needs itself or a later one")?;
    }
    Ok(())
}

fn check_army(rules: &Rules) -> Result<(), RulesError> {
    for (tier, figures) in rules.troops.iter() {
        for (field, value) in [
            ("power", figures.power),
            ("hp", figures.hp),
            ("speed", figures.speed),
            ("seconds", figures.seconds),
        ] {
            range(&format!("troops.{tier}.{field}"), value, 1, 100_000)?;
        }
    }
    for (hero, figures) in rules.heroes.iter() {
        range(&format!("heroes.{hero}.skills"), figures.skills.len() as i64, 1, 3)?;
    }
    range("hero.level_max", rules.hero.level_max, 1, 100)?;
    range("training.wounded_max", rules.training.wounded_max, 0, 1000)?;
    adds_up("summon.rarities", &rules.summon.rarities, 1000)?;
    demand("summon.factions", rules.summon.factions.iter().sum::<i64>() == 100, "the chances do not add up")?;
    positive(&[
        ("gear.spread_divisor", rules.gear.spread_divisor),
        ("march.scout_speed", rules.march.scout_speed),
        ("march.scout_stock_round", rules.march.scout_stock_round),
        ("march.scout_troop_round", rules.march.scout_troop_round),
        ("march.loot_kept_divisor", rules.march.loot_kept_divisor),
        ("march.loot_divisor", rules.march.loot_divisor),
        ("camp.days_per_level", rules.camp.days_per_level),
        ("camp.level_draw", rules.camp.level_draw),
        ("camp.level_max", rules.camp.level_max),
    ])?;
    // The path search counts on these: two steps fit its ring of buckets, a diagonal is no shortcut.
    range("march.scout_step", rules.march.scout_step, 1, 2000)?;
    range("march.diagonal", rules.march.diagonal, 1000, 1500)?;
    for (kind, figures) in rules.nodes.kinds.iter() {
        range(&format!("nodes.kinds.{kind}.speed"), figures.speed, 1, FIGURE_MAX)?;
    }
    range("camp.level_max", rules.camp.level_max, 1, 20)?;
    for (kind, camp) in rules.camps.iter() {
        adds_up(&format!("camps.{kind}.gear_rarities"), &camp.gear_rarities, 100)?;
        let spans = &camp.troops;
        let whole = spans.is_sorted_by_key(|s| s.to)
            && spans.last().is_some_and(|s| s.to >= rules.camp.level_max)
            && spans.iter().all(|s| !s.tiers.is_empty());
        demand(&format!("camps.{kind}.troops"), whole, "not every level has its tiers")?;
        if let Some(dragon) = &camp.dragon {
            range(&format!("camps.{kind}.dragon.power_divisor"), dragon.power_divisor, 1, 1000)?;
        }
    }
    let battle = &rules.battle;
    range("battle.rounds", battle.rounds, 1, 1000)?;
    range("battle.arena_rounds", battle.arena_rounds, 1, 1000)?;
    demand("battle.modifier_min", battle.modifier_min <= battle.modifier_max, "it lies above modifier_max")?;
    positive(&[
        ("battle.initiative_draw", battle.initiative_draw),
        ("battle.rout_divisor", battle.rout_divisor),
        ("battle.last_stand_divisor", battle.last_stand_divisor),
        ("battle.fort_terrain", battle.fort_terrain),
        ("battle.mountain_terrain", battle.mountain_terrain),
    ])
}

fn check_society(rules: &Rules) -> Result<(), RulesError> {
    positive(&[
        ("guild.xp_square", rules.guild.xp_square),
        ("guild.levels_per_parcel", rules.guild.levels_per_parcel),
        ("land.location_divisor", rules.land.location_divisor),
        ("land.demand_divisor", rules.land.demand_divisor),
        ("land.price_span", rules.land.price_span),
        ("land.return_divisor", rules.land.return_divisor),
        ("land.tax_divisor", rules.land.tax_divisor),
        ("market.food_price", rules.market.food_price),
        ("market.iron_price", rules.market.iron_price),
        ("market.gold_price", rules.market.gold_price),
        ("market.depth_min", rules.market.depth_min),
        ("market.anchor_span", rules.market.anchor_span),
        ("arena.expected_step", rules.arena.expected_step),
        ("arena.points_divisor", rules.arena.points_divisor),
        ("arena.decay_divisor", rules.arena.decay_divisor),
        ("arena.bots.rating_per_level", rules.arena.bots.rating_per_level),
        ("arena.bots.rating_per_skill", rules.arena.bots.rating_per_skill),
        ("arena.bots.rating_per_gear", rules.arena.bots.rating_per_gear),
        ("arena.bots.draw", rules.arena.bots.draw),
        ("conquest.tick_seconds", rules.conquest.tick_seconds),
        ("limits.age_ms", rules.limits.age_ms.min(FIGURE_MAX)),
        ("limits.window_ms", rules.limits.window_ms),
    ])?;
    range("land.pass_window", rules.land.pass_window, 1, 100)?;
    demand("market.spread", rules.market.spread_min <= rules.market.spread, "it lies below spread_min")?;
    demand("arena.rating", rules.arena.rating_min < rules.arena.rating_max, "the limits are swapped")?;
    let expected = &rules.arena.expected;
    let table = expected.len() >= 2 && expected.is_sorted() && expected.iter().all(|e| *e <= 10_000);
    demand("arena.expected", table, "not a rising table of ten-thousandths")?;
    let bots = &rules.arena.bots.teams;
    let whole =
        bots.is_sorted_by_key(|t| t.below) && bots.last().is_some_and(|t| t.below > rules.arena.rating_max);
    demand("arena.bots.teams", whole, "not every rating has a team")?;
    demand(
        "rebalancing.modifier_min",
        rules.rebalancing.modifier_min <= rules.rebalancing.modifier_max,
        "it lies above modifier_max",
    )
}
