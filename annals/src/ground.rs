//! The nodes on which a demo plays: one, or several that hand the season to each other.

use command_service::{Clock, Service};
use kernel::io::Asked;
use kernel::{Answer, Question};
use schemas::{Actor, Facts, WallTime, WorldId};

use crate::bots::Ground;
use crate::context::{Data, Failure, Part, Running, ServiceOptions};

/// Nodes that share a clock, in this process.
pub(crate) struct Nodes {
    data: Data,
    clock: Clock,
    world: WorldId,
    /// The rounds before which the owner of the season leaves and before which it comes back; none for one node.
    moves: Option<(u64, u64)>,
    nodes: Vec<Running>,
    /// The name of the one that has left.
    away: Option<String>,
}

impl Nodes {
    /// Starts them: `n1`, `n2`, ….
    pub(crate) async fn start(
        data: &Data,
        count: u32,
        clock: Clock,
        world: WorldId,
        rounds: u64,
    ) -> Result<Self, Failure> {
        if count > 1 && data.settings()?.bus.is_none() {
            let text = "several nodes need a log on a server and a bus: name them with --log and --bus";
            return Err(Failure::usage(text));
        }
        let moves = (count > 1).then_some((rounds / 3, 2 * rounds / 3));
        let mut all = Self { data: data.clone(), clock, world, moves, nodes: Vec::new(), away: None };
        for n in 1..=count {
            all.join(format!("n{n}")).await?;
        }
        Ok(all)
    }

    async fn join(&mut self, name: String) -> Result<(), Failure> {
        let options = ServiceOptions {
            part: Part::Named(name),
            clock: self.clock.clone(),
            rate_limits: false,
            snapshot_commits: 2_000,
        };
        self.nodes.push(self.data.service(options).await?);
        Ok(())
    }

    /// The node with which everything began.
    pub(crate) fn first(&self) -> Option<&Running> {
        self.nodes.first()
    }

    /// Stops all but one, which holds the season then.
    pub(crate) async fn into_one(mut self) -> Result<Running, Failure> {
        while self.nodes.len() > 1 {
            if let Some(node) = self.nodes.pop() {
                node.stop().await;
            }
        }
        self.settle().await?;
        self.nodes.pop().ok_or_else(|| Failure::new("INTERNAL_ERROR", "there is no node left"))
    }

    /// The node that holds the season lets it go and leaves.
    async fn owner_leaves(&mut self) {
        let Some(owner) = self.nodes.iter().position(|node| node.service.holds(&self.world)) else { return };
        let node = self.nodes.remove(owner);
        self.away = Some(node.node.clone());
        node.stop().await;
    }

    /// Waits until one node holds the season, and has loaded it.
    async fn settle(&self) -> Result<(), Failure> {
        let question = || Question {
            ticket: 0,
            world: self.world.clone(),
            actor: Actor::System,
            facts: Facts::default(),
            what: Asked::Status,
        };
        for node in &self.nodes {
            if let Answer::Refused(rejection) = node.service.ask(question()).await? {
                return Err(crate::context::refused(&rejection));
            }
        }
        Ok(())
    }
}

impl Ground for Nodes {
    async fn begin_round(&mut self, round: u64, at: WallTime) -> Result<(), Failure> {
        match self.moves {
            Some((leaves, _)) if round == leaves => {
                self.owner_leaves().await;
                self.settle().await?;
            }
            Some((_, back)) if round == back => {
                if let Some(name) = self.away.take() {
                    self.join(name).await?;
                    // It hears of its share within a beat or two, and takes it.
                    let mut held = self.nodes.last().map(|node| node.service.held());
                    if let Some(held) = &mut held {
                        let _ = held.wait_for(|held| held.contains(&self.world)).await;
                    }
                    self.settle().await?;
                }
            }
            Some(_) | None => {}
        }
        for node in &self.nodes {
            node.service.advance_to(at).await?;
        }
        Ok(())
    }

    fn service(&self) -> &Service {
        // There is one always: the last is never stopped.
        &self.nodes[0].service
    }
}
