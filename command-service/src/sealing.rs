//! Texts in people's own words: sealed on their way to the record, opened on their way to people.
//!
//! Where a command's tree says that an option is prose, its value is replaced by a token that only the vault opens, with a
//! tag that is equal for equal texts. The token names its player and field, so whatever copies it can be opened again.
//! Once the player is erased nobody can: then people read [`ERASED`].
//!
//! Texts of operators are not sealed: they stand in host events for everybody to read, and an operator has no key.

use games_core::tree::{NameShape, OptionKind};
use schemas::{CommandId, PlayerId, Rejection, WorldId};
use serde_json::Value;
use vault::Vault;

/// What a sealed text begins with on the record: `sealed:<player>:<field>:<token>:<tag>`.
const MARK: &str = "sealed:";
/// What people read in the place of a text whose player is erased.
pub const ERASED: &str = "(erased)";
/// Most characters of a reason given to the host.
const REASON_MAX: u16 = 200;

/// What a text in a person's own words may look like.
#[derive(Clone, Copy)]
enum Shape {
    /// Anything of at most so many characters.
    Prose(u16),
    /// A name.
    Name(NameShape),
}

impl Shape {
    fn check(self, option: &'static str, text: &str) -> Result<(), Rejection> {
        match self {
            Self::Prose(max) if text.chars().count() > usize::from(max) => {
                let rule = format!("at most {max} characters");
                Err(Rejection::new("INVALID_OPTION").with("option", option).with("rule", rule))
            }
            Self::Name(shape) if !shape.fits(text) => {
                Err(Rejection::new("INVALID_NAME").with("rule", shape.rule()))
            }
            Self::Prose(_) | Self::Name(_) => Ok(()),
        }
    }
}

/// The texts of a command type that people write: option and shape. Commands of the host have no tree.
fn prose(kind: &str) -> Vec<(&'static str, Shape)> {
    if matches!(kind, "WorldPause" | "WorldResume" | "WorldClose") {
        return vec![("reason", Shape::Prose(REASON_MAX))];
    }
    let commands = games_registry::games().into_iter().filter_map(|game| game.tree().find_kind(kind));
    let options = commands.flat_map(|command| command.options);
    options
        .filter_map(|option| match option.kind {
            OptionKind::Prose { max } => Some((option.name, Shape::Prose(max))),
            OptionKind::Name(shape) => Some((option.name, Shape::Name(shape))),
            OptionKind::Int { .. }
            | OptionKind::Text { .. }
            | OptionKind::Choice(_)
            | OptionKind::Bool
            | OptionKind::User
            | OptionKind::Channel => None,
        })
        .collect()
}

/// Replaces the prose among a player's options by sealed tokens. Empty texts stay.
///
/// # Errors
/// `INVALID_OPTION` for a text that is too long; `INVALID_NAME` for a name of another shape; `INTERNAL_ERROR` when the vault can not seal.
pub async fn seal(
    vault: &Vault,
    player: PlayerId,
    world: &WorldId,
    command: &CommandId,
    kind: &str,
    options: &mut Value,
) -> Result<(), Rejection> {
    for (name, shape) in prose(kind) {
        let Some(Value::String(text)) = options.get_mut(name) else { continue };
        if text.is_empty() {
            continue;
        }
        shape.check(name, text)?;
        let field = format!("{kind}.{name}");
        let sealed = vault.seal_for(player, world, &field, command, text).await.map_err(|error| {
            tracing::error!(%error, "a text can not be sealed");
            Rejection::new("INTERNAL_ERROR")
        })?;
        *text = format!("{MARK}{player}:{field}:{}:{}", sealed.token, sealed.tag);
    }
    Ok(())
}

/// A token within a text.
struct Token<'a> {
    player: PlayerId,
    field: &'a str,
    token: &'a str,
    tag: &'a str,
    /// How many bytes of the text it is.
    len: usize,
}

