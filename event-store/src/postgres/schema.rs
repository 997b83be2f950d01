//! The tables of the log in PostgreSQL, the rights on them, and the statements.
//!
//! Everything stands in the schema `annals`. Every world has a number, and a commit's key is that number and its own:
//! one B-tree, written at the end of each world and read in order. The key includes the command's key, so that the
//! command keys of a world are read from the index alone; an index by command id would be touched in another page by
//! every commit.
//!
//! There is no row that says where a world ends: its last commit does. So an append is an insert and nothing else, and
//! the key is the fence: of two writers that believe in the same end, the second finds the number taken.
//!
//! The record is guarded twice. Triggers refuse to change or delete it, whoever asks, and even where a session has
//! switched triggers off. And the role that writes has no right to: it may read and add.

/// The schema version that this build writes and reads.
pub(super) const VERSION: i64 = 2;

/// Who owns the tables: nobody logs in as this role.
pub(super) const OWNER: &str = "annals_owner";
/// Whose members may append.
pub(super) const WRITER: &str = "annals_writer";
/// Whose members may read.
pub(super) const READER: &str = "annals_reader";

/// The channel on which every append is told, as a hint: lines `<world> <last commit>`.
pub const CHANNEL: &str = "annals_commits";

/// Migrations, oldest first; the n-th brings a database from schema version n − 1 to n. They are run by the owner.
pub(super) const MIGRATIONS: &[&str] = &[
    "
CREATE TABLE annals.meta (schema_version bigint NOT NULL);
INSERT INTO annals.meta VALUES (0);

CREATE FUNCTION annals.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the record is never changed or deleted (% on %)', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TABLE annals.worlds (
    world_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    world    text COLLATE \"C\" NOT NULL UNIQUE CHECK (length(world) BETWEEN 1 AND 64)
);
CREATE TRIGGER worlds_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON annals.worlds
    FOR EACH STATEMENT EXECUTE FUNCTION annals.refuse();

CREATE TABLE annals.commits (
    world_no       bigint  NOT NULL,
    commit_no      bigint  NOT NULL,
    first_position bigint  NOT NULL,
    events         integer NOT NULL,
    epoch          bigint  NOT NULL,
    command        text,
    command_key    bigint,
    rewinds_to     bigint,
    header         bytea   NOT NULL,
    body           bytea   NOT NULL,
    prev           bytea   NOT NULL,
    hash           bytea   NOT NULL,
    PRIMARY KEY (world_no, commit_no) INCLUDE (command_key)
);
CREATE INDEX commits_rewinds ON annals.commits (world_no, commit_no, rewinds_to) WHERE rewinds_to IS NOT NULL;
CREATE TRIGGER commits_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON annals.commits
    FOR EACH STATEMENT EXECUTE FUNCTION annals.refuse();

CREATE TABLE annals.checkpoints (
    seq       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    world     text COLLATE \"C\" NOT NULL,
    commit_no bigint NOT NULL,
    line      text   NOT NULL,
    UNIQUE (world, commit_no, line)
);
CREATE TRIGGER checkpoints_are_never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON annals.checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION annals.refuse();

ALTER TABLE annals.worlds ENABLE ALWAYS TRIGGER worlds_are_never_changed;
ALTER TABLE annals.commits ENABLE ALWAYS TRIGGER commits_are_never_changed;
ALTER TABLE annals.checkpoints ENABLE ALWAYS TRIGGER checkpoints_are_never_changed;

CREATE VIEW annals.record AS
SELECT w.world, c.commit_no, c.first_position, c.events, c.epoch, c.command, c.rewinds_to, c.header, c.body, c.prev,
       c.hash
FROM annals.commits c JOIN annals.worlds w USING (world_no);

CREATE VIEW annals.heads AS
SELECT w.world_no, w.world, c.commit_no, c.first_position + c.events - 1 AS position, c.hash, c.epoch
FROM annals.worlds w CROSS JOIN LATERAL (
    SELECT * FROM annals.commits c WHERE c.world_no = w.world_no ORDER BY c.commit_no DESC LIMIT 1) c;
",
    // A cache: not in the server's write-ahead log, and empty after a crash of the server.
    "
CREATE UNLOGGED TABLE annals.snapshots (
    world       text COLLATE \"C\" NOT NULL,
    commit_no   bigint NOT NULL,
    commit_hash bytea  NOT NULL,
    position    bigint NOT NULL,
    state_key   text   NOT NULL,
    digest      bytea  NOT NULL,
    bytes       bytea  NOT NULL,
    PRIMARY KEY (world, commit_no)
);
ALTER TABLE annals.snapshots ALTER COLUMN bytes SET STORAGE EXTERNAL;
",
];

/// What the roles may do: taken away and given anew by every preparation, so that it is what stands here.
pub(super) const GRANTS: &str = "
REVOKE ALL ON ALL TABLES IN SCHEMA annals FROM PUBLIC, annals_writer, annals_reader;
REVOKE ALL ON SCHEMA annals FROM PUBLIC, annals_writer, annals_reader;
GRANT USAGE ON SCHEMA annals TO annals_writer, annals_reader;
GRANT SELECT ON annals.meta, annals.worlds, annals.commits, annals.checkpoints, annals.snapshots, annals.record,
    annals.heads TO annals_writer, annals_reader;
GRANT INSERT (world) ON annals.worlds TO annals_writer;
GRANT INSERT ON annals.commits TO annals_writer;
GRANT INSERT (world, commit_no, line) ON annals.checkpoints TO annals_writer;
GRANT INSERT, UPDATE, DELETE ON annals.snapshots TO annals_writer;
";

