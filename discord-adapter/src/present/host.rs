//! What happens to a season as a whole: the same for every game.

use games_core::tree::{TUTORIAL_CLAIM, TUTORIAL_SHOW};
use schemas::codec::Recorded;
use schemas::host::HostEvent;
use serde_json::json;

use super::{Scene, bullets, words};
use crate::host::Occurred;
use crate::lang::{self, t};
use crate::reply::{Colour, Reply, Row};

/// The event as the host's, if it is one.
fn read(event: &Occurred) -> Option<HostEvent> {
    let version = HostEvent::KINDS.iter().find(|kind| kind.kind == event.kind)?.version;
    let bytes = serde_json::to_vec(&event.payload).ok()?;
    HostEvent::decode(&event.kind, version, &bytes).ok()
}

/// One event as a sentence; none for an event of the game.
pub(super) fn tell(event: &Occurred) -> Option<String> {
    let because = |reason: &str| {
        if reason.is_empty() { ".".to_owned() } else { format!(": {}.", words::safe(reason)) }
    };
    Some(match read(event)? {
        HostEvent::WorldOpened(e) => {
            let short: String = e.secret_commitment.chars().take(16).collect();
            let fair =
                if short.is_empty() { String::new() } else { say!(" The dice are sealed: `{short}…`") };
            say!("🎉 The season is open.{fair}")
        }
        HostEvent::WorldPaused(e) => {
            say!("⏸️ The season is paused{} Your timers wait too.", because(&e.reason))
        }
        HostEvent::WorldResumed(e) if e.paused_ms >= 1000 => {
            say!(
                "▶️ The season goes on after {}{} Everything due moved by as much.",
                words::span(e.paused_ms / 1000),
                because(&e.reason)
            )
        }
        HostEvent::WorldResumed(e) => say!("▶️ The season goes on{}", because(&e.reason)),
        HostEvent::WorldClosed(e) => {
            let short: String = e.secret.chars().take(16).collect();
            say!("🏁 The season is over. The dice are revealed, so that anybody can check them: `{short}…`")
        }
        HostEvent::WorldRewound(e) => {
            say!("⏪ The season was taken back to commit {}{}", e.to, because(&e.reason))
        }
        HostEvent::DiceRenewed(_) => t("🎲 The dice are new: no roll comes twice."),
        HostEvent::RewindCompleted(_) => t("▶️ The season goes on from there."),
        HostEvent::WorldRulesChanged(e) => say!("📐 New rules are in force{}", because(&e.reason)),
        HostEvent::TutorialRewarded(e) => {
            say!("🎓 {} of the tutorial done.", words::some(e.steps.len() as i64, "step"))
        }
    })
}

/// The reply to a command of the host's own; none if the game decided it.
pub(super) fn receipt(scene: &Scene<'_>, events: &[Occurred]) -> Option<Reply> {
    let lines: Vec<String> = events.iter().filter_map(tell).collect();
    if lines.is_empty() {
        return None;
    }
    let more = events.iter().filter(|event| read(event).is_none());
    let more = more.filter_map(|event| super::tell(scene, event));
    let lines: Vec<String> = lines.into_iter().chain(more).collect();
    let reply = Reply::new(scene.place.title.clone(), bullets(&lines)).coloured(Colour::DONE);
    if !std::ptr::eq(scene.command, &raw const TUTORIAL_CLAIM) {
        return Some(reply);
    }
    let next = scene.button(lang::part("▶️ What comes next"), &TUTORIAL_SHOW.kind(), &json!({}));
    Some(reply.row(Row::Buttons(vec![next])))
}
