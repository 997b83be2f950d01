//! Random operations against a model so plain that it is plainly right.

use std::collections::BTreeMap;

use schemas::live::Rewind;
use schemas::{CommandId, CommitNo, Epoch, StoredCommit};

use super::{Engine, Scribe, Spec, world};
use crate::{AppendError, EventStore, Head, WorldBatch, WorldHead};

/// One thing that a test does with a store.
#[derive(Debug, Clone)]
pub enum Op {
    /// Appends to some worlds in one call.
    Append(Vec<Part>),
    /// Closes the store and opens it again.
    Reopen,
    /// Reads a page of world `world`.
    Read {
        /// Which world, by number.
        world: u8,
        /// After which commit.
        after: u8,
        /// At most how many.
        limit: u8,
    },
}

/// One batch of an [`Op::Append`].
#[derive(Debug, Clone)]
pub struct Part {
    /// Which world, by number.
    pub world: u8,
    /// How far the expected version lies behind the head.
    pub behind: u8,
    /// The epoch.
    pub epoch: u8,
    /// The command numbers of the commits; none for a commit without one, 200 and up for a rewind.
    pub commands: Vec<Option<u8>>,
}

#[derive(Debug, Default)]
struct Model(BTreeMap<String, Vec<StoredCommit>>);

impl Model {
    fn commits(&self, name: &str) -> &[StoredCommit] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    fn head(&self, name: &str, at: usize) -> Head {
        self.commits(name)[..at].last().map_or_else(Head::default, |last| Head {
            commit: last.commit,
            position: last.last(),
            hash: last.hash,
            epoch: last.epoch,
        })
    }

    /// Makes the batch that the part asks for: good in itself, whatever the log will say of it.
    fn batch(&self, part: &Part) -> WorldBatch {
        let name = format!("w{}", part.world);
        let at = self.commits(&name).len().saturating_sub(part.behind.into());
        let head = Head { epoch: Epoch::new(part.epoch.into()), ..self.head(&name, at) };
        let specs: Vec<Spec> = part
            .commands
            .iter()
            .enumerate()
            .map(|(i, command)| match command {
                None => Spec::events(i % 3),
                Some(id @ 200..) => Spec::rewind(&format!("c{id}"), (at + i) as u64 / 2),
                Some(id) => Spec::command(&format!("c{id}")),
            })
            .collect();
        Scribe { world: world(&name), head }.batch(&specs)
    }

    fn append(&mut self, batch: &WorldBatch) -> Result<CommitNo, AppendError> {
        let name = batch.world.as_str();
        let head = self.head(name, self.commits(name).len());
        if batch.commits.is_empty() {
            return Err(AppendError::Unavailable(String::new()));
        }
        if batch.epoch < head.epoch {
            return Err(AppendError::Fenced { current: head.epoch });
        }
        if batch.expected != head.commit {
            return Err(AppendError::WrongExpectedVersion { actual: head.commit });
        }
        let mut after = self.commits(name).to_vec();
        after.extend(batch.commits.iter().cloned());
        let mut line: Vec<&CommandId> = Vec::new();
        for commit in &after {
            if commit.rewinds_to.is_some() {
                line.clear();
            }
            if let Some(id) = &commit.command {
                if line.contains(&id) {
                    return Err(AppendError::Unavailable(String::new()));
                }
                line.push(id);
            }
        }
        let last = after.len() as u64;
        self.0.insert(name.to_owned(), after);
        Ok(CommitNo::new(last))
    }
}

/// Texts are for people; the rest of an ending must agree.
fn plain(ending: Result<CommitNo, AppendError>) -> Result<CommitNo, AppendError> {
    ending.map_err(|error| match error {
        AppendError::Unavailable(_) => AppendError::Unavailable(String::new()),
        AppendError::OutcomeUnknown(_) => AppendError::OutcomeUnknown(String::new()),
        known @ (AppendError::Fenced { .. } | AppendError::WrongExpectedVersion { .. }) => known,
    })
}

/// Carries out the operations on a fresh store and on the model; every answer must be the same.
pub async fn random_operations_agree_with_a_plain_model<E: Engine>(engine: &E, ops: &[Op]) {
    let mut store = engine.fresh().await;
    let mut model = Model::default();
    for op in ops {
        match op {
            Op::Append(parts) => {
                let first =
                    |i: usize, part: &Part| !parts[..i].iter().any(|earlier| earlier.world == part.world);
                let once = parts.iter().enumerate().filter(|(i, part)| first(*i, part));
                let batches: Vec<WorldBatch> = once.map(|(_, part)| model.batch(part)).collect();
                let expected: Vec<_> = batches.iter().map(|batch| model.append(batch)).collect();
                let endings: Vec<_> = store.append(batches).await.into_iter().map(plain).collect();
                assert_eq!(endings, expected);
            }
            Op::Reopen => store = engine.reopen(store).await,
            Op::Read { world: number, after, limit } => {
                let name = format!("w{number}");
                let read =
                    store.read(&world(&name), CommitNo::new((*after).into()), (*limit).into()).await.unwrap();
                let expected: Vec<_> = model
                    .commits(&name)
                    .iter()
                    .skip((*after).into())
                    .take((*limit).into())
                    .cloned()
                    .collect();
                assert_eq!(read, expected);
            }
        }
    }
    compare(&store, &model).await;
}

async fn compare<S: EventStore>(store: &S, model: &Model) {
    let worlds: Vec<WorldHead> = model
        .0
        .iter()
        .map(|(name, commits)| WorldHead { world: world(name), head: model.head(name, commits.len()) })
        .collect();
    assert_eq!(store.worlds().await.unwrap(), worlds);
    for (name, commits) in &model.0 {
        let id = world(name);
        assert_eq!(&store.read(&id, CommitNo::ZERO, u32::MAX).await.unwrap(), commits);
        let rewinds: Vec<_> =
            commits.iter().filter_map(|c| Some(Rewind { at: c.commit, to: c.rewinds_to? })).collect();
        assert_eq!(store.rewinds(&id).await.unwrap(), rewinds);
        let index: Vec<_> =
            commits.iter().filter_map(|c| Some((c.command.as_ref()?.index_key(), c.commit))).collect();
        assert_eq!(store.command_index(&id, CommitNo::new(u64::MAX)).await.unwrap(), index);
        for commit in commits {
            if let Some(command) = &commit.command {
                let all: Vec<_> = commits
                    .iter()
                    .filter(|c| c.command.as_ref() == Some(command))
                    .map(|c| c.commit)
                    .collect();
                assert_eq!(store.find_command(&id, command).await.unwrap(), all);
            }
        }
    }
}
