//! One batch as it is written: rows, marks, messages and the checkpoint, in one transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use games_core::view::Cell;
use schemas::{CommitNo, Position, WallTime};
use sqlx::postgres::PgConnection;

use crate::boards::Flushed;
use crate::bulk::Texts;
use crate::changes::{Changes, NoticeLine};
use crate::db::{BoardsAsOf, Checkpoint, PROJECTION, Writer};
use crate::dialect::{Bulk, quoted};
use crate::engine::Link;
use crate::engine::postgres::rows::put_batch;
use crate::error::ProjectionError;
use crate::line::{Line, current_row};
use crate::schema::{HostTable, Role, Schema};

/// What a rewind has made void: what lies between, both ends left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VoidSpan {
    pub(crate) commits: (CommitNo, CommitNo),
    pub(crate) positions: (Position, Position),
}

/// Rows of a world that are to be written.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// By place in the schema; cells one after the other, without the world.
    pub(crate) upserts: BTreeMap<usize, Vec<Cell>>,
    /// Keys, without the world.
    pub(crate) deletes: BTreeMap<usize, Vec<Vec<Cell>>>,
    /// Rows that can not be there yet.
    pub(crate) inserts: BTreeMap<usize, Vec<Cell>>,
}

impl Rows {
    /// How many are written anew or added.
    pub(crate) fn count(&self, schema: &Schema) -> u64 {
        let all = self.upserts.iter().chain(&self.inserts);
        all.map(|(&table, cells)| cells.len() / (schema.tables()[table].columns.len() - 1)).sum::<usize>()
            as u64
    }

    /// The rows of current state that `changes` touched, as `line` shows them now; and the boards if they are wanted.
    pub(crate) fn current(
        schema: &Schema,
        line: &mut Line,
        changes: &mut Changes,
        boards: bool,
    ) -> Result<Self, ProjectionError> {
        let mut rows = Self::default();
        let Some(world) = line.world() else { return Ok(rows) };
        let game = world.game();
        let places = schema.of_game(game.name());
        for (key, last) in changes.touched.take() {
            let Some(&table) = places.get(key.table) else {
                let problem = format!("there is no table {}", key.table);
                return Err(ProjectionError::Schema { table: game.name().to_owned(), problem });
            };
            match current_row(world, &key, last)? {
                Some(cells) => rows.upserts.entry(table).or_default().extend(cells),
                None => rows.deletes.entry(table).or_default().push(key.key),
            }
        }
        if boards {
            rows.boards(line);
        }
        Ok(rows)
    }

    /// The rows of the boards that differ from what was written last.
    pub(crate) fn boards(&mut self, line: &mut Line) {
        let Some(world) = line.world() else { return };
        let names: Vec<&str> = world.game().boards().iter().map(|board| board.name).collect();
        self.put_boards(&names, line.boards.flush());
    }

