//! Nodes: started, adopted, fed; what their kernels want done.

use std::sync::Arc;

use kernel::io::Asked;
use kernel::{Answer, Input, Kernel, KernelConfig, Output, Question};
use schemas::{Actor, CommitNo, Facts, WallTime, WorldId};

use super::{Cluster, Happening, Node, Opener};
use crate::check::Violation;
use crate::plan::SimPlant;

impl Cluster<'_> {
    pub(super) fn start(&mut self, n: usize) {
        let config = KernelConfig {
            clustered: true,
            batch_bytes: 4 << 10,
            node: format!("n{n}"),
            lease_ms: Some(0),
            snapshot_commits: self.plan.snapshot_commits,
            rate_limits: false,
            stale_ms: 0,
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
    pub(super) fn pick_up(&mut self, n: usize) {
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

    pub(super) fn heartbeat(&mut self, n: usize) {
        let incarnation = self.nodes[n].incarnation;
        let ms = 5_000 + self.rng.below(20_000) as i64;
        self.after(ms, Happening::Heartbeat(n, incarnation));
    }

    pub(super) fn adopt(&mut self, n: usize, world: WorldId) {
        let held = self
            .nodes
            .iter()
            .any(|node| node.kernel.as_ref().is_some_and(|k| k.worlds().any(|w| *w == world)));
        self.marks.take_over += u32::from(held);
        self.feed(n, Input::Adopt(world));
    }

    pub(super) fn soon(&mut self, n: usize, ms: i64, input: Input) {
        let incarnation = self.nodes[n].incarnation;
        self.after(ms, Happening::To(n, incarnation, Box::new(input)));
    }

    /// One step of a node's kernel, and what it wants done.
    pub(super) fn feed(&mut self, n: usize, input: Input) {
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

    pub(super) fn output(&mut self, n: usize, incarnation: u32, output: Output) {
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
                    let seen = published.seen_by(Some(player));
                    client.home = self.workload.home(player, &seen).or(client.home);
                    client.transcript.extend(seen.into_iter().map(|event| (event.position, event.kind)));
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
            Output::Alarm(..) | Output::StoodDown(_) | Output::Released(_) | Output::Refused(..) => {}
        }
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
