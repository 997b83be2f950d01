//! The season, its players and its boards.

use serde_json::{Value, json};

use super::{army, emblem, int, moment, res, res_of, rows, troops_of, word};
use crate::lang::{part, t};
use crate::parse::SINCE;
use crate::present::{Scene, words};
use crate::render::stamp;
use crate::render::table::Table;
use crate::reply::{Document, PICK, Reply, Row, Select};

/// `/season status`.
pub(super) fn status(scene: &Scene<'_>, view: &Value) -> Reply {
    let (day, days) = (int(view, "day"), int(view, "days"));
    let mut table = Table::new(["", "players", "conquest points"]);
    for row in rows(view, "factions") {
        table.push([
            word(row, "faction"),
            words::figure(int(row, "players")),
            words::figure(int(row, "conquest_points")),
        ]);
    }
    let phase = match (view["state"].as_str(), view["finals"].as_bool()) {
        (Some("ended"), _) => "over",
        (Some("paused"), _) => "paused",
        (_, Some(true)) => "finals",
        _ => "open",
    };
    let phase = part(phase);
    let mut reply = Reply::new(say!("📅 Season {}: day {day} of {days}", int(view, "season")), table.block())
        .beside("Progress", format!("{} {phase}", words::bar(day, days)));
    if let Some(ends) = moment(view, "ends") {
        let stamps =
            format!("{} ({})", stamp::date(scene.clock(), ends), stamp::relative(scene.clock(), ends));
        reply = reply.beside("Ends", stamps);
    }
    if let Some(victor) = view["victor"].as_str() {
        reply = reply.beside("Victorious", format!("{} {}", emblem(victor), words::human(victor)));
    }
    reply
}

/// `/setup status`.
pub(super) fn setup(scene: &Scene<'_>, view: &Value) -> Reply {
    let config = &view["config"];
    let permille = |field: &str| {
        let amounts = res_of(&view[field]);
        [("food", amounts.food), ("iron", amounts.iron), ("gold", amounts.gold)]
            .map(|(name, n)| format!("{} {}.{} %", words::thing(&name), n / 10, n % 10))
            .join(", ")
    };
    let mut reply = Reply::new(
        say!(
            "⚙️ Season {}: {}, day {} of {}",
            int(view, "season"),
            words::low(&word(view, "state")),
            int(view, "day"),
            int(config, "season_days")
        ),
        "",
    )
    .beside("Players", say!("{} of {}", int(view, "players"), int(config, "max_players")))
    .beside("Marches", words::figure(int(view, "marches")))
    .beside("Timers", words::figure(int(view, "timers")))
    .beside(
        "Conquest",
        say!("{} at {:02}:00 UTC", word(config, "conquest_weekday"), int(config, "conquest_hour")),
    )
    .beside("Production", permille("modifiers"));
    if let Some(next) = moment(view, "next_timer") {
        reply = reply.beside("Next timer", stamp::both(scene.clock(), next));
    }
    if let Some(ends) = moment(view, "ends") {
        reply = reply.beside("Ends", stamp::date(scene.clock(), ends));
    }
    reply
}

/// `/profile`.
pub(super) fn profile(scene: &Scene<'_>, view: &Value) -> Reply {
    let faction = view["faction"].as_str().unwrap_or_default();
    let name = view["name"].as_str().map_or_else(|| scene.names.number(int(view, "pn")), words::safe);
    let mut reply = Reply::new(say!("{} {name} of {}", emblem(faction), words::human(faction)), "")
        .beside("Power", words::figure(int(view, "power")))
        .beside("Rating", words::figure(int(view, "rating")))
        .beside("Camps beaten", words::figure(int(view, "hunts")))
        .beside("Prestige", say!("{} (tier {})", words::figure(int(view, "prestige")), int(view, "tier")));
    if let Some(title) = view["title"].as_str() {
        reply = reply.beside("Title", crate::lang::word(title.to_owned()));
    }
    let guild = match (view["guild_name"].as_str(), view["guild_tag"].as_str()) {
        (Some(name), Some(tag)) => format!("{} [{}]", words::safe(name), words::safe(tag)),
        (Some(name), None) => words::safe(name),
        (None, _) => t("none"),
    };
    reply = reply.beside("Guild", guild);
    if int(view, "seasons_played") > 0 {
        reply = reply.beside("Seasons before", int(view, "seasons_played").to_string());
    }
    if let Some(joined) = moment(view, "joined_at") {
        reply = reply.beside("Joined", stamp::date(scene.clock(), joined));
    }
    if view["stocks"].is_object() {
        reply = reply
            .beside("City", format!("({},{})", int(view, "x"), int(view, "y")))
            .beside("Stores", res(res_of(&view["stocks"])))
            .beside("Diamonds", words::figure(int(view, "diamonds")))
            .beside("Troops at home", army(troops_of(&view["troops"])))
            .beside("Explored", say!("{} tiles", words::figure(int(view, "explored"))))
            .beside(
                "Raids won",
                say!("{}, loot worth {}", int(view, "raids_won"), words::figure(int(view, "loot_value"))),
            );
        if let Some(until) = moment(view, "shield_until") {
            reply = reply.beside("🛡️ Shield", say!("ends {}", stamp::both(scene.clock(), until)));
        }
        let mut buttons = vec![scene.button("🏰 City", "CityView", &json!({}))];
        let waiting = int(view, "waiting");
        if waiting > 0 {
            let messages = words::some(waiting, "message");
            reply = reply.field(
                "📭 Not delivered",
                say!("{messages} could not be sent to you privately. /since shows what happened; /messages tries again."),
            );
            buttons.push(scene.button("🕓 What happened", &SINCE.kind(), &json!({})));
        }
        reply = reply.row(Row::Buttons(buttons));
    }
    reply
}

