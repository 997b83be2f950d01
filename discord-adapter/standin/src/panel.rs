//! A page for people: what came in, and the buttons, commands, forms and faults to play with. One file, nothing from
//! elsewhere; served on loopback beside the API.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{Path, State as Shared};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::faults::{Fault, LimitScope};
use crate::gateway::GatewayFault;
use crate::people::{self, Person, Spot};
use crate::send::{Delivery, Tamper};
use crate::serve::{Standin, StartError};
use crate::state::{Message, State};

const PAGE: &str = include_str!("panel.html");

/// Calls that are shown.
const CALLS: usize = 60;

/// Who plays.
fn cast() -> [(&'static str, Person); 3] {
    let id = |number: u64| 900_000_000_000_000_300 + number;
    [
        ("alice", Person::member(id(1), "alice")),
        ("bob", Person::member(id(2), "bob")),
        ("ann", Person::admin(id(3), "ann")),
    ]
}

/// Opens the page; where it is.
///
/// # Errors
/// [`StartError::Listen`].
pub async fn open(standin: &Standin, at: SocketAddr) -> Result<SocketAddr, StartError> {
    let listener = tokio::net::TcpListener::bind(at).await.map_err(|error| StartError::Listen(at, error))?;
    let address = listener.local_addr().map_err(|error| StartError::Listen(at, error))?;
    let router = Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/look", get(look))
        .route("/file/{message}/{number}", get(file))
        .route("/do", post(act))
        .with_state(standin.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

fn shown(id: u64, message: &Message) -> Value {
    let files: Vec<&String> = message.files.iter().map(|(name, _)| name).collect();
    json!({
        "id": id.to_string(), "channel": message.channel.to_string(), "private": message.private,
        "edits": message.edits, "body": message.body, "files": files,
    })
}

/// How each interaction was answered, newest last.
fn answers(state: &State) -> Vec<Value> {
    let mut all: Vec<_> = state.interactions.values().collect();
    all.sort_by_key(|told| told.at);
    all.iter()
        .rev()
        .take(CALLS)
        .rev()
        .map(|told| {
            json!({
                "kind": told.kind, "first": told.first.as_ref().map(|first| first["type"].clone()),
                "deferred": told.deferred, "more": told.more.len(),
            })
        })
        .collect()
}

async fn look(Shared(me): Shared<Standin>) -> Json<Value> {
    let (guilds, endpoint) = {
        let options = me.options();
        (options.guilds.clone(), options.endpoint.clone())
    };
    let state = me.state();
    let commands: Value = state
        .commands
        .iter()
        .map(|(guild, list)| (guild.to_string(), list.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let messages: Vec<Value> = state.messages.iter().map(|(id, message)| shown(*id, message)).collect();
    let broken: Vec<String> = state.violations.iter().map(ToString::to_string).collect();
    let calls: Vec<&String> = state.calls.iter().rev().take(CALLS).collect();
    let who: Vec<&str> = cast().iter().map(|(name, _)| *name).collect();
    Json(json!({
        "guilds": guilds.iter().map(ToString::to_string).collect::<Vec<_>>(), "who": who,
        "way": if endpoint.is_empty() { format!("gateway, {} sessions", state.gateway.connected()) } else { endpoint },
        "commands": commands, "messages": messages, "broken": broken, "calls": calls,
        "answers": answers(&state),
        "faults": state.faults.iter().map(|fault| format!("{fault:?}"))
            .chain(state.gateway.faults.iter().map(|fault| format!("{fault:?}"))).collect::<Vec<_>>(),
    }))
}

async fn file(Shared(me): Shared<Standin>, Path((message, number)): Path<(u64, usize)>) -> Response {
    let state = me.state();
    let found = state.messages.get(&message).and_then(|message| message.files.get(number));
    match found {
        Some((_, bytes)) => ([("content-type", "image/png")], bytes.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    text(value).parse().unwrap_or(0)
}

/// What the page asks for as an interaction: its type and data, and the message that it is about.
fn asked(wish: &Value) -> Option<(u64, Value)> {
    let options = || -> Vec<(&str, u64, Value)> {
        let all = wish["options"].as_array().map(Vec::as_slice).unwrap_or_default();
        let one = |option: &Value| option["type"].as_u64().unwrap_or(3);
        all.iter().map(|option| (text(&option["name"]), one(option), option["value"].clone())).collect()
    };
    Some(match text(&wish["act"]) {
        "command" => (2, people::command(text(&wish["path"]), &options())),
        "type" => (4, people::typing(text(&wish["path"]), text(&wish["option"]), text(&wish["typed"]))),
        "press" => (3, people::button(text(&wish["custom_id"]))),
        "pick" => {
            let values = &wish["values"];
            (3, json!({ "id": 2, "component_type": 3, "custom_id": wish["custom_id"], "values": values }))
        }
        "form" => {
            let fields = wish["fields"].as_object().into_iter().flatten();
            let fields: Vec<(&str, &str)> =
                fields.map(|(name, value)| (name.as_str(), text(value))).collect();
            (5, people::form(text(&wish["custom_id"]), &fields))
        }
        _ => return None,
    })
}

/// A fault by its word on the page.
fn fault(me: &Standin, word: &str) -> bool {
    let second = Duration::from_secs(1);
    let rest = match word {
        "429 user" => Some(Fault::Limited(LimitScope::User, second)),
        "429 shared" => Some(Fault::Limited(LimitScope::Shared, second)),
        "429 global" => Some(Fault::Limited(LimitScope::Global, second)),
        "500" => Some(Fault::Status(500)),
        "answer lost" => Some(Fault::DoneAndLost),
        "slow call" => Some(Fault::Slow(3 * second)),
        _ => None,
    };
    let gateway = match word {
        "drop before" => Some(GatewayFault::DropBefore),
        "drop after" => Some(GatewayFault::DropAfter),
        "twice" => Some(GatewayFault::Twice),
        "out of order" => Some(GatewayFault::OutOfOrder),
        "reconnect" => Some(GatewayFault::Reconnect),
        "session gone" => Some(GatewayFault::InvalidSession { resumable: false }),
        _ => None,
    };
    let known = rest.is_some() || gateway.is_some();
    rest.into_iter().for_each(|fault| me.fault(fault));
    gateway.into_iter().for_each(|fault| me.gateway_fault(fault));
    known
}

fn told(delivery: &Delivery) -> Json<Value> {
    Json(json!({
        "status": delivery.status, "answer": delivery.answer,
        "refused": delivery.refused.map(|(_, code, words)| format!("{code} {words}")),
    }))
}

async fn act(Shared(me): Shared<Standin>, Json(wish): Json<Value>) -> Response {
    let tamper = match text(&wish["tamper"]) {
        "body" => Tamper::Body,
        "signature" => Tamper::Signature,
        "unsigned" => Tamper::Unsigned,
        "stale" => Tamper::Aged(-3600),
        _ => Tamper::None,
    };
    match text(&wish["act"]) {
        "fault" if fault(&me, text(&wish["fault"])) => return Json(json!({})).into_response(),
        "calm" => {
            let mut state = me.state();
            state.faults.clear();
            state.gateway.faults.clear();
            return Json(json!({})).into_response();
        }
        "ping" => return told(&me.ping(tamper).await).into_response(),
        _ => {}
    }
    let Some((kind, data)) = asked(&wish) else { return StatusCode::BAD_REQUEST.into_response() };
    let cast = cast();
    let who = cast.iter().find(|(name, _)| *name == text(&wish["who"])).unwrap_or(&cast[0]);
    let guild = number(&wish["guild"]);
    let spot = Spot { guild: (guild != 0).then_some(guild), channel: guild.wrapping_add(100) };
    let mut value = people::interaction(kind, &who.1, spot, &data);
    if let Some(locale) = wish["locale"].as_str() {
        value["locale"] = locale.into();
    }
    let on = number(&wish["message"]);
    let known = me.state().messages.get(&on).cloned();
    if let Some(known) = known {
        let application = me.options().application;
        value["message"] = people::message(application, on, &known);
    }
    told(&me.send(value, tamper).await).into_response()
}
