//! Looking at worlds: list, state at a point, difference, events, replay, audit.

use std::collections::BTreeMap;

use command_service::load::opening_of;
use event_store::EventStore;
use replay_tool::audit::{Act, Wanted, acts};
use replay_tool::diff::{cell_text, difference};
use replay_tool::travel::Log;
use replay_tool::{Point, Resolved};
use schemas::{CommitNo, WorldId};
use serde_json::{Value, json};

use crate::cli;
use crate::context::{Data, Exit, Failure, Output, now};
use crate::engine::Engine;
use crate::print::{Printer, bar, grouped};

/// Resolves a point and says to what.
pub(crate) async fn resolve(
    log: &Log<'_, Engine>,
    text: &str,
    printer: &Printer,
) -> Result<Resolved, Failure> {
    let point: Point = text.parse()?;
    let resolved = point.resolve(log, now()).await?;
    if point != Point::Latest {
        printer.talk(&format!("{} at {text} is {resolved}", log.world));
    }
    Ok(resolved)
}

pub(crate) async fn world_list(data: &Data, printer: &Printer) -> Result<Exit, Failure> {
    let store = data.reader().await?;
    let mut rows = Vec::new();
    for name in super::season_worlds(&store).await? {
        let log = Log::open(&store, &name).await?;
        let world = log.world_at(log.head.commit, false, &mut |_, _| {}).await?;
        let (host, cursor) = (world.host(), world.cursor());
        let server = opening_of(&store, &name).await?.map(|opened| opened.server);
        rows.push(vec![
            json!(name),
            json!(server),
            json!(host.game),
            json!(host.status.word()),
            json!(cursor.game.to_string()),
            json!(log.head.commit),
            json!(log.head.position),
            json!(log.head.epoch),
        ]);
    }
    printer.rows(&["world", "server", "game", "state", "time", "commit", "event", "epoch"], &rows)?;
    Ok(Exit::Done)
}

pub(crate) async fn world_show(data: &Data, name: &WorldId, printer: &Printer) -> Result<Exit, Failure> {
    let store = data.reader().await?;
    let log = Log::open(&store, name).await?;
    let world = log.world_at(log.head.commit, false, &mut |_, _| {}).await?;
    let (host, cursor) = (world.host(), world.cursor());
    let server = opening_of(&store, name).await?.map(|opened| opened.server);
    printer.document(&json!({
        "world": name,
        "server": server,
        "game": host.game,
        "state": host.status.word(),
        "opened": host.opened.to_string(),
        "time": cursor.game.to_string(),
        "commit": log.head.commit,
        "event": log.head.position,
        "epoch": log.head.epoch,
        "head_hash": log.head.hash,
        "state_digest": world.digest(),
        "rules": host.rules_digest,
        "secret_commitment": host.secret_commitment,
        "secret": host.revealed,
        "dice_generation": host.generation,
        "timers": world.timers(),
        "rewinds": log.live.rewinds().len(),
    }))?;
    Ok(Exit::Done)
}

pub(crate) async fn state(data: &Data, arguments: &cli::State, printer: &Printer) -> Result<Exit, Failure> {
    let store = data.reader().await?;
    let log = Log::open(&store, &arguments.world).await?;
    let at = resolve(&log, &arguments.at, printer).await?;
    let progress = bar("folding", at.commit.get(), printer.output() != Output::Table);
    let begun = std::time::Instant::now();
    let world = log.world_at(at.commit, false, &mut |done, _| progress.set_position(done)).await?;
    progress.finish_and_clear();
    printer.talk(&format!(
        "{} at {at}, state {}, folded in {} ms",
        arguments.world,
        world.digest().short(),
        begun.elapsed().as_millis()
    ));
    if let Some(path) = &arguments.path {
        let whole = world.state_json();
        let pointer = format!("/{}", path.trim_matches('/'));
        let branch = whole.pointer(&pointer).ok_or_else(|| {
            let keys: Vec<&String> = whole.as_object().map(|o| o.keys().collect()).unwrap_or_default();
            Failure::usage(format!("the state has no branch {path}; the first level is {keys:?}"))
        })?;
        printer.line(&serde_json::to_string_pretty(branch)?)?;
        return Ok(Exit::Done);
    }
    if printer.output() == Output::Json && arguments.table.is_none() {
        printer.line(&serde_json::to_string_pretty(&world.state_json())?)?;
        return Ok(Exit::Done);
    }
    // Rows as the read models would show them at that point: everything that was ever touched, read from this state.
    let tables = world.game().tables();
    let wanted = match &arguments.table {
        Some(name) => tables.iter().position(|t| t.name == name).ok_or_else(|| {
            let names: Vec<&str> = tables.iter().map(|t| t.name).collect();
            Failure::usage(format!("no table {name}; there are {}", names.join(", ")))
        })?,
        None => 0,
    };
    let mut watch = games_registry::Watch::default();
    let first = log.world_at(CommitNo::new(1), true, &mut |_, _| {}).await?;
    log.go_on(first, at.commit, &mut watch).await?;
    let Some(table) = tables.get(wanted) else {
        printer.line(&serde_json::to_string_pretty(&world.state_json())?)?;
        return Ok(Exit::Done);
    };
    let heading: Vec<&str> = table.columns.iter().map(|c| c.name).collect();
    let rows: Vec<Vec<Value>> = watch
        .touched
        .iter()
        .filter(|key| key.table == wanted)
        .filter_map(|key| world.row(key))
        .map(|row| row.iter().map(|cell| cell_value(cell, printer)).collect())
        .collect();
    printer.rows(&heading, &rows)?;
    Ok(Exit::Done)
}

