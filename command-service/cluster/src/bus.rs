//! The NATS connection and its subjects. No type of the client leaves this room but messages and subscriptions.
//!
//! Core NATS only: requests, answers, and news that may be lost. Nothing that must not be lost goes this way; it is in the
//! log before it is told.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, HeaderMap, RequestErrorKind, ServerError};
use bytes::Bytes;
use futures_util::StreamExt;
use schemas::WorldId;
use tokio::sync::mpsc;

use crate::error::BusError;

/// How long to wait for the server before giving up.
const CONNECT: Duration = Duration::from_secs(5);
/// How often the connection is looked at, so that a dead one is found within twice this.
const PING: Duration = Duration::from_secs(3);
/// How long the server has to give back what was sent to try the user's rights.
const PROBE: Duration = Duration::from_secs(3);
/// How many messages of one subscription wait here, before the newest are dropped.
const WAITING_MAX: usize = 64 * 1024;
/// What a probe bears, so that nobody takes it for a message. No world's name begins with a dash.
const PROBE_WORLD: &str = "-";

/// The header with a commit's number.
pub(crate) const COMMIT_HEADER: &str = "Annals-Commit";
/// The header with the position of a commit's last event.
pub(crate) const POSITION_HEADER: &str = "Annals-Position";
/// The header with the node that tells.
pub(crate) const NODE_HEADER: &str = "Annals-Node";
/// The header with the number under which the rest of a long answer is kept, and of how many parts it is.
pub(crate) const PARTS_HEADER: &str = "Annals-Parts";

/// The subjects of one cluster: everything under its name.
#[derive(Debug, Clone)]
pub(crate) struct Subjects {
    cluster: String,
}

impl Subjects {
    pub(crate) fn command(&self, world: &WorldId) -> String {
        format!("{}.world.{world}.command", self.cluster)
    }

    pub(crate) fn question(&self, world: &WorldId) -> String {
        format!("{}.world.{world}.question", self.cluster)
    }

    pub(crate) fn commits(&self, world: &WorldId) -> String {
        format!("{}.world.{world}.commits", self.cluster)
    }

    /// The commits of all worlds.
    pub(crate) fn all_commits(&self) -> String {
        format!("{}.world.*.commits", self.cluster)
    }

    /// Where nodes tell about themselves.
    pub(crate) fn nodes(&self) -> String {
        format!("{}.nodes", self.cluster)
    }

    /// What one node is asked for: `take`, `open`, `part`.
    pub(crate) fn node(&self, node: &str, what: &str) -> String {
        format!("{}.node.{node}.{what}", self.cluster)
    }

    fn all_of_world(&self, what: &str) -> String {
        format!("{}.world.{PROBE_WORLD}.{what}", self.cluster)
    }
}

/// Whether the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    Up,
    Down,
}

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// Nobody listens there.
    Nobody,
    /// Somebody listens, but has not answered in time; or the connection is gone.
    Silence(String),
}

/// The connection.
#[derive(Debug, Clone)]
pub(crate) struct Bus {
    client: Client,
    pub(crate) subjects: Subjects,
    /// Whether the connection stands. Nothing is sent while it does not: the client would keep it and then stand still.
    up: Arc<AtomicBool>,
}

