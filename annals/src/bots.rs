//! Seasons that bots play in fast motion, through the same path as people.

use std::collections::BTreeMap;

use command_service::Service;
use command_service::opening::{self, Opener, Opening};
use futures_util::future::join_all;
use kernel::io::Asked;
use kernel::{Answer, Question, Request};
use schemas::{Actor, CommandId, Facts, Hash, Outcome, PlayerId, ServerId, WallTime, WorldId};
use vault::ServerKeys;

use crate::context::{Failure, refused};

/// Every season of bots opens at this moment: 2026-03-02T00:00:00Z, a Monday.
pub(crate) const OPENS: WallTime = WallTime::from_ms(1_772_409_600_000);
/// The most commands that a bot gives in one round.
const ACTS_PER_ROUND: u32 = 4;

/// Bots, and the season that they play. The same party plays the same season.
#[derive(Debug, Clone)]
pub(crate) struct Party {
    pub(crate) world: WorldId,
    pub(crate) game: String,
    pub(crate) bots: Vec<PlayerId>,
    /// Days that they play.
    pub(crate) days: u32,
    /// Minutes of game time between two rounds.
    pub(crate) round_minutes: u32,
    pub(crate) seed: u64,
    /// Rules file, TOML; the game's own when none is given.
    pub(crate) rules: Option<String>,
}

/// What the bots did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) commands: u64,
    pub(crate) accepted: u64,
    /// How often each code was the answer.
    pub(crate) refusals: BTreeMap<String, u64>,
    /// Position of the last event that an answer named.
    pub(crate) events: u64,
}

/// The world's name for a game: the last word of the game's.
pub(crate) fn world_name(game: &str) -> Result<WorldId, Failure> {
    let short = game.rsplit('-').next().unwrap_or(game);
    WorldId::new(short).map_err(|e| Failure::usage(e.to_string()))
}

/// On what a party plays: one service, or the nodes of a cluster.
pub(crate) trait Ground {
    /// Moves the clock to the beginning of a round, and lets everything fire that is due by then.
    async fn begin_round(&mut self, round: u64, at: WallTime) -> Result<(), Failure>;

    /// To whom the bots talk.
    fn service(&self) -> &Service;
}

impl Ground for Service {
    async fn begin_round(&mut self, _round: u64, at: WallTime) -> Result<(), Failure> {
        Ok(self.advance_to(at).await?)
    }

    fn service(&self) -> &Service {
        self
    }
}

impl Party {
    /// How many rounds there are.
    pub(crate) fn rounds(&self) -> u64 {
        u64::from(self.days) * 24 * 60 / u64::from(self.round_minutes)
    }

    /// The secret of the season's dice; it follows from the seed.
    pub(crate) fn secret(&self) -> [u8; 32] {
        Hash::of(format!("annals demo {}", self.seed).as_bytes()).0
    }

    /// When the round begins.
    pub(crate) fn begins(&self, round: u64) -> WallTime {
        let minutes = i64::try_from(round).unwrap_or(0) * i64::from(self.round_minutes);
        OPENS.plus_ms(minutes * 60_000 + 1_000)
    }

    /// Opens the season, with dice that follow from the seed.
    pub(crate) async fn open(&self, service: &Service, keys: &ServerKeys) -> Result<(), Failure> {
        let config = if self.game == "popverse-kingdoms" {
            serde_json::json!({ "season_days": self.days.max(30) })
        } else {
            serde_json::Value::Null
        };
        let opening = Opening {
            world: &self.world,
            server: &ServerId::local(),
            game: &self.game,
            config,
            rules: self.rules.clone(),
            secret: Some(self.secret()),
            game_time: None,
            now: OPENS,
        };
        let opener = Opener {
            id: command_id("WorldOpen")?,
            actor: Actor::Operator("demo".to_owned()),
            channel: "cli".to_owned(),
            facts: Facts::admin(),
        };
        told(opening::open(service, keys, &opening, opener).await?)
    }

