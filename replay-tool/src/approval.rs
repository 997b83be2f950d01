//! When a plan may be applied, and by whom: pure rules on a plan, the setting, an approval and the time.

use std::fmt;
use std::str::FromStr;

use schemas::WallTime;
use serde::{Deserialize, Serialize};

use crate::plan::{PLAN_LIFE_MS, Plan};

/// How long a plan rests before it may be applied where cooling-off is asked for, in ms.
pub const COOLING_OFF_MS: i64 = 10 * 60_000;

/// What a rollback needs before it may be applied. A setting of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Nothing: one operator plans and applies.
    #[default]
    None,
    /// Ten minutes between plan and apply, for a server with a single operator.
    CoolingOff,
    /// The consent of an operator other than the one who made the plan.
    SecondOperator,
}

impl Policy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::CoolingOff, Self::SecondOperator];

    /// Its name, as in the settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::CoolingOff => "cooling-off",
            Self::SecondOperator => "second-operator",
        }
    }

    /// Whether time passes between plan and apply, so that the world must stand still meanwhile.
    #[must_use]
    pub const fn needs_pause(self) -> bool {
        !matches!(self, Self::None)
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Policy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|policy| policy.name() == text)
            .ok_or_else(|| format!("{text} is none of {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// An operator's consent to a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: String,
    /// To what: the plan's digest.
    pub digest: String,
    /// When.
    pub at_ms: WallTime,
}

/// Why a plan can not be applied or approved now.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Hindrance {
    /// It is not what its digest names.
    #[error("{plan} is not the plan that its digest names: plan anew")]
    Changed {
        /// Which.
        plan: String,
    },
    /// It is too old.
    #[error("{plan} is more than 30 minutes old: plan anew")]
    Expired {
        /// Which.
        plan: String,
    },
    /// It has not rested long enough.
    #[error("{plan} may be applied 10 minutes after it was made: wait {seconds} s more")]
    Cooling {
        /// Which.
        plan: String,
        /// How long it must rest still, in seconds, rounded up.
        seconds: i64,
    },
    /// Nobody else has approved it.
    #[error("{plan} needs the approval of an operator other than {proposer}: annals rollback approve {plan}")]
    Unapproved {
        /// Which.
        plan: String,
        /// Who made it.
        proposer: String,
    },
    /// Who approves it made it.
    #[error("{plan} is your own: another operator than {proposer} must approve it")]
    Own {
        /// Which.
        plan: String,
        /// Who made it.
        proposer: String,
    },
}

impl Hindrance {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Changed { .. } => "PLAN_CHANGED",
            Self::Expired { .. } => "PLAN_EXPIRED",
            Self::Cooling { .. } => "PLAN_COOLING",
            Self::Unapproved { .. } => "PLAN_UNAPPROVED",
            Self::Own { .. } => "PLAN_OWN",
        }
    }
}

/// Whether a plan is past its time. A plan from the future, made by another clock, is so, too.
#[must_use]
pub fn is_expired(plan: &Plan, now: WallTime) -> bool {
    !(0..=PLAN_LIFE_MS).contains(&now.since(plan.made_ms))
}

fn is_whole(plan: &Plan, now: WallTime) -> Result<(), Hindrance> {
    if plan.compute_digest().ok().as_ref() != Some(&plan.digest) {
        return Err(Hindrance::Changed { plan: plan.id.clone() });
    }
    if is_expired(plan, now) {
        return Err(Hindrance::Expired { plan: plan.id.clone() });
    }
    Ok(())
}

/// Whether an approval is one of this plan: by somebody else, to its digest, after it was made.
fn counts(plan: &Plan, approval: &Approval) -> bool {
    approval.by != plan.proposer && approval.digest == plan.digest && approval.at_ms >= plan.made_ms
}

/// Whether a plan may be applied now. Gives the approver who goes on the record, if one was asked for.
///
/// # Errors
/// What stands in the way.
pub fn may_apply(
    plan: &Plan,
    policy: Policy,
    approval: Option<&Approval>,
    now: WallTime,
) -> Result<Option<String>, Hindrance> {
    is_whole(plan, now)?;
    match policy {
        Policy::None => Ok(None),
        Policy::CoolingOff => {
            let rest = COOLING_OFF_MS - now.since(plan.made_ms);
            if rest <= 0 {
                return Ok(None);
            }
            Err(Hindrance::Cooling { plan: plan.id.clone(), seconds: (rest + 999) / 1000 })
        }
        Policy::SecondOperator => match approval.filter(|approval| counts(plan, approval)) {
            Some(approval) => Ok(Some(approval.by.clone())),
            None => Err(Hindrance::Unapproved { plan: plan.id.clone(), proposer: plan.proposer.clone() }),
        },
    }
}

/// An operator's consent to a plan, from now until the plan expires.
///
/// # Errors
/// It is their own, changed, or expired.
pub fn approve(plan: &Plan, by: &str, now: WallTime) -> Result<Approval, Hindrance> {
    is_whole(plan, now)?;
    if by == plan.proposer {
        return Err(Hindrance::Own { plan: plan.id.clone(), proposer: plan.proposer.clone() });
    }
    Ok(Approval { by: by.to_owned(), digest: plan.digest.clone(), at_ms: now })
}

