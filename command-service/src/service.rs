//! The service: one thread that owns the kernel, and the handle through which everything else talks to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use event_store::{CheckpointFile, CheckpointStore, EventStore, SigningKey, SnapshotStore};
use games_core::Secret;
use kernel::figures::Figures;
use kernel::{Answer, Kernel, KernelConfig, Question, Request, SecretOpener};
use schemas::{Actor, Rejection, WallTime, WorldId};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use vault::ServerKeys;

use crate::audit::Audit;
use crate::clock::Clock;
use crate::history::{History, StoreHistory};
use crate::openings::Inbox;
use crate::people::{self, People};
use crate::routes::{Held, News, Routes};
use crate::seasons::Seasons;
use crate::shell::{Message, Shell};
use crate::stats::Stats;

/// The most requests that wait in the mailbox; one more waits outside.
const MAILBOX_MAX: usize = 1024;
/// How many published commits a slow subscriber may lag behind before it must read the log.
const SUBSCRIBER_LAG_MAX: usize = 4096;

/// Settings of a service.
#[derive(Debug)]
pub struct ServiceConfig {
    /// The node's name.
    pub node: String,
    /// How long a question may be answered without looking at the log, in ms; `None` where the log is locked.
    pub lease_ms: Option<i64>,
    /// Whether it holds worlds, and ends what a crash left half done. One that does not never writes to the log.
    pub commands: bool,
    /// Whether other nodes may hold the worlds that this one does not.
    pub clustered: bool,
    /// A snapshot and a signed checkpoint follow every so many commits; 0 for never.
    pub snapshot_commits: u64,
    /// Whether the rate limits of the games hold, and their threat scores.
    pub rate_limits: bool,
    /// Signs checkpoints.
    pub signing: Option<SigningKey>,
    /// Where checkpoints are copied, outside of the database.
    pub checkpoints: Option<CheckpointFile>,
}

/// Why the service gives no answer at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// It has been shut down.
    #[error("the service is shutting down")]
    Closed,
    /// Its thread could not be started.
    #[error("the service can not start: {0}")]
    Start(String),
}

/// The handle. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    mailbox: mpsc::Sender<Message>,
    published: broadcast::Sender<News>,
    history: Arc<dyn History>,
    clock: Clock,
    stats: Arc<Stats>,
    held: watch::Receiver<Held>,
    routes: Arc<OnceLock<Arc<dyn Routes>>>,
    people: Arc<OnceLock<Arc<dyn People>>>,
    /// True once the thread's runtime is gone, and with it every connection that was opened on it.
    ended: watch::Receiver<bool>,
}

struct Opener(ServerKeys);

impl SecretOpener for Opener {
    fn open(&self, world: &WorldId, sealed: &str) -> Option<Secret> {
        self.0.open_secret(world, sealed).ok().map(Secret::new)
    }
}

