//! A run: a world driven to and fro, and everything that the watched player is told, line by line.

use std::collections::BTreeMap;

use games_core::game::Notice;
use games_core::{Audience, Rng, Secret};
use games_registry::{Ask, Watch, World};
use kernel::Seen;
use schemas::commit::Commit;
use schemas::host::{WorldOpen, WorldOpened};
use schemas::{
    Actor, Cause, CommandId, CommitHeader, Epoch, Facts, GameTime, Hash, Outcome, PlayerId, Rejection,
    WallTime, WorldId,
};
use serde_json::{Value, json};

use super::plays::{Act, Secrets};
use super::{Cast, Hidden, Leaking};

/// The season begins here: 2026-03-02T00:00:00Z.
const START_MS: i64 = 1_772_409_600_000;
/// Turns of a run. They stay within the first day.
const TURNS: u32 = 110;
/// Longest pause between two turns.
const PAUSE_MS: u64 = 12 * 60_000;

/// Opens a world and lets everybody join.
pub(super) fn open(secrets: &dyn Secrets, cast: &Cast, number: u64) -> Result<Box<dyn World>, String> {
    let game = games_registry::find(secrets.game()).ok_or_else(|| format!("no game {}", secrets.game()))?;
    let id = WorldId::new("secrecy").map_err(|e| e.to_string())?;
    let rules = game.default_rules().to_owned();
    let opened = WorldOpened {
        game: game.name().to_owned(),
        config: game.check_opening(&rules, &Value::Null).map_err(|r| r.code.into_owned())?,
        rules_digest: Hash::of(rules.as_bytes()).to_string(),
        rules,
        // The same in all runs, so that other dice are not told by the opening itself.
        secret_commitment: String::new(),
        sealed_secret: String::new(),
        server_key: String::new(),
        offset_ms: 0,
        server: schemas::ServerId::local(),
    };
    let world = game.create(&id, &opened).map_err(|e| e.to_string())?;
    let mut stage = Stage::new(secrets, cast, world, None);
    stage.secret = secret(number);
    let payload = serde_json::to_vec(&WorldOpen { opened }).map_err(|e| e.to_string())?;
    stage.command(&Actor::System, "WorldOpen", payload)?;
    for (n, player) in cast.players.iter().enumerate() {
        let (kind, payload) = secrets.join(n);
        stage.command(&Actor::Player(*player), kind, payload)?;
    }
    Ok(stage.world)
}

fn secret(number: u64) -> Secret {
    Secret::new(Hash::of(&number.to_be_bytes()).0)
}

/// One run.
pub(super) struct Stage<'a> {
    secrets: &'a dyn Secrets,
    cast: &'a Cast,
    world: Box<dyn World>,
    /// The same world folded from the record: it tells the messages.
    twin: Box<dyn World>,
    secret: Secret,
    plant: Option<Leaking>,
    now: GameTime,
    /// Commands so far, by player: how many the hidden ones gave must not show in the others' ids.
    given: BTreeMap<String, u64>,
    hash: Hash,
    /// What the watched player was told.
    told: Vec<String>,
}

impl<'a> Stage<'a> {
    pub(super) fn new(
        secrets: &'a dyn Secrets,
        cast: &'a Cast,
        world: Box<dyn World>,
        plant: Option<Leaking>,
    ) -> Self {
        let now = GameTime::from_ms(START_MS);
        let (twin, hash) = (world.fork(), world.cursor().hash);
        let (given, told) = (BTreeMap::new(), Vec::new());
        Self { secrets, cast, world, twin, secret: secret(0), plant, now, given, hash, told }
    }

    /// From here on the dice are others.
    pub(super) fn other_dice(&mut self, number: u64) {
        self.secret = secret(number);
    }

    /// What was told, and the digest of the state at the end.
    pub(super) fn finish(self) -> (Vec<String>, Hash) {
        (self.told, self.world.digest())
    }

    /// Plays a day: `public` decides who acts when and what everybody but the hidden players does, `private` what those do.
    pub(super) fn play(&mut self, hidden: Hidden, public: &mut Rng, mut private: Rng) -> Result<(), String> {
        for turn in 0..TURNS {
            self.pass(1 + public.below(PAUSE_MS) as i64)?;
            let who = public.below(self.cast.players.len() as u64) as usize;
            let player = self.cast.players[who];
            if self.cast.hidden().contains(&player) {
                for _ in 0..=private.below(3) {
                    let act = self.secrets.hidden(&mut private, hidden, self.cast);
                    self.act(player, act)?;
                }
                continue;
            }
            for act in self.secrets.public(public, hidden, self.cast, player, turn) {
                self.act(player, act)?;
            }
        }
        Ok(())
    }

    fn pass(&mut self, ms: i64) -> Result<(), String> {
        let to = self.now.plus_ms(ms);
        while let Some(cause) = self.world.next_timer() {
            let Cause::Timer { due, .. } = cause else { break };
            if due > to {
                break;
            }
            self.now = self.now.max(due);
            self.decide(cause, Vec::new())?;
        }
        self.now = to;
        Ok(())
    }

