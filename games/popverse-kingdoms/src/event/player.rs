//! Events of players and their cities as such: joining, shields, stores, items, privacy (rulebook 2.3, 2.6, 2.10, 2.22).

use games_core::payloads;
use schemas::{GameTime, PlayerId};

use super::choices;
use crate::amounts::{Res, Troops};
use crate::ids::{GearId, MarchId, Pn};
use crate::keys::{Building, Faction, HeroKey, Item};
use crate::tile::Tile;

choices! {
    /// What a shield comes from.
    ShieldSource {
        /// Everybody's first days.
        Beginner,
        /// A lost city battle.
        Truce,
        /// An item.
        Item,
        /// An administrator, for a suspended player.
        Admin,
    }

    /// Why a shield ended.
    ShieldEndReason {
        /// Its time was over.
        Expired,
        /// Its owner attacked.
        Attacked,
        /// An administrator.
        Admin,
    }

    /// How a city moved.
    RelocationMode {
        /// To a drawn site.
        Random,
        /// To a named tile.
        Named,
    }

    /// What an administrator may grant.
    Grant {
        /// Food.
        Food,
        /// Iron.
        Iron,
        /// Gold.
        Gold,
        /// Diamonds.
        Diamonds,
        /// Scrolls.
        Scroll,
    }

    /// Where resources came from that found no room.
    SpillSource {
        /// What a march brought home.
        March,
        /// An administrator's grant.
        Grant,
        /// Melted gear.
        Salvage,
        /// A player offer.
        Market,
        /// A parcel that was sold or returned.
        Land,
        /// A daily quest.
        Quest,
        /// A step of the tutorial.
        Tutorial,
    }

    /// Where items came from.
    ItemSource {
        /// Everybody's start.
        Start,
        /// Joining late.
        LateStart,
        /// A beaten camp.
        Drop,
    }

    /// Why a city left the map.
    CityRemovedReason {
        /// Its player left for good.
        PlayerDeleted,
    }
}

payloads! {
    /// A player joined.
    PlayerJoined {
        /// Number in joining order.
        pn: Pn,
        /// The player.
        player: PlayerId,
        /// The faction chosen.
        faction: Faction,
        /// Prestige points from earlier seasons.
        carried_prestige: i64,
        /// Earlier seasons played.
        seasons_played: i64,
        /// Resources for joining late.
        late_bonus: Res,
        /// `speed_1h` for joining late.
        late_speeds: i64,
    }

    /// A city was founded.
    CityFounded {
        /// Whose.
        pn: Pn,
        /// Where.
        tile: Tile,
        /// The seed of the draws.
        seed: u64,
        /// Draws it took.
        tries: i64,
    }

    /// A player got what everybody starts with.
    StarterKitGranted {
        /// Who.
        pn: Pn,
        /// Resources, the bonus for joining late included.
        stock: Res,
        /// Diamonds.
        diamonds: i64,
        /// Arena rating.
        rating: i64,
        /// Buildings at level 1.
        buildings: Vec<Building>,
        /// Troops.
        troops: Troops,
        /// The starter hero, who is warden too.
        hero: HeroKey,
        /// Scrolls.
        scrolls: i64,
        /// `speed_1h`.
        speeds: i64,
    }

    /// A player gave the first accepted command of a day.
    PlayerActiveMarked {
        /// Who.
        pn: Pn,
        /// Season day.
        day: i64,
    }

    /// A player was suspended.
    PlayerSuspended {
        /// Who.
        pn: Pn,
        /// Why.
        reason: String,
    }

    /// A suspended player may play again.
    PlayerReinstated {
        /// Who.
        pn: Pn,
        /// Why.
        reason: String,
    }

    /// A player's name is hidden from now on.
    PlayerAnonymized {
        /// Who.
        pn: Pn,
    }

    /// A player left for good. Everything that was theirs and counted is struck off.
    PlayerDeleted {
        /// Who.
        pn: Pn,
        /// Stocks and loads struck off.
        stock: Res,
        /// Diamonds struck off, carried ones included.
        diamonds: i64,
        /// Troops struck off, wherever they were, wounded included.
        troops: Troops,
        /// Marches that are no more.
        marches: Vec<MarchId>,
        /// Gear that is no more.
        gear: Vec<GearId>,
    }

    /// A shield protects a city.
    ShieldRaised {
        /// Whose.
        pn: Pn,
        /// Until when.
        until: GameTime,
        /// What it comes from.
        source: ShieldSource,
    }

    /// A shield protects a city no longer.
    ShieldEnded {
        /// Whose.
        pn: Pn,
        /// Why.
        reason: ShieldEndReason,
    }

    /// A city moved.
    CityRelocated {
        /// Whose.
        pn: Pn,
        /// From where.
        from: Tile,
        /// To where.
        to: Tile,
        /// How the tile was found.
        mode: RelocationMode,
        /// The seed, if it was drawn.
        seed: Option<u64>,
    }

    /// A city left the map.
    CityRemoved {
        /// Whose.
        pn: Pn,
        /// From where.
        tile: Tile,
        /// Why.
        reason: CityRemovedReason,
    }

    /// A player's production was settled.
    ResourcesProduced {
        /// Whose.
        pn: Pn,
        /// From when.
        from: GameTime,
        /// To when: whole seconds later.
        to: GameTime,
        /// What the stores gained; food may be lost to upkeep.
        gained: Res,
        /// What found no room.
        wasted: Res,
        /// What is carried over, in 3600ths.
        carry: Res,
        /// The rates per hour that were in force.
        rate: Res,
        /// What the stores hold now.
        after: Res,
    }

    /// An administrator granted something.
    ResourcesGranted {
        /// To whom.
        pn: Pn,
        /// What.
        item: Grant,
        /// How much.
        amount: i64,
        /// Why.
        reason: String,
        /// Who, as the transport names them.
        admin: String,
    }

    /// Stores were too full to take everything.
    ResourcesSpilled {
        /// Whose.
        pn: Pn,
        /// What was lost.
        lost: Res,
        /// Where it came from.
        source: SpillSource,
    }

    /// A player got items.
    ItemGranted {
        /// Who.
        pn: Pn,
        /// What.
        item: Item,
        /// How many.
        count: i64,
        /// Where from.
        source: ItemSource,
    }

    /// A player used items.
    ItemUsed {
        /// Who.
        pn: Pn,
        /// What.
        item: Item,
        /// How many.
        count: i64,
        /// On what, in words.
        target: String,
    }

    /// A player bought items for diamonds.
    ItemBought {
        /// Who.
        pn: Pn,
        /// What.
        item: Item,
        /// How many.
        count: i64,
        /// Diamonds paid.
        diamonds: i64,
    }

    /// A piece of gear by number, slot, rarity and power.
    GearPiece {
        /// Its number.
        gear: GearId,
        /// Where it is worn.
        slot: crate::keys::Slot,
        /// How rare it is.
        rarity: crate::keys::Rarity,
        /// What it adds to its hero's power.
        power: i64,
    }
}
