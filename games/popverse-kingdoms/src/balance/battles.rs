//! Battles by kind, outcome and elements (rulebook 3).

use std::collections::BTreeMap;

use games_core::balance::Section;
use serde_json::json;

use super::stats::percent;
use crate::amounts::Troops;
use crate::battle::Result as Won;
use crate::event::{BattleKind, BattleResolved, Event};
use crate::formulas::power;
use crate::keys::Element;
use crate::rules::Rules;
use crate::state::State;

/// Battles of one sort.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) fought: i64,
    /// Won by the attacker.
    pub(super) won: i64,
    pub(super) stalemates: i64,
    rounds: i64,
    attackers: i64,
    attackers_lost: i64,
    defenders: i64,
    defenders_lost: i64,
}

/// How the elements of two sides stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Match {
    /// The attacker's beats the defender's.
    Favoured,
    /// They are the same.
    Mirror,
    /// The defender's beats the attacker's.
    Unfavoured,
}

impl Match {
    pub(super) const fn of(attacker: Element, defender: Element) -> Self {
        if attacker.beats(defender) {
            Self::Favoured
        } else if defender.beats(attacker) {
            Self::Unfavoured
        } else {
            Self::Mirror
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Favoured => "favoured",
            Self::Mirror => "mirror",
            Self::Unfavoured => "unfavoured",
        }
    }
}

/// All battles of a season.
#[derive(Debug, Default)]
pub(super) struct Battles {
    kinds: BTreeMap<&'static str, Tally>,
    pairs: BTreeMap<(Element, Element), Tally>,
    /// Battles in which both sides' troops and heroes had nearly the same power: within a tenth.
    pub(super) even: BTreeMap<Match, Tally>,
    /// Battles in which the attacker had at least twice the defender's power.
    pub(super) double: Tally,
    pub(super) rounds_most: i64,
    /// Wounded of casualties in ‰, least and most, over contingents with a hundred casualties of one tier or more.
    pub(super) wounded: Option<(i64, i64)>,
}

const fn kind_name(kind: BattleKind) -> &'static str {
    match kind {
        BattleKind::City => "city",
        BattleKind::Npc => "camp",
        BattleKind::Land => "land",
        BattleKind::Node => "node",
        BattleKind::Conquest => "conquest",
        BattleKind::Arena => "arena",
    }
}

impl Tally {
    fn add(&mut self, e: &BattleResolved) {
        let (a, d) = (e.input.attacker.troops.total(), e.input.defender.troops.total());
        self.fought += 1;
        self.won += i64::from(e.outcome.result.attacker_won());
        self.stalemates += i64::from(e.outcome.result == Won::Stalemate);
        self.rounds += e.outcome.rounds;
        self.attackers += a;
        self.attackers_lost += a - e.outcome.attacker.total();
        self.defenders += d;
        self.defenders_lost += d - e.outcome.defender.total();
    }

    fn cells(&self) -> Vec<serde_json::Value> {
        vec![
            json!(self.fought),
            json!(percent(self.won, self.fought)),
            json!(self.stalemates),
            json!(self.rounds * 10 / self.fought.max(1)),
            json!(percent(self.attackers_lost, self.attackers)),
            json!(percent(self.defenders_lost, self.defenders)),
        ]
    }
}

impl Battles {
    pub(super) fn event(&mut self, rules: &Rules, _: &State, event: &Event) {
        let Event::BattleResolved(e) = event else { return };
        self.kinds.entry(kind_name(e.kind)).or_default().add(e);
        self.rounds_most = self.rounds_most.max(e.outcome.rounds);
        for part in e.attacker.contingents.iter().chain(&e.defender.contingents) {
            // A camp has no wounded.
            if part.pn.is_some() {
                self.casualties(part.wounded, part.dead);
            }
        }
        let (a, d) = (&e.input.attacker, &e.input.defender);
        if d.troops.total() == 0 {
            return;
        }
        self.pairs.entry((a.element, d.element)).or_default().add(e);
        let strength = |side: &crate::battle::Side| {
            power::troops(rules, side.troops) + side.hero.map_or(0, |hero| hero.power)
        };
        let (own, other) = (strength(a), strength(d).max(1));
        let ratio = own * 1000 / other;
        // Walls, forts and researches would blur what elements do.
        let plain = e.input.terrain == 1000 && e.kind != BattleKind::City;
        if plain && (900..=1100).contains(&ratio) {
            self.even.entry(Match::of(a.element, d.element)).or_default().add(e);
        }
        if ratio >= 2000 {
            self.double.add(e);
        }
    }

    /// Keeps the least and the largest share of wounded; of few casualties the floor tells nothing.
    fn casualties(&mut self, wounded: Troops, dead: Troops) {
        for (tier, n) in wounded.iter() {
            let all = n + dead[tier];
            if all >= 100 {
                let share = n * 1000 / all;
                let (least, most) = self.wounded.unwrap_or((share, share));
                self.wounded = Some((least.min(share), most.max(share)));
            }
        }
    }

    pub(super) fn sections(&self) -> Vec<Section> {
        let columns = |first: &'static str| {
            [first, "fought", "won %", "stalemates", "rounds ×10", "attackers lost %", "defenders lost %"]
        };
        let mut kinds = Section::new("battles by kind", &columns("kind"));
        for (kind, tally) in &self.kinds {
            kinds.row([vec![json!(kind)], tally.cells()].concat());
        }
        let mut pairs = Section::new("battles by elements", &columns("attacker → defender"));
        for ((a, d), tally) in &self.pairs {
            pairs.row([vec![json!(format!("{a} → {d}"))], tally.cells()].concat());
        }
        let mut even =
            Section::new("battles of nearly equal power, no wall, no terrain", &columns("elements"));
        for (of, tally) in &self.even {
            even.row([vec![json!(of.name())], tally.cells()].concat());
        }
        vec![kinds, pairs, even]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_triangle_of_elements() {
        assert_eq!(Match::of(Element::Fire, Element::Wind), Match::Favoured);
        assert_eq!(Match::of(Element::Wind, Element::Fire), Match::Unfavoured);
        assert_eq!(Match::of(Element::Water, Element::Water), Match::Mirror);
    }

    #[test]
    fn shares_of_wounded_count_from_a_hundred_casualties_of_a_tier() {
        let mut battles = Battles::default();
        battles.casualties(Troops::new(9, 0, 0, 0), Troops::new(1, 0, 0, 0));
        assert_eq!(battles.wounded, None);
        battles.casualties(Troops::new(0, 70, 0, 0), Troops::new(0, 30, 0, 0));
        battles.casualties(Troops::new(0, 0, 90, 0), Troops::new(0, 0, 210, 0));
        assert_eq!(battles.wounded, Some((300, 700)));
    }
}
