//! What differs between the engines: how tables are created and how many rows are written at once. Every other
//! statement is the same text for all.

use std::fmt::Write as _;

use games_core::view::ColumnKind;

use crate::schema::{Role, TableSpec};

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
}

/// The most values that one SQLite statement carries. Measured: see `benches/rebuild.rs`.
const SQLITE_VALUES: usize = 1024;

impl Dialect {
    const fn type_of(self, kind: ColumnKind) -> &'static str {
        match (self, kind) {
            (_, ColumnKind::Int) => "BIGINT",
            (_, ColumnKind::Text | ColumnKind::Json) => "TEXT",
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

    /// Creates a table without its indexes.
    #[must_use]
    pub fn create_table(self, table: &TableSpec) -> String {
        let mut sql = format!("CREATE TABLE {} (", quoted(&table.name));
        for column in &table.columns {
            let null = if column.null { "" } else { " NOT NULL" };
            write!(sql, "{} {}{null}, ", quoted(&column.name), self.type_of(column.kind)).ok();
        }
        let key = list(table.columns.iter().take(table.key).map(|c| &c.name));
        write!(sql, "PRIMARY KEY ({key}))").ok();
        sql.push_str(match (self, table.role) {
            // One tree by the key: rows of a world lie together, and history is written at its end.
            (Self::Sqlite, _) => " WITHOUT ROWID",
            // Room for the next version of a row on its own page.
            (Self::Postgres, Role::Current) => " WITH (fillfactor = 70)",
            (Self::Postgres, Role::History | Role::Host) => "",
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

    /// Writes `rows` rows of a table. SQLite takes one value after the other, row by row; PostgreSQL one array for
    /// each column.
    ///
    /// The parameters of SQLite have no numbers here: it looks named ones (`$1` is a name to it) up one by one, at a
    /// cost that grows with the square of their count.
    #[must_use]
    pub fn bulk(self, table: &TableSpec, rows: usize, mode: Bulk) -> String {
        let all = list(table.columns.iter().map(|c| &c.name));
        let mut sql = format!("INSERT INTO {} ({all}) ", quoted(&table.name));
        match self {
            Self::Sqlite => {
                let row = format!("({})", vec!["?"; table.columns.len()].join(","));
                sql.push_str("VALUES ");
                sql.push_str(&vec![row.as_str(); rows].join(","));
            }
            Self::Postgres => {
                let arrays = table.columns.iter().zip(1..);
                let arrays: Vec<String> =
                    arrays.map(|(c, n)| format!("${n}::{}", self.array_of(c.kind))).collect();
                write!(sql, "SELECT * FROM UNNEST({})", arrays.join(", ")).ok();
            }
        }
        let key = list(table.columns.iter().take(table.key).map(|c| &c.name));
        match mode {
            Bulk::Insert => {}
            Bulk::Keep => write!(sql, " ON CONFLICT ({key}) DO NOTHING").unwrap_or_default(),
            Bulk::Upsert => {
                let set: Vec<String> =
                    table.values().map(|c| format!("{0} = excluded.{0}", quoted(&c.name))).collect();
                write!(sql, " ON CONFLICT ({key}) DO UPDATE SET {}", set.join(", ")).unwrap_or_default();
            }
        }
        sql
    }
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
             SELECT * FROM UNNEST($1::text[], $2::bigint[]) ON CONFLICT (\"world\") DO NOTHING"
        );
        assert_eq!(
            Dialect::Postgres.create_table(cursor),
            "CREATE TABLE \"outbox_cursor\" (\"world\" TEXT NOT NULL, \"position\" BIGINT NOT NULL, \
             PRIMARY KEY (\"world\"))"
        );
        assert_eq!(
            Dialect::Sqlite.create_indexes(schema.host(HostTable::Boards)),
            ["CREATE INDEX \"boards_1\" ON \"boards\" (\"world\", \"board\", \"rank\")"]
        );
    }
}
