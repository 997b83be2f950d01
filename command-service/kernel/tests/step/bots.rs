//! Many bots are asked about at once.

use kernel::Answer;
use kernel::io::Asked;
use schemas::{Actor, PlayerId};
use serde_json::Value;

use crate::bench::Bench;

fn wishes(bench: &mut Bench, bots: Vec<(PlayerId, u64)>) -> Vec<Value> {
    match bench.ask(Asked::Bots(bots)) {
        Some(Answer::View(Ok(Value::Array(wishes)), _)) => wishes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn bots_who_think_side_by_side_come_to_what_each_comes_to_alone() {
    let mut bench = Bench::open("popverse-kingdoms", None, 100);
    let bots: Vec<(PlayerId, u64)> = (1..=90).map(|n| (PlayerId::from_bits(n), 1_000 + n)).collect();
    let mut acted = 0;
    // They join; then they act.
    for round in 0..4 {
        let now: Vec<_> = bots.iter().map(|&(bot, chance)| (bot, chance ^ round << 32)).collect();
        let together = wishes(&mut bench, now.clone());
        let alone: Vec<Value> = now.iter().flat_map(|&bot| wishes(&mut bench, vec![bot])).collect();
        assert_eq!(together, alone);
        for ((bot, _), wish) in now.iter().zip(&together).filter(|(_, wish)| !wish.is_null()) {
            let kind = wish["kind"].as_str().unwrap();
            bench.give(Actor::Bot(*bot), kind, &wish["payload"]);
            acted += 1;
        }
    }
    assert!(acted > 150, "{acted}");
    assert!(wishes(&mut bench, Vec::new()).is_empty());
}
