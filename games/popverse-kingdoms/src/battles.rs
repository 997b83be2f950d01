//! Battles as the battle tools see them: a record, and the same battle fought again (rulebook 3.6).

use games_core::game::{BattleRecord, BattleReport, BattleStep};
use serde::{Deserialize, Serialize};

use crate::battle::arena::ArenaInput;
use crate::battle::{Figures, Input, Lines, SideKey, Sink, Step, Unit, UnitKind, arena, field};
use crate::event::{BattleKind, Event, Opponent, Party};
use crate::rules::Rules;

/// What a recorded battle needs to be fought again.
#[derive(Serialize, Deserialize)]
struct Refight {
    rules_version: u32,
    engine: u32,
    input: Input,
}

/// What a recorded arena fight needs to be fought again.
#[derive(Serialize, Deserialize)]
struct ArenaRefight {
    rules_version: u32,
    engine: u32,
    arena: ArenaInput,
}

/// The battle of an event, if it is one.
pub(crate) fn record(event: &Event) -> Option<BattleRecord> {
    if let Event::BattleResolved(e) = event {
        let inputs = Refight { rules_version: e.rules_version, engine: e.engine, input: e.input.clone() };
        return Some(BattleRecord {
            number: e.battle.get(),
            attacker: party(e.attacker.party),
            defender: party(e.defender.party),
            kind: word(&e.kind),
            outcome: e.outcome.result.key().to_owned(),
            rounds: u32::try_from(e.outcome.rounds).unwrap_or(0),
            engine: e.engine,
            seed: e.input.seed,
            inputs: serde_json::to_value(inputs).unwrap_or_default(),
            digest: e.digest.to_string(),
        });
    }
    if let Event::ArenaFought(e) = event {
        let inputs =
            ArenaRefight { rules_version: e.rules_version, engine: e.engine, arena: e.input.clone() };
        let defender = match &e.opponent {
            Opponent::Player(pn) => party(Party::Player(*pn)),
            Opponent::Bot(bot) => format!("a bot rated {}", bot.rating),
        };
        return Some(BattleRecord {
            number: e.battle.get(),
            attacker: party(Party::Player(e.pn)),
            defender,
            kind: word(&BattleKind::Arena),
            outcome: e.outcome.result.key().to_owned(),
            rounds: u32::try_from(e.outcome.rounds).unwrap_or(0),
            engine: e.engine,
            seed: e.input.seed,
            inputs: serde_json::to_value(inputs).unwrap_or_default(),
            digest: e.digest.to_string(),
        });
    }
    None
}