/// The token with which a text begins.
fn token(text: &str) -> Option<Token<'_>> {
    let (player, rest) = text.strip_prefix(MARK)?.split_once(':')?;
    let (field, rest) = rest.split_once(':')?;
    let (token, rest) = rest.split_once(':')?;
    let is_hex = |c: char| c.is_ascii_hexdigit();
    let tag = rest.split(|c| !is_hex(c)).next()?;
    let named = field.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c));
    if !named || token.is_empty() || !token.chars().all(is_hex) {
        return None;
    }
    let len = text.len() - rest.len() + tag.len();
    Some(Token { player: player.parse().ok()?, field, token, tag, len })
}

/// The text with what is behind every token in it; the text itself where there is none. What was opened is never looked
/// into again: a person may write what looks like a token.
pub async fn open_text(vault: &Vault, world: &WorldId, text: &str) -> String {
    open_as(vault, world, text, str::to_owned).await
}

/// The same for a text that is more than what is sealed in it: what was opened is shown in it as `shown` gives it back.
pub async fn open_as(vault: &Vault, world: &WorldId, text: &str, shown: fn(&str) -> String) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(MARK) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let Some(found) = token(from) else {
            out.push_str(MARK);
            rest = &from[MARK.len()..];
            continue;
        };
        match vault.unseal(found.player, world, found.field, found.token).await {
            Ok(opened) => out.push_str(&opened.map_or_else(|| ERASED.to_owned(), |text| shown(&text))),
            Err(error) => {
                tracing::error!(%error, %world, "a sealed text does not open");
                out.push_str(ERASED);
            }
        }
        rest = &from[found.len..];
    }
    out.push_str(rest);
    out
}

/// Whether a text holds a token.
#[must_use]
pub fn is_sealed(text: &str) -> bool {
    text.match_indices(MARK).any(|(at, _)| token(&text[at..]).is_some())
}

/// The tag of a sealed text, to be compared with that of another.
#[must_use]
pub fn tag_of(text: &str) -> Option<&str> {
    token(text).map(|token| token.tag)
}

