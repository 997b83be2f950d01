//! Tokens: who acts, from the header and from nowhere else.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use schemas::{Actor, Facts, Rejection, ServerId, WallTime, WorldId};
use utoipa::Modify;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use vault::{Access, Scope};

use super::signed::{self, Claims, Purpose};
use super::{HttpState, OPERATOR_HEADER, problem};

/// Who asks, proven by a token.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    access: Access,
    /// It is the token of the data directory.
    local: bool,
    /// For who has signed in: on which server, and until when that holds.
    session: Option<(ServerId, WallTime)>,
}

/// Who looks at the dashboard: somebody with a token that is good, or a stranger without any.
#[derive(Debug, Clone)]
pub(crate) struct Visitor(pub(crate) Option<Caller>);

impl Caller {
    pub(crate) fn actor(&self) -> Actor {
        match (self.access.scope, self.access.player) {
            (Scope::Player, Some(player)) => Actor::Player(player),
            (Scope::Operator | Scope::Auditor | Scope::Player, _) => {
                Actor::Operator(self.access.actor.clone())
            }
        }
    }

    pub(crate) fn facts(&self) -> Facts {
        Facts { admin: self.access.scope == Scope::Operator, ..Facts::default() }
    }

    /// The name of an operator; none for anybody else.
    pub(crate) fn operator(&self) -> Option<&str> {
        (self.access.scope == Scope::Operator).then_some(self.access.actor.as_str())
    }

    /// Whether this is whoever sits at the machine on which the server runs.
    pub(crate) fn is_local(&self) -> bool {
        self.local
    }

    /// The server on which they have signed in.
    pub(crate) fn server(&self) -> Option<&ServerId> {
        self.session.as_ref().map(|(server, _)| server)
    }

    /// Until when a session's token is good; none for tokens of the vault.
    pub(crate) fn expires(&self) -> Option<WallTime> {
        self.session.as_ref().map(|(_, expires)| *expires)
    }

    /// Whether a world is open to this caller. A session belongs to one server of Discord: whether its account is a member
    /// of another, nobody has proven.
    ///
    /// # Errors
    /// `NO_WORLD`, or `STORE_UNAVAILABLE` where that can not be known.
    pub(crate) async fn enter(&self, state: &HttpState, world: &WorldId) -> Result<(), Rejection> {
        let Some(server) = self.server() else { return Ok(()) };
        match state.accounts.server(world).await {
            Ok(Some(found)) if found == *server => Ok(()),
            Ok(_) => Err(Rejection::new("NO_WORLD")),
            Err(problem) => {
                tracing::error!(%problem, "the server of a season can not be found");
                Err(Rejection::new("STORE_UNAVAILABLE"))
            }
        }
    }

    /// Whose token this is: the vault's own, or one of a session.
    ///
    /// # Errors
    /// `NO_TOKEN` where it is no good, `STORE_UNAVAILABLE` where that can not be known.
    pub(crate) async fn of(state: &HttpState, token: &str) -> Result<Self, Rejection> {
        let now = state.service.clock().now();
        if let Some(claims) = signed::check::<Claims>(&state.keys.sessions(), token, now) {
            let expires = claims.expires();
            let access = Access {
                token: claims.sid,
                scope: Scope::Player,
                actor: claims.sub.to_string(),
                player: Some(claims.sub),
            };
            return Ok(Self { access, local: false, session: Some((claims.srv, expires)) });
        }
        match state.vault.check_token(token, now).await {
            Ok(Some(access)) => {
                let local = state.local_token.as_ref() == Some(&access.token);
                Ok(Self { access, local, session: None })
            }
            Ok(None) => Err(Rejection::new("NO_TOKEN")),
            Err(error) => {
                tracing::error!(%error, "token can not be checked");
                Err(Rejection::new("STORE_UNAVAILABLE"))
            }
        }
    }

    /// Whether this caller may change anything.
    pub(crate) fn may_act(&self) -> bool {
        self.access.scope != Scope::Auditor
    }
}

fn is_name(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

impl FromRequestParts<HttpState> for Caller {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Response> {
        let refuse = || problem(StatusCode::UNAUTHORIZED, &Rejection::new("NO_TOKEN"));
        let header = parts.headers.get(axum::http::header::AUTHORIZATION).and_then(|h| h.to_str().ok());
        let token = header.and_then(|h| h.strip_prefix("Bearer ")).ok_or_else(refuse)?;
        let mut caller =
            Self::of(state, token).await.map_err(|no| problem(super::status_of(&no.code), &no))?;
        let named = parts.headers.get(OPERATOR_HEADER).and_then(|h| h.to_str().ok());
        if caller.local
            && let Some(name) = named.filter(|name| is_name(name))
        {
            name.clone_into(&mut caller.access.actor);
        }
        Ok(caller)
    }
}

impl FromRequestParts<HttpState> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, Response> {
        // A token that is no good is said so: who thinks to be signed in is not shown a stranger's view in silence.
        if !parts.headers.contains_key(axum::http::header::AUTHORIZATION) {
            return Ok(Self(None));
        }
        Caller::from_request_parts(parts, state).await.map(|caller| Self(Some(caller)))
    }
}

/// Adds the token to the OpenAPI description.
pub(crate) struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("token", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}
