//! PopVerse Kingdoms: receipts, views and what happened, as players like to see them.
//!
//! Events are read as the game's own types, so that a new event that nobody tells does not compile. Views are the JSON of
//! the game's questions. What the read models answer has these shapes:
//!
//! - `Leaderboard`: `{ board, title, entity, page, pages, total, rows: [{ rank, value, pn | guild | faction, name?, tag? }],
//!   own?: the asker's own such row, on a board of groups their group's }`
//! - `BattleList`: `{ page, pages, total, rows: [row of pv_battles] }`
//! - `BattleReport`: a row of `pv_battles` or `pv_arena_log`, with kind, outcome, rounds, digest, and
//!   `{ page, pages, told: [BattleStep] }`, the steps of that page, and `course: [[round, attacker's, defender's strength left in parts of 1,000]]` over the whole battle
//! - `SeasonHall`: `{ season, opened, ended, victor?, champion?: { guild, name?, tag? }, boards: [{ board, entries: [{ value,
//!   name?, guild? | faction?, tag? }] }] }`

mod arena;
mod army;
mod battle;
mod cards;
mod city;
mod hero;
mod map;
mod season;
mod society;
mod tell;
mod tell_society;
mod tell_war;
mod tell_weekly;
mod tell_world;
mod trade;

use games_core::tree::SlashCommand;
use popverse_kingdoms::amounts::{Res, Troops};
use popverse_kingdoms::event::Event;
use popverse_kingdoms::keys::{Resource, Tier};
use popverse_kingdoms::tile::Tile;
use schemas::GameTime;
use schemas::codec::Recorded;
use serde_json::Value;

use super::{Scene, generic, words};
use crate::host::Occurred;
use crate::lang::t;
use crate::reply::Reply;

/// The reply to a command that was accepted.
pub(super) fn receipt(scene: &Scene<'_>, events: &[Occurred]) -> Reply {
    let known: Option<Vec<Event>> = events.iter().map(read).collect();
    // Events of the host, or of another version than this build knows, are told by their shape.
    known.map_or_else(|| generic::receipt(scene, events), |events| cards::receipt(scene, &events))
}

/// Whether a command publishes an event that is told to its parties only: an arena fight is public by its result
/// (rulebook 4.2), of which the card says who, with which heroes, how it ended and what it did to the ratings.
pub(super) fn published(command: &SlashCommand, event: &Occurred) -> bool {
    command.path == "arena fight" && event.kind == "ArenaFought"
}

/// One event as a sentence.
pub(super) fn tell(scene: &Scene<'_>, event: &Occurred) -> Option<String> {
    match read(event) {
        Some(event) => tell::event(scene, &event),
        None => Some(generic::tell(scene, event)),
    }
}

/// The reply to a question.
pub(super) fn view(scene: &Scene<'_>, view: &Value) -> Reply {
    match scene.command.path {
        "city view" => city::city(scene, view),
        "build list" => city::buildings(scene, view),
        "research list" => city::research(scene, view),
        "item list" => city::items(scene, view),
        "troops view" => army::troops(scene, view),
        "march list" => army::marches(scene, view),
        "hero list" => hero::list(scene, view),
        "hero view" => hero::one(scene, view),
        "gear list" => hero::gear(scene, view),
        "map view" => map::view(scene, view),
        "map tile" => map::tile(scene, view),
        "map find" => map::find(scene, view),
        "map link" => map::link(view),
        "profile" => season::profile(scene, view),
        "privacy export" => season::export(view),
        "season status" => season::status(scene, view),
        "setup status" => season::setup(scene, view),
        "season hall" => season::hall(scene, view),
        "leaderboard" => season::board(scene, view),
        "arena log" => arena::log(scene, view),
        "land list" => trade::lands(scene, view),
        "land info" => trade::land(scene, view),
        "market price" => trade::prices(scene, view),
        "market offers" => trade::offers(scene, view),
        "guild info" => society::guild(scene, view),
        "conquest status" => society::conquest(scene, view),
        "quest list" => society::quests(scene, view),
        "notify view" => society::switches(scene, view),
        "battle list" => battle::list(scene, view),
        "battle report" => battle::report(scene, view),
        _ => generic::view(scene, view),
    }
}

