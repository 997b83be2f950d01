//! The service: one thread that owns the kernel, and the handle through which everything else talks to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use event_store::{
    AppendError, Checkpoint, CheckpointFile, CheckpointStore, EventStore, ReadError, SigningKey, Snapshot,
    SnapshotStore,
};
use games_core::Secret;
use kernel::io::{LoadError, Stamp};
use kernel::{Answer, Input, Kernel, KernelConfig, Output, Question, Request, SecretOpener, Ticket};
use schemas::{CommitNo, WallTime, WorldId};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use vault::ServerKeys;

use crate::audit::Audit;
use crate::clock::Clock;
use crate::health::Use;
use crate::history::{History, StoreHistory};
use crate::load::load;
use crate::openings::{Back, Inbox};
use crate::routes::{Held, News, Routes};
use crate::seasons::Seasons;
use crate::stats::Stats;

/// The most requests that wait in the mailbox; one more waits outside.
const MAILBOX_MAX: usize = 1024;
/// The most messages taken from the mailbox before gathered commits are sent on.
const DRAIN_MAX: usize = 512;
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
    /// Whether the rate limits of the games hold.
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

enum Message {
    Command(Box<Request>, oneshot::Sender<Answer>),
    Ask(Box<Question>, oneshot::Sender<Answer>),
    Adopt(WorldId),
    Release(WorldId),
    Tick(oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
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
        let kernel_config = KernelConfig {
            node: config.node.clone(),
            lease_ms: config.lease_ms,
            clustered: config.clustered,
            // Names, hashes and lengths travel with each commit: half is a generous allowance for them.
            batch_bytes: store.batch_bytes_max() / 2,
            snapshot_commits: config.snapshot_commits,
            rate_limits: config.rate_limits,
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
            seasons: Arc::new(seasons),
            errands: 0,
            clock: clock.clone(),
            inputs: Inbox(inputs),
            waiting: BTreeMap::new(),
            next_ticket: 0,
            wake: None,
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
        Ok(Self { mailbox, published, history, clock, stats, held, routes: Arc::default(), ended })
    }

    /// Sends everything that this node does not hold where it belongs, from now on. The first call counts.
    pub fn route(&self, routes: Arc<dyn Routes>) {
        let _ = self.routes.set(routes);
    }

    /// The same service as those see it who have routed already: it knows of no other node.
    #[must_use]
    pub fn unrouted(&self) -> Self {
        Self { routes: Arc::default(), ..self.clone() }
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
    pub async fn command(&self, request: Request) -> Result<Answer, ServiceError> {
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

pub(crate) struct Shell<S> {
    pub(crate) kernel: Kernel,
    store: Arc<S>,
    /// Where the store is read: the runtime on which it was opened. A connection belongs to the runtime that has made it and
    /// ends with that, and this thread's ends while others go on to use the store.
    pub(crate) home: Handle,
    commands: bool,
    audit: Audit,
    pub(crate) seasons: Arc<Seasons<S>>,
    /// Openings and endings of seasons that are under way.
    pub(crate) errands: usize,
    clock: Clock,
    /// What comes back from tasks: the store's answers, openings.
    pub(crate) inputs: Inbox,
    waiting: BTreeMap<Ticket, oneshot::Sender<Answer>>,
    next_ticket: Ticket,
    wake: Option<WallTime>,
    published: broadcast::Sender<News>,
    holds: watch::Sender<Held>,
    stats: Arc<Stats>,
    signing: Option<SigningKey>,
    checkpoints: Option<Arc<CheckpointFile>>,
}

impl<S: EventStore + SnapshotStore + CheckpointStore + 'static> Shell<S> {
    async fn run(mut self, mut mailbox: mpsc::Receiver<Message>, mut results: mpsc::UnboundedReceiver<Back>) {
        if self.commands {
            self.settle_servers();
        }
        let mut stopping: Option<oneshot::Sender<()>> = None;
        loop {
            let sleep = self.sleep();
            tokio::select! {
                biased;
                Some(back) = results.recv() => self.back(back),
                message = mailbox.recv(), if stopping.is_none() => match message {
                    Some(message) => stopping = self.take(message),
                    None => return,
                },
                () = tokio::time::sleep(sleep) => {
                    self.wake = None;
                    self.step(Input::Tick);
                }
            }
            for _ in 0..DRAIN_MAX {
                if let Ok(back) = results.try_recv() {
                    self.back(back);
                } else if stopping.is_none()
                    && let Ok(message) = mailbox.try_recv()
                {
                    stopping = self.take(message);
                } else {
                    break;
                }
                // Nothing waits for more to come: an idle disk takes what there is.
                self.flush();
            }
            self.flush();
            if let Some(done) = stopping.take() {
                if self.kernel.backlog() == 0 && self.errands == 0 {
                    self.audit.stop().await;
                    // Whoever waits may close the store next: this hold on it goes first.
                    drop(self);
                    let _ = done.send(());
                    return;
                }
                stopping = Some(done);
            }
        }
    }

    /// How long to sleep at most: until the next timer, and a moment at least once a second.
    fn sleep(&self) -> Duration {
        let most = Duration::from_secs(1);
        match (self.wake, &self.clock) {
            (Some(at), Clock::System { .. }) => {
                let ms = at.since(self.clock.now()).max(0);
                Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(most)
            }
            (_, Clock::System { .. } | Clock::Manual(_)) => most,
        }
    }

    fn take(&mut self, message: Message) -> Option<oneshot::Sender<()>> {
        match message {
            Message::Command(request, sender) if request.kind == "WorldOpen" => self.open(request, sender),
            Message::Command(mut request, sender) => {
                request.ticket = self.ticket(sender);
                self.step(Input::Request(request));
            }
            Message::Ask(mut question, sender) => {
                question.ticket = self.ticket(sender);
                self.step(Input::Question(question));
            }
            Message::Adopt(world) => self.step(Input::Adopt(world)),
            Message::Release(world) => self.step(Input::Release(world)),
            Message::Tick(done) => {
                self.step(Input::Tick);
                let _ = done.send(());
            }
            Message::Stop(done) => return Some(done),
        }
        None
    }

    pub(crate) fn ticket(&mut self, sender: oneshot::Sender<Answer>) -> Ticket {
        self.next_ticket += 1;
        self.waiting.insert(self.next_ticket, sender);
        self.next_ticket
    }

    pub(crate) fn step(&mut self, input: Input) {
        let ended = matches!(input, Input::Appended(..));
        let now = self.clock.now();
        let mut out = Vec::new();
        self.kernel.step(now, input, &mut out);
        if ended {
            // What has gathered goes to the disk before anybody is answered, so that it is written while those who are
            // answered send what they do next. Waiting for them would make one batch of all, and the disk idle meanwhile.
            let mut next = Vec::new();
            self.kernel.flush(now, &mut next);
            self.carry_out(next);
        }
        self.carry_out(out);
    }

    fn flush(&mut self) {
        let mut out = Vec::new();
        self.kernel.flush(self.clock.now(), &mut out);
        self.carry_out(out);
    }

    fn carry_out(&mut self, out: Vec<Output>) {
        for output in out {
            self.output(output);
        }
        // A step takes one world in or lets some go, and never both.
        let (held, known) = (self.kernel.worlds(), self.stats.worlds.load(Ordering::Relaxed));
        if held.len() as u64 != known {
            let worlds: BTreeSet<WorldId> = held.cloned().collect();
            self.stats.worlds.store(worlds.len() as u64, Ordering::Relaxed);
            self.holds.send_replace(Arc::new(worlds));
        }
    }

    fn output(&mut self, output: Output) {
        match output {
            Output::Append(batch, batches) => {
                let (store, inputs) = (Arc::clone(&self.store), self.inputs.clone());
                let stats = Arc::clone(&self.stats);
                self.stats.appends.fetch_add(1, Ordering::Relaxed);
                let commits: usize = batches.iter().map(|batch| batch.commits.len()).sum();
                self.stats.commits.fetch_add(commits as u64, Ordering::Relaxed);
                tokio::spawn(async move {
                    let worlds: Vec<WorldId> = batches.iter().map(|batch| batch.world.clone()).collect();
                    let since = std::time::Instant::now();
                    let endings = store.append(batches).await;
                    stats.append_times.add(since.elapsed());
                    stats.log.note(Use::Write, written(&endings));
                    inputs.send(Input::Appended(batch, worlds.into_iter().zip(endings).collect()));
                });
            }
            Output::Load(world, token) => {
                let (store, inputs) = (Arc::clone(&self.store), self.inputs.clone());
                let stats = Arc::clone(&self.stats);
                self.home.spawn(async move {
                    let loaded = load(&*store, &world).await.map(Box::new);
                    let away = match &loaded {
                        Err(LoadError::Unavailable(problem)) => Err(problem.as_str()),
                        Ok(_) | Err(LoadError::Poison(_)) => Ok(()),
                    };
                    stats.log.note(Use::Read, away);
                    inputs.send(Input::Loaded(world, token, loaded));
                });
            }
            Output::Lookup(ticket, world, id) => {
                let (store, inputs) = (Arc::clone(&self.store), self.inputs.clone());
                self.home.spawn(async move {
                    let found = lookup(&*store, &world, &id).await;
                    if let Err(problem) = &found {
                        tracing::warn!(%world, %problem, "a command could not be looked up");
                    }
                    inputs.send(Input::Found(ticket, found));
                });
            }
            Output::ReadHead(world) => {
                let (store, inputs) = (Arc::clone(&self.store), self.inputs.clone());
                let stats = Arc::clone(&self.stats);
                self.home.spawn(async move {
                    let head = store.head(&world).await;
                    let away = match &head {
                        Err(ReadError::Unavailable(problem)) => Err(problem.as_str()),
                        Ok(_) | Err(ReadError::Broken { .. }) => Ok(()),
                    };
                    stats.log.note(Use::Read, away);
                    let head = head.map_err(|e| e.to_string());
                    inputs.send(Input::HeadRead(world, head));
                });
            }
            Output::Reply(ticket, answer) => self.reply(ticket, answer),
            Output::Publish(published) => {
                self.look_for_end(&published.stored);
                if self.published.receiver_count() > 0 {
                    let _ = self.published.send(News::Commit(Arc::new(*published)));
                }
            }
            Output::WakeAt(at) => self.wake = Some(self.wake.map_or(at, |wake| wake.min(at))),
            Output::Snapshot(snapshot, stamp) => self.keep(*snapshot, stamp),
            Output::Alarm(world, problem) => {
                self.stats.alarms.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%world, %problem, "alarm");
            }
            Output::StoodDown(world) => {
                self.stats.fenced.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(%world, "another node owns this world now");
            }
            Output::Released(world) => tracing::info!(%world, "released"),
            Output::Refused(request, rejection) => self.refused(*request, rejection),
        }
    }

    /// Puts a refusal of the host's on its audit.
    pub(crate) fn refused(&mut self, request: Request, rejection: schemas::Rejection) {
        self.stats.refused.fetch_add(1, Ordering::Relaxed);
        self.audit.record(request, rejection, self.clock.now());
    }

    fn reply(&mut self, ticket: Ticket, answer: Answer) {
        let counter = match &answer {
            Answer::Done(receipt) => match receipt.outcome {
                schemas::Outcome::Accepted => &self.stats.accepted,
                schemas::Outcome::Rejected(_) => &self.stats.rejected,
            },
            Answer::View(..) | Answer::Refused(_) => &self.stats.answered,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        if let Some(sender) = self.waiting.remove(&ticket) {
            // Who asked may have gone away; the command stands all the same.
            let _ = sender.send(answer);
        }
    }

    /// Keeps a snapshot and signs a checkpoint of it, off the append path.
    fn keep(&self, snapshot: Snapshot, stamp: Stamp) {
        let (store, signing, file) =
            (Arc::clone(&self.store), self.signing.clone(), self.checkpoints.clone());
        let wall_ms = self.clock.now();
        self.home.spawn(async move {
            let checkpoint = Checkpoint {
                world: snapshot.world.clone(),
                commit: snapshot.commit,
                position: snapshot.position,
                head_hash: snapshot.commit_hash,
                state_digest: stamp.state_digest,
                game_ms: stamp.game,
                wall_ms,
            };
            let world = snapshot.world.clone();
            if let Err(problem) = store.save_snapshot(snapshot).await {
                tracing::warn!(%world, %problem, "snapshot not kept");
            }
            let Some(key) = signing else { return };
            let signed = checkpoint.sign(&key);
            if let Some(file) = file
                && let Err(problem) = file.append(&signed)
            {
                tracing::error!(%world, %problem, "checkpoint not copied outside of the database");
            }
            if let Err(problem) = store.save_checkpoint(signed).await {
                tracing::error!(%world, %problem, "checkpoint not kept");
            }
        });
    }
}

/// Whether appends could be made: one that another owner was before says that they can.
fn written(endings: &[Result<CommitNo, AppendError>]) -> Result<(), &str> {
    endings.iter().try_for_each(|ending| match ending {
        Err(AppendError::Unavailable(problem) | AppendError::OutcomeUnknown(problem)) => {
            Err(problem.as_str())
        }
        Ok(_) | Err(AppendError::Fenced { .. } | AppendError::WrongExpectedVersion { .. }) => Ok(()),
    })
}

async fn lookup<S: EventStore>(
    store: &S,
    world: &WorldId,
    id: &schemas::CommandId,
) -> Result<Vec<schemas::StoredCommit>, String> {
    let mut found = Vec::new();
    for commit in store.find_command(world, id).await.map_err(|e| e.to_string())? {
        found.extend(store.read(world, commit.prev(), 1).await.map_err(|e| e.to_string())?);
    }
    Ok(found)
}
