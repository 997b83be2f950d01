//! Who belongs together (rulebook 2.13).

use crate::ids::{GuildId, Pn};
use crate::keys::GuildRole;
use crate::state::{Guild, Player, State};

/// A player's guild.
#[must_use]
pub fn of<'s>(state: &'s State, player: &Player) -> Option<(GuildId, &'s Guild)> {
    let id = player.guild?;
    Some((id, state.guilds.get(&id)?))
}

/// Level of a player's guild, 0 without one.
#[must_use]
pub fn level(state: &State, player: &Player) -> i64 {
    of(state, player).map_or(0, |(_, guild)| guild.level)
}

/// What a player is in the guild they belong to.
#[must_use]
pub fn role(state: &State, player: &Player) -> Option<GuildRole> {
    of(state, player).and_then(|(_, guild)| guild.role(player.pn))
}

/// Whether two players are members of one guild; nobody is their own fellow.
#[must_use]
pub fn fellows(state: &State, one: Pn, other: Pn) -> bool {
    let guild = |pn| state.player(pn).filter(|p| !p.deleted()).and_then(|p| p.guild);
    one != other && guild(one).is_some() && guild(one) == guild(other)
}

/// Members of a guild, by number.
pub fn members(state: &State, id: GuildId) -> impl Iterator<Item = Pn> {
    state.guilds.get(&id).into_iter().flat_map(|guild| guild.members.keys().copied())
}

/// What names are compared by: the tag of a sealed text, which is equal for equal texts. A text that no host has sealed
/// is its own tag.
#[must_use]
pub fn tag(text: &str) -> &str {
    match text.strip_prefix("sealed:") {
        Some(sealed) => sealed.rsplit(':').next().unwrap_or(sealed),
        None => text,
    }
}

/// Seconds that a player has been a member of a guild, in all, at `now`.
#[must_use]
pub fn served(state: &State, player: &Player, id: GuildId, now: schemas::GameTime) -> i64 {
    let before = player.served.get(&id).copied().unwrap_or(0);
    let member = state.guilds.get(&id).and_then(|guild| guild.members.get(&player.pn));
    before + member.map_or(0, |member| now.since(member.joined_at).div_euclid(1000))
}
