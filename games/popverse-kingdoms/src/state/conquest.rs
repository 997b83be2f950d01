//! The weekly conquest (rulebook 2.18).

use std::collections::BTreeMap;

use schemas::GameTime;
use serde::{Deserialize, Serialize};

use crate::ids::{BannerId, MarchId, Pn};
use crate::keys::{ControlPoint, Element, Table};

/// Where a conquest is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Marches are accepted, nothing is fought.
    Mustering,
    /// It runs.
    Running,
    /// It is over.
    Ended,
}

/// An army in a conquest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Army {
    /// Its march.
    pub march: MarchId,
    /// Whose it is.
    pub pn: Pn,
    /// The banner that it came under.
    pub banner: BannerId,
}

/// Who holds a point until it is first taken; whole again for every fight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keeper {
    /// Power.
    pub power: i64,
    /// Element.
    pub element: Element,
}

/// A control point.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Point {
    /// Who owns it.
    pub owner: Option<BannerId>,
    /// Who keeps it, from the start until it is first taken.
    pub keeper: Option<Keeper>,
    /// Armies that wait, first come first.
    pub queue: Vec<Army>,
    /// Armies of the owner, the one that is attacked next first.
    pub garrison: Vec<Army>,
}

/// What a banner has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Score.
    pub score: i64,
    /// Ticks for which it held the crown.
    pub crown_ticks: i64,
    /// Tick of its first capture.
    pub first_capture: Option<i64>,
}

/// A conquest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conquest {
    /// When marches are first accepted.
    pub opens: GameTime,
    /// When it starts.
    pub starts: GameTime,
    /// When it ends.
    pub ends: GameTime,
    /// Whether its score counts more.
    pub finale: bool,
    /// Where it is in its life.
    pub stage: Stage,
    /// The last tick that was recorded.
    pub tick: i64,
    /// The five points.
    pub points: Table<ControlPoint, Point>,
    /// Banners that have captured something.
    pub tallies: BTreeMap<BannerId, Tally>,
    /// Who had an army queued, under which banners.
    pub parties: BTreeMap<Pn, Vec<BannerId>>,
}

impl Conquest {
    /// Whether a tick could change anything: somebody waits, or owns a point.
    #[must_use]
    pub fn stirs(&self) -> bool {
        self.points.values().iter().any(|point| point.owner.is_some() || !point.queue.is_empty())
    }

    /// Takes an army out, wherever it stands.
    pub fn leave(&mut self, march: MarchId) {
        for (_, point) in self.points.iter_mut() {
            point.queue.retain(|army| army.march != march);
            point.garrison.retain(|army| army.march != march);
        }
    }

    /// Banners that scored, best first: by score, crown ticks, first capture, number.
    #[must_use]
    pub fn ranking(&self) -> Vec<(BannerId, Tally)> {
        let mut ranking: Vec<(BannerId, Tally)> =
            self.tallies.iter().filter(|(_, t)| t.score > 0).map(|(banner, t)| (*banner, *t)).collect();
        let key = |(banner, t): &(BannerId, Tally)| {
            let first = t.first_capture.unwrap_or(i64::MAX);
            (std::cmp::Reverse(t.score), std::cmp::Reverse(t.crown_ticks), first, *banner)
        };
        ranking.sort_by_key(key);
        ranking
    }
}
