//! Connections that break, wherever they do: rows and checkpoint move together or not at all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::sync::Arc;

use common::game::{Fight, Join, Score};
use common::home::{Database, PASSWORD, PROJECTOR, SETTINGS};
use common::scribe::{Scribe, player};
use common::{NOW, games, world};
use event_store::MemoryStore;
use projections::{Place, Projector, ProjectorConfig, ReadModels, Step, check, rebuild};
use schemas::CommitNo;
use servers::{Cutter, Way};

fn through(cutter: &Cutter, database: &Database) -> Place {
    let password = PASSWORD.replace('\\', "%5C").replace(' ', "%20");
    let url = format!(
        "postgres://{PROJECTOR}:{password}@127.0.0.1:{}/{}?sslmode=disable",
        cutter.port(),
        database.name
    );
    Place::Server { url, settings: SETTINGS }
}

fn play(scribe: &mut Scribe, round: u64) {
    scribe.command(round % 5, Join {});
    scribe.command(round % 5, Score { points: round.cast_signed() % 7 });
    scribe.command(round % 5, Fight { enemy: player((round + 1) % 5) });
    scribe.pass(20_000);
}

struct Cut {
    cutter: Cutter,
    scribe: Scribe,
    models: Arc<ReadModels>,
    projector: Projector<MemoryStore>,
    /// Straight to the server, whatever happens to the other connections.
    reading: ReadModels,
}

async fn begin(database: &Database) -> Cut {
    let cutter = Cutter::start(database.cluster.port()).unwrap();
    let mut scribe = Scribe::new(&world());
    for round in 0..12 {
        play(&mut scribe, round);
    }
    scribe.append_all().await;
    let models = Arc::new(ReadModels::open_at(&through(&cutter, database), games()).await.unwrap());
    let config = ProjectorConfig { batch_commits: 6, ..ProjectorConfig::default() };
    let projector = Projector::new(Arc::new(scribe.store.clone()), Arc::clone(&models), config);
    projector.catch_up(&world(), NOW).await.unwrap();
    let reading = ReadModels::open_read_only_at(&database.place_to_read(), games()).await.unwrap();
    Cut { cutter, scribe, models, projector, reading }
}

impl Cut {
    async fn checkpoint(&self) -> CommitNo {
        self.reading.queries().await.checkpoint(&world()).await.unwrap().commit
    }

    /// The rows of whatever commit the checkpoint names, and of no other.
    async fn rows_are_those_of_the_checkpoint(&self) {
        assert_eq!(check(&self.scribe.store, &self.reading, 3).await.unwrap()[0].first, []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_at_any_byte_of_a_batch_leaves_rows_and_checkpoint_together() {
    let Some(database) = Database::fresh() else { return };
    let mut b = begin(&database).await;
    // How many bytes a batch is.
    let bytes = |b: &Cut| [Way::Asked, Way::Answered].map(|way| b.cutter.passed(way));
    let before = bytes(&b);
    play(&mut b.scribe, 100);
    b.scribe.append_all().await;
    b.projector.catch_up(&world(), NOW).await.unwrap();
    let after = bytes(&b);
    let (mut failed, mut done) = (0, 0);
    for (way, total) in [(Way::Asked, after[0] - before[0]), (Way::Answered, after[1] - before[1])] {
        let total = u32::try_from(total).unwrap();
        assert!(total > 20, "nothing was written through the proxy");
        for n in 0..20 {
            play(&mut b.scribe, u64::from(n));
            if n % 4 == 3 {
                // Taken in by a transaction of many statements; what comes before, by a statement each.
                assert!(b.scribe.rewind(CommitNo::new(b.scribe.head().get() - 5)));
                b.scribe.complete();
            }
            b.scribe.append_all().await;
            let was = b.checkpoint().await;
            // Beginning and end of it, and places in between.
            b.cutter.cut_after(way, total * n / 19);
            match b.projector.step(&world(), NOW).await {
                Ok(_) => done += 1,
                Err(error) => {
                    assert!(!error.stops(), "{error}");
                    failed += 1;
                }
            }
            b.cutter.leave_whole();
            assert!(b.checkpoint().await >= was);
            b.rows_are_those_of_the_checkpoint().await;
            // A broken reader is found when it is next asked.
            let mut tries = 0;
            while b.projector.catch_up(&world(), NOW).await != Ok(Step::Idle) {
                tries += 1;
                assert!(tries < 8, "it does not come back");
            }
            assert_eq!(b.checkpoint().await, b.scribe.head());
            b.rows_are_those_of_the_checkpoint().await;
        }
    }
    assert!(failed > 20 && b.cutter.cuts() > 30, "{failed} failed, {done} did not, {} cuts", b.cutter.cuts());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_breaks_anywhere_leaves_the_live_version_and_no_remnant() {
    let Some(database) = Database::fresh() else { return };
    let b = begin(&database).await;
    let mut expected = 1;
    let ways = [Way::Asked, Way::Answered];
    let before = ways.map(|way| b.cutter.passed(way));
    rebuild(&b.scribe.store, &b.models, NOW, &mut |_| {}).await.unwrap();
    expected += 1;
    let after = ways.map(|way| b.cutter.passed(way));
    let outbox = b.reading.queries().await.outbox(1_000).await.unwrap();
    assert!(outbox.len() > 10, "{} messages are too few", outbox.len());
    let mut broken = 0;
    for n in 0..20 {
        let way = n % 2;
        let total = u32::try_from(after[way] - before[way]).unwrap();
        b.cutter.cut_after(ways[way], total * u32::try_from(n).unwrap() / 19);
        let ended = rebuild(&b.scribe.store, &b.models, NOW, &mut |_| {}).await;
        b.cutter.leave_whole();
        let serving: u64 = database.sql("SELECT version FROM annals_models.serving").parse().unwrap();
        match ended {
            Ok(report) => {
                assert_eq!(report.to, serving);
                expected = serving;
            }
            Err(error) => {
                assert!(!error.stops(), "{error}");
                // Cut between the commit of the pointer and the news of it: the new one serves.
                assert!(serving == expected || serving == expected + 1, "{serving} instead of {expected}");
                expected = serving;
                broken += 1;
            }
        }
        b.rows_are_those_of_the_checkpoint().await;
        assert_eq!(b.reading.queries().await.outbox(1_000).await.unwrap(), outbox);
        let mut tries = 0;
        while b.projector.catch_up(&world(), NOW).await != Ok(Step::Idle) {
            tries += 1;
            assert!(tries < 8, "it does not come back");
        }
        assert_eq!(b.models.version(), serving);
    }
    assert!(broken > 12, "only {broken} were broken off");
    let mut tries = 0;
    while let Err(error) = rebuild(&b.scribe.store, &b.models, NOW, &mut |_| {}).await {
        // Its session may have been broken while it was idle.
        tries += 1;
        assert!(!error.stops() && tries < 3, "{error}");
    }
    let left = database.sql("SELECT count(*) FROM pg_namespace WHERE nspname ~ '^annals_models_[0-9]'");
    assert_eq!(left, "2", "the one that serves and the one before");
    b.rows_are_those_of_the_checkpoint().await;
}
