//! What a bot sees of the season: what the game's questions answer to its player, what the events addressed to everybody
//! tell, and nothing else (rulebook 2.20). The state is private to this module, so that no other part of a bot can look
//! past the fog.

mod own;

use std::cell::OnceCell;

use schemas::{GameTime, PlayerId};

use crate::amounts::Res;
use crate::facts;
use crate::formulas::conquest;
use crate::ids::{BannerId, GuildId, MarchId, NpcId, OfferId, ParcelNo, Pn};
use crate::keys::{ControlPoint, Faction, GuildRole, Resource};
use crate::rules::Rules;
use crate::sight::Sight;
use crate::state::{Conquest, Guild, Land, March, Npc, Offer, Player, State};
use crate::tile::Tile;

/// A player's eyes at a moment.
pub(super) struct Eyes<'a> {
    rules: &'a Rules,
    state: &'a State,
    me: &'a Player,
    now: GameTime,
    sight: OnceCell<Sight>,
}

/// Another player as everybody knows them: `/profile`, and the welcome that names where a city was founded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neighbour {
    pub(super) pn: Pn,
    pub(super) id: PlayerId,
    pub(super) faction: Faction,
    pub(super) guild: Option<GuildId>,
    /// When they joined: the beginner's shield counts from there.
    pub(super) joined_at: GameTime,
}

/// A guild as everybody knows it: `/guild info`.
#[derive(Debug, Clone, Copy)]
pub(super) struct GuildPage {
    pub(super) id: GuildId,
    pub(super) faction: Faction,
    pub(super) members: usize,
    /// Whether this player is invited.
    pub(super) invited: bool,
}

impl<'a> Eyes<'a> {
    pub(super) const fn new(rules: &'a Rules, state: &'a State, me: &'a Player, now: GameTime) -> Self {
        Self { rules, state, me, now, sight: OnceCell::new() }
    }

    /// Whether the player sees what stands on the tile now.
    pub(super) fn sees(&self, tile: Tile) -> bool {
        self.sight.get_or_init(|| Sight::of(self.rules, self.state, self.me, self.now)).sees(tile)
    }

    /// Season day.
    pub(super) const fn day(&self) -> i64 {
        self.state.day(self.now)
    }

    /// Whether the season is in its last third: `/season status`.
    pub(super) fn last_third(&self) -> bool {
        self.day() * 3 > self.state.config.season_days * 2
    }

    fn neighbour(player: &Player) -> Neighbour {
        let Player { pn, id, faction, guild, joined_at, .. } = *player;
        Neighbour { pn, id, faction, guild, joined_at }
    }

    /// Everybody else who plays.
    pub(super) fn neighbours(&self) -> impl Iterator<Item = Neighbour> {
        self.state.living().filter(|player| player.pn != self.me.pn).map(Self::neighbour)
    }

    /// Somebody by number.
    pub(super) fn who(&self, pn: Pn) -> Option<Neighbour> {
        self.state.player(pn).filter(|player| !player.deleted()).map(Self::neighbour)
    }

    /// Kingdom power, as on anybody's page.
    pub(super) fn power(&self, pn: Pn) -> i64 {
        self.state.player(pn).map_or(0, |player| facts::kingdom_power(self.rules, self.state, player))
    }

    /// Cities of others on explored ground that are seen now, or stand where everybody was told that they were founded.
    pub(super) fn cities(&self) -> impl Iterator<Item = (Tile, Neighbour)> {
        let known = |tile: Tile, owner: &Player| {
            self.me.explored.contains(tile) && (owner.relocations == 0 || self.sees(tile))
        };
        let others = self.state.cities.iter().filter(|(_, pn)| **pn != self.me.pn);
        others.filter_map(move |(tile, pn)| {
            let owner = self.state.player(*pn).filter(|owner| known(*tile, owner))?;
            Some((*tile, Self::neighbour(owner)))
        })
    }

    /// Where cities of others were founded, as everybody was told; those that have moved since left out.
    pub(super) fn announced(&self) -> impl Iterator<Item = (Tile, Neighbour)> {
        let others = self.state.cities.iter().filter(|(_, pn)| **pn != self.me.pn);
        others.filter_map(|(tile, pn)| {
            let owner = self.state.player(*pn).filter(|owner| owner.relocations == 0)?;
            Some((*tile, Self::neighbour(owner)))
        })
    }

    /// Whether a city that one has gone for is known to be there still.
    pub(super) fn city_stands(&self, tile: Tile, owner: Pn) -> bool {
        !self.sees(tile) || self.state.cities.get(&tile) == Some(&owner)
    }

    /// Camps that are seen now, on explored ground.
    pub(super) fn camps(&self) -> impl Iterator<Item = (Tile, &'a Npc)> {
        let state = self.state;
        let known = |tile: Tile| self.me.explored.contains(tile) && self.sees(tile);
        let seen = state.npc_at.iter().filter(move |(tile, _)| known(**tile));
        seen.filter_map(move |(tile, id)| Some((*tile, state.npcs.get(id)?)))
    }

