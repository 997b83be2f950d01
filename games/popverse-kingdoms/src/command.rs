//! What players ask for: one payload for each slash command that decides something (rulebook 4.2). The type is the
//! slash path in UpperCamelCase, the fields are the options by name.

use games_core::payloads;
use schemas::PlayerId;
use serde::{Deserialize, Serialize};

mod society;

pub use society::*;

use crate::event::{Grant, SummonPay};
use crate::keys::{Faction, Item, Rarity, Slot, Tier, Weekday};

/// What a job is hastened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HastenWith {
    /// Items of five minutes.
    #[serde(rename = "speed_5m")]
    Speed5m,
    /// Items of an hour.
    #[serde(rename = "speed_1h")]
    Speed1h,
    /// Items of eight hours.
    #[serde(rename = "speed_8h")]
    Speed8h,
    /// Diamonds, to the end.
    Diamonds,
}

impl HastenWith {
    /// The item, unless it is diamonds.
    #[must_use]
    pub const fn item(self) -> Option<Item> {
        match self {
            Self::Speed5m => Some(Item::Speed5m),
            Self::Speed1h => Some(Item::Speed1h),
            Self::Speed8h => Some(Item::Speed8h),
            Self::Diamonds => None,
        }
    }
}

/// A job of the barracks or the infirmary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TroopJob {
    /// Training or promotion.
    Training,
    /// Healing.
    Healing,
}

