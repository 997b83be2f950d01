//! What follows a deferred answer.

use std::time::Duration;

use discord_adapter::lang::{self, Lang};
use discord_adapter::refusal;
use discord_adapter::render::embed;
use discord_adapter::reply::{Document, Reply, Response};
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
    /// Messages that follow this one, which was given inline.
    More(Box<Reply>),
}

/// What is left of an interaction after its first answer.
#[derive(Debug)]
pub struct Later {
    pub(super) rest: Rest,
    pub(super) to: Answered,
    pub(super) channel: Option<u64>,
    pub(super) asker: Asker,
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
        let Self { rest, to, channel, asker, since, lang: _, left, _open } = self;
        let (deferral, work) = match left {
            Left::Answer(deferral, work) => (deferral, work),
            Left::More(first) => {
                return Sender { rest, to, asker, delivered: Instant::now() }.following(&first).await;
            }
        };
        let response = or_trouble(work.await, &to.id);
        let sender = Sender { rest, to, asker, delivered: Instant::now() };
        if since.elapsed() > TOKEN_LIFE {
            return sender.too_late(&response, deferral, channel).await;
        }
        match sender.answer(&response, deferral).await {
            // Discord has let the token die before its time.
            Err(error) if error.code() == Some(Code::TokenExpired) => {
                sender.too_late(&response, deferral, channel).await
            }
            Err(error) => sender.instead(response.reply(), error).await,
            Ok(()) => match response {
                Response::New(first) => sender.following(&first).await,
                Response::Update(_) | Response::Form(_) | Response::Pong | Response::Choices(_) => Ok(()),
            },
        }
    }
}

struct Sender {
    rest: Rest,
    to: Answered,
    asker: Asker,
    delivered: Instant,
}

/// The name of the file that holds what no message may hold any more.
const REST: &str = "rest.txt";

impl Sender {
    /// Puts the answer in the place of what was put off.
    async fn answer(&self, response: &Response, deferral: Deferral) -> Result<(), RestError> {
        match (response, deferral) {
            // Opening a form is a first answer only.
            (Response::Form(form), _) => {
                let text = lang::sentence("That took too long for a form. Press the button again.");
                self.more(&Reply::new(form.title.clone(), text)).await
            }
            (Response::New(reply) | Response::Update(reply), Deferral::Private) => self.edit(reply).await,
            // What is for one pair of eyes never takes the place of what all would see.
            (Response::New(reply) | Response::Update(reply), Deferral::Public) if reply.private => {
                self.rest.delete_original(&self.to).await?;
                self.more(reply).await
            }
            (Response::New(reply) | Response::Update(reply), Deferral::Public) => self.edit(reply).await,
            (Response::Update(reply), Deferral::Update) => self.edit(reply).await,
            (Response::New(reply), Deferral::Update) => self.more(reply).await,
            (Response::Pong | Response::Choices(_), _) => Ok(()),
        }
    }

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

    /// What follows an answer, in order. Where Discord takes no more messages, the rest becomes a file of the first one.
    async fn following(&self, first: &Reply) -> Result<(), RestError> {
        let parts = first.following();
        for (number, part) in parts.iter().enumerate() {
            match self.more(part).await {
                Err(error) if error.code() == Some(Code::TooManyFollowUps) && first.document.is_none() => {
                    let rest = parts.get(number..).unwrap_or_default();
                    let texts: Vec<&str> = rest.iter().map(|part| part.text.as_str()).collect();
                    let (name, kind) = (REST.to_owned(), "text/plain; charset=utf-8");
                    let document = Document { name, kind, text: texts.join("\n") };
                    return self.edit(&first.clone().documented(document)).await;
                }
                ended => ended?,
            }
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

    /// An answer was not taken: a refusal goes by a private message, so that nobody waits in vain.
    async fn instead(&self, reply: Option<&Reply>, error: RestError) -> Result<(), RestError> {
        // What may stand there is not said twice.
        if matches!(error, RestError::Lost { sent: true, .. }) {
            return Err(error);
        }
        match reply {
            Some(reply) if self.asker.tell(&self.rest, reply).await => Ok(()),
            Some(_) | None => Err(error),
        }
    }

    /// The token is dead: what all may see goes to the channel, a refusal by a private message, the rest is found by asking
    /// again.
    async fn too_late(
        &self,
        response: &Response,
        deferral: Deferral,
        channel: Option<u64>,
    ) -> Result<(), RestError> {
        let public = response.reply().filter(|reply| !reply.private && deferral == Deferral::Public);
        let (Some(reply), Some(channel)) = (public, channel) else {
            let told = match response.reply() {
                Some(reply) => self.asker.tell(&self.rest, reply).await,
                None => false,
            };
            if !told {
                tracing::warn!(interaction = self.to.id, "an answer came after its token had died");
            }
            return Ok(());
        };
        let nonce = Some(self.to.id.as_str()).filter(|id| id.len() <= 25);
        self.rest.post(channel, &embed::message(reply), &reply.files(), nonce).await.map(drop)
    }
}

/// Who asked, where a refusal that can not be shown goes to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asker(pub(super) Option<u64>);

impl Asker {
    /// Tells a refusal by a private message; whether it is one and was taken. A person who has just done something waits
    /// for the answer to it, and gets no other message without having asked for messages.
    pub(super) async fn tell(self, rest: &Rest, reply: &Reply) -> bool {
        let (Some(user), true, Some(_)) = (self.0, reply.refused.is_some(), rest.token()) else {
            return false;
        };
        // Buttons work on the server alone.
        let plain = Reply { private: false, rows: Vec::new(), picture: None, ..reply.clone() };
        let sent = async {
            let channel = rest.private_channel(user).await?;
            rest.post(channel, &embed::message(&plain), &[], None).await
        };
        match sent.await {
            Ok(_) => true,
            Err(error) => {
                tracing::debug!(%error, "a refusal could not be told by a private message either");
                false
            }
        }
    }
}
