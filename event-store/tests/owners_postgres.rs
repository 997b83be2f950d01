//! Two nodes on one PostgreSQL database, and what becomes of appends when connection or server are lost under way.
#![cfg(feature = "postgres")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod database;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use database::Database;
use event_store::conformance::{Scribe, Spec, append_one, world};
use event_store::postgres::Limits;
use event_store::{AppendError, EventStore, Head, PostgresStore, ReadError, verify_world};
use schemas::{CommandId, CommitNo, Epoch, WorldId};
use servers::{Cutter, Postgres, Way};

fn n(number: u64) -> CommitNo {
    CommitNo::new(number)
}

/// Waits for something that must come, at most half a minute.
async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let start = Instant::now();
    while !is_so().await {
        assert!(start.elapsed() < Duration::from_secs(30), "it never came: {what}");
        tokio::time::timeout(Duration::from_millis(20), std::future::pending::<()>()).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_was_taken_over_is_fenced_off_whatever_it_remembers() {
    let Some(database) = Database::fresh() else { return };
    let (old, new) = (database.open().await, database.open().await);
    let mut of_old = Scribe::new("w");
    append_one(&old, of_old.many(3)).await.unwrap();

    // The new owner has never seen the world; it goes on from what it reads.
    let head = new.head(&world("w")).await.unwrap();
    let mut of_new = Scribe { world: world("w"), head: Head { epoch: Epoch::new(2), ..head } };
    assert_eq!(append_one(&new, of_new.batch(&[Spec::events(0)])).await, Ok(n(4)));

    // The old one believes that it owns the world at commit 3. Twice: the second time it knows better.
    for _ in 0..2 {
        let late = append_one(&old, of_old.clone().many(1)).await;
        assert_eq!(late, Err(AppendError::Fenced { current: Epoch::new(2) }));
    }
    assert_eq!(append_one(&new, of_new.many(2)).await, Ok(n(6)));

    // It takes the world back, with the commits that it has not seen; their command ids count as well.
    let head = old.head(&world("w")).await.unwrap();
    let mut back = Scribe { world: world("w"), head: Head { epoch: Epoch::new(3), ..head } };
    let twice = back.clone().batch(&[Spec::command("t:p:5")]);
    assert!(
        matches!(append_one(&old, twice).await, Err(AppendError::Unavailable(text)) if text.contains("t:p:5"))
    );
    assert_eq!(append_one(&old, back.many(1)).await, Ok(n(7)));
    assert_eq!(append_one(&new, of_new.many(1)).await, Err(AppendError::Fenced { current: Epoch::new(3) }));
    assert!(verify_world(&new, &world("w"), CommitNo::ZERO, None).await.unwrap().is_sound());
}

/// Begins some work, and gives it up; whether there was anything left of it.
async fn begun<T>(work: impl Future<Output = T>) -> bool {
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|cx| std::task::Poll::Ready(work.as_mut().poll(cx).is_pending())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_goes_on_when_nobody_waits_for_it_and_what_follows_comes_after_it() {
    let Some(database) = Database::fresh() else { return };
    let store = database.open().await;
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.many(1)).await.unwrap();
    let mut given_up = 0;
    for round in 1..=40 {
        // Polled once, and given up, but where the server was quicker.
        given_up += usize::from(begun(store.append(vec![scribe.many(1)])).await);
        assert_eq!(append_one(&store, scribe.many(1)).await, Ok(n(1 + 2 * round)));
    }
    assert!(given_up > 20, "{given_up} of 40");
    begun(store.append(vec![scribe.many(1)])).await;
    store.close().await;
    let store = database.open().await;
    assert_eq!(store.head(&world("w")).await.unwrap().commit, n(82));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_another_node_has_just_written_makes_a_batch_late_and_not_wrong() {
    let Some(database) = Database::fresh() else { return };
    let (one, two) = (database.open().await, database.open().await);
    let mut scribe = Scribe::new("w");
    append_one(&two, scribe.many(1)).await.unwrap();
    // What does not fit makes the first node read the head, and nothing else of the world yet.
    let ahead = Scribe { world: world("w"), head: Head { commit: n(7), ..scribe.head } };
    let early = append_one(&one, ahead.clone().many(1)).await;
    assert_eq!(early, Err(AppendError::WrongExpectedVersion { actual: n(1) }));
    let as_read = scribe.clone();
    append_one(&two, scribe.batch(&[Spec::command("t:p:x")])).await.unwrap();
    // The same command, decided on the head that was read: the record has moved on, so it is to be read again.
    let late = append_one(&one, as_read.clone().batch(&[Spec::command("t:p:x")])).await;
    assert_eq!(late, Err(AppendError::WrongExpectedVersion { actual: n(2) }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_fight_for_worlds_write_each_commit_once() {
    let Some(database) = Database::fresh() else { return };
    let stores = [Arc::new(database.open().await), Arc::new(database.open().await)];
    let names: Vec<WorldId> = (0..6).map(|i| world(&format!("w{i}"))).collect();
    let mut nodes = Vec::new();
    for (node, store) in stores.iter().enumerate() {
        let (store, mut names) = (Arc::clone(store), names.clone());
        // In opposite orders, so that their locks would meet head on.
        if node == 1 {
            names.reverse();
        }
        nodes.push(tokio::spawn(async move {
            let mut done = Vec::new();
            for round in 0..60 {
                let mut batches = Vec::new();
                for name in &names {
                    let head = store.head(name).await.unwrap();
                    let epoch = Epoch::new(head.epoch.get().max(1));
                    let command = Spec::command(&format!("t:{node}:{round}"));
                    batches
                        .push(Scribe { world: name.clone(), head: Head { epoch, ..head } }.batch(&[command]));
                }
                for (name, ending) in names.iter().zip(store.append(batches).await) {
                    match ending {
                        Ok(commit) => done.push((name.clone(), commit)),
                        Err(AppendError::WrongExpectedVersion { .. }) => {}
                        Err(error) => panic!("{name}: {error}"),
                    }
                }
            }
            done
        }));
    }
    let (one, two) = (nodes.remove(0).await.unwrap(), nodes.remove(0).await.unwrap());
    assert!(!one.is_empty() && !two.is_empty(), "both had some luck");
    let all: BTreeSet<_> = one.iter().chain(&two).cloned().collect();
    assert_eq!(all.len(), one.len() + two.len(), "no commit number was given to both");
    for name in &names {
        let report = verify_world(&*stores[0], name, CommitNo::ZERO, None).await.unwrap();
        assert!(report.is_sound(), "{:?}", report.faults);
        assert_eq!(report.commits as usize, all.iter().filter(|(of, _)| of == name).count());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_append_is_told_to_who_listens_many_in_one_message() {
    let Some(database) = Database::fresh() else { return };
    let url = database.cluster.url(database::READER, &database.name);
    let mut hints = PostgresStore::open_read_only(&url).await.unwrap().hints().await.unwrap();
    let store = database.open().await;
    let (mut one, mut two) = (Scribe::new("one"), Scribe::new("two"));
    append_one(&store, one.many(1)).await.unwrap();
    for ending in store.append(vec![one.many(5), two.many(2)]).await {
        ending.unwrap();
    }
    let wrong = one.batch_from(Head::default(), &[Spec::events(1)]);
    append_one(&store, wrong).await.unwrap_err();
    append_one(&store, two.many(1)).await.unwrap();
    let mut heard = async || tokio::time::timeout(Duration::from_secs(20), hints.heard()).await.unwrap();
    // What is written within a moment may be told together, and then by its end; in order, and nothing that was not written.
    let mut told: Vec<String> = Vec::new();
    while !told.contains(&"two 3".to_owned()) {
        told.extend(heard().await.lines().map(str::to_owned));
    }
    for (world, ends) in [("one ", &["one 1", "one 6"][..]), ("two ", &["two 2", "two 3"])] {
        let of_world: Vec<&str> = told.iter().map(String::as_str).filter(|l| l.starts_with(world)).collect();
        assert!(ends.ends_with(&of_world) && !of_world.is_empty(), "{told:?}");
    }
    // A message is less than 8,000 bytes: many worlds are told in several, and not each in its own.
    let mut many: Vec<Scribe> = (0..200).map(|i| Scribe::new(&format!("{i:0>60}"))).collect();
    for ending in store.append(many.iter_mut().map(|scribe| scribe.many(1)).collect()).await {
        ending.unwrap();
    }
    let mut told = BTreeSet::new();
    let mut messages = 0;
    while told.len() < 200 {
        let message = heard().await;
        assert!(message.len() < 8_000);
        told.extend(message.lines().map(str::to_owned));
        messages += 1;
    }
    assert_eq!(told, many.iter().map(|scribe| format!("{} 1", scribe.world)).collect());
    assert!((2..20).contains(&messages), "{messages}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_whose_server_went_away_is_told_that_something_may_have_happened() {
    let Some(database) = Database::alone() else { return };
    let store = database.open().await;
    let mut hints = store.hints().await.unwrap();
    database.cluster.stop_immediately().unwrap();
    database.cluster.start_again().unwrap();
    let heard = tokio::time::timeout(Duration::from_secs(20), hints.heard()).await.unwrap();
    assert_eq!(heard, "");
    // And it listens again.
    let mut scribe = Scribe::new("w");
    until("the store finds its server again", || async {
        append_one(&store, scribe.clone().many(1)).await == Ok(n(1))
    })
    .await;
    scribe.many(1);
    let heard = tokio::time::timeout(Duration::from_secs(20), hints.heard()).await.unwrap();
    assert_eq!(heard, "w 1");
}

/// What a writer that goes on for ever has been told.
#[derive(Debug, Default)]
struct Told {
    done: Vec<CommandId>,
    unknown: u64,
    down: u64,
}

/// One world's owner as the command service is one: one command at a time, acknowledged when the log says done; after
/// anything else it reads where the log stands, and after an unknown outcome takes the world over to make it final.
async fn own(store: &PostgresStore, name: &str, stop: &AtomicBool, done: &AtomicU64) -> Told {
    let mut told = Told::default();
    let mut scribe = Scribe::new(name);
    let mut number = 0;
    let mut pending: Option<CommandId> = None;
    while !stop.load(Ordering::Relaxed) || pending.is_some() {
        if let Some(id) = pending.take() {
            // Ownership under a new epoch: from then on an append that is not there never will be.
            let settled = async {
                let head = store.head(&scribe.world).await.map_err(|_| ())?;
                scribe.head = Head { epoch: Epoch::new(head.epoch.get() + 1), ..head };
                append_one(store, scribe.batch(&[Spec::events(0)])).await.map_err(|_| ())?;
                store.find_command(&scribe.world, &id).await.map_err(|_: ReadError| ())
            };
            match settled.await {
                Ok(found) => {
                    assert!(found.len() <= 1, "{id} stands {} times", found.len());
                    if found.len() == 1 {
                        told.done.push(id);
                    }
                }
                Err(()) => {
                    pending = Some(id);
                    tokio::task::yield_now().await;
                }
            }
            continue;
        }
        number += 1;
        let id = format!("t:{name}:{number}");
        let before = scribe.head;
        match append_one(store, scribe.batch(&[Spec::command(&id)])).await {
            Ok(_) => {
                told.done.push(CommandId::new(&id).unwrap());
                done.fetch_add(1, Ordering::Relaxed);
            }
            Err(AppendError::OutcomeUnknown(_)) => {
                told.unknown += 1;
                pending = Some(CommandId::new(&id).unwrap());
            }
            Err(AppendError::Unavailable(_)) => {
                told.down += 1;
                scribe.head = before;
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("{name} has one owner only: {error}"),
        }
    }
    told
}

/// Everything that was acknowledged is on the record once, and the record is whole.
async fn check(store: &PostgresStore, name: &str, told: &Told) {
    let report = verify_world(store, &world(name), CommitNo::ZERO, None).await.unwrap();
    assert!(report.is_sound(), "{name}: {:?}", report.faults);
    let commits = store.read(&world(name), CommitNo::ZERO, u32::MAX).await.unwrap();
    let mut on_record: Vec<_> = commits.iter().filter_map(|commit| commit.command.clone()).collect();
    let count = on_record.len();
    on_record.sort();
    on_record.dedup();
    assert_eq!(on_record.len(), count, "{name}: a command stands twice");
    let mut acknowledged = told.done.clone();
    acknowledged.sort();
    assert_eq!(on_record, acknowledged, "{name}: what was told and what is on the record differ");
}

/// Runs eight owners while `harm` happens again and again, and checks them; how many outcomes were unknown.
async fn under_harm(
    cluster: &'static Postgres,
    database: &Database,
    times: u64,
    harm: impl Fn() + Send,
) -> u64 {
    let limits = Limits { connect: Duration::from_secs(20), ..Limits::default() };
    let store = Arc::new(PostgresStore::open_with(&database.url(), limits).await.unwrap());
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let owners: Vec<_> = (0..8)
        .map(|i| {
            let (store, stop, done) = (Arc::clone(&store), Arc::clone(&stop), Arc::clone(&done));
            tokio::spawn(async move { own(&store, &format!("w{i}"), &stop, &done).await })
        })
        .collect();
    for _ in 0..times {
        let now = done.load(Ordering::Relaxed);
        until("appends go on", || async { done.load(Ordering::Relaxed) > now + 40 }).await;
        harm();
    }
    let now = done.load(Ordering::Relaxed);
    until("appends go on at the end", || async { done.load(Ordering::Relaxed) > now + 40 }).await;
    stop.store(true, Ordering::Relaxed);
    let mut unknown = 0;
    for (i, owner) in owners.into_iter().enumerate() {
        let told = owner.await.unwrap();
        check(&store, &format!("w{i}"), &told).await;
        unknown += told.unknown;
    }
    assert_eq!(cluster.sql(&database.name, "SELECT count(*) FROM annals.heads").unwrap(), "8");
    unknown
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_whose_session_is_ended_under_load_loses_nothing() {
    let Some(database) = Database::fresh() else { return };
    let cluster = database.cluster;
    let end = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = 'annals writer' AND datname = '{}'",
        database.name
    );
    let unknown = under_harm(cluster, &database, 15, || {
        assert_eq!(cluster.sql("postgres", &end).unwrap(), "t");
    })
    .await;
    assert!(unknown > 0, "no session was ended while an append was under way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_falls_over_under_load_loses_nothing_that_it_acknowledged() {
    let Some(database) = Database::alone() else { return };
    let cluster = database.cluster;
    let unknown = under_harm(cluster, &database, 3, || {
        cluster.stop_immediately().unwrap();
        cluster.start_again().unwrap();
    })
    .await;
    assert!(unknown > 0, "the server never fell while an append was under way");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_not_be_sent_is_not_written_and_reads_say_what_is_wrong() {
    let Some(database) = Database::alone() else { return };
    let limits = Limits { connect: Duration::from_millis(300), ..Limits::default() };
    let store = PostgresStore::open_with(&database.url(), limits).await.unwrap();
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.many(1)).await.unwrap();
    database.cluster.stop_immediately().unwrap();
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
    database.cluster.start_again().unwrap();
    until("the store finds its server again", || async {
        append_one(&store, scribe.clone().many(1)).await == Ok(n(2))
    })
    .await;
    assert_eq!(store.head(&world("w")).await.unwrap().commit, n(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_at_any_byte_of_an_append_leaves_no_doubt() {
    let Some(database) = Database::fresh() else { return };
    let cutter = Cutter::start(database.cluster.port()).unwrap();
    let password = database::PASSWORD.replace('\'', "%27").replace('\\', "%5C").replace(' ', "%20");
    let url = format!(
        "postgres://{}:{password}@127.0.0.1:{}/{}?sslmode=disable",
        database::WRITER,
        cutter.port(),
        database.name
    );
    // Who looks for the truth does not go through the cutter.
    // Nor does anything else that the store would tell: bytes are counted.
    let limits = Limits { hints: false, ..Limits::default() };
    let (store, truth) = (PostgresStore::open_with(&url, limits).await.unwrap(), database.open().await);
    let mut scribe = Scribe::new("w");
    let size = |round: u64| if round.is_multiple_of(2) { 1 } else { 3 };
    // The first two prepare both statements; the next two say how long an append and its answer are.
    let mut lengths = [[0; 2]; 2];
    for round in 0..4 {
        let before = [Way::Asked, Way::Answered].map(|way| cutter.passed(way));
        append_one(&store, scribe.many(size(round))).await.unwrap();
        let after = [Way::Asked, Way::Answered].map(|way| cutter.passed(way));
        lengths[round as usize % 2] = [0, 1].map(|way| after[way] - before[way]);
    }
    let (mut written, mut lost, mut unknown) = (0_u32, 0_u32, 0_u32);
    for round in 0..120_u64 {
        let (way, index) = if round / 2 % 2 == 0 { (Way::Asked, 0) } else { (Way::Answered, 1) };
        // Fifteen places from the first byte to the last, for each size and each way.
        let length = lengths[round as usize % 2][index];
        let at = (length - 1) * (round / 4 % 30) / 29;
        let cuts = cutter.cuts();
        let before = scribe.head;
        let batch = scribe.many(size(round));
        let last = batch.commits.last().unwrap().commit;
        cutter.cut_after(way, u32::try_from(at).unwrap());
        let ending = append_one(&store, batch).await;
        cutter.leave_whole();
        assert_eq!(
            cutter.cuts(),
            cuts + 1,
            "round {round}: the connection was not cut at byte {at} of {length}"
        );
        // Whatever was under way on the server has an end: the ownership commit waits for it and makes it final.
        let head = truth.head(&world("w")).await.unwrap();
        assert!(head.commit == before.commit || head.commit == last, "round {round}: a half of a batch");
        let epoch = Epoch::new(head.epoch.get() + 1);
        let mut owner = Scribe { world: world("w"), head: Head { epoch, ..head } };
        let taken = match append_one(&truth, owner.batch(&[Spec::events(0)])).await {
            Ok(_) => head,
            // It landed between the look and the take-over.
            Err(AppendError::WrongExpectedVersion { actual }) => {
                assert_eq!(actual, last, "round {round}");
                let head = truth.head(&world("w")).await.unwrap();
                owner = Scribe { world: world("w"), head: Head { epoch, ..head } };
                append_one(&truth, owner.batch(&[Spec::events(0)])).await.unwrap();
                head
            }
            Err(error) => panic!("round {round}: {error}"),
        };
        let is_there = taken.commit == last;
        match ending {
            Ok(commit) => {
                assert!(is_there && commit == last, "round {round}: told done, and it is not there");
            }
            Err(AppendError::OutcomeUnknown(_)) => unknown += 1,
            Err(AppendError::Unavailable(text)) => {
                assert!(!is_there, "round {round}: told no, and it is there: {text}");
            }
            Err(error) => panic!("round {round}: {error}"),
        }
        if is_there {
            written += 1;
        } else {
            lost += 1;
        }
        scribe.head = owner.head;
        // The store finds its way back by itself, and knows what the other one wrote.
        until("the store reaches its server again", || async {
            let ending = append_one(&store, scribe.clone().many(1)).await;
            assert!(!matches!(ending, Err(AppendError::Fenced { .. })), "round {round}: {ending:?}");
            ending.is_ok() || truth.head(&world("w")).await.unwrap().commit > scribe.head.commit
        })
        .await;
        let head = truth.head(&world("w")).await.unwrap();
        scribe.head = head;
    }
    assert!(
        written > 20 && lost > 20,
        "{written} were written, {lost} were not: the cuts were not around the commit"
    );
    assert!(unknown > 60, "only {unknown} of 120 ended in doubt");
    let report = verify_world(&truth, &world("w"), CommitNo::ZERO, None).await.unwrap();
    assert!(report.is_sound(), "{:?}", report.faults);
}
