//! `annals simulate`: a season of bots in memory alone, and what came of it: for whoever balances a game.

mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use command_service::{Clock, Service, ServiceConfig};
use event_store::{EventStore, MemoryStore};
use games_core::Secret;
use games_core::balance::ClaimKind;
use games_core::view::{Cell, ColumnKind, RowKey, TableKind};
use games_registry::{Fold, GameFace, Watch, World};
use replay_tool::travel::Log;
use replay_tool::verify::deep;
use schemas::{CommitNo, LiveLine, PlayerId, Position, WorldId};
use vault::ServerKeys;

use crate::bots::{OPENS, Party, Tally, world_name};
use crate::cli;
use crate::context::{Exit, Failure, Output};
use crate::print::{Printer, bar, grouped, tell_memory};
use report::{Account, Group, Report, show};

/// How many commits are read at a time.
const PAGE: u32 = 1_000;
/// Columns by which a game's read model groups its players, in the order in which they are looked for.
const GROUPS: &[&str] = &["faction", "nation", "race", "guild"];

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
    let mut report = look(&party, &store, tally).await?;
    if arguments.verify {
        report.verified = Some(verify(&party, &store, printer).await?);
    }
    printer.talk(&format!(
        "{} bots played {} days of {} in {:.1} s, in memory alone",
        arguments.players,
        arguments.days,
        arguments.game,
        begun.elapsed().as_secs_f64()
    ));
    printer.talk(&format!("the state at the end: {} bytes", grouped(report.state_bytes as u64)));
    tell_memory(printer);
    if report.commands == 0 {
        printer.talk("the bots gave no command: this game teaches them none, or they found nothing to do");
    }
    match printer.output() {
        Output::Json | Output::Ndjson => printer.document(&report)?,
        Output::Table | Output::Tsv => show(&report, printer)?,
    }
    let broken = !report.conserved || report.verified == Some(false) || report.breaks(ClaimKind::Bound);
    Ok(match broken {
        true => Exit::Broken,
        false if arguments.strict && report.breaks(ClaimKind::Expected) => Exit::Difference,
        false => Exit::Done,
    })
}

/// Decides everything again and compares.
async fn verify(party: &Party, store: &MemoryStore, printer: &Printer) -> Result<bool, Failure> {
    let log = Log::open(store, &party.world).await?;
    let progress = bar("verifying", log.head.commit.get(), printer.output() != Output::Table);
    let secret = Secret::new(party.secret());
    let proof = deep(&log, &secret, &mut |done, _| progress.set_position(done)).await?;
    progress.finish_and_clear();
    if let Some(fault) = &proof.fault {
        printer.talk(&format!("commit {}: {}", fault.commit, fault.problem));
    }
    Ok(proof.fault.is_none())
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
    let begun = std::time::Instant::now();
    let days = u64::from(party.days);
    let rounds = (party.rounds() / days.max(1)).max(1);
    let step = (days / 10).max(1);
    let mut told = |round: u64, tally: &Tally| {
        let day = round / rounds;
        if round.is_multiple_of(rounds) && (day.is_multiple_of(step) || day == days) {
            let seconds = begun.elapsed().as_secs_f64().max(0.001);
            printer.talk(&format!(
                "day {day}: {} commands, {} events, {:.0} commands/s",
                grouped(tally.commands),
                grouped(tally.events),
                tally.commands as f64 / seconds
            ));
        }
    };
    let tally = party.play(&mut service, &mut told).await?;
    // The last day ends as well, and with it the season if its days are over.
    service.advance_to(party.ends()).await?;
    service.stop().await;
    Ok(tally)
}

/// Folds the season and counts what is in it.
async fn look(party: &Party, store: &MemoryStore, tally: Tally) -> Result<Report, Failure> {
    let head = store.head(&party.world).await?;
    let mut fold = Fold::new(LiveLine::default(), head.commit).with_balance();
    let mut accounts: BTreeMap<String, Account> = BTreeMap::new();
    let mut players: BTreeSet<RowKey> = BTreeSet::new();
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
        balance: None,
        verified: None,
        state_bytes: 0,
    };
    while fold.commit() < head.commit {
        for stored in read(store, &party.world, fold.commit()).await? {
            // A season's rows of history would fill the memory: what is watched is taken up commit by commit.
            let mut watch = Watch::default();
            fold.push(&stored, Some(&mut watch)).map_err(replay_tool::ToolError::from)?;
            let open = stored.open().map_err(|e| replay_tool::ToolError::Input(e.to_string()))?;
            let game = fold.world().map(World::game);
            let mut types: BTreeMap<Position, &str> = BTreeMap::new();
            for event in open.events() {
                let battle = game.and_then(|game| game.battle(event.kind, event.version, event.payload));
                report.battles += u64::from(battle.is_some());
                *report.events_by_type.entry(event.kind.to_owned()).or_default() += 1;
                types.insert(event.position, event.kind);
            }
            for (position, name, delta) in &watch.ledger {
                count(&mut accounts, name, types.get(position).copied().unwrap_or_default(), *delta);
            }
            let table = game.and_then(grouping).map(|(table, _)| table);
            players.extend(watch.touched.into_iter().filter(|key| Some(key.table) == table));
        }
    }
    let world = fold.finish().ok_or_else(|| replay_tool::ToolError::UnknownWorld(party.world.clone()))?;
    report.balance = world.balance();
    report.state_bytes = world.snapshot().len();
    report.groups = groups(&*world, &players);
    report.ledger = ledger(&*world, accounts);
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

/// Counts one entry of the ledger.
fn count(accounts: &mut BTreeMap<String, Account>, name: &str, kind: &str, delta: i64) {
    let account = accounts.entry(name.to_owned()).or_default();
    if delta > 0 {
        account.sources += delta;
    } else {
        account.sinks -= delta;
    }
    *account.by_event.entry(kind.to_owned()).or_default() += delta;
}

/// Sources, sinks and holdings of everything that the game's ledger counts.
fn ledger(world: &dyn World, mut accounts: BTreeMap<String, Account>) -> Vec<Account> {
    for (name, held) in world.holdings() {
        accounts.entry(name.to_owned()).or_default().held += held;
    }
    accounts
        .into_iter()
        .map(|(name, account)| Account {
            account: name,
            conserved: account.sources - account.sinks == account.held && account.held >= 0,
            ..account
        })
        .collect()
}

/// The table of a game's players, and the column by which they are grouped.
fn grouping(game: &'static dyn GameFace) -> Option<(usize, usize)> {
    game.tables().iter().enumerate().find_map(|(index, table)| {
        let by_player = table.kind == TableKind::Current && table.key == 1;
        let column = GROUPS.iter().find_map(|wanted| {
            table.columns.iter().position(|c| c.name == *wanted && c.kind == ColumnKind::Text)
        });
        column.filter(|_| by_player).map(|column| (index, column))
    })
}

/// The spread of every board over the groups that the game's own read model names.
fn groups(world: &dyn World, touched: &BTreeSet<RowKey>) -> Vec<Group> {
    let game = world.game();
    let Some((table, column)) = grouping(game) else { return Vec::new() };
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
