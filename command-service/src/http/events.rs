//! Events as they become durable, filtered by audience, without gap or doubling: what was missed comes from the log.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use kernel::io::{LoadError, Published};
use schemas::{PlayerId, Position, Rejection, WorldId};
use serde::Deserialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, watch};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;
use vault::Vault;

use super::auth::Caller;
use super::worlds::{refuse, world_of};
use super::{EventView, HttpState, Problem};
use crate::history::{Cursor, History};
use crate::routes::News;
use crate::sealing;

/// How many messages wait for a slow reader; one more, and the reading of the log waits.
pub(crate) const WAITING_MAX: usize = 16;

/// From where to follow.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct FollowFrom {
    /// Every event after this position. The header `Last-Event-ID` goes before it.
    after: Option<u64>,
}

/// Follow a world: server-sent events whose id is the position of the last event in them.
///
/// With `Last-Event-ID` (or `after`) what was missed comes first, from the log. What a rewind has made void in the meantime
/// is left out; the rewind itself is told once it is carried out. A reader that can not keep up is filled from the log, too.
#[utoipa::path(get, path = "/v1/worlds/{world}/events", tag = "worlds", security(("token" = [])),
    params(("world" = String, Path, description = "The world's name"), FollowFrom,
        ("Last-Event-ID" = Option<u64>, Header, description = "The position of the last event that was seen")),
    responses((status = 200, description = "A stream of events that the caller may see", content_type = "text/event-stream"),
        (status = 400, description = "There is no such position", body = Problem),
        (status = 401, description = "No token, or none that is good", body = Problem),
        (status = 404, description = "No such world", body = Problem)))]
pub(crate) async fn follow(
    State(state): State<HttpState>,
    Path(world): Path<String>,
    from: Result<Query<FollowFrom>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    caller: Caller,
) -> Response {
    let world = match world_of(&world) {
        Ok(world) if !world.is_reserved() => world,
        Ok(_) => return refuse(&Rejection::new("NO_WORLD")),
        Err(response) => return *response,
    };
    if let Err(rejection) = caller.enter(&state, &world).await {
        return refuse(&rejection);
    }
    let wanted = match wanted(&headers, from) {
        Ok(wanted) => wanted,
        Err(rejection) => return refuse(&rejection),
    };
    // Before the log is looked at: what becomes durable in between is seen twice and told once.
    let live = state.service.subscribe();
    let history = state.service.history();
    let cursor = match begin(&*history, &world, wanted).await {
        Ok(cursor) => cursor,
        Err(rejection) => return refuse(&rejection),
    };
    let (out, events) = mpsc::channel(WAITING_MAX);
    let (vault, player) = (Arc::clone(&state.vault), caller.actor().player());
    let follower = Follower { history, vault, world, player, cursor, out };
    let stopping = state.stopping.clone();
    // A session's token ends what was begun with it; the reader comes back with the next one and its last position.
    let life = caller.expires().map(|expires| expires.since(state.service.clock().now()));
    tokio::spawn(async move {
        let run = follower.run(live, stopping);
        match life {
            Some(ms) => {
                let life = std::time::Duration::from_millis(u64::try_from(ms).unwrap_or(0));
                let _ = tokio::time::timeout(life, run).await;
            }
            None => run.await,
        }
    });
    Sse::new(ReceiverStream::new(events).map(|events| message(&events)))
        .keep_alive(KeepAlive::default())
        .into_response()
}

/// The events of one commit that a reader may see, as one message.
fn message(events: &[EventView]) -> Result<Event, Infallible> {
    let data = serde_json::to_string(events).unwrap_or_default();
    let message = Event::default().event("events").data(data);
    Ok(match events.last() {
        Some(last) => message.id(last.position.to_string()),
        None => message,
    })
}

fn wanted(
    headers: &HeaderMap,
    from: Result<Query<FollowFrom>, axum::extract::rejection::QueryRejection>,
) -> Result<Option<Position>, Rejection> {
    let Query(from) = from
        .map_err(|e| Rejection::new("INVALID_OPTION").with("option", "after").with("rule", e.body_text()))?;
    let Some(header) = headers.get("last-event-id") else { return Ok(from.after.map(Position::new)) };
    let number = header.to_str().ok().and_then(|text| text.trim().parse().ok());
    let rule = "the position of an event";
    let invalid = || Rejection::new("INVALID_OPTION").with("option", "Last-Event-ID").with("rule", rule);
    number.map(|number| Some(Position::new(number))).ok_or_else(invalid)
}

