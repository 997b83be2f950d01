//! A server's list of commands: what would change, changing it in one call, and what stands in the way.

use discord_adapter::registration;
use games_core::tree::CommandTree;
use schemas::Hash;
use serde_json::Value;

use crate::rest::{Code, Lists, Rest, RestError};
use crate::verify::PublicKey;

/// What the bot needs in a server, by Discord's names.
const NEEDED: [(u64, &str); 4] = [
    (1 << 10, "View Channel"),
    (1 << 11, "Send Messages"),
    (1 << 14, "Embed Links"),
    (1 << 15, "Attach Files"),
];

/// What the bot needs besides for a channel of its own, where it is to keep one.
const OWN_CHANNEL: [(u64, &str); 2] = [(1 << 4, "Manage Channels"), (1 << 51, "Pin Messages")];

/// Who has it has every other permission, too.
const ADMINISTRATOR: u64 = 1 << 3;

/// The bits of what the bot is invited with: View Channel, Send Messages, Embed Links, Attach Files; and for a channel of
/// its own Manage Channels and Pin Messages.
pub const PERMISSIONS: u64 =
    NEEDED[0].0 | NEEDED[1].0 | NEEDED[2].0 | NEEDED[3].0 | OWN_CHANNEL[0].0 | OWN_CHANNEL[1].0;

/// The address with which an administrator invites the application: the bot, its commands, and no more permissions than
/// it needs.
#[must_use]
pub fn invite(application: u64) -> String {
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions={PERMISSIONS}"
    )
}

/// How a command of the list differs from what the server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Not there yet.
    Added,
    /// There, and different.
    Changed,
    /// There, and not in the list.
    Removed,
    /// The same.
    Same,
}

impl Change {
    /// The change in a word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::Same => "same",
        }
    }
}

/// What a registration would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The digest of the list.
    pub digest: Hash,
    /// Every command of either list by name, in the list's order, removed ones last.
    pub commands: Vec<(String, Change)>,
}

impl Plan {
    /// Whether anything would change.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.commands.iter().any(|(_, change)| *change != Change::Same)
    }
}

/// How a registration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// The tree is the one that was registered last: nothing was sent.
    Unchanged,
    /// The list was overwritten.
    Done {
        /// The digest to keep for the next time.
        digest: Hash,
        /// How many commands Discord has now.
        commands: usize,
    },
}

/// Compares the tree with what the server has. Nothing is changed.
///
/// # Errors
/// [`RestError`].
pub async fn plan(rest: &Rest, guild: u64, tree: &CommandTree) -> Result<Plan, RestError> {
    let there = Lists { guild }.get(rest).await?;
    Ok(Plan { digest: registration::digest(tree), commands: compare(&registration::json(tree), &there) })
}

/// Overwrites the server's list with the tree's, unless the tree is the one whose digest the caller kept.
///
/// # Errors
/// [`RestError`].
pub async fn register(
    rest: &Rest,
    guild: u64,
    tree: &CommandTree,
    kept: Option<Hash>,
) -> Result<Registered, RestError> {
    let digest = registration::digest(tree);
    if kept == Some(digest) {
        return Ok(Registered::Unchanged);
    }
    let there = Lists { guild }.overwrite(rest, &registration::json(tree)).await?;
    Ok(Registered::Done { digest, commands: there.as_array().map_or(0, Vec::len) })
}

fn compare(ours: &Value, theirs: &Value) -> Vec<(String, Change)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (ours, theirs) = (list(ours), list(theirs));
    let name = |command: &Value| command["name"].as_str().unwrap_or_default().to_owned();
    let mut commands: Vec<(String, Change)> = ours
        .iter()
        .map(|own| {
            let there = theirs.iter().find(|there| there["name"] == own["name"]);
            let change = match there {
                None => Change::Added,
                Some(there) if says(own, there) => Change::Same,
                Some(_) => Change::Changed,
            };
            (name(own), change)
        })
        .collect();
    let gone = theirs.iter().filter(|there| !ours.iter().any(|own| own["name"] == there["name"]));
    commands.extend(gone.map(|there| (name(there), Change::Removed)));
    commands
}

/// Whether the other says the same as far as we said anything. Discord adds fields of its own and leaves out what is
/// not set.
fn says(own: &Value, there: &Value) -> bool {
    let unset = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(all) => all.is_empty(),
        Value::Bool(true) | Value::Number(_) | Value::String(_) | Value::Object(_) => false,
    };
    match (own, there) {
        (Value::Object(own), Value::Object(there)) => own.iter().all(|(name, value)| {
            let other = there.get(name).unwrap_or(&Value::Null);
            (unset(value) && unset(other)) || says(value, other)
        }),
        (Value::Array(own), Value::Array(there)) => {
            own.len() == there.len() && own.iter().zip(there).all(|(own, there)| says(own, there))
        }
        (own, there) => own == there,
    }
}

/// How a point of a check stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Well.
    Good,
    /// Works, but not as well as it could.
    Poor,
    /// Does not work.
    Bad,
}

/// One point of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How it stands.
    pub standing: Standing,
    /// Which point: `token`, `application`, `public key`, `endpoint`, `server`, `permissions`,
    /// `commands`.
    pub point: &'static str,
    /// What is wrong, as a stable code; none where all is well.
    pub code: Option<&'static str>,
    /// What was found and what to do about it.
    pub text: String,
}

fn good(point: &'static str, text: impl Into<String>) -> Finding {
    Finding { standing: Standing::Good, point, code: None, text: text.into() }
}

fn poor(point: &'static str, code: &'static str, text: impl Into<String>) -> Finding {
    Finding { standing: Standing::Poor, point, code: Some(code), text: text.into() }
}

