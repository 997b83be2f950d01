//! A season in memory: commands in, receipts out, time that passes when it is told to. The rules are the games' own.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "a helper; each test file uses its part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a helper may fail its test")]

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use discord_adapter::host::{Answer, Asker, Clock, Host, Occurred, Place, Receipt, Who};
use discord_adapter::interaction::{User, UserKey};
use discord_adapter::refusal;
use games_core::Secret;
use games_core::tree::CommandTree;
use games_registry::{Ask, GameFace, World};
use schemas::commit::CommitHeader;
use schemas::host::{WorldClose, WorldOpen, WorldOpened, WorldPause};
use schemas::rejection::RejectionText;
use schemas::{
    Actor, Cause, CommandId, Commit, Epoch, Facts, GameTime, Hash, Outcome, PlayerId, Rejection, WallTime,
    WorldId,
};
use serde_json::{Value, json};

/// Monday, 2 March 2026, 00:00 UTC.
pub const OPEN: i64 = 1_772_409_600_000;

pub struct Season {
    game: &'static dyn GameFace,
    inner: Mutex<Inner>,
}

struct Inner {
    world: Option<Box<dyn World>>,
    wall: i64,
    secret: Secret,
    people: BTreeMap<String, PlayerId>,
    users: BTreeMap<u64, String>,
    decided: usize,
    hash: Hash,
    /// Answers by command id: a repeated delivery gets the first answer again.
    answers: BTreeMap<String, Answer<Receipt>>,
    seen: Vec<(Vec<games_core::Audience>, Vec<Occurred>)>,
}

impl Season {
    /// A place where no season runs yet.
    pub fn empty(game: &str) -> Self {
        let game = games_registry::find(game).unwrap();
        let mut secret = [0; 32];
        secret[31] = 7;
        let inner = Inner {
            world: None,
            wall: OPEN,
            secret: Secret::new(secret),
            people: BTreeMap::new(),
            users: BTreeMap::new(),
            decided: 0,
            hash: Hash::ZERO,
            answers: BTreeMap::new(),
            seen: Vec::new(),
        };
        Self { game, inner: Mutex::new(inner) }
    }

    pub fn open(game: &str) -> Self {
        let season = Self::empty(game);
        season.lock().open(season.game).unwrap();
        season
    }

    pub fn tree(&self) -> &'static CommandTree {
        self.game.tree()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&self, rejection: &Rejection) -> RejectionText {
        let text = self.game.describe(rejection).unwrap_or_else(|| refusal::describe(rejection));
        assert_eq!(refusal::whole(text.clone()), text, "a figure is missing");
        text
    }

    /// Every battle fought so far: its row, and its steps as they are fought again.
    fn battles(&self) -> Vec<(Value, Value)> {
        let inner = self.lock();
        let events = inner.seen.iter().flat_map(|(_, events)| events);
        events
            .filter_map(|event| {
                let payload = serde_json::to_vec(&event.payload).unwrap();
                let record = self.game.battle(&event.kind, 1, &payload)?;
                let report = self.game.refight(self.game.default_rules(), &record.inputs).unwrap();
                assert_eq!(report.digest, record.digest);
                let e = &event.payload;
                let row = json!({
                    "course": report.course(),
                    "battle_id": e["battle"], "kind": e["kind"], "attacker": e["attacker"]["party"]["player"],
                    "defender": e["defender"]["party"]["player"], "npc": e["defender"]["party"]["npc"]["npc"],
                    "tile": e["tile"], "outcome": report.outcome, "rounds": report.rounds,
                    "digest": report.digest, "at": OPEN,
                });
                Some((row, serde_json::to_value(report.told).unwrap()))
            })
            .collect()
    }

    /// How many commands were decided: repeated deliveries do not count.
    pub fn decided(&self) -> usize {
        self.lock().decided
    }

    /// The state as JSON, to look something up that a test needs.
    pub fn state(&self) -> Value {
        self.lock().world.as_ref().map_or(Value::Null, |world| world.state_json())
    }
}

impl Inner {
    fn open(&mut self, game: &'static dyn GameFace) -> Answer<Receipt> {
        let rules = game.default_rules().to_owned();
        let opened = WorldOpened {
            game: game.name().to_owned(),
            config: game.check_opening(&rules, &Value::Null).unwrap(),
            rules_digest: Hash::of(rules.as_bytes()).to_string(),
            rules,
            secret_commitment: String::new(),
            sealed_secret: String::new(),
            server_key: String::new(),
            offset_ms: 0,
            server: schemas::ServerId::local(),
        };
        self.world = Some(game.create(&WorldId::new("s1").unwrap(), &opened).unwrap());
        let payload = serde_json::to_vec(&WorldOpen { opened }).unwrap();
        self.decide("open", Actor::System, "WorldOpen", &payload, Facts::default(), None)
            .map_err(|r| refusal::describe(&r))
    }

