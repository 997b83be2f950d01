//! One connection of a bot.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::extract::State as Shared;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::{Push, identify};
use crate::judge::violation;
use crate::serve::Inner;
use crate::state::State;

const UNKNOWN_OPCODE: u16 = 4001;
const DECODE_ERROR: u16 = 4002;
const NOT_AUTHENTICATED: u16 = 4003;
const ALREADY_AUTHENTICATED: u16 = 4005;
const RATE_LIMITED: u16 = 4008;
const TIMED_OUT: u16 = 4009;

/// Most bytes of a frame that a bot sends.
const MOST_BYTES: usize = 4_096;
/// Most frames that a bot sends within [`WINDOW`].
const MOST_SENDS: usize = 120;
const WINDOW: Duration = Duration::from_secs(60);
/// So long an event that lets another one pass waits for it.
const LATE: Duration = Duration::from_millis(300);

/// Takes a connection.
pub(crate) async fn connect(
    Shared(me): Shared<Arc<Inner>>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1").to_owned();
    upgrade.on_upgrade(move |socket| async move {
        let (link, pushed) = unbounded_channel();
        let url = format!("ws://{host}/");
        let connection = Connection {
            me,
            url,
            link,
            session: None,
            sends: VecDeque::new(),
            late: None,
            heard: Instant::now(),
        };
        connection.run(socket, pushed).await;
    })
}

struct Connection {
    me: Arc<Inner>,
    url: String,
    link: UnboundedSender<Push>,
    session: Option<String>,
    sends: VecDeque<Instant>,
    late: Option<(Instant, String)>,
    heard: Instant,
}

/// Whether the connection goes on.
type Goes = bool;

impl Connection {
    async fn run(mut self, mut socket: WebSocket, mut pushed: UnboundedReceiver<Push>) {
        let interval = self
            .me
            .options
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .heartbeat
            .max(Duration::from_millis(50));
        let hello = json!({ "op": 10, "d": { "heartbeat_interval": interval.as_millis() as u64 } });
        let mut goes = say(&mut socket, hello.to_string()).await;
        while goes {
            let silent = self.heard + interval + interval / 2;
            let wake = self.late.as_ref().map_or(silent, |(at, _)| silent.min(*at));
            goes = tokio::select! {
                push = pushed.recv() => match push {
                    Some(push) => self.push(&mut socket, push).await,
                    None => false,
                },
                message = socket.recv() => match message {
                    Some(Ok(Message::Text(text))) => self.hear(&mut socket, text.as_str()).await,
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => true,
                    Some(Ok(Message::Binary(_))) => self.push(&mut socket, Push::Close(DECODE_ERROR)).await,
                    Some(Ok(Message::Close(frame))) => {
                        // With these codes a bot says that it will not come back.
                        if frame.is_some_and(|frame| matches!(frame.code, 1000 | 1001)) {
                            self.end();
                        }
                        false
                    }
                    Some(Err(_)) | None => false,
                },
                () = tokio::time::sleep_until(wake) => match self.late.take() {
                    Some((_, text)) => say(&mut socket, text).await,
                    None => self.push(&mut socket, Push::Close(TIMED_OUT)).await,
                },
            };
        }
        self.part();
    }

    /// The session goes on without a connection, unless another one serves it already.
    fn part(&self) {
        let mut state = self.me.state();
        let session = self.session.as_ref().and_then(|id| state.gateway.sessions.get_mut(id));
        if let Some(session) =
            session.filter(|session| session.link.as_ref().is_some_and(|link| link.same_channel(&self.link)))
        {
            session.link = None;
        }
    }

    fn end(&self) {
        if let Some(id) = &self.session {
            self.me.state().gateway.sessions.remove(id);
        }
    }

    async fn push(&mut self, socket: &mut WebSocket, push: Push) -> Goes {
        match push {
            Push::Text(text) => {
                let late = self.late.take();
                say(socket, text).await
                    && match late {
                        Some((_, late)) => say(socket, late).await,
                        None => true,
                    }
            }
            Push::Late(text) => {
                let earlier = self.late.replace((Instant::now() + LATE, text));
                match earlier {
                    Some((_, earlier)) => say(socket, earlier).await,
                    None => true,
                }
            }
            Push::Wait(span) => {
                tokio::time::sleep(span).await;
                true
            }
            Push::Cut => false,
            Push::Close(code) => {
                let frame = CloseFrame { code, reason: "".into() };
                let sent = socket.send(Message::Close(Some(frame))).await;
                // The other side answers with its own; only then is the connection at its end.
                let rest = async { while let Some(Ok(_)) = socket.recv().await {} };
                if sent.is_ok() {
                    tokio::time::timeout(Duration::from_secs(1), rest).await.unwrap_or_default();
                }
                false
            }
        }
    }

    async fn hear(&mut self, socket: &mut WebSocket, text: &str) -> Goes {
        match self.take(text) {
            Some(push) => self.push(socket, push).await,
            None => true,
        }
    }

    /// What is said to what a bot said.
    fn take(&mut self, text: &str) -> Option<Push> {
        let now = Instant::now();
        self.heard = now;
        while self.sends.front().is_some_and(|at| now.duration_since(*at) > WINDOW) {
            self.sends.pop_front();
        }
        self.sends.push_back(now);
        let me = Arc::clone(&self.me);
        let options = me.options.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut state = me.state();
        if self.sends.len() > MOST_SENDS {
            return broken(&mut state, "more than 120 sends within 60 s", RATE_LIMITED);
        }
        if text.len() > MOST_BYTES {
            return broken(&mut state, "more than 4,096 bytes", DECODE_ERROR);
        }
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            return broken(&mut state, "no JSON", DECODE_ERROR);
        };
        let (op, data) = (value["op"].as_u64(), &value["d"]);
        match op {
            Some(1) => {
                state.gateway.heartbeats += 1;
                Some(Push::Text(json!({ "op": 11 }).to_string()))
            }
            Some(2 | 6) if known(&state, self.session.as_ref()) => {
                broken(&mut state, "identified twice", ALREADY_AUTHENTICATED)
            }
            Some(2 | 6) => {
                let begun = if op == Some(2) {
                    identify::identify(&mut state, &options, &self.url, &self.link, data)
                } else {
                    identify::resume(&mut state, &options, &self.link, data)
                };
                match begun {
                    Ok(session) => {
                        self.session = Some(session);
                        None
                    }
                    Err(push) => Some(push),
                }
            }
            // Presence, voice, members, sounds: heard, and of no interest here.
            Some(3 | 4 | 8 | 31) if self.session.is_some() => None,
            Some(3 | 4 | 8 | 31) => broken(&mut state, "not identified yet", NOT_AUTHENTICATED),
            _ => broken(&mut state, "an unknown opcode", UNKNOWN_OPCODE),
        }
    }
}

/// Whether the connection serves a session. One that was invalidated is no more, and a new one may begin.
fn known(state: &State, session: Option<&String>) -> bool {
    session.is_some_and(|id| state.gateway.sessions.contains_key(id))
}

fn broken(state: &mut State, rule: &str, code: u16) -> Option<Push> {
    state.violations.push(violation("gateway", rule));
    Some(Push::Close(code))
}

async fn say(socket: &mut WebSocket, text: String) -> Goes {
    socket.send(Message::Text(text.into())).await.is_ok()
}
