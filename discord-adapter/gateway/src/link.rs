//! The connection itself. No type of the library that keeps it leaves this module, and none of its calls goes out over
//! HTTP: it is told where the gateway is, and answers go through [`Rest`](discord_http::Rest).
//!
//! The library runs on threads of its own. A shard that it leaves in an endless loop after a close that it has no name
//! for takes no thread of ours, and ends with them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use serenity::all::{
    Context, Event, GatewayError as Ending, GatewayIntents, HttpBuilder, Interaction, RawEventHandler,
    ShardId, ShardManager, ShardManagerOptions,
};
use serenity::futures::StreamExt;
use serenity::gateway::ConnectionStage;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use url::Url;

use crate::error::GatewayError;
use crate::settings::Range;

/// What the connection tells.
#[derive(Debug)]
pub(crate) enum Told {
    /// An interaction, as the JSON that Discord sent as far as the library kept it.
    Interaction(Value),
    /// The application is in this server.
    Joined(u64),
    /// The application is in this server no more.
    Left(u64),
    /// The connection ended for good.
    Ended(GatewayError),
}

/// Most threads of the library.
const MOST_THREADS: u32 = 4;

/// How long the end of one shard is waited for.
const PARTING: Duration = Duration::from_secs(6);

/// The shards of a connection, to be asked how they are.
#[derive(Clone)]
pub(crate) struct Watched {
    manager: Arc<ShardManager>,
    range: Range,
}

impl Watched {
    /// The shards that have no session now.
    pub(crate) async fn down(&self) -> Vec<u32> {
        let runners = self.manager.runners.lock().await;
        let up = |shard: u32| {
            runners.get(&ShardId(shard)).is_some_and(|info| info.stage == ConnectionStage::Connected)
        };
        (self.range.first..=self.range.last).filter(|shard| !up(*shard)).collect()
    }
}

/// A connection with all its shards.
pub(crate) struct Link {
    watched: Watched,
    runtime: Mutex<Option<Runtime>>,
}

impl Link {
    /// Begins to connect; shards follow each other by 5 s, which is what Discord allows a bot of any size.
    ///
    /// # Errors
    /// [`GatewayError::Setup`].
    pub(crate) fn start(
        token: &str,
        gateway: &Url,
        range: Range,
    ) -> Result<(Self, UnboundedReceiver<Told>), GatewayError> {
        let threads = usize::try_from((range.count() + 1).min(MOST_THREADS)).unwrap_or(1);
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("discord-gateway")
            .enable_all()
            .build()
            .map_err(|error| GatewayError::Setup(error.to_string()))?;
        let (tell, told) = unbounded_channel();
        let manager = {
            let _inside = runtime.enter();
            manager(token, gateway, range, &tell)
        };
        let link = Self { watched: Watched { manager, range }, runtime: Mutex::new(Some(runtime)) };
        Ok((link, told))
    }

    /// The shards.
    pub(crate) fn watched(&self) -> Watched {
        self.watched.clone()
    }

    /// Says goodbye to Discord and ends the threads.
    pub(crate) async fn stop(&self) {
        let runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(runtime) = runtime else { return };
        let manager = Arc::clone(&self.watched.manager);
        let parting = runtime.spawn(async move { manager.shutdown_all().await });
        if tokio::time::timeout(PARTING * self.watched.range.count(), parting).await.is_err() {
            tracing::warn!("the gateway was left without a goodbye");
        }
        runtime.shutdown_background();
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // A runtime that is dropped waits for its threads, which the one that dropped it might be one of.
        if let Some(runtime) = self.runtime.lock().unwrap_or_else(PoisonError::into_inner).take() {
            runtime.shutdown_background();
        }
    }
}