/// `/privacy export`: everything, as it is kept.
pub(super) fn export(view: &Value) -> Reply {
    let text = serde_json::to_string_pretty(view).unwrap_or_default();
    let known = view["profile"].is_object();
    let told = if known { "Everything the season holds about you, as one file." } else { "No data." };
    let document = Document { name: "your-data.json".to_owned(), kind: "application/json", text };
    Reply::new("📦 Your data", t(told)).documented(document)
}

/// Who stands on a line of a board: a player, a guild or a faction. `player` says how a player of a number is written there,
/// `text` any other name.
fn entity(row: &Value, player: impl Fn(i64) -> String, text: impl Fn(&str) -> String) -> String {
    let name = row["name"].as_str().map(|name| match row["tag"].as_str() {
        Some(tag) => text(&format!("{name} [{tag}]")),
        None => text(name),
    });
    let player = || row["pn"].as_i64().map(&player);
    let guild = || row["guild"].as_i64().map(|guild| say!("guild {guild}"));
    let faction = || row["faction"].as_str().map(words::human);
    name.or_else(player).or_else(guild).or_else(faction).unwrap_or_else(|| "–".to_owned())
}

/// `/leaderboard`.
pub(super) fn board(scene: &Scene<'_>, view: &Value) -> Reply {
    let mut table = Table::new(["", "", ""]);
    for row in rows(view, "rows") {
        table.push([
            words::rank(int(row, "rank")),
            entity(row, |pn| scene.names.cell(pn), words::cell),
            words::figure(int(row, "value")),
        ]);
    }
    let title = view["title"]
        .as_str()
        .map_or_else(|| word(view, "board"), |title| crate::lang::text(title.to_owned()));
    let text = if table.is_empty() { t("Nobody stands here yet.") } else { table.block() };
    let own = &view["own"];
    let mut foot = say!(
        "page {} of {} · {} on the board",
        int(view, "page").max(1),
        int(view, "pages").max(1),
        words::figure(int(view, "total"))
    );
    if own.is_object() {
        foot = say!(
            "{} is {} with {} · {foot}",
            match view["entity"].as_str() {
                Some("player") | None => scene.names.id(scene.asker),
                Some(_) => entity(own, |pn| scene.names.number(pn), words::safe),
            },
            words::rank(int(own, "rank")),
            words::figure(int(own, "value"))
        );
    }
    let boards = scene.command.option("board").map(|option| option.kind);
    let reply = Reply::new(format!("🏆 {title}"), text).footed(foot);
    match boards {
        Some(games_core::tree::OptionKind::Choice(names)) => reply.row(Row::Select(Select {
            id: scene.show(&scene.command.kind(), &json!({ "board": PICK })),
            placeholder: t("Other boards"),
            options: names.iter().map(|name| (words::human(name), (*name).to_owned())).collect(),
        })),
        Some(_) | None => reply,
    }
}

/// `/season hall`.
pub(super) fn hall(scene: &Scene<'_>, view: &Value) -> Reply {
    let mut reply = Reply::new(say!("📜 Hall of fame: season {}", int(view, "season")), "");
    let mut lines = Vec::new();
    if let (Some(opened), Some(ended)) = (moment(view, "opened"), moment(view, "ended")) {
        let [from, to] = [opened, ended].map(|at| stamp::date(scene.clock(), at));
        lines.push(say!("{from} – {to}"));
    }
    if let Some(victor) = view["victor"].as_str() {
        lines.push(say!("{} **{}** was victorious.", emblem(victor), words::human(victor)));
    }
    if view["champion"].is_object() {
        let champion = entity(&view["champion"], |pn| scene.names.number(pn), words::safe);
        lines.push(say!("🏅 **{champion}** was the champion among guilds."));
    }
    reply.text = lines.join("\n");
    for board in rows(view, "boards") {
        let entries: Vec<String> = rows(board, "entries")
            .iter()
            .take(10)
            .enumerate()
            .map(|(i, entry)| {
                format!(
                    "{}. {} – {}",
                    i + 1,
                    entity(entry, |pn| scene.names.number(pn), words::safe),
                    words::figure(int(entry, "value"))
                )
            })
            .collect();
        if !entries.is_empty() {
            reply = reply.beside(word(board, "board"), entries.join("\n"));
        }
    }
    if reply.fields.is_empty() {
        reply.text = t("No season has ended here yet.");
    }
    reply
}
