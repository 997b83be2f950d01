//! A season in memory behind the gateway of the stand-in.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "a helper; each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper may fail its test")]

#[path = "../../../http/tests/discord/mod.rs"]
pub mod discord;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use discord::world::Season;
use discord::{GUILD, One};
use discord_adapter::host::Answer;
use discord_gateway::{GatewayError, Members, Settings, run};
use discord_http::handler;
use discord_http::registration::{self, Registered};
use discord_http::rest::Rest;
use discord_http::{Guilds, Handler, Hosted};
use discord_standin::people::Person;
use discord_standin::state::{Message, State};
use discord_standin::{Delivery, Options, Standin};
use games_core::tree::CommandTree;
use schemas::Hash;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

/// Long enough that nothing is deferred on a busy machine.
pub const PATIENT: Duration = Duration::from_millis(2_500);

/// Registers the commands of every server that is joined, unless they are the ones that it has.
pub struct Registrar {
    rest: Rest,
    tree: &'static CommandTree,
    kept: Mutex<BTreeMap<u64, Hash>>,
    pub told: Mutex<Vec<(u64, &'static str)>>,
}

impl Members for Registrar {
    async fn joined(&self, guild: u64) {
        let kept = self.kept.lock().unwrap().get(&guild).copied();
        let done = registration::register(&self.rest, guild, self.tree, kept).await.unwrap();
        let word = match done {
            Registered::Unchanged => "unchanged",
            Registered::Done { digest, .. } => {
                self.kept.lock().unwrap().insert(guild, digest);
                "registered"
            }
        };
        self.told.lock().unwrap().push((guild, word));
    }

    async fn left(&self, guild: u64) {
        self.told.lock().unwrap().push((guild, "left"));
    }
}

/// The one server, and how often something was asked of it.
pub struct Counted {
    one: One,
    pub begun: Arc<AtomicUsize>,
}

impl Guilds for Counted {
    type Host = Season;

    async fn hosted(&self, guild: u64) -> Answer<Hosted<Season>> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.one.hosted(guild).await
    }
}

pub struct Live {
    pub standin: Standin,
    pub season: Arc<Season>,
    pub gate: Arc<Semaphore>,
    pub rest: Rest,
    pub registrar: Arc<Registrar>,
    begun: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    pub server: JoinHandle<Result<(), GatewayError>>,
}

impl Live {
    /// A stage whose bot has been told of its servers.
    pub async fn new(defer: Duration) -> Self {
        let live = Self::start(Options::default(), Settings::default(), defer).await;
        live.until("the server's commands", |state| state.commands.get(&GUILD).map(drop)).await;
        live
    }

    pub async fn start(options: Options, settings: Settings, defer: Duration) -> Self {
        let standin = Standin::start(options, discord::judge()).await.unwrap();
        Self::on(standin, settings, defer)
    }

    pub fn on(standin: Standin, settings: Settings, defer: Duration) -> Self {
        let rest = discord::client(&standin);
        let season = Arc::new(Season::open("popverse-kingdoms"));
        let gate = Arc::new(Semaphore::new(64));
        let begun = Arc::new(AtomicUsize::new(0));
        let one = One { season: Arc::clone(&season), gate: Arc::clone(&gate) };
        let guilds = Arc::new(Counted { one, begun: Arc::clone(&begun) });
        let limits = handler::Settings { defer, ..handler::Settings::default() };
        let handler = Arc::new(Handler::new(guilds, rest.clone(), limits));
        let registrar = Arc::new(Registrar {
            rest: rest.clone(),
            tree: season.tree(),
            kept: Mutex::default(),
            told: Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let members = Arc::clone(&registrar);
        let server = tokio::spawn(async move {
            run(settings, handler, members, async { stopped.await.unwrap_or_default() }).await
        });
        Self { standin, season, gate, rest, registrar, begun, stop: Some(stop), server }
    }

    pub async fn say(&self, who: &Person, path: &str, options: &[(&str, u64, Value)]) -> Delivery {
        self.standin.command(who, discord::SPOT, path, options).await
    }

    /// The message that answers a delivery, now.
    pub fn shown(&self, delivery: &Delivery) -> (u64, Message) {
        let state = self.standin.state();
        let id = state.interactions[&delivery.token].original.unwrap();
        (id, state.messages[&id].clone())
    }

    /// Waits until something is so; the deadline is long, for a machine may be busy.
    pub async fn until<T>(&self, what: &str, look: impl Fn(&mut State) -> Option<T>) -> T {
        let since = Instant::now();
        loop {
            if let Some(found) = look(&mut self.standin.state()) {
                return found;
            }
            assert!(since.elapsed() < Duration::from_secs(40), "{what} did not come");
            tokio::task::yield_now().await;
        }
    }

    /// How many interactions were begun.
    pub fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    /// How many first answers were sent.
    pub fn callbacks(&self) -> usize {
        self.standin.state().calls.iter().filter(|call| call.ends_with("/callback")).count()
    }

    pub async fn stop(mut self) -> Result<(), GatewayError> {
        self.stop.take().unwrap().send(()).unwrap();
        self.server.await.unwrap()
    }

    /// Nothing that was said broke a rule.
    pub fn sound(&self) {
        assert_eq!(self.standin.state().violations, vec![]);
    }
}

pub fn faction() -> [(&'static str, u64, Value); 1] {
    [("faction", 3, json!("cinema"))]
}

/// One of many people.
pub fn person(number: u64) -> Person {
    Person::member(900_000_000_000_000_301 + number, &format!("player{number}"))
}
