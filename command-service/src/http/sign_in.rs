//! Signing in to the dashboard with a Discord account: OAuth2's code grant with PKCE, then tokens of the server's own.
//!
//! The page makes a verifier and keeps it; its challenge is signed into the state. A code that somebody else got can not
//! be slipped into a page, for the page has not begun that sign-in; and a state that was begun elsewhere ends there alone.

use std::sync::Mutex;
use std::sync::PoisonError;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use schemas::{PlayerId, Rejection, ServerId, WallTime, WorldId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use vault::{Identity, NewSession, Rotation};

use super::signed::{ACCESS_MS, Begun, Claims, STATE_MS, challenge_of, check, is_verifier, sign};
use super::worlds::{Body, refuse};
use super::{HttpState, Problem};

/// How long a refresh token is good, in ms.
const REFRESH_MS: i64 = 30 * 86_400_000;
/// Most sign-ins that are brought to Discord in a minute: it shuts out who comes too often with what it refuses.
const SIGN_INS_PER_MINUTE: u32 = 120;

/// Why an account was not proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotProven {
    /// The code is no good.
    Code,
    /// Discord can not be asked, or refuses the application: operators are told why.
    Away(String),
}

/// What proves accounts, and knows where seasons run.
pub trait Accounts: Send + Sync {
    /// Where a person agrees to be known, with this state and challenge; none where that is not set up.
    fn authorize_url(&self, state: &str, challenge: &str) -> Option<String>;

    /// The account for which a code was given.
    fn account<'a>(&'a self, code: &'a str, verifier: &'a str) -> BoxFuture<'a, Result<u64, NotProven>>;

    /// The season of a server: the one that runs there, or the last one. None where there has been none.
    fn season<'a>(&'a self, server: &'a ServerId) -> BoxFuture<'a, Result<Option<WorldId>, String>>;

    /// The server of a season; none where there is no such season.
    fn server<'a>(&'a self, world: &'a WorldId) -> BoxFuture<'a, Result<Option<ServerId>, String>>;
}

/// How many sign-ins there were in the minute that runs.
#[derive(Debug, Default)]
pub struct Turnstile(Mutex<(i64, u32)>);

impl Turnstile {
    /// Lets one through, or says how many seconds to wait.
    fn pass(&self, now: WallTime) -> Result<(), i64> {
        let mut turn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now.ms().div_euclid(60_000);
        if turn.0 != minute {
            *turn = (minute, 0);
        }
        if turn.1 >= SIGN_INS_PER_MINUTE {
            return Err(60 - now.ms().rem_euclid(60_000) / 1000);
        }
        turn.1 += 1;
        Ok(())
    }
}

/// Where to begin.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginQuery {
    /// The base64url digest (SHA-256) of a verifier that the page keeps to itself: 43 characters.
    challenge: String,
}

/// Where to send the person.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({ "url": "https://discord.com/oauth2/authorize?…", "state": "eyJhbGciOi…", "expires_in": 600 }))]
pub(crate) struct BegunView {
    /// Discord's page.
    url: String,
    /// Comes back with the code; to be shown with it.
    state: String,
    /// Seconds.
    expires_in: i64,
}

/// What came back from Discord.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "code": "NhhvTDYsFcdgNLnnLijcl7Ku7bEEeee", "state": "eyJhbGciOi…",
    "verifier": "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "server": "900000000000000100" }))]
pub(crate) struct SignInBody {
    /// Discord's code.
    code: String,
    /// The state with which the sign-in was begun.
    state: String,
    /// What the challenge was made of.
    verifier: String,
    /// The Discord server on which the person plays: the same account on two servers is two players.
    server: String,
}

/// A refresh token.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "refresh_token": "anr_0123456789abcdef_…" }))]
pub(crate) struct RefreshBody {
    /// The newest one of the session.
    refresh_token: String,
}

/// A session.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({ "access_token": "eyJhbGciOi…", "token_type": "Bearer", "expires_in": 900,
    "refresh_token": "anr_0123456789abcdef_…", "refresh_expires_in": 2_592_000, "player": "p-0000000000007",
    "server": "900000000000000100" }))]
