//! News on their way to webhooks: every post of a server's news is laid down in a folder of its own for each webhook, and
//! sent from there in order, at least once. A webhook that is slow or gone holds up nobody.
//!
//! Which webhooks there are stands in a file of the data directory, which the command line writes and who sends reads; how
//! far each is, and whether it is parked, stands in its folder, which who sends writes alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use discord_http::webhook::{Address, BadAddress, Ending, Reach, Webhooks};
use projections::OutboxEntry;
use schemas::WallTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::context::{Failure, now, write_whole};

/// The file that says which webhooks there are.
const BOOK: &str = "webhooks.json";
/// The folder of their folders.
const FOLDER: &str = "webhooks";
/// The file that says how far a webhook is.
const STATE: &str = "state.json";
/// What is older is not sent any more.
const OLDEST_MS: i64 = 24 * 3_600_000;
/// So long it is remembered what has been laid down: longer than anything waits in the outbox.
const REMEMBERED_MS: i64 = OLDEST_MS + 3_600_000;
/// How often it is looked whether there is anything to send.
const LOOK: Duration = Duration::from_secs(1);
/// The first pause after a webhook did not take a post; each next one is twice as long, up to the last.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(300));

/// A webhook, as the book has it. The address is a secret: the file is its owner's alone.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Hook {
    /// Its name here.
    pub(crate) name: String,
    /// The server of Discord whose news go there.
    pub(crate) server: u64,
    address: String,
    /// Whether this machine is taken without TLS.
    #[serde(default)]
    loopback: bool,
}

impl Hook {
    fn address(&self) -> Result<Address, BadAddress> {
        Address::parse(&self.address, if self.loopback { Reach::Loopback } else { Reach::Tls })
    }

    /// Where it is, without what lets somebody post there.
    pub(crate) fn shown(&self) -> String {
        self.address().map_or_else(|problem| problem.to_string(), |address| address.shown())
    }
}

/// How far a webhook is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The status with which nothing is taken any more, and since when, in ms.
    #[serde(default)]
    pub(crate) parked: Option<(u16, i64)>,
    /// Messages that were laid down, by their nonces, with when they came to be in ms.
    #[serde(default)]
    laid: BTreeMap<String, i64>,
}

/// The webhooks of a data directory.
#[derive(Debug, Clone)]
pub(crate) struct Book {
    dir: PathBuf,
}

fn unusable(path: &Path, problem: &dyn std::fmt::Display) -> Failure {
    Failure::new("BAD_INPUT", format!("{} can not be used: {problem}", path.display()))
}

impl Book {
    pub(crate) fn of(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// All webhooks, in the order in which they were added.
    pub(crate) fn all(&self) -> Result<Vec<Hook>, Failure> {
        let path = self.dir.join(BOOK);
        match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| unusable(&path, &e)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    fn write(&self, all: &[Hook]) -> Result<(), Failure> {
        write_whole(&self.dir.join(BOOK), &serde_json::to_vec_pretty(all)?)
    }

    /// Adds one, under a name that none has borne.
    pub(crate) fn add(&self, server: u64, address: &str, loopback: bool) -> Result<Hook, Failure> {
        let mut all = self.all()?;
        let name = format!("w{:x}", now().ms());
        let hook = Hook { name, server, address: address.trim().to_owned(), loopback };
        hook.address().map_err(|problem| Failure::usage(problem.to_string()))?;
        all.push(hook.clone());
        self.write(&all)?;
        Ok(hook)
    }

    /// Removes one, with what waits for it.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Failure> {
        let mut all = self.all()?;
        let before = all.len();
        all.retain(|hook| hook.name != name);
        if all.len() == before {
            return Err(Failure::usage(format!(
                "there is no webhook {name}; see: annals discord webhook list"
            )));
        }
        self.write(&all)?;
        match std::fs::remove_dir_all(self.folder(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.dir.join(FOLDER).join(name)
    }

    /// How far one is.
    pub(crate) fn state(&self, name: &str) -> State {
        let bytes = std::fs::read(self.folder(name).join(STATE)).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    fn set_state(&self, name: &str, state: &State) -> Result<(), Failure> {
        write_whole(&self.folder(name).join(STATE), &serde_json::to_vec(state)?)
    }

    /// The posts that wait for one, oldest first.
    pub(crate) fn waiting(&self, name: &str) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.folder(name)) else { return Vec::new() };
        let mut posts: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "post"))
            .collect();
        posts.sort();
        posts
    }

    /// Lays a post of these messages down for a webhook.
    fn lay(
        &self,
        name: &str,
        entries: &[OutboxEntry],
        nonce: &str,
        body: &Value,
        now: WallTime,
    ) -> Result<(), Failure> {
        let Some(first) = entries.first() else { return Ok(()) };
        std::fs::create_dir_all(self.folder(name))?;
        // The same messages make a post of the same name: one that a crash had laid down twice is there once.
        let file = self.folder(name).join(format!("{:015}-{nonce}.post", first.created.ms()));
        write_whole(&file, &serde_json::to_vec(body)?)?;
        let mut state = self.state(name);
        state.laid.retain(|_, created| now.ms() - *created <= REMEMBERED_MS);
        state.laid.extend(entries.iter().map(|entry| (entry.nonce.clone(), entry.created.ms())));
        self.set_state(name, &state)
    }

