//! Finding what was done to a record: any commit changed, missing, added or put elsewhere.
//!
//! [`ChainCheck`] takes the commits one by one, as they lie, and collects what is wrong with them;
//! [`verify_world`](crate::verify_world) feeds it a whole world and holds the result against the signed checkpoints.
//! What the chain alone can not show stands at [`crate::checkpoint`].

use std::collections::{BTreeMap, BTreeSet};

use schemas::{CommitNo, Hash, Position, StoredCommit, WorldId};

/// What was done to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The commit is not what was written.
    Changed,
    /// The commit is gone.
    Missing,
    /// There is a commit that was never written, or one that stands twice.
    Added,
    /// The commit stands in another's place.
    Reordered,
    /// The commit, or one between it and the last good checkpoint, was rewritten together with all after it: the
    /// chain holds, but it is not the one that was signed.
    Rewritten,
    /// The commit can not even be read.
    Unreadable,
    /// A checkpoint itself is not genuine.
    Checkpoint,
}

impl FaultKind {
    /// The stable code, for scripts and for people who search.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Changed => "RECORD_CHANGED",
            Self::Missing => "RECORD_MISSING",
            Self::Added => "RECORD_ADDED",
            Self::Reordered => "RECORD_REORDERED",
            Self::Rewritten => "RECORD_REWRITTEN",
            Self::Unreadable => "RECORD_UNREADABLE",
            Self::Checkpoint => "CHECKPOINT_NOT_GENUINE",
        }
    }
}

/// One thing that is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{code}: {world}, commit {commit}: {text}", code = .kind.code())]
pub struct ChainFault {
    /// The world.
    pub world: WorldId,
    /// The commit.
    pub commit: CommitNo,
    /// Its first event's position, where it is known.
    pub position: Option<Position>,
    /// What was done.
    pub kind: FaultKind,
    /// One sentence that says how it shows.
    pub text: String,
}

/// Faults beyond this many are counted, not kept: a wrecked file needs no list of a million lines.
pub const FAULTS_MAX: usize = 1000;

/// How a commit must go on from the one before it.
#[derive(Debug, Clone, Copy)]
struct Link {
    hash: Hash,
    /// What the bytes give, where that differs from what is recorded.
    computed: Hash,
    next_position: Position,
    /// A fault was told already; the next commit need not blame it again.
    blamed: bool,
}

/// Checks commits as they come, in the order in which they lie.
///
/// ```
/// use event_store::chain::ChainCheck;
/// let world = schemas::WorldId::new("w").unwrap();
/// let check = ChainCheck::new(&world);
/// assert!(check.finish().is_empty()); // nothing pushed, nothing wrong
/// ```
#[derive(Debug)]
pub struct ChainCheck {
    world: WorldId,
    /// The highest number seen.
    top: CommitNo,
    /// How far places and numbers differ, once something was taken out or put in between.
    shift: i128,
    /// For each number not seen yet whose predecessor was: how it must link.
    links: BTreeMap<CommitNo, Link>,
    /// Commits that came before their predecessor did: what they link to.
    early: BTreeMap<CommitNo, Hash>,
    gaps: BTreeSet<CommitNo>,
    faults: Vec<ChainFault>,
    more: usize,
}

impl ChainCheck {
    /// A check from the first commit on.
    #[must_use]
    pub fn new(world: &WorldId) -> Self {
        Self::after(world, CommitNo::ZERO, Position::ZERO, Hash::ZERO)
    }

    /// A check from the one after `commit` on, which is taken for good.
    #[must_use]
    pub fn after(world: &WorldId, commit: CommitNo, position: Position, hash: Hash) -> Self {
        let link = Link { hash, computed: hash, next_position: position.next(), blamed: true };
        Self {
            world: world.clone(),
            top: commit,
            shift: 0,
            links: BTreeMap::from([(commit.next(), link)]),
            early: BTreeMap::new(),
            gaps: BTreeSet::new(),
            faults: Vec::new(),
            more: 0,
        }
    }

