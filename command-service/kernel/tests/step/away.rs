//! A log that goes away and comes back: what questions and commands are told meanwhile.

use kernel::breaker::{OPEN_MS, State};
use kernel::io::Asked;
use kernel::{Answer, Input};
use schemas::Actor;
use serde_json::{Value, json};

use crate::bench::{Bench, alice, code};

const GONE: Option<&str> = Some("STORE_UNREACHABLE: nobody answers");

fn settled(lease_ms: Option<i64>, snapshot_commits: u64) -> Bench {
    let mut bench = Bench::open("harbour", lease_ms, snapshot_commits);
    assert_eq!(bench.play("Settle", &json!({})), "done");
    assert_eq!(bench.play("Sail", &json!({ "gold": 1 })), "done");
    bench
}

fn state(bench: &mut Bench) -> Value {
    match bench.ask(Asked::State) {
        Some(Answer::View(Ok(state), _)) => state,
        other => panic!("{other:?}"),
    }
}

#[test]
fn questions_are_answered_with_what_was_durable_and_marked_for_five_minutes() {
    // With and without a snapshot since the opening.
    for snapshot_commits in [2, 100] {
        let mut bench = settled(None, snapshot_commits);
        let before = state(&mut bench);
        assert_eq!(bench.view("Purse").unwrap(), json!({ "gold": 99 }), "fresh, and not marked");
        bench.gone = GONE;
        assert_eq!(bench.play("Sail", &json!({ "gold": 50 })), "STORE_UNAVAILABLE");
        // What was decided and never became durable is shown to nobody.
        assert_eq!(bench.view("Purse").unwrap(), json!({ "gold": 99, "stale_ms": 0 }));
        bench.pass(299_500);
        assert_eq!(bench.view("Purse").unwrap(), json!({ "gold": 99, "stale_ms": 299_500 }));
        bench.pass(500);
        assert_eq!(bench.view("Purse").unwrap()["stale_ms"], 300_000);
        bench.pass(500);
        // The reading under way fails at once here: the question waits for it and is refused.
        assert_eq!(bench.view("Purse"), Err("waits".to_owned()));
        bench.pass(1_000);
        bench.gone = None;
        bench.pass(1_000);
        assert_eq!(bench.view("Purse").unwrap(), json!({ "gold": 99 }));
        assert_eq!(state(&mut bench), before, "state equal after recovery");
        assert_eq!(bench.play("Sail", &json!({ "gold": 50 })), "done");
        assert_eq!(bench.kernel.figures(bench.now).stale_answers, 3);
    }
}

#[test]
fn where_others_may_own_the_world_its_age_counts_from_when_the_log_was_last_heard_of() {
    let mut bench = settled(Some(1_500), 100);
    bench.pass(60_000);
    bench.gone = GONE;
    // Within the lease nobody else can have taken it: that is fresh.
    bench.now = bench.now.plus_ms(1_000);
    assert_eq!(bench.view("Purse").unwrap(), json!({ "gold": 99 }));
    bench.pass(10_000);
    let age = bench.view("Purse").unwrap()["stale_ms"].as_i64().unwrap();
    assert!((10_000..=12_500).contains(&age), "{age}");
    bench.pass(300_000);
    assert_eq!(bench.view("Purse"), Err("STORE_UNAVAILABLE".to_owned()));
    bench.gone = None;
    bench.pass(2_000);
    assert_eq!(bench.view("Purse").unwrap(), json!({ "gold": 99 }));
}

#[test]
fn a_bot_is_not_told_what_to_do_by_an_old_state() {
    let mut bench = settled(None, 100);
    bench.gone = GONE;
    assert_eq!(bench.play("Sail", &json!({ "gold": 50 })), "STORE_UNAVAILABLE");
    assert_eq!(code(bench.ask(Asked::Bots(vec![(alice(), 1)])).as_ref()), "waits");
    let status = bench.ask(Asked::Status);
    let Some(Answer::View(Ok(status), _)) = status else { panic!("{status:?}") };
    assert_eq!(status["stale_ms"], 0);
}

#[test]
fn five_failures_hold_commands_back_until_the_log_is_there_again() {
    let mut bench = settled(None, 100);
    bench.gone = GONE;
    assert_eq!(bench.play("Sail", &json!({ "gold": 1 })), "STORE_UNAVAILABLE");
    assert!(bench.kernel.figures(bench.now).broken().is_none());
    bench.pass(3_000);
    let figures = bench.kernel.figures(bench.now);
    assert_eq!((figures.broken().as_deref(), figures.opened), (Some("STORE_UNREACHABLE"), 1));
    let appends = bench.log.head(&crate::bench::world()).commit;
    let Some(Answer::Refused(no)) =
        bench.give(Actor::Player(crate::bench::alice()), "Sail", &json!({ "gold": 1 }))
    else {
        panic!("it was answered otherwise")
    };
    assert_eq!((&*no.code, &*no.context["cause"]), ("STORE_UNAVAILABLE", "STORE_UNREACHABLE"));
    assert!((25..=30).contains(&no.context["seconds"].parse::<i64>().unwrap()), "{no:?}");
    // After half a minute one is let through, and waits for the reading under way; the next is held back.
    bench.now = bench.now.plus_ms(OPEN_MS);
    assert_eq!(bench.play("Sail", &json!({ "gold": 1 })), "waits");
    assert_eq!(bench.play("Sail", &json!({ "gold": 1 })), "STORE_UNAVAILABLE");
    assert!(matches!(bench.kernel.figures(bench.now).breakers.first(), Some((_, _, State::Trial(_)))));
    bench.step(Input::Tick);
    let figures = bench.kernel.figures(bench.now);
    assert_eq!(figures.opened, 2, "the trial failed");
    bench.gone = None;
    bench.pass(1_000);
    assert!(bench.kernel.figures(bench.now).broken().is_none(), "the owner's own reading closes it");
    assert_eq!(
        bench.log.head(&crate::bench::world()).commit,
        appends.next(),
        "the ownership alone was written"
    );
    assert_eq!(bench.play("Sail", &json!({ "gold": 1 })), "done");
    assert_eq!(bench.view("Purse").unwrap(), json!({ "gold": 98 }));
}

#[test]
fn violations_of_the_audit_weigh_after_a_restart() {
    let mut bench = Bench::open("popverse-kingdoms", None, 100);
    bench.violations = vec![(crate::bench::alice(), bench.now.plus_ms(-3_600_000))];
    bench.step(Input::Adopt(crate::bench::world()));
    // ⌊10·900·1000·500/10⁹⌋ = 4 in a minute, where a newcomer has 10.
    let answers: Vec<String> = (0..6).map(|_| bench.play("Join", &json!({ "faction": "cinema" }))).collect();
    let expected =
        ["done", "DUPLICATE_PLAYER", "DUPLICATE_PLAYER", "DUPLICATE_PLAYER", "RATE_LIMITED", "RATE_LIMITED"];
    assert_eq!(answers, expected);
}
