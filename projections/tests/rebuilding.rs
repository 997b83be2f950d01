//! Rebuilds beside the version that serves, restarts from snapshots, files of other versions, the log in SQLite.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::game::{Fight, Join, Score};
use common::scribe::{Scribe, player};
use common::{Engine, Home, NOW, bench, games, world};
use event_store::sqlite::SqliteStore;
use event_store::{EventStore, Snapshot, SnapshotStore, WorldBatch};
use projections::{Games, Progress, Projector, ProjectorConfig, ReadModels, State, Step, check, rebuild};
use schemas::{Epoch, Hash};

fn season(commands: u64) -> Scribe {
    let mut scribe = Scribe::new(&world());
    for n in 0..commands {
        scribe.command(n % 7, Join {});
        scribe.command(n % 7, Score { points: n.cast_signed() % 5 });
        scribe.command(n % 7, Fight { enemy: player((n + 1) % 7) });
        scribe.pass(20_000);
    }
    scribe
}

async fn a_rebuild_swaps_the_version_and_tells_its_progress(engine: Engine) {
    let mut scribe = season(40);
    scribe.append_all().await;
    let b = bench(engine, &scribe.store, 64).await;
    b.projector.step(&world(), NOW).await.unwrap();
    let before = b.models.queries().await;
    let mut seen = Vec::new();
    let report = rebuild(&scribe.store, &b.models, NOW, &mut |p: Progress| seen.push(p)).await.unwrap();
    assert_eq!((report.from, report.to, b.models.version()), (1, 2, 2));
    let last = *seen.last().unwrap();
    assert_eq!((last.events_done, last.rows), (last.events_total, report.rows));
    assert_eq!((b.home.pointer(), b.home.versions().contains(&2)), (2, true));
    // Whoever asked before goes on with what there was.
    assert_eq!(before.checkpoint(&world()).await.unwrap().commit.get(), 64);
    assert_eq!(b.projector.step(&world(), NOW).await, Ok(Step::Idle));
    // What the old version had not come to is told, once.
    let other = bench(engine, &scribe.store, 512).await;
    other.projector.catch_up(&world(), NOW).await.unwrap();
    let all = other.models.queries().await.outbox(10_000).await.unwrap();
    assert_eq!(b.models.queries().await.outbox(10_000).await.unwrap(), all);
}

