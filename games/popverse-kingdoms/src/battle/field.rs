//! Field battles: cities, camps, lands, nodes, conquests (rulebook 3.2–3.4).

use games_core::dice::Rng;

use super::figures::{Divisor, Figures};
use super::input::{Input, Side};
use super::log::{Lines, Sink, Steps};
use super::outcome::{Outcome, Report, Result, SideKey, Step, Unit, UnitKind};
use crate::amounts::Troops;
use crate::keys::{Skill, Tier};

/// Larger stacks fight as if they were so many: products stay within 64 bits.
const STACK_MAX: i64 = 1_000_000_000;

/// Fights a battle and tells only what came of it; allocates nothing.
#[must_use]
pub fn resolve(figures: &Figures, input: &Input) -> Outcome {
    fight(figures, input, Rng::new(input.seed), &mut ())
}

/// Fights a battle, writes its lines into `buffer` (emptied first) and takes their digest (rulebook 3.6).
#[must_use]
pub fn report(figures: &Figures, input: &Input, buffer: &mut Vec<u8>) -> Report<Outcome> {
    report_with(figures, input, Rng::new(input.seed), buffer)
}

/// [`report`] with dice that a test may have scripted.
#[must_use]
pub fn report_with(figures: &Figures, input: &Input, rng: Rng, buffer: &mut Vec<u8>) -> Report<Outcome> {
    let mut lines = Lines::new(buffer);
    let outcome = fight(figures, input, rng, &mut lines);
    Report { outcome, digest: lines.digest() }
}

/// Fights a battle step by step for a viewer.
#[must_use]
pub fn replay(figures: &Figures, input: &Input) -> (Outcome, Vec<Step>) {
    let mut steps = Steps::default();
    let outcome = fight(figures, input, Rng::new(input.seed), &mut steps);
    (outcome, steps.0)
}

/// Runs phases 1 to 3 with the given dice, telling each step to `sink`.
pub fn fight<S: Sink>(figures: &Figures, input: &Input, mut rng: Rng, sink: &mut S) -> Outcome {
    let mut field = Field::new(figures, input);
    sink.seed(input.seed);
    let order = field.initiative(&mut rng, sink);
    let mut rounds = 0;
    let mut result = field.verdict();
    while result.is_none() && rounds < figures.rounds {
        rounds += 1;
        field.round(rounds, &order, &mut rng, sink);
        result = field.verdict();
    }
    Outcome {
        result: result.unwrap_or(Result::Stalemate),
        rounds: rounds as i64,
        draws: rng.outputs(),
        criticals: field.criticals,
        attacker: field.camps[A].survivors(),
        defender: field.camps[D].survivors(),
    }
}

const A: usize = 0;
const D: usize = 1;
const HERO: u8 = 4;

const SIDES: [SideKey; 2] = [SideKey::Attacker, SideKey::Defender];

const fn stack(side: usize, tier: usize) -> Unit {
    Unit { side: SIDES[side], kind: UnitKind::Stack(Tier::ALL[tier]) }
}

const fn unit(side: usize, kind: u8) -> Unit {
    if kind == HERO { Unit { side: SIDES[side], kind: UnitKind::Hero } } else { stack(side, kind as usize) }
}

/// A unit's place in the turn order: `kind` is a tier index or [`HERO`].
#[derive(Clone, Copy, Default)]
struct Turn {
    side: u8,
    kind: u8,
}

/// The turn order of at most ten units.
struct Order {
    turns: [Turn; 10],
    len: usize,
}

/// What a side is at the moment.
struct Camp {
    pools: [u64; 4],
    living: [u64; 4],
    total: u64,
    start: u64,
}

impl Camp {
    fn survivors(&self) -> Troops {
        Troops(self.living.map(|n| n as i64))
    }
}

