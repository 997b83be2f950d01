//! The one way from an interaction to its answers, whether it came by HTTP or through a gateway.
//!
//! [`Handler::begin`] hands back the first answer in time: the whole one when the season is quick, a deferred one when it
//! is not. Whoever brought the interaction delivers it, inline or through [`Rest::callback`], and then lets
//! [`Later::finish`] send what is left. The work itself runs on when nobody waits for it any more: a command that has
//! begun is decided once, and its id keeps a second delivery from deciding it again.

mod later;
mod times;

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use discord_adapter::custom_id::CustomId;
use discord_adapter::host::{Answer, Clock, Host};
use discord_adapter::interaction::{Interaction, Kind, UserKey};
use discord_adapter::render::embed;
use discord_adapter::reply::{Attachment, Reply, Response};
use discord_adapter::{lang, parse, refusal, session};
use games_core::tree::CommandTree;
use schemas::Rejection;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::Instant;

pub use later::Later;
use later::{Asker, Left};
use times::Times;
pub use times::{BOUNDS_MS, Counts};

use crate::rest::{Answered, Rest, without_files};

/// The flag of a message that only one person sees.
const EPHEMERAL: u64 = 1 << 6;

/// What answers on a server of Discord.
#[derive(Debug)]
pub struct Hosted<H> {
    /// The season's host.
    pub host: Arc<H>,
    /// The commands of its game.
    pub tree: &'static CommandTree,
}

/// Finds the host of a server.
pub trait Guilds: Send + Sync + 'static {
    /// What answers an interaction.
    type Host: Host + 'static;

    /// What answers on this server. A server on which no season runs has a host, too: it says so, and lets one be opened.
    ///
    /// # Errors
    /// A refusal for people, where nothing answers there.
    fn hosted(&self, guild: u64) -> impl Future<Output = Answer<Hosted<Self::Host>>> + Send;
}

/// Within which limits interactions are answered.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// After so long an answer is deferred. Discord waits 3 s for the first one.
    pub defer: Duration,
    /// After so long a completion is given up: an empty list is better than one that comes when more has been typed.
    pub completion: Duration,
    /// Most interactions under way at once; one more is told that there is no room.
    pub at_once: usize,
    /// Most completions under way at once; one more gets an empty list. They never take the room of commands.
    pub completions_at_once: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            defer: Duration::from_millis(700),
            completion: Duration::from_millis(500),
            at_once: 4_096,
            completions_at_once: 128,
        }
    }
}

/// Answers interactions.
#[derive(Debug)]
pub struct Handler<G> {
    guilds: Arc<G>,
    rest: Rest,
    settings: Settings,
    room: Arc<Semaphore>,
    completions: Arc<Semaphore>,
    times: Arc<Times>,
}

/// The first answer to an interaction.
#[derive(Debug)]
pub struct First {
    /// The body of the callback.
    pub body: Value,
    /// Files that belong to it.
    pub files: Vec<Attachment>,
    /// What is still to come, once the first answer has been delivered.
    pub later: Option<Later>,
    /// Who asked, and the refusal that this is; none where it is no refusal.
    refusal: Option<(Asker, Box<Reply>)>,
}

impl First {
    fn of(response: &Response) -> Self {
        let files = response.reply().map(Reply::files).unwrap_or_default();
        Self { body: embed::callback(response), files, later: None, refusal: None }
    }

    fn to(self, asker: Asker, response: &Response) -> Self {
        let refusal = response.reply().filter(|reply| reply.refused.is_some()).cloned();
        Self { refusal: refusal.map(|reply| (asker, Box::new(reply))), ..self }
    }

    /// Discord has not taken the first answer: a refusal is told by a private message, so that nobody waits in vain. Whether
    /// it was.
    pub async fn told_otherwise(&self, rest: &Rest) -> bool {
        match &self.refusal {
            Some((asker, reply)) => asker.tell(rest, reply).await,
            None => false,
        }
    }

    /// Leaves the text alone: what is said in the files' stead takes their place.
    pub fn drop_files(&mut self) {
        let files = std::mem::take(&mut self.files);
        without_files(&mut self.body["data"], &files);
    }
}

/// How an answer is put off: decided before anything is known of it, and for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deferral {
    /// A new message that only the asker sees.
    Private,
    /// A new message that all see.
    Public,
    /// The message with the button stays as it is for now.
    Update,
}

impl Deferral {
    fn body(self) -> Value {
        match self {
            Self::Private => json!({ "type": 5, "data": { "flags": EPHEMERAL } }),
            Self::Public => json!({ "type": 5 }),
            Self::Update => json!({ "type": 6 }),
        }
    }

    /// What the tree says of the command. Where nothing is known yet, nobody else sees the answer.
    fn of(kind: &Kind, tree: Option<&CommandTree>) -> Self {
        let command = |tree| match kind {
            Kind::Command { path, .. } => parse::find(tree, path),
            Kind::Modal { custom_id, .. } => {
                custom_id.parse::<CustomId>().ok().and_then(|id| parse::find_kind(tree, &id.kind))
            }
            Kind::Ping | Kind::Autocomplete { .. } | Kind::Button { .. } | Kind::Select { .. } => None,
        };
        match kind {
            Kind::Button { .. } | Kind::Select { .. } => Self::Update,
            Kind::Command { .. } | Kind::Modal { .. } | Kind::Ping | Kind::Autocomplete { .. } => {
                if tree.and_then(command).is_some_and(|command| command.public) {
                    Self::Public
                } else {
                    Self::Private
                }
            }
        }
    }
}

