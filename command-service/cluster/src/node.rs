//! One node of a cluster: what it hears, what it tells, which worlds it takes and gives away.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::{HeaderMap, Message, Subscriber};
use bytes::Bytes;
use command_service::{Held, News, Service};
use futures_util::StreamExt;
use kernel::Answer;
use kernel::io::Published;
use schemas::{CommitNo, Rejection, WorldId};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::Instant;

use crate::bus::{Bus, COMMIT_HEADER, Line, NODE_HEADER, PARTS_HEADER, POSITION_HEADER};
use crate::error::BusError;
use crate::members::{BEAT_MS, Beat, Heard, Members, Millis, Move, SETTLE_MS};
use crate::router::{Router, has_moved};
use crate::wire;

/// How long another node may take to say that it has taken a world.
const TAKE: Duration = Duration::from_secs(2);
/// How long a node that leaves waits for others to take its worlds.
const LEAVE: Duration = Duration::from_secs(10);
/// How often the log is asked which worlds there are.
const LOOK: Duration = Duration::from_secs(2);
/// How long the parts of a long answer are kept for whoever asked.
const PARTS_KEPT: Duration = Duration::from_secs(30);

/// How a node takes part.
#[derive(Debug, Clone)]
pub struct ClusterConfig {
    /// The bus, `nats://user:password@host:4222`; several servers by commas.
    pub url: String,
    /// The cluster's name, the first word of all subjects: nodes of one log share it.
    pub cluster: String,
    /// This node's name, which no other one of the cluster bears.
    pub node: String,
    /// Whether it holds worlds.
    pub commands: bool,
    /// How long another node may be silent before its worlds are taken over. At least 2 s; longer than questions are
    /// answered without looking at the log.
    pub lease: Duration,
}

/// Counts since the start, and how things stand.
#[derive(Debug, Default)]
pub struct ClusterStats {
    /// Whether the bus is there.
    pub connected: AtomicBool,
    /// Other nodes that are there.
    pub peers: AtomicU64,
    /// Worlds given to another node in good order.
    pub handovers: AtomicU64,
    /// Worlds taken because nobody held them.
    pub takeovers: AtomicU64,
}

/// What the tasks of a node share.
pub(crate) struct Shared {
    pub(crate) bus: Bus,
    /// The service, which knows of no routes.
    pub(crate) service: Service,
    pub(crate) node: String,
    members: Mutex<Members>,
    start: Instant,
    parts: Mutex<BTreeMap<u64, (Instant, Vec<Bytes>)>>,
    next_part: AtomicU64,
    stats: ClusterStats,
}

impl Shared {
    fn now(&self) -> Millis {
        Millis::try_from(self.start.elapsed().as_millis()).unwrap_or(Millis::MAX)
    }

    fn members<R>(&self, with: impl FnOnce(&mut Members, Millis) -> R) -> R {
        with(&mut self.members.lock().unwrap_or_else(PoisonError::into_inner), self.now())
    }

    /// The other node that holds a world, as far as is known.
    pub(crate) fn claimant(&self, world: &WorldId) -> Option<String> {
        self.members(|members, now| members.claimant(now, world).map(str::to_owned))
    }

    /// The node on which a world is to be opened: the one that holds it, else the one to which it falls.
    pub(crate) fn opener(&self, world: &WorldId) -> Option<String> {
        if self.service.holds(world) {
            return Some(self.node.clone());
        }
        self.members(|members, now| {
            members.claimant(now, world).or_else(|| members.owner(now, world)).map(str::to_owned)
        })
    }

    /// An answer with all of its parts.
    pub(crate) async fn whole(&self, first: Message) -> Option<Bytes> {
        let Some(parts) = header(&first, PARTS_HEADER) else { return Some(first.payload) };
        let mut words = parts.split(' ');
        let (node, key, count) = (words.next()?, words.next()?, words.next()?.parse::<u64>().ok()?);
        let mut whole = first.payload.to_vec();
        for part in 1..count {
            let subject = self.bus.subjects.node(node, "part");
            let wanted = Bytes::from(format!("{key} {part}"));
            whole.extend_from_slice(&self.bus.request(subject, wanted, TAKE).await.ok()?.payload);
        }
        Some(whole.into())
    }

    /// Sends an answer, in parts where it is too long for one message.
    async fn answer(&self, reply: String, answer: &Answer) {
        let body = match wire::write_answer(answer) {
            Ok(body) => body,
            Err(problem) => {
                tracing::error!(%problem, "an answer can not be sent");
                return;
            }
        };
        let max = self.bus.body_max();
        let mut headers = HeaderMap::new();
        if body.len() <= max {
            return self.bus.publish(reply, headers, body).await;
        }
        let parts: Vec<Bytes> =
            (0..body.len()).step_by(max).map(|at| body.slice(at..body.len().min(at + max))).collect();
        let key = self.next_part.fetch_add(1, Ordering::Relaxed);
        headers.insert(PARTS_HEADER, format!("{} {key} {}", self.node, parts.len()));
        let first = parts.first().cloned().unwrap_or_default();
        {
            let mut kept = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
            kept.retain(|_, (since, _)| since.elapsed() < PARTS_KEPT);
            kept.insert(key, (Instant::now(), parts));
        }
        self.bus.publish(reply, headers, first).await;
    }

