//! Moving a vault from one engine to another.

use serde::Serialize;

use crate::db::{Row, Value};
use crate::error::VaultError;
use crate::vault::Vault;

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct VaultCopied {
    /// Players, with identity, name and key.
    pub players: u64,
    /// Tokens, revoked and expired ones too.
    pub tokens: u64,
    /// Tombstones of erased players.
    pub erased: u64,
}

/// A table: how its rows are read and written, with the same columns in the same order.
struct Table {
    read: &'static str,
    write: &'static str,
    values: fn(&Row) -> Result<Vec<Value>, VaultError>,
}

/// In this order, because all but the first name players of it.
const TABLES: [Table; 9] = [
    Table {
        read: "SELECT player, lookup, key, identity, name, name_tag, created_ms FROM players",
        write: "INSERT INTO players (player, lookup, key, identity, name, name_tag, created_ms) \
                VALUES ($1, $2, $3, $4, $5, $6, $7)",
        values: |row| {
            Ok(vec![
                row.int(0)?.into(),
                row.bytes(1)?.into(),
                row.bytes(2)?.into(),
                row.bytes(3)?.into(),
                row.maybe_bytes(4)?.into(),
                row.maybe_bytes(5)?.into(),
                row.int(6)?.into(),
            ])
        },
    },
    Table {
        read: "SELECT id, hash, scope, actor, player, created_ms, expires_ms, revoked_ms FROM tokens",
        write: "INSERT INTO tokens (id, hash, scope, actor, player, created_ms, expires_ms, revoked_ms) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        values: |row| {
            Ok(vec![
                row.text(0)?.as_str().into(),
                row.bytes(1)?.into(),
                row.text(2)?.as_str().into(),
                row.text(3)?.as_str().into(),
                row.maybe_int(4)?.into(),
                row.int(5)?.into(),
                row.int(6)?.into(),
                row.maybe_int(7)?.into(),
            ])
        },
    },
    Table {
        read: "SELECT player, reason, erased_ms FROM tombstones",
        write: "INSERT INTO tombstones (player, reason, erased_ms) VALUES ($1, $2, $3)",
        values: |row| Ok(vec![row.int(0)?.into(), row.text(1)?.as_str().into(), row.int(2)?.into()]),
    },
    Table {
        read: "SELECT server, channel, set_ms, parked_code, parked_ms FROM news_channels",
        write: "INSERT INTO news_channels (server, channel, set_ms, parked_code, parked_ms) \
                VALUES ($1, $2, $3, $4, $5)",
        values: |row| {
            Ok(vec![
                row.int(0)?.into(),
                row.int(1)?.into(),
                row.int(2)?.into(),
                row.maybe_int(3)?.into(),
                row.maybe_int(4)?.into(),
            ])
        },
    },
    Table {
        read: "SELECT player, wanted_ms, parked_code, parked_ms FROM private_messages",
        write: "INSERT INTO private_messages (player, wanted_ms, parked_code, parked_ms) VALUES ($1, $2, $3, $4)",
        values: |row| {
            Ok(vec![
                row.int(0)?.into(),
                row.int(1)?.into(),
                row.maybe_int(2)?.into(),
                row.maybe_int(3)?.into(),
            ])
        },
    },
    Table {
        read: "SELECT id, family, hash, player, server, created_ms, expires_ms, used_ms, ended_ms FROM refresh_tokens",
        write: "INSERT INTO refresh_tokens (id, family, hash, player, server, created_ms, expires_ms, used_ms, ended_ms) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        values: |row| {
            Ok(vec![
                row.text(0)?.as_str().into(),
                row.text(1)?.as_str().into(),
                row.bytes(2)?.into(),
                row.int(3)?.into(),
                row.text(4)?.as_str().into(),
                row.int(5)?.into(),
                row.int(6)?.into(),
                row.maybe_int(7)?.into(),
                row.maybe_int(8)?.into(),
            ])
        },
    },
    Table {
        read: "SELECT player, world, position, seen_ms FROM seen",
        write: "INSERT INTO seen (player, world, position, seen_ms) VALUES ($1, $2, $3, $4)",
        values: |row| {
            Ok(vec![row.int(0)?.into(), row.text(1)?.as_str().into(), row.int(2)?.into(), row.int(3)?.into()])
        },
    },
    Table {
        read: "SELECT tag, platform, login_tag, id_tag, account, player, created_ms, expires_ms, link FROM link_codes",
        write: "INSERT INTO link_codes (tag, platform, login_tag, id_tag, account, player, created_ms, expires_ms, link) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        values: |row| {
            Ok(vec![
                row.text(0)?.as_str().into(),
                row.text(1)?.as_str().into(),
                row.bytes(2)?.into(),
                row.maybe_bytes(3)?.into(),
                row.bytes(4)?.into(),
                row.int(5)?.into(),
                row.int(6)?.into(),
                row.int(7)?.into(),
                row.maybe_int(8)?.into(),
            ])
        },
    },
    Table {
        read: "SELECT number, platform, login_tag, id_tag, account, player, linked_ms FROM links",
        write: "INSERT INTO links (number, platform, login_tag, id_tag, account, player, linked_ms) \
                VALUES ($1, $2, $3, $4, $5, $6, $7)",
        values: |row| {
            Ok(vec![
                row.int(0)?.into(),
                row.text(1)?.as_str().into(),
                row.bytes(2)?.into(),
                row.maybe_bytes(3)?.into(),
                row.bytes(4)?.into(),
                row.int(5)?.into(),
                row.int(6)?.into(),
            ])
        },
    },
];

impl Vault {
    /// Copies everything into an empty vault that was opened with the same keys, all or nothing: players keep their ids,
    /// tokens stay good. Nothing may write to this vault meanwhile: stop its server first. It holds a vault in memory,
    /// some 500 bytes a player.
    ///
    /// This vault stays as it is; who moves deletes it afterwards, or an erasure in the new one is none in the old.
    ///
    /// # Errors
    /// [`VaultError::NotEmpty`] when the other vault holds anything, [`VaultError::WrongKeys`] when it has other keys,
    /// or others.
    pub async fn copy_into(&self, other: &Self) -> Result<VaultCopied, VaultError> {
        let keys = |vault: &Self| (*vault.keys.wrapping.expose(), *vault.keys.tagging.expose());
        if keys(self) != keys(other) {
            return Err(VaultError::WrongKeys { place: other.place() });
        }
        let mut source = self.db.session().await?;
        let mut target = other.db.session().await?;
        let mut tx = target.begin().await?;
        let mut copied = [0; TABLES.len()];
        for (table, copied) in TABLES.iter().zip(&mut copied) {
            if !tx.rows(table.read, Vec::new()).await?.is_empty() {
                return Err(VaultError::NotEmpty { place: other.place() });
            }
            for row in source.rows(table.read, Vec::new()).await? {
                *copied += tx.execute(table.write, (table.values)(&row)?).await?;
            }
        }
        tx.commit().await?;
        let [players, tokens, erased, _channels, _messages, _sessions, _seen, _codes, _links] = copied;
        Ok(VaultCopied { players, tokens, erased })
    }
}