/// What a side's strikes are made of; fixed for the battle.
struct Arm<'i> {
    factors: &'i [i64],
    /// Divisor of step 4 per enemy tier.
    resistance: [Divisor; 4],
    /// ‰ of step 5: stacks, hero.
    element: [u64; 2],
    /// Critical chance of step 1: stacks, hero.
    critical: [u64; 2],
    hero_power: u64,
    /// ‰ of step 8 that always count, and those of the first rounds.
    modifier: i64,
    cry: i64,
    last_stand: i64,
    first_strike: i64,
    flank: i64,
    flank_rounds: u64,
    /// Divisor of step 7, if it changes anything.
    terrain: Option<Divisor>,
    /// Divisors of step 9: the target's first guards, of which `guards` count, and those that do not fit.
    guard: [Divisor; 3],
    guards: usize,
    more_guards: &'i [i64],
    /// Hit points that the hero restores after each round.
    mend: u64,
}

impl<'i> Arm<'i> {
    fn new(figures: &Figures, own: &'i Side, enemy: &'i Side, terrain: i64) -> Self {
        let level = |side: &Side, skill| side.hero.map_or(0, |h| h.skills.get(skill));
        let value = |side: &Side, skill| figures.skill(skill, level(side, skill));
        let favoured = |beats: bool| if beats { figures.favoured } else { 1000 };
        let eye = value(own, Skill::CriticalEye).unsigned_abs();
        let mut guard = [Divisor::ONE; 3];
        let guards = enemy.guard.len().min(guard.len());
        for (divisor, g) in guard.iter_mut().zip(&enemy.guard) {
            *divisor = Divisor::new(g.unsigned_abs());
        }
        Self {
            factors: &own.attack,
            resistance: figures.defence.map(|d| figures.resistance(d, level(own, Skill::ShieldBreaker))),
            element: [
                favoured(own.element.beats(enemy.element)),
                favoured(own.hero.is_some_and(|h| h.element.beats(enemy.element))),
            ],
            critical: [figures.stack_critical + eye, figures.hero_critical + eye],
            hero_power: own.hero.map_or(0, |h| h.power.clamp(0, STACK_MAX).unsigned_abs()),
            modifier: 1000 - value(enemy, Skill::IronGuard),
            cry: value(own, Skill::WarCry) - value(enemy, Skill::Dread),
            last_stand: value(own, Skill::LastStand),
            first_strike: value(own, Skill::FirstStrike),
            flank: value(own, Skill::Flank),
            flank_rounds: level(own, Skill::Flank).unsigned_abs(),
            terrain: (terrain != 1000).then(|| Divisor::new(terrain.unsigned_abs())),
            guard,
            guards,
            more_guards: &enemy.guard[guards..],
            mend: own.hero.map_or(0, |h| {
                h.power.clamp(0, STACK_MAX).unsigned_abs() * value(own, Skill::Mend).unsigned_abs() / 1000
            }),
        }
    }
}

