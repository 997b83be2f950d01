//! What happened on the map, a sentence for each event.

use popverse_kingdoms::battle::Result as Ending;
use popverse_kingdoms::event::{
    BattleResolved, Event, GatheringEnd, IncomingAlertRaised, MarchReturned, Party, ScoutFacts,
    TurnBackReason,
};

use super::tell::{key, lower_you, who, whose};
use super::{army, at, res};
use crate::lang::{part, t};
use crate::present::{Scene, words};
use crate::render::stamp;

/// The map.
#[allow(clippy::wildcard_enum_match_arm, reason = "tell::event, which is exhaustive, chooses who tells")]
pub(super) fn event(scene: &Scene<'_>, event: &Event) -> Option<String> {
    let in_time = |at| stamp::both(scene.clock(), at);
    Some(match event {
        Event::MarchStarted(e) => {
            let with = if e.troops.is_none() { t("scouts") } else { army(e.troops) };
            let led = e.hero.map_or_else(String::new, |hero| say!(", led by **{}**", key(&hero)));
            say!(
                "March #{} to **{}** with {with}{led}: arrives {}.",
                e.march,
                at(e.target),
                in_time(e.arrives)
            )
        }
        // What the arrival led to is told by its own events.
        Event::MarchArrived(_) | Event::NodeDepleted(_) | Event::NodeRefilled(_) => return None,
        Event::MarchTurnedBack(e) => {
            let why = match e.reason {
                TurnBackReason::CityGone => "the city is gone",
                TurnBackReason::Shielded => "the city is shielded",
                TurnBackReason::NpcGone => "the camp is gone",
                TurnBackReason::NobodyThere => "nobody gathers there any more",
                TurnBackReason::Friendly => "a fellow of your faction is there",
                TurnBackReason::Occupied => "others are there",
                TurnBackReason::NodeEmpty => "the node is empty",
                TurnBackReason::NotFellow => "no fellow lives there any more",
                TurnBackReason::Full => "there is no room for so many",
                TurnBackReason::Protected => "the parcel is protected",
                TurnBackReason::ConquestOver => "the conquest is over",
            };
            let why = part(why);
            say!("March #{} turns back: {why}. Home {}.", e.march, in_time(e.home_at))
        }
        Event::MarchRecalled(e) => {
            let load = if e.load == popverse_kingdoms::amounts::Res::default() {
                String::new()
            } else {
                say!(" with {}", res(e.load))
            };
            say!("March #{} turned homeward at {}{load}: home {}.", e.march, at(e.at), in_time(e.home_at))
        }
        Event::MarchReturned(e) => returned(e),
        Event::IncomingAlertRaised(e) => alert(scene, e),
        Event::TilesExplored(e) => say!("Explored **{}** tiles.", words::figure(e.count)),
        Event::BeaconLit(e) => say!("🔥 The beacon at {} burns for you.", at(e.beacon)),
        Event::GatheringStarted(e) => say!(
            "March #{} gathers **{} {}** at {}: done {}.",
            e.march,
            words::figure(e.amount),
            words::thing(&e.kind),
            at(e.node),
            in_time(e.done_at)
        ),
        // Told by the recall itself.
        Event::GatheringEnded(e) if e.reason == GatheringEnd::Recalled => return None,
        Event::GatheringEnded(e) => {
            let why = match e.reason {
                GatheringEnd::Done => "has all it came for",
                GatheringEnd::Recalled => "was called home",
                GatheringEnd::DrivenOff => "was driven off",
                GatheringEnd::Closed => "had to stop",
            };
            let why = part(why);
            let home = e.home_at.map_or_else(String::new, |home| say!(" Home {}.", in_time(home)));
            say!(
                "March #{} {why}: **{} {}**.{home}",
                e.march,
                words::figure(e.collected),
                words::thing(&e.kind)
            )
        }
        Event::ScoutReported(e) => say!(
            "🔭 Scouts of march #{} report from **{}**: {}. Home {}.",
            e.march,
            at(e.target),
            seen(scene, &e.facts),
            in_time(e.home_at)
        ),
        Event::ScoutCaught(e) => {
            say!(
                "🔭 {} scouts were caught at {} by {}.",
                whose(scene, e.pn),
                at(e.target),
                lower_you(&who(scene, e.by))
            )
        }
        Event::BattleResolved(e) => battle(scene, e),
        Event::CityLooted(e) => {
            say!("{} took **{}** from {}.", who(scene, e.by), res(e.taken), lower_you(&who(scene, e.victim)))
        }
        Event::DropsGained(e) => {
            let mut parts = Vec::new();
            if e.res != popverse_kingdoms::amounts::Res::default() {
                parts.push(res(e.res));
            }
            if e.diamonds > 0 {
                parts.push(words::some(e.diamonds, "diamond"));
            }
            if e.scrolls > 0 {
                parts.push(words::some(e.scrolls, "scroll"));
            }
            if parts.is_empty() {
                return None;
            }
            say!("💰 The camp held **{}**.", words::list(&parts))
        }
        _ => return None,
    })
}

