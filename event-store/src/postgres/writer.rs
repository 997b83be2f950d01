//! The tasks that write.
//!
//! Each has one connection, with one statement at a time. Whatever calls wait when a statement has ended go into the next
//! one together (group commit, without a timer); a call for a world that is under way waits, because it goes on from
//! there. One task is enough while few wait. Where many do, a second one takes half of them, so that the server has one
//! group while the other one is checked, sent and answered here.
//!
//! Tasks of the caller's runtime and not threads of their own: there an append of one commit would wake two threads more.

use std::sync::Arc;

use schemas::CommitNo;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::hints;
use super::open::{Limits, Server};
use super::queue::{Group, Job, Queue};
use super::session::{Ending, Session};
use crate::{AppendError, OpenError, WorldBatch, check};

/// A handle to the tasks. They end when this is dropped and what waits is done.
#[derive(Debug)]
pub(super) struct Writer {
    queue: Arc<Queue>,
    tasks: Vec<JoinHandle<()>>,
}

impl Writer {
    /// Reaches the server, and starts the tasks when it was found fit.
    pub(super) async fn start(server: Server, limits: Limits) -> Result<Self, OpenError> {
        let (ends, teller) = hints::tell(server.clone(), limits);
        let session = Session::open(server, limits, ends).await?;
        let queue = Arc::new(Queue::default());
        let second = help(session.another(), Arc::clone(&queue));
        let tasks = vec![tokio::spawn(serve(session, Arc::clone(&queue))), tokio::spawn(second), teller];
        Ok(Self { queue, tasks })
    }

    /// See [`EventStore::append`](crate::EventStore::append). The append goes on when the caller stops waiting.
    pub(super) async fn append(&self, batches: Vec<WorldBatch>) -> Vec<Ending> {
        let count = batches.len();
        if count == 0 {
            return Vec::new();
        }
        let (reply, endings) = oneshot::channel();
        let job = Job { repeated: check::repeated_worlds(&batches), batches, reply };
        if !self.queue.push(job).await {
            let gone = AppendError::Unavailable("STORE_FAILED: the log's writer has ended".to_owned());
            return vec![Err(gone); count];
        }
        endings.await.unwrap_or_else(|_| {
            let gone = AppendError::OutcomeUnknown("STORE_FAILED: the log's writer has ended".to_owned());
            vec![Err(gone); count]
        })
    }

    /// Lets the tasks finish what waits and end.
    pub(super) async fn close(mut self) {
        self.queue.close();
        for task in self.tasks.drain(..) {
            // An error says that it has ended already.
            task.await.ok();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
    }
}

/// However the task ends, nobody waits for it in vain.
struct Abandon<'a>(&'a Queue);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Takes whatever waits.
async fn serve(mut session: Session, queue: Arc<Queue>) {
    let _abandon = Abandon(&queue);
    let mut last = 0;
    loop {
        let waited = queue.wait().await;
        // Whoever has to wait is not alone.
        let wanted = if waited { last } else { last.max(2) };
        let_others_come(&queue, wanted).await;
        match queue.take() {
            Some(group) => {
                last = group.len();
                write(&mut session, group, &queue).await;
            }
            None if queue.is_done() => break,
            None => {}
        }
    }
    session.close().await;
}

/// Takes half of what waits, where many wait.
async fn help(mut session: Session, queue: Arc<Queue>) {
    while queue.crowded().await {
        while let Some(group) = queue.take_from_crowd() {
            let last = group.len();
            write(&mut session, group, &queue).await;
            let_others_come(&queue, last).await;
        }
    }
    session.close().await;
}

/// Those who were answered just now, and those who wait to be let in, have their turn first, so that what they bring goes
/// into this group: until as many have come as to the last group, or nobody comes any more. Who is alone is not kept
/// waiting.
async fn let_others_come(queue: &Queue, wanted: usize) {
    let mut came = queue.waiting();
    while came < wanted {
        tokio::task::yield_now().await;
        let now = queue.waiting();
        if now == came {
            break;
        }
        came = now;
    }
}

/// Writes a group and answers each of its calls.
async fn write(session: &mut Session, group: Group, queue: &Queue) {
    let mut calls = Vec::with_capacity(group.len());
    let mut batches = Vec::new();
    let (jobs, worlds) = group.into_parts();
    for Job { batches: of_call, repeated, reply } in jobs {
        calls.push((reply, of_call.len()));
        batches.extend(of_call.into_iter().zip(repeated));
    }
    let mut endings = session.append(batches).await.into_iter();
    queue.ended(worlds, calls.len());
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