    /// Rounds of simulated time: in each, every bot looks at the world and gives a few commands.
    pub(crate) async fn play<G: Ground>(
        &self,
        ground: &mut G,
        progress: &mut (dyn FnMut(u64, &Tally) + Send),
    ) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        for round in 0..self.rounds() {
            ground.begin_round(round, self.begins(round)).await?;
            let service = ground.service();
            if round == 0 {
                self.arrive(service, &mut tally).await?;
            }
            let mut awake: Vec<usize> = (0..self.bots.len()).collect();
            for act in 0..ACTS_PER_ROUND {
                let seed = |bot: usize| {
                    games_core::dice::mix(self.seed ^ (round << 24) ^ (u64::from(act) << 16) ^ bot as u64)
                };
                let thinking = awake.iter().map(|&bot| (self.bots[bot], seed(bot))).collect();
                let wishes = wished(service.ask(self.question(thinking)).await?)?;
                let wishes = awake.iter().zip(wishes.as_array().into_iter().flatten());
                let request = |(&bot, wish)| Some((bot, self.request(wish, (round, act, bot))?));
                let sent: Vec<(usize, Request)> = wishes.filter_map(request).collect();
                let given = sent.iter().map(|(_, request)| service.command(request.clone()));
                let answers = in_turn(given).await;
                awake = Vec::new();
                for ((bot, _), answer) in sent.iter().zip(answers) {
                    if tally.count(&answer?) {
                        awake.push(*bot);
                    }
                }
                if awake.is_empty() {
                    break;
                }
            }
            progress(round + 1, &tally);
        }
        Ok(tally)
    }

    /// Lets everybody come one after the other, so that each sees who is there already.
    async fn arrive(&self, service: &Service, tally: &mut Tally) -> Result<(), Failure> {
        for (bot, &player) in self.bots.iter().enumerate() {
            let chance = games_core::dice::mix(self.seed ^ bot as u64);
            let wishes = wished(service.ask(self.question(vec![(player, chance)])).await?)?;
            // A number that no act of the round has.
            if let Some(request) = self.request(&wishes[0], (0, ACTS_PER_ROUND, bot)) {
                tally.count(&service.command(request).await?);
            }
        }
        Ok(())
    }

    /// When the last day is over.
    pub(crate) fn ends(&self) -> WallTime {
        OPENS.plus_ms(i64::from(self.days) * schemas::moment::DAY_MS + 1_000)
    }

    fn question(&self, bots: Vec<(PlayerId, u64)>) -> Question {
        Question {
            ticket: 0,
            world: self.world.clone(),
            actor: Actor::Operator("demo".to_owned()),
            facts: Facts::default(),
            what: Asked::Bots(bots),
        }
    }

    fn request(&self, wish: &serde_json::Value, (round, act, bot): (u64, u32, usize)) -> Option<Request> {
        Some(Request {
            ticket: 0,
            world: self.world.clone(),
            id: CommandId::new(&format!("bot:{}:{round}.{act}", bot + 1)).ok()?,
            actor: Actor::Bot(self.bots[bot]),
            channel: "bot".to_owned(),
            kind: wish.get("kind")?.as_str()?.to_owned(),
            payload: serde_json::to_vec(wish.get("payload")?).ok()?,
            facts: Facts::default(),
        })
    }
}

/// Waits for all of these, which reach the service in this order however many they are. The runtime makes a task pause
/// that has done much at once, and those of its futures that were about to begin then would begin in any order.
async fn in_turn<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    tokio::task::unconstrained(join_all(all)).await
}

impl Tally {
    /// Counts an answer; whether the command was accepted.
    fn count(&mut self, answer: &Answer) -> bool {
        self.commands += 1;
        let code = match answer {
            Answer::Done(receipt) => {
                self.events = self.events.max(receipt.first.get());
                match &receipt.outcome {
                    Outcome::Accepted => {
                        self.accepted += 1;
                        return true;
                    }
                    Outcome::Rejected(rejection) => &rejection.code,
                }
            }
            Answer::Refused(rejection) | Answer::View(Err(rejection), _) => &rejection.code,
            Answer::View(Ok(_), _) => return false,
        };
        *self.refusals.entry(code.to_string()).or_default() += 1;
        false
    }
}

fn command_id(kind: &str) -> Result<CommandId, Failure> {
    CommandId::new(&format!("cli:operator:demo:{kind}")).map_err(|e| Failure::usage(e.to_string()))
}

/// Gives a host command as the operator of the bots.
pub(crate) async fn operate(
    service: &Service,
    world: &WorldId,
    kind: &str,
    payload: &str,
) -> Result<(), Failure> {
    let request = Request {
        ticket: 0,
        world: world.clone(),
        id: command_id(kind)?,
        actor: Actor::Operator("demo".to_owned()),
        channel: "cli".to_owned(),
        kind: kind.to_owned(),
        payload: payload.as_bytes().to_vec(),
        facts: Facts::admin(),
    };
    told(service.command(request).await?)
}

/// What bots wish, in the order in which they were asked about.
fn wished(answer: Answer) -> Result<serde_json::Value, Failure> {
    match answer {
        Answer::View(Ok(wishes), _) => Ok(wishes),
        Answer::View(Err(rejection), _) | Answer::Refused(rejection) => Err(refused(&rejection)),
        Answer::Done(_) => Err(Failure::new("INTERNAL_ERROR", "a question was answered as a command")),
    }
}

fn told(answer: Answer) -> Result<(), Failure> {
    match answer {
        Answer::Done(receipt) => match receipt.outcome {
            Outcome::Accepted => Ok(()),
            Outcome::Rejected(rejection) => Err(refused(&rejection)),
        },
        Answer::Refused(rejection) => Err(refused(&rejection)),
        Answer::View(..) => Err(Failure::new("INTERNAL_ERROR", "a command was answered as a question")),
    }
}
