//! What can be due (rulebook 5.3). Setting a timer again replaces it.

use serde::{Deserialize, Serialize};

use crate::ids::{GuildId, MarchId, NpcId, Pn};
use crate::keys::{Building, HeroKey};
use crate::tile::Tile;

/// What a timer is about: its kind and whom or what it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerKey {
    /// A building job is done.
    Building(Pn, Building),
    /// Research is done.
    Research(Pn),
    /// Training is done.
    Training(Pn),
    /// Healing is done.
    Healing(Pn),
    /// The second crew's rent ends.
    Crew(Pn),
    /// A march reaches its target.
    MarchArrival(MarchId),
    /// A march comes home.
    MarchHome(MarchId),
    /// The watchtower sees a march.
    Alert(MarchId),
    /// A party has gathered all it came for.
    GatherDone(MarchId),
    /// A node is full again.
    NodeRefill(Tile),
    /// A new camp appears in place of a beaten one.
    NpcRespawn(NpcId),
    /// A shield ends.
    ShieldEnd(Pn),
    /// A shield ends in an hour.
    ShieldWarning(Pn),
    /// A hero is rested.
    HeroRecovery(Pn, HeroKey),
    /// A market offer expires.
    OfferExpiry(u64),
    /// A guild invitation expires.
    InviteExpiry(GuildId, Pn),
    /// The exchange sets its prices anew.
    MarketHour,
    /// A UTC day ends.
    DailyReset,
    /// An arena week ends.
    ArenaWeek,
    /// A conquest musters.
    ConquestMuster,
    /// A conquest starts.
    ConquestStart,
    /// A minute of a conquest passes.
    ConquestTick,
    /// A conquest ends.
    ConquestEnd,
    /// The season's days are over.
    SeasonEnd,
}
