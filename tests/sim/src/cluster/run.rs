//! The one queue: what happens next, the storm, the calm after it.

use std::cmp::Reverse;

use kernel::{Input, Ticket};
use schemas::{CommandId, WorldId};

use super::{CALM_MS, Cluster, Happening, START_MS, TIMEOUT_MS};
use crate::check::Violation;
use crate::client::Client;

/// How often a command may be asked for before it counts as one that is never answered.
const ASKED_MAX: u32 = 2_000;

impl Cluster<'_> {
    pub(super) fn happen(&mut self, happening: Happening) {
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

    pub(super) fn owe(&mut self, n: usize, ticket: Ticket, world: &WorldId) {
        if self.nodes[n].kernel.is_some() {
            self.owed.insert(ticket, (n, self.nodes[n].incarnation, world.clone()));
        }
    }

    /// A node that did not die owes an answer to everything that it took.
    pub(super) fn check_owed(&mut self) {
        for (ticket, (n, incarnation, world)) in std::mem::take(&mut self.owed) {
            if self.nodes[n].incarnation == incarnation && self.nodes[n].kernel.is_some() {
                let text = format!("node n{n} took ticket {ticket} and never answered it");
                self.found.push(Violation::new("I11", &world, text));
            }
        }
    }

    pub(super) fn run_until(&mut self, end: impl Fn(&Self) -> bool) {
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

    /// Faults on: until the clients have made all their commands. A command that is asked for again and again and never
    /// gets an answer would go on for ever.
    pub(crate) fn storm(&mut self) {
        let stuck = |client: &Client| client.asked > ASKED_MAX;
        self.run_until(|cluster| cluster.left == 0 || cluster.clients.iter().any(stuck));
        for client in self.clients.iter().filter(|client| stuck(client)) {
            let text = format!("a command was asked for {ASKED_MAX} times and never answered");
            self.found.push(Violation::new("I11", &client.world, text));
        }
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

    pub(super) fn ask_everything_again(&mut self) {
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
}
