//! Rate limit, then threat score: what everybody passes who uses a slash command, be it a command or a question.

use games_core::tree::SlashCommand;
use games_registry::GameFace;
use schemas::{Actor, CommandId, Facts, Rejection, WallTime};

use crate::gate::Limiter;
use crate::io::{Answer, Asked, Output, Question, Request};
use crate::loading::refuse;
use crate::threat::{self, Threats};

/// What a question that was stopped has for a payload on the audit is cut there; so much is kept of it here.
const OPTIONS_KEPT_MAX: usize = 1024;

/// Why a request goes no further.
pub(crate) enum Stopped {
    /// The asker is told all.
    Limited(Rejection),
    /// The asker is told the code, the audit the figures.
    Threat(Rejection),
}

impl Stopped {
    /// What the asker is told.
    pub(crate) fn told(self) -> Rejection {
        match self {
            Self::Limited(rejection) => rejection,
            Self::Threat(_) => Rejection::new(threat::CODE),
        }
    }

    /// Tells the asker and the audit.
    pub(crate) fn tell(self, request: Box<Request>, out: &mut Vec<Output>) {
        match self {
            Self::Limited(rejection) => refuse(request, rejection, out),
            Self::Threat(figures) => {
                out.push(Output::Reply(request.ticket, Answer::Refused(Rejection::new(threat::CODE))));
                out.push(Output::Refused(request, figures));
            }
        }
    }
}

/// One use of a slash command.
pub(crate) struct Asking<'a> {
    actor: &'a Actor,
    facts: &'a Facts,
    kind: &'a str,
    place: Option<(i64, i64)>,
    game: &'a dyn GameFace,
}

impl<'a> Asking<'a> {
    pub(crate) fn by_command(request: &'a Request, game: &'a dyn GameFace) -> Self {
        let place = game.threat().and_then(|_| game.place(&request.kind, &request.payload));
        Self { actor: &request.actor, facts: &request.facts, kind: &request.kind, place, game }
    }

    /// None for what no slash command asks.
    pub(crate) fn by_question(question: &'a Question, game: &'a dyn GameFace) -> Option<Self> {
        let Asked::View(kind, options) = &question.what else { return None };
        let place = game.threat().and_then(|_| game.place_asked(kind, options));
        Some(Self { actor: &question.actor, facts: &question.facts, kind, place, game })
    }

    pub(crate) const fn kind(&self) -> &'a str {
        self.kind
    }

    /// Both see the request, whatever becomes of it.
    pub(crate) fn pass(
        &self,
        limiter: &mut Limiter,
        threats: &mut Threats,
        command: &SlashCommand,
        now: WallTime,
    ) -> Result<(), Stopped> {
        let Some(player) = self.actor.player() else { return Ok(()) };
        let figures = self.game.threat();
        if let Some(figures) = &figures {
            threats.observe(player, self.kind, self.place, now, figures);
        }
        limiter.admit(player, command, self.facts.account_age_ms, now).map_err(Stopped::Limited)?;
        let Some(figures) = figures else { return Ok(()) };
        let score = threats.score(player, now, &figures);
        if score.total(&figures) < figures.stop_at {
            return Ok(());
        }
        Err(Stopped::Threat(score.refusal(&figures)))
    }
}

/// A question as the audit has it, beside the commands that were stopped.
pub(crate) fn as_request(question: &Question) -> Option<Box<Request>> {
    let Asked::View(kind, options) = &question.what else { return None };
    let mut payload = options.to_string().into_bytes();
    payload.truncate(OPTIONS_KEPT_MAX);
    Some(Box::new(Request {
        ticket: question.ticket,
        world: question.world.clone(),
        // A question has no id of its own; the audit numbers what it keeps.
        id: CommandId::new(&format!("question:{}:{}", question.actor, question.ticket)).ok()?,
        actor: question.actor.clone(),
        channel: "question".to_owned(),
        kind: kind.clone(),
        payload,
        facts: question.facts.clone(),
    }))
}
