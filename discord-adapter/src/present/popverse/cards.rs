//! Replies to commands: a heading of its own for each, what happened, and the way on.

use popverse_kingdoms::amounts::Res;
use popverse_kingdoms::event::{ArenaFought, BattleResolved, Event, HeroSummoned, MarchStarted};
use popverse_kingdoms::keys::MarchKind;
use serde_json::json;

use super::tell::key;
use super::{arena, army, at, battle, emblem, res, tell};
use crate::lang::t;
use crate::present::{Scene, bullets, words};
use crate::render::stamp;
use crate::reply::{Button, Colour, Reply, Row};

/// The reply to a command.
pub(super) fn receipt(scene: &Scene<'_>, events: &[Event]) -> Reply {
    if let Some(march) = events.iter().find_map(started) {
        return setting_out(scene, march, events);
    }
    if let Some(fought) = events.iter().find_map(fought) {
        return battle::card(scene, fought);
    }
    if let Some(fought) = events.iter().find_map(duel) {
        return arena::card(scene, fought);
    }
    let lines: Vec<String> = events.iter().filter_map(|event| tell::event(scene, event)).collect();
    let (title, way_on) = heading(scene, events);
    let text = if lines.is_empty() { echo(scene) } else { bullets(&lines) };
    let buttons = way_on.iter().map(|(label, kind)| scene.button(label, kind, &json!({}))).collect();
    let mut reply = Reply::new(title, text).coloured(Colour::DONE).row(Row::Buttons(buttons));
    // Whoever waits for an epic or a legendary hero sees how near they are (rulebook 4.2).
    if let Some(last) = events.iter().rev().find_map(summoned) {
        reply = reply
            .beside("Since the last epic or better", words::figure(last.pity_epic))
            .beside("Since the last legendary", words::figure(last.pity_legendary));
    }
    reply
}

/// What was asked for, where the asker sees none of its events: an administrator who acts on others.
fn echo(scene: &Scene<'_>) -> String {
    let words: Vec<String> = super::super::args(scene.options)
        .into_iter()
        .filter(|(name, _)| name != "confirm")
        .map(|(name, value)| {
            let value = value.parse().map_or_else(|_| words::safe(&value), |player| scene.names.id(player));
            format!("{name} **{value}**")
        })
        .collect();
    if words.is_empty() { t("Done.") } else { say!("Done: {}.", words.join(", ")) }
}

const fn started(event: &Event) -> Option<&MarchStarted> {
    if let Event::MarchStarted(march) = event { Some(march) } else { None }
}

const fn fought(event: &Event) -> Option<&BattleResolved> {
    if let Event::BattleResolved(battle) = event { Some(battle) } else { None }
}

const fn duel(event: &Event) -> Option<&ArenaFought> {
    if let Event::ArenaFought(fought) = event { Some(fought) } else { None }
}

const fn summoned(event: &Event) -> Option<&HeroSummoned> {
    if let Event::HeroSummoned(summoned) = event { Some(summoned) } else { None }
}

type WayOn = &'static [(&'static str, &'static str)];

