//! Starting the stand-in, and looking at what it has seen.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use tokio::sync::Notify;

use crate::faults::{Fault, Limit};
use crate::gateway::{self, GatewayFault};
use crate::judge::Judge;
use crate::state::State;

/// Where the stand-in listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address(pub SocketAddr);

/// What the stand-in pretends.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; port 0 is any free one. Loopback, unless a person knows better.
    pub listen: SocketAddr,
    /// The application's id.
    pub application: u64,
    /// The token that the bot has.
    pub token: String,
    /// The servers that the application is in.
    pub guilds: Vec<u64>,
    /// The permission bits that the bot has in each of them.
    pub permissions: u64,
    /// The 32 bytes of the key that interactions are signed with.
    pub key: [u8; 32],
    /// Where interactions are sent; where none is named, they go through the gateway.
    pub endpoint: String,
    /// How often a bot is to send a heartbeat.
    pub heartbeat: Duration,
    /// How many bots of different buckets may identify at once.
    pub max_concurrency: u64,
    /// How many shards are advised.
    pub shards: u64,
    /// The limit that every bucket has; without one they are told wide enough never to be met.
    pub limit: Option<Limit>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            application: 900_000_000_000_000_001,
            token: "standin-token".to_owned(),
            guilds: vec![900_000_000_000_000_100],
            permissions: 52_224 | 1 << 4 | 1 << 51,
            key: [42; 32],
            endpoint: String::new(),
            heartbeat: Duration::from_millis(41_250),
            max_concurrency: 1,
            shards: 1,
            limit: None,
        }
    }
}

/// Why the stand-in does not run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address can not be listened on.
    #[error("{0} can not be listened on: {1}")]
    Listen(SocketAddr, std::io::Error),
    /// There is no HTTP client.
    #[error("no HTTP client: {0}")]
    Client(String),
}

pub(crate) struct Inner {
    pub(crate) options: Mutex<Options>,
    pub(crate) state: Mutex<State>,
    pub(crate) key: SigningKey,
    pub(crate) client: reqwest::Client,
    /// Told whenever a first answer was taken.
    pub(crate) answered: Notify,
}

/// A running stand-in. Copies are the same one.
#[derive(Clone)]
pub struct Standin {
    pub(crate) inner: Arc<Inner>,
    address: Address,
}

impl std::fmt::Debug for Standin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Standin").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Standin {
    /// Starts one.
    ///
    /// # Errors
    /// [`StartError`].
    pub async fn start(options: Options, judge: Judge) -> Result<Self, StartError> {
        let listener = tokio::net::TcpListener::bind(options.listen).await;
        let listener = listener.map_err(|error| StartError::Listen(options.listen, error))?;
        let address = listener.local_addr().map_err(|error| StartError::Listen(options.listen, error))?;
        let no_client = |error: String| StartError::Client(error);
        // Only loopback is spoken to: no trusted roots are needed, and none are there.
        let tls =
            rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
                .with_safe_default_protocol_versions()
                .map_err(|error| no_client(error.to_string()))?
                .with_root_certificates(rustls::RootCertStore::empty())
                .with_no_client_auth();
        let client = reqwest::Client::builder()
            .use_preconfigured_tls(tls)
            .no_proxy()
            .build()
            .map_err(|error| no_client(error.to_string()))?;
        let key = SigningKey::from_bytes(&options.key);
        let inner = Inner {
            options: Mutex::new(options),
            state: Mutex::new(State::new(judge)),
            key,
            client,
            answered: Notify::new(),
        };
        let standin = Self { inner: Arc::new(inner), address: Address(address) };
        let router = crate::rest::router(Arc::clone(&standin.inner));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(standin)
    }

    /// The base of the REST API.
    #[must_use]
    pub fn base(&self) -> String {
        format!("http://{}/api/v10", self.address.0)
    }

    /// The address of the gateway.
    #[must_use]
    pub fn gateway(&self) -> String {
        format!("ws://{}/", self.address.0)
    }

    /// The public key, as the developer portal would show it.
    #[must_use]
    pub fn public_key(&self) -> String {
        hex::encode(self.inner.key.verifying_key().as_bytes())
    }

    /// Sends interactions here from now on.
    pub fn send_to(&self, endpoint: &str) {
        endpoint.clone_into(&mut self.options().endpoint);
    }

    /// What the next calls meet, in order.
    pub fn fault(&self, fault: Fault) {
        self.state().faults.push_back(fault);
    }

    /// What the next call meets whose path holds this text; calls elsewhere go on.
    pub fn fault_on(&self, part: &str, fault: Fault) {
        self.state().faults_on.push((part.to_owned(), fault));
    }

    /// What the next interactions meet on their way through the gateway, in order.
    pub fn gateway_fault(&self, fault: GatewayFault) {
        self.state().gateway.faults.push_back(fault);
    }

    /// The application is invited to a server.
    pub fn join(&self, guild: u64) {
        let mut options = self.options();
        if !options.guilds.contains(&guild) {
            options.guilds.push(guild);
        }
        drop(options);
        self.state().gateway.dispatch(Some(guild), "GUILD_CREATE", &gateway::guild(guild));
    }

    /// The application is thrown out of a server.
    pub fn leave(&self, guild: u64) {
        self.options().guilds.retain(|known| *known != guild);
        let gone = serde_json::json!({ "id": guild.to_string() });
        self.state().gateway.dispatch(Some(guild), "GUILD_DELETE", &gone);
    }

    /// What it remembers.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it pretends.
    pub fn options(&self) -> MutexGuard<'_, Options> {
        self.inner.options.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
