//! Where messages go: a server's channel for news, and players who want private ones. What can not be reached is parked
//! until somebody sets it anew. And up to where players have looked at what happened to them.
//!
//! It stands here because it is about Discord's ids and people's wishes: erasing a player takes their wish along.

use schemas::{PlayerId, Position, WallTime, WorldId};

use crate::db::{Row, Value};
use crate::error::VaultError;
use crate::people::bits;
use crate::vault::Vault;

/// Why and since when nothing is sent there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parked {
    /// Discord's code for why.
    pub code: u64,
    /// Since when.
    pub since: WallTime,
}

/// The channel in which a server reads news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewsChannel {
    /// The server.
    pub server: u64,
    /// The channel.
    pub channel: u64,
    /// Whether it can not be reached.
    pub parked: Option<Parked>,
}

fn id(number: u64) -> Value {
    number.cast_signed().into()
}

fn parked(row: &Row, code: usize, since: usize) -> Result<Option<Parked>, VaultError> {
    let found = row.maybe_int(code)?.zip(row.maybe_int(since)?);
    Ok(found.map(|(code, since)| Parked { code: code.cast_unsigned(), since: WallTime::from_ms(since) }))
}

fn channel(row: &Row) -> Result<NewsChannel, VaultError> {
    let number = |column| row.int(column).map(i64::cast_unsigned);
    Ok(NewsChannel { server: number(0)?, channel: number(1)?, parked: parked(row, 2, 3)? })
}

impl Vault {
    /// Sets the channel of a server's news, or that it has none. Ends a parking. On disk when it returns.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn set_news_channel(
        &self,
        server: u64,
        channel: Option<u64>,
        now: WallTime,
    ) -> Result<(), VaultError> {
        let done = match channel {
            None => self.db.execute("DELETE FROM news_channels WHERE server = $1", vec![id(server)]).await,
            Some(channel) => {
                let sql = "INSERT INTO news_channels (server, channel, set_ms) VALUES ($1, $2, $3) \
                           ON CONFLICT (server) DO UPDATE SET channel = excluded.channel, \
                           set_ms = excluded.set_ms, parked_code = NULL, parked_ms = NULL";
                self.db.execute(sql, vec![id(server), id(channel), now.ms().into()]).await
            }
        };
        done.map(drop)
    }

    /// The channel of a server's news, if it has one.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn news_channel(&self, server: u64) -> Result<Option<NewsChannel>, VaultError> {
        let sql = "SELECT server, channel, parked_code, parked_ms FROM news_channels WHERE server = $1";
        self.db.row(sql, vec![id(server)]).await?.as_ref().map(channel).transpose()
    }

    /// Sends nothing to a server's channel any more, until it is set anew. Nothing to do when another has been set.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn park_news_channel(
        &self,
        server: u64,
        channel: u64,
        code: u64,
        now: WallTime,
    ) -> Result<(), VaultError> {
        let sql = "UPDATE news_channels SET parked_code = $1, parked_ms = $2 \
                   WHERE server = $3 AND channel = $4 AND parked_code IS NULL";
        let values = vec![id(code), now.ms().into(), id(server), id(channel)];
        self.db.execute(sql, values).await.map(drop)
    }

    /// Every channel that can not be reached.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn parked_news_channels(&self) -> Result<Vec<NewsChannel>, VaultError> {
        let sql = "SELECT server, channel, parked_code, parked_ms FROM news_channels \
                   WHERE parked_code IS NOT NULL ORDER BY server";
        self.db.rows(sql, Vec::new()).await?.iter().map(channel).collect()
    }

    /// Says whether a player wants private messages. Ends a parking. On disk when it returns.
    ///
    /// # Errors
    /// See [`VaultError`]; [`VaultError::UnknownPlayer`] for one who is unknown or erased.
    pub async fn set_private_messages(
        &self,
        player: PlayerId,
        wanted: bool,
        now: WallTime,
    ) -> Result<(), VaultError> {
        if !wanted {
            let sql = "DELETE FROM private_messages WHERE player = $1";
            return self.db.execute(sql, vec![bits(player)]).await.map(drop);
        }
        let sql = "INSERT INTO private_messages (player, wanted_ms) \
                   SELECT player, $2 FROM players WHERE player = $1 \
                   ON CONFLICT (player) DO UPDATE SET wanted_ms = excluded.wanted_ms, \
                   parked_code = NULL, parked_ms = NULL";
        let mut session = self.db.session().await?;
        let mut tx = session.begin().await?;
        // Not while they are being erased.
        tx.hold_player(player).await?;
        let done = tx.execute(sql, vec![bits(player), now.ms().into()]).await?;
        tx.commit().await?;
        if done == 0 { Err(VaultError::UnknownPlayer) } else { Ok(()) }
    }

    /// Whether a player wants private messages, and if so whether they can not be reached. None for one who does not.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn private_messages(&self, player: PlayerId) -> Result<Option<Option<Parked>>, VaultError> {
        let sql = "SELECT parked_code, parked_ms FROM private_messages WHERE player = $1";
        let row = self.db.row(sql, vec![bits(player)]).await?;
        row.as_ref().map(|row| parked(row, 0, 1)).transpose()
    }

    /// Sends a player nothing any more, until they ask for it anew.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn park_private_messages(
        &self,
        player: PlayerId,
        code: u64,
        now: WallTime,
    ) -> Result<(), VaultError> {
        let sql = "UPDATE private_messages SET parked_code = $1, parked_ms = $2 \
                   WHERE player = $3 AND parked_code IS NULL";
        self.db.execute(sql, vec![id(code), now.ms().into(), bits(player)]).await.map(drop)
    }

    /// Up to which event of a world a player has looked at what happened to them; none for one who never has.
    ///
    /// # Errors
    /// When the vault can not be read.
    pub async fn seen(&self, player: PlayerId, world: &WorldId) -> Result<Option<Position>, VaultError> {
        let sql = "SELECT position FROM seen WHERE player = $1 AND world = $2";
        let rows = self.db.rows(sql, vec![bits(player), world.as_str().into()]).await?;
        rows.first().map(|row| Ok(Position::new(row.int(0)?.cast_unsigned()))).transpose()
    }

    /// Says that a player has looked up to an event.
    ///
    /// # Errors
    /// [`VaultError::UnknownPlayer`] for one who is not there, and when the vault can not be written.
    pub async fn set_seen(
        &self,
        player: PlayerId,
        world: &WorldId,
        position: Position,
        now: WallTime,
    ) -> Result<(), VaultError> {
        let sql = "INSERT INTO seen (player, world, position, seen_ms) \
                   SELECT player, $2, $3, $4 FROM players WHERE player = $1 \
                   ON CONFLICT (player, world) DO UPDATE SET position = excluded.position, seen_ms = excluded.seen_ms";
        let mut session = self.db.session().await?;
        let mut tx = session.begin().await?;
        // Not while they are being erased.
        tx.hold_player(player).await?;
        let position: i64 = position.get().cast_signed();
        let values = vec![bits(player), world.as_str().into(), position.into(), now.ms().into()];
        let done = tx.execute(sql, values).await?;
        tx.commit().await?;
        if done == 0 { Err(VaultError::UnknownPlayer) } else { Ok(()) }
    }

    /// How many players want private messages and can not be reached.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn parked_private_messages(&self) -> Result<u64, VaultError> {
        let sql = "SELECT count(*) FROM private_messages WHERE parked_code IS NOT NULL";
        match self.db.row(sql, Vec::new()).await? {
            Some(row) => row.int(0).map(i64::cast_unsigned),
            None => Ok(0),
        }
    }
}
