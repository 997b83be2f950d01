//! Land parcels (rulebook 2.14).

use schemas::GameTime;
use serde::{Deserialize, Serialize};

use crate::event::LandOwner;
use crate::formulas::land::Factors;
use crate::keys::ParcelType;

/// A parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Land {
    /// Its type.
    pub kind: ParcelType,
    /// What its value is made of and never changes.
    pub factors: Factors,
    /// The market factor, in ‰.
    pub market: i64,
    /// Its value in gold.
    pub value: i64,
    /// Season days on which the value changed, and to what; the first is the world's first.
    pub history: Vec<(i64, i64)>,
    /// Whose it is.
    pub owner: Option<LandOwner>,
    /// Since when.
    pub acquired_at: Option<GameTime>,
    /// Taxes not paid in a row.
    pub arrears: i64,
    /// What it is offered for.
    pub offer: Option<i64>,
    /// Until when nobody can attack it.
    pub protected_until: Option<GameTime>,
}

impl Land {
    /// The value on a season day.
    #[must_use]
    pub fn value_on(&self, day: i64) -> i64 {
        let then = self.history.iter().rev().find(|(from, _)| *from <= day);
        then.or(self.history.first()).map_or(self.value, |(_, value)| *value)
    }

    /// Leaves it without an owner.
    pub fn release(&mut self) {
        self.owner = None;
        self.acquired_at = None;
        self.arrears = 0;
        self.offer = None;
        self.protected_until = None;
    }

    /// Gives it to somebody.
    pub fn give(&mut self, to: LandOwner, now: GameTime, protected_until: GameTime) {
        self.release();
        self.owner = Some(to);
        self.acquired_at = Some(now);
        self.protected_until = Some(protected_until);
    }
}
