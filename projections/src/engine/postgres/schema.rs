//! What an administrator prepares: the pointer to the version that serves, the outbox, and the rights.

/// The version of what is prepared that this build needs.
pub(super) const VERSION: i64 = 1;

/// Who owns pointer and outbox: nobody logs in as this role.
pub(super) const OWNER: &str = "annals_models_owner";
/// Whose members may project: one at a time.
pub(super) const PROJECTOR: &str = "annals_projector";
/// Whose members may read.
pub(super) const READER: &str = "annals_models_reader";

/// Migrations, oldest first; the n-th brings a database from version n − 1 to n. They are run by the owner.
pub(super) const MIGRATIONS: &[&str] = &["
CREATE TABLE annals_models.meta (schema_version bigint NOT NULL);
INSERT INTO annals_models.meta VALUES (0);

CREATE TABLE annals_models.serving (version bigint NOT NULL CHECK (version >= 0));
CREATE UNIQUE INDEX serving_is_one_row ON annals_models.serving ((true));
INSERT INTO annals_models.serving VALUES (0);

CREATE TABLE annals_outbox.outbox (
    world      text COLLATE \"C\" NOT NULL,
    position   bigint NOT NULL,
    ordinal    bigint NOT NULL,
    nonce      text COLLATE \"C\" NOT NULL,
    player     text COLLATE \"C\",
    kind       text COLLATE \"C\" NOT NULL,
    text       text COLLATE \"C\" NOT NULL,
    created_ms bigint NOT NULL,
    cancelled  boolean NOT NULL,
    PRIMARY KEY (world, position, ordinal, nonce)
);
CREATE INDEX outbox_1 ON annals_outbox.outbox (cancelled, created_ms, world, position, ordinal);
CREATE INDEX outbox_2 ON annals_outbox.outbox (nonce);
CREATE TABLE annals_outbox.outbox_sent (
    nonce   text COLLATE \"C\" PRIMARY KEY,
    sent_ms bigint NOT NULL
);
CREATE TABLE annals_outbox.outbox_cursor (
    world    text COLLATE \"C\" PRIMARY KEY,
    position bigint NOT NULL
) WITH (fillfactor = 70);
"];

/// What the roles may do: taken away and given anew by every preparation, so that it is what stands here.
pub(super) const GRANTS: &str = "
REVOKE ALL ON ALL TABLES IN SCHEMA annals_models, annals_outbox FROM PUBLIC, annals_projector, annals_models_reader;
REVOKE ALL ON SCHEMA annals_models, annals_outbox FROM PUBLIC, annals_projector, annals_models_reader;
GRANT USAGE ON SCHEMA annals_models, annals_outbox TO annals_projector, annals_models_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA annals_models, annals_outbox TO annals_projector, annals_models_reader;
GRANT UPDATE ON annals_models.serving TO annals_projector;
GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA annals_outbox TO annals_projector;
";

/// What the administrator gives as such: the projector makes a schema for each version of the read models, and whoever
/// projects may read.
pub(super) const ADMIN_GRANTS: &str = "
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO annals_projector', current_database()); END $$;
GRANT annals_models_reader TO annals_projector;
";

/// What is wrong with the rights of whoever is logged in: rights that are missing, and rights that are too many. Nothing
/// where all is well. `$1` says whether they mean to project.
pub(super) const RIGHTS: &str = "
WITH asked (role) AS (SELECT CASE WHEN $1 THEN 'annals_projector' ELSE 'annals_models_reader' END),
tables (tab) AS (VALUES ('annals_outbox.outbox'), ('annals_outbox.outbox_sent'), ('annals_outbox.outbox_cursor')),
needed (tab, what, writes) AS (
    SELECT tab, 'SELECT', false FROM tables
    UNION ALL SELECT tab, what, true FROM tables, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) what
    UNION ALL VALUES ('annals_models.serving', 'SELECT', false), ('annals_models.serving', 'UPDATE', true)),
banned (tab, what) AS (
    SELECT tab, what FROM (SELECT tab FROM tables UNION ALL VALUES ('annals_models.serving')) t,
                          unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) what)
