//! Who may begin a session or take one up again.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::{Push, Session, payload};
use crate::judge::violation;
use crate::serve::Options;
use crate::state::State;

const AUTHENTICATION_FAILED: u16 = 4004;
const INVALID_SEQUENCE: u16 = 4007;
const INVALID_SHARD: u16 = 4010;
const INVALID_INTENTS: u16 = 4013;
const DISALLOWED_INTENTS: u16 = 4014;

/// Every intent that there is.
const KNOWN: u64 = 0x1_FFFF | (1 << 20) | (1 << 21) | (1 << 24) | (1 << 25);
/// Intents that the portal must allow: members, presences, the content of messages.
const PRIVILEGED: u64 = (1 << 1) | (1 << 8) | (1 << 15);
/// Without it a bot is not told of its servers.
const GUILDS: u64 = 1;

/// Two bots of one bucket may not identify within this.
const BETWEEN: Duration = Duration::from_secs(5);
/// How much sooner is overlooked, for a frame's way is not always as long.
const OVERLOOKED: Duration = Duration::from_millis(500);

/// A session, or what is said instead.
pub(super) type Begun = Result<String, Push>;

fn invalid() -> Push {
    Push::Text(json!({ "op": 9, "d": false }).to_string())
}

fn known_token(options: &Options, data: &Value) -> Result<(), Push> {
    let given = data["token"].as_str().unwrap_or_default();
    let given = given.strip_prefix("Bot ").unwrap_or(given);
    if given == options.token { Ok(()) } else { Err(Push::Close(AUTHENTICATION_FAILED)) }
}

/// Takes an IDENTIFY: a new session, to which READY and the servers are sent.
pub(super) fn identify(
    state: &mut State,
    options: &Options,
    url: &str,
    link: &UnboundedSender<Push>,
    data: &Value,
) -> Begun {
    known_token(options, data)?;
    let given = &data["shard"];
    let shard = if given.is_null() {
        (0, 1)
    } else {
        (given[0].as_u64().unwrap_or(u64::MAX), given[1].as_u64().unwrap_or(0))
    };
    if shard.0 >= shard.1 {
        return Err(Push::Close(INVALID_SHARD));
    }
    let intents = data["intents"].as_u64().filter(|bits| bits & !KNOWN == 0);
    let intents = intents.ok_or(Push::Close(INVALID_INTENTS))?;
    if intents & PRIVILEGED != 0 {
        return Err(Push::Close(DISALLOWED_INTENTS));
    }
    if let Some(code) = state.gateway.refuse {
        return Err(Push::Close(code));
    }
    if !data["properties"].is_object() {
        state.violations.push(violation("IDENTIFY", "no properties"));
    }
    let now = Instant::now();
    let bucket = shard.0 % options.max_concurrency.max(1);
    let soon = |at: &Instant| now.duration_since(*at) + OVERLOOKED < BETWEEN;
    if state.gateway.last_identified.get(&bucket).is_some_and(soon) {
        state.violations.push(violation("IDENTIFY", "a second one within 5 s"));
        return Err(invalid());
    }
    let gateway = &mut state.gateway;
    gateway.last_identified.insert(bucket, now);
    gateway.identified += 1;
    gateway.last_session += 1;
    // Whoever begins anew has given up what was before.
    gateway.sessions.retain(|_, old| old.shard != shard || old.connected());
    // Ids grow, so that the last session is the last by its id.
    let id = format!("session-{:08}", gateway.last_session);
    let mut session = Session {
        shard,
        intents,
        sequence: 0,
        log: std::collections::VecDeque::new(),
        link: Some(link.clone()),
    };
    let mut tell = |event: &str, data: &Value| {
        let text = session.keep(event, data);
        session.push(Push::Text(text));
    };
    tell("READY", &payload::ready(options, &id, url, shard));
    if intents & GUILDS != 0 {
        let own = options.guilds.iter().filter(|guild| (**guild >> 22) % shard.1 == shard.0);
        own.for_each(|guild| tell("GUILD_CREATE", &payload::guild(*guild)));
    }
    gateway.sessions.insert(id.clone(), session);
    Ok(id)
}

/// Takes a RESUME: what the session missed is sent again.
pub(super) fn resume(
    state: &mut State,
    options: &Options,
    link: &UnboundedSender<Push>,
    data: &Value,
) -> Begun {
    known_token(options, data)?;
    let id = data["session_id"].as_str().unwrap_or_default().to_owned();
    let session = state.gateway.sessions.get_mut(&id).ok_or_else(invalid)?;
    let seen = data["seq"].as_u64().unwrap_or(u64::MAX);
    if seen > session.sequence {
        return Err(Push::Close(INVALID_SEQUENCE));
    }
    // The connection before, if it is still there, serves nobody any more.
    session.cut();
    session.link = Some(link.clone());
    for (_, text) in session.log.iter().filter(|(sequence, _)| *sequence > seen) {
        session.push(Push::Text(text.clone()));
    }
    let text = session.keep("RESUMED", &json!({ "_trace": [] }));
    session.push(Push::Text(text));
    state.gateway.resumed += 1;
    Ok(id)
}
