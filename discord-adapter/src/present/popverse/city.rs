//! The city: stores, jobs, buildings, research, items.

use popverse_kingdoms::keys::Resource;
use serde_json::{Value, json};

use super::{army, emblem, int, moment, place, price, res_of, rows, troops_of, word};
use crate::lang::{part, t};
use crate::present::{Scene, bullets, words};
use crate::render::stamp;
use crate::render::table::Table;
use crate::reply::{Reply, Row};

/// `/city view`.
pub(super) fn city(scene: &Scene<'_>, view: &Value) -> Reply {
    let (stocks, caps, rates) = (res_of(&view["stocks"]), res_of(&view["caps"]), res_of(&view["rates"]));
    let mut table = Table::new(["", "stock", "room", "per hour"]);
    for resource in Resource::ALL {
        let sign = if rates[resource] > 0 { "+" } else { "" };
        table.push([
            words::thing(&resource),
            words::figure(stocks[resource]),
            words::figure(caps[resource]),
            format!("{sign}{}", words::figure(rates[resource])),
        ]);
    }
    let mut text = table.block();
    if view["starving"].as_bool() == Some(true) {
        text.push_str(part("\n⚠️ **Your troops are starving.** Get food, or send some away."));
    }
    let faction = view["faction"].as_str().unwrap_or_default();
    let housing = &view["housing"];
    let (used, room) = (int(housing, "used"), int(housing, "room"));
    let title = say!("{} Your city at {}", emblem(faction), place(view));
    let mut reply = Reply::new(title, text)
        .beside("Power", words::figure(int(view, "power")))
        .beside("Diamonds", words::figure(int(view, "diamonds")))
        .beside(
            "Housing",
            say!("{} {} of {}", words::bar(used, room), words::figure(used), words::figure(room)),
        )
        .beside("At home", army(troops_of(&view["home"])));
    let wounded = troops_of(&view["wounded"]);
    if !wounded.is_none() {
        let beds = words::figure(int(view, "infirmary"));
        reply = reply.beside("Wounded", say!("{} (room for {beds})", army(wounded)));
    }
    let warden = view["warden"].as_str().map_or_else(|| t("nobody"), words::human);
    reply = reply.beside("Warden", warden);
    if let Some(until) = moment(view, "shield_until") {
        reply = reply.beside("🛡️ Shield", say!("ends {}", stamp::both(scene.clock(), until)));
    }
    if let Some(until) = moment(view, "crew_until") {
        reply = reply.beside("Second crew", say!("until {}", stamp::both(scene.clock(), until)));
    }
    let ways = [
        ("🔨 Buildings", "BuildList"),
        ("⚔️ Troops", "TroopsView"),
        ("🚩 Marches", "MarchList"),
        ("🗺️ Map", "MapView"),
    ];
    reply
        .field("Under way", jobs(scene, &view["jobs"]))
        .row(Row::Buttons(ways.iter().map(|(label, kind)| scene.button(label, kind, &json!({}))).collect()))
}

fn jobs(scene: &Scene<'_>, jobs: &Value) -> String {
    let due =
        |job: &Value| moment(job, "due").map_or_else(String::new, |due| stamp::both(scene.clock(), due));
    let mut lines = Vec::new();
    for job in rows(jobs, "building") {
        lines.push(say!("🔨 {} → level {}, {}", word(job, "building"), int(job, "level"), due(job)));
    }
    let research = &jobs["research"];
    if research.is_object() {
        lines.push(say!(
            "🔬 {} → level {}, {}",
            word(research, "technology"),
            int(research, "level"),
            due(research)
        ));
    }
    let training = &jobs["training"];
    if training.is_object() {
        let verb = part(if training["kind"] == "promote" { "promoted from" } else { "of" });
        let tier = training["tier"].as_str().unwrap_or_default();
        lines.push(format!("⚔️ {} {verb} {tier}, {}", words::figure(int(training, "count")), due(training)));
    }
    let healing = &jobs["healing"];
    if healing.is_object() {
        lines.push(format!("❤️ {}, {}", army(troops_of(&healing["troops"])), due(healing)));
    }
    if lines.is_empty() {
        t("Nothing. /build start, /research start and /troops train keep hands busy.")
    } else {
        bullets(&lines)
    }
}

