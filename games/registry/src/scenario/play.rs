//! Playing a scenario step by step, and judging how each step ended.

use games_core::Secret;
use games_core::decision::script;
use games_core::tree::Mode;
use schemas::{Actor, Facts, GameTime, Rejection, WallTime};
use serde_json::{Map, Value};

use super::compare::{Difference, differences, show};
use super::file::{Act, Role, ScenarioFile, Step};
use super::judge::{Wrong, code_of, exactly, in_order, kinds};
use super::patch;
use super::people::People;
use super::report::{Failure, Report, ScenarioError, StepReport};
use super::stage::{Ending, Happened, Stage};

/// How a step ended.
struct Ended {
    outcome: String,
    events: Vec<Happened>,
    wrong: Option<Wrong>,
}

/// Plays a scenario that has been read.
pub(super) fn play(file: &ScenarioFile) -> Result<Report, ScenarioError> {
    let mut player = Player::open(file)?;
    let mut report = Report {
        game: file.game.clone(),
        title: file.title.clone(),
        steps: Vec::new(),
        failures: Vec::new(),
    };
    for (number, step) in (1..).zip(&file.steps) {
        player.step(number, step, &mut report);
    }
    Ok(report)
}

struct Player {
    stage: Stage,
    people: People,
}

impl Player {
    fn open(file: &ScenarioFile) -> Result<Self, ScenarioError> {
        let game = crate::find(&file.game).ok_or_else(|| {
            let names: Vec<_> = crate::games().iter().map(|game| game.name()).collect();
            ScenarioError::new(format!("no game is called {:?}; there are {}", file.game, names.join(", ")))
        })?;
        let mut people = People::default();
        let fail = ScenarioError::new;
        let rules = patch::rules(game.default_rules(), &file.rules).map_err(fail)?;
        let config = match file.config.is_empty() {
            true => Value::Null,
            false => people.table(&file.config).map_err(fail)?.into(),
        };
        let secret = Secret::new(file.secret_bytes()?);
        let at = WallTime::from_ms(file.open_ms()?);
        let mut stage = Stage::open(game, rules, &config, secret, at).map_err(fail)?;
        if !file.set.is_empty() {
            let changes = people.table(&file.set).map_err(fail)?;
            if let Some(lost) = stage.set(&changes).map_err(fail)?.first() {
                return Err(fail(format!("set: the state knows no {}", lost.field)));
            }
        }
        Ok(Self { stage, people })
    }

    fn step(&mut self, number: usize, step: &Step, report: &mut Report) {
        let what = what(step);
        let mut ended = self.act(step).unwrap_or_else(|wrong| Ended {
            outcome: "could not be played".to_owned(),
            events: Vec::new(),
            wrong: Some(wrong),
        });
        if ended.wrong.is_none() && !self.stage.replays() {
            ended.wrong = Some(Wrong::new(
                "The state after this step is not the state that its record gives when it is folded anew.",
                "evolve: something in it depends on more than state, event and moment",
            ));
        }
        let at = GameTime::from_ms(step.at_ms).to_string();
        let tell = |text: &str| self.people.tell(text);
        report.steps.push(StepReport {
            number,
            line: step.line,
            at: at.clone(),
            what: what.clone(),
            outcome: tell(&ended.outcome),
            events: ended.events.into_iter().map(|event| event.kind).collect(),
            passed: ended.wrong.is_none(),
        });
        let Some(wrong) = ended.wrong else { return };
        let told = |d: Difference| Difference {
            field: tell(&d.field),
            expected: tell(&d.expected),
            found: tell(&d.found),
        };
        report.failures.push(Failure {
            step: number,
            line: step.line,
            at,
            what,
            problem: tell(&wrong.problem),
            differences: wrong.differences.into_iter().map(told).collect(),
            look_at: tell(&wrong.look_at),
        });
    }

