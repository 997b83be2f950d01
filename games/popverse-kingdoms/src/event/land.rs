//! Events of land parcels (rulebook 2.14).

use games_core::payloads;
use schemas::GameTime;

use super::choices;
use crate::ids::{BattleId, GuildId, ParcelNo, Pn};
use crate::keys::ParcelType;

/// Whose a parcel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LandOwner {
    /// A player's.
    Player(Pn),
    /// A guild's.
    Guild(GuildId),
}

choices! {
    /// Why a parcel is for sale no longer.
    OfferEnd {
        /// Its owner thought better of it.
        Withdrawn,
        /// It was returned to the market.
        Returned,
        /// It was taken by force.
        Seized,
        /// Its taxes were not paid.
        Foreclosed,
    }
}

payloads! {
    /// A parcel that nobody owned was bought.
    LandBought {
        /// Which.
        parcel: ParcelNo,
        /// For whom.
        buyer: LandOwner,
        /// By whom.
        by: Pn,
        /// Gold paid; it is burned.
        price: i64,
        /// The five factors of its value, in ‰: location, proximity, resources, strategic, market.
        factors: Vec<i64>,
        /// Until when nobody can attack it.
        protected_until: GameTime,
    }

    /// A parcel is for sale.
    LandOffered {
        /// Which.
        parcel: ParcelNo,
        /// Whose.
        owner: LandOwner,
        /// For how much gold.
        price: i64,
    }

    /// A parcel is for sale no longer.
    LandOfferWithdrawn {
        /// Which.
        parcel: ParcelNo,
        /// Why.
        reason: OfferEnd,
    }

    /// A parcel was sold.
    LandSold {
        /// Which.
        parcel: ParcelNo,
        /// Who had it.
        seller: LandOwner,
        /// Who has it.
        buyer: LandOwner,
        /// Who bought it.
        by: Pn,
        /// Gold paid.
        price: i64,
        /// What of it the seller did not get; it is burned.
        fee: i64,
        /// Until when nobody can attack it.
        protected_until: GameTime,
    }

    /// A parcel went back to the market.
    LandReturned {
        /// Which.
        parcel: ParcelNo,
        /// Whose it was.
        owner: LandOwner,
        /// Gold paid for it.
        paid: i64,
    }

    /// A parcel was taken by force.
    LandSeized {
        /// Which.
        parcel: ParcelNo,
        /// Whose it was.
        from: LandOwner,
        /// Who took it.
        by: Pn,
        /// Whose it is: nobody's if who took it has no free slot.
        to: Option<Pn>,
        /// In which battle.
        battle: BattleId,
        /// Until when nobody can attack it.
        protected_until: GameTime,
    }

    /// A parcel's tax was paid.
    LandTaxed {
        /// Which.
        parcel: ParcelNo,
        /// Whose.
        owner: LandOwner,
        /// Gold.
        gold: i64,
    }

    /// A parcel's tax could not be paid.
    LandArrearsRecorded {
        /// Which.
        parcel: ParcelNo,
        /// Whose.
        owner: LandOwner,
        /// How many times in a row.
        arrears: i64,
    }

    /// A parcel was taken for its unpaid taxes.
    LandForeclosed {
        /// Which.
        parcel: ParcelNo,
        /// Whose it was.
        owner: LandOwner,
    }

    /// A parcel's value.
    LandValue {
        /// Which.
        parcel: ParcelNo,
        /// Gold.
        value: i64,
        /// Market factor, in ‰.
        market: i64,
    }

    /// What drives the market factor of a type of parcel.
    LandMarket {
        /// Which type.
        kind: ParcelType,
        /// Unowned and offered ones.
        supply: i64,
        /// A quarter of the active players with a free slot.
        demand: i64,
    }

    /// Parcels were valued anew.
    LandsRevalued {
        /// The season day that begins.
        day: i64,
        /// The parcels whose value has changed.
        values: Vec<LandValue>,
        /// By type.
        markets: Vec<LandMarket>,
    }
}
