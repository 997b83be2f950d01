//! The suite of every engine, on SQLite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod operations;

use event_store::SqliteStore;
use event_store::conformance::Engine;
use tempfile::TempDir;

struct Sqlite(TempDir);

impl Sqlite {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }
}

impl Engine for Sqlite {
    type Store = SqliteStore;

    async fn fresh(&self) -> SqliteStore {
        SqliteStore::open(self.0.path().join("log.db")).await.unwrap()
    }

    async fn reopen(&self, store: SqliteStore) -> SqliteStore {
        let path = store.path().to_owned();
        store.close().await;
        SqliteStore::open(path).await.unwrap()
    }
}

event_store::conformance_tests!(Sqlite::new());

#[test]
fn random_operations_agree_with_a_plain_model() {
    operations::run(40, Sqlite::new);
}
