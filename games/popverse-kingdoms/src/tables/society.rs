//! Rows of what players do together.

use games_core::view::Cell;

use crate::event::LandOwner;
use crate::facts::land as lands;
use crate::ids::{ConquestId, GuildId, OfferId, ParcelNo, Pn};
use crate::keys::HeroKey;
use crate::rules::Rules;
use crate::state::{Player, State};
use crate::tile::Tile;

pub(super) fn ms(time: schemas::GameTime) -> Cell {
    Cell::Int(time.ms())
}

pub(super) fn number(n: u64) -> Cell {
    Cell::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

pub(super) fn pn(pn: Pn) -> Cell {
    Cell::Int(i64::from(pn.get()))
}

pub(super) fn json(value: &impl serde::Serialize) -> Cell {
    Cell::Text(serde_json::to_string(value).unwrap_or_default())
}

pub(super) fn guild(state: &State, id: GuildId) -> Option<Vec<Cell>> {
    let guild = state.guilds.get(&id)?;
    Some(vec![
        number(id.get()),
        guild.name.as_str().into(),
        guild.tag.as_str().into(),
        guild.faction.key().into(),
        guild.leader().map_or(Cell::Null, pn),
        guild.level.into(),
        guild.xp.into(),
        json(&guild.bank),
        guild.conquest_points.into(),
        (guild.members.len() as i64).into(),
        guild.disbanded.into(),
    ])
}

pub(super) fn member(state: &State, id: GuildId, of: Pn) -> Option<Vec<Cell>> {
    let member = state.guilds.get(&id)?.members.get(&of)?;
    let role = member.role.key().into();
    Some(vec![number(id.get()), pn(of), role, ms(member.joined_at), member.donated.into()])
}

pub(super) fn land(rules: &Rules, state: &State, no: ParcelNo) -> Option<Vec<Cell>> {
    let (land, parcel) = (state.lands.get(&no)?, state.map()?.parcel(no.get())?);
    let (owner_pn, owner_guild) = match land.owner {
        Some(LandOwner::Player(owner)) => (pn(owner), Cell::Null),
        Some(LandOwner::Guild(id)) => (Cell::Null, number(id.get())),
        None => (Cell::Null, Cell::Null),
    };
    let row = |(id, march): (crate::ids::MarchId, &crate::state::March)| serde_json::json!({ "march": id, "pn": march.pn, "troops": march.troops });
    let garrison: Vec<_> = lands::garrison(state, no).into_iter().map(row).collect();
    let f = land.factors;
    Some(vec![
        Cell::Int(i64::from(no.get())),
        land.kind.key().into(),
        parcel.gate.x().into(),
        parcel.gate.y().into(),
        parcel.size.into(),
        parcel.size.into(),
        owner_pn,
        owner_guild,
        land.acquired_at.map_or(Cell::Null, ms),
        land.value.into(),
        lands::trend(rules, state, land).key().into(),
        f.location.into(),
        f.proximity.into(),
        f.resources.into(),
        f.strategic.into(),
        land.market.into(),
        land.arrears.into(),
        land.offer.into(),
        land.protected_until.map_or(Cell::Null, ms),
        json(&garrison),
    ])
}

pub(super) fn offer(state: &State, id: OfferId) -> Option<Vec<Cell>> {
    let offer = state.market.offers.get(&id)?;
    Some(vec![
        number(id.get()),
        pn(offer.pn),
        offer.give.key().into(),
        offer.give_amount.into(),
        offer.want.key().into(),
        offer.want_amount.into(),
        (offer.want_amount * 1_000_000 / offer.give_amount.max(1)).into(),
        ms(offer.expires),
    ])
}

/// A team as it was set; none for one that was not.
pub(super) fn team(player: &Player, side: &str) -> Option<Vec<Cell>> {
    let heroes = match side {
        "attack" => &player.arena.attack,
        "defense" => &player.arena.defense,
        _ => return None,
    };
    let slot = |n: usize| heroes.get(n).copied().map(HeroKey::key).into();
    (!heroes.is_empty()).then(|| vec![pn(player.pn), side.into(), slot(0), slot(1), slot(2)])
}

pub(super) fn conquest(state: &State, id: ConquestId) -> Option<Vec<Cell>> {
    let conquest = state.conquests.get(&id)?;
    let points = conquest.points.iter().map(|(key, point)| {
        let tile = state.map().and_then(|map| map.control_point(key));
        serde_json::json!({
            "point": key, "x": tile.map(Tile::x), "y": tile.map(Tile::y), "owner": point.owner,
            "keeper": point.keeper, "queue": point.queue, "garrison": point.garrison,
        })
    });
    let points: Vec<_> = points.collect();
    let scores = conquest.ranking().into_iter().map(|(banner, tally)| {
        serde_json::json!({ "banner": banner, "score": tally.score, "crown_ticks": tally.crown_ticks })
    });
    let scores: Vec<_> = scores.collect();
    Some(vec![
        number(id.get()),
        ms(conquest.starts),
        ms(conquest.ends),
        conquest.finale.into(),
        crate::battles::word(&conquest.stage).into(),
        json(&points),
        json(&scores),
    ])
}

/// Quests of the day on which a player was last active.
pub(super) fn quests(player: &Player) -> Option<Vec<Cell>> {
    let quests = player.quests.as_ref()?;
    let line = |line: &crate::state::QuestLine| {
        let fields = serde_json::json!({
            "progress": line.progress, "target": line.target, "done": line.done(), "paid": line.paid,
        });
        (line.quest.key().to_owned(), fields)
    };
    let lines: serde_json::Map<String, serde_json::Value> = quests.lines.iter().map(line).collect();
    Some(vec![pn(player.pn), quests.day.into(), json(&lines)])
}
