//! Making a new world: its secret, the seal on it, the rules that it opens with. Every face opens seasons through [`open`].

use kernel::{Answer, Request};
use schemas::host::{WorldOpen, WorldOpened};
use schemas::{Actor, CommandId, Facts, GameTime, Hash, Rejection, ServerId, WallTime, WorldId};
use vault::ServerKeys;

use crate::service::{Service, ServiceError};

/// What a new world is to be.
#[derive(Debug, Clone)]
pub struct Opening<'a> {
    /// Its name.
    pub world: &'a WorldId,
    /// The server on which it runs: one season at a time.
    pub server: &'a ServerId,
    /// The game's name.
    pub game: &'a str,
    /// Settings, JSON; null for the default of each.
    pub config: serde_json::Value,
    /// Rules file, TOML; the game's own when none is given.
    pub rules: Option<String>,
    /// Season secret; 32 random bytes when none is given, as it should be outside of tests and demonstrations.
    pub secret: Option<[u8; 32]>,
    /// The game time at which it opens; the wall time when none is given.
    pub game_time: Option<GameTime>,
    /// The wall time.
    pub now: WallTime,
}

/// Who opens it, and through which channel.
#[derive(Debug, Clone)]
pub struct Opener {
    /// The command's id.
    pub id: CommandId,
    /// Who asks.
    pub actor: Actor,
    /// Through which channel.
    pub channel: String,
    /// Outside facts: whether the actor administers.
    pub facts: Facts,
}

/// Opens a season: one per server at a time. The answer comes when it is durable.
///
/// A refusal is `SEASON_RUNS` with the world that runs on the server, one of [`prepare`]'s, or one of the world's own.
///
/// # Errors
/// When the service is shut down.
pub async fn open(
    service: &Service,
    keys: &ServerKeys,
    opening: &Opening<'_>,
    opener: Opener,
) -> Result<Answer, ServiceError> {
    let refused =
        |problem: String| Answer::Refused(Rejection::new("INTERNAL_ERROR").with("problem", problem));
    if opening.world.is_reserved() {
        let rule = "a name that does not begin with host: or server:";
        return Ok(Answer::Refused(
            Rejection::new("INVALID_OPTION").with("option", "world").with("rule", rule),
        ));
    }
    let command = match prepare(opening, keys) {
        Ok(command) => command,
        Err(rejection) => return Ok(Answer::Refused(rejection)),
    };
    let payload = match serde_json::to_vec(&command) {
        Ok(payload) => payload,
        Err(problem) => return Ok(refused(problem.to_string())),
    };
    let request = Request {
        ticket: 0,
        world: opening.world.clone(),
        id: opener.id,
        actor: opener.actor,
        channel: opener.channel,
        kind: "WorldOpen".to_owned(),
        payload,
        facts: opener.facts,
    };
    match service.command(request).await? {
        // Each opening seals another secret, so that a repeated one never equals what is on the record.
        Answer::Refused(rejection) if rejection.code == "ID_REUSED" => {
            Ok(Answer::Refused(Rejection::new("WORLD_EXISTS").with("state", "open")))
        }
        answer @ (Answer::Done(_) | Answer::View(..) | Answer::Refused(_)) => Ok(answer),
    }
}

/// The command that opens the world.
///
/// # Errors
/// `UNKNOWN_GAME`, `BAD_RULES`, `INVALID_OPTION`, or `KEYS` when the server's keys do not serve.
pub fn prepare(opening: &Opening<'_>, keys: &ServerKeys) -> Result<WorldOpen, Rejection> {
    let game = games_registry::find(opening.game).ok_or_else(|| {
        let known: Vec<&str> = games_registry::games().iter().map(|game| game.name()).collect();
        Rejection::new("UNKNOWN_GAME").with("game", opening.game).with("known", known.join(", "))
    })?;
    let rules = opening.rules.clone().unwrap_or_else(|| game.default_rules().to_owned());
    let config = game.check_opening(&rules, &opening.config)?;
    let keys_fail = |problem: String| Rejection::new("KEYS").with("problem", problem);
    let secret = match opening.secret {
        Some(secret) => secret,
        None => {
            let mut bytes = [0_u8; 32];
            getrandom::fill(&mut bytes).map_err(|e| keys_fail(e.to_string()))?;
            bytes
        }
    };
    let sealed_secret = keys.seal_secret(opening.world, &secret).map_err(|e| keys_fail(e.to_string()))?;
    let game_ms = opening.game_time.map_or(opening.now.ms(), GameTime::ms);
    Ok(WorldOpen {
        opened: WorldOpened {
            game: game.name().to_owned(),
            config,
            rules_digest: Hash::of(rules.as_bytes()).to_string(),
            rules,
            secret_commitment: Hash(games_core::Secret::new(secret).commitment()).to_string(),
            sealed_secret,
            server_key: hex::encode(keys.public().to_bytes()),
            offset_ms: opening.now.ms() - game_ms,
            server: opening.server.clone(),
        },
    })
}