/// Whole numbers from here on are moments in ms since 1970: nothing else in a game is so large.
const MOMENTS_FROM: i64 = 1_000_000_000_000;

/// A number as people read it: moments as such.
fn moment_text(text: &str, printer: &Printer) -> String {
    match text.parse::<i64>() {
        Ok(number) if number >= MOMENTS_FROM && printer.output() == Output::Table => {
            schemas::GameTime::from_ms(number).to_string()
        }
        Ok(_) | Err(_) => text.to_owned(),
    }
}

fn cell_value(cell: &games_core::view::Cell, printer: &Printer) -> Value {
    match cell {
        games_core::view::Cell::Int(number) if *number >= MOMENTS_FROM => {
            let text = moment_text(&number.to_string(), printer);
            text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number))
        }
        games_core::view::Cell::Int(number) => json!(number),
        games_core::view::Cell::Bool(value) => json!(value),
        games_core::view::Cell::Null => Value::Null,
        games_core::view::Cell::Text(_) => json!(cell_text(cell)),
    }
}

pub(crate) async fn diff(data: &Data, arguments: &cli::Diff, printer: &Printer) -> Result<Exit, Failure> {
    let store = data.reader().await?;
    let log = Log::open(&store, &arguments.world).await?;
    let from = resolve(&log, &arguments.from, printer).await?;
    let to = resolve(&log, &arguments.to, printer).await?;
    let found = difference(&log, from.commit, to.commit).await?;
    let total: u64 = found.events.values().sum();
    printer.talk(&format!(
        "{}  v{} → v{}  ({} events in {} commits)",
        arguments.world,
        from.position,
        to.position,
        grouped(total),
        grouped(found.commits)
    ));
    match arguments.by.as_str() {
        "event" => {
            let mut events: Vec<_> = found.events.iter().collect();
            events.sort_by_key(|(kind, count)| (std::cmp::Reverse(**count), (*kind).clone()));
            let rows: Vec<_> =
                events.into_iter().map(|(kind, count)| vec![json!(kind), json!(count)]).collect();
            printer.rows(&["event", "count"], &rows)?;
        }
        "player" => {
            let rows = by_first_key(&found.changes, printer);
            printer.rows(&["table", "key", "changes"], &rows)?;
        }
        _ => {
            let most = if arguments.all || printer.output() != Output::Table { usize::MAX } else { 40 };
            let rows: Vec<_> = found
                .changes
                .iter()
                .take(most)
                .map(|c| {
                    vec![
                        json!(c.table),
                        json!(c.key),
                        json!(c.column),
                        json!(c.before),
                        json!(c.after),
                        json!(c.delta()),
                    ]
                })
                .collect();
            printer.rows(&["table", "key", "column", "before", "after", "delta"], &rows)?;
            if found.changes.len() > rows.len() {
                printer.talk(&format!("… {} more; --all", found.changes.len() - rows.len()));
            }
        }
    }
    Ok(if found.changes.is_empty() && found.events.is_empty() { Exit::Done } else { Exit::Difference })
}

/// One line for each row that changed, with the changes side by side.
fn by_first_key(changes: &[replay_tool::diff::Change], printer: &Printer) -> Vec<Vec<Value>> {
    let mut lines: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for change in changes {
        let value =
            |v: &Option<String>| v.as_ref().map_or_else(|| "–".to_owned(), |v| moment_text(v, printer));
        let moment = change.after.as_ref().is_some_and(|v| moment_text(v, printer) != *v);
        let delta = change.delta().filter(|_| !moment).map(|d| format!(" ({d:+})")).unwrap_or_default();
        let text = format!("{} {} → {}{delta}", change.column, value(&change.before), value(&change.after));
        if text.chars().count() <= 120 {
            lines.entry((change.table, change.key.as_str())).or_default().push(text);
        }
    }
    lines
        .into_iter()
        .filter(|((table, _), _)| table.ends_with("players"))
        .map(|((table, key), texts)| vec![json!(table), json!(key), json!(texts.join(", "))])
        .collect()
}

