//! The gateway: sessions of bots, the events that they are sent and can ask for again, and faults on a switch.
//!
//! What a session was sent is kept, so that a bot whose connection broke gets what it missed; a session that was
//! invalidated is gone with all that it missed, as with Discord.

mod identify;
mod payload;
mod socket;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

pub(crate) use payload::guild;
pub(crate) use socket::connect;

/// Most events that a session can ask for again.
const MOST_KEPT: usize = 10_000;

/// What the next interactions meet on their way through the gateway, each one interaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GatewayFault {
    /// The connection breaks before the event is sent; it can be asked for again.
    DropBefore,
    /// The connection breaks right after the event.
    DropAfter,
    /// The event is sent twice, each with a sequence number of its own.
    Twice,
    /// The event is sent after the next one, or a moment later if there is none.
    OutOfOrder,
    /// The event is sent, and then the session is invalid. One that can be resumed gets the event only then.
    InvalidSession {
        /// Whether it can be resumed.
        resumable: bool,
    },
    /// The bot is asked to reconnect before the event is sent.
    Reconnect,
    /// The event is sent so much later, and all others with it.
    Slow(Duration),
    /// The connection is closed with this code before the event is sent.
    Close(u16),
}

/// What goes to a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Push {
    /// A frame.
    Text(String),
    /// A frame that lets the next one pass.
    Late(String),
    /// Nothing for so long.
    Wait(Duration),
    /// The connection breaks without a word.
    Cut,
    /// The connection is closed with a code.
    Close(u16),
}

/// A session of one shard of a bot.
#[derive(Debug)]
pub struct Session {
    /// The shard's number, and of how many.
    pub shard: (u64, u64),
    /// What it asked to be told.
    pub intents: u64,
    /// The number of the last event.
    pub sequence: u64,
    log: VecDeque<(u64, String)>,
    link: Option<UnboundedSender<Push>>,
}

/// The gateway's side of what the stand-in remembers.
#[derive(Debug, Default)]
pub struct Gateway {
    /// Sessions by id.
    pub sessions: BTreeMap<String, Session>,
    /// What the next interactions meet.
    pub faults: VecDeque<GatewayFault>,
    /// The code with which whoever identifies is sent away, while there is one.
    pub refuse: Option<u16>,
    /// How often a bot identified.
    pub identified: u64,
    /// How often a session was resumed.
    pub resumed: u64,
    /// How often a heartbeat was answered.
    pub heartbeats: u64,
    last_identified: BTreeMap<u64, Instant>,
    last_session: u64,
}

fn frame(sequence: u64, event: &str, data: &Value) -> String {
    json!({ "op": 0, "t": event, "s": sequence, "d": data }).to_string()
}

impl Session {
    /// Whether a connection serves it.
    #[must_use]
    pub const fn connected(&self) -> bool {
        self.link.is_some()
    }

    /// Numbers an event and keeps it.
    fn keep(&mut self, event: &str, data: &Value) -> String {
        self.sequence += 1;
        let text = frame(self.sequence, event, data);
        self.log.push_back((self.sequence, text.clone()));
        if self.log.len() > MOST_KEPT {
            self.log.pop_front();
        }
        text
    }

    fn push(&self, push: Push) {
        if let Some(link) = &self.link {
            // A connection that has ended is found out by its own task.
            link.send(push).unwrap_or_default();
        }
    }

    fn cut(&mut self) {
        self.push(Push::Cut);
        self.link = None;
    }
}

impl Gateway {
    /// The session that is told what happens on a server: one that is connected, or else the last one that was.
    fn responsible(&self, guild: Option<u64>) -> Option<String> {
        let takes = |session: &Session| {
            let (shard, shards) = session.shard;
            guild.map_or(0, |guild| (guild >> 22) % shards.max(1)) == shard
        };
        let mut all = self.sessions.iter().filter(|(_, session)| takes(session));
        let connected = all.clone().find(|(_, session)| session.connected());
        connected.or_else(|| all.next_back()).map(|(id, _)| id.clone())
    }

    /// Sends an event to whoever is told of that server; false where nobody is.
    pub(crate) fn dispatch(&mut self, guild: Option<u64>, event: &str, data: &Value) -> bool {
        let Some(id) = self.responsible(guild) else { return false };
        let fault = if event == "INTERACTION_CREATE" { self.faults.pop_front() } else { None };
        let Some(session) = self.sessions.get_mut(&id) else { return false };
        let text = session.keep(event, data);
        match fault {
            None => session.push(Push::Text(text)),
            Some(GatewayFault::DropBefore) => session.cut(),
            Some(GatewayFault::DropAfter) => {
                session.push(Push::Text(text));
                session.cut();
            }
            Some(GatewayFault::Twice) => {
                session.push(Push::Text(text));
                let again = session.keep(event, data);
                session.push(Push::Text(again));
            }
            Some(GatewayFault::OutOfOrder) => session.push(Push::Late(text)),
            Some(GatewayFault::InvalidSession { resumable }) => {
                if !resumable {
                    session.push(Push::Text(text));
                }
                session.push(Push::Text(json!({ "op": 9, "d": resumable }).to_string()));
                if !resumable {
                    self.sessions.remove(&id);
                }
            }
            Some(GatewayFault::Reconnect) => {
                session.push(Push::Text(json!({ "op": 7, "d": null }).to_string()));
            }
            Some(GatewayFault::Slow(span)) => {
                session.push(Push::Wait(span));
                session.push(Push::Text(text));
            }
            Some(GatewayFault::Close(code)) => {
                session.push(Push::Close(code));
                session.link = None;
            }
        }
        true
    }

    /// Breaks every connection without a word.
    pub fn cut(&mut self) {
        self.sessions.values_mut().for_each(Session::cut);
    }

    /// How many sessions are connected.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.sessions.values().filter(|session| session.connected()).count()
    }
}
