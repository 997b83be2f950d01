//! Events of work in the city: buildings, research, training, healing (rulebook 2.5, 2.7, 2.9).

use games_core::payloads;
use schemas::GameTime;

use super::choices;
use crate::amounts::{Res, Troops};
use crate::ids::{JobId, Pn};
use crate::keys::{Building, Item, JobKind, Technology, Tier};

choices! {
    /// What a training job does.
    TrainingKind {
        /// New troops.
        Train,
        /// Troops of one tier become troops of the next.
        Promote,
    }
}

payloads! {
    /// A building job began.
    BuildingStarted {
        /// Whose.
        pn: Pn,
        /// What is raised.
        building: Building,
        /// To which level.
        level: i64,
        /// What it cost.
        cost: Res,
        /// How long it takes.
        seconds: i64,
        /// When it is done.
        due: GameTime,
        /// Which crew works: 1, or 2 for the rented one.
        crew: i64,
    }

    /// A building job was called off.
    BuildingCancelled {
        /// Whose.
        pn: Pn,
        /// What was raised.
        building: Building,
        /// The level aimed at.
        level: i64,
        /// What came back.
        refund: Res,
    }

    /// A building reached a level.
    BuildingCompleted {
        /// Whose.
        pn: Pn,
        /// What.
        building: Building,
        /// Its level now.
        level: i64,
    }

    /// A job was hastened, by items or by diamonds.
    JobHastened {
        /// Whose.
        pn: Pn,
        /// Which kind of job.
        job: JobKind,
        /// The building, where several may run.
        building: Option<Building>,
        /// The item used; none when diamonds were paid.
        item: Option<Item>,
        /// How many items.
        count: i64,
        /// Diamonds paid.
        diamonds: i64,
        /// Seconds saved.
        saved: i64,
        /// When the job is done now.
        due: GameTime,
    }

    /// A second crew was rented.
    CrewHired {
        /// Whose.
        pn: Pn,
        /// Diamonds paid.
        diamonds: i64,
        /// Until when.
        until: GameTime,
    }

    /// The second crew left.
    CrewLeft {
        /// Whose.
        pn: Pn,
    }

    /// Research began.
    ResearchStarted {
        /// Whose.
        pn: Pn,
        /// What.
        technology: Technology,
        /// To which level.
        level: i64,
        /// What it cost.
        cost: Res,
        /// How long it takes.
        seconds: i64,
        /// When it is done.
        due: GameTime,
    }

    /// Research was called off.
    ResearchCancelled {
        /// Whose.
        pn: Pn,
        /// What.
        technology: Technology,
        /// The level aimed at.
        level: i64,
        /// What came back.
        refund: Res,
    }

    /// A technology reached a level.
    ResearchCompleted {
        /// Whose.
        pn: Pn,
        /// What.
        technology: Technology,
        /// Its level now.
        level: i64,
    }

    /// Training or promotion began. Troops to be promoted leave at once.
    TrainingStarted {
        /// Whose.
        pn: Pn,
        /// The job's number.
        job: JobId,
        /// Training or promotion.
        kind: TrainingKind,
        /// The tier trained, or promoted from.
        tier: Tier,
        /// How many.
        count: i64,
        /// What it cost.
        cost: Res,
        /// How long it takes.
        seconds: i64,
        /// When it is done.
        due: GameTime,
    }

    /// Training or promotion was called off. Troops to be promoted return as they were.
    TrainingCancelled {
        /// Whose.
        pn: Pn,
        /// The job's number.
        job: JobId,
        /// Training or promotion.
        kind: TrainingKind,
        /// The tier trained, or promoted from.
        tier: Tier,
        /// How many.
        count: i64,
        /// What came back.
        refund: Res,
    }

    /// Trained or promoted troops arrived.
    TrainingCompleted {
        /// Whose.
        pn: Pn,
        /// The job's number.
        job: JobId,
        /// The tier that arrived.
        tier: Tier,
        /// How many.
        count: i64,
    }

    /// Healing began: these left the infirmary.
    HealingStarted {
        /// Whose.
        pn: Pn,
        /// The job's number.
        job: JobId,
        /// Who is healed.
        troops: Troops,
        /// What it cost.
        cost: Res,
        /// How long it takes.
        seconds: i64,
        /// When it is done.
        due: GameTime,
    }

    /// Healing was called off: the wounded return to the infirmary.
    HealingCancelled {
        /// Whose.
        pn: Pn,
        /// The job's number.
        job: JobId,
        /// Who was healed.
        troops: Troops,
        /// What came back.
        refund: Res,
    }

    /// Healed troops returned to the city.
    HealingCompleted {
        /// Whose.
        pn: Pn,
        /// The job's number.
        job: JobId,
        /// Who.
        troops: Troops,
    }

    /// Troops were sent away for good.
    TroopsDismissed {
        /// Whose.
        pn: Pn,
        /// Which tier.
        tier: Tier,
        /// How many.
        count: i64,
    }

    /// Wounded entered the infirmary; those without room died.
    WoundedAdmitted {
        /// Whose.
        pn: Pn,
        /// Who found room.
        admitted: Troops,
        /// Who did not.
        died: Troops,
    }
}
