//! What a person did: used a command, is typing one, pressed a button. Read from Discord's JSON or made by a terminal.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::lang::Lang;
use crate::parse::RawValue;

/// Milliseconds of Discord's epoch, the first second of 2015.
const DISCORD_EPOCH_MS: i64 = 1_420_070_400_000;

/// The permission bit of an administrator.
const ADMINISTRATOR: u64 = 1 << 3;

/// The flag of a message that only one person sees.
const EPHEMERAL: u64 = 1 << 6;

/// When something with this id came to be, in ms since the Unix epoch.
///
/// ```
/// assert_eq!(discord_adapter::interaction::snowflake_ms(175928847299117063), 1_462_015_105_796);
/// ```
#[must_use]
pub const fn snowflake_ms(id: u64) -> i64 {
    (id >> 22) as i64 + DISCORD_EPOCH_MS
}

/// Names a user: by Discord's id, or by the name typed at a terminal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserKey {
    /// A user of Discord.
    Discord(u64),
    /// A user of this terminal.
    Local(String),
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user.
    pub key: UserKey,
    /// The name that others see.
    pub name: String,
    /// Permission bits in this channel; none in a private conversation.
    pub permissions: u64,
    /// Roles in this server.
    pub roles: Vec<u64>,
}

impl User {
    /// Whether the user administers the server: by permission, or by one of these roles.
    #[must_use]
    pub fn administers(&self, staff: &BTreeSet<u64>) -> bool {
        self.permissions & ADMINISTRATOR != 0 || self.roles.iter().any(|role| staff.contains(role))
    }

    /// A user of a terminal.
    #[must_use]
    pub fn local(name: &str, admin: bool) -> Self {
        let permissions = if admin { ADMINISTRATOR } else { 0 };
        Self { key: UserKey::Local(name.to_owned()), name: name.to_owned(), permissions, roles: Vec::new() }
    }
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Discord asks whether we are there.
    Ping,
    /// A command was sent.
    Command {
        /// The words after the slash, by one blank each.
        path: String,
        /// The options as they came.
        options: Vec<(String, RawValue)>,
    },
    /// A command is being typed.
    Autocomplete {
        /// The words after the slash.
        path: String,
        /// The options so far; others may be missing.
        options: Vec<(String, RawValue)>,
        /// The option that is being typed, and what stands there.
        focused: (String, String),
    },
    /// A button was pressed.
    Button {
        /// The button's state.
        custom_id: String,
    },
    /// Something was picked from a menu.
    Select {
        /// The menu's state.
        custom_id: String,
        /// What was picked.
        values: Vec<String>,
    },
    /// A form was sent.
    Modal {
        /// The form's state.
        custom_id: String,
        /// Its fields by name.
        fields: Vec<(String, String)>,
    },
}

/// What lets an answer through to one interaction, for 15 minutes. Never shown, not even to a developer.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Token(String);

impl Token {
    /// The token as Discord sent it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text itself, for the path of a request.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// One interaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interaction {
    /// Its id, which is also the key against repeated deliveries.
    pub id: String,
    /// What was done.
    pub kind: Kind,
    /// By whom.
    pub user: User,
    /// The server; none in a private conversation.
    pub guild: Option<u64>,
    /// The channel.
    pub channel: Option<u64>,
    /// The language of the user's client.
    pub locale: String,
    /// The server's preferred language; empty where there is none.
    pub guild_locale: String,
    /// Whether the message with the button is one that only its user sees. On any other, a private answer must not
    /// be drawn.
    pub on_private: bool,
    /// Age of the user's account in ms, where it is known.
    pub account_age_ms: Option<i64>,
    /// Where the answer goes; dies after 15 minutes.
    pub token: Token,
    /// Through which transport: `discord`, `terminal`.
    pub transport: &'static str,
}

impl Interaction {
    /// The language to answer in.
    #[must_use]
    pub fn lang(&self) -> Lang {
        Lang::chosen(&self.locale, &self.guild_locale)
    }
}

/// Why a payload is no interaction. Names the field, so that a log line is enough to find the cause.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Not JSON at all.
    #[error("the payload is not JSON: {0}")]
    Json(String),
    /// A field that must be there is not.
    #[error("the payload has no {0}")]
    Missing(&'static str),
    /// A field holds something else than it should.
    #[error("{field} is not {rule}")]
    Wrong {
        /// Which field.
        field: &'static str,
        /// What it should be.
        rule: &'static str,
    },
    /// A type that we do not know.
    #[error("interaction type {0} is unknown")]
    Type(u64),
}

type Read<T> = Result<T, Malformed>;

/// Reads an interaction from the JSON that Discord sends, by gateway or by HTTP.
///
/// # Errors
/// The first field that is missing or wrong.
pub fn read(payload: &[u8]) -> Read<Interaction> {
    let value: Value = serde_json::from_slice(payload).map_err(|e| Malformed::Json(e.to_string()))?;
    from_json(&value)
}

/// Reads an interaction from parsed JSON.
///
/// # Errors
/// The first field that is missing or wrong.
pub fn from_json(value: &Value) -> Read<Interaction> {
    let id = snowflake(value, "id")?.ok_or(Malformed::Missing("id"))?;
    let number = value["type"].as_u64().ok_or(Malformed::Missing("type"))?;
    let kind = match number {
        1 => Kind::Ping,
        2 | 4 => command(&value["data"], number == 4)?,
        3 => component(&value["data"])?,
        5 => modal(&value["data"])?,
        other => return Err(Malformed::Type(other)),
    };
    let (user, user_id) = user(value)?;
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Ok(Interaction {
        id: id.to_string(),
        kind,
        user,
        guild: snowflake(value, "guild_id")?,
        channel: snowflake(value, "channel_id")?,
        locale: text("locale"),
        guild_locale: text("guild_locale"),
        on_private: value["message"]["flags"].as_u64().is_some_and(|flags| flags & EPHEMERAL != 0),
        // The interaction's own id says when it happened: no clock is needed.
        account_age_ms: Some((snowflake_ms(id) - snowflake_ms(user_id)).max(0)),
        token: Token::new(value["token"].as_str().unwrap_or_default()),
        transport: "discord",
    })
}

