//! What is told on Twitch: read from the record of a server's season, one piece after the other, and how far it was told is
//! kept in a file. What the game declares as news is told in the words of its notices, what the host itself does in ours.
//!
//! Whatever is younger than an hour is told, however long the process or the chat was away; what is older is no news any
//! more. What a rewind decides anew has been told before.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use command_service::load::game_of;
use command_service::sealing;
use command_service::servers::{self, ServerError};
use discord_adapter::host::Host;
use discord_adapter::news;
use event_store::{EventStore, ReadError};
use games_registry::GameFace;
use projections::ProjectionError;
use schemas::codec::Recorded;
use schemas::host::HostEvent;
use schemas::{Cause, CommitNo, Position, ServerId, StoredCommit, WallTime, WorldId};
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};
use twitch_adapter::Announcement;

use crate::context::{Failure, now, write_whole};
use crate::host::{Backend, LocalHost, Seat};

/// The file that says how far it was told.
const FILE: &str = "twitch.json";
/// What is older is no news.
const NEWS_MS: i64 = 3_600_000;
/// How often it is looked whether there is anything to tell.
const LOOK: Duration = Duration::from_secs(1);
/// Commits that are read at a time.
const PAGE: u32 = 200;
/// Seasons of a server that are looked at, the newest ones: one that has just ended has something to tell, too.
const SEASONS: usize = 2;

/// How far a season was told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// All of it up to this commit.
    commit: u64,
    /// So many lines of the next one.
    lines: usize,
    /// A rewind is being carried out there.
    rewinding: bool,
}

/// How far each season was told, by name.
type Told = BTreeMap<String, Mark>;

/// Something that is told.
enum Line {
    /// In the words of the game's notices to everybody.
    Notices(Position),
    /// In our own.
    Words(String),
}