fn bad(point: &'static str, code: &'static str, text: impl Into<String>) -> Finding {
    Finding { standing: Standing::Bad, point, code: Some(code), text: text.into() }
}

/// Looks whether the application is set up as the settings say: token, id, public key, endpoint, and each server with its
/// commands.
///
/// # Errors
/// [`RestError`], when Discord can not be asked at all; what it refuses is a finding.
pub async fn check(
    rest: &Rest,
    key: Option<PublicKey>,
    guilds: &[(u64, &CommandTree)],
) -> Result<Vec<Finding>, RestError> {
    let application = match rest.own_application().await {
        Ok(application) => application,
        Err(RestError::TokenRefused) => {
            return Ok(vec![bad("token", "DISCORD_TOKEN_REFUSED", RestError::TokenRefused.to_string())]);
        }
        Err(error) => return Err(error),
    };
    let mut found = vec![good("token", "Discord takes it")];
    found.push(own_id(rest, &application));
    if let Some(key) = key {
        found.push(own_key(key, &application));
    }
    found.push(match application["interactions_endpoint_url"].as_str() {
        Some(url) => good("endpoint", format!("interactions are sent to {url}")),
        None => poor(
            "endpoint",
            "DISCORD_NO_ENDPOINT",
            "no Interactions Endpoint URL is set: interactions go to a gateway, and nothing comes by HTTP",
        ),
    });
    for (guild, tree) in guilds {
        found.extend(server(rest, *guild, tree).await?);
    }
    Ok(found)
}

fn own_id(rest: &Rest, application: &Value) -> Finding {
    let id = application["id"].as_str().unwrap_or_default();
    if id == rest.application().to_string() {
        let name = application["name"].as_str().unwrap_or("unnamed");
        good("application", format!("{name} ({id})"))
    } else {
        let text = format!("the token belongs to application {id}, not to {}", rest.application());
        bad("application", "DISCORD_WRONG_APPLICATION", text)
    }
}

fn own_key(key: PublicKey, application: &Value) -> Finding {
    let theirs = application["verify_key"].as_str().unwrap_or_default();
    if theirs.eq_ignore_ascii_case(&key.to_string()) {
        good("public key", "the one that Discord signs with")
    } else {
        let text =
            format!("Discord signs with {theirs}, the settings say {key}: every request will be refused");
        bad("public key", "DISCORD_WRONG_KEY", text)
    }
}

/// Whether the bot may do in a server what it has to.
fn allowed(name: &str, bits: u64) -> Finding {
    let has = |bit: u64| bits & (bit | ADMINISTRATOR) != 0;
    let missing = |all: &[(u64, &'static str)]| {
        let missing = all.iter().filter(|(bit, _)| !has(*bit));
        missing.map(|(_, permission)| *permission).collect::<Vec<&str>>().join(", ")
    };
    let (needed, own) = (missing(&NEEDED), missing(&OWN_CHANNEL));
    if !needed.is_empty() {
        return bad("permissions", "DISCORD_MISSING_PERMISSIONS", format!("{name}: {needed} missing"));
    }
    if own.is_empty() {
        return good("permissions", format!("{name}: all that are needed"));
    }
    let text = format!("{name}: {own} missing, which the bot needs to keep a channel of its own");
    poor("permissions", "DISCORD_MISSING_PERMISSIONS", text)
}

async fn server(rest: &Rest, guild: u64, tree: &CommandTree) -> Result<Vec<Finding>, RestError> {
    let name = match rest.guild(guild).await {
        Ok(found) => found["name"].as_str().unwrap_or("unnamed").to_owned(),
        Err(error) if matches!(error.code(), Some(Code::MissingAccess | Code::Other(10_004))) => {
            let text = format!("not in server {guild}: {}", invite(rest.application()));
            return Ok(vec![bad("server", "DISCORD_NOT_IN_SERVER", text)]);
        }
        Err(error) => return Err(error),
    };
    let mut found = vec![good("server", format!("{name} ({guild})"))];
    found.extend(rest.permissions(guild).await?.map(|bits| allowed(&name, bits)));
    found.push(match plan(rest, guild, tree).await {
        Ok(plan) if plan.changes() => {
            let text = format!("{name}: the list is not the tree's: annals discord register");
            poor("commands", "DISCORD_COMMANDS_DIFFER", text)
        }
        Ok(plan) => good("commands", format!("{name}: {} as in the tree", plan.commands.len())),
        Err(error) if error.code() == Some(Code::MissingAccess) => {
            let text = format!("{name}: invited without its commands: {}", invite(rest.application()));
            bad("commands", "DISCORD_NOT_IN_SERVER", text)
        }
        Err(error) => return Err(error),
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_discord_adds_or_leaves_out_is_no_change() {
        let ours = json!([
            { "name": "a", "type": 1, "options": [], "default_member_permissions": null },
            { "name": "b", "options": [{ "name": "x", "required": false, "min_value": 1 }] },
            { "name": "c" },
        ]);
        let theirs = json!([
            { "name": "b", "id": "7", "options": [{ "name": "x", "min_value": 2 }] },
            { "name": "a", "id": "8", "version": "9", "type": 1 },
            { "name": "d" },
        ]);
        let words: Vec<_> =
            compare(&ours, &theirs).into_iter().map(|(n, c)| format!("{n} {}", c.word())).collect();
        assert_eq!(words, ["a same", "b changed", "c added", "d removed"]);
    }

    #[test]
    fn an_invitation_asks_for_no_more_than_is_needed() {
        assert_eq!(
            invite(7),
            "https://discord.com/oauth2/authorize?client_id=7&scope=bot+applications.commands&permissions=2251799813737488"
        );
    }
}
