//! What an append promises.

use std::sync::Arc;

use schemas::{CommitNo, Epoch, Hash, Position};

use super::{Engine, Scribe, Spec, append_one, world};
use crate::check::COMMIT_BYTES_MAX;
use crate::{AppendError, BATCH_COMMITS_MAX, EventStore, Head, WorldBatch};

fn n(number: u64) -> CommitNo {
    CommitNo::new(number)
}

async fn assert_head<S: EventStore>(store: &S, name: &str, commits: u64) {
    assert_eq!(store.head(&world(name)).await.unwrap().commit, n(commits), "head of {name}");
    let read = store.read(&world(name), CommitNo::ZERO, u32::MAX).await.unwrap();
    assert_eq!(read.len() as u64, commits, "commits of {name}");
}

fn refused(ending: &Result<CommitNo, AppendError>) -> bool {
    matches!(ending, Err(AppendError::Unavailable(_)))
}

/// A store with nothing in it answers with nothing, not with errors.
pub async fn a_fresh_store_is_empty<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    assert_eq!(store.head(&world("w")).await, Ok(Head::default()));
    assert_eq!(store.read(&world("w"), CommitNo::ZERO, 10).await, Ok(vec![]));
    assert_eq!(store.worlds().await, Ok(vec![]));
    assert_eq!(store.rewinds(&world("w")).await, Ok(vec![]));
    assert_eq!(store.command_index(&world("w"), n(9)).await, Ok(vec![]));
    assert_eq!(store.append(vec![]).await, vec![]);
}

/// What was appended is read back byte for byte, and the head says where it ends.
pub async fn an_append_is_there_with_every_byte<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    let batch = scribe.batch(&[Spec::command("t:p:1"), Spec::events(0), Spec::events(3)]);
    assert_eq!(append_one(&store, batch.clone()).await, Ok(n(3)));
    assert_eq!(store.read(&world("w"), CommitNo::ZERO, 10).await, Ok(batch.commits));
    let head = store.head(&world("w")).await.unwrap();
    assert_eq!(head, scribe.head);
    assert_eq!(head.position, Position::new(4));
}

/// The expected version is the check of every append.
pub async fn a_wrong_expected_version_is_told_and_writes_nothing<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    let start = scribe.head;
    append_one(&store, scribe.many(3)).await.unwrap();
    let late = scribe.batch_from(start, &[Spec::events(1)]);
    assert_eq!(append_one(&store, late).await, Err(AppendError::WrongExpectedVersion { actual: n(3) }));
    let early = scribe.batch_from(Head { commit: n(7), ..scribe.head }, &[Spec::events(1)]);
    assert_eq!(append_one(&store, early).await, Err(AppendError::WrongExpectedVersion { actual: n(3) }));
    assert_head(&store, "w", 3).await;
    append_one(&store, scribe.many(1)).await.unwrap();
}

/// A fenced owner appends nothing.
pub async fn a_lower_epoch_is_fenced_off<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    scribe.head.epoch = Epoch::new(5);
    append_one(&store, scribe.many(1)).await.unwrap();
    let old = Head { epoch: Epoch::new(4), ..scribe.head };
    let ending = append_one(&store, scribe.batch_from(old, &[Spec::events(1)])).await;
    assert_eq!(ending, Err(AppendError::Fenced { current: Epoch::new(5) }));
    assert_head(&store, "w", 1).await;
}

/// A new owner comes with a higher epoch, and the old one is fenced off from then on.
pub async fn a_higher_epoch_takes_the_world_over<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut old = Scribe::new("w");
    append_one(&store, old.many(2)).await.unwrap();
    let mut new = old.clone();
    new.head.epoch = Epoch::new(2);
    assert_eq!(append_one(&store, new.batch(&[Spec::events(0)])).await, Ok(n(3)));
    assert_eq!(store.head(&world("w")).await.unwrap().epoch, Epoch::new(2));
    let ending = append_one(&store, old.many(1)).await;
    assert_eq!(ending, Err(AppendError::Fenced { current: Epoch::new(2) }));
    append_one(&store, new.many(1)).await.unwrap();
    assert_head(&store, "w", 4).await;
}

/// Fenced comes before wrong version: who is fenced must stand down, not reload.
pub async fn a_fenced_writer_is_told_so_before_its_version_is_looked_at<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    let start = scribe.head;
    scribe.head.epoch = Epoch::new(2);
    append_one(&store, scribe.many(2)).await.unwrap();
    let ending = append_one(&store, scribe.batch_from(start, &[Spec::events(1)])).await;
    assert_eq!(ending, Err(AppendError::Fenced { current: Epoch::new(2) }));
}

