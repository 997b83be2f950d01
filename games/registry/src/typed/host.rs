//! Deciding what belongs to the host: opening, pausing, closing, taking back.

use games_core::Game;
use schemas::host::{
    DiceRenewed, HostCommand, WorldClosed, WorldPaused, WorldResumed, WorldRewind, WorldRewound,
};
use schemas::{CommitNo, Hash, Position, Rejection};

use super::TypedWorld;
use super::decide::Encoded;
use crate::host::Status;
use crate::world::{Ask, DecideError, Decided};

impl<G: Game> TypedWorld<G> {
    /// Decides a command of the host's own.
    pub(super) fn decide_host(
        &mut self,
        ask: &Ask<'_>,
        command: HostCommand,
        may: bool,
    ) -> Result<Decided, DecideError> {
        if !may {
            return Ok(self.rejected(ask.now, Rejection::new("NOT_ADMIN")));
        }
        let wrong_state = |status: Status| Rejection::new("WORLD_STATE").with("state", status.word());
        let mut encoded = Encoded::default();
        match command {
            HostCommand::WorldOpen(open) => {
                if self.cursor.commit != CommitNo::ZERO {
                    return Ok(self.rejected(ask.now, Rejection::new("WORLD_EXISTS").with("state", "open")));
                }
                self.push_host(open.opened, ask.now, &mut encoded)?;
                let allocations = self.run_game(ask, Position::new(2), &mut encoded, |d| G::open(d))?;
                Ok(self.accepted(ask.now, encoded, allocations, None))
            }
            HostCommand::WorldPause(pause) => {
                if self.host.status != Status::Open {
                    return Ok(self.rejected(ask.now, wrong_state(self.host.status)));
                }
                let paused = WorldPaused { reason: pause.reason };
                self.push_host(paused, ask.now, &mut encoded)?;
                Ok(self.accepted(ask.now, encoded, Vec::new(), None))
            }
            HostCommand::WorldResume(resume) => {
                let Status::Paused(since) = self.host.status else {
                    return Ok(self.rejected(ask.now, wrong_state(self.host.status)));
                };
                let offset_ms = ask.wall.ms() - ask.now.ms();
                let paused_ms = (ask.wall.ms() - self.cursor.offset_ms - since.ms()).max(0);
                let resumed = WorldResumed { paused_ms, offset_ms, reason: resume.reason };
                self.push_host(resumed, ask.now, &mut encoded)?;
                Ok(self.accepted(ask.now, encoded, Vec::new(), None))
            }
            HostCommand::WorldClose(close) => {
                if matches!(self.host.status, Status::Ended(_) | Status::Rewinding(_)) {
                    return Ok(self.rejected(ask.now, wrong_state(self.host.status)));
                }
                let next = self.cursor.position.next();
                let allocations = self.run_game(ask, next, &mut encoded, |d| G::close(d))?;
                let secret = Hash(*ask.secret.expose()).to_string();
                let closed = WorldClosed { secret, reason: close.reason };
                self.push_host(closed, ask.now, &mut encoded)?;
                Ok(self.accepted(ask.now, encoded, allocations, None))
            }
            HostCommand::WorldRewind(rewind) => self.decide_rewind(ask, &rewind),
            HostCommand::TutorialClaim(_) => Err(DecideError::Cause("players ask for that")),
        }
    }

    fn decide_rewind(&mut self, ask: &Ask<'_>, rewind: &WorldRewind) -> Result<Decided, DecideError> {
        if self.host.revealed.is_some() {
            return Ok(self.rejected(ask.now, Rejection::new("SECRET_REVEALED")));
        }
        if matches!(self.host.status, Status::Rewinding(_)) {
            return Ok(self.rejected(ask.now, Rejection::new("WORLD_REWINDING")));
        }
        if rewind.planned_on != self.cursor.position {
            let stale = Rejection::new("PLAN_STALE")
                .with("planned", rewind.planned_on.to_string())
                .with("now", self.cursor.position.to_string());
            return Ok(self.rejected(ask.now, stale));
        }
        if rewind.to >= self.cursor.commit || rewind.to == CommitNo::ZERO {
            return Ok(
                self.rejected(ask.now, Rejection::new("BAD_POINT").with("point", rewind.to.to_string()))
            );
        }
        // The world resumes at the point rewound to; its commit bears that game time.
        let resume_at = rewind.to_game_ms;
        let mut encoded = Encoded::default();
        let rewound = WorldRewound {
            to: rewind.to,
            to_position: rewind.to_position,
            plan_digest: rewind.plan_digest.clone(),
            planned_on: rewind.planned_on,
            next_ids: self.host.counters.highest().clone(),
            offset_ms: ask.wall.ms() - resume_at.ms(),
            reason: rewind.reason.clone(),
            proposer: rewind.proposer.clone(),
            approver: rewind.approver.clone(),
        };
        self.push_host(rewound, resume_at, &mut encoded)?;
        let generation = self.cursor.rewinds + 1;
        self.push_host(DiceRenewed { generation }, resume_at, &mut encoded)?;
        Ok(self.accepted(resume_at, encoded, Vec::new(), Some(rewind.to)))
    }
}
