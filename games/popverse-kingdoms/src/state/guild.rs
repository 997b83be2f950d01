//! Guilds (rulebook 2.13).

use std::collections::BTreeMap;

use schemas::GameTime;
use serde::{Deserialize, Serialize};

use crate::amounts::Res;
use crate::ids::Pn;
use crate::keys::{Faction, GuildRole};

/// A member of a guild.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// What they are.
    pub role: GuildRole,
    /// Since when.
    pub joined_at: GameTime,
    /// Experience they have donated.
    pub donated: i64,
}

/// An invitation that stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// Who invited.
    pub by: Pn,
    /// Until when it stands.
    pub until: GameTime,
}

/// A guild.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guild {
    /// Its name, a sealed text.
    pub name: String,
    /// Its tag, a sealed text.
    pub tag: String,
    /// The faction of all members.
    pub faction: Faction,
    /// When it was founded.
    pub founded_at: GameTime,
    /// Members.
    pub members: BTreeMap<Pn, Member>,
    /// Invitations.
    pub invites: BTreeMap<Pn, Invite>,
    /// What its bank holds.
    pub bank: Res,
    /// What its bank held at the last daily reset.
    pub bank_at_reset: Res,
    /// Experience.
    pub xp: i64,
    /// Level, from 1.
    pub level: i64,
    /// Conquest points of the season.
    pub conquest_points: i64,
    /// When they became what they are.
    pub scored_at: Option<GameTime>,
    /// Whether it is no more.
    pub disbanded: bool,
}

impl Guild {
    /// A guild of one.
    #[must_use]
    pub fn new(name: &str, tag: &str, faction: Faction, leader: Pn, now: GameTime) -> Self {
        let first = Member { role: GuildRole::Leader, joined_at: now, donated: 0 };
        Self {
            name: name.to_owned(),
            tag: tag.to_owned(),
            faction,
            founded_at: now,
            members: BTreeMap::from([(leader, first)]),
            invites: BTreeMap::new(),
            bank: Res::ZERO,
            bank_at_reset: Res::ZERO,
            xp: 0,
            level: 1,
            conquest_points: 0,
            scored_at: None,
            disbanded: false,
        }
    }

    /// Who leads it; nobody once it is no more.
    #[must_use]
    pub fn leader(&self) -> Option<Pn> {
        self.members.iter().find(|(_, member)| member.role == GuildRole::Leader).map(|(pn, _)| *pn)
    }

    /// How many officers it has.
    #[must_use]
    pub fn officers(&self) -> i64 {
        self.members.values().filter(|member| member.role == GuildRole::Officer).count() as i64
    }

    /// What a player is in it.
    #[must_use]
    pub fn role(&self, pn: Pn) -> Option<GuildRole> {
        self.members.get(&pn).map(|member| member.role)
    }
}

/// What a player has done since the last daily reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Today {
    /// Guild experience donated.
    pub donated: i64,
    /// Taken out of the guild's bank.
    pub withdrawn: Res,
    /// Units bought and sold on the exchange.
    pub traded: Res,
    /// Arena fights fought.
    pub fights: i64,
    /// Arena fights bought.
    pub attempts: i64,
}
