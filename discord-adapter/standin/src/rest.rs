//! The REST API.

use std::collections::BTreeMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State as Shared};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post, put};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::faults::{Fault, LimitScope};
use crate::judge::violation;
use crate::multipart::{self, File};
use crate::people;
use crate::serve::Inner;
use crate::state::{INVALID, Refusal, State, UNKNOWN_MESSAGE};

/// Most bytes of a request.
const MOST_BYTES: usize = 25 * 1024 * 1024;

const UNKNOWN_GUILD: Refusal = (404, 10_004, "Unknown Guild");
const MISSING_ACCESS: Refusal = (403, 50_001, "Missing Access");

type Me = Shared<Arc<Inner>>;

pub(crate) fn router(inner: Arc<Inner>) -> Router {
    let api = Router::new()
        .route("/gateway", get(gateway))
        .route("/gateway/bot", get(gateway_bot))
        .route("/applications/@me", get(application))
        .route("/applications/{application}/guilds/{guild}/commands", put(register).get(registered))
        .route("/guilds/{guild}", get(guild))
        .route("/users/@me/channels", post(private_channel))
        .route("/users/@me/guilds", get(own_guilds))
        .route("/channels/{channel}/messages", post(channel_message))
        .route("/channels/{channel}/messages/{message}", get(posted))
        .route("/interactions/{id}/{token}/callback", post(callback))
        .route("/webhooks/{application}/{token}", post(follow))
        // The message is "@original", which some libraries escape, or an id.
        .route("/webhooks/{application}/{token}/messages/{message}", get(original).patch(edit).delete(delete))
        .merge(crate::channels::routes())
        .merge(crate::oauth::routes())
        .fallback(nowhere)
        .layer(axum::extract::DefaultBodyLimit::max(MOST_BYTES))
        .layer(from_fn_with_state(Arc::clone(&inner), met));
    Router::new().route("/", get(crate::gateway::connect)).nest("/api/v10", api).with_state(inner)
}

impl Inner {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the call down, and lets it meet the next fault.
async fn met(Shared(me): Me, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    // Tokens of interactions are not for logs, here as anywhere.
    let shown: Vec<&str> =
        path.split('/').map(|part| if part.starts_with("standin-") { "{token}" } else { part }).collect();
    let limit = me.options.lock().unwrap_or_else(PoisonError::into_inner).limit;
    let (fault, standing) = {
        let mut state = me.state();
        state.calls.push(format!("{} {}", request.method(), shown.join("/")));
        let now = state.now();
        (state.fault(&path), state.buckets.take(limit, request.method().as_str(), &path, now))
    };
    let standing = match standing {
        Ok(standing) => standing,
        Err(after) => return limited(LimitScope::User, after),
    };
    match fault {
        None | Some(Fault::Nothing) => standing.told(next.run(request).await),
        Some(Fault::Limited(scope, after)) => limited(scope, after),
        Some(Fault::Refused(status, code)) => {
            answer(status, &json!({ "message": "refused on a test's order", "code": code }))
        }
        Some(Fault::Status(status)) => answer(status, &json!({ "message": "fault", "code": 0 })),
        Some(Fault::DoneAndLost) => {
            next.run(request).await;
            answer(502, &json!({ "message": "the answer was lost", "code": 0 }))
        }
        Some(Fault::Slow(span)) => {
            tokio::time::sleep(span).await;
            next.run(request).await
        }
    }
}

fn limited(scope: LimitScope, after: Duration) -> Response {
    let seconds = after.as_secs_f64();
    let global = scope == LimitScope::Global;
    let body = json!({ "message": "You are being rate limited.", "retry_after": seconds, "global": global });
    let mut response = answer(429, &body);
    let mut put = |name: &'static str, text: &str| {
        if let Ok(value) = HeaderValue::from_str(text) {
            response.headers_mut().insert(name, value);
        }
    };
    put("retry-after", &format!("{seconds:.3}"));
    put("x-ratelimit-scope", scope.word());
    if global {
        put("x-ratelimit-global", "true");
    }
    response
}

