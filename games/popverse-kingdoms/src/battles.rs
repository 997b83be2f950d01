//! Battles as the battle tools see them: a record, and the same battle fought again (rulebook 3.6).

use games_core::game::{BattleRecord, BattleReport, BattleStep};
use serde::{Deserialize, Serialize};

use crate::battle::{Figures, Input, Lines, SideKey, Sink, Step, Unit, UnitKind, field};
use crate::event::{Event, Party};
use crate::rules::Rules;

/// What a recorded battle needs to be fought again.
#[derive(Serialize, Deserialize)]
struct Refight {
    rules_version: u32,
    engine: u32,
    input: Input,
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
    let refight = Refight::deserialize(inputs).map_err(|error| format!("inputs: {error}"))?;
    if refight.engine != crate::fire::ENGINE {
        return Err(format!("engine {} is not known here", refight.engine));
    }
    if refight.rules_version != rules.version {
        let (fought, given) = (refight.rules_version, rules.version);
        return Err(format!(
            "it was fought under rules of version {fought}, those given are of version {given}"
        ));
    }
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

/// Narrates steps, keeping count of what is left.
struct Teller {
    hp: [i64; 4],
    start: [i64; 2],
    pools: [[i64; 4]; 2],
    living: [[i64; 4]; 2],
    round: u32,
}

impl Teller {
    fn new(rules: &Rules, input: &Input) -> Self {
        let hp = crate::keys::Tier::ALL.map(|tier| rules.troops[tier].hp);
        let living = [input.attacker.troops.0, input.defender.troops.0];
        let pools = living.map(|side| [0, 1, 2, 3].map(|t: usize| side[t] * hp[t]));
        Self { hp, start: pools.map(|side| side.iter().sum()), pools, living, round: 0 }
    }

    fn tell(&mut self, step: Step) -> BattleStep {
        let text = match step {
            Step::Initiative { unit, initiative } => {
                format!("{} is ready ({}.{:03}).", name(unit), initiative / 1000, initiative % 1000)
            }
            Step::Hit { round, striker, target, critical, damage, kills, strength, living } => {
                self.round = u32::try_from(round).unwrap_or(0);
                self.set(target, strength, living);
                let how = if critical { "strikes critically at" } else { "strikes" };
                format!("{} {how} {} for {damage}: {kills} fall.", name(striker), name(target))
            }
            Step::Mend { round, target, restored, strength } => {
                self.round = u32::try_from(round).unwrap_or(0);
                if let UnitKind::Stack(tier) = target.kind {
                    let hp = self.hp[tier.index()].max(1);
                    self.set(target, strength, (strength + hp - 1) / hp);
                }
                format!("{} is mended by {restored}.", name(target))
            }
            Step::RoundEnd { round, attacker, defender } => {
                self.round = u32::try_from(round).unwrap_or(0);
                format!("Round {round} ends: {attacker} against {defender}.")
            }
        };
        let left = [0, 1].map(|side: usize| {
            let sum: i64 = self.pools[side].iter().sum();
            u32::try_from(sum * 1000 / self.start[side].max(1)).unwrap_or(0)
        });
        BattleStep { round: self.round, text, left, living: self.living.map(|side| side.iter().sum()) }
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
