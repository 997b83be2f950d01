//! Receipts and views as replies. Pure: everything that a presenter needs stands in its [`Scene`].

pub mod generic;
mod host;
mod own;
pub mod popverse;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};

use games_core::tree::SlashCommand;
use schemas::PlayerId;
use serde_json::Value;

use crate::custom_id::{CustomId, Verb};
use crate::host::{Clock, Occurred, Place, Receipt, Who};
use crate::lang::t;
use crate::reply::{Button, Reply, Row, Style};
use crate::{lang, limits, news};

/// What a presenter may know besides the answer itself.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The season.
    pub place: &'a Place,
    /// Who asked.
    pub asker: PlayerId,
    /// What was asked.
    pub command: &'static SlashCommand,
    /// With which options.
    pub options: &'a Value,
    /// Names of those who are mentioned.
    pub names: &'a Names,
}

impl Scene<'_> {
    /// The season's clock.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.place.clock
    }

    /// The state of a button that shows a question's answer.
    #[must_use]
    pub fn show(&self, kind: &str, options: &Value) -> CustomId {
        CustomId {
            world: self.place.world.clone(),
            verb: Verb::Show,
            kind: kind.to_owned(),
            args: args(options),
            actor: Some(self.asker),
            version: String::new(),
        }
    }

    /// A button that gives a command.
    #[must_use]
    pub fn act(&self, label: &str, kind: &str, options: &Value) -> Button {
        let id = CustomId { verb: Verb::Do, ..self.show(kind, options) };
        Button { label: lang::text(label.to_owned()), id, style: Style::Secondary, disabled: false }
    }

    /// A button that shows a question's answer.
    #[must_use]
    pub fn button(&self, label: &str, kind: &str, options: &Value) -> Button {
        let id = self.show(kind, options);
        Button { label: lang::text(label.to_owned()), id, style: Style::Secondary, disabled: false }
    }
}

