//! What happened to somebody, newest first.

use games_core::view::{Cell, ColumnKind};
use schemas::{GameTime, PlayerId, Position, WorldId};

use super::{Queries, Where};
use crate::engine::Row;
use crate::error::ProjectionError;

/// One thing that happened to a player, or to everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// The event.
    pub position: Position,
    /// Which of the event's notices.
    pub ordinal: i64,
    /// Whether it is the player's own affair; else everybody's.
    pub own: bool,
    /// The switch in `/notify set`.
    pub kind: String,
    /// The words.
    pub text: String,
    /// The number of the battle that it tells of.
    pub battle: Option<u64>,
    /// When.
    pub game: GameTime,
}

impl Queries {
    /// What happened to a player and to everybody, newest first, what a rewind has made void left out: at most `limit`
    /// after leaving out `skip`.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn happened(
        &self,
        world: &WorldId,
        player: PlayerId,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<Happened>, ProjectionError> {
        // Each half runs down the index and ends after as many rows as can be wanted.
        let most = Cell::Int(i64::from(skip) + i64::from(limit));
        let half = |whose: &str| {
            format!(
                "SELECT * FROM (SELECT position, ordinal, player, kind, text, battle, game_ms FROM happened \
                 WHERE world = ? AND {whose} AND void = FALSE ORDER BY position DESC, ordinal DESC LIMIT ?) one"
            )
        };
        let name = Cell::from(world.as_str());
        let mut query = Where::new(String::new());
        query.and(&half("player = ?"), [name.clone(), Cell::from(player.to_string()), most.clone()]);
        query.and(&format!(" UNION ALL {}", half("player IS NULL")), [name, most]);
        query.and(
            " ORDER BY position DESC, ordinal DESC LIMIT ? OFFSET ?",
            [Cell::Int(i64::from(limit)), Cell::Int(i64::from(skip))],
        );
        let kinds = {
            use ColumnKind::{Int, Text};
            [Int, Int, Text, Text, Text, Int, Int]
        };
        self.fetch(query, &kinds).await?.iter().map(read).collect()
    }

    /// What everybody was told of one event, in words; nothing of one that a rewind has made void.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn told_to_all(
        &self,
        world: &WorldId,
        position: Position,
    ) -> Result<Vec<String>, ProjectionError> {
        let mut query = Where::new("SELECT text FROM happened");
        query.and(
            " WHERE world = ? AND player IS NULL AND position = ? AND void = FALSE ORDER BY ordinal",
            [Cell::from(world.as_str()), Cell::Int(position.get().cast_signed())],
        );
        let rows = self.fetch(query, &[ColumnKind::Text]).await?;
        rows.iter().map(|row| Ok(row.text(0)?.to_owned())).collect()
    }

    /// How many things happened to a player and to everybody after an event.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn happened_after(
        &self,
        world: &WorldId,
        player: PlayerId,
        after: Position,
    ) -> Result<u64, ProjectionError> {
        let (name, after) = (Cell::from(world.as_str()), Cell::Int(after.get().cast_signed()));
        let mut query = Where::new("SELECT count(*) FROM happened");
        query.and(
            " WHERE world = ? AND position > ? AND (player = ? OR player IS NULL) AND void = FALSE",
            [name, after, Cell::from(player.to_string())],
        );
        let rows = self.fetch(query, &[ColumnKind::Int]).await?;
        rows.first().map_or(Ok(0), |row| row.int(0).map(i64::cast_unsigned))
    }

    /// How many things are listed for a player in all.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn happened_in_all(&self, world: &WorldId, player: PlayerId) -> Result<u64, ProjectionError> {
        self.happened_after(world, player, Position::default()).await
    }
}

fn read(row: &Row) -> Result<Happened, ProjectionError> {
    Ok(Happened {
        position: Position::new(row.int(0)?.cast_unsigned()),
        ordinal: row.int(1)?,
        own: row.text_or_none(2)?.is_some(),
        kind: row.text(3)?.to_owned(),
        text: row.text(4)?.to_owned(),
        battle: row.int_or_none(5)?.map(i64::cast_unsigned),
        game: GameTime::from_ms(row.int(6)?),
    })
}
