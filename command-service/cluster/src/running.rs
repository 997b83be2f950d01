//! The task of a node: what it hears, what it tells, which worlds it takes and gives away.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::{HeaderMap, Message, Subscriber};
use bytes::Bytes;
use command_service::{Held, News};
use futures_util::StreamExt;
use kernel::io::Published;
use schemas::{CommitNo, WorldId};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::bus::{COMMIT_HEADER, Line, NODE_HEADER, POSITION_HEADER};
use crate::error::BusError;
use crate::members::{BEAT_MS, Beat, Heard, Move};
use crate::owner::{moved, serve};
use crate::shared::{Shared, TAKE, header};
use crate::wire;

/// How long a node that leaves waits for others to take its worlds.
const LEAVE: Duration = Duration::from_secs(10);
/// How often the log is asked which worlds there are.
const LOOK: Duration = Duration::from_secs(2);

/// A commit, of this node's own or of another one's.
enum Commit {
    Own(Result<News, RecvError>),
    Foreign(Message),
}

/// Whichever comes first; where both are there, neither keeps the other waiting for good.
async fn either(news: &mut broadcast::Receiver<News>, commits: &mut Subscriber) -> Commit {
    tokio::select! {
        own = news.recv() => Commit::Own(own),
        Some(foreign) = commits.next() => Commit::Foreign(foreign),
    }
}

/// The task of a node.
pub(crate) struct Running {
    shared: Arc<Shared>,
    lines: mpsc::UnboundedReceiver<Line>,
    took: watch::Sender<bool>,
    beats: Subscriber,
    asked: Subscriber,
    commits: Subscriber,
    held: watch::Receiver<Held>,
    /// Who listens for each world that is held.
    listeners: BTreeMap<WorldId, AbortHandle>,
    /// The last durable commit of each world of which this node has told or heard.
    heads: BTreeMap<WorldId, CommitNo>,
    known: BTreeSet<WorldId>,
    looked: Option<Instant>,
    /// Worlds on their way to another node.
    giving: Arc<Mutex<BTreeSet<WorldId>>>,
}

impl Running {
    pub(crate) async fn new(
        shared: Arc<Shared>,
        lines: mpsc::UnboundedReceiver<Line>,
        took: watch::Sender<bool>,
    ) -> Result<Self, BusError> {
        let subjects = shared.bus.subjects.clone();
        let listen = async |subject: String| {
            shared.bus.subscribe(subject).await.ok_or_else(|| BusError::Unreachable {
                server: "the bus".to_owned(),
                problem: "the connection is closed".to_owned(),
            })
        };
        let (beats, commits) = (listen(subjects.nodes()).await?, listen(subjects.all_commits()).await?);
        let asked = listen(subjects.node(&shared.node, "*")).await?;
        let held = shared.service.held();
        Ok(Self {
            shared,
            lines,
            took,
            beats,
            asked,
            commits,
            held,
            listeners: BTreeMap::new(),
            heads: BTreeMap::new(),
            known: BTreeSet::new(),
            looked: None,
            giving: Arc::default(),
        })
    }

    pub(crate) async fn run(mut self, mut leaving: mpsc::Receiver<oneshot::Sender<()>>) {
        let mut news = self.shared.service.subscribe();
        let mut tick = tokio::time::interval(Duration::from_millis(BEAT_MS));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut gone: Option<(oneshot::Sender<()>, Instant)> = None;
        loop {
            // Commits come without an end where there is work without an end. Everything else goes before them, or a node
            // would fall silent, and be taken for gone, just when it has the most to do.
            tokio::select! {
                biased;
                Some(line) = self.lines.recv() => self.line(line),
                Some(done) = leaving.recv(), if gone.is_none() => {
                    gone = Some((done, Instant::now() + LEAVE));
                    self.shared.members(|members, _| members.leave());
                    self.beat().await;
                    self.act().await;
                }
                _ = tick.tick() => {
                    self.look().await;
                    self.beat().await;
                    self.act().await;
                }
                Some(message) = self.beats.next() => self.heard(&message).await,
                Some(message) = self.asked.next() => self.asked(message),
                Ok(()) = self.held.changed() => {
                    self.listen();
                    self.beat().await;
                }
                commit = either(&mut news, &mut self.commits) => match commit {
                    Commit::Own(Ok(News::Commit(published))) => self.tell(&published).await,
                    Commit::Own(Ok(News::Heard(_) | News::Stands(..)) | Err(RecvError::Lagged(_))) => {}
                    Commit::Own(Err(RecvError::Closed)) => return,
                    Commit::Foreign(message) => self.told(&message),
                },
            }
            if let Some((done, until)) = gone.take() {
                if self.is_empty() || Instant::now() >= until {
                    self.beat().await;
                    self.shared.bus.flush().await;
                    let _ = done.send(());
                    return;
                }
                gone = Some((done, until));
            }
        }
    }