/// Options as a button keeps them.
#[must_use]
pub fn args(options: &Value) -> Vec<(String, String)> {
    let fields = options.as_object().into_iter().flatten();
    fields
        .map(|(name, value)| (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        .collect()
}

/// Names of players, as the host gave them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Each by id or number.
    pub known: BTreeMap<Who, String>,
    /// The asker's own number in the world, where the host knows it.
    pub me: Option<i64>,
    /// Guilds by number.
    pub guilds: BTreeMap<i64, String>,
}

/// The field in which a host says how old a view is that is not fresh, in ms.
pub const STALE_FIELD: &str = "stale_ms";

/// Fields in which events and views name a player by number.
const NUMBERS: [&str; 10] =
    ["pn", "by", "victim", "owner", "attacker", "defender", "city", "player", "leader", "host"];

/// The same beside a guild; elsewhere these are places.
const GUILD_NUMBERS: [&str; 2] = ["from", "to"];

/// Fields in which events and views name a guild by number.
const GUILDS: [&str; 3] = ["guild", "banner", "champion_guild"];

/// Most players that are looked up for one reply.
const MOST_NAMES: usize = 50;

impl Names {
    /// The players that a payload or view mentions.
    pub fn mentioned(value: &Value, found: &mut BTreeSet<Who>) {
        match value {
            Value::Object(fields) => {
                let guild = fields.contains_key("guild");
                let names = |name: &str| NUMBERS.contains(&name) || (guild && GUILD_NUMBERS.contains(&name));
                for (name, value) in fields {
                    match value.as_i64().filter(|_| names(name)) {
                        Some(number) if found.len() < MOST_NAMES => {
                            found.insert(Who::Number(number));
                        }
                        _ => Self::mentioned(value, found),
                    }
                }
            }
            Value::Array(all) => all.iter().for_each(|value| Self::mentioned(value, found)),
            Value::String(text) => {
                let room = MOST_NAMES.saturating_sub(found.len());
                if let Ok(id) = text.parse() {
                    found.extend(Some(Who::Id(id)).filter(|_| room > 0));
                } else {
                    found.extend(news::numbers(text).map(|(_, number)| Who::Number(number)).take(room));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The guilds that a payload or view mentions.
    pub fn guilds_mentioned(value: &Value, found: &mut BTreeSet<i64>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_i64().filter(|_| GUILDS.contains(&name.as_str())) {
                        Some(number) if found.len() < MOST_NAMES => {
                            found.insert(number);
                        }
                        _ => Self::guilds_mentioned(value, found),
                    }
                }
            }
            Value::Array(all) => all.iter().for_each(|value| Self::guilds_mentioned(value, found)),
            Value::String(text) => {
                let room = MOST_NAMES.saturating_sub(found.len());
                found.extend(news::guilds(text).map(|(_, number)| number).take(room));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A guild after the word `guild`: what it is called, else its number.
    #[must_use]
    pub fn guild(&self, number: i64) -> String {
        self.guilds
            .get(&number)
            .map_or_else(|| number.to_string(), |name| format!("**{}**", words::safe(name)))
    }

    /// Whether this number is the asker's own.
    #[must_use]
    pub fn is_me(&self, pn: i64) -> bool {
        self.me == Some(pn)
    }

    /// A player by the number in the world.
    #[must_use]
    pub fn number(&self, pn: i64) -> String {
        self.known.get(&Who::Number(pn)).map_or_else(|| say!("player {pn}"), |name| words::safe(name))
    }

    /// The same for a code block, in which nothing is escaped and only the block's own mark must not stand.
    #[must_use]
    pub fn cell(&self, pn: i64) -> String {
        self.known.get(&Who::Number(pn)).map_or_else(|| say!("player {pn}"), |name| words::cell(name))
    }

    /// A player by id.
    #[must_use]
    pub fn id(&self, id: PlayerId) -> String {
        let short = || say!("player {}", &id.to_string()[11..]);
        self.known.get(&Who::Id(id)).map_or_else(short, |name| words::safe(name))
    }
}

/// The reply to a command that was accepted.
#[must_use]
pub fn receipt(scene: &Scene<'_>, receipt: &Receipt) -> Reply {
    // The receipt holds what the asker may see; a channel may see what everybody may, and what the rules have this very
    // command publish.
    let told = |event: &&Occurred| event.public || !scene.command.public || published(scene, event);
    let events: Vec<Occurred> = receipt.events.iter().filter(told).cloned().collect();
    let own = host::receipt(scene, &events);
    let mut reply = own.unwrap_or_else(|| match scene.place.game.as_str() {
        "popverse-kingdoms" => popverse::receipt(scene, &events),
        _ => generic::receipt(scene, &events),
    });
    reply.private = !scene.command.public;
    if receipt.repeated {
        reply.footer = Some(t("This was done before; here is the answer again."));
    }
    reply
}

/// Whether an event that is told to its parties only is published by the command that made it: then the presenter tells of
/// it what is everybody's to know, and nothing else.
fn published(scene: &Scene<'_>, event: &Occurred) -> bool {
    match scene.place.game.as_str() {
        "popverse-kingdoms" => popverse::published(scene.command, event),
        _ => false,
    }
}

/// The reply to a question, with buttons to page and to look again.
#[must_use]
pub fn view(scene: &Scene<'_>, view: &Value) -> Reply {
    let (age, bare) = aged(view);
    let view = bare.as_ref().unwrap_or(view);
    let mut reply = own::view(scene, view).unwrap_or_else(|| match scene.place.game.as_str() {
        "popverse-kingdoms" => popverse::view(scene, view),
        _ => generic::view(scene, view),
    });
    if let Some(ms) = age {
        let told = say!("Not fresh: this is how things stood {} ago.", words::span(ms / 1000));
        reply.footer = Some(reply.footer.map_or_else(|| told.clone(), |footer| format!("{footer} · {told}")));
    }
    reply.private = !scene.command.public;
    let paging = paging(scene, view);
    match reply.rows.last_mut() {
        Some(Row::Buttons(row)) if row.len() + paging.len() <= limits::BUTTONS => row.extend(paging),
        Some(_) | None => reply.rows.push(Row::Buttons(paging)),
    }
    reply
}

/// How old a view is that is not fresh, in ms, and the view without that.
fn aged(view: &Value) -> (Option<i64>, Option<Value>) {
    let Some(age) = view.get(STALE_FIELD).and_then(Value::as_i64) else { return (None, None) };
    let mut bare = view.clone();
    if let Some(fields) = bare.as_object_mut() {
        fields.remove(STALE_FIELD);
    }
    (Some(age), Some(bare))
}

/// ◀ Refresh ▶, as far as there are pages.
fn paging(scene: &Scene<'_>, view: &Value) -> Vec<Button> {
    let kind = scene.command.kind();
    let to = |label: &str, page: i64| {
        let mut options = scene.options.clone();
        if !options.is_object() {
            options = Value::Object(serde_json::Map::new());
        }
        options["page"] = page.into();
        scene.button(label, &kind, &options)
    };
    let refresh = scene.button("↻ Refresh", &kind, scene.options);
    let (Some(page), Some(pages)) = (view["page"].as_i64(), view["pages"].as_i64()) else {
        return vec![refresh];
    };
    let mut row = Vec::new();
    if page > 1 {
        row.push(to("◀", page - 1));
    }
    row.push(refresh);
    if page < pages {
        row.push(to("▶", page + 1));
    }
    row
}

/// What happened while time passed, a line for each event.
#[must_use]
pub fn happened(scene: &Scene<'_>, events: &[Occurred]) -> Reply {
    let lines: Vec<String> = events.iter().filter_map(|event| tell(scene, event)).collect();
    let text = if lines.is_empty() { t("Nothing that you would have noticed.") } else { bullets(&lines) };
    Reply::new("Meanwhile", text)
}

/// One event as a sentence; none for what is better left unsaid.
#[must_use]
pub fn tell(scene: &Scene<'_>, event: &Occurred) -> Option<String> {
    if let Some(line) = host::tell(event) {
        return Some(line);
    }
    match scene.place.game.as_str() {
        "popverse-kingdoms" => popverse::tell(scene, event),
        _ => Some(generic::tell(scene, event)),
    }
}

/// Lines as a list.
#[must_use]
pub(crate) fn bullets(lines: &[String]) -> String {
    match lines {
        [one] => one.clone(),
        many => many.iter().map(|line| format!("• {line}")).collect::<Vec<_>>().join("\n"),
    }
}
