//! One suite for every engine: whoever implements [`EventStore`], [`SnapshotStore`] and [`CheckpointStore`] runs it
//! with [`conformance_tests!`](crate::conformance_tests), and thereby promises what the faces promise.
//!
//! Behind the feature `conformance`: this is test code and panics as tests do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod appends;
mod model;
mod reads;
mod scribe;
mod side;

use std::future::Future;

pub use appends::*;
pub use model::{Op, Part, random_operations_agree_with_a_plain_model};
pub use reads::*;
pub use scribe::{Scribe, Spec, append_one, world};
pub use side::*;

use crate::{CheckpointStore, EventStore, SnapshotStore};

/// An engine under test.
pub trait Engine: Sync {
    /// Its store.
    type Store: EventStore + SnapshotStore + CheckpointStore + 'static;

    /// A store with nothing in it.
    fn fresh(&self) -> impl Future<Output = Self::Store> + Send;

    /// The same store, closed and opened again; where there is nothing to close, the store itself.
    fn reopen(&self, store: Self::Store) -> impl Future<Output = Self::Store> + Send;
}

/// Makes one test of every rule of the suite, each with an engine of its own.
///
/// ```ignore
/// event_store::conformance_tests!(MyEngine::new());
/// // An engine that needs something from outside says so and gives none where that is missing.
/// event_store::conformance_tests!(if MyEngine::where_there_is_a_server());
/// ```
#[macro_export]
macro_rules! conformance_tests {
    (if $engine:expr) => { $crate::conformance_tests!(@list $engine); };
    ($engine:expr) => { $crate::conformance_tests!(@list Some($engine)); };
    (@list $engine:expr) => {
        $crate::conformance_tests!(@each $engine;
            a_fresh_store_is_empty
            an_append_is_there_with_every_byte
            a_wrong_expected_version_is_told_and_writes_nothing
            a_lower_epoch_is_fenced_off
            a_higher_epoch_takes_the_world_over
            a_fenced_writer_is_told_so_before_its_version_is_looked_at
            batches_of_one_call_end_each_on_its_own
            a_world_stands_only_once_in_a_call
            a_batch_is_written_all_or_none
            a_batch_that_is_not_well_formed_is_refused
            a_batch_that_does_not_go_on_from_this_log_is_refused
            a_command_stands_once_on_a_line
            a_rewind_frees_the_command_ids
            the_largest_batch_is_written
            more_rows_than_one_statement_takes_are_one_write
            big_payloads_come_back
            a_commit_that_is_too_large_is_refused
            of_two_writers_one_wins_each_version
            reads_keep_to_their_limits
            scans_are_whole_and_in_order
            void_commits_stay_readable
            commands_are_found_on_every_line
            the_command_index_is_complete_and_in_order
            worlds_are_listed_by_name
            nothing_is_lost_by_closing_and_opening
            the_newest_snapshots_are_kept
            checkpoints_are_kept_in_order
            a_good_record_verifies
        );
    };
    (@each $engine:expr; $($name:ident)*) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let Some(engine) = $engine else { return };
            $crate::conformance::$name(&engine).await;
        })*
    };
}