    fn put_boards(&mut self, names: &[&'static str], changes: Flushed) {
        let cell = |number: u64| Cell::Int(number.cast_signed());
        let table = HostTable::Boards.index();
        for change in changes.places {
            let Some(&name) = names.get(change.board) else { continue };
            let key = [Cell::from(name), cell(change.entity)];
            let Some((rank, value, since)) = change.place else {
                self.deletes.entry(table).or_default().push(key.to_vec());
                continue;
            };
            let cells = self.upserts.entry(table).or_default();
            cells.extend(key);
            cells.extend([cell(rank), Cell::Int(value), Cell::Int(since)]);
        }
        let table = HostTable::Ranks.index();
        for change in changes.ranks {
            let Some(&name) = names.get(change.board) else { continue };
            let key = [Cell::from(name), cell(change.rank)];
            match change.entity {
                Some(entity) => {
                    self.upserts.entry(table).or_default().extend(key.into_iter().chain([cell(entity)]));
                }
                None => self.deletes.entry(table).or_default().push(key.to_vec()),
            }
        }
    }

    /// The rows that events and commits have made.
    pub(crate) fn history(&mut self, places: &[usize], changes: &mut Changes) {
        for (table, cells) in std::mem::take(&mut changes.history) {
            if let Some(&place) = places.get(table) {
                self.inserts.entry(place).or_default().extend(cells);
            }
        }
        let own = [
            (HostTable::Ledger, &mut changes.ledger),
            (HostTable::Audit, &mut changes.audit),
            (HostTable::Happened, &mut changes.happened),
        ];
        for (table, cells) in own {
            if !cells.is_empty() {
                self.inserts.entry(table.index()).or_default().append(cells);
            }
        }
    }
}

/// The most cells of a batch that is written by one statement: some thousand rows, past which nothing is gained.
const STATEMENT_CELLS: usize = 65_536;

/// One batch of a world.
pub(crate) struct Batch {
    pub(crate) name: Arc<str>,
    pub(crate) from: Checkpoint,
    pub(crate) to: Checkpoint,
    pub(crate) now: WallTime,
    /// Where the rows of the boards stand when this is written.
    pub(crate) boards: BoardsAsOf,
    /// Whether the rows of current state of these tables are written anew as a whole.
    pub(crate) rewrite: Option<Vec<usize>>,
    pub(crate) rows: Rows,
    pub(crate) void: Vec<VoidSpan>,
    pub(crate) notices: Vec<NoticeLine>,
    /// Up to which event messages are made when this is written.
    pub(crate) cursor: Position,
}

impl Batch {
    /// Writes everything and moves the checkpoint, or nothing. With `crash`, a test's process dies just before the
    /// end of the transaction.
    pub(crate) async fn write(
        self,
        writer: &mut Writer,
        schema: &Schema,
        crash: bool,
    ) -> Result<(), ProjectionError> {
        let world = self.name.parse()?;
        if !crash
            && self.fits_a_statement()
            && let Some((session, texts)) = writer.at_once()
        {
            let (conn, busy) = session.statement().await?;
            let moved = self.write_at_once(conn, texts).await?;
            *busy = false;
            return if moved { Ok(()) } else { Err(ProjectionError::CheckpointMoved { world }) };
        }
        let (mut tx, texts) = writer.begin().await?;
        let mut link = tx.link();
        match self.write_all(&mut link, texts, schema).await {
            Ok(true) => {}
            Ok(false) => {
                tx.rollback().await?;
                return Err(ProjectionError::CheckpointMoved { world });
            }
            Err(error) => return Err(error),
        }
        if crash {
            drop(tx);
            return Err(ProjectionError::Crashed);
        }
        tx.commit().await
    }

    /// Whether nothing but rows is written, and not too many of them.
    fn fits_a_statement(&self) -> bool {
        let Rows { upserts, deletes, inserts } = &self.rows;
        let cells: usize = upserts.values().chain(inserts.values()).map(Vec::len).sum();
        self.void.is_empty() && self.rewrite.is_none() && deletes.is_empty() && cells <= STATEMENT_CELLS
    }

    /// Everything in one statement, which is a transaction by itself: a small batch costs one round trip instead of one
    /// for each table, for the checkpoint, for the cursor, and for beginning and end.
    async fn write_at_once(
        self,
        conn: &mut PgConnection,
        texts: &mut Texts,
    ) -> Result<bool, ProjectionError> {
        let (first, moved, values) = checkpoint_move(&self);
        let notices: Vec<Cell> = self.notices.into_iter().flat_map(NoticeLine::cells).collect();
        let cursor = vec![Cell::Int(self.cursor.get().cast_signed())];
        let upserts = self.rows.upserts.into_iter().map(|(table, cells)| (table, Bulk::Upsert, cells));
        let inserts = self.rows.inserts.into_iter().map(|(table, cells)| (table, Bulk::Insert, cells));
        let outbox = [
            (HostTable::Outbox.index(), Bulk::Keep, notices),
            (HostTable::OutboxCursor.index(), Bulk::Upsert, cursor),
        ];
        let parts = upserts.chain(inserts).chain(outbox).filter(|(_, _, cells)| !cells.is_empty());
        let schema = Arc::clone(texts.schema());
        let (mut names, mut all) = (Vec::new(), Vec::new());
        for (table, mode, cells) in parts {
            let spec = &schema.tables()[table];
            if cells.len() % (spec.columns.len() - 1) != 0 {
                let problem = "a row has another number of cells than columns".to_owned();
                return Err(ProjectionError::Schema { table: spec.name.clone(), problem });
            }
            names.push((table, mode));
            all.push((spec, cells));
        }
        let text = texts.batch(first, &moved, values.len(), names);
        put_batch(conn, text, values, all).await
    }

