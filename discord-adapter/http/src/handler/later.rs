//! What follows a deferred answer.

use std::time::Duration;

use discord_adapter::lang::{self, Lang};
use discord_adapter::refusal;
use discord_adapter::render::embed;
use discord_adapter::reply::{Reply, Response};
use schemas::Rejection;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::Instant;

use super::times::Open;
use super::{Deferral, refused};
use crate::rest::{Answered, Code, Rest, RestError};

/// An interaction's token lives for 15 minutes; this much earlier another way is taken.
const TOKEN_LIFE: Duration = Duration::from_secs(14 * 60);

/// An answer given inline may still be under way to Discord when the edit arrives: so long that is no error.
const UNDER_WAY: Duration = Duration::from_secs(4);

/// A pause before an edit is tried again for that reason.
const PAUSE: Duration = Duration::from_millis(150);

/// What is left to be sent.
#[derive(Debug)]
pub(super) enum Left {
    /// The whole answer, which was put off so.
    Answer(Deferral, JoinHandle<Response>),
    /// Messages that follow the answer.
    More(Vec<Reply>),
}

/// What is left of an interaction after its first answer.
#[derive(Debug)]
pub struct Later {
    pub(super) rest: Rest,
    pub(super) to: Answered,
    pub(super) channel: Option<u64>,
    pub(super) since: Instant,
    pub(super) lang: Lang,
    pub(super) left: Left,
    /// Until this is finished or dropped, a stop waits for it.
    pub(super) _open: Open,
}

/// The answer; where the work broke, words that can be searched for.
pub(super) fn or_trouble(ended: Result<Response, JoinError>, id: &str) -> Response {
    ended.unwrap_or_else(|error| {
        tracing::error!(%error, interaction = id, "an interaction broke");
        let mut text = refusal::describe(&Rejection::new("INTERNAL_ERROR"));
        // Whether it broke before or after the decision is not known here.
        text.sentence = format!("Something went wrong on our side. Ref {id}");
        refused(&text)
    })
}

impl Later {
    /// Waits for the work and sends its answer. To be called once the first answer has been delivered.
    ///
    /// # Errors
    /// When Discord does not take the answer. What was decided stays decided; asking again shows it.
    pub async fn finish(self) -> Result<(), RestError> {
        lang::speaking(self.lang, self.sent()).await
    }

    /// Whether the answer itself was put off.
    pub(super) const fn is_answer(&self) -> bool {
        matches!(self.left, Left::Answer(..))
    }

    async fn sent(self) -> Result<(), RestError> {
        let Self { rest, to, channel, since, lang: _, left, _open } = self;
        let (deferral, work) = match left {
            Left::Answer(deferral, work) => (deferral, work),
            Left::More(more) => return Sender { rest, to, delivered: Instant::now() }.all(&more).await,
        };
        let response = or_trouble(work.await, &to.id);
        let sender = Sender { rest, to, delivered: Instant::now() };
        let more = match &response {
            Response::New(reply) => reply.following(),
            Response::Update(_) | Response::Form(_) | Response::Pong | Response::Choices(_) => Vec::new(),
        };
        if since.elapsed() > TOKEN_LIFE {
            return sender.too_late(&response, deferral, channel).await;
        }
        let ending = match (response, deferral) {
            // Opening a form is a first answer only.
            (Response::Form(form), _) => {
                let text = lang::sentence("That took too long for a form. Press the button again.");
                sender.more(&Reply::new(form.title, text)).await
            }
            (Response::New(reply) | Response::Update(reply), Deferral::Private) => sender.edit(&reply).await,
            // What is for one pair of eyes never takes the place of what all would see.
            (Response::New(reply) | Response::Update(reply), Deferral::Public) if reply.private => {
                sender.rest.delete_original(&sender.to).await?;
                sender.more(&reply).await
            }
            (Response::New(reply) | Response::Update(reply), Deferral::Public) => sender.edit(&reply).await,
            (Response::Update(reply), Deferral::Update) => sender.edit(&reply).await,
            (Response::New(reply), Deferral::Update) => sender.more(&reply).await,
            (Response::Pong | Response::Choices(_), _) => Ok(()),
        };
        ending?;
        sender.all(&more).await
    }
}

struct Sender {
    rest: Rest,
    to: Answered,
    delivered: Instant,
}

impl Sender {
    async fn edit(&self, reply: &Reply) -> Result<(), RestError> {
        let (message, files) = (embed::edit(reply), reply.files());
        loop {
            let ending = self.rest.edit_original(&self.to, &message, &files).await;
            if !self.is_early(&ending) {
                return ending;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn more(&self, reply: &Reply) -> Result<(), RestError> {
        let (message, files) = (embed::message(reply), reply.files());
        loop {
            let ending = self.rest.follow_up(&self.to, &message, &files).await.map(drop);
            if !self.is_early(&ending) {
                return ending;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Messages in order.
    async fn all(&self, replies: &[Reply]) -> Result<(), RestError> {
        for reply in replies {
            self.more(reply).await?;
        }
        Ok(())
    }

    /// Whether Discord does not know of the first answer yet, which is still under way to it.
    fn is_early(&self, ending: &Result<(), RestError>) -> bool {
        let early = ending.as_ref().err().and_then(RestError::code).is_some_and(|code| {
            matches!(code, Code::UnknownWebhook | Code::UnknownMessage | Code::UnknownInteraction)
        });
        early && self.delivered.elapsed() <= UNDER_WAY
    }

    /// The token is dead: what all may see goes to the channel, the rest is found by asking again.
    async fn too_late(
        &self,
        response: &Response,
        deferral: Deferral,
        channel: Option<u64>,
    ) -> Result<(), RestError> {
        let public = response.reply().filter(|reply| !reply.private && deferral == Deferral::Public);
        let (Some(reply), Some(channel)) = (public, channel) else {
            tracing::warn!(interaction = self.to.id, "an answer came after its token had died");
            return Ok(());
        };
        let nonce = Some(self.to.id.as_str()).filter(|id| id.len() <= 25);
        self.rest.post(channel, &embed::message(reply), &reply.files(), nonce).await.map(drop)
    }
}
