//! The whole record of a world from its first commit, void branches too: what rebuild and check are made of.
//!
//! Rows of history stand for what once counted, so a branch that a rewind has voided is folded as it was when it
//! counted. The rewinds are known beforehand: where one goes back to, a copy of the fold is laid aside.
//!
//! Reading, folding and what is done with the rows run at once: the fold has a thread of its own, with a bounded
//! channel on each side.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;

use event_store::EventStore;
use games_core::view::Cell;
use schemas::commit::CheckedCommit;
use schemas::{CommitNo, LiveLine, Position, WorldId};
use tokio::sync::mpsc;
use tokio_stream::StreamExt;

use crate::changes::{Changes, NoticeLine, Want};
use crate::db::Checkpoint;
use crate::error::ProjectionError;
use crate::games::Games;
use crate::line::{Chain, Line};
use crate::pages::live_line;
use crate::schema::Schema;
use crate::touched::Touched;
use crate::write::{Rows, VoidSpan};

/// Cells of history of one table that are handed on at once: little enough to lie in memory, and enough to be worth a
/// statement. PostgreSQL begins and ends each `COPY` with some thousand steps for each of a thousand rows, however many
/// rows come: with two thousand of them, that was a quarter of its work.
const CELLS: usize = 131_072;

/// What the fold hands on.
#[derive(Debug)]
pub(crate) enum Out {
    /// Rows of one table, cells one after the other without the world.
    Rows { table: usize, cells: Vec<Cell> },
    /// The fold has come to this event.
    At(Position),
}

/// What takes the rows.
pub(crate) trait Sink: Send {
    /// Takes one piece.
    fn take(&mut self, out: Out) -> impl Future<Output = Result<(), ProjectionError>> + Send;
}

/// What is to be folded.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) games: Games,
    pub(crate) schema: std::sync::Arc<Schema>,
    pub(crate) world: WorldId,
    /// The last commit.
    pub(crate) target: CommitNo,
    /// Messages of events after this are collected.
    pub(crate) notices_after: Option<Position>,
    /// The leaderboards are wanted as of this commit, after which there is no rewind; else as of the last.
    pub(crate) boards_at: Option<CommitNo>,
}

/// What a whole fold came to.
#[derive(Debug, Default)]
pub(crate) struct Played {
    pub(crate) checkpoint: Checkpoint,
    pub(crate) void: Vec<VoidSpan>,
    pub(crate) notices: Vec<NoticeLine>,
}

/// A copy of the fold, laid aside where a rewind goes back to.
struct Aside {
    line: Line,
    touched: Touched,
}

struct Player {
    plan: Plan,
    live: LiveLine,
    line: Line,
    chain: Chain,
    changes: Changes,
    /// Rows of history that are not handed on yet.
    waiting: Rows,
    aside: BTreeMap<CommitNo, Aside>,
    /// Where each rewind really goes back to, by its own commit.
    back: BTreeMap<CommitNo, CommitNo>,
    /// Position of the last event of each commit that a rewind names.
    named: BTreeMap<CommitNo, Position>,
    played: Played,
    /// Rows of the leaderboards as of the commit that was asked for.
    boards: Option<Rows>,
}

/// The last commit up to `rewind.to` that counted when the rewind was made. It is `to` itself but for a rewind to a
/// commit that was void already.
fn goes_back_to(live: &LiveLine, at: CommitNo, to: CommitNo) -> CommitNo {
    let mut back = to;
    while let Some(over) = live.rewinds().iter().find(|r| r.at < at && r.to < back && back < r.at) {
        back = over.to;
    }
    back
}

impl Player {
    fn new(plan: Plan, live: LiveLine) -> Self {
        let back = live.rewinds().iter().map(|r| (r.at, goes_back_to(&live, r.at, r.to))).collect();
        let named = live.rewinds().iter().map(|r| (r.to, Position::ZERO)).collect();
        Self {
            plan,
            live,
            line: Line::new(),
            chain: Chain::default(),
            changes: Changes::default(),
            waiting: Rows::default(),
            aside: BTreeMap::new(),
            back,
            named,
            played: Played::default(),
            boards: None,
        }
    }