impl<G: Guilds> Handler<G> {
    /// A handler.
    #[must_use]
    pub fn new(guilds: Arc<G>, rest: Rest, settings: Settings) -> Self {
        let room = Arc::new(Semaphore::new(settings.at_once));
        let completions = Arc::new(Semaphore::new(settings.completions_at_once));
        Self { guilds, rest, settings, room, completions, times: Arc::default() }
    }

    /// The client through which answers go.
    #[must_use]
    pub const fn rest(&self) -> &Rest {
        &self.rest
    }

    /// What has been answered so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.times.counts()
    }

    /// Waits until every answer that was put off has been given, so that nobody is left waiting for one; at most so long.
    /// How many were left.
    pub async fn drained(&self, limit: Duration) -> usize {
        self.times.drained(limit).await
    }

    /// Begins to answer: the first answer, after at most [`Settings::defer`].
    pub async fn begin(&self, interaction: Interaction) -> First {
        let lang = interaction.lang();
        let since = Instant::now();
        let first = lang::speaking(lang, self.first(interaction)).await;
        self.times.first(since.elapsed(), first.later.as_ref().is_some_and(Later::is_answer));
        first
    }

    async fn first(&self, interaction: Interaction) -> First {
        match interaction.kind {
            Kind::Ping => First::of(&Response::Pong),
            Kind::Autocomplete { .. } => First::of(&self.complete(&interaction).await),
            Kind::Command { .. } | Kind::Button { .. } | Kind::Select { .. } | Kind::Modal { .. } => {
                self.act(interaction).await
            }
        }
    }

    async fn complete(&self, interaction: &Interaction) -> Response {
        let none = || Response::Choices(Vec::new());
        let (Some(guild), Ok(_permit)) = (interaction.guild, self.completions.try_acquire()) else {
            return none();
        };
        let answer = async {
            match self.guilds.hosted(guild).await {
                Ok(Hosted { host, tree }) => session::handle(interaction, &*host, tree).await,
                Err(_) => none(),
            }
        };
        tokio::time::timeout(self.settings.completion, answer).await.unwrap_or_else(|_| none())
    }

    async fn act(&self, interaction: Interaction) -> First {
        let since = Instant::now();
        let asker = Asker(match interaction.user.key {
            UserKey::Discord(user) => Some(user),
            UserKey::Local(_) => None,
        });
        let Some(guild) = interaction.guild else {
            let text = "The game is played on a server: use the command there.";
            return First::of(&refused(&refusal::plain("SERVER_NEEDED", text)));
        };
        let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() else {
            tracing::warn!("no room for one more interaction");
            return First::of(&refused(&refusal::describe(&Rejection::new("UNAVAILABLE"))));
        };
        let to = Answered { id: interaction.id.clone(), token: interaction.token.clone() };
        let (kind, channel) = (interaction.kind.clone(), interaction.channel);
        let tree = Arc::new(OnceLock::new());
        let (guilds, found) = (Arc::clone(&self.guilds), Arc::clone(&tree));
        let lang = interaction.lang();
        let mut work = tokio::spawn(lang::speaking(lang, async move {
            let _permit = permit;
            match guilds.hosted(guild).await {
                Ok(Hosted { host, tree }) => {
                    let _ = found.set(tree);
                    session::handle(&interaction, &*host, tree).await
                }
                Err(text) => refused(&text),
            }
        }));
        let later = |left| Later {
            rest: self.rest.clone(),
            to: to.clone(),
            channel,
            since,
            asker,
            lang,
            left,
            _open: self.times.open(),
        };
        if let Ok(ended) = tokio::time::timeout(self.settings.defer, &mut work).await {
            let response = later::or_trouble(ended, &to.id);
            let first = response.reply().filter(|reply| !reply.more.is_empty()).cloned();
            let first = First {
                later: first.map(|first| later(Left::More(Box::new(first)))),
                ..First::of(&response)
            };
            return first.to(asker, &response);
        }
        let deferral = Deferral::of(&kind, tree.get().copied());
        let later = later(Left::Answer(deferral, work));
        First { body: deferral.body(), files: Vec::new(), later: Some(later), refusal: None }
    }
}

/// A refusal that no season's clock is needed for.
fn refused(text: &schemas::rejection::RejectionText) -> Response {
    Response::New(refusal::reply(text, Clock::default()))
}

#[cfg(test)]
mod tests {
    use discord_adapter::interaction::Kind;

    use super::*;

    #[test]
    fn privacy_is_chosen_from_the_tree_before_anything_is_known() {
        let tree = games_registry::find("popverse-kingdoms").unwrap().tree();
        let command = |path: &str| Kind::Command { path: path.to_owned(), options: Vec::new() };
        let public = tree.commands.iter().find(|command| command.public).unwrap();
        let private = tree.commands.iter().find(|command| !command.public).unwrap();
        assert_eq!(Deferral::of(&command(public.path), Some(tree)), Deferral::Public);
        assert_eq!(Deferral::of(&command(public.path), None), Deferral::Private);
        assert_eq!(Deferral::of(&command(private.path), Some(tree)), Deferral::Private);
        assert_eq!(Deferral::of(&command("no such"), Some(tree)), Deferral::Private);
        let button = Kind::Button { custom_id: String::new() };
        assert_eq!(Deferral::of(&button, Some(tree)), Deferral::Update);
        let form = |kind: &str| Kind::Modal { custom_id: format!("v1|w|do|{kind}|-|"), fields: Vec::new() };
        assert_eq!(Deferral::of(&form(&public.kind()), Some(tree)), Deferral::Public);
        assert_eq!(Deferral::of(&form("Nothing"), Some(tree)), Deferral::Private);
        // A deferral may carry the flag of privacy and nothing else.
        assert_eq!(Deferral::Private.body(), json!({ "type": 5, "data": { "flags": 64 } }));
    }
}
