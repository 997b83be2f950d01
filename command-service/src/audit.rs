//! The host's audit: requests that never reached a world's record, in one reserved stream per node of the same log.

use std::sync::Arc;

use event_store::{EventStore, Head, ReadError, WorldBatch};
use kernel::Request;
use schemas::{
    Cause, Commit, CommitHeader, CommitNo, Epoch, GameTime, Outcome, PlayerId, Rejection, WallTime, WorldId,
};
use tokio::sync::mpsc;

/// The most refusals that wait to be written; more are counted and left out, so that a flood can not fill memory.
const WAITING_MAX: usize = 4096;
/// The most refusals in one append.
const BATCH_MAX: usize = 256;
/// The most bytes of a refused payload that are kept.
const PAYLOAD_KEPT_MAX: usize = 1024;

/// What begins the name of every node's audit.
const STREAMS: &str = "host:";
/// So many of the newest refusals of each node are looked through for violations.
const LOOKED_THROUGH: u32 = 4_000;
/// Violations older than this weigh no longer, in ms: thirty clean days make up for three of them.
const VIOLATION_MS: i64 = 30 * 86_400_000;

/// Who went beyond a rate limit of a world within the last thirty days, and when: from the newest refusals on the audits
/// of all nodes, in order.
pub(crate) async fn violations<S: EventStore>(
    store: &S,
    world: &WorldId,
    now: WallTime,
) -> Result<Vec<(PlayerId, WallTime)>, ReadError> {
    let about = format!("{world}/");
    let mut found = Vec::new();
    for audit in store.worlds().await?.into_iter().filter(|w| w.world.as_str().starts_with(STREAMS)) {
        let from = CommitNo::new(audit.head.commit.get().saturating_sub(u64::from(LOOKED_THROUGH)));
        for stored in store.read(&audit.world, from, LOOKED_THROUGH).await? {
            let Ok(header) = stored.read_header() else { continue };
            let limited = matches!(&header.outcome, Outcome::Rejected(no) if no.code == "RATE_LIMITED");
            if let Cause::Command { actor, kind, .. } = &header.cause
                && limited
                && kind.starts_with(&about)
                && (0..VIOLATION_MS).contains(&now.since(header.wall_ms))
                && let Some(player) = actor.player()
            {
                found.push((header.wall_ms, player));
            }
        }
    }
    found.sort_unstable();
    Ok(found.into_iter().map(|(at, player)| (player, at)).collect())
}

struct Entry {
    request: Request,
    rejection: Rejection,
    at: WallTime,
}

type Start = Box<dyn FnOnce() -> (mpsc::Sender<Entry>, tokio::task::JoinHandle<()>) + Send>;

/// Writes the audit stream from a task of its own.
pub(crate) struct Audit {
    sender: Option<mpsc::Sender<Entry>>,
    task: Option<tokio::task::JoinHandle<()>>,
    start: Option<Start>,
    left_out: u64,
}

impl Audit {
    /// Prepares the audit of a node. The task starts with the first refusal, inside the service's runtime.
    pub(crate) fn start<S: EventStore + 'static>(store: Arc<S>, node: &str) -> Self {
        let world = WorldId::new(&format!("{STREAMS}{node}")).ok();
        let start = world.map(|world| {
            let start: Start = Box::new(move || {
                let (sender, receiver) = mpsc::channel(WAITING_MAX);
                (sender, tokio::spawn(write(store, world, receiver)))
            });
            start
        });
        Self { sender: None, task: None, start, left_out: 0 }
    }

    /// Puts a refusal on the audit.
    pub(crate) fn record(&mut self, mut request: Request, rejection: Rejection, at: WallTime) {
        if let Some(start) = self.start.take() {
            let (sender, task) = start();
            self.sender = Some(sender);
            self.task = Some(task);
        }
        request.payload.truncate(PAYLOAD_KEPT_MAX);
        let sent = self.sender.as_ref().is_some_and(|s| s.try_send(Entry { request, rejection, at }).is_ok());
        if !sent {
            self.left_out += 1;
            tracing::warn!(left_out = self.left_out, "the audit can not keep up");
        }
    }

    /// Writes what waits, and ends.
    pub(crate) async fn stop(&mut self) {
        self.sender = None;
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }
}

async fn write<S: EventStore>(store: Arc<S>, world: WorldId, mut receiver: mpsc::Receiver<Entry>) {
    let Ok(mut head) = store.head(&world).await else { return };
    let epoch = head.epoch.next();
    let mut entries = Vec::new();
    while receiver.recv_many(&mut entries, BATCH_MAX).await > 0 {
        let mut commits = Vec::with_capacity(entries.len());
        let mut tip = head;
        for entry in entries.drain(..) {
            let Some(stored) = commit(&world, &tip, epoch, &entry) else { continue };
            tip = Head { commit: stored.commit, position: stored.last(), hash: stored.hash, epoch };
            commits.push(stored);
        }
        let expected = head.commit;
        let batch = WorldBatch { world: world.clone(), expected, epoch, commits };
        match store.append(vec![batch]).await.pop() {
            Some(Ok(_)) => head = tip,
            Some(Err(problem)) => {
                tracing::error!(%problem, "refusals could not be written to the audit");
                let Ok(now) = store.head(&world).await else { return };
                head = now;
            }
            None => {}
        }
    }
}

fn commit(world: &WorldId, tip: &Head, epoch: Epoch, entry: &Entry) -> Option<schemas::StoredCommit> {
    let Entry { request, rejection, at } = entry;
    // The same request may be refused many times; in this stream the number keeps the ids apart.
    let id = schemas::CommandId::new(&format!("{}#{}", request.id, tip.commit.next())).ok()?;
    let header = CommitHeader {
        world: world.clone(),
        commit: tip.commit.next(),
        first: tip.position.next(),
        epoch,
        game_ms: GameTime::from_ms(at.ms()),
        wall_ms: *at,
        cause: Cause::Command {
            id,
            actor: request.actor.clone(),
            channel: request.channel.clone().into(),
            kind: format!("{}/{}", request.world, request.kind).into(),
            version: 1,
            facts: request.facts.clone(),
        },
        payload_len: request.payload.len() as u32,
        outcome: Outcome::Rejected(rejection.clone()),
        events: Vec::new(),
        allocations: Vec::new(),
        replaces: None,
        rewinds_to: None,
        rules: "".into(),
    };
    Commit { header, payload: request.payload.clone(), event_bytes: Vec::new() }.seal(tip.hash).ok()
}
