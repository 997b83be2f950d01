//! Events of marches, exploring, gathering, scouting (rulebook 2.11, 2.20).

use games_core::payloads;
use schemas::GameTime;

use super::{GearPiece, choices};
use crate::amounts::{Res, Troops};
use crate::ids::{MarchId, NpcId, ParcelNo, Pn};
use crate::keys::{ControlPoint, Faction, HeroKey, MarchKind, Resource, Technology};
use crate::path::Path;
use crate::tile::Tile;
use crate::tile_set::TileSet;

/// What a march goes for, besides the tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetRef {
    /// A player's city.
    City(Pn),
    /// A camp.
    Npc(NpcId),
    /// A land parcel.
    Parcel(ParcelNo),
    /// A resource node.
    Node,
    /// A control point.
    ControlPoint(ControlPoint),
}

choices! {
    /// What became of a march at its target.
    ArrivalResult {
        /// A battle.
        Battle,
        /// It gathers.
        Gather,
        /// It is stationed.
        Station,
        /// It queues.
        Queue,
        /// Scouts report, or are caught.
        Report,
        /// It turns back.
        TurnedBack,
    }

    /// Why a march turned back.
    TurnBackReason {
        /// The city is gone.
        CityGone,
        /// The city is shielded.
        Shielded,
        /// The camp is gone.
        NpcGone,
        /// Nobody gathers there any more.
        NobodyThere,
        /// One's own faction is there.
        Friendly,
        /// Others are there.
        Occupied,
        /// The node is empty.
        NodeEmpty,
        /// Whose city or parcel it is is no fellow any more.
        NotFellow,
        /// There is no room for so many.
        Full,
        /// The parcel is protected.
        Protected,
        /// The conquest is over.
        ConquestOver,
    }

    /// Where a march was when it was called home.
    RecallPhase {
        /// On its way out.
        Outbound,
        /// Gathering.
        Gathering,
        /// Stationed.
        Stationed,
        /// In a conquest.
        Conquest,
    }

    /// What made tiles known.
    ExploredBy {
        /// Founding or moving the city.
        City,
        /// A march.
        March,
        /// A beacon.
        Beacon,
    }

    /// Why a party stopped gathering.
    GatheringEnd {
        /// It has all it came for.
        Done,
        /// It was called home.
        Recalled,
        /// It was driven off.
        DrivenOff,
        /// Its player left, or the season ended.
        Closed,
    }
}

