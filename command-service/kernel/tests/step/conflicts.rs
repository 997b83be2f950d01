//! Appends that meet another's.

use event_store::AppendError;
use schemas::CommitNo;
use serde_json::json;

use crate::bench::Bench;

fn conflict() -> Option<AppendError> {
    Some(AppendError::WrongExpectedVersion { actual: CommitNo::new(99) })
}

#[test]
fn after_one_conflict_the_command_is_decided_anew_at_once() {
    let mut bench = Bench::open("harbour", None, 100);
    bench.endings.push_back(conflict());
    assert_eq!(bench.play("Settle", &json!({})), "done");
    assert_eq!((bench.loads, bench.kernel.figures(bench.now).conflicts), (2, 1));
}

#[test]
fn after_more_there_are_pauses_of_one_two_and_four_seconds_and_then_an_end() {
    let mut bench = Bench::open("harbour", None, 100);
    assert_eq!(bench.play("Settle", &json!({})), "done");
    bench.endings.extend(std::iter::repeat_n((), 5).map(|()| conflict()));
    assert_eq!(bench.play("Sail", &json!({ "gold": 5 })), "waits");
    let ticket = 3;
    let mut loads = vec![bench.loads];
    for pause in [1_000, 2_000, 4_000] {
        bench.pass(pause - 500);
        loads.push(bench.loads);
        bench.pass(500);
        loads.push(bench.loads);
    }
    // Nothing before the pause is over, one reading when it is.
    assert_eq!(loads, [2, 2, 3, 3, 4, 4, 5]);
    assert_eq!(crate::bench::code(bench.answers.get(&ticket)), "CONCURRENCY_CONFLICT");
    // Nothing of it is on the record, and the next command is as good as ever.
    bench.pass(1_000);
    assert_eq!(bench.view("Purse").unwrap(), json!({ "gold": 100 }));
    assert_eq!(bench.play("Sail", &json!({ "gold": 5 })), "done");
    assert_eq!(bench.kernel.figures(bench.now).conflicts, 5);
}

#[test]
fn who_waits_through_the_pauses_is_answered_when_they_help() {
    let mut bench = Bench::open("harbour", None, 100);
    assert_eq!(bench.play("Settle", &json!({})), "done");
    bench.endings.extend([conflict(), conflict(), conflict()]);
    assert_eq!(bench.play("Sail", &json!({ "gold": 5 })), "waits");
    bench.pass(3_000);
    assert_eq!(crate::bench::code(bench.answers.get(&3)), "done");
    assert_eq!(bench.view("Purse").unwrap(), json!({ "gold": 95 }), "once, and not once a try");
}
