//! The service's part in opening and ending seasons: errands beside the kernel, which knows of no servers.

use std::sync::Arc;

use event_store::{CheckpointStore, EventStore, SnapshotStore};
use kernel::{Answer, Input, Request, gate};
use schemas::codec::Recorded;
use schemas::commit::CheckedCommit;
use schemas::host::HostCommand;
use schemas::{Outcome, Rejection, ServerId, WorldId};
use tokio::sync::{mpsc, oneshot};

use crate::seasons::{Behalf, SeasonError, Seasons};
use crate::shell::Shell;

/// What comes back to the service's thread from its tasks.
pub(crate) enum Back {
    /// For the kernel.
    Input(Box<Input>),
    /// The server is reserved: the world may be opened.
    Reserved(Box<Request>, oneshot::Sender<Answer>),
    /// The server could not be reserved.
    Refused(Box<Request>, Rejection),
    /// An errand has ended.
    Ended,
}

/// Where tasks hand back what they bring.
#[derive(Clone)]
pub(crate) struct Inbox(pub(crate) mpsc::UnboundedSender<Back>);

impl Inbox {
    /// Hands an input to the kernel.
    pub(crate) fn send(&self, input: Input) {
        self.hand(Back::Input(Box::new(input)));
    }

    fn hand(&self, back: Back) {
        // The service may have been dropped without being stopped: then nobody waits for this any more.
        let _ = self.0.send(back);
    }
}

/// Counts an errand for as long as it is under way, however it ends.
struct Errand(Inbox);

impl Drop for Errand {
    fn drop(&mut self) {
        self.0.hand(Back::Ended);
    }
}

impl<S: EventStore + SnapshotStore + CheckpointStore + 'static> Shell<S> {
    pub(crate) fn back(&mut self, back: Back) {
        match back {
            Back::Input(input) => self.step(*input),
            Back::Reserved(mut request, sender) => {
                request.ticket = self.ticket(Some(&request.kind), sender);
                self.step(Input::Request(request));
            }
            Back::Refused(request, rejection) => self.refused(*request, rejection),
            Back::Ended => self.errands = self.errands.saturating_sub(1),
        }
    }

    fn errand(&mut self) -> Errand {
        self.errands += 1;
        Errand(self.inputs.clone())
    }

    /// Opens a season: reserve its server, open the world, release the server again where that fails.
    pub(crate) fn open(&mut self, mut request: Box<Request>, sender: oneshot::Sender<Answer>) {
        let Some(server) = server_of(&request) else {
            // Not even a command that may open a world: the kernel says why.
            request.ticket = self.ticket(Some(&request.kind), sender);
            return self.step(Input::Request(request));
        };
        if !self.kernel.holds(&request.world) {
            self.step(Input::Adopt(request.world.clone()));
        }
        let (seasons, errand) = (Arc::clone(&self.seasons), self.errand());
        self.home.spawn(async move {
            let answer = open(&seasons, &errand.0, request, &server).await;
            // Who asked may have gone away; the season is open all the same.
            let _ = sender.send(answer);
        });
    }

    /// Releases the server of a season that a commit ends.
    pub(crate) fn look_for_end(&mut self, stored: &CheckedCommit) {
        if !stored.opened().header.events.iter().any(|event| event.kind == "WorldClosed") {
            return;
        }
        let (seasons, world, errand) = (Arc::clone(&self.seasons), stored.world.clone(), self.errand());
        self.home.spawn(async move {
            let _errand = errand;
            let _turn = seasons.turn().await;
            report(seasons.ended(&world).await);
        });
    }

    /// Ends what a crash left half done.
    pub(crate) fn settle_servers(&mut self) {
        let (seasons, errand) = (Arc::clone(&self.seasons), self.errand());
        self.home.spawn(async move {
            let _errand = errand;
            let _turn = seasons.turn().await;
            report(seasons.settle_all().await);
        });
    }
}

/// The server on which a request may open a world; none where it may not.
fn server_of(request: &Request) -> Option<ServerId> {
    if request.world.is_reserved()
        || gate::shape(request, None).is_err()
        || gate::authorise(request, None).is_err()
    {
        return None;
    }
    match HostCommand::decode(&request.kind, 1, &request.payload) {
        Ok(HostCommand::WorldOpen(open)) => Some(open.opened.server),
        Ok(
            HostCommand::WorldPause(_)
            | HostCommand::WorldResume(_)
            | HostCommand::WorldClose(_)
            | HostCommand::WorldRewind(_)
            | HostCommand::TutorialClaim(_),
        )
        | Err(_) => None,
    }
}

async fn open<S: EventStore + SnapshotStore>(
    seasons: &Seasons<S>,
    inbox: &Inbox,
    request: Box<Request>,
    server: &ServerId,
) -> Answer {
    let _turn = seasons.turn().await;
    let (behalf, world): (Behalf, WorldId) = (Behalf::of(&request), request.world.clone());
    if let Err(error) = seasons.reserve(server, &world, &behalf).await {
        let rejection = error.rejection();
        inbox.hand(Back::Refused(request, rejection.clone()));
        return Answer::Refused(rejection);
    }
    let (sender, answer) = oneshot::channel();
    inbox.hand(Back::Reserved(request, sender));
    let answer = answer.await.unwrap_or_else(|_| Answer::Refused(Rejection::new("SHUTTING_DOWN")));
    let opened = matches!(&answer, Answer::Done(receipt) if receipt.outcome == Outcome::Accepted);
    if !opened {
        report(seasons.settle(server, Some(&world), &behalf).await);
    }
    answer
}

/// A server that can not be released now is looked at again by whoever wants it next.
fn report(ended: Result<(), SeasonError>) {
    if let Err(problem) = ended {
        tracing::error!(%problem, "a server could not be released yet");
    }
}
