//! `annals simulate`: a season of bots in memory alone, and what came of it: for whoever balances a game.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use command_service::{Clock, Service, ServiceConfig};
use event_store::{EventStore, MemoryStore};
use games_core::view::{Cell, ColumnKind, RowKey, TableKind};
use games_registry::{Fold, Watch, World};
use schemas::{CommitNo, LiveLine, PlayerId, Position, WorldId};
use serde::Serialize;
use serde_json::json;
use vault::ServerKeys;

use crate::bots::{OPENS, Party, Tally, world_name};
use crate::cli;
use crate::context::{Exit, Failure, Output};
use crate::print::{Printer, bar, grouped};

/// How many commits are read at a time.
const PAGE: u32 = 1_000;
/// Columns by which a game's read model groups its players, in the order in which they are looked for.
const GROUPS: &[&str] = &["faction", "nation", "race", "guild"];

/// What a simulated season came to; a contract of `--output json`.
#[derive(Debug, Clone, Serialize)]
struct Report {
    game: String,
    players: u32,
    days: u32,
    seed: u64,
    commands: u64,
    accepted: u64,
    commits: u64,
    events: u64,
    battles: u64,
    /// Events by type.
    events_by_type: BTreeMap<String, u64>,
    /// Refusals by code.
    refusals: BTreeMap<String, u64>,
    groups: Vec<Group>,
    ledger: Vec<Account>,
    /// For everything: sources less sinks are what is held, and nothing is negative.
    conserved: bool,
}

/// How one group of players stands on one board.
#[derive(Debug, Clone, Serialize)]
struct Group {
    /// Its name: a faction.
    group: String,
    board: &'static str,
    players: usize,
    least: i64,
    /// The upper of the two in the middle, where there are two.
    median: i64,
    most: i64,
    total: i64,
}

/// What came into the world of one thing, what went out of it, what is there.
#[derive(Debug, Clone, Default, Serialize)]
struct Account {
    account: String,
    sources: i64,
    sinks: i64,
    held: i64,
    conserved: bool,
    /// What the types of event brought in (or, negative, took out).
    by_event: BTreeMap<String, i64>,
}

pub(crate) async fn run(arguments: &cli::Simulate, printer: &Printer) -> Result<Exit, Failure> {
    let rules = match &arguments.rules {
        Some(path) => Some(
            std::fs::read_to_string(path)
                .map_err(|e| Failure::new("BAD_RULES", format!("{} can not be read: {e}", path.display())))?,
        ),
        None => None,
    };
    let party = Party {
        world: world_name(&arguments.game)?,
        game: arguments.game.clone(),
        bots: (1..=u64::from(arguments.players)).map(PlayerId::from_bits).collect(),
        days: arguments.days,
        round_minutes: arguments.round_minutes,
        seed: arguments.seed,
        rules,
    };
    let begun = std::time::Instant::now();
    let store = Arc::new(MemoryStore::default());
    let tally = play(&party, &store, printer).await?;
    let report = look(&party, &store, tally).await?;
    printer.talk(&format!(
        "{} bots played {} days of {} in {:.1} s, in memory alone",
        arguments.players,
        arguments.days,
        arguments.game,
        begun.elapsed().as_secs_f64()
    ));
    if report.commands == 0 {
        printer.talk("the bots gave no command: this game teaches them none, or they found nothing to do");
    }
    match printer.output() {
        Output::Json | Output::Ndjson => printer.document(&report)?,
        Output::Table | Output::Tsv => show(&report, printer)?,
    }
    Ok(if report.conserved { Exit::Done } else { Exit::Broken })
}

async fn play(party: &Party, store: &Arc<MemoryStore>, printer: &Printer) -> Result<Tally, Failure> {
    let keys = ServerKeys::ephemeral()?;
    let config = ServiceConfig {
        node: "n1".to_owned(),
        lease_ms: None,
        commands: true,
        clustered: false,
        snapshot_commits: 0,
        rate_limits: false,
        signing: None,
        checkpoints: None,
    };
    let mut service = Service::start(config, Arc::clone(store), keys.clone(), Clock::manual(OPENS))?;
    party.open(&service, &keys).await?;
    let progress = bar("playing", party.rounds(), matches!(printer.output(), Output::Json | Output::Ndjson));
    let tally = party.play(&mut service, &mut |round| progress.set_position(round)).await?;
    progress.finish_and_clear();
    service.stop().await;
    Ok(tally)
}

/// Folds the season and counts what is in it.
async fn look(party: &Party, store: &MemoryStore, tally: Tally) -> Result<Report, Failure> {
    let head = store.head(&party.world).await?;
    let mut fold = Fold::new(LiveLine::default(), head.commit);
    let mut watch = Watch::default();
    let mut types: BTreeMap<Position, String> = BTreeMap::new();
    let mut report = Report {
        game: party.game.clone(),
        players: party.bots.len() as u32,
        days: party.days,
        seed: party.seed,
        commands: tally.commands,
        accepted: tally.accepted,
        commits: head.commit.get(),
        events: head.position.get(),
        battles: 0,
        events_by_type: BTreeMap::new(),
        refusals: tally.refusals,
        groups: Vec::new(),
        ledger: Vec::new(),
        conserved: true,
    };
    while fold.commit() < head.commit {
        for stored in read(store, &party.world, fold.commit()).await? {
            fold.push(&stored, Some(&mut watch)).map_err(replay_tool::ToolError::from)?;
            let open = stored.open().map_err(|e| replay_tool::ToolError::Input(e.to_string()))?;
            let game = fold.world().map(World::game);
            for event in open.events() {
                let battle = game.and_then(|game| game.battle(event.kind, event.version, event.payload));
                report.battles += u64::from(battle.is_some());
                *report.events_by_type.entry(event.kind.to_owned()).or_default() += 1;
                types.insert(event.position, event.kind.to_owned());
            }
        }
    }
    let world = fold.finish().ok_or_else(|| replay_tool::ToolError::UnknownWorld(party.world.clone()))?;
    report.groups = groups(&*world, &watch.touched);
    report.ledger = ledger(&*world, &watch, &types);
    report.conserved = report.ledger.iter().all(|account| account.conserved);
    Ok(report)
}

