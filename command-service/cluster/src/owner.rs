//! What others ask of the worlds that this node holds.

use std::sync::Arc;

use futures_util::StreamExt;
use kernel::Answer;
use schemas::{Rejection, WorldId};
use tokio::sync::oneshot;

use crate::router::has_moved;
use crate::shared::Shared;
use crate::wire;

/// That the world is held by somebody else now.
pub(crate) fn moved() -> Answer {
    Answer::Refused(Rejection::new("MOVED"))
}

/// Answers commands and questions for a world for as long as this node holds it.
pub(crate) async fn serve(shared: Arc<Shared>, world: WorldId) {
    let subjects = &shared.bus.subjects;
    let commands = shared.bus.subscribe(subjects.command(&world)).await;
    let questions = shared.bus.subscribe(subjects.question(&world)).await;
    let (Some(mut commands), Some(mut questions)) = (commands, questions) else { return };
    loop {
        let (message, command) = tokio::select! {
            Some(message) = commands.next() => (message, true),
            Some(message) = questions.next() => (message, false),
            else => return,
        };
        let Some(reply) = message.reply.as_ref().map(ToString::to_string) else { continue };
        // Into the mailbox here and now, so that they are decided in the order in which they came.
        let begun = if command { Some(begin(&shared, &world, &message.payload).await) } else { None };
        let (shared, world) = (Arc::clone(&shared), world.clone());
        tokio::spawn(async move {
            let answer = match begun {
                Some(Begun::Decided(answer)) => answer.await.unwrap_or_else(|_| moved()),
                Some(Begun::Refused(answer)) => answer,
                None => answer_question(&shared, &world, &message.payload).await,
            };
            if has_moved(&answer) {
                tracing::debug!(%world, "asked here, but held elsewhere");
            }
            shared.answer(reply, &answer).await;
        });
    }
}

/// A command of another node's.
enum Begun {
    /// It is in the mailbox.
    Decided(oneshot::Receiver<Answer>),
    /// It can not be.
    Refused(Answer),
}

async fn begin(shared: &Shared, world: &WorldId, body: &[u8]) -> Begun {
    match wire::read_command(body) {
        Ok(request) if request.world == *world => {
            shared.service.begin(request).await.map_or_else(|_| Begun::Refused(moved()), Begun::Decided)
        }
        Ok(_) => Begun::Refused(moved()),
        Err(problem) => Begun::Refused(unreadable(&problem)),
    }
}

async fn answer_question(shared: &Shared, world: &WorldId, body: &[u8]) -> Answer {
    match wire::read_question(body) {
        Ok(question) if question.world == *world => {
            shared.service.ask(question).await.unwrap_or_else(|_| moved())
        }
        Ok(_) => moved(),
        Err(problem) => unreadable(&problem),
    }
}

fn unreadable(problem: &wire::BadMessage) -> Answer {
    tracing::warn!(%problem, "a request of another node");
    Answer::Refused(Rejection::new("INTERNAL_ERROR").with("problem", problem.to_string()))
}
