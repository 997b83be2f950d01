//! Who is stopped, what they are told, and what the audit holds.

use kernel::io::Asked;
use schemas::{Actor, PlayerId};
use serde_json::{Value, json};

use crate::bench::{Bench, code};

impl Bench {
    /// How a look at a tile ended, in one word.
    fn look(&mut self, x: i64, y: i64) -> String {
        match self.ask(Asked::View("MapTile".to_owned(), json!({ "x": x, "y": y }))) {
            Some(kernel::Answer::View(..)) => "seen".to_owned(),
            other => code(other.as_ref()),
        }
    }
}

/// A script slower than any rate limit: the same command each seven seconds.
#[test]
fn a_script_below_the_rate_limit_is_stopped_and_the_audit_says_why() {
    let mut bench = Bench::open("popverse-kingdoms", None, 0);
    assert_eq!(bench.play("Join", &json!({ "faction": "cinema" })), "done");
    let mut answers = Vec::new();
    for _ in 0..60 {
        bench.now = bench.now.plus_ms(7_000);
        answers.push(bench.play("CityShield", &json!({})));
    }
    let first = answers.iter().position(|code| code == "SECURITY_THREAT").expect("it is stopped");
    assert_eq!(first, 49, "with the fiftieth interval");
    assert!(answers[first..].iter().all(|code| code == "SECURITY_THREAT"), "for as long as it goes on");
    assert!(answers[..first].iter().all(|code| code != "RATE_LIMITED"));
    let audited = bench.refused.first().unwrap();
    let figure = |name: &str| audited.context[name].parse::<i64>().unwrap();
    assert_eq!(&*audited.code, "SECURITY_THREAT");
    assert_eq!((figure("rhythm"), figure("anomaly"), figure("patterns")), (1000, 1000, 0));
    assert_eq!(figure("score"), (400 * figure("behaviour") + 400 * figure("anomaly")) / 1000);
    assert!(figure("monotony") >= 960, "{audited:?}");
    // The player is told the code and nothing to learn from.
    let told = bench.give(Actor::Player(crate::bench::alice()), "CityShield", &json!({}));
    let Some(kernel::Answer::Refused(told)) = told else { panic!("{told:?}") };
    assert!(told.context.is_empty(), "{told:?}");
    // Somebody else is not.
    let bob = bench.give(Actor::Player(PlayerId::from_bits(8)), "Join", &json!({ "faction": "otaku" }));
    assert_eq!(code(bob.as_ref()), "done");
}

/// The first check that fails answers: format, rate limit, threat, permission, rules.
#[test]
fn the_checks_come_in_the_rulebooks_order() {
    let mut bench = Bench::open("popverse-kingdoms", None, 0);
    assert_eq!(bench.play("Join", &json!({ "faction": "cinema" })), "done");
    let admin = json!({ "player": crate::bench::alice(), "item": "gold", "amount": 1, "reason": "x" });
    // Permission, before there is anything else to say.
    assert_eq!(bench.play("AdminGrant", &admin), "NOT_ADMIN");
    // A script of commands that are not allowed is stopped before it is told so again.
    for _ in 0..60 {
        bench.now = bench.now.plus_ms(7_000);
        bench.play("AdminGrant", &admin);
    }
    assert_eq!(bench.play("AdminGrant", &admin), "SECURITY_THREAT");
    // Format goes before it.
    assert_eq!(bench.play("AdminGrant", &json!({ "player": 1 })), "INVALID_OPTION");
    assert_eq!(bench.play("Nonsense", &Value::Null), "UNKNOWN_COMMAND");
    // And so does the limit: eleven in a minute.
    let answers: Vec<String> = (0..11).map(|_| bench.play("AdminGrant", &admin)).collect();
    assert_eq!(answers.last().unwrap(), "RATE_LIMITED");
    assert_eq!(answers.first().unwrap(), "SECURITY_THREAT");
}

#[test]
fn a_game_for_programs_is_not_watched() {
    let mut bench = Bench::open("harbour", None, 0);
    assert_eq!(bench.play("Settle", &json!({})), "done");
    for _ in 0..200 {
        bench.now = bench.now.plus_ms(7_000);
        assert_ne!(bench.play("Sail", &json!({ "gold": 1 })), "SECURITY_THREAT");
    }
}

#[test]
fn questions_are_limited_and_watched_as_commands_are() {
    let mut bench = Bench::open("popverse-kingdoms", None, 0);
    assert_eq!(bench.play("Join", &json!({ "faction": "cinema" })), "done");
    let looks: Vec<String> = (0..31).map(|n| bench.look(n * 7 % 100, n * 31 % 100)).collect();
    assert!(looks[..30].iter().all(|look| look == "seen"), "{looks:?}");
    assert_eq!(looks[30], "RATE_LIMITED");
    assert_eq!(bench.refused.last().unwrap().context["command"], "MapTile");
    // Another question has a window of its own, and what no slash command asks has none.
    assert!(bench.view("CityView").is_ok());
    for _ in 0..40 {
        let suggested = bench.ask(Asked::Suggest("hero view".to_owned(), "hero".to_owned(), String::new()));
        assert!(matches!(suggested, Some(kernel::Answer::View(..))));
    }
}

/// Below the rate limit, but through the tiles one after the other, always as fast.
#[test]
fn who_looks_at_tile_after_tile_like_clockwork_is_stopped() {
    let mut bench = Bench::open("popverse-kingdoms", None, 0);
    assert_eq!(bench.play("Join", &json!({ "faction": "cinema" })), "done");
    let mut looks = Vec::new();
    for n in 0..60 {
        bench.now = bench.now.plus_ms(7_000);
        looks.push(bench.look(n % 100, n / 100));
    }
    assert_eq!(looks.last().unwrap(), "SECURITY_THREAT", "{looks:?}");
    let figures = bench.refused.last().unwrap();
    assert_eq!((&*figures.context["sweep"], &*figures.context["patterns"]), ("1000", "1000"));
}

/// The world's clock stands still; nobody is to be shut out for good by a minute that never ends.
#[test]
fn the_window_of_a_limit_ends_while_the_season_is_paused() {
    let mut bench = Bench::open("popverse-kingdoms", None, 0);
    assert_eq!(bench.play("Join", &json!({ "faction": "cinema" })), "done");
    let paused = bench.give(Actor::Operator("op".to_owned()), "WorldPause", &json!({ "reason": "rest" }));
    assert!(matches!(paused, Some(kernel::Answer::Done(_))), "{paused:?}");
    let limited = |bench: &mut Bench| {
        (0..12).filter(|_| bench.play("CityShield", &json!({})) == "RATE_LIMITED").count()
    };
    assert_eq!(limited(&mut bench), 2);
    bench.now = bench.now.plus_ms(60_000);
    assert_eq!(bench.play("CityShield", &json!({})), "WORLD_PAUSED");
}
