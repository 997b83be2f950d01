//! What Discord posts interactions to.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use discord_adapter::interaction::{self, Interaction, Kind};
use schemas::WallTime;
use serde_json::json;

use crate::handler::{Guilds, Handler, Later};
use crate::replay::Seen;
use crate::rest::Answered;
use crate::verify::{Forged, PublicKey, SIGNATURE, TIMESTAMP};

/// The path that the developer portal is to name.
pub const PATH: &str = "/discord/interactions";

/// Most bytes of an interaction. With the message of a button and five full texts of a form it stays below half of this.
pub const MOST_BYTES: usize = 256 * 1024;

/// The wall clock.
pub type Now = Arc<dyn Fn() -> WallTime + Send + Sync>;

/// What the endpoint is made of.
pub struct Endpoint<G> {
    /// Who answers. What comes another way than here is answered by the same one.
    pub handler: Arc<Handler<G>>,
    /// Whose signature is taken.
    pub key: PublicKey,
    /// The clock that timestamps are compared with.
    pub now: Now,
}

impl<G> fmt::Debug for Endpoint<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("key", &self.key).finish_non_exhaustive()
    }
}

struct Desk<G> {
    endpoint: Endpoint<G>,
    seen: Seen,
}

/// The routes, to be mounted where Discord can reach them.
pub fn router<G: Guilds>(endpoint: Endpoint<G>) -> Router {
    let desk = Arc::new(Desk { endpoint, seen: Seen::default() });
    Router::new().route(PATH, post(take::<G>)).layer(DefaultBodyLimit::max(MOST_BYTES)).with_state(desk)
}

async fn take<G: Guilds>(State(desk): State<Arc<Desk<G>>>, headers: HeaderMap, body: Bytes) -> Response {
    let now = (desk.endpoint.now)();
    if let Err(forged) = desk.admit(&headers, &body, now) {
        tracing::debug!(reason = %forged, "a request to the interactions endpoint was refused");
        return answer(StatusCode::UNAUTHORIZED, error("UNSIGNED", &forged.to_string()));
    }
    let interaction = match interaction::read(&body) {
        Ok(interaction) => interaction,
        Err(malformed) => {
            tracing::warn!(reason = %malformed, "an interaction can not be read");
            return answer(StatusCode::BAD_REQUEST, error("MALFORMED", &malformed.to_string()));
        }
    };
    // Discord looks in now and then; there is nothing to remember of that.
    if interaction.kind == Kind::Ping {
        return answer(StatusCode::OK, json!({ "type": 1 }).to_string().into());
    }
    let place = desk.seen.answer(&interaction.id, now);
    let given = place.get_or_init(|| desk.begin(interaction)).await;
    match given {
        Some(body) => answer(StatusCode::OK, body.clone()),
        None => answer(StatusCode::ACCEPTED, Bytes::new()),
    }
}

fn error(code: &str, message: &str) -> Bytes {
    json!({ "code": code, "message": message }).to_string().into()
}

fn answer(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if status != StatusCode::ACCEPTED {
        let json = axum::http::HeaderValue::from_static("application/json");
        response.headers_mut().insert(CONTENT_TYPE, json);
    }
    response
}

impl<G: Guilds> Desk<G> {
    fn admit(&self, headers: &HeaderMap, body: &Bytes, now: WallTime) -> Result<(), Forged> {
        // Of a header that comes twice nobody can say which one was meant.
        let one = |name: &str| {
            let mut all = headers.get_all(name).iter();
            all.next().filter(|_| all.next().is_none()).map(axum::http::HeaderValue::as_bytes)
        };
        let signature = self.endpoint.key.check(one(SIGNATURE), one(TIMESTAMP), body, now)?;
        if self.seen.first(signature, now) { Ok(()) } else { Err(Forged::Replayed) }
    }

    /// The first answer; none where it went out as a callback.
    async fn begin(&self, interaction: Interaction) -> Option<Bytes> {
        let handler = &self.endpoint.handler;
        let to = Answered { id: interaction.id.clone(), token: interaction.token.clone() };
        let mut first = handler.begin(interaction).await;
        if let Some(later) = first.later.take() {
            tokio::spawn(finish(later, to.id.clone()));
        }
        if first.files.is_empty() {
            return Some(first.body.to_string().into());
        }
        // A picture does not fit into the answer to a request: it goes the other way.
        match handler.rest().callback(&to, &first.body, &first.files).await {
            Ok(()) => None,
            Err(error) => {
                tracing::warn!(%error, interaction = to.id, "a picture could not be sent; the text goes alone");
                first.drop_files();
                Some(first.body.to_string().into())
            }
        }
    }
}

async fn finish(later: Later, interaction: String) {
    if let Err(error) = later.finish().await {
        tracing::warn!(%error, interaction, "an answer could not be sent");
    }
}
