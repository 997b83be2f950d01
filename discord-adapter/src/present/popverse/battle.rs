//! Battles: the card of a result, the list, the report round by round.

use popverse_kingdoms::amounts::{Res, Troops};
use popverse_kingdoms::event::{BattleResolved, Party, SideRecord};
use popverse_kingdoms::tile::Tile;
use schemas::GameTime;
use serde_json::{Value, json};

use super::tell::key;
use super::tell_war::party;
use super::{at, int, res, rows, word};
use crate::lang::t;
use crate::picture::strength::{self, Moment};
use crate::present::{Scene, words};
use crate::render::stamp;
use crate::render::table::Table;
use crate::reply::{Button, Colour, Picture, Reply, Row};

fn sum(side: &SideRecord, of: impl Fn(&popverse_kingdoms::event::Contingent) -> Troops) -> i64 {
    side.contingents.iter().map(|contingent| of(contingent).total()).sum()
}

fn me(scene: &Scene<'_>, party: Party) -> bool {
    party.player().is_some_and(|pn| scene.names.is_me(i64::from(pn.get())))
}

/// The card of a result.
pub(super) fn card(scene: &Scene<'_>, e: &BattleResolved) -> Reply {
    let won = e.outcome.result.attacker_won();
    let mine =
        if me(scene, e.defender.party) { Some(!won) } else { me(scene, e.attacker.party).then_some(won) };
    let rounds = words::some(e.outcome.rounds, "round");
    let (title, colour) = match mine {
        Some(true) => (say!("🏆 Victory in {rounds}"), Colour::DONE),
        Some(false) => (say!("💀 Defeat in {rounds}"), Colour::ASK),
        None => (say!("⚔️ {} after {rounds}", key(&e.outcome.result)), Colour::SHOWN),
    };
    let mut table = Table::new(["", "in", "left", "wounded", "dead"]);
    for (name, side) in [("attacker", &e.attacker), ("defender", &e.defender)] {
        table.push([
            t(name),
            words::figure(sum(side, |c| c.start)),
            words::figure(sum(side, |c| c.survivors)),
            words::figure(sum(side, |c| c.wounded)),
            words::figure(sum(side, |c| c.dead)),
        ]);
    }
    let named = |side: &SideRecord| {
        let hero = side.hero.map_or_else(String::new, |hero| say!(", led by {}", key(&hero)));
        format!("{}{hero}", crate::lang::text(party(scene, side.party)))
    };
    let mut reply = Reply::new(title, table.block())
        .coloured(colour)
        .beside("Attacker", named(&e.attacker))
        .beside("Defender", named(&e.defender))
        .beside("Where", at(e.tile));
    if e.loot != Res::default() {
        reply = reply.beside("Loot", res(e.loot));
    }
    if e.outcome.criticals > 0 {
        reply = reply.beside("Critical strikes", e.outcome.criticals.to_string());
    }
    let report = scene.button("📜 Blow by blow", "BattleReport", &json!({ "battle": e.battle.get() }));
    reply
        .footed(say!("Battle {} · seed {} · checksum {}", e.battle, e.input.seed, e.digest))
        .row(Row::Buttons(vec![report]))
}

fn side(scene: &Scene<'_>, row: &Value, field: &str) -> String {
    match (row[field].as_i64(), row["npc"].as_i64()) {
        (Some(pn), _) if scene.names.is_me(pn) => t("you"),
        (Some(pn), _) => scene.names.number(pn),
        (None, Some(npc)) => say!("camp {npc}"),
        (None, None) if row["kind"].as_str() == Some("arena") => t("Bot"),
        (None, None) => t("nobody"),
    }
}

/// The same for a picture, in which nothing is escaped.
fn plain_side(scene: &Scene<'_>, row: &Value, field: &str) -> String {
    match row[field].as_i64() {
        Some(pn) if !scene.names.is_me(pn) => scene.names.cell(pn),
        _ => side(scene, row, field),
    }
}

fn tile(row: &Value) -> String {
    let tile = u16::try_from(int(row, "tile")).ok().and_then(|index| Tile::try_from(index).ok());
    tile.map_or_else(String::new, at)
}

/// `/battle list`.
pub(super) fn list(scene: &Scene<'_>, view: &Value) -> Reply {
    let found = rows(view, "rows");
    if found.is_empty() {
        return Reply::new("⚔️ Battles", "None yet. /map find kind:bandit_camp shows where to begin.");
    }
    let mut lines = Vec::new();
    let mut buttons: Vec<Button> = Vec::new();
    for row in found {
        let battle = int(row, "battle_id");
        let when = stamp::relative(scene.clock(), GameTime::from_ms(int(row, "at")));
        lines.push(say!(
            "**#{battle}** {} against {} at {}: {} in {} rounds, {when}",
            side(scene, row, "attacker"),
            side(scene, row, "defender"),
            tile(row),
            words::low(&word(row, "outcome")),
            int(row, "rounds"),
        ));
        if buttons.len() < 5 {
            buttons.push(scene.button(&format!("#{battle}"), "BattleReport", &json!({ "battle": battle })));
        }
    }
    Reply::new("⚔️ Battles", lines.join("\n"))
        .footed(say!("page {} of {}", int(view, "page"), int(view, "pages")))
        .row(Row::Buttons(buttons))
}

/// `/battle report`.
pub(super) fn report(scene: &Scene<'_>, view: &Value) -> Reply {
    let mut text = String::new();
    let mut round = -1;
    let mut left = [1000, 1000];
    for step in rows(view, "told") {
        if int(step, "round") != round {
            round = int(step, "round");
            if round > 0 {
                text.push_str(&say!("\n**Round {round}**\n"));
            }
        }
        let mut letters = step["text"].as_str().unwrap_or_default().chars();
        text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
        text.push_str(letters.as_str());
        text.push('\n');
        left = [0, 1].map(|i: usize| step["left"][i].as_i64().unwrap_or(left[i]));
    }
    let strength = |i: usize| format!("{} {}.{} %", words::bar(left[i], 1000), left[i] / 10, left[i] % 10);
    let title = say!("📜 Battle {}: {}", int(view, "battle_id"), words::low(&word(view, "outcome")));
    let mut reply = Reply::new(title, text.trim());
    // The whole course belongs to the beginning; later pages are for reading on.
    if int(view, "page") <= 1 {
        reply.picture = chart(view, &["attacker", "defender"].map(|field| plain_side(scene, view, field)));
    }
    reply
        .beside(say!("Attacker: {}", side(scene, view, "attacker")), strength(0))
        .beside(say!("Defender: {}", side(scene, view, "defender")), strength(1))
        .footed(say!(
            "{} rounds · checksum {} · page {} of {}",
            int(view, "rounds"),
            view["digest"].as_str().unwrap_or("–"),
            int(view, "page").max(1),
            int(view, "pages").max(1)
        ))
}

/// Both sides' strength from round to round. A terminal has the bars, which say the same of the end.
fn chart(view: &Value, names: &[String; 2]) -> Option<Picture> {
    let point = |row: &Value| {
        let number = |index: usize| row[index].as_i64();
        Some(Moment { round: number(0)?, left: [number(1)?, number(2)?] })
    };
    let course: Vec<Moment> = rows(view, "course").iter().filter_map(point).collect();
    let names = [names[0].as_str(), names[1].as_str()];
    let drawing = strength::draw(&course, names)?;
    let alt = strength::alt(&course, names);
    Some(Picture { name: "battle.png".to_owned(), drawing, instead: String::new(), alt })
}