struct Field<'i> {
    figures: &'i Figures,
    sides: [&'i Side; 2],
    camps: [Camp; 2],
    arms: [Arm<'i>; 2],
    criticals: i64,
}

impl<'i> Field<'i> {
    fn new(figures: &'i Figures, input: &'i Input) -> Self {
        let (a, d) = (&input.attacker, &input.defender);
        let camp = |side: &Side| {
            let living = side.troops.0.map(|n| n.clamp(0, STACK_MAX).unsigned_abs());
            let total = living.iter().sum();
            let pools = [0, 1, 2, 3].map(|t: usize| living[t] * figures.hp[t]);
            Camp { pools, living, total, start: total }
        };
        Self {
            figures,
            sides: [a, d],
            camps: [camp(a), camp(d)],
            // Only A's strikes meet the terrain (step 7).
            arms: [Arm::new(figures, a, d, input.terrain), Arm::new(figures, d, a, 1000)],
            criticals: 0,
        }
    }

    /// Phase 1: one draw for each unit, then the turn order (rulebook 3.2).
    fn initiative<S: Sink>(&self, rng: &mut Rng, sink: &mut S) -> Order {
        let mut keyed = [(0_u64, Turn::default()); 10];
        let mut len = 0;
        let mut enter = |key: (u64, Turn)| {
            // Insertion keeps the order; there are at most ten.
            let mut at = len;
            while at > 0 && keyed[at - 1].0 < key.0 {
                keyed[at] = keyed[at - 1];
                at -= 1;
            }
            keyed[at] = key;
            len += 1;
        };
        for (s, side) in self.sides.iter().enumerate() {
            let first_strike = side.hero.map_or(0, |h| h.skills.get(Skill::FirstStrike)).unsigned_abs();
            if let Some(hero) = side.hero {
                let speed = hero.speed.clamp(0, STACK_MAX).unsigned_abs();
                let initiative = speed * 1000 + rng.below(self.figures.initiative_draw);
                let first = u64::from(first_strike > 0);
                enter((turn_key(first, initiative, s, HERO), Turn { side: s as u8, kind: HERO }));
            }
            let bonus = self.figures.first_strike_initiative * first_strike + side.initiative.unsigned_abs();
            for t in 0..4_u8 {
                if self.camps[s].living[usize::from(t)] == 0 {
                    continue;
                }
                let drawn = rng.below(self.figures.initiative_draw);
                let initiative = self.figures.speed[usize::from(t)] * 1000 + drawn + bonus;
                enter((turn_key(0, initiative, s, t), Turn { side: s as u8, kind: t }));
            }
        }
        for (key, turn) in &keyed[..len] {
            let unit = unit(usize::from(turn.side), turn.kind);
            sink.step(Step::Initiative { unit, initiative: initiative_of(*key) });
        }
        Order { turns: keyed.map(|(_, turn)| turn), len }
    }

    /// The verdict between rounds: wiped out or routed, A first (rulebook 3.4, end of round).
    fn verdict(&self) -> Option<Result> {
        let routed = |camp: &Camp| camp.total * self.figures.rout_divisor <= camp.start;
        // Before the first blow only an empty side decides, and the empty defender first.
        if self.camps[D].start == 0 {
            return Some(Result::AttackerWon);
        }
        if routed(&self.camps[A]) {
            return Some(Result::DefenderWon);
        }
        routed(&self.camps[D]).then_some(Result::AttackerWon)
    }

    fn round<S: Sink>(&mut self, round: u64, order: &Order, rng: &mut Rng, sink: &mut S) {
        let before = [self.camps[A].living, self.camps[D].living];
        for turn in &order.turns[..order.len] {
            let side = usize::from(turn.side);
            if turn.kind != HERO && self.camps[side].living[usize::from(turn.kind)] == 0 {
                continue;
            }
            self.strike(round, side, turn.kind, rng, sink);
            if self.camps[1 - side].total == 0 {
                break;
            }
        }
        if self.camps[A].total > 0 && self.camps[D].total > 0 {
            for (side, living) in before.iter().enumerate() {
                if self.arms[side].mend > 0 {
                    self.mend(round, side, living, sink);
                }
            }
        }
        sink.step(Step::RoundEnd {
            round: round as i64,
            attacker: self.camps[A].total as i64,
            defender: self.camps[D].total as i64,
        });
    }

    /// Steps 1 to 10 of a strike (rulebook 3.4). The enemy lives when it is called.
    #[inline]
    fn strike<S: Sink>(&mut self, round: u64, side: usize, kind: u8, rng: &mut Rng, sink: &mut S) {
        let (figures, arm) = (self.figures, &self.arms[side]);
        let by_hero = kind == HERO;
        let critical = rng.below(1000) < arm.critical[usize::from(by_hero)];
        let mut x = if by_hero {
            arm.hero_power
        } else {
            self.camps[side].living[usize::from(kind)] * figures.power[usize::from(kind)]
        };
        for factor in arm.factors {
            x = x * factor.unsigned_abs() / 1000;
        }
        let flanking = arm.flank_rounds >= round;
        let first = first_target(&self.camps[1 - side].pools, flanking);
        x = arm.resistance[first].floor(x * 100);
        x = x * arm.element[usize::from(by_hero)] / 1000;
        if critical {
            x *= 2;
            self.criticals += 1;
        }
        if let Some(terrain) = arm.terrain {
            x = terrain.floor(x * 1000);
        }
        let own = &self.camps[side];
        let mut m = arm.modifier;
        if round <= figures.cry_rounds {
            m += arm.cry;
        }
        if arm.last_stand > 0 && own.total * figures.last_stand_divisor <= own.start {
            m += arm.last_stand;
        }
        if by_hero && round == 1 {
            m += arm.first_strike;
        }
        if flanking {
            m += arm.flank;
        }
        x = x * m.clamp(figures.modifier_min, figures.modifier_max).unsigned_abs() / 1000;
        for guard in &arm.guard[..arm.guards] {
            x = guard.floor(x * 1000);
        }
        for guard in arm.more_guards {
            x = x * 1000 / guard.unsigned_abs().max(1);
        }
        let blow = Blow { round, striker: unit(side, kind), critical, flanking };
        self.hit(&blow, 1 - side, first, x.max(1), sink);
    }

    /// Step 10: the damage goes through the pools in target order and spills over (rulebook 3.4).
    #[inline]
    fn hit<S: Sink>(&mut self, blow: &Blow, side: usize, first: usize, damage: u64, sink: &mut S) {
        let camp = &mut self.camps[side];
        let (mut left, mut tier) = (damage, first);
        loop {
            let lost = left.min(camp.pools[tier]);
            if lost > 0 {
                camp.pools[tier] -= lost;
                let living = self.figures.by_hp[tier].ceil(camp.pools[tier]);
                let kills = camp.living[tier] - living;
                camp.living[tier] = living;
                camp.total -= kills;
                left -= lost;
                sink.step(Step::Hit {
                    round: blow.round as i64,
                    striker: blow.striker,
                    target: stack(side, tier),
                    critical: blow.critical,
                    damage: lost as i64,
                    kills: kills as i64,
                    strength: camp.pools[tier] as i64,
                    living: living as i64,
                });
            }
            if left == 0 || tier == if blow.flanking { 0 } else { 3 } {
                return;
            }
            tier = if blow.flanking { tier - 1 } else { tier + 1 };
        }
    }

    /// The hero's mending after a round, over the higher tiers first; the dead of a stack rise no further than the
    /// count at the round's start, and a stack wiped out stays so (rulebook 3.4).
    fn mend<S: Sink>(&mut self, round: u64, side: usize, before: &[u64; 4], sink: &mut S) {
        let mut left = self.arms[side].mend;
        let camp = &mut self.camps[side];
        for (tier, count) in before.iter().enumerate().rev() {
            let (pool, limit) = (camp.pools[tier], count * self.figures.hp[tier]);
            if pool == 0 || pool >= limit || left == 0 {
                continue;
            }
            let restored = left.min(limit - pool);
            left -= restored;
            camp.pools[tier] = pool + restored;
            let living = self.figures.by_hp[tier].ceil(camp.pools[tier]);
            camp.total += living - camp.living[tier];
            camp.living[tier] = living;
            sink.step(Step::Mend {
                round: round as i64,
                target: stack(side, tier),
                restored: restored as i64,
                strength: camp.pools[tier] as i64,
            });
        }
    }
}

/// A strike on its way to its targets.
struct Blow {
    round: u64,
    striker: Unit,
    critical: bool,
    flanking: bool,
}

/// The first enemy tier with a pool: the lowest, or the highest for one who flanks (rulebook 3.4, step 3).
#[inline]
fn first_target(pools: &[u64; 4], flanking: bool) -> usize {
    let found = if flanking {
        pools.iter().rposition(|pool| *pool > 0)
    } else {
        pools.iter().position(|pool| *pool > 0)
    };
    found.unwrap_or(0)
}

/// Sorts the turn order: first strike, initiative, D before A, hero before troops, higher tier first (3.2).
const fn turn_key(first: u64, initiative: u64, side: usize, kind: u8) -> u64 {
    first << 63 | initiative << 8 | (side as u64) << 4 | kind as u64
}

/// The initiative inside a [`turn_key`].
const fn initiative_of(key: u64) -> i64 {
    (key << 1 >> 9) as i64
}
