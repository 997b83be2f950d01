//! The projector: rows follow the log, whatever breaks in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::game::{Fight, Fought, Join, Leave, Score};
use common::scribe::{Scribe, player};
use common::{Engine, NOW, bench, world};
use event_store::EventStore;
use games_core::view::Cell;
use projections::{AuditFilter, ProjectionError, Projector, ProjectorConfig, State, Step, check, rebuild};
use schemas::{Actor, CommitNo, PlayerId};

/// Three players, scores, battles, a refusal, time for timers.
fn season() -> Scribe {
    let mut scribe = Scribe::new(&world());
    for n in 1..=3 {
        scribe.command(n, Join {});
        scribe.pass(1000);
    }
    scribe.command(1, Score { points: 5 });
    scribe.pass(1000);
    scribe.command(2, Score { points: 5 });
    assert!(!scribe.command(9, Score { points: 1 }));
    scribe.command(1, Fight { enemy: player(2) });
    scribe.pass(120_000);
    scribe.command(2, Fight { enemy: player(3) });
    scribe
}

async fn rows_boards_ledger_audit_and_messages_of_a_season(engine: Engine) {
    let mut scribe = season();
    scribe.append_all().await;
    let b = bench(engine, &scribe.store, 512).await;
    b.projector.catch_up(&world(), NOW).await.unwrap();
    let q = b.models.queries().await;
    let rows = q.rows(&world(), "realm_players", &[], false, 10).await.unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(rows[0]["gold"], 110);
    assert_eq!(rows[0]["detail"]["battles"], 1);
    // A row says when it was last touched: the first player's before the last battle, in which they had no part.
    let updated = |row: usize| rows[row]["updated_ms"].as_i64().unwrap();
    assert!(0 < updated(0) && updated(0) < updated(1), "{rows:?}");
    assert_eq!(updated(1), updated(2));
    let page = q.leaderboard(&world(), "points", 1).await.unwrap();
    let ranks: Vec<_> = page.rows.iter().map(|s| (s.rank, s.entity, s.value)).collect();
    assert_eq!(ranks, [(1, 1, 5), (2, 2, 5), (3, 3, 0)], "a tie goes to who came first");
    assert_eq!((page.pages, page.total), (1, 3));
    assert_eq!(q.rank(&world(), "points", 2).await.unwrap().unwrap().rank, 2);
    assert_eq!(q.around(&world(), "points", 2, 1).await.unwrap().len(), 3);
    assert!(q.rank(&world(), "points", 77).await.unwrap().is_none());
    let mine = Cell::from(player(2).to_string());
    let battles = q.rows_of(&world(), "realm_battles", &["attacker", "defender"], &mine, 10).await.unwrap();
    assert_eq!(battles.iter().map(|b| b["battle"].as_i64().unwrap()).collect::<Vec<_>>(), [2, 1]);
    let refused = AuditFilter { code: Some("NOT_JOINED".into()), ..AuditFilter::default() };
    assert_eq!(q.audit(&refused).await.unwrap()[0].actor, player(9).to_string());
    let sums = q.ledger_sums(&world()).await.unwrap();
    assert_eq!(sums, [("gold".to_owned(), 301)]);
    assert_eq!(q.ledger_of(&world(), &player(1).to_string(), 10).await.unwrap().len(), 1);
    assert_eq!(q.ledger(&world(), "gold", 2).await.unwrap().len(), 2);
    let messages = q.outbox(10).await.unwrap();
    assert_eq!(messages.len(), 4);
    let to_one = messages.iter().filter(|m| m.player == Some(player(2))).count();
    assert_eq!(q.outbox_of(&world(), player(2)).await.unwrap(), to_one as u64);
    assert_eq!(q.outbox_of(&world(), player(77)).await.unwrap(), 0);
    // Page by page it is the same.
    let mut paged = q.outbox_after(None, 1).await.unwrap();
    while let Some(last) = q.outbox_after(paged.last(), 1).await.unwrap().pop() {
        paged.push(last);
    }
    assert_eq!(paged, messages);
    b.models.mark_sent(&[messages[0].nonce.clone()], NOW).await.unwrap();
    assert_eq!(q.outbox(10).await.unwrap(), messages[1..]);
    let status = b.models.status(&scribe.store).await.unwrap();
    assert_eq!((status[0].state.clone(), status[0].lag), (State::Live, 0));
    assert_eq!(q.worlds().await.unwrap()[0].checkpoint, status[0].checkpoint);
    let checked = check(&scribe.store, &b.models, 10).await.unwrap();
    assert_eq!((checked[0].differences, &checked[0].first[..]), (0, &[][..]));
    assert!(q.rows(&world(), "nothing", &[], false, 1).await.is_err());
}