fn read(event: &Occurred) -> Option<Event> {
    let version = Event::KINDS.iter().find(|kind| kind.kind == event.kind)?.version;
    let bytes = serde_json::to_vec(&event.payload).ok()?;
    Event::decode(&event.kind, version, &bytes).ok()
}

/// A number in a view; 0 where none stands.
fn int(view: &Value, field: &str) -> i64 {
    view[field].as_i64().unwrap_or(0)
}

/// A key in a view as words; empty where none stands.
fn word(view: &Value, field: &str) -> String {
    view[field].as_str().map(words::human).unwrap_or_default()
}

/// A moment in a view.
fn moment(view: &Value, field: &str) -> Option<GameTime> {
    view[field].as_i64().map(GameTime::from_ms)
}

/// Rows of a view.
fn rows<'a>(view: &'a Value, field: &str) -> &'a [Value] {
    view[field].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whose something is, by player or by guild; for tables, and to be made safe elsewhere.
fn banner(scene: &Scene<'_>, owner: &Value) -> String {
    match (owner["player"].as_i64().or_else(|| owner["pn"].as_i64()), owner["tag"].as_str()) {
        (Some(pn), _) if scene.names.is_me(pn) => t("you"),
        (Some(pn), _) => scene.names.cell(pn),
        (None, Some(tag)) => format!("[{}]", words::cell(tag)),
        (None, None) => {
            owner["guild"].as_i64().map_or_else(String::new, |guild| match scene.names.guilds.get(&guild) {
                Some(name) => words::cell(name),
                None => say!("guild {guild}"),
            })
        }
    }
}

/// Amounts of resources in words; `nothing` where there are none.
fn res(amount: Res) -> String {
    let parts: Vec<String> = Resource::ALL
        .into_iter()
        .filter(|resource| amount[*resource] != 0)
        .map(|resource| format!("{} {}", words::figure(amount[resource]), words::thing(&resource)))
        .collect();
    if parts.is_empty() { t("nothing") } else { words::list(&parts) }
}

/// Troops in words; `nobody` where there are none.
fn army(troops: Troops) -> String {
    let parts: Vec<String> = Tier::ALL
        .into_iter()
        .filter(|tier| troops[*tier] != 0)
        .map(|tier| format!("{} {tier}", words::figure(troops[tier])))
        .collect();
    if parts.is_empty() { t("nobody") } else { words::list(&parts) }
}

/// Amounts of resources in a view.
fn res_of(view: &Value) -> Res {
    Res::new(int(view, "food"), int(view, "iron"), int(view, "gold"))
}

/// Troops in a view.
fn troops_of(view: &Value) -> Troops {
    Troops::new(int(view, "t1"), int(view, "t2"), int(view, "t3"), int(view, "t4"))
}

/// A tile as people name it.
fn at(tile: Tile) -> String {
    format!("({},{})", tile.x(), tile.y())
}

/// A tile in a view.
fn place(view: &Value) -> String {
    format!("({},{})", int(view, "x"), int(view, "y"))
}

/// Food/iron/gold in a table: `120/80/40`.
fn price(cost: Res) -> String {
    format!("{}/{}/{}", words::figure(cost.food), words::figure(cost.iron), words::figure(cost.gold))
}

/// Stars of a rarity.
fn stars(rarity: &str) -> &'static str {
    match rarity {
        "common" => "★",
        "rare" => "★★",
        "epic" => "★★★",
        "legendary" => "★★★★",
        _ => "",
    }
}

/// The emblem of a faction.
fn emblem(faction: &str) -> &'static str {
    match faction {
        "cinema" => "🎬",
        "otaku" => "🌸",
        "arcade" => "🕹️",
        _ => "👑",
    }
}
