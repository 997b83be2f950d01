//! The dashboard's feed: what a visitor may see, as it becomes durable, through a WebSocket.
//!
//! The same events as [`events`](super::events) tells, by the same audiences. A page of a browser can set no header, and a
//! token in an address would stand in logs: it comes in the first message.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use schemas::{Position, Rejection, WallTime, WorldId};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout, timeout_at};
use utoipa::ToSchema;

use super::auth::Caller;
use super::events::{Follower, WAITING_MAX, begin};
use super::{EventView, HttpState, Problem, dashboard};

/// How long a visitor may take to say what they want.
const FIRST_WORD: Duration = Duration::from_secs(10);
/// How long one message may take to be taken in by a slow reader.
const SLOWEST: Duration = Duration::from_secs(30);
/// How often a quiet connection is looked after.
const HEARTBEAT: Duration = Duration::from_secs(25);
/// The most bytes of a message of the visitor's.
const MESSAGE_BYTES_MAX: usize = 4 * 1024;
/// The most messages of the visitor's: there is one to send, and answers to pings.
const MESSAGES_MAX: u32 = 10_000;

/// Closed: the server stops; come back in a moment.
const GOING: u16 = 1001;
/// Closed: what was sent is not understood, or too much.
const BAD_WORD: u16 = 1008;
/// Closed: the log can not be read; come back from the last position.
const AWAY: u16 = 1013;
/// Closed: the access token is no good any more; refresh it and come back from the last position.
const EXPIRED: u16 = 4401;
/// Closed: refused; the message before says why.
const REFUSED: u16 = 4403;

/// What a visitor wants: the first message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "token": "eyJhbGciOi…", "after": 184_203 }))]
pub(crate) struct Wanted {
    /// An access token; without one, what is everybody's is told.
    #[serde(default)]
    token: Option<String>,
    /// The world's name; left out, it is the season of the server on which one has signed in.
    #[serde(default)]
    world: Option<String>,
    /// Every event after this position, of the log first; left out, from now on.
    #[serde(default)]
    after: Option<u64>,
}

/// What is told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Told {
    /// It begins: the world, and the position after which all is told.
    Ready {
        /// The world.
        world: String,
        /// The position.
        after: u64,
    },
    /// Events of one commit. Their last position is the one to come back from.
    Events(Vec<EventView>),
    /// It is refused; the connection is closed after this.
    Refused(Problem),
}

/// Follow a season.
///
/// A WebSocket. The first message says what is wanted; then come events, filtered by what the visitor may see. A token that
/// expires ends the connection with the code 4401; who comes back with `after` misses nothing and sees nothing twice. A
/// reader that is slow is filled from the log, and one that takes nothing for half a minute is let go.
#[utoipa::path(get, path = "/api/feed", tag = "dashboard",
    responses((status = 101, description = "A WebSocket: the client sends `Wanted` once, the server sends `Told`", body = Told),
        (status = 400, description = "No WebSocket is asked for", body = String),
        (status = 426, description = "The connection can not be upgraded", body = String)))]
pub(crate) async fn feed(State(state): State<HttpState>, upgrade: WebSocketUpgrade) -> Response {
    upgrade
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| run(state, socket))
}

/// What a visitor is let to see, and until when.
struct Admitted {
    world: WorldId,
    caller: Option<Caller>,
    after: Option<Position>,
}

async fn run(state: HttpState, mut socket: WebSocket) {
    let mut stopping = state.stopping.clone();
    // What feeds this ends with the server, too: that it stops is looked at first, so that nobody takes it for a fault.
    let end = tokio::select! {
        biased;
        _ = stopping.wait_for(|stopping| *stopping) => Some((GOING, "the server stops")),
        end = serve(&state, &mut socket) => end,
    };
    if let Some((code, reason)) = end {
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        let _ = timeout(SLOWEST, socket.send(Message::Close(Some(frame)))).await;
    }
}