    /// Whether a camp that one has gone for is known to be there still.
    pub(super) fn camp_stands(&self, tile: Tile, npc: NpcId) -> bool {
        !self.sees(tile) || self.state.npc_at.get(&tile) == Some(&npc)
    }

    /// Nodes on explored ground: where, of what, of which level. How much is left in them nobody is told.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (Tile, Resource, i64)> {
        let nodes = self.state.map().map_or(&[][..], |map| map.nodes());
        nodes.iter().filter(|n| self.me.explored.contains(n.tile)).map(|n| (n.tile, n.kind, n.level))
    }

    /// Whose party is seen at a node now; its size is not seen.
    pub(super) fn party(&self, tile: Tile) -> Option<Neighbour> {
        let march = self.state.nodes.get(&tile)?.march.filter(|_| self.sees(tile))?;
        self.who(self.state.marches.get(&march)?.pn)
    }

    /// Parcels whose gate is explored, with their gates: `/land info`.
    pub(super) fn parcels(&self) -> impl Iterator<Item = (ParcelNo, Tile, &'a Land)> {
        let state = self.state;
        state.lands.iter().filter_map(move |(no, land)| {
            let gate = state.map()?.parcel(no.get())?.gate;
            self.me.explored.contains(gate).then_some((*no, gate, land))
        })
    }

    /// Own parcels.
    pub(super) fn own_parcels(&self) -> impl Iterator<Item = (ParcelNo, &'a Land)> {
        facts::land::of(self.state, crate::event::LandOwner::Player(self.me.pn))
    }

    /// Parcels of the player's guild.
    pub(super) fn guild_parcels(&self) -> Vec<(ParcelNo, &'a Land)> {
        let guild = self.me.guild.map(crate::event::LandOwner::Guild);
        guild.into_iter().flat_map(|owner| facts::land::of(self.state, owner)).collect()
    }

    /// The faction that holds a parcel.
    pub(super) fn held_by(&self, land: &Land) -> Option<Faction> {
        facts::land::faction(self.state, land)
    }

    /// Troops that stand on a parcel, if one sees it: one's own parcels are always seen.
    pub(super) fn garrison(&self, no: ParcelNo) -> Option<i64> {
        let seen = facts::land::corners(self.state, no).into_iter().any(|tile| self.sees(tile));
        let troops = || facts::land::garrison(self.state, no).iter().map(|(_, m)| m.troops.total()).sum();
        seen.then(troops)
    }

    /// Control points on explored ground.
    pub(super) fn control_points(&self) -> impl Iterator<Item = (ControlPoint, Tile)> {
        let at = |point: ControlPoint| Some((point, self.state.map()?.control_point(point)?));
        ControlPoint::ALL.into_iter().filter_map(at).filter(|(_, tile)| self.me.explored.contains(*tile))
    }

    /// The conquest that musters or runs.
    pub(super) fn conquest(&self) -> Option<&'a Conquest> {
        self.state.conquest().map(|(_, conquest)| conquest)
    }

    /// The banner under which this player fights.
    pub(super) fn banner(&self) -> BannerId {
        conquest::banner(self.rules, self.me.pn, self.me.guild)
    }

    /// Prices of food and iron, micro-gold.
    pub(super) const fn prices(&self) -> Res {
        self.state.market.prices
    }

    /// Offers that stand.
    pub(super) fn offers(&self) -> impl Iterator<Item = (OfferId, &'a Offer)> {
        self.state.market.offers.iter().map(|(id, offer)| (*id, offer))
    }

    /// Guilds that stand.
    pub(super) fn guilds(&self) -> impl Iterator<Item = GuildPage> {
        let standing = self.state.guilds.iter().filter(|(_, guild)| !guild.disbanded);
        standing.map(|(id, guild)| GuildPage {
            id: *id,
            faction: guild.faction,
            members: guild.members.len(),
            invited: guild.invites.contains_key(&self.me.pn),
        })
    }

    /// The player's guild, with what only its members are shown.
    pub(super) fn guild(&self) -> Option<&'a Guild> {
        facts::guild::of(self.state, self.me).map(|(_, guild)| guild)
    }

    /// What the player is in the guild.
    pub(super) fn role(&self) -> Option<GuildRole> {
        facts::guild::role(self.state, self.me)
    }

    /// Where a fellow lives: what their city sees, fellows see.
    pub(super) fn home_of(&self, fellow: Pn) -> Option<Tile> {
        let fellows = facts::guild::fellows(self.state, self.me.pn, fellow);
        self.state.player(fellow).filter(|_| fellows)?.city
    }

    /// Own marches.
    pub(super) fn marches(&self) -> impl Iterator<Item = (MarchId, &'a March)> {
        self.state.marches_of(self.me.pn)
    }

    /// Allied troops in the player's city.
    pub(super) fn guests(&self) -> impl Iterator<Item = (MarchId, &'a March)> {
        facts::march::guests(self.state, self.me.pn)
    }
}
