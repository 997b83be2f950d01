//! The HTTP face: commands, questions, live events, health and metrics, with an OpenAPI description.
//!
//! Who acts comes from the token and never from a body. Without a token the answer is 401; the four pages under
//! `/healthz`, `/readyz`, `/metrics` and `/openapi.json` need none.

mod auth;
mod dashboard;
mod events;
mod feed;
mod open;
mod pages;
mod plans;
mod sign_in;
mod signed;
mod terminal;
mod worlds;

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
pub use plans::{PlanDesk, PlanView};
use schemas::rejection::{Recovery, is_recoverable};
use schemas::{Outcome, Rejection};
use serde::{Deserialize, Serialize};
pub use sign_in::{Accounts, NotProven, Turnstile};
pub use terminal::{TerminalAnswer, TerminalAsk, TerminalAsker, TerminalDesk};
use utoipa::{Modify, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use vault::{ServerKeys, Vault};

use crate::service::Service;
use crate::stats::Metric;

/// Who sits at the terminal: an operator's name, 1 to 64 visible characters. Heeded with the local token alone.
pub const OPERATOR_HEADER: &str = "annals-operator";

/// The most bytes of a request body.
pub const BODY_BYTES_MAX: usize = 64 * 1024;

/// What the pages about the server itself need: health and metrics.
#[derive(Clone)]
pub struct Probe {
    /// The service.
    pub service: Service,
    /// Whether it may be sent commands: all worlds of the log have been loaded, and it is not stopping.
    pub ready: Arc<std::sync::atomic::AtomicBool>,
    /// Metrics of rooms that the service does not know.
    pub others: Arc<dyn Fn() -> Vec<Metric> + Send + Sync>,
    /// What is wrong with rooms without which the server still does its other work: each with its code and what to do.
    pub ailing: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
}

/// What the handlers share.
#[derive(Clone)]
pub struct HttpState {
    /// The service.
    pub service: Service,
    /// Health and metrics.
    pub probe: Probe,
    /// Checks tokens.
    pub vault: Arc<Vault>,
    /// Seals the secrets of new worlds.
    pub keys: ServerKeys,
    /// Plans of rollbacks: no rewind is given that is not that of a plan which may be applied.
    pub plans: Arc<dyn PlanDesk>,
    /// Terminals beside the server.
    pub terminals: Arc<dyn TerminalDesk>,
    /// Proves accounts for the dashboard, and knows where seasons run.
    pub accounts: Arc<dyn Accounts>,
    /// Counts sign-ins.
    pub turnstile: Arc<Turnstile>,
    /// The name of the token that lies in the data directory: whoever may read that directory acts as the operator at the
    /// terminal, under a name of their own.
    pub local_token: Option<String>,
    /// Turns true when the server stops: readers that follow a world are then let go.
    pub stopping: tokio::sync::watch::Receiver<bool>,
}

impl axum::extract::FromRef<HttpState> for Probe {
    fn from_ref(state: &HttpState) -> Self {
        state.probe.clone()
    }
}

/// The router of a node without the API: health and metrics, and nothing else.
pub fn probe_router(probe: Probe) -> axum::Router {
    axum::Router::new()
        .route("/healthz", axum::routing::get(pages::healthz))
        .route("/readyz", axum::routing::get(pages::readyz))
        .route("/metrics", axum::routing::get(pages::metrics))
        .fallback(|| async { problem(StatusCode::NOT_FOUND, &Rejection::new("NOT_FOUND")) })
        .with_state(probe)
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Annals", description = "Seasons of strategy games as events: give commands, ask questions, follow along."),
    tags((name = "worlds", description = "Commands and questions"), (name = "server", description = "Health and metrics"),
        (name = "rollback", description = "Plans of rollbacks"),
        (name = "dashboard", description = "The map, players, marches, and a feed of what happens"),
        (name = "sign-in", description = "Sessions by a Discord account"),
        (name = "terminal", description = "The terminal on the server's own machine")),
    components(schemas(feed::Wanted))
)]
struct Api;

