//! Who plays as no person could (rulebook of PopVerse Kingdoms, 2.23): seven signs in three groups, each 0 to 1000.
//!
//! Pure, in whole numbers, from the moments that it is given. Kept in memory and bounded for each player: a restart
//! forgives, and the signs of somebody who goes on are there again within a minute or a day.
//!
//! | group | sign | 1000 is |
//! | --- | --- | --- |
//! | behaviour | frequency | as many requests in the last minute as [`ThreatFigures::busy`] |
//! | behaviour | monotony | all of the last 100 the same command; none below 50 requests |
//! | anomaly | hours | a request in each of the last 24 hours; none up to 18 |
//! | anomaly | rhythm | the last 50 intervals all the same to 0.1 s; none below 50 |
//! | patterns | sweep | the last 30 places visited in rows; none below 30 |
//! | patterns | one-sided | five deals or more with one partner, and nothing came back |
//! | patterns | fed | ten players who give this one all and get nothing back; none up to two |
//!
//! The figures of the last three are ours. A group is its worst sign, so that no sign is watered down by another.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use games_core::duty::{Handed, ThreatFigures};
use schemas::{PlayerId, Rejection, WallTime};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_HOURS: i64 = 24;
/// Hours of a day in which people may be awake.
const AWAKE_HOURS: i64 = 18;
/// Requests that are remembered by command.
const KINDS_MAX: usize = 100;
/// Below this, nobody is called monotonous.
const KINDS_MIN: usize = 50;
/// Intervals between requests that are remembered, and needed.
const INTERVALS: usize = 50;
/// Intervals within the same so many ms are the same.
const INTERVAL_MS: i64 = 100;
/// Places that are remembered, and needed.
const PLACES: usize = 30;
/// Partners of a player that are remembered.
const PARTNERS_MAX: usize = 32;
/// How long a partner is remembered who does not come back.
const PARTNER_MS: i64 = 7 * DAY_HOURS * HOUR_MS;
/// Deals before a partnership is judged.
const DEALS_MIN: u32 = 5;
/// From here on a partnership counts as feeding, ‰.
const FEEDING: i64 = 800;
/// So many feeders are nothing to be seen in; so many more are certain.
const FEEDERS_FREE: i64 = 2;
const FEEDERS_SPAN: i64 = 8;
/// Players who are remembered in one world.
const PLAYERS_MAX: usize = 10_000;

/// A score and what it is made of, all in ‰.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Score {
    /// How often.
    pub frequency: i64,
    /// How much of the same.
    pub monotony: i64,
    /// Around the clock.
    pub hours: i64,
    /// Like clockwork.
    pub rhythm: i64,
    /// Row by row over the map.
    pub sweep: i64,
    /// All to one, or all from one.
    pub one_sided: i64,
    /// All from many.
    pub fed: i64,
}

impl Score {
    /// The three groups: behaviour, anomaly, patterns.
    #[must_use]
    pub fn groups(&self) -> [i64; 3] {
        let patterns = self.sweep.max(self.one_sided).max(self.fed);
        [self.frequency.max(self.monotony), self.hours.max(self.rhythm), patterns]
    }

    /// The whole, 0 to 1000.
    #[must_use]
    pub fn total(&self, figures: &ThreatFigures) -> i64 {
        let [behaviour, anomaly, patterns] = self.groups();
        let sum = figures.behaviour * behaviour + figures.anomaly * anomaly + figures.patterns * patterns;
        (sum / 1000).clamp(0, 1000)
    }

    /// The refusal as it stands on the audit: score and parts. Who was stopped is told the code alone, or they would learn
    /// what to avoid.
    #[must_use]
    pub fn refusal(&self, figures: &ThreatFigures) -> Rejection {
        let [behaviour, anomaly, patterns] = self.groups();
        Rejection::new(CODE)
            .with("score", self.total(figures))
            .with("behaviour", behaviour)
            .with("anomaly", anomaly)
            .with("patterns", patterns)
            .with("frequency", self.frequency)
            .with("monotony", self.monotony)
            .with("hours", self.hours)
            .with("rhythm", self.rhythm)
            .with("sweep", self.sweep)
            .with("one_sided", self.one_sided)
            .with("fed", self.fed)
    }
}