/// One call, many worlds, each with its own ending, in the order of the batches.
pub async fn batches_of_one_call_end_each_on_its_own<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribes: Vec<Scribe> = (0..7).map(|i| Scribe::new(&format!("w{i}"))).collect();
    append_one(&store, scribes[2].clone().many(2)).await.unwrap();
    scribes[3].head.epoch = Epoch::new(9);
    append_one(&store, scribes[3].many(1)).await.unwrap();
    scribes[3].head.epoch = Epoch::new(8);
    let mut batches: Vec<WorldBatch> = scribes.iter_mut().map(|scribe| scribe.many(3)).collect();
    batches[4].commits[1].prev = Hash::ZERO;
    let endings = store.append(batches).await;
    assert_eq!(endings.len(), 7);
    for i in [0, 1, 5, 6] {
        assert_eq!(endings[i], Ok(n(3)), "batch {i}");
        assert_head(&store, &format!("w{i}"), 3).await;
    }
    assert_eq!(endings[2], Err(AppendError::WrongExpectedVersion { actual: n(2) }));
    assert_eq!(endings[3], Err(AppendError::Fenced { current: Epoch::new(9) }));
    assert!(refused(&endings[4]));
    assert_head(&store, "w2", 2).await;
    assert_head(&store, "w3", 1).await;
    assert_head(&store, "w4", 0).await;
}

/// A second batch of one world in one call is refused; the first is written.
pub async fn a_world_stands_only_once_in_a_call<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    let endings = store.append(vec![scribe.many(2), Scribe::new("v").many(1), scribe.many(1)]).await;
    assert_eq!(endings[..2], [Ok(n(2)), Ok(n(1))]);
    assert!(refused(&endings[2]));
    assert_head(&store, "w", 2).await;
}

/// When one commit of a batch can not be written, none is.
pub async fn a_batch_is_written_all_or_none<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.batch(&[Spec::command("t:p:1")])).await.unwrap();
    let head = scribe.head;
    let batch = scribe.batch(&[Spec::events(1), Spec::command("t:p:2"), Spec::command("t:p:1")]);
    assert!(refused(&append_one(&store, batch).await));
    assert_head(&store, "w", 1).await;
    assert!(
        store.find_command(&world("w"), &schemas::CommandId::new("t:p:2").unwrap()).await.unwrap().is_empty()
    );
    append_one(&store, scribe.batch_from(head, &[Spec::command("t:p:2")])).await.unwrap();
    assert_head(&store, "w", 2).await;
}

/// Numbers without gaps, positions without gaps, links, one world, one epoch, 1 to 512 commits.
pub async fn a_batch_that_is_not_well_formed_is_refused<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.many(1)).await.unwrap();
    let breaks: [fn(&mut WorldBatch); 10] = [
        |b| b.commits.clear(),
        |b| drop(b.commits.remove(1)),
        |b| b.commits.swap(0, 1),
        |b| b.commits[1].commit = b.commits[1].commit.next(),
        |b| b.commits[2].first = b.commits[2].first.next(),
        |b| b.commits[2].prev = Hash::ZERO,
        |b| b.commits[1].epoch = Epoch::new(3),
        |b| b.commits[1].world = world("v"),
        |b| b.commits[1].rewinds_to = Some(b.commits[1].commit),
        |b| b.epoch = Epoch::new(2),
    ];
    for (i, break_it) in breaks.into_iter().enumerate() {
        let mut batch = scribe.clone().many(3);
        break_it(&mut batch);
        assert!(refused(&append_one(&store, batch).await), "break {i} was taken");
    }
    let too_many = scribe.clone().many(BATCH_COMMITS_MAX + 1);
    assert!(refused(&append_one(&store, too_many).await));
    assert_head(&store, "w", 1).await;
    append_one(&store, scribe.many(3)).await.unwrap();
}

/// The right number alone is not enough: position and hash must go on from this log.
pub async fn a_batch_that_does_not_go_on_from_this_log_is_refused<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.many(2)).await.unwrap();
    let other = Head { hash: Hash([7; 32]), ..scribe.head };
    assert!(refused(&append_one(&store, scribe.batch_from(other, &[Spec::events(1)])).await));
    let other = Head { position: Position::new(1), ..scribe.head };
    assert!(refused(&append_one(&store, scribe.batch_from(other, &[Spec::events(1)])).await));
    assert_head(&store, "w", 2).await;
}

