//! Arena fights: up to three heroes a side, no troops, no factions, no terrain (rulebook 3.7).

use games_core::dice::Rng;
use serde::{Deserialize, Serialize};

use super::figures::Figures;
use super::input::Hero;
use super::log::{Lines, Sink, Steps};
use super::outcome::{Report, Result, SideKey, Step, Unit, UnitKind};
use crate::keys::Skill;

/// Heroes of a team at most.
const TEAM: usize = 3;
/// Larger powers fight as if they were so large: products stay within 64 bits.
const POWER_MAX: i64 = 1_000_000_000;

const A: usize = 0;
const D: usize = 1;
const SIDES: [SideKey; 2] = [SideKey::Attacker, SideKey::Defender];

/// An arena fight before the first blow. Heroes beyond the third of a team do not fight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArenaInput {
    /// Seed of the fight's dice.
    pub seed: u64,
    /// The challenger's heroes by slot.
    pub attacker: Vec<Hero>,
    /// The defender's heroes by slot.
    pub defender: Vec<Hero>,
}

/// Outcome of an arena fight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArenaOutcome {
    /// Who won; a stalemate is a win for the defender.
    pub result: Result,
    /// Rounds begun.
    pub rounds: i64,
    /// Outputs drawn from the dice.
    pub draws: u64,
    /// Critical strikes of both sides.
    pub criticals: i64,
    /// Hit points left of the challenger's heroes, by slot.
    pub attacker: [i64; TEAM],
    /// Hit points left of the defender's heroes, by slot.
    pub defender: [i64; TEAM],
}

/// Fights and tells only what came of it; allocates nothing.
#[must_use]
pub fn resolve(figures: &Figures, input: &ArenaInput) -> ArenaOutcome {
    fight(figures, input, Rng::new(input.seed), &mut ())
}

/// Fights, writes the lines into `buffer` (emptied first) and takes their digest.
#[must_use]
pub fn report(figures: &Figures, input: &ArenaInput, buffer: &mut Vec<u8>) -> Report<ArenaOutcome> {
    report_with(figures, input, Rng::new(input.seed), buffer)
}

/// [`report`] with dice that a test may have scripted.
#[must_use]
pub fn report_with(
    figures: &Figures,
    input: &ArenaInput,
    rng: Rng,
    buffer: &mut Vec<u8>,
) -> Report<ArenaOutcome> {
    let mut lines = Lines::new(buffer);
    let outcome = fight(figures, input, rng, &mut lines);
    Report { outcome, digest: lines.digest() }
}

/// Fights step by step for a viewer.
#[must_use]
pub fn replay(figures: &Figures, input: &ArenaInput) -> (ArenaOutcome, Vec<Step>) {
    let mut steps = Steps::default();
    let outcome = fight(figures, input, Rng::new(input.seed), &mut steps);
    (outcome, steps.0)
}

/// Runs the fight with the given dice, telling each step to `sink`.
pub fn fight<S: Sink>(figures: &Figures, input: &ArenaInput, mut rng: Rng, sink: &mut S) -> ArenaOutcome {
    let team = |heroes: &'_ [Hero]| Team::new(figures, heroes);
    let mut arena = Arena { figures, teams: [team(&input.attacker), team(&input.defender)], criticals: 0 };
    sink.seed(input.seed);
    let order = arena.initiative(&mut rng, sink);
    let mut rounds = 0;
    let mut result = arena.verdict();
    while result.is_none() && rounds < figures.arena_rounds {
        rounds += 1;
        arena.round(rounds, &order, &mut rng, sink);
        result = arena.verdict();
    }
    ArenaOutcome {
        result: result.unwrap_or(Result::Stalemate),
        rounds: rounds as i64,
        draws: rng.outputs(),
        criticals: arena.criticals,
        attacker: arena.teams[A].hp.map(|hp| hp as i64),
        defender: arena.teams[D].hp.map(|hp| hp as i64),
    }
}

struct Team {
    heroes: [Option<Hero>; TEAM],
    power: [u64; TEAM],
    hp: [u64; TEAM],
    full: [u64; TEAM],
    start: u64,
}

impl Team {
    fn new(figures: &Figures, members: &[Hero]) -> Self {
        let heroes = [0, 1, 2].map(|slot| members.get(slot).copied());
        let power = heroes.map(|h| h.map_or(0, |h| h.power.clamp(0, POWER_MAX).unsigned_abs()));
        let hp = power.map(|p| p * figures.arena_hp);
        Self { heroes, power, hp, full: hp, start: hp.iter().sum() }
    }

    fn left(&self) -> u64 {
        self.hp.iter().sum()
    }

    fn standing(&self) -> impl Iterator<Item = (usize, &Hero)> {
        let standing = self.heroes.iter().zip(self.hp).enumerate();
        standing.filter_map(|(slot, (hero, hp))| hero.as_ref().filter(|_| hp > 0).map(|h| (slot, h)))
    }

    /// The highest level of a skill among the heroes who stand.
    fn level(&self, skill: Skill) -> i64 {
        self.standing().map(|(_, h)| h.skills.get(skill)).max().unwrap_or(0)
    }
}

struct Arena<'i> {
    figures: &'i Figures,
    teams: [Team; 2],
    criticals: i64,
}

const fn unit(side: usize, slot: usize) -> Unit {
    Unit { side: SIDES[side], kind: UnitKind::Slot(slot as u8 + 1) }
}

