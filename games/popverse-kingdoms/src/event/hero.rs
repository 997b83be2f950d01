//! Events of heroes and gear (rulebook 2.8).

use games_core::payloads;
use schemas::GameTime;

use super::{GearPiece, choices};
use crate::ids::{BattleId, GearId, MarchId, Pn, SummonId};
use crate::keys::{Faction, HeroKey, Rarity, Skill, Slot, Summoned};

choices! {
    /// What a summon is paid with.
    SummonPay {
        /// A scroll.
        Scrolls,
        /// Diamonds.
        Diamonds,
    }

    /// Why a hero joined.
    HeroSource {
        /// Everybody's first.
        Starter,
        /// A summon.
        Summon,
    }

    /// Where experience came from.
    XpSource {
        /// A battle.
        Battle,
        /// A tome.
        Tome,
        /// An arena fight.
        Arena,
    }

    /// Where a shard came from.
    ShardSource {
        /// A summon of a known hero.
        Summon,
        /// The arena's shop.
        Arena,
    }

    /// Where gear came from.
    GearSource {
        /// A beaten camp.
        Drop,
    }
}

payloads! {
    /// A summon was answered.
    HeroSummoned {
        /// Who summoned.
        pn: Pn,
        /// The summon's number.
        summon: SummonId,
        /// The seed of its dice.
        seed: u64,
        /// What it was paid with.
        pay: SummonPay,
        /// How much of it.
        cost: i64,
        /// The rarity that came.
        rarity: Rarity,
        /// The faction that came.
        faction: Faction,
        /// Who came.
        hero: HeroKey,
        /// New, or a shard of a known one.
        outcome: Summoned,
        /// Summons since the last epic or better, this one included.
        pity_epic: i64,
        /// Summons since the last legendary, this one included.
        pity_legendary: i64,
    }

    /// A hero joined at level 1.
    HeroGranted {
        /// Whose.
        pn: Pn,
        /// Who.
        hero: HeroKey,
        /// Why.
        reason: HeroSource,
    }

    /// A hero gained experience.
    HeroXpGained {
        /// Whose.
        pn: Pn,
        /// Who.
        hero: HeroKey,
        /// How much was earned.
        xp: i64,
        /// Where from.
        source: XpSource,
        /// Experience towards the next level after it and its level-ups; what the cap cuts off is lost.
        after: i64,
    }

    /// A hero rose in level.
    HeroLevelled {
        /// Whose.
        pn: Pn,
        /// Who.
        hero: HeroKey,
        /// The level now.
        level: i64,
        /// Skills unlocked on the way.
        unlocked: Vec<Skill>,
    }

    /// A shard of a hero was gained.
    HeroShardGained {
        /// Whose.
        pn: Pn,
        /// Of whom.
        hero: HeroKey,
        /// How many.
        count: i64,
        /// Where from.
        source: ShardSource,
    }

    /// A skill rose in level.
    HeroSkillRaised {
        /// Whose.
        pn: Pn,
        /// Who.
        hero: HeroKey,
        /// Which skill.
        skill: Skill,
        /// Its level now.
        level: i64,
        /// Shards spent.
        shards: i64,
    }

    /// A beaten hero needs rest.
    HeroExhausted {
        /// Whose.
        pn: Pn,
        /// Who.
        hero: HeroKey,
        /// Until when.
        until: GameTime,
    }

    /// A hero is rested.
    HeroRecovered {
        /// Whose.
        pn: Pn,
        /// Who.
        hero: HeroKey,
    }

    /// A hero was set to defend the city.
    WardenSet {
        /// Whose.
        pn: Pn,
        /// Who.
        hero: HeroKey,
    }

    /// A piece of gear was found; it travels home with the march that won it.
    GearFound {
        /// Whose.
        pn: Pn,
        /// With which march.
        march: MarchId,
        /// What.
        piece: GearPiece,
        /// The seed of the draw.
        seed: u64,
        /// Where from.
        source: GearSource,
        /// In which battle.
        battle: BattleId,
    }

    /// A hero put gear on.
    GearEquipped {
        /// Whose.
        pn: Pn,
        /// What.
        gear: GearId,
        /// Who.
        hero: HeroKey,
    }

    /// A hero put gear off.
    GearUnequipped {
        /// Whose.
        pn: Pn,
        /// What.
        gear: GearId,
        /// Who.
        hero: HeroKey,
    }

    /// Gear was forged into better gear.
    GearForged {
        /// Whose.
        pn: Pn,
        /// What was used.
        used: Vec<GearId>,
        /// The new piece's number.
        gear: GearId,
        /// Its slot.
        slot: Slot,
        /// Its rarity.
        rarity: Rarity,
        /// Its power.
        power: i64,
        /// Gold paid.
        cost: i64,
        /// The seed of the draw.
        seed: u64,
    }

    /// Gear was melted down for gold.
    GearSalvaged {
        /// Whose.
        pn: Pn,
        /// What.
        gear: GearId,
        /// Gold gained.
        gold: i64,
    }
}