/// How a plan stands, in words for a list.
#[must_use]
pub fn standing(plan: &Plan, policy: Policy, approval: Option<&Approval>, now: WallTime) -> String {
    match may_apply(plan, policy, approval, now) {
        Ok(Some(by)) => format!("approved by {by}"),
        Ok(None) => "ready".to_owned(),
        Err(Hindrance::Changed { .. }) => "changed".to_owned(),
        Err(Hindrance::Expired { .. }) => "expired".to_owned(),
        Err(Hindrance::Cooling { .. }) => format!("rests until {}", plan.made_ms.plus_ms(COOLING_OFF_MS)),
        Err(Hindrance::Unapproved { .. } | Hindrance::Own { .. }) => "needs approval".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use schemas::{CommitNo, GameTime, Position, WorldId};

    use super::*;

    const MADE: WallTime = WallTime::from_ms(1_772_409_600_000);
    const MINUTE: i64 = 60_000;

    fn plan() -> Plan {
        let mut plan = Plan {
            id: "rb-1".to_owned(),
            world: WorldId::new("kingdoms").unwrap(),
            kind: "rewind".to_owned(),
            to: CommitNo::new(3),
            to_position: Position::new(5),
            to_game_ms: GameTime::from_ms(0),
            planned_on: Position::new(9),
            commits: 4,
            events: BTreeMap::new(),
            battles: 0,
            actors: BTreeMap::new(),
            timers: 0,
            losses: Vec::new(),
            cannot_undo: Vec::new(),
            reason: "test".to_owned(),
            proposer: "ann".to_owned(),
            made_ms: MADE,
            digest: String::new(),
        };
        plan.digest = plan.compute_digest().unwrap();
        plan
    }

    fn code<T: fmt::Debug>(result: Result<T, Hindrance>) -> &'static str {
        result.unwrap_err().code()
    }

    #[test]
    fn a_plan_lives_thirty_minutes_under_every_policy() {
        let plan = plan();
        let approval = approve(&plan, "bob", MADE).unwrap();
        for policy in Policy::ALL {
            let at = |ms| may_apply(&plan, policy, Some(&approval), MADE.plus_ms(ms));
            assert!(at(30 * MINUTE).is_ok(), "{policy}");
            assert_eq!(code(at(30 * MINUTE + 1)), "PLAN_EXPIRED", "{policy}");
            assert_eq!(code(at(-1)), "PLAN_EXPIRED", "{policy}");
        }
        assert_eq!(code(approve(&plan, "bob", MADE.plus_ms(30 * MINUTE + 1))), "PLAN_EXPIRED");
    }

    #[test]
    fn without_approval_a_plan_may_be_applied_at_once() {
        assert_eq!(may_apply(&plan(), Policy::None, None, MADE), Ok(None));
    }

    #[test]
    fn cooling_off_takes_ten_minutes_to_the_millisecond() {
        let plan = plan();
        let at = |ms| may_apply(&plan, Policy::CoolingOff, None, MADE.plus_ms(ms));
        assert_eq!(at(0), Err(Hindrance::Cooling { plan: "rb-1".to_owned(), seconds: 600 }));
        assert_eq!(at(10 * MINUTE - 1), Err(Hindrance::Cooling { plan: "rb-1".to_owned(), seconds: 1 }));
        assert_eq!(at(10 * MINUTE), Ok(None));
        // Nobody's consent makes it shorter.
        let approval = approve(&plan, "bob", MADE).unwrap();
        assert_eq!(code(may_apply(&plan, Policy::CoolingOff, Some(&approval), MADE)), "PLAN_COOLING");
    }

    #[test]
    fn a_second_operator_is_another_and_consents_to_this_very_plan() {
        let plan = plan();
        let apply = |approval: Option<&Approval>| may_apply(&plan, Policy::SecondOperator, approval, MADE);
        assert_eq!(code(apply(None)), "PLAN_UNAPPROVED");
        assert_eq!(code(approve(&plan, "ann", MADE)), "PLAN_OWN");
        let good = approve(&plan, "bob", MADE).unwrap();
        assert_eq!(apply(Some(&good)), Ok(Some("bob".to_owned())));
        for bad in [
            Approval { by: "ann".to_owned(), ..good.clone() },
            Approval { digest: "00".repeat(32), ..good.clone() },
            Approval { at_ms: MADE.plus_ms(-1), ..good.clone() },
        ] {
            assert_eq!(code(apply(Some(&bad))), "PLAN_UNAPPROVED", "{bad:?}");
        }
    }

    #[test]
    fn a_plan_that_was_altered_is_neither_approved_nor_applied() {
        let altered = Plan { to: CommitNo::new(1), ..plan() };
        assert_eq!(code(approve(&altered, "bob", MADE)), "PLAN_CHANGED");
        assert_eq!(code(may_apply(&altered, Policy::None, None, MADE)), "PLAN_CHANGED");
    }

    #[test]
    fn how_a_plan_stands_in_words() {
        let plan = plan();
        let approval = approve(&plan, "bob", MADE).unwrap();
        let say = |policy, approval, ms| standing(&plan, policy, approval, MADE.plus_ms(ms));
        assert_eq!(say(Policy::None, None, 0), "ready");
        assert_eq!(say(Policy::CoolingOff, None, 0), "rests until 2026-03-02T00:10:00Z");
        assert_eq!(say(Policy::SecondOperator, None, 0), "needs approval");
        assert_eq!(say(Policy::SecondOperator, Some(&approval), 0), "approved by bob");
        assert_eq!(say(Policy::SecondOperator, Some(&approval), 31 * MINUTE), "expired");
    }

    #[test]
    fn policies_are_known_by_name() {
        for policy in Policy::ALL {
            assert_eq!(policy.name().parse(), Ok(policy));
            assert_eq!(serde_json::to_value(policy).unwrap(), policy.name());
        }
        assert!("two".parse::<Policy>().unwrap_err().contains("second-operator"));
    }
}
