//! What moves or waits on the map: marches, camps, nodes (rulebook 2.11, 2.12).

use schemas::GameTime;
use serde::{Deserialize, Serialize};

use crate::amounts::{Res, Troops};
use crate::event::{GearPiece, TargetRef};
use crate::ids::{MarchId, Pn};
use crate::keys::{Element, HeroKey, MarchKind, NpcType, Resource};
use crate::path::{Mover, Path};
use crate::tile::Tile;

/// Where a march is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// On its way to the target.
    Outbound,
    /// Gathering at its target.
    Gathering,
    /// Standing at its target: city of a fellow, parcel.
    Stationed,
    /// In a conquest: queue or garrison.
    Conquest,
    /// On its way home.
    Homeward,
}

/// A party's work at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gathering {
    /// When it began.
    pub since: GameTime,
    /// What it gathers.
    pub kind: Resource,
    /// How much it is after.
    pub amount: i64,
}

/// A march.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct March {
    /// Whose.
    pub pn: Pn,
    /// What for.
    pub kind: MarchKind,
    /// Where in its life.
    pub phase: Phase,
    /// From where.
    pub from: Tile,
    /// Where to.
    pub target: Tile,
    /// For what.
    pub target_ref: TargetRef,
    /// Troops that can fight.
    pub troops: Troops,
    /// Wounded troops that travel along.
    pub wounded: Troops,
    /// Who leads.
    pub hero: Option<HeroKey>,
    /// The way out.
    pub path: Path,
    /// How long the way takes.
    pub seconds: i64,
    /// When it set out.
    pub departed: GameTime,
    /// When it arrives.
    pub arrives: GameTime,
    /// Whether the watchtower at its target has seen it.
    pub alerted: bool,
    /// When it is home, once that is known.
    pub home_at: Option<GameTime>,
    /// Its work at a node.
    pub gathering: Option<Gathering>,
    /// Resources that it carries.
    pub load: Res,
    /// Diamonds that it carries.
    pub diamonds: i64,
    /// Scrolls that it carries.
    pub scrolls: i64,
    /// Gear that it carries.
    pub gear: Option<GearPiece>,
}

impl March {
    /// Who is under way.
    #[must_use]
    pub const fn mover(&self) -> Mover {
        if matches!(self.kind, MarchKind::Scout) { Mover::Scout } else { Mover::Army }
    }

    /// Whether it takes up a march slot: scouts never, the stationed no more (rulebook 2.11).
    #[must_use]
    pub const fn takes_slot(&self) -> bool {
        !matches!(self.kind, MarchKind::Scout) && !matches!(self.phase, Phase::Stationed)
    }
}

/// A camp on the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Npc {
    /// Its type.
    pub kind: NpcType,
    /// Its tile.
    pub tile: Tile,
    /// Its level.
    pub level: i64,
    /// Its element.
    pub element: Element,
    /// Its power.
    pub power: i64,
    /// When one of its type takes its place, once it is beaten and off the map.
    pub respawn_at: Option<GameTime>,
}

/// A resource node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// What it yields.
    pub kind: Resource,
    /// Its level.
    pub level: i64,
    /// What it still holds.
    pub left: i64,
    /// When it is full again, if it is empty.
    pub refill_at: Option<GameTime>,
    /// Who gathers there.
    pub march: Option<MarchId>,
}
