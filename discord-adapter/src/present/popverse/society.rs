//! Guilds, the conquest, the quests of the day and the switches of messages.

use serde_json::{Value, json};

use super::{banner, emblem, int, moment, res, res_of, rows, trade, word};
use crate::lang::{part, t};
use crate::parse::MESSAGES;
use crate::present::{Scene, words};
use crate::render::stamp;
use crate::render::table::Table;
use crate::reply::{Reply, Row};

/// `/guild info`.
pub(super) fn guild(scene: &Scene<'_>, view: &Value) -> Reply {
    let text = |field: &str| words::safe(view[field].as_str().unwrap_or_default());
    let faction = view["faction"].as_str().unwrap_or_default();
    let mut table = Table::new(["", "role", "donated"]);
    let members = rows(view, "members");
    for member in members.iter().take(30) {
        table.push([
            scene.names.cell(int(member, "pn")),
            words::low(&word(member, "role")),
            words::figure(int(member, "donated")),
        ]);
    }
    let mut reply =
        Reply::new(format!("{} {} [{}]", emblem(faction), text("name"), text("tag")), table.block())
            .beside("Level", int(view, "level").to_string())
            .beside(
                "Experience",
                match view["next_level"].as_i64() {
                    Some(next) => say!(
                        "{} {} of {}",
                        words::bar(int(view, "xp"), next),
                        words::figure(int(view, "xp")),
                        words::figure(next)
                    ),
                    None => words::figure(int(view, "xp")),
                },
            )
            .beside("Members", say!("{} of {}", members.len(), int(view, "members_max")))
            .beside("Conquest points", words::figure(int(view, "conquest_points")));
    let parcels: Vec<String> =
        rows(view, "parcels").iter().filter_map(Value::as_i64).map(|no| format!("#{no}")).collect();
    let slots = say!("{} of {}", parcels.len(), int(view, "parcels_max"));
    reply = reply.beside(
        "Parcels",
        if parcels.is_empty() { slots } else { format!("{slots}: {}", words::list(&parcels)) },
    );
    if view["disbanded"].as_bool() == Some(true) {
        reply = reply.field("Ended", "This guild has been disbanded.");
    }
    if view["bank"].is_object() {
        reply = reply
            .field("Bank", trade::stock(&view["bank"]))
            .beside("You", words::low(&word(view, "role")))
            .beside("Donations left today", words::figure(int(view, "donation_left")));
    }
    let invited: Vec<String> = rows(view, "invites")
        .iter()
        .map(|invite| {
            let until = moment(invite, "until")
                .map_or_else(String::new, |at| say!(" until {}", stamp::relative(scene.clock(), at)));
            format!("{}{until}", scene.names.number(int(invite, "pn")))
        })
        .collect();
    if !invited.is_empty() {
        reply = reply.field("Invited", invited.join("\n"));
    }
    reply.row(Row::Buttons(vec![scene.button("🏅 Guilds", "Leaderboard", &json!({ "board": "guilds" }))]))
}

/// `/conquest status`.
pub(super) fn conquest(scene: &Scene<'_>, view: &Value) -> Reply {
    let when = |field: &str| moment(view, field).map(|at| stamp::both(scene.clock(), at));
    let next = when("next_muster").unwrap_or_else(|| t("not in this season"));
    if view["conquest"].is_null() {
        return Reply::new(
            "👑 The conquest",
            "Five control points, fought for once a week. None has been held yet.",
        )
        .beside("Next muster", next);
    }
    let stage = word(view, "stage");
    let mut reply = Reply::new(say!("👑 Conquest {}: {}", int(view, "conquest"), words::low(&stage)), "");
    for (name, field) in [("Opens", "opens"), ("Starts", "starts"), ("Ends", "ends")] {
        reply = reply.beside(name, when(field).unwrap_or_else(|| "–".to_owned()));
    }
    let many = |point: &Value, field: &str| rows(point, field).len();
    for point in rows(view, "points") {
        let at = match (point["x"].as_i64(), point["y"].as_i64()) {
            (Some(x), Some(y)) => say!(" at ({x},{y})"),
            _ => t(" (not explored)"),
        };
        let held =
            if point["owner"].is_null() { t("nobody") } else { words::safe(&banner(scene, &point["owner"])) };
        reply = reply.beside(
            format!("{}{at}", word(point, "point")),
            say!(
                "held by {held}\n{} inside, {} before the gate",
                words::some(i64::try_from(many(point, "garrison")).unwrap_or(0), "army"),
                many(point, "queue"),
            )
            .replace("armys", "armies"),
        );
    }
    let mut table = Table::new(["", "", "score", "crown"]);
    for row in rows(view, "scores").iter().take(10) {
        table.push([
            int(row, "rank").to_string(),
            banner(scene, &row["banner"]),
            words::figure(int(row, "score")),
            words::figure(int(row, "crown_ticks")),
        ]);
    }
    if !table.is_empty() {
        reply = reply.field("Scores", table.block());
    }
    reply.field("Next muster", next)
}