/// The heading, and the questions that come next.
fn heading(scene: &Scene<'_>, events: &[Event]) -> (String, WayOn) {
    const CITY: WayOn = &[("🏰 City", "CityView"), ("🔨 Buildings", "BuildList")];
    const TROOPS: WayOn = &[("⚔️ Troops", "TroopsView"), ("🏰 City", "CityView")];
    const LAB: WayOn = &[("🔬 Research", "ResearchList"), ("🏰 City", "CityView")];
    const HEROES: WayOn = &[("🎴 Heroes", "HeroList"), ("🗡️ Gear", "GearList")];
    const ITEMS: WayOn = &[("🎒 Items", "ItemList")];
    const MARCHES: WayOn = &[("🚩 Marches", "MarchList")];
    let (title, way_on): (&str, WayOn) = match scene.command.path {
        "join" => return (welcome(events), CITY),
        "build start" => ("🔨 The builders are at work", CITY),
        "build cancel" => ("🔨 Building called off", CITY),
        "build hasten" | "research hasten" | "troops hasten" => ("⏩ Sooner than planned", CITY),
        "research start" => ("🔬 The scholars are at work", LAB),
        "research cancel" => ("🔬 Research called off", LAB),
        "troops train" | "troops promote" => ("⚔️ The drill begins", TROOPS),
        "troops heal" => ("❤️ The healers are at work", TROOPS),
        "troops cancel" => ("⚔️ Called off", TROOPS),
        "troops dismiss" => ("⚔️ Farewell", TROOPS),
        "city warden" => ("🏰 A warden for your city", CITY),
        "city relocate" => ("🏰 Your city has moved", CITY),
        "city shield" => ("🛡️ Shield up", CITY),
        "city crew" => ("🔨 A second crew", CITY),
        "march recall" => ("🚩 Called home", MARCHES),
        "hero summon" => ("🎴 The scrolls answer", HEROES),
        "hero skill" => ("🎴 A skill raised", HEROES),
        "hero tome" => ("📖 An evening with a book", HEROES),
        "gear equip" | "gear unequip" => ("🗡️ Gear", HEROES),
        "gear forge" => ("🔥 Out of the forge", HEROES),
        "gear salvage" => ("🔥 Melted down", HEROES),
        "item buy" => ("💎 Bought", ITEMS),
        "privacy anonymize" => ("🕶️ Your name is hidden", &[]),
        "privacy delete" => ("👋 You have left the season", &[]),
        "setup config" => ("⚙️ Settings changed", &[("⚙️ Status", "SetupStatus")]),
        "admin grant" => ("🎁 Granted", &[]),
        "admin suspend" => ("⛔ Suspended", &[]),
        "admin reinstate" => ("✅ Reinstated", &[]),
        path => return (words::human(path), &[]),
    };
    (title.to_owned(), way_on)
}

fn welcome(events: &[Event]) -> String {
    let faction = events.iter().find_map(|event| {
        if let Event::PlayerJoined(joined) = event { Some(joined.faction.key()) } else { None }
    });
    faction.map_or_else(
        || t("Welcome"),
        |faction| say!("{} Welcome to {}", emblem(faction), words::human(faction)),
    )
}

fn setting_out(scene: &Scene<'_>, march: &MarchStarted, events: &[Event]) -> Reply {
    let icon = match scene.command.path {
        "scout" => "🔭",
        "gather" => "🌾",
        _ => "🚩",
    };
    let title = say!("{icon} {} march started: #{} to {}", key(&march.kind), march.march, at(march.target));
    let also: Vec<String> = events
        .iter()
        .filter(|event| started(event).is_none())
        .filter_map(|event| tell::event(scene, event))
        .collect();
    let steps = i64::try_from(march.path.tiles.len()).unwrap_or(1) - 1;
    let mut reply = Reply::new(title, bullets(&also))
        .coloured(Colour::DONE)
        .beside("Arrives", stamp::both(scene.clock(), march.arrives))
        .beside("Way", format!("{}, {}", words::some(steps, "tile"), words::span(march.seconds)));
    if !march.troops.is_none() {
        reply = reply.beside("Troops", army(march.troops));
    }
    if let Some(hero) = march.hero {
        reply = reply.beside("Led by", key(&hero));
    }
    if let Some(power) = march.power {
        reply = reply.beside("Army power", words::figure(power));
    }
    if march.kind == MarchKind::Attack {
        let known = march
            .against
            .map_or_else(|| t("unknown: /scout tells"), |power| say!("about {}", words::figure(power)));
        reply = reply.beside("Against", known);
    }
    if march.cost != Res::default() {
        reply = reply.beside("Cost", res(march.cost));
    }
    let target = json!({ "x": march.target.x(), "y": march.target.y() });
    let buttons: Vec<Button> = vec![
        scene.button("🚩 Marches", "MarchList", &json!({})),
        scene.button("🗺️ Target", "MapTile", &target),
    ];
    reply.row(Row::Buttons(buttons))
}
