//! Marches, jobs, items, quests, boards, weekdays.

use super::keys;

keys! {
    /// Why an army is under way (rulebook 2.11).
    MarchKind {
        Attack "attack" "ends in a battle",
        Scout "scout" "ends in a report",
        Gather "gather" "collects from a node",
        Reinforce "reinforce" "stands in a fellow's city",
        Garrison "garrison" "stands on a parcel",
        Conquest "conquest" "queues at a control point",
    }
}

keys! {
    /// Jobs that can be hastened (rulebook 2.5).
    JobKind {
        Building "building" "raises a building",
        Research "research" "raises a technology",
        Training "training" "trains or promotes",
        Healing "healing" "heals wounded",
    }
}

keys! {
    /// Things a player holds a count of (rulebook 2.10).
    Item {
        Scroll "scroll" "one summon",
        Speed5m "speed_5m" "five minutes off a job",
        Speed1h "speed_1h" "an hour off a job",
        Speed8h "speed_8h" "eight hours off a job",
        Shield8h "shield_8h" "eight hours of shield",
        Relocator "relocator" "moves the city",
        XpTome "xp_tome" "experience for one hero",
    }
}

keys! {
    /// Daily quests, in order of the pool (rulebook 2.19).
    Quest {
        TrainTroops "train_troops" "troops whose training ended",
        WinHunts "win_hunts" "camps beaten",
        GatherResources "gather_resources" "units gathered at nodes",
        FinishBuildings "finish_buildings" "buildings completed",
        StartResearch "start_research" "research begun; needs an academy",
        ArenaFights "arena_fights" "arena fights",
        SendScouts "send_scouts" "scouts sent",
        ExploreTiles "explore_tiles" "tiles newly explored",
        DonateGuild "donate_guild" "guild points donated; needs a guild",
        ExchangeTrade "exchange_trade" "units bought or sold on the exchange",
        HealTroops "heal_troops" "troops healed; needs wounded",
        WinCityBattles "win_city_battles" "city battles won; from day 4, without beginner shield",
    }
}

keys! {
    /// Steps of the tutorial, in its order; new ones at the end.
    Step {
        Join "join" "joining the season",
        Build "build" "a building job begun",
        Train "train" "training begun",
        Explore "explore" "scouts sent",
        Hunt "hunt" "an attack sent",
        Summon "summon" "heroes summoned",
        Quest "quest" "rewards of quests taken",
        Guild "guild" "a guild joined or founded",
    }
}

keys! {
    /// What a member is in a guild, highest first (rulebook 2.13).
    GuildRole {
        Leader "leader" "does everything",
        Officer "officer" "invites, expels members, draws on the bank within bounds",
        Member "member" "gives and fights",
    }
}

keys! {
    /// What arena points buy (rulebook 2.17).
    ArenaItem {
        Scroll "scroll" "one summon; a few a week",
        Speed1h "speed_1h" "an hour off a job",
        XpTome "xp_tome" "experience for one hero",
        GearCache "gear_cache" "a rare piece of gear",
        Shard "shard" "a shard of an own hero",
    }
}

keys! {
    /// Kinds of notifications, each with a switch (rulebook 7).
    NoticeKind {
        March "march" "marches that start, turn back, come home",
        Battle "battle" "results of battles",
        Alarm "alarm" "what the watchtower sees",
        Scout "scout" "reports, and caught scouts",
        City "city" "finished jobs, full stores, a shield that ends",
        Land "land" "parcels bought, sold, seized, in arrears",
        Market "market" "offers accepted or expired",
        Guild "guild" "invitations, members, roles, levels",
        Arena "arena" "defences, and the week's reward",
        Conquest "conquest" "muster, start, points taken, ranking",
        Quest "quest" "the day's quests complete, the chest",
        Season "season" "opening, finals, last days, end",
    }
}

impl NoticeKind {
    /// Whether notices of this kind come as direct messages unless a player says otherwise.
    #[must_use]
    pub const fn by_default(self) -> bool {
        match self {
            Self::March
            | Self::Battle
            | Self::Alarm
            | Self::Scout
            | Self::Land
            | Self::Market
            | Self::Guild
            | Self::Arena => true,
            Self::City | Self::Conquest | Self::Quest | Self::Season => false,
        }
    }
}

keys! {
    /// Leaderboards (rulebook 6).
    Board {
        Power "power" "kingdom power",
        Season "season" "season score",
        Arena "arena" "arena rating",
        Merit "merit" "conquest merit",
        Lands "lands" "value of own parcels",
        Hunts "hunts" "camps defeated",
        Raids "raids" "gold value of loot",
        Guilds "guilds" "guild conquest points",
        Factions "factions" "faction conquest points",
        Prestige "prestige" "all-time prestige",
    }
}

keys! {
    /// Days of the week, Monday first (rulebook 2.2).
    Weekday {
        Monday "mon" "week begins",
        Tuesday "tue" "second day",
        Wednesday "wed" "third day",
        Thursday "thu" "fourth day",
        Friday "fri" "fifth day",
        Saturday "sat" "sixth day",
        Sunday "sun" "seventh day",
    }
}
