//! The faults that a test can order from the log in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use event_store::{AppendError, EventStore, Fault, MemoryStore, ReadError, WorldBatch};
use schemas::{
    Cause, Commit, CommitHeader, CommitNo, Epoch, GameTime, Hash, Outcome, Position, WallTime, WorldId,
};

fn batch(expected: u64, epoch: u64, prev: Hash) -> WorldBatch {
    let world = WorldId::new("w").unwrap();
    let commit = Commit {
        header: CommitHeader {
            world: world.clone(),
            commit: CommitNo::new(expected + 1),
            first: Position::new(1),
            epoch: Epoch::new(epoch),
            game_ms: GameTime::from_ms(0),
            wall_ms: WallTime::from_ms(0),
            cause: Cause::Ownership { node: "n1".into() },
            payload_len: 0,
            outcome: Outcome::Accepted,
            events: vec![],
            allocations: vec![],
            replaces: None,
            rewinds_to: None,
            rules: "0".into(),
        },
        payload: vec![],
        event_bytes: vec![],
    };
    let commits = vec![commit.seal(prev).unwrap()];
    WorldBatch { world, expected: CommitNo::new(expected), epoch: Epoch::new(epoch), commits }
}

async fn one(store: &MemoryStore, batch: WorldBatch) -> Result<CommitNo, AppendError> {
    store.append(vec![batch]).await.remove(0)
}

async fn head(store: &MemoryStore) -> u64 {
    store.head(&WorldId::new("w").unwrap()).await.unwrap().commit.get()
}

#[tokio::test]
async fn a_lost_answer_leaves_the_commit_on_the_record_or_not() {
    let store = MemoryStore::default();
    store.inject(1, Fault::LostThenUnknown);
    store.inject(2, Fault::CommitThenUnknown);
    let unknown = |r: Result<CommitNo, AppendError>| matches!(r, Err(AppendError::OutcomeUnknown(_)));
    assert!(unknown(one(&store, batch(0, 1, Hash::ZERO)).await));
    assert_eq!(head(&store).await, 0);
    assert!(unknown(one(&store, batch(0, 1, Hash::ZERO)).await));
    assert_eq!(head(&store).await, 1);
    assert_eq!(store.appends(), 2);
}

#[tokio::test]
async fn a_late_write_is_fenced_off_by_a_new_owner() {
    let store = MemoryStore::default();
    store.inject(1, Fault::LandLate);
    assert!(one(&store, batch(0, 1, Hash::ZERO)).await.is_err());
    assert_eq!(one(&store, batch(0, 2, Hash::ZERO)).await, Ok(CommitNo::new(1)));
    assert_eq!(store.land_late(), [Err(AppendError::Fenced { current: Epoch::new(2) })]);
    assert_eq!(head(&store).await, 1);
}

#[tokio::test]
async fn a_store_that_went_away_answers_nothing_until_it_recovers() {
    let store = MemoryStore::default();
    store.inject(1, Fault::Unavailable);
    for _ in 0..2 {
        assert!(matches!(one(&store, batch(0, 1, Hash::ZERO)).await, Err(AppendError::Unavailable(_))));
    }
    let read = store.head(&WorldId::new("w").unwrap()).await;
    assert!(matches!(read, Err(ReadError::Unavailable(_))));
    store.recover();
    store.inject(1, Fault::FailBeforeCommit);
    assert!(one(&store, batch(0, 1, Hash::ZERO)).await.is_err());
    assert_eq!(one(&store, batch(0, 1, Hash::ZERO)).await, Ok(CommitNo::new(1)));
}

#[tokio::test]
async fn a_delayed_append_waits_until_it_is_released() {
    let store = MemoryStore::default();
    store.inject(1, Fault::Delay);
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { one(&store, batch(0, 1, Hash::ZERO)).await }
    });
    while store.pending() == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(head(&store).await, 0);
    assert!(store.release());
    assert_eq!(waiting.await.unwrap(), Ok(CommitNo::new(1)));
}