fn manager(token: &str, gateway: &Url, range: Range, tell: &UnboundedSender<Told>) -> Arc<ShardManager> {
    // Never used for a call: it only carries the token.
    let http = Arc::new(HttpBuilder::new(token).ratelimiter_disabled(true).build());
    let ear: Arc<dyn RawEventHandler> = Arc::new(Ear { tell: tell.clone() });
    let (manager, mut ending) = ShardManager::new(ShardManagerOptions {
        data: Arc::default(),
        event_handlers: Vec::new(),
        raw_event_handlers: vec![ear],
        shard_index: range.first,
        shard_init: range.count(),
        shard_total: range.total,
        // The library puts the query behind it.
        ws_url: Arc::new(tokio::sync::Mutex::new(gateway.as_str().to_owned())),
        http,
        intents: GatewayIntents::GUILDS,
        presence: None,
    });
    let tell = tell.clone();
    tokio::spawn(async move {
        if let Some(Err(error)) = ending.next().await {
            // Nobody listens any more once the connection was stopped.
            tell.send(Told::Ended(ended(&error))).unwrap_or_default();
        }
    });
    if let Err(error) = manager.initialize() {
        tracing::error!(%error, "the shards were not begun");
    }
    manager
}

fn ended(error: &Ending) -> GatewayError {
    if matches!(error, Ending::InvalidAuthentication) {
        GatewayError::TokenRefused
    } else if matches!(error, Ending::InvalidGatewayIntents | Ending::DisallowedGatewayIntents) {
        GatewayError::IntentsRefused
    } else {
        GatewayError::Setup(error.to_string())
    }
}

struct Ear {
    tell: UnboundedSender<Told>,
}

#[serenity::async_trait]
impl RawEventHandler for Ear {
    async fn raw_event(&self, _: Context, event: Event) {
        let tell = |told: Told| self.tell.send(told).unwrap_or_default();
        if let Event::InteractionCreate(event) = event {
            match json(&event.interaction) {
                Ok(value) => tell(Told::Interaction(value)),
                Err(error) => tracing::warn!(%error, "an interaction can not be handed on"),
            }
        } else if let Event::Ready(event) = event {
            tracing::info!(servers = event.ready.guilds.len(), "a session with Discord has begun");
            event.ready.guilds.iter().for_each(|guild| tell(Told::Joined(guild.id.get())));
        } else if let Event::Resumed(_) = event {
            tracing::info!("the session with Discord goes on");
        } else if let Event::GuildCreate(event) = event {
            tell(Told::Joined(event.guild.id.get()));
        } else if let Event::GuildDelete(event) = event
            && !event.guild.unavailable
        {
            tell(Told::Left(event.guild.id.get()));
        }
    }
}

/// The interaction as Discord sent it. The library drops the number of its kind while it reads.
fn json(interaction: &Interaction) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(interaction)?;
    value["type"] = u8::from(interaction.kind()).into();
    Ok(value)
}

#[cfg(test)]
mod tests {
    use discord_adapter::interaction;

    use super::*;

    fn there_and_back(text: &str) -> Value {
        json(&serde_json::from_str::<Interaction>(text).unwrap()).unwrap()
    }

    #[test]
    fn what_the_library_read_means_the_same_when_it_is_written_again() {
        for text in [
            include_str!("../../tests/payloads/interaction-slash-command.json"),
            include_str!("../../tests/payloads/interaction-slash-subcommand.json"),
            include_str!("../../tests/payloads/interaction-slash-command-in-dm.json"),
            include_str!("../../tests/payloads/interaction-autocomplete.json"),
            include_str!("../../tests/payloads/interaction-button.json"),
            include_str!("../../tests/payloads/interaction-string-select.json"),
            include_str!("../../tests/payloads/interaction-modal-submit-action-row.json"),
        ] {
            let read = interaction::read(text.as_bytes()).unwrap();
            assert_eq!(interaction::from_json(&there_and_back(text)).unwrap(), read);
        }
    }

    /// Why our forms are of the old style: if this ever fails, they need not be any more.
    #[test]
    fn texts_of_the_newer_forms_are_lost_by_the_library() {
        let text = include_str!("../../tests/payloads/interaction-modal-submit-label.json");
        let read = interaction::read(text.as_bytes()).unwrap();
        let interaction::Kind::Modal { fields, .. } = read.kind else { panic!("no form") };
        assert!(!fields.is_empty());
        let again = interaction::from_json(&there_and_back(text)).unwrap();
        let interaction::Kind::Modal { fields, .. } = again.kind else { panic!("no form") };
        assert!(fields.is_empty());
    }
}
