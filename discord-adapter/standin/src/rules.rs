//! The rules that Discord's description leaves out, from its documentation. Each was broken once and passed the
//! description.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::judge::{Violation, violation};

/// The flag of a message that only one person sees.
pub const EPHEMERAL: u64 = 1 << 6;
/// The flag of a message made of the newer components.
pub const NEW_COMPONENTS: u64 = 1 << 15;

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn count(value: &Value) -> usize {
    value.as_str().map_or(0, |text| text.chars().count())
}

/// What is wrong with a list of commands for one server.
#[must_use]
pub fn commands(body: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    let all = list(body);
    if all.len() > 130
        || all.iter().filter(|command| command["type"].as_u64().unwrap_or(1) == 1).count() > 100
    {
        found.push(violation("", "100 slash commands are the limit"));
    }
    unique_names(all, "", &mut found);
    for (number, command) in all.iter().enumerate() {
        let at = format!("/{number}");
        if command["type"].as_u64().unwrap_or(1) == 1 {
            name(command, &at, &mut found);
            if !(1..=100).contains(&count(&command["description"])) {
                found.push(violation(&at, "a slash command has a description of 1 to 100 characters"));
            }
        }
        if characters(command) > 8000 {
            found.push(violation(&at, "8,000 characters are the limit of one command"));
        }
        localised(command, &at, true, &mut found);
        options(&command["options"], &at, 0, &mut found);
    }
    found
}

/// The locales that Discord knows.
const LOCALES: [&str; 32] = [
    "id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl", "no", "pl",
    "pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th", "zh-CN", "ja",
    "zh-TW", "ko",
];

/// Texts in other languages keep the limits of the first; the names of commands and options their letters, too.
fn localised(entry: &Value, at: &str, named: bool, found: &mut Vec<Violation>) {
    for field in ["name", "description"] {
        let texts = &entry[format!("{field}_localizations")];
        if !texts.is_null() && !texts.is_object() {
            found.push(violation(at, format!("{field}_localizations are an object")));
        }
        for (locale, text) in texts.as_object().into_iter().flatten() {
            if !LOCALES.contains(&locale.as_str()) {
                found.push(violation(at, format!("{locale:?} is no locale")));
            }
            if !(1..=100).contains(&count(text)) {
                found.push(violation(at, format!("the {field} in {locale} has 1 to 100 characters")));
            }
            if named && field == "name" {
                name(&json!({ "name": text }), at, found);
            }
        }
    }
}

fn name(entry: &Value, at: &str, found: &mut Vec<Violation>) {
    let text = entry["name"].as_str().unwrap_or_default();
    let letters = |c: char| c.is_alphabetic() || c.is_numeric() || "-_'".contains(c);
    if !(1..=32).contains(&text.chars().count()) || !text.chars().all(letters) {
        found.push(violation(at, format!("{text:?} is no name: 1 to 32 letters, digits, - _ '")));
    }
    if text != text.to_lowercase() {
        found.push(violation(at, format!("{text:?}: names are in lower case")));
    }
}

fn unique_names(all: &[Value], at: &str, found: &mut Vec<Violation>) {
    let mut names = BTreeSet::new();
    for entry in all {
        let name = (
            entry["name"].to_string(),
            if at.is_empty() { entry["type"].to_string() } else { String::new() },
        );
        if !names.insert(name) {
            found.push(violation(at, format!("{} twice", entry["name"])));
        }
    }
}

fn options(value: &Value, at: &str, depth: usize, found: &mut Vec<Violation>) {
    let all = list(value);
    if all.len() > 25 {
        found.push(violation(at, "25 options are the limit"));
    }
    let within = format!("{at}/options");
    unique_names(all, &within, found);
    let nested = all.iter().filter(|option| matches!(option["type"].as_u64(), Some(1 | 2))).count();
    if nested != 0 && nested != all.len() {
        found.push(violation(at, "subcommands and options do not stand beside each other"));
    }
    let mut optional = false;
    for (number, option) in all.iter().enumerate() {
        let at = format!("{within}/{number}");
        name(option, &at, found);
        localised(option, &at, true, found);
        if !(1..=100).contains(&count(&option["description"])) {
            found.push(violation(&at, "a description has 1 to 100 characters"));
        }
        match option["type"].as_u64() {
            Some(2) if depth > 0 => found.push(violation(&at, "groups are not nested")),
            Some(1) if depth > 1 => found.push(violation(&at, "a subcommand lies too deep")),
            Some(1 | 2) => options(&option["options"], &at, depth + 1, found),
            _ => {
                let required = option["required"].as_bool() == Some(true);
                if required && optional {
                    found.push(violation(&at, "required options come first"));
                }
                optional |= !required;
                choices(option, &at, found);
            }
        }
    }
}