async fn a_rewind_marks_history_void_cancels_messages_and_rewrites_rows(engine: Engine) {
    let mut scribe = season();
    let to = scribe.head();
    scribe.command(3, Fight { enemy: player(1) });
    scribe.command(4, Join {});
    scribe.command(1, Leave {});
    scribe.append_all().await;
    let b = bench(engine, &scribe.store, 2).await;
    b.projector.catch_up(&world(), NOW).await.unwrap();
    assert_eq!(b.models.queries().await.outbox(10).await.unwrap().len(), 6);
    assert!(scribe.rewind(to));
    scribe.append_all().await;
    let before = b.rows(true).await;
    assert_eq!(b.projector.catch_up(&world(), NOW).await.unwrap(), Step::Rewinding);
    assert_eq!(b.projector.catch_up(&world(), NOW).await.unwrap(), Step::Rewinding);
    assert_eq!(b.rows(true).await, before, "nothing is published before the rewind is completed");
    assert_eq!(b.models.status(&scribe.store).await.unwrap()[0].state, State::Rewinding);
    // Decided anew within the rewind: one digest to each, no message for each battle.
    let again = Fought { battle: 3, attacker: player(2), defender: player(1), booty: 1 };
    scribe.forge(Actor::Player(player(2)), &[again.into()], &[]);
    scribe.complete();
    scribe.command(1, Score { points: 9 });
    scribe.append_all().await;
    assert_eq!(b.projector.catch_up(&world(), NOW).await.unwrap(), Step::Idle);
    let q = b.models.queries().await;
    assert_eq!(q.rows(&world(), "realm_players", &[], false, 10).await.unwrap().len(), 3);
    assert_eq!(b.count("realm_battles", &[("battle", Cell::Int(3))]).await, 2);
    assert_eq!(b.count("realm_battles", &[("void", Cell::Bool(true))]).await, 1);
    assert_eq!(b.count("audit", &[("void", Cell::Bool(true))]).await, 3);
    let messages = q.outbox(20).await.unwrap();
    let kinds: Vec<_> = messages.iter().map(|m| (m.kind.as_str(), m.player.map(PlayerId::bits))).collect();
    let told = [("battle", Some(1)), ("battle", Some(2)), ("battle", Some(2)), ("battle", Some(3))];
    assert_eq!(kinds[..4], told);
    assert_eq!(kinds[4..], [("rollback", None), ("rollback", Some(1)), ("rollback", Some(2))]);
    assert_eq!(check(&scribe.store, &b.models, 10).await.unwrap()[0].first, []);
    let live = b.rows(true).await;
    rebuild(&scribe.store, &b.models, NOW, &mut |_| {}).await.unwrap();
    assert_eq!(b.rows(true).await, live);
}

async fn new_rules_show_in_every_row_and_on_every_board(engine: Engine) {
    let mut scribe = season();
    scribe.pass(1000);
    scribe.change_rules("3");
    scribe.command(3, Score { points: 1 });
    scribe.append_all().await;
    let b = bench(engine, &scribe.store, 512).await;
    b.projector.catch_up(&world(), NOW).await.unwrap();
    let page = b.models.queries().await.leaderboard(&world(), "points", 1).await.unwrap();
    assert_eq!(page.rows.iter().map(|s| s.value).collect::<Vec<_>>(), [15, 15, 3]);
    assert_eq!(b.count("realm_players", &[("points", Cell::Int(15))]).await, 2);
    assert_eq!(check(&scribe.store, &b.models, 10).await.unwrap()[0].first, []);
}

async fn a_poison_commit_stops_its_world_and_no_other(engine: Engine) {
    let mut scribe = season();
    let good = scribe.head();
    scribe.command(1, Score { points: 7 });
    scribe.command(1, Score { points: 8 });
    scribe.append_all().await;
    let other = schemas::WorldId::new("other").unwrap();
    let mut second = Scribe::new(&other);
    second.store = scribe.store.clone();
    second.command(1, Join {});
    second.append_all().await;
    let bad = good.next();
    let change = |store: &event_store::MemoryStore| {
        store.with_log(|log| {
            let commit = &mut log.tamper(&world()).unwrap()[bad.get() as usize - 1];
            std::sync::Arc::make_mut(&mut commit.body)[0] ^= 1;
        });
    };
    change(&scribe.store);
    let b = bench(engine, &scribe.store, 512).await;
    let ended = b.projector.catch_up_all(NOW).await.unwrap();
    assert_eq!(ended[0].1, Ok(Step::Idle));
    let error = ended[1].1.clone().unwrap_err();
    assert_eq!(error.code(), "PROJECTION_POISON");
    let status = b.models.status(&scribe.store).await.unwrap();
    assert_eq!(status[1].checkpoint.commit, good, "what comes before it stands in the rows");
    assert!(matches!(&status[1].state, State::Stopped { commit, .. } if *commit == bad));
    assert_eq!(b.projector.step(&world(), NOW).await, Err(error));
    // A rebuild does as well as it can, and says so.
    let report = rebuild(&scribe.store, &b.models, NOW, &mut |_| {}).await.unwrap();
    assert_eq!(report.stopped.len(), 1);
    assert_eq!(b.models.queries().await.checkpoint(&world()).await.unwrap().commit, good);
    // Repaired, it goes on when it is told to.
    change(&scribe.store);
    b.projector.retry(&world());
    assert_eq!(b.projector.catch_up(&world(), NOW).await, Ok(Step::Idle));
    assert_eq!(check(&scribe.store, &b.models, 10).await.unwrap()[1].first, []);
}