async fn read(
    store: &MemoryStore,
    world: &WorldId,
    after: CommitNo,
) -> Result<Vec<schemas::StoredCommit>, Failure> {
    let page = store.read(world, after, PAGE).await?;
    if page.is_empty() {
        let problem = format!("commit {} is missing from the log", after.next());
        return Err(replay_tool::ToolError::Input(problem).into());
    }
    Ok(page)
}

/// Sources, sinks and holdings of everything that the game's ledger counts.
fn ledger(world: &dyn World, watch: &Watch, types: &BTreeMap<Position, String>) -> Vec<Account> {
    let mut accounts: BTreeMap<&str, Account> = BTreeMap::new();
    for (position, name, delta) in &watch.ledger {
        let account = accounts.entry(name).or_default();
        if *delta > 0 {
            account.sources += delta;
        } else {
            account.sinks -= delta;
        }
        let kind = types.get(position).cloned().unwrap_or_default();
        *account.by_event.entry(kind).or_default() += delta;
    }
    for (name, held) in world.holdings() {
        accounts.entry(name).or_default().held += held;
    }
    accounts
        .into_iter()
        .map(|(name, account)| Account {
            account: name.to_owned(),
            conserved: account.sources - account.sinks == account.held && account.held >= 0,
            ..account
        })
        .collect()
}

/// The spread of every board over the groups that the game's own read model names.
fn groups(world: &dyn World, touched: &BTreeSet<RowKey>) -> Vec<Group> {
    let game = world.game();
    let found = game.tables().iter().enumerate().find_map(|(index, table)| {
        let by_player = table.kind == TableKind::Current && table.key == 1;
        let column = GROUPS.iter().find_map(|wanted| {
            table.columns.iter().position(|c| c.name == *wanted && c.kind == ColumnKind::Text)
        });
        column.filter(|_| by_player).map(|column| (index, column))
    });
    let Some((table, column)) = found else { return Vec::new() };
    let mut values: BTreeMap<(String, usize), Vec<i64>> = BTreeMap::new();
    for key in touched.iter().filter(|key| key.table == table) {
        let (Some(Cell::Int(entity)), Some(row)) = (key.key.first(), world.row(key)) else { continue };
        let Some(Cell::Text(group)) = row.get(column) else { continue };
        for (board, value) in world.scores(entity.unsigned_abs()) {
            values.entry((group.clone(), board)).or_default().push(value);
        }
    }
    let boards = game.boards();
    let spread = |((group, board), mut values): ((String, usize), Vec<i64>)| {
        values.sort_unstable();
        Some(Group {
            group,
            board: boards.get(board)?.name,
            players: values.len(),
            least: *values.first()?,
            median: *values.get(values.len() / 2)?,
            most: *values.last()?,
            total: values.iter().sum(),
        })
    };
    let mut all: Vec<Group> = values.into_iter().filter_map(spread).collect();
    all.sort_by_key(|group| boards.iter().position(|board| board.name == group.board));
    all
}

fn show(report: &Report, printer: &Printer) -> Result<(), Failure> {
    printer.line(&format!(
        "{} commands ({} accepted), {} events, {} battles; conserved: {}",
        grouped(report.commands),
        grouped(report.accepted),
        grouped(report.events),
        grouped(report.battles),
        if report.conserved { "yes" } else { "NO" }
    ))?;
    let groups: Vec<_> = report
        .groups
        .iter()
        .map(|g| {
            vec![
                json!(g.board),
                json!(g.group),
                json!(g.players),
                json!(g.least),
                json!(g.median),
                json!(g.most),
                json!(g.total),
            ]
        })
        .collect();
    if !groups.is_empty() {
        printer.line("")?;
        printer.rows(&["board", "group", "players", "least", "median", "most", "total"], &groups)?;
    }
    let ledger: Vec<_> = report
        .ledger
        .iter()
        .map(|a| {
            vec![
                json!(a.account),
                json!(a.sources),
                json!(a.sinks),
                json!(a.held),
                json!(if a.conserved { "yes" } else { "NO" }),
                json!(foremost(a, 1)),
                json!(foremost(a, -1)),
            ]
        })
        .collect();
    printer.line("")?;
    let heading = ["account", "sources", "sinks", "held", "conserved", "first source", "first sink"];
    printer.rows(&heading, &ledger)?;
    let mut refusals: Vec<_> = report.refusals.iter().collect();
    refusals.sort_by_key(|(code, count)| (std::cmp::Reverse(**count), (*code).clone()));
    let refusals: Vec<_> =
        refusals.into_iter().map(|(code, count)| vec![json!(code), json!(count)]).collect();
    if refusals.is_empty() {
        return Ok(());
    }
    printer.line("")?;
    printer.rows(&["refused", "count"], &refusals)
}

/// The type of event that brought in most of something, or took out most of it.
fn foremost(account: &Account, sign: i64) -> Option<&str> {
    let most = account.by_event.iter().max_by_key(|(_, amount)| sign * **amount)?;
    (sign * most.1 > 0).then_some(most.0.as_str())
}