pub(crate) struct SessionView {
    /// Good for 15 minutes, in the header `Authorization: Bearer …`.
    access_token: String,
    /// `Bearer`.
    token_type: String,
    /// Seconds.
    expires_in: i64,
    /// Good once, for the next of both.
    refresh_token: String,
    /// Seconds.
    refresh_expires_in: i64,
    /// The player's random id.
    player: String,
    /// The server on which they play.
    server: String,
}

fn no_store(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn vault_trouble(error: &vault::VaultError) -> Response {
    tracing::error!(%error, "a session can not be kept");
    refuse(&Rejection::new("STORE_UNAVAILABLE"))
}

fn session(state: &HttpState, new: &NewSession, now: WallTime) -> Response {
    let iat = now.ms() / 1000;
    let claims = Claims {
        sub: new.player,
        srv: new.server.clone(),
        sid: new.family.clone(),
        iat,
        exp: iat + ACCESS_MS / 1000,
    };
    let view = SessionView {
        access_token: sign(&state.keys.sessions(), &claims),
        token_type: "Bearer".to_owned(),
        expires_in: ACCESS_MS / 1000,
        refresh_token: new.text.clone(),
        refresh_expires_in: new.expires_ms.since(now) / 1000,
        player: new.player.to_string(),
        server: new.server.to_string(),
    };
    no_store(Json(view).into_response())
}

/// Begin to sign in.
///
/// The page makes a random verifier of 43 characters or more, keeps it, and sends its digest. It sends the person to `url`,
/// and gets the code and the state back at the address that is registered with Discord.
#[utoipa::path(get, path = "/api/auth/discord", tag = "sign-in", params(BeginQuery),
    responses((status = 200, description = "Where to send the person", body = BegunView),
        (status = 400, description = "The challenge is none", body = Problem),
        (status = 503, description = "Signing in is not set up", body = Problem)))]
pub(crate) async fn begin(
    State(state): State<HttpState>,
    query: Result<Query<BeginQuery>, QueryRejection>,
) -> Response {
    let challenge = query.ok().map(|Query(query)| query.challenge).filter(|text| is_verifier(text));
    let Some(challenge) = challenge else {
        let rule = "the base64url digest of a verifier, 43 characters";
        return refuse(&Rejection::new("INVALID_OPTION").with("option", "challenge").with("rule", rule));
    };
    let exp = (state.service.clock().now().ms() + STATE_MS) / 1000;
    let text = sign(&state.keys.sessions(), &Begun { challenge: challenge.clone(), exp });
    match state.accounts.authorize_url(&text, &challenge) {
        Some(url) => {
            no_store(Json(BegunView { url, state: text, expires_in: STATE_MS / 1000 }).into_response())
        }
        None => refuse(&Rejection::new("SIGN_IN_NOT_SET")),
    }
}

/// Sign in with a code from Discord.
///
/// Nobody becomes a player by this: the account must have played on that server before.
#[utoipa::path(post, path = "/api/auth/discord", tag = "sign-in", request_body = SignInBody,
    responses((status = 200, description = "A session", body = SessionView),
        (status = 400, description = "The body or the state is no good", body = Problem),
        (status = 401, description = "Discord refuses the code: wrong, used or expired", body = Problem),
        (status = 403, description = "The account has not played on this server", body = Problem),
        (status = 429, description = "Too many sign-ins; the seconds to wait are told", body = Problem),
        (status = 503, description = "Discord can not be asked, or signing in is not set up", body = Problem)))]
