//! What subscribers have been told when somebody is answered.

use kernel::io::Asked;
use kernel::{Answer, Input};
use schemas::CommitNo;
use serde_json::json;

use crate::bench::Bench;

#[test]
fn whoever_has_an_answer_has_been_told_all_that_it_rests_on() {
    let mut bench = Bench::open("harbour", None, 100);
    assert_eq!(bench.play("Settle", &json!({})), "done");
    assert_eq!(bench.play("Sail", &json!({ "gold": 5 })), "done");
    let as_of = |answer| match answer {
        Some(Answer::View(Ok(_), as_of)) => as_of,
        other => panic!("{other:?}"),
    };
    let before = as_of(bench.ask(Asked::Status));
    bench.now = bench.now.plus_ms(86_400_000);
    bench.step(Input::Tick);
    let after = as_of(bench.ask(Asked::Status));
    assert!(after > before, "the ship has not come home: {before:?}");
    assert_eq!(bench.untold, Vec::<CommitNo>::new());
}