/// What somebody is told who was stopped.
pub const CODE: &str = "SECURITY_THREAT";

/// Deals with one partner.
#[derive(Debug, Clone, Copy, Default)]
struct Partner {
    given: i64,
    taken: i64,
    deals: u32,
    last: i64,
}

impl Partner {
    /// How one-sided it is, ‰, and whether the partner is the one who gives.
    fn leaning(&self) -> (i64, bool) {
        let (more, less) = (self.given.max(self.taken), self.given.min(self.taken));
        if self.deals < DEALS_MIN || more <= 0 {
            return (0, false);
        }
        let share = i128::from(more - less) * 1000 / i128::from(more);
        (share as i64, self.taken > self.given)
    }
}

/// What is remembered of one player.
#[derive(Debug, Default)]
struct Trace {
    times: VecDeque<i64>,
    kinds: VecDeque<u16>,
    /// Hours since the epoch, the newest last.
    hours: VecDeque<i64>,
    intervals: VecDeque<i64>,
    places: VecDeque<(i64, i64)>,
    partners: BTreeMap<PlayerId, Partner>,
    last: i64,
}

/// Keeps the newest few.
fn keep<T>(kept: &mut VecDeque<T>, new: T, most: usize) {
    if kept.len() == most {
        kept.pop_front();
    }
    kept.push_back(new);
}

/// The share of the most frequent, ‰.
fn commonest<T: Ord + Copy>(all: &VecDeque<T>) -> i64 {
    let mut counts: BTreeMap<T, i64> = BTreeMap::new();
    for one in all {
        *counts.entry(*one).or_default() += 1;
    }
    counts.into_values().max().unwrap_or(0) * 1000 / (all.len() as i64).max(1)
}

impl Trace {
    fn observe(&mut self, kind: u16, place: Option<(i64, i64)>, now: i64, busy: usize) {
        if let Some(before) = self.times.back() {
            keep(&mut self.intervals, (now - before + INTERVAL_MS / 2).div_euclid(INTERVAL_MS), INTERVALS);
        }
        keep(&mut self.times, now, busy);
        keep(&mut self.kinds, kind, KINDS_MAX);
        let hour = now.div_euclid(HOUR_MS);
        if self.hours.back() != Some(&hour) {
            keep(&mut self.hours, hour, DAY_HOURS as usize);
        }
        if let Some(place) = place {
            keep(&mut self.places, place, PLACES);
        }
        self.last = now;
    }

    fn score(&self, now: i64, figures: &ThreatFigures) -> Score {
        let within = |at: &&i64| now - **at < MINUTE_MS;
        let requests = self.times.iter().filter(within).count() as i64;
        let hour = now.div_euclid(HOUR_MS);
        let day: BTreeSet<i64> =
            self.hours.iter().copied().filter(|h| (0..DAY_HOURS).contains(&(hour - h))).collect();
        let awake = day.len() as i64 - AWAKE_HOURS;
        let mut one_sided = 0;
        let mut feeders = 0;
        for partner in self.partners.values().filter(|p| now - p.last < PARTNER_MS) {
            let (share, feeds) = partner.leaning();
            one_sided = one_sided.max(share);
            feeders += i64::from(feeds && share >= FEEDING);
        }
        Score {
            frequency: (requests * 1000 / figures.busy.max(1)).min(1000),
            monotony: if self.kinds.len() < KINDS_MIN { 0 } else { commonest(&self.kinds) },
            hours: (awake * 1000 / (DAY_HOURS - AWAKE_HOURS)).clamp(0, 1000),
            rhythm: if self.intervals.len() < INTERVALS { 0 } else { commonest(&self.intervals) },
            sweep: self.sweep(),
            one_sided,
            fed: ((feeders - FEEDERS_FREE) * 1000 / FEEDERS_SPAN).clamp(0, 1000),
        }
    }