    fn act(&mut self, step: &Step) -> Result<Ended, Wrong> {
        let draws = if step.dice.is_empty() { None } else { script(step.dice.iter().copied()) };
        // Dice of a command are the command's own: what falls due before it rolls as it always does.
        let passing = if matches!(step.act, Act::Pass) { draws.clone() } else { None };
        if !matches!(step.act, Act::Open) {
            self.stage.notices();
        }
        let mut events = self
            .stage
            .pass_to(WallTime::from_ms(step.at_ms), &passing)
            .map_err(|problem| Wrong::new(problem, "the timers that were due by then"))?;
        let mut ended = match &step.act {
            Act::Open => {
                let events = self.stage.opening().to_vec();
                let wrong = self.judge_events(step, &events)?;
                Ended { outcome: "opened".to_owned(), events, wrong }
            }
            Act::Row(table) => {
                let look_at = "the tables that the game declares";
                let wanted = self.people.table(table).map_err(|problem| Wrong::new(problem, look_at))?;
                let found = self.stage.row(&wanted).map_err(|problem| Wrong::new(problem, look_at))?;
                Ended {
                    outcome: "read".to_owned(),
                    events: Vec::new(),
                    wrong: self.judge_answer(step, &found)?,
                }
            }
            Act::Scores(entity) => {
                let found = self.stage.scores(*entity);
                Ended {
                    outcome: "read".to_owned(),
                    events: Vec::new(),
                    wrong: self.judge_answer(step, &found)?,
                }
            }
            Act::Pass => {
                let wrong = self.judge_events(step, &events)?;
                Ended { outcome: "passed".to_owned(), events: Vec::new(), wrong }
            }
            Act::Command(table) => self.command(step, table, draws)?,
            Act::Query(table) => self.query(step, table)?,
            Act::Event(table) => {
                let (kind, payload) = self.typed(table)?;
                let numbers = step.numbers.clone().into_iter();
                let known = |problem| Wrong::new(problem, "the event's fields in schemas/CATALOG.md");
                self.stage.event(&kind, &payload, numbers).map_err(known)?;
                Ended { outcome: "folded".to_owned(), events: Vec::new(), wrong: None }
            }
            Act::Set(table) => self.set(step, table)?,
        };
        if ended.wrong.is_none() {
            ended.wrong = self.judge_notices(step)?;
        }
        events.extend(ended.events);
        Ok(Ended { events, ..ended })
    }

    fn set(&mut self, step: &Step, table: &toml::Table) -> Result<Ended, Wrong> {
        let look_at = "the state's fields, as a debugger or `state` shows them";
        let fail = |problem| Wrong::new(problem, look_at);
        let changes = self.people.table(table).map_err(fail)?;
        let lost = self.stage.set(&changes).map_err(fail)?;
        self.stage.numbers(step.numbers.clone().into_iter()).map_err(fail)?;
        let wrong = (!lost.is_empty())
            .then(|| Wrong::new("The state does not know all that was set.", look_at).with(lost));
        Ok(Ended { outcome: "set".to_owned(), events: Vec::new(), wrong })
    }

    fn command(
        &mut self,
        step: &Step,
        table: &toml::Table,
        draws: games_core::decision::Draws,
    ) -> Result<Ended, Wrong> {
        let (kind, payload) = self.typed(table)?;
        let (kind, payload) = self.host_command(kind, payload);
        let (actor, facts) = self.actor(step)?;
        let unread = |problem| Wrong::new(problem, "the command's options in schemas/CATALOG.md");
        let ending = self.stage.command(&kind, &payload, actor, facts, draws).map_err(unread)?;
        Ok(match ending {
            Ending::Accepted(events) => {
                let wrong = match &step.rejected {
                    Some(_) => Some(self.not_rejected(step, &events)?),
                    None => self.judge_events(step, &events)?,
                };
                Ended { outcome: "accepted".to_owned(), events, wrong }
            }
            Ending::Rejected(rejection) => Ended {
                outcome: format!("rejected {}", rejection.code),
                events: Vec::new(),
                wrong: self.judge_rejection(step, &rejection, "an accepted command")?,
            },
        })
    }

