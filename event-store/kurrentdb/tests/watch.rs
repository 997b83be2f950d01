//! Hints of new commits: each number once, in order, whatever becomes of the subscription.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod server;

use std::pin::pin;
use std::time::{Duration, Instant};

use event_store::conformance::{Engine, Scribe, Spec, append_one, world};
use event_store_kurrentdb::{Hints, KurrentStore};
use schemas::CommitNo;
use server::{OnServer, Server};
use tokio_stream::{Stream, StreamExt};

fn n(number: u64) -> CommitNo {
    CommitNo::new(number)
}

/// The next `count` numbers.
async fn next(numbers: &mut (impl Stream<Item = CommitNo> + Unpin), count: usize) -> Vec<u64> {
    let mut seen = Vec::new();
    while seen.len() < count {
        let number = tokio::time::timeout(Duration::from_secs(20), numbers.next()).await;
        seen.push(number.unwrap_or_else(|_| panic!("only {seen:?} came")).unwrap().get());
    }
    seen
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_commit_is_told_once_whoever_appends_it() {
    let engine = OnServer::new(Server::stand_in());
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    // Watched before there is anything, from the start, from within, from the end and from beyond it.
    let mut early = pin!(store.watch(&world("w"), n(0)));
    append_one(&store, scribe.batch(&[Spec::events(3), Spec::events(0), Spec::command("c:3")]))
        .await
        .unwrap();
    assert_eq!(next(&mut early, 3).await, [1, 2, 3]);
    let mut start = pin!(store.watch(&world("w"), n(0)));
    let mut within = pin!(store.watch(&world("w"), n(1)));
    let mut end = pin!(store.watch(&world("w"), n(3)));
    let mut beyond = pin!(store.watch(&world("w"), n(5)));
    assert_eq!(next(&mut start, 3).await, [1, 2, 3]);
    assert_eq!(next(&mut within, 2).await, [2, 3]);
    let other = KurrentStore::open(&engine.settings()).await.unwrap();
    append_one(&other, scribe.many(3)).await.unwrap();
    append_one(&other, Scribe::new("v").many(9)).await.unwrap();
    for numbers in [&mut early, &mut start, &mut within, &mut end] {
        assert_eq!(next(numbers, 3).await, [4, 5, 6]);
    }
    assert_eq!(next(&mut beyond, 1).await, [6]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscription_that_is_dropped_is_taken_up_again_without_a_gap() {
    let mut engine = OnServer::new(Server::stand_in());
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    let mut numbers = pin!(store.watch(&world("w"), n(0)));
    append_one(&store, scribe.many(2)).await.unwrap();
    assert_eq!(next(&mut numbers, 2).await, [1, 2]);
    for round in 1..=3_u64 {
        engine.server.stand_in.as_ref().unwrap().drop_subscriptions();
        append_one(&store, scribe.many(2)).await.unwrap();
        assert_eq!(next(&mut numbers, 2).await, [2 * round + 1, 2 * round + 2]);
    }
    let stand_in = engine.server.stand_in.as_mut().unwrap();
    assert!(stand_in.subscriptions() >= 4, "{} subscriptions", stand_in.subscriptions());
    // The whole server goes, and comes back.
    stand_in.stop();
    stand_in.start_again().unwrap();
    let start = Instant::now();
    let batch = scribe.many(3);
    while append_one(&store, batch.clone()).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(30), "the store never finds its server again");
    }
    assert_eq!(next(&mut numbers, 3).await, [9, 10, 11]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_takes_slowly_misses_nothing() {
    let engine = OnServer::new(Server::stand_in());
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    let mut numbers = pin!(store.watch(&world("w"), n(0)));
    for _ in 0..3 {
        append_one(&store, scribe.many(200)).await.unwrap();
    }
    engine.server.stand_in.as_ref().unwrap().drop_subscriptions();
    append_one(&store, scribe.many(200)).await.unwrap();
    assert_eq!(next(&mut numbers, 800).await, (1..=800).collect::<Vec<u64>>());
}

/// Waits until nothing has been told for a while: what was begun has been said.
async fn quiet(hints: &mut Hints) {
    while tokio::time::timeout(Duration::from_millis(300), hints.heard()).await.is_ok() {}
}

async fn heard(hints: &mut Hints, what: &str) {
    let heard = tokio::time::timeout(Duration::from_secs(20), hints.heard()).await;
    assert!(heard.is_ok(), "{what} was not told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_listens_hears_of_every_world_also_of_one_that_is_new() {
    let engine = OnServer::new(Server::stand_in());
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.many(3)).await.unwrap();
    let listener = KurrentStore::open_read_only(&engine.settings()).await.unwrap();
    let mut hints = listener.hints();
    heard(&mut hints, "that there is a world").await;
    quiet(&mut hints).await;
    append_one(&store, scribe.many(1)).await.unwrap();
    heard(&mut hints, "a commit").await;
    quiet(&mut hints).await;
    append_one(&store, Scribe::new("v").many(1)).await.unwrap();
    heard(&mut hints, "a new world").await;
    quiet(&mut hints).await;
    // What the server drops is taken up again.
    let stand_in = engine.server.stand_in.as_ref().unwrap();
    let before = stand_in.subscriptions();
    stand_in.drop_subscriptions();
    let start = Instant::now();
    while stand_in.subscriptions() < before + 3 {
        assert!(start.elapsed() < Duration::from_secs(20), "only {} subscriptions", stand_in.subscriptions());
        tokio::task::yield_now().await;
    }
    quiet(&mut hints).await;
    append_one(&store, scribe.many(1)).await.unwrap();
    heard(&mut hints, "a commit after the subscriptions were dropped").await;
    // Nobody listens in streams that nobody plays in, and nothing goes on when the listener is gone.
    append_one(&store, Scribe::new("server:local").many(1)).await.unwrap();
    quiet(&mut hints).await;
    assert!(
        !stand_in.subscribed().iter().any(|stream| stream.contains("server")),
        "{:?}",
        stand_in.subscribed()
    );
    drop(hints);
    let before = stand_in.subscriptions();
    stand_in.drop_subscriptions();
    // Whoever still listened would come back within a second.
    let start = Instant::now();
    while start.elapsed() < Duration::from_millis(1_500) {
        assert_eq!(stand_in.subscriptions(), before, "it listens on");
        tokio::task::yield_now().await;
    }
}
