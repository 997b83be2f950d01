//! Tokens, a player's data, and a look over the installation.

use event_store::{CheckpointStore, EventStore};
use schemas::PlayerId;
use serde_json::json;
use vault::{EraseReason, Erasure, Identity, Scope, Vault};

use super::confirm;
use crate::cli::{PlayerCommand, TokenCommand};
use crate::context::{Data, Exit, Failure, now};
use crate::print::{Printer, grouped};

pub(crate) async fn token(data: &Data, command: &TokenCommand, printer: &Printer) -> Result<Exit, Failure> {
    let vault = data.vault().await?;
    match command {
        TokenCommand::Create { name, scope, days } => {
            let expires = now().plus_ms(i64::from(*days) * 86_400_000);
            let token = match scope.as_str() {
                "player" => {
                    let player = vault.player(&Identity::Terminal(name.clone()), now()).await?;
                    vault.create_player_token(player, now(), expires).await?
                }
                "operator" => vault.create_token(Scope::Operator, name, now(), expires).await?,
                _ => vault.create_token(Scope::Auditor, name, now(), expires).await?,
            };
            printer.talk(&format!("{scope} token for {name}, good until {expires}. It is shown only now:"));
            printer.line(&token.text)?;
        }
        TokenCommand::List => {
            let rows: Vec<_> = vault
                .tokens()
                .await?
                .into_iter()
                .map(|t| {
                    vec![
                        json!(t.id),
                        json!(t.scope.name()),
                        json!(t.actor),
                        json!(t.expires_ms.to_string()),
                        json!(t.revoked_ms.map(|at| at.to_string())),
                    ]
                })
                .collect();
            printer.rows(&["id", "scope", "actor", "expires", "revoked"], &rows)?;
        }
        TokenCommand::Revoke { id } => {
            if !vault.revoke_token(id, now()).await? {
                return Err(Failure::new(
                    "UNKNOWN_TOKEN",
                    format!("there is no token {id}; see: annals token list"),
                ));
            }
            printer.talk(&format!("{id} is worth nothing from now on"));
        }
    }
    vault.close().await;
    Ok(Exit::Done)
}

/// A player by id, or by the name given on the terminal.
async fn find(vault: &Vault, text: &str) -> Result<Option<PlayerId>, Failure> {
    if let Ok(player) = text.parse::<PlayerId>() {
        return Ok(Some(player));
    }
    Ok(vault.find(&Identity::Terminal(text.to_owned())).await?)
}

pub(crate) async fn player(
    data: &Data,
    command: &PlayerCommand,
    no_input: bool,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let vault = data.vault().await?;
    match command {
        PlayerCommand::Export { player } => match find(&vault, player).await? {
            Some(id) => printer.line(&serde_json::to_string_pretty(&vault.export(id).await?)?)?,
            None => printer.talk(&format!("no data on {player}")),
        },
        PlayerCommand::Erase { player, yes } => {
            let Some(id) = find(&vault, player).await? else {
                printer.talk(&format!("no data on {player}"));
                return Ok(Exit::Done);
            };
            printer.talk("Erases: identity, names, keys, tokens. Keeps: moves under the player id, results, hash chain.");
            confirm(&format!("Type {player} to erase for good"), player, *yes, no_input)?;
            match vault.erase(id, EraseReason::Requested, now()).await? {
                Erasure::NoData => printer.talk(&format!("no data on {player}")),
                Erasure::Erased => {
                    printer.talk(&format!("{id} is erased; the record stays whole and verifies as before"));
                }
            }
        }
    }
    vault.close().await;
    Ok(Exit::Done)
}

/// One line of the doctor's.
fn finding(printer: &Printer, level: &str, what: &str, text: &str) -> Result<(), Failure> {
    printer.line(&format!("{level:<5} {what:<12} {text}"))
}

/// Webhooks, and those that take nothing any more.
fn webhooks(data: &Data, printer: &Printer) -> Result<(), Failure> {
    let book = crate::discord::webhooks::Book::of(data.dir());
    for hook in book.all()? {
        let waiting = book.waiting(&hook.name).len();
        let what = format!("{} of server {}, {}", hook.name, hook.server, hook.shown());
        match book.state(&hook.name).parked {
            Some((status, since)) => {
                let since = schemas::WallTime::from_ms(since);
                let text = format!(
                    "{what}: parked since {since} ({status}) · look at the other side, then remove it and add it anew"
                );
                finding(printer, "warn", "webhook", &text)?;
            }
            None => finding(printer, "ok", "webhook", &format!("{what}: {waiting} posts wait"))?,
        }
    }
    Ok(())
}

/// The bot on Twitch, as far as it can be told without it: its settings, its token, the links.
async fn twitch(data: &Data, vault: &Vault, printer: &Printer) -> Result<u32, Failure> {
    let settings = data.settings()?.twitch;
    if !settings.any() {
        return Ok(0);
    }
    let missing = settings.missing();
    if !missing.is_empty() {
        finding(printer, "warn", "twitch", &format!("not set: {} · annals config show", missing.join(", ")))?;
        return Ok(0);
    }
    match settings.token_file.as_deref().map(crate::settings::twitch::token) {
        Some(Err(failure)) => {
            finding(printer, "fail", "twitch", &failure.to_string())?;
            Ok(1)
        }
        Some(Ok(_)) | None => {
            let channel = settings.channel.unwrap_or_default();
            let links = vault.links().await?.len();
            finding(printer, "ok", "twitch", &format!("#{channel} at {}, {links} links", settings.address))?;
            Ok(0)
        }
    }
}

