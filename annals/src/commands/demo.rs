//! `annals demo`: a season from its opening to its proof, played by bots through the same path as people.

use std::time::Instant;

use command_service::Clock;
use schemas::{PlayerId, WorldId};
use serde::Serialize;
use vault::Identity;

use super::verify::Proof;
use crate::bots::{OPENS, Party, operate, world_name};
use crate::cli;
use crate::context::{Data, Exit, Failure, Output, Part, ServiceOptions};
use crate::ground::Nodes;
use crate::print::{Printer, bar, grouped, tell_memory};

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
    let party = Party {
        world: world.clone(),
        game: arguments.game.clone(),
        bots: names(data, arguments.bots).await?,
        days: arguments.days,
        round_minutes: arguments.round_minutes,
        seed: arguments.seed,
        rules: None,
    };
    let clock = Clock::manual(OPENS);
    let mut nodes = Nodes::start(data, arguments.nodes, clock, world.clone(), party.rounds()).await?;
    if let Some(first) = nodes.first() {
        party.open(&first.service, &first.keys).await?;
    }
    printer.talk(&format!("opened {world} ({}, seed {})", arguments.game, arguments.seed));
    let progress = bar("playing", party.rounds(), matches!(printer.output(), Output::Json | Output::Ndjson));
    let tally = party.play(&mut nodes, &mut |round, _| progress.set_position(round)).await?;
    progress.finish_and_clear();
    let (commands, accepted) = (tally.commands, tally.accepted);
    let played = begun.elapsed();
    let running = nodes.into_one().await?;
    operate(&running.service, &world, "WorldPause", r#"{"reason":"the demo is over"}"#).await?;
    running.stop().await;
    let store = data.reader().await?;
    let head = event_store::EventStore::head(&store, &world).await?;
    printer.talk(&format!(
        "{} bots played {} days in {:.1} s: {} commands, {} events",
        arguments.bots,
        arguments.days,
        played.as_secs_f64(),
        grouped(commands),
        grouped(head.position.get()),
    ));
    // Neither needs the other: on two cores they take as long as the longer.
    let proving = tokio::spawn(prove(data.clone(), world.clone(), *printer));
    let equal = super::projection::rebuild_and_check(data, &store, printer).await?;
    printer.talk(&format!("read models equal to the log: {}", if equal { "yes" } else { "NO" }));
    let proof = proving.await.map_err(|e| Failure::new("INTERNAL_ERROR", e.to_string()))??;
    printer.talk(&format!(
        "every command decided again, every battle fought again, to what is recorded: {}",
        if proof.ok() { "yes" } else { "NO" }
    ));
    store.close().await;
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
    tell_memory(printer);
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

/// Verifies the season with everything that was decided in it.
async fn prove(data: Data, world: WorldId, printer: Printer) -> Result<Proof, Failure> {
    let store = data.reader().await?;
    let proof = super::verify::prove(&data, &store, &world, true, &printer).await;
    store.close().await;
    proof
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

/// Lets the season go on by the system's clock from where the bots left it, so that a person can join it.
async fn live_on(data: &Data, world: &WorldId) -> Result<(), Failure> {
    let options = ServiceOptions { part: Part::Node, ..ServiceOptions::default() };
    let running = data.service(options).await?;
    operate(&running.service, world, "WorldResume", "{}").await?;
    running.stop().await;
    super::projection::catch_up(data).await?;
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
