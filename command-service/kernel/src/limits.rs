//! Bounds of the kernel, in one place and checked against each other.

/// The most commits in one append.
pub const APPEND_COMMITS_MAX: usize = event_store::BATCH_COMMITS_MAX;

/// The most commands that may wait in one world; one more is answered `BUSY`.
pub const WAITING_MAX: usize = 8 * APPEND_COMMITS_MAX;

/// The most timers that one step lets fire in one world; the next step goes on.
pub const TIMERS_PER_STEP_MAX: usize = 4096;

/// The most bytes of one command's payload.
pub const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// How many appends in a row may end with an unknown outcome before who waits is told so.
pub const UNKNOWNS_MAX: u32 = 3;

/// How long after a load that failed, or an append that nothing can take, the world is read again, in ms.
pub const LOAD_RETRY_MS: i64 = 500;

/// How long after the second, third and fourth conflict in a row a world is read again, in ms. After the first it is at
/// once: a conflict is another's append that is over by the time it is seen.
pub const CONFLICT_RETRY_MS: [i64; 3] = [1_000, 2_000, 4_000];

/// The longest pause before a world is read again, in ms.
pub const RETRY_MS_MAX: i64 = 4_000;

/// How old what questions are answered with may be while the log is away, in ms, unless a server is set up otherwise.
pub const STALE_MS: i64 = 300_000;

/// How often a world forgets players who have been quiet for long, in ms.
pub const TIDY_MS: i64 = 60_000;

const _: () = assert!(WAITING_MAX > APPEND_COMMITS_MAX);
