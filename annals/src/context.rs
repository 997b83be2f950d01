//! Where a command runs: the data directory, the output format, the exit codes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use command_service::{Clock, Service, ServiceConfig};
use event_store::{CheckpointFile, EventStore, SqliteStore};
use schemas::{Rejection, WallTime};
use vault::{ServerKeys, Vault};

/// How a command ended, as the shell sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Difference = 3,
    NotAllowed = 4,
    Conflict = 5,
    Broken = 6,
}

/// A failure that is told to the person at the terminal: what, why, what to do next.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) code: String,
    pub(crate) text: String,
    pub(crate) exit: Exit,
}

impl Failure {
    pub(crate) fn new(code: &str, text: impl Into<String>) -> Self {
        Self { code: code.to_owned(), text: text.into(), exit: exit_of(code) }
    }

    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::new("USAGE", text)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.text.contains(&self.code) {
            f.write_str(&self.text)
        } else {
            write!(f, "{} [{}]", self.text, self.code)
        }
    }
}

impl std::error::Error for Failure {}

/// The exit code of a stable code.
fn exit_of(code: &str) -> Exit {
    match code {
        "USAGE" | "BAD_POINT" | "BAD_INPUT" | "BAD_SETTINGS" | "STORE_BAD_URL" | "STORE_BAD_ROLE" => {
            Exit::Usage
        }
        "NOT_ADMIN"
        | "NOT_ALLOWED"
        | "NO_TOKEN"
        | "PLAN_OWN"
        | "PLAN_UNAPPROVED"
        | "STORE_LOGIN_REFUSED"
        | "STORE_WRONG_RIGHTS" => Exit::NotAllowed,
        "PLAN_STALE" | "PLAN_COOLING" | "WORLD_NOT_PAUSED" | "WORLD_PAUSED" | "WORLD_ENDED"
        | "WORLD_STATE" | "WORLD_EXISTS" | "SEASON_RUNS" | "WORLD_REWINDING" | "STORE_IN_USE"
        | "COPY_DIFFERS" | "SECRET_REVEALED" | "PLAN_EXPIRED" | "REBUILD_RUNNING" => Exit::Conflict,
        "STORE_CORRUPT" | "STORE_NOT_A_DATABASE" | "POISON_COMMIT" | "CHAIN_BROKEN" => Exit::Broken,
        _ => Exit::Failed,
    }
}