pub(crate) async fn sign_in(State(state): State<HttpState>, Body(body): Body<SignInBody>) -> Response {
    let now = state.service.clock().now();
    let begun: Option<Begun> = check(&state.keys.sessions(), &body.state, now);
    let ours =
        begun.is_some_and(|b| is_verifier(&body.verifier) && b.challenge == challenge_of(&body.verifier));
    if !ours {
        return refuse(&Rejection::new("BAD_STATE"));
    }
    let guild = match (ServerId::new(&body.server), body.server.parse::<u64>()) {
        (Ok(server), Ok(guild)) => (server, guild),
        (Ok(_) | Err(_), _) => {
            let rule = "the id of a Discord server";
            return refuse(&Rejection::new("INVALID_OPTION").with("option", "server").with("rule", rule));
        }
    };
    if let Err(seconds) = state.turnstile.pass(now) {
        return refuse(&Rejection::new("RATE_LIMITED").with("command", "sign in").with("seconds", seconds));
    }
    let user = match state.accounts.account(&body.code, &body.verifier).await {
        Ok(user) => user,
        Err(NotProven::Code) => return refuse(&Rejection::new("SIGN_IN_REFUSED")),
        Err(NotProven::Away(problem)) => {
            tracing::warn!(%problem, "a sign-in can not be proven");
            return refuse(&Rejection::new("SIGN_IN_AWAY"));
        }
    };
    let (server, guild) = guild;
    match state.vault.find(&Identity::Discord { server: guild, user }).await {
        Ok(Some(player)) => started(&state, player, &server, now).await,
        Ok(None) => refuse(&Rejection::new("NOT_A_PLAYER_HERE")),
        Err(error) => vault_trouble(&error),
    }
}

async fn started(state: &HttpState, player: PlayerId, server: &ServerId, now: WallTime) -> Response {
    match state.vault.begin_session(player, server, now, now.plus_ms(REFRESH_MS)).await {
        Ok(new) => session(state, &new, now),
        Err(error) => vault_trouble(&error),
    }
}

/// The next tokens of a session.
///
/// Each refresh token is good once. One that is shown again has been copied by somebody: the session ends for all who have
/// a part of it.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "sign-in", request_body = RefreshBody,
    responses((status = 200, description = "The next tokens", body = SessionView),
        (status = 401, description = "The session has ended, or ends now because the token was used before", body = Problem),
        (status = 503, description = "It can not be looked at; ask again with the same token", body = Problem)))]
pub(crate) async fn refresh(State(state): State<HttpState>, Body(body): Body<RefreshBody>) -> Response {
    let now = state.service.clock().now();
    match state.vault.rotate_session(&body.refresh_token, now, now.plus_ms(REFRESH_MS)).await {
        Ok(Rotation::Next(new)) => session(&state, &new, now),
        Ok(Rotation::Reused) => {
            tracing::warn!("a refresh token was shown a second time: its session has ended");
            refuse(&Rejection::new("SESSION_REUSED"))
        }
        Ok(Rotation::Ended) | Err(vault::VaultError::UnknownPlayer) => {
            refuse(&Rejection::new("SESSION_ENDED"))
        }
        Err(error) => vault_trouble(&error),
    }
}

/// Sign out: the session ends. An access token that is still about expires within its 15 minutes.
#[utoipa::path(post, path = "/api/auth/sign-out", tag = "sign-in", request_body = RefreshBody,
    responses((status = 204, description = "It has ended, now or before"),
        (status = 503, description = "It can not be ended at present", body = Problem)))]
pub(crate) async fn sign_out(State(state): State<HttpState>, Body(body): Body<RefreshBody>) -> Response {
    match state.vault.end_session(&body.refresh_token, state.service.clock().now()).await {
        Ok(_) => no_store(StatusCode::NO_CONTENT.into_response()),
        Err(error) => vault_trouble(&error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_sign_ins_go_to_discord_in_a_minute() {
        let turnstile = Turnstile::default();
        let at = |ms: i64| WallTime::from_ms(1_772_409_600_000 + ms);
        for n in 0..SIGN_INS_PER_MINUTE {
            assert_eq!(turnstile.pass(at(i64::from(n))), Ok(()));
        }
        assert_eq!((turnstile.pass(at(200)), turnstile.pass(at(59_999))), (Err(60), Err(1)));
        assert_eq!(turnstile.pass(at(60_000)), Ok(()));
    }
}