/// Rows of what can be raised, with cost, time and a word on whether it can be now.
fn raised(view: &Value, name: &str, note: impl Fn(&Value) -> String) -> Table {
    let stocks = res_of(&view["stocks"]);
    let mut table = Table::new(["", "level", "food/iron/gold", "time", ""]);
    for row in rows(view, "rows") {
        let next = &row["next"];
        let (cost, time, note) = if row["due"].is_number() {
            ("–".to_owned(), "–".to_owned(), t("at work"))
        } else if next.is_object() {
            let cost = res_of(&next["cost"]);
            (
                price(cost),
                words::span(int(next, "seconds")),
                if stocks.covers(cost) { note(next) } else { t("too dear") },
            )
        } else {
            ("–".to_owned(), "–".to_owned(), t("highest"))
        };
        table.push([word(row, name), int(row, "level").to_string(), cost, time, note]);
    }
    table
}

/// `/build list`.
pub(super) fn buildings(scene: &Scene<'_>, view: &Value) -> Reply {
    let table = raised(view, "building", |next| {
        if next["hq_too_low"].as_bool() == Some(true) { t("needs HQ") } else { t("ready") }
    });
    let stocks = res_of(&view["stocks"]);
    Reply::new("🔨 Buildings", table.block())
        .footed(say!("In store: {} · raise one with /build start", super::res(stocks)))
        .row(Row::Buttons(vec![scene.button("🏰 City", "CityView", &json!({}))]))
}

/// `/research list`.
pub(super) fn research(scene: &Scene<'_>, view: &Value) -> Reply {
    let table = raised(view, "technology", |next| say!("academy {}", int(next, "academy")));
    let mut needs = Vec::new();
    for row in rows(view, "rows") {
        let Some(next) = row.get("next").filter(|next| next.is_object()) else { continue };
        let needed: Vec<String> = needed(&next["needs"]);
        if !needed.is_empty() {
            needs.push(format!("{}: {}", word(row, "technology"), words::list(&needed)));
        }
    }
    let mut reply = Reply::new("🔬 Research", table.block())
        .footed("The last column says which level of the academy it takes · start with /research start")
        .row(Row::Buttons(vec![scene.button("🏰 City", "CityView", &json!({}))]));
    if !needs.is_empty() {
        reply = reply.field("Needs", needs.join("\n"));
    }
    reply
}

/// What a technology needs: `[key, level]` pairs, or objects of a key and a level.
fn needed(needs: &Value) -> Vec<String> {
    let pair = |need: &Value| {
        let (name, level) = match need {
            Value::Array(pair) => (pair.first()?.as_str()?, pair.get(1)?.as_i64()?),
            Value::Object(fields) => {
                (fields.values().find_map(Value::as_str)?, fields.values().find_map(Value::as_i64)?)
            }
            Value::String(name) => (name.as_str(), 1),
            Value::Null | Value::Bool(_) | Value::Number(_) => return None,
        };
        Some(format!("{} {level}", words::human(name)))
    };
    match needs.as_array() {
        Some(all) => all.iter().filter_map(pair).collect(),
        None => pair(needs).into_iter().collect(),
    }
}

/// `/item list`.
pub(super) fn items(_: &Scene<'_>, view: &Value) -> Reply {
    let mut table = Table::new(["", "yours", "diamonds"]);
    for row in rows(view, "rows") {
        let price = row["diamonds"].as_i64().map_or_else(|| "–".to_owned(), words::figure);
        table.push([word(row, "item"), words::figure(int(row, "count")), price]);
    }
    Reply::new("🎒 Items", table.block())
        .footed(say!("You have {} diamonds · buy with /item buy", words::figure(int(view, "diamonds"))))
}
