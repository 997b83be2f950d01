//! What players ask for together: guilds, lands, market, arena, conquest (rulebook 2.13–2.18).

use games_core::payloads;
use schemas::PlayerId;
use serde::{Deserialize, Serialize};

use crate::event::ArenaSide;
use crate::keys::{ArenaItem, ControlPoint, GuildRole as Role, NoticeKind, Resource};

/// For whom a parcel is bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LandFor {
    /// For oneself.
    #[serde(rename = "self")]
    Own,
    /// For the guild, from its bank.
    Guild,
}

payloads! {
    /// Send troops to stand in a fellow's city.
    Reinforce {
        /// Whose city.
        player: PlayerId,
        /// How many.
        troops: i64,
        /// Who leads, if anybody.
        #[serde(default)]
        hero: Option<String>,
        /// Of the first tier.
        #[serde(default)]
        t1: Option<i64>,
        /// Of the second tier.
        #[serde(default)]
        t2: Option<i64>,
        /// Of the third tier.
        #[serde(default)]
        t3: Option<i64>,
        /// Of the fourth tier.
        #[serde(default)]
        t4: Option<i64>,
    }
    /// Send allies home who stand in one's city.
    MarchDismiss {
        /// The number of their march.
        march: String,
    }
    /// Found a guild.
    GuildCreate {
        /// Its name, sealed by the host.
        name: String,
        /// Its tag, sealed by the host.
        tag: String,
    }
    /// Invite a player to the guild.
    GuildInvite {
        /// Whom.
        player: PlayerId,
    }
    /// Accept an invitation.
    GuildAccept {
        /// The guild's number.
        guild: String,
    }
    /// Decline an invitation.
    GuildDecline {
        /// The guild's number.
        guild: String,
    }
    /// Leave the guild.
    GuildLeave {
        /// Must be true.
        confirm: bool,
    }
    /// End a guild of which one is the last member.
    GuildDisband {
        /// Must be true.
        confirm: bool,
    }
    /// Expel a member.
    GuildKick {
        /// Whom.
        player: PlayerId,
    }
    /// Give a member another role; `leader` passes the leadership on.
    GuildRole {
        /// Whom.
        player: PlayerId,
        /// Which role.
        role: Role,
    }
    /// Burn resources for the guild's experience.
    GuildDonate {
        /// What.
        resource: Resource,
        /// How much.
        amount: i64,
    }
    /// Put resources into the guild's bank.
    GuildDeposit {
        /// What.
        resource: Resource,
        /// How much.
        amount: i64,
    }
    /// Take resources out of the guild's bank.
    GuildWithdraw {
        /// What.
        resource: Resource,
        /// How much.
        amount: i64,
    }
    /// Buy a parcel.
    LandBuy {
        /// Its number.
        parcel: i64,
        /// For whom; for oneself if left out.
        #[serde(default, rename = "for")]
        buyer: Option<LandFor>,
    }
    /// Offer a parcel for sale.
    LandOffer {
        /// Its number.
        parcel: i64,
        /// For how much gold.
        price: i64,
    }
    /// Take a sale offer back.
    LandWithdraw {
        /// The parcel's number.
        parcel: i64,
    }
    /// Return a parcel to the market.
    LandReturn {
        /// Its number.
        parcel: i64,
        /// Must be true.
        confirm: bool,
    }
    /// Send troops to stand on a parcel.
    LandGarrison {
        /// Its number.
        parcel: i64,
        /// How many.
        troops: i64,
        /// Who leads, if anybody.
        #[serde(default)]
        hero: Option<String>,
        /// Of the first tier.
        #[serde(default)]
        t1: Option<i64>,
        /// Of the second tier.
        #[serde(default)]
        t2: Option<i64>,
        /// Of the third tier.
        #[serde(default)]
        t3: Option<i64>,
        /// Of the fourth tier.
        #[serde(default)]
        t4: Option<i64>,
    }
    /// Buy food or iron on the exchange.
    MarketBuy {
        /// Which.
        resource: Resource,
        /// How much.
        amount: i64,
    }
    /// Sell food or iron on the exchange.
    MarketSell {
        /// Which.
        resource: Resource,
        /// How much.
        amount: i64,
    }
    /// Post an offer.
    MarketOffer {
        /// What is given.
        give: Resource,
        /// How much.
        give_amount: i64,
        /// What is wanted.
        want: Resource,
        /// How much.
        want_amount: i64,
    }
    /// Accept an offer.
    MarketAccept {
        /// Its number.
        offer: String,
    }
    /// Take an own offer back.
    MarketCancel {
        /// Its number.
        offer: String,
    }
    /// Get opponents in the arena.
    ArenaOpponents {}
    /// Fight an opponent.
    ArenaFight {
        /// Which of the offered, from 1.
        slot: i64,
    }
    /// Set a team.
    ArenaTeam {
        /// Which team.
        side: ArenaSide,
        /// First slot.
        hero1: String,
        /// Second slot.
        #[serde(default)]
        hero2: Option<String>,
        /// Third slot.
        #[serde(default)]
        hero3: Option<String>,
    }
    /// Buy more fights for today.
    ArenaAttempts {
        /// How many.
        count: i64,
    }
    /// Spend arena points.
    ArenaShop {
        /// On what.
        item: ArenaItem,
        /// How many.
        #[serde(default)]
        count: Option<i64>,
        /// Whose shard.
        #[serde(default)]
        hero: Option<String>,
    }
    /// Send an army to a control point.
    ConquestMarch {
        /// Which point.
        point: ControlPoint,
        /// Who leads.
        hero: String,
        /// How many.
        troops: i64,
        /// Of the first tier.
        #[serde(default)]
        t1: Option<i64>,
        /// Of the second tier.
        #[serde(default)]
        t2: Option<i64>,
        /// Of the third tier.
        #[serde(default)]
        t3: Option<i64>,
        /// Of the fourth tier.
        #[serde(default)]
        t4: Option<i64>,
    }
    /// Take the rewards of completed quests.
    QuestClaim {}
    /// Set whether notices of a kind come as direct messages.
    NotifySet {
        /// Which kind.
        kind: NoticeKind,
        /// Whether they come.
        dm: bool,
    }
    /// Link an account on Twitch by a code.
    LinkTwitch {
        /// The code.
        code: String,
    }
}