pub(crate) async fn log(data: &Data, arguments: &cli::Log, printer: &Printer) -> Result<Exit, Failure> {
    let Some(world) = &arguments.world else { return Err(Failure::usage("no world is named")) };
    let store = data.reader().await?;
    let mut log = Log::open(&store, world).await?;
    let from = resolve(&log, &arguments.from, printer).await?;
    let to = resolve(&log, &arguments.to, printer).await?;
    let mut after = from.commit.prev();
    let mut until = to.commit;
    let mut shown = 0;
    loop {
        let mut rows = Vec::new();
        log.each(after, until, |stored| {
            let open = stored.opened();
            let actor = open.header.cause.actor().to_string();
            if arguments.actor.as_ref().is_some_and(|wanted| *wanted != actor) {
                return Ok(());
            }
            let void = !log.live.is_live(stored.commit);
            for event in open.events() {
                let wanted = arguments.kind.as_ref().is_none_or(|kind| kind == event.kind);
                if wanted && (arguments.follow || shown + rows.len() < arguments.limit) {
                    rows.push(vec![
                        json!(format!("v{}", event.position)),
                        json!(open.header.game_ms.to_string()),
                        json!(actor),
                        json!(event.kind),
                        json!(shorten(event.payload, printer)),
                        json!(if void { "void" } else { "" }),
                    ]);
                }
            }
            Ok(())
        })
        .await?;
        shown += rows.len();
        if !rows.is_empty() || !arguments.follow {
            printer.rows(&["event", "time", "actor", "type", "payload", "void"], &rows)?;
        }
        if !arguments.follow {
            if shown >= arguments.limit {
                printer.talk(&format!("the first {shown}; --limit for more, --from for later ones"));
            }
            return Ok(Exit::Done);
        }
        after = until;
        while log.head.commit == until {
            tokio::time::sleep(std::time::Duration::from_millis(250)).await;
            log.head = store.head(world).await?;
        }
        until = log.head.commit;
    }
}

fn shorten(payload: &[u8], printer: &Printer) -> String {
    let text = String::from_utf8_lossy(payload);
    if printer.output() != Output::Table || text.chars().count() <= 90 {
        return text.into_owned();
    }
    text.chars().take(89).chain(['…']).collect()
}

pub(crate) async fn replay(data: &Data, arguments: &cli::Replay, printer: &Printer) -> Result<Exit, Failure> {
    let store = data.reader().await?;
    let log = Log::open(&store, &arguments.world).await?;
    let to = resolve(&log, &arguments.to, printer).await?;
    let progress = bar("replaying", to.commit.get(), printer.output() != Output::Table);
    let begun = std::time::Instant::now();
    let world =
        log.world_at(to.commit, arguments.from == "open", &mut |done, _| progress.set_position(done)).await?;
    progress.finish_and_clear();
    let seconds = begun.elapsed().as_secs_f64();
    printer.document(&json!({
        "world": arguments.world,
        "commit": to.commit,
        "events": to.position,
        "seconds": (seconds * 1000.0).round() / 1000.0,
        "events_per_second": (to.position.get() as f64 / seconds.max(0.000_001)) as u64,
        "state_digest": world.digest(),
    }))?;
    Ok(Exit::Done)
}

pub(crate) async fn audit(data: &Data, arguments: &cli::Audit, printer: &Printer) -> Result<Exit, Failure> {
    let store = data.reader().await?;
    let world = if arguments.host {
        let found = store.worlds().await?.into_iter().find(|w| w.world.as_str().starts_with("host:"));
        match found {
            Some(found) => found.world,
            None => {
                printer.talk("nothing has been refused by the host");
                return Ok(Exit::Done);
            }
        }
    } else {
        super::only_world(&store, arguments.world.as_ref()).await?
    };
    let log = Log::open(&store, &world).await?;
    let from = match &arguments.since {
        Some(text) => Some(resolve(&log, text, printer).await?.commit),
        None => None,
    };
    let wanted = Wanted {
        actor: arguments.actor.clone(),
        act: arguments.act.clone(),
        code: arguments.code.clone(),
        from,
        all_causes: arguments.causes,
    };
    let found = acts(&log, &wanted).await?;
    let rows: Vec<Vec<Value>> = found.iter().rev().take(arguments.limit).rev().map(audit_row).collect();
    printer.rows(&["time", "event", "actor", "act", "result", "via", "detail"], &rows)?;
    printer.talk(&format!("{} of {}", rows.len(), found.len()));
    Ok(Exit::Done)
}

fn audit_row(act: &Act) -> Vec<Value> {
    let result = match (&act.code, act.void) {
        (None, false) => "accepted".to_owned(),
        (None, true) => "void".to_owned(),
        (Some(code), _) => format!("refused {code}"),
    };
    // What was asked, then what the refusal says about it: the parts of a threat score, for instance.
    let figures: Vec<String> = act.figures.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let detail = match figures.is_empty() {
        true => act.detail.clone(),
        false => format!("{} ({})", act.detail, figures.join(", ")),
    };
    vec![
        json!(act.game.to_string()),
        json!(format!("v{}", act.position)),
        json!(act.actor),
        json!(act.act),
        json!(result),
        json!(act.channel),
        json!(detail),
    ]
}