    /// The share of steps that go on in a row, or to the beginning of a later one.
    fn sweep(&self) -> i64 {
        if self.places.len() < PLACES {
            return 0;
        }
        let steps = self.places.iter().zip(self.places.iter().skip(1));
        let in_order = steps.filter(|((x, y), (to_x, to_y))| match to_y.cmp(y) {
            std::cmp::Ordering::Equal => to_x > x,
            std::cmp::Ordering::Greater => to_x < x,
            std::cmp::Ordering::Less => false,
        });
        in_order.count() as i64 * 1000 / (PLACES as i64 - 1)
    }

    fn deal(&mut self, partner: PlayerId, given: i64, taken: i64, now: i64) {
        if !self.partners.contains_key(&partner) && self.partners.len() >= PARTNERS_MAX {
            let oldest = self.partners.iter().min_by_key(|(_, p)| p.last).map(|(id, _)| *id);
            oldest.map(|id| self.partners.remove(&id));
        }
        let known = self.partners.entry(partner).or_default();
        if now - known.last >= PARTNER_MS {
            *known = Partner::default();
        }
        known.given = known.given.saturating_add(given);
        known.taken = known.taken.saturating_add(taken);
        known.deals = known.deals.saturating_add(1);
        known.last = now;
    }
}

/// What is remembered of the players of one world.
#[derive(Debug, Default)]
pub struct Threats {
    traces: BTreeMap<PlayerId, Trace>,
    /// Command types by number: a request is remembered by two bytes. Only types that a game knows come here.
    kinds: BTreeMap<String, u16>,
}

impl Threats {
    /// Takes note of a request, whatever becomes of it.
    pub fn observe(
        &mut self,
        player: PlayerId,
        kind: &str,
        place: Option<(i64, i64)>,
        now: WallTime,
        figures: &ThreatFigures,
    ) {
        let kind = match self.kinds.get(kind) {
            Some(known) => *known,
            None => {
                let next = u16::try_from(self.kinds.len()).unwrap_or(u16::MAX);
                self.kinds.insert(kind.to_owned(), next);
                next
            }
        };
        let busy = usize::try_from(figures.busy).unwrap_or(0).max(1);
        self.trace(player).observe(kind, place, now.ms(), busy);
    }

    /// Takes note of what players handed each other in one decision. What goes both ways at once is one deal.
    pub fn deals(&mut self, handed: &[Handed], now: WallTime) {
        let mut sums: BTreeMap<(PlayerId, PlayerId), (i64, i64)> = BTreeMap::new();
        for Handed { from, to, worth } in handed.iter().filter(|h| h.from != h.to) {
            let (pair, first) = if from < to { ((*from, *to), true) } else { ((*to, *from), false) };
            let (forth, back) = sums.entry(pair).or_default();
            let side = if first { forth } else { back };
            *side = side.saturating_add((*worth).max(0));
        }
        for ((one, other), (forth, back)) in sums {
            self.trace(one).deal(other, forth, back, now.ms());
            self.trace(other).deal(one, back, forth, now.ms());
        }
    }

    /// How a player looks now.
    #[must_use]
    pub fn score(&self, player: PlayerId, now: WallTime, figures: &ThreatFigures) -> Score {
        self.traces.get(&player).map(|trace| trace.score(now.ms(), figures)).unwrap_or_default()
    }

    /// Forgets who has been quiet for as long as anything is remembered.
    pub fn tidy(&mut self, now: WallTime) {
        self.traces.retain(|_, trace| {
            let dealt = trace.partners.values().map(|p| p.last).max().unwrap_or(i64::MIN / 2);
            now.ms() - trace.last < DAY_HOURS * HOUR_MS || now.ms() - dealt < PARTNER_MS
        });
    }

    fn trace(&mut self, player: PlayerId) -> &mut Trace {
        if !self.traces.contains_key(&player) && self.traces.len() >= PLAYERS_MAX {
            let quietest = self.traces.iter().min_by_key(|(_, trace)| trace.last).map(|(id, _)| *id);
            quietest.map(|id| self.traces.remove(&id));
        }
        self.traces.entry(player).or_default()
    }
}

#[cfg(test)]
#[path = "threat_tests.rs"]
mod tests;
