//! Where a command runs: the data directory, the output format, the exit codes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::ValueEnum;
use cluster::{Cluster, ClusterConfig};
use command_service::{Clock, Service, ServiceConfig};
use event_store::CheckpointFile;
use schemas::{Rejection, WallTime};
use vault::{PoolSettings, ServerKeys, Vault};

use crate::engine::{Company, Engine, LogPlace};
use crate::settings::{Flags, Place, Settings};

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
        "USAGE"
        | "BAD_POINT"
        | "BAD_INPUT"
        | "BAD_SETTINGS"
        | "STORE_BAD_URL"
        | "STORE_BAD_ROLE"
        | "READ_MODELS_BAD_URL"
        | "READ_MODELS_BAD_ROLE"
        | "VAULT_BAD_URL"
        | "VAULT_BAD_ROLE"
        | "BUS_BAD_URL"
        | "DISCORD_NOT_SET"
        | "TWITCH_NOT_SET"
        | "BAD_NODE_NAME" => Exit::Usage,
        "NOT_ADMIN"
        | "NOT_ALLOWED"
        | "NO_TOKEN"
        | "PLAN_OWN"
        | "PLAN_UNAPPROVED"
        | "STORE_LOGIN_REFUSED"
        | "VAULT_LOGIN_REFUSED"
        | "READ_MODELS_LOGIN_REFUSED"
        | "READ_MODELS_WRONG_RIGHTS"
        | "VAULT_WRONG_RIGHTS"
        | "VAULT_WRONG_KEYS"
        | "BUS_LOGIN_REFUSED"
        | "BUS_NO_PERMISSION"
        | "DISCORD_TOKEN_REFUSED"
        | "TWITCH_LOGIN_REFUSED"
        | "DISCORD_NOT_IN_SERVER"
        | "STORE_WRONG_RIGHTS" => Exit::NotAllowed,
        "PLAN_STALE" | "PLAN_COOLING" | "WORLD_NOT_PAUSED" | "WORLD_PAUSED" | "WORLD_ENDED"
        | "WORLD_STATE" | "WORLD_EXISTS" | "SEASON_RUNS" | "WORLD_REWINDING" | "STORE_IN_USE"
        | "COPY_DIFFERS" | "SECRET_REVEALED" | "PLAN_EXPIRED" | "REBUILD_RUNNING" | "NODE_NAME_TAKEN"
        | "READ_MODELS_IN_USE" | "VAULT_NOT_EMPTY" => Exit::Conflict,
        "STORE_CORRUPT"
        | "STORE_NOT_A_DATABASE"
        | "POISON_COMMIT"
        | "CHAIN_BROKEN"
        | "VAULT_CORRUPT"
        | "VAULT_NOT_A_VAULT"
        | "READ_MODELS_FOREIGN" => Exit::Broken,
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

