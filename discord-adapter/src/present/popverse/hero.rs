//! Heroes and gear.

use serde_json::{Value, json};

use super::{emblem, int, moment, rows, stars, word};
use crate::lang::t;
use crate::present::{Scene, words};
use crate::render::stamp;
use crate::render::table::Table;
use crate::reply::{Reply, Row};

fn name(row: &Value) -> String {
    row["name"].as_str().map_or_else(|| word(row, "hero"), str::to_owned)
}

fn doing(row: &Value) -> String {
    let state = row["state"].as_str().unwrap_or_default();
    if row["warden"].as_bool() == Some(true) && state == "idle" { t("warden") } else { words::thing(&state) }
}

/// `/hero list`.
pub(super) fn list(scene: &Scene<'_>, view: &Value) -> Reply {
    let mut table = Table::new(["", "", "level", "power", "speed", ""]);
    let mut options = Vec::new();
    for row in rows(view, "rows") {
        let rarity = row["rarity"].as_str().unwrap_or_default();
        table.push([
            name(row),
            stars(rarity).to_owned(),
            int(row, "level").to_string(),
            words::figure(int(row, "power")),
            int(row, "speed").to_string(),
            doing(row),
        ]);
        if let Some(key) = row["hero"].as_str() {
            options.push((name(row), key.to_owned()));
        }
    }
    let text = if table.is_empty() { t("Nobody yet. Summon with /hero summon.") } else { table.block() };
    let since = |field: &str| words::some(int(view, field), "summon");
    let reply = Reply::new("🎴 Heroes", text).footed(say!(
        "{} of {} places · {} since the last epic or better, {} since the last legendary",
        int(view, "total"),
        int(view, "roster"),
        since("pity_epic"),
        since("pity_legendary")
    ));
    if options.len() < 2 {
        return reply;
    }
    reply.row(Row::Select(crate::reply::Select {
        id: scene.show("HeroView", &json!({ "hero": crate::reply::PICK })),
        placeholder: t("Look at"),
        options,
    }))
}

/// `/hero view`.
pub(super) fn one(scene: &Scene<'_>, view: &Value) -> Reply {
    let faction = view["faction"].as_str().unwrap_or_default();
    let rarity = view["rarity"].as_str().unwrap_or_default();
    let (xp, next) = (int(view, "xp"), int(view, "xp_next"));
    let gear = |field: &str| view[field].as_i64().map_or_else(|| t("none"), |gear| format!("#{gear}"));
    let mut state = words::human(&doing(view));
    if let Some(until) = moment(view, "until") {
        state.push_str(&say!(" until {}", stamp::both(scene.clock(), until)));
    }
    let skills: Vec<String> = view["skills"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(skill, level)| format!("{} {level}", words::human(skill)))
        .collect();
    let mut reply = Reply::new(
        format!("{} {} {}", emblem(faction), name(view), stars(rarity)),
        say!("{} of {}", words::human(rarity), words::human(faction)),
    )
    .beside("Level", say!("{} of {}", int(view, "level"), int(view, "level_cap")))
    .beside("Experience", say!("{} {} of {}", words::bar(xp, next), words::figure(xp), words::figure(next)))
    .beside("Power", words::figure(int(view, "power")))
    .beside("Speed", int(view, "speed").to_string())
    .beside("Shards", words::figure(int(view, "shards")))
    .beside("Weapon", gear("weapon"))
    .beside("Armor", gear("armor"))
    .beside("Now", state);
    if !skills.is_empty() {
        reply = reply.field("Skills", skills.join("\n"));
    }
    reply.row(Row::Buttons(vec![scene.button("🎴 Heroes", "HeroList", &json!({}))]))
}

/// `/gear list`.
pub(super) fn gear(_: &Scene<'_>, view: &Value) -> Reply {
    let mut table = Table::new(["", "slot", "", "power", "worn by"]);
    for row in rows(view, "rows") {
        let rarity = row["rarity"].as_str().unwrap_or_default();
        let hero = row["hero"].as_str().map_or_else(|| "–".to_owned(), words::human);
        table.push([
            format!("#{}", int(row, "gear")),
            words::low(&word(row, "slot")),
            stars(rarity).to_owned(),
            words::figure(int(row, "power")),
            hero,
        ]);
    }
    if table.is_empty() {
        return Reply::new("🗡️ Gear", "None yet. Beaten camps leave gear behind: /map find kind:bandit_camp");
    }
    Reply::new("🗡️ Gear", table.block()).footed(say!(
        "{} pieces · page {} of {}",
        int(view, "total"),
        int(view, "page"),
        int(view, "pages")
    ))
}
