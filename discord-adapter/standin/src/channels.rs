//! Channels that the application makes and keeps.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State as Shared};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, put};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::judge::violation;
use crate::rest::{empty, is_bot, may, own_guild, read, refused, told};
use crate::serve::Inner;
use crate::state::{Refusal, State, UNKNOWN_MESSAGE};

/// The permission to make and change channels.
const MANAGE_CHANNELS: u64 = 1 << 4;
/// The permission to pin messages.
const PIN_MESSAGES: u64 = 1 << 51;

const UNKNOWN_CHANNEL: Refusal = (404, 10_003, "Unknown Channel");
const UNKNOWN_GUILD: Refusal = (404, 10_004, "Unknown Guild");

/// A channel that was made here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Its server.
    pub guild: u64,
    /// Its name.
    pub name: String,
    /// What stands above it.
    pub topic: Option<String>,
    /// Messages that are pinned, in order.
    pub pins: Vec<u64>,
}

type Me = Shared<Arc<Inner>>;

pub(crate) fn routes() -> Router<Arc<Inner>> {
    Router::new()
        .route("/guilds/{guild}/channels", get(all).post(make))
        .route("/channels/{channel}", get(one).patch(change))
        .route("/channels/{channel}/messages/pins/{message}", put(pin))
}

fn shown(id: u64, channel: &Channel) -> Value {
    json!({
        "id": id.to_string(), "type": 0, "guild_id": channel.guild.to_string(), "name": channel.name,
        "topic": channel.topic, "position": 0, "permission_overwrites": [], "nsfw": false, "parent_id": null,
        "last_message_id": null, "flags": 0,
    })
}

impl State {
    /// What is wrong with a name or a topic, besides what the description says.
    fn judged_channel(&mut self, method: &str, path: &str, body: &Value) -> Result<(), Refusal> {
        let mut broken = self.described(method, path, body);
        let name = body["name"].as_str().unwrap_or("news");
        let plain =
            |c: char| c.is_ascii_digit() || c == '-' || c == '_' || (c.is_alphabetic() && !c.is_uppercase());
        if !name.chars().all(plain) {
            broken.push(violation("/name", "a channel of text has a name in lower case without blanks"));
        }
        // Of a channel of text; forums take more.
        if body["topic"].as_str().is_some_and(|topic| topic.chars().count() > 1024) {
            broken.push(violation("/topic", "more than 1,024 characters"));
        }
        self.judged(path, broken)
    }
}

async fn all(Shared(me): Me, Path(guild): Path<u64>, headers: HeaderMap) -> Response {
    let known = if own_guild(&me, guild) { Ok(()) } else { Err(UNKNOWN_GUILD) };
    let state = me.state();
    let list = || {
        let own = state.channels.iter().filter(|(_, channel)| channel.guild == guild);
        own.map(|(id, channel)| shown(*id, channel)).collect::<Vec<_>>().into()
    };
    told(&state, is_bot(&me, &headers).and(known).map(|()| list()))
}

async fn make(Shared(me): Me, Path(guild): Path<u64>, headers: HeaderMap, body: Bytes) -> Response {
    let allowed = may(&me, MANAGE_CHANNELS);
    let known = if own_guild(&me, guild) { Ok(()) } else { Err(UNKNOWN_GUILD) };
    let mut state = me.state();
    let ending = is_bot(&me, &headers)
        .and(known)
        .and(allowed)
        .and_then(|()| read(&mut state, &headers, &body))
        .and_then(|(body, _)| {
            state.judged_channel("post", "/guilds/{guild_id}/channels", &body)?;
            let channel = Channel {
                guild,
                name: body["name"].as_str().unwrap_or_default().to_owned(),
                topic: body["topic"].as_str().map(str::to_owned),
                pins: Vec::new(),
            };
            let id = state.id();
            let answer = shown(id, &channel);
            state.channels.insert(id, channel);
            Ok(answer)
        });
    told(&state, ending)
}

async fn one(Shared(me): Me, Path(channel): Path<u64>, headers: HeaderMap) -> Response {
    let state = me.state();
    // A channel that was there before is one without a topic.
    let foreign = Channel { guild: 0, name: "general".to_owned(), topic: None, pins: Vec::new() };
    let found = shown(channel, state.channels.get(&channel).unwrap_or(&foreign));
    told(&state, is_bot(&me, &headers).map(|()| found))
}

async fn change(Shared(me): Me, Path(channel): Path<u64>, headers: HeaderMap, body: Bytes) -> Response {
    let allowed = may(&me, MANAGE_CHANNELS);
    let mut state = me.state();
    let ending = is_bot(&me, &headers)
        .and(allowed)
        .and_then(|()| read(&mut state, &headers, &body))
        .and_then(|(body, _)| {
            state.judged_channel("patch", "/channels/{channel_id}", &body)?;
            let known = state.channels.get_mut(&channel).ok_or(UNKNOWN_CHANNEL)?;
            if let Some(topic) = body["topic"].as_str() {
                known.topic = Some(topic.to_owned());
            }
            Ok(shown(channel, known))
        });
    told(&state, ending)
}

async fn pin(Shared(me): Me, Path((channel, message)): Path<(u64, u64)>, headers: HeaderMap) -> Response {
    let allowed = may(&me, PIN_MESSAGES);
    let mut state = me.state();
    let there = state.messages.get(&message).is_some_and(|known| known.channel == channel && !known.private);
    let ending = is_bot(&me, &headers).and(allowed).and(if there { Ok(()) } else { Err(UNKNOWN_MESSAGE) });
    if let Err(refusal) = ending {
        return refused(&state, refusal);
    }
    if let Some(known) = state.channels.get_mut(&channel)
        && !known.pins.contains(&message)
    {
        known.pins.push(message);
    }
    empty()
}