    /// Whether nothing is left that another node could take.
    fn is_empty(&self) -> bool {
        let held = self.held.borrow().clone();
        let giving = self.giving.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
        let heir = |world: &WorldId| self.shared.members(|m, now| m.owner(now, world).is_some());
        giving && !held.iter().any(|world| !world.is_reserved() && heir(world))
    }

    fn line(&self, line: Line) {
        let up = line == Line::Up;
        // What is told twice changes nothing: a lease begins anew only after a break.
        if self.shared.stats.connected.swap(up, Ordering::Relaxed) == up {
            return;
        }
        self.shared.members(|members, now| if up { members.connected(now) } else { members.disconnected() });
        if up {
            tracing::info!("the bus is back");
        } else {
            tracing::warn!(
                "the bus is gone: this node goes on with the worlds that it holds, and takes no others"
            );
        }
    }

    async fn beat(&self) {
        self.shared.beat(&self.heads).await;
    }

    /// Asks the log which worlds there are, now and then.
    async fn look(&mut self) {
        if self.looked.is_some_and(|looked| looked.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        match self.shared.service.seasons().await {
            Ok(known) => self.known = known,
            Err(problem) => tracing::warn!(%problem, "the worlds of the log can not be listed"),
        }
    }

    /// Another node tells about itself.
    async fn heard(&mut self, message: &Message) {
        let Ok(beat) = serde_json::from_slice::<Beat>(&message.payload) else { return };
        let foreign = beat.node != self.shared.node;
        let (heads, commands) = (beat.worlds.clone(), beat.commands);
        match self.shared.members(|members, now| members.heard(now, beat)) {
            Heard::Own => return,
            Heard::NameTaken => {
                self.took.send_replace(true);
                return;
            }
            Heard::Known => {}
            Heard::New => self.beat().await,
        }
        if foreign && commands {
            // Commits go the same way as beats, in order: one that is missing by now is lost.
            for (world, commit) in heads {
                let told = self.heads.entry(world.clone()).or_insert(commit);
                if *told < commit {
                    *told = commit;
                    self.shared.service.tell(News::Stands(world, commit));
                }
            }
        }
    }

    /// Takes and gives worlds.
    async fn act(&mut self) {
        let held = self.held.borrow().clone();
        let seasons: BTreeSet<WorldId> = held.iter().filter(|world| !world.is_reserved()).cloned().collect();
        let (moves, peers) = self
            .shared
            .members(|members, now| (members.plan(now, &seasons, &self.known), members.peers(now)));
        self.shared.stats.peers.store(peers as u64, Ordering::Relaxed);
        for step in moves {
            match step {
                Move::Adopt(world) => {
                    tracing::info!(%world, "nobody holds it: taken");
                    self.shared.stats.takeovers.fetch_add(1, Ordering::Relaxed);
                    let _ = self.shared.service.adopt(world).await;
                }
                Move::Release(world) => {
                    tracing::info!(%world, "held by another node, to whom it falls: let go");
                    let _ = self.shared.service.release(world).await;
                }
                Move::Give(world, to) => self.give(world, to),
            }
        }
    }

    /// Lets a world go and has another node take it. Where that fails, the others see that nobody holds it.
    fn give(&self, world: WorldId, to: String) {
        let giving = Arc::clone(&self.giving);
        if !giving.lock().unwrap_or_else(PoisonError::into_inner).insert(world.clone()) {
            return;
        }
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let mut held = shared.service.held();
            let released = shared.service.release(world.clone()).await.is_ok()
                && held.wait_for(|held| !held.contains(&world)).await.is_ok();
            if released {
                let subject = shared.bus.subjects.node(&to, "take");
                match shared.bus.request(subject, world.as_str().to_owned().into(), TAKE).await {
                    Ok(_) => {
                        shared.stats.handovers.fetch_add(1, Ordering::Relaxed);
                        tracing::info!(%world, %to, "given");
                    }
                    Err(problem) => tracing::warn!(%world, %to, ?problem, "let go, but not taken yet"),
                }
            }
            giving.lock().unwrap_or_else(PoisonError::into_inner).remove(&world);
        });
    }

    /// Listens for each world that is held, and for no other.
    fn listen(&mut self) {
        let held = self.held.borrow_and_update().clone();
        self.listeners.retain(|world, listener| {
            let kept = held.contains(world);
            if !kept {
                listener.abort();
            }
            kept
        });
        for world in held.iter().filter(|world| !world.is_reserved()) {
            if !self.listeners.contains_key(world) {
                let listener = tokio::spawn(serve(Arc::clone(&self.shared), world.clone()));
                self.listeners.insert(world.clone(), listener.abort_handle());
            }
        }
    }

    /// Tells other nodes of a commit.
    async fn tell(&mut self, published: &Published) {
        let stored = &published.stored;
        if stored.world.is_reserved() {
            return;
        }
        self.heads.insert(stored.world.clone(), stored.commit);
        let body = match wire::write_commit(published) {
            Ok(body) if body.len() <= self.shared.bus.body_max() => body,
            // Too long for the bus: who needs it reads the log.
            Ok(_) | Err(_) => Bytes::new(),
        };
        let mut headers = HeaderMap::new();
        headers.insert(COMMIT_HEADER, stored.commit.to_string());
        headers.insert(POSITION_HEADER, stored.last().to_string());
        headers.insert(NODE_HEADER, self.shared.node.as_str());
        self.shared.bus.publish(self.shared.bus.subjects.commits(&stored.world), headers, body).await;
    }

    /// Another node tells of a commit.
    fn told(&mut self, message: &Message) {
        if header(message, NODE_HEADER).is_none_or(|node| node == self.shared.node) {
            return;
        }
        let world = message.subject.as_str().rsplit('.').nth(1).and_then(|name| WorldId::new(name).ok());
        let commit = header(message, COMMIT_HEADER).and_then(|text| text.parse().ok()).map(CommitNo::new);
        let (Some(world), Some(commit)) = (world, commit) else { return };
        self.heads.insert(world.clone(), commit);
        let news = match wire::read_commit(&message.payload) {
            Ok(published) if published.stored.world == world => News::Heard(Arc::new(published)),
            Ok(_) | Err(_) => News::Stands(world, commit),
        };
        self.shared.service.tell(news);
    }

    /// Another node wants something of this one.
    fn asked(&self, message: Message) {
        let shared = Arc::clone(&self.shared);
        let what = message.subject.as_str().rsplit('.').next().unwrap_or_default().to_owned();
        let Some(reply) = message.reply.as_ref().map(ToString::to_string) else { return };
        tokio::spawn(async move {
            match what.as_str() {
                "take" => {
                    let world = std::str::from_utf8(&message.payload).ok().and_then(|w| WorldId::new(w).ok());
                    if let Some(world) = world
                        && shared.service.adopt(world).await.is_ok()
                    {
                        shared.bus.publish(reply, HeaderMap::new(), Bytes::new()).await;
                    }
                }
                "part" => {
                    if let Some(part) = shared.part(&message.payload) {
                        shared.bus.publish(reply, HeaderMap::new(), part).await;
                    }
                }
                "open" => match wire::read_command(&message.payload) {
                    Ok(request) => {
                        let answer = shared.service.command(request).await.unwrap_or_else(|_| moved());
                        shared.answer(reply, &answer).await;
                    }
                    Err(problem) => tracing::warn!(%problem, "not opened"),
                },
                _ => {}
            }
        });
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for listener in self.listeners.values() {
            listener.abort();
        }
    }
}