impl From<replay_tool::ToolError> for Failure {
    fn from(error: replay_tool::ToolError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<event_store::OpenError> for Failure {
    fn from(error: event_store::OpenError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<event_store::ReadError> for Failure {
    fn from(error: event_store::ReadError) -> Self {
        Self::from(replay_tool::ToolError::from(error))
    }
}

impl From<vault::VaultError> for Failure {
    fn from(error: vault::VaultError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<vault::KeyError> for Failure {
    fn from(error: vault::KeyError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<command_service::ServiceError> for Failure {
    fn from(error: command_service::ServiceError) -> Self {
        Self::new("SHUTTING_DOWN", error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new("IO", error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::new("BAD_INPUT", error.to_string())
    }
}

/// A refusal as a failure: the code, and the figures in words.
pub(crate) fn refused(rejection: &Rejection) -> Failure {
    let figures: Vec<String> =
        rejection.context.iter().map(|(name, value)| format!("{name} {value}")).collect();
    if rejection.code == "SEASON_RUNS" {
        let figure = |name: &str| rejection.context.get(name).map_or("?", String::as_str);
        let (server, world) = (figure("server"), figure("world"));
        let text = format!(
            "{world} runs on the server {server}, and a server runs one season at a time: close it first (annals season \
             close {world} --reason \"…\"), or open on another with --server"
        );
        return Failure::new(&rejection.code, text);
    }
    let next = crate::commands::explain::page(&rejection.code).map(|page| page.sentence).unwrap_or_default();
    let text = match (next.is_empty(), figures.is_empty()) {
        (true, true) => "refused".to_owned(),
        (true, false) => figures.join(", "),
        (false, true) => next,
        (false, false) => format!("{next} ({})", figures.join(", ")),
    };
    Failure::new(&rejection.code, text)
}

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people.
    Table,
    /// Tab-separated, for other programs.
    Tsv,
    /// One JSON document.
    Json,
    /// One JSON document a line.
    Ndjson,
}

/// A data directory.
#[derive(Debug, Clone)]
pub(crate) struct Data {
    dir: PathBuf,
}

impl Data {
    /// Takes the directory, and makes it if it is missing and may be made.
    pub(crate) fn open(dir: &Path, create: bool) -> Result<Self, Failure> {
        if !dir.exists() && !create {
            return Err(Failure::new(
                "STORE_NO_DIRECTORY",
                format!(
                    "there is no data at {}: name another with --data, or begin with: annals demo",
                    dir.display()
                ),
            ));
        }
        std::fs::create_dir_all(dir).map_err(|e| {
            let text =
                format!("{} can not be made or written ({e}): name another with --data", dir.display());
            Failure::new("STORE_NOT_WRITABLE", text)
        })?;
        Ok(Self { dir: dir.to_owned() })
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("log.db")
    }

    pub(crate) fn read_models(&self) -> PathBuf {
        self.dir.join("read")
    }

    pub(crate) fn plans(&self) -> PathBuf {
        self.dir.join("plans")
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.dir.join("annals.toml")
    }

    pub(crate) fn endpoint(&self) -> PathBuf {
        self.dir.join("endpoint.json")
    }

    pub(crate) fn checkpoints(&self) -> CheckpointFile {
        CheckpointFile::new(self.dir.join("checkpoints.log"))
    }

    pub(crate) fn keys(&self) -> Result<ServerKeys, Failure> {
        Ok(ServerKeys::load_or_create(&self.dir)?)
    }

    pub(crate) async fn vault(&self) -> Result<Vault, Failure> {
        Ok(Vault::open(self.dir.join("vault.db"), &self.keys()?).await?)
    }

    /// The log, to read beside a running server.
    pub(crate) async fn reader(&self) -> Result<SqliteStore, Failure> {
        Ok(SqliteStore::open_read_only(self.log()).await?)
    }

    /// The service, as the owner of the log, with all of its worlds.
    pub(crate) async fn service(&self, options: ServiceOptions) -> Result<Running, Failure> {
        let keys = self.keys()?;
        let store = Arc::new(SqliteStore::open(self.log()).await?);
        let config = ServiceConfig {
            node: "n1".to_owned(),
            lease_ms: None,
            snapshot_commits: options.snapshot_commits,
            rate_limits: options.rate_limits,
            signing: Some(keys.signing().clone()),
            checkpoints: Some(self.checkpoints()),
        };
        let service = Service::start(config, Arc::clone(&store), keys.clone(), options.clock)?;
        for world in
            store.worlds().await?.into_iter().map(|head| head.world).filter(|world| !world.is_reserved())
        {
            service.adopt(world).await?;
        }
        Ok(Running { service, store, keys })
    }
}

/// How a service is to run.
pub(crate) struct ServiceOptions {
    pub(crate) clock: Clock,
    pub(crate) rate_limits: bool,
    pub(crate) snapshot_commits: u64,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self { clock: Clock::system(), rate_limits: true, snapshot_commits: 2_000 }
    }
}

/// A service that runs in this process.
pub(crate) struct Running {
    pub(crate) service: Service,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) keys: ServerKeys,
}

/// How often a store is looked at, while a snapshot may still be on its way, before it is left to the end of the process.
const CLOSE_TRIES: u32 = 2_000;

/// Closes the log once nobody else holds it: what stands in the write-ahead file moves into the log's own.
pub(crate) async fn close(mut store: Arc<SqliteStore>) {
    for _ in 0..CLOSE_TRIES {
        match Arc::try_unwrap(store) {
            Ok(store) => return store.close().await,
            Err(held) => store = held,
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

/// Writes a file so that it is there whole or not at all, also for who reads it at the same time.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write;
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    let mut file = std::fs::File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(std::fs::rename(new, path)?)
}

/// The wall time.
pub(crate) fn now() -> WallTime {
    Clock::system().now()
}

/// The name of the person at the terminal, as the system knows it.
pub(crate) fn operator() -> String {
    let name = std::env::var("ANNALS_OPERATOR").or_else(|_| std::env::var("USER")).unwrap_or_default();
    let clean: String = name.chars().filter(char::is_ascii_graphic).take(64).collect();
    if clean.is_empty() { "local".to_owned() } else { clean }
}