    fn push(&mut self, stored: &CheckedCommit) -> Result<(), ProjectionError> {
        let poison = |e| ProjectionError::poison(&self.plan.world, e);
        let open = self.chain.next_checked(stored).map_err(poison)?;
        if let Some(aside) = self.back.get(&stored.commit).and_then(|back| self.aside.get(back)) {
            self.line = aside.line.fork();
            self.changes.touched.clone_from(&aside.touched);
        }
        let void = !self.live.is_live_as_of(stored.commit, self.plan.target);
        let notices = self.plan.notices_after.is_some_and(|after| stored.last() > after);
        let want = Want::All { void, notices };
        self.line.push(&self.plan.games, stored, &open, want, &mut self.changes).map_err(poison)?;
        if self.plan.boards_at == Some(stored.commit) {
            let mut rows = Rows::default();
            rows.boards(&mut self.line);
            self.boards = Some(rows);
        }
        for aside in self.aside.values_mut() {
            aside.line.pass(stored);
        }
        if self.back.values().any(|&back| back == stored.commit) {
            let aside = Aside { line: self.line.fork(), touched: self.changes.touched.clone() };
            self.aside.insert(stored.commit, aside);
        }
        if let Some(position) = self.named.get_mut(&stored.commit) {
            *position = stored.last();
        }
        if let Some(to) = stored.rewinds_to {
            self.played.checkpoint.rewinds += 1;
            self.played.void.push(VoidSpan {
                commits: (to, stored.commit),
                positions: (self.named.get(&to).copied().unwrap_or_default(), stored.first),
            });
        }
        let at = &mut self.played.checkpoint;
        (at.commit, at.hash, at.position) = (stored.commit, stored.hash, stored.last());
        let after = self.plan.notices_after.unwrap_or_default();
        let told = |notice: &NoticeLine| !void && notice.position > after;
        self.played.notices.extend(self.changes.notices.drain(..).filter(told));
        Ok(())
    }

    fn places(&self) -> Vec<usize> {
        let world = self.line.world();
        world.map(|world| self.plan.schema.of_game(world.game().name())).unwrap_or_default()
    }

    /// Hands on the rows of history so far of each table that has at least so many cells. False when nobody takes them
    /// any more.
    fn hand_history(&mut self, least: usize, out: &mpsc::Sender<Out>) -> bool {
        let places = self.places();
        self.waiting.history(&places, &mut self.changes);
        let all = std::mem::take(&mut self.waiting.inserts).into_iter();
        let (full, waiting) = all.partition(|(_, cells)| cells.len() >= least);
        self.waiting.inserts = waiting;
        let full: BTreeMap<usize, Vec<Cell>> = full;
        let pieces = full.into_iter().map(|(table, cells)| Out::Rows { table, cells });
        let at = Out::At(self.played.checkpoint.position);
        pieces.chain([at]).all(|piece| out.blocking_send(piece).is_ok())
    }

    /// Hands on the rows of current state, at the end.
    fn hand_current(&mut self, out: &mpsc::Sender<Out>) -> Result<(), ProjectionError> {
        let boards = self.boards.take();
        let rows = Rows::current(&self.plan.schema, &mut self.line, &mut self.changes, boards.is_none())?;
        for (table, cells) in rows.upserts.into_iter().chain(boards.unwrap_or_default().upserts) {
            if out.blocking_send(Out::Rows { table, cells }).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn play(
        mut self,
        mut pages: mpsc::Receiver<Vec<CheckedCommit>>,
        out: &mpsc::Sender<Out>,
    ) -> Result<Played, ProjectionError> {
        while let Some(page) = pages.blocking_recv() {
            for stored in &page {
                self.push(stored)?;
            }
            if self.changes.cells() >= CELLS && !self.hand_history(CELLS, out) {
                return Ok(self.played);
            }
        }
        self.hand_history(0, out);
        self.hand_current(out)?;
        Ok(self.played)
    }
}

/// Folds the record up to the plan's last commit and hands every row to `sink`.
pub(crate) async fn run<S: EventStore>(
    store: &S,
    plan: Plan,
    sink: &mut impl Sink,
) -> Result<Played, ProjectionError> {
    let (world, target) = (plan.world.clone(), plan.target);
    let live = live_line(store, &world, target).await?;
    let (page_in, pages) = mpsc::channel(4);
    let (out, mut outs) = mpsc::channel(6);
    let player = Player::new(plan, live);
    let fold = tokio::task::spawn_blocking(move || player.play(pages, &out));
    let read = async {
        let page_in = page_in;
        let mut after = CommitNo::ZERO;
        let mut scan = pin!(store.scan(&world, after, target));
        while let Some(commits) = scan.next().await {
            let commits = commits?;
            after = commits.last().map_or(after, |last| last.commit);
            if page_in.send(commits).await.is_err() {
                return Ok(());
            }
        }
        if after < target {
            return Err(ProjectionError::CheckpointAhead {
                world: world.clone(),
                checkpoint: target,
                head: after,
            });
        }
        Ok(())
    };
    let take = async {
        while let Some(piece) = outs.recv().await {
            if let Err(error) = sink.take(piece).await {
                // The fold's thread ends when nobody takes what it hands on.
                outs.close();
                while outs.recv().await.is_some() {}
                return Err(error);
            }
        }
        Ok(())
    };
    let (read, took) = tokio::join!(read, take);
    let folded =
        fold.await.map_err(|e| ProjectionError::Database { problem: format!("the fold broke off: {e}") })?;
    read?;
    took?;
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemas::live::Rewind;

    #[test]
    fn a_rewind_to_a_void_commit_goes_back_to_the_last_one_that_counts() {
        let n = CommitNo::new;
        let live = LiveLine::new(vec![Rewind { at: n(6), to: n(4) }, Rewind { at: n(9), to: n(5) }]);
        assert_eq!(goes_back_to(&live, n(6), n(4)), n(4));
        assert_eq!(goes_back_to(&live, n(9), n(5)), n(4));
    }
}
