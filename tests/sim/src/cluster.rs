//! The cluster: nodes, log, bus, clients, projectors, and the one queue that orders everything.

mod clients;
mod log;
mod nodes;
mod run;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use event_store::memory::MemoryLog;
use event_store::{Snapshot, WorldBatch};
use games_core::dice::mix;
use games_core::{Rng, Secret};
use kernel::{Answer, Input, Kernel, Question, Request, SecretOpener, Ticket};
use schemas::{CommandId, CommitNo, Hash, LiveLine, PlayerId, WorldId};

use crate::check::Violation;
use crate::client::Client;
use crate::plan::{Marks, Plan, SimPlant};
use crate::projector::Projector;
use crate::workload::{Place, Workload};

/// The season begins here: 2026-03-02T00:00:00Z.
const START_MS: i64 = 1_772_409_600_000;
/// A client that hears nothing for this long asks again.
const TIMEOUT_MS: i64 = 2_000;
/// How long the quiet phase may take before what is unanswered counts as lost (invariant I11).
const CALM_MS: i64 = 30_000;

#[derive(Debug)]
enum Happening {
    Think(usize),
    Deliver(usize, Box<Request>),
    Ask(usize, Box<Question>),
    Timeout(usize, CommandId, u32),
    AppendNow(usize, u32, u64, Vec<WorldBatch>),
    LoadNow(usize, u32, WorldId, u64),
    To(usize, u32, Box<Input>),
    Reply(Ticket, Answer),
    Restart(usize),
    Heartbeat(usize, u32),
    Project,
    LandLate,
}

struct Node {
    kernel: Option<Kernel>,
    incarnation: u32,
    clock_ms: i64,
    /// When the kernel is woken next.
    wake: Option<i64>,
}

/// What a ticket waits for.
#[derive(Debug, Clone)]
enum Waits {
    Command(usize, CommandId),
    /// What the asker knew to be durable when it asked.
    Question(usize, CommitNo),
    /// What the bot of this player would do.
    Wish(usize, schemas::PlayerId),
}

struct Opener;

impl SecretOpener for Opener {
    fn open(&self, _: &WorldId, sealed: &str) -> Option<Secret> {
        sealed.parse::<Hash>().ok().map(|hash| Secret::new(hash.0))
    }
}

pub(crate) struct Cluster<'a> {
    pub(crate) workload: &'a dyn Workload,
    plant: Option<SimPlant>,
    pub(crate) plan: Plan,
    pub(crate) marks: Marks,
    rng: Rng,
    now: i64,
    seq: u64,
    queue: BinaryHeap<Reverse<(i64, u64)>>,
    happenings: BTreeMap<u64, Happening>,
    nodes: Vec<Node>,
    pub(crate) log: MemoryLog,
    pub(crate) worlds: Vec<WorldId>,
    pub(crate) clients: Vec<Client>,
    /// Places of each world that are worth a march.
    places: BTreeMap<WorldId, Vec<Place>>,
    tickets: BTreeMap<Ticket, Waits>,
    next_ticket: Ticket,
    snapshots: BTreeMap<WorldId, Vec<Snapshot>>,
    pub(crate) projectors: BTreeMap<WorldId, Projector>,
    pub(crate) found: Vec<Violation>,
    /// Requests and questions that a node has taken and not yet answered.
    owed: BTreeMap<Ticket, (usize, u32, WorldId)>,
    left: u32,
    storming: bool,
    calm_since: i64,
    /// Nothing is begun any more: what is on its way still arrives.
    still: bool,
    trace: u64,
    /// Every happening and every output, one line each, when they are asked for.
    pub(crate) story: Option<Vec<String>>,
}

impl<'a> Cluster<'a> {
    pub(crate) fn new(seed: u64, commands: u32, workload: &'a dyn Workload, plant: Option<SimPlant>) -> Self {
        let mut rng = Rng::new(mix(seed));
        let mut plan = Plan::draw(&mut rng);
        plan.worlds = plan.worlds.min(workload.worlds_max());
        plan.think_ms *= workload.patience(&mut rng);
        let worlds: Vec<WorldId> =
            (1..=plan.worlds).filter_map(|n| WorldId::new(&format!("w{n}")).ok()).collect();
        let players: Vec<PlayerId> = (0..plan.clients).map(|_| PlayerId::from_bits(rng.output())).collect();
        let mut clients: Vec<Client> = worlds.iter().map(|world| Client::new(world.clone(), None)).collect();
        for (i, player) in players.iter().enumerate() {
            clients.push(Client::new(worlds[i % worlds.len()].clone(), Some(*player)));
        }
        let nodes =
            (0..plan.nodes).map(|_| Node { kernel: None, incarnation: 0, clock_ms: 0, wake: None }).collect();
        let mut cluster = Self {
            workload,
            plant,
            marks: Marks::default(),
            rng,
            now: START_MS,
            seq: 0,
            queue: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            nodes,
            log: MemoryLog::default(),
            projectors: worlds.iter().map(|world| (world.clone(), Projector::default())).collect(),
            worlds,
            clients,
            places: BTreeMap::new(),
            tickets: BTreeMap::new(),
            next_ticket: 0,
            snapshots: BTreeMap::new(),
            found: Vec::new(),
            owed: BTreeMap::new(),
            left: commands,
            storming: true,
            calm_since: 0,
            still: false,
            trace: seed,
            story: None,
            plan,
        };
        for node in 0..cluster.nodes.len() {
            cluster.start(node);
        }
        for client in 0..cluster.clients.len() {
            cluster.after(1, Happening::Think(client));
        }
        for i in 0..cluster.worlds.len() {
            cluster.open_world(i);
        }
        cluster.after(1000, Happening::Project);
        cluster.after(1000, Happening::LandLate);
        cluster
    }

    pub(crate) const fn trace(&self) -> u64 {
        self.trace
    }

    pub(crate) fn commits(&self) -> u64 {
        self.worlds.iter().map(|world| self.log.head(world).commit.get()).sum()
    }

    pub(crate) fn live(&self, world: &WorldId) -> LiveLine {
        LiveLine::new(self.log.rewinds(world).to_vec())
    }

    fn chance(&mut self, per_mille: u64) -> bool {
        self.storming && self.rng.below(1000) < per_mille
    }

    fn delay(&mut self) -> i64 {
        1 + self.rng.below(self.plan.delay_ms) as i64
    }

    fn after(&mut self, ms: i64, happening: Happening) {
        self.seq += 1;
        self.queue.push(Reverse((self.now + ms, self.seq)));
        self.happenings.insert(self.seq, happening);
    }

    fn note(&mut self, what: u64) {
        self.trace = mix(self.trace ^ what.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(self.now as u64);
    }
}
