//! The blanket implementation: any [`Game`] as a [`World`].

mod decide;
mod host;
mod tutorial;
mod world;

use std::collections::BTreeMap;
use std::sync::Arc;

use games_core::balance::Balance;
use games_core::game::{Moment, Notice};
use games_core::{Counters, Game};
use schemas::host::{HostEvent, WorldOpened};
use schemas::{CommitNo, GameTime, Position, StoredCommit, WorldId};
use serde::{Deserialize, Serialize};

use crate::face::read_config;
use crate::host::{Cursor, HostState, Status};
use crate::world::{FoldError, Watch};

/// The switch of messages about the season as a whole.
const SEASON: &str = "season";

/// A world of one game.
pub struct TypedWorld<G: Game> {
    world: WorldId,
    cursor: Cursor,
    host: HostState,
    config: G::Config,
    rules: Arc<G::Rules>,
    state: G::State,
    /// Who watches for the balance report, if somebody does.
    balance: Option<Box<dyn Balance<G>>>,
}

#[derive(Serialize)]
struct SnapshotOut<'a, S> {
    cursor: &'a Cursor,
    host: &'a HostState,
    state: &'a S,
}

#[derive(Deserialize)]
struct SnapshotIn<S> {
    cursor: Cursor,
    host: HostState,
    state: S,
}

impl<G: Game> TypedWorld<G> {
    /// A world at its beginning.
    ///
    /// # Errors
    /// When rules or settings can not be read.
    pub fn create(world: WorldId, opened: &WorldOpened) -> Result<Self, FoldError> {
        let fail = |problem: String| FoldError { commit: CommitNo::new(1), problem };
        let rules = G::parse_rules(&opened.rules).map_err(|e| fail(e.to_string()))?;
        let config = read_config::<G>(&opened.config).map_err(fail)?;
        let state = G::genesis(&rules, &config, GameTime::default());
        let host = HostState {
            game: opened.game.clone(),
            config: opened.config.to_string(),
            rules: opened.rules.clone(),
            rules_digest: opened.rules_digest.clone(),
            secret_commitment: opened.secret_commitment.clone(),
            sealed_secret: opened.sealed_secret.clone(),
            revealed: None,
            server_key: opened.server_key.clone(),
            opened: GameTime::default(),
            status: Status::Open,
            counters: Counters::default(),
            generation: 0,
            learned: BTreeMap::new(),
        };
        let cursor = Cursor { offset_ms: opened.offset_ms, ..Cursor::default() };
        Ok(Self { world, cursor, host, config, rules: Arc::new(rules), state, balance: None })
    }

    /// A world from a snapshot.
    ///
    /// # Errors
    /// When the bytes are no snapshot of this game.
    pub fn restore(world: WorldId, bytes: &[u8]) -> Result<Self, FoldError> {
        let fail = |problem: String| FoldError { commit: CommitNo::ZERO, problem };
        let snapshot: SnapshotIn<G::State> =
            postcard::from_bytes(bytes).map_err(|e| fail(format!("snapshot: {e}")))?;
        let rules = G::parse_rules(&snapshot.host.rules).map_err(|e| fail(e.to_string()))?;
        let config = serde_json::from_str(&snapshot.host.config).map_err(|e| fail(e.to_string()))?;
        let config = read_config::<G>(&config).map_err(fail)?;
        Ok(Self {
            world,
            cursor: snapshot.cursor,
            host: snapshot.host,
            config,
            rules: Arc::new(rules),
            state: snapshot.state,
            balance: None,
        })
    }

    /// The game's state.
    #[must_use]
    pub const fn state(&self) -> &G::State {
        &self.state
    }

    /// The rules in force.
    #[must_use]
    pub fn rules(&self) -> &G::Rules {
        &self.rules
    }

