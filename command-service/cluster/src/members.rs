//! Which nodes there are, and which of them is to hold which world. Pure: no clock, no socket.
//!
//! Every node tells all others about itself twice a second. A node that is not heard for a lease is taken for gone, and its
//! worlds fall to those that are left; a node that comes takes its share. All compute the same from the same news
//! (rendezvous hashing), so nobody has to ask or to be elected. What a node thinks may be wrong at any moment: then two of
//! them hold one world for a while, and the log lets one of them write. Leases save work and guard nothing.

use std::collections::{BTreeMap, BTreeSet};

use schemas::{CommitNo, WorldId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Milliseconds of a clock that never goes back.
pub type Millis = u64;

/// How often a node tells others about itself, in ms.
pub const BEAT_MS: Millis = 500;
/// How long a node listens before it takes any world, in ms: everybody who is there has been heard by then.
pub const SETTLE_MS: Millis = 2 * BEAT_MS + 200;
/// The most worlds that a node gives away at a time, while it goes on running.
const GIVE_MAX: usize = 32;

/// What a node tells about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// Its name.
    pub node: String,
    /// Which run of it: random at each start.
    pub run: u64,
    /// When that run began, wall time in ms: of two with one name the younger gives way.
    pub started_ms: i64,
    /// Whether it holds worlds at all.
    pub commands: bool,
    /// Whether it is on its way out.
    pub leaving: bool,
    /// The worlds that it holds, each with the last durable commit of which it knows.
    pub worlds: BTreeMap<WorldId, CommitNo>,
}

/// Another node, as it was last heard.
#[derive(Debug, Clone)]
struct Peer {
    beat: Beat,
    heard: Millis,
}

/// What a node should do about a world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    /// Nobody holds it, and it falls to this node.
    Adopt(WorldId),
    /// It falls to another node, which does not hold it yet.
    Give(WorldId, String),
    /// Another node holds it, too, and it falls to that one.
    Release(WorldId),
}

/// What a beat that was heard says about the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It is this node's own.
    Own,
    /// A node that was known.
    Known,
    /// A node that was not known, or a new run of one: it should hear of this node at once.
    New,
    /// Another node bears this node's name, and has borne it for longer.
    NameTaken,
}

/// The nodes of a cluster, as one of them sees them.
#[derive(Debug)]
pub struct Members {
    node: String,
    run: u64,
    started_ms: i64,
    commands: bool,
    lease: Millis,
    peers: BTreeMap<String, Peer>,
    /// Since when the bus has been heard without a break.
    listening: Option<Millis>,
    leaving: bool,
}

impl Members {
    /// A node that knows nobody yet. `lease` is how long another one may be silent before it is taken for gone, in ms.
    #[must_use]
    pub const fn new(node: String, run: u64, started_ms: i64, commands: bool, lease: Millis) -> Self {
        Self {
            node,
            run,
            started_ms,
            commands,
            lease,
            peers: BTreeMap::new(),
            listening: None,
            leaving: false,
        }
    }

    /// The bus is there (again). Nobody is taken for gone before having had a lease to be heard.
    pub fn connected(&mut self, now: Millis) {
        self.listening = Some(now);
        for peer in self.peers.values_mut() {
            peer.heard = now;
        }
    }

    /// The bus is gone: nothing is known of anybody, so nothing is taken from anybody.
    pub fn disconnected(&mut self) {
        self.listening = None;
    }

    /// This node is on its way out: all worlds fall to others.
    pub fn leave(&mut self) {
        self.leaving = true;
    }

    /// Takes in what a node tells about itself.
    pub fn heard(&mut self, now: Millis, beat: Beat) -> Heard {
        if beat.node == self.node {
            return if beat.run == self.run {
                Heard::Own
            } else if (beat.started_ms, beat.run) < (self.started_ms, self.run) {
                Heard::NameTaken
            } else {
                // The younger one will hear of this one and give way.
                Heard::New
            };
        }
        let known = self.peers.get(&beat.node).is_some_and(|peer| peer.beat.run == beat.run);
        if beat.leaving && beat.worlds.is_empty() {
            self.peers.remove(&beat.node);
            return Heard::Known;
        }
        self.peers.insert(beat.node.clone(), Peer { beat, heard: now });
        if known { Heard::Known } else { Heard::New }
    }

    /// What this node tells about itself.
    #[must_use]
    pub fn beat(&self, worlds: BTreeMap<WorldId, CommitNo>) -> Beat {
        Beat {
            node: self.node.clone(),
            run: self.run,
            started_ms: self.started_ms,
            commands: self.commands,
            leaving: self.leaving,
            worlds,
        }
    }

    /// How many other nodes are there.
    #[must_use]
    pub fn peers(&self, now: Millis) -> usize {
        self.alive(now).count()
    }

    fn alive(&self, now: Millis) -> impl Iterator<Item = &Peer> {
        self.peers.values().filter(move |peer| now.saturating_sub(peer.heard) <= self.lease)
    }

    /// The node that holds a world by what was last heard; this one is not asked.
    #[must_use]
    pub fn claimant(&self, now: Millis, world: &WorldId) -> Option<&str> {
        self.alive(now).find(|peer| peer.beat.worlds.contains_key(world)).map(|peer| peer.beat.node.as_str())
    }

    /// The node to which a world falls; none where no node takes worlds.
    #[must_use]
    pub fn owner(&self, now: Millis, world: &WorldId) -> Option<&str> {
        let own = (self.commands && !self.leaving).then_some(self.node.as_str());
        let others = self.alive(now).filter(|peer| peer.beat.commands && !peer.beat.leaving);
        own.into_iter()
            .chain(others.map(|peer| peer.beat.node.as_str()))
            .max_by_key(|node| (weight(node, world), *node))
    }

    /// What to do now about the worlds that this node holds (`held`) and those of the log (`known`).
    #[must_use]
    pub fn plan(&self, now: Millis, held: &BTreeSet<WorldId>, known: &BTreeSet<WorldId>) -> Vec<Move> {
        let Some(since) = self.listening else { return Vec::new() };
        let settled = now.saturating_sub(since) >= SETTLE_MS;
        let mut moves = Vec::new();
        let mut given = 0;
        for world in held {
            match (self.owner(now, world), self.claimant(now, world)) {
                (Some(owner), _) if owner == self.node => {}
                (Some(owner), Some(claimant)) if claimant == owner => {
                    moves.push(Move::Release(world.clone()));
                }
                (Some(owner), _) if given < GIVE_MAX || self.leaving => {
                    given += 1;
                    moves.push(Move::Give(world.clone(), owner.to_owned()));
                }
                (Some(_) | None, _) => {}
            }
        }
        if settled && self.commands && !self.leaving {
            let free = |world: &&WorldId| {
                !held.contains(*world)
                    && self.claimant(now, world).is_none()
                    && self.owner(now, world) == Some(self.node.as_str())
            };
            moves.extend(known.iter().filter(free).cloned().map(Move::Adopt));
        }
        moves
    }
}

/// How much a world leans to a node: the highest takes it. First 8 bytes, big-endian, of SHA-256 over node, a zero byte and
/// world.
fn weight(node: &str, world: &WorldId) -> u64 {
    let mut hasher = Sha256::new();
    hasher.update(node.as_bytes());
    hasher.update([0]);
    hasher.update(world.as_str().as_bytes());
    let digest: [u8; 32] = hasher.finalize().into();
    digest.iter().take(8).fold(0, |all, byte| all << 8 | u64::from(*byte))
}

#[cfg(test)]
#[path = "members_tests.rs"]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests;