fn returned(e: &MarchReturned) -> String {
    let mut line = say!("🏠 March #{} is home", e.march);
    if !e.troops.is_none() {
        line.push_str(&say!(" with {}", army(e.troops)));
    }
    if !e.wounded.is_none() {
        line.push_str(&say!(", {} wounded", army(e.wounded)));
    }
    let mut load = Vec::new();
    if e.load != popverse_kingdoms::amounts::Res::default() {
        load.push(res(e.load));
    }
    if e.diamonds > 0 {
        load.push(words::some(e.diamonds, "diamond"));
    }
    if e.scrolls > 0 {
        load.push(words::some(e.scrolls, "scroll"));
    }
    if let Some(piece) = e.gear.as_ref().filter(|_| e.gear_kept) {
        load.push(say!(
            "gear #{} ({} {})",
            piece.gear,
            words::thing(&piece.rarity),
            words::thing(&piece.slot)
        ));
    }
    if !load.is_empty() {
        line.push_str(&say!(". It brings **{}**", words::list(&load)));
    }
    line.push('.');
    line
}

fn alert(scene: &Scene<'_>, e: &IncomingAlertRaised) -> String {
    let from = e.attacker.map_or_else(String::new, |pn| say!(" from {}", who(scene, pn)));
    // Scouts come without troops.
    let size = match (e.troops.filter(|troops| !troops.is_none()), e.about.filter(|about| *about > 0)) {
        (Some(troops), _) => format!(", {}", army(troops)),
        (None, Some(about)) => say!(", about {} troops", words::figure(about)),
        (None, None) => String::new(),
    };
    let led = e.hero.map_or_else(String::new, |hero| say!(", led by {}", key(&hero)));
    say!("🚨 **{}** coming{from}{size}{led}: here {}.", key(&e.kind), stamp::both(scene.clock(), e.arrives))
}

/// What scouts saw, in one line.
pub(super) fn seen(scene: &Scene<'_>, facts: &ScoutFacts) -> String {
    let mut parts = Vec::new();
    let owner = facts.owner.map(|pn| say!("held by {}", lower_you(&who(scene, pn))));
    let level = facts.level.map(|level| say!("level {level}"));
    let power = facts.power.map(|power| say!("power {}", words::figure(power)));
    let troops = facts.troops.map(|troops| say!("troops {}", army(troops)));
    let hero = facts.hero.map(|hero| say!("hero {}", key(&hero)));
    let somebody = facts
        .hero_present
        .filter(|_| facts.hero.is_none())
        .map(|there| if there { t("a hero leads") } else { t("no hero") });
    let wall = facts.wall.map(|wall| say!("wall {wall}"));
    let stock = facts.stock.map(|stock| say!("stores {}", res(stock)));
    let left = facts.left.map(|left| say!("{} left", words::figure(left)));
    let allied = facts.allied.filter(|a| !a.is_none()).map(|allied| say!("allies {}", army(allied)));
    for part in [owner, level, power, troops, hero, somebody, wall, stock, left, allied].into_iter().flatten()
    {
        parts.push(part);
    }
    if parts.is_empty() { t("nobody there") } else { parts.join(", ") }
}

/// Who stands on a side, in a sentence.
pub(super) fn party(scene: &Scene<'_>, party: Party) -> String {
    match party {
        Party::Player(pn) => who(scene, pn),
        Party::Npc { kind, level, .. } => say!("{} (level {level})", key(&kind)),
        Party::Nobody => t("Nobody"),
    }
}

/// A battle in one line, from the reader's side.
fn battle(scene: &Scene<'_>, e: &BattleResolved) -> String {
    let rounds = words::some(e.outcome.rounds, "round");
    let me = |party: Party| party.player().is_some_and(|pn| scene.names.is_me(i64::from(pn.get())));
    let (attacks, defends) = (me(e.attacker.party), me(e.defender.party));
    let won = e.outcome.result.attacker_won();
    let word = match (attacks, defends) {
        (true, _) => {
            if won {
                "🏆 Victory"
            } else {
                "💀 Defeat"
            }
        }
        (false, true) => {
            if won {
                "💀 Defeat"
            } else {
                "🏆 Held"
            }
        }
        (false, false) => match e.outcome.result {
            Ending::AttackerWon => "The attacker won",
            Ending::DefenderWon => "The defender won",
            Ending::Stalemate => "Stalemate",
        },
    };
    let word = part(word);
    let against = if defends { party(scene, e.attacker.party) } else { party(scene, e.defender.party) };
    let lost = |side: &popverse_kingdoms::event::SideRecord| -> (i64, i64) {
        side.contingents
            .iter()
            .fold((0, 0), |(dead, wounded), c| (dead + c.dead.total(), wounded + c.wounded.total()))
    };
    let (dead, wounded) = if defends { lost(&e.defender) } else { lost(&e.attacker) };
    let loot = if e.loot == popverse_kingdoms::amounts::Res::default() {
        String::new()
    } else {
        say!(" Loot: {}.", res(e.loot))
    };
    say!(
        "**{word}** in {rounds} against {} at {}: {} dead, {} wounded.{loot} /battle report battle:{}",
        lower_you(&against),
        at(e.tile),
        words::figure(dead),
        words::figure(wounded),
        e.battle
    )
}
