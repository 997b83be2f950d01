//! Commands and questions on their way to whoever holds their world.

use std::sync::Arc;
use std::time::Duration;

use command_service::{Routes, ServiceError};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use kernel::{Answer, Question, Request};
use schemas::{Rejection, WorldId};
use tokio::time::Instant;

use crate::bus::NoAnswer;
use crate::shared::Shared;
use crate::wire::{self, BadMessage};

/// How long a command looks for the owner of its world, over a take-over and longer, before it is refused.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long one request waits for its answer before the owner is looked for anew.
const REQUEST: Duration = Duration::from_secs(3);
/// The pause before the first retry, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(200));

/// How one try ended.
enum Try {
    /// It is answered.
    Answered(Answer),
    /// Nobody holds the world, or not the one who was asked: look again.
    Elsewhere,
}

/// Sends everything where its world is held.
pub(crate) struct Router {
    pub(crate) shared: Arc<Shared>,
}

impl Routes for Router {
    fn command(&self, request: Request) -> BoxFuture<'_, Result<Answer, ServiceError>> {
        async move {
            if request.kind == "WorldOpen" {
                return self.until_answered(&request.world, false, || self.open(&request)).await;
            }
            self.until_answered(&request.world, true, || self.try_command(&request)).await
        }
        .boxed()
    }

    fn ask(&self, question: Question) -> BoxFuture<'_, Result<Answer, ServiceError>> {
        async move { self.until_answered(&question.world, true, || self.try_question(&question)).await }
            .boxed()
    }
}

impl Router {
    /// Tries until there is an answer. A command that was carried out although its answer got lost is found by its id and
    /// answered from the record, so that trying again is safe. `exists` where there must be a record of the world already.
    async fn until_answered<F>(
        &self,
        world: &WorldId,
        exists: bool,
        once: impl Fn() -> F,
    ) -> Result<Answer, ServiceError>
    where
        F: Future<Output = Result<Try, ServiceError>>,
    {
        let until = Instant::now() + PATIENCE;
        let (mut pause, longest) = PAUSES;
        let mut looked = !exists;
        loop {
            if let Try::Answered(answer) = once().await? {
                return Ok(answer);
            }
            if !looked {
                looked = true;
                // A world of which there is no record has no owner for whom to wait.
                if matches!(self.shared.service.exists(world).await, Ok(false)) && !self.is_opening(world) {
                    return Ok(Answer::Refused(Rejection::new("NO_WORLD")));
                }
            }
            if Instant::now() + pause >= until {
                return Ok(Answer::Refused(Rejection::new("NO_OWNER").with("world", world.as_str())));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    /// A world that somebody holds without a record is being opened.
    fn is_opening(&self, world: &WorldId) -> bool {
        self.shared.service.holds(world) || self.shared.claimant(world).is_some()
    }

    async fn try_command(&self, request: &Request) -> Result<Try, ServiceError> {
        let service = &self.shared.service;
        if service.holds(&request.world) {
            let answer = service.command(request.clone()).await?;
            return Ok(judge(answer));
        }
        let subject = self.shared.bus.subjects.command(&request.world);
        self.far(subject, wire::write_command(request)).await
    }

    async fn try_question(&self, question: &Question) -> Result<Try, ServiceError> {
        let service = &self.shared.service;
        if service.holds(&question.world) {
            let answer = service.ask(question.clone()).await?;
            return Ok(judge(answer));
        }
        let subject = self.shared.bus.subjects.question(&question.world);
        self.far(subject, wire::write_question(question)).await
    }

    /// A world is opened where it will be held.
    async fn open(&self, request: &Request) -> Result<Try, ServiceError> {
        match self.shared.opener(&request.world) {
            None => Ok(Try::Elsewhere),
            Some(node) if node == self.shared.node => {
                Ok(Try::Answered(self.shared.service.command(request.clone()).await?))
            }
            Some(node) => {
                let subject = self.shared.bus.subjects.node(&node, "open");
                self.far(subject, wire::write_command(request)).await
            }
        }
    }

    async fn far(
        &self,
        subject: String,
        body: Result<bytes::Bytes, BadMessage>,
    ) -> Result<Try, ServiceError> {
        let broken = |problem: &dyn std::fmt::Display| {
            let rejection = Rejection::new("INTERNAL_ERROR").with("problem", problem.to_string());
            Ok(Try::Answered(Answer::Refused(rejection)))
        };
        let body = match body {
            Ok(body) => body,
            Err(problem) => return broken(&problem),
        };
        if body.len() > self.shared.bus.body_max() {
            let max = self.shared.bus.body_max().to_string();
            return Ok(Try::Answered(Answer::Refused(Rejection::new("PAYLOAD_TOO_BIG").with("max", max))));
        }
        let message = match self.shared.bus.request(subject, body, REQUEST).await {
            Ok(message) => message,
            Err(NoAnswer::Nobody) => return Ok(Try::Elsewhere),
            Err(NoAnswer::Silence(problem)) => {
                tracing::debug!(%problem, "no answer from the owner");
                return Ok(Try::Elsewhere);
            }
        };
        let Some(whole) = self.shared.whole(message).await else { return Ok(Try::Elsewhere) };
        match wire::read_answer(&whole) {
            Ok(answer) if has_moved(&answer) => Ok(Try::Elsewhere),
            Ok(answer) => Ok(Try::Answered(answer)),
            Err(problem) => broken(&problem),
        }
    }
}

/// Whether an answer of this node's own is one, or says that the world has gone elsewhere in the meantime.
fn judge(answer: Answer) -> Try {
    if has_moved(&answer) { Try::Elsewhere } else { Try::Answered(answer) }
}

/// Whether it says that the world is held by somebody else now.
pub(crate) fn has_moved(answer: &Answer) -> bool {
    matches!(answer, Answer::Refused(rejection) if rejection.code == "MOVED")
}
