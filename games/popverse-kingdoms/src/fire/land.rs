//! What the daily reset does to lands: taxes, foreclosures, values (rulebook 2.14, 2.16).

use crate::decide::{Deciding, land};
use crate::event::{
    LandArrearsRecorded, LandForeclosed, LandMarket, LandOwner, LandTaxed, LandValue, LandsRevalued, OfferEnd,
};
use crate::facts::land as facts;
use crate::formulas::land as formulas;
use crate::ids::ParcelNo;
use crate::keys::ParcelType;

/// Takes the taxes, by parcel; what is in arrears for too long is foreclosed. Everybody is settled already.
pub(super) fn taxes(d: &mut Deciding<'_>) {
    let owned = d.state().lands.iter().filter_map(|(no, land)| Some((*no, land.owner?)));
    let owned: Vec<(ParcelNo, LandOwner)> = owned.collect();
    for (parcel, owner) in owned {
        tax(d, parcel, owner);
    }
}

fn tax(d: &mut Deciding<'_>, parcel: ParcelNo, owner: LandOwner) {
    let (rules, state) = (d.rules(), d.state());
    let Some(land) = state.lands.get(&parcel) else { return };
    let (gold, arrears) = (formulas::tax(rules, land.value), land.arrears + 1);
    let held = match owner {
        LandOwner::Player(pn) => state.player(pn).map_or(0, |player| player.stores.stock.gold),
        LandOwner::Guild(id) => state.guilds.get(&id).map_or(0, |guild| guild.bank.gold),
    };
    if held >= gold {
        return d.emit(LandTaxed { parcel, owner, gold });
    }
    d.emit(LandArrearsRecorded { parcel, owner, arrears });
    if arrears >= rules.land.arrears_max {
        land::unoffer(d, parcel, OfferEnd::Foreclosed);
        d.emit(LandForeclosed { parcel, owner });
        land::clear(d, parcel);
    }
}

/// Values all parcels anew; nothing is recorded where nothing has changed.
pub(super) fn revalue(d: &mut Deciding<'_>, day: i64) {
    let (rules, now, state) = (d.rules(), d.now(), d.state());
    let Some(map) = state.map().filter(|map| !map.parcels().is_empty()) else { return };
    let seeks = |player: &&crate::state::Player| {
        state.active(player, rules.world.active_seconds, now)
            && facts::free_slot(rules, state, LandOwner::Player(player.pn))
    };
    let demand = formulas::demand(rules, state.living().filter(seeks).count() as i64);
    let supply = |kind: ParcelType| {
        let open = |land: &&crate::state::Land| land.owner.is_none() || land.offer.is_some();
        state.lands.values().filter(|land| land.kind == kind).filter(open).count() as i64
    };
    let markets: Vec<LandMarket> =
        ParcelType::ALL.into_iter().map(|kind| LandMarket { kind, supply: supply(kind), demand }).collect();
    let mut values = Vec::new();
    for (no, land) in &state.lands {
        let (Some(parcel), Some(of)) = (map.parcel(no.get()), markets.iter().find(|m| m.kind == land.kind))
        else {
            continue;
        };
        let market = formulas::market(rules, of.supply, of.demand);
        let value = formulas::value(rules, parcel, &land.factors, market);
        if (value, market) != (land.value, land.market) {
            values.push(LandValue { parcel: *no, value, market });
        }
    }
    if !values.is_empty() {
        d.emit(LandsRevalued { day, values, markets });
    }
}