    /// Everything within the transaction. False when the checkpoint stands elsewhere by now.
    async fn write_all(
        self,
        link: &mut Link<'_>,
        texts: &mut Texts,
        schema: &Schema,
    ) -> Result<bool, ProjectionError> {
        if !move_checkpoint(link, &self).await? {
            return Ok(false);
        }
        for span in &self.void {
            mark_void(link, schema, &self.name, span).await?;
        }
        for &table in self.rewrite.iter().flatten() {
            texts.clear(link, table, &self.name).await?;
        }
        for (table, keys) in self.rows.deletes {
            texts.delete(link, table, &self.name, keys).await?;
        }
        for (table, cells) in self.rows.upserts {
            texts.put(link, table, &self.name, cells, Bulk::Upsert).await?;
        }
        for (table, cells) in self.rows.inserts {
            texts.put(link, table, &self.name, cells, Bulk::Insert).await?;
        }
        put_notices(link, texts, &self.name, self.notices, self.cursor).await?;
        Ok(true)
    }
}

/// Moves the checkpoint if it still stands where this batch began.
async fn move_checkpoint(link: &mut Link<'_>, batch: &Batch) -> Result<bool, ProjectionError> {
    let (_, sql, values) = checkpoint_move(batch);
    Ok(link.execute(sql, values).await? == 1)
}

/// Whether it is the first, the statement that moves the checkpoint, and its values: the world comes first.
fn checkpoint_move(batch: &Batch) -> (bool, String, Vec<Cell>) {
    let (from, to) = (&batch.from, &batch.to);
    let insert = format!("{INSERT_CHECKPOINT} ON CONFLICT (world, projection) DO NOTHING");
    let update = "UPDATE checkpoints SET commit_no = $3, hash = $4, rewinds = $5, position = $6, updated_ms = $7, \
                  boards_commit_no = $8, boards_ms = $9 \
                  WHERE world = $1 AND projection = $2 AND commit_no = $10 AND hash = $11";
    let first = from.commit == CommitNo::ZERO;
    let mut values = checkpoint_row(&batch.name, to, batch.now, &batch.boards);
    if !first {
        values.extend([Cell::Int(from.commit.get().cast_signed()), Cell::Text(from.hash.to_string())]);
    }
    (first, if first { insert } else { update.to_owned() }, values)
}

/// Adds a row of [`checkpoint_row`].
pub(crate) const INSERT_CHECKPOINT: &str = "INSERT INTO checkpoints (world, projection, commit_no, hash, rewinds, \
     position, updated_ms, boards_commit_no, boards_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// A row of the checkpoints, as its columns stand.
pub(crate) fn checkpoint_row(world: &str, at: &Checkpoint, now: WallTime, boards: &BoardsAsOf) -> Vec<Cell> {
    vec![
        Cell::from(world),
        Cell::from(PROJECTION),
        Cell::Int(at.commit.get().cast_signed()),
        Cell::Text(at.hash.to_string()),
        Cell::Int(i64::from(at.rewinds)),
        Cell::Int(at.position.get().cast_signed()),
        Cell::Int(now.ms()),
        Cell::Int(boards.commit.get().cast_signed()),
        Cell::Int(boards.written.ms()),
    ]
}

/// Marks what a rewind has made void, and cancels what was not sent yet.
async fn mark_void(
    link: &mut Link<'_>,
    schema: &Schema,
    world: &Arc<str>,
    span: &VoidSpan,
) -> Result<(), ProjectionError> {
    let positions = (span.positions.0.get().cast_signed(), span.positions.1.get().cast_signed());
    let commits = (span.commits.0.get().cast_signed(), span.commits.1.get().cast_signed());
    let mark = |table: &str, set: &str, by: &str| {
        format!("UPDATE {} SET {set} = TRUE WHERE world = $1 AND {by} > $2 AND {by} < $3", quoted(table))
    };
    let mut marks = vec![
        (mark("ledger", "void", "position"), positions),
        (mark("audit", "void", "commit_no"), commits),
        (mark("happened", "void", "position"), positions),
        (mark("outbox", "cancelled", "position"), positions),
    ];
    for table in schema.tables() {
        match table.role {
            Role::History => marks.push((mark(&table.name, "void", "position"), positions)),
            Role::Current | Role::Host => {}
        }
    }
    for (sql, (after, before)) in marks {
        link.execute(sql, vec![Cell::from(&**world), Cell::Int(after), Cell::Int(before)]).await?;
    }
    Ok(())
}

/// Puts messages into the outbox and moves its cursor, which never goes back: no event is told twice.
pub(crate) async fn put_notices(
    link: &mut Link<'_>,
    texts: &mut Texts,
    world: &Arc<str>,
    notices: Vec<NoticeLine>,
    cursor: Position,
) -> Result<(), ProjectionError> {
    let cells: Vec<Cell> = notices.into_iter().flat_map(NoticeLine::cells).collect();
    texts.put(link, HostTable::Outbox.index(), world, cells, Bulk::Keep).await?;
    let cursor = vec![Cell::Int(cursor.get().cast_signed())];
    texts.put(link, HostTable::OutboxCursor.index(), world, cursor, Bulk::Upsert).await?;
    Ok(())
}