/// The stored word of a choice.
pub(crate) fn word<T: Serialize>(choice: &T) -> String {
    serde_json::to_value(choice).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Who stands on a side, in words.
pub(crate) fn party(party: Party) -> String {
    match party {
        Party::Player(pn) => format!("player {pn}"),
        Party::Npc { npc, kind, level } => format!("{kind} {npc} (level {level})"),
        Party::Nobody => "nobody".to_owned(),
    }
}

/// Fights a recorded battle again under the rules that were in force.
pub(crate) fn refight(rules: &Rules, inputs: &serde_json::Value) -> Result<BattleReport, String> {
    if inputs.get("arena").is_some() {
        let refight = ArenaRefight::deserialize(inputs).map_err(|error| format!("inputs: {error}"))?;
        known(rules, refight.engine, refight.rules_version)?;
        return Ok(arena_again(rules, &refight.arena));
    }
    let refight = Refight::deserialize(inputs).map_err(|error| format!("inputs: {error}"))?;
    known(rules, refight.engine, refight.rules_version)?;
    let figures = Figures::of(rules);
    let mut buffer = Vec::new();
    let report = field::report(&figures, &refight.input, &mut buffer);
    let (_, steps) = field::replay(&figures, &refight.input);
    let mut lines: Vec<String> = vec![format!("seed {}", refight.input.seed)];
    let mut told = vec![BattleStep {
        round: 0,
        text: "The armies meet.".to_owned(),
        left: [1000, 1000],
        living: [refight.input.attacker.troops.total(), refight.input.defender.troops.total()],
    }];
    let mut teller = Teller::new(rules, &refight.input);
    for step in steps {
        let mut line = Vec::new();
        Lines::new(&mut line).step(step);
        lines.push(String::from_utf8_lossy(&line).trim_end().to_owned());
        told.push(teller.tell(step));
    }
    Ok(BattleReport {
        outcome: report.outcome.result.key().to_owned(),
        rounds: u32::try_from(report.outcome.rounds).unwrap_or(0),
        lines,
        told,
        digest: report.digest.to_string(),
    })
}

/// Whether this engine and these rules fought it.
fn known(rules: &Rules, engine: u32, fought: u32) -> Result<(), String> {
    if engine != crate::fire::ENGINE {
        return Err(format!("engine {engine} is not known here"));
    }
    if fought == rules.version {
        return Ok(());
    }
    let given = rules.version;
    Err(format!("it was fought under rules of version {fought}, those given are of version {given}"))
}

/// An arena fight again: hit points stand for strength, heroes for the living.
fn arena_again(rules: &Rules, input: &ArenaInput) -> BattleReport {
    let figures = Figures::of(rules);
    let mut buffer = Vec::new();
    let report = arena::report(&figures, input, &mut buffer);
    let (_, steps) = arena::replay(&figures, input);
    let hp = rules.battle.arena_hp;
    let mut left = [&input.attacker, &input.defender].map(|team| {
        [0, 1, 2].map(|slot: usize| team.get(slot).map_or(0, |hero| hero.power.saturating_mul(hp)))
    });
    let start = left.map(|side| side.iter().sum::<i64>().max(1));
    let shown = |left: [[i64; 3]; 2]| {
        let share = |side: usize| left[side].iter().sum::<i64>().saturating_mul(1000) / start[side];
        [0, 1].map(|side| u32::try_from(share(side)).unwrap_or(0))
    };
    let standing = |left: [[i64; 3]; 2]| left.map(|side| side.iter().filter(|hp| **hp > 0).count() as i64);
    let text = "The teams meet.".to_owned();
    let mut told = vec![BattleStep { round: 0, text, left: shown(left), living: standing(left) }];
    let mut lines: Vec<String> = vec![format!("seed {}", input.seed)];
    for step in steps {
        let mut line = Vec::new();
        Lines::new(&mut line).step(step);
        lines.push(String::from_utf8_lossy(&line).trim_end().to_owned());
        if let Step::Hit { target, strength, .. } | Step::Mend { target, strength, .. } = step
            && let UnitKind::Slot(slot) = target.kind
            && let Some(place) = left[usize::from(target.side == SideKey::Defender)]
                .get_mut(usize::from(slot.saturating_sub(1)))
        {
            *place = strength;
        }
        let (round, text) = Teller::words(step);
        told.push(BattleStep { round, text, left: shown(left), living: standing(left) });
    }
    BattleReport {
        outcome: report.outcome.result.key().to_owned(),
        rounds: u32::try_from(report.outcome.rounds).unwrap_or(0),
        lines,
        told,
        digest: report.digest.to_string(),
    }
}

/// Narrates steps, keeping count of what is left.
struct Teller {
    hp: [i64; 4],
    start: [i64; 2],
    pools: [[i64; 4]; 2],
    living: [[i64; 4]; 2],
}

impl Teller {
    fn new(rules: &Rules, input: &Input) -> Self {
        let hp = crate::keys::Tier::ALL.map(|tier| rules.troops[tier].hp);
        let living = [input.attacker.troops.0, input.defender.troops.0];
        let pools = living.map(|side| [0, 1, 2, 3].map(|t: usize| side[t] * hp[t]));
        Self { hp, start: pools.map(|side| side.iter().sum()), pools, living }
    }

    /// The round of a step, 0 before the first, and the step in words.
    fn words(step: Step) -> (u32, String) {
        let (round, text) = match step {
            Step::Initiative { unit, initiative } => {
                (0, format!("{} is ready ({}.{:03}).", name(unit), initiative / 1000, initiative % 1000))
            }
            Step::Hit { round, striker, target, critical, damage, kills, .. } => {
                let how = if critical { "strikes critically at" } else { "strikes" };
                (round, format!("{} {how} {} for {damage}: {kills} fall.", name(striker), name(target)))
            }
            Step::Mend { round, target, restored, .. } => {
                (round, format!("{} is mended by {restored}.", name(target)))
            }
            Step::RoundEnd { round, attacker, defender } => {
                (round, format!("Round {round} ends: {attacker} against {defender}."))
            }
        };
        (u32::try_from(round).unwrap_or(0), text)
    }

    fn tell(&mut self, step: Step) -> BattleStep {
        match step {
            Step::Hit { target, strength, living, .. } => self.set(target, strength, living),
            Step::Mend { target, strength, .. } => {
                if let UnitKind::Stack(tier) = target.kind {
                    let hp = self.hp[tier.index()].max(1);
                    self.set(target, strength, (strength + hp - 1) / hp);
                }
            }
            Step::Initiative { .. } | Step::RoundEnd { .. } => {}
        }
        let (round, text) = Self::words(step);
        let left = [0, 1].map(|side: usize| {
            let sum: i64 = self.pools[side].iter().sum();
            u32::try_from(sum * 1000 / self.start[side].max(1)).unwrap_or(0)
        });
        BattleStep { round, text, left, living: self.living.map(|side| side.iter().sum()) }
    }

    fn set(&mut self, unit: Unit, strength: i64, living: i64) {
        let side = match unit.side {
            SideKey::Attacker => 0,
            SideKey::Defender => 1,
        };
        if let UnitKind::Stack(tier) = unit.kind {
            self.pools[side][tier.index()] = strength;
            self.living[side][tier.index()] = living;
        }
    }
}

fn name(unit: Unit) -> String {
    let side = match unit.side {
        SideKey::Attacker => "attacker",
        SideKey::Defender => "defender",
    };
    match unit.kind {
        UnitKind::Hero => format!("The {side}'s hero"),
        UnitKind::Stack(tier) => format!("the {side}'s {tier}"),
        UnitKind::Slot(slot) => format!("the {side}'s hero {slot}"),
    }
}