SELECT 'it is a superuser' FROM pg_roles WHERE rolname = session_user AND rolsuper AND $1
UNION ALL
SELECT 'it is no member of ' || role FROM asked WHERE NOT pg_has_role(session_user, role, 'MEMBER')
UNION ALL
SELECT 'it is a member of annals_models_owner' FROM pg_roles
WHERE rolname = session_user AND NOT rolsuper AND pg_has_role(session_user, 'annals_models_owner', 'MEMBER')
UNION ALL
SELECT role || ' lacks USAGE on the schema ' || name FROM asked, unnest(ARRAY['annals_models', 'annals_outbox']) name
WHERE NOT has_schema_privilege(role, name, 'USAGE')
UNION ALL
SELECT role || ' lacks ' || what || ' on ' || tab FROM asked, needed
WHERE ($1 OR NOT writes) AND NOT has_table_privilege(role, tab, what)
UNION ALL
SELECT role || ' has ' || what || ' on ' || tab FROM asked, banned
WHERE NOT $1 AND has_table_privilege(role, tab, what)
UNION ALL
SELECT role || ' lacks CREATE on the database' FROM asked
WHERE $1 AND NOT has_database_privilege(role, current_database(), 'CREATE')";

/// What stands in the place of the read models: whether there is a schema, whether this user may look into it, whether it
/// has tables, and whether it has the one that says the version.
pub(super) const LOOK: &str = "
SELECT n.nspname IS NOT NULL, coalesce(has_schema_privilege(n.oid, 'USAGE'), false),
       EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid),
       EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'serving')
FROM (VALUES (1)) one LEFT JOIN pg_namespace n ON n.nspname = 'annals_models'";

/// Which version serves; 0 before the first.
pub(super) const SERVING: &str = "SELECT version FROM annals_models.serving";

/// Lets a version serve in place of another.
pub(super) const SERVE: &str = "UPDATE annals_models.serving SET version = $1 WHERE version = $2";

/// The schemas of versions.
pub(super) const VERSIONS: &str =
    "SELECT nspname::text FROM pg_namespace WHERE nspname ~ '^annals_models_[0-9]+$'";

/// How many bytes the tables of a schema are.
pub(super) const SIZES: &str = "
SELECT relname::text, pg_relation_size(c.oid) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE nspname = $1 AND relkind = 'r'";

/// First half of the keys of the advisory locks: the letters `anna`.
pub(super) const LOCKS: i32 = 0x616e_6e61;
/// Second half: held by the one that projects.
pub(super) const LOCK_PROJECTOR: i32 = 1;
/// Second half: held by the one that fills a new version.
pub(super) const LOCK_REBUILD: i32 = 2;
/// Second half: shared by the connections that help with a new version.
pub(super) const LOCK_HANDS: i32 = 3;

/// Whether somebody holds a lock.
pub(super) const IS_LOCKED: &str = "
SELECT EXISTS (
    SELECT FROM pg_locks JOIN pg_database d ON d.oid = database
    WHERE locktype = 'advisory' AND d.datname = current_database() AND objsubid = 2
      AND classid = $1::oid AND objid = $2::oid)";

/// The schema of a version.
pub(super) fn version_schema(version: u64) -> String {
    format!("annals_models_{version}")
}

/// Where a connection to a version looks for tables.
pub(super) fn search_path(version: u64) -> String {
    format!("SET search_path = {}, annals_outbox, pg_temp", version_schema(version))
}

#[cfg(test)]
mod tests {
    use super::MIGRATIONS;
    use crate::dialect::Dialect;
    use crate::games::Games;
    use crate::schema::{HostTable, Schema};

    /// Letters only: how a text is laid out does not matter.
    fn plain(sql: &str) -> String {
        let words = sql.to_lowercase().replace('"', "");
        words.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(").replace(" )", ")")
    }

    #[test]
    fn the_outbox_that_is_prepared_has_the_columns_of_the_one_in_a_file() {
        let all = plain(&MIGRATIONS.concat());
        let schema = Schema::new(&Games::new(vec![])).unwrap();
        for table in [HostTable::Outbox, HostTable::OutboxSent, HostTable::OutboxCursor] {
            let spec = schema.host(table);
            let created = plain(&Dialect::Postgres.create_table_to_fill(spec));
            let columns = created.split_once('(').unwrap().1.trim_end_matches(')').to_owned();
            for column in columns.split(", ") {
                let own = column.trim_end_matches(" not null");
                assert!(all.contains(own), "{}: {own} is missing", spec.name);
            }
            for index in Dialect::Postgres.create_indexes(spec) {
                let index = plain(&index).replace("on ", "on annals_outbox.");
                assert!(all.contains(&index), "{index} is missing");
            }
        }
    }
}