impl Bus {
    /// Connects, and tries that this user may do what a node must. What happens to the connection later is told through
    /// the receiver.
    pub(crate) async fn connect(
        url: &str,
        cluster: &str,
        node: &str,
    ) -> Result<(Self, mpsc::UnboundedReceiver<Line>), BusError> {
        let (servers, name) = addresses(url)?;
        let (events, lines) = mpsc::unbounded_channel();
        let (denials, mut denied) = mpsc::unbounded_channel();
        let up = Arc::new(AtomicBool::new(true));
        let line = Arc::clone(&up);
        let told = move |event: Event| {
            let (events, denials, up) = (events.clone(), denials.clone(), Arc::clone(&line));
            async move {
                match &event {
                    Event::Connected => {
                        up.store(true, Ordering::Relaxed);
                        let _ = events.send(Line::Up);
                    }
                    Event::Disconnected | Event::Closed => {
                        up.store(false, Ordering::Relaxed);
                        let _ = events.send(Line::Down);
                    }
                    Event::ServerError(ServerError::Other(text)) => {
                        let _ = denials.send(text.clone());
                    }
                    Event::LameDuckMode
                    | Event::Draining
                    | Event::SlowConsumer(_)
                    | Event::ServerError(
                        ServerError::AuthorizationViolation | ServerError::SlowConsumer(_),
                    )
                    | Event::ClientError(_) => {}
                }
                tracing::info!(%event, "bus");
            }
        };
        let options = ConnectOptions::new()
            .name(format!("annals {node}"))
            .connection_timeout(CONNECT)
            .ping_interval(PING)
            .subscription_capacity(WAITING_MAX)
            .reconnect_delay_callback(|tries| Duration::from_millis(100 * (tries as u64).clamp(1, 10)))
            .event_callback(told);
        // The client takes the address from the URL, and passes over who comes.
        let who =
            servers.iter().find_map(|server| Some((plain(server.username()?), plain(server.password()?))));
        let options = match who {
            Some((user, password)) => options.user_and_password(user, password),
            None => options,
        };
        let client = options.connect(servers).await.map_err(|e| match e.kind() {
            ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
                BusError::LoginRefused { server: name.clone() }
            }
            ConnectErrorKind::ServerParse => BusError::BadUrl { problem: e.to_string() },
            ConnectErrorKind::Dns
            | ConnectErrorKind::TimedOut
            | ConnectErrorKind::Tls
            | ConnectErrorKind::Io
            | ConnectErrorKind::MaxReconnects => {
                BusError::Unreachable { server: name.clone(), problem: e.to_string() }
            }
        })?;
        let bus = Self { client, subjects: Subjects { cluster: cluster.to_owned() }, up };
        let missing = bus.probe(node).await;
        if missing.is_empty() {
            return Ok((bus, lines));
        }
        let problem = denied.try_recv().unwrap_or_else(|_| "what was sent does not come back".to_owned());
        Err(BusError::NoPermission { server: name, subjects: missing.join(", "), problem })
    }

    /// Sends something to every kind of subject that a node uses; which of them do not bring it back.
    async fn probe(&self, node: &str) -> Vec<String> {
        let subjects: Vec<String> = ["command", "question", "commits"]
            .into_iter()
            .map(|what| self.subjects.all_of_world(what))
            .chain([
                self.subjects.node(PROBE_WORLD, "probe"),
                format!("{}.{PROBE_WORLD}{node}", self.subjects.nodes()),
            ])
            .chain([self.client.new_inbox()])
            .collect();
        let mut missing: BTreeSet<String> = subjects.iter().cloned().collect();
        let (back, mut came) = mpsc::unbounded_channel();
        let mut listeners = tokio::task::JoinSet::new();
        for subject in &subjects {
            if let Ok(mut messages) = self.client.subscribe(subject.clone()).await {
                let back = back.clone();
                listeners.spawn(async move {
                    if let Some(message) = messages.next().await {
                        let _ = back.send(message.subject.to_string());
                    }
                });
            }
        }
        for subject in subjects {
            let _ = self.client.publish(subject, Bytes::new()).await;
        }
        let _ = tokio::time::timeout(PROBE, async {
            while let Some(subject) = came.recv().await {
                missing.remove(&subject);
                if missing.is_empty() {
                    return;
                }
            }
        })
        .await;
        let shown =
            |subject: String| if subject.starts_with("_INBOX.") { "_INBOX.>".to_owned() } else { subject };
        missing.into_iter().map(shown).collect()
    }

    pub(crate) async fn subscribe(&self, subject: String) -> Option<async_nats::Subscriber> {
        match self.client.subscribe(subject.clone()).await {
            Ok(messages) => Some(messages),
            Err(error) => {
                tracing::error!(%subject, %error, "can not listen");
                None
            }
        }
    }

    /// Sends without waiting for anybody. That it did not arrive is nobody's loss.
    pub(crate) async fn publish(&self, subject: String, headers: HeaderMap, body: Bytes) {
        if !self.up.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.client.publish_with_headers(subject, headers, body).await {
            tracing::debug!(%error, "not sent");
        }
    }

    /// Asks whoever listens there.
    pub(crate) async fn request(
        &self,
        subject: String,
        body: Bytes,
        patience: Duration,
    ) -> Result<async_nats::Message, NoAnswer> {
        if !self.up.load(Ordering::Relaxed) {
            return Err(NoAnswer::Silence("the bus is gone".to_owned()));
        }
        let request = async_nats::Request::new().payload(body).timeout(Some(patience));
        let answered = tokio::time::timeout(2 * patience, self.client.send_request(subject, request)).await;
        match answered {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(error)) => Err(match error.kind() {
                RequestErrorKind::NoResponders => NoAnswer::Nobody,
                RequestErrorKind::TimedOut
                | RequestErrorKind::InvalidSubject
                | RequestErrorKind::MaxPayloadExceeded
                | RequestErrorKind::Other => NoAnswer::Silence(error.to_string()),
            }),
            Err(_) => Err(NoAnswer::Silence("the bus takes nothing".to_owned())),
        }
    }

    /// How long a body may be, in bytes, with room left for headers.
    pub(crate) fn body_max(&self) -> usize {
        self.client.max_payload().saturating_sub(4096).max(4096)
    }

    /// Sends what still waits to be sent.
    pub(crate) async fn flush(&self) {
        let _ = tokio::time::timeout(CONNECT, self.client.flush()).await;
    }
}

/// A part of a URL as it was meant.
fn plain(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The servers of a setting (several by commas), and how they are called before people: without passwords.
fn addresses(url: &str) -> Result<(Vec<async_nats::ServerAddr>, String), BusError> {
    let bad = |problem: String| BusError::BadUrl { problem };
    let mut servers = Vec::new();
    for text in url.split(',').map(str::trim) {
        if !["nats://", "tls://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(bad("it does not begin with nats:// or tls://".to_owned()));
        }
        let server: async_nats::ServerAddr = text.parse().map_err(|e: std::io::Error| bad(e.to_string()))?;
        if server.host().is_empty() {
            return Err(bad("it names no host".to_owned()));
        }
        servers.push(server);
    }
    let names: Vec<String> =
        servers.iter().map(|server| format!("{}:{}", server.host(), server.port())).collect();
    Ok((servers, names.join(", ")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_url_and_its_password_is_shown_to_nobody() {
        let (servers, name) = addresses("nats://node:secret@one:4222, tls://two:4223").unwrap();
        assert_eq!((servers.len(), name.as_str()), (2, "one:4222, two:4223"));
        for bad in ["", "one:4222", "http://one", "nats://"] {
            assert_eq!(addresses(bad).unwrap_err().code(), "BUS_BAD_URL", "{bad}");
        }
    }
}
