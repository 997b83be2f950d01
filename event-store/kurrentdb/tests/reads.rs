//! Reads: places are found, broken reads are taken up again, and what is not what was written is found out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod server;

use std::pin::pin;
use std::time::Duration;

use event_store::conformance::{Engine, Scribe, Spec, append_one, world};
use event_store::{EventStore, FaultKind, ReadError, verify_world};
use event_store_kurrentdb::{KurrentSettings, KurrentStore, Limits};
use kurrent_standin::{ReadFault, Record, StandIn};
use schemas::{CommitNo, StoredCommit};
use server::{OnServer, Server};
use tokio_stream::StreamExt;

fn n(number: u64) -> CommitNo {
    CommitNo::new(number)
}

fn stand_in(engine: &OnServer) -> &StandIn {
    engine.server.stand_in.as_ref().unwrap()
}

/// A log whose commits have none, one or many events.
async fn uneven(commits: u64) -> (OnServer, Vec<StoredCommit>) {
    let engine = OnServer::new(Server::stand_in());
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    let mut all = Vec::new();
    for start in (0..commits).step_by(400) {
        let numbers = start..commits.min(start + 400);
        let specs: Vec<Spec> = numbers
            .map(|number| match number % 7 {
                0 => Spec::events(0),
                1 => Spec { events: 40, ..Spec::command(&format!("c:{number}")) },
                _ => Spec::command(&format!("c:{number}")),
            })
            .collect();
        let batch = scribe.batch(&specs);
        all.extend(batch.commits.clone());
        append_one(&store, batch).await.unwrap();
    }
    (engine, all)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_commit_is_found_by_a_store_that_has_read_nothing_before() {
    let (engine, all) = uneven(1500).await;
    for after in [0, 1, 63, 64, 65, 700, 701, 702, 1300, 1434, 1436, 1498, 1499, 1500, 1501, 99_999] {
        let store = KurrentStore::open_read_only(&engine.settings()).await.unwrap();
        let before = stand_in(&engine).reads();
        let read = store.read(&world("w"), n(after), 3).await.unwrap();
        let expected: Vec<_> = all.iter().skip(after as usize).take(3).cloned().collect();
        assert!(read == expected, "after {after}");
        let reads = stand_in(&engine).reads() - before;
        assert!(reads <= 16, "{reads} reads to find commit {after} of 1500");
    }
    // The next page is where the last one ended.
    let store = KurrentStore::open_read_only(&engine.settings()).await.unwrap();
    let mut after = n(0);
    let before = stand_in(&engine).reads();
    for _ in 0..15 {
        let page = store.read(&world("w"), after, 100).await.unwrap();
        assert!(page[..] == all[after.get() as usize..][..100]);
        after = page.last().unwrap().commit;
    }
    assert_eq!(stand_in(&engine).reads() - before, 15);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_breaks_is_taken_up_again_and_misses_nothing() {
    let (engine, all) = uneven(1000).await;
    let store = KurrentStore::open_read_only(&engine.settings()).await.unwrap();
    // Each breaks somewhere else: on a commit's own record, within its events, on the last.
    for (nth, records) in (1..).zip([1000, 41, 42, 90, 7]) {
        stand_in(&engine).fail_read(".world-", nth, ReadFault::CutAfter(records));
    }
    let read = store.read(&world("w"), n(0), u32::MAX).await.unwrap();
    assert!(read == all);
    assert_eq!(stand_in(&engine).faults_left(), 0);
    for (nth, records) in (1..).zip([500, 3000, 1]) {
        stand_in(&engine).fail_read(".world-", nth, ReadFault::CutAfter(records));
    }
    let mut scanned = Vec::new();
    let w = world("w");
    let mut pages = pin!(store.scan(&w, n(0), n(u64::MAX)));
    while let Some(page) = pages.next().await {
        scanned.extend(page.unwrap().iter().map(|checked| StoredCommit::clone(checked)));
    }
    assert!(scanned == all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_that_never_comes_further_ends_in_an_error() {
    let (engine, _) = uneven(10).await;
    let limits = Limits { read: Duration::from_millis(200), ..Limits::default() };
    let settings = KurrentSettings { limits, ..engine.settings() };
    let store = KurrentStore::open_read_only(&settings).await.unwrap();
    for nth in 1..=3 {
        stand_in(&engine).fail_read(".world-", nth, ReadFault::CutAfter(0));
    }
    let read = store.read(&world("w"), n(0), 9).await;
    assert!(matches!(read, Err(ReadError::Unavailable(_))), "{read:?}");
    for nth in 1..=3 {
        stand_in(&engine).fail_read(".world-", nth, ReadFault::Silence);
    }
    let read = store.read(&world("w"), n(0), 9).await;
    assert!(
        matches!(&read, Err(ReadError::Unavailable(text)) if text.contains("no answer within 200 ms")),
        "{read:?}"
    );
    assert_eq!(store.read(&world("w"), n(0), 99).await.unwrap().len(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_are_what_the_servers_tools_can_show() {
    let engine = OnServer::new(Server::stand_in());
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.batch(&[Spec::command("t:p:1"), Spec::events(0)])).await.unwrap();
    let prefix = engine.settings().prefix;
    let records = stand_in(&engine).records(&format!("{prefix}.world-w"));
    let kinds: Vec<_> = records.iter().map(|record| (record.kind(), record.is_json())).collect();
    // The suite's payloads are letters, not JSON; a game's are JSON.
    assert_eq!(kinds, [("CommandAccepted", true), ("Tested", false), ("OwnershipTaken", true)]);
    let header: serde_json::Value = serde_json::from_slice(&records[0].data).unwrap();
    assert_eq!(header["cause"]["command"]["id"], "t:p:1");
    let meta: serde_json::Value = serde_json::from_slice(&records[0].metadata).unwrap();
    assert_eq!((&meta["commit"], &meta["$correlationId"]), (&1.into(), &"t:p:1".into()));
    let registry: Vec<_> = stand_in(&engine).records(&format!("{prefix}.worlds"));
    let registry: Vec<_> =
        registry.iter().map(|r| std::str::from_utf8(&r.data).unwrap().to_owned()).collect();
    assert_eq!(registry, [format!(r#"{{"log":"{prefix}","version":1}}"#), r#"{"world":"w"}"#.to_owned()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_to_the_record_is_found() {
    type Change = fn(&mut Vec<Record>);
    fn edit(record: &mut Record, from: &str, to: &str) {
        let text = String::from_utf8(record.data.to_vec()).unwrap();
        assert!(text.contains(from), "{text}");
        record.data = text.replacen(from, to, 1).into();
    }
    // Three commits: records 0 to 2, 3 to 5, 6 to 8.
    let changes: [(&str, Change, FaultKind, u64); 10] = [
        ("a header's byte", |r| edit(&mut r[3], "\"wall_ms\":1", "\"wall_ms\":2"), FaultKind::Changed, 2),
        ("a payload's byte", |r| r[4].data = "x".repeat(20).into(), FaultKind::Changed, 2),
        ("a payload's length", |r| r[4].data = "x".into(), FaultKind::Unreadable, 2),
        (
            "an event's type",
            |r| drop(r[4].system.insert("type".into(), "Else".into())),
            FaultKind::Unreadable,
            2,
        ),
        ("metadata", |r| r[3].metadata = "{}".into(), FaultKind::Unreadable, 2),
        ("a record is gone", |r| drop(r.remove(4)), FaultKind::Unreadable, 2),
        ("a commit is gone", |r| drop(r.drain(3..6)), FaultKind::Unreadable, 2),
        ("events in another order", |r| r.swap(4, 5), FaultKind::Unreadable, 2),
        ("the last record is gone", |r| drop(r.pop()), FaultKind::Unreadable, 3),
        ("the first commit is gone", |r| drop(r.drain(0..3)), FaultKind::Unreadable, 1),
    ];
    for (what, change, kind, commit) in changes {
        let engine = OnServer::new(Server::stand_in());
        let store = engine.fresh().await;
        append_one(&store, Scribe::new("w").many(3)).await.unwrap();
        stand_in(&engine).tamper(&format!("{}.world-w", engine.settings().prefix), change);
        let store = KurrentStore::open_read_only(&engine.settings()).await.unwrap();
        let report = verify_world(&store, &world("w"), CommitNo::ZERO, None).await.unwrap();
        let first = report.faults.first().unwrap_or_else(|| panic!("{what} was not found"));
        assert_eq!((first.kind, first.commit), (kind, n(commit)), "{what}: {first:?}");
    }
}