fn choices(option: &Value, at: &str, found: &mut Vec<Violation>) {
    let all = list(&option["choices"]);
    if !all.is_empty() && option["autocomplete"].as_bool() == Some(true) {
        found.push(violation(at, "autocomplete and choices exclude each other"));
    }
    if all.len() > 25 {
        found.push(violation(at, "25 choices are the limit"));
    }
    for choice in all {
        if !(1..=100).contains(&count(&choice["name"])) || count(&choice["value"]) > 100 {
            found.push(violation(at, "a choice has at most 100 characters"));
        }
        localised(choice, at, false, found);
    }
}

fn characters(value: &Value) -> usize {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| match name.as_str() {
                "name" | "description" => {
                    // Of all languages only the longest text counts.
                    let others = fields.get(&format!("{name}_localizations")).and_then(Value::as_object);
                    let others = others.into_iter().flat_map(serde_json::Map::values);
                    others.chain([value]).map(count).max().unwrap_or(0)
                }
                "value" => count(value),
                "name_localizations" | "description_localizations" => 0,
                _ => characters(value),
            })
            .sum(),
        Value::Array(all) => all.iter().map(characters).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// What is wrong with a message, with so many files beside it. An edit may leave out what does not change.
#[must_use]
pub fn message(body: &Value, files: usize, edit: bool) -> Vec<Violation> {
    let mut found = Vec::new();
    let flags = body["flags"].as_u64().unwrap_or(0);
    let filled = |name: &str| match &body[name] {
        Value::String(text) => !text.is_empty(),
        Value::Array(all) => !all.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    };
    if flags & NEW_COMPONENTS != 0 && (filled("content") || filled("embeds")) {
        found.push(violation("/flags", "newer components exclude content and embeds"));
    }
    if edit && flags & EPHEMERAL != 0 {
        found.push(violation("/flags", "whether a message is private can not be changed"));
    }
    if !edit
        && !["content", "embeds", "components", "poll", "sticker_ids"].iter().any(|name| filled(name))
        && files == 0
    {
        found.push(violation("", "an empty message"));
    }
    // The house's own rule: who is pinged is never left to chance.
    if !body["allowed_mentions"].is_object() {
        found.push(violation("/allowed_mentions", "mentions are not explicit"));
    }
    embeds(&body["embeds"], &mut found);
    rows(&body["components"], flags & NEW_COMPONENTS != 0, &mut found);
    attachments(body, files, &mut found);
    found
}

fn embeds(value: &Value, found: &mut Vec<Violation>) {
    let mut all = 0;
    for (number, embed) in list(value).iter().enumerate() {
        let fields = list(&embed["fields"]);
        let texts: usize = fields.iter().map(|field| count(&field["name"]) + count(&field["value"])).sum();
        let own = count(&embed["title"]) + count(&embed["description"]) + count(&embed["footer"]["text"]);
        all += own + texts + count(&embed["author"]["name"]);
        let empty = fields.iter().any(|field| count(&field["name"]) == 0 || count(&field["value"]) == 0);
        if empty || fields.len() > 25 {
            found.push(violation(format!("/embeds/{number}"), "at most 25 fields, each with name and value"));
        }
    }
    if all > 6000 {
        found.push(violation("/embeds", format!("{all} characters, 6,000 are the limit over all embeds")));
    }
}

fn rows(value: &Value, newer: bool, found: &mut Vec<Violation>) {
    let all = list(value);
    if !newer && all.len() > 5 {
        found.push(violation("/components", "5 rows are the limit"));
    }
    let mut ids = BTreeSet::new();
    for (number, row) in all.iter().enumerate() {
        let at = format!("/components/{number}");
        if !newer && row["type"].as_u64() != Some(1) {
            found.push(violation(&at, "only rows stand in a message of the old style"));
        }
        let inner = list(&row["components"]);
        if inner.is_empty() && row["type"].as_u64() == Some(1) {
            found.push(violation(&at, "an empty row"));
        }
        let selects = inner.iter().filter(|one| matches!(one["type"].as_u64(), Some(3 | 5..=8))).count();
        if inner.len() > 5 || (selects > 0 && inner.len() > 1) {
            found.push(violation(&at, "a row holds 5 buttons or 1 menu"));
        }
        for one in inner {
            component(one, &at, &mut ids, found);
        }
    }
}

