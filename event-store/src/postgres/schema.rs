//! The tables of the log in PostgreSQL, the rights on them, and the statements.
//!
//! Everything stands in the schema `annals`. Every world has a number, and a commit's key is that number and its own:
//! one B-tree, written at the end of each world and read in order. The key includes the command's key, so that the
//! command keys of a world are read from the index alone; an index by command id would be touched in another page by
//! every commit.
//!
//! The record is guarded twice. Triggers refuse to change or delete it, whoever asks, and even where a session has
//! switched triggers off. And the role that writes has no right to: it may add commits and move heads, nothing else.

/// The schema version that this build writes and reads.
pub(super) const VERSION: i64 = 2;

/// Who owns the tables: nobody logs in as this role.
pub(super) const OWNER: &str = "annals_owner";
/// Whose members may append.
pub(super) const WRITER: &str = "annals_writer";
/// Whose members may read.
pub(super) const READER: &str = "annals_reader";

/// The channel on which every append is told, as a hint: `<world> <last commit>`.
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

CREATE TABLE annals.heads (
    world_no  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    world     text COLLATE \"C\" NOT NULL UNIQUE CHECK (length(world) BETWEEN 1 AND 64),
    commit_no bigint NOT NULL DEFAULT 0 CHECK (commit_no >= 0),
    position  bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
    hash      bytea  NOT NULL DEFAULT decode(repeat('00', 32), 'hex') CHECK (octet_length(hash) = 32),
    epoch     bigint NOT NULL DEFAULT 0 CHECK (epoch >= 0)
) WITH (fillfactor = 25);
CREATE TRIGGER heads_only_go_forward BEFORE UPDATE ON annals.heads FOR EACH ROW
    WHEN (NEW.commit_no <= OLD.commit_no OR NEW.position < OLD.position OR NEW.epoch < OLD.epoch
          OR NEW.world <> OLD.world OR NEW.world_no <> OLD.world_no)
    EXECUTE FUNCTION annals.refuse();
CREATE TRIGGER heads_are_never_deleted BEFORE DELETE OR TRUNCATE ON annals.heads
    FOR EACH STATEMENT EXECUTE FUNCTION annals.refuse();

