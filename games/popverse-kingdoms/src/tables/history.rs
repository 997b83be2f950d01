//! Rows of history: battles, and everything that moved a player's resources.

use games_core::Moment;
use games_core::view::{Cell, HistoryRow};
use serde_json::{Map, Value, json};

use super::at;
use crate::battles::word;
use crate::boards;
use crate::concerns;
use crate::event::{ArenaFought, BattleResolved, Event, LandOwner, Opponent, Party};
use crate::ids::Pn;
use crate::keys::{Board, Faction, Resource};
use crate::ledger;
use crate::rules::Rules;
use crate::state::State;

fn number(n: u64) -> Cell {
    Cell::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

fn player(party: Party) -> Cell {
    party.player().map_or(Cell::Null, |pn| Cell::Int(i64::from(pn.get())))
}

/// Adds the rows of history of an event.
pub(crate) fn history(
    rules: &Rules,
    state: &State,
    event: &Event,
    moment: Moment<'_>,
    out: &mut Vec<HistoryRow>,
) {
    if let Event::BattleResolved(e) = event {
        out.push(battle(e, moment));
        out.extend(parties(e));
    }
    if let Event::SeasonEnded(e) = event {
        out.push(season(rules, state, e.victorious_faction, moment));
    }
    if let Event::LandsRevalued(e) = event {
        let row = |new: &crate::event::LandValue| {
            let cells = vec![Cell::Int(i64::from(new.parcel.get())), e.day.into(), new.value.into()];
            HistoryRow { table: at::LAND_VALUES, cells }
        };
        out.extend(e.values.iter().map(row));
    }
    if let Event::ArenaFought(e) = event {
        out.push(arena(e, moment));
    }
    if let Event::MarketRepriced(e) = event {
        let figures = [moment.now.ms(), e.after, e.net, e.depth, e.anchor].map(Cell::Int);
        let cells = std::iter::once(e.resource.key().into()).chain(figures).collect();
        out.push(HistoryRow { table: at::MARKET, cells });
    }
    if let Event::EconomyRebalanced(e) = event {
        out.extend(Resource::ALL.map(|of| {
            let figures = [
                e.active,
                e.averages[of],
                e.targets[of],
                e.modifiers_after[of],
                e.anchors_after[of],
                e.minted[of],
                e.burned[of],
            ];
            let head = [e.day.into(), of.key().into()];
            HistoryRow { table: at::ECONOMY, cells: head.into_iter().chain(figures.map(Cell::Int)).collect() }
        }));
    }
    transaction(state, event, moment, out);
}

fn battle(e: &BattleResolved, moment: Moment<'_>) -> HistoryRow {
    let npc = match e.defender.party {
        Party::Npc { npc, .. } => number(npc.get()),
        Party::Player(_) | Party::Nobody => Cell::Null,
    };
    // The blow-by-blow log is computed from the inputs; the row holds what it needs and what came of it.
    let report = json!({
        "input": e.input, "attacker": e.attacker, "defender": e.defender, "outcome": e.outcome, "loot": e.loot,
        "rules_version": e.rules_version, "engine": e.engine,
    });
    let cells = vec![
        number(e.battle.get()),
        word(&e.kind).into(),
        player(e.attacker.party),
        player(e.defender.party),
        npc,
        Cell::Int(i64::from(u16::from(e.tile))),
        e.outcome.result.key().into(),
        e.outcome.rounds.into(),
        report.to_string().into(),
        e.digest.to_string().into(),
        Cell::Int(moment.now.ms()),
    ];
    HistoryRow { table: at::BATTLES, cells }
}

/// Everybody with a part in a battle, once.
fn parties(e: &BattleResolved) -> impl Iterator<Item = HistoryRow> {
    let sides = [&e.attacker, &e.defender];
    let leaders = sides.into_iter().filter_map(|side| side.party.player());
    let owners = sides.into_iter().flat_map(|side| &side.contingents).filter_map(|part| part.pn);
    let all: std::collections::BTreeSet<Pn> = leaders.chain(owners).collect();
    let battle = number(e.battle.get());
    all.into_iter().map(move |pn| HistoryRow {
        table: at::BATTLE_PARTIES,
        cells: vec![battle.clone(), Cell::Int(i64::from(pn.get()))],
    })
}

fn arena(e: &ArenaFought, moment: Moment<'_>) -> HistoryRow {
    let defender = match &e.opponent {
        Opponent::Player(pn) => Cell::Int(i64::from(pn.get())),
        Opponent::Bot(_) => Cell::Null,
    };
    let details = json!({
        "input": e.input, "outcome": e.outcome, "team": e.team, "against": e.against, "points": e.points,
        "digest": e.digest, "rules_version": e.rules_version, "engine": e.engine,
    });
    let ([change_a, change_d], [rating_a, rating_d]) = (e.changes, e.ratings);
    let cells = vec![
        number(e.battle.get()),
        Cell::Int(i64::from(e.pn.get())),
        defender,
        e.outcome.result.key().into(),
        change_a.into(),
        change_d.into(),
        rating_a.into(),
        rating_d.into(),
        Cell::Int(moment.now.ms()),
        details.to_string().into(),
    ];
    HistoryRow { table: at::ARENA_LOG, cells }
}

/// The hall of fame of a season that has ended: the best ten of every board, as they stand at its end.
fn season(rules: &Rules, state: &State, victor: Faction, moment: Moment<'_>) -> HistoryRow {
    let boards = Board::ALL.into_iter().map(|board| {
        let best = boards::ranking(rules, state, board).into_iter().take(10);
        let entries: Vec<Value> =
            best.map(|(entity, value)| json!({ "entity": entity, "value": value })).collect();
        json!({ "board": board, "entries": entries })
    });
    let boards: Vec<Value> = boards.collect();
    let champion = boards::ranking(rules, state, Board::Guilds).first().map(|(guild, _)| *guild);
    let cells = vec![
        Cell::Int(i64::from(state.config.season)),
        Cell::Int(state.opened.ms()),
        Cell::Int(moment.now.ms()),
        victor.key().into(),
        Value::from(boards).to_string().into(),
        champion.map_or(Cell::Null, Cell::Int),
    ];
    HistoryRow { table: at::SEASONS, cells }
}

/// What moved a player's resources, diamonds or troops. Production is left out: it is no transaction but time.
fn transaction(state: &State, event: &Event, moment: Moment<'_>, out: &mut Vec<HistoryRow>) {
    if matches!(event, Event::ResourcesProduced(_) | Event::BattleResolved(_)) {
        return;
    }
    if let Event::CityLooted(e) = event {
        let taken = json!({ "food": -e.taken.food, "iron": -e.taken.iron, "gold": -e.taken.gold });
        out.push(line(e.victim, "CityLooted", &taken, 0, Some(e.by), moment));
        return;
    }
    if handed_over(event, moment, out) {
        return;
    }
    let mut entries = Vec::new();
    ledger::ledger(event, &mut entries);
    let mut concerned = Vec::new();
    concerns::players(state, event, &mut concerned);
    let (Some(pn), false) = (concerned.first(), entries.is_empty()) else { return };
    let diamonds = entries.iter().filter(|(account, _)| *account == "diamonds").map(|(_, n)| n).sum();
    let mut delta = Map::new();
    for (account, amount) in entries.into_iter().filter(|(account, _)| *account != "diamonds") {
        delta.insert(account.to_owned(), amount.into());
    }
    let kind = schemas::codec::Recorded::kind(event);
    out.push(line(*pn, kind, &Value::Object(delta), diamonds, None, moment));
}

/// What went from one to another: a line for each of them.
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "what is no hand-over stands in the ledger, which is exhaustive"
)]
fn handed_over(event: &Event, moment: Moment<'_>, out: &mut Vec<HistoryRow>) -> bool {
    let kind = schemas::codec::Recorded::kind(event);
    let mut put = |pn: Pn, res: &[(Resource, i64)], other: Option<Pn>| {
        let delta: Map<String, Value> =
            res.iter().map(|(of, n)| (of.key().to_owned(), (*n).into())).collect();
        out.push(line(pn, kind, &Value::Object(delta), 0, other, moment));
    };
    match event {
        Event::OfferAccepted(e) => {
            put(e.pn, &[(e.want, e.want_amount - e.fee_want)], Some(e.by));
            put(e.by, &[(e.give, e.give_amount - e.fee_give), (e.want, -e.want_amount)], Some(e.pn));
        }
        Event::OfferPosted(e) => put(e.pn, &[(e.give, -e.give_amount)], None),
        Event::OfferCancelled(e) => put(e.pn, &[(e.give, e.returned)], None),
        Event::OfferExpired(e) => put(e.pn, &[(e.give, e.returned)], None),
        Event::GuildDeposited(e) => put(e.pn, &[(e.resource, -e.amount)], None),
        Event::GuildWithdrawn(e) => put(e.pn, &[(e.resource, e.amount)], None),
        Event::LandSold(e) => {
            let player = |owner| match owner {
                LandOwner::Player(pn) => Some(pn),
                LandOwner::Guild(_) => None,
            };
            let (seller, buyer) = (player(e.seller), player(e.buyer));
            if let Some(pn) = buyer {
                put(pn, &[(Resource::Gold, -e.price)], seller);
            }
            if let Some(pn) = seller {
                put(pn, &[(Resource::Gold, e.price - e.fee)], buyer);
            }
        }
        _ => return false,
    }
    true
}

fn line(
    pn: Pn,
    kind: &str,
    delta: &Value,
    diamonds: i64,
    counterpart: Option<Pn>,
    moment: Moment<'_>,
) -> HistoryRow {
    let cells = vec![
        number(moment.position.get()),
        Cell::Int(i64::from(pn.get())),
        kind.into(),
        delta.to_string().into(),
        diamonds.into(),
        counterpart.map(|pn| i64::from(pn.get())).into(),
        Cell::Int(moment.now.ms()),
    ];
    HistoryRow { table: at::TRANSACTIONS, cells }
}
