//! Who keeps the read models: this process, or another one whose work is waited for. And how old they are when neither
//! can be had.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use event_store::EventStore;
use projections::{ProjectionError, Projector, ProjectorConfig, ReadModels, Step};
use schemas::{WallTime, WorldId};

use crate::engine::Engine;

/// How long somebody who reads waits for a projector in another process. After that they are shown what is there.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is looked whether that projector is far enough.
const LOOK: Duration = Duration::from_millis(10);
/// For so long after a failure nobody tries again to bring a row up to date before reading it: each try may take as long as
/// a connection is waited for, and one answer reads many rows.
const AWAY: Duration = Duration::from_secs(2);

/// Brings the read models up to date, or waits until they are.
#[derive(Clone)]
pub(crate) struct Keeper {
    hands: Hands,
    /// When the rows of a world were last known to hold everything.
    fresh: Arc<Mutex<BTreeMap<WorldId, Instant>>>,
    /// When it last could not be seen whether they do.
    failed: Arc<Mutex<Option<Instant>>>,
}

#[derive(Clone)]
enum Hands {
    /// This process writes them.
    Own(Arc<Projector<Engine>>),
    /// A process with the role of projector does.
    Other(Arc<Engine>, Arc<ReadModels>),
}

/// Why rows may not be shown: they are older than is bearable, or nobody knows how old.
#[derive(Debug, thiserror::Error)]
#[error("the rows of {world} are {age:?} old: {problem}")]
pub(crate) struct TooOld {
    world: WorldId,
    age: Option<Duration>,
    problem: String,
}

impl Keeper {
    /// The keeper of read models that this process writes, or only reads.
    pub(crate) fn new(store: &Arc<Engine>, models: &Arc<ReadModels>, writes: bool) -> Self {
        let hands = if writes {
            let config = ProjectorConfig::default();
            Hands::Own(Arc::new(Projector::new(Arc::clone(store), Arc::clone(models), config)))
        } else {
            Hands::Other(Arc::clone(store), Arc::clone(models))
        };
        Self { hands, fresh: Arc::default(), failed: Arc::default() }
    }

    /// Has the rows of a world hold everything that was durable when this was called, where that can be had in time; says
    /// whether they do.
    ///
    /// # Errors
    /// Those of the projection.
    pub(crate) async fn catch_up(&self, world: &WorldId, now: WallTime) -> Result<bool, ProjectionError> {
        let since = Instant::now();
        let done = self.brought_up(world, now, since).await;
        let failed = done.is_err().then(Instant::now);
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
        if let Ok(true) = done {
            self.note(world, since);
        }
        done
    }

    /// The same where it is worth trying, for somebody who reads what is there in any case.
    pub(crate) async fn catch_up_if_near(&self, world: &WorldId, now: WallTime) {
        if !self.is_away() {
            let _ = self.catch_up(world, now).await;
        }
    }

    fn is_away(&self) -> bool {
        let failed = *self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_some_and(|at| at.elapsed() < AWAY)
    }

    async fn brought_up(
        &self,
        world: &WorldId,
        now: WallTime,
        since: Instant,
    ) -> Result<bool, ProjectionError> {
        match &self.hands {
            Hands::Own(projector) => projector.catch_up(world, now).await.map(|_| true),
            Hands::Other(store, models) => {
                let head = store.head(world).await?.commit;
                loop {
                    let status = models.status(&**store).await?;
                    let found = status.iter().find(|status| status.world == *world);
                    if found.is_none_or(|status| status.checkpoint.commit >= head) {
                        return Ok(true);
                    }
                    if since.elapsed() >= PATIENCE {
                        return Ok(false);
                    }
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }

    /// The same, for somebody who would rather see old rows than none: none where they are fresh, else their age.
    ///
    /// # Errors
    /// [`TooOld`], where they are older than `most`.
    pub(crate) async fn fresh(
        &self,
        world: &WorldId,
        now: WallTime,
        most: Duration,
    ) -> Result<Option<Duration>, TooOld> {
        let problem = if self.is_away() {
            "the record was away a moment ago".to_owned()
        } else {
            match self.catch_up(world, now).await {
                Ok(true) => return Ok(None),
                Ok(false) => "the projector is behind".to_owned(),
                Err(error) => error.to_string(),
            }
        };
        let known = self.fresh.lock().unwrap_or_else(PoisonError::into_inner).get(world).copied();
        match known.map(|at| at.elapsed()) {
            Some(age) if age <= most => Ok(Some(age)),
            age => Err(TooOld { world: world.clone(), age, problem }),
        }
    }

    fn note(&self, world: &WorldId, at: Instant) {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner).insert(world.clone(), at);
    }

    /// Brings every world up to date; nothing to do where another process does it.
    ///
    /// # Errors
    /// When the log can not be read.
    pub(crate) async fn catch_up_all(
        &self,
        now: WallTime,
    ) -> Result<Vec<(WorldId, Result<Step, ProjectionError>)>, ProjectionError> {
        match &self.hands {
            Hands::Own(projector) => {
                let since = Instant::now();
                let steps = projector.catch_up_all(now).await?;
                for (world, _) in steps.iter().filter(|(_, step)| step.is_ok()) {
                    self.note(world, since);
                }
                Ok(steps)
            }
            Hands::Other(..) => Ok(Vec::new()),
        }
    }
}