pub(crate) async fn begin(
    history: &dyn History,
    world: &WorldId,
    wanted: Option<Position>,
) -> Result<Cursor, Rejection> {
    let refused = |e: LoadError| match e {
        LoadError::Unavailable(_) => Rejection::new("STORE_UNAVAILABLE"),
        LoadError::Poison(_) => Rejection::new("WORLD_HALTED"),
    };
    let head = history.head(world).await.map_err(refused)?;
    if head.commit == schemas::CommitNo::ZERO {
        return Err(Rejection::new("NO_WORLD"));
    }
    match wanted {
        None => Ok(Cursor::at(&head)),
        Some(position) if position > head.position => {
            let point = format!("v{position}, but the log ends at v{}", head.position);
            Err(Rejection::new("BAD_POINT").with("point", point))
        }
        Some(position) => history.cursor(world, position).await.map_err(refused),
    }
}

/// One subscriber.
pub(crate) struct Follower {
    pub(crate) history: Arc<dyn History>,
    /// Opens sealed texts.
    pub(crate) vault: Arc<Vault>,
    pub(crate) world: WorldId,
    pub(crate) player: Option<PlayerId>,
    pub(crate) cursor: Cursor,
    pub(crate) out: mpsc::Sender<Vec<EventView>>,
}

/// Why a follower ends.
enum End {
    /// The reader has gone.
    Gone,
    /// The log can not be read: the reader comes back with the position of what it saw last.
    Log(LoadError),
}

impl Follower {
    pub(crate) async fn run(mut self, live: Receiver<News>, mut stopping: watch::Receiver<bool>) {
        let world = self.world.clone();
        let out = self.out.clone();
        let end = tokio::select! {
            end = self.follow(live) => end,
            // A reader that stays connected must not keep the server from stopping.
            _ = stopping.wait_for(|stopping| *stopping) => return,
            () = out.closed() => return,
        };
        match end {
            End::Gone => {}
            End::Log(problem) => {
                tracing::error!(%world, %problem, "a subscriber could not be filled from the log");
            }
        }
    }

    async fn follow(&mut self, mut live: Receiver<News>) -> End {
        if let Err(end) = self.fill().await {
            return end;
        }
        let mut rewinding = false;
        loop {
            let published = match live.recv().await {
                Ok(news) if *news.world() != self.world => continue,
                Ok(News::Stands(_, commit)) if commit <= self.cursor.after => continue,
                Ok(News::Commit(published) | News::Heard(published)) => Some(published),
                Ok(News::Stands(..)) | Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => return End::Gone,
            };
            let told = match published {
                Some(published) if published.stored.commit <= self.cursor.after => continue,
                Some(published) if published.stored.rewinds_to.is_some() => {
                    rewinding = true;
                    continue;
                }
                Some(published) if rewinding => {
                    if !crate::history::ends_rewind(&published.stored) {
                        continue;
                    }
                    rewinding = false;
                    self.fill().await
                }
                Some(published) if published.stored.commit == self.cursor.after.next() => {
                    self.cursor.after = published.stored.commit;
                    self.tell(&published).await
                }
                // A gap, or too slow for the live events: the log has what is missing.
                Some(_) | None => {
                    rewinding = false;
                    self.fill().await
                }
            };
            if let Err(end) = told {
                return end;
            }
        }
    }

    /// Tells everything that the log has and the reader has not.
    async fn fill(&mut self) -> Result<(), End> {
        loop {
            let page = self.history.next(&self.world, &mut self.cursor).await.map_err(End::Log)?;
            if page.is_empty() {
                return Ok(());
            }
            for published in page {
                self.tell(&published).await?;
            }
        }
    }

    /// Tells what the reader may see of a commit. Of one that holds nothing for them not even the arrival shows.
    async fn tell(&mut self, published: &Published) -> Result<(), End> {
        let seen = self.cursor.seen;
        let mut events: Vec<EventView> = published
            .seen_by(self.player)
            .iter()
            .filter(|event| event.position > seen)
            .map(EventView::new)
            .collect();
        for event in &mut events {
            sealing::open(&self.vault, &self.world, &mut event.payload).await;
        }
        let Some(last) = events.last().map(|event| event.position) else { return Ok(()) };
        self.cursor.seen = Position::new(last);
        self.out.send(events).await.map_err(|_| End::Gone)
    }
}

#[cfg(test)]
#[path = "events_tests.rs"]
#[allow(clippy::unwrap_used, clippy::panic)]
pub(super) mod tests;
