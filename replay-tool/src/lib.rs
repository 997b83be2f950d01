//! Time travel, diff, verify, battle replay, audit and rollback.
