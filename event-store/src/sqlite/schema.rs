//! The tables of the log in SQLite, and the statements on them.
//!
//! A commit's `id` is its world's number times 2^40 plus its commit number: one B-tree, written at its end and read
//! in order, and two commits of one number can not stand in it. Whoever reads the file by hand takes the view
//! `record`, which has the world's name and the commit number instead.
//!
//! There is no index by command id: random keys would touch a page for every commit and cost two thirds of the
//! append rate. Command keys stand in an index in commit order instead; the owner keeps those of the live line in
//! memory.

use std::fmt::Write as _;

use schemas::CommitNo;

/// The schema version that this build writes.
pub(super) const VERSION: i64 = 1;

/// Marks the file as ours, in its header: "ANNL".
pub(super) const APPLICATION_ID: i64 = 0x414E_4E4C;

const COMMIT_BITS: u32 = 40;

/// The most commits that a world may have in this engine: 2^40 − 1.
pub(super) const COMMITS_MAX: u64 = (1 << COMMIT_BITS) - 1;

/// The most worlds that a file may have.
pub(super) const WORLDS_MAX: i64 = (1 << 22) - 1;

/// Migrations, oldest first; the n-th brings a file from schema version n − 1 to n.
pub(super) const MIGRATIONS: &[&str] = &["
CREATE TABLE meta (schema_version INTEGER NOT NULL);
INSERT INTO meta VALUES (0);

CREATE TABLE heads (
    world_no  INTEGER PRIMARY KEY,
    world     TEXT    NOT NULL UNIQUE,
    commit_no INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    hash      BLOB    NOT NULL,
    epoch     INTEGER NOT NULL
);
CREATE TRIGGER heads_only_go_forward BEFORE UPDATE ON heads
WHEN NEW.commit_no <= OLD.commit_no OR NEW.epoch < OLD.epoch OR NEW.world <> OLD.world
BEGIN SELECT RAISE(ABORT, 'a head only goes forward'); END;
CREATE TRIGGER heads_are_never_deleted BEFORE DELETE ON heads
BEGIN SELECT RAISE(ABORT, 'the record is never deleted'); END;

CREATE TABLE commits (
    id             INTEGER PRIMARY KEY,
    first_position INTEGER NOT NULL,
    events         INTEGER NOT NULL,
    epoch          INTEGER NOT NULL,
    command        TEXT,
    command_key    INTEGER,
    rewinds_to     INTEGER,
    header         BLOB    NOT NULL,
    body           BLOB    NOT NULL,
    prev           BLOB    NOT NULL,
    hash           BLOB    NOT NULL
);
CREATE INDEX commits_commands ON commits (id, command_key) WHERE command_key IS NOT NULL;
CREATE INDEX commits_rewinds ON commits (id, rewinds_to) WHERE rewinds_to IS NOT NULL;
CREATE TRIGGER commits_are_never_changed BEFORE UPDATE ON commits
BEGIN SELECT RAISE(ABORT, 'the record is never changed'); END;
CREATE TRIGGER commits_are_never_deleted BEFORE DELETE ON commits
BEGIN SELECT RAISE(ABORT, 'the record is never deleted'); END;

CREATE VIEW record AS
SELECT h.world, c.id & 1099511627775 AS commit_no, c.first_position, c.events, c.epoch, c.command, c.rewinds_to,
       c.header, c.body, c.prev, c.hash
FROM commits c JOIN heads h ON h.world_no = c.id >> 40;

CREATE TABLE checkpoints (
    world     TEXT    NOT NULL,
    commit_no INTEGER NOT NULL,
    line      TEXT    NOT NULL,
    UNIQUE (world, commit_no, line)
);
CREATE TRIGGER checkpoints_are_never_changed BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'the record is never changed'); END;
CREATE TRIGGER checkpoints_are_never_deleted BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'the record is never deleted'); END;
"];

/// The id of a world's commit. Commit numbers beyond [`COMMITS_MAX`] stop at it: there is none there.
pub(super) fn commit_id(world_no: i64, commit: CommitNo) -> i64 {
    (world_no << COMMIT_BITS) | commit.get().min(COMMITS_MAX).cast_signed()
}

