//! Appends that are never answered: what is on the record is acknowledged, what is not is never acknowledged, and nothing
//! is on it twice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod server;

use std::time::{Duration, Instant};

use event_store::conformance::{Engine, Scribe, Spec, append_one, world};
use event_store::{AppendError, EventStore, Head, ReadError, verify_world};
use event_store_kurrentdb::{KurrentSettings, KurrentStore, Limits};
use kurrent_standin::{AppendFault, ReadFault, StandIn};
use schemas::{CommandId, CommitNo, Epoch};
use server::{OnServer, Server};

fn n(number: u64) -> CommitNo {
    CommitNo::new(number)
}

fn stand_in(engine: &OnServer) -> &StandIn {
    engine.server.stand_in.as_ref().unwrap()
}

/// A log with three commits in it, opened with little patience.
async fn begun() -> (OnServer, KurrentSettings, KurrentStore, Scribe) {
    let engine = OnServer::new(Server::stand_in());
    let mut scribe = Scribe::new("w");
    append_one(&engine.fresh().await, scribe.many(3)).await.unwrap();
    let limits = Limits { append: Duration::from_millis(400), ..Limits::default() };
    let settings = KurrentSettings { limits, ..engine.settings() };
    let store = KurrentStore::open(&settings).await.unwrap();
    (engine, settings, store, scribe)
}

fn is_unknown(ending: &Result<CommitNo, AppendError>) -> bool {
    matches!(ending, Err(AppendError::OutcomeUnknown(_)))
}

