//! `annals play`: the slash commands of Discord in this terminal, in this process or through the server that runs.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use command_service::Clock;
use command_service::load::{game_of, opening_of};
use discord_adapter::host::Host;
use discord_adapter::reply::Picture;
use discord_adapter::terminal::{Frame, Settings, Shell, interactive, script};
use event_store::EventStore;
use games_registry::GameFace;
use schemas::{CommitNo, ServerId, StoredCommit, WallTime, WorldId};

use super::remote::Owner;
use crate::cli;
use crate::context::{Data, Exit, Failure, Running, ServiceOptions, now};
use crate::engine::Engine;
use crate::host::{Backend, Seat};
use crate::keeper::Keeper;
use crate::people::{Folk, Known};
use crate::print::Printer;
use crate::terminal::RemoteHost;

pub(crate) async fn run(data: &Data, arguments: &cli::Play, printer: &Printer) -> Result<Exit, Failure> {
    super::rollback::resume_expired(data, printer).await?;
    if arguments.own_time {
        let clock = Clock::manual(latest(&data.reader().await?, arguments).await?);
        let running = data.service(ServiceOptions { clock, ..ServiceOptions::default() }).await?;
        return here(data, running, arguments, printer).await;
    }
    match Owner::of(data).await? {
        Owner::Here(running) => here(data, *running, arguments, printer).await,
        Owner::There(client) => {
            let (world, game) = season(&data.reader().await?, arguments).await?;
            printer.talk(&format!("{world} runs on the server at {}", client.url()));
            let host = RemoteHost::new(client, world.clone());
            session(&host, &world, game, arguments, printer).await
        }
    }
}

async fn here(
    data: &Data,
    running: Running,
    arguments: &cli::Play,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let (world, game) = season(&running.store, arguments).await?;
    let opened = opening_of(&*running.store, &world).await?;
    // Beside nodes, one of them keeps the read models.
    let keeps = running.cluster.is_none();
    let models =
        if keeps { super::projection::models(data).await? } else { super::projection::reader(data).await? };
    let vault = Arc::new(data.vault().await?);
    let keeper = Keeper::new(&running.store, &models, keeps);
    let folk = Folk::new(&running.store, &vault, &models, &keeper);
    running.service.know(Known::by(&folk));
    let backend = Backend {
        service: running.service.clone(),
        keeper,
        folk,
        public_url: data.settings()?.public_url.map(Into::into),
        store: Arc::clone(&running.store),
        keys: running.keys.clone(),
        vault,
        models,
    };
    let server = opened.map_or_else(ServerId::local, |opened| opened.server);
    let host = backend.host(Seat::of(world.clone(), server, game));
    backend.keeper.catch_up(&world, now()).await?;
    if let Err(error) = backend.folk.forget_leavers(&world, game).await {
        printer.talk(&format!("who has left for good could not be forgotten yet: {error}"));
    }
    let exit = session(&host, &world, game, arguments, printer).await;
    let vault = Arc::clone(&backend.vault);
    // Whoever waits for the log to be closed would wait for these holds on it.
    drop((host, backend));
    running.stop().await;
    if let Ok(vault) = Arc::try_unwrap(vault) {
        vault.close().await;
    }
    exit
}

/// Now, or when the season was last played, if that was later by its own time.
async fn latest(store: &Engine, arguments: &cli::Play) -> Result<WallTime, Failure> {
    let (world, _) = season(store, arguments).await?;
    let head = store.head(&world).await?;
    let last = store.read(&world, CommitNo::new(head.commit.get().saturating_sub(1)), 1).await?;
    let header = last.first().map(StoredCommit::read_header).transpose();
    let header = header.map_err(|e| Failure::new("LOG_CORRUPT", format!("{world}: {e}")))?;
    Ok(header.map_or_else(now, |header| header.wall_ms.max(now())))
}

/// The season that is meant, and its game.
async fn season(store: &Engine, arguments: &cli::Play) -> Result<(WorldId, &'static dyn GameFace), Failure> {
    let world = super::only_world(store, arguments.world.as_ref()).await?;
    let game = game_of(store, &world).await?.ok_or_else(|| {
        Failure::new("NO_WORLD", format!("there is no season {world}; see: annals world list"))
    })?;
    Ok((world, game))
}

/// One session at the terminal, whoever the host is.
async fn session<H: Host>(
    host: &H,
    world: &WorldId,
    game: &'static dyn GameFace,
    arguments: &cli::Play,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let frame = arguments.pictures.as_deref().map(frame).transpose()?;
    let settings = Settings {
        frame,
        user: arguments.name.clone(),
        admins: if arguments.admin { BTreeSet::from([arguments.name.clone()]) } else { BTreeSet::new() },
        run: format!("{:x}", now().ms()),
        colour: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        ..Settings::default()
    };
    match &arguments.script {
        Some(path) => {
            let file = std::fs::File::open(path)
                .map_err(|e| Failure::usage(format!("{} can not be read: {e}", path.display())))?;
            let mut shell = Shell::new(host, game.tree(), settings);
            let end = script::run(&mut shell, std::io::BufReader::new(file), &mut std::io::stdout()).await?;
            Ok(match end {
                script::End::Done(_) => Exit::Done,
                script::End::Stopped { .. } => Exit::Difference,
            })
        }
        None => {
            printer.talk(&format!("{world}: {} · you are {}", game.title(), arguments.name));
            let runtime = tokio::runtime::Handle::current();
            // The line editor blocks: it gets the thread to itself.
            let played = tokio::task::block_in_place(|| {
                let shell = Shell::new(host, game.tree(), settings);
                interactive::run(&runtime, shell, &mut std::io::stdout())
            });
            played.map_err(|e| Failure::new("IO", e.to_string()))?;
            Ok(Exit::Done)
        }
    }
}

/// Leaves pictures in a folder, numbered.
fn frame(folder: &Path) -> Result<Frame, Failure> {
    std::fs::create_dir_all(folder)
        .map_err(|e| Failure::usage(format!("{} can not be made: {e}", folder.display())))?;
    let (folder, count) = (folder.to_owned(), AtomicU32::new(1));
    let take = move |picture: &Picture| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{number:03}-{}", picture.name));
        let painted = pictures::png(&picture.drawing).map_err(|e| e.to_string());
        match painted.and_then(|file| std::fs::write(&path, file).map_err(|e| e.to_string())) {
            Ok(()) => format!("picture: {}", path.display()),
            Err(error) => format!("no picture: {error}"),
        }
    };
    Ok(Frame(Arc::new(take)))
}