    fn decide(
        &mut self,
        id: &str,
        actor: Actor,
        kind: &str,
        payload: &[u8],
        facts: Facts,
        viewer: Option<PlayerId>,
    ) -> Result<Receipt, Rejection> {
        let cause = Cause::Command {
            id: CommandId::new(id).unwrap(),
            actor,
            channel: "terminal".into(),
            kind: kind.to_owned().into(),
            version: 1,
            facts,
        };
        let now = self.now();
        self.commit(&cause, payload, now, viewer)
    }

    fn now(&self) -> GameTime {
        self.world
            .as_ref()
            .map_or(GameTime::from_ms(self.wall), |world| world.clock(WallTime::from_ms(self.wall)))
    }

    fn commit(
        &mut self,
        cause: &Cause,
        payload: &[u8],
        now: GameTime,
        viewer: Option<PlayerId>,
    ) -> Result<Receipt, Rejection> {
        let secret = self.secret.clone();
        let world = self.world.as_mut().unwrap();
        let first = world.cursor().position.next();
        let wall = WallTime::from_ms(self.wall);
        let ask = Ask { cause, payload, now, wall, secret: &secret, draws: None };
        let decided = world.decide(&ask).unwrap();
        let commit = world.cursor().commit;
        let header = CommitHeader {
            world: WorldId::new("s1").unwrap(),
            commit,
            first,
            epoch: Epoch::new(1),
            game_ms: decided.game,
            wall_ms: wall,
            cause: cause.clone(),
            payload_len: payload.len() as u32,
            outcome: decided.outcome.clone(),
            events: decided.events.clone(),
            allocations: decided.allocations,
            replaces: None,
            rewinds_to: None,
            rules: "r".into(),
        };
        let stored = Commit { header, payload: payload.to_vec(), event_bytes: decided.event_bytes }
            .seal(self.hash)
            .unwrap();
        self.hash = stored.hash;
        world.sealed(&stored);
        let open = stored.open().unwrap();
        let events: Vec<Occurred> = open
            .events()
            .zip(&decided.audiences)
            .map(|(event, audience)| Occurred {
                public: *audience == games_core::Audience::Everyone,
                position: event.position,
                kind: event.kind.to_owned(),
                payload: serde_json::from_slice(event.payload).unwrap(),
            })
            .collect();
        self.seen.push((decided.audiences, events));
        match decided.outcome {
            Outcome::Rejected(rejection) => Err(rejection),
            Outcome::Accepted => {
                let events = self.visible(viewer, self.seen.len() - 1);
                Ok(Receipt { commit, game: decided.game, events, repeated: false })
            }
        }
    }

    /// What a player may see of everything since.
    fn visible(&self, viewer: Option<PlayerId>, since: usize) -> Vec<Occurred> {
        let pairs = self.seen[since..].iter().flat_map(|(who, events)| who.iter().zip(events));
        pairs
            .filter(|(audience, _)| match viewer {
                Some(player) => audience.includes(player),
                None => **audience == games_core::Audience::Everyone,
            })
            .map(|(_, event)| event.clone())
            .collect()
    }

    /// Fires what is due by now, each at its own time.
    fn fire(&mut self) {
        loop {
            let now = self.now();
            let due = self.world.as_ref().and_then(|world| world.next_timer());
            let Some(Cause::Timer { id, key, due }) =
                due.filter(|c| matches!(c, Cause::Timer { due, .. } if *due <= now))
            else {
                return;
            };
            self.commit(&Cause::Timer { id, key, due }, &[], due, None).unwrap();
        }
    }
}

/// A player id that is the same in every run.
fn player_of(name: &str) -> PlayerId {
    let digest = Hash::of(name.as_bytes()).0;
    PlayerId::from_bits(u64::from_be_bytes(digest[..8].try_into().unwrap()))
}