async fn a_rebuild_that_breaks_off_leaves_the_old_version_and_a_second_is_refused(engine: Engine) {
    let mut scribe = season(40);
    scribe.append_all().await;
    let b = bench(engine, &scribe.store, 512).await;
    b.projector.catch_up(&world(), NOW).await.unwrap();
    let rows = b.rows(true).await;
    {
        let mut quiet = |_: Progress| {};
        let mut first = Box::pin(rebuild(&scribe.store, &b.models, NOW, &mut quiet));
        // Polled until its version is there, then dropped, as Ctrl-C does.
        std::future::poll_fn(|context| {
            use std::future::Future;
            use std::task::Poll;
            assert!(first.as_mut().poll(context).is_pending(), "it was over too soon");
            if b.home.versions().contains(&2) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        let second = rebuild(&scribe.store, &b.models, NOW, &mut |_| {}).await.unwrap_err();
        assert_eq!(second.code(), "REBUILD_RUNNING");
        assert_eq!(b.models.status(&scribe.store).await.unwrap()[0].state, State::Rebuilding);
    }
    assert_eq!((b.models.version(), b.home.pointer()), (1, 1));
    assert_eq!(b.home.versions(), [1, 2], "what is left of it stays until the next one");
    assert_eq!(b.rows(true).await, rows);
    assert_eq!(b.models.status(&scribe.store).await.unwrap()[0].state, State::Live);
    rebuild(&scribe.store, &b.models, NOW, &mut |_| {}).await.unwrap();
    assert_eq!(b.rows(true).await, rows);
}

async fn what_was_sent_while_a_rebuild_ran_is_not_made_again(engine: Engine) {
    let mut scribe = season(40);
    scribe.append_all().await;
    let b = bench(engine, &scribe.store, 512).await;
    b.projector.catch_up(&world(), NOW).await.unwrap();
    let store = scribe.store.clone();
    let begun = Arc::new(AtomicBool::new(false));
    let tell = Arc::clone(&begun);
    let mut told = move |_: Progress| tell.store(true, Ordering::SeqCst);
    let mut running = Box::pin(rebuild(&store, &b.models, NOW, &mut told));
    // Polled until it has folded the log, and left alone there.
    std::future::poll_fn(|context| {
        use std::future::Future;
        use std::task::Poll;
        assert!(running.as_mut().poll(context).is_pending(), "it was over too soon");
        if begun.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    let before = b.models.queries().await.outbox(10_000).await.unwrap().len();
    scribe.command(1, Fight { enemy: player(2) });
    scribe.append_all().await;
    b.projector.catch_up(&world(), NOW).await.unwrap();
    let waiting = b.models.queries().await.outbox(10_000).await.unwrap();
    assert_eq!(waiting.len(), before + 2);
    let nonces: Vec<String> = waiting.into_iter().map(|message| message.nonce).collect();
    b.models.mark_sent(&nonces, NOW).await.unwrap();
    running.await.unwrap();
    b.projector.catch_up(&world(), NOW).await.unwrap();
    assert_eq!(b.count("outbox", &[]).await, 0);
    assert_eq!(check(&scribe.store, &b.models, 5).await.unwrap()[0].first, []);
}

async fn a_restart_goes_on_from_a_snapshot_with_the_boards_of_the_rows(engine: Engine) {
    let mut scribe = season(20);
    scribe.append_all().await;
    let b = bench(engine, &scribe.store, 512).await;
    b.projector.catch_up(&world(), NOW).await.unwrap();
    let last = scribe.log.last().unwrap();
    let bytes = scribe.world.snapshot();
    let snapshot = Snapshot {
        world: world(),
        commit: last.commit,
        commit_hash: last.hash,
        position: last.last(),
        state_key: scribe.world.game().state_key(),
        digest: Hash::of(&bytes),
        bytes,
    };
    scribe.store.save_snapshot(snapshot).await.unwrap();
    scribe.command(3, Score { points: 99 });
    scribe.append_all().await;
    b.projector.forget();
    // The log before the snapshot is not read again: a commit broken there would stop a fold.
    let tamper = |commit: usize| {
        scribe.store.with_log(|log| Arc::make_mut(&mut log.tamper(&world()).unwrap()[commit].body)[0] ^= 1);
    };
    tamper(5);
    assert_eq!(b.projector.catch_up(&world(), NOW).await, Ok(Step::Idle));
    tamper(5);
    let first = b.models.queries().await.rank(&world(), "points", 3).await.unwrap().unwrap();
    assert_eq!((first.rank, first.value), (1, 99));
    assert_eq!(check(&scribe.store, &b.models, 5).await.unwrap()[0].first, []);
}

async fn a_version_for_other_tables_answers_but_waits_for_a_rebuild(engine: Engine) {
    let mut scribe = season(5);
    scribe.append_all().await;
    let home = Home::new(engine);
    let few = Games::new(vec![games_registry::face::<game_example::Harbour>()]);
    drop(ReadModels::open_at(&home.place(), few).await.unwrap());
    let models = Arc::new(ReadModels::open_at(&home.place(), games()).await.unwrap());
    assert!(models.is_outdated().await);
    let store = Arc::new(scribe.store.clone());
    let projector = Projector::new(store, Arc::clone(&models), ProjectorConfig::default());
    assert_eq!(projector.step(&world(), NOW).await.unwrap_err().code(), "READ_MODELS_OUTDATED");
    rebuild(&scribe.store, &models, NOW, &mut |_| {}).await.unwrap();
    assert!(!models.is_outdated().await);
    assert_eq!(projector.step(&world(), NOW).await, Ok(Step::Idle));
    assert_eq!(models.queries().await.outbox(10).await.unwrap(), [], "a first projection tells no old news");
}

async fn old_news_is_not_told(engine: Engine) {
    let mut scribe = season(5);
    scribe.append_all().await;
    let b = bench(engine, &scribe.store, 512).await;
    let next_week = NOW.plus_ms(7 * 86_400_000);
    b.projector.catch_up(&world(), next_week).await.unwrap();
    assert_eq!(b.models.queries().await.outbox(10).await.unwrap(), []);
}

async fn the_log_in_sqlite_is_followed_and_rebuilt_like_the_one_in_memory(engine: Engine) {
    let scribe = season(60);
    let (home, directory) = (Home::new(engine), tempfile::tempdir().unwrap());
    let store = Arc::new(SqliteStore::open(directory.path().join("log.db")).await.unwrap());
    for commits in scribe.log.chunks(100) {
        let expected = store.head(&world()).await.unwrap().commit;
        let batch = WorldBatch { world: world(), expected, epoch: Epoch::new(1), commits: commits.to_vec() };
        store.append(vec![batch]).await.remove(0).unwrap();
    }
    let models = Arc::new(ReadModels::open_at(&home.place(), games()).await.unwrap());
    let projector = Projector::new(Arc::clone(&store), Arc::clone(&models), ProjectorConfig::default());
    projector.catch_up(&world(), NOW).await.unwrap();
    assert_eq!(check(&*store, &models, 5).await.unwrap()[0].first, []);
    rebuild(&*store, &models, NOW, &mut |_| {}).await.unwrap();
    assert_eq!(check(&*store, &models, 5).await.unwrap()[0].first, []);
}

on_every_engine! {
    a_rebuild_swaps_the_version_and_tells_its_progress,
    a_rebuild_that_breaks_off_leaves_the_old_version_and_a_second_is_refused,
    what_was_sent_while_a_rebuild_ran_is_not_made_again,
    a_restart_goes_on_from_a_snapshot_with_the_boards_of_the_rows,
    a_version_for_other_tables_answers_but_waits_for_a_rebuild,
    old_news_is_not_told,
    the_log_in_sqlite_is_followed_and_rebuilt_like_the_one_in_memory,
}
