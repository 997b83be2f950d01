//! `annals discord`: the application at Discord.

use command_service::servers;
use discord_http::registration::{self, Change, Plan, Registered, Standing};
use discord_http::rest::{Code, Rest, RestError};
use event_store::EventStore;
use games_registry::GameFace;
use schemas::ServerId;
use serde_json::{Value, json};

use crate::cli::{DiscordCommand, Guilds, WebhookCommand};
use crate::context::{Data, Exit, Failure, Output};
use crate::discord::webhooks::{Book, Hook};
use crate::discord::{find, first_game, server_of};
use crate::engine::LogPlace;
use crate::print::Printer;
use crate::settings::{Discord, not_set};

/// A Discord server, and the game whose commands it is to have.
type Meant = (u64, &'static dyn GameFace);

pub(crate) async fn run(data: &Data, command: &DiscordCommand, printer: &Printer) -> Result<Exit, Failure> {
    let settings = data.settings()?.discord;
    match command {
        DiscordCommand::Plan(guilds) => plan(data, &settings, guilds, printer).await,
        DiscordCommand::Register(guilds) => register(data, &settings, guilds, printer).await,
        DiscordCommand::Check(guilds) => check(data, &settings, guilds, printer).await,
        DiscordCommand::Webhook(command) => webhook(data, command, printer),
        DiscordCommand::Invite => {
            let application = settings.application.ok_or_else(|| not_set(&["discord_application"]))?;
            printer.line(&registration::invite(application))?;
            printer.talk(
                "scopes: bot, applications.commands · permissions: View Channel, Send Messages, Embed Links, Attach Files; and \
                 for a channel of its own Manage Channels, Pin Messages",
            );
            Ok(Exit::Done)
        }
    }
}

/// Webhooks for news: added, listed, removed.
fn webhook(data: &Data, command: &WebhookCommand, printer: &Printer) -> Result<Exit, Failure> {
    let book = Book::of(data.dir());
    match command {
        WebhookCommand::Add { guild, address_file, loopback } => {
            let text = std::fs::read_to_string(address_file)
                .map_err(|e| Failure::usage(format!("{} can not be read: {e}", address_file.display())))?;
            let hook = book.add(*guild, text.lines().next().unwrap_or_default(), *loopback)?;
            printer.talk(&format!("news of server {guild} go to {} from now on", hook.shown()));
            printer.line(&hook.name)?;
        }
        WebhookCommand::List => {
            let row = |hook: &Hook| {
                let parked = book.state(&hook.name).parked.map(|(status, _)| status);
                vec![
                    json!(hook.name),
                    json!(hook.server.to_string()),
                    json!(hook.shown()),
                    json!(book.waiting(&hook.name).len()),
                    json!(parked),
                ]
            };
            let rows: Vec<Vec<Value>> = book.all()?.iter().map(row).collect();
            printer.rows(&["webhook", "server", "where", "waiting", "parked"], &rows)?;
        }
        WebhookCommand::Remove { name } => {
            book.remove(name)?;
            printer.talk(&format!("{name} is removed, with what waited for it"));
        }
    }
    Ok(Exit::Done)
}

/// The client, for calls in the bot's name.
fn bot(settings: &Discord) -> Result<Rest, Failure> {
    let missing: Vec<&str> = [
        ("discord_application", settings.application.is_none()),
        ("discord_token", settings.token.is_none()),
    ]
    .into_iter()
    .filter(|(_, missing)| *missing)
    .map(|(name, _)| name)
    .collect();
    if missing.is_empty() { settings.rest() } else { Err(not_set(&missing)) }
}

/// The servers that are meant: those named, or all on which a season has run.
async fn meant(data: &Data, guilds: &Guilds) -> Result<Vec<Meant>, Failure> {
    let game = match &guilds.game {
        None => None,
        Some(name) => Some(games_registry::find(name).ok_or_else(|| {
            let known: Vec<&str> = games_registry::games().iter().map(|game| game.name()).collect();
            Failure::new("UNKNOWN_GAME", format!("there is no game {name}; there are: {}", known.join(", ")))
        })?),
    };
    let told = |text: schemas::rejection::RejectionText| Failure::new(&text.code, text.sentence);
    // Commands can be registered before there is any season, and so before there is a log.
    let fresh = matches!(&data.settings()?.log, LogPlace::File(path) if !path.exists());
    let store = if fresh { None } else { Some(data.reader().await?) };
    let mut ids = guilds.guilds.clone();
    if let (true, Some(store)) = (ids.is_empty(), &store) {
        let servers = store.worlds().await?.into_iter().filter_map(|head| ServerId::of_stream(&head.world));
        ids.extend(servers.filter_map(|server| server.as_str().parse::<u64>().ok()));
    }
    if ids.is_empty() {
        return Err(Failure::usage(
            "no season has run on a Discord server yet: say which one is meant with --guild ID",
        ));
    }
    let mut all = Vec::new();
    for guild in ids {
        let found = match (game, &store) {
            (Some(game), _) => game,
            (None, None) => first_game().map_err(told)?,
            (None, Some(store)) => {
                let server = server_of(guild).map_err(told)?;
                let stream = servers::read(store, &server).await;
                let stream = stream.map_err(|e| Failure::new("STORE_UNAVAILABLE", e.to_string()))?;
                find(store, guild, server, stream).await.map_err(told)?.0.game
            }
        };
        all.push((guild, found));
    }
    Ok(all)
}

/// What Discord or the way to it refused, as a failure.
fn failed(error: &RestError, application: Option<u64>) -> Failure {
    let code = match error {
        RestError::TokenRefused => "DISCORD_TOKEN_REFUSED",
        RestError::HoldingBack => "DISCORD_HOLDING_BACK",
        RestError::Limited { .. } => "DISCORD_LIMITED",
        RestError::Lost { .. } => "DISCORD_UNREACHABLE",
        RestError::Refused { code: Code::MissingAccess, .. } => {
            let invite = application.map(registration::invite).unwrap_or_default();
            let text = format!("the application is not in that server, or without its commands: {invite}");
            return Failure::new("DISCORD_NOT_IN_SERVER", text);
        }
        RestError::Refused { .. } => "DISCORD_REFUSED",
    };
    match error.code().and_then(Code::advice) {
        Some(advice) => Failure::new(code, format!("{error}: {advice}")),
        None => Failure::new(code, error.to_string()),
    }
}

fn changes(plan: &Plan) -> impl Iterator<Item = &(String, Change)> {
    plan.commands.iter().filter(|(_, change)| *change != Change::Same)
}

async fn plan(data: &Data, settings: &Discord, guilds: &Guilds, printer: &Printer) -> Result<Exit, Failure> {
    let rest = bot(settings)?;
    let (mut rows, mut differs) = (Vec::new(), false);
    for (guild, game) in meant(data, guilds).await? {
        let plan = registration::plan(&rest, guild, game.tree()).await;
        let plan = plan.map_err(|error| failed(&error, settings.application))?;
        differs |= plan.changes();
        printer.talk(&format!(
            "server {guild}: {}, digest {}: {} commands, {} would change",
            game.title(),
            plan.digest.short(),
            plan.commands.len(),
            changes(&plan).count()
        ));
        let row = |(name, change): &(String, Change)| {
            vec![json!(guild.to_string()), json!(name), json!(change.word()), json!(plan.digest.to_string())]
        };
        rows.extend(plan.commands.iter().map(row));
    }
    printer.rows(&["server", "command", "change", "digest"], &rows)?;
    Ok(if differs { Exit::Difference } else { Exit::Done })
}

async fn register(
    data: &Data,
    settings: &Discord,
    guilds: &Guilds,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let rest = bot(settings)?;
    let mut rows: Vec<Vec<Value>> = Vec::new();
    for (guild, game) in meant(data, guilds).await? {
        let told = |error: RestError| failed(&error, settings.application);
        // Discord itself is asked what it has: a note of ours would be wrong once somebody else changed the list.
        let plan = registration::plan(&rest, guild, game.tree()).await.map_err(told)?;
        let kept = (!plan.changes()).then_some(plan.digest);
        let (done, commands) =
            match registration::register(&rest, guild, game.tree(), kept).await.map_err(told)? {
                Registered::Unchanged => ("unchanged", plan.commands.len()),
                Registered::Done { commands, .. } => ("registered", commands),
            };
        printer.talk(&format!("server {guild}: {}: {commands} commands, {done}", game.title()));
        rows.push(vec![
            json!(guild.to_string()),
            json!(game.name()),
            json!(done),
            json!(commands),
            json!(plan.digest.to_string()),
        ]);
    }
    printer.rows(&["server", "game", "done", "commands", "digest"], &rows)?;
    Ok(Exit::Done)
}

async fn check(data: &Data, settings: &Discord, guilds: &Guilds, printer: &Printer) -> Result<Exit, Failure> {
    let rest = bot(settings)?;
    // Without any server there is still the application to look at.
    let meant = match meant(data, guilds).await {
        Ok(meant) => meant,
        Err(failure) if failure.code == "USAGE" => Vec::new(),
        Err(failure) => return Err(failure),
    };
    let trees: Vec<_> = meant.iter().map(|(guild, game)| (*guild, game.tree())).collect();
    let found = registration::check(&rest, settings.public_key, &trees).await;
    let found = found.map_err(|error| failed(&error, settings.application))?;
    let level = |standing| match standing {
        Standing::Good => "ok",
        Standing::Poor => "warn",
        Standing::Bad => "fail",
    };
    match printer.output() {
        Output::Table => {
            for finding in &found {
                let code = finding.code.map(|code| format!(" [{code}]")).unwrap_or_default();
                printer.line(&format!(
                    "{:<5} {:<12} {}{code}",
                    level(finding.standing),
                    finding.point,
                    finding.text
                ))?;
            }
        }
        Output::Tsv | Output::Json | Output::Ndjson => {
            let rows: Vec<Vec<Value>> = found
                .iter()
                .map(|f| vec![json!(level(f.standing)), json!(f.point), json!(f.code), json!(f.text)])
                .collect();
            printer.rows(&["level", "point", "code", "text"], &rows)?;
        }
    }
    if settings.public_key.is_none() {
        printer
            .talk("discord_public_key is not set: nothing that Discord posts could be told from a forgery");
    }
    if trees.is_empty() {
        printer.talk("no server was looked at: name one with --guild ID");
    }
    let fails = found.iter().any(|finding| finding.standing == Standing::Bad);
    Ok(if fails { Exit::Failed } else { Exit::Done })
}