    fn part(&self, wanted: &[u8]) -> Option<Bytes> {
        let (key, part) = std::str::from_utf8(wanted).ok()?.split_once(' ')?;
        let (key, part): (u64, usize) = (key.parse().ok()?, part.parse().ok()?);
        let kept = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&key)?.1.get(part).cloned()
    }

    /// Tells others about this node.
    async fn beat(&self, heads: &BTreeMap<WorldId, CommitNo>) {
        let held = self.service.held().borrow().clone();
        let worlds = held
            .iter()
            .filter(|world| !world.is_reserved())
            .map(|world| (world.clone(), heads.get(world).copied().unwrap_or(CommitNo::ZERO)))
            .collect();
        let beat = self.members(|members, _| members.beat(worlds));
        match serde_json::to_vec(&beat) {
            Ok(body) => self.bus.publish(self.bus.subjects.nodes(), HeaderMap::new(), body.into()).await,
            Err(problem) => tracing::error!(%problem, "this node can not tell about itself"),
        }
    }
}

/// This node's part in a cluster.
pub struct Cluster {
    shared: Arc<Shared>,
    leave: mpsc::Sender<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    taken: watch::Receiver<bool>,
}

impl Cluster {
    /// Joins: connects, tries the user's rights, listens who else is there, and from then on takes worlds, gives them away
    /// and brings commands to their owner. The service must hold no world yet.
    ///
    /// # Errors
    /// When the bus can not be reached or used, or another node bears the name.
    pub async fn join(config: ClusterConfig, service: &Service) -> Result<Self, BusError> {
        check_name("node", &config.node)?;
        check_name("cluster", &config.cluster)?;
        let (bus, lines) = Bus::connect(&config.url, &config.cluster, &config.node).await?;
        let lease = Millis::try_from(config.lease.as_millis()).unwrap_or(Millis::MAX);
        let started_ms = service.clock().now().ms();
        let mut members =
            Members::new(config.node.clone(), random(), started_ms, config.commands, lease.max(4 * BEAT_MS));
        members.connected(0);
        let shared = Arc::new(Shared {
            bus,
            service: service.unrouted(),
            node: config.node,
            members: Mutex::new(members),
            start: Instant::now(),
            parts: Mutex::default(),
            next_part: AtomicU64::new(0),
            stats: ClusterStats::default(),
        });
        shared.stats.connected.store(true, Ordering::Relaxed);
        let (leave, leaving) = mpsc::channel(1);
        let (took, mut taken) = watch::channel(false);
        let running = Running::new(Arc::clone(&shared), lines, took).await?;
        let task = tokio::spawn(running.run(leaving));
        // Whoever bears the name already tells so within a beat. What holds no worlds can do no harm by then.
        let settle = Duration::from_millis(if config.commands { SETTLE_MS } else { 0 });
        if matches!(tokio::time::timeout(settle, taken.wait_for(|taken| *taken)).await, Ok(Ok(_))) {
            task.abort();
            return Err(BusError::NameTaken { node: shared.node.clone() });
        }
        service.route(Arc::new(Router { shared: Arc::clone(&shared) }));
        Ok(Self { shared, leave, task, taken })
    }

