//! `annals demo`: a season from its opening to its proof, played by bots through the same path as people.

use std::time::Instant;

use command_service::opening::{self, Opener, Opening};
use command_service::{Clock, Service};
use futures_util::future::join_all;
use kernel::io::Asked;
use kernel::{Answer, Question, Request};
use schemas::{Actor, CommandId, Facts, Hash, Outcome, PlayerId, ServerId, WallTime, WorldId};
use serde::Serialize;
use vault::Identity;

use crate::cli;
use crate::context::{Data, Exit, Failure, Output, Running, ServiceOptions, refused};
use crate::print::{Printer, bar, grouped};

/// Every demo season opens at this moment: 2026-03-02T00:00:00Z, a Monday.
const OPENS: WallTime = WallTime::from_ms(1_772_409_600_000);
/// The most commands that a bot gives in one round.
const ACTS_PER_ROUND: u32 = 3;

/// What a demo came to; a contract of `--output json`.
#[derive(Debug, Clone, Serialize)]
struct Summary {
    commands: u64,
    accepted: u64,
    events: u64,
    battles: u64,
    seconds: f64,
    equal: bool,
    verified: bool,
    data: String,
    world: WorldId,
}

pub(crate) async fn run(data: &Data, arguments: &cli::Demo, printer: &Printer) -> Result<Exit, Failure> {
    let begun = Instant::now();
    let world = world_name(&arguments.game)?;
    let running = data
        .service(ServiceOptions { clock: Clock::manual(OPENS), rate_limits: false, snapshot_commits: 2_000 })
        .await?;
    open(&running, &world, arguments).await?;
    printer.talk(&format!("opened {world} ({}, seed {})", arguments.game, arguments.seed));
    let bots = names(data, arguments.bots).await?;
    let (commands, accepted) = play(&running.service, &world, &bots, arguments, printer).await?;
    let played = begun.elapsed();
    operate(&running.service, &world, "WorldPause", r#"{"reason":"the demo is over"}"#).await?;
    running.service.stop().await;
    let head = event_store::EventStore::head(&*running.store, &world).await?;
    printer.talk(&format!(
        "{} bots played {} days in {:.1} s: {} commands, {} events",
        arguments.bots,
        arguments.days,
        played.as_secs_f64(),
        grouped(commands),
        grouped(head.position.get()),
    ));
    let equal = super::projection::rebuild_and_check(data, &*running.store, printer).await?;
    printer.talk(&format!("read models equal to the log: {}", if equal { "yes" } else { "NO" }));
    let proof = super::verify::prove(data, &*running.store, &world, true, printer).await?;
    printer.talk(&format!(
        "every command decided again, every battle fought again, to what is recorded: {}",
        if proof.ok() { "yes" } else { "NO" }
    ));
    crate::context::close(running.store).await;
    live_on(data, &world).await?;
    let summary = Summary {
        commands,
        accepted,
        events: head.position.get(),
        battles: proof.battles(),
        seconds: (begun.elapsed().as_secs_f64() * 10.0).round() / 10.0,
        equal,
        verified: proof.ok(),
        data: data.dir().display().to_string(),
        world: world.clone(),
    };
    match printer.output() {
        Output::Json | Output::Ndjson => printer.document(&summary)?,
        Output::Table | Output::Tsv => {
            printer.line(&format!(
                "{} commands, {} events, {} battles; rows equal: {}; verified: {}",
                grouped(summary.commands),
                grouped(summary.events),
                grouped(summary.battles),
                yes(summary.equal),
                yes(summary.verified),
            ))?;
            next_steps(data, &world, printer);
        }
    }
    Ok(if summary.equal && summary.verified { Exit::Done } else { Exit::Broken })
}

const fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

fn next_steps(data: &Data, world: &WorldId, printer: &Printer) {
    let dir = data.dir().display();
    printer.talk(&format!(
        "\nThe season lies in {dir}. Look at it:\n  \
         annals --data {dir} play --as bot-01\n  \
         annals --data {dir} diff {world} day2 latest --by player\n  \
         annals --data {dir} battle list {world}\n  \
         annals --data {dir} rollback plan {world} --to day20 --reason \"to see what it would do\""
    ));
}

/// The world's name: the last word of the game's.
fn world_name(game: &str) -> Result<WorldId, Failure> {
    let short = game.rsplit('-').next().unwrap_or(game);
    WorldId::new(short).map_err(|e| Failure::usage(e.to_string()))
}

async fn open(running: &Running, world: &WorldId, arguments: &cli::Demo) -> Result<(), Failure> {
    let secret = Hash::of(format!("annals demo {}", arguments.seed).as_bytes()).0;
    let config = if arguments.game == "popverse-kingdoms" {
        serde_json::json!({ "season_days": arguments.days.max(30) })
    } else {
        serde_json::Value::Null
    };
    let opening = Opening {
        world,
        server: &ServerId::local(),
        game: &arguments.game,
        config,
        rules: None,
        secret: Some(secret),
        game_time: None,
        now: OPENS,
    };
    let opener = Opener {
        id: command_id("WorldOpen")?,
        actor: Actor::Operator("demo".to_owned()),
        channel: "cli".to_owned(),
        facts: Facts::admin(),
    };
    told(opening::open(&running.service, &running.keys, &opening, opener).await?)
}

fn command_id(kind: &str) -> Result<CommandId, Failure> {
    CommandId::new(&format!("cli:operator:demo:{kind}")).map_err(|e| Failure::usage(e.to_string()))
}

/// Gives a host command as the demo's operator.
async fn operate(service: &Service, world: &WorldId, kind: &str, payload: &str) -> Result<(), Failure> {
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

/// Lets the season go on by the system's clock from where the bots left it, so that a person can join it.
async fn live_on(data: &Data, world: &WorldId) -> Result<(), Failure> {
    let running = data.service(ServiceOptions::default()).await?;
    operate(&running.service, world, "WorldResume", "{}").await?;
    running.service.stop().await;
    super::projection::catch_up(data, std::sync::Arc::clone(&running.store)).await?;
    crate::context::close(running.store).await;
    Ok(())
}

/// Player ids for the bots, and for alice, who may come later.
async fn names(data: &Data, bots: u32) -> Result<Vec<PlayerId>, Failure> {
    let vault = data.vault().await?;
    let mut players = Vec::new();
    for n in 1..=bots {
        let name = format!("bot-{n:02}");
        let player = vault.player(&Identity::Terminal(name.clone()), OPENS).await?;
        vault.set_name(player, &name).await?;
        players.push(player);
    }
    vault.close().await;
    Ok(players)
}

/// Rounds of simulated time: in each, every bot looks at the world and gives a few commands.
async fn play(
    service: &Service,
    world: &WorldId,
    bots: &[PlayerId],
    arguments: &cli::Demo,
    printer: &Printer,
) -> Result<(u64, u64), Failure> {
    let minutes = u64::from(arguments.days) * 24 * 60;
    let rounds = minutes / u64::from(arguments.round_minutes);
    let progress = bar("playing", rounds, matches!(printer.output(), Output::Json | Output::Ndjson));
    let (mut commands, mut accepted) = (0, 0);
    for round in 0..rounds {
        let at = OPENS
            .plus_ms(i64::try_from(round).unwrap_or(0) * i64::from(arguments.round_minutes) * 60_000 + 1_000);
        service.advance_to(at).await?;
        let mut awake: Vec<usize> = (0..bots.len()).collect();
        for act in 0..ACTS_PER_ROUND {
            let seed = |bot: usize| {
                games_core::dice::mix(arguments.seed ^ (round << 24) ^ (u64::from(act) << 16) ^ bot as u64)
            };
            let asked = awake.iter().map(|&bot| service.ask(question(world, bots[bot], seed(bot))));
            let wishes = join_all(asked).await;
            let mut sent = Vec::new();
            for (&bot, wish) in awake.iter().zip(wishes) {
                let Answer::View(Ok(wish), _) = wish? else { continue };
                if let Some(request) = request(world, bots[bot], &wish, (round, act, bot)) {
                    sent.push((bot, request));
                }
            }
            let answers = join_all(sent.iter().map(|(_, request)| service.command(request.clone()))).await;
            awake = Vec::new();
            for ((bot, _), answer) in sent.iter().zip(answers) {
                commands += 1;
                if let Answer::Done(receipt) = answer?
                    && receipt.outcome == Outcome::Accepted
                {
                    accepted += 1;
                    awake.push(*bot);
                }
            }
            if awake.is_empty() {
                break;
            }
        }
        progress.set_position(round + 1);
    }
    progress.finish_and_clear();
    Ok((commands, accepted))
}

fn question(world: &WorldId, player: PlayerId, seed: u64) -> Question {
    Question {
        ticket: 0,
        world: world.clone(),
        actor: Actor::Bot(player),
        facts: Facts::default(),
        what: Asked::Bot(seed),
    }
}

fn request(
    world: &WorldId,
    player: PlayerId,
    wish: &serde_json::Value,
    (round, act, bot): (u64, u32, usize),
) -> Option<Request> {
    Some(Request {
        ticket: 0,
        world: world.clone(),
        id: CommandId::new(&format!("bot:{}:{round}.{act}", bot + 1)).ok()?,
        actor: Actor::Bot(player),
        channel: "bot".to_owned(),
        kind: wish.get("kind")?.as_str()?.to_owned(),
        payload: serde_json::to_vec(wish.get("payload")?).ok()?,
        facts: Facts::default(),
    })
}
