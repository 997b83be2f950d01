//! The endpoint before a season in memory, and the stand-in before the endpoint.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "a helper; each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper may fail its test")]

#[path = "../../../tests/world/mod.rs"]
pub mod world;

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use discord_adapter::host::Answer;
use discord_adapter::refusal;
use discord_http::handler::Settings;
use discord_http::rest::{self, Rest};
use discord_http::{BotToken, Endpoint, Guilds, Handler, Hosted};
use discord_standin::people::{Person, Spot};
use discord_standin::state::Message;
use discord_standin::{Delivery, Judge, Options, Standin};
use schemas::WallTime;
use serde_json::Value;
use tokio::sync::Semaphore;
use world::Season;

pub const GUILD: u64 = 900_000_000_000_000_100;
pub const SPOT: Spot = Spot { guild: Some(GUILD), channel: 900_000_000_000_000_200 };

/// One server, and a gate that lets nobody through while it is shut.
pub struct One {
    pub season: Arc<Season>,
    pub gate: Arc<Semaphore>,
}

impl Guilds for One {
    type Host = Season;

    async fn hosted(&self, guild: u64) -> Answer<Hosted<Season>> {
        drop(self.gate.acquire().await);
        if guild != GUILD {
            return Err(refusal::plain("NO_WORLD", "No season is running here."));
        }
        Ok(Hosted { host: Arc::clone(&self.season), tree: self.season.tree() })
    }
}

/// Everything that takes part.
pub struct Stage {
    pub season: Arc<Season>,
    pub gate: Arc<Semaphore>,
    pub standin: Standin,
    pub rest: Rest,
}

pub fn judge() -> Judge {
    let judge = Judge::from_environment().unwrap();
    if !judge.has_description() {
        eprintln!("not run: Discord's own description (ANNALS_DISCORD_SPEC does not say where it is)");
    }
    judge
}

pub fn client(standin: &Standin) -> Rest {
    let settings = rest::Settings {
        base: standin.base(),
        attempt: Duration::from_secs(2),
        call: Duration::from_secs(5),
        ..rest::Settings::discord(Options::default().application, Some(BotToken::new("standin-token")))
    };
    Rest::new(settings).unwrap()
}

/// The time on the machine's clock.
pub fn now() -> WallTime {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    WallTime::from_ms(i64::try_from(now.as_millis()).unwrap())
}

impl Stage {
    /// A stage on which answers are deferred after so long.
    pub async fn new(game: &str, defer: Duration) -> Self {
        Self::at(game, defer, Arc::new(now)).await
    }

    /// The same, with another clock at the endpoint.
    pub async fn at(game: &str, defer: Duration, now: Arc<dyn Fn() -> WallTime + Send + Sync>) -> Self {
        let standin = Standin::start(Options::default(), judge()).await.unwrap();
        let rest = client(&standin);
        let season = Arc::new(Season::open(game));
        let gate = Arc::new(Semaphore::new(1));
        let guilds = Arc::new(One { season: Arc::clone(&season), gate: Arc::clone(&gate) });
        let endpoint = Endpoint {
            handler: Arc::new(Handler::new(guilds, rest.clone(), Settings { defer, ..Settings::default() })),
            key: standin.public_key().parse().unwrap(),
            now,
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        standin.send_to(&format!(
            "http://{}{}",
            listener.local_addr().unwrap(),
            discord_http::endpoint::PATH
        ));
        tokio::spawn(async move { axum::serve(listener, discord_http::router(endpoint)).await });
        Self { season, gate, standin, rest }
    }

    pub async fn say(&self, who: &Person, path: &str, options: &[(&str, u64, Value)]) -> Delivery {
        self.standin.command(who, SPOT, path, options).await
    }

    /// The message that answers a delivery, now.
    pub fn shown(&self, delivery: &Delivery) -> (u64, Message) {
        let state = self.standin.state();
        let id = state.interactions[&delivery.token].original.unwrap();
        (id, state.messages[&id].clone())
    }

    /// Waits until something is so; the deadline is long, for a machine may be busy.
    pub async fn until<T>(
        &self,
        what: &str,
        look: impl Fn(&mut discord_standin::state::State) -> Option<T>,
    ) -> T {
        let since = std::time::Instant::now();
        loop {
            if let Some(found) = look(&mut self.standin.state()) {
                return found;
            }
            assert!(since.elapsed() < Duration::from_secs(20), "{what} did not come");
            tokio::task::yield_now().await;
        }
    }

    /// Nothing that was said broke a rule.
    pub fn sound(&self) {
        assert_eq!(self.standin.state().violations, vec![]);
    }
}

/// The custom_id of the button with this label.
pub fn button(message: &Message, label: &str) -> String {
    let rows = message.body["components"].as_array().unwrap().iter();
    rows.flat_map(|row| row["components"].as_array().unwrap())
        .find(|one| one["label"].as_str().is_some_and(|text| text.contains(label)))
        .unwrap_or_else(|| panic!("no button {label:?} in {}", message.body))["custom_id"]
        .as_str()
        .unwrap()
        .to_owned()
}

pub fn title(message: &Message) -> &str {
    message.body["embeds"][0]["title"].as_str().unwrap_or_default()
}
