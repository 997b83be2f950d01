//! Answers to the commands that every game has: the tutorial, and what happened since the asker last looked.

use games_core::tree::{TUTORIAL_CLAIM, TUTORIAL_SHOW};
use schemas::GameTime;
use serde_json::{Value, json};

use super::{Scene, words};
use crate::lang::t;
use crate::parse::SINCE;
use crate::reply::{Colour, Reply, Row};
use crate::{lang, news, refusal};

/// The answer, if it is to one of these commands.
pub(super) fn view(scene: &Scene<'_>, view: &Value) -> Option<Reply> {
    if std::ptr::eq(scene.command, &raw const TUTORIAL_SHOW) {
        return Some(tutorial(scene, view));
    }
    if std::ptr::eq(scene.command, &raw const SINCE) {
        return Some(since(scene, view));
    }
    None
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The steps, one after the other; of the next one how to do it and what for.
fn tutorial(scene: &Scene<'_>, view: &Value) -> Reply {
    let steps = list(&view["steps"]);
    if steps.is_empty() {
        return Reply::new(t("First steps"), t("This game has no tutorial. /help says what you can do."));
    }
    let done = steps.iter().filter(|step| step["done"] == true).count();
    let next = steps.iter().find(|step| step["done"] != true);
    let mut lines = Vec::new();
    for step in steps {
        let mark = match (step["done"] == true, step["paid"] == true) {
            (true, true) => "✅",
            (true, false) => "🎁",
            (false, _) if next.is_some_and(|next| next["step"] == step["step"]) => "▶️",
            (false, _) => "▫️",
        };
        let mut line = format!("{mark} {}", lang::text(text(step, "title").to_owned()));
        let pays = pays(&step["pays"]);
        if !pays.is_empty() && step["paid"] != true {
            line.push_str(" · ");
            line.push_str(&pays);
        }
        lines.push(line);
    }
    let mut reply = Reply::new(say!("First steps: {} of {}", done, steps.len()), lines.join("\n"));
    match next {
        Some(next) => {
            let spoken = |name: &str| lang::text(text(next, name).to_owned());
            let how = format!("{}\n`{}`", spoken("why"), text(next, "line"));
            reply = reply.coloured(Colour::SHOWN).field(say!("Next: {}", spoken("title")), how);
        }
        None => {
            reply = reply
                .coloured(Colour::DONE)
                .footed(t("That was all of it. /help says what else there is, /since what you have missed."));
        }
    }
    let unpaid = view["unpaid"].as_i64().unwrap_or(0);
    if unpaid > 0 {
        let label = lang::part(if unpaid == 1 { "🎁 Take the reward" } else { "🎁 Take the rewards" });
        reply = reply.row(Row::Buttons(vec![scene.act(label, &TUTORIAL_CLAIM.kind(), &json!({}))]));
    }
    reply
}

fn pays(pays: &Value) -> String {
    let each = pays.as_object().into_iter().flatten();
    let word = |what: &str| {
        lang::known_word(&words::human(what)).map_or_else(|| what.replace('_', " "), str::to_owned)
    };
    let each: Vec<String> =
        each.map(|(what, n)| format!("{} {}", words::figure(n.as_i64().unwrap_or(0)), word(what))).collect();
    words::list(&each)
}

/// What happened, newest first, with a button to each battle.
fn since(scene: &Scene<'_>, view: &Value) -> Reply {
    let rows = list(&view["rows"]);
    let fresh = view["fresh"].as_i64().unwrap_or(0);
    if rows.is_empty() {
        return Reply::new(t("Since you last looked"), t("Nothing has happened to you yet."));
    }
    let title = match fresh {
        0 => t("Nothing new since you last looked"),
        n => say!("{} since you last looked", words::some(n, "new thing")),
    };
    let mut lines = Vec::new();
    for row in rows {
        let mark = if row["fresh"] == true { "🆕 " } else { "" };
        let when = GameTime::from_ms(row["game_ms"].as_i64().unwrap_or(0));
        let when = crate::render::stamp::relative(scene.clock(), when);
        let told = refusal::stamped(&news::named(text(row, "text"), scene.names), scene.clock());
        lines.push(format!("{mark}{when} – {told}"));
    }
    let mut reply = Reply::new(title, lines.join("\n")).coloured(Colour::SHOWN);
    let mut battles: Vec<i64> = rows.iter().filter_map(|row| row["battle"].as_i64()).collect();
    battles.dedup();
    battles.truncate(crate::limits::BUTTONS);
    if !battles.is_empty() {
        let button = |n: &i64| scene.button(&say!("Battle {}", n), "BattleReport", &json!({ "battle": n }));
        reply = reply.row(Row::Buttons(battles.iter().map(button).collect()));
    }
    reply
}