fn answer(status: u16, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

pub(crate) fn empty() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

pub(crate) fn refused(state: &State, (status, code, message): Refusal) -> Response {
    let mut body = json!({ "code": code, "message": message });
    if (status, code, message) == INVALID
        && let Some(last) = state.violations.last()
    {
        body["errors"] = json!({ "_errors": [{ "code": "RULE", "message": last.to_string() }] });
    }
    answer(status, &body)
}

pub(crate) fn told(state: &State, ending: Result<Value, Refusal>) -> Response {
    match ending {
        Ok(body) => answer(200, &body),
        Err(refusal) => refused(state, refusal),
    }
}

/// The body of a call; none is written down as a broken rule.
pub(crate) fn read(
    state: &mut State,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Value, Vec<File>), Refusal> {
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    multipart::read(kind, body).ok_or_else(|| {
        state.violations.push(violation("body", "can not be read"));
        (400, 50_109, "The request body contains invalid JSON.")
    })
}

/// Whether the call bears the bot's token.
pub(crate) fn is_bot(me: &Inner, headers: &HeaderMap) -> Result<(), Refusal> {
    let options = me.options.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = format!("Bot {}", options.token);
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    if given == Some(wanted.as_str()) { Ok(()) } else { Err((401, 0, "401: Unauthorized")) }
}

/// Whether the bot has a permission.
pub(crate) fn may(me: &Inner, permission: u64) -> Result<(), Refusal> {
    let permissions = me.options.lock().unwrap_or_else(PoisonError::into_inner).permissions;
    if permissions & permission != 0 { Ok(()) } else { Err((403, 50_013, "Missing Permissions")) }
}

pub(crate) fn own_guild(me: &Inner, guild: u64) -> bool {
    me.options.lock().unwrap_or_else(PoisonError::into_inner).guilds.contains(&guild)
}

/// A message, as it is told to who may see it.
fn shown(me: &Inner, state: &State, id: u64) -> Value {
    let application = me.options.lock().unwrap_or_else(PoisonError::into_inner).application;
    state.messages.get(&id).map_or(Value::Null, |message| people::message(application, id, message))
}

fn gateway_url(headers: &HeaderMap) -> String {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
    format!("ws://{host}")
}

async fn gateway(headers: HeaderMap) -> Response {
    answer(200, &json!({ "url": gateway_url(&headers) }))
}

async fn gateway_bot(Shared(me): Me, headers: HeaderMap) -> Response {
    let ending = is_bot(&me, &headers).map(|()| {
        let options = me.options.lock().unwrap_or_else(PoisonError::into_inner);
        json!({
            "url": gateway_url(&headers), "shards": options.shards,
            "session_start_limit": {
                "total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": options.max_concurrency,
            },
        })
    });
    told(&me.state(), ending)
}

async fn application(Shared(me): Me, headers: HeaderMap) -> Response {
    let ending = is_bot(&me, &headers).map(|()| {
        let options = me.options.lock().unwrap_or_else(PoisonError::into_inner);
        let url = Some(options.endpoint.as_str()).filter(|url| !url.is_empty());
        json!({
            "id": options.application.to_string(), "name": "Annals", "description": "",
            "verify_key": hex::encode(me.key.verifying_key().as_bytes()),
            "interactions_endpoint_url": url, "flags": 0,
        })
    });
    told(&me.state(), ending)
}

async fn guild(Shared(me): Me, Path(guild): Path<u64>, headers: HeaderMap) -> Response {
    let known = if own_guild(&me, guild) { Ok(()) } else { Err(UNKNOWN_GUILD) };
    let ending = is_bot(&me, &headers).and(known);
    told(&me.state(), ending.map(|()| json!({ "id": guild.to_string(), "name": "Test Realm" })))
}

async fn own_guilds(
    Shared(me): Me,
    Query(page): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let number = |name: &str| page.get(name).and_then(|text| text.parse::<u64>().ok());
    let (after, limit) = (number("after").unwrap_or(0), number("limit").unwrap_or(200));
    let ending = is_bot(&me, &headers).map(|()| {
        let options = me.options.lock().unwrap_or_else(PoisonError::into_inner);
        let mut guilds: Vec<u64> = options.guilds.iter().copied().filter(|guild| *guild > after).collect();
        guilds.sort_unstable();
        guilds.truncate(usize::try_from(limit).unwrap_or(200).min(200));
        let one = |guild: u64| {
            json!({
                "id": guild.to_string(), "name": "Test Realm", "icon": null, "banner": null, "owner": false,
                "permissions": options.permissions.to_string(), "features": [],
            })
        };
        Value::Array(guilds.into_iter().map(one).collect())
    });
    told(&me.state(), ending)
}

async fn register(
    Shared(me): Me,
    Path((application, guild)): Path<(u64, u64)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = me.state();
    let known = if own_guild(&me, guild) { Ok(()) } else { Err(MISSING_ACCESS) };
    let ending = is_bot(&me, &headers)
        .and(known)
        .and_then(|()| read(&mut state, &headers, &body))
        .and_then(|(body, _)| state.register(application, guild, &body));
    told(&state, ending)
}

async fn registered(
    Shared(me): Me,
    Path((_, guild)): Path<(u64, u64)>,
    Query(asked): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let state = me.state();
    let known = if own_guild(&me, guild) { Ok(()) } else { Err(MISSING_ACCESS) };
    let list = || {
        let mut list = state.commands.get(&guild).cloned().unwrap_or_else(|| json!([]));
        // Texts in other languages are told to who asks for them.
        if asked.get("with_localizations").is_none_or(|wanted| wanted != "true") {
            unlocalised(&mut list);
        }
        list
    };
    told(&state, is_bot(&me, &headers).and(known).map(|()| list()))
}

fn unlocalised(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.ends_with("_localizations"));
            fields.values_mut().for_each(unlocalised);
        }
        Value::Array(all) => all.iter_mut().for_each(unlocalised),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

