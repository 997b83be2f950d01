//! The tables: those that the games ask for, and the host's own.
//!
//! Every table begins with `world`. A row of current state is identified by its game's key; a row of history by the
//! event that made it, because a battle that was re-decided keeps its number and its void twin stays.

use std::collections::BTreeMap;

use games_core::view::{Column, ColumnKind, Table, TableKind};
use schemas::Hash;

use crate::error::ProjectionError;
use crate::games::Games;

/// Raised when the host's own tables or the meaning of a row changes: older files are then rebuilt.
pub(crate) const VERSION: i64 = 4;

/// One column as it is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSpec {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Whether it may be empty.
    pub null: bool,
}

/// Whose table it is and how its rows come to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Rows of current state of a game: a view of the state.
    Current,
    /// Rows of history of a game: one for each row that an event makes.
    History,
    /// The host's own.
    Host,
}

/// One table as it is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSpec {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub role: Role,
    /// Its columns in order.
    pub columns: Vec<ColumnSpec>,
    /// How many of the columns, from the first, are the primary key.
    pub key: usize,
    /// Further indexes, by column names.
    pub indexes: Vec<Vec<String>>,
}

impl TableSpec {
    /// The columns that are not part of the key.
    pub fn values(&self) -> impl Iterator<Item = &ColumnSpec> {
        self.columns.iter().skip(self.key)
    }

    /// Whether its rows are written anew again and again, as those of history are not.
    #[must_use]
    pub fn is_rewritten(&self) -> bool {
        self.role == Role::Current || ["checkpoints", "boards", "ranks"].contains(&self.name.as_str())
    }

    /// Whether its rows can be made from the log; what was sent can not be unsent, so the outbox is kept.
    #[must_use]
    pub fn is_derived(&self) -> bool {
        !["outbox", "outbox_sent", "outbox_cursor"].contains(&self.name.as_str())
    }

    /// A column by name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&ColumnSpec> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The host's own tables; the number is the table's place in the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostTable {
    /// How far the rows of each world are.
    Checkpoints,
    /// The leaderboards by who stands on them, ranks kept as a column that no index names: a rank that changes is
    /// one row written in its place.
    Boards,
    /// Who holds each rank: the leaderboards in order.
    Ranks,
    /// Sources and sinks of everything conserved.
    Ledger,
    /// Who did what, refusals too.
    Audit,
    /// What happened to whom, in words, whether or not they wanted a message.
    Happened,
    /// Messages to be sent. Never rebuilt.
    Outbox,
    /// Messages that were sent. Never rebuilt.
    OutboxSent,
    /// Up to which event each world's messages were made. Never rebuilt.
    OutboxCursor,
    /// What this file was made for.
    Meta,
}

impl HostTable {
    /// Its place in the schema.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// All tables of a file.
#[derive(Debug, Clone)]
pub struct Schema {
    tables: Vec<TableSpec>,
    of_game: BTreeMap<(&'static str, usize), usize>,
    digest: Hash,
}

impl Schema {
    /// The tables for these games.
    ///
    /// # Errors
    /// [`ProjectionError::Schema`] when a game asks for something that can not be made.
    pub fn new(games: &Games) -> Result<Self, ProjectionError> {
        let mut tables = host_tables();
        let mut of_game = BTreeMap::new();
        for game in games.iter() {
            for (i, table) in game.tables().iter().enumerate() {
                if tables.iter().any(|other| other.name == table.name) {
                    return Err(wrong(table.name, "there are two of this name"));
                }
                of_game.insert((game.name(), i), tables.len());
                tables.push(game_table(table)?);
            }
        }
        let digest = Hash::of(format!("{VERSION} {tables:?}").as_bytes());
        Ok(Self { tables, of_game, digest })
    }

    /// All tables, the host's first.
    #[must_use]
    pub fn tables(&self) -> &[TableSpec] {
        &self.tables
    }

    /// One table.
    #[must_use]
    pub fn host(&self, table: HostTable) -> &TableSpec {
        &self.tables[table.index()]
    }

    /// Where a game's table stands in [`Schema::tables`].
    #[must_use]
    pub fn index_of(&self, game: &str, table: usize) -> Option<usize> {
        // The key's lifetime is 'static only because it is stored; any name may be asked for.
        self.of_game.iter().find(|((name, i), _)| *name == game && *i == table).map(|(_, &at)| at)
    }