/// An id: a text of digits. Absent and null are none.
fn snowflake(object: &Value, field: &'static str) -> Read<Option<u64>> {
    match &object[field] {
        Value::Null => Ok(None),
        Value::String(text) => {
            text.parse().map(Some).map_err(|_| Malformed::Wrong { field, rule: "a text of digits" })
        }
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(Malformed::Wrong { field, rule: "a text of digits" })
        }
    }
}

fn user(value: &Value) -> Read<(User, u64)> {
    let member = &value["member"];
    let user = if member.is_object() { &member["user"] } else { &value["user"] };
    if !user.is_object() {
        return Err(Malformed::Missing("member.user or user"));
    }
    let id = snowflake(user, "id")?.ok_or(Malformed::Missing("user.id"))?;
    let username = user["username"].as_str().ok_or(Malformed::Missing("user.username"))?;
    let shown = member["nick"].as_str().or_else(|| user["global_name"].as_str()).unwrap_or(username);
    let permissions = snowflake(member, "permissions")?.unwrap_or(0);
    let roles = member["roles"].as_array().map(Vec::as_slice).unwrap_or_default();
    let roles = roles.iter().filter_map(|role| role.as_str()?.parse().ok()).collect();
    Ok((User { key: UserKey::Discord(id), name: shown.to_owned(), permissions, roles }, id))
}

fn command(data: &Value, typing: bool) -> Read<Kind> {
    let name = data["name"].as_str().ok_or(Malformed::Missing("data.name"))?;
    let mut path = name.to_owned();
    let mut list = &data["options"];
    // At most group and subcommand stand between the command and its options.
    for _ in 0..2 {
        let nested = list.as_array().and_then(|all| all.first());
        let Some(nested) = nested.filter(|one| matches!(one["type"].as_u64(), Some(1 | 2))) else { break };
        let word = nested["name"].as_str().ok_or(Malformed::Missing("data.options.name"))?;
        path.push(' ');
        path.push_str(word);
        list = &nested["options"];
    }
    let mut options = Vec::new();
    let mut focused = None;
    for entry in list.as_array().map(Vec::as_slice).unwrap_or_default() {
        let name = entry["name"].as_str().ok_or(Malformed::Missing("data.options.name"))?;
        if typing && entry["focused"].as_bool() == Some(true) {
            let typed = entry["value"].as_str().map_or_else(|| entry["value"].to_string(), str::to_owned);
            focused = Some((name.to_owned(), typed));
            continue;
        }
        options.push((name.to_owned(), option(entry)?));
    }
    if typing {
        let focused = focused.ok_or(Malformed::Missing("data.options.focused"))?;
        return Ok(Kind::Autocomplete { path, options, focused });
    }
    Ok(Kind::Command { path, options })
}

/// An option by Discord's type numbers. What does not fit its number is kept as it stands, for the shape check to name.
fn option(entry: &Value) -> Read<RawValue> {
    let value = &entry["value"];
    let number = entry["type"].as_u64().ok_or(Malformed::Missing("data.options.type"))?;
    let wrong = |rule: &'static str| Malformed::Wrong { field: "data.options.value", rule };
    match number {
        3 => value.as_str().map(|text| RawValue::Text(text.to_owned())).ok_or(wrong("a text")),
        4 => value.as_i64().map(RawValue::Int).ok_or(wrong("a whole number")),
        5 => value.as_bool().map(RawValue::Bool).ok_or(wrong("true or false")),
        6 | 7 => {
            let id = value.as_str().and_then(|text| text.parse().ok()).ok_or(wrong("a text of digits"))?;
            Ok(if number == 6 { RawValue::User(UserKey::Discord(id)) } else { RawValue::Channel(id) })
        }
        _ => Err(Malformed::Wrong { field: "data.options.type", rule: "a type that we register" }),
    }
}

fn custom_id(data: &Value) -> Read<String> {
    data["custom_id"].as_str().map(str::to_owned).ok_or(Malformed::Missing("data.custom_id"))
}

fn component(data: &Value) -> Read<Kind> {
    let custom_id = custom_id(data)?;
    match data["component_type"].as_u64() {
        None => Err(Malformed::Missing("data.component_type")),
        Some(2) => Ok(Kind::Button { custom_id }),
        Some(_) => {
            let values = data["values"].as_array().ok_or(Malformed::Missing("data.values"))?;
            let values = values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
            Ok(Kind::Select { custom_id, values })
        }
    }
}

/// Fields of a form, in rows (`components`) or in labels (`component`).
fn modal(data: &Value) -> Read<Kind> {
    let custom_id = custom_id(data)?;
    let rows = data["components"].as_array().ok_or(Malformed::Missing("data.components"))?;
    let mut fields = Vec::new();
    for row in rows {
        let inner = row["components"].as_array().map(Vec::as_slice).unwrap_or_default();
        for field in inner.iter().chain(row.get("component")) {
            if let (Some(name), Some(text)) = (field["custom_id"].as_str(), field["value"].as_str()) {
                fields.push((name.to_owned(), text.to_owned()));
            }
        }
    }
    Ok(Kind::Modal { custom_id, fields })
}
