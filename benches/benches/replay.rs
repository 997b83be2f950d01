//! Replay: read from SQLite, check, decode, evolve; against decoding and folding the same bytes in memory. A season of
//! PopVerse Kingdoms played by bots. Also: how long a restart takes with a snapshot and without.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::sync::Arc;
use std::time::Instant;

use benches::median;
use event_store::{EventStore, SqliteStore};
use games_registry::Fold;
use schemas::{CommitNo, LiveLine, WallTime, WorldId};
use tokio_stream::StreamExt;

fn main() {
    let Some(dir) = std::env::args().skip(1).find(|a| !a.starts_with('-')) else {
        println!(
            "not run: name a data directory with a season, for instance one that annals demo --data DIR made:"
        );
        println!("  cargo bench -p benches --bench replay -- DIR");
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let path = std::path::Path::new(&dir).join("log.db");
        let store = Arc::new(SqliteStore::open_read_only(&path).await.unwrap());
        let world = WorldId::new("kingdoms").unwrap();
        let head = store.head(&world).await.unwrap();
        let live = LiveLine::new(store.rewinds(&world).await.unwrap());
        let mut all = Vec::new();
        while all.len() < usize::try_from(head.commit.get()).unwrap() {
            all.extend(store.read(&world, CommitNo::new(all.len() as u64), 1000).await.unwrap());
        }
        let events: u64 = all.iter().map(|stored| u64::from(stored.events)).sum();
        let bytes: usize = all.iter().map(|stored| stored.header.len() + stored.body.len()).sum();
        println!(
            "{events} events in {} commits, {} bytes an event",
            all.len(),
            bytes / usize::try_from(events).unwrap()
        );
        let (mut memory, mut disk, mut restart) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..5 {
            let begun = Instant::now();
            // The first commit opens the world; the rest is decoded and folded without any check of the chain.
            let mut fold = Fold::new(live.clone(), head.commit);
            fold.push(&all[0], None).unwrap();
            let mut folded = fold.finish().unwrap();
            for stored in &all[1..] {
                if live.is_live(stored.commit) {
                    folded.apply(stored, &stored.open().unwrap(), None).unwrap();
                }
            }
            memory.push(events as f64 / begun.elapsed().as_secs_f64());
            let begun = Instant::now();
            let mut fold = Fold::new(live.clone(), head.commit);
            let mut pages = std::pin::pin!(store.scan(&world, CommitNo::ZERO, head.commit));
            while let Some(page) = pages.next().await {
                for checked in page.unwrap() {
                    fold.push_checked(&checked, None).unwrap();
                }
            }
            disk.push(events as f64 / begun.elapsed().as_secs_f64());
            assert_eq!(fold.finish().unwrap().digest(), folded.digest());
            let begun = Instant::now();
            let loaded =
                command_service::load::load(&*store, &world, true, WallTime::from_ms(0)).await.unwrap();
            restart.push(begun.elapsed().as_secs_f64() * 1000.0);
            assert_eq!(loaded.world.unwrap().digest(), folded.digest());
        }
        let (memory, disk) = (median(memory), median(disk));
        println!("decode and fold in memory      {memory:>10.0} events/s");
        println!(
            "read, check, decode, fold      {disk:>10.0} events/s   ratio {:.2}, goal 0.75 and 300,000",
            disk / memory
        );
        println!("load with a snapshot and index {:>10.0} ms         goal 2,000", median(restart));
    });
}
