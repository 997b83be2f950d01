//! When the log is away: commands are refused, questions are answered with what was durable last, marked with its age,
//! for as long as that is bearable (rulebook of PopVerse Kingdoms, 2.23).

use schemas::{Rejection, WallTime, WorldId};

use crate::io::{Answer, Asked, Output, Question};
use crate::kernel::Kernel;
use crate::limits::WAITING_MAX;
use crate::loading::refuse_waiting;
use crate::questions::view;
use crate::slot::Waiting;

/// The field of a view that says how old it is, in ms. A view without it is fresh.
pub const STALE_FIELD: &str = "stale_ms";

impl Kernel {
    /// The log can not be used: who waits is told so, and not left without a word. Questions get an old answer.
    pub(crate) fn log_away(&mut self, now: WallTime, world: &WorldId, out: &mut Vec<Output>) {
        let Some(slot) = self.slots.get_mut(world) else { return };
        slot.away_since.get_or_insert(now);
        let away = slot.away();
        for waiting in slot.take_waiters() {
            match waiting {
                Waiting::Question(question) => {
                    if let Some(question) = self.stale(now, question, out) {
                        out.push(refuse_waiting(&Waiting::Question(question), away.clone()));
                    }
                }
                Waiting::Command(_) => out.push(refuse_waiting(&waiting, away.clone())),
            }
        }
    }

    /// Answers a question with the last durable state; hands it back where that is too old or not at hand.
    pub(crate) fn stale(
        &mut self,
        now: WallTime,
        question: Box<Question>,
        out: &mut Vec<Output>,
    ) -> Option<Box<Question>> {
        let (most, shared) = (self.config.stale_ms, self.config.lease_ms.is_some());
        if matches!(question.what, Asked::Bots(_)) {
            return Some(question);
        }
        let Some(slot) = self.slots.get_mut(&question.world) else { return Some(question) };
        // Where others may own the world, it may have gone on since the log was last heard of; where nobody can, it stands.
        let known = if shared { slot.confirmed } else { slot.away_since.unwrap_or(slot.confirmed) };
        let age = now.since(known);
        if !(0..=most).contains(&age) || slot.rewinding {
            return Some(question);
        }
        let Some(image) = &mut slot.image else { return Some(question) };
        let Some(world) = image.world(&question.world, &slot.live) else { return Some(question) };
        let (clock, as_of) = (world.clock(known), world.cursor().commit);
        let answer = view(world, &question, clock).map(|mut view| {
            if let Some(fields) = view.as_object_mut() {
                fields.insert(STALE_FIELD.to_owned(), age.into());
            }
            view
        });
        self.stale_answers += 1;
        out.push(Output::Reply(question.ticket, Answer::View(answer, as_of)));
        None
    }

    /// Lets a question wait for the reading under way, as far as there is room.
    pub(crate) fn hold(&mut self, question: Box<Question>, out: &mut Vec<Output>) {
        let slot = self.slots.get_mut(&question.world).filter(|slot| slot.waiting.len() < WAITING_MAX);
        match slot {
            Some(slot) => slot.waiting.push_back(Waiting::Question(question)),
            None => {
                let refused = Answer::Refused(Rejection::new("BUSY"));
                out.push(Output::Reply(question.ticket, refused));
            }
        }
    }
}