/// The second guard: a command id stands once, within a batch and across calls.
pub async fn a_command_stands_once_on_a_line<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.batch(&[Spec::command("t:p:1"), Spec::command("t:p:2")])).await.unwrap();
    for twice in [vec!["t:p:2"], vec!["t:p:3", "t:p:3"], vec!["t:p:4", "t:p:1"]] {
        let specs: Vec<Spec> = twice.iter().map(|id| Spec::command(id)).collect();
        assert!(refused(&append_one(&store, scribe.clone().batch(&specs)).await), "{twice:?}");
    }
    let store = engine.reopen(store).await;
    assert!(refused(&append_one(&store, scribe.clone().batch(&[Spec::command("t:p:1")])).await));
    append_one(&store, Scribe::new("v").batch(&[Spec::command("t:p:1")])).await.unwrap();
    append_one(&store, scribe.batch(&[Spec::command("t:p:3")])).await.unwrap();
    assert_head(&store, "w", 3).await;
}

/// After a rewind the same commands may be decided again, in the rewind's own batch too, once each.
pub async fn a_rewind_frees_the_command_ids<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.batch(&[Spec::command("a"), Spec::command("b"), Spec::command("c")]))
        .await
        .unwrap();
    let again = [Spec::rewind("r1", 1), Spec::command("b"), Spec::command("c"), Spec::command("b")];
    assert!(refused(&append_one(&store, scribe.clone().batch(&again)).await));
    append_one(&store, scribe.batch(&again[..2])).await.unwrap();
    let store = engine.reopen(store).await;
    for id in ["b", "r1"] {
        assert!(refused(&append_one(&store, scribe.clone().batch(&[Spec::command(id)])).await), "{id}");
    }
    append_one(&store, scribe.batch(&[Spec::command("c")])).await.unwrap();
    assert_head(&store, "w", 6).await;
}

/// 512 commits are one batch.
pub async fn the_largest_batch_is_written<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    for _ in 0..3 {
        let batch = scribe.many(BATCH_COMMITS_MAX);
        append_one(&store, batch).await.unwrap();
    }
    assert_head(&store, "w", 3 * BATCH_COMMITS_MAX as u64).await;
    assert_eq!(store.head(&world("w")).await, Ok(scribe.head));
}

/// Many worlds and many commits in one call.
pub async fn more_rows_than_one_statement_takes_are_one_write<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let batches = (0..600).map(|i| Scribe::new(&format!("w{i:03}")).many(1 + i % 5)).collect();
    for (i, ending) in store.append(batches).await.into_iter().enumerate() {
        assert_eq!(ending, Ok(n(1 + i as u64 % 5)));
    }
    let worlds = store.worlds().await.unwrap();
    assert_eq!(worlds.len(), 600);
    for (i, found) in worlds.into_iter().enumerate() {
        assert_eq!((found.world, found.head.commit), (world(&format!("w{i:03}")), n(1 + i as u64 % 5)));
    }
}

/// A payload of some megabytes survives.
pub async fn big_payloads_come_back<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    let big = Spec { events: 1, bytes: 5 << 20, ..Spec::default() };
    let batch = scribe.batch(&[Spec::events(1), big, Spec::events(1)]);
    append_one(&store, batch.clone()).await.unwrap();
    assert!(store.read(&world("w"), CommitNo::ZERO, 10).await.unwrap() == batch.commits);
}

/// A commit over the limit is refused, not cut.
pub async fn a_commit_that_is_too_large_is_refused<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let big = Spec { events: 1, bytes: COMMIT_BYTES_MAX + 1, ..Spec::default() };
    assert!(refused(&append_one(&store, Scribe::new("w").batch(&[big])).await));
    assert_head(&store, "w", 0).await;
}

/// Two writers race for every version of a world: exactly one wins each, and the log has no gap.
pub async fn of_two_writers_one_wins_each_version<E: Engine>(engine: &E) {
    let store = Arc::new(engine.fresh().await);
    let race = |name: &'static str| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut wins = Vec::new();
            for turn in 0..60 {
                let mut scribe = Scribe::new("w");
                let head = store.head(&scribe.world).await.unwrap();
                scribe.head = Head { epoch: Epoch::new(1), ..head };
                match append_one(&*store, scribe.batch(&[Spec::command(&format!("{name}:{turn}"))])).await {
                    Ok(commit) => wins.push(commit),
                    Err(AppendError::WrongExpectedVersion { actual }) => assert!(actual > head.commit),
                    Err(other) => panic!("{other}"),
                }
                tokio::task::yield_now().await;
            }
            wins
        })
    };
    let (a, b) = (race("a"), race("b"));
    let mut wins = [a.await.unwrap(), b.await.unwrap()].concat();
    wins.sort_unstable();
    let all: Vec<CommitNo> = (1..=wins.len() as u64).map(n).collect();
    assert_eq!(wins, all);
    assert_head(&*store, "w", all.len() as u64).await;
}
