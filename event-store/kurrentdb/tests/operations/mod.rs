//! Random operations, and the run of them.

use event_store::conformance::{Engine, Op, Part, random_operations_agree_with_a_plain_model};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

fn part() -> impl Strategy<Value = Part> {
    let behind = prop_oneof![8 => Just(0_u8), 1 => 1..4_u8];
    let epoch = prop_oneof![8 => Just(1_u8), 1 => 0..4_u8];
    let command =
        prop_oneof![2 => Just(None), 6 => (0..60_u8).prop_map(Some), 1 => (200..210_u8).prop_map(Some)];
    (0..4_u8, behind, epoch, prop::collection::vec(command, 0..6))
        .prop_map(|(world, behind, epoch, commands)| Part { world, behind, epoch, commands })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => prop::collection::vec(part(), 0..4).prop_map(Op::Append),
        1 => Just(Op::Reopen),
        2 => (0..4_u8, 0..20_u8, 0..20_u8).prop_map(|(world, after, limit)| Op::Read { world, after, limit }),
    ]
}

/// Runs `cases` random sequences, each on an engine of its own.
pub(crate) fn run<E: Engine>(cases: u32, engine: impl Fn() -> E) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&prop::collection::vec(op(), 1..40), |ops| {
            runtime.block_on(random_operations_agree_with_a_plain_model(&engine(), &ops));
            Ok(())
        })
        .unwrap();
}
