//! The log as nodes and projectors reach it: appends that go wrong, loads, snapshots.

use std::collections::BTreeMap;

use event_store::memory::Fault;
use event_store::{AppendError, Head, WorldBatch};
use games_registry::Fold;
use kernel::io::LoadError;
use kernel::{Input, Loaded};
use schemas::{CommitNo, Epoch, Hash, LiveLine, StoredCommit, WorldId};

use super::{Cluster, Happening};
use crate::check::Violation;
use crate::plan::SimPlant;
use crate::projector::Trouble;

impl Cluster<'_> {
    pub(super) fn append_now(
        &mut self,
        n: usize,
        incarnation: u32,
        batch: u64,
        mut batches: Vec<WorldBatch>,
    ) {
        let fault = self.chance(self.plan.bad_append).then(|| match self.rng.below(4) {
            0 => Fault::FailBeforeCommit,
            1 => Fault::CommitThenUnknown,
            2 => Fault::LostThenUnknown,
            _ => Fault::LandLate,
        });
        if self.plant == Some(SimPlant::StoreIgnoresVersion) {
            for batch in &mut batches {
                relink(batch, self.log.head(&batch.world));
            }
        }
        match fault {
            Some(Fault::LandLate) => self.marks.late += 1,
            Some(Fault::FailBeforeCommit) => self.marks.unavailable += 1,
            Some(Fault::CommitThenUnknown | Fault::LostThenUnknown) => self.marks.unknown += 1,
            Some(Fault::Unavailable | Fault::Delay) | None => {}
        }
        self.marks.unknown_then_found += u32::from(fault == Some(Fault::CommitThenUnknown));
        let names: Vec<WorldId> = batches.iter().map(|batch| batch.world.clone()).collect();
        let timers = batches.iter().flat_map(|batch| &batch.commits).filter(|c| c.command.is_none()).count();
        let endings = self.log.append_with(fault, batches);
        for ending in &endings {
            match ending {
                Ok(_) => self.marks.timer += u32::from(timers > 0),
                Err(AppendError::WrongExpectedVersion { .. }) => self.marks.wrong_version += 1,
                Err(AppendError::Fenced { .. }) => self.marks.fenced += 1,
                Err(AppendError::OutcomeUnknown(_) | AppendError::Unavailable(_)) => {}
            }
        }
        let endings = names.into_iter().zip(endings).collect();
        let ms = self.delay();
        self.after(ms, Happening::To(n, incarnation, Box::new(Input::Appended(batch, endings))));
    }

    pub(super) fn load(&mut self, world: &WorldId) -> Result<Box<Loaded>, LoadError> {
        if self.chance(self.plan.bad_load) {
            return Err(LoadError::Unavailable("the log can not be read (injected)".to_owned()));
        }
        let head = self.log.head(world);
        let live = self.live(world);
        let mut fold = Fold::new(live.clone(), head.commit);
        if self.rng.below(2) == 0
            && let Some(resumed) = self.resume_from_snapshot(world, &live, head.commit)
        {
            self.marks.snapshot_used += 1;
            fold = resumed;
        }
        for stored in self.log.read(world, fold.commit(), u32::MAX) {
            fold.push(&stored, None).map_err(|e| LoadError::Poison(e.to_string()))?;
        }
        let mut index: BTreeMap<u64, Vec<CommitNo>> = BTreeMap::new();
        for (key, commit) in self.log.command_index(world, head.commit) {
            index.entry(key).or_default().push(commit);
        }
        Ok(Box::new(Loaded { head, world: fold.finish(), index, live, image: None, violations: Vec::new() }))
    }

    pub(super) fn resume_from_snapshot(
        &self,
        world: &WorldId,
        live: &LiveLine,
        head: CommitNo,
    ) -> Option<Fold> {
        let believe = self.plant == Some(SimPlant::SnapshotMisleads);
        let game = games_registry::find(self.workload.game())?;
        let commits = self.log.commits(world);
        let snapshot = self.snapshots.get(world)?.iter().rev().find(|snapshot| {
            let stored = commits.get(snapshot.commit.get() as usize - 1);
            let fits = stored.is_some_and(|stored| stored.hash == snapshot.commit_hash);
            fits && (believe || live.is_live_as_of(snapshot.commit, head))
        })?;
        let loaded = game.restore(world, &snapshot.bytes).ok()?;
        Some(Fold::resume(live.clone(), head, loaded))
    }

    /// What a fold from each kept snapshot of the live line comes to, where it is not `digest`.
    pub(crate) fn snapshot_faults(&self, world: &WorldId, digest: Hash) -> Vec<String> {
        let head = self.log.head(world).commit;
        let live = self.live(world);
        let Some(mut fold) = self.resume_from_snapshot(world, &live, head) else { return Vec::new() };
        let from = fold.commit();
        for stored in self.log.read(world, from, u32::MAX) {
            if let Err(problem) = fold.push(&stored, None) {
                return vec![format!("the fold from the snapshot at commit {from} stops: {problem}")];
            }
        }
        match fold.finish() {
            Some(folded) if folded.digest() == digest => Vec::new(),
            _ => vec![format!("the fold from the snapshot at commit {from} gives another state")],
        }
    }

    pub(super) fn project(&mut self) {
        for world in self.worlds.clone() {
            let live = self.live(&world);
            let trouble = Trouble {
                crash: self.chance(self.plan.projector_crash),
                checkpoint_first: self.plant == Some(SimPlant::CheckpointBeforeRows),
                ignore_rewind: self.plant == Some(SimPlant::ProjectorIgnoresRewind),
            };
            self.marks.projector_crash += u32::from(trouble.crash);
            let most = if self.storming { 1 + self.rng.below(40) as usize } else { usize::MAX / 2 };
            let Some(projector) = self.projectors.get_mut(&world) else { continue };
            if let Err(problem) = projector.poll(self.log.commits(&world), &live, most, trouble) {
                self.found.push(Violation::new("I2", &world, format!("the projector stops: {problem}")));
            }
        }
    }
}

/// What a store would do that does not look at versions and epochs: hang the commits on to whatever is there.
fn relink(batch: &mut WorldBatch, head: Head) {
    if batch.expected == head.commit && batch.epoch >= head.epoch {
        return;
    }
    batch.expected = head.commit;
    batch.epoch = Epoch::new(head.epoch.get().max(batch.epoch.get()));
    let (mut commit, mut position, mut hash) = (head.commit, head.position, head.hash);
    for stored in &mut batch.commits {
        let Ok(mut header) = stored.read_header() else { return };
        header.commit = commit.next();
        header.first = position.next();
        header.epoch = batch.epoch;
        stored.header = serde_json::to_vec(&header).unwrap_or_default().into();
        stored.commit = header.commit;
        stored.first = header.first;
        stored.epoch = header.epoch;
        stored.prev = hash;
        stored.hash = StoredCommit::compute_hash(hash, &stored.header, &stored.body);
        (commit, position, hash) = (stored.commit, stored.last(), stored.hash);
    }
}