/// The turn order: side and slot of each hero.
type Order = Vec<(usize, usize)>;

impl Arena<'_> {
    fn initiative<S: Sink>(&self, rng: &mut Rng, sink: &mut S) -> Order {
        let mut drawn = Vec::with_capacity(2 * TEAM);
        for (side, team) in self.teams.iter().enumerate() {
            for (slot, hero) in team.heroes.iter().enumerate() {
                let Some(hero) = hero else { continue };
                let speed = hero.speed.clamp(0, POWER_MAX).unsigned_abs();
                let initiative = speed * 1000 + rng.below(self.figures.initiative_draw);
                drawn.push((hero.skills.get(Skill::FirstStrike) > 0, initiative, side, slot));
            }
        }
        // First strike, initiative, D before A, lower slot.
        drawn.sort_by(|a, b| (b.0, b.1, b.2, a.3).cmp(&(a.0, a.1, a.2, b.3)));
        for (_, initiative, side, slot) in &drawn {
            sink.step(Step::Initiative { unit: unit(*side, *slot), initiative: *initiative as i64 });
        }
        drawn.into_iter().map(|(_, _, side, slot)| (side, slot)).collect()
    }

    fn verdict(&self) -> Option<Result> {
        if self.teams[A].left() == 0 {
            return Some(Result::DefenderWon);
        }
        (self.teams[D].left() == 0).then_some(Result::AttackerWon)
    }

    fn round<S: Sink>(&mut self, round: u64, order: &Order, rng: &mut Rng, sink: &mut S) {
        for (side, slot) in order {
            if self.teams[*side].hp[*slot] == 0 {
                continue;
            }
            self.strike(round, *side, *slot, rng, sink);
            if self.teams[1 - *side].left() == 0 {
                break;
            }
        }
        if self.teams.iter().all(|team| team.left() > 0) {
            for side in [A, D] {
                self.mend(round, side, sink);
            }
        }
        let [attacker, defender] = [A, D].map(|side| self.teams[side].left() as i64);
        sink.step(Step::RoundEnd { round: round as i64, attacker, defender });
    }

    fn strike<S: Sink>(&mut self, round: u64, side: usize, slot: usize, rng: &mut Rng, sink: &mut S) {
        let (own, enemy) = (&self.teams[side], &self.teams[1 - side]);
        let figures = self.figures;
        let value = |team: &Team, skill| figures.skill(skill, team.level(skill));
        let Some(striker) = own.heroes[slot] else { return };
        let chance = figures.arena_critical + value(own, Skill::CriticalEye).unsigned_abs();
        let critical = rng.below(1000) < chance;
        let flank = striker.skills.get(Skill::Flank);
        let flanking = flank.unsigned_abs() >= round;
        let target = if flanking {
            enemy.standing().min_by_key(|(slot, _)| enemy.hp[*slot])
        } else {
            enemy.standing().next()
        };
        let Some((target, struck)) = target else { return };
        let defence = figures.arena_defence[struck.rarity.index()];
        let mut x = figures.resistance(defence, own.level(Skill::ShieldBreaker)).floor(own.power[slot] * 100);
        if striker.element.beats(struck.element) {
            x = x * figures.favoured / 1000;
        }
        if critical {
            x *= 2;
        }
        let mut m = 1000 - value(enemy, Skill::IronGuard);
        if round <= figures.cry_rounds {
            m += value(own, Skill::WarCry) - value(enemy, Skill::Dread);
        }
        if own.left() * figures.last_stand_divisor <= own.start {
            m += value(own, Skill::LastStand);
        }
        if round == 1 {
            m += figures.skill(Skill::FirstStrike, striker.skills.get(Skill::FirstStrike));
        }
        if flanking {
            m += figures.skill(Skill::Flank, flank);
        }
        x = x * m.clamp(figures.modifier_min, figures.modifier_max).unsigned_abs() / 1000;
        self.criticals += i64::from(critical);
        // Damage beyond the target's hit points is lost.
        let hp = &mut self.teams[1 - side].hp[target];
        let lost = x.max(1).min(*hp);
        *hp -= lost;
        let down = *hp == 0;
        sink.step(Step::Hit {
            round: round as i64,
            striker: unit(side, slot),
            target: unit(1 - side, target),
            critical,
            damage: lost as i64,
            kills: i64::from(down),
            strength: *hp as i64,
            living: i64::from(!down),
        });
    }

    /// The best mender restores whoever stands and misses most; ties go to the lower slot.
    fn mend<S: Sink>(&mut self, round: u64, side: usize, sink: &mut S) {
        let team = &self.teams[side];
        let amount = team
            .standing()
            .map(|(slot, hero)| {
                let share = self.figures.skill(Skill::Mend, hero.skills.get(Skill::Mend)).unsigned_abs();
                team.power[slot] * share / 1000
            })
            .max()
            .unwrap_or(0);
        let missing = |slot: usize| team.full[slot] - team.hp[slot];
        // `min_by_key` keeps the first of equals.
        let Some((slot, _)) = team.standing().min_by_key(|(slot, _)| std::cmp::Reverse(missing(*slot)))
        else {
            return;
        };
        let restored = amount.min(missing(slot));
        if restored == 0 {
            return;
        }
        let hp = &mut self.teams[side].hp[slot];
        *hp += restored;
        sink.step(Step::Mend {
            round: round as i64,
            target: unit(side, slot),
            restored: restored as i64,
            strength: *hp as i64,
        });
    }
}
