//! The plans of a data directory: one file each, with who has approved it and whether it holds its world still.

use std::path::PathBuf;

use command_service::http::{PlanDesk, PlanView};
use replay_tool::approval::{self, Approval, Hindrance};
use replay_tool::plan::Plan;
use schemas::host::WorldRewind;
use schemas::{Rejection, WallTime, WorldId};
use serde::{Deserialize, Serialize};

use crate::context::{Data, Failure, write_whole};
use crate::settings::Settings;

/// A plan that waits to be applied.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Proposal {
    pub(crate) plan: Plan,
    /// Who has approved it.
    pub(crate) approval: Option<Approval>,
    /// The world was paused for it: it goes on when the plan is dropped or expires.
    pub(crate) holds: bool,
}

impl Proposal {
    /// How it stands under the settings in force.
    pub(crate) fn standing(&self, settings: &Settings, now: WallTime) -> String {
        approval::standing(&self.plan, settings.approval, self.approval.as_ref(), now)
    }

    /// Whether it may be applied now; gives the approver for the record.
    pub(crate) fn may_apply(&self, settings: &Settings, now: WallTime) -> Result<Option<String>, Hindrance> {
        approval::may_apply(&self.plan, settings.approval, self.approval.as_ref(), now)
    }

    fn view(&self, settings: &Settings, now: WallTime) -> PlanView {
        PlanView {
            plan: self.plan.id.clone(),
            world: self.plan.world.to_string(),
            to: self.plan.to_position.get(),
            events_void: self.plan.events.values().sum(),
            made: self.plan.made_ms.to_string(),
            state: self.standing(settings, now),
            reason: self.plan.reason.clone(),
            proposer: self.plan.proposer.clone(),
            approver: self.approval.as_ref().map(|approval| approval.by.clone()),
        }
    }
}

impl From<Hindrance> for Failure {
    fn from(hindrance: Hindrance) -> Self {
        Self::new(hindrance.code(), hindrance.to_string())
    }
}

/// Where plans lie.
#[derive(Debug, Clone)]
pub(crate) struct Plans {
    data: Data,
}

impl Plans {
    pub(crate) fn of(data: &Data) -> Self {
        Self { data: data.clone() }
    }

    fn path(&self, id: &str) -> PathBuf {
        self.data.plans().join(format!("{id}.json"))
    }

    pub(crate) fn save(&self, proposal: &Proposal) -> Result<(), Failure> {
        std::fs::create_dir_all(self.data.plans())?;
        write_whole(&self.path(&proposal.plan.id), &serde_json::to_vec_pretty(proposal)?)
    }

    pub(crate) fn load(&self, id: &str) -> Result<Proposal, Failure> {
        let plain = id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let text = plain.then(|| std::fs::read_to_string(self.path(id)).ok()).flatten();
        let text = text.ok_or_else(|| {
            Failure::new("UNKNOWN_PLAN", format!("there is no plan {id}; see: annals rollback list"))
        })?;
        serde_json::from_str(&text).map_err(|e| {
            Failure::new("PLAN_CHANGED", format!("the file of {id} can not be read ({e}): plan anew"))
        })
    }

    pub(crate) fn remove(&self, id: &str) -> Result<(), Failure> {
        Ok(std::fs::remove_file(self.path(id))?)
    }

    /// All plans that can be read, oldest first.
    pub(crate) fn all(&self) -> Result<Vec<Proposal>, Failure> {
        let Ok(entries) = std::fs::read_dir(self.data.plans()) else { return Ok(Vec::new()) };
        let mut proposals = Vec::new();
        for entry in entries {
            if let Ok(text) = std::fs::read_to_string(entry?.path())
                && let Ok(proposal) = serde_json::from_str::<Proposal>(&text)
            {
                proposals.push(proposal);
            }
        }
        proposals.sort_by_key(|proposal| proposal.plan.made_ms);
        Ok(proposals)
    }

    /// Records an operator's consent.
    pub(crate) fn consent(&self, id: &str, by: &str, now: WallTime) -> Result<Proposal, Failure> {
        let mut proposal = self.load(id)?;
        proposal.approval = Some(approval::approve(&proposal.plan, by, now)?);
        self.save(&proposal)?;
        Ok(proposal)
    }

    /// Whether a plan that is not expired holds a world still.
    pub(crate) fn holds(&self, world: &WorldId, now: WallTime) -> Result<bool, Failure> {
        let held = |p: &Proposal| p.holds && p.plan.world == *world && !approval::is_expired(&p.plan, now);
        Ok(self.all()?.iter().any(held))
    }

    /// The worlds that only expired plans hold still, each with the names of those plans.
    pub(crate) fn left_paused(&self, now: WallTime) -> Result<Vec<(WorldId, Vec<String>)>, Failure> {
        let mut found: Vec<(WorldId, Vec<String>)> = Vec::new();
        for proposal in self.all()? {
            let world = &proposal.plan.world;
            if !proposal.holds || !approval::is_expired(&proposal.plan, now) || self.holds(world, now)? {
                continue;
            }
            match found.iter_mut().find(|(known, _)| known == world) {
                Some((_, plans)) => plans.push(proposal.plan.id),
                None => found.push((world.clone(), vec![proposal.plan.id])),
            }
        }
        Ok(found)
    }

    /// Notes that a plan holds its world no more.
    pub(crate) fn let_go(&self, id: &str) -> Result<(), Failure> {
        let mut proposal = self.load(id)?;
        proposal.holds = false;
        self.save(&proposal)
    }
}

fn rejection(failure: Failure) -> Rejection {
    Rejection { code: failure.code.into(), context: [("problem".into(), failure.text)].into() }
}

impl PlanDesk for Plans {
    fn list(&self, now: WallTime) -> Result<Vec<PlanView>, Rejection> {
        let settings = Settings::load(&self.data).map_err(rejection)?;
        Ok(self.all().map_err(rejection)?.iter().map(|proposal| proposal.view(&settings, now)).collect())
    }

    fn show(&self, plan: &str) -> Result<serde_json::Value, Rejection> {
        let proposal = self.load(plan).map_err(rejection)?;
        serde_json::to_value(&proposal.plan).map_err(|e| rejection(e.into()))
    }

    fn approve(&self, plan: &str, by: &str, now: WallTime) -> Result<PlanView, Rejection> {
        let settings = Settings::load(&self.data).map_err(rejection)?;
        Ok(self.consent(plan, by, now).map_err(rejection)?.view(&settings, now))
    }

    fn permit(&self, rewind: &WorldRewind, now: WallTime) -> Result<(), Rejection> {
        let settings = Settings::load(&self.data).map_err(rejection)?;
        let found = self.all().map_err(rejection)?.into_iter().find(|p| p.plan.digest == rewind.plan_digest);
        let proposal = found.ok_or_else(|| {
            rejection(Failure::new("UNKNOWN_PLAN", "a rewind is that of a plan; see: annals rollback list"))
        })?;
        let approver = proposal.may_apply(&settings, now).map_err(|e| rejection(e.into()))?;
        if proposal.plan.command(approver) != *rewind {
            let text = format!("the rewind is not the one that {} describes", proposal.plan.id);
            return Err(rejection(Failure::new("PLAN_CHANGED", text)));
        }
        Ok(())
    }
}
