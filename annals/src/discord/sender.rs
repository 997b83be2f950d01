//! Messages on their way from the outbox to Discord: at least once, in order for each channel, several as one.
//!
//! It runs beside the projector, which alone writes the outbox and what was sent of it; so no two processes send the same.
//! A message leaves the outbox when Discord has taken it, or when it will never be sent: nobody wants it, or it is older
//! than a day. What can not be reached is parked in the vault until somebody sets it anew; all others go on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use command_service::load::opening_of;
use discord_adapter::host::Host;
use discord_adapter::{news, render};
use discord_http::rest::{Rest, RestError};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use projections::{OutboxEntry, ProjectionError};
use schemas::{PlayerId, ServerId, WallTime, WorldId};
use tokio::task::JoinHandle;
use vault::{Identity, VaultError};

use super::Watch;
use super::channel::{self, Channels, WANTED};
use super::posts::{Refusal, due, nonce_of, refusal};
use super::webhooks::Hooks;
use crate::context::now;
use crate::host::{Backend, Seat};

/// What is older is not sent any more.
const OLDEST_MS: i64 = 24 * 3_600_000;
/// How often it is looked whether there is anything to send.
const LOOK: Duration = Duration::from_secs(1);
/// Messages that are read from the outbox at a time, and the most that are looked at in one round.
const PAGE: u32 = 500;
const ROUND_MAX: usize = 20_000;
/// Places that are sent to at once.
const AT_ONCE: usize = 8;
/// The first pause after a place could not be sent to; each next one is twice as long, up to the last.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// Where a message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum To {
    /// The channel for news of a server.
    News(u64),
    /// A player in private.
    Player(PlayerId),
}

/// What became of a place's messages in a round.
enum Ending {
    /// Discord has taken them.
    Sent(Vec<String>),
    /// They are sent no more: Discord refuses them for what they say.
    Dropped(Vec<String>),
    /// Nobody wants them.
    Unwanted(Vec<String>),
    /// They wait: nothing is wrong.
    Wait,
    /// They wait until somebody sets the place anew.
    Parked,
    /// They wait, and the place is left alone for a while.
    Later,
}

/// Why a round broke off.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Outbox(#[from] ProjectionError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("the log can not be read: {0}")]
    Log(#[from] event_store::ReadError),
}

/// Sends what stands in the outbox.
pub(crate) struct Sender {
    backend: Backend,
    rest: Rest,
    watch: Arc<Watch>,
    /// The channels that the bot keeps itself.
    channels: Channels,
    /// Webhooks, which get the same news.
    hooks: Arc<Hooks>,
    /// The server of each world, as its opening says.
    servers: Mutex<BTreeMap<WorldId, ServerId>>,
    /// Places that are left alone: until when, and how long the last pause was.
    resting: Mutex<BTreeMap<To, (Instant, Duration)>>,
}

impl Sender {
    /// Starts it; it runs until the task is ended.
    pub(crate) fn start(
        backend: Backend,
        rest: Rest,
        watch: Arc<Watch>,
        hooks: Arc<Hooks>,
    ) -> JoinHandle<()> {
        watch.sends();
        let sender = Self {
            backend,
            rest,
            watch,
            channels: Channels::default(),
            hooks: Arc::clone(&hooks),
            servers: Mutex::default(),
            resting: Mutex::default(),
        };
        tokio::spawn(async move {
            // Neither waits for the other.
            tokio::join!(sender.rounds(), hooks.run());
        })
    }

