//! What reads promise.

use std::pin::pin;

use schemas::live::Rewind;
use schemas::{CommandId, CommitNo, LiveLine, StoredCommit};
use tokio_stream::StreamExt;

use super::{Engine, Scribe, Spec, append_one, world};
use crate::{EventStore, Head, WorldHead};

fn n(number: u64) -> CommitNo {
    CommitNo::new(number)
}

/// Pages begin after the commit given and have at most as many commits as asked for.
pub async fn reads_keep_to_their_limits<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let batch = Scribe::new("w").many(100);
    append_one(&store, batch.clone()).await.unwrap();
    append_one(&store, Scribe::new("v").many(5)).await.unwrap();
    append_one(&store, Scribe::new("x").many(5)).await.unwrap();
    for (after, limit, range) in
        [(0, 0, 0..0), (0, 1, 0..1), (0, 100, 0..100), (40, 7, 40..47), (98, 10, 98..100), (100, 5, 0..0)]
    {
        let read = store.read(&world("w"), n(after), limit).await.unwrap();
        assert_eq!(read, batch.commits[range], "{limit} after {after}");
    }
    assert!(store.read(&world("w"), n(u64::MAX), 5).await.unwrap().is_empty());
}

/// A scan gives every commit after one up to another once, over many pages, and ends where the log does; whoever stops
/// taking pages harms nothing.
pub async fn scans_are_whole_and_in_order<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let (w, nobody) = (world("w"), world("nobody"));
    let mut scribe = Scribe::new("w");
    let mut all = Vec::new();
    for len in [1, 400, 512, 512, 203] {
        let batch = scribe.many(len);
        all.extend(batch.commits.clone());
        append_one(&store, batch).await.unwrap();
    }
    append_one(&store, Scribe::new("v").many(5)).await.unwrap();
    for (after, up_to, range) in [
        (0, 1628, 0..1628),
        (0, u64::MAX, 0..1628),
        (3, 9, 3..9),
        (1000, 1600, 1000..1600),
        (1628, 2000, 0..0),
        (5, 5, 0..0),
        (u64::MAX, u64::MAX, 0..0),
    ] {
        let mut found = Vec::new();
        let mut pages = pin!(store.scan(&w, n(after), n(up_to)));
        while let Some(page) = pages.next().await {
            found.extend(page.unwrap().iter().map(|checked| StoredCommit::clone(checked)));
        }
        assert!(found == all[range], "{after} to {up_to}");
    }
    {
        let mut pages = pin!(store.scan(&w, n(0), n(u64::MAX)));
        assert!(pages.next().await.unwrap().is_ok());
    }
    assert!(pin!(store.scan(&nobody, n(0), n(9))).next().await.is_none());
    append_one(&store, scribe.many(1)).await.unwrap();
}

/// A rewind hides nothing: void commits are read like all others, and the rewinds tell them apart.
pub async fn void_commits_stay_readable<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    let batch = scribe.batch(&[
        Spec::command("a"),
        Spec::command("b"),
        Spec::rewind("r1", 1),
        Spec::command("b"),
        Spec::rewind("r2", 0),
    ]);
    append_one(&store, batch.clone()).await.unwrap();
    let store = engine.reopen(store).await;
    assert_eq!(store.read(&world("w"), CommitNo::ZERO, 9).await.unwrap(), batch.commits);
    let rewinds = store.rewinds(&world("w")).await.unwrap();
    assert_eq!(rewinds, [Rewind { at: n(3), to: n(1) }, Rewind { at: n(5), to: n(0) }]);
    let line = LiveLine::new(rewinds);
    assert!(!line.is_live(n(1)) && line.is_live(n(5)) && line.is_live_as_of(n(4), n(4)));
}

/// All commits of a command id are found, void ones too; other ids are not.
pub async fn commands_are_found_on_every_line<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    append_one(&store, scribe.batch(&[Spec::command("a"), Spec::command("b")])).await.unwrap();
    append_one(&store, scribe.batch(&[Spec::rewind("r1", 0), Spec::command("b")])).await.unwrap();
    append_one(&store, Scribe::new("v").batch(&[Spec::command("b")])).await.unwrap();
    let store = engine.reopen(store).await;
    for (id, commits) in [("a", vec![1]), ("b", vec![2, 4]), ("r1", vec![3]), ("z", vec![])] {
        let found = store.find_command(&world("w"), &CommandId::new(id).unwrap()).await.unwrap();
        assert_eq!(found, commits.into_iter().map(n).collect::<Vec<_>>(), "{id}");
    }
    assert!(store.find_command(&world("u"), &CommandId::new("b").unwrap()).await.unwrap().is_empty());
}

/// The index has every command once for each of its commits, in commit order, up to the commit given.
pub async fn the_command_index_is_complete_and_in_order<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut scribe = Scribe::new("w");
    let mut all = Vec::new();
    for turn in 0..30_u64 {
        let mut specs = vec![Spec::events(1)];
        specs.extend((0..turn).map(|i| Spec::command(&format!("t:{turn}:{i}"))));
        let batch = scribe.batch(&specs);
        all.extend(batch.commits.iter().filter_map(|c| Some((c.command.as_ref()?.index_key(), c.commit))));
        append_one(&store, batch).await.unwrap();
    }
    append_one(&store, Scribe::new("v").many(3)).await.unwrap();
    assert_eq!(store.command_index(&world("w"), n(u64::MAX)).await.unwrap(), all);
    let some: Vec<_> = all.iter().copied().filter(|&(_, commit)| commit <= n(77)).collect();
    assert_eq!(store.command_index(&world("w"), n(77)).await.unwrap(), some);
    assert!(store.command_index(&world("w"), n(0)).await.unwrap().is_empty());
}

/// All worlds with their heads, by name.
pub async fn worlds_are_listed_by_name<E: Engine>(engine: &E) {
    let store = engine.fresh().await;
    let mut expected = Vec::new();
    for name in ["m", "a", "z-1", "server:9"] {
        let mut scribe = Scribe::new(name);
        append_one(&store, scribe.many(2)).await.unwrap();
        expected.push(WorldHead { world: world(name), head: scribe.head });
    }
    expected.sort_by(|a, b| a.world.cmp(&b.world));
    assert_eq!(store.worlds().await.unwrap(), expected);
}

/// Everything acknowledged is there after closing and opening, and the log goes on from there.
pub async fn nothing_is_lost_by_closing_and_opening<E: Engine>(engine: &E) {
    let mut store = engine.fresh().await;
    let (mut w, mut v) = (Scribe::new("w"), Scribe::new("v"));
    let mut commits = Vec::new();
    for turn in 0..4 {
        let batches = vec![w.many(turn + 1), v.many(1)];
        commits.extend(batches[0].commits.clone());
        assert!(store.append(batches).await.iter().all(Result::is_ok));
        store = engine.reopen(store).await;
        assert_eq!(store.head(&w.world).await.unwrap(), w.head);
        assert_eq!(store.head(&v.world).await.unwrap(), v.head);
        assert_eq!(store.read(&w.world, CommitNo::ZERO, 99).await.unwrap(), commits);
    }
    assert_eq!(store.head(&world("u")).await.unwrap(), Head::default());
}