async fn commits(store: &KurrentStore) -> u64 {
    let report = verify_world(store, &world("w"), CommitNo::ZERO, None).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.faults);
    report.commits
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_is_acknowledged_however_its_answer_was_lost() {
    let (engine, _, store, mut scribe) = begun().await;
    for (done, fault) in
        [AppendFault::CommitThenTimeout, AppendFault::CommitThenCut, AppendFault::CommitThenSilence]
            .into_iter()
            .enumerate()
    {
        stand_in(&engine).fail_append(".world-", 1, fault.clone());
        let batch = scribe.batch(&[Spec::command(&format!("c:{done}")), Spec::events(3), Spec::events(0)]);
        let last = n(6 + 3 * done as u64);
        assert_eq!(append_one(&store, batch).await, Ok(last), "{fault:?}");
        assert_eq!(store.head(&world("w")).await.unwrap(), scribe.head);
        assert_eq!(commits(&store).await, last.get());
    }
    append_one(&store, scribe.many(2)).await.unwrap();
    assert_eq!((commits(&store).await, stand_in(&engine).faults_left()), (14, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_not_written_is_unknown_and_never_acknowledged() {
    let (engine, _, store, mut scribe) = begun().await;
    for fault in [AppendFault::TimeoutThenNothing, AppendFault::CutThenNothing, AppendFault::TooBusy] {
        stand_in(&engine).fail_append(".world-", 1, fault.clone());
        let ending = append_one(&store, scribe.clone().many(2)).await;
        assert!(is_unknown(&ending), "{fault:?}: {ending:?}");
        assert_eq!(commits(&store).await, 3);
    }
    append_one(&store, scribe.many(2)).await.unwrap();
    assert_eq!(commits(&store).await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_can_not_be_read_back_leaves_the_outcome_unknown() {
    let (engine, _, store, mut scribe) = begun().await;
    // From here on the store knows the world, and an append reads nothing.
    append_one(&store, scribe.many(1)).await.unwrap();
    stand_in(&engine).fail_append(".world-", 1, AppendFault::CommitThenTimeout);
    for nth in 1..=3 {
        stand_in(&engine).fail_read(".world-", nth, ReadFault::Fails);
    }
    let ending = append_one(&store, scribe.batch(&[Spec::command("c:1")])).await;
    assert!(is_unknown(&ending), "{ending:?}");
    // Who looks again finds it, and the same batch again is told that it comes too late.
    let found = store.find_command(&world("w"), &CommandId::new("c:1").unwrap()).await.unwrap();
    assert_eq!(found, [n(5)]);
    let again = Scribe { head: Head { commit: n(4), ..scribe.head }, ..scribe.clone() }.many(1);
    assert_eq!(append_one(&store, again).await, Err(AppendError::WrongExpectedVersion { actual: n(5) }));
    append_one(&store, scribe.many(1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_write_is_fenced_off_by_a_new_owner() {
    let (engine, settings, store, mut scribe) = begun().await;
    let other = KurrentStore::open(&settings).await.unwrap();
    stand_in(&engine).fail_append(".world-", 1, AppendFault::LandLate);
    let late = scribe.clone().batch(&[Spec::command("late")]);
    assert!(is_unknown(&append_one(&store, late).await));
    scribe.head.epoch = Epoch::new(2);
    assert_eq!(append_one(&other, scribe.batch(&[Spec::events(0)])).await, Ok(n(4)));
    assert_eq!(stand_in(&engine).land_late(), 0, "the number was taken");
    let id = CommandId::new("late").unwrap();
    assert!(store.find_command(&world("w"), &id).await.unwrap().is_empty());
    let stale = Scribe { head: Head { commit: n(3), epoch: Epoch::new(1), ..scribe.head }, ..scribe.clone() };
    let ending = append_one(&store, stale.clone().many(1)).await;
    assert_eq!(ending, Err(AppendError::Fenced { current: Epoch::new(2) }));
    assert_eq!(commits(&other).await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_write_that_lands_before_the_new_owner_is_found_by_it() {
    let (engine, settings, store, scribe) = begun().await;
    let other = KurrentStore::open(&settings).await.unwrap();
    let head = other.head(&world("w")).await.unwrap();
    stand_in(&engine).fail_append(".world-", 1, AppendFault::LandLate);
    assert!(is_unknown(&append_one(&store, scribe.clone().batch(&[Spec::command("late")])).await));
    assert_eq!(stand_in(&engine).land_late(), 1);
    // The take-over was made on what was read before: it is refused, and made again on what is there now.
    let mut new = Scribe { world: world("w"), head: Head { epoch: Epoch::new(2), ..head } };
    let early = append_one(&other, new.batch(&[Spec::events(0)])).await;
    assert_eq!(early, Err(AppendError::WrongExpectedVersion { actual: n(4) }));
    let head = other.head(&world("w")).await.unwrap();
    new.head = Head { epoch: Epoch::new(2), ..head };
    assert_eq!(append_one(&other, new.batch(&[Spec::events(0)])).await, Ok(n(5)));
    let found = other.find_command(&world("w"), &CommandId::new("late").unwrap()).await.unwrap();
    assert_eq!(found, [n(4)]);
    assert_eq!(commits(&other).await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_without_a_reason_writes_nothing_and_says_so() {
    let (engine, _, store, mut scribe) = begun().await;
    stand_in(&engine).fail_append(".world-", 1, AppendFault::WrongVersion);
    let ending = append_one(&store, scribe.clone().many(1)).await;
    assert!(
        matches!(&ending, Err(AppendError::Unavailable(text)) if text.contains("STORE_GUARD")),
        "{ending:?}"
    );
    assert_eq!(append_one(&store, scribe.many(1)).await, Ok(n(4)));
    assert_eq!(commits(&store).await, 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_world_is_in_the_registry_before_it_has_a_commit() {
    let (engine, _, store, _) = begun().await;
    let names = async || {
        let worlds = store.worlds().await.unwrap();
        worlds.into_iter().map(|found| found.world.to_string()).collect::<Vec<_>>()
    };
    // Lost before it was written: nothing of the world is there. Lost after: the world goes on.
    for nth in 1..=3 {
        stand_in(&engine).fail_append(".worlds", nth, AppendFault::TimeoutThenNothing);
    }
    let ending = append_one(&store, Scribe::new("v").many(1)).await;
    assert!(matches!(ending, Err(AppendError::Unavailable(_))), "{ending:?}");
    assert_eq!(names().await, ["w"]);
    stand_in(&engine).fail_append(".worlds", 1, AppendFault::WrongVersion);
    let ending = append_one(&store, Scribe::new("v").many(1)).await;
    assert!(matches!(ending, Err(AppendError::Unavailable(_))), "{ending:?}");
    stand_in(&engine).fail_append(".worlds", 1, AppendFault::CommitThenTimeout);
    append_one(&store, Scribe::new("v").many(1)).await.unwrap();
    // Registered, and nothing more: no world yet.
    stand_in(&engine).fail_append(".world-", 1, AppendFault::TimeoutThenNothing);
    assert!(is_unknown(&append_one(&store, Scribe::new("u").many(1)).await));
    assert_eq!(names().await, ["v", "w"]);
    append_one(&store, Scribe::new("u").many(1)).await.unwrap();
    assert_eq!(names().await, ["u", "v", "w"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_not_be_sent_is_not_written_and_reads_say_what_is_wrong() {
    let (mut engine, _, store, mut scribe) = begun().await;
    engine.server.stand_in.as_mut().unwrap().stop();
    // What the lost connection was asked last may be unknown; after that it is certain that nothing is sent.
    append_one(&store, scribe.clone().many(1)).await.unwrap_err();
    let ending = append_one(&store, scribe.clone().many(1)).await;
    assert!(
        matches!(&ending, Err(AppendError::Unavailable(text)) if text.contains("STORE_UNREACHABLE")),
        "{ending:?}"
    );
    let read = store.read(&world("w"), CommitNo::ZERO, 9).await;
    assert!(
        matches!(&read, Err(ReadError::Unavailable(text)) if text.contains("STORE_UNREACHABLE")),
        "{read:?}"
    );
    engine.server.stand_in.as_mut().unwrap().start_again().unwrap();
    let start = Instant::now();
    while append_one(&store, scribe.clone().many(1)).await != Ok(n(4)) {
        assert!(start.elapsed() < Duration::from_secs(30), "the store never finds its server again");
    }
    scribe.many(1);
    assert_eq!(append_one(&store, scribe.many(1)).await, Ok(n(5)));
    assert_eq!(commits(&store).await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_the_server_does_not_take_is_refused_whole() {
    let (engine, settings, store, mut scribe) = begun().await;
    stand_in(&engine).limit_appends(100_000);
    let big = |len: usize| [Spec { events: 1, bytes: len, ..Spec::default() }, Spec::events(1)];
    // The server's own limit, when the store was told another one.
    let ending = append_one(&store, scribe.clone().batch(&big(200_000))).await;
    assert!(
        matches!(&ending, Err(AppendError::Unavailable(text)) if text.contains("Maximum Append Size")),
        "{ending:?}"
    );
    let told = KurrentSettings { append_bytes_max: 100_000, ..settings };
    let knowing = KurrentStore::open(&told).await.unwrap();
    let before = stand_in(&engine).appends();
    let ending = append_one(&knowing, scribe.clone().batch(&big(200_000))).await;
    let Err(AppendError::Unavailable(text)) = ending else { panic!("{ending:?}") };
    assert!(
        text.starts_with("BATCH_TOO_LARGE: w: the batch has 20") && text.contains("MaxAppendSize"),
        "{text}"
    );
    assert_eq!(stand_in(&engine).appends(), before, "nothing was sent");
    assert_eq!(commits(&store).await, 3);
    append_one(&knowing, scribe.batch(&big(90_000))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_stops_waiting_leaves_the_log_as_it_is() {
    let (engine, _, store, mut scribe) = begun().await;
    stand_in(&engine).fail_append(".world-", 1, AppendFault::Slow(Duration::from_millis(150)));
    let batch = scribe.batch(&[Spec::command("c:1")]);
    let given_up = tokio::time::timeout(Duration::from_millis(40), append_one(&store, batch)).await;
    assert!(given_up.is_err());
    // It is written or it is not: the next one finds out, and does not go by what was known before.
    let mut next = scribe.clone();
    let start = Instant::now();
    let ending = loop {
        let head = store.head(&world("w")).await.unwrap();
        next.head = head;
        let ending = append_one(&store, next.batch(&[Spec::command("c:2")])).await;
        if ending.is_ok() || start.elapsed() > Duration::from_secs(20) {
            break ending;
        }
    };
    let count = commits(&store).await;
    assert_eq!(ending, Ok(n(count)));
}
