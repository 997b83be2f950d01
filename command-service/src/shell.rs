//! The service's thread: it moves bytes between mailbox, kernel and store, and holds no decision.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use event_store::{
    AppendError, Checkpoint, CheckpointFile, CheckpointStore, EventStore, ReadError, SigningKey, Snapshot,
    SnapshotStore,
};
use kernel::breaker::Use;
use kernel::figures::Figures;
use kernel::io::{LoadError, Stamp};
use kernel::{Answer, Input, Kernel, Output, Question, Request, Ticket};
use schemas::{CommitNo, WallTime, WorldId};
use tokio::runtime::Handle;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use crate::audit::Audit;
use crate::clock::Clock;
use crate::load::load;
use crate::openings::{Back, Inbox};
use crate::routes::{Held, News};
use crate::seasons::Seasons;
use crate::stats::Stats;

/// The most messages taken from the mailbox before gathered commits are sent on.
const DRAIN_MAX: usize = 512;

/// How often worlds are looked after at least.
const TICK: Duration = Duration::from_secs(1);

/// What the handle puts into the mailbox.
pub(crate) enum Message {
    Command(Box<Request>, oneshot::Sender<Answer>),
    Ask(Box<Question>, oneshot::Sender<Answer>),
    Adopt(WorldId),
    Release(WorldId),
    Figures(oneshot::Sender<Figures>),
    Tick(oneshot::Sender<()>),
    Stop(oneshot::Sender<()>),
}

/// The thread's own things.
pub(crate) struct Shell<S> {
    pub(crate) kernel: Kernel,
    pub(crate) store: Arc<S>,
    /// Where the store is read: the runtime on which it was opened. A connection belongs to the runtime that has made it and
    /// ends with that, and this thread's ends while others go on to use the store.
    pub(crate) home: Handle,
    pub(crate) commands: bool,
    /// Whether worlds are loaded with an image of them, for when the log is away.
    pub(crate) images: bool,
    pub(crate) audit: Audit,
    pub(crate) seasons: Arc<Seasons<S>>,
    /// Openings and endings of seasons that are under way.
    pub(crate) errands: usize,
    pub(crate) clock: Clock,
    /// What comes back from tasks: the store's answers, openings.
    pub(crate) inputs: Inbox,
    /// Who waits, and for which command; none for a question.
    pub(crate) waiting: BTreeMap<Ticket, (Option<Box<str>>, oneshot::Sender<Answer>)>,
    pub(crate) next_ticket: Ticket,
    pub(crate) wake: Option<WallTime>,
    pub(crate) published: broadcast::Sender<News>,
    pub(crate) holds: watch::Sender<Held>,
    pub(crate) stats: Arc<Stats>,
    pub(crate) signing: Option<SigningKey>,
    pub(crate) checkpoints: Option<Arc<CheckpointFile>>,
}

impl<S: EventStore + SnapshotStore + CheckpointStore + 'static> Shell<S> {
    pub(crate) async fn run(
        mut self,
        mut mailbox: mpsc::Receiver<Message>,
        mut results: mpsc::UnboundedReceiver<Back>,
    ) {
        if self.commands {
            self.settle_servers();
        }
        let mut stopping: Option<oneshot::Sender<()>> = None;
        let mut ticked = Instant::now();
        loop {
            let sleep = self.sleep().min(TICK.saturating_sub(ticked.elapsed()));
            tokio::select! {
                biased;
                Some(back) = results.recv() => self.back(back),
                message = mailbox.recv(), if stopping.is_none() => match message {
                    Some(message) => stopping = self.take(message),
                    None => return,
                },
                () = tokio::time::sleep(sleep) => {}
            }
            // Counted from the last tick and not from the last message: whoever asks without a pause holds up no timer.
            if ticked.elapsed() >= TICK || self.is_due() {
                ticked = Instant::now();
                self.wake = None;
                self.step(Input::Tick);
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

    /// How long to sleep at most: until the next timer.
    fn sleep(&self) -> Duration {
        match (self.wake, &self.clock) {
            (Some(at), Clock::System { .. }) => {
                let ms = at.since(self.clock.now()).max(0);
                Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(TICK)
            }
            (_, Clock::System { .. } | Clock::Manual(_)) => TICK,
        }
    }

    /// Whether the moment has come at which the kernel wanted to be woken.
    fn is_due(&self) -> bool {
        match (self.wake, &self.clock) {
            (Some(at), Clock::System { .. }) => at <= self.clock.now(),
            (_, Clock::System { .. } | Clock::Manual(_)) => false,
        }
    }

    fn take(&mut self, message: Message) -> Option<oneshot::Sender<()>> {
        match message {
            Message::Command(request, sender) if request.kind == "WorldOpen" => self.open(request, sender),
            Message::Command(mut request, sender) => {
                request.ticket = self.ticket(Some(&request.kind), sender);
                let since = Instant::now();
                self.step(Input::Request(request));
                self.stats.decision_times.add(since.elapsed());
            }
            Message::Ask(mut question, sender) => {
                question.ticket = self.ticket(None, sender);
                self.step(Input::Question(question));
            }
            Message::Adopt(world) => self.step(Input::Adopt(world)),
            Message::Release(world) => self.step(Input::Release(world)),
            Message::Figures(sender) => {
                let _ = sender.send(self.kernel.figures(self.clock.now()));
            }
            Message::Tick(done) => {
                self.step(Input::Tick);
                let _ = done.send(());
            }
            Message::Stop(done) => return Some(done),
        }
        None
    }

    /// A ticket for somebody who waits; a command's type, if it is one, for the metrics.
    pub(crate) fn ticket(&mut self, kind: Option<&str>, sender: oneshot::Sender<Answer>) -> Ticket {
        self.next_ticket += 1;
        self.waiting.insert(self.next_ticket, (kind.map(Into::into), sender));
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
                let (image, now) = (self.images, self.clock.now());
                self.home.spawn(async move {
                    let loaded = load(&*store, &world, image, now).await.map(Box::new);
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
        if matches!(answer, Answer::View(Ok(_), _)) {
            self.stats.memory_read.fetch_add(1, Ordering::Relaxed);
        }
        if let Some((kind, sender)) = self.waiting.remove(&ticket) {
            if let Some(kind) = kind {
                self.stats.requests.count(&kind, code_of(&answer));
            }
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

/// How a command ended, in one word.
fn code_of(answer: &Answer) -> &str {
    match answer {
        Answer::Done(receipt) => match &receipt.outcome {
            schemas::Outcome::Accepted => "ACCEPTED",
            schemas::Outcome::Rejected(rejection) => &rejection.code,
        },
        Answer::Refused(rejection) => &rejection.code,
        Answer::View(..) => "",
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
