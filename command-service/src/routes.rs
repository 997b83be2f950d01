//! What a service knows of other nodes: that they exist, and how to reach them is somebody else's business.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use kernel::io::Published;
use kernel::{Answer, Question, Request};
use schemas::{CommitNo, WorldId};

use crate::service::ServiceError;

/// The worlds that a node holds.
pub type Held = Arc<BTreeSet<WorldId>>;

/// Brings commands and questions to whoever holds their world, here or elsewhere.
pub trait Routes: Send + Sync {
    /// Asks for a command; see [`Service::command`](crate::Service::command).
    fn command(&self, request: Request) -> BoxFuture<'_, Result<Answer, ServiceError>>;

    /// Asks a question; see [`Service::ask`](crate::Service::ask).
    fn ask(&self, question: Question) -> BoxFuture<'_, Result<Answer, ServiceError>>;
}

/// What subscribers are told. It is a hint: what it does not say stands in the log.
#[derive(Debug, Clone)]
pub enum News {
    /// This node has written a commit.
    Commit(Arc<Published>),
    /// Another node tells of one that it has written.
    Heard(Arc<Published>),
    /// A world's log has come as far as this at least, and not all of it may have been told.
    Stands(WorldId, CommitNo),
}

impl News {
    /// The world that it is about.
    #[must_use]
    pub fn world(&self) -> &WorldId {
        match self {
            Self::Commit(published) | Self::Heard(published) => &published.stored.world,
            Self::Stands(world, _) => world,
        }
    }
}
