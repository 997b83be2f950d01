//! The arena: a player's fights, rating and teams.

use std::cmp::Ordering;

use popverse_kingdoms::battle::Result as Ending;
use popverse_kingdoms::event::{ArenaFought, Opponent};
use popverse_kingdoms::formulas::arena as formulas;
use popverse_kingdoms::ids::Pn;
use popverse_kingdoms::keys::HeroKey;
use serde_json::{Value, json};

use super::tell::key;
use super::{int, moment, rows};
use crate::lang::{part, t};
use crate::picture::curve;
use crate::present::{Scene, words};
use crate::render::stamp;
use crate::reply::{Colour, Picture, Reply, Row};

/// The card of a fight, for everybody to see: who met with which heroes, how it ended, how clear it had been before, and
/// what came of it. How strong the heroes are stays their owners' own.
pub(super) fn card(scene: &Scene<'_>, e: &ArenaFought) -> Reply {
    let name = |pn: Pn| scene.names.number(i64::from(pn.get()));
    let me = name(e.pn);
    // A bot has two names: one within a sentence and one to stand alone.
    let (beaten, other) = match &e.opponent {
        Opponent::Player(pn) => (name(*pn), name(*pn)),
        Opponent::Bot(_) => (t("a bot"), t("Bot")),
    };
    let title = match e.outcome.result {
        Ending::AttackerWon => say!("🏆 {me} beat {beaten}"),
        Ending::DefenderWon => say!("🛡️ {me} lost to {beaten}"),
        Ending::Stalemate => say!("🛡️ {me} could not beat {beaten}"),
    };
    let rounds = words::some(e.outcome.rounds, "round");
    let ended = match e.outcome.result {
        Ending::AttackerWon => say!("The challenger won after {rounds}."),
        Ending::DefenderWon => say!("The challenged held after {rounds}."),
        Ending::Stalemate => say!("Nobody had won after {rounds}: the challenged held."),
    };
    let clear = formulas::confidence(e.expected);
    let percent = format!("{}.{} %", clear / 100, clear / 10 % 10);
    let before = match e.expected.cmp(&5000) {
        Ordering::Greater => say!("{me} was the favourite, confidence {percent}."),
        Ordering::Less => say!("{other} was the favourite, confidence {percent}."),
        Ordering::Equal => say!("Nobody was the favourite, confidence {percent}."),
    };
    let team = |heroes: &[HeroKey]| words::list(&heroes.iter().map(key).collect::<Vec<_>>());
    let ([mine, theirs], [rating, against]) = (e.changes, e.ratings);
    let rated = |rating: i64, change: i64| format!("{} ({change:+})", words::figure(rating));
    let theirs = match &e.opponent {
        Opponent::Player(_) => rated(against, theirs),
        // Nothing that happens to a bot changes it.
        Opponent::Bot(bot) => words::figure(bot.rating),
    };
    Reply::new(title, format!("{ended} {before}"))
        .coloured(Colour::DONE)
        .beside(say!("{me} with"), team(&e.team))
        .beside(say!("{other} with"), team(&e.against))
        .beside(say!("Rating of {me}"), rated(rating, mine))
        .beside(say!("Rating of {other}"), theirs)
        .beside("Arena points", say!("{} for {me}", words::figure(e.points)))
        .footed(say!("Battle {} · /arena log", e.battle))
}

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