    fn query(&mut self, step: &Step, table: &toml::Table) -> Result<Ended, Wrong> {
        let (kind, options) = self.typed(table)?;
        let (actor, facts) = self.actor(step)?;
        if self.stage.game.mode(&kind) == Some(Mode::Read) {
            let problem = format!("{kind} is answered by the read models, which a scenario does not have.");
            return Err(Wrong::new(problem, "questions that the state answers: they are marked in the help"));
        }
        let answer = match self.stage.query(&kind, &options, &actor, &facts) {
            Err(rejection) => {
                let outcome = format!("rejected {}", rejection.code);
                let wrong = self.judge_rejection(step, &rejection, "an answer")?;
                return Ok(Ended { outcome, events: Vec::new(), wrong });
            }
            Ok(answer) => answer,
        };
        let wrong = if step.rejected.is_some() {
            Some(self.not_rejected(step, &[])?)
        } else {
            self.judge_answer(step, &answer)?
        };
        Ok(Ended { outcome: "answered".to_owned(), events: Vec::new(), wrong })
    }

    /// A slash command that belongs to the host, by the last word of its path.
    fn host_command(&self, kind: String, payload: Value) -> (String, Value) {
        let slash = self.stage.game.tree().find_kind(&kind).filter(|slash| slash.mode == Mode::Host);
        let word = slash.and_then(|slash| slash.path.split(' ').next_back());
        let reason = payload.get("reason").cloned().unwrap_or_else(|| Value::String(String::new()));
        let with_reason = || serde_json::json!({ "reason": reason });
        match word {
            Some("pause") => ("WorldPause".to_owned(), with_reason()),
            Some("resume") => ("WorldResume".to_owned(), with_reason()),
            Some("end" | "close") => ("WorldClose".to_owned(), with_reason()),
            Some(_) | None => (kind, payload),
        }
    }

    fn actor(&mut self, step: &Step) -> Result<(Actor, Facts), Wrong> {
        let facts =
            Facts { admin: step.role == Role::Admin, carried: step.carried.clone(), ..Facts::default() };
        let actor = match step.actor.as_deref() {
            None => Actor::Operator("scenario".to_owned()),
            Some(name) => match (name.strip_prefix("operator:"), name.strip_prefix("bot:")) {
                (Some(operator), _) => Actor::Operator(operator.to_owned()),
                (None, Some(bot)) => Actor::Bot(self.person(&format!("u:{bot}"))?),
                (None, None) => Actor::Player(self.person(name)?),
            },
        };
        Ok((actor, facts))
    }

    fn person(&mut self, name: &str) -> Result<schemas::PlayerId, Wrong> {
        self.people.player(name).ok_or_else(|| {
            Wrong::new(format!("{name:?} names nobody: write \"u:1001\"."), "the step's actor")
        })
    }

    fn json(&mut self, value: &toml::Value) -> Result<Value, Wrong> {
        self.people.json(value).map_err(|problem| Wrong::new(problem, "the step's values"))
    }

    /// The type of a command, query or event, and its fields.
    fn typed(&mut self, table: &toml::Table) -> Result<(String, Value), Wrong> {
        let fields = self.people.table(table);
        let mut fields = fields.map_err(|problem| Wrong::new(problem, "the step's values"))?;
        match fields.shift_remove("type") {
            Some(Value::String(kind)) => Ok((kind, fields.into())),
            Some(_) | None => Err(Wrong::new("type = \"…\" is missing.", "the step's table")),
        }
    }

    fn judge_answer(&mut self, step: &Step, answer: &Value) -> Result<Option<Wrong>, Wrong> {
        let Some(expected) = &step.expect else { return Ok(None) };
        let found = differences(&self.json(expected)?, answer);
        Ok((!found.is_empty()).then(|| {
            Wrong::new("The answer differs.", format!("the whole answer: {}", show(answer))).with(found)
        }))
    }

