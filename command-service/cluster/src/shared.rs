//! What the tasks of a node share: the bus, the service, who is there; and answers on their way back.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_nats::{HeaderMap, Message};
use bytes::Bytes;
use command_service::Service;
use kernel::Answer;
use schemas::{CommitNo, WorldId};
use tokio::time::Instant;

use crate::bus::{Bus, PARTS_HEADER};
use crate::members::{Members, Millis};
use crate::wire;

/// How long another node may take to say that it has taken a world, or to hand a part over.
pub(crate) const TAKE: Duration = Duration::from_secs(2);
/// How long the parts of a long answer are kept for whoever asked.
const PARTS_KEPT: Duration = Duration::from_secs(30);

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
    pub(crate) stats: ClusterStats,
}

impl Shared {
    /// What a node begins with.
    pub(crate) fn new(bus: Bus, service: Service, node: String, members: Members) -> Self {
        let stats = ClusterStats { connected: AtomicBool::new(true), ..ClusterStats::default() };
        Self {
            bus,
            service,
            node,
            members: Mutex::new(members),
            start: Instant::now(),
            parts: Mutex::default(),
            next_part: AtomicU64::new(0),
            stats,
        }
    }

    fn now(&self) -> Millis {
        Millis::try_from(self.start.elapsed().as_millis()).unwrap_or(Millis::MAX)
    }

    pub(crate) fn members<R>(&self, with: impl FnOnce(&mut Members, Millis) -> R) -> R {
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
    pub(crate) async fn answer(&self, reply: String, answer: &Answer) {
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

    pub(crate) fn part(&self, wanted: &[u8]) -> Option<Bytes> {
        let (key, part) = std::str::from_utf8(wanted).ok()?.split_once(' ')?;
        let (key, part): (u64, usize) = (key.parse().ok()?, part.parse().ok()?);
        let kept = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&key)?.1.get(part).cloned()
    }

    /// Tells others about this node.
    pub(crate) async fn beat(&self, heads: &BTreeMap<WorldId, CommitNo>) {
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

/// A header of a message.
pub(crate) fn header<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    message.headers.as_ref()?.get(name).map(async_nats::HeaderValue::as_str)
}