#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error("the log can not be read: {0}")]
    Log(#[from] ReadError),
    #[error("the log holds what can not be read: {0}")]
    Broken(String),
    #[error(transparent)]
    Rows(#[from] ProjectionError),
    #[error("the season can not be asked: {0}")]
    Season(String),
    #[error("how far it was told can not be written: {0}")]
    File(#[from] Failure),
    #[error("the chat has ended")]
    Ended,
}

/// Tells a chat of a server's seasons.
pub(super) struct Feed {
    backend: Backend,
    server: ServerId,
    path: PathBuf,
    chat: mpsc::Sender<Announcement>,
}

impl Feed {
    pub(super) fn new(
        backend: Backend,
        server: ServerId,
        dir: &Path,
        chat: mpsc::Sender<Announcement>,
    ) -> Self {
        Self { backend, server, path: dir.join(FILE), chat }
    }

    /// Tells what there is, until the chat has ended.
    pub(super) async fn run(self) {
        let mut told = self.told();
        let mut away = false;
        loop {
            match self.round(&mut told).await {
                Ok(()) => away = false,
                Err(Trouble::Ended) => return,
                // Said once, and not every second.
                Err(_) if away => {}
                Err(error) => {
                    away = true;
                    tracing::warn!(%error, "news for Twitch can not be read: that is tried again");
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    fn told(&self) -> Told {
        let bytes = std::fs::read(&self.path).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    fn write(&self, told: &Told) -> Result<(), Trouble> {
        let bytes = serde_json::to_vec(told).map_err(Failure::from)?;
        Ok(write_whole(&self.path, &bytes)?)
    }

    async fn round(&self, told: &mut Told) -> Result<(), Trouble> {
        let server = servers::read(&*self.backend.store, &self.server).await?;
        let first = server.worlds.len().saturating_sub(SEASONS);
        let seasons = &server.worlds[first..];
        told.retain(|name, _| seasons.iter().any(|world| world.as_str() == name));
        for world in seasons {
            self.follow(world, told).await?;
        }
        Ok(())
    }

    /// Tells what is new of a season.
    async fn follow(&self, world: &WorldId, told: &mut Told) -> Result<(), Trouble> {
        let store = &*self.backend.store;
        let Some(game) = game_of(store, world).await? else { return Ok(()) };
        let head = store.head(world).await?.commit;
        let mut mark = match told.get(world.as_str()) {
            Some(mark) => *mark,
            None => Mark { commit: self.begin(world, head).await?.get(), ..Mark::default() },
        };
        if mark.commit >= head.get() {
            return Ok(());
        }
        // The words stand in the rows: what they do not hold yet is told later.
        let rows = self.backend.models.queries().await.checkpoint(world).await?.commit;
        let host = self.backend.host(Seat::of(world.clone(), self.server.clone(), game));
        while mark.commit < head.min(rows).get() {
            let page = store.read(world, CommitNo::new(mark.commit), PAGE).await?;
            let within: Vec<&StoredCommit> =
                page.iter().filter(|stored| stored.commit <= head.min(rows)).collect();
            let Some(last) = within.last() else { break };
            for stored in &within {
                self.tell_of(stored, game, &host, &mut mark, told).await?;
            }
            mark.commit = last.commit.get();
            told.insert(world.to_string(), mark);
            self.write(told)?;
        }
        Ok(())
    }

    /// After which commit a season begins to be told that was not told of yet: the last one that is no news any more.
    async fn begin(&self, world: &WorldId, head: CommitNo) -> Result<CommitNo, Trouble> {
        let since = now().plus_ms(-NEWS_MS);
        let (mut old, mut new) = (0, head.get() + 1);
        while new - old > 1 {
            let middle = old + (new - old) / 2;
            let found = self.backend.store.read(world, CommitNo::new(middle).prev(), 1).await?;
            let Some(stored) = found.first() else { break };
            if wall(stored)? < since { old = middle } else { new = middle }
        }
        Ok(CommitNo::new(old))
    }

    /// Tells of one commit.
    async fn tell_of(
        &self,
        stored: &StoredCommit,
        game: &'static dyn GameFace,
        host: &LocalHost,
        mark: &mut Mark,
        told: &mut Told,
    ) -> Result<(), Trouble> {
        let at = wall(stored)?;
        let lines = lines(stored, game, &mut mark.rewinding)?;
        let mut number = 0;
        for line in lines {
            let texts = match line {
                Line::Words(text) => vec![text],
                Line::Notices(position) => {
                    self.backend.models.queries().await.told_to_all(&stored.world, position).await?
                }
            };
            for text in texts {
                number += 1;
                let age = now().since(at);
                if number <= mark.lines || age > NEWS_MS {
                    continue;
                }
                let place = host.place().await.map_err(|refusal| Trouble::Season(refusal.sentence))?;
                let text = news::plain(host, place.clock, &text, now().ms()).await;
                // Last, for what somebody has written is theirs: no number in it becomes a name.
                let text = sealing::open_text(&self.backend.vault, &stored.world, &text).await;
                self.tell(text, NEWS_MS - age).await?;
                // At once, so that what was told is told again only if this very step is lost.
                mark.commit = stored.commit.get().saturating_sub(1);
                mark.lines = number;
                told.insert(stored.world.to_string(), *mark);
                self.write(told)?;
            }
        }
        mark.lines = 0;
        Ok(())
    }

    /// Hands a text to the chat, and waits until it was told.
    async fn tell(&self, text: String, left_ms: i64) -> Result<(), Trouble> {
        let left = Duration::from_millis(u64::try_from(left_ms).unwrap_or(0));
        let (told, answer) = oneshot::channel();
        let announcement = Announcement { text, until: Instant::now() + left, told };
        self.chat.send(announcement).await.map_err(|_| Trouble::Ended)?;
        answer.await.map_err(|_| Trouble::Ended)
    }
}

fn broken(stored: &StoredCommit, problem: &dyn std::fmt::Display) -> Trouble {
    Trouble::Broken(format!("{}, commit {}: {problem}", stored.world, stored.commit))
}

/// When a commit was made.
fn wall(stored: &StoredCommit) -> Result<WallTime, Trouble> {
    Ok(stored.open().map_err(|e| broken(stored, &e))?.header.wall_ms)
}

/// What of a commit is told.
fn lines(
    stored: &StoredCommit,
    game: &'static dyn GameFace,
    rewinding: &mut bool,
) -> Result<Vec<Line>, Trouble> {
    let open = stored.open().map_err(|e| broken(stored, &e))?;
    let mut lines = Vec::new();
    if stored.rewinds_to.is_some() {
        *rewinding = true;
        lines.push(Line::Words("The season was taken back; what came after is decided anew.".to_owned()));
    }
    if *rewinding {
        *rewinding = !matches!(open.header.cause, Cause::RewindEnd);
        return Ok(lines);
    }
    for event in open.events() {
        if game.news().contains(&event.kind) {
            lines.push(Line::Notices(event.position));
            continue;
        }
        let because = |reason: &str| if reason.is_empty() { String::new() } else { format!(": {reason}") };
        match HostEvent::decode(event.kind, event.version, event.payload) {
            Ok(HostEvent::WorldOpened(_)) => {
                lines.push(Line::Words(format!("A new season of {} is open.", game.title())));
            }
            Ok(HostEvent::WorldPaused(paused)) => {
                lines.push(Line::Words(format!("The season is paused{}", because(&paused.reason))));
            }
            Ok(HostEvent::WorldResumed(resumed)) => {
                lines.push(Line::Words(format!("The season goes on{}", because(&resumed.reason))));
            }
            // One that ends by its calendar has been told of by its game.
            Ok(HostEvent::WorldClosed(closed)) if closed.reason != "calendar" => {
                lines.push(Line::Words(format!("The season is closed{}", because(&closed.reason))));
            }
            // Everything else is nobody's news, and a game's own event is none of the host's.
            Ok(
                HostEvent::WorldClosed(_)
                | HostEvent::WorldRewound(_)
                | HostEvent::DiceRenewed(_)
                | HostEvent::RewindCompleted(_)
                | HostEvent::WorldRulesChanged(_)
                | HostEvent::TutorialRewarded(_),
            )
            | Err(_) => {}
        }
    }
    Ok(lines)
}
