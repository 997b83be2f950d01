//! Any game, from the shape of its JSON alone: good enough to play a game that has no presenter yet.

use schemas::PlayerId;
use serde_json::{Map, Value};

use super::{Scene, bullets, words};
use crate::host::Occurred;
use crate::lang::t;
use crate::reply::{Colour, Reply};

/// Most fields of an event that are told.
const MOST_FIELDS: usize = 8;

/// The reply to a command that was accepted.
pub(super) fn receipt(scene: &Scene<'_>, events: &[Occurred]) -> Reply {
    let lines: Vec<String> = events.iter().map(|event| tell(scene, event)).collect();
    let text = if !lines.is_empty() {
        bullets(&lines)
    } else if scene.command.public {
        say!("**{}** used /{}.", scene.names.id(scene.asker), scene.command.path)
    } else {
        t("Done.")
    };
    Reply::new(words::human(scene.command.path), text).coloured(Colour::DONE)
}

/// An event as its type and its fields.
pub(super) fn tell(scene: &Scene<'_>, event: &Occurred) -> String {
    let fields = event.payload.as_object().into_iter().flatten();
    let fields: Vec<String> = fields
        .filter(|(name, value)| !matches!(value, Value::Null) && name.as_str() != "seed")
        .take(MOST_FIELDS)
        .map(|(name, value)| format!("{} {}", name.replace('_', " "), short(scene, value)))
        .collect();
    let kind = words::of_kind(&event.kind);
    if fields.is_empty() { format!("{kind}.") } else { format!("{kind}: {}.", fields.join(", ")) }
}

/// A value in a few words.
fn short(scene: &Scene<'_>, value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(true) => t("yes"),
        Value::Bool(false) => t("no"),
        Value::Number(number) => match number.as_i64() {
            // A moment in ms since the epoch: no amount of any game is as large.
            Some(ms) if (1_000_000_000_000..4_000_000_000_000).contains(&ms) => {
                crate::render::stamp::relative(scene.clock(), schemas::GameTime::from_ms(ms))
            }
            Some(number) => words::figure(number),
            None => number.to_string(),
        },
        Value::String(text) => match text.parse::<PlayerId>() {
            Ok(player) => scene.names.id(player),
            Err(_) => words::safe(&text.replace('_', " ")),
        },
        Value::Array(all) => {
            let shown: Vec<String> = all.iter().take(6).map(|value| short(scene, value)).collect();
            let more = if all.len() > 6 { ", …" } else { "" };
            format!("{}{more}", shown.join(", "))
        }
        Value::Object(fields) => {
            let shown: Vec<String> = fields
                .iter()
                .take(6)
                .map(|(name, value)| format!("{name} {}", short(scene, value)))
                .collect();
            shown.join(", ")
        }
    }
}

/// A view: rows as a list, everything else as fields.
pub(super) fn view(scene: &Scene<'_>, view: &Value) -> Reply {
    let empty = Map::new();
    let fields = view.as_object().unwrap_or(&empty);
    let mut reply = Reply::new(words::human(scene.command.path), "");
    for (name, value) in fields {
        match value {
            Value::Array(rows) => {
                let rows: Vec<String> = rows.iter().take(20).map(|row| short(scene, row)).collect();
                let text = if rows.is_empty() { t("Nothing yet.") } else { bullets(&rows) };
                reply = reply.field(words::human(name), text);
            }
            Value::Null => {}
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                let shown = short(scene, value);
                if !shown.is_empty() {
                    reply = reply.beside(words::human(name), shown);
                }
            }
        }
    }
    if fields.is_empty() {
        reply.text = short(scene, view);
    }
    reply
}
