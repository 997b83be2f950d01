//! Two nodes on one KurrentDB server, a cluster whose leader changes, and owners under harm.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod server;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use event_store::conformance::{Engine, Scribe, Spec, append_one, world};
use event_store::{AppendError, EventStore, Head, ReadError, verify_world};
use event_store_kurrentdb::{ConnectionString, KurrentSettings, KurrentStore, Limits};
use kurrent_standin::{AppendFault, ReadFault, StandIn};
use schemas::{CommandId, CommitNo, Epoch, WorldId};
use server::{OnServer, Server};

fn n(number: u64) -> CommitNo {
    CommitNo::new(number)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_that_was_taken_over_is_fenced_off_whatever_it_remembers() {
    let engine = OnServer::new(Server::stand_in());
    let old = engine.fresh().await;
    let new = KurrentStore::open(&engine.settings()).await.unwrap();
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_that_fight_for_worlds_write_each_commit_once() {
    let engine = OnServer::new(Server::stand_in());
    let one = Arc::new(engine.fresh().await);
    let stores = [Arc::clone(&one), Arc::new(KurrentStore::open(&engine.settings()).await.unwrap())];
    let names: Vec<WorldId> = (0..4).map(|i| world(&format!("w{i}"))).collect();
    let mut nodes = Vec::new();
    for (node, store) in stores.iter().enumerate() {
        let (store, names) = (Arc::clone(store), names.clone());
        nodes.push(tokio::spawn(async move {
            let mut done = Vec::new();
            for round in 0..40 {
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
async fn a_store_finds_the_leader_and_goes_with_it() {
    let leader = StandIn::start().unwrap();
    let follower = leader.follower().unwrap();
    let ports = [leader.port(), follower.port()];
    for connection in [
        follower.connection_string(),
        format!("kurrentdb://127.0.0.1:{},127.0.0.1:{}?tls=false&nodePreference=leader", ports[1], ports[0]),
        format!(
            "kurrentdb://127.0.0.1:{},127.0.0.1:{}?tls=false&nodePreference=follower",
            ports[0], ports[1]
        ),
    ] {
        let prefix = format!("log{}", uuid::Uuid::new_v4().simple()).parse().unwrap();
        let settings = KurrentSettings { prefix, ..KurrentSettings::new(&connection) };
        let store = KurrentStore::open(&settings).await.unwrap();
        let mut scribe = Scribe::new("w");
        leader.lead();
        append_one(&store, scribe.many(2)).await.unwrap();
        follower.lead();
        append_one(&store, scribe.many(2)).await.unwrap();
        leader.lead();
        assert_eq!(append_one(&store, scribe.many(2)).await, Ok(n(6)), "{connection}");
        assert_eq!(store.head(&world("w")).await.unwrap(), scribe.head);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_goes_on_with_the_nodes_that_are_left() {
    let mut leader = StandIn::start().unwrap();
    let follower = leader.follower().unwrap();
    let connection =
        format!("kurrentdb://127.0.0.1:{},127.0.0.1:{}?tls=false", leader.port(), follower.port());
    let limits = Limits { append: Duration::from_secs(2), ..Limits::default() };
    let settings = KurrentSettings {
        connection: ConnectionString::new(&connection),
        limits,
        ..KurrentSettings::new("")
    };
    let store = KurrentStore::open(&settings).await.unwrap();
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.many(2)).await.unwrap();
    leader.stop();
    follower.lead();
    let start = Instant::now();
    let ending = loop {
        let ending = append_one(&store, scribe.clone().many(1)).await;
        if ending.is_ok() || start.elapsed() > Duration::from_secs(60) {
            break ending;
        }
    };
    assert_eq!(ending, Ok(n(3)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_without_a_leader_is_waited_for_and_then_told_of() {
    let engine = OnServer::new(Server::stand_in());
    let store = engine.fresh().await;
    let stand_in = engine.server.stand_in.as_ref().unwrap();
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.many(1)).await.unwrap();
    for nth in 1..=3 {
        stand_in.fail_append(".world-", nth, AppendFault::NotLeader { port: stand_in.port() });
    }
    assert_eq!(append_one(&store, scribe.many(1)).await, Ok(n(2)));
    for nth in 1..=8 {
        stand_in.fail_append(".world-", nth, AppendFault::NotLeader { port: stand_in.port() });
    }
    let ending = append_one(&store, scribe.clone().many(1)).await;
    assert!(
        matches!(&ending, Err(AppendError::Unavailable(text)) if text.contains("no leader")),
        "{ending:?}"
    );
    assert_eq!(append_one(&store, scribe.many(1)).await, Ok(n(3)));
}

/// What a writer that goes on for ever has been told.
#[derive(Debug, Default)]
struct Told {
    done: Vec<CommandId>,
    unknown: u64,
}

/// One world's owner as the command service is one: one command at a time, acknowledged when the log says done; after
/// anything else it reads where the log stands, and after an unknown outcome takes the world over to make it final.
async fn own(store: &KurrentStore, name: &str, stop: &AtomicBool, done: &AtomicU64) -> Told {
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
                scribe.head = before;
                tokio::task::yield_now().await;
            }
            Err(error) => panic!("{name} has one owner only: {error}"),
        }
    }
    told
}

/// Everything that was acknowledged is on the record once, and the record is whole.
async fn check(store: &KurrentStore, name: &str, told: &Told) {
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

/// Waits for something that must come, at most half a minute.
async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < Duration::from_secs(30), "it never came: {what}");
        tokio::time::timeout(Duration::from_millis(20), std::future::pending::<()>()).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owners_under_harm_lose_nothing_that_was_acknowledged_and_write_nothing_twice() {
    let mut engine = OnServer::new(Server::stand_in());
    engine.fresh().await;
    let limits = Limits { append: Duration::from_millis(500), ..Limits::default() };
    let settings = KurrentSettings { limits, ..engine.settings() };
    let store = Arc::new(KurrentStore::open(&settings).await.unwrap());
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let owners: Vec<_> = (0..6)
        .map(|i| {
            let (store, stop, done) = (Arc::clone(&store), Arc::clone(&stop), Arc::clone(&done));
            tokio::spawn(async move { own(&store, &format!("w{i}"), &stop, &done).await })
        })
        .collect();
    let harms = [
        AppendFault::CommitThenTimeout,
        AppendFault::TimeoutThenNothing,
        AppendFault::CommitThenCut,
        AppendFault::CutThenNothing,
        AppendFault::LandLate,
        AppendFault::CommitThenSilence,
        AppendFault::TooBusy,
        AppendFault::WrongVersion,
    ];
    for harm in harms.iter().cycle().take(3 * harms.len()) {
        let now = done.load(Ordering::Relaxed);
        until("appends go on", || done.load(Ordering::Relaxed) > now + 20).await;
        let stand_in = engine.server.stand_in.as_mut().unwrap();
        stand_in.fail_append(".world-", 2, harm.clone());
        if *harm == AppendFault::CutThenNothing {
            stand_in.stop();
            stand_in.start_again().unwrap();
        } else if *harm == AppendFault::CommitThenCut {
            stand_in.fail_read(".world-", 1, ReadFault::Fails);
        } else {
            stand_in.land_late();
        }
    }
    let now = done.load(Ordering::Relaxed);
    until("appends go on at the end", || done.load(Ordering::Relaxed) > now + 20).await;
    stop.store(true, Ordering::Relaxed);
    let mut unknown = 0;
    for (i, owner) in owners.into_iter().enumerate() {
        let told = owner.await.unwrap();
        engine.server.stand_in.as_ref().unwrap().land_late();
        check(&store, &format!("w{i}"), &told).await;
        unknown += told.unknown;
    }
    assert!(unknown > 0, "no outcome was ever unknown");
}
