//! Speaking to the gateway until the server stops.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use discord_http::rest::{GatewayAdvice, Rest, RestError};
use discord_http::{Guilds, Handler};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::address;
use crate::answers::Answers;
use crate::error::GatewayError;
use crate::link::{Link, Told, Watched};
use crate::settings::{Range, Settings};

/// The first pause before Discord is asked again; each next one is twice as long, up to [`LONGEST`].
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);
/// Sessions begin so far apart.
const APART: Duration = Duration::from_secs(5);
/// How often the shards are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Is told in which servers the application is. Calls come one after the other, and again for the same server after each
/// start and each new session: what was done before is to be done quickly again.
pub trait Members: Send + Sync + 'static {
    /// The application is in this server: its commands may have to be registered.
    fn joined(&self, guild: u64) -> impl Future<Output = ()> + Send;

    /// The application was thrown out of this server, or the server is no more.
    fn left(&self, guild: u64) -> impl Future<Output = ()> + Send;
}

/// Takes interactions from the gateway and answers them, until `stop` is done: then Discord is told goodbye, and what has
/// been begun is answered to its end, for [`Settings::drain`] at most. Connections that break are made again and sessions
/// taken up where they were.
///
/// # Errors
/// [`GatewayError`], when trying again does not help.
pub async fn run<G: Guilds, M: Members>(
    settings: Settings,
    handler: Arc<Handler<G>>,
    members: Arc<M>,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), GatewayError> {
    tokio::pin!(stop);
    let rest = handler.rest().clone();
    let token = rest.token().ok_or(GatewayError::NoToken)?.clone();
    let (advice, range) = tokio::select! {
        found = place(&rest, settings) => found?,
        () = &mut stop => return Ok(()),
    };
    let gateway = address::check(rest.base(), &advice.url)?;
    tracing::info!(
        host = gateway.host_str(),
        shards = range.count(),
        of = range.total,
        "connecting to Discord"
    );
    let (link, mut told) = Link::start(token.expose(), &gateway, range)?;
    let mut beside = JoinSet::new();
    let (changes, changed) = unbounded_channel();
    beside.spawn(tell_members(members, changed));
    let (refuse, mut refused) = unbounded_channel();
    beside.spawn(watch(link.watched(), rest, settings.patience, range, refuse));
    let answers = Arc::new(Answers::new(handler));
    let mut work = JoinSet::new();
    let ending = loop {
        tokio::select! {
            () = &mut stop => break Ok(()),
            Some(error) = refused.recv() => break Err(error),
            Some(done) = work.join_next() => note(done),
            next = told.recv() => match next {
                Some(Told::Ended(error)) => break Err(error),
                Some(told) => take(told, &answers, &mut work, &changes),
                None => break Err(GatewayError::Setup("the connection's threads have ended".to_owned())),
            },
        }
    };
    // Where Discord itself ended it, there is nobody left to say goodbye to.
    if ending.is_ok() {
        link.stop().await;
    }
    drop(link);
    // What came until the goodbye is answered like everything else.
    while let Ok(last) = told.try_recv() {
        take(last, &answers, &mut work, &changes);
    }
    let drained = async {
        while let Some(done) = work.join_next().await {
            note(done);
        }
    };
    if tokio::time::timeout(settings.drain, drained).await.is_err() {
        tracing::warn!(left = work.len(), "answers were still under way when the gateway was stopped");
    }
    ending
}

/// An answer whose task broke is a fault of ours; the next one is none the worse for it.
fn note(done: Result<(), tokio::task::JoinError>) {
    if let Err(error) = done {
        tracing::error!(%error, "the answering of an interaction broke");
    }
}

fn take<G: Guilds>(
    told: Told,
    answers: &Arc<Answers<G>>,
    work: &mut JoinSet<()>,
    changes: &UnboundedSender<Change>,
) {
    match told {
        Told::Interaction(value) => {
            let answers = Arc::clone(answers);
            work.spawn(async move { answers.answer(&value).await });
        }
        Told::Joined(guild) => changes.send(Change::Joined(guild)).unwrap_or_default(),
        Told::Left(guild) => changes.send(Change::Left(guild)).unwrap_or_default(),
        Told::Ended(error) => tracing::warn!(%error, "the connection ended while it was being left"),
    }
}

#[derive(Debug, Clone, Copy)]
enum Change {
    Joined(u64),
    Left(u64),
}

async fn tell_members<M: Members>(members: Arc<M>, mut changed: UnboundedReceiver<Change>) {
    while let Some(change) = changed.recv().await {
        match change {
            Change::Joined(guild) => members.joined(guild).await,
            Change::Left(guild) => members.left(guild).await,
        }
    }
}

/// Whether a call that failed may go better another time.
fn passing(error: &RestError) -> bool {
    match error {
        RestError::Refused { status, .. } => *status >= 500,
        RestError::TokenRefused => false,
        RestError::Limited { .. } | RestError::HoldingBack | RestError::Lost { .. } => true,
    }
}

/// Where the gateway is, and which shards to serve, once there are sessions left for them today.
async fn place(rest: &Rest, settings: Settings) -> Result<(GatewayAdvice, Range), GatewayError> {
    let mut pause = PAUSE;
    loop {
        let wait = match rest.gateway().await {
            Ok(advice) => {
                let range = settings.shards.resolve(advice.shards)?;
                if advice.remaining >= u64::from(range.count()) {
                    if range.total < advice.shards {
                        tracing::warn!(
                            total = range.total,
                            advised = advice.shards,
                            "fewer shards than advised"
                        );
                    }
                    return Ok((advice, range));
                }
                tracing::error!(until = ?advice.reset_after, "no sessions are left for today; waiting");
                advice.reset_after
            }
            Err(RestError::TokenRefused) => return Err(GatewayError::TokenRefused),
            Err(error) if passing(&error) => {
                tracing::warn!(%error, again_in = ?pause, "Discord does not say where its gateway is");
                let wait = pause;
                pause = (pause * 2).min(LONGEST);
                wait
            }
            Err(error) => return Err(GatewayError::Refused(error)),
        };
        tokio::time::sleep(wait).await;
    }
}

/// Ends it when Discord can be reached and yet gives a shard no session: the library does not say so.
async fn watch(
    shards: Watched,
    rest: Rest,
    patience: Duration,
    range: Range,
    refuse: UnboundedSender<GatewayError>,
) {
    let mut since: BTreeMap<u32, Instant> = BTreeMap::new();
    loop {
        tokio::time::sleep(LOOK).await;
        let (now, down) = (Instant::now(), shards.down().await);
        since.retain(|shard, _| down.contains(shard));
        for shard in down {
            let waited = now.duration_since(*since.entry(shard).or_insert(now));
            if waited < patience + APART * (shard - range.first) {
                continue;
            }
            match rest.gateway().await {
                Ok(advice) => {
                    let (total, advised) = (range.total, advice.shards);
                    // Whoever listened has stopped for another reason.
                    refuse.send(GatewayError::ShardRefused { shard, total, advised }).unwrap_or_default();
                    return;
                }
                Err(error) => {
                    tracing::warn!(%error, shard, "no session, and Discord can not be reached");
                    since.insert(shard, now);
                }
            }
        }
    }
}
