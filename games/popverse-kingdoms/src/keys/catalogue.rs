//! Heroes, their skills and gear (rulebook 2.8).

use super::keys;

keys! {
    /// How rare a hero or a piece of gear is, common first (rulebook 2.8).
    Rarity {
        Common "common" "60 % of summons",
        Rare "rare" "28 % of summons",
        Epic "epic" "10 % of summons",
        Legendary "legendary" "2 % of summons",
    }
}

impl Rarity {
    /// The rarity that three pieces of this one are forged into, if there is one (rulebook 2.8, forge).
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Common => Some(Self::Rare),
            Self::Rare => Some(Self::Epic),
            Self::Epic => Some(Self::Legendary),
            Self::Legendary => None,
        }
    }
}

keys! {
    /// What a summon is for the player who made it (rulebook 2.8).
    Summoned {
        New "new" "the hero joins at level 1",
        Shard "shard" "the hero is known already",
    }
}

keys! {
    /// Gear slots of a hero (rulebook 2.8); the order is that of the drop draw (rulebook 2.12).
    Slot {
        Weapon "weapon" "drawn as 0",
        Armor "armor" "drawn as 1",
    }
}

keys! {
    /// Hero skills (rulebook 2.8).
    Skill {
        FirstStrike "first_strike" "acts first",
        WarCry "war_cry" "own damage up early",
        Dread "dread" "enemy damage down early",
        IronGuard "iron_guard" "damage taken down",
        CriticalEye "critical_eye" "critical chance up",
        ShieldBreaker "shield_breaker" "enemy defence down",
        Flank "flank" "highest tier first, early",
        LastStand "last_stand" "own damage up when half are gone",
        Mend "mend" "restores after each round",
        Plunder "plunder" "carries more",
        Pathfinder "pathfinder" "marches faster",
        Tutor "tutor" "learns faster",
    }
}

keys! {
    /// The twenty-four heroes in catalogue order, which breaks ties (rulebook 2.8).
    HeroKey {
        StuntRookie "stunt_rookie" "cinema, common",
        MatineeSheriff "matinee_sheriff" "cinema, common",
        PropMaster "prop_master" "cinema, common",
        NeonDetective "neon_detective" "cinema, rare",
        SilverDuelist "silver_duelist" "cinema, rare",
        RuinDirector "ruin_director" "cinema, epic",
        QuietWidower "quiet_widower" "cinema, epic",
        PremiereEmpress "premiere_empress" "cinema, legendary",
        ShrineCourier "shrine_courier" "otaku, common",
        CatArcher "cat_archer" "otaku, common",
        BentoMedic "bento_medic" "otaku, common",
        MaskedRonin "masked_ronin" "otaku, rare",
        CardDuelist "card_duelist" "otaku, rare",
        StormPilot "storm_pilot" "otaku, epic",
        BladeMiko "blade_miko" "otaku, epic",
        AscendantFist "ascendant_fist" "otaku, legendary",
        PipeSquire "pipe_squire" "arcade, common",
        CoinDiver "coin_diver" "arcade, common",
        StickPage "stick_page" "arcade, common",
        Speedrunner "speedrunner" "arcade, rare",
        TowerWarden "tower_warden" "arcade, rare",
        ComboBreaker "combo_breaker" "arcade, epic",
        TideSorceress "tide_sorceress" "arcade, epic",
        FinalBoss "final_boss" "arcade, legendary",
    }
}
