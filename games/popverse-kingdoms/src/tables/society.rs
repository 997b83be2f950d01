//! Rows of what players do together.

use games_core::view::Cell;

use crate::ids::{GuildId, Pn};
use crate::state::State;

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
