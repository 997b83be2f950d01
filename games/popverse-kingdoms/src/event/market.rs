//! Events of exchange and player offers (rulebook 2.15).

use games_core::payloads;
use schemas::GameTime;

use crate::ids::{OfferId, Pn};
use crate::keys::Resource;

payloads! {
    /// A player bought on the exchange.
    ExchangeBought {
        /// Who.
        pn: Pn,
        /// What.
        resource: Resource,
        /// How much.
        amount: i64,
        /// Price of a unit, micro-gold.
        price: i64,
        /// Spread, ‰.
        spread: i64,
        /// Gold paid.
        gold: i64,
    }

    /// A player sold on the exchange.
    ExchangeSold {
        /// Who.
        pn: Pn,
        /// What.
        resource: Resource,
        /// How much.
        amount: i64,
        /// Price of a unit, micro-gold.
        price: i64,
        /// Spread, ‰.
        spread: i64,
        /// Gold received.
        gold: i64,
    }

    /// An hour of trade was closed: a price has changed, or what was traded counts no longer.
    MarketRepriced {
        /// Of what.
        resource: Resource,
        /// Units bought less units sold.
        net: i64,
        /// Units that would have moved the price fully.
        depth: i64,
        /// The anchor, micro-gold.
        anchor: i64,
        /// Price before, micro-gold.
        before: i64,
        /// Price after, micro-gold.
        after: i64,
    }

    /// A player posted an offer; what is given is held until it ends.
    OfferPosted {
        /// Its number.
        offer: OfferId,
        /// Who.
        pn: Pn,
        /// What is given.
        give: Resource,
        /// How much.
        give_amount: i64,
        /// What is wanted.
        want: Resource,
        /// How much.
        want_amount: i64,
        /// When it is returned.
        expires: GameTime,
    }

    /// A player accepted an offer.
    OfferAccepted {
        /// Which.
        offer: OfferId,
        /// Who posted it.
        pn: Pn,
        /// Who accepted.
        by: Pn,
        /// What was given.
        give: Resource,
        /// How much.
        give_amount: i64,
        /// What of it was burned.
        fee_give: i64,
        /// What was wanted.
        want: Resource,
        /// How much.
        want_amount: i64,
        /// What of it was burned.
        fee_want: i64,
    }

    /// An offer was taken back.
    OfferCancelled {
        /// Which.
        offer: OfferId,
        /// Whose.
        pn: Pn,
        /// What was given.
        give: Resource,
        /// How much of it went back; nothing where the poster is gone.
        returned: i64,
    }

    /// An offer stood long enough.
    OfferExpired {
        /// Which.
        offer: OfferId,
        /// Whose.
        pn: Pn,
        /// What was given.
        give: Resource,
        /// How much of it went back.
        returned: i64,
    }
}