impl From<cluster::BusError> for Failure {
    fn from(error: cluster::BusError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

#[cfg(feature = "kurrentdb")]
impl From<event_store_kurrentdb::KurrentError> for Failure {
    fn from(error: event_store_kurrentdb::KurrentError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<event_store::ServerError> for Failure {
    fn from(error: event_store::ServerError) -> Self {
        Self::new(error.code(), error.to_string())
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

/// A data directory, and what the command line says about where things are.
#[derive(Debug, Clone)]
pub(crate) struct Data {
    dir: PathBuf,
    flags: Arc<Flags>,
}

impl Data {
    /// Takes the directory, and makes it if it is missing and may be made.
    pub(crate) fn open(dir: &Path, create: bool, flags: Flags) -> Result<Self, Failure> {
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
        Ok(Self { dir: dir.to_owned(), flags: Arc::new(flags) })
    }

    /// A directory as it is named, whether it is there or not: for who needs its settings alone.
    pub(crate) fn named(dir: &Path, flags: Flags) -> Self {
        Self { dir: dir.to_owned(), flags: Arc::new(flags) }
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

    pub(crate) fn settings_file(&self) -> PathBuf {
        self.dir.join("annals.toml")
    }

    /// What the command line says, by the settings' names.
    pub(crate) fn flags(&self) -> &Flags {
        &self.flags
    }

    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        Settings::load(self)
    }

    pub(crate) fn endpoint(&self) -> PathBuf {
        self.dir.join("endpoint.json")
    }

    pub(crate) fn checkpoints(&self) -> CheckpointFile {
        CheckpointFile::new(self.dir.join("checkpoints.log"))
    }

    pub(crate) fn keys(&self) -> Result<ServerKeys, Failure> {
        Ok(ServerKeys::load_or_create(&self.settings()?.keys)?)
    }

    pub(crate) async fn vault(&self) -> Result<Vault, Failure> {
        let (settings, keys) = (self.settings()?, self.keys()?);
        match &settings.vault {
            Place::Sqlite => Ok(Vault::open(self.dir.join("vault.db"), &keys).await?),
            Place::Postgres(url) => {
                let pool = PoolSettings {
                    max_connections: settings.limits.readers,
                    acquire_timeout: settings.limits.connect,
                    slow_statement: settings.limits.slow,
                    ..PoolSettings::default()
                };
                let opened = Vault::open_postgres_with(url, &keys, pool).await;
                opened.map_err(Failure::from).map_err(settings.naming("vault"))
            }
        }
    }

    /// The log, to read beside a running server.
    pub(crate) async fn reader(&self) -> Result<Engine, Failure> {
        let settings = self.settings()?;
        Engine::open_read_only(&settings.log, settings.log_limits()).await.map_err(settings.naming("log"))
    }

    /// The service on the log: as the owner of all of its worlds, or as a node of a cluster.
    pub(crate) async fn service(&self, options: ServiceOptions) -> Result<Running, Failure> {
        let (settings, keys) = (self.settings()?, self.keys()?);
        let company = if settings.bus.is_some() { Company::Cluster } else { Company::Alone };
        if company == Company::Cluster && matches!(settings.log, LogPlace::File(_)) {
            let text = "nodes that share a bus share a log, and a file is one process's own: set log, or set bus to none";
            return Err(Failure::new("BAD_SETTINGS", text));
        }
        let (node, commands) = match &options.part {
            Part::Node => (settings.node.clone(), settings.role.command),
            Part::Named(name) => (name.clone(), true),
            // A tool asks the nodes, and is none.
            Part::Tool if settings.bus.is_some() => (tool_name(), false),
            Part::Tool => (settings.node.clone(), true),
        };
        let opened = if commands {
            // A tool goes to the server that is in the way; a server that starts again may find its own shadow.
            let patience = if options.part == Part::Node { SHADOW } else { std::time::Duration::ZERO };
            Engine::open(&settings.log, company, settings.log_limits(), patience).await
        } else {
            Engine::open_read_only(&settings.log, settings.log_limits()).await
        };
        let store = Arc::new(opened.map_err(settings.naming("log"))?);
        let config = ServiceConfig {
            node: node.clone(),
            lease_ms: store.is_shared().then_some(QUESTION_LEASE_MS),
            commands,
            clustered: settings.bus.is_some(),
            snapshot_commits: options.snapshot_commits,
            rate_limits: options.rate_limits,
            signing: Some(keys.signing().clone()),
            checkpoints: Some(self.checkpoints()),
        };
        let service = Service::start(config, Arc::clone(&store), keys.clone(), options.clock)?;
        let mut cluster = None;
        if let Some(url) = settings.bus {
            let (name, lease) = (settings.cluster, settings.lease);
            let config = ClusterConfig { url, cluster: name, node: node.clone(), commands, lease };
            match Cluster::join(config, &service).await {
                Ok(joined) => cluster = Some(joined),
                Err(error) => {
                    service.stop().await;
                    close(store).await;
                    return Err(error.into());
                }
            }
        } else if commands {
            for world in crate::commands::season_worlds(&*store).await? {
                service.adopt(world).await?;
            }
        }
        Ok(Running { node, service, store, keys, cluster })
    }
}

/// A name that no other tool has, wherever it runs.
fn tool_name() -> String {
    format!("cli-{:x}-{:x}", std::process::id(), now().ms())
}

/// How long a question may be answered from memory after this node's ownership was last seen in a log that others may
/// write, in ms. Shorter than the shortest lease.
const QUESTION_LEASE_MS: i64 = 1_500;

/// How long a server that starts waits for the claim of one that was killed to end.
const SHADOW: std::time::Duration = std::time::Duration::from_secs(3);

/// What a service is to its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// One of the nodes, as the settings say.
    Node,
    /// One of several nodes in this process, by its name.
    Named(String),
    /// A command of the command line, which goes again in a moment.
    Tool,
}

/// How a service is to run.
pub(crate) struct ServiceOptions {
    pub(crate) part: Part,
    pub(crate) clock: Clock,
    pub(crate) rate_limits: bool,
    pub(crate) snapshot_commits: u64,
}

impl Default for ServiceOptions {
    fn default() -> Self {
        Self { part: Part::Tool, clock: Clock::system(), rate_limits: true, snapshot_commits: 2_000 }
    }
}

/// A service that runs in this process.
pub(crate) struct Running {
    /// The name under which it runs.
    pub(crate) node: String,
    pub(crate) service: Service,
    pub(crate) store: Arc<Engine>,
    pub(crate) keys: ServerKeys,
    /// Its part in a cluster, where there is one.
    pub(crate) cluster: Option<Cluster>,
}

impl Running {
    /// Gives worlds to other nodes where there are some, lets what waits become durable, and closes the log. Who wants to
    /// read on opens it anew: connections that the service has made end with it.
    pub(crate) async fn stop(mut self) {
        if let Some(cluster) = self.cluster.take() {
            cluster.leave().await;
        }
        self.service.stop().await;
        close(self.store).await;
    }
}

/// How often a store is looked at, while a snapshot may still be on its way, before it is left to the end of the process.
const CLOSE_TRIES: u32 = 2_000;

/// Closes the log once nobody else holds it: what stands in the write-ahead file moves into the log's own.
pub(crate) async fn close(mut store: Arc<Engine>) {
    for _ in 0..CLOSE_TRIES {
        match Arc::try_unwrap(store) {
            Ok(store) => return store.close().await,
            Err(held) => store = held,
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

/// Writes a file so that it is there whole or not at all, also for who reads it at the same time. Only its owner may read
/// it: settings hold passwords, and plans say what players have.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    // One that a crash left behind may have been made with other rights.
    let _ = std::fs::remove_file(&new);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
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
