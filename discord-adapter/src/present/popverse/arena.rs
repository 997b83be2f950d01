//! The arena: a player's fights, rating and teams.

use serde_json::{Value, json};

use super::{int, moment, rows};
use crate::lang::{part, t};
use crate::picture::curve;
use crate::present::{Scene, words};
use crate::render::stamp;
use crate::reply::{Picture, Reply, Row};

/// `/arena log`.
pub(super) fn log(scene: &Scene<'_>, view: &Value) -> Reply {
    let rating = words::figure(int(view, "rating"));
    let fights = rows(view, "rows");
    let team = |field: &str| {
        let team = view[field].as_array().map(Vec::as_slice).unwrap_or_default();
        let heroes: Vec<String> = team.iter().filter_map(Value::as_str).map(words::human).collect();
        if heroes.is_empty() { t("not set") } else { words::list(&heroes) }
    };
    let lines: Vec<String> = fights.iter().map(|fight| line(scene, fight)).collect();
    let text = if lines.is_empty() {
        t("No fight yet. /arena opponents shows whom to challenge.")
    } else {
        lines.join("\n")
    };
    let mut reply = Reply::new(say!("🏟️ Arena: rating {rating}"), text)
        .beside("Points", words::figure(int(view, "points")))
        .beside("Fights left today", int(view, "attempts").to_string())
        .field("Attacks with", team("attack"))
        .field("Defends with", team("defense"));
    if int(view, "page") <= 1 {
        reply.picture = course(view);
    }
    if !fights.is_empty() {
        reply = reply.footed(say!("page {} of {}", int(view, "page").max(1), int(view, "pages").max(1)));
    }
    let board = scene.button("🏅 Board", "Leaderboard", &json!({ "board": "arena" }));
    reply.row(Row::Buttons(vec![board]))
}

fn line(scene: &Scene<'_>, fight: &Value) -> String {
    let other = fight["pn"].as_i64().map_or_else(|| t("a bot"), |pn| scene.names.number(pn));
    let won = fight["won"].as_bool() == Some(true);
    let did = match (fight["defended"].as_bool() == Some(true), won) {
        (true, true) => say!("held against {other}"),
        (true, false) => say!("lost to {other}'s attack"),
        (false, true) => say!("beat {other}"),
        (false, false) => say!("lost to {other}"),
    };
    let when = moment(fight, "at").map_or_else(String::new, |at| stamp::relative(scene.clock(), at));
    format!(
        "{} **#{}** {did}: {:+} → {}, {when}",
        if won { "🏆" } else { "💀" },
        int(fight, "battle"),
        int(fight, "change"),
        int(fight, "rating"),
    )
}

/// The rating from fight to fight. A terminal has the lines, which say the same.
fn course(view: &Value) -> Option<Picture> {
    let ratings: Vec<i64> = rows(view, "ratings").iter().filter_map(Value::as_i64).collect();
    let drawing = curve::draw(part("Arena rating"), part("fights"), &ratings)?;
    let alt = curve::alt(part("Arena rating from fight to fight"), &ratings);
    Some(Picture { name: "rating.png".to_owned(), drawing, instead: String::new(), alt })
}