    /// Counts since the start.
    #[must_use]
    pub fn stats(&self) -> Arc<dyn Fn() -> [(&'static str, u64); 4] + Send + Sync> {
        let shared = Arc::clone(&self.shared);
        Arc::new(move || {
            let stats = &shared.stats;
            [
                ("annals_bus_connected", u64::from(stats.connected.load(Ordering::Relaxed))),
                ("annals_cluster_peers", stats.peers.load(Ordering::Relaxed)),
                ("annals_handovers_total", stats.handovers.load(Ordering::Relaxed)),
                ("annals_takeovers_total", stats.takeovers.load(Ordering::Relaxed)),
            ]
        })
    }

    /// Resolves when it turns out that another node has borne this one's name for longer: this one must stop.
    pub async fn name_taken(&self) -> BusError {
        let mut taken = self.taken.clone();
        if taken.wait_for(|taken| *taken).await.is_err() {
            std::future::pending::<()>().await;
        }
        BusError::NameTaken { node: self.shared.node.clone() }
    }

    /// Gives all worlds to others, as far as others are there, and goes. Commands go on being routed until the service
    /// stops.
    pub async fn leave(self) {
        let (done, gone) = oneshot::channel();
        if self.leave.send(done).await.is_ok() {
            let _ = gone.await;
        }
        self.shared.bus.flush().await;
    }
}

impl Drop for Cluster {
    /// A node that is only dropped falls silent, as one that is killed.
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Looks who is there, without taking part: each node with how many worlds it holds, by name.
///
/// # Errors
/// When the bus can not be reached or used.
pub async fn look(url: &str, cluster: &str, name: &str) -> Result<Vec<String>, BusError> {
    check_name("cluster", cluster)?;
    let (bus, _lines) = Bus::connect(url, cluster, name).await?;
    let mut found = BTreeMap::new();
    if let Some(mut beats) = bus.subscribe(bus.subjects.nodes()).await {
        let until = Instant::now() + Duration::from_millis(SETTLE_MS);
        while let Ok(Some(message)) = tokio::time::timeout_at(until, beats.next()).await {
            if let Ok(beat) = serde_json::from_slice::<Beat>(&message.payload) {
                found.insert(beat.node, beat.worlds.len());
            }
        }
    }
    Ok(found.into_iter().map(|(node, worlds)| format!("{node} ({worlds} worlds)")).collect())
}

/// The task of a node.
struct Running {
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
    async fn new(
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

    async fn run(mut self, mut leaving: mpsc::Receiver<oneshot::Sender<()>>) {
        let mut news = self.shared.service.subscribe();
        let mut tick = tokio::time::interval(Duration::from_millis(BEAT_MS));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        let mut gone: Option<(oneshot::Sender<()>, Instant)> = None;
        loop {
            tokio::select! {
                biased;
                Some(line) = self.lines.recv() => self.line(line),
                Some(done) = leaving.recv(), if gone.is_none() => {
                    gone = Some((done, Instant::now() + LEAVE));
                    self.shared.members(|members, _| members.leave());
                    self.beat().await;
                    self.act().await;
                }
                Some(message) = self.beats.next() => self.heard(&message).await,
                Some(message) = self.asked.next() => self.asked(message),
                Ok(()) = self.held.changed() => {
                    self.listen();
                    self.beat().await;
                }
                published = news.recv() => match published {
                    Ok(News::Commit(published)) => self.tell(&published).await,
                    Ok(News::Heard(_) | News::Stands(..)) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                Some(message) = self.commits.next() => self.told(&message),
                _ = tick.tick() => {
                    self.look().await;
                    self.beat().await;
                    self.act().await;
                }
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

fn moved() -> Answer {
    Answer::Refused(Rejection::new("MOVED"))
}

/// Answers commands and questions for a world for as long as this node holds it.
async fn serve(shared: Arc<Shared>, world: WorldId) {
    let subjects = &shared.bus.subjects;
    let commands = shared.bus.subscribe(subjects.command(&world)).await;
    let questions = shared.bus.subscribe(subjects.question(&world)).await;
    let (Some(mut commands), Some(mut questions)) = (commands, questions) else { return };
    loop {
        let (message, command) = tokio::select! {
            Some(message) = commands.next() => (message, true),
            Some(message) = questions.next() => (message, false),
            else => return,
        };
        let Some(reply) = message.reply.as_ref().map(ToString::to_string) else { continue };
        // Into the mailbox here and now, so that they are decided in the order in which they came.
        let begun = if command { Some(begin(&shared, &world, &message.payload).await) } else { None };
        let (shared, world) = (Arc::clone(&shared), world.clone());
        tokio::spawn(async move {
            let answer = match begun {
                Some(Begun::Decided(answer)) => answer.await.unwrap_or_else(|_| moved()),
                Some(Begun::Refused(answer)) => answer,
                None => answer_question(&shared, &world, &message.payload).await,
            };
            if has_moved(&answer) {
                tracing::debug!(%world, "asked here, but held elsewhere");
            }
            shared.answer(reply, &answer).await;
        });
    }
}

/// A command of another node's.
enum Begun {
    /// It is in the mailbox.
    Decided(oneshot::Receiver<Answer>),
    /// It can not be.
    Refused(Answer),
}

async fn begin(shared: &Shared, world: &WorldId, body: &[u8]) -> Begun {
    match wire::read_command(body) {
        Ok(request) if request.world == *world => {
            shared.service.begin(request).await.map_or_else(|_| Begun::Refused(moved()), Begun::Decided)
        }
        Ok(_) => Begun::Refused(moved()),
        Err(problem) => Begun::Refused(unreadable(&problem)),
    }
}

async fn answer_question(shared: &Shared, world: &WorldId, body: &[u8]) -> Answer {
    match wire::read_question(body) {
        Ok(question) if question.world == *world => {
            shared.service.ask(question).await.unwrap_or_else(|_| moved())
        }
        Ok(_) => moved(),
        Err(problem) => unreadable(&problem),
    }
}

fn unreadable(problem: &wire::BadMessage) -> Answer {
    tracing::warn!(%problem, "a request of another node");
    Answer::Refused(Rejection::new("INTERNAL_ERROR").with("problem", problem.to_string()))
}

fn header<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    message.headers.as_ref()?.get(name).map(async_nats::HeaderValue::as_str)
}

/// Which run of a node this is. Where there is no chance to be had, the time will do.
fn random() -> u64 {
    let mut bytes = [0; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) => u64::from_be_bytes(bytes),
        Err(_) => std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos() as u64),
    }
}

fn check_name(what: &'static str, text: &str) -> Result<(), BusError> {
    let good = (1..=48).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-');
    if good { Ok(()) } else { Err(BusError::BadName { what, text: text.to_owned() }) }
}
