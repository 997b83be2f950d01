//! What people do in a server of the stand-in, as Discord tells an application of it: whole payloads, made from the field
//! tables of its documentation.

use serde_json::{Value, json};

use crate::state::Message;

/// A member of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user's id.
    pub id: u64,
    /// The user's name.
    pub name: String,
    /// Permission bits.
    pub permissions: u64,
}

impl Person {
    /// A member without rights. The id tells when the account was made: years ago.
    #[must_use]
    pub fn member(id: u64, name: &str) -> Self {
        Self { id, name: name.to_owned(), permissions: 1 << 31 }
    }

    /// A member who administers the server.
    #[must_use]
    pub fn admin(id: u64, name: &str) -> Self {
        Self { permissions: (1 << 31) | (1 << 3), ..Self::member(id, name) }
    }

    fn user(&self) -> Value {
        json!({
            "id": self.id.to_string(), "username": self.name, "discriminator": "0", "global_name": null,
            "avatar": null, "avatar_decoration_data": null, "bot": false, "public_flags": 0,
            "primary_guild": null, "collectibles": null,
        })
    }
}

/// Where something is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The server; none in a private conversation.
    pub guild: Option<u64>,
    /// The channel.
    pub channel: u64,
}

/// The application's own user.
pub(crate) fn bot(application: u64) -> Value {
    json!({
        "id": application.to_string(), "username": "annals", "discriminator": "0", "global_name": null,
        "avatar": null, "bot": true, "mfa_enabled": true, "verified": true, "flags": 0, "public_flags": 0,
    })
}

/// A message of the application, as Discord tells of it.
#[must_use]
pub fn message(application: u64, id: u64, message: &Message) -> Value {
    let body = &message.body;
    let list = |name: &str| if body[name].is_array() { body[name].clone() } else { json!([]) };
    let mut embeds = list("embeds");
    for embed in embeds.as_array_mut().into_iter().flatten() {
        embed["type"] = "rich".into();
    }
    let files = message.files.iter().enumerate().map(|(number, (name, bytes))| {
        let url = format!("https://cdn.discordapp.com/ephemeral-attachments/{id}/{number}/{name}");
        json!({
            "id": number.to_string(), "filename": name, "size": bytes.len(), "url": url, "proxy_url": url,
            "content_type": "image/png", "ephemeral": message.private,
        })
    });
    json!({
        "id": id.to_string(), "channel_id": message.channel.to_string(), "type": 0, "author": bot(application),
        "content": body["content"].as_str().unwrap_or_default(),
        "timestamp": "2026-01-01T00:00:00.000000+00:00",
        "edited_timestamp": if message.edits > 0 { json!("2026-01-01T00:00:01.000000+00:00") } else { Value::Null },
        "tts": false, "mention_everyone": false, "mentions": [], "mention_roles": [],
        "attachments": files.collect::<Vec<_>>(), "embeds": embeds, "components": list("components"),
        "pinned": false, "flags": if message.private { 64 } else { 0 }, "webhook_id": application.to_string(),
    })
}

/// The part of an interaction that is the same for all kinds.
#[must_use]
pub fn interaction(kind: u64, person: &Person, spot: Spot, data: &Value) -> Value {
    let mut value = json!({
        "type": kind, "version": 1, "data": data,
        "channel_id": spot.channel.to_string(),
        "channel": { "id": spot.channel.to_string(), "type": if spot.guild.is_some() { 0 } else { 1 } },
        "locale": "en-US", "entitlements": [], "app_permissions": "442368",
        "context": if spot.guild.is_some() { 0 } else { 1 },
        "attachment_size_limit": 10_485_760,
        "authorizing_integration_owners": {},
    });
    match spot.guild {
        Some(guild) => {
            value["guild_id"] = guild.to_string().into();
            value["guild"] = json!({ "id": guild.to_string(), "locale": "en-US", "features": [] });
            value["guild_locale"] = "en-US".into();
            value["authorizing_integration_owners"] = json!({ "0": guild.to_string() });
            value["member"] = json!({
                "user": person.user(), "nick": null, "avatar": null, "banner": null, "roles": [],
                "joined_at": "2026-01-01T00:00:00.000000+00:00", "premium_since": null, "deaf": false,
                "mute": false, "flags": 0, "pending": false, "permissions": person.permissions.to_string(),
                "communication_disabled_until": null, "unusual_dm_activity_until": null,
            });
        }
        None => value["user"] = person.user(),
    }
    value
}

/// The data of a slash command: the words after the slash, and options as name, type and value.
#[must_use]
pub fn command(path: &str, options: &[(&str, u64, Value)]) -> Value {
    let leaf =
        options.iter().map(|(name, kind, value)| json!({ "name": name, "type": kind, "value": value }));
    nested(path, leaf.collect())
}

/// The data of a command that is being typed: the option under the cursor and what stands there.
#[must_use]
pub fn typing(path: &str, option: &str, typed: &str) -> Value {
    nested(path, vec![json!({ "name": option, "type": 3, "value": typed, "focused": true })])
}

fn nested(path: &str, mut options: Vec<Value>) -> Value {
    let words: Vec<&str> = path.split(' ').collect();
    for (depth, word) in words.iter().enumerate().skip(1).rev() {
        // The innermost word is a subcommand, one above it a group.
        let kind = if depth + 1 == words.len() { 1 } else { 2 };
        options = vec![json!({ "name": word, "type": kind, "options": options })];
    }
    json!({ "id": "771825006014889984", "name": words.first(), "type": 1, "options": options })
}

/// The data of a press of a button.
#[must_use]
pub fn button(custom_id: &str) -> Value {
    json!({ "id": 2, "component_type": 2, "custom_id": custom_id })
}

/// The data of a form that is sent: texts by name.
#[must_use]
pub fn form(custom_id: &str, texts: &[(&str, &str)]) -> Value {
    let rows = texts.iter().map(
        |(name, text)| json!({ "type": 1, "components": [{ "type": 4, "custom_id": name, "value": text }] }),
    );
    json!({ "custom_id": custom_id, "components": rows.collect::<Vec<_>>(), "resolved": {} })
}
