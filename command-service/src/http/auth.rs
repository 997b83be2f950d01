//! Tokens: who acts, from the header and from nowhere else.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use schemas::{Actor, Facts, Rejection};
use utoipa::Modify;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use vault::{Access, Scope};

use super::{HttpState, OPERATOR_HEADER, problem};

/// Who asks, proven by a token.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    access: Access,
    /// It is the token of the data directory.
    local: bool,
}

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
        match state.vault.check_token(token, state.service.clock().now()).await {
            Ok(Some(mut access)) => {
                let local = state.local_token.as_ref() == Some(&access.token);
                let named = parts.headers.get(OPERATOR_HEADER).and_then(|h| h.to_str().ok());
                if local && let Some(name) = named.filter(|name| is_name(name)) {
                    name.clone_into(&mut access.actor);
                }
                Ok(Self { access, local })
            }
            Ok(None) => Err(refuse()),
            Err(error) => {
                tracing::error!(%error, "token can not be checked");
                Err(problem(StatusCode::SERVICE_UNAVAILABLE, &Rejection::new("STORE_UNAVAILABLE")))
            }
        }
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
