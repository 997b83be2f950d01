//! The suite of every engine, on PostgreSQL.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod database;
mod operations;

use database::Database;
use event_store::PostgresStore;
use event_store::conformance::Engine;

impl Engine for Database {
    type Store = PostgresStore;

    async fn fresh(&self) -> PostgresStore {
        self.open().await
    }

    async fn reopen(&self, store: PostgresStore) -> PostgresStore {
        store.close().await;
        self.open().await
    }
}

event_store::conformance_tests!(if Database::fresh());

#[test]
fn random_operations_agree_with_a_plain_model() {
    if servers::Postgres::shared().is_some() {
        operations::run(40, || Database::fresh().unwrap());
    }
}