/// `/quest list`.
pub(super) fn quests(scene: &Scene<'_>, view: &Value) -> Reply {
    let title = say!("📋 Quests of day {}", int(view, "day"));
    if view["assigned"].as_bool() != Some(true) {
        return Reply::new(
            title,
            "They come with your first command of the day: do something, and look again.",
        );
    }
    let line = |quest: &Value| {
        let (progress, target) = (int(quest, "progress"), int(quest, "target"));
        let sign = match (quest["done"].as_bool(), quest["paid"].as_bool()) {
            (_, Some(true)) => "🎁",
            (Some(true), _) => "✅",
            _ => "▫️",
        };
        say!(
            "{sign} **{}** {} {} of {}",
            word(quest, "quest"),
            words::bar(progress, target),
            words::figure(progress.min(target)),
            words::figure(target)
        )
    };
    let lines: Vec<String> = rows(view, "quests").iter().map(line).collect();
    let waits =
        |quest: &Value| quest["done"].as_bool() == Some(true) && quest["paid"].as_bool() != Some(true);
    let mut buttons = Vec::new();
    if rows(view, "quests").iter().any(waits) {
        buttons.push(scene.act("🎁 Take the rewards", "QuestClaim", &json!({})));
    }
    Reply::new(title, lines.join("\n"))
        .field("Each brings", res(res_of(&view["reward"])))
        .footed("What is not taken by the day's reset is paid then")
        .row(Row::Buttons(buttons))
}

/// `/notify view`.
pub(super) fn switches(scene: &Scene<'_>, view: &Value) -> Reply {
    let found = rows(view, "switches");
    let line = |row: &Value| {
        let on = row["dm"].as_bool() == Some(true);
        let set = if row["set"].as_bool() == Some(true) { "" } else { part(" (as for everybody)") };
        format!("{} **{}**{set}", if on { "🔔" } else { "🔕" }, word(row, "kind"))
    };
    let lines: Vec<String> = found.iter().map(line).collect();
    let mut reply = Reply::new("🔔 Messages that come to you", lines.join("\n"))
        .footed("A button turns one kind on or off; nothing is sent to you that is off");
    // Whoever asked for no private messages gets none, whatever the switches say.
    let ask = |label: &str| scene.act(label, &MESSAGES.kind(), &json!({ "private": true }));
    let ask = match (view["private"].as_bool(), view["parked"].as_bool()) {
        (Some(false), _) => {
            let told = "You have not asked for private messages, so none is sent. The button below, or /messages private:true, asks for them.";
            reply = reply.field("📪 Off altogether", t(told));
            Some(ask("📬 Send me messages"))
        }
        (Some(true), Some(true)) => {
            let told = "The last message could not be sent to you: allow direct messages from this server, then press the button below.";
            reply = reply.field("📭 Not delivered", t(told));
            Some(ask("📬 Try again"))
        }
        _ => None,
    };
    reply = reply.row(Row::Buttons(ask.into_iter().collect()));
    let buttons: Vec<_> = found
        .iter()
        .map(|row| {
            let on = row["dm"].as_bool() == Some(true);
            let kind = row["kind"].as_str().unwrap_or_default();
            let label = format!("{} {}", word(row, "kind"), part(if on { "off" } else { "on" }));
            scene.act(&label, "NotifySet", &json!({ "kind": kind, "dm": !on }))
        })
        .collect();
    for five in buttons.chunks(5).take(4) {
        reply = reply.row(Row::Buttons(five.to_vec()));
    }
    reply
}
