//! A kernel, its log, and what comes of an input.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use event_store::AppendError;
use event_store::memory::MemoryLog;
use games_core::Secret;
use games_registry::Fold;
use kernel::io::{Asked, LoadError};
use kernel::{Answer, Input, Kernel, KernelConfig, Loaded, Output, Question, Request, SecretOpener};
use schemas::{Actor, CommandId, CommitNo, Facts, Hash, LiveLine, PlayerId, Rejection, WallTime, WorldId};
use serde_json::{Value, json};

struct Opener;

impl SecretOpener for Opener {
    fn open(&self, _: &WorldId, _: &str) -> Option<Secret> {
        Some(Secret::new([7; 32]))
    }
}

pub(crate) struct Bench {
    pub(crate) kernel: Kernel,
    pub(crate) log: MemoryLog,
    pub(crate) now: WallTime,
    /// How the next appends end; nothing is written. None ends as the log does.
    pub(crate) endings: VecDeque<Option<AppendError>>,
    /// The log can neither be read nor written, and says this.
    pub(crate) gone: Option<&'static str>,
    /// What a load is told of violations.
    pub(crate) violations: Vec<(PlayerId, WallTime)>,
    pub(crate) loads: u32,
    pub(crate) refused: Vec<Rejection>,
    pub(crate) answers: BTreeMap<u64, Answer>,
    /// The last commit that has been told, or read.
    told: CommitNo,
    /// Commits on which an answer rested that came before they were told.
    pub(crate) untold: Vec<CommitNo>,
    tickets: u64,
}

pub(crate) fn world() -> WorldId {
    WorldId::new("s1").unwrap()
}

pub(crate) fn alice() -> PlayerId {
    PlayerId::from_bits(7)
}

impl Bench {
    /// A kernel that holds a season of a game.
    pub(crate) fn open(game: &str, lease_ms: Option<i64>, snapshot_commits: u64) -> Self {
        let config = KernelConfig {
            node: "n1".to_owned(),
            lease_ms,
            clustered: false,
            batch_bytes: usize::MAX,
            snapshot_commits,
            rate_limits: true,
            stale_ms: kernel::limits::STALE_MS,
        };
        let mut bench = Self {
            kernel: Kernel::new(config, Arc::new(Opener)),
            log: MemoryLog::default(),
            now: WallTime::from_ms(1_772_452_800_000),
            endings: VecDeque::new(),
            gone: None,
            violations: Vec::new(),
            loads: 0,
            refused: Vec::new(),
            answers: BTreeMap::new(),
            told: CommitNo::ZERO,
            untold: Vec::new(),
            tickets: 0,
        };
        bench.step(Input::Adopt(world()));
        let rules = games_registry::find(game).unwrap().default_rules();
        let opened = json!({ "opened": {
            "game": game, "config": null, "rules": rules, "rules_digest": Hash::of(rules.as_bytes()).to_string(),
            "secret_commitment": "", "sealed_secret": "", "server_key": "", "offset_ms": 0, "server": "local",
        } });
        let opened = bench.give(Actor::Operator("op".to_owned()), "WorldOpen", &opened);
        assert!(matches!(opened, Some(Answer::Done(_))), "{opened:?}");
        bench
    }

