//! A short season played by bots in memory: where the real samples come from. Same season, same samples.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use games_core::{Rng, Secret};
use games_registry::{Ask, Decided, GameFace, World};
use schemas::host::{WorldOpen, WorldOpened};
use schemas::{Actor, Cause, CommandId, Facts, GameTime, Hash, PlayerId, WallTime, WorldId};
use serde_json::Value;

/// When the season opens: Monday, 2 March 2026, 00:00 UTC.
const OPEN_MS: i64 = 1_772_409_600_000;
const HOUR_MS: i64 = 3_600_000;
const ROUNDS_MAX: i64 = 24 * 31;
const BOTS: u64 = 12;
const TURNS: usize = 4;

/// The first payload of each type of event, by type and version.
pub type Samples = BTreeMap<(String, u16), Value>;

/// Plays a month with a dozen bots.
///
/// # Errors
/// When the world can not be opened or a decision faults.
pub fn play(game: &'static dyn GameFace) -> Result<Samples, String> {
    let mut season = Season::open(game)?;
    let mut dice: Vec<Rng> = (0..BOTS).map(Rng::new).collect();
    for round in 0..ROUNDS_MAX {
        season.pass_to(GameTime::from_ms(OPEN_MS + round * HOUR_MS))?;
        for (bot, rng) in (1..).zip(&mut dice) {
            season.turn(PlayerId::from_bits(bot), rng)?;
        }
    }
    Ok(season.samples)
}

struct Season {
    world: Box<dyn World>,
    secret: Secret,
    now: GameTime,
    causes: u64,
    samples: Samples,
}

impl Season {
    fn open(game: &'static dyn GameFace) -> Result<Self, String> {
        let mut bytes = [0_u8; 32];
        bytes[31] = 42;
        let secret = Secret::new(bytes);
        let rules = game.default_rules().to_owned();
        let id = WorldId::new("golden").map_err(|e| e.to_string())?;
        let mut config = game.check_opening(&rules, &Value::Null).map_err(|r| r.code.into_owned())?;
        // As short a season as the game allows, so that its end is played, too.
        if let Some(days) = config.get_mut("season_days") {
            *days = 30.into();
        }
        let opened = WorldOpened {
            game: game.name().to_owned(),
            config,
            rules_digest: Hash::of(rules.as_bytes()).to_string(),
            rules,
            secret_commitment: Hash(secret.commitment()).to_string(),
            sealed_secret: String::new(),
            server_key: String::new(),
            offset_ms: 0,
            server: schemas::ServerId::local(),
        };
        let world = game.create(&id, &opened).map_err(|e| e.to_string())?;
        let now = GameTime::from_ms(OPEN_MS);
        let mut season = Self { world, secret, now, causes: 0, samples: Samples::new() };
        let payload = serde_json::to_vec(&WorldOpen { opened }).map_err(|e| e.to_string())?;
        season.ask(Actor::System, "WorldOpen", 1, &payload)?;
        Ok(season)
    }

    fn turn(&mut self, player: PlayerId, rng: &mut Rng) -> Result<(), String> {
        for _ in 0..TURNS {
            let Some((kind, payload)) = self.world.bot(player, self.now, rng) else { return Ok(()) };
            let version = self.world.game().check_command(&kind, &payload).map_err(|e| e.to_string())?;
            let decided = self.ask(Actor::Bot(player), &kind, version, &payload)?;
            if decided.events.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn pass_to(&mut self, to: GameTime) -> Result<(), String> {
        while let Some(cause) = self.world.next_timer() {
            let Cause::Timer { due, .. } = cause else { break };
            if due > to {
                break;
            }
            self.now = self.now.max(due);
            self.decide(&cause, &[])?;
        }
        self.now = self.now.max(to);
        Ok(())
    }

    fn ask(&mut self, actor: Actor, kind: &str, version: u16, payload: &[u8]) -> Result<Decided, String> {
        self.causes += 1;
        let id = CommandId::new(&format!("golden:{}", self.causes)).map_err(|e| e.to_string())?;
        let kind = kind.to_owned().into();
        let facts = Facts::default();
        let cause = Cause::Command { id, actor, channel: "golden".into(), kind, version, facts };
        self.decide(&cause, payload)
    }

    fn decide(&mut self, cause: &Cause, payload: &[u8]) -> Result<Decided, String> {
        let wall = WallTime::from_ms(self.now.ms());
        let ask = Ask { cause, payload, now: self.now, wall, secret: &self.secret, draws: None };
        let decided = self.world.decide(&ask).map_err(|e| e.to_string())?;
        let mut rest = decided.event_bytes.as_slice();
        for event in &decided.events {
            let (payload, after) = rest.split_at(event.len as usize);
            rest = after;
            let key = (event.kind.clone().into_owned(), event.version);
            if let Entry::Vacant(place) = self.samples.entry(key) {
                place.insert(serde_json::from_slice(payload).map_err(|e| e.to_string())?);
            }
        }
        Ok(decided)
    }
}
