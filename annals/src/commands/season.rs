//! `annals season` and `annals world pause|resume`: the life of a season.

use command_service::opening::Opening;
use schemas::WorldId;
use serde_json::json;

use super::confirm;
use super::remote::{open_season, operate};
use crate::cli::OpenSeason;
use crate::context::{Data, Exit, Failure, now};
use crate::print::Printer;

pub(crate) async fn open(data: &Data, arguments: &OpenSeason, printer: &Printer) -> Result<Exit, Failure> {
    let OpenSeason { world, game, server, config, rules } = arguments;
    if world.is_reserved() {
        return Err(Failure::usage(format!("{world}: names that begin with host: or server: are reserved")));
    }
    let config = match config {
        Some(text) => {
            serde_json::from_str(text).map_err(|e| Failure::usage(format!("--config is not JSON: {e}")))?
        }
        None => serde_json::Value::Null,
    };
    let rules = match rules {
        Some(path) => Some(
            std::fs::read_to_string(path)
                .map_err(|e| Failure::new("BAD_RULES", format!("{} can not be read: {e}", path.display())))?,
        ),
        None => None,
    };
    let opening = Opening { world, server, game, config, rules, secret: None, game_time: None, now: now() };
    // What can not be opened at all must not leave a log behind.
    command_service::opening::prepare(&opening, &data.keys()?).map_err(|r| crate::context::refused(&r))?;
    let done = open_season(data, &opening).await?;
    let opened = done.events.iter().find(|(kind, _)| kind == "WorldOpened").map(|(_, payload)| payload);
    let commitment = opened.and_then(|payload| payload.get("secret_commitment"));
    printer.talk(&format!("{world} is open: commit {}, {} events", done.commit, done.events.len()));
    printer.document(&json!({
        "world": world, "game": game, "server": server, "commit": done.commit, "secret_commitment": commitment,
    }))?;
    printer.talk(&format!("play: annals play --world {world}"));
    Ok(Exit::Done)
}

pub(crate) async fn pause(
    data: &Data,
    world: &WorldId,
    reason: &str,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let done = operate(data, world, "WorldPause", json!({ "reason": reason })).await?;
    printer.talk(&format!(
        "{world} stands still since commit {}; go on with: annals world resume {world}",
        done.commit
    ));
    Ok(Exit::Done)
}

pub(crate) async fn resume(data: &Data, world: &WorldId, printer: &Printer) -> Result<Exit, Failure> {
    let done = operate(data, world, "WorldResume", json!({})).await?;
    printer.talk(&format!("{world} goes on since commit {}", done.commit));
    Ok(Exit::Done)
}

pub(crate) async fn close(
    data: &Data,
    world: &WorldId,
    reason: &str,
    yes: bool,
    no_input: bool,
    printer: &Printer,
) -> Result<Exit, Failure> {
    confirm(
        &format!("Type the world's name to end its season for good ({world})"),
        world.as_str(),
        yes,
        no_input,
    )?;
    let done = operate(data, world, "WorldClose", json!({ "reason": reason })).await?;
    printer.talk(&format!(
        "{world} is closed at commit {}: {} events, the season secret is revealed; check: annals verify {world} --deep",
        done.commit,
        done.events.len()
    ));
    Ok(Exit::Done)
}