impl Host for Season {
    async fn place(&self) -> Answer<Place> {
        let inner = self.lock();
        let Some(world) = &inner.world else { return Err(self.text(&Rejection::new("NO_WORLD"))) };
        Ok(Place {
            world: WorldId::new("s1").unwrap(),
            game: self.game.name().to_owned(),
            title: self.game.title().to_owned(),
            commit: world.cursor().commit,
            clock: Clock { now: inner.now(), offset_ms: world.cursor().offset_ms },
        })
    }

    async fn enter(&self, user: &User) -> Answer<PlayerId> {
        let id = player_of(&user.name);
        let mut inner = self.lock();
        if let UserKey::Discord(user_id) = user.key {
            inner.users.insert(user_id, user.name.clone());
        }
        inner.people.insert(user.name.clone(), id);
        Ok(id)
    }

    async fn resolve_user(&self, user: &UserKey) -> Option<PlayerId> {
        match user {
            UserKey::Local(name) => self.lock().people.get(name).copied(),
            // A user of Discord is known by the name that came with the id.
            UserKey::Discord(id) => {
                let inner = self.lock();
                inner.users.get(id).and_then(|name| inner.people.get(name)).copied()
            }
        }
    }

    async fn display_name(&self, who: Who) -> Option<String> {
        let id = match who {
            Who::Id(id) => id,
            Who::Number(pn) => {
                let state = self.state();
                let players = state["players"].as_array()?;
                players.iter().find(|p| p["pn"].as_i64() == Some(pn))?["id"].as_str()?.parse().ok()?
            }
        };
        self.lock().people.iter().find(|(_, known)| **known == id).map(|(name, _)| name.clone())
    }

    async fn number(&self, player: PlayerId) -> Option<i64> {
        let state = self.state();
        let players = state["players"].as_array()?;
        players.iter().find(|p| p["id"].as_str() == Some(&player.to_string()))?["pn"].as_i64()
    }

    async fn group_name(&self, kind: &str, number: i64) -> Option<String> {
        let state = self.state();
        let guild = &state[format!("{kind}s")][number.to_string()];
        Some(format!("{} [{}]", guild["name"].as_str()?, guild["tag"].as_str()?))
    }

    async fn people(&self, typed: &str) -> Vec<String> {
        self.lock().people.keys().filter(|name| name.starts_with(typed)).cloned().collect()
    }

    async fn command(&self, asker: &Asker, kind: &str, payload: &Value) -> Answer<Receipt> {
        let mut inner = self.lock();
        inner.fire();
        let id = format!("{}:{}:{}", asker.channel, asker.player, asker.key);
        if let Some(known) = inner.answers.get(&id) {
            return known.clone().map(|receipt| Receipt { repeated: true, ..receipt });
        }
        inner.decided += 1;
        let bytes = serde_json::to_vec(payload).unwrap();
        self.game.check_command(kind, &bytes).map_err(|e| refusal::plain("INVALID_OPTION", e.to_string()))?;
        let actor = Actor::Player(asker.player);
        let answer = inner
            .decide(&id, actor, kind, &bytes, asker.facts.clone(), Some(asker.player))
            .map_err(|rejection| self.text(&rejection));
        inner.answers.insert(id, answer.clone());
        answer
    }

    async fn query(&self, asker: &Asker, kind: &str, options: &Value) -> Answer<Value> {
        let mut inner = self.lock();
        inner.fire();
        let actor = Actor::Player(asker.player);
        let world = inner.world.as_ref().ok_or_else(|| self.text(&Rejection::new("NO_WORLD")))?;
        world.query(kind, options, &actor, &asker.facts, inner.now()).map_err(|r| self.text(&r))
    }