    /// The messages that have not been laid down for a webhook yet.
    fn new_for(&self, name: &str, waiting: &[OutboxEntry]) -> Vec<OutboxEntry> {
        let state = self.state(name);
        waiting.iter().filter(|entry| !state.laid.contains_key(&entry.nonce)).cloned().collect()
    }
}

/// What sends to webhooks.
pub(crate) struct Hooks {
    book: Book,
    client: Webhooks,
    /// Held while a state is read and written: news are laid down while others are sent.
    state: Mutex<()>,
    /// Webhooks that are left alone: until when, and how long the last pause was.
    resting: Mutex<BTreeMap<String, (Instant, Duration)>>,
}

impl Hooks {
    pub(crate) fn new(dir: &Path) -> Result<Arc<Self>, Failure> {
        let client = Webhooks::new().map_err(|error| Failure::new("BAD_SETTINGS", error.to_string()))?;
        Ok(Arc::new(Self { book: Book::of(dir), client, state: Mutex::default(), resting: Mutex::default() }))
    }

    /// The webhooks of a server; none where their file can not be read.
    pub(crate) fn of(&self, server: u64) -> Vec<Hook> {
        let all = self.book.all().unwrap_or_else(|error| {
            tracing::error!(%error, "webhooks are not sent to");
            Vec::new()
        });
        all.into_iter().filter(|hook| hook.server == server).collect()
    }

    pub(crate) fn new_for(&self, hook: &Hook, waiting: &[OutboxEntry]) -> Vec<OutboxEntry> {
        self.book.new_for(&hook.name, waiting)
    }

    pub(crate) fn lay(
        &self,
        hook: &Hook,
        entries: &[OutboxEntry],
        nonce: &str,
        body: &Value,
        now: WallTime,
    ) -> Result<(), Failure> {
        let _held = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.book.lay(&hook.name, entries, nonce, &public(body), now)
    }

    /// Sends what was laid down, for as long as the server runs.
    pub(crate) async fn run(&self) {
        loop {
            let all = self.book.all().unwrap_or_default();
            futures_util::future::join_all(all.iter().map(|hook| self.send(hook))).await;
            tokio::time::sleep(LOOK).await;
        }
    }

    fn resting(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, (Instant, Duration)>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, hook: &Hook) {
        let Ok(address) = hook.address() else { return };
        let parked = self.book.state(&hook.name).parked.is_some();
        for path in self.book.waiting(&hook.name) {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let created: i64 = name.split('-').next().and_then(|ms| ms.parse().ok()).unwrap_or(0);
            if now().ms() - created > OLDEST_MS {
                gone(&path);
                continue;
            }
            if parked || self.resting().get(&hook.name).is_some_and(|(until, _)| Instant::now() < *until) {
                return;
            }
            let Some(body) = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok())
            else {
                tracing::error!(webhook = hook.name, "a post can not be read and is dropped");
                gone(&path);
                continue;
            };
            match self.client.post(&address, &body).await {
                Ending::Taken => {
                    gone(&path);
                    self.resting().remove(&hook.name);
                }
                Ending::Refused(status) => {
                    tracing::error!(
                        webhook = hook.name,
                        status,
                        "a webhook refuses a post for what it says: it is dropped"
                    );
                    gone(&path);
                }
                Ending::Closed(status) => {
                    tracing::warn!(
                        webhook = hook.name,
                        status,
                        "a webhook takes nothing any more, and is parked"
                    );
                    let parked = Some((status, now().ms()));
                    let _held = self.state.lock().unwrap_or_else(PoisonError::into_inner);
                    let state = State { parked, ..self.book.state(&hook.name) };
                    if let Err(error) = self.book.set_state(&hook.name, &state) {
                        tracing::error!(%error, "a parked webhook can not be written down");
                    }
                    return;
                }
                Ending::Later(after) => {
                    let mut resting = self.resting();
                    let pause =
                        resting.get(&hook.name).map_or(PAUSES.0, |(_, last)| (*last * 2).min(PAUSES.1));
                    resting.insert(
                        hook.name.clone(),
                        (Instant::now() + after.unwrap_or(pause).max(pause), pause),
                    );
                    return;
                }
            }
        }
    }
}

/// A post that needs to wait no more.
fn gone(path: &Path) {
    if let Err(error) = std::fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::error!(%error, "a post that was sent can not be put away");
    }
}

/// What of a message a webhook is told: its text and embeds, and nothing that answers here.
fn public(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.retain(|name, _| ["content", "embeds", "allowed_mentions"].contains(&name.as_str()));
    }
    body
}
