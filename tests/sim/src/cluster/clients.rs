//! Clients: what they ask, what they are told, when they ask again; the operator and the weather.

use std::sync::Arc;

use games_core::Secret;
use kernel::io::Asked;
use kernel::{Answer, Question, Request, Ticket};
use schemas::host::{WorldOpen, WorldOpened};
use schemas::{Actor, CommandId, CommitNo, Facts, Hash, PlayerId, WorldId};

use super::{Cluster, Happening, TIMEOUT_MS, Waits};
use crate::check::Violation;
use crate::client::{Sent, is_transient};
use crate::plan::SimPlant;
use crate::workload::Scene;

impl Cluster<'_> {
    pub(super) fn open_world(&mut self, i: usize) {
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
    pub(super) fn issue(&mut self, client: usize, kind: &str, payload: Vec<u8>) {
        let c = &mut self.clients[client];
        let actor = c.player.map_or_else(|| Actor::Operator("sim".to_owned()), Actor::Player);
        let Ok(id) = CommandId::new(&format!("sim:{actor}:{}:{}", c.world, c.made)) else { return };
        c.made += 1;
        c.tries = 0;
        c.asked = 0;
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
    pub(super) fn send(&mut self, client: usize, id: &CommandId) {
        self.clients[client].asked += 1;
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

    pub(super) fn pick_node(&mut self, world: &WorldId) -> usize {
        let holders: Vec<usize> = (0..self.nodes.len())
            .filter(|&n| self.nodes[n].kernel.as_ref().is_some_and(|k| k.worlds().any(|w| w == world)))
            .collect();
        if holders.is_empty() || self.chance(100) {
            return self.rng.below(self.nodes.len() as u64) as usize;
        }
        holders[self.rng.below(holders.len() as u64) as usize]
    }

    pub(super) fn think(&mut self, client: usize) {
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
        if self.clients[client].made > 0 && self.rng.below(100) < self.workload.bots() {
            self.wish(client, player);
        } else {
            self.draw(client, player);
        }
        if self.rng.below(4) == 0 {
            self.ask(client, player);
        }
        self.after(pause, Happening::Think(client));
    }

    /// A command drawn at random.
    fn draw(&mut self, client: usize, player: PlayerId) {
        let mates = self.mates(&self.clients[client].world);
        let made = self.clients[client].made;
        let places = self.places.get(&self.clients[client].world).map_or(&[][..], Vec::as_slice);
        let scene = Scene { players: &mates, side: client % 3, home: self.clients[client].home, places };
        let (kind, payload) = self.workload.command(&mut self.rng, made, player, &scene);
        self.issue(client, &kind, payload);
    }

    /// Asks what the game's bot would do for this player; its answer is the next command.
    fn wish(&mut self, client: usize, player: PlayerId) {
        let chance = self.rng.output();
        self.next_ticket += 1;
        self.tickets.insert(self.next_ticket, Waits::Wish(client, player));
        self.question(client, player, Asked::Bots(vec![(player, chance)]));
    }

    /// The players of a world.
    pub(super) fn mates(&self, world: &WorldId) -> Vec<PlayerId> {
        self.clients.iter().filter(|c| c.world == *world).filter_map(|c| c.player).collect()
    }

    pub(super) fn ask(&mut self, client: usize, player: PlayerId) {
        self.next_ticket += 1;
        self.tickets.insert(self.next_ticket, Waits::Question(client, self.clients[client].knows));
        let view = Asked::View(self.workload.question().to_owned(), serde_json::Value::Null);
        self.question(client, player, view);
    }

    /// Asks a node under the ticket handed out last.
    fn question(&mut self, client: usize, player: PlayerId, what: Asked) {
        let world = self.clients[client].world.clone();
        let n = self.pick_node(&world);
        let (ticket, actor, facts) = (self.next_ticket, Actor::Player(player), Facts::default());
        let question = Question { ticket, world, actor, facts, what };
        let ms = self.delay();
        self.after(ms, Happening::Ask(n, Box::new(question)));
    }

    /// The operator of a world: pauses, resumes, rewinds.
    pub(super) fn operate(&mut self, client: usize) {
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
    pub(super) fn weather(&mut self) {
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
                && let Some(byte) = Arc::make_mut(&mut commits[i % count].body).first_mut()
            {
                *byte ^= 1;
            }
        }
    }

    pub(super) fn reply(&mut self, ticket: Ticket, answer: Answer) {
        let Some(waits) = self.tickets.get(&ticket).cloned() else { return };
        if let (Waits::Wish(client, player), Answer::View(Ok(wish), _)) = (&waits, &answer) {
            return self.fulfil(*client, *player, &wish[0]);
        }
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

    /// Does what the bot would do, or something at random where it would do nothing; one command at a time.
    fn fulfil(&mut self, client: usize, player: PlayerId, wish: &serde_json::Value) {
        if self.clients[client].open.is_some() || !self.storming {
            return;
        }
        match (wish["kind"].as_str(), serde_json::to_vec(&wish["payload"])) {
            (Some(kind), Ok(payload)) => self.issue(client, kind, payload),
            (None, _) | (_, Err(_)) => self.draw(client, player),
        }
    }

    pub(super) fn timeout(&mut self, client: usize, id: &CommandId, tries: u32) {
        let c = &mut self.clients[client];
        if c.open.as_ref() == Some(id) && c.tries == tries {
            c.tries += 1;
            self.send(client, id);
        }
    }

    /// What must hold at the moment in which a node speaks, whoever hears it.
    pub(super) fn check_reply(&mut self, ticket: Ticket, answer: &Answer) {
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
}
