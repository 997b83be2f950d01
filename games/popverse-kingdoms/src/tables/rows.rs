//! Rows of current state.

use games_core::view::{Cell, RowKey};
use schemas::GameTime;
use schemas::moment::utc_day;
use serde::Serialize;

use super::{at, society};
use crate::battles::word;
use crate::boards;
use crate::camps;
use crate::facts::{self, economy, heroes};
use crate::formulas::season;
use crate::ids::{ConquestId, GearId, GuildId, MarchId, NpcId, OfferId, ParcelNo, Pn};
use crate::keys::{Board, Building, HeroKey, Item, Resource, Technology, Tier};
use crate::rules::Rules;
use crate::state::{HeroState, Phase, Player, State, Status};
use crate::tile::Tile;

fn ms(time: GameTime) -> Cell {
    Cell::Int(time.ms())
}

fn maybe_ms(time: Option<GameTime>) -> Cell {
    time.map_or(Cell::Null, ms)
}

fn number(n: u64) -> Cell {
    Cell::Int(i64::try_from(n).unwrap_or(i64::MAX))
}

fn json(value: &impl Serialize) -> Cell {
    Cell::Text(serde_json::to_string(value).unwrap_or_default())
}

/// The n-th cell of a key as a number.
fn int(key: &RowKey, n: usize) -> Option<u64> {
    match key.key.get(n)? {
        Cell::Int(value) => u64::try_from(*value).ok(),
        Cell::Null | Cell::Text(_) | Cell::Bool(_) => None,
    }
}

/// The n-th cell of a key as a text.
fn name(key: &RowKey, n: usize) -> Option<&str> {
    match key.key.get(n)? {
        Cell::Text(text) => Some(text),
        Cell::Null | Cell::Int(_) | Cell::Bool(_) => None,
    }
}

/// The row of a key; none if nothing stands there any more.
pub(crate) fn row(rules: &Rules, state: &State, key: &RowKey) -> Option<Vec<Cell>> {
    match key.table {
        at::GEAR => return gear(state, key),
        at::MARCHES => return march(state, key),
        at::NPCS => return npc(rules, state, key),
        at::NODES => return node(state, key),
        at::CONQUESTS => return society::conquest(state, ConquestId(int(key, 0)?)),
        at::GUILDS => return society::guild(state, GuildId(int(key, 0)?)),
        at::OFFERS => return society::offer(state, OfferId(int(key, 0)?)),
        at::LANDS => return society::land(rules, state, ParcelNo(u16::try_from(int(key, 0)?).ok()?)),
        at::GUILD_MEMBERS => {
            return society::member(state, GuildId(int(key, 0)?), Pn(u32::try_from(int(key, 1)?).ok()?));
        }
        _ => {}
    }
    let pn = Pn(u32::try_from(int(key, 0)?).ok()?);
    let player = state.player(pn)?;
    if key.table == at::PLAYERS {
        return Some(player_row(rules, state, player));
    }
    // A player who left keeps a number and nothing else.
    if player.deleted() {
        return None;
    }
    match key.table {
        at::QUESTS => society::quests(player),
        at::ARENA_TEAMS => society::team(player, name(key, 1)?),
        at::STOCKS => stock(rules, state, player, Resource::from_key(name(key, 1)?)?),
        at::BUILDINGS => Some(building(player, Building::from_key(name(key, 1)?)?)),
        at::TROOPS => Some(troops(state, player, Tier::from_key(name(key, 1)?)?)),
        at::RESEARCH => Some(research(player, Technology::from_key(name(key, 1)?)?)),
        at::HEROES => hero(rules, state, player, HeroKey::from_key(name(key, 1)?)?),
        at::ITEMS => {
            let item = Item::from_key(name(key, 1)?)?;
            Some(vec![pn_cell(player), item.key().into(), player.items[item].into()])
        }
        at::EXPLORED => {
            let count = player.explored.len() as i64;
            Some(vec![pn_cell(player), json(&player.explored), count.into()])
        }
        _ => None,
    }
}

fn pn_cell(player: &Player) -> Cell {
    Cell::Int(i64::from(player.pn.get()))
}

fn player_row(rules: &Rules, state: &State, player: &Player) -> Vec<Cell> {
    let status = match player.status {
        Status::Active => "active",
        Status::Suspended(_) => "suspended",
        Status::Deleted(_) => "deleted",
    };
    let value = |board| boards::value(rules, state, player, board).unwrap_or(0);
    let gone = player.deleted();
    vec![
        pn_cell(player),
        player.id.to_string().into(),
        player.faction.key().into(),
        player.city.map(|tile| i64::from(u16::from(tile))).into(),
        player.city.map(Tile::x).into(),
        player.city.map(Tile::y).into(),
        player.diamonds.into(),
        player.rating.into(),
        player.points.into(),
        player.prestige.into(),
        season::prestige_tier(rules, player.prestige).into(),
        player.guild.map_or(Cell::Null, |guild| number(guild.get())),
        maybe_ms(player.shield.map(|shield| shield.until)),
        if gone { 0 } else { value(Board::Power) }.into(),
        if gone { 0 } else { player.score.unwrap_or_else(|| value(Board::Season)) }.into(),
        player.merit.into(),
        player.hunts.into(),
        player.raids_won.into(),
        player.loot_value.into(),
        (player.explored.len() as i64).into(),
        ms(player.joined_at),
        ms(player.last_active),
        utc_day(player.last_active.ms()).into(),
        status.into(),
        player.anonymous.into(),
        crate::people::carried(player).to_string().into(),
    ]
}