    async fn read(&self, _: &Asker, kind: &str, options: &Value) -> Answer<Value> {
        // Read models belong to the projections; here stand rows of the shape that they answer with.
        match kind {
            "Leaderboard" if options["board"] == "guilds" => Ok(json!({
                "board": "guilds", "title": "Conquest points of guilds", "entity": "guild", "page": 1, "pages": 1,
                "total": 2, "own": { "rank": 2, "guild": 4, "value": 60 },
                "rows": [
                    { "rank": 1, "guild": 3, "name": "Reel", "tag": "REEL", "value": 70 },
                    { "rank": 2, "guild": 4, "value": 60 },
                ],
            })),
            "Leaderboard" if options["board"] == "factions" => Ok(json!({
                "board": "factions", "title": "Conquest points of factions", "entity": "faction", "page": 1, "pages": 1,
                "total": 1, "own": null, "rows": [{ "rank": 1, "faction": "otaku", "value": 130 }],
            })),
            "Leaderboard" => Ok(json!({
                "board": options["board"], "title": "Kingdom power", "page": 1, "pages": 1, "total": 2,
                "rows": [{ "rank": 1, "pn": 1, "value": 12_400 }, { "rank": 2, "name": "bob", "value": 9_100 }],
                "own": { "rank": 1, "value": 12_400 },
            })),
            "BattleList" => {
                let rows: Vec<Value> = self.battles().into_iter().map(|(row, _)| row).collect();
                Ok(json!({ "page": 1, "pages": 1, "total": rows.len(), "rows": rows }))
            }
            "BattleReport" => {
                let found = self.battles().into_iter().find(|(row, _)| row["battle_id"] == options["battle"]);
                let unknown = Rejection::new("UNKNOWN_BATTLE").with("thing", "battle");
                let (mut row, told) = found.ok_or_else(|| self.text(&unknown))?;
                let page = usize::try_from(options["page"].as_u64().unwrap_or(1)).unwrap();
                let told = told.as_array().unwrap();
                row["page"] = page.into();
                let of = |step: &Value| {
                    usize::try_from(step["round"].as_u64().unwrap()).unwrap().max(1).div_ceil(5)
                };
                row["pages"] = told.iter().map(of).max().into();
                row["told"] = told.iter().filter(|step| of(step) == page).cloned().collect();
                Ok(row)
            }
            "SeasonHall" => Ok(json!({
                "season": 1, "opened": OPEN, "ended": OPEN + 90 * 86_400_000, "victor": "cinema",
                "champion": { "guild": 3, "name": "Reel", "tag": "REEL" },
                "boards": [
                    { "board": "power", "entries": [{ "name": "alice", "value": 12_400 }, { "name": "bob", "value": 9_100 }] },
                    { "board": "hunts", "entries": [] },
                    { "board": "guilds", "entries": [{ "guild": 3, "name": "Reel", "tag": "REEL", "value": 70 }, { "guild": 4, "value": 60 }] },
                    { "board": "factions", "entries": [{ "faction": "otaku", "value": 130 }] },
                ],
            })),
            _ => Err(refusal::plain("NO_READ_MODEL", "No read model answers here.")),
        }
    }

    async fn suggest(&self, asker: &Asker, path: &str, option: &str, typed: &str) -> Vec<(String, String)> {
        let inner = self.lock();
        let Some(world) = &inner.world else { return Vec::new() };
        world.suggest(path, option, typed, &Actor::Player(asker.player), inner.now())
    }

    async fn host_command(&self, asker: &Asker, kind: &str, options: &Value) -> Answer<Receipt> {
        let mut inner = self.lock();
        let reason = options["reason"].as_str().unwrap_or_default().to_owned();
        let (kind, payload) = match kind {
            "SetupStart" if inner.world.is_some() => {
                return Err(self.text(&Rejection::new("WORLD_EXISTS").with("state", "open")));
            }
            "SetupStart" => return inner.open(self.game),
            "SetupPause" => ("WorldPause", serde_json::to_vec(&WorldPause { reason })),
            "SetupResume" => ("WorldResume", serde_json::to_vec(&json!({ "reason": reason }))),
            "SetupEnd" if options["confirm"] == Value::Bool(false) => {
                return Err(self.text(&Rejection::new("NOT_CONFIRMED")));
            }
            _ => ("WorldClose", serde_json::to_vec(&WorldClose { reason: "admin".to_owned() })),
        };
        let id = format!("host:{}", asker.key);
        let actor = Actor::Player(asker.player);
        inner
            .decide(&id, actor, kind, &payload.unwrap(), asker.facts.clone(), Some(asker.player))
            .map_err(|rejection| self.text(&rejection))
    }

    async fn pass(&self, asker: &Asker, ms: i64) -> Answer<Vec<Occurred>> {
        let mut inner = self.lock();
        let since = inner.seen.len();
        inner.wall += ms;
        inner.fire();
        Ok(inner.visible(Some(asker.player), since))
    }
}

/// Runs a script and gives back all that was shown.
pub fn play(season: &Season, settings: discord_adapter::terminal::Settings, script: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut shell = discord_adapter::terminal::Shell::new(season, season.tree(), settings);
    let mut out = Vec::new();
    let end = runtime
        .block_on(discord_adapter::terminal::script::run(&mut shell, script.as_bytes(), &mut out))
        .unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(matches!(end, discord_adapter::terminal::script::End::Done(_)), "{end:?}\n{text}");
    text
}