payloads! {
    /// Join the season.
    Join {
        /// For which faction.
        faction: Faction,
    }
    /// Set the hero who defends the city.
    CityWarden {
        /// Key or display name.
        hero: String,
    }
    /// Move the city, to a drawn site or to a named tile.
    CityRelocate {
        /// Column.
        #[serde(default)]
        x: Option<i64>,
        /// Row.
        #[serde(default)]
        y: Option<i64>,
    }
    /// Use a shield.
    CityShield {}
    /// Rent a second crew.
    CityCrew {}
    /// Raise a building by one level.
    BuildStart {
        /// Which.
        building: String,
    }
    /// Call a building job off.
    BuildCancel {
        /// Which.
        building: String,
    }
    /// Hasten a building job.
    BuildHasten {
        /// Which.
        building: String,
        /// With what.
        with: HastenWith,
        /// How many items.
        #[serde(default)]
        count: Option<i64>,
    }
    /// Raise a technology by one level.
    ResearchStart {
        /// Which.
        technology: String,
    }
    /// Call the research off.
    ResearchCancel {
        /// Which.
        technology: String,
    }
    /// Hasten the research.
    ResearchHasten {
        /// With what.
        with: HastenWith,
        /// How many items.
        #[serde(default)]
        count: Option<i64>,
    }
    /// Train troops.
    TroopsTrain {
        /// Of which tier.
        tier: Tier,
        /// How many.
        count: i64,
    }
    /// Promote troops to the next tier.
    TroopsPromote {
        /// From which tier.
        tier: Tier,
        /// How many.
        count: i64,
    }
    /// Heal wounded; none named means all.
    TroopsHeal {
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
    /// Call training or healing off.
    TroopsCancel {
        /// Which.
        job: TroopJob,
    }
    /// Hasten training or healing.
    TroopsHasten {
        /// Which.
        job: TroopJob,
        /// With what.
        with: HastenWith,
        /// How many items.
        #[serde(default)]
        count: Option<i64>,
    }
    /// Send troops away for good.
    TroopsDismiss {
        /// Of which tier.
        tier: Tier,
        /// How many.
        count: i64,
    }
    /// Attack what is on a tile.
    Attack {
        /// Column.
        x: i64,
        /// Row.
        y: i64,
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
        /// Whether one's own shield may end.
        #[serde(default)]
        drop_shield: Option<bool>,
    }
    /// Send scouts to a tile.
    Scout {
        /// Column.
        x: i64,
        /// Row.
        y: i64,
    }
    /// Gather at a node.
    Gather {
        /// Column.
        x: i64,
        /// Row.
        y: i64,
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
    /// Call a march home.
    MarchRecall {
        /// Its number.
        march: String,
    }
    /// Summon heroes.
    HeroSummon {
        /// What it is paid with.
        pay: SummonPay,
        /// How many.
        #[serde(default)]
        count: Option<i64>,
    }
    /// Raise a hero's skill.
    HeroSkill {
        /// Who.
        hero: String,
        /// Which skill.
        skill: String,
    }
    /// Read tomes to a hero.
    HeroTome {
        /// Who.
        hero: String,
        /// How many.
        #[serde(default)]
        count: Option<i64>,
    }
    /// Put gear on a hero.
    GearEquip {
        /// Its number.
        gear: String,
        /// Who.
        hero: String,
    }
    /// Put gear off.
    GearUnequip {
        /// Its number.
        gear: String,
    }
    /// Forge three pieces into a better one.
    GearForge {
        /// Weapon or armor.
        slot: Slot,
        /// The rarity of the three.
        rarity: Rarity,
    }
    /// Melt gear down for gold.
    GearSalvage {
        /// Its number.
        gear: String,
    }
    /// Buy items for diamonds.
    ItemBuy {
        /// Which.
        item: Item,
        /// How many.
        #[serde(default)]
        count: Option<i64>,
    }
    /// Hide one's name.
    PrivacyAnonymize {
        /// Must be true.
        confirm: bool,
    }
    /// Leave for good.
    PrivacyDelete {
        /// Must be true.
        confirm: bool,
    }
    /// Grant a player something.
    AdminGrant {
        /// To whom.
        player: PlayerId,
        /// What.
        item: Grant,
        /// How much.
        amount: i64,
        /// Why.
        reason: String,
    }
    /// Suspend a player.
    AdminSuspend {
        /// Whom.
        player: PlayerId,
        /// Why.
        reason: String,
    }
    /// Let a suspended player play again.
    AdminReinstate {
        /// Whom.
        player: PlayerId,
        /// Why.
        reason: String,
    }
    /// Change settings from the next schedule on.
    SetupConfig {
        /// Most players.
        #[serde(default)]
        max_players: Option<i64>,
        /// The day of the weekly conquest.
        #[serde(default)]
        conquest_weekday: Option<Weekday>,
        /// The hour (UTC) of the weekly conquest.
        #[serde(default)]
        conquest_hour: Option<i64>,
    }
}

schemas::recorded! {
    /// What players and administrators ask for.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum Command {
        /// Join the season.
        Join = 1,
        /// Set the hero who defends the city.
        CityWarden = 1,
        /// Move the city.
        CityRelocate = 1,
        /// Use a shield.
        CityShield = 1,
        /// Rent a second crew.
        CityCrew = 1,
        /// Raise a building by one level.
        BuildStart = 1,
        /// Call a building job off.
        BuildCancel = 1,
        /// Hasten a building job.
        BuildHasten = 1,
        /// Raise a technology by one level.
        ResearchStart = 1,
        /// Call the research off.
        ResearchCancel = 1,
        /// Hasten the research.
        ResearchHasten = 1,
        /// Train troops.
        TroopsTrain = 1,
        /// Promote troops to the next tier.
        TroopsPromote = 1,
        /// Heal wounded.
        TroopsHeal = 1,
        /// Call training or healing off.
        TroopsCancel = 1,
        /// Hasten training or healing.
        TroopsHasten = 1,
        /// Send troops away for good.
        TroopsDismiss = 1,
        /// Attack what is on a tile.
        Attack = 1,
        /// Send scouts to a tile.
        Scout = 1,
        /// Gather at a node.
        Gather = 1,
        /// Call a march home.
        MarchRecall = 1,
        /// Send troops to stand in a fellow's city.
        Reinforce = 1,
        /// Send allies home who stand in one's city.
        MarchDismiss = 1,
        /// Found a guild.
        GuildCreate = 1,
        /// Invite a player to the guild.
        GuildInvite = 1,
        /// Accept an invitation.
        GuildAccept = 1,
        /// Decline an invitation.
        GuildDecline = 1,
        /// Leave the guild.
        GuildLeave = 1,
        /// End a guild of which one is the last member.
        GuildDisband = 1,
        /// Expel a member.
        GuildKick = 1,
        /// Give a member another role.
        GuildRole = 1,
        /// Burn resources for the guild's experience.
        GuildDonate = 1,
        /// Put resources into the guild's bank.
        GuildDeposit = 1,
        /// Take resources out of the guild's bank.
        GuildWithdraw = 1,
        /// Buy a parcel.
        LandBuy = 1,
        /// Offer a parcel for sale.
        LandOffer = 1,
        /// Take a sale offer back.
        LandWithdraw = 1,
        /// Return a parcel to the market.
        LandReturn = 1,
        /// Send troops to stand on a parcel.
        LandGarrison = 1,
        /// Buy on the exchange.
        MarketBuy = 1,
        /// Sell on the exchange.
        MarketSell = 1,
        /// Post an offer.
        MarketOffer = 1,
        /// Accept an offer.
        MarketAccept = 1,
        /// Take an own offer back.
        MarketCancel = 1,
        /// Get opponents in the arena.
        ArenaOpponents = 1,
        /// Fight an opponent.
        ArenaFight = 1,
        /// Set a team.
        ArenaTeam = 1,
        /// Buy more fights for today.
        ArenaAttempts = 1,
        /// Spend arena points.
        ArenaShop = 1,
        /// Send an army to a control point.
        ConquestMarch = 1,
        /// Take the rewards of completed quests.
        QuestClaim = 1,
        /// Set whether notices of a kind come as direct messages.
        NotifySet = 1,
        /// Link an account on Twitch by a code.
        LinkTwitch = 1,
        /// Summon heroes.
        HeroSummon = 1,
        /// Raise a hero's skill.
        HeroSkill = 1,
        /// Read tomes to a hero.
        HeroTome = 1,
        /// Put gear on a hero.
        GearEquip = 1,
        /// Put gear off.
        GearUnequip = 1,
        /// Forge three pieces into a better one.
        GearForge = 1,
        /// Melt gear down for gold.
        GearSalvage = 1,
        /// Buy items for diamonds.
        ItemBuy = 1,
        /// Hide one's name.
        PrivacyAnonymize = 1,
        /// Leave for good.
        PrivacyDelete = 1,
        /// Grant a player something.
        AdminGrant = 1,
        /// Suspend a player.
        AdminSuspend = 1,
        /// Let a suspended player play again.
        AdminReinstate = 1,
        /// Change settings from the next schedule on.
        SetupConfig = 1,
    }
}
