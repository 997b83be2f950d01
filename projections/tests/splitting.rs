//! However the log is cut into batches, whatever breaks off in between: the rows are those of a rebuild.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use std::sync::Arc;

use common::game::{Fight, Join, Leave, Score};
use common::scribe::{Scribe, player};
use common::{Engine, NOW, bench, world};
use projections::{ProjectionError, Projector, ProjectorConfig, Step, check, rebuild};
use proptest::prelude::*;
use schemas::CommitNo;

/// What happens in the world.
#[derive(Debug, Clone)]
enum Act {
    Join(u64),
    Score(u64, i64),
    Fight(u64, u64),
    Leave(u64),
    Pass(i64),
    Rules(u8),
    /// Back by so many commits, then so many things decided anew before it is completed.
    Rewind(u64, usize),
}

/// What happens to the projector.
#[derive(Debug, Clone)]
enum Turn {
    Append(usize),
    Step,
    Crash,
    Restart,
    Send(u32),
    Rebuild,
    Check,
}

fn act() -> impl Strategy<Value = Act> {
    let who = 1_u64..5;
    prop_oneof![
        3 => who.clone().prop_map(Act::Join),
        4 => (who.clone(), 0_i64..4).prop_map(|(n, points)| Act::Score(n, points)),
        4 => (who.clone(), who.clone()).prop_map(|(a, b)| Act::Fight(a, b)),
        1 => who.prop_map(Act::Leave),
        3 => (1_i64..90_000).prop_map(Act::Pass),
        1 => (1_u8..4).prop_map(Act::Rules),
        1 => (1_u64..12, 0_usize..3).prop_map(|(back, anew)| Act::Rewind(back, anew)),
    ]
}

fn turn() -> impl Strategy<Value = Turn> {
    prop_oneof![
        5 => (1_usize..8).prop_map(Turn::Append),
        5 => Just(Turn::Step),
        2 => Just(Turn::Crash),
        2 => Just(Turn::Restart),
        1 => (1_u32..4).prop_map(Turn::Send),
        1 => Just(Turn::Rebuild),
        1 => Just(Turn::Check),
    ]
}

fn write(acts: &[Act]) -> Scribe {
    let mut scribe = Scribe::new(&world());
    for act in acts {
        match *act {
            Act::Join(n) => drop(scribe.command(n, Join {})),
            Act::Score(n, points) => drop(scribe.command(n, Score { points })),
            Act::Fight(a, b) => drop(scribe.command(a, Fight { enemy: player(b) })),
            Act::Leave(n) => drop(scribe.command(n, Leave {})),
            Act::Pass(ms) => scribe.pass(ms),
            Act::Rules(times) => scribe.change_rules(&times.to_string()),
            Act::Rewind(back, anew) => {
                let to = CommitNo::new(scribe.head().get().saturating_sub(back).max(1));
                if scribe.rewind(to) {
                    for n in 0..anew {
                        let event = common::game::Scored { player: player(n as u64 + 1), points: 3 };
                        scribe.forge(schemas::Actor::Player(player(1)), &[event.into()], &[]);
                    }
                    scribe.complete();
                }
            }
        }
    }
    scribe
}

async fn run(engine: Engine, acts: &[Act], turns: &[Turn], batch: u32, patience: i64) {
    let mut scribe = write(acts);
    let mut b = bench(engine, &scribe.store, batch).await;
    let config = ProjectorConfig {
        batch_commits: batch,
        board_refresh_ms: patience,
        board_rows: 0,
        ..ProjectorConfig::default()
    };
    b.projector = Projector::new(Arc::new(scribe.store.clone()), Arc::clone(&b.models), config);
    let mut sent = std::collections::BTreeSet::new();
    for turn in turns {
        match *turn {
            Turn::Append(most) => scribe.append(most).await,
            Turn::Step => drop(b.projector.step(&world(), NOW).await.unwrap()),
            Turn::Crash => {
                b.projector.crash_next();
                match b.projector.step(&world(), NOW).await {
                    Ok(Step::Idle | Step::Rewinding) | Err(ProjectionError::Crashed) => {}
                    other => panic!("{other:?}"),
                }
            }
            Turn::Restart => b.projector.forget(),
            Turn::Send(most) => {
                let q = b.models.queries().await;
                let nonces: Vec<String> =
                    q.outbox(most).await.unwrap().into_iter().map(|m| m.nonce).collect();
                b.models.mark_sent(&nonces, NOW).await.unwrap();
                for nonce in nonces {
                    assert!(sent.insert(nonce), "a message was handed out again after it was sent");
                }
            }
            Turn::Check => {
                // Whatever waits: the rows are those that they say they are.
                for report in check(&scribe.store, &b.models, 5).await.unwrap() {
                    assert_eq!(report.first, []);
                }
            }
            Turn::Rebuild => drop(rebuild(&scribe.store, &b.models, NOW, &mut |_| {}).await.unwrap()),
        }
    }
    scribe.append_all().await;
    assert_eq!(b.projector.catch_up(&world(), NOW).await.unwrap(), Step::Idle);
    assert_eq!(b.projector.catch_up(&world(), NOW.plus_ms(patience)).await.unwrap(), Step::Idle);
    let live = b.rows(false).await;
    // Rows of a projector that saw the whole log at once and never broke off: in a file, whatever the engine.
    let other = bench(Engine::Sqlite, &scribe.store, 512).await;
    other.projector.catch_up(&world(), NOW).await.unwrap();
    assert_eq!(live, other.rows(false).await);
    assert_eq!(check(&scribe.store, &b.models, 5).await.unwrap()[0].first, []);
    // Every message is there once: still waiting, or sent. A message that was sent before a rewind made it void is
    // the only one that the undisturbed projector never hands out.
    let waiting = b.models.queries().await.outbox(10_000).await.unwrap();
    let undisturbed = other.models.queries().await.outbox(10_000).await.unwrap();
    let left: Vec<_> = undisturbed.iter().filter(|m| !sent.contains(&m.nonce)).cloned().collect();
    if !turns.iter().any(|turn| matches!(turn, Turn::Rebuild)) {
        assert_eq!(waiting, left);
    } else {
        // What a rebuild takes in before the first step is nobody's news.
        assert!(waiting.iter().all(|m| left.contains(m)), "{waiting:?} is not among {left:?}");
    }
    rebuild(&scribe.store, &b.models, NOW, &mut |_| {}).await.unwrap();
    assert_eq!(b.rows(false).await, live);
    assert_eq!(b.models.queries().await.outbox(10_000).await.unwrap(), waiting);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn any_split_with_crashes_and_rewinds_gives_the_rows_of_a_rebuild(
        acts in prop::collection::vec(act(), 1..60),
        turns in prop::collection::vec(turn(), 0..40),
        batch in prop_oneof![1_u32..6, Just(512)],
        patience in prop_oneof![Just(0_i64), Just(60_000)],
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(run(Engine::Sqlite, &acts, &turns, batch, patience));
    }
}

proptest! {
    // Fewer: each makes a database, and versions of all tables in it.
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn on_postgres_any_split_with_crashes_and_rewinds_gives_the_rows_of_a_rebuild(
        acts in prop::collection::vec(act(), 1..60),
        turns in prop::collection::vec(turn(), 0..40),
        batch in prop_oneof![1_u32..6, Just(512)],
        patience in prop_oneof![Just(0_i64), Just(60_000)],
    ) {
        if servers::Postgres::shared().is_some() {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(run(Engine::Postgres, &acts, &turns, batch, patience));
        }
    }
}
