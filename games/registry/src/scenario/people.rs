//! `u:<id>` and player ids: scenarios name people as Discord does, the record knows random ids only.

use std::collections::BTreeMap;

use schemas::{Hash, PlayerId};
use serde_json::{Map, Value};

/// Everybody whom a scenario has named.
#[derive(Debug, Default)]
pub(super) struct People {
    by_id: BTreeMap<String, String>,
}

impl People {
    /// The player of a name `u:…`; nothing if it is no such name.
    pub(super) fn player(&mut self, text: &str) -> Option<PlayerId> {
        let name = text.strip_prefix("u:")?;
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if name.is_empty() || !name.chars().all(fits) {
            return None;
        }
        // A number stands for itself, so that the same scenario gives the same ids everywhere.
        let bits = name.parse().unwrap_or_else(|_| {
            Hash::of(text.as_bytes()).0.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte))
        });
        let id = PlayerId::from_bits(bits);
        self.by_id.insert(id.to_string(), text.to_owned());
        Some(id)
    }

    /// A value of the file as JSON: people become player ids, moments milliseconds.
    pub(super) fn json(&mut self, value: &toml::Value) -> Result<Value, String> {
        Ok(match value {
            toml::Value::String(text) => Value::String(self.text(text)),
            toml::Value::Integer(number) => Value::from(*number),
            toml::Value::Float(number) => Value::from(*number),
            toml::Value::Boolean(flag) => Value::from(*flag),
            toml::Value::Datetime(moment) => {
                let ms = super::file::instant(moment);
                Value::from(ms.ok_or_else(|| format!("{moment} is no moment: date, time and Z are needed"))?)
            }
            toml::Value::Array(items) => items.iter().map(|v| self.json(v)).collect::<Result<_, _>>()?,
            toml::Value::Table(table) => self.table(table)?.into(),
        })
    }

    /// A table of the file as a JSON object.
    pub(super) fn table(&mut self, table: &toml::Table) -> Result<Map<String, Value>, String> {
        table.iter().map(|(name, value)| Ok((self.text(name), self.json(value)?))).collect()
    }

    fn text(&mut self, text: &str) -> String {
        self.player(text).map_or_else(|| text.to_owned(), |id| id.to_string())
    }

    /// A text for people: player ids become the names of the file again.
    pub(super) fn tell(&self, text: &str) -> String {
        if !text.contains("p-") {
            return text.to_owned();
        }
        self.by_id.iter().fold(text.to_owned(), |text, (id, name)| text.replace(id, name))
    }
}
