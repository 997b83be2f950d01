//! What happened. The name of an event is its storage format: never renamed, never given a new meaning
//! (rulebook 5.2; the record writes types in UpperCamelCase).
//!
//! Amounts are what changed. Everything conserved moves only by amounts that stand in an event.

mod arena;
mod battle;
mod city;
mod conquest;
mod guild;
mod hero;
mod land;
mod march;
mod market;
mod player;
mod quest;
mod world;

pub use arena::*;
pub use battle::*;
pub use city::*;
pub use conquest::*;
pub use guild::*;
pub use hero::*;
pub use land::*;
pub use march::*;
pub use market::*;
pub use player::*;
pub use quest::*;
pub use world::*;

/// Declares a closed choice that is stored in `snake_case`.
macro_rules! choices {
    ($($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident),+ $(,)? })+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
                     schemars::JsonSchema)]
            #[serde(rename_all = "snake_case")]
            pub enum $name { $($(#[$vmeta])* $variant,)+ }
        )+
    };
}
pub(crate) use choices;

schemas::recorded! {
    /// What happened in a season.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub enum Event, upcast = crate::upcast::event {
        /// The map was drawn.
        MapGenerated = 1,
        /// Settings were changed, from the next schedule on.
        ConfigChanged = 1,
        /// A UTC day ended and everything daily was done.
        DailyResetPassed = 1,
        /// The finals began.
        FinalsBegun = 1,
        /// Production modifiers and price anchors were set anew.
        EconomyRebalanced = 1,
        /// Everybody's final score.
        SeasonScored = 1,
        /// A player earned prestige.
        PrestigeAwarded = 1,
        /// The season's best entered the hall of fame.
        HallOfFameRecorded = 1,
        /// The season ended.
        SeasonEnded = 1,
        /// A camp appeared.
        NpcSpawned = 1,
        /// A camp was beaten and left the map.
        NpcDefeated = 1,

        /// A player joined.
        PlayerJoined = 1,
        /// A city was founded.
        CityFounded = 1,
        /// A player got what everybody starts with.
        StarterKitGranted = 1,
        /// A player gave the first accepted command of a day.
        PlayerActiveMarked = 1,
        /// A player was suspended.
        PlayerSuspended = 1,
        /// A suspended player may play again.
        PlayerReinstated = 1,
        /// A player's name is hidden from now on.
        PlayerAnonymized = 1,
        /// A player left for good, with all that was theirs.
        PlayerDeleted = 1,
        /// A shield protects a city.
        ShieldRaised = 1,
        /// A shield protects a city no longer.
        ShieldEnded = 1,
        /// A city moved.
        CityRelocated = 1,
        /// A city left the map.
        CityRemoved = 1,
        /// A player's production was settled.
        ResourcesProduced = 1,
        /// An administrator granted something.
        ResourcesGranted = 1,
        /// Stores were too full to take everything.
        ResourcesSpilled = 2,
        /// A player got items.
        ItemGranted = 1,
        /// A player used items.
        ItemUsed = 1,
        /// A player bought items.
        ItemBought = 1,

        /// A building job began.
        BuildingStarted = 1,
        /// A building job was called off.
        BuildingCancelled = 1,
        /// A building reached a level.
        BuildingCompleted = 1,
        /// A job was hastened.
        JobHastened = 1,
        /// A second crew was rented.
        CrewHired = 1,
        /// The second crew left.
        CrewLeft = 1,
        /// Research began.
        ResearchStarted = 1,
        /// Research was called off.
        ResearchCancelled = 1,
        /// A technology reached a level.
        ResearchCompleted = 1,
        /// Training or promotion began.
        TrainingStarted = 1,
        /// Training or promotion was called off.
        TrainingCancelled = 1,
        /// Trained or promoted troops arrived.
        TrainingCompleted = 1,
        /// Healing began.
        HealingStarted = 1,
        /// Healing was called off.
        HealingCancelled = 1,
        /// Healed troops returned.
        HealingCompleted = 1,
        /// Troops were sent away for good.
        TroopsDismissed = 1,
        /// Wounded entered the infirmary; those without room died.
        WoundedAdmitted = 1,

        /// A summon was answered.
        HeroSummoned = 1,
        /// A hero joined.
        HeroGranted = 1,
        /// A hero gained experience.
        HeroXpGained = 2,
        /// A hero rose in level.
        HeroLevelled = 1,
        /// A shard of a hero was gained.
        HeroShardGained = 2,
        /// A skill rose in level.
        HeroSkillRaised = 1,
        /// A beaten hero needs rest.
        HeroExhausted = 1,
        /// A hero is rested.
        HeroRecovered = 1,
        /// A hero was set to defend the city.
        WardenSet = 1,
        /// A piece of gear was found.
        GearFound = 1,
        /// A hero put gear on.
        GearEquipped = 1,
        /// A hero put gear off.
        GearUnequipped = 1,
        /// Gear was forged into better gear.
        GearForged = 1,
        /// Gear was melted down for gold.
        GearSalvaged = 1,

        /// A march set out.
        MarchStarted = 1,
        /// A march reached its target.
        MarchArrived = 1,
        /// A march found nothing to do and turns back.
        MarchTurnedBack = 2,
        /// A march was called home.
        MarchRecalled = 1,
        /// A march came home.
        MarchReturned = 1,
        /// The watchtower saw a march coming.
        IncomingAlertRaised = 1,
        /// A player explored tiles.
        TilesExplored = 1,
        /// A player lit a beacon.
        BeaconLit = 1,
        /// A party began to gather.
        GatheringStarted = 1,
        /// A party stopped gathering.
        GatheringEnded = 1,
        /// A node is empty.
        NodeDepleted = 1,
        /// A node is full again.
        NodeRefilled = 1,
        /// Scouts reported.
        ScoutReported = 1,
        /// Scouts were caught.
        ScoutCaught = 1,

        /// A battle was fought.
        BattleResolved = 1,
        /// A city was looted.
        CityLooted = 1,
        /// A beaten camp left things behind.
        DropsGained = 1,

        /// A guild was founded.
        GuildFounded = 1,
        /// A player was invited to a guild.
        GuildInvited = 1,
        /// A player declined an invitation to a guild.
        GuildInviteDeclined = 1,
        /// An invitation to a guild stood long enough.
        GuildInviteExpired = 1,
        /// A player joined a guild.
        GuildJoined = 1,
        /// A player left a guild.
        GuildLeft = 1,
        /// A member was expelled from a guild.
        GuildMemberExpelled = 1,
        /// A member of a guild got another role.
        GuildRoleChanged = 1,
        /// A guild has another leader.
        GuildLeadershipPassed = 1,
        /// A member gave resources for the experience of a guild.
        GuildDonated = 1,
        /// A guild reached a level.
        GuildLevelled = 1,
        /// A member put resources into the bank of a guild.
        GuildDeposited = 1,
        /// A member took resources out of the bank of a guild.
        GuildWithdrawn = 1,
        /// A guild is no more.
        GuildDisbanded = 1,
        /// A march stands in the city of a fellow or on a parcel.
        TroopsStationed = 1,
        /// Troops that stood somewhere go home.
        TroopsWithdrawn = 1,

        /// A parcel that nobody owned was bought.
        LandBought = 1,
        /// A parcel is for sale.
        LandOffered = 1,
        /// A parcel is for sale no longer.
        LandOfferWithdrawn = 1,
        /// A parcel was sold.
        LandSold = 1,
        /// A parcel went back to the market.
        LandReturned = 1,
        /// A parcel was taken by force.
        LandSeized = 1,
        /// The tax of a parcel was paid.
        LandTaxed = 1,
        /// The tax of a parcel could not be paid.
        LandArrearsRecorded = 1,
        /// A parcel was taken for its unpaid taxes.
        LandForeclosed = 1,
        /// Parcels were valued anew.
        LandsRevalued = 1,

        /// A player bought on the exchange.
        ExchangeBought = 1,
        /// A player sold on the exchange.
        ExchangeSold = 1,
        /// An hour of trade was closed.
        MarketRepriced = 1,
        /// A player posted an offer.
        OfferPosted = 1,
        /// A player accepted an offer.
        OfferAccepted = 1,
        /// An offer was taken back.
        OfferCancelled = 1,
        /// An offer stood long enough.
        OfferExpired = 1,

        /// A team for the arena was set.
        ArenaTeamSet = 1,
        /// A player was offered opponents in the arena.
        ArenaOpponentsOffered = 1,
        /// A fight in the arena.
        ArenaFought = 1,
        /// A player bought arena fights for the day.
        ArenaAttemptsBought = 1,
        /// A player spent arena points.
        ArenaPointsSpent = 1,
        /// The arena rating of an idle player fell.
        ArenaRatingDecayed = 1,
        /// An arena week was closed.
        ArenaWeekClosed = 1,

        /// Conquest marches are accepted from now on.
        ConquestMustered = 1,
        /// A conquest started.
        ConquestStarted = 1,
        /// An army queues at a control point.
        ConquestArmyQueued = 1,
        /// An army joined the garrison of its banner.
        ConquestArmyJoinedGarrison = 1,
        /// An army left a control point and marches home.
        ConquestArmySentHome = 1,
        /// A banner took a control point.
        ConquestPointTaken = 1,
        /// A tick of a conquest passed.
        ConquestScored = 1,
        /// A conquest ended.
        ConquestEnded = 1,
        /// A player who took part in a conquest was rewarded.
        ConquestRewarded = 1,

        /// A player got the quests of a day.
        DailyQuestsAssigned = 1,
        /// A player got on with a quest.
        QuestProgressed = 1,
        /// A player did what a quest asks for.
        QuestCompleted = 1,
        /// A completed quest was paid.
        QuestRewarded = 1,
        /// All quests of a day are paid: the chest.
        QuestChestOpened = 1,

        /// A player set whether notices of a kind come as direct messages.
        PlayerSettingsChanged = 1,
        /// A player's account was linked with one on Twitch.
        TwitchLinked = 1,
        /// A shield ends in an hour.
        ShieldEnding = 1,
        /// A step of the tutorial was paid.
        StepRewarded = 1,
    }
}
