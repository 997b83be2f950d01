//! The cluster: nodes, log, bus, clients, projectors, and the one queue that orders everything.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;

use event_store::memory::{Fault, MemoryLog};
use event_store::{AppendError, Head, Snapshot, WorldBatch};
use games_core::dice::mix;
use games_core::{Rng, Secret};
use games_registry::Fold;
use kernel::io::{Asked, LoadError};
use kernel::{Answer, Input, Kernel, KernelConfig, Loaded, Output, Question, Request, SecretOpener, Ticket};
use schemas::host::{WorldOpen, WorldOpened};
use schemas::{
    Actor, CommandId, CommitNo, Epoch, Facts, Hash, LiveLine, PlayerId, StoredCommit, WallTime, WorldId,
};

use crate::check::Violation;
use crate::client::{Client, Sent, is_transient};
use crate::plan::{Marks, Plan, SimPlant};
use crate::projector::{Projector, Trouble};
use crate::workload::{Place, Scene, Workload};

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

    // ---- nodes ----

    fn start(&mut self, n: usize) {
        let config = KernelConfig {
            node: format!("n{n}"),
            lease_ms: Some(0),
            snapshot_commits: self.plan.snapshot_commits,
            rate_limits: false,
        };
        let mut kernel = Kernel::new(config, Arc::new(Opener));
        if let Some(SimPlant::Kernel(plant)) = self.plant {
            kernel.plant(plant);
        }
        self.nodes[n].kernel = Some(kernel);
        self.nodes[n].incarnation += 1;
        for i in (n..self.worlds.len()).step_by(self.nodes.len()) {
            self.adopt(n, self.worlds[i].clone());
        }
        self.nodes[n].wake = None;
        self.heartbeat(n);
    }

    /// Takes over what nobody holds, as a placement by leases would.
    fn pick_up(&mut self, n: usize) {
        for (i, world) in self.worlds.clone().into_iter().enumerate() {
            if !self.storming && i % self.nodes.len() != n {
                continue;
            }
            let held = |node: &Node| node.kernel.as_ref().is_some_and(|k| k.worlds().any(|w| *w == world));
            if !self.nodes.iter().any(held) {
                self.adopt(n, world);
            }
        }
    }

    fn heartbeat(&mut self, n: usize) {
        let incarnation = self.nodes[n].incarnation;
        let ms = 5_000 + self.rng.below(20_000) as i64;
        self.after(ms, Happening::Heartbeat(n, incarnation));
    }

    fn adopt(&mut self, n: usize, world: WorldId) {
        let held = self
            .nodes
            .iter()
            .any(|node| node.kernel.as_ref().is_some_and(|k| k.worlds().any(|w| *w == world)));
        self.marks.take_over += u32::from(held);
        self.feed(n, Input::Adopt(world));
    }

    fn soon(&mut self, n: usize, ms: i64, input: Input) {
        let incarnation = self.nodes[n].incarnation;
        self.after(ms, Happening::To(n, incarnation, Box::new(input)));
    }

    /// One step of a node's kernel, and what it wants done.
    fn feed(&mut self, n: usize, input: Input) {
        let wall = WallTime::from_ms(self.now + self.nodes[n].clock_ms);
        let incarnation = self.nodes[n].incarnation;
        let mut out = Vec::new();
        let Some(kernel) = self.nodes[n].kernel.as_mut() else { return };
        kernel.step(wall, input, &mut out);
        kernel.flush(wall, &mut out);
        for output in out {
            self.output(n, incarnation, output);
        }
    }

    fn output(&mut self, n: usize, incarnation: u32, output: Output) {
        if let Some(story) = &mut self.story {
            story.push(format!("    n{n} wants {output:.240?}"));
        }
        match output {
            Output::Append(batch, batches) => {
                let ms = self.delay();
                self.after(ms, Happening::AppendNow(n, incarnation, batch, batches));
            }
            Output::Load(world, token) => {
                let ms = self.delay();
                self.after(ms, Happening::LoadNow(n, incarnation, world, token));
            }
            Output::Lookup(ticket, world, id) => {
                let commits = self.log.find_command(&world, &id);
                let found = commits.iter().filter_map(|c| self.log.read(&world, c.prev(), 1).pop()).collect();
                let ms = self.delay();
                self.soon(n, ms, Input::Found(ticket, Ok(found)));
            }
            Output::ReadHead(world) => {
                let head = self.log.head(&world);
                let ms = self.delay();
                self.soon(n, ms, Input::HeadRead(world, Ok(head)));
            }
            Output::Reply(ticket, answer) => {
                self.check_reply(ticket, &answer);
                self.owed.remove(&ticket);
                self.note(ticket);
                if !self.chance(self.plan.lost) {
                    let ms = self.delay();
                    self.after(ms, Happening::Reply(ticket, answer));
                }
            }
            Output::Publish(published) => {
                self.note(u64::from_be_bytes(published.stored.hash.0[..8].try_into().unwrap_or_default()));
                let places = self.workload.places(&published.stored);
                if !places.is_empty() {
                    self.places.entry(published.stored.world.clone()).or_default().extend(places);
                }
                for client in self.clients.iter_mut().filter(|c| c.world == published.stored.world) {
                    let Some(player) = client.player else { continue };
                    for (position, kind, payload) in published.seen_by(Some(player)) {
                        client.home = self.workload.home(&kind, &payload).or(client.home);
                        client.transcript.insert(position, kind);
                    }
                }
            }
            Output::WakeAt(wall) => {
                let ms = (wall.ms() - self.nodes[n].clock_ms - self.now).clamp(1, 86_400_000);
                let at = self.now + ms;
                if self.nodes[n].wake.is_none_or(|wake| at < wake) {
                    self.nodes[n].wake = Some(at);
                    self.soon(n, ms, Input::Tick);
                }
            }
            Output::Snapshot(snapshot, _) => {
                let kept = self.snapshots.entry(snapshot.world.clone()).or_default();
                kept.push(*snapshot);
                if kept.len() > 4 {
                    kept.remove(0);
                }
            }
            // The second guard of the log had to do what the first should have done.
            Output::Alarm(world, problem) if problem.contains("on the record already") => {
                self.found.push(Violation::new("I1", &world, problem));
            }
            Output::Alarm(world, problem) if !self.storming && self.now > self.calm_since + 1000 => {
                self.found.push(Violation::new("I11", &world, format!("alarm after the faults: {problem}")));
            }
            Output::Alarm(..) | Output::StoodDown(_) | Output::Refused(..) => {}
        }
    }

    // ---- the log ----

    fn append_now(&mut self, n: usize, incarnation: u32, batch: u64, mut batches: Vec<WorldBatch>) {
        let fault = self.chance(self.plan.bad_append).then(|| match self.rng.below(4) {
            0 => Fault::FailBeforeCommit,
            1 => Fault::CommitThenUnknown,
            2 => Fault::LostThenUnknown,
            _ => Fault::LandLate,
        });
        if self.plant == Some(SimPlant::StoreIgnoresVersion) {
            for batch in &mut batches {
                relink(batch, self.log.head(&batch.world));
            }
        }
        match fault {
            Some(Fault::LandLate) => self.marks.late += 1,
            Some(Fault::FailBeforeCommit) => self.marks.unavailable += 1,
            Some(Fault::CommitThenUnknown | Fault::LostThenUnknown) => self.marks.unknown += 1,
            Some(Fault::Unavailable | Fault::Delay) | None => {}
        }
        self.marks.unknown_then_found += u32::from(fault == Some(Fault::CommitThenUnknown));
        let names: Vec<WorldId> = batches.iter().map(|batch| batch.world.clone()).collect();
        let timers = batches.iter().flat_map(|batch| &batch.commits).filter(|c| c.command.is_none()).count();
        let endings = self.log.append_with(fault, batches);
        for ending in &endings {
            match ending {
                Ok(_) => self.marks.timer += u32::from(timers > 0),
                Err(AppendError::WrongExpectedVersion { .. }) => self.marks.wrong_version += 1,
                Err(AppendError::Fenced { .. }) => self.marks.fenced += 1,
                Err(AppendError::OutcomeUnknown(_) | AppendError::Unavailable(_)) => {}
            }
        }
        let endings = names.into_iter().zip(endings).collect();
        let ms = self.delay();
        self.after(ms, Happening::To(n, incarnation, Box::new(Input::Appended(batch, endings))));
    }

    fn load(&mut self, world: &WorldId) -> Result<Box<Loaded>, LoadError> {
        if self.chance(self.plan.bad_load) {
            return Err(LoadError::Unavailable("the log can not be read (injected)".to_owned()));
        }
        let head = self.log.head(world);
        let live = self.live(world);
        let mut fold = Fold::new(live.clone(), head.commit);
        if self.rng.below(2) == 0
            && let Some(resumed) = self.resume_from_snapshot(world, &live, head.commit)
        {
            self.marks.snapshot_used += 1;
            fold = resumed;
        }
        for stored in self.log.read(world, fold.commit(), u32::MAX) {
            fold.push(&stored, None).map_err(|e| LoadError::Poison(e.to_string()))?;
        }
        let mut index: BTreeMap<u64, Vec<CommitNo>> = BTreeMap::new();
        for (key, commit) in self.log.command_index(world, head.commit) {
            index.entry(key).or_default().push(commit);
        }
        Ok(Box::new(Loaded { head, world: fold.finish(), index, live }))
    }

    fn resume_from_snapshot(&self, world: &WorldId, live: &LiveLine, head: CommitNo) -> Option<Fold> {
        let believe = self.plant == Some(SimPlant::SnapshotMisleads);
        let game = games_registry::find(self.workload.game())?;
        let commits = self.log.commits(world);
        let snapshot = self.snapshots.get(world)?.iter().rev().find(|snapshot| {
            let stored = commits.get(snapshot.commit.get() as usize - 1);
            let fits = stored.is_some_and(|stored| stored.hash == snapshot.commit_hash);
            fits && (believe || live.is_live_as_of(snapshot.commit, head))
        })?;
        let loaded = game.restore(world, &snapshot.bytes).ok()?;
        Some(Fold::resume(live.clone(), head, loaded))
    }

    /// What a fold from each kept snapshot of the live line comes to, where it is not `digest`.
    pub(crate) fn snapshot_faults(&self, world: &WorldId, digest: Hash) -> Vec<String> {
        let head = self.log.head(world).commit;
        let live = self.live(world);
        let Some(mut fold) = self.resume_from_snapshot(world, &live, head) else { return Vec::new() };
        let from = fold.commit();
        for stored in self.log.read(world, from, u32::MAX) {
            if let Err(problem) = fold.push(&stored, None) {
                return vec![format!("the fold from the snapshot at commit {from} stops: {problem}")];
            }
        }
        match fold.finish() {
            Some(folded) if folded.digest() == digest => Vec::new(),
            _ => vec![format!("the fold from the snapshot at commit {from} gives another state")],
        }
    }

    // ---- clients ----

    fn open_world(&mut self, i: usize) {
        let Some(game) = games_registry::find(self.workload.game()) else { return };
        let secret = Secret::new(Hash::of(&[i as u8, 7]).0);
        let opened = WorldOpened {
            game: game.name().to_owned(),
            config: self.workload.config(),
            rules: game.default_rules().to_owned(),
            rules_digest: Hash::of(game.default_rules().as_bytes()).to_string(),
            secret_commitment: Hash(secret.commitment()).to_string(),
            sealed_secret: Hash(*secret.expose()).to_string(),
            server_key: String::new(),
            offset_ms: 0,
            server: schemas::ServerId::local(),
        };
        let payload = serde_json::to_vec(&WorldOpen { opened }).unwrap_or_default();
        self.issue(i, "WorldOpen", payload);
    }

    /// Makes a new command of a client and sends it.
    fn issue(&mut self, client: usize, kind: &str, payload: Vec<u8>) {
        let c = &mut self.clients[client];
        let actor = c.player.map_or_else(|| Actor::Operator("sim".to_owned()), Actor::Player);
        let Ok(id) = CommandId::new(&format!("sim:{actor}:{}:{}", c.world, c.made)) else { return };
        c.made += 1;
        c.tries = 0;
        let request = Request {
            ticket: 0,
            world: c.world.clone(),
            id: id.clone(),
            actor,
            channel: "sim".to_owned(),
            kind: kind.to_owned(),
            payload,
            facts: Facts::default(),
        };
        c.sent.insert(id.clone(), Sent { request, done: Vec::new(), refused: None });
        c.open = Some(id.clone());
        self.send(client, &id);
    }

    /// Sends a command (again) to a node that holds its world, or to any.
    fn send(&mut self, client: usize, id: &CommandId) {
        let Some(sent) = self.clients[client].sent.get(id) else { return };
        let mut request = sent.request.clone();
        let n = self.pick_node(&request.world);
        self.next_ticket += 1;
        request.ticket = self.next_ticket;
        self.tickets.insert(self.next_ticket, Waits::Command(client, id.clone()));
        let doubled = self.chance(self.plan.doubled);
        if !self.chance(self.plan.lost) {
            let ms = self.delay();
            self.after(ms, Happening::Deliver(n, Box::new(request.clone())));
        }
        if doubled {
            let ms = self.delay() + self.delay();
            let n = self.pick_node(&request.world);
            self.after(ms, Happening::Deliver(n, Box::new(request)));
        }
        let tries = self.clients[client].tries;
        self.after(TIMEOUT_MS, Happening::Timeout(client, id.clone(), tries));
    }

    fn pick_node(&mut self, world: &WorldId) -> usize {
        let holders: Vec<usize> = (0..self.nodes.len())
            .filter(|&n| self.nodes[n].kernel.as_ref().is_some_and(|k| k.worlds().any(|w| w == world)))
            .collect();
        if holders.is_empty() || self.chance(100) {
            return self.rng.below(self.nodes.len() as u64) as usize;
        }
        holders[self.rng.below(holders.len() as u64) as usize]
    }

    fn think(&mut self, client: usize) {
        if self.left == 0 || !self.storming {
            return;
        }
        let pause = 1 + self.rng.below(self.plan.think_ms) as i64;
        if self.clients[client].open.is_some() {
            return self.after(pause, Happening::Think(client));
        }
        let Some(player) = self.clients[client].player else {
            self.operate(client);
            return self.after(pause, Happening::Think(client));
        };
        self.left -= 1;
        self.weather();
        let mates = self.mates(&self.clients[client].world);
        let made = self.clients[client].made;
        let places = self.places.get(&self.clients[client].world).map_or(&[][..], Vec::as_slice);
        let scene = Scene { players: &mates, side: client % 3, home: self.clients[client].home, places };
        let (kind, payload) = self.workload.command(&mut self.rng, made, player, &scene);
        self.issue(client, &kind, payload);
        if self.rng.below(4) == 0 {
            self.ask(client, player);
        }
        self.after(pause, Happening::Think(client));
    }

    /// The players of a world.
    fn mates(&self, world: &WorldId) -> Vec<PlayerId> {
        self.clients.iter().filter(|c| c.world == *world).filter_map(|c| c.player).collect()
    }

    fn ask(&mut self, client: usize, player: PlayerId) {
        let world = self.clients[client].world.clone();
        let n = self.pick_node(&world);
        self.next_ticket += 1;
        self.tickets.insert(self.next_ticket, Waits::Question(client, self.clients[client].knows));
        let question = Question {
            ticket: self.next_ticket,
            world,
            actor: Actor::Player(player),
            facts: Facts::default(),
            what: Asked::View(self.workload.question().to_owned(), serde_json::Value::Null),
        };
        let ms = self.delay();
        self.after(ms, Happening::Ask(n, Box::new(question)));
    }

    /// The operator of a world: pauses, resumes, rewinds.
    fn operate(&mut self, client: usize) {
        let world = self.clients[client].world.clone();
        if self.chance(self.plan.pause) {
            self.marks.pause += 1;
            self.issue(client, "WorldPause", b"{\"reason\":\"sim\"}".to_vec());
        } else if self.rng.below(3) == 0 && self.marks.pause > 0 {
            self.issue(client, "WorldResume", b"{}".to_vec());
        } else if self.chance(self.plan.rewind * 10) {
            let head = self.log.head(&world);
            let live = self.live(&world);
            let Some(to) = (head.commit.get() > 2).then(|| 1 + self.rng.below(head.commit.get() - 1)) else {
                return;
            };
            let to = CommitNo::new(to);
            let Some(stored) = self.log.commits(&world).get(to.get() as usize - 1) else { return };
            let Ok(header) = stored.read_header() else { return };
            if !live.is_live(to) {
                return;
            }
            let rewind = serde_json::json!({
                "to": to, "to_position": stored.last(), "to_game_ms": header.game_ms, "plan_digest": "sim",
                "planned_on": head.position, "reason": "sim", "proposer": "sim",
            });
            self.marks.rewind += 1;
            self.issue(client, "WorldRewind", rewind.to_string().into_bytes());
        } else {
            let mates = self.mates(&world);
            if let Some((kind, payload)) = self.workload.operator(&mut self.rng, &mates) {
                self.issue(client, &kind, payload);
            }
        }
    }

    /// Crashes, take-overs, clock jumps.
    fn weather(&mut self) {
        let n = self.rng.below(self.nodes.len() as u64) as usize;
        if self.chance(self.plan.crash) {
            self.marks.crash += 1;
            self.nodes[n].kernel = None;
            let ms = 1 + self.rng.below(10_000) as i64;
            self.after(ms, Happening::Restart(n));
        }
        if self.chance(self.plan.take_over) {
            let world = self.worlds[self.rng.below(self.worlds.len() as u64) as usize].clone();
            self.adopt(n, world);
        }
        if self.chance(self.plan.clock_jump) {
            self.marks.clock_jump += 1;
            self.nodes[n].clock_ms = self.rng.below(1_200_000) as i64 - 600_000;
        }
        if self.plant == Some(SimPlant::RecordChanged) && self.chance(40) {
            let world = self.worlds[0].clone();
            let i = self.rng.output() as usize;
            if let Some(commits) = self.log.tamper(&world)
                && let Some(count) = (!commits.is_empty()).then_some(commits.len())
                && let Some(byte) = commits[i % count].body.first_mut()
            {
                *byte ^= 1;
            }
        }
    }

    fn reply(&mut self, ticket: Ticket, answer: Answer) {
        let Some(waits) = self.tickets.get(&ticket).cloned() else { return };
        let Waits::Command(client, id) = waits else { return };
        let c = &mut self.clients[client];
        let Some(sent) = c.sent.get_mut(&id) else { return };
        match answer {
            Answer::Done(receipt) => {
                self.marks.repeated += u32::from(receipt.repeated);
                c.knows = c.knows.max(receipt.commit);
                sent.done.push(*receipt);
            }
            Answer::Refused(rejection) if is_transient(&rejection.code) => return,
            Answer::Refused(rejection) => sent.refused = Some(rejection),
            Answer::View(..) => return,
        }
        if c.open.as_ref() == Some(&id) {
            c.open = None;
            if self.chance(self.plan.ask_twice) {
                self.send(client, &id);
            }
        }
    }

    fn timeout(&mut self, client: usize, id: &CommandId, tries: u32) {
        let c = &mut self.clients[client];
        if c.open.as_ref() == Some(id) && c.tries == tries {
            c.tries += 1;
            self.send(client, id);
        }
    }

    /// What must hold at the moment in which a node speaks, whoever hears it.
    fn check_reply(&mut self, ticket: Ticket, answer: &Answer) {
        match (self.tickets.get(&ticket), answer) {
            (Some(Waits::Command(client, id)), Answer::Done(receipt)) => {
                let world = self.clients[*client].world.clone();
                let there = self.log.find_command(&world, id).contains(&receipt.commit);
                if !there {
                    let text =
                        format!("{id} is answered with commit {}, which is not in the log", receipt.commit);
                    self.found.push(Violation::new("I1", &world, text));
                }
            }
            (Some(Waits::Question(client, knew)), Answer::View(_, as_of)) if as_of < knew => {
                let text = format!("a question is answered as of commit {as_of}; the asker had seen {knew}");
                self.found.push(Violation::new("I7", &self.clients[*client].world, text));
            }
            _ => {}
        }
    }

    fn project(&mut self) {
        for world in self.worlds.clone() {
            let live = self.live(&world);
            let trouble = Trouble {
                crash: self.chance(self.plan.projector_crash),
                checkpoint_first: self.plant == Some(SimPlant::CheckpointBeforeRows),
                ignore_rewind: self.plant == Some(SimPlant::ProjectorIgnoresRewind),
            };
            self.marks.projector_crash += u32::from(trouble.crash);
            let most = if self.storming { 1 + self.rng.below(40) as usize } else { usize::MAX / 2 };
            let Some(projector) = self.projectors.get_mut(&world) else { continue };
            if let Err(problem) = projector.poll(self.log.commits(&world), &live, most, trouble) {
                self.found.push(Violation::new("I2", &world, format!("the projector stops: {problem}")));
            }
        }
    }

    // ---- the loop ----

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Think(client) => self.think(client),
            Happening::Deliver(n, request) => {
                self.owe(n, request.ticket, &request.world);
                self.feed(n, Input::Request(request));
            }
            Happening::Ask(n, question) => {
                self.owe(n, question.ticket, &question.world);
                self.feed(n, Input::Question(question));
            }
            Happening::Timeout(client, id, tries) => self.timeout(client, &id, tries),
            Happening::AppendNow(n, incarnation, batch, batches) => {
                // A node that died after it had sent the write does not take the write back.
                self.append_now(n, incarnation, batch, batches);
            }
            Happening::LoadNow(n, incarnation, world, token) => {
                let loaded = self.load(&world);
                let ms = self.delay();
                let input = Input::Loaded(world, token, loaded);
                self.after(ms, Happening::To(n, incarnation, Box::new(input)));
            }
            Happening::To(n, incarnation, input) => {
                let tick = matches!(*input, Input::Tick);
                if self.nodes[n].incarnation == incarnation && !(tick && self.still) {
                    if matches!(*input, Input::Tick)
                        && self.nodes[n].wake.is_some_and(|wake| wake <= self.now)
                    {
                        self.nodes[n].wake = None;
                    }
                    self.feed(n, *input);
                }
            }
            Happening::Reply(ticket, answer) => self.reply(ticket, answer),
            Happening::Restart(n) => {
                if self.nodes[n].kernel.is_none() {
                    self.start(n);
                }
            }
            Happening::Heartbeat(n, incarnation) => {
                if self.nodes[n].incarnation == incarnation && !self.still {
                    self.feed(n, Input::Tick);
                    self.pick_up(n);
                    if self.storming {
                        self.heartbeat(n);
                    }
                }
            }
            Happening::Project => {
                self.project();
                if self.storming {
                    let ms = 1 + self.rng.below(self.plan.think_ms * 4) as i64;
                    self.after(ms, Happening::Project);
                }
            }
            Happening::LandLate => {
                self.log.land_late();
                if self.storming {
                    let ms = 1 + self.rng.below(3000) as i64;
                    self.after(ms, Happening::LandLate);
                }
            }
        }
    }

    fn owe(&mut self, n: usize, ticket: Ticket, world: &WorldId) {
        if self.nodes[n].kernel.is_some() {
            self.owed.insert(ticket, (n, self.nodes[n].incarnation, world.clone()));
        }
    }

    /// A node that did not die owes an answer to everything that it took.
    fn check_owed(&mut self) {
        for (ticket, (n, incarnation, world)) in std::mem::take(&mut self.owed) {
            if self.nodes[n].incarnation == incarnation && self.nodes[n].kernel.is_some() {
                let text = format!("node n{n} took ticket {ticket} and never answered it");
                self.found.push(Violation::new("I11", &world, text));
            }
        }
    }

    fn run_until(&mut self, end: impl Fn(&Self) -> bool) {
        while !end(self) {
            let Some(Reverse((at, seq))) = self.queue.pop() else { return };
            self.now = self.now.max(at);
            if let Some(happening) = self.happenings.remove(&seq) {
                if let Some(story) = &mut self.story {
                    story.push(format!("{} ms  {happening:.240?}", self.now - START_MS));
                }
                self.note(seq);
                self.happen(happening);
            }
        }
    }

    /// Faults on: until the clients have made all their commands.
    pub(crate) fn storm(&mut self) {
        self.run_until(|cluster| cluster.left == 0);
    }

    /// Faults off: everything must be answered within 30 s; then every client asks everything once more.
    pub(crate) fn calm(&mut self) {
        self.storming = false;
        self.calm_since = self.now;
        self.log.land_late();
        for n in 0..self.nodes.len() {
            if self.nodes[n].kernel.is_none() {
                self.start(n);
            }
        }
        // One owner for each world from here on.
        for (i, world) in self.worlds.clone().into_iter().enumerate() {
            for n in 0..self.nodes.len() {
                if n != i % self.nodes.len() {
                    self.feed(n, Input::Release(world.clone()));
                }
            }
            if !self.nodes[i % self.nodes.len()]
                .kernel
                .as_ref()
                .is_some_and(|k| k.worlds().any(|w| *w == world))
            {
                self.adopt(i % self.nodes.len(), world);
            }
        }
        let end = self.now + CALM_MS;
        for n in 0..self.nodes.len() {
            let incarnation = self.nodes[n].incarnation;
            for ms in (0..2 * CALM_MS).step_by(500) {
                self.after(ms, Happening::Heartbeat(n, incarnation));
            }
        }
        self.run_until(|cluster| cluster.now > end || cluster.clients.iter().all(|c| c.open.is_none()));
        let unanswered: Vec<Violation> = self
            .clients
            .iter()
            .filter_map(|c| {
                c.open.as_ref().map(|id| Violation::new("I11", &c.world, format!("{id} is never answered")))
            })
            .collect();
        self.found.extend(unanswered);
        // An owner that was fenced off in the last moment of the storm needs a while to be followed by another.
        let settled = self.now + 3_000;
        self.run_until(|cluster| cluster.now > settled);
        self.ask_everything_again();
        self.still = true;
        let end = self.now + 1_000;
        self.run_until(|cluster| cluster.now > end);
        self.check_owed();
        self.project();
    }

    fn ask_everything_again(&mut self) {
        for client in 0..self.clients.len() {
            let ids: Vec<CommandId> = self.clients[client]
                .sent
                .iter()
                .filter(|(_, sent)| !sent.done.is_empty())
                .map(|(id, _)| id.clone())
                .collect();
            for id in ids {
                self.send(client, &id);
            }
        }
        let end = self.now + 5_000;
        self.run_until(|cluster| cluster.now > end);
        // What was sent last, late in the storm, may still be on its way.
        self.run_until(|cluster| {
            cluster.now > end + TIMEOUT_MS && cluster.owed.is_empty() || cluster.now > end + CALM_MS
        });
    }

    /// The state that the final owner of a world answers from, by digest, with its commit.
    pub(crate) fn owner_state(&mut self, world: &WorldId) -> Option<(CommitNo, serde_json::Value)> {
        let n = (0..self.nodes.len())
            .find(|&n| self.nodes[n].kernel.as_ref().is_some_and(|k| k.worlds().any(|w| w == world)))?;
        let wall = WallTime::from_ms(self.now + self.nodes[n].clock_ms);
        let head = self.log.head(world);
        let kernel = self.nodes[n].kernel.as_mut()?;
        let mut out = Vec::new();
        let question = Question {
            ticket: u64::MAX,
            world: world.clone(),
            actor: Actor::Operator("check".to_owned()),
            facts: Facts::default(),
            what: Asked::State,
        };
        kernel.step(wall, Input::Question(Box::new(question)), &mut out);
        // A reading may be under way already; the question waits for the next.
        kernel.step(wall, Input::HeadRead(world.clone(), Ok(head)), &mut out);
        kernel.step(wall, Input::HeadRead(world.clone(), Ok(head)), &mut out);
        out.into_iter().find_map(|output| {
            if let Output::Reply(u64::MAX, Answer::View(Ok(state), commit)) = output {
                return Some((commit, state));
            }
            None
        })
    }
}

/// What a store would do that does not look at versions and epochs: hang the commits on to whatever is there.
fn relink(batch: &mut WorldBatch, head: Head) {
    if batch.expected == head.commit && batch.epoch >= head.epoch {
        return;
    }
    batch.expected = head.commit;
    batch.epoch = Epoch::new(head.epoch.get().max(batch.epoch.get()));
    let (mut commit, mut position, mut hash) = (head.commit, head.position, head.hash);
    for stored in &mut batch.commits {
        let Ok(mut header) = stored.read_header() else { return };
        header.commit = commit.next();
        header.first = position.next();
        header.epoch = batch.epoch;
        stored.header = serde_json::to_vec(&header).unwrap_or_default();
        stored.commit = header.commit;
        stored.first = header.first;
        stored.epoch = header.epoch;
        stored.prev = hash;
        stored.hash = StoredCommit::compute_hash(hash, &stored.header, &stored.body);
        (commit, position, hash) = (stored.commit, stored.last(), stored.hash);
    }
}
