//! Live events as they become durable, filtered by audience.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use schemas::{Rejection, WorldId};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::BroadcastStream;

use super::auth::Caller;
use super::{EventView, HttpState, Problem, problem};

/// Follow a world: server-sent events whose id is the position.
#[utoipa::path(get, path = "/v1/worlds/{world}/events", tag = "worlds", security(("token" = [])),
    params(("world" = String, Path, description = "The world's name")),
    responses((status = 200, description = "A stream of events that the caller may see", content_type = "text/event-stream"),
        (status = 401, description = "No token, or none that is good", body = Problem)))]
pub(crate) async fn follow(
    State(state): State<HttpState>,
    Path(world): Path<String>,
    caller: Caller,
) -> Response {
    let Ok(world) = WorldId::new(&world) else {
        return problem(axum::http::StatusCode::NOT_FOUND, &Rejection::new("NO_WORLD"));
    };
    let player = caller.actor().player();
    let vault = Arc::clone(&state.vault);
    let stream = BroadcastStream::new(state.service.subscribe())
        // A subscriber that lags too far is cut off: it must read the log, and no event may be missing in between.
        .take_while(Result::is_ok)
        .filter_map(Result::ok)
        .filter(move |published| published.stored.world == world)
        .then(move |published| shown(Arc::clone(&vault), player, published));
    Sse::new(stream).keep_alive(KeepAlive::default()).into_response()
}

/// A commit as one server-sent event: what the player may see of it, with sealed texts opened.
async fn shown(
    vault: Arc<vault::Vault>,
    player: Option<schemas::PlayerId>,
    published: Arc<kernel::io::Published>,
) -> Result<Event, Infallible> {
    let mut events: Vec<EventView> = published.seen_by(player).iter().map(EventView::new).collect();
    for event in &mut events {
        crate::sealing::open(&vault, &published.stored.world, &mut event.payload).await;
    }
    let last = events.last().map(|event| event.position);
    let data = serde_json::to_string(&events).unwrap_or_default();
    let event = Event::default().event("events").data(data);
    Ok(last.map_or_else(|| Event::default().comment(""), |position| event.id(position.to_string())))
}