/// The commit number within an id.
pub(super) fn commit_of(id: i64) -> CommitNo {
    CommitNo::new((id & COMMITS_MAX.cast_signed()).cast_unsigned())
}

/// Columns of a commit in the order in which they are bound and read.
pub(super) const COMMIT_COLUMNS: usize = 11;
/// Columns of a head in the order in which they are bound and read.
pub(super) const HEAD_COLUMNS: usize = 6;

/// The most rows of one INSERT.
pub(super) const ROWS_MAX: usize = 512;

/// How many statements of an append come before its COMMIT.
pub(super) const STATEMENTS_BEFORE_COMMIT: usize = 3;

/// One whole append as one text: begin, heads, commits, commit. The engine's thread is woken once for all of it.
/// Row counts are rounded up to powers of two, so that few texts serve every size: rows left unbound are NULL and
/// stand aside.
pub(super) fn append_sql(heads: usize, commits: usize) -> String {
    format!(
        "BEGIN IMMEDIATE;\n{};\n{};\nCOMMIT",
        heads_sql(heads.next_power_of_two()),
        commits_sql(commits.next_power_of_two())
    )
}

/// Writes `rows` heads.
pub(super) fn heads_sql(rows: usize) -> String {
    let mut sql = "INSERT INTO heads (world_no, world, commit_no, position, hash, epoch) ".to_owned();
    push_rows(&mut sql, rows, HEAD_COLUMNS);
    sql.push_str(
        " ON CONFLICT (world_no) DO UPDATE SET world = excluded.world, commit_no = excluded.commit_no, \
         position = excluded.position, hash = excluded.hash, epoch = excluded.epoch",
    );
    sql
}

/// Inserts `rows` commits.
pub(super) fn commits_sql(rows: usize) -> String {
    let mut sql =
        "INSERT INTO commits (id, first_position, events, epoch, command, command_key, rewinds_to, \
                   header, body, prev, hash) "
            .to_owned();
    push_rows(&mut sql, rows, COMMIT_COLUMNS);
    sql
}

fn push_rows(sql: &mut String, rows: usize, columns: usize) {
    let row = format!("(?{})", ",?".repeat(columns.saturating_sub(1)));
    if rows == 1 {
        // Writing to a String can not fail.
        write!(sql, "VALUES {row}").ok();
        return;
    }
    sql.push_str("SELECT * FROM (VALUES ");
    sql.push_str(&row);
    for _ in 1..rows {
        sql.push(',');
        sql.push_str(&row);
    }
    sql.push_str(") WHERE column1 IS NOT NULL");
}

/// Commits of a world between two ids, in order.
pub(super) const READ: &str = "SELECT id, first_position, events, epoch, command, rewinds_to, header, body, prev, hash \
                               FROM commits WHERE id > ? AND id <= ? ORDER BY id LIMIT ?";

/// The world's number and head.
pub(super) const HEAD: &str =
    "SELECT world_no, world, commit_no, position, hash, epoch FROM heads WHERE world = ?";

/// Every world's number and head, by name.
pub(super) const HEADS: &str =
    "SELECT world_no, world, commit_no, position, hash, epoch FROM heads ORDER BY world";

/// Rewinds between two ids.
pub(super) const REWINDS: &str = "SELECT id, rewinds_to FROM commits INDEXED BY commits_rewinds \
                                  WHERE id > ? AND id <= ? AND rewinds_to IS NOT NULL ORDER BY id";

/// Commits with one command key between two ids.
pub(super) const WITH_KEY: &str = "SELECT id FROM commits INDEXED BY commits_commands \
                                   WHERE id > ? AND id <= ? AND command_key = ? ORDER BY id";

/// Command keys between two ids, some thousands to a row: a row costs as much as hundreds of keys.
pub(super) const KEYS: &str = "SELECT group_concat((id & 1099511627775) || ' ' || command_key, ' ') \
                               FROM commits INDEXED BY commits_commands \
                               WHERE id > ? AND id <= ? AND command_key IS NOT NULL GROUP BY id >> 12 ORDER BY id >> 12";