/// Opens every token within a document.
pub async fn open(vault: &Vault, world: &WorldId, value: &mut Value) {
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) if text.contains(MARK) => *text = open_text(vault, world, text).await,
            Value::Array(all) => waiting.extend(all),
            Value::Object(fields) => waiting.extend(fields.values_mut()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// Opens the tokens among a refusal's figures.
pub async fn open_rejection(vault: &Vault, world: &WorldId, rejection: &mut Rejection) {
    for text in rejection.context.values_mut() {
        if text.contains(MARK) {
            *text = open_text(vault, world, text).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use schemas::WallTime;
    use serde_json::json;
    use vault::{EraseReason, Identity, ServerKeys};

    use super::*;

    async fn vault(dir: &tempfile::TempDir) -> (Vault, PlayerId) {
        let keys = ServerKeys::ephemeral().unwrap();
        let vault = Vault::open(dir.path().join("vault.db"), &keys).await.unwrap();
        let admin = vault.player(&Identity::Terminal("gm".to_owned()), WallTime::from_ms(0)).await.unwrap();
        (vault, admin)
    }

    #[tokio::test]
    async fn prose_is_sealed_the_same_way_twice_opened_everywhere_and_gone_with_its_player() {
        let dir = tempfile::tempdir().unwrap();
        let (vault, admin) = vault(&dir).await;
        let world = WorldId::new("w1").unwrap();
        let [first, second] = ["t:gm:1", "t:gm:2"].map(|id| CommandId::new(id).unwrap());
        let given = json!({ "player": admin, "reason": "Because of Tuesday" });
        let mut sealed = Vec::new();
        for id in [&first, &first, &second] {
            let mut options = given.clone();
            seal(&vault, admin, &world, id, "AdminSuspend", &mut options).await.unwrap();
            assert!(!options.to_string().contains("Tuesday") && options["player"] == given["player"]);
            sealed.push(options);
        }
        assert_eq!(sealed[0], sealed[1], "a command sent twice is the same command");
        assert_ne!(sealed[0], sealed[2]);
        let tag =
            |options: &Value| options["reason"].as_str().unwrap().rsplit(':').next().unwrap().to_owned();
        assert_eq!(tag(&sealed[0]), tag(&sealed[2]), "equal texts have equal tags");

        // A token is opened wherever it was copied to, but not in another world.
        let mut event = json!({ "pn": 1, "notes": [sealed[0]["reason"], 7] });
        open(&vault, &world, &mut event).await;
        assert_eq!(event, json!({ "pn": 1, "notes": ["Because of Tuesday", 7] }));
        // Within a sentence, too; and what only looks like a token stays.
        let told = format!("Paused: {}. Or sealed:x, sealed:.", sealed[0]["reason"].as_str().unwrap());
        assert_eq!(
            open_text(&vault, &world, &told).await,
            "Paused: Because of Tuesday. Or sealed:x, sealed:."
        );
        let elsewhere = WorldId::new("w2").unwrap();
        let token = sealed[0]["reason"].as_str().unwrap();
        assert_eq!(open_text(&vault, &elsewhere, token).await, ERASED);
        let mut refusal = Rejection::new("SUSPENDED").with("reason", token);
        open_rejection(&vault, &world, &mut refusal).await;
        assert_eq!(refusal.context["reason"], "Because of Tuesday");

        vault.erase(admin, EraseReason::Requested, WallTime::from_ms(1)).await.unwrap();
        assert_eq!(open_text(&vault, &world, token).await, ERASED);
    }

    #[tokio::test]
    async fn only_prose_is_sealed_and_what_is_too_long_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let (vault, admin) = vault(&dir).await;
        let (world, id) = (WorldId::new("w1").unwrap(), CommandId::new("t:gm:1").unwrap());
        for (kind, given) in [
            ("BuildStart", json!({ "building": "farm" })),
            ("AdminGrant", json!({ "item": "gold", "reason": "" })),
            ("WorldOpen", json!({ "reason": "x" })),
        ] {
            let mut options = given.clone();
            seal(&vault, admin, &world, &id, kind, &mut options).await.unwrap();
            assert_eq!(options, given, "{kind}");
        }
        for kind in ["AdminGrant", "AdminReinstate", "WorldPause", "WorldResume", "WorldClose"] {
            let mut options = json!({ "reason": "x".repeat(201) });
            let refused = seal(&vault, admin, &world, &id, kind, &mut options).await.unwrap_err();
            assert_eq!(
                (refused.code.as_ref(), refused.context["option"].as_str()),
                ("INVALID_OPTION", "reason")
            );
        }
        // A name has a shape, and is sealed as prose is: two that differ in case only have one tag.
        let guild = |name: &str| json!({ "name": name, "tag": "REEL" });
        let id = CommandId::new("t:gm:7").unwrap();
        for name in ["ab", "Reel; drop", "x".repeat(25).as_str()] {
            let mut options = guild(name);
            let refused = seal(&vault, admin, &world, &id, "GuildCreate", &mut options).await.unwrap_err();
            let rule = "3 to 24 letters, digits, spaces, hyphens, apostrophes";
            assert_eq!((refused.code.as_ref(), refused.context["rule"].as_str()), ("INVALID_NAME", rule));
        }
        let mut tags = Vec::new();
        for name in ["Jean-Luc's Crew 7", "JEAN-LUC'S CREW 7"] {
            let mut options = guild(name);
            seal(&vault, admin, &world, &id, "GuildCreate", &mut options).await.unwrap();
            tags.push(options["name"].as_str().unwrap().rsplit(':').next().unwrap().to_owned());
        }
        assert_eq!(tags[0], tags[1]);
        // A text that looks like a token is sealed as any other, and opens to what was written.
        let forged = format!("{MARK}{admin}:AdminGrant.reason:00:00");
        let mut options = json!({ "reason": forged });
        seal(&vault, admin, &world, &id, "AdminGrant", &mut options).await.unwrap();
        open(&vault, &world, &mut options).await;
        assert_eq!(options["reason"], forged.as_str());
    }
}