    pub(crate) fn fault(
        &mut self,
        commit: CommitNo,
        position: Option<Position>,
        kind: FaultKind,
        text: String,
    ) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(ChainFault { world: self.world.clone(), commit, position, kind, text });
        } else {
            self.more += 1;
        }
    }

    /// What was found so far, in the order in which it was found; missing commits are told by [`Self::finish`].
    #[must_use]
    pub fn faults(&self) -> &[ChainFault] {
        &self.faults
    }

    /// The highest commit number seen, by what the commits themselves say.
    #[must_use]
    pub const fn top(&self) -> CommitNo {
        self.top
    }

    /// Takes the next commit as it lies; returns the number that it says it has, or that of its place when it can
    /// not be trusted to say.
    pub fn push(&mut self, stored: &StoredCommit) -> CommitNo {
        let place = stored.commit;
        let computed = StoredCommit::compute_hash(stored.prev, &stored.header, &stored.body);
        let header = stored.read_header();
        let (number, blamed) = match header {
            Ok(header) if computed == stored.hash => {
                let mut as_written = stored.clone();
                // The place is judged below, with the order.
                as_written.commit = header.commit;
                let wrong = as_written.open().err();
                if let Some(wrong) = &wrong {
                    self.fault(place, Some(stored.first), FaultKind::Changed, wrong.to_string());
                }
                (header.commit, wrong.is_some())
            }
            Ok(_) => {
                let text = format!("its bytes give the hash {computed}, but {} is recorded", stored.hash);
                self.fault(place, Some(stored.first), FaultKind::Changed, text);
                (place, true)
            }
            Err(error) => {
                self.fault(place, Some(stored.first), FaultKind::Changed, error.to_string());
                (place, true)
            }
        };
        self.place(stored, number);
        self.link(
            stored,
            number,
            Link { hash: stored.hash, computed, next_position: stored.last().next(), blamed },
        );
        number
    }

    /// Whether the commit stands where it belongs.
    fn place(&mut self, stored: &StoredCommit, number: CommitNo) {
        let place = stored.commit;
        let shift = i128::from(place.get()) - i128::from(number.get());
        let expected = self.top.next();
        if number > expected {
            let mut gap = expected;
            while gap < number && self.gaps.len() < FAULTS_MAX {
                self.gaps.insert(gap);
                gap = gap.next();
            }
            self.more += usize::try_from(number.get() - gap.get()).unwrap_or(usize::MAX);
        }
        if number <= self.top {
            if !self.gaps.remove(&number) {
                self.shift = shift;
                let text = format!("commit {number} stands here, and at another place too");
                self.fault_at(number, stored, FaultKind::Added, text);
            } else if shift != 0 {
                self.fault_at(place, stored, FaultKind::Reordered, format!("here stands commit {number}"));
            }
            return;
        }
        self.top = number;
        if shift != self.shift {
            self.shift = shift;
            if shift != 0 {
                self.fault_at(place, stored, FaultKind::Reordered, format!("here stands commit {number}"));
            }
        }
    }

    fn fault_at(&mut self, commit: CommitNo, stored: &StoredCommit, kind: FaultKind, text: String) {
        self.fault(commit, Some(stored.first), kind, text);
    }

    /// Whether the commit goes on from the one before it by number.
    fn link(&mut self, stored: &StoredCommit, number: CommitNo, link: Link) {
        match self.links.remove(&number) {
            Some(before) if stored.prev != before.hash && stored.prev != before.computed => {
                if number.prev() == CommitNo::ZERO {
                    let text = "it is not the first of a chain".to_owned();
                    self.fault_at(number, stored, FaultKind::Changed, text);
                } else if !before.blamed && !link.blamed {
                    let text = format!("commit {number} names another hash for it, the one that it had");
                    self.fault(number.prev(), None, FaultKind::Changed, text);
                } else if !link.blamed {
                    let text = "it is not linked to the commit before it".to_owned();
                    self.fault_at(number, stored, FaultKind::Changed, text);
                }
            }
            Some(before) if stored.first != before.next_position && !link.blamed && !before.blamed => {
                let text =
                    format!("its first event has position {}, not {}", stored.first, before.next_position);
                self.fault_at(number, stored, FaultKind::Changed, text);
            }
            Some(_) => {}
            None => {
                self.early.insert(number, stored.prev);
            }
        }
        let next = number.next();
        match self.early.remove(&next) {
            Some(prev) if prev != link.hash && prev != link.computed && !link.blamed => {
                let text = format!("commit {next} names another hash for it, the one that it had");
                self.fault_at(number, stored, FaultKind::Changed, text);
            }
            Some(_) => {}
            None => {
                self.links.insert(next, link);
            }
        }
        // Ends that nothing can link to any more would pile up only in a wrecked file.
        if self.links.len() + self.early.len() > 4 * FAULTS_MAX {
            self.links.clear();
            self.early.clear();
        }
    }

    /// Ends the check: missing commits are told, and all faults come back in the order of their commits.
    #[must_use]
    pub fn finish(mut self) -> Vec<ChainFault> {
        for gap in std::mem::take(&mut self.gaps) {
            self.fault(gap, None, FaultKind::Missing, "it is not there".to_owned());
        }
        if self.more > 0 {
            let text = format!("{} more faults are not listed", self.more);
            let (world, commit) = (self.world.clone(), self.top);
            self.faults.push(ChainFault { world, commit, position: None, kind: FaultKind::Changed, text });
        }
        self.faults.sort_by_key(|fault| (fault.commit, fault.kind));
        self.faults
    }
}