payloads! {
    /// A march set out.
    MarchStarted {
        /// Whose.
        pn: Pn,
        /// Its number.
        march: MarchId,
        /// What for.
        kind: MarchKind,
        /// From where.
        from: Tile,
        /// Where to.
        target: Tile,
        /// For what.
        target_ref: TargetRef,
        /// With whom.
        troops: Troops,
        /// Who leads.
        hero: Option<HeroKey>,
        /// What it cost.
        cost: Res,
        /// The way, from the city to the target, both included, and what it costs in thousandths of a plains step.
        path: Path,
        /// Speed of the slowest.
        speed: i64,
        /// Speed factor, in ‰.
        factor: i64,
        /// How long the way takes.
        seconds: i64,
        /// When it arrives.
        arrives: GameTime,
        /// Its army power; none for scouts.
        #[serde(default)]
        power: Option<i64>,
        /// Army power of what it goes against, as far as its sender knows it.
        #[serde(default)]
        against: Option<i64>,
    }

    /// A march reached its target.
    MarchArrived {
        /// Which.
        march: MarchId,
        /// What became of it.
        result: ArrivalResult,
    }

    /// A march found nothing to do and turns back.
    MarchTurnedBack {
        /// Which.
        march: MarchId,
        /// Why.
        reason: TurnBackReason,
        /// When it is home.
        home_at: GameTime,
    }

    /// A march was called home.
    MarchRecalled {
        /// Which.
        march: MarchId,
        /// Where it was in its life.
        phase: RecallPhase,
        /// Where it was on the map.
        at: Tile,
        /// What it carries home.
        load: Res,
        /// When it is home.
        home_at: GameTime,
    }

    /// A march came home with all that it carried.
    MarchReturned {
        /// Whose.
        pn: Pn,
        /// Which.
        march: MarchId,
        /// Troops that can fight.
        troops: Troops,
        /// Wounded troops.
        wounded: Troops,
        /// Resources.
        load: Res,
        /// Diamonds.
        diamonds: i64,
        /// Scrolls.
        scrolls: i64,
        /// Gear.
        gear: Option<GearPiece>,
        /// Whether there was room for the gear.
        gear_kept: bool,
    }

    /// The watchtower saw a march coming.
    IncomingAlertRaised {
        /// Who is warned.
        pn: Pn,
        /// Of which march.
        march: MarchId,
        /// Level of the watchtower.
        level: i64,
        /// What it comes for.
        kind: MarchKind,
        /// When it arrives.
        arrives: GameTime,
        /// Who sends it, if that is told.
        attacker: Option<Pn>,
        /// About how many, if that is told.
        about: Option<i64>,
        /// The exact tiers, if they are told.
        troops: Option<Troops>,
        /// Who leads, if that is told.
        hero: Option<HeroKey>,
    }

    /// A player explored tiles.
    TilesExplored {
        /// Who.
        pn: Pn,
        /// Which: runs of tile indexes, first and how many.
        tiles: TileSet,
        /// How many in all.
        count: i64,
        /// How.
        cause: ExploredBy,
    }

    /// A player lit a beacon.
    BeaconLit {
        /// Who.
        pn: Pn,
        /// Which.
        beacon: Tile,
    }

    /// A party began to gather.
    GatheringStarted {
        /// Which march.
        march: MarchId,
        /// Where.
        node: Tile,
        /// What.
        kind: Resource,
        /// How much it is after.
        amount: i64,
        /// When it has it.
        done_at: GameTime,
    }

    /// A party stopped gathering.
    GatheringEnded {
        /// Which march.
        march: MarchId,
        /// Where.
        node: Tile,
        /// What.
        kind: Resource,
        /// How much it got.
        collected: i64,
        /// Why.
        reason: GatheringEnd,
        /// What is left in the node.
        left: i64,
        /// When it is home; none if a battle decides that.
        home_at: Option<GameTime>,
    }

    /// A node is empty.
    NodeDepleted {
        /// Which.
        tile: Tile,
        /// When it is full again.
        refill_at: GameTime,
    }

    /// A node is full again.
    NodeRefilled {
        /// Which.
        tile: Tile,
        /// What it holds.
        amount: i64,
    }

    /// What scouts saw; what they did not see is left out.
    ScoutFacts {
        /// Stocks of a city, rounded by depth.
        stock: Option<Res>,
        /// Level of the wall.
        wall: Option<i64>,
        /// When the shield ends.
        shield_until: Option<GameTime>,
        /// Troops, rounded by depth.
        troops: Option<Troops>,
        /// Whether a hero leads there.
        hero_present: Option<bool>,
        /// Who leads there.
        hero: Option<HeroKey>,
        /// War researches above level 0.
        research: Vec<(Technology, i64)>,
        /// Allied troops in the city.
        allied: Option<Troops>,
        /// Whose it is, where somebody's.
        owner: Option<Pn>,
        /// The faction of who is there.
        faction: Option<Faction>,
        /// Level of a camp or node.
        level: Option<i64>,
        /// Power of a camp or a keeper; army power of a city, a garrison or a party, of what was seen of it.
        power: Option<i64>,
        /// What a node still holds.
        left: Option<i64>,
    }

    /// Scouts reported.
    ScoutReported {
        /// Whose scouts.
        pn: Pn,
        /// Which march.
        march: MarchId,
        /// What they looked at.
        target: Tile,
        /// For what.
        target_ref: TargetRef,
        /// The seed of the draw, where one was made.
        seed: Option<u64>,
        /// The chance, in ‰; 1000 without a draw.
        chance: i64,
        /// How deep they saw.
        depth: i64,
        /// What they saw.
        facts: ScoutFacts,
        /// Until when the target stays visible.
        visible_until: GameTime,
        /// When they are home.
        home_at: GameTime,
    }

    /// Scouts were caught and are lost.
    ScoutCaught {
        /// Whose scouts.
        pn: Pn,
        /// Which march.
        march: MarchId,
        /// Where.
        target: Tile,
        /// Who caught them.
        by: Pn,
        /// The seed of the draw.
        seed: u64,
        /// The chance they had, in ‰.
        chance: i64,
    }
}
