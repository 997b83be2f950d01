//! The list of commands as Discord takes it, made from the tree.

use games_core::tree::{Access, CommandOption, CommandTree, OptionKind, SlashCommand};
use schemas::Hash;
use serde_json::{Value, json};

use crate::lang::Lang;
use crate::parse;
use crate::present::words;

/// The permission that shows a staff command in the list: Manage Server. Only what is shown: every use is checked.
const MANAGE_SERVER: &str = "32";

/// Most characters of all names, descriptions and values of one command.
pub const MOST_CHARACTERS: usize = 8000;

/// The whole list for one bulk overwrite: every top-level command with its groups, subcommands and options.
#[must_use]
pub fn json(tree: &CommandTree) -> Value {
    let mut tops: Vec<&'static str> = Vec::new();
    for command in parse::commands(tree) {
        let top = first_word(command.path);
        if !tops.contains(&top) {
            tops.push(top);
        }
    }
    tops.into_iter().map(|top| top_level(tree, top)).collect()
}

/// Digest of the list: while it stays the same, nothing needs to be registered.
#[must_use]
pub fn digest(tree: &CommandTree) -> Hash {
    Hash::of(json(tree).to_string().as_bytes())
}

/// Characters that Discord counts for one command: all names, descriptions and choices.
#[must_use]
pub fn characters(command: &Value) -> usize {
    match command {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| match (name.as_str(), value) {
                ("name" | "description", Value::String(text)) => {
                    longest(text, fields.get(&format!("{name}_localizations")))
                }
                ("value", Value::String(text)) => text.chars().count(),
                ("name_localizations" | "description_localizations", _) => 0,
                (_, nested) => characters(nested),
            })
            .sum(),
        Value::Array(all) => all.iter().map(characters).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// Of all languages only the longest text counts.
fn longest(text: &str, others: Option<&Value>) -> usize {
    let others = others.and_then(Value::as_object).into_iter().flatten();
    let others = others.filter_map(|(_, text)| text.as_str());
    others.chain([text]).map(|text| text.chars().count()).max().unwrap_or(0)
}

/// The description in every language that has one. Names of commands and options stay as they are: texts name them, and
/// people tell them to each other.
fn described(mut entry: Value, text: &str) -> Value {
    let others: Value = Lang::OTHERS
        .iter()
        .filter_map(|(locale, lang)| Some(((*locale).to_owned(), lang.catalogue()?.text(text)?.into())))
        .collect::<serde_json::Map<String, Value>>()
        .into();
    if others.as_object().is_some_and(|others| !others.is_empty()) {
        entry["description_localizations"] = others;
    }
    entry
}

/// A choice: its key is what is sent, and what English shows.
fn choice(key: &str) -> Value {
    let mut entry = json!({ "name": key, "value": key });
    for (locale, lang) in Lang::OTHERS {
        let word = lang.catalogue().and_then(|catalogue| catalogue.word(&words::spelled(key)));
        if let Some(word) = word {
            entry["name_localizations"][locale] = word.into();
        }
    }
    entry
}

fn first_word(path: &'static str) -> &'static str {
    path.split(' ').next().unwrap_or(path)
}

fn top_level(tree: &CommandTree, top: &'static str) -> Value {
    let below: Vec<&'static SlashCommand> =
        parse::commands(tree).filter(|command| first_word(command.path) == top).collect();
    let alone = below.iter().find(|command| command.path == top);
    let description =
        alone.map_or_else(|| parse::group(tree, top).unwrap_or(top), |command| command.description);
    let staff = below.iter().all(|command| command.access == Access::Admin);
    let nested = match alone {
        Some(command) => options(command),
        None => subcommands(&below, 1),
    };
    let entry = json!({
        "type": 1,
        "name": top,
        "description": description,
        "options": nested,
        "default_member_permissions": staff.then_some(MANAGE_SERVER),
        "contexts": [0],
        "integration_types": [0],
    });
    described(entry, description)
}

/// The entries below a word: subcommands, and groups of them.
fn subcommands(commands: &[&'static SlashCommand], depth: usize) -> Vec<Value> {
    let mut entries: Vec<Value> = Vec::new();
    let mut groups: Vec<&str> = Vec::new();
    for command in commands {
        let words: Vec<&str> = command.path.split(' ').collect();
        let Some(word) = words.get(depth) else { continue };
        if words.len() == depth + 1 {
            let entry = json!({
                "type": 1, "name": word, "description": command.description, "options": options(command),
            });
            entries.push(described(entry, command.description));
        } else if !groups.contains(word) {
            groups.push(word);
            let members: Vec<&'static SlashCommand> = commands
                .iter()
                .filter(|other| other.path.split(' ').nth(depth) == Some(word))
                .copied()
                .collect();
            entries.push(json!({
                "type": 2, "name": word, "description": word, "options": subcommands(&members, depth + 1),
            }));
        }
    }
    entries
}

/// Required ones first, as Discord demands.
fn options(command: &SlashCommand) -> Vec<Value> {
    let (needed, maybe): (Vec<_>, Vec<_>) = command.options.iter().partition(|option| option.required);
    needed.into_iter().chain(maybe).map(option).collect()
}

fn option(option: &CommandOption) -> Value {
    let kind = match option.kind {
        OptionKind::Text { .. } | OptionKind::Prose { .. } | OptionKind::Name(_) | OptionKind::Choice(_) => 3,
        OptionKind::Int { .. } => 4,
        OptionKind::Bool => 5,
        OptionKind::User => 6,
        OptionKind::Channel => 7,
    };
    let mut entry = json!({
        "type": kind,
        "name": option.name,
        "description": option.description,
        "required": option.required,
    });
    match option.kind {
        OptionKind::Int { min, max } => {
            entry["min_value"] = min.into();
            entry["max_value"] = max.into();
        }
        OptionKind::Text { max } | OptionKind::Prose { max } => {
            entry["min_length"] = 1.into();
            entry["max_length"] = max.into();
        }
        OptionKind::Name(shape) => {
            entry["min_length"] = shape.min.into();
            entry["max_length"] = shape.max.into();
        }
        OptionKind::Choice(choices) => {
            entry["choices"] = choices.iter().map(|key| choice(key)).collect();
        }
        OptionKind::Channel => entry["channel_types"] = json!([0, 5]),
        OptionKind::Bool | OptionKind::User => {}
    }
    if option.suggest {
        entry["autocomplete"] = true.into();
    }
    described(entry, option.description)
}