async fn a_log_restored_from_a_backup_is_refused_and_a_rebuild_takes_it(engine: Engine) {
    let mut scribe = season();
    scribe.append_all().await;
    let b = bench(engine, &scribe.store, 512).await;
    b.projector.catch_up(&world(), NOW).await.unwrap();
    let whole = scribe.log.clone();
    // Restarted on a shorter log.
    let back = |store: &event_store::MemoryStore| {
        store.with_log(|log| log.tamper(&world()).unwrap().truncate(5));
    };
    back(&scribe.store);
    b.projector.forget();
    let shorter = b.projector.step(&world(), NOW).await.unwrap_err();
    assert!(matches!(shorter, ProjectionError::CheckpointAhead { .. }), "{shorter}");
    // Not restarted: the projector had the world in memory.
    b.projector.retry(&world());
    b.projector.forget();
    scribe.store.with_log(|log| *log.tamper(&world()).unwrap() = whole.clone());
    b.projector.step(&world(), NOW).await.unwrap();
    back(&scribe.store);
    assert_eq!(b.projector.step(&world(), NOW).await.unwrap_err().code(), "CHECKPOINT_AHEAD");
    // Another history from there on, longer than the old one.
    let mut other = Scribe::new(&world());
    for _ in 0..whole.len() + 3 {
        other.command(5, Join {});
    }
    scribe.store.with_log(|log| *log.tamper(&world()).unwrap() = other.log.clone());
    b.projector.retry(&world());
    let error = b.projector.step(&world(), NOW).await.unwrap_err();
    assert_eq!(error.code(), "CHECKPOINT_MISMATCH");
    assert!(check(&scribe.store, &b.models, 3).await.is_err());
    other.append_all().await;
    rebuild(&other.store, &b.models, NOW, &mut |_| {}).await.unwrap();
    let store = std::sync::Arc::new(other.store.clone());
    let projector = Projector::new(store, std::sync::Arc::clone(&b.models), ProjectorConfig::default());
    assert_eq!(projector.step(&world(), NOW).await, Ok(Step::Idle));
    assert_eq!(check(&other.store, &b.models, 3).await.unwrap()[0].first, []);
    // What the old log told of events that are not there now is not told; what comes next is.
    assert_eq!(b.models.queries().await.outbox(10).await.unwrap(), []);
    other.command(6, Join {});
    other.command(6, Fight { enemy: player(5) });
    other.append_all().await;
    projector.catch_up(&world(), NOW).await.unwrap();
    assert_eq!(b.models.queries().await.outbox(10).await.unwrap().len(), 2);
}

async fn differences_are_listed_by_table_and_key(engine: Engine) {
    let mut scribe = season();
    scribe.append_all().await;
    let b = bench(engine, &scribe.store, 512).await;
    b.projector.catch_up(&world(), NOW).await.unwrap();
    for sql in [
        "UPDATE realm_players SET gold = 1 WHERE points = 5 AND gold = 110",
        "DELETE FROM realm_battles WHERE battle = 1",
        "DELETE FROM boards WHERE board = 'points' AND rank = 3",
        "UPDATE ranks SET entity = 7 WHERE board = 'points' AND rank = 2",
    ] {
        b.home.sql(1, sql).await;
    }
    let report = check(&scribe.store, &b.models, 10).await.unwrap().remove(0);
    let found: Vec<_> = report.first.iter().map(|d| (d.table.as_str(), d.key.as_str())).collect();
    assert_eq!(
        found,
        [
            ("boards", "[\"points\",3]"),
            ("ranks", "[\"points\",2]"),
            ("realm_players", "[\"p-0000000000001\"]"),
            ("realm_battles", "")
        ]
    );
    assert_eq!(report.differences, 4);
}

