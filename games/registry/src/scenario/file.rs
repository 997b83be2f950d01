//! The file as it is written, and its reading.

use schemas::moment::{DAY_MS, days_from_civil, parse_clock, parse_utc};
use serde::Deserialize;
use toml::Spanned;

use super::report::ScenarioError;

/// A scenario file, top level.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioFile {
    /// The game's name on the record.
    pub(super) game: String,
    /// What the scenario is about.
    pub(super) title: Option<String>,
    /// When the world opens.
    pub(super) open: Option<toml::Value>,
    /// The season secret, 64 hex digits.
    pub(super) secret: Option<String>,
    /// A small number instead of a secret: 24 zero bytes and the number, big-endian.
    pub(super) seed: Option<u64>,
    /// Rules to be replaced, by dotted path.
    #[serde(default)]
    pub(super) rules: toml::Table,
    /// Settings of the season.
    #[serde(default)]
    pub(super) config: toml::Table,
    /// Changes of the state before the first step.
    #[serde(default)]
    pub(super) set: toml::Table,
    /// The steps.
    #[serde(default)]
    step: Vec<Spanned<StepFile>>,
    #[serde(skip)]
    pub(super) steps: Vec<Step>,
}

/// Who acts in a step, besides being a player.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    /// A member of the server.
    Player,
    /// An administrator of the server.
    Admin,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StepFile {
    at: Option<toml::Value>,
    actor: Option<String>,
    role: Option<Role>,
    #[serde(default)]
    carried: std::collections::BTreeMap<String, i64>,
    #[serde(default)]
    dice: Vec<u64>,
    command: Option<toml::Table>,
    query: Option<toml::Table>,
    event: Option<toml::Table>,
    #[serde(default)]
    numbers: std::collections::BTreeMap<String, u64>,
    set: Option<toml::Table>,
    row: Option<toml::Table>,
    scores: Option<u64>,
    #[serde(default)]
    pass: bool,
    #[serde(default)]
    open: bool,
    rejected: Option<toml::Value>,
    events: Option<Vec<toml::Table>>,
    #[serde(default)]
    only: bool,
    notices: Option<Vec<toml::Table>>,
    expect: Option<toml::Value>,
}

/// What a step does.
#[derive(Debug)]
pub(super) enum Act {
    /// Asks the world to decide.
    Command(toml::Table),
    /// Asks the state.
    Query(toml::Table),
    /// Folds an event as it stands.
    Event(toml::Table),
    /// Changes the state as no event would.
    Set(toml::Table),
    /// Reads a row of the read models.
    Row(toml::Table),
    /// Reads what an entity has on the boards.
    Scores(u64),
    /// Lets time pass.
    Pass,
    /// Looks at what the opening did.
    Open,
}

/// A step, checked.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) at_ms: i64,
    pub(super) actor: Option<String>,
    pub(super) role: Role,
    pub(super) carried: std::collections::BTreeMap<String, i64>,
    pub(super) dice: Vec<u64>,
    pub(super) act: Act,
    /// Numbers of new things that count as handed out before an event is folded.
    pub(super) numbers: std::collections::BTreeMap<String, u64>,
    pub(super) rejected: Option<toml::Value>,
    pub(super) events: Option<Vec<toml::Table>>,
    pub(super) only: bool,
    /// All messages that the step brought, in order.
    pub(super) notices: Option<Vec<toml::Table>>,
    pub(super) expect: Option<toml::Value>,
}

/// Monday, 2 March 2026, 00:00 UTC: when a world opens if the file does not say.
const OPEN_MS: i64 = 1_772_409_600_000;

impl ScenarioFile {
    /// When the world opens, in ms since the Unix epoch.
    pub(super) fn open_ms(&self) -> Result<i64, ScenarioError> {
        self.open.as_ref().map_or(Ok(OPEN_MS), |open| {
            moment(open, 0).map_err(|problem| ScenarioError::new(format!("open: {problem}")))
        })
    }

    /// The season secret.
    pub(super) fn secret_bytes(&self) -> Result<[u8; 32], ScenarioError> {
        let mut bytes = [0_u8; 32];
        match (&self.secret, self.seed) {
            (Some(_), Some(_)) => return Err(ScenarioError::new("give either secret or seed, not both")),
            (Some(text), None) => schemas::hex32::read_hex(text, &mut bytes)
                .ok_or_else(|| ScenarioError::new("secret: 64 hex digits are needed"))?,
            (None, seed) => bytes[24..].copy_from_slice(&seed.unwrap_or(0).to_be_bytes()),
        }
        Ok(bytes)
    }
}

/// Reads and checks a file.
pub(super) fn read(text: &str) -> Result<ScenarioFile, ScenarioError> {
    let line_of = |offset: usize| 1 + text.bytes().take(offset).filter(|b| *b == b'\n').count();
    let mut file: ScenarioFile = toml::from_str(text).map_err(|e| {
        let problem = e.message().to_owned();
        e.span().map_or_else(
            || ScenarioError::new(problem.clone()),
            |span| ScenarioError::at(line_of(span.start), problem.clone()),
        )
    })?;
    let open_ms = file.open_ms()?;
    let mut last = open_ms;
    for step in std::mem::take(&mut file.step) {
        let line = line_of(step.span().start);
        let step = checked(step.into_inner(), line, open_ms, last)
            .map_err(|problem| ScenarioError::at(line, problem))?;
        if matches!(step.act, Act::Open) && !file.steps.is_empty() {
            return Err(ScenarioError::at(
                line,
                "open = true is the first step: the opening comes before all",
            ));
        }
        last = step.at_ms;
        file.steps.push(step);
    }
    Ok(file)
}

