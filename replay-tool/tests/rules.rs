//! Battles are fought again under the rules of their world, not under those of this build.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use event_store::{EventStore, MemoryStore, WorldBatch};
use games_core::{Rng, Secret};
use games_registry::{Ask, GameFace, World};
use replay_tool::battles::{BattleFile, FILE_FORMAT, list, refight};
use replay_tool::travel::Log;
use replay_tool::verify::deep;
use schemas::commit::Commit;
use schemas::host::{WorldOpen, WorldOpened};
use schemas::{
    Actor, Cause, CommandId, CommitHeader, Epoch, ExpectedVersion, Facts, GameTime, Hash, PlayerId,
    StoredCommit, WallTime, WorldId,
};
use serde_json::Value;

/// Monday, 2 March 2026, 00:00 UTC.
const OPEN_MS: i64 = 1_772_409_600_000;
const HOUR_MS: i64 = 3_600_000;

/// A season of bots under some rules, commit by commit.
struct Season {
    world: Box<dyn World>,
    id: WorldId,
    secret: Secret,
    now: GameTime,
    hash: Hash,
    commits: Vec<StoredCommit>,
}

impl Season {
    fn open(game: &'static dyn GameFace, rules: String) -> Self {
        let id = WorldId::new("rules").unwrap();
        let secret = Secret::new([7; 32]);
        let opened = WorldOpened {
            game: game.name().to_owned(),
            config: game.check_opening(&rules, &Value::Null).unwrap(),
            rules_digest: Hash::of(rules.as_bytes()).to_string(),
            rules,
            secret_commitment: Hash(secret.commitment()).to_string(),
            sealed_secret: String::new(),
            server_key: String::new(),
            offset_ms: 0,
            server: schemas::ServerId::local(),
        };
        let world = game.create(&id, &opened).unwrap();
        let now = GameTime::from_ms(OPEN_MS);
        let mut season = Self { world, id, secret, now, hash: Hash::ZERO, commits: Vec::new() };
        let payload = serde_json::to_vec(&WorldOpen { opened }).unwrap();
        season.ask(Actor::System, "WorldOpen", 1, payload);
        season
    }

    fn ask(&mut self, actor: Actor, kind: &str, version: u16, payload: Vec<u8>) -> bool {
        let id = CommandId::new(&format!("test:{actor}:{}", self.commits.len())).unwrap();
        let kind = kind.to_owned().into();
        let facts = Facts::default();
        self.decide(Cause::Command { id, actor, channel: "test".into(), kind, version, facts }, payload)
    }

    fn decide(&mut self, cause: Cause, payload: Vec<u8>) -> bool {
        let wall = WallTime::from_ms(self.now.ms());
        let cursor = *self.world.cursor();
        let ask =
            Ask { cause: &cause, payload: &payload, now: self.now, wall, secret: &self.secret, draws: None };
        let decided = self.world.decide(&ask).unwrap();
        let happened = !decided.events.is_empty();
        let header = CommitHeader {
            world: self.id.clone(),
            commit: cursor.commit.next(),
            first: cursor.position.next(),
            epoch: Epoch::new(1),
            game_ms: decided.game,
            wall_ms: wall,
            cause,
            payload_len: payload.len() as u32,
            outcome: decided.outcome,
            events: decided.events,
            allocations: decided.allocations,
            replaces: None,
            rewinds_to: None,
            rules: self.world.host().rules_short().into(),
        };
        let stored = Commit { header, payload, event_bytes: decided.event_bytes }.seal(self.hash).unwrap();
        self.world.sealed(&stored);
        self.hash = stored.hash;
        self.commits.push(stored);
        happened
    }

    fn play(&mut self, hours: i64) {
        let mut dice: Vec<Rng> = (0..4).map(Rng::new).collect();
        for hour in 0..hours {
            let to = GameTime::from_ms(OPEN_MS + hour * HOUR_MS);
            while let Some(cause) = self.world.next_timer() {
                let Cause::Timer { due, .. } = cause else { break };
                if due > to {
                    break;
                }
                self.now = self.now.max(due);
                self.decide(cause, Vec::new());
            }
            self.now = self.now.max(to);
            for (bot, rng) in (1..).zip(&mut dice) {
                let bot = PlayerId::from_bits(bot);
                let Some((kind, payload)) = self.world.bot(bot, self.now, rng) else { continue };
                let version = self.world.game().check_command(&kind, &payload).unwrap();
                self.ask(Actor::Bot(bot), &kind, version, payload);
            }
        }
    }
}

#[tokio::test]
async fn a_world_of_other_battle_figures_is_verified_and_its_battles_exported() {
    let game = games_registry::find("popverse-kingdoms").unwrap();
    // Soldiers of the first tier that strike twice as hard.
    let rules = game.default_rules().replacen("\npower = 10\n", "\npower = 20\n", 1);
    assert_ne!(rules, game.default_rules(), "the rules file has no such figure any more");
    let mut season = Season::open(game, rules.clone());
    season.play(240);
    let Season { id, secret, commits, .. } = season;
    let store = MemoryStore::default();
    for (expected, commit) in (0..).zip(commits) {
        let expected = ExpectedVersion::new(expected);
        let batch = WorldBatch { world: id.clone(), expected, epoch: Epoch::new(1), commits: vec![commit] };
        for ending in store.append(vec![batch]).await {
            ending.unwrap();
        }
    }
    let log = Log::open(&store, &id).await.unwrap();
    let report = deep(&log, &secret, &mut |_, _| {}).await.unwrap();
    assert_eq!(report.fault, None);
    assert!(report.battles > 0, "nobody fought: {report:?}");

    let (battles, book) = list(&log, game).await.unwrap();
    assert_eq!(battles.len() as u64, report.battles);
    let mut differ = 0;
    for found in &battles {
        let text = book.get(&found.rules).unwrap();
        assert_eq!(text, rules);
        assert!(refight(game, text, &found.battle, None).unwrap().same);
        differ += u32::from(!refight(game, game.default_rules(), &found.battle, None).unwrap().same);
    }
    assert!(differ > 0, "the other figures change no battle: the test tests nothing");

    // A file is checked with nothing but what stands in it, and refused when its rules are not the battle's.
    let found = battles[0].clone();
    let lines = refight(game, &rules, &found.battle, None).unwrap().report.lines;
    let file = BattleFile {
        format: FILE_FORMAT.to_owned(),
        game: game.name().to_owned(),
        world: id.to_string(),
        rules,
        found,
        lines,
    };
    let text = serde_json::to_string(&file).unwrap();
    let mut file: BattleFile = serde_json::from_str(&text).unwrap();
    file.check().unwrap();
    assert!(refight(game, &file.rules, &file.found.battle, Some(&file.lines)).unwrap().same);
    game.default_rules().clone_into(&mut file.rules);
    assert!(file.check().unwrap_err().to_string().contains("its battle names"));
}