    /// One input and all that follows from it.
    pub(crate) fn step(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            let mut out = Vec::new();
            self.kernel.step(self.now, input, &mut out);
            self.kernel.flush(self.now, &mut out);
            for output in out {
                inputs.extend(self.carry_out(output));
            }
        }
    }

    fn carry_out(&mut self, output: Output) -> Option<Input> {
        match output {
            Output::Append(number, batches) => {
                let worlds: Vec<WorldId> = batches.iter().map(|batch| batch.world.clone()).collect();
                let gone = self.gone.map(|problem| AppendError::Unavailable(problem.to_owned()));
                let endings = match gone.or_else(|| self.endings.pop_front().flatten()) {
                    Some(error) => worlds.iter().map(|_| Err(error.clone())).collect(),
                    None => self.log.append(batches),
                };
                Some(Input::Appended(number, worlds.into_iter().zip(endings).collect()))
            }
            Output::Load(world, token) => {
                self.loads += 1;
                let loaded = match self.gone {
                    Some(problem) => Err(LoadError::Unavailable(problem.to_owned())),
                    None => {
                        self.told = self.log.head(&world).commit;
                        Ok(Box::new(self.load(&world)))
                    }
                };
                Some(Input::Loaded(world, token, loaded))
            }
            Output::Lookup(ticket, world, id) => {
                let commits = self.log.find_command(&world, &id);
                let found =
                    commits.iter().flat_map(|commit| self.log.read(&world, commit.prev(), 1)).collect();
                Some(Input::Found(ticket, Ok(found)))
            }
            Output::ReadHead(world) => {
                let head = match self.gone {
                    Some(problem) => Err(problem.to_owned()),
                    None => Ok(self.log.head(&world)),
                };
                Some(Input::HeadRead(world, head))
            }
            Output::Reply(ticket, answer) => {
                let rests_on = match &answer {
                    Answer::Done(receipt) => receipt.commit,
                    Answer::View(_, as_of) => *as_of,
                    Answer::Refused(_) => CommitNo::ZERO,
                };
                if rests_on > self.told {
                    self.untold.push(rests_on);
                }
                self.answers.insert(ticket, answer);
                None
            }
            Output::Refused(_, rejection) => {
                self.refused.push(rejection);
                None
            }
            Output::Publish(published) => {
                self.told = published.stored.commit;
                None
            }
            Output::WakeAt(_)
            | Output::Alarm(..)
            | Output::StoodDown(_)
            | Output::Released(_)
            | Output::Snapshot(..) => None,
        }
    }

    fn load(&self, world: &WorldId) -> Loaded {
        let head = self.log.head(world);
        let live = LiveLine::new(self.log.rewinds(world).to_vec());
        let mut fold = Fold::new(live.clone(), head.commit);
        for stored in self.log.read(world, CommitNo::ZERO, u32::MAX) {
            fold.push(&stored, None).unwrap();
        }
        let mut index: BTreeMap<u64, Vec<CommitNo>> = BTreeMap::new();
        for (key, commit) in self.log.command_index(world, head.commit) {
            index.entry(key).or_default().push(commit);
        }
        let world = fold.finish();
        let image = world.as_deref().map(games_registry::World::snapshot);
        Loaded { head, world, index, live, image, violations: self.violations.clone() }
    }

    /// Gives a command under an id of its own; its answer, if it has one yet.
    pub(crate) fn give(&mut self, actor: Actor, kind: &str, options: &Value) -> Option<Answer> {
        self.tickets += 1;
        let ticket = self.tickets;
        self.step(Input::Request(Box::new(Request {
            ticket,
            world: world(),
            id: CommandId::new(&format!("test:x:{ticket}")).unwrap(),
            actor,
            channel: "test".to_owned(),
            kind: kind.to_owned(),
            payload: options.to_string().into_bytes(),
            facts: Facts::default(),
        })));
        self.answers.remove(&ticket)
    }

    /// How a command of Alice's ended, in one word.
    pub(crate) fn play(&mut self, kind: &str, options: &Value) -> String {
        let answer = self.give(Actor::Player(alice()), kind, options);
        code(answer.as_ref())
    }

    /// What Alice is answered.
    pub(crate) fn ask(&mut self, what: Asked) -> Option<Answer> {
        self.tickets += 1;
        let ticket = self.tickets;
        let (actor, facts) = (Actor::Player(alice()), Facts::default());
        self.step(Input::Question(Box::new(Question { ticket, world: world(), actor, facts, what })));
        self.answers.remove(&ticket)
    }

    /// The view that answers a question; the code where none does.
    pub(crate) fn view(&mut self, kind: &str) -> Result<Value, String> {
        match self.ask(Asked::View(kind.to_owned(), Value::Null)) {
            Some(Answer::View(Ok(view), _)) => Ok(view),
            other => Err(code(other.as_ref())),
        }
    }

    /// Lets time pass, with a tick each half second.
    pub(crate) fn pass(&mut self, ms: i64) {
        let until = self.now.plus_ms(ms);
        while self.now < until {
            self.now = self.now.plus_ms(until.since(self.now).min(500));
            self.step(Input::Tick);
        }
    }
}

pub(crate) fn code(answer: Option<&Answer>) -> String {
    match answer {
        None => "waits".to_owned(),
        Some(Answer::Done(receipt)) => match &receipt.outcome {
            schemas::Outcome::Accepted => "done".to_owned(),
            schemas::Outcome::Rejected(rejection) => rejection.code.to_string(),
        },
        Some(Answer::Refused(rejection) | Answer::View(Err(rejection), _)) => rejection.code.to_string(),
        Some(Answer::View(Ok(_), _)) => "view".to_owned(),
    }
}