    /// The places of all tables of a game, in the game's order.
    #[must_use]
    pub fn of_game(&self, game: &str) -> Vec<usize> {
        self.of_game.iter().filter(|((name, _), _)| *name == game).map(|(_, &at)| at).collect()
    }

    /// A table by name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&TableSpec> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// What a file must have been made for to be used.
    #[must_use]
    pub const fn digest(&self) -> Hash {
        self.digest
    }
}

fn wrong(table: &str, problem: impl Into<String>) -> ProjectionError {
    ProjectionError::Schema { table: table.to_owned(), problem: problem.into() }
}

fn is_name(name: &str) -> bool {
    name.len() <= 50
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn column(name: &str, kind: ColumnKind) -> ColumnSpec {
    ColumnSpec { name: name.to_owned(), kind, null: false }
}

fn game_table(table: &Table) -> Result<TableSpec, ProjectionError> {
    let all = || std::iter::once(table.name).chain(table.columns.iter().map(|c| c.name));
    if let Some(name) = all().find(|name| !is_name(name)) {
        return Err(wrong(table.name, format!("{name:?} is no name of a-z, 0-9 and _, at most 50 long")));
    }
    if table.key == 0 || table.key > table.columns.len() {
        return Err(wrong(table.name, "its key must have at least one column"));
    }
    let mut seen = vec!["world", "position", "updated_ms", "ordinal", "game_ms", "void"];
    for column in table.columns {
        if seen.contains(&column.name) {
            return Err(wrong(table.name, format!("column {} stands twice or is the host's", column.name)));
        }
        seen.push(column.name);
    }
    if let Some(missing) = table.indexes.iter().flat_map(|i| i.iter()).find(|name| !seen.contains(name)) {
        return Err(wrong(table.name, format!("an index names {missing}, which is no column")));
    }
    let own = |c: &Column| ColumnSpec { name: c.name.to_owned(), kind: c.kind, null: c.null };
    let with_world = |names: &[&str]| -> Vec<String> {
        std::iter::once("world").chain(names.iter().copied()).map(str::to_owned).collect()
    };
    let mut indexes: Vec<Vec<String>> = table.indexes.iter().map(|names| with_world(names)).collect();
    let mut columns = vec![column("world", ColumnKind::Text)];
    let (role, key) = match table.kind {
        TableKind::Current => {
            columns.extend(table.columns.iter().map(own));
            columns.extend([column("position", ColumnKind::Int), column("updated_ms", ColumnKind::Int)]);
            (Role::Current, 1 + table.key)
        }
        TableKind::History => {
            columns.extend([column("position", ColumnKind::Int), column("ordinal", ColumnKind::Int)]);
            columns.extend(table.columns.iter().map(own));
            columns.extend([column("game_ms", ColumnKind::Int), column("void", ColumnKind::Bool)]);
            let key: Vec<&str> = table.columns.iter().take(table.key).map(|c| c.name).collect();
            let by_key = with_world(&key);
            if !indexes.contains(&by_key) {
                indexes.push(by_key);
            }
            // In the order in which they are shown: so the newest are found without looking at the rest.
            for index in &mut indexes {
                for last in ["position", "ordinal"] {
                    if !index.iter().any(|name| name == last) {
                        index.push(last.to_owned());
                    }
                }
            }
            (Role::History, 3)
        }
    };
    Ok(TableSpec { name: table.name.to_owned(), role, columns, key, indexes })
}

/// The host's tables, in the order of [`HostTable`].
fn host_tables() -> Vec<TableSpec> {
    use ColumnKind::{Bool, Int, Text};
    let table = |name: &str, key: usize, columns: &[(&str, ColumnKind)], indexes: &[&[&str]]| TableSpec {
        name: name.to_owned(),
        role: Role::Host,
        columns: columns.iter().map(|&(name, kind)| column(name, kind)).collect(),
        key,
        indexes: indexes.iter().map(|names| names.iter().map(|&name| name.to_owned()).collect()).collect(),
    };
    let optional = |mut table: TableSpec, names: &[&str]| {
        for column in &mut table.columns {
            column.null = names.contains(&column.name.as_str());
        }
        table
    };
    vec![
        table(
            "checkpoints",
            2,
            &[
                ("world", Text),
                ("projection", Text),
                ("commit_no", Int),
                ("hash", Text),
                ("rewinds", Int),
                ("position", Int),
                ("updated_ms", Int),
                ("boards_commit_no", Int),
                ("boards_ms", Int),
            ],
            &[],
        ),
        table(
            "boards",
            3,
            &[
                ("world", Text),
                ("board", Text),
                ("entity", Int),
                ("rank", Int),
                ("value", Int),
                ("since_ms", Int),
            ],
            &[],
        ),
        table("ranks", 3, &[("world", Text), ("board", Text), ("rank", Int), ("entity", Int)], &[]),
        optional(
            table(
                "ledger",
                3,
                &[
                    ("world", Text),
                    ("position", Int),
                    ("ordinal", Int),
                    ("account", Text),
                    ("delta", Int),
                    ("actor", Text),
                    ("game_ms", Int),
                    ("void", Bool),
                ],
                &[&["world", "account", "position", "ordinal"], &["world", "actor", "position", "ordinal"]],
            ),
            &["actor"],
        ),
        optional(
            table(
                "audit",
                2,
                &[
                    ("world", Text),
                    ("commit_no", Int),
                    ("game_ms", Int),
                    ("wall_ms", Int),
                    ("actor", Text),
                    ("channel", Text),
                    ("act", Text),
                    ("outcome", Text),
                    ("code", Text),
                    ("command_id", Text),
                    ("events", Int),
                    ("first_position", Int),
                    ("void", Bool),
                ],
                &[&["world", "wall_ms", "commit_no"], &["actor", "wall_ms", "commit_no"], &["command_id"]],
            ),
            &["code", "command_id"],
        ),
        optional(
            table(
                "happened",
                3,
                &[
                    ("world", Text),
                    ("position", Int),
                    ("ordinal", Int),
                    ("player", Text),
                    ("kind", Text),
                    ("text", Text),
                    ("battle", Int),
                    ("game_ms", Int),
                    ("void", Bool),
                ],
                &[&["world", "player", "position", "ordinal"]],
            ),
            &["player", "battle"],
        ),
        optional(
            table(
                "outbox",
                4,
                &[
                    ("world", Text),
                    ("position", Int),
                    ("ordinal", Int),
                    ("nonce", Text),
                    ("player", Text),
                    ("kind", Text),
                    ("text", Text),
                    ("created_ms", Int),
                    ("cancelled", Bool),
                ],
                &[&["cancelled", "created_ms", "world", "position", "ordinal"], &["nonce"]],
            ),
            &["player"],
        ),
        table("outbox_sent", 1, &[("nonce", Text), ("sent_ms", Int)], &[]),
        table("outbox_cursor", 1, &[("world", Text), ("position", Int)], &[]),
        table("meta", 1, &[("name", Text), ("value", Text)], &[]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_tables_stand_where_their_numbers_say() {
        let schema = Schema::new(&Games::new(vec![])).unwrap();
        for (table, name) in [
            (HostTable::Checkpoints, "checkpoints"),
            (HostTable::Boards, "boards"),
            (HostTable::Ranks, "ranks"),
            (HostTable::Ledger, "ledger"),
            (HostTable::Audit, "audit"),
            (HostTable::Happened, "happened"),
            (HostTable::Outbox, "outbox"),
            (HostTable::OutboxSent, "outbox_sent"),
            (HostTable::OutboxCursor, "outbox_cursor"),
            (HostTable::Meta, "meta"),
        ] {
            assert_eq!(schema.host(table).name, name);
        }
    }

    #[test]
    fn tables_that_can_not_be_made_are_refused_by_name() {
        let int = |name| Column { name, kind: ColumnKind::Int, null: false };
        let table = |columns: &'static [Column], key| Table {
            name: "t",
            kind: TableKind::Current,
            columns,
            key,
            indexes: &[],
        };
        let leak = |columns: Vec<Column>| -> &'static [Column] { Box::leak(columns.into_boxed_slice()) };
        assert!(game_table(&table(leak(vec![int("a")]), 1)).is_ok());
        for (columns, key) in [
            (vec![int("a")], 0),
            (vec![int("a")], 2),
            (vec![int("world")], 1),
            (vec![int("a"), int("a")], 1),
            (vec![int("a b")], 1),
        ] {
            assert!(game_table(&table(leak(columns), key)).is_err());
        }
    }
}