/// The router, and the OpenAPI description of it.
pub fn router(state: HttpState) -> (axum::Router, utoipa::openapi::OpenApi) {
    let (router, mut api) = OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(pages::healthz))
        .routes(routes!(pages::readyz))
        .routes(routes!(pages::metrics))
        .routes(routes!(open::open))
        .routes(routes!(worlds::command))
        .routes(routes!(worlds::query))
        .routes(routes!(worlds::status))
        .routes(routes!(events::follow))
        .routes(routes!(dashboard::map))
        .routes(routes!(dashboard::player))
        .routes(routes!(dashboard::marches))
        .routes(routes!(feed::feed))
        .routes(routes!(sign_in::begin, sign_in::sign_in))
        .routes(routes!(sign_in::refresh))
        .routes(routes!(sign_in::sign_out))
        .routes(routes!(terminal::ask))
        .routes(routes!(plans::list))
        .routes(routes!(plans::show))
        .routes(routes!(plans::approve))
        .split_for_parts();
    auth::Bearer.modify(&mut api);
    api.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let text = api.to_pretty_json().unwrap_or_default();
    let router = router
        .route(
            "/openapi.json",
            axum::routing::get(move || {
                let text = text.clone();
                async move { ([("content-type", "application/json")], text) }
            }),
        )
        .fallback(|| async { problem(StatusCode::NOT_FOUND, &Rejection::new("NOT_FOUND")) })
        .layer(axum::extract::DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(state);
    (router, api)
}

/// An answer that says no.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable code.
    pub code: String,
    /// The figures of the refusal by name.
    #[schema(value_type = Object)]
    pub context: std::collections::BTreeMap<String, String>,
    /// `VALIDATION`, `PERMISSION`, `RULE`, `RESOURCE`, `CONFLICT`, `SYSTEM` or `SECURITY`.
    #[serde(default)]
    pub family: String,
    /// Whether it can be mended by whoever asked, or by waiting.
    #[serde(default)]
    pub recoverable: bool,
    /// What to do about it: `user_correction`, `resource_acquisition`, `retry_with_backoff`, `fallback_to_cache` or
    /// `graceful_degradation`.
    #[serde(default)]
    pub recovery: String,
}

/// The family of a refusal: as a game says that knows the code, else by what kind of an answer it is.
fn family_of(rejection: &Rejection) -> std::borrow::Cow<'static, str> {
    let known = games_registry::games().into_iter().find_map(|game| game.describe(rejection));
    if let Some(text) = known {
        return text.family;
    }
    let status = status_of(&rejection.code);
    let family = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "PERMISSION",
        StatusCode::CONFLICT => "CONFLICT",
        StatusCode::TOO_MANY_REQUESTS => "SECURITY",
        StatusCode::UNPROCESSABLE_ENTITY => "RULE",
        status if status.is_server_error() => "SYSTEM",
        _ => "VALIDATION",
    };
    family.into()
}