    /// Whether the step brought exactly these messages, in order.
    fn judge_notices(&mut self, step: &Step) -> Result<Option<Wrong>, Wrong> {
        let Some(expected) = &step.notices else { return Ok(None) };
        let expected = expected.iter().map(|table| self.people.table(table).map(Value::Object));
        let expected = expected.collect::<Result<Vec<_>, _>>();
        let expected = expected.map_err(|problem| Wrong::new(problem, "the step's notices"))?;
        let found = self.stage.notices();
        let found: Vec<Value> = found.iter().filter_map(|n| serde_json::to_value(n).ok()).collect();
        let rows = differences(&Value::Array(expected), &Value::Array(found));
        let look_at = "notices are all messages of the step, in order: to, kind, text";
        Ok((!rows.is_empty()).then(|| Wrong::new("The messages are not those named.", look_at).with(rows)))
    }

    fn not_rejected(&mut self, step: &Step, events: &[Happened]) -> Result<Wrong, Wrong> {
        let expected = step.rejected.as_ref().map(|r| self.json(r)).transpose()?.unwrap_or_default();
        let found = if events.is_empty() { "accepted".to_owned() } else { kinds(events) };
        let row = Difference { field: "outcome".to_owned(), expected: code_of(&expected), found };
        let look_at = "the state that the step found: ask it with a query step just before";
        Ok(Wrong::new("It should have been rejected, but was accepted.", look_at).with(vec![row]))
    }

    fn judge_rejection(
        &mut self,
        step: &Step,
        rejection: &Rejection,
        instead: &str,
    ) -> Result<Option<Wrong>, Wrong> {
        let found = self.told(rejection);
        let sentence = found["sentence"].as_str().unwrap_or_default();
        let look_at = match sentence {
            "" => format!("what the refusal says: {}", show(&found)),
            sentence => format!("what the player reads: {sentence}"),
        };
        let Some(expected) = &step.rejected else {
            let row = Difference {
                field: "outcome".to_owned(),
                expected: instead.to_owned(),
                found: format!("rejected {}", rejection.code),
            };
            let problem = format!("It was rejected with {}.", rejection.code);
            return Ok(Some(Wrong::new(problem, look_at).with(vec![row])));
        };
        let mut expected = self.json(expected)?;
        if expected.is_string() {
            expected = serde_json::json!({ "code": expected });
        }
        let rows = differences(&expected, &found);
        Ok((!rows.is_empty()).then(|| Wrong::new("It was rejected otherwise.", look_at).with(rows)))
    }

    /// A refusal as JSON: code, figures by name, and the words that a player reads.
    fn told(&self, rejection: &Rejection) -> Value {
        let mut found: Map<String, Value> =
            rejection.context.iter().map(|(name, value)| (name.to_string(), value.clone().into())).collect();
        let text = self.stage.game.describe(rejection).map(serde_json::to_value);
        if let Some(Ok(Value::Object(text))) = text {
            found.extend(text);
        }
        found.insert("code".to_owned(), rejection.code.clone().into());
        found.into()
    }

    /// Whether the named events are among those that happened, in order; with `only`, whether they are all.
    fn judge_events(&mut self, step: &Step, found: &[Happened]) -> Result<Option<Wrong>, Wrong> {
        let Some(expected) = &step.events else { return Ok(None) };
        let expected = expected.iter().map(|table| self.typed(table)).collect::<Result<Vec<_>, _>>()?;
        Ok(if step.only { exactly(&expected, found) } else { in_order(&expected, found) })
    }
}

fn what(step: &Step) -> String {
    let (word, table) = match &step.act {
        Act::Command(table) => ("command", table),
        Act::Query(table) => ("query", table),
        Act::Event(table) => ("event", table),
        Act::Set(_) => return "set".to_owned(),
        Act::Row(_) => return "row".to_owned(),
        Act::Scores(entity) => return format!("scores of {entity}"),
        Act::Pass => return "pass".to_owned(),
        Act::Open => return "open".to_owned(),
    };
    let kind = table.get("type").and_then(toml::Value::as_str).unwrap_or("without a type");
    let by = match (&step.actor, step.role) {
        (Some(actor), Role::Player) => format!(" by {actor}"),
        (Some(actor), Role::Admin) => format!(" by {actor}, an administrator"),
        (None, Role::Admin) => " by an administrator".to_owned(),
        (None, Role::Player) => String::new(),
    };
    format!("{word} {kind}{by}")
}
