//! A small game with tables, history, boards and messages, and a scribe that writes its logs.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "shared by several test binaries and the bench")]

pub mod game;
pub mod home;
pub mod logs;
pub mod scribe;

use std::collections::BTreeMap;
use std::sync::Arc;

use event_store::MemoryStore;
use games_core::view::Cell;
use projections::{Games, Projector, ProjectorConfig, ReadModels};
use schemas::{WallTime, WorldId};

pub use home::{Engine, Home};

pub fn games() -> Games {
    let own = games_registry::face::<game::Realm>();
    Games::new(std::iter::once(own).chain(games_registry::games()).collect())
}

pub fn world() -> WorldId {
    WorldId::new("realm-s1").unwrap()
}

/// The wall clock of every test: no message is too old by it.
pub const NOW: WallTime = WallTime::from_ms(scribe::START_MS + 3_600_000);

pub struct Bench {
    pub store: MemoryStore,
    pub models: Arc<ReadModels>,
    pub projector: Projector<MemoryStore>,
    pub home: Home,
}

pub async fn bench(engine: Engine, store: &MemoryStore, batch_commits: u32) -> Bench {
    let home = Home::new(engine);
    let models = Arc::new(ReadModels::open_at(&home.place(), games()).await.unwrap());
    // Boards with every batch, as most tests look at them after each.
    let config = ProjectorConfig { batch_commits, board_refresh_ms: 0, ..ProjectorConfig::default() };
    let projector = Projector::new(Arc::new(store.clone()), Arc::clone(&models), config);
    Bench { store: store.clone(), models, projector, home }
}

/// Every row of every table that is derived, by table; what is not (times of writing) left out.
pub type Rows = BTreeMap<String, Vec<String>>;

impl Bench {
    pub async fn rows(&self, with_outbox: bool) -> Rows {
        let queries = self.models.queries().await;
        let mut out = Rows::new();
        for table in self.models.schema().tables() {
            let skip = match table.name.as_str() {
                "meta" | "outbox_sent" => true,
                "outbox" | "outbox_cursor" => !with_outbox,
                _ => false,
            };
            if skip {
                continue;
            }
            let rows = queries.rows(&world(), &table.name, &[], true, 1_000_000).await.unwrap();
            let text = |mut row: serde_json::Value| {
                // When it was written, and how long boards had waited by then, does not follow from the log.
                for field in ["updated_ms", "boards_ms"] {
                    row.as_object_mut().unwrap().remove(field);
                }
                row.to_string()
            };
            out.insert(table.name.clone(), rows.into_iter().map(text).collect());
        }
        out
    }

    pub async fn count(&self, table: &str, filter: &[(&str, Cell)]) -> usize {
        let queries = self.models.queries().await;
        queries.rows(&world(), table, filter, true, 1_000_000).await.unwrap().len()
    }
}

/// Runs tests, each a function of the engine, on every engine; on PostgreSQL where there is one.
#[macro_export]
macro_rules! on_every_engine {
    ($($name:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::common::Engine::Sqlite).await;
            })+
        }
        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if servers::Postgres::shared().is_some() {
                    super::$name($crate::common::Engine::Postgres).await;
                }
            })+
        }
    };
}