/// What is wrong with the rights of whoever is logged in, as a writer of the log: rights that are missing, rights that
/// are too many, and guards that are off. Nothing where all is well. `$1` says whether they must be able to write.
pub(super) const RIGHTS: &str = "
WITH me AS (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
needed (tab, col, what, writes) AS (VALUES
    ('worlds', 'world', 'SELECT', false), ('commits', 'hash', 'SELECT', false), ('heads', 'hash', 'SELECT', false),
    ('checkpoints', 'line', 'SELECT', false), ('snapshots', 'bytes', 'SELECT', false),
    ('worlds', 'world', 'INSERT', true), ('commits', 'hash', 'INSERT', true),
    ('checkpoints', 'line', 'INSERT', true), ('snapshots', 'bytes', 'INSERT', true)),
banned (tab, what) AS (
    SELECT tab, what FROM unnest(ARRAY['worlds', 'commits', 'checkpoints']) tab,
                          unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) what),
guards (tab, name) AS (VALUES
    ('worlds', 'worlds_are_never_changed'), ('commits', 'commits_are_never_changed'),
    ('checkpoints', 'checkpoints_are_never_changed'))
SELECT 'it is a superuser' FROM me WHERE rolsuper AND $1
UNION ALL
SELECT 'it owns ' || c.relname FROM pg_class c, me
WHERE $1 AND NOT rolsuper AND c.relnamespace = 'annals'::regnamespace AND c.relkind = 'r' AND pg_has_role(c.relowner, 'MEMBER')
UNION ALL
SELECT 'it lacks ' || what || ' on ' || tab FROM needed
WHERE ($1 OR NOT writes) AND NOT has_column_privilege('annals.' || tab, col, what)
UNION ALL
SELECT 'it has ' || what || ' on ' || tab FROM banned, me
WHERE $1 AND NOT rolsuper AND (has_table_privilege('annals.' || tab, what)
              OR (what = 'UPDATE' AND has_any_column_privilege('annals.' || tab, what)))
UNION ALL
SELECT 'the trigger ' || name || ' is missing or off' FROM guards
WHERE NOT EXISTS (SELECT FROM pg_trigger t
                  WHERE t.tgrelid = ('annals.' || tab)::regclass AND t.tgname = name AND t.tgenabled = 'A')";

/// Appends one commit: the plainest statement that there is.
pub(super) const APPEND_ONE: &str = "
INSERT INTO annals.commits (world_no, commit_no, first_position, events, epoch, command, command_key, rewinds_to,
                            header, body, prev, hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

/// Appends many commits of many worlds.
pub(super) const APPEND_MANY: &str = "
INSERT INTO annals.commits (world_no, commit_no, first_position, events, epoch, command, command_key, rewinds_to,
                            header, body, prev, hash)
SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::integer[], $5::bigint[], $6::text[], $7::bigint[],
                     $8::bigint[], $9::bytea[], $10::bytea[], $11::bytea[], $12::bytea[])";

/// Tells of appends.
pub(super) const TELL: &str = "SELECT pg_notify('annals_commits', hint) FROM unnest($1::text[]) hint";

/// Gives worlds that are not there yet a number.
pub(super) const ADD_WORLDS: &str =
    "INSERT INTO annals.worlds (world) SELECT unnest($1::text[]) ON CONFLICT (world) DO NOTHING";

/// Numbers of some worlds.
pub(super) const NUMBERS: &str = "SELECT world_no, world FROM annals.worlds WHERE world = ANY($1::text[])";

/// The heads of those of some worlds that have commits.
pub(super) const HEADS_OF: &str = "SELECT world_no, world, commit_no, position, hash, epoch FROM annals.heads \
                                   WHERE world = ANY($1::text[])";

/// Every world that has commits, by name.
pub(super) const HEADS: &str =
    "SELECT world_no, world, commit_no, position, hash, epoch FROM annals.heads ORDER BY world";

/// The bytes of every world's last commit.
pub(super) const LAST_COMMITS: &str = "
SELECT h.world, h.commit_no, c.prev, c.header, c.body, c.hash
FROM annals.heads h JOIN annals.commits c USING (world_no, commit_no) ORDER BY h.world";

/// Commits of a world after one number up to another, in order, at most so many.
pub(super) const READ: &str = "
SELECT commit_no, first_position, events, epoch, command, rewinds_to, header, body, prev, hash
FROM annals.commits
WHERE world_no = (SELECT world_no FROM annals.worlds WHERE world = $1) AND commit_no > $2 AND commit_no <= $3
ORDER BY commit_no LIMIT $4";

/// All rewinds of a world.
pub(super) const REWINDS: &str = "
SELECT commit_no, rewinds_to FROM annals.commits
WHERE world_no = (SELECT world_no FROM annals.worlds WHERE world = $1) AND rewinds_to IS NOT NULL ORDER BY commit_no";

/// Commits of one command id after one number: the key narrows from the index alone, the id decides.
pub(super) const WITH_COMMAND: &str = "
SELECT c.commit_no FROM (
    SELECT world_no, commit_no FROM annals.commits
    WHERE world_no = (SELECT world_no FROM annals.worlds WHERE world = $1) AND commit_no > $2 AND command_key = $3
    OFFSET 0) k
JOIN annals.commits c USING (world_no, commit_no) WHERE c.command = $4 ORDER BY c.commit_no";

/// Command keys after one number up to another, some thousands to a row: a row costs as much as many keys.
pub(super) const KEYS: &str = "
SELECT array_agg(commit_no ORDER BY commit_no), array_agg(command_key ORDER BY commit_no) FROM (
    SELECT commit_no, command_key FROM annals.commits
    WHERE world_no = (SELECT world_no FROM annals.worlds WHERE world = $1) AND commit_no > $2 AND commit_no <= $3
      AND command_key IS NOT NULL) k
GROUP BY commit_no >> 12 ORDER BY commit_no >> 12";