type End = Option<(u16, &'static str)>;

async fn serve(state: &HttpState, socket: &mut WebSocket) -> End {
    let admitted = match first(state, socket).await {
        Ok(admitted) => admitted,
        Err(Refusal::Gone) => return None,
        Err(Refusal::Word(reason)) => return Some((BAD_WORD, reason)),
        Err(Refusal::No(rejection)) => {
            let code = if rejection.code == "NO_TOKEN" { EXPIRED } else { REFUSED };
            let _ = tell(socket, &Told::Refused(Problem::from(&rejection))).await;
            return Some((code, "refused"));
        }
    };
    let Admitted { world, caller, after } = admitted;
    // Before the log is looked at: what becomes durable in between is seen twice and told once.
    let live = state.service.subscribe();
    let history = state.service.history();
    let cursor = match begin(&*history, &world, after).await {
        Ok(cursor) => cursor,
        Err(rejection) => {
            let _ = tell(socket, &Told::Refused(Problem::from(&rejection))).await;
            return Some((REFUSED, "refused"));
        }
    };
    if !tell(socket, &Told::Ready { world: world.to_string(), after: cursor.seen.get() }).await {
        return None;
    }
    let (out, mut events) = mpsc::channel(WAITING_MAX);
    let player = caller.as_ref().and_then(|caller| caller.actor().player());
    let expires = caller.as_ref().and_then(Caller::expires);
    let follower = Follower { history, vault: Arc::clone(&state.vault), world, player, cursor, out };
    tokio::spawn(follower.run(live, state.stopping.clone()));
    forward(state, socket, &mut events, expires).await
}

async fn forward(
    state: &HttpState,
    socket: &mut WebSocket,
    events: &mut mpsc::Receiver<Vec<EventView>>,
    expires: Option<WallTime>,
) -> End {
    let mut heard = 0;
    let mut next_beat = Instant::now() + HEARTBEAT;
    loop {
        // The clock of the service says when a token is over: before anything more is told.
        let over = || expires.is_some_and(|expires| state.service.clock().now() >= expires);
        if over() {
            return Some((EXPIRED, "the access token has expired"));
        }
        tokio::select! {
            told = events.recv() => match told {
                Some(_) if over() => {}
                Some(told) => {
                    if !tell(socket, &Told::Events(told)).await {
                        return None;
                    }
                }
                None => return Some((AWAY, "the log can not be read")),
            },
            word = socket.recv() => match word {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(Message::Text(_) | Message::Binary(_))) => {
                    return Some((BAD_WORD, "there is nothing more to say"));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {
                    heard += 1;
                    if heard > MESSAGES_MAX {
                        return Some((BAD_WORD, "too many messages"));
                    }
                }
            },
            () = tokio::time::sleep_until(next_beat.min(wake(state, expires))) => {
                if Instant::now() >= next_beat {
                    next_beat += HEARTBEAT;
                    if !matches!(timeout(SLOWEST, socket.send(Message::Ping(Vec::new().into()))).await, Ok(Ok(()))) {
                        return None;
                    }
                }
            }
        }
    }
}

/// When a token expires, on the clock by which one sleeps.
fn wake(state: &HttpState, expires: Option<WallTime>) -> Instant {
    let left = expires.map_or(i64::MAX, |expires| expires.since(state.service.clock().now()).max(0));
    let most = HEARTBEAT.as_millis() as u64;
    Instant::now() + Duration::from_millis(u64::try_from(left).unwrap_or(most).min(most).max(1))
}

/// Tells the visitor; false when they are gone, or take nothing.
async fn tell(socket: &mut WebSocket, told: &Told) -> bool {
    let text = serde_json::to_string(told).unwrap_or_default();
    matches!(timeout(SLOWEST, socket.send(Message::Text(text.into()))).await, Ok(Ok(())))
}

/// Why somebody is not let in.
enum Refusal {
    Gone,
    Word(&'static str),
    No(Rejection),
}

/// Hears what is wanted, and whether it may be had.
async fn first(state: &HttpState, socket: &mut WebSocket) -> Result<Admitted, Refusal> {
    let until = Instant::now() + FIRST_WORD;
    let text = loop {
        match timeout_at(until, socket.recv()).await {
            Ok(Some(Ok(Message::Text(text)))) => break text,
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
            Ok(Some(Ok(Message::Binary(_)))) => return Err(Refusal::Word("the first message is a text")),
            Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => return Err(Refusal::Gone),
            Err(_) => return Err(Refusal::Word("nothing was asked for")),
        }
    };
    let wanted: Wanted =
        serde_json::from_str(&text).map_err(|_| Refusal::Word("the first message says what is wanted"))?;
    let caller = match &wanted.token {
        Some(token) => Some(Caller::of(state, token).await.map_err(Refusal::No)?),
        None => None,
    };
    let world =
        dashboard::place(state, caller.as_ref(), wanted.world.as_deref()).await.map_err(Refusal::No)?;
    Ok(Admitted { world, caller, after: wanted.after.map(Position::new) })
}

#[cfg(test)]
#[path = "feed_tests.rs"]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests;
