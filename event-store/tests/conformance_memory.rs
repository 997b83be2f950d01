//! The suite of every engine, on the log in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod operations;

use event_store::MemoryStore;
use event_store::conformance::Engine;

struct Memory;

impl Engine for Memory {
    type Store = MemoryStore;

    async fn fresh(&self) -> MemoryStore {
        MemoryStore::default()
    }

    async fn reopen(&self, store: MemoryStore) -> MemoryStore {
        store
    }
}

event_store::conformance_tests!(Memory);

#[test]
fn random_operations_agree_with_a_plain_model() {
    operations::run(400, || Memory);
}
