//! Any game's world as hosts see it.

use std::sync::Arc;

use games_core::balance::{Answered, BalanceReport};
use games_core::duty::{Gauge, Page};
use games_core::game::{Asked, BattleReport, Moment};
use games_core::view::{Cell, RowKey};
use games_core::{Audience, Game, HasTimers};
use schemas::codec::{DecodeError, Recorded};
use schemas::commit::OpenCommit;
use schemas::host::{HostEvent, is_host_kind};
use schemas::{Actor, Cause, Facts, GameTime, Hash, Outcome, PlayerId, Rejection, StoredCommit};

use super::decide::host_audience;
use super::{SnapshotOut, TypedWorld};
use crate::face::{GameFace, face, read_query};
use crate::host::{Cursor, HostState};
use crate::world::{Ask, DecideError, Decided, FoldError, Watch, World};

/// Questions whose answer shows the state of the season, in a field `state`.
const SEASON_VIEWS: [&str; 2] = ["SetupStatus", "SeasonStatus"];
/// What a sealed text begins with.
const SEALED: &str = "sealed:";
/// Most suggestions for an option.
const SUGGESTIONS_MAX: usize = 25;
/// Most that are opened to find out which of them fit.
const SEALED_SUGGESTIONS_MAX: usize = 500;

impl<G: Game> World for TypedWorld<G> {
    fn game(&self) -> &'static dyn GameFace {
        face::<G>()
    }

    fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    fn host(&self) -> &HostState {
        &self.host
    }

    fn decide(&mut self, ask: &Ask<'_>) -> Result<Decided, DecideError> {
        self.decide_cause(ask)
    }

    fn sealed(&mut self, stored: &StoredCommit) {
        self.move_cursor(stored);
    }

    fn passed(&mut self, stored: &StoredCommit) {
        // A number once issued is never issued again, not even when what it named is void.
        if let Ok(header) = stored.read_header() {
            self.host.counters.fold(&header.allocations);
        }
        self.move_cursor(stored);
    }

    fn next_timer(&self) -> Option<Cause> {
        let due = self.state.timers().next()?;
        let key = serde_json::to_string(&due.key).unwrap_or_default();
        Some(Cause::Timer { id: due.id, key: key.into(), due: due.due })
    }

    fn apply(
        &mut self,
        stored: &StoredCommit,
        open: &OpenCommit<'_>,
        mut watch: Option<&mut Watch>,
    ) -> Result<(), FoldError> {
        let fail = |problem: String| FoldError { commit: stored.commit, problem };
        let header = &open.header;
        if let Cause::Timer { id, .. } = &header.cause {
            let key = self
                .state
                .timers()
                .find(*id)
                .cloned()
                .ok_or_else(|| fail(format!("timer {id} fires, but does not stand")))?;
            self.state.timers_mut().clear(&key);
        }
        self.host.counters.fold(&header.allocations);
        let cause = header.cause.id_text(stored.commit);
        if let (Some(balance), Cause::Command { actor, kind, .. }) = (&mut self.balance, &header.cause)
            && !is_host_kind(kind)
        {
            let refused = match &header.outcome {
                Outcome::Accepted => None,
                Outcome::Rejected(rejection) => Some(&*rejection.code),
            };
            balance.command(&self.state, Answered { player: actor.player(), kind, refused });
        }
        for event in open.events() {
            if is_host_kind(event.kind) {
                let position = event.position;
                let event = HostEvent::decode(event.kind, event.version, event.payload)
                    .map_err(|e| fail(e.to_string()))?;
                self.evolve_host(&event, header.game_ms).map_err(fail)?;
                if let Some(watch) = watch.as_deref_mut() {
                    self.watch_host(&event, position, watch);
                }
                continue;
            }
            let position = event.position;
            let event =
                G::read_event(event.kind, event.version, event.payload).map_err(|e| fail(e.to_string()))?;
            let at = Moment { now: header.game_ms, cause: &cause, position };
            G::evolve(&self.rules, &mut self.state, &event, at);
            if let Some(balance) = &mut self.balance {
                balance.event(&self.rules, &self.state, &event, at);
            }
            if let Some(watch) = watch.as_deref_mut() {
                self.watch_event(&event, at, watch);
            }
        }
        if let (Cause::Command { actor, kind, .. }, Outcome::Accepted) = (&header.cause, &header.outcome) {
            self.learn(actor, kind);
        }
        self.move_cursor(stored);
        self.cursor.game = header.game_ms;
        Ok(())
    }

    fn query(
        &self,
        kind: &str,
        options: &serde_json::Value,
        actor: &Actor,
        facts: &Facts,
        now: GameTime,
    ) -> Result<serde_json::Value, Rejection> {
        if kind == "TutorialShow" {
            return Ok(self.tutorial(actor));
        }
        let query = read_query::<G>(kind, options)
            .map_err(|e| Rejection::new("INVALID_OPTION").with("option", kind).with("rule", e))?;
        let mut view = G::query(&self.rules, &self.state, query, &Asked { actor, facts, now })?;
        // No game knows that its world can be paused or taken back: where it shows a season's state, that is the host's.
        if let (true, Some(state)) = (SEASON_VIEWS.contains(&kind), view.get_mut("state")) {
            *state = self.host.status.word().into();
        }
        Ok(view)
    }

    fn audience(&self, kind: &str, version: u16, payload: &[u8]) -> Result<Audience, DecodeError> {
        if is_host_kind(kind) {
            return Ok(host_audience(&HostEvent::decode(kind, version, payload)?));
        }
        Ok(G::audience(&self.state, &G::read_event(kind, version, payload)?))
    }

    fn suggest(
        &self,
        path: &str,
        option: &str,
        typed: &str,
        actor: &Actor,
        now: GameTime,
    ) -> Vec<(String, String)> {
        let facts = Facts::default();
        let mut found =
            G::suggest(&self.rules, &self.state, path, option, typed, &Asked { actor, facts: &facts, now });
        // What is sealed is sifted when it has been opened.
        let sealed = found.iter().any(|(shown, _)| shown.contains(SEALED));
        found.truncate(if sealed { SEALED_SUGGESTIONS_MAX } else { SUGGESTIONS_MAX });
        found
    }

    fn refight(&self, inputs: &serde_json::Value) -> Result<BattleReport, String> {
        G::refight(&self.rules, inputs)
    }

    fn bot(&self, player: PlayerId, now: GameTime, rng: &mut games_core::Rng) -> Option<(String, Vec<u8>)> {
        let command = G::bot(&self.rules, &self.state, player, now, rng)?;
        let mut payload = Vec::new();
        command.encode(&mut payload).ok()?;
        Some((command.kind().to_owned(), payload))
    }

    fn watch_balance(&mut self) -> bool {
        self.balance = G::balance();
        self.balance.is_some()
    }

    fn balance(&self) -> Option<BalanceReport> {
        self.balance.as_ref().map(|balance| balance.report(&self.rules, &self.state))
    }

    fn digest(&self) -> Hash {
        let bytes = postcard::to_allocvec(&(&self.host, &self.state)).unwrap_or_default();
        Hash::of(&bytes)
    }

    fn snapshot(&self) -> Vec<u8> {
        let out = SnapshotOut { cursor: &self.cursor, host: &self.host, state: &self.state };
        postcard::to_allocvec(&out).unwrap_or_default()
    }

    fn state_json(&self) -> serde_json::Value {
        serde_json::to_value(&self.state).unwrap_or_default()
    }

    fn replace_state(&mut self, state: &serde_json::Value) -> Result<(), FoldError> {
        let commit = self.cursor.commit;
        self.state = serde_json::from_value(state.clone())
            .map_err(|e| FoldError { commit, problem: e.to_string() })?;
        Ok(())
    }

    fn row(&self, key: &RowKey) -> Option<Vec<Cell>> {
        G::row(&self.rules, &self.state, key)
    }

    fn scores(&self, entity: u64) -> Vec<(usize, i64)> {
        G::scores(&self.rules, &self.state, entity)
    }

    fn holdings(&self) -> Vec<(&'static str, i64)> {
        G::holdings(&self.state)
    }

    fn timers(&self) -> usize {
        self.state.timers().len()
    }

    fn gauges(&self, now: GameTime) -> Vec<Gauge> {
        G::gauges(&self.rules, &self.state, now)
    }

    fn page(
        &self,
        page: &Page,
        actor: &Actor,
        facts: &Facts,
        now: GameTime,
    ) -> Result<serde_json::Value, Rejection> {
        let refused = || Err(Rejection::new("NO_PAGE").with("game", G::TITLE));
        G::page(&self.rules, &self.state, page, &Asked { actor, facts, now }).unwrap_or_else(refused)
    }

    fn fork(&self) -> Box<dyn World> {
        Box::new(Self {
            world: self.world.clone(),
            cursor: self.cursor,
            host: self.host.clone(),
            config: self.config.clone(),
            rules: Arc::clone(&self.rules),
            state: self.state.clone(),
            // Nobody watches a copy.
            balance: None,
        })
    }
}
