//! Who keeps the read models: this process, or another one whose work is waited for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use event_store::EventStore;
use projections::{ProjectionError, Projector, ProjectorConfig, ReadModels, Step};
use schemas::{WallTime, WorldId};

use crate::engine::Engine;

/// How long somebody who reads waits for a projector in another process. After that they are shown what is there.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often it is looked whether that projector is far enough.
const LOOK: Duration = Duration::from_millis(10);

/// Brings the read models up to date, or waits until they are.
#[derive(Clone)]
pub(crate) enum Keeper {
    /// This process writes them.
    Own(Arc<Projector<Engine>>),
    /// A process with the role of projector does.
    Other(Arc<Engine>, Arc<ReadModels>),
}

impl Keeper {
    /// The keeper of read models that this process writes, or only reads.
    pub(crate) fn new(store: &Arc<Engine>, models: &Arc<ReadModels>, writes: bool) -> Self {
        if writes {
            let config = ProjectorConfig::default();
            return Self::Own(Arc::new(Projector::new(Arc::clone(store), Arc::clone(models), config)));
        }
        Self::Other(Arc::clone(store), Arc::clone(models))
    }

    /// Has the rows of a world hold everything that was durable when this was called, where that can be had in time.
    ///
    /// # Errors
    /// Those of the projection.
    pub(crate) async fn catch_up(&self, world: &WorldId, now: WallTime) -> Result<(), ProjectionError> {
        match self {
            Self::Own(projector) => projector.catch_up(world, now).await.map(drop),
            Self::Other(store, models) => {
                let head = store.head(world).await?.commit;
                let until = Instant::now() + PATIENCE;
                while Instant::now() < until {
                    let status = models.status(&**store).await?;
                    let found = status.iter().find(|status| status.world == *world);
                    if found.is_none_or(|status| status.checkpoint.commit >= head) {
                        return Ok(());
                    }
                    tokio::time::sleep(LOOK).await;
                }
                Ok(())
            }
        }
    }

    /// Brings every world up to date; nothing to do where another process does it.
    ///
    /// # Errors
    /// When the log can not be read.
    pub(crate) async fn catch_up_all(
        &self,
        now: WallTime,
    ) -> Result<Vec<(WorldId, Result<Step, ProjectionError>)>, ProjectionError> {
        match self {
            Self::Own(projector) => projector.catch_up_all(now).await,
            Self::Other(..) => Ok(Vec::new()),
        }
    }
}
