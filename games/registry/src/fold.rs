//! Folding a record into a world: the one way in which every room reads history.

use schemas::codec::Recorded;
use schemas::commit::{BrokenCommit, CheckedCommit, OpenCommit};
use schemas::host::HostEvent;
use schemas::{CommitNo, Hash, LiveLine, StoredCommit};

use crate::world::{FoldError, Watch, World};

/// Folds commits in record order into a world, leaving void ones out.
///
/// Every commit is checked on the way: number, link to the one before, hash over the stored bytes, columns against the
/// header. So a fold that ends well is also a proof that the record is whole as far as it read.
pub struct Fold {
    live: LiveLine,
    as_of: CommitNo,
    world: Option<Box<dyn World>>,
    commit: CommitNo,
    hash: Hash,
    balance: bool,
}

impl Fold {
    /// A fold from the first commit, as the world stood when `as_of` was its newest commit.
    #[must_use]
    pub const fn new(live: LiveLine, as_of: CommitNo) -> Self {
        Self { live, as_of, world: None, commit: CommitNo::ZERO, hash: Hash::ZERO, balance: false }
    }

    /// The same, with somebody in the world who watches for its balance ([`World::watch_balance`]).
    #[must_use]
    pub const fn with_balance(mut self) -> Self {
        self.balance = true;
        self
    }

    /// A fold that goes on from a world folded earlier, for instance one from a snapshot that has been checked.
    #[must_use]
    pub fn resume(live: LiveLine, as_of: CommitNo, world: Box<dyn World>) -> Self {
        let (commit, hash) = (world.cursor().commit, world.cursor().hash);
        Self { live, as_of, world: Some(world), commit, hash, balance: false }
    }

    /// The last commit read.
    #[must_use]
    pub const fn commit(&self) -> CommitNo {
        self.commit
    }

    /// The world so far.
    #[must_use]
    pub fn world(&self) -> Option<&dyn World> {
        self.world.as_deref()
    }

    /// The world.
    #[must_use]
    pub fn finish(self) -> Option<Box<dyn World>> {
        self.world
    }

    /// Reads the next commit. Answers whether it is live.
    ///
    /// # Errors
    /// What is wrong with the record or the commit. The fold is then no longer to be used.
    pub fn push(&mut self, stored: &StoredCommit, watch: Option<&mut Watch>) -> Result<bool, FoldError> {
        stored.check_hash().map_err(|e| FoldError::broken(stored.commit, &e))?;
        self.take(stored, || stored.open(), watch)
    }

    /// Reads the next commit, which has been checked by itself by whoever read it. Answers whether it is live.
    ///
    /// # Errors
    /// What is wrong with the record or the commit. The fold is then no longer to be used.
    pub fn push_checked(
        &mut self,
        checked: &CheckedCommit,
        watch: Option<&mut Watch>,
    ) -> Result<bool, FoldError> {
        self.take(checked, || Ok(checked.opened()), watch)
    }

    fn take<'a>(
        &mut self,
        stored: &StoredCommit,
        open: impl FnOnce() -> Result<OpenCommit<'a>, BrokenCommit>,
        watch: Option<&mut Watch>,
    ) -> Result<bool, FoldError> {
        let fail = |problem: String| FoldError { commit: stored.commit, problem };
        if stored.commit != self.commit.next() {
            return Err(fail(format!("follows commit {}, which leaves a gap or repeats one", self.commit)));
        }
        if stored.prev != self.hash {
            return Err(fail(format!(
                "hash of the commit before is {}, but {} is recorded",
                self.hash, stored.prev
            )));
        }
        let live = self.live.is_live_as_of(stored.commit, self.as_of);
        if live {
            let open = open().map_err(|e| FoldError::broken(stored.commit, &e))?;
            if self.world.is_none() {
                let mut world = create(stored, &open)?;
                if self.balance {
                    world.watch_balance();
                }
                self.world = Some(world);
            }
            if let Some(world) = &mut self.world {
                world.apply(stored, &open, watch)?;
            }
        } else if let Some(world) = &mut self.world {
            world.passed(stored);
        }
        self.commit = stored.commit;
        self.hash = stored.hash;
        Ok(live)
    }
}

/// The world that a first commit opens, before that commit is folded.
fn create(stored: &StoredCommit, open: &OpenCommit<'_>) -> Result<Box<dyn World>, FoldError> {
    let fail = |problem: String| FoldError { commit: stored.commit, problem };
    let first = open.events().next().ok_or_else(|| fail("the first commit opens no world".to_owned()))?;
    let event =
        HostEvent::decode(first.kind, first.version, first.payload).map_err(|e| fail(e.to_string()))?;
    match event {
        HostEvent::WorldOpened(opened) => {
            let game = crate::find(&opened.game)
                .ok_or_else(|| fail(format!("this server does not know the game {}", opened.game)))?;
            game.create(&stored.world, &opened)
        }
        HostEvent::WorldPaused(_)
        | HostEvent::WorldResumed(_)
        | HostEvent::WorldClosed(_)
        | HostEvent::WorldRewound(_)
        | HostEvent::DiceRenewed(_)
        | HostEvent::RewindCompleted(_)
        | HostEvent::WorldRulesChanged(_)
        | HostEvent::TutorialRewarded(_) => Err(fail("the first commit opens no world".to_owned())),
    }
}
