//! How the PostgreSQL server answers the questions that are asked most: each by an index, whatever the tables hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod common;

use common::home::Database;
use common::scribe::player;
use common::{games, world};
use games_core::view::Cell;
use projections::{AuditFilter, Queries, ReadModels};
use schemas::WallTime;

/// A world of 20,000 players with 200,000 battles beside another one, as a season leaves them.
const FILL: &str = "
SET search_path = annals_models_1, annals_outbox;
INSERT INTO boards SELECT w, b, e, e, 1000000 - e, e FROM unnest(ARRAY['realm-s1', 'realm-s2']) w,
    unnest(ARRAY['points', 'battles']) b, generate_series(1, 20000) e;
INSERT INTO ranks SELECT world, board, rank, entity FROM boards;
INSERT INTO realm_players SELECT w, 'p-' || lpad(e::text, 13, '0'), e, e % 1000, false, '{}', e, e
    FROM unnest(ARRAY['realm-s1', 'realm-s2']) w, generate_series(1, 20000) e;
INSERT INTO realm_battles SELECT w, n, 0, n, 'p-' || lpad((n % 5000)::text, 13, '0'),
    'p-' || lpad((n % 4999)::text, 13, '0'), 1, n, n % 100 = 0
    FROM unnest(ARRAY['realm-s1', 'realm-s2']) w, generate_series(1, 200000) n;
INSERT INTO ledger SELECT w, n, 0, CASE n % 3 WHEN 0 THEN 'gold' WHEN 1 THEN 'iron' ELSE 'wood' END, 1,
    CASE WHEN n % 5 > 0 THEN 'p-' || lpad((n % 5000)::text, 13, '0') END, n, false
    FROM unnest(ARRAY['realm-s1', 'realm-s2']) w, generate_series(1, 200000) n;
INSERT INTO audit SELECT w, n, n, n, 'p-' || lpad((n % 5000)::text, 13, '0'), 'discord',
    CASE n % 4 WHEN 0 THEN 'Score' ELSE 'Fight' END, 'accepted', NULL, 'discord:p:' || w || n, 1, n, false
    FROM unnest(ARRAY['realm-s1', 'realm-s2']) w, generate_series(1, 200000) n;
INSERT INTO outbox SELECT 'realm-s1', n, 0, 'nonce' || n, NULL, 'battle', 'It was fought', n, n % 10 = 0
    FROM generate_series(1, 20000) n;
INSERT INTO outbox_sent SELECT 'sent' || n, n FROM generate_series(1, 50000) n;
ANALYZE checkpoints, boards, ranks, realm_players, realm_battles, ledger, audit, outbox, outbox_sent";

async fn plan<T>(queries: &Queries, asked: impl AsyncFn(Queries) -> T) -> String {
    let (explained, plans) = queries.explained();
    asked(explained).await;
    // Newer servers say less there.
    let plan = plans.lock().unwrap().join("\n\n").replace(" (returns $0)", "");
    assert!(plan.contains("Index") && !plan.contains("Seq Scan"), "a table is read from end to end:\n{plan}");
    plan
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_questions_that_are_asked_most_are_answered_by_an_index() {
    let Some(database) = Database::fresh() else { return };
    let models = ReadModels::open_at(&database.place(), games()).await.unwrap();
    database.sql(FILL);
    let q = models.queries().await;
    let w = world();
    let page =
        plan(&q, async |q| assert_eq!(q.leaderboard(&w, "points", 7).await.unwrap().rows.len(), 10)).await;
    insta::assert_snapshot!("board_page", page);
    let rank =
        plan(&q, async |q| assert_eq!(q.rank(&w, "points", 77).await.unwrap().unwrap().rank, 77)).await;
    insta::assert_snapshot!("rank", rank);
    let around = plan(&q, async |q| assert_eq!(q.around(&w, "points", 77, 5).await.unwrap().len(), 11)).await;
    insta::assert_snapshot!("around", around);
    let top = plan(&q, async |q| assert_eq!(q.top(&w, "points", 100).await.unwrap().len(), 100)).await;
    insta::assert_snapshot!("top", top);
    let mine = Cell::from(player(7).to_string());
    let battles = plan(&q, async |q| {
        let columns = ["attacker", "defender"];
        q.rows_of(&w, "realm_battles", &columns, &mine, 20).await.unwrap();
    });
    insta::assert_snapshot!("battles_of_a_player", battles.await);
    let newest = plan(&q, async |q| q.rows(&w, "realm_battles", &[], false, 20).await.unwrap()).await;
    insta::assert_snapshot!("newest_battles", newest);
    let key = [("player", mine.clone())];
    let own = plan(&q, async |q| q.rows(&w, "realm_players", &key, false, 1).await.unwrap()).await;
    insta::assert_snapshot!("a_players_row", own);
    let audit = async |filter: AuditFilter| plan(&q, async |q| q.audit(&filter).await.unwrap()).await;
    let all = AuditFilter { world: Some(world()), ..AuditFilter::default() };
    insta::assert_snapshot!("audit_of_a_world", audit(all.clone()).await);
    let since = AuditFilter { since: Some(WallTime::from_ms(199_000)), ..all.clone() };
    insta::assert_snapshot!("audit_since", audit(since).await);
    let of = AuditFilter { actor: Some(player(7).to_string()), ..AuditFilter::default() };
    insta::assert_snapshot!("audit_of_an_actor", audit(of).await);
    let command = "discord:p:realm-s17".to_owned();
    let one = AuditFilter { command_id: Some(command), ..AuditFilter::default() };
    insta::assert_snapshot!("audit_of_a_command", audit(one).await);
    let ledger = plan(&q, async |q| q.ledger(&w, "gold", 20).await.unwrap()).await;
    insta::assert_snapshot!("ledger_of_an_account", ledger);
    let ledger_of = plan(&q, async |q| q.ledger_of(&w, &player(7).to_string(), 20).await.unwrap()).await;
    insta::assert_snapshot!("ledger_of_an_actor", ledger_of);
    let outbox = plan(&q, async |q| assert_eq!(q.outbox(50).await.unwrap().len(), 50)).await;
    insta::assert_snapshot!("outbox", outbox);
}