    async fn rounds(&self) {
        let mut away = false;
        loop {
            match self.round(now()).await {
                Ok(()) => away = false,
                // Told once, and not every second.
                Err(_) if away => {}
                Err(error) => {
                    away = true;
                    tracing::error!(%error, "messages can not be sent");
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Looks at everything that waits, and sends what is due.
    async fn round(&self, now: WallTime) -> Result<(), Trouble> {
        let (mut by_place, mut done, mut old) = (BTreeMap::<To, Vec<OutboxEntry>>::new(), Vec::new(), 0);
        let (mut last, mut seen): (Option<OutboxEntry>, usize) = (None, 0);
        while seen < ROUND_MAX {
            let page = self.backend.models.queries().await.outbox_after(last.as_ref(), PAGE).await?;
            let Some(end) = page.last() else { break };
            (last, seen) = (Some(end.clone()), seen + page.len());
            for entry in page {
                if now.since(entry.created) > OLDEST_MS {
                    done.push(entry.nonce);
                    old += 1;
                } else if let Some(to) = self.place_of(&entry).await? {
                    by_place.entry(to).or_default().push(entry);
                }
            }
        }
        for (to, entries) in &by_place {
            if let To::News(guild) = to {
                self.lay(*guild, entries, now).await?;
            }
        }
        let deliveries: Vec<BoxFuture<'_, (To, Result<Ending, Trouble>)>> = by_place
            .iter()
            .filter(|(to, _)| !self.rests(**to))
            .map(|(to, entries)| self.deliver(*to, entries, now).map(|ending| (*to, ending)).boxed())
            .collect();
        let mut endings = futures_util::stream::iter(deliveries).buffer_unordered(AT_ONCE);
        let mut trouble = None;
        let (mut gone, mut parked) = (BTreeMap::<To, usize>::new(), BTreeSet::new());
        while let Some((to, ending)) = endings.next().await {
            match ending {
                Ok(
                    ref ending @ (Ending::Sent(ref nonces)
                    | Ending::Dropped(ref nonces)
                    | Ending::Unwanted(ref nonces)),
                ) => {
                    self.resting().remove(&to);
                    // At once, and not at the end of the round: what was sent is to be sent again only if this very
                    // step is lost, and then with the same nonce.
                    self.backend.models.mark_sent(nonces, now).await?;
                    gone.insert(to, nonces.len());
                    match ending {
                        Ending::Sent(_) => count(&self.watch.sent, nonces.len()),
                        Ending::Dropped(_) => count(&self.watch.dropped, nonces.len()),
                        Ending::Unwanted(_) | Ending::Wait | Ending::Parked | Ending::Later => {}
                    }
                }
                Ok(Ending::Wait) => {}
                Ok(Ending::Parked) => drop(parked.insert(to)),
                Ok(Ending::Later) => self.rest_from(to),
                Err(error) => trouble = Some(error),
            }
        }
        drop(endings);
        if !done.is_empty() {
            self.backend.models.mark_sent(&done, now).await?;
        }
        count(&self.watch.dropped, old);
        self.note(&by_place, &gone, &parked, now);
        trouble.map_or(Ok(()), Err)
    }

    /// What is left after a round, for whoever watches.
    fn note(
        &self,
        all: &BTreeMap<To, Vec<OutboxEntry>>,
        gone: &BTreeMap<To, usize>,
        parked: &BTreeSet<To>,
        now: WallTime,
    ) {
        let (mut waiting, mut behind, mut oldest) = (0, 0, 0);
        for (to, entries) in all {
            let left = entries.get(gone.get(to).copied().unwrap_or(0)..).unwrap_or_default();
            if parked.contains(to) {
                behind += left.len();
            } else if let Some(first) = left.first() {
                waiting += left.len();
                oldest = oldest.max(now.since(first.created));
            }
        }
        let set = |gauge: &AtomicU64, value: usize| gauge.store(value as u64, Ordering::Relaxed);
        set(&self.watch.waiting, waiting);
        set(&self.watch.parked, behind);
        self.watch.oldest_ms.store(u64::try_from(oldest).unwrap_or(0), Ordering::Relaxed);
    }

    fn resting(&self) -> std::sync::MutexGuard<'_, BTreeMap<To, (Instant, Duration)>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rests(&self, to: To) -> bool {
        self.resting().get(&to).is_some_and(|(until, _)| Instant::now() < *until)
    }

    fn rest_from(&self, to: To) {
        let mut resting = self.resting();
        let pause = resting.get(&to).map_or(PAUSES.0, |(_, last)| (*last * 2).min(PAUSES.1));
        resting.insert(to, (Instant::now() + pause, pause));
    }

    /// Where a message goes; nowhere for a world that runs on no server of Discord.
    async fn place_of(&self, entry: &OutboxEntry) -> Result<Option<To>, Trouble> {
        let Some(server) = self.server_of(&entry.world).await? else { return Ok(None) };
        let Ok(guild) = server.as_str().parse() else { return Ok(None) };
        Ok(Some(entry.player.map_or(To::News(guild), To::Player)))
    }

    async fn server_of(&self, world: &WorldId) -> Result<Option<ServerId>, Trouble> {
        let known =
            |sender: &Self| sender.servers.lock().unwrap_or_else(PoisonError::into_inner).get(world).cloned();
        if let Some(server) = known(self) {
            return Ok(Some(server));
        }
        let Some(opened) = opening_of(&*self.backend.store, world).await? else { return Ok(None) };
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        servers.insert(world.clone(), opened.server.clone());
        Ok(Some(opened.server))
    }

    /// Sends what is due of a place's messages, oldest first.
    async fn deliver(&self, to: To, waiting: &[OutboxEntry], now: WallTime) -> Result<Ending, Trouble> {
        let vault = &self.backend.vault;
        let all = || Ending::Unwanted(waiting.iter().map(|entry| entry.nonce.clone()).collect());
        let channel = match to {
            To::News(guild) => match vault.news_channel(guild).await? {
                // Nobody has asked for news there. What webhooks get was laid down before, as far as it is due.
                None if self.hooks.of(guild).is_empty() => return Ok(all()),
                None => {
                    let due = due(waiting, now);
                    return Ok(match due {
                        [] => Ending::Wait,
                        _ => Ending::Unwanted(due.iter().map(|entry| entry.nonce.clone()).collect()),
                    });
                }
                Some(channel) if channel.parked.is_some() => return Ok(Ending::Parked),
                Some(channel) => Some(channel.channel),
            },
            To::Player(player) => match vault.private_messages(player).await? {
                None => return Ok(all()),
                Some(Some(_parked)) => return Ok(Ending::Parked),
                Some(None) => None,
            },
        };
        let due = due(waiting, now);
        if due.is_empty() {
            return Ok(Ending::Wait);
        }
        let Some(Post { message, nonce, topic, game }) = self.written(due).await? else {
            return Ok(Ending::Later);
        };
        let sent = match (channel, to) {
            (Some(WANTED), To::News(guild)) => {
                match self.channels.made(&self.rest, guild, game, &topic).await {
                    Ok(channel) => {
                        vault.set_news_channel(guild, Some(channel), now).await?;
                        self.posted(channel, &message, &nonce, &topic, due).await
                    }
                    Err(error) => Err(error),
                }
            }
            (Some(channel), _) => self.posted(channel, &message, &nonce, &topic, due).await,
            (None, To::Player(player)) => match vault.identity(player).await? {
                Some(Identity::Discord { user, .. }) => match self.rest.private_channel(user).await {
                    Ok(channel) => self.rest.post(channel, &message, &[], Some(&nonce)).await,
                    Err(error) => Err(error),
                },
                // Erased, or somebody who plays at a terminal.
                Some(Identity::Terminal(_)) | None => return Ok(all()),
            },
            (None, To::News(_)) => return Ok(Ending::Wait),
        };
        let nonces = || due.iter().map(|entry| entry.nonce.clone()).collect();
        match sent {
            Ok(_) => Ok(Ending::Sent(nonces())),
            Err(error) => match refusal(&error) {
                Refusal::Unreachable(code) => {
                    tracing::warn!(%error, "a place for messages can not be reached, and is parked");
                    match (to, channel) {
                        (To::News(guild), Some(channel)) => {
                            vault.park_news_channel(guild, channel, code, now).await?;
                        }
                        (To::News(_), None) => {}
                        (To::Player(player), _) => vault.park_private_messages(player, code, now).await?,
                    }
                    Ok(Ending::Parked)
                }
                // It would be refused again and again, and hold up all that follow.
                Refusal::Body => {
                    tracing::error!(%error, nonce, "Discord refuses a message for what it says: it is dropped");
                    Ok(Ending::Dropped(nonces()))
                }
                Refusal::ForNow => {
                    tracing::debug!(%error, "a message waits");
                    Ok(Ending::Later)
                }
            },
        }
    }

    /// Lays a server's news down for its webhooks, as far as they are due: the same posts that its channel gets.
    async fn lay(&self, guild: u64, entries: &[OutboxEntry], now: WallTime) -> Result<(), Trouble> {
        for hook in self.hooks.of(guild) {
            let mut new = self.hooks.new_for(&hook, entries);
            loop {
                let due = due(&new, now);
                if due.is_empty() {
                    break;
                }
                let Some(post) = self.written(due).await? else { break };
                if let Err(error) = self.hooks.lay(&hook, due, &post.nonce, &post.message, now) {
                    tracing::error!(%error, webhook = hook.name, "news can not be laid down for a webhook");
                    break;
                }
                let laid = due.len();
                new.drain(..laid);
            }
        }
        Ok(())
    }

    /// Posts in a server's channel, and keeps the channel where it is the bot's own.
    async fn posted(
        &self,
        channel: u64,
        message: &serde_json::Value,
        nonce: &str,
        topic: &str,
        due: &[OutboxEntry],
    ) -> Result<u64, RestError> {
        let post = self.rest.post(channel, message, &[], Some(nonce)).await?;
        let pin = channel::pinned(due).then_some(post);
        self.channels.keep(&self.rest, channel, topic, pin).await;
        Ok(post)
    }

    /// The post; none when the season can not be asked at present.
    async fn written(&self, due: &[OutboxEntry]) -> Result<Option<Post>, Trouble> {
        let Some(world) = due.first().map(|entry| &entry.world) else { return Ok(None) };
        let Some(opened) = opening_of(&*self.backend.store, world).await? else { return Ok(None) };
        let Some(game) = games_registry::find(&opened.game) else { return Ok(None) };
        let host = self.backend.host(Seat::of(world.clone(), opened.server, game));
        let Ok(place) = host.place().await else { return Ok(None) };
        let texts: Vec<&str> = due.iter().map(|entry| entry.text.as_str()).collect();
        let reply = news::post(&host, game.title(), place.clock, &texts).await;
        let topic = channel::topic(game.title(), host.season_status().await.as_ref(), place.clock);
        let message = render::embed::message(&reply);
        Ok(Some(Post { message, nonce: nonce_of(due), topic, game: game.name() }))
    }
}

/// What is sent of messages that belong together.
struct Post {
    message: serde_json::Value,
    nonce: String,
    /// What the topic of the bot's own channel says at the time.
    topic: String,
    /// The game's name.
    game: &'static str,
}

fn count(counter: &AtomicU64, more: usize) {
    counter.fetch_add(more as u64, Ordering::Relaxed);
}
