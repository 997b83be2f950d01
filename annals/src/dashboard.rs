//! What the dashboard's faces ask of this server: who signs in, which season runs where.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use command_service::http::{Accounts, NotProven};
use command_service::load::opening_of;
use command_service::servers;
use discord_http::oauth::{OAuth, OAuthError};
use event_store::EventStore;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use schemas::{CommitNo, ServerId, WorldId};

use crate::engine::Engine;

/// The most worlds and servers that are remembered.
const KNOWN_MAX: usize = 10_000;

/// Accounts at Discord, and seasons on the log.
pub(crate) struct Doors {
    store: Arc<Engine>,
    oauth: Option<OAuth>,
    /// A world's server stands in its first commit and never changes.
    servers: Mutex<BTreeMap<WorldId, ServerId>>,
    /// A server's season, as long as its stream has this head.
    seasons: Mutex<BTreeMap<ServerId, (CommitNo, WorldId)>>,
}

fn kept<K: Ord, V>(known: &Mutex<BTreeMap<K, V>>, key: K, value: V) {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= KNOWN_MAX {
        known.clear();
    }
    known.insert(key, value);
}

fn known<K: Ord, V: Clone>(known: &Mutex<BTreeMap<K, V>>, key: &K) -> Option<V> {
    known.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
}

impl Doors {
    pub(crate) const fn new(store: Arc<Engine>, oauth: Option<OAuth>) -> Self {
        Self { store, oauth, servers: Mutex::new(BTreeMap::new()), seasons: Mutex::new(BTreeMap::new()) }
    }

    async fn season_of(&self, server: &ServerId) -> Result<Option<WorldId>, String> {
        let head = match self.store.head(&server.stream()).await {
            Ok(head) => head,
            // The log is away. What ran there when it was last heard of can still be looked at.
            Err(error) => {
                let season = known(&self.seasons, server).map(|(_, world)| world);
                return season.map(Some).ok_or_else(|| error.to_string());
            }
        };
        if let Some((_, world)) = known(&self.seasons, server).filter(|(at, _)| *at == head.commit) {
            return Ok(Some(world));
        }
        let found = servers::read(&*self.store, server).await.map_err(|e| e.to_string())?;
        // A reservation whose world never came to be is passed over: what ran before can still be looked at.
        for world in found.worlds.iter().rev() {
            if self.server_of(world).await?.is_some() {
                let lasting = found.held.as_ref().is_none_or(|(reserved, _)| reserved == world);
                if lasting {
                    kept(&self.seasons, server.clone(), (found.head.commit, world.clone()));
                }
                return Ok(Some(world.clone()));
            }
        }
        Ok(None)
    }

    async fn server_of(&self, world: &WorldId) -> Result<Option<ServerId>, String> {
        if let Some(server) = known(&self.servers, world) {
            return Ok(Some(server));
        }
        let opened = opening_of(&*self.store, world).await.map_err(|e| e.to_string())?;
        let server = opened.map(|opened| opened.server);
        if let Some(server) = &server {
            kept(&self.servers, world.clone(), server.clone());
        }
        Ok(server)
    }
}

impl Accounts for Doors {
    fn authorize_url(&self, state: &str, challenge: &str) -> Option<String> {
        self.oauth.as_ref().map(|oauth| oauth.authorize_url(state, challenge))
    }

    fn account<'a>(&'a self, code: &'a str, verifier: &'a str) -> BoxFuture<'a, Result<u64, NotProven>> {
        async move {
            let Some(oauth) = &self.oauth else {
                return Err(NotProven::Away("signing in is not set up".to_owned()));
            };
            oauth.account(code, verifier).await.map_err(|error| match error {
                OAuthError::Code => NotProven::Code,
                OAuthError::Application(_) | OAuthError::Away(_) => NotProven::Away(error.to_string()),
            })
        }
        .boxed()
    }

    fn season<'a>(&'a self, server: &'a ServerId) -> BoxFuture<'a, Result<Option<WorldId>, String>> {
        self.season_of(server).boxed()
    }

    fn server<'a>(&'a self, world: &'a WorldId) -> BoxFuture<'a, Result<Option<ServerId>, String>> {
        self.server_of(world).boxed()
    }
}
