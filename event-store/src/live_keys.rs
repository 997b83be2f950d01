//! The command keys of a world's live line in the memory of whoever writes it: the log's own guard against a command
//! that is appended twice. Shared by the engines that keep a record in SQL.

use std::collections::HashSet;

use schemas::{CommandId, CommitNo};

use crate::{AppendError, WorldBatch, check};

/// The command keys since the last rewind.
#[derive(Debug, Default)]
pub(crate) struct LiveKeys {
    /// The commit that holds the last rewind; zero where there is none.
    pub(crate) since: CommitNo,
    keys: HashSet<u64>,
}

impl LiveKeys {
    pub(crate) fn new(since: CommitNo, keys: impl IntoIterator<Item = u64>) -> Self {
        Self { since, keys: keys.into_iter().collect() }
    }

    /// The ids of a batch that may be on the record already: a key is only 64 bits of an id, so the record decides.
    ///
    /// # Errors
    /// When an id stands twice in the batch itself.
    pub(crate) fn suspects(&self, batch: &WorldBatch) -> Result<Vec<CommandId>, AppendError> {
        let mut hits: Vec<CommandId> = Vec::new();
        let twice = check::repeated_command(batch, |id| {
            if self.keys.contains(&id.index_key()) {
                hits.push(id.clone());
            }
            false
        });
        match twice {
            Some(id) => Err(check::duplicate(batch, id)),
            None => Ok(hits),
        }
    }

    /// Takes over what was appended.
    pub(crate) fn advance(&mut self, batch: &WorldBatch) {
        for commit in &batch.commits {
            if commit.rewinds_to.is_some() {
                self.since = commit.commit;
                self.keys.clear();
            }
            self.keys.extend(commit.command.as_ref().map(CommandId::index_key));
        }
    }
}