impl From<&Rejection> for Problem {
    fn from(rejection: &Rejection) -> Self {
        let context = rejection.context.iter().map(|(k, v)| (k.to_string(), v.clone())).collect();
        let (code, family) = (&*rejection.code, family_of(rejection));
        Self {
            code: code.to_owned(),
            context,
            recoverable: is_recoverable(&family, code),
            recovery: Recovery::of(&family, code).word().to_owned(),
            family: family.into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_says_what_to_do_about_it() {
        for (code, family, recoverable, recovery) in [
            ("INSUFFICIENT_RESOURCES", "RESOURCE", true, "resource_acquisition"),
            ("SECURITY_THREAT", "SECURITY", false, "user_correction"),
            // Codes that no game knows.
            ("NO_TOKEN", "PERMISSION", true, "user_correction"),
            ("PLAN_STALE", "CONFLICT", true, "retry_with_backoff"),
            ("STORE_UNAVAILABLE", "SYSTEM", true, "fallback_to_cache"),
            ("SHUTTING_DOWN", "SYSTEM", true, "graceful_degradation"),
            ("UNKNOWN_PLAN", "VALIDATION", true, "user_correction"),
        ] {
            let problem = Problem::from(&Rejection::new(code));
            let found = (&*problem.family, problem.recoverable, &*problem.recovery);
            assert_eq!(found, (family, recoverable, recovery), "{code}");
        }
    }
}

/// A refusal as an HTTP answer.
pub(crate) fn problem(status: StatusCode, rejection: &Rejection) -> Response {
    (status, Json(Problem::from(rejection))).into_response()
}

/// The HTTP status of a code of the host.
pub(crate) fn status_of(code: &str) -> StatusCode {
    match code {
        "NO_WORLD" | "UNKNOWN_PLAN" | "UNKNOWN_COMMAND" | "NOT_FOUND" | "NO_PAGE" => StatusCode::NOT_FOUND,
        "INVALID_OPTION" | "BAD_RULES" | "UNKNOWN_GAME" | "BAD_POINT" | "BAD_JSON" | "BAD_STATE" => {
            StatusCode::BAD_REQUEST
        }
        "PAYLOAD_TOO_BIG" => StatusCode::PAYLOAD_TOO_LARGE,
        "NO_TOKEN" | "SIGN_IN_REFUSED" | "SESSION_ENDED" | "SESSION_REUSED" => StatusCode::UNAUTHORIZED,
        "NOT_ADMIN" | "NOT_ALLOWED" | "SECURITY_THREAT" | "NOT_A_PLAYER_HERE" | "PLAN_OWN"
        | "PLAN_UNAPPROVED" => StatusCode::FORBIDDEN,
        "RATE_LIMITED" => StatusCode::TOO_MANY_REQUESTS,
        "PLAN_CHANGED"
        | "PLAN_EXPIRED"
        | "PLAN_COOLING"
        | "PLAN_STALE"
        | "ID_REUSED"
        | "VOIDED"
        | "CONCURRENCY_CONFLICT"
        | "SEASON_RUNS"
        | "WORLD_EXISTS"
        | "WORLD_ENDED"
        | "WORLD_REWINDING"
        | "WORLD_PAUSED" => StatusCode::CONFLICT,
        "BUSY" | "MOVED" | "NO_OWNER" | "OUTCOME_UNKNOWN" | "STORE_UNAVAILABLE" | "WORLD_HALTED"
        | "SHUTTING_DOWN" | "SIGN_IN_NOT_SET" | "SIGN_IN_AWAY" => StatusCode::SERVICE_UNAVAILABLE,
        "INTERNAL_ERROR" => StatusCode::INTERNAL_SERVER_ERROR,
        // What the rules of a game refuse is a valid question with the answer "no".
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// A command on the record.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ReceiptView {
    /// Its commit.
    pub commit: u64,
    /// Position of the first event.
    pub first: u64,
    /// Game time of the decision, RFC 3339.
    pub time: String,
    /// Whether it was accepted.
    pub accepted: bool,
    /// Why not, where it was not.
    pub rejection: Option<Problem>,
    /// The events that the asker may see.
    pub events: Vec<EventView>,
    /// It was on the record already: this is the answer that it got then.
    pub repeated: bool,
}

/// An event.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    /// Its position in the world.
    pub position: u64,
    /// Its type.
    pub kind: String,
    /// Its payload.
    #[schema(value_type = Object)]
    pub payload: serde_json::Value,
    /// Whether everybody may see it: only such an event may be told where others read along.
    pub public: bool,
}

impl EventView {
    pub(crate) fn new(seen: &kernel::Seen) -> Self {
        Self {
            position: seen.position.get(),
            kind: seen.kind.clone(),
            payload: serde_json::from_slice(&seen.payload).unwrap_or_default(),
            public: seen.public,
        }
    }
}

impl ReceiptView {
    /// Opens what is sealed in it, for the asker to read.
    pub(crate) async fn open(&mut self, vault: &Vault, world: &schemas::WorldId) {
        for event in &mut self.events {
            crate::sealing::open(vault, world, &mut event.payload).await;
        }
        for text in self.rejection.iter_mut().flat_map(|problem| problem.context.values_mut()) {
            *text = crate::sealing::open_text(vault, world, text).await;
        }
    }
}

impl From<&kernel::Receipt> for ReceiptView {
    fn from(receipt: &kernel::Receipt) -> Self {
        let rejection = match &receipt.outcome {
            Outcome::Accepted => None,
            Outcome::Rejected(rejection) => Some(Problem::from(rejection)),
        };
        Self {
            commit: receipt.commit.get(),
            first: receipt.first.get(),
            time: receipt.game.to_string(),
            accepted: rejection.is_none(),
            rejection,
            events: receipt.events.iter().map(EventView::new).collect(),
            repeated: receipt.repeated,
        }
    }
}
