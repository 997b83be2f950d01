//! The vault's tables in SQLite; those in PostgreSQL, the same by name and meaning, stand in `postgres/schema.rs`.
//!
//! Nothing about a person stands in them in plain text: identities are found by a keyed tag, everything else is sealed
//! with the player's key, and the player's key with the server's.

/// The schema version of a file that this build writes.
pub(crate) const VERSION_SQLITE: i64 = 5;

/// Marks the file as ours, in its header: "ANNV".
pub(crate) const APPLICATION_ID: i64 = 0x414E_4E56;

/// Migrations, oldest first; the n-th brings a file from schema version n − 1 to n.
pub(crate) const MIGRATIONS_SQLITE: &[&str] = &[
    "
CREATE TABLE meta (schema_version INTEGER NOT NULL, proof BLOB);
INSERT INTO meta (schema_version) VALUES (0);

CREATE TABLE players (
    player     INTEGER PRIMARY KEY,
    lookup     BLOB    NOT NULL UNIQUE,
    key        BLOB    NOT NULL,
    identity   BLOB    NOT NULL,
    name       BLOB,
    name_tag   BLOB,
    created_ms INTEGER NOT NULL
);
CREATE INDEX players_by_name ON players (name_tag) WHERE name_tag IS NOT NULL;

CREATE TABLE tokens (
    id         TEXT    PRIMARY KEY,
    hash       BLOB    NOT NULL,
    scope      TEXT    NOT NULL,
    actor      TEXT    NOT NULL,
    player     INTEGER REFERENCES players (player),
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    revoked_ms INTEGER
);
CREATE INDEX tokens_by_player ON tokens (player) WHERE player IS NOT NULL;

CREATE TABLE tombstones (
    player    INTEGER PRIMARY KEY,
    reason    TEXT    NOT NULL,
    erased_ms INTEGER NOT NULL
);
",
    "
CREATE TABLE news_channels (
    server      INTEGER PRIMARY KEY,
    channel     INTEGER NOT NULL,
    set_ms      INTEGER NOT NULL,
    parked_code INTEGER,
    parked_ms   INTEGER
);
CREATE TABLE private_messages (
    player      INTEGER PRIMARY KEY REFERENCES players (player),
    wanted_ms   INTEGER NOT NULL,
    parked_code INTEGER,
    parked_ms   INTEGER
);
",
    "
CREATE TABLE refresh_tokens (
    id         TEXT    PRIMARY KEY,
    family     TEXT    NOT NULL,
    hash       BLOB    NOT NULL,
    player     INTEGER NOT NULL REFERENCES players (player),
    server     TEXT    NOT NULL,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    used_ms    INTEGER,
    ended_ms   INTEGER
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_by_player ON refresh_tokens (player);
",
    "
CREATE TABLE seen (
    player   INTEGER NOT NULL REFERENCES players (player),
    world    TEXT    NOT NULL,
    position INTEGER NOT NULL,
    seen_ms  INTEGER NOT NULL,
    PRIMARY KEY (player, world)
);
",
    "
CREATE TABLE link_codes (
    tag        TEXT    PRIMARY KEY,
    platform   TEXT    NOT NULL,
    login_tag  BLOB    NOT NULL,
    id_tag     BLOB,
    account    BLOB    NOT NULL,
    player     INTEGER NOT NULL REFERENCES players (player),
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    link       INTEGER
);
CREATE INDEX link_codes_by_player ON link_codes (player);
CREATE TABLE links (
    number    INTEGER PRIMARY KEY,
    platform  TEXT    NOT NULL,
    login_tag BLOB    NOT NULL,
    id_tag    BLOB,
    account   BLOB    NOT NULL,
    player    INTEGER NOT NULL REFERENCES players (player),
    linked_ms INTEGER NOT NULL,
    UNIQUE (platform, login_tag),
    UNIQUE (player, platform)
);
",
];