fn stock(rules: &Rules, state: &State, player: &Player, resource: Resource) -> Option<Vec<Cell>> {
    Some(vec![
        pn_cell(player),
        resource.key().into(),
        player.stores.stock[resource].into(),
        player.stores.carry[resource].into(),
        economy::rates(rules, state, player)[resource].into(),
        ms(player.stores.settled_at),
        economy::caps(rules, player)[resource].into(),
    ])
}

fn building(player: &Player, building: Building) -> Vec<Cell> {
    let job = player.builds.iter().find(|job| job.building == building);
    vec![
        pn_cell(player),
        building.key().into(),
        facts::level(player, building).into(),
        maybe_ms(job.map(|job| job.started)),
        maybe_ms(job.map(|job| job.due)),
    ]
}

fn troops(state: &State, player: &Player, tier: Tier) -> Vec<Cell> {
    let out = |stationed: bool| -> i64 {
        let marches = state.marches_of(player.pn).map(|(_, march)| march);
        marches.filter(|m| (m.phase == Phase::Stationed) == stationed).map(|m| m.troops[tier]).sum()
    };
    let job = player.training.filter(|job| job.arriving() == tier);
    let healing = player.healing.map_or(0, |job| job.troops[tier]);
    vec![
        pn_cell(player),
        tier.key().into(),
        player.home[tier].into(),
        out(false).into(),
        out(true).into(),
        (player.wounded[tier] + healing).into(),
        job.map_or(0, |job| job.count).into(),
        maybe_ms(job.map(|job| job.started)),
        maybe_ms(job.map(|job| job.due)),
    ]
}

fn research(player: &Player, technology: Technology) -> Vec<Cell> {
    let job = player.researching.filter(|job| job.technology == technology);
    vec![
        pn_cell(player),
        technology.key().into(),
        facts::tech(player, technology).into(),
        maybe_ms(job.map(|job| job.started)),
        maybe_ms(job.map(|job| job.due)),
    ]
}

fn hero(rules: &Rules, state: &State, player: &Player, key: HeroKey) -> Option<Vec<Cell>> {
    let hero = player.heroes.get(&key)?;
    let figures = &rules.heroes[key];
    // Whoever rests does so until a known moment, whatever the time is now.
    let resting = hero.exhausted_until.unwrap_or(GameTime::from_ms(i64::MIN));
    let (doing, until) = match heroes::doing(state, player, key, resting.plus_ms(-1)) {
        HeroState::Idle => ("idle", None),
        HeroState::Marching => ("marching", None),
        HeroState::Stationed => ("stationed", None),
        HeroState::Exhausted(until) => ("exhausted", Some(until)),
    };
    Some(vec![
        pn_cell(player),
        key.key().into(),
        figures.name.as_str().into(),
        figures.faction.key().into(),
        figures.rarity.key().into(),
        hero.level.into(),
        hero.xp.into(),
        heroes::power(rules, player, key).into(),
        json(&hero.skills),
        hero.weapon.map_or(Cell::Null, |gear| number(gear.get())),
        hero.armor.map_or(Cell::Null, |gear| number(gear.get())),
        hero.shards.into(),
        doing.into(),
        maybe_ms(until),
    ])
}

fn gear(state: &State, key: &RowKey) -> Option<Vec<Cell>> {
    let id = GearId(int(key, 0)?);
    let (player, piece) = state.players.iter().find_map(|p| Some((p, p.gear.get(&id)?)))?;
    Some(vec![
        number(id.get()),
        pn_cell(player),
        piece.slot.key().into(),
        piece.rarity.key().into(),
        piece.power.into(),
        piece.hero.map(HeroKey::key).into(),
    ])
}

fn march(state: &State, key: &RowKey) -> Option<Vec<Cell>> {
    let id = MarchId(int(key, 0)?);
    let march = state.marches.get(&id)?;
    Some(vec![
        number(id.get()),
        Cell::Int(i64::from(march.pn.get())),
        march.kind.key().into(),
        word(&march.phase).into(),
        Cell::Int(i64::from(u16::from(march.from))),
        Cell::Int(i64::from(u16::from(march.target))),
        json(&march.troops),
        march.hero.map(HeroKey::key).into(),
        json(&march.path.tiles),
        ms(march.departed),
        ms(march.arrives),
        maybe_ms(march.home_at),
        json(&march.load),
    ])
}

fn npc(rules: &Rules, state: &State, key: &RowKey) -> Option<Vec<Cell>> {
    let id = NpcId(int(key, 0)?);
    let camp = state.npcs.get(&id)?;
    Some(vec![
        number(id.get()),
        camp.kind.key().into(),
        Cell::Int(i64::from(u16::from(camp.tile))),
        camp.level.into(),
        camp.element.key().into(),
        camp.power.into(),
        json(&camps::drop_res(rules, camp.kind, camp.level)),
        maybe_ms(camp.respawn_at),
    ])
}

fn node(state: &State, key: &RowKey) -> Option<Vec<Cell>> {
    let tile = Tile::from_index(usize::try_from(int(key, 0)?).ok()?)?;
    let node = state.nodes.get(&tile)?;
    Some(vec![
        Cell::Int(i64::from(u16::from(tile))),
        node.kind.key().into(),
        node.level.into(),
        node.left.into(),
        node.march.map_or(Cell::Null, |march| number(march.get())),
        maybe_ms(node.refill_at),
    ])
}
