//! Troops and marches.

use serde_json::{Value, json};

use super::{army, int, moment, place, price, res, res_of, rows, troops_of, word};
use crate::lang::t;
use crate::present::{Scene, words};
use crate::render::stamp;
use crate::render::table::Table;
use crate::reply::{Reply, Row};

/// `/troops view`.
pub(super) fn troops(scene: &Scene<'_>, view: &Value) -> Reply {
    let mut table =
        Table::new(["", "home", "marching", "stationed", "wounded", "coming", "food/iron/gold", ""]);
    let mut coming = Vec::new();
    for row in rows(view, "rows") {
        let tier = row["tier"].as_str().unwrap_or_default();
        let training = int(row, "training") + int(row, "healing");
        let unlocked = row["unlocked"].as_bool() == Some(true);
        table.push([
            tier.to_owned(),
            words::figure(int(row, "home")),
            words::figure(int(row, "marching")),
            words::figure(int(row, "stationed")),
            words::figure(int(row, "wounded")),
            words::figure(training),
            price(res_of(&row["cost"])),
            if unlocked { String::new() } else { t("locked") },
        ]);
        if let Some(due) = moment(row, "due") {
            let count = words::figure(int(row, "training"));
            coming.push(say!("{count} {tier} ready {}", stamp::both(scene.clock(), due)));
        }
    }
    let housing = &view["housing"];
    let (used, room) = (int(housing, "used"), int(housing, "room"));
    let mut reply = Reply::new("⚔️ Troops", table.block())
        .beside(
            "Housing",
            say!("{} {} of {}", words::bar(used, room), words::figure(used), words::figure(room)),
        )
        .beside("Upkeep", say!("{} food an hour", words::figure(int(view, "upkeep"))))
        .beside(
            "At a time",
            say!(
                "{} in training, {} a march",
                words::figure(int(view, "batch")),
                words::figure(int(view, "march_cap"))
            ),
        );
    if !coming.is_empty() {
        reply = reply.field("Coming", coming.join("\n"));
    }
    reply.row(Row::Buttons(vec![
        scene.button("🏰 City", "CityView", &json!({})),
        scene.button("🚩 Marches", "MarchList", &json!({})),
    ]))
}

/// `/march list`.
pub(super) fn marches(scene: &Scene<'_>, view: &Value) -> Reply {
    let found = rows(view, "rows");
    if found.is_empty() {
        return Reply::new(
            "🚩 Marches",
            "Nobody is out. Send troops with /attack, /gather or /scout; /map find says where.",
        );
    }
    let mut reply = Reply::new("🚩 Marches", "");
    for row in found {
        let kind = word(row, "kind");
        let name = format!("#{} {kind} → {}", int(row, "march"), place(&row["target"]));
        reply = reply.field(name, march(scene, row));
    }
    reply.footed(say!(
        "{} out · page {} of {} · call one home with /march recall",
        int(view, "total"),
        int(view, "page"),
        int(view, "pages")
    ))
}

fn march(scene: &Scene<'_>, row: &Value) -> String {
    let now = scene.clock().now;
    let (departed, arrives, home) = (moment(row, "departed"), moment(row, "arrives"), moment(row, "home_at"));
    let phase = row["phase"].as_str().unwrap_or_default();
    let way = match (phase, departed, arrives, home) {
        ("outbound", Some(from), Some(to), _) => {
            let bar = words::bar(now.since(from), to.since(from));
            say!("{bar} at {}, arrives {}", place(&row["at"]), stamp::both(scene.clock(), to))
        }
        ("homeward", _, _, Some(home)) => {
            say!("at {}, home {}", place(&row["at"]), stamp::both(scene.clock(), home))
        }
        (_, _, _, Some(home)) => {
            say!("{}, home {}", words::human(phase), stamp::both(scene.clock(), home))
        }
        _ => words::human(phase),
    };
    let mut lines = vec![way];
    let troops = troops_of(&row["troops"]);
    let mut with = if troops.is_none() { t("scouts") } else { army(troops) };
    if let Some(hero) = row["hero"].as_str() {
        with.push_str(&say!(", led by {}", words::human(hero)));
    }
    let wounded = troops_of(&row["wounded"]);
    if !wounded.is_none() {
        with.push_str(&say!(", {} wounded", army(wounded)));
    }
    lines.push(with);
    let load = res_of(&row["load"]);
    if load != popverse_kingdoms::amounts::Res::default() {
        lines.push(say!("carries {}", res(load)));
    }
    lines.join("\n")
}
