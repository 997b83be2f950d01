//! Leaderboards.

use games_core::view::{Cell, ColumnKind};
use schemas::{GameTime, WorldId};

use super::{Queries, Where};
use crate::engine::Row;
use crate::error::ProjectionError;

/// Rows on one page of a leaderboard.
pub const PAGE_ROWS: u32 = 10;

/// One place on a leaderboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// 1 is the first. No two share a rank: a tie goes to who reached the value first, then to the lower entity.
    pub rank: u64,
    /// Who stands there: the bits of a player id, or a number of the game's own.
    pub entity: u64,
    /// The value.
    pub value: i64,
    /// When it was reached.
    pub since: GameTime,
}

/// One page of a leaderboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its rows.
    pub rows: Vec<Standing>,
    /// Which page, from 1.
    pub page: u32,
    /// How many pages there are; 1 for an empty board.
    pub pages: u32,
    /// How many stand on the board.
    pub total: u64,
}

impl Queries {
    async fn ranks(
        &self,
        world: &WorldId,
        board: &str,
        from: u64,
        to: u64,
    ) -> Result<Vec<Standing>, ProjectionError> {
        let mut query = Where::new(
            "SELECT r.rank, b.entity, b.value, b.since_ms FROM ranks r JOIN boards b \
             ON b.world = r.world AND b.board = r.board AND b.entity = r.entity",
        );
        let bounds = [Cell::Int(from.cast_signed()), Cell::Int(to.cast_signed())];
        let values = [Cell::from(world.as_str()), Cell::from(board)].into_iter().chain(bounds);
        query.and(
            " WHERE r.world = ? AND r.board = ? AND r.rank >= ? AND r.rank <= ? ORDER BY r.rank",
            values,
        );
        self.fetch(query, &STANDING).await?.iter().map(standing).collect()
    }

    /// One page of a leaderboard, [`PAGE_ROWS`] rows, from page 1.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn leaderboard(
        &self,
        world: &WorldId,
        board: &str,
        page: u32,
    ) -> Result<Page, ProjectionError> {
        let page = page.max(1);
        let first = u64::from(page - 1) * u64::from(PAGE_ROWS) + 1;
        let rows = self.ranks(world, board, first, first + u64::from(PAGE_ROWS) - 1).await?;
        // The last rank is the number of places, and one step in the index.
        let mut query = Where::new("SELECT MAX(rank) FROM ranks");
        query.and(" WHERE world = ? AND board = ?", [Cell::from(world.as_str()), Cell::from(board)]);
        let last = self.fetch(query, &[ColumnKind::Int]).await?;
        let total = last.first().map(|row| row.int_or_none(0)).transpose()?.flatten();
        let total = total.unwrap_or(0).cast_unsigned();
        let pages = u32::try_from(total.div_ceil(u64::from(PAGE_ROWS)).max(1)).unwrap_or(u32::MAX);
        Ok(Page { rows, page, pages, total })
    }

    /// The first places of a leaderboard, so many.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn top(
        &self,
        world: &WorldId,
        board: &str,
        places: u32,
    ) -> Result<Vec<Standing>, ProjectionError> {
        self.ranks(world, board, 1, u64::from(places)).await
    }

    /// Where an entity stands; nothing when it is not on the board.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn rank(
        &self,
        world: &WorldId,
        board: &str,
        entity: u64,
    ) -> Result<Option<Standing>, ProjectionError> {
        let mut query = Where::new("SELECT rank, entity, value, since_ms FROM boards");
        let key = [Cell::from(world.as_str()), Cell::from(board), Cell::Int(entity.cast_signed())];
        query.and(" WHERE world = ? AND board = ? AND entity = ?", key);
        self.fetch(query, &STANDING).await?.first().map(standing).transpose()
    }

    /// An entity and up to `each` places before and behind it; nothing when it is not on the board.
    ///
    /// # Errors
    /// When the rows can not be read.
    pub async fn around(
        &self,
        world: &WorldId,
        board: &str,
        entity: u64,
        each: u32,
    ) -> Result<Vec<Standing>, ProjectionError> {
        let Some(own) = self.rank(world, board, entity).await? else { return Ok(Vec::new()) };
        let each = u64::from(each);
        self.ranks(world, board, own.rank.saturating_sub(each), own.rank + each).await
    }
}

const STANDING: [ColumnKind; 4] = [ColumnKind::Int; 4];

fn standing(row: &Row) -> Result<Standing, ProjectionError> {
    Ok(Standing {
        rank: row.int(0)?.cast_unsigned(),
        entity: row.int(1)?.cast_unsigned(),
        value: row.int(2)?,
        since: GameTime::from_ms(row.int(3)?),
    })
}
