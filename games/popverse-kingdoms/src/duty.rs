//! What the host is told about the season for its own duties (rulebook 2.23): places and deals for the threat score,
//! counts and figures for the metrics.

use games_core::duty::{Counted, Gauge, Handed};
use schemas::GameTime;

use crate::amounts::Res;
use crate::command::Command;
use crate::event::{BattleKind, Event, LandOwner};
use crate::facts::economy;
use crate::ids::Pn;
use crate::keys::Resource;
use crate::query::Query;
use crate::rules::Rules;
use crate::state::State;

/// Micro-gold in a piece of gold.
const MICRO: i64 = 1_000_000;

/// The tile that a command is about.
pub(crate) const fn place(command: &Command) -> Option<(i64, i64)> {
    if let Command::Attack(c) = command {
        return Some((c.x, c.y));
    }
    if let Command::Scout(c) = command {
        return Some((c.x, c.y));
    }
    if let Command::Gather(c) = command {
        return Some((c.x, c.y));
    }
    None
}

/// The tile that a question is about.
pub(crate) const fn place_asked(query: &Query) -> Option<(i64, i64)> {
    if let Query::MapTile { x, y } = query {
        return Some((*x, *y));
    }
    if let Query::MapView { x: Some(x), y: Some(y), .. } = query {
        return Some((*x, *y));
    }
    None
}

/// What players hand each other: an offer that is taken, a parcel that is sold.
pub(crate) fn handed(state: &State, event: &Event, out: &mut Vec<Handed>) {
    let mut hand = |from: Pn, to: Pn, worth: i64| {
        if let (Some(from), Some(to)) = (state.player(from), state.player(to)) {
            out.push(Handed { from: from.id, to: to.id, worth });
        }
    };
    if let Event::OfferAccepted(e) = event {
        hand(e.pn, e.by, worth(state, e.give, e.give_amount));
        hand(e.by, e.pn, worth(state, e.want, e.want_amount));
    }
    if let Event::LandSold(e) = event
        && let LandOwner::Player(seller) = e.seller
    {
        // What a parcel is worth stands in the register; what was paid for it may be anything.
        let value = state.lands.get(&e.parcel).map_or(0, |land| land.value);
        hand(seller, e.by, value.saturating_mul(MICRO));
        hand(e.by, seller, e.price.saturating_mul(MICRO));
    }
}

/// Worth of an amount at the exchange's price, micro-gold.
fn worth(state: &State, resource: Resource, amount: i64) -> i64 {
    let price = match resource {
        Resource::Food | Resource::Iron => state.market.prices[resource],
        Resource::Gold => MICRO,
    };
    amount.saturating_mul(price)
}

/// What is counted as it happens.
pub(crate) const fn counted(event: &Event) -> Option<Counted> {
    if let Event::BattleResolved(e) = event {
        return Some(("battles", battle(e.kind)));
    }
    if let Event::MarchStarted(e) = event {
        return Some(("marches", e.kind.key()));
    }
    if matches!(event, Event::ArenaFought(_)) {
        return Some(("battles", battle(BattleKind::Arena)));
    }
    if matches!(event, Event::OfferAccepted(_)) {
        return Some(("trades", "offer"));
    }
    if matches!(event, Event::ExchangeBought(_) | Event::ExchangeSold(_)) {
        return Some(("trades", "exchange"));
    }
    None
}

const fn battle(kind: BattleKind) -> &'static str {
    match kind {
        BattleKind::City => "city",
        BattleKind::Npc => "npc",
        BattleKind::Land => "land",
        BattleKind::Node => "node",
        BattleKind::Conquest => "conquest",
        BattleKind::Arena => "arena",
    }
}

/// Figures of the season as it stands.
pub(crate) fn gauges(rules: &Rules, state: &State, now: GameTime) -> Vec<Gauge> {
    let active: Vec<_> =
        state.living().filter(|player| state.active(player, rules.world.active_seconds, now)).collect();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let mut all = vec![
        Gauge { name: "players", of: "", value: count(state.living().count()) },
        Gauge { name: "players_active", of: "", value: count(active.len()) },
        Gauge { name: "marches_open", of: "", value: count(state.marches.len()) },
        Gauge { name: "timers", of: "", value: count(state.timers.len()) },
        Gauge { name: "offers_open", of: "", value: count(state.market.offers.len()) },
    ];
    let stocks =
        active.iter().fold(Res::ZERO, |sum, player| sum + economy::stock_at(rules, state, player, now));
    let heads = count(active.len()).max(1);
    for resource in Resource::ALL {
        let of = resource.key();
        all.push(Gauge { name: "production_modifier", of, value: state.modifiers[resource] });
        all.push(Gauge { name: "stock_mean", of, value: stocks[resource] / heads });
        if resource != Resource::Gold {
            all.push(Gauge { name: "price_micro_gold", of, value: state.market.prices[resource] });
        }
    }
    all
}
