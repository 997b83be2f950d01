//! `annals play`: the slash commands of Discord in this terminal.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::sync::Arc;

use command_service::load::{game_of, opening_of};
use discord_adapter::terminal::{Settings, Shell, interactive, script};

use schemas::ServerId;

use crate::cli;
use crate::context::{Data, Exit, Failure, ServiceOptions, now};
use crate::host::LocalHost;
use crate::print::Printer;

pub(crate) async fn run(data: &Data, arguments: &cli::Play, printer: &Printer) -> Result<Exit, Failure> {
    super::rollback::resume_expired(data, printer).await?;
    let running = data.service(ServiceOptions::default()).await?;
    let world = super::only_world(&*running.store, arguments.world.as_ref()).await?;
    let game = game_of(&*running.store, &world).await?;
    let game = game.ok_or_else(|| {
        Failure::new("NO_WORLD", format!("there is no season {world}; see: annals world list"))
    })?;
    let models = super::projection::models(data).await?;
    let host = LocalHost {
        service: running.service.clone(),
        projector: LocalHost::projector(&running.store, &models),
        store: Arc::clone(&running.store),
        keys: running.keys,
        vault: data.vault().await?,
        models,
        world: world.clone(),
        server: opening_of(&*running.store, &world)
            .await?
            .map_or_else(ServerId::local, |opened| opened.server),
        game,
    };
    host.projector.catch_up(&world, now()).await?;
    let settings = Settings {
        user: arguments.name.clone(),
        admins: if arguments.admin { BTreeSet::from([arguments.name.clone()]) } else { BTreeSet::new() },
        run: format!("{:x}", now().ms()),
        colour: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
        ..Settings::default()
    };
    let exit = match &arguments.script {
        Some(path) => {
            let file = std::fs::File::open(path)
                .map_err(|e| Failure::usage(format!("{} can not be read: {e}", path.display())))?;
            let mut shell = Shell::new(&host, game.tree(), settings);
            let end = script::run(&mut shell, std::io::BufReader::new(file), &mut std::io::stdout()).await?;
            match end {
                script::End::Done(_) => Exit::Done,
                script::End::Stopped { .. } => Exit::Difference,
            }
        }
        None => {
            printer.talk(&format!("{world}: {} · you are {}", game.title(), arguments.name));
            let runtime = tokio::runtime::Handle::current();
            // The line editor blocks: it gets the thread to itself.
            let played = tokio::task::block_in_place(|| {
                let shell = Shell::new(&host, game.tree(), settings);
                interactive::run(&runtime, shell, &mut std::io::stdout())
            });
            played.map_err(|e| Failure::new("IO", e.to_string()))?;
            Exit::Done
        }
    };
    running.service.stop().await;
    host.vault.close().await;
    Ok(exit)
}