async fn private_channel(Shared(me): Me, headers: HeaderMap, body: Bytes) -> Response {
    let mut state = me.state();
    let ending =
        is_bot(&me, &headers).and_then(|()| read(&mut state, &headers, &body)).and_then(|(body, _)| {
            // The channel's id is made of the user's: asking twice gives the same.
            let user = body["recipient_id"].as_str().and_then(|text| text.parse::<u64>().ok());
            user.map(|user| json!({ "id": (user ^ 1).to_string(), "type": 1 })).ok_or(INVALID)
        });
    told(&state, ending)
}

async fn channel_message(
    Shared(me): Me,
    Path(channel): Path<u64>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = me.state();
    let ending = is_bot(&me, &headers)
        .and_then(|()| read(&mut state, &headers, &body))
        .and_then(|(body, files)| state.post(channel, &body, files))
        .map(|id| shown(&me, &state, id));
    told(&state, ending)
}

/// A message of a channel. What only one person sees is in no channel: Discord does not know of it here.
async fn posted(Shared(me): Me, Path((channel, message)): Path<(u64, u64)>, headers: HeaderMap) -> Response {
    let state = me.state();
    let ending = is_bot(&me, &headers).and_then(|()| {
        let known = state.messages.get(&message);
        known.filter(|known| known.channel == channel && !known.private).ok_or(UNKNOWN_MESSAGE)
    });
    let ending = ending.map(|_| shown(&me, &state, message));
    told(&state, ending)
}

async fn callback(
    Shared(me): Me,
    Path((_, token)): Path<(u64, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = me.state();
    let ending =
        read(&mut state, &headers, &body).and_then(|(body, files)| state.callback(&token, &body, files));
    me.answered.notify_waiters();
    match ending {
        Ok(()) => empty(),
        Err(refusal) => refused(&state, refusal),
    }
}

async fn follow(
    Shared(me): Me,
    Path((_, token)): Path<(u64, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = me.state();
    let ending = read(&mut state, &headers, &body)
        .and_then(|(body, files)| state.follow(&token, &body, files))
        .map(|id| shown(&me, &state, id));
    told(&state, ending)
}

async fn original(Shared(me): Me, Path((_, token, message)): Path<(u64, String, String)>) -> Response {
    let mut state = me.state();
    let ending = state.answer(&token, &message).map(|id| shown(&me, &state, id));
    told(&state, ending)
}

async fn edit(
    Shared(me): Me,
    Path((_, token, message)): Path<(u64, String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut state = me.state();
    let ending = read(&mut state, &headers, &body)
        .and_then(|(body, files)| state.edit(&token, &message, &body, files))
        .map(|id| shown(&me, &state, id));
    told(&state, ending)
}

async fn delete(Shared(me): Me, Path((_, token, message)): Path<(u64, String, String)>) -> Response {
    let mut state = me.state();
    match state.delete(&token, &message) {
        Ok(()) => empty(),
        Err(refusal) => refused(&state, refusal),
    }
}

/// A call that is not known here. Its body is read, so that the connection can go on.
async fn nowhere(Shared(me): Me, request: axum::http::Uri, _: Bytes) -> Response {
    me.state().violations.push(violation(request.path(), "no such route here"));
    answer(404, &json!({ "message": "404: Not Found", "code": 0 }))
}