async fn two_projectors_on_one_place_are_kept_apart(engine: Engine) {
    let mut scribe = season();
    scribe.append_all().await;
    let b = bench(engine, &scribe.store, 4).await;
    let second = projections::ReadModels::open_at(&b.home.place(), common::games()).await.unwrap_err();
    assert_eq!(second.code(), "READ_MODELS_IN_USE");
    b.projector.step(&world(), NOW).await.unwrap();
    let reader = projections::ReadModels::open_read_only_at(&b.home.place(), common::games()).await.unwrap();
    let checkpoint = reader.queries().await.checkpoint(&world()).await.unwrap();
    assert_eq!(checkpoint.commit, CommitNo::new(4));
    // Should the lock be broken by hand, the checkpoint still moves only from where it stood.
    b.home.sql(1, "UPDATE checkpoints SET commit_no = 5").await;
    let error = b.projector.step(&world(), NOW).await.unwrap_err();
    assert_eq!(error.code(), "CHECKPOINT_MOVED");
    assert_eq!(scribe.store.head(&world()).await.unwrap().commit, scribe.head());
}

async fn boards_on_which_many_move_are_written_every_few_moments_and_say_so(engine: Engine) {
    let mut scribe = Scribe::new(&world());
    for n in 1..=40 {
        scribe.command(n, Join {});
        scribe.pass(1000);
    }
    scribe.append_all().await;
    let b = bench(engine, &scribe.store, 512).await;
    let config = ProjectorConfig { board_refresh_ms: 2_000, board_rows: 10, ..ProjectorConfig::default() };
    let store = std::sync::Arc::new(scribe.store.clone());
    let projector = Projector::new(store, std::sync::Arc::clone(&b.models), config);
    let first = async || b.models.queries().await.top(&world(), "points", 1).await.unwrap()[0].entity;
    let as_of = async || b.models.queries().await.boards_as_of(&world()).await.unwrap();
    let compared = async |store: &event_store::MemoryStore| {
        assert_eq!(check(store, &b.models, 10).await.unwrap()[0].first, []);
    };
    projector.catch_up(&world(), NOW).await.unwrap();
    assert_eq!(
        (first().await, as_of().await.commit),
        (1, scribe.head()),
        "the first ones are written at once"
    );
    // From the end to the head: everybody in between moves down.
    let before = scribe.head();
    scribe.command(40, Score { points: 7 });
    scribe.append_all().await;
    projector.catch_up(&world(), NOW.plus_ms(1_000)).await.unwrap();
    assert_eq!((first().await, as_of().await.commit, as_of().await.written), (1, before, NOW));
    assert_eq!(b.models.queries().await.checkpoint(&world()).await.unwrap().commit, scribe.head());
    compared(&scribe.store).await;
    // A restart knows what has not been written, and when it was reached.
    projector.forget();
    projector.catch_up(&world(), NOW.plus_ms(1_999)).await.unwrap();
    assert_eq!(first().await, 1);
    scribe.pass(1000);
    scribe.command(39, Score { points: 7 });
    scribe.append_all().await;
    projector.catch_up(&world(), NOW.plus_ms(1_999)).await.unwrap();
    compared(&scribe.store).await;
    projector.forget();
    assert_eq!(projector.catch_up(&world(), NOW.plus_ms(2_000)).await, Ok(Step::Idle));
    let top = b.models.queries().await.top(&world(), "points", 2).await.unwrap();
    assert_eq!(top.iter().map(|s| s.entity).collect::<Vec<_>>(), [40, 39]);
    assert_eq!((as_of().await.commit, as_of().await.written), (scribe.head(), NOW.plus_ms(2_000)));
    compared(&scribe.store).await;
    // Where few move, nobody waits.
    scribe.command(39, Score { points: 8 });
    scribe.append_all().await;
    projector.catch_up(&world(), NOW.plus_ms(2_001)).await.unwrap();
    assert_eq!((first().await, as_of().await.commit), (39, scribe.head()));
    compared(&scribe.store).await;
    // A rewind writes them anew with everything else.
    scribe.command(40, Score { points: 0 });
    assert!(scribe.rewind(before));
    scribe.complete();
    scribe.append_all().await;
    projector.catch_up(&world(), NOW.plus_ms(2_002)).await.unwrap();
    assert_eq!((first().await, as_of().await.commit), (1, scribe.head()));
    let live = b.rows(true).await;
    rebuild(&scribe.store, &b.models, NOW, &mut |_| {}).await.unwrap();
    assert_eq!(b.rows(true).await, live);
}

on_every_engine! {
    boards_on_which_many_move_are_written_every_few_moments_and_say_so,
    rows_boards_ledger_audit_and_messages_of_a_season,
    a_rewind_marks_history_void_cancels_messages_and_rewrites_rows,
    new_rules_show_in_every_row_and_on_every_board,
    a_poison_commit_stops_its_world_and_no_other,
    a_log_restored_from_a_backup_is_refused_and_a_rebuild_takes_it,
    differences_are_listed_by_table_and_key,
    two_projectors_on_one_place_are_kept_apart,
}