CREATE TABLE annals.commits (
    world_no       bigint  NOT NULL,
    commit_no      bigint  NOT NULL CHECK (commit_no > 0),
    first_position bigint  NOT NULL,
    events         integer NOT NULL CHECK (events >= 0),
    epoch          bigint  NOT NULL,
    command        text,
    command_key    bigint,
    rewinds_to     bigint,
    header         bytea   NOT NULL,
    body           bytea   NOT NULL,
    prev           bytea   NOT NULL CHECK (octet_length(prev) = 32),
    hash           bytea   NOT NULL CHECK (octet_length(hash) = 32),
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

ALTER TABLE annals.heads ENABLE ALWAYS TRIGGER heads_only_go_forward;
ALTER TABLE annals.heads ENABLE ALWAYS TRIGGER heads_are_never_deleted;
ALTER TABLE annals.commits ENABLE ALWAYS TRIGGER commits_are_never_changed;
ALTER TABLE annals.checkpoints ENABLE ALWAYS TRIGGER checkpoints_are_never_changed;

CREATE VIEW annals.record AS
SELECT h.world, c.commit_no, c.first_position, c.events, c.epoch, c.command, c.rewinds_to, c.header, c.body, c.prev,
       c.hash
FROM annals.commits c JOIN annals.heads h USING (world_no);
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
GRANT SELECT ON annals.meta, annals.heads, annals.commits, annals.checkpoints, annals.record, annals.snapshots
    TO annals_writer, annals_reader;
GRANT INSERT (world), UPDATE (commit_no, position, hash, epoch) ON annals.heads TO annals_writer;
GRANT INSERT ON annals.commits TO annals_writer;
GRANT INSERT (world, commit_no, line) ON annals.checkpoints TO annals_writer;
GRANT INSERT, UPDATE, DELETE ON annals.snapshots TO annals_writer;
";

/// What is wrong with the rights of whoever is logged in, as a writer of the log: rights that are missing, rights that
/// are too many, and guards that are off. Nothing where all is well. `$1` says whether they must be able to write.
pub(super) const RIGHTS: &str = "
WITH needed (tab, col, what, writes) AS (VALUES
    ('heads', 'world', 'SELECT', false), ('commits', 'hash', 'SELECT', false),
    ('checkpoints', 'line', 'SELECT', false), ('snapshots', 'bytes', 'SELECT', false),
    ('heads', 'world', 'INSERT', true), ('heads', 'commit_no', 'UPDATE', true), ('heads', 'position', 'UPDATE', true),
    ('heads', 'hash', 'UPDATE', true), ('heads', 'epoch', 'UPDATE', true), ('commits', 'hash', 'INSERT', true),
    ('checkpoints', 'line', 'INSERT', true), ('snapshots', 'bytes', 'INSERT', true)),
banned (tab, what) AS (VALUES
    ('heads', 'DELETE'), ('heads', 'TRUNCATE'), ('heads', 'TRIGGER'),
    ('commits', 'UPDATE'), ('commits', 'DELETE'), ('commits', 'TRUNCATE'), ('commits', 'TRIGGER'),
    ('checkpoints', 'UPDATE'), ('checkpoints', 'DELETE'), ('checkpoints', 'TRUNCATE'), ('checkpoints', 'TRIGGER')),
guards (tab, name) AS (VALUES
    ('heads', 'heads_only_go_forward'), ('heads', 'heads_are_never_deleted'),
    ('commits', 'commits_are_never_changed'), ('checkpoints', 'checkpoints_are_never_changed'))
SELECT 'it is a superuser' FROM pg_roles WHERE rolname = current_user AND rolsuper AND $1
UNION ALL
SELECT 'it owns ' || c.relname FROM pg_class c
WHERE $1 AND c.relnamespace = 'annals'::regnamespace AND c.relkind = 'r' AND pg_has_role(c.relowner, 'MEMBER')
UNION ALL
SELECT 'it lacks ' || what || ' on ' || tab FROM needed
WHERE ($1 OR NOT writes) AND NOT has_column_privilege('annals.' || tab, col, what)
UNION ALL
SELECT 'it has ' || what || ' on ' || tab FROM banned
WHERE $1 AND (has_table_privilege('annals.' || tab, what)
              OR (what = 'UPDATE' AND has_any_column_privilege('annals.' || tab, what)))
UNION ALL
SELECT 'it may rename worlds' WHERE $1 AND (has_column_privilege('annals.heads', 'world', 'UPDATE')
                                            OR has_column_privilege('annals.heads', 'world_no', 'UPDATE'))
UNION ALL
SELECT 'the trigger ' || name || ' is missing or off' FROM guards
WHERE NOT EXISTS (SELECT FROM pg_trigger t
                  WHERE t.tgrelid = ('annals.' || tab)::regclass AND t.tgname = name AND t.tgenabled = 'A')";

/// Appends one commit of one world: the head moves if it is where the writer thinks, and the commit is added if the
/// head has moved. One statement, so one round trip and one transaction, which holds no lock while anybody thinks.
pub(super) const APPEND_ONE: &str = "
WITH moved AS (
    UPDATE annals.heads SET commit_no = $5, position = $6, hash = $7, epoch = $8
    WHERE world_no = $1 AND commit_no = $2 AND position = $3 AND hash = $4 AND epoch <= $8
    RETURNING world_no, world),
added AS (
    INSERT INTO annals.commits (world_no, commit_no, first_position, events, epoch, command, command_key, rewinds_to,
                                header, body, prev, hash)
    SELECT world_no, $5, $9, $10, $8, $11, $12, $13, $14, $15, $4, $7 FROM moved)
SELECT world_no, pg_notify('annals_commits', world || ' ' || $5::bigint) FROM moved";

/// Appends many commits of many worlds: as [`APPEND_ONE`], each world on its own. Answers with the worlds whose head
/// has moved.
pub(super) const APPEND_MANY: &str = "
WITH wanted AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bigint[], $6::bigint[],
                         $7::bytea[], $8::bigint[])
    AS w (world_no, old_commit, old_position, old_hash, commit_no, position, hash, epoch)),
