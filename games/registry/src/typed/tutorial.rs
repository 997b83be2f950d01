//! The tutorial: the same for every game, from the game's list of steps.

use games_core::lesson::lesson_of;
use games_core::{Game, Lesson};
use schemas::host::{HostEvent, TutorialRewarded};
use schemas::{Actor, Rejection};

use super::TypedWorld;
use super::decide::Encoded;
use crate::host::Learned;
use crate::world::{Ask, DecideError, Decided};

/// The steps of which a bit is set.
fn steps<G: Game>(bits: u32) -> impl Iterator<Item = (usize, &'static Lesson)> {
    G::LESSONS.iter().enumerate().filter(move |(place, _)| bits & bit(*place) != 0)
}

const fn bit(place: usize) -> u32 {
    if place < games_core::lesson::LESSONS_MAX { 1 << place } else { 0 }
}

impl<G: Game> TypedWorld<G> {
    /// Marks the step that an accepted command is.
    pub(super) fn learn(&mut self, actor: &Actor, kind: &str) {
        if let (Some(place), Some(player)) = (lesson_of(G::LESSONS, kind), actor.player()) {
            self.host.learned.entry(player).or_default().done |= bit(place);
        }
    }

    /// Marks steps as rewarded.
    pub(super) fn mark_paid(&mut self, rewarded: &TutorialRewarded) {
        let paid = self.host.learned.entry(rewarded.player).or_default();
        for name in &rewarded.steps {
            if let Some(place) = G::LESSONS.iter().position(|lesson| lesson.name == name) {
                paid.paid |= bit(place);
            }
        }
    }

    /// Rewards the steps that a player has done.
    pub(super) fn decide_tutorial(&mut self, ask: &Ask<'_>, actor: &Actor) -> Result<Decided, DecideError> {
        if let Some(rejection) = self.closed() {
            return Ok(self.rejected(ask.now, rejection));
        }
        let Some(player) = actor.player() else {
            return Ok(self.rejected(ask.now, Rejection::new("NOT_A_PLAYER")));
        };
        let unpaid = self.host.learned.get(&player).map_or(0, |learned| learned.unpaid());
        let owed: Vec<&Lesson> = steps::<G>(unpaid).map(|(_, lesson)| lesson).collect();
        if owed.is_empty() {
            return Ok(self.rejected(ask.now, Rejection::new("NO_STEP_DONE")));
        }
        let mut encoded = Encoded::default();
        let steps = owed.iter().map(|lesson| lesson.name.to_owned()).collect();
        let rewarded = HostEvent::TutorialRewarded(TutorialRewarded { player, steps });
        self.push_host(rewarded, ask.now, &mut encoded)?;
        let next = self.cursor.position.next().next();
        let allocations = self.run_game(ask, next, &mut encoded, |d| {
            for lesson in owed {
                G::pay_lesson(lesson, player, d);
            }
        })?;
        Ok(self.accepted(ask.now, encoded, allocations, None))
    }

    /// The tutorial as a player sees it.
    pub(super) fn tutorial(&self, actor: &Actor) -> serde_json::Value {
        let learned = actor.player().and_then(|player| self.host.learned.get(&player).copied());
        let learned: Learned = learned.unwrap_or_default();
        let has = |bits: u32, place: usize| bits & bit(place) != 0;
        let rows: Vec<serde_json::Value> = G::LESSONS
            .iter()
            .enumerate()
            .map(|(place, lesson)| {
                let pays: serde_json::Map<String, serde_json::Value> = G::lesson_pays(&self.rules, lesson)
                    .into_iter()
                    .filter(|(_, amount)| *amount != 0)
                    .map(|(what, amount)| (what.to_owned(), amount.into()))
                    .collect();
                serde_json::json!({
                    "step": lesson.name,
                    "title": lesson.title,
                    "why": lesson.why,
                    "line": lesson.line,
                    "done": has(learned.done, place),
                    "paid": has(learned.paid, place),
                    "pays": pays,
                })
            })
            .collect();
        let next = (0..G::LESSONS.len()).find(|place| !has(learned.done, *place));
        serde_json::json!({
            "game": G::TITLE,
            "steps": rows,
            "next": next.and_then(|place| G::LESSONS.get(place)).map(|lesson| lesson.name),
            "unpaid": learned.unpaid().count_ones(),
        })
    }
}
