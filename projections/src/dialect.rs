//! What differs between the engines: how tables are created and how many rows are written at once. Every other
//! statement is the same text for all.

use std::fmt::Write as _;

use games_core::view::ColumnKind;

use crate::schema::{ColumnSpec, TableSpec};

/// An SQL engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite, embedded.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// What a bulk statement does with a row whose key is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bulk {
    /// It is an error: such a row can not be there.
    Insert,
    /// The new one takes its place.
    Upsert,
    /// The old one stays.
    Keep,
    /// It is an error, and nobody else sees the table yet: PostgreSQL takes such rows by `COPY`, see [`copy_text`].
    Load,
}

/// The most values that one SQLite statement carries. Measured: see `benches/rebuild.rs`.
const SQLITE_VALUES: usize = 8192;

impl Dialect {
    /// Whether a table is made anew with each version of the read models. The outbox is carried from file to file on
    /// SQLite, and stands apart from the versions on PostgreSQL.
    pub(crate) fn is_of_version(self, table: &TableSpec) -> bool {
        match self {
            Self::Sqlite => true,
            Self::Postgres => table.is_derived(),
        }
    }

    const fn type_of(self, kind: ColumnKind) -> &'static str {
        match (self, kind) {
            (_, ColumnKind::Int) => "BIGINT",
            (Self::Sqlite, ColumnKind::Text | ColumnKind::Json) => "TEXT",
            // By bytes, as SQLite orders it, and whatever language the database speaks.
            (Self::Postgres, ColumnKind::Text | ColumnKind::Json) => "TEXT COLLATE \"C\"",
            (_, ColumnKind::Bool) => "BOOLEAN",
        }
    }

    const fn array_of(self, kind: ColumnKind) -> &'static str {
        match kind {
            ColumnKind::Int => "bigint[]",
            ColumnKind::Text | ColumnKind::Json => "text[]",
            ColumnKind::Bool => "boolean[]",
        }
    }

    /// Creates a table without its further indexes.
    #[must_use]
    pub fn create_table(self, table: &TableSpec) -> String {
        self.create(table, true)
    }

    /// Creates a table that is to be filled at once, without any index that can be made afterwards: see
    /// [`Dialect::create_key`] and [`Dialect::create_indexes`].
    #[must_use]
    pub fn create_table_to_fill(self, table: &TableSpec) -> String {
        match self {
            // The table is the index by its key.
            Self::Sqlite => self.create(table, true),
            Self::Postgres => self.create(table, false),
        }
    }

    /// Makes the index that is to be the key of a table of [`Dialect::create_table_to_fill`], beside whoever makes
    /// others on it; none where the table has its key.
    #[must_use]
    pub fn create_key(self, table: &TableSpec) -> Option<String> {
        let (name, key) = (quoted(&table.name), quoted(&key_name(table)));
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(format!("CREATE UNIQUE INDEX {key} ON {name} ({})", key_of(table))),
        }
    }

    /// Makes the index of [`Dialect::create_key`] the table's primary key, which is a matter of a moment.
    #[must_use]
    pub fn declare_key(self, table: &TableSpec) -> Option<String> {
        let (name, key) = (quoted(&table.name), quoted(&key_name(table)));
        match self {
            Self::Sqlite => None,
            Self::Postgres => {
                Some(format!("ALTER TABLE {name} ADD CONSTRAINT {key} PRIMARY KEY USING INDEX {key}"))
            }
        }
    }

    fn create(self, table: &TableSpec, with_key: bool) -> String {
        let mut sql = format!("CREATE TABLE {} (", quoted(&table.name));
        for column in &table.columns {
            let null = if column.null { "" } else { " NOT NULL" };
            let comma = if column.name == table.columns[0].name { "" } else { ", " };
            write!(sql, "{comma}{} {}{null}", quoted(&column.name), self.type_of(column.kind)).ok();
        }
        if with_key {
            write!(sql, ", PRIMARY KEY ({})", key_of(table)).ok();
        }
        sql.push(')');
        sql.push_str(match (self, table.is_rewritten()) {
            // One tree by the key: rows of a world lie together, and history is written at its end.
            (Self::Sqlite, _) => " WITHOUT ROWID",
            // Room for the next version of a row on its own page: it then needs no new entry in any index.
            (Self::Postgres, true) => " WITH (fillfactor = 70)",
            (Self::Postgres, false) => "",
        });
        sql
    }

    /// Creates a table's further indexes, one statement each.
    #[must_use]
    pub fn create_indexes(self, table: &TableSpec) -> Vec<String> {
        let index = |(i, columns): (usize, &Vec<String>)| {
            let name = format!("{}_{}", table.name, i + 1);
            format!("CREATE INDEX {} ON {} ({})", quoted(&name), quoted(&table.name), list(columns))
        };
        table.indexes.iter().enumerate().map(index).collect()
    }

    /// How many rows of a table one statement carries at most; fewer are written in powers of two, so that few
    /// texts have to be prepared.
    #[must_use]
    pub fn rows_per_statement(self, table: &TableSpec) -> usize {
        match self {
            Self::Sqlite => {
                let rows = (SQLITE_VALUES / table.columns.len()).max(1);
                if rows.is_power_of_two() { rows } else { rows.next_power_of_two() / 2 }
            }
            Self::Postgres => 1024,
        }
    }

    /// Writes `rows` rows of a table. SQLite takes one value after the other, row by row; PostgreSQL the world, and
    /// one array for each further column, for any number of rows.
    ///
    /// The parameters of SQLite have no numbers here: it looks named ones (`$1` is a name to it) up one by one, at a
    /// cost that grows with the square of their count.
    #[must_use]
    pub fn bulk(self, table: &TableSpec, rows: usize, mode: Bulk) -> String {
        self.insert(table, rows, mode, 2, "")
    }

    /// A whole batch as one statement of PostgreSQL: moves the checkpoint by `moved`, whose parameters come first, the
    /// world before all others, and writes rows of these tables if it has moved, one array for each column but the world.
    /// Answers how often the checkpoint has moved: once or not at all.
    pub(crate) fn batch(moved: &str, parameters: usize, parts: &[(&TableSpec, Bulk)]) -> String {
        let mut sql = format!("WITH moved AS ({moved} RETURNING 1)");
        let mut next = parameters + 1;
        for (i, (table, mode)) in parts.iter().enumerate() {
            let rows = Self::Postgres.insert(table, 0, *mode, next, " WHERE EXISTS (SELECT FROM moved)");
            write!(sql, ", part_{i} AS ({rows})").ok();
            next += table.columns.len() - 1;
        }
        sql.push_str(" SELECT count(*) FROM moved");
        sql
    }

    fn insert(self, table: &TableSpec, rows: usize, mode: Bulk, first: usize, condition: &str) -> String {
        let all = list(table.columns.iter().map(|c| &c.name));
        let mut sql = format!("INSERT INTO {} ({all}) ", quoted(&table.name));
        match self {
            Self::Sqlite => {
                let row = format!("({})", vec!["?"; table.columns.len()].join(","));
                sql.push_str("VALUES ");
                sql.push_str(&vec![row.as_str(); rows].join(","));
            }
            Self::Postgres => {
                let arrays = self.arrays(table.columns.iter().skip(1), first);
                write!(sql, "SELECT $1::text, rows.* FROM UNNEST({arrays}) AS rows{condition}").ok();
            }
        }
        let key = key_of(table);
        match mode {
            Bulk::Insert | Bulk::Load => {}
            Bulk::Keep => write!(sql, " ON CONFLICT ({key}) DO NOTHING").unwrap_or_default(),
            Bulk::Upsert => {
                let set: Vec<String> =
                    table.values().map(|c| format!("{0} = excluded.{0}", quoted(&c.name))).collect();
                write!(sql, " ON CONFLICT ({key}) DO UPDATE SET {}", set.join(", ")).unwrap_or_default();
            }
        }
        sql
    }

    /// Deletes rows of one world by their keys: one on SQLite; on PostgreSQL any number, an array for each column.
    #[must_use]
    pub fn delete(self, table: &TableSpec) -> String {
        let name = quoted(&table.name);
        let key: Vec<&ColumnSpec> = table.columns.iter().take(table.key).skip(1).collect();
        let mut sql = format!("DELETE FROM {name}");
        match (self, key.as_slice()) {
            (Self::Postgres, [one]) => {
                let column = quoted(&one.name);
                write!(sql, " WHERE \"world\" = $1 AND {column} = ANY($2::{})", self.array_of(one.kind)).ok();
            }
            (Self::Postgres, more) => {
                let arrays = self.arrays(more.iter().copied(), 2);
                let names = list(more.iter().map(|column| &column.name));
                write!(sql, " USING UNNEST({arrays}) AS rows ({names}) WHERE {name}.\"world\" = $1").ok();
                for column in more {
                    write!(sql, " AND {name}.{0} = rows.{0}", quoted(&column.name)).ok();
                }
            }
            (Self::Sqlite, columns) => {
                sql.push_str(" WHERE \"world\" = $1");
                for (column, n) in columns.iter().zip(2..) {
                    write!(sql, " AND {} = ${n}", quoted(&column.name)).ok();
                }
            }
        }
        sql
    }

    fn arrays<'a>(self, columns: impl Iterator<Item = &'a ColumnSpec>, first: usize) -> String {
        let arrays: Vec<String> =
            columns.zip(first..).map(|(c, n)| format!("${n}::{}", self.array_of(c.kind))).collect();
        arrays.join(", ")
    }
}