impl Service {
    /// Starts the service over a store: one thread with a runtime of its own. Must be called within the runtime on which the
    /// store was opened; that is where the store is read.
    ///
    /// # Errors
    /// When the thread can not be started, or outside of a runtime.
    pub fn start<S>(
        config: ServiceConfig,
        store: Arc<S>,
        keys: ServerKeys,
        clock: Clock,
    ) -> Result<Self, ServiceError>
    where
        S: EventStore + SnapshotStore + CheckpointStore + 'static,
    {
        let home = Handle::try_current().map_err(|e| ServiceError::Start(e.to_string()))?;
        let (mailbox, receiver) = mpsc::channel(MAILBOX_MAX);
        let (published, _) = broadcast::channel(SUBSCRIBER_LAG_MAX);
        let (holds, held) = watch::channel(Held::default());
        let stats = Arc::new(Stats::default());
        // An image of a world is a snapshot and what came after: without snapshots it would grow without end.
        let stale_ms = if config.snapshot_commits > 0 { kernel::limits::STALE_MS } else { 0 };
        let kernel_config = KernelConfig {
            node: config.node.clone(),
            lease_ms: config.lease_ms,
            clustered: config.clustered,
            // Names, hashes and lengths travel with each commit: half is a generous allowance for them.
            batch_bytes: store.batch_bytes_max() / 2,
            snapshot_commits: config.snapshot_commits,
            rate_limits: config.rate_limits,
            stale_ms,
        };
        let (inputs, results) = mpsc::unbounded_channel();
        let history: Arc<dyn History> = Arc::new(StoreHistory(Arc::downgrade(&store)));
        let seasons =
            Seasons::new(Arc::clone(&store), &config.node, clock.clone(), config.lease_ms.is_none());
        let shell = Shell {
            kernel: Kernel::new(kernel_config, Arc::new(Opener(keys))),
            audit: Audit::start(Arc::clone(&store), &config.node),
            store,
            home,
            commands: config.commands,
            images: stale_ms > 0,
            seasons: Arc::new(seasons),
            errands: 0,
            clock: clock.clone(),
            inputs: Inbox(inputs),
            waiting: BTreeMap::new(),
            next_ticket: 0,
            wake: None,
            ticked: std::time::Instant::now(),
            published: published.clone(),
            holds,
            stats: Arc::clone(&stats),
            signing: config.signing,
            checkpoints: config.checkpoints.map(Arc::new),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| ServiceError::Start(e.to_string()))?;
        let (end, ended) = watch::channel(false);
        let work = move || {
            runtime.block_on(shell.run(receiver, results));
            drop(runtime);
            end.send_replace(true);
        };
        std::thread::Builder::new()
            .name("kernel".to_owned())
            .spawn(work)
            .map_err(|e| ServiceError::Start(e.to_string()))?;
        Ok(Self {
            mailbox,
            published,
            history,
            clock,
            stats,
            held,
            routes: Arc::default(),
            people: Arc::default(),
            ended,
        })
    }

    /// Sends everything that this node does not hold where it belongs, from now on. The first call counts.
    pub fn route(&self, routes: Arc<dyn Routes>) {
        let _ = self.routes.set(routes);
    }

    /// Lets this node look up what people carry over from earlier seasons, from now on. The first call counts. Without it
    /// everybody joins as if for the first time.
    pub fn know(&self, people: Arc<dyn People>) {
        let _ = self.people.set(people);
    }

    /// Who knows people across seasons, where somebody does.
    #[must_use]
    pub fn people(&self) -> Option<&dyn People> {
        self.people.get().map(|people| &**people)
    }

    /// The same service as those see it who have routed already: it knows of no other node.
    #[must_use]
    pub fn unrouted(&self) -> Self {
        // Who joins was looked up where they came in.
        Self { routes: Arc::default(), people: Arc::default(), ..self.clone() }
    }

    /// The worlds that this node holds, or is taking over.
    #[must_use]
    pub fn held(&self) -> watch::Receiver<Held> {
        self.held.clone()
    }

    /// Whether this node holds a world, or is taking it over.
    #[must_use]
    pub fn holds(&self, world: &WorldId) -> bool {
        self.held.borrow().contains(world)
    }

    /// Whether there is a record of a world.
    ///
    /// # Errors
    /// When the log can not be read.
    pub async fn exists(&self, world: &WorldId) -> Result<bool, kernel::io::LoadError> {
        Ok(self.history.head(world).await?.commit != schemas::CommitNo::ZERO)
    }

    /// All seasons of the log, by name.
    ///
    /// # Errors
    /// When the log can not be read.
    pub async fn seasons(&self) -> Result<BTreeSet<WorldId>, kernel::io::LoadError> {
        self.history.seasons().await
    }

    /// Tells this node's subscribers what was heard from another node.
    pub fn tell(&self, news: News) {
        let _ = self.published.send(news);
    }

    /// The service's clock.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Counts since the start.
    #[must_use]
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Takes a world over, or gets ready to open it.
    ///
    /// # Errors
    /// When the service is shut down.
    pub async fn adopt(&self, world: WorldId) -> Result<(), ServiceError> {
        self.mailbox.send(Message::Adopt(world)).await.map_err(|_| ServiceError::Closed)
    }