fn component(one: &Value, at: &str, ids: &mut BTreeSet<String>, found: &mut Vec<Violation>) {
    let id = one["custom_id"].as_str();
    let link = matches!(one["style"].as_u64(), Some(5 | 6));
    match one["type"].as_u64() {
        Some(2) if id.is_none() && !link => found.push(violation(at, "a button without custom_id")),
        Some(2) if count(&one["label"]) == 0 && one["emoji"].is_null() => {
            found.push(violation(at, "a button without label"));
        }
        _ => {}
    }
    if let Some(id) = id {
        if !(1..=100).contains(&id.chars().count()) {
            found.push(violation(at, "a custom_id has 1 to 100 characters"));
        }
        if !ids.insert(id.to_owned()) {
            found.push(violation(at, format!("custom_id {id:?} twice")));
        }
    }
    let options = list(&one["options"]);
    let mut values = BTreeSet::new();
    if options.len() > 25 || options.iter().any(|option| !values.insert(option["value"].to_string())) {
        found.push(violation(at, "a menu has at most 25 entries, each with a value of its own"));
    }
}

fn attachments(body: &Value, files: usize, found: &mut Vec<Violation>) {
    let named = list(&body["attachments"]);
    let fresh = named.iter().filter(|one| !one["filename"].is_null()).count();
    if fresh > files {
        found.push(violation("/attachments", format!("{fresh} files are named, {files} were sent")));
    }
    for embed in list(&body["embeds"]) {
        let url = embed["image"]["url"].as_str().unwrap_or_default();
        if let Some(name) = url.strip_prefix("attachment://")
            && !named.iter().any(|one| one["filename"].as_str() == Some(name))
        {
            found.push(violation("/embeds", format!("{name} is shown and not attached")));
        }
    }
}

/// What is wrong with the first answer to an interaction of a type, with so many files beside it.
#[must_use]
pub fn callback(interaction: u64, body: &Value, files: usize) -> Vec<Violation> {
    let kind = body["type"].as_u64().unwrap_or(0);
    let allowed: &[u64] = match interaction {
        1 => &[1],
        2 => &[4, 5, 9],
        3 => &[4, 5, 6, 7, 9],
        4 => &[8],
        5 => &[4, 5, 6, 7],
        _ => &[],
    };
    if !allowed.contains(&kind) {
        return vec![violation(
            "/type",
            format!("{kind} does not answer an interaction of type {interaction}"),
        )];
    }
    let data = &body["data"];
    match kind {
        4 => message(data, files, false),
        7 => message(data, files, true),
        5 | 6 => {
            let flags = data["flags"].as_u64().unwrap_or(0);
            let others = data.as_object().is_some_and(|fields| fields.keys().any(|name| name != "flags"));
            if flags & !EPHEMERAL != 0 || others {
                vec![violation("/data", "a deferral carries the flag of privacy and nothing else")]
            } else {
                Vec::new()
            }
        }
        8 => suggestions(data),
        9 => modal(data),
        _ => Vec::new(),
    }
}

fn suggestions(data: &Value) -> Vec<Violation> {
    let all = list(&data["choices"]);
    let long = all
        .iter()
        .any(|choice| !(1..=100).contains(&count(&choice["name"])) || count(&choice["value"]) > 100);
    if !data["choices"].is_array() || all.len() > 25 || long {
        vec![violation("/data/choices", "at most 25 suggestions of 1 to 100 characters")]
    } else {
        Vec::new()
    }
}

fn modal(data: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    let all = list(&data["components"]);
    if !(1..=5).contains(&all.len()) {
        found.push(violation("/data/components", "a form has 1 to 5 components"));
    }
    let mut ids = BTreeSet::new();
    for row in all {
        let inner = list(&row["components"]);
        if inner.len() > 1 {
            found.push(violation("/data/components", "a row of a form holds one text"));
        }
        for one in inner {
            if count(&one["label"]) == 0 {
                found.push(violation("/data/components", "a text of a form has a label"));
            }
            component(one, "/data/components", &mut ids, &mut found);
        }
    }
    found
}
