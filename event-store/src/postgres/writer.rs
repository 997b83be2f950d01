//! The task that writes.
//!
//! One connection, one statement at a time. Whatever calls wait when a statement has ended go into the next one together
//! (group commit, without a timer); a call for a world that the group has already waits for the next group, because it
//! goes on from there.
//!
//! A task of the caller's runtime and not a thread of its own: there an append of one commit would wake two threads more.

use std::collections::HashSet;

use schemas::{CommitNo, WorldId};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::open::{Limits, Server};
use super::session::{Ending, Session};
use crate::{AppendError, OpenError, WorldBatch, check};

/// Calls that may wait for the task before the next caller waits to be let in.
const WAITING: usize = 1024;

/// A group takes no further call from so many commits on.
const GROUP_COMMITS: usize = 512;

/// One call of append.
struct Job {
    batches: Vec<WorldBatch>,
    /// Which batches name a world that an earlier one of the call names.
    repeated: Vec<bool>,
    reply: oneshot::Sender<Vec<Ending>>,
}

impl Job {
    fn commits(&self) -> usize {
        self.batches.iter().map(|batch| batch.commits.len()).sum()
    }
}

/// A handle to the task. The task ends when this is dropped and what waits is done.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    task: JoinHandle<()>,
}

impl Writer {
    /// Reaches the server, and starts the task when it was found fit.
    pub(super) async fn start(server: Server, limits: Limits) -> Result<Self, OpenError> {
        let session = Session::open(server, limits).await?;
        let (jobs, waiting) = mpsc::channel(WAITING);
        Ok(Self { jobs, task: tokio::spawn(serve(session, waiting)) })
    }

    /// See [`EventStore::append`](crate::EventStore::append). The append goes on when the caller stops waiting.
    pub(super) async fn append(&self, batches: Vec<WorldBatch>) -> Vec<Ending> {
        let count = batches.len();
        if count == 0 {
            return Vec::new();
        }
        let (reply, endings) = oneshot::channel();
        let job = Job { repeated: check::repeated_worlds(&batches), batches, reply };
        if self.jobs.send(job).await.is_err() {
            let gone = AppendError::Unavailable("STORE_FAILED: the log's writer has ended".to_owned());
            return vec![Err(gone); count];
        }
        endings.await.unwrap_or_else(|_| {
            let gone = AppendError::OutcomeUnknown("STORE_FAILED: the log's writer has ended".to_owned());
            vec![Err(gone); count]
        })
    }

    /// Lets the task finish what waits and end.
    pub(super) async fn close(self) {
        let Self { jobs, task } = self;
        drop(jobs);
        // An error says that it has ended already.
        task.await.ok();
    }
}

async fn serve(mut session: Session, mut waiting: mpsc::Receiver<Job>) {
    let (mut held, mut last) = (None, 0);
    loop {
        let at_hand = held.take().or_else(|| waiting.try_recv().ok());
        // Whoever has to wait is not alone.
        let wanted = if at_hand.is_some() { last.max(2) } else { last };
        let first = match at_hand {
            Some(job) => job,
            None => match waiting.recv().await {
                Some(job) => job,
                None => break,
            },
        };
        let_others_come(&waiting, wanted).await;
        let group = gather(first, &mut waiting, &mut held);
        last = group.len();
        write(&mut session, group).await;
    }
    session.close().await;
}

/// Those who were answered just now, and those who wait to be let in, have their turn first, so that what they bring goes
/// into this group: until as many have come as to the last group, or nobody comes any more. Who is alone is not kept
/// waiting.
async fn let_others_come(waiting: &mpsc::Receiver<Job>, wanted: usize) {
    let mut came = 0;
    while waiting.len() + 1 < wanted {
        tokio::task::yield_now().await;
        if waiting.len() == came {
            break;
        }
        came = waiting.len();
    }
}

/// Takes what waits, up to a call that must wait for this group.
fn gather(first: Job, waiting: &mut mpsc::Receiver<Job>, held: &mut Option<Job>) -> Vec<Job> {
    let mut worlds: HashSet<WorldId> = HashSet::new();
    let mut commits = first.commits();
    worlds.extend(first.batches.iter().map(|batch| batch.world.clone()));
    let mut group = vec![first];
    while commits < GROUP_COMMITS {
        let Ok(job) = waiting.try_recv() else { break };
        if commits + job.commits() > GROUP_COMMITS
            || job.batches.iter().any(|batch| worlds.contains(&batch.world))
        {
            *held = Some(job);
            break;
        }
        commits += job.commits();
        worlds.extend(job.batches.iter().map(|batch| batch.world.clone()));
        group.push(job);
    }
    group
}

/// Writes a group and answers each of its calls.
async fn write(session: &mut Session, group: Vec<Job>) {
    let mut calls = Vec::with_capacity(group.len());
    let mut batches = Vec::new();
    for Job { batches: of_call, repeated, reply } in group {
        calls.push((reply, of_call.len()));
        batches.extend(of_call.into_iter().zip(repeated));
    }
    let mut endings = session.append(batches).await.into_iter();
    for (reply, count) in calls {
        let of_call: Vec<Ending> = endings.by_ref().take(count).collect();
        // The caller may have stopped waiting; what was written stays written.
        reply.send(of_call).ok();
    }
}

/// The last commit number of a batch once it is written.
pub(super) fn last_of(batch: &WorldBatch) -> CommitNo {
    batch.commits.last().map_or(batch.expected, |last| last.commit)
}
