//! The commands, one module a noun.

mod backup;
mod battle;
mod config;
mod demo;
mod discord;
pub(crate) mod explain;
pub(crate) mod log;
mod misc;
mod play;
mod prepare;
mod projection;
pub(crate) mod remote;
mod rollback;
mod scenario;
mod season;
mod serve;
mod simulate;
mod step;
mod tools;
mod twitch;
mod vault;
mod verify;

use event_store::EventStore;
use schemas::WorldId;

use crate::cli::{
    self, BattleCommand, Cli, Command, ConfigCommand, ProjectionCommand, SeasonCommand, WorldCommand,
};
use crate::context::{Data, Exit, Failure};
use crate::print::Printer;

/// Runs a command.
pub(crate) async fn run(cli: Cli) -> Result<Exit, Failure> {
    let printer = Printer::new(cli.output, cli.quiet);
    if let Command::Explain { code } = &cli.command {
        return explain::run(code.as_deref(), &printer);
    }
    if let Command::Scenario(command) = &cli.command {
        return scenario::run(command, &printer);
    }
    if let Command::Battle(BattleCommand::Verify { what, battle: None }) = &cli.command {
        return battle::verify_file(what, &printer);
    }
    if let Command::Simulate(arguments) = &cli.command {
        return simulate::run(arguments, &printer).await;
    }
    if let Command::Log(cli::Log { tool: Some(tool), .. }) = &cli.command {
        return log::run(&Data::named(&cli.data, cli.flags()), tool, &printer).await;
    }
    if let Command::Projection(ProjectionCommand::Prepare(arguments)) = &cli.command {
        return prepare::read_models(arguments, &printer).await;
    }
    if let Command::Vault(cli::VaultCommand::Prepare(arguments)) = &cli.command {
        return prepare::vault(arguments, &printer).await;
    }
    if let Command::Demo(arguments) = &cli.command {
        let dir = demo_dir(&cli.data)?;
        return demo::run(&Data::open(&dir, true, cli.flags())?, arguments, &printer).await;
    }
    let creates = matches!(
        cli.command,
        Command::Serve(_)
            | Command::Season(SeasonCommand::Open(_))
            | Command::Play(_)
            | Command::Discord(_)
            | Command::Restore(_)
            | Command::Config(ConfigCommand::Set { .. })
    );
    let data = Data::open(&cli.data, creates, cli.flags())?;
    match &cli.command {
        Command::Demo(_) | Command::Simulate(_) | Command::Explain { .. } | Command::Scenario(_) => {
            Ok(Exit::Done)
        }
        Command::Play(arguments) => play::run(&data, arguments, &printer).await,
        Command::Serve(arguments) => serve::run(&data, arguments, &printer).await,
        Command::World(WorldCommand::List) => tools::world_list(&data, &printer).await,
        Command::World(WorldCommand::Show { world }) => tools::world_show(&data, world, &printer).await,
        Command::World(WorldCommand::Pause { world, reason })
        | Command::Season(SeasonCommand::Pause { world, reason }) => {
            season::pause(&data, world, reason, &printer).await
        }
        Command::World(WorldCommand::Resume { world }) => season::resume(&data, world, &printer).await,
        Command::Season(SeasonCommand::Open(arguments)) => season::open(&data, arguments, &printer).await,
        Command::Season(SeasonCommand::Close { world, reason, yes }) => {
            season::close(&data, world, reason, *yes, cli.no_input, &printer).await
        }
        Command::State(arguments) => tools::state(&data, arguments, &printer).await,
        Command::Diff(arguments) => tools::diff(&data, arguments, &printer).await,
        Command::Log(arguments) => tools::log(&data, arguments, &printer).await,
        Command::Replay(arguments) => tools::replay(&data, arguments, &printer).await,
        Command::Verify(arguments) => verify::run(&data, arguments, &printer).await,
        Command::Battle(command) => battle::run(&data, command, &printer).await,
        Command::Audit(arguments) => tools::audit(&data, arguments, &printer).await,
        Command::Rollback(command) => rollback::run(&data, command, cli.no_input, &printer).await,
        Command::Config(command) => config::run(&data, command, &printer),
        Command::Projection(command) => projection::run(&data, command, &printer).await,
        Command::Backup(arguments) => backup::backup(&data, &arguments.to, &printer).await,
        Command::Restore(arguments) => backup::restore(&data, arguments, &printer).await,
        Command::Vault(command) => vault::run(&data, command, &printer).await,
        Command::Token(command) => misc::token(&data, command, &printer).await,
        Command::Player(command) => misc::player(&data, command, cli.no_input, &printer).await,
        Command::Discord(command) => discord::run(&data, command, &printer).await,
        Command::Twitch(command) => twitch::run(&data, command, &printer).await,
        Command::Doctor => misc::doctor(&data, &printer).await,
    }
}

/// A demo makes a directory of its own unless it is told one.
fn demo_dir(data: &std::path::Path) -> Result<std::path::PathBuf, Failure> {
    if data != std::path::Path::new(".annals") {
        if data.join("log.db").exists() {
            let text = format!("{} holds a log already: name an empty directory", data.display());
            return Err(Failure::new("WORLD_EXISTS", text));
        }
        return Ok(data.to_owned());
    }
    let base = std::env::temp_dir();
    for n in 1..10_000 {
        let dir = base.join(format!("annals-demo-{n}"));
        if std::fs::create_dir(&dir).is_ok() {
            return Ok(dir);
        }
    }
    Err(Failure::new(
        "STORE_NOT_WRITABLE",
        format!("{} can not be written: name a directory with --data", base.display()),
    ))
}

/// The seasons of a store, by name.
pub(crate) async fn season_worlds<S: EventStore>(store: &S) -> Result<Vec<WorldId>, Failure> {
    Ok(store
        .worlds()
        .await?
        .into_iter()
        .map(|head| head.world)
        .filter(|world| !world.is_reserved())
        .collect())
}

/// The world that is meant: the one named, or the only one.
pub(crate) async fn only_world<S: EventStore>(
    store: &S,
    named: Option<&WorldId>,
) -> Result<WorldId, Failure> {
    if let Some(world) = named {
        return Ok(world.clone());
    }
    let mut worlds = season_worlds(store).await?;
    match (worlds.pop(), worlds.is_empty()) {
        (Some(world), true) => Ok(world),
        (None, _) => {
            Err(Failure::new("NO_WORLD", "there is no season yet: annals season open, or annals demo"))
        }
        (Some(_), false) => {
            Err(Failure::usage("there are several worlds: say which one; see: annals world list"))
        }
    }
}

/// Asks before something that can not be taken back: the name must be typed.
pub(crate) fn confirm(question: &str, expected: &str, yes: bool, no_input: bool) -> Result<(), Failure> {
    use std::io::{BufRead, IsTerminal, Write};
    if yes {
        return Ok(());
    }
    if no_input || !std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!("{question}: nobody is there to ask; add --yes")));
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "{question}: ")?;
    stderr.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    if line.trim() == expected { Ok(()) } else { Err(Failure::usage("not confirmed; nothing was changed")) }
}
