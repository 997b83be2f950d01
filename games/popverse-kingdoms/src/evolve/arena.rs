//! The arena.

use games_core::Moment;

use super::player::{item, with};
use crate::event::{
    ArenaAttemptsBought, ArenaFought, ArenaOpponentsOffered, ArenaPointsSpent, ArenaRatingDecayed, ArenaSide,
    ArenaTeamSet, ArenaWeekClosed, Opponent,
};
use crate::keys::{ArenaItem, Item};
use crate::state::{ArenaLine, ArenaOffer, GearOwned, State};

pub(super) fn team(state: &mut State, e: &ArenaTeamSet) {
    with(state, e.pn, |p| match e.side {
        ArenaSide::Attack => p.arena.attack.clone_from(&e.heroes),
        ArenaSide::Defense => p.arena.defense.clone_from(&e.heroes),
    });
}

pub(super) fn offered(state: &mut State, e: &ArenaOpponentsOffered) {
    let offer =
        ArenaOffer { number: e.offer, entries: e.entries.clone(), fought: Vec::new(), expires: e.expires };
    with(state, e.pn, |p| p.arena.offer = Some(offer));
}

pub(super) fn fought(state: &mut State, e: &ArenaFought, at: Moment<'_>) {
    let (now, [change, against], [rating, other]) = (at.now, e.changes, e.ratings);
    let met = match &e.opponent {
        Opponent::Player(pn) => Some(*pn),
        Opponent::Bot(_) => None,
    };
    with(state, e.pn, |p| {
        p.rating = rating;
        p.points += e.points;
        p.today.fights += 1;
        p.arena.week += 1;
        p.arena.fought_at = Some(now);
        if let Some(offer) = &mut p.arena.offer {
            offer.fought.push(e.slot);
        }
        let line =
            ArenaLine { battle: e.battle, at: now, defended: false, other: met, won: e.won, change, rating };
        p.arena.note(line);
    });
    let Some(met) = met else { return };
    with(state, met, |p| {
        p.rating = other;
        p.arena.attacked_at = Some(now);
        let line = ArenaLine {
            battle: e.battle,
            at: now,
            defended: true,
            other: Some(e.pn),
            won: !e.won,
            change: against,
            rating: other,
        };
        p.arena.note(line);
    });
}

pub(super) fn attempts(state: &mut State, e: &ArenaAttemptsBought) {
    with(state, e.pn, |p| {
        p.diamonds -= e.diamonds;
        p.today.attempts += e.count;
    });
}

pub(super) fn spent(state: &mut State, e: &ArenaPointsSpent) {
    with(state, e.pn, |p| {
        p.points -= e.points;
        for piece in &e.gear {
            let (slot, rarity, power) = (piece.slot, piece.rarity, piece.power);
            p.gear.insert(piece.gear, GearOwned { slot, rarity, power, hero: None });
        }
        if e.item == ArenaItem::Scroll {
            p.arena.scrolls += e.count;
        }
    });
    match e.item {
        ArenaItem::Scroll => item(state, e.pn, Item::Scroll, e.count),
        ArenaItem::Speed1h => item(state, e.pn, Item::Speed1h, e.count),
        ArenaItem::XpTome => item(state, e.pn, Item::XpTome, e.count),
        // Gear stands in the event, shards in events of their own.
        ArenaItem::GearCache | ArenaItem::Shard => {}
    }
}

pub(super) fn decayed(state: &mut State, e: &ArenaRatingDecayed, at: Moment<'_>) {
    with(state, e.pn, |p| {
        p.rating = e.after;
        p.arena.rated_at = Some(at.now);
    });
}

pub(super) fn week(state: &mut State, e: &ArenaWeekClosed) {
    for reward in &e.rewards {
        with(state, reward.pn, |p| p.diamonds += reward.diamonds);
    }
    for player in &mut state.players {
        player.arena.week = 0;
        player.arena.scrolls = 0;
    }
}