    fn act(&mut self, player: PlayerId, act: Act) -> Result<(), String> {
        let (actor, facts) = (Actor::Player(player), Facts::default());
        let watched = player == self.cast.watched();
        match act {
            Act::Command(kind, payload) => {
                let bytes = payload.to_string().into_bytes();
                let line = match self.world.game().check_command(kind, &bytes) {
                    Err(problem) => format!("{kind} is not understood: {problem}"),
                    Ok(_) => {
                        let rejection = self.command(&actor, kind, bytes)?;
                        let rejection = rejection.map(|rejection| self.refused(rejection));
                        format!("{kind} {payload}: {}", rejection.unwrap_or_else(|| "accepted".to_owned()))
                    }
                };
                if watched {
                    self.told.push(line);
                }
            }
            Act::Query(kind, options) if watched => {
                let answer = match self.world.query(kind, &options, &actor, &facts, self.now) {
                    Ok(mut view) => {
                        if self.plant == Some(Leaking::View) && view.is_object() {
                            view["leak"] = self.figure();
                        }
                        view.to_string()
                    }
                    Err(rejection) => self.refused(rejection),
                };
                self.told.push(format!("{kind} {options}? {answer}"));
            }
            Act::Suggest(path, option, typed) if watched => {
                let mut found = self.world.suggest(path, option, typed, &actor, self.now);
                if self.plant == Some(Leaking::Suggestion) {
                    found.push(("leak".to_owned(), self.figure().to_string()));
                }
                self.told.push(format!("/{path} {option}:{typed} … {found:?}"));
            }
            Act::Query(..) | Act::Suggest(..) => {}
        }
        Ok(())
    }

    /// A refusal as the asker is told it: code, figures, words.
    fn refused(&self, mut rejection: Rejection) -> String {
        if self.plant == Some(Leaking::Refusal) {
            rejection = rejection.with("leak", self.figure().to_string());
        }
        let text = self.world.game().describe(&rejection);
        format!("refused {rejection:?} {text:?}")
    }

    /// A figure of the first hidden player that nobody else may know.
    fn figure(&self) -> Value {
        self.secrets.figure(&self.world.state_json(), self.cast.hidden()[0])
    }

    fn command(&mut self, actor: &Actor, kind: &str, payload: Vec<u8>) -> Result<Option<Rejection>, String> {
        let given = self.given.entry(actor.to_string()).or_default();
        *given += 1;
        let id = CommandId::new(&format!("sim:{actor}:{given}")).map_err(|e| e.to_string())?;
        let (actor, facts) = (actor.clone(), Facts::default());
        let kind = kind.to_owned().into();
        let cause = Cause::Command { id, actor, channel: "sim".into(), kind, version: 1, facts };
        self.decide(cause, payload)
    }

    /// Decides, seals what came of it, and tells the watched player what is theirs.
    fn decide(&mut self, cause: Cause, payload: Vec<u8>) -> Result<Option<Rejection>, String> {
        let wall = WallTime::from_ms(self.now.ms());
        let cursor = *self.world.cursor();
        let ask =
            Ask { cause: &cause, payload: &payload, now: self.now, wall, secret: &self.secret, draws: None };
        let decided = self.world.decide(&ask).map_err(|e| e.to_string())?;
        let header = CommitHeader {
            world: WorldId::new("secrecy").map_err(|e| e.to_string())?,
            commit: cursor.commit.next(),
            first: cursor.position.next(),
            epoch: Epoch::new(1),
            game_ms: decided.game,
            wall_ms: wall,
            cause,
            payload_len: payload.len() as u32,
            outcome: decided.outcome.clone(),
            events: decided.events,
            allocations: decided.allocations,
            replaces: None,
            rewinds_to: None,
            rules: self.world.host().rules_short().into(),
        };
        let stored = Commit { header, payload, event_bytes: decided.event_bytes }
            .seal(self.hash)
            .map_err(|e| e.to_string())?;
        self.world.sealed(&stored);
        self.hash = stored.hash;
        let open = stored.open().map_err(|e| e.to_string())?;
        let watched = self.cast.watched();
        for (event, audience) in open.events().zip(&decided.audiences) {
            let widened = self.plant == Some(Leaking::Audience)
                && self.cast.hidden().iter().any(|hidden| audience.includes(*hidden));
            let audience = if widened { &Audience::Everyone } else { audience };
            if let Some(seen) = Seen::by(Some(watched), &event, audience) {
                let payload = String::from_utf8_lossy(&seen.payload).into_owned();
                self.told.push(format!("{} {} {payload}", seen.kind, seen.public));
            }
        }
        let mut watch = Watch::default();
        self.twin.apply(&stored, &open, Some(&mut watch)).map_err(|e| e.to_string())?;
        self.notices(watch.notices.into_iter().map(|(_, notice)| notice));
        Ok(match decided.outcome {
            Outcome::Accepted => None,
            Outcome::Rejected(rejection) => Some(rejection),
        })
    }

    fn notices(&mut self, notices: impl Iterator<Item = Notice>) {
        let (watched, hidden) = (self.cast.watched(), self.cast.hidden());
        let leaks = self.plant == Some(Leaking::Notice);
        for notice in notices {
            let mine = notice.to.is_none_or(|to| to == watched || leaks && hidden.contains(&to));
            if mine {
                self.told.push(json!({ "kind": notice.kind, "text": notice.text }).to_string());
            }
        }
    }
}
