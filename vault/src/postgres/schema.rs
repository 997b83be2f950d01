//! The tables of the vault in PostgreSQL, the rights on them, and the statements that only this engine has.
//!
//! Everything stands in the schema `annals_vault`, apart from the log's `annals`, so that no role of the log sees any of
//! it. The columns are those of the SQLite file, so that the statements of both are the same.
//!
//! The nodes are members of the role that owns the tables: wiping what was erased is `VACUUM FULL`, and that is the
//! owner's. It gives them nothing that they could not do anyway, for everything in a vault may be deleted.

/// The schema version that this build writes and reads.
pub(super) const VERSION: i64 = 5;

/// Who owns the tables; nodes log in as members of it.
pub(super) const OWNER: &str = "annals_vault_owner";

/// Migrations, oldest first; the n-th brings a database from schema version n − 1 to n. They are run by the owner.
pub(super) const MIGRATIONS: &[&str] = &[
    "
CREATE TABLE annals_vault.meta (schema_version bigint NOT NULL, proof bytea);
INSERT INTO annals_vault.meta (schema_version) VALUES (0);

CREATE TABLE annals_vault.players (
    player     bigint PRIMARY KEY,
    lookup     bytea  NOT NULL UNIQUE,
    key        bytea  NOT NULL,
    identity   bytea  NOT NULL,
    name       bytea,
    name_tag   bytea,
    created_ms bigint NOT NULL
);
CREATE INDEX players_by_name ON annals_vault.players (name_tag) WHERE name_tag IS NOT NULL;

CREATE TABLE annals_vault.tokens (
    id         text   COLLATE \"C\" PRIMARY KEY,
    hash       bytea  NOT NULL,
    scope      text   NOT NULL,
    actor      text   NOT NULL,
    player     bigint REFERENCES annals_vault.players (player),
    created_ms bigint NOT NULL,
    expires_ms bigint NOT NULL,
    revoked_ms bigint
);
CREATE INDEX tokens_by_player ON annals_vault.tokens (player) WHERE player IS NOT NULL;

CREATE TABLE annals_vault.tombstones (
    player    bigint PRIMARY KEY,
    reason    text   NOT NULL,
    erased_ms bigint NOT NULL
);
",
    "
CREATE TABLE annals_vault.news_channels (
    server      bigint PRIMARY KEY,
    channel     bigint NOT NULL,
    set_ms      bigint NOT NULL,
    parked_code bigint,
    parked_ms   bigint
);
CREATE TABLE annals_vault.private_messages (
    player      bigint PRIMARY KEY REFERENCES annals_vault.players (player),
    wanted_ms   bigint NOT NULL,
    parked_code bigint,
    parked_ms   bigint
);
",
    "
CREATE TABLE annals_vault.refresh_tokens (
    id         text   COLLATE \"C\" PRIMARY KEY,
    family     text   COLLATE \"C\" NOT NULL,
    hash       bytea  NOT NULL,
    player     bigint NOT NULL REFERENCES annals_vault.players (player),
    server     text   NOT NULL,
    created_ms bigint NOT NULL,
    expires_ms bigint NOT NULL,
    used_ms    bigint,
    ended_ms   bigint
);
CREATE INDEX refresh_tokens_by_family ON annals_vault.refresh_tokens (family);
CREATE INDEX refresh_tokens_by_player ON annals_vault.refresh_tokens (player);
",
    "
CREATE TABLE annals_vault.seen (
    player   bigint NOT NULL REFERENCES annals_vault.players (player),
    world    text   COLLATE \"C\" NOT NULL,
    position bigint NOT NULL,
    seen_ms  bigint NOT NULL,
    PRIMARY KEY (player, world)
);
",
    "
CREATE TABLE annals_vault.link_codes (
    tag        text   COLLATE \"C\" PRIMARY KEY,
    platform   text   COLLATE \"C\" NOT NULL,
    login_tag  bytea  NOT NULL,
    id_tag     bytea,
    account    bytea  NOT NULL,
    player     bigint NOT NULL REFERENCES annals_vault.players (player),
    created_ms bigint NOT NULL,
    expires_ms bigint NOT NULL,
    link       bigint
);
CREATE INDEX link_codes_by_player ON annals_vault.link_codes (player);
CREATE TABLE annals_vault.links (
    number    bigint PRIMARY KEY,
    platform  text   COLLATE \"C\" NOT NULL,
    login_tag bytea  NOT NULL,
    id_tag    bytea,
    account   bytea  NOT NULL,
    player    bigint NOT NULL REFERENCES annals_vault.players (player),
    linked_ms bigint NOT NULL,
    UNIQUE (platform, login_tag),
    UNIQUE (player, platform)
);
",
];

/// Nobody but the owner and its members may look: said anew by every preparation.
pub(super) const GRANTS: &str = "
REVOKE ALL ON ALL TABLES IN SCHEMA annals_vault FROM PUBLIC;
REVOKE ALL ON SCHEMA annals_vault FROM PUBLIC;
";

/// What is wrong with the rights of whoever is logged in, as a node: they are a superuser, do not own a table, or others
/// may look into one. Nothing where all is well.
pub(super) const RIGHTS: &str = "
WITH tables AS (SELECT oid, relname, relowner, relacl FROM pg_class
                WHERE relnamespace = 'annals_vault'::regnamespace AND relkind = 'r'),
needed (tab) AS (VALUES ('meta'), ('players'), ('tokens'), ('tombstones'),
                        ('news_channels'), ('private_messages'), ('refresh_tokens'),
                        ('seen'), ('link_codes'), ('links'))
SELECT 'it is a superuser' FROM pg_roles WHERE rolname = current_user AND rolsuper
UNION ALL
SELECT 'the table ' || tab || ' is missing' FROM needed WHERE tab NOT IN (SELECT relname FROM tables)
UNION ALL
SELECT 'it does not own ' || relname FROM tables WHERE NOT pg_has_role(relowner, 'USAGE')
UNION ALL
SELECT 'everybody may use ' || relname FROM tables t
WHERE EXISTS (SELECT FROM aclexplode(t.relacl) a WHERE a.grantee = 0)";

/// Tables of which erasing a player deletes rows.
pub(super) const WIPED: [&str; 7] = [
    "annals_vault.players",
    "annals_vault.tokens",
    "annals_vault.private_messages",
    "annals_vault.refresh_tokens",
    "annals_vault.seen",
    "annals_vault.link_codes",
    "annals_vault.links",
];

/// A number after those of all transactions that there are or were, on the whole server.
pub(super) const NEXT_NUMBER: &str = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text";

/// Whether all transactions with numbers before `$1` are over, in every database of the server: then no view of the
/// database that is taken from now on has any of them in it as running. (The view that `VACUUM FULL` itself takes would.)
pub(super) const ALL_BEFORE_ARE_OVER: &str = "SELECT pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8";

/// The table that tells whether an older view of the database is in use: each erasure adds a row to it, and nothing else
/// writes to it.
pub(super) const TOLD_BY: &str = "annals_vault.tombstones";

/// Whether everybody sees every row of [`TOLD_BY`], which `VACUUM` has counted just before: then no view from before the
/// erasures that they stand for is in use. `VACUUM` only warns of a table that is somebody else's, so that is asked, too.
pub(super) const NOBODY_SEES_THE_ERASED: &str = "
SELECT (SELECT relallvisible = relpages FROM pg_class WHERE oid = 'annals_vault.tombstones'::regclass)
   AND NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'annals_vault'::regnamespace AND relkind = 'r'
                   AND NOT pg_has_role(relowner, 'USAGE'))";