/// Where messages can not be sent to any more.
async fn parked(vault: &Vault, printer: &Printer) -> Result<(), Failure> {
    for channel in vault.parked_news_channels().await? {
        let Some(parked) = channel.parked else { continue };
        if channel.channel == crate::discord::channel::WANTED {
            let text = format!(
                "the bot may make no channel in server {} since {} ({}) · grant Manage Channels and choose /news channel:…, \
                 or choose one that is there",
                channel.server, parked.since, parked.code
            );
            finding(printer, "warn", "news", &text)?;
            continue;
        }
        let code = discord_http::rest::Code::of(parked.code);
        let advice = code.advice().unwrap_or("set it anew: /news channel:…");
        let text = format!(
            "channel {} of server {} can not be posted in since {} ({}) · {advice}, then /news channel:…",
            channel.channel, channel.server, parked.since, parked.code
        );
        finding(printer, "warn", "news", &text)?;
    }
    let closed = vault.parked_private_messages().await?;
    if closed > 0 {
        let who = if closed == 1 {
            "1 player takes".to_owned()
        } else {
            format!("{} players take", grouped(closed))
        };
        let text = format!("{who} none any more, until they ask for them anew: /messages");
        finding(printer, "warn", "messages", &text)?;
    }
    Ok(())
}

/// What stands on servers: the vault, and the bus.
async fn elsewhere(data: &Data, printer: &Printer) -> Result<u32, Failure> {
    let mut failed = 0;
    match data.vault().await {
        Ok(vault) => {
            finding(printer, "ok", "vault", &vault.place())?;
            webhooks(data, printer)?;
            parked(&vault, printer).await?;
            failed += twitch(data, &vault, printer).await?;
            vault.close().await;
        }
        Err(failure) => {
            failed += 1;
            finding(printer, "fail", "vault", &failure.to_string())?;
        }
    }
    let settings = data.settings()?;
    let Some(url) = &settings.bus else { return Ok(failed) };
    match cluster::look(url, &settings.cluster, &format!("doctor-{:x}", std::process::id())).await {
        Ok(nodes) if nodes.is_empty() => {
            finding(printer, "warn", "bus", "reached, but no node is heard · annals serve --bus …")?;
        }
        Ok(nodes) => finding(printer, "ok", "bus", &format!("nodes: {}", nodes.join(", ")))?,
        Err(error) => {
            failed += 1;
            finding(printer, "fail", "bus", &error.to_string())?;
        }
    }
    Ok(failed)
}

/// What a running server says it can not do; nothing where none answers.
fn ailing(url: &str) -> Vec<String> {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(std::time::Duration::from_secs(2)))
        .http_status_as_error(false)
        .build()
        .new_agent();
    let told = agent.get(format!("{url}/readyz")).call().ok();
    let text = told.and_then(|mut answer| answer.body_mut().read_to_string().ok()).unwrap_or_default();
    text.lines().filter_map(|line| line.strip_prefix("ailing: ")).map(str::to_owned).collect()
}

pub(crate) async fn doctor(data: &Data, printer: &Printer) -> Result<Exit, Failure> {
    let mut failed = 0;
    match data.keys() {
        Ok(_) => finding(printer, "ok", "keys", "present, readable by their owner alone")?,
        Err(e) => {
            failed += 1;
            finding(printer, "fail", "keys", &e.to_string())?;
        }
    }
    let store = match data.reader().await {
        Ok(store) => store,
        Err(e) => {
            finding(printer, "fail", "store", &e.to_string())?;
            return Ok(Exit::Failed);
        }
    };
    finding(printer, "ok", "store", &store.described(data))?;
    let worlds = super::season_worlds(&store).await?;
    for world in &worlds {
        let head = store.head(world).await?;
        let signed = store.checkpoints(world).await?.last().map(|c| c.checkpoint.commit.get());
        let text = format!(
            "{} commits, {} events, signed up to {}",
            grouped(head.commit.get()),
            grouped(head.position.get()),
            signed.map_or_else(|| "nothing yet".to_owned(), |c| format!("commit {}", grouped(c)))
        );
        finding(printer, "ok", world.as_str(), &text)?;
    }
    if worlds.is_empty() {
        finding(printer, "warn", "worlds", "none yet · annals season open kingdoms, or annals demo")?;
    }
    failed += elsewhere(data, printer).await?;
    let models = super::projection::reader(data).await;
    let states = match &models {
        Ok(models) if models.is_outdated().await => {
            finding(printer, "warn", "projection", "made by another build · annals projection rebuild")?;
            Vec::new()
        }
        Ok(models) => models.status(&store).await?,
        Err(failure) if failure.code == "READ_MODELS_MISSING" || failure.code == "READ_MODELS_FILES" => {
            finding(printer, "warn", "projection", "no read models yet · annals projection rebuild")?;
            Vec::new()
        }
        Err(failure) => {
            failed += 1;
            finding(printer, "fail", "projection", &failure.to_string())?;
            Vec::new()
        }
    };
    for status in states {
        let (level, note) =
            if status.lag == 0 { ("ok", "") } else { ("warn", " · annals projection rebuild") };
        let text = format!(
            "{} is {}, {} commits behind{note}",
            status.world,
            status.state.word(),
            grouped(status.lag)
        );
        finding(printer, level, "projection", &text)?;
    }
    match std::fs::read_to_string(data.endpoint()) {
        Ok(text) => {
            let url =
                serde_json::from_str::<super::remote::Endpoint>(&text).map(|e| e.url).unwrap_or_default();
            finding(printer, "ok", "server", &format!("last started at {url}"))?;
            for ailing in ailing(&url) {
                failed += 1;
                finding(printer, "fail", "server", &ailing)?;
            }
        }
        Err(_) => finding(printer, "ok", "server", "not running · annals serve")?,
    }
    Ok(if failed == 0 { Exit::Done } else { Exit::Failed })
}