/// Takes rows of a table in PostgreSQL's binary format, as if they had always stood there: the table was made in the
/// same transaction.
#[must_use]
pub fn copy_text(table: &TableSpec) -> String {
    let columns = list(table.columns.iter().map(|column| &column.name));
    format!("COPY {} ({columns}) FROM STDIN (FORMAT binary, FREEZE)", quoted(&table.name))
}

/// What PostgreSQL itself calls a table's key.
fn key_name(table: &TableSpec) -> String {
    format!("{}_pkey", table.name)
}

fn key_of(table: &TableSpec) -> String {
    list(table.columns.iter().take(table.key).map(|column| &column.name))
}

/// A name in quotes, so that none can be a keyword. Names are checked when the schema is made.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn list(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| quoted(name.as_ref())).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::games::Games;
    use crate::schema::{HostTable, Schema};

    #[test]
    fn statements_of_both_engines() {
        let schema = Schema::new(&Games::new(vec![])).unwrap();
        let cursor = schema.host(HostTable::OutboxCursor);
        assert_eq!(
            Dialect::Sqlite.bulk(cursor, 2, Bulk::Upsert),
            "INSERT INTO \"outbox_cursor\" (\"world\", \"position\") VALUES (?,?),(?,?) \
             ON CONFLICT (\"world\") DO UPDATE SET \"position\" = excluded.\"position\""
        );
        assert_eq!(
            Dialect::Postgres.bulk(cursor, 2, Bulk::Keep),
            "INSERT INTO \"outbox_cursor\" (\"world\", \"position\") \
             SELECT $1::text, rows.* FROM UNNEST($2::bigint[]) AS rows ON CONFLICT (\"world\") DO NOTHING"
        );
        assert_eq!(
            Dialect::Postgres.create_table(cursor),
            "CREATE TABLE \"outbox_cursor\" (\"world\" TEXT COLLATE \"C\" NOT NULL, \"position\" BIGINT NOT NULL, \
             PRIMARY KEY (\"world\"))"
        );
        assert_eq!(
            Dialect::batch("UPDATE c SET n = $2 WHERE world = $1", 2, &[(cursor, Bulk::Upsert)]),
            "WITH moved AS (UPDATE c SET n = $2 WHERE world = $1 RETURNING 1), \
             part_0 AS (INSERT INTO \"outbox_cursor\" (\"world\", \"position\") \
             SELECT $1::text, rows.* FROM UNNEST($3::bigint[]) AS rows WHERE EXISTS (SELECT FROM moved) \
             ON CONFLICT (\"world\") DO UPDATE SET \"position\" = excluded.\"position\") \
             SELECT count(*) FROM moved"
        );
        let boards = schema.host(HostTable::Boards);
        assert_eq!(
            Dialect::Postgres.delete(boards),
            "DELETE FROM \"boards\" USING UNNEST($2::text[], $3::bigint[]) AS rows (\"board\", \"entity\") \
             WHERE \"boards\".\"world\" = $1 AND \"boards\".\"board\" = rows.\"board\" \
             AND \"boards\".\"entity\" = rows.\"entity\""
        );
        assert_eq!(
            Dialect::Sqlite.delete(boards),
            "DELETE FROM \"boards\" WHERE \"world\" = $1 AND \"board\" = $2 AND \"entity\" = $3"
        );
        let ranks = schema.host(HostTable::Ranks);
        assert_eq!(
            Dialect::Postgres.create_key(ranks).as_deref(),
            Some("CREATE UNIQUE INDEX \"ranks_pkey\" ON \"ranks\" (\"world\", \"board\", \"rank\")")
        );
        assert_eq!(
            Dialect::Postgres.declare_key(ranks).as_deref(),
            Some(
                "ALTER TABLE \"ranks\" ADD CONSTRAINT \"ranks_pkey\" PRIMARY KEY USING INDEX \"ranks_pkey\""
            )
        );
        assert_eq!(Dialect::Postgres.create_indexes(boards), Vec::<String>::new());
        assert_eq!(
            Dialect::Sqlite.create_indexes(schema.host(HostTable::Ledger)),
            [
                "CREATE INDEX \"ledger_1\" ON \"ledger\" (\"world\", \"account\", \"position\", \"ordinal\")",
                "CREATE INDEX \"ledger_2\" ON \"ledger\" (\"world\", \"actor\", \"position\", \"ordinal\")"
            ]
        );
    }
}