    /// Folds one event of the host.
    fn evolve_host(&mut self, event: &HostEvent, now: GameTime) -> Result<(), String> {
        match event {
            HostEvent::WorldOpened(opened) => {
                self.host.opened = now;
                self.cursor.offset_ms = opened.offset_ms;
                self.state = G::genesis(&self.rules, &self.config, now);
            }
            HostEvent::WorldPaused(_) => self.host.status = Status::Paused(now),
            HostEvent::WorldResumed(resumed) => {
                self.host.status = Status::Open;
                self.cursor.offset_ms = resumed.offset_ms;
            }
            HostEvent::WorldClosed(closed) => {
                self.host.status = Status::Ended(now);
                self.host.revealed = Some(closed.secret.clone());
            }
            HostEvent::WorldRewound(rewound) => {
                self.host.status = Status::Rewinding(now);
                self.cursor.offset_ms = rewound.offset_ms;
                for (kind, &number) in &rewound.next_ids {
                    self.host.counters.raise(kind, number);
                }
            }
            HostEvent::DiceRenewed(renewed) => self.host.generation = renewed.generation,
            HostEvent::RewindCompleted(_) => self.host.status = Status::Open,
            HostEvent::WorldRulesChanged(changed) => {
                self.rules = Arc::new(G::parse_rules(&changed.rules).map_err(|e| e.to_string())?);
                self.host.rules.clone_from(&changed.rules);
                self.host.rules_digest.clone_from(&changed.rules_digest);
            }
            HostEvent::TutorialRewarded(rewarded) => self.mark_paid(rewarded),
        }
        Ok(())
    }

    fn move_cursor(&mut self, stored: &StoredCommit) {
        self.cursor.commit = stored.commit;
        self.cursor.position = stored.last();
        self.cursor.hash = stored.hash;
        self.cursor.epoch = stored.epoch;
        if stored.rewinds_to.is_some() {
            self.cursor.rewinds += 1;
        }
    }

    /// What the host's own events are told as: to the season's channel, and to everybody who wants such messages.
    fn watch_host(&self, event: &HostEvent, position: Position, watch: &mut Watch) {
        let because = |reason: &str| if reason.is_empty() { ".".to_owned() } else { format!(": {reason}.") };
        let text = match event {
            HostEvent::WorldPaused(paused) => {
                format!("The season is paused{} Timers wait too.", because(&paused.reason))
            }
            HostEvent::WorldResumed(resumed) => {
                format!("The season goes on{}", because(&resumed.reason))
            }
            HostEvent::WorldOpened(_)
            | HostEvent::WorldClosed(_)
            | HostEvent::WorldRewound(_)
            | HostEvent::DiceRenewed(_)
            | HostEvent::RewindCompleted(_)
            | HostEvent::WorldRulesChanged(_)
            | HostEvent::TutorialRewarded(_) => return,
        };
        let to = std::iter::once(None).chain(G::wanting(&self.state, SEASON).into_iter().map(Some));
        let notices = to.map(|to| (position, Notice::new(to, SEASON.into(), text.clone())));
        watch.notices.extend(notices);
    }

    fn watch_event(&self, event: &G::Event, at: Moment<'_>, watch: &mut Watch) {
        let mut touched = Vec::new();
        G::touched(&self.state, event, &mut touched);
        watch.touched.extend(touched);
        let mut rows = Vec::new();
        G::history(&self.rules, &self.state, event, at, &mut rows);
        watch.history.extend(rows.into_iter().map(|row| (at.position, row)));
        let mut scored = Vec::new();
        G::scored(&self.state, event, &mut scored);
        watch.scored.extend(scored);
        let mut notices = Vec::new();
        G::notices(&self.rules, &self.state, event, &mut notices);
        watch.notices.extend(notices.into_iter().map(|notice| (at.position, notice)));
        let mut ledger = Vec::new();
        G::ledger(event, &mut ledger);
        watch.ledger.extend(ledger.into_iter().map(|(account, delta)| (at.position, account, delta)));
    }
}