    /// Lets a world go: what waits for it is answered `MOVED`. What is on its way to the log may still become durable.
    ///
    /// # Errors
    /// When the service is shut down.
    pub async fn release(&self, world: WorldId) -> Result<(), ServiceError> {
        self.mailbox.send(Message::Release(world)).await.map_err(|_| ServiceError::Closed)
    }

    /// Asks for a command. The answer comes when it is durable. The ticket in the request is overwritten.
    ///
    /// # Errors
    /// When the service is shut down.
    pub async fn command(&self, mut request: Request) -> Result<Answer, ServiceError> {
        if let Some(people) = self.people()
            && let Err(problem) = people::claim(people, &mut request).await
        {
            tracing::error!(%problem, "it can not be known whether a code is good");
            return Ok(Answer::Refused(Rejection::new("STORE_UNAVAILABLE")));
        }
        if let (Some(people), Actor::Player(player)) = (self.people(), &request.actor)
            && people::joins(&request.kind)
        {
            match people.carried(&request.world, *player).await {
                Ok(carried) => request.facts.carried.extend(carried),
                // Whoever joined now would lose for good what they have earned.
                Err(problem) => {
                    tracing::error!(%problem, "what a player carries over can not be known");
                    return Ok(Answer::Refused(Rejection::new("STORE_UNAVAILABLE")));
                }
            }
        }
        if let Some(routes) = self.routes.get() {
            return routes.command(request).await;
        }
        self.begin(request).await?.await.map_err(|_| ServiceError::Closed)
    }

    /// Puts a command into this node's own mailbox, and gives where its answer will be. Commands that are put in one after
    /// the other are decided in that order.
    ///
    /// # Errors
    /// When the service is shut down.
    pub async fn begin(&self, request: Request) -> Result<oneshot::Receiver<Answer>, ServiceError> {
        let (sender, answer) = oneshot::channel();
        self.mailbox
            .send(Message::Command(Box::new(request), sender))
            .await
            .map_err(|_| ServiceError::Closed)?;
        Ok(answer)
    }

    /// Asks a question. The answer comes when everything that it depends on is durable.
    ///
    /// # Errors
    /// When the service is shut down.
    pub async fn ask(&self, question: Question) -> Result<Answer, ServiceError> {
        if let Some(routes) = self.routes.get() {
            return routes.ask(question).await;
        }
        let (sender, answer) = oneshot::channel();
        self.mailbox
            .send(Message::Ask(Box::new(question), sender))
            .await
            .map_err(|_| ServiceError::Closed)?;
        answer.await.map_err(|_| ServiceError::Closed)
    }

    /// What the worlds of this node tell for metrics.
    ///
    /// # Errors
    /// When the service is shut down.
    pub async fn figures(&self) -> Result<Figures, ServiceError> {
        let (sender, figures) = oneshot::channel();
        self.mailbox.send(Message::Figures(sender)).await.map_err(|_| ServiceError::Closed)?;
        figures.await.map_err(|_| ServiceError::Closed)
    }

    /// Durable commits from here on, of all worlds of which this node hears. A subscriber that lags too far must read the
    /// log.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<News> {
        self.published.subscribe()
    }

    /// The log, for subscribers who missed something.
    pub(crate) fn history(&self) -> Arc<dyn History> {
        Arc::clone(&self.history)
    }

    /// Moves a manual clock and lets everything fire that is due by then.
    ///
    /// # Errors
    /// When the service is shut down.
    pub async fn advance_to(&self, to: WallTime) -> Result<(), ServiceError> {
        self.clock.advance_to(to);
        let (sender, done) = oneshot::channel();
        self.mailbox.send(Message::Tick(sender)).await.map_err(|_| ServiceError::Closed)?;
        done.await.map_err(|_| ServiceError::Closed)
    }

    /// Shuts down: takes nothing more in, lets what waits become durable, answers it. Whoever uses the store afterwards
    /// meets no connection in it that ends under them.
    pub async fn stop(&self) {
        let (sender, done) = oneshot::channel();
        if self.mailbox.send(Message::Stop(sender)).await.is_ok() {
            let _ = done.await;
        }
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }
}