fn checked(file: StepFile, line: usize, open_ms: i64, last: i64) -> Result<Step, String> {
    let at_ms = file.at.as_ref().map_or(Ok(last), |at| moment(at, open_ms))?;
    if at_ms < last {
        return Err("the step is earlier than the one before: steps stand in time order".to_owned());
    }
    let acts = [
        file.command.map(Act::Command),
        file.query.map(Act::Query),
        file.event.map(Act::Event),
        file.set.map(Act::Set),
        file.row.map(Act::Row),
        file.scores.map(Act::Scores),
        file.pass.then_some(Act::Pass),
        file.open.then_some(Act::Open),
    ];
    let mut acts = acts.into_iter().flatten();
    let (Some(act), None) = (acts.next(), acts.next()) else {
        return Err(
            "a step does one thing: command, query, event, set, row, scores, pass = true or open = true"
                .to_owned(),
        );
    };
    let step = Step {
        line,
        at_ms,
        actor: file.actor,
        role: file.role.unwrap_or(Role::Player),
        carried: file.carried,
        dice: file.dice,
        act,
        numbers: file.numbers,
        rejected: file.rejected,
        events: file.events,
        only: file.only,
        notices: file.notices,
        expect: file.expect,
    };
    fitting(&step)?;
    Ok(step)
}

/// Refuses what would be read over in silence: expectations that do not belong to what the step does.
fn fitting(step: &Step) -> Result<(), String> {
    let (answers, happens, refuses, acts) = match step.act {
        Act::Command(_) => (false, true, true, true),
        Act::Query(_) => (true, false, true, true),
        Act::Row(_) | Act::Scores(_) => (true, false, false, false),
        Act::Pass | Act::Open => (false, true, false, false),
        Act::Event(_) | Act::Set(_) => (false, false, false, false),
    };
    let wrong = if step.expect.is_some() && !answers {
        Some("expect belongs to a query, a row or scores")
    } else if (step.events.is_some() || step.only || step.notices.is_some() || !step.dice.is_empty())
        && !happens
    {
        Some("events, only, notices and dice belong to a command, to pass = true or to open = true")
    } else if step.rejected.is_some() && !refuses {
        Some("rejected belongs to a command or a query")
    } else if step.rejected.is_some()
        && (step.events.is_some() || step.expect.is_some() || step.notices.is_some())
    {
        Some("what is rejected has neither events nor an answer")
    } else if step.only && step.events.is_none() {
        Some("only = true needs events")
    } else if acts && step.actor.is_none() && step.role == Role::Player {
        Some("who asks? Give actor = \"u:…\" or role = \"admin\"")
    } else if !acts && step.actor.is_some() {
        Some("actor belongs to a command or a query")
    } else if !step.numbers.is_empty() && !matches!(step.act, Act::Event(_) | Act::Set(_)) {
        Some("numbers belongs to an event or set")
    } else {
        None
    };
    wrong.map_or(Ok(()), |problem| Err(problem.to_owned()))
}

/// A moment: an offset from the opening (`7d 01:00:00`), or an instant.
fn moment(value: &toml::Value, open_ms: i64) -> Result<i64, String> {
    let text = match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Datetime(moment) => {
            return instant(moment)
                .ok_or_else(|| format!("{moment} is no moment: date, time and Z are needed"));
        }
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Array(_)
        | toml::Value::Table(_) => value.to_string(),
    };
    offset(&text)
        .map(|ms| open_ms + ms)
        .or_else(|| parse_utc(&text))
        .ok_or_else(|| format!("{text:?} is no moment: write \"7d 01:00:00\" or \"2026-03-02T06:00:00Z\""))
}

/// A TOML instant in ms since the Unix epoch; a date and a time without a zone are UTC.
pub(super) fn instant(moment: &toml::value::Datetime) -> Option<i64> {
    use toml::value::Offset;
    let (date, time) = (moment.date?, moment.time?);
    let days = days_from_civil(date.year.into(), date.month.into(), date.day.into());
    let east = match moment.offset {
        None | Some(Offset::Z) => 0,
        Some(Offset::Custom { minutes }) => i64::from(minutes) * 60_000,
    };
    let clock = i64::from(time.hour) * 3_600_000
        + i64::from(time.minute) * 60_000
        + i64::from(time.second.unwrap_or(0)) * 1000
        + i64::from(time.nanosecond.unwrap_or(0)) / 1_000_000;
    Some(days * DAY_MS + clock - east)
}

fn offset(text: &str) -> Option<i64> {
    let (days, clock) = match text.trim().split_once('d') {
        Some((days, clock)) => (days.trim().parse::<i64>().ok()?, clock.trim()),
        None => (0, text.trim()),
    };
    let clock = if clock.is_empty() { 0 } else { parse_clock(clock)? };
    Some(days.checked_mul(DAY_MS)? + clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_offsets_or_instants() {
        assert_eq!(offset("7d 01:00:00"), Some(7 * DAY_MS + 3_600_000));
        assert_eq!(offset("0d 00:01:40.400"), Some(100_400));
        assert_eq!(offset("2d"), Some(2 * DAY_MS));
        assert_eq!(offset("01:30"), Some(5_400_000));
        assert_eq!(moment(&"2026-03-02T06:00:00Z".into(), 5), Ok(OPEN_MS + 6 * 3_600_000));
        assert!(moment(&"soon".into(), 0).is_err());
    }
}
