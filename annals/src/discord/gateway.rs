//! Interactions through Discord's gateway: beside the server, for as long as it serves.

use std::sync::Arc;

use discord_gateway::{GatewayError, Members, Settings as Ways, Shards};
use discord_http::registration::{self, Registered};
use discord_http::rest::Rest;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::{Desk, Seasons};
use crate::context::Failure;

impl From<GatewayError> for Failure {
    fn from(error: GatewayError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

/// The connection.
pub(crate) struct Gateway {
    task: JoinHandle<()>,
    lost: Option<oneshot::Receiver<GatewayError>>,
}

impl Gateway {
    /// Connects, until the server is told to stop.
    pub(crate) fn start(
        desk: &Desk,
        seasons: Seasons,
        shards: Shards,
        mut stopping: watch::Receiver<bool>,
    ) -> Self {
        let commands = Arc::new(Commands { seasons, rest: desk.rest().clone() });
        let (tell, lost) = oneshot::channel();
        let desk = Arc::clone(desk);
        let task = tokio::spawn(async move {
            let stop = async move {
                // Whoever could say stop has gone: that is a stop, too.
                let _ = stopping.wait_for(|stops| *stops).await;
            };
            if let Err(error) =
                discord_gateway::run(Ways { shards, ..Ways::default() }, desk, commands, stop).await
            {
                // A server that is stopping for another reason does not listen any more.
                let _ = tell.send(error);
            }
        });
        Self { task, lost: Some(lost) }
    }

    /// What says why the connection has ended for good, once.
    pub(crate) const fn lost(&mut self) -> Option<oneshot::Receiver<GatewayError>> {
        self.lost.take()
    }

    /// Waits for the goodbye, and for the answers that are under way.
    pub(crate) async fn ended(self) {
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the gateway's task broke");
        }
    }
}

/// Waits until the connection has ended for good; for ever where there is none, or where it ends in good order.
pub(crate) async fn ended(lost: Option<oneshot::Receiver<GatewayError>>) -> GatewayError {
    if let Some(lost) = lost
        && let Ok(error) = lost.await
    {
        return error;
    }
    std::future::pending().await
}

/// Gives every server that the application is in the commands of its season's game.
struct Commands {
    seasons: Seasons,
    rest: Rest,
}

impl Members for Commands {
    async fn joined(&self, guild: u64) {
        let tree = match self.seasons.seat(guild).await {
            Ok(seat) => seat.game.tree(),
            Err(text) => {
                tracing::warn!(guild, reason = text.sentence, "the commands of a server were not looked at");
                return;
            }
        };
        let looked = async {
            let plan = registration::plan(&self.rest, guild, tree).await?;
            let kept = (!plan.changes()).then_some(plan.digest);
            registration::register(&self.rest, guild, tree, kept).await
        };
        match looked.await {
            Ok(Registered::Unchanged) => {
                tracing::debug!(guild, "the commands of this server are as they should be");
            }
            Ok(Registered::Done { commands, .. }) => tracing::info!(guild, commands, "commands registered"),
            Err(error) => {
                tracing::warn!(guild, %error, "commands were not registered; try: annals discord register");
            }
        }
    }

    async fn left(&self, guild: u64) {
        tracing::info!(guild, "the application is no longer in this server");
    }
}