moved AS (
    UPDATE annals.heads h SET commit_no = w.commit_no, position = w.position, hash = w.hash, epoch = w.epoch
    FROM wanted w
    WHERE h.world_no = w.world_no AND h.commit_no = w.old_commit AND h.position = w.old_position
      AND h.hash = w.old_hash AND h.epoch <= w.epoch
    RETURNING h.world_no, h.world, h.commit_no),
added AS (
    INSERT INTO annals.commits (world_no, commit_no, first_position, events, epoch, command, command_key, rewinds_to,
                                header, body, prev, hash)
    SELECT c.* FROM unnest($9::bigint[], $10::bigint[], $11::bigint[], $12::integer[], $13::bigint[], $14::text[],
                           $15::bigint[], $16::bigint[], $17::bytea[], $18::bytea[], $19::bytea[], $20::bytea[])
    AS c (world_no, commit_no, first_position, events, epoch, command, command_key, rewinds_to, header, body, prev, hash)
    WHERE c.world_no IN (SELECT world_no FROM moved))
SELECT world_no, pg_notify('annals_commits', world || ' ' || commit_no) FROM moved";

/// Gives worlds that are not there yet a number and an empty head.
pub(super) const ADD_WORLDS: &str =
    "INSERT INTO annals.heads (world) SELECT unnest($1::text[]) ON CONFLICT (world) DO NOTHING";

/// The heads of some worlds, after whatever append to them is under way anywhere has ended.
pub(super) const LOOK: &str = "SELECT world_no, world, commit_no, position, hash, epoch FROM annals.heads \
                               WHERE world = ANY($1::text[]) ORDER BY world_no FOR SHARE";

/// The head of one world.
pub(super) const HEAD: &str =
    "SELECT world_no, world, commit_no, position, hash, epoch FROM annals.heads WHERE world = $1";

/// Every world that has commits, by name.
pub(super) const HEADS: &str = "SELECT world_no, world, commit_no, position, hash, epoch FROM annals.heads \
                                WHERE commit_no > 0 ORDER BY world";

/// Every head with the world's last commit, whether they agree, and that commit's bytes; all worlds as of one moment.
pub(super) const LAST_COMMITS: &str = "
SELECT h.world, h.commit_no, c.commit_no, c.first_position + c.events - 1 = h.position AND c.hash = h.hash,
       c.prev, c.header, c.body, h.hash
FROM annals.heads h LEFT JOIN LATERAL (
    SELECT * FROM annals.commits c WHERE c.world_no = h.world_no ORDER BY c.commit_no DESC LIMIT 1) c ON true
WHERE h.commit_no > 0 OR c.commit_no IS NOT NULL
ORDER BY h.world";

/// Commits of a world after one number up to another, in order, at most so many.
pub(super) const READ: &str = "
SELECT commit_no, first_position, events, epoch, command, rewinds_to, header, body, prev, hash
FROM annals.commits
WHERE world_no = (SELECT world_no FROM annals.heads WHERE world = $1) AND commit_no > $2 AND commit_no <= $3
ORDER BY commit_no LIMIT $4";

/// All rewinds of a world.
pub(super) const REWINDS: &str = "
SELECT commit_no, rewinds_to FROM annals.commits
WHERE world_no = (SELECT world_no FROM annals.heads WHERE world = $1) AND rewinds_to IS NOT NULL ORDER BY commit_no";

/// Commits of one command id after one number: the key narrows from the index alone, the id decides.
pub(super) const WITH_COMMAND: &str = "
SELECT c.commit_no FROM (
    SELECT world_no, commit_no FROM annals.commits
    WHERE world_no = (SELECT world_no FROM annals.heads WHERE world = $1) AND commit_no > $2 AND command_key = $3
    OFFSET 0) k
JOIN annals.commits c USING (world_no, commit_no) WHERE c.command = $4 ORDER BY c.commit_no";

/// Command keys after one number up to another, some thousands to a row: a row costs as much as many keys.
pub(super) const KEYS: &str = "
SELECT array_agg(commit_no ORDER BY commit_no), array_agg(command_key ORDER BY commit_no) FROM (
    SELECT commit_no, command_key FROM annals.commits
    WHERE world_no = (SELECT world_no FROM annals.heads WHERE world = $1) AND commit_no > $2 AND commit_no <= $3
      AND command_key IS NOT NULL) k
GROUP BY commit_no >> 12 ORDER BY commit_no >> 12";
