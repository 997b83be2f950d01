//! The same season on another engine and on several nodes: the same causes, outcomes, events and states.

use event_store::{EventStore, PostgresStore, SqliteStore};
use schemas::{Cause, CommitNo, WorldId};
use serde_json::Value;

use crate::stage::Stage;
use crate::support::Home;

/// What a commit says about the season, whoever wrote it: cause, outcome, events, and when they happened in the game.
/// Ownership is nobody's move, and commit numbers, epochs, wall times and hashes follow from it.
async fn moves<S: EventStore>(store: &S, world: &WorldId) -> Vec<Value> {
    let head = store.head(world).await.unwrap();
    let (mut found, mut after) = (Vec::new(), CommitNo::ZERO);
    while after < head.commit {
        for stored in store.read(world, after, 1_000).await.unwrap() {
            after = stored.commit;
            let open = stored.open().unwrap();
            if matches!(open.header.cause, Cause::Ownership { .. }) {
                continue;
            }
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let events: Vec<Value> = open
                .events()
                .map(|event| {
                    serde_json::json!([event.position, event.kind, event.version, text(event.payload)])
                })
                .collect();
            found.push(serde_json::json!({
                "cause": open.header.cause, "payload": text(open.payload()), "outcome": open.header.outcome,
                "game": open.header.game_ms, "numbers": open.header.allocations, "rules": open.header.rules,
                "events": events,
            }));
        }
    }
    found
}

#[test]
fn a_season_on_postgresql_and_two_nodes_is_the_one_on_a_file() {
    let Some(stage) = Stage::new() else { return };
    let (one, two) = (Home::new(), stage.demo());
    let demo = |home: &Home, more: &[&str]| -> Value {
        let data = home.data().display().to_string();
        let mut all = vec!["demo", "--days", "6", "--bots", "12", "--output", "json", "--data", &data];
        all.extend(more);
        let summary: Value = serde_json::from_str(&home.ok(&all)).unwrap();
        assert_eq!((&summary["equal"], &summary["verified"]), (&Value::from(true), &Value::from(true)));
        summary
    };
    let on_a_file = demo(&one, &[]);
    // The players are who they were, and the season's secret is sealed under the same keys.
    std::fs::create_dir_all(two.data().join("keys")).unwrap();
    std::fs::copy(one.data().join("vault.db"), two.data().join("vault.db")).unwrap();
    for entry in std::fs::read_dir(one.data().join("keys")).unwrap() {
        let key = entry.unwrap();
        std::fs::copy(key.path(), two.data().join("keys").join(key.file_name())).unwrap();
    }
    let on_nodes = demo(&two, &["--nodes", "2"]);
    for field in ["commands", "accepted", "events", "battles"] {
        assert_eq!(on_a_file[field], on_nodes[field], "{field}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = WorldId::new("kingdoms").unwrap();
        let file = SqliteStore::open_read_only(one.data().join("log.db")).await.unwrap();
        let server = PostgresStore::open_read_only(&stage.url("annals")).await.unwrap();
        let (mut file, mut server) = (moves(&file, &world).await, moves(&server, &world).await);
        // In the end each goes on by the system's clock: what that says depends on the moment.
        for moves in [&mut file, &mut server] {
            let resumed = moves.iter().position(|one| one["cause"]["command"]["kind"] == "WorldResume");
            moves.truncate(resumed.unwrap());
        }
        assert!(file.len() > 1_000, "{} commits are no season", file.len());
        assert_eq!(file.len(), server.len());
        for (n, (left, right)) in file.iter().zip(&server).enumerate() {
            assert_eq!(left, right, "move {n}");
        }
    });
    let epochs = "SELECT count(DISTINCT epoch) FROM annals.commits JOIN annals.worlds USING (world_no) \
                  WHERE world = 'kingdoms'";
    let owners: u32 = stage.postgres.sql("annals", epochs).unwrap().parse().unwrap();
    assert!(owners >= 3, "the season was not handed over: {owners} ownerships");
    for day in ["day1", "day3", "day5", "day6"] {
        let state = |home: &Home| home.json(&["replay", "kingdoms", "--to", day])["state_digest"].clone();
        assert_eq!(state(&one), state(&two), "{day}");
    }
}
