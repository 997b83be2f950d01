//! The vocabulary: every catalogue key of the rulebook as an enum, so that no rule is written about a string.
//!
//! The order of the variants is the rulebook's order (it decides draws and ties), the key is the storage format:
//! neither ever changes.

mod catalogue;
mod society;
mod table;

pub use catalogue::{HeroKey, Rarity, Skill, Slot, Summoned};
pub use society::{ArenaItem, Board, GuildRole, Item, JobKind, MarchKind, NoticeKind, Quest, Step, Weekday};
pub use table::{Key, Table};

/// Declares an enum of catalogue keys: `Variant "key" "what it is"`, in rulebook order.
macro_rules! keys {
    ($(#[$meta:meta])* $name:ident { $($variant:ident $key:literal $doc:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        pub enum $name {
            $(
                #[doc = concat!("`", $key, "`: ", $doc, ".")]
                #[serde(rename = $key)]
                $variant,
            )+
        }

        impl $name {
            /// Every key, in rulebook order.
            pub const ALL: [Self; [$($key),+].len()] = [$(Self::$variant),+];

            /// Position in [`Self::ALL`].
            #[inline]
            #[must_use]
            pub const fn index(self) -> usize {
                self as usize
            }

            /// The key as it is stored and typed.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$variant => $key,)+
                }
            }

            /// The value that bears this key, if any does.
            #[must_use]
            pub fn from_key(key: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|k| k.key() == key)
            }
        }

        impl $crate::keys::Key for $name {
            const KEYS: &'static [Self] = &Self::ALL;

            #[inline]
            fn index(self) -> usize {
                self as usize
            }

            fn key(self) -> &'static str {
                $name::key(self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.key())
            }
        }
    };
}
pub(crate) use keys;

keys! {
    /// The three sides of the season (rulebook 2.3).
    Faction {
        Cinema "cinema" "fire; attack",
        Otaku "otaku" "wind; speed",
        Arcade "arcade" "water; defence",
    }
}

impl Faction {
    /// The element of the faction's troops and heroes (rulebook 2.3).
    #[must_use]
    pub const fn element(self) -> Element {
        match self {
            Self::Cinema => Element::Fire,
            Self::Otaku => Element::Wind,
            Self::Arcade => Element::Water,
        }
    }

    /// The next in the cycle cinema → otaku → arcade → cinema (rulebook 2.8, summon).
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Cinema => Self::Otaku,
            Self::Otaku => Self::Arcade,
            Self::Arcade => Self::Cinema,
        }
    }
}

keys! {
    /// What troops and heroes are made of; drawn in this order for camps (rulebook 2.3, 2.12).
    Element {
        Fire "fire" "beats wind",
        Wind "wind" "beats water",
        Water "water" "beats fire",
    }
}

impl Element {
    /// Whether a striker of this element is favoured against `other` (rulebook 2.3).
    #[inline]
    #[must_use]
    pub const fn beats(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Fire, Self::Wind) | (Self::Wind, Self::Water) | (Self::Water, Self::Fire)
        )
    }
}

keys! {
    /// Troop tiers (rulebook 2.7).
    Tier {
        T1 "t1" "first tier",
        T2 "t2" "second tier",
        T3 "t3" "third tier",
        T4 "t4" "fourth tier",
    }
}

impl Tier {
    /// The tier that a troop of this one is promoted to, if there is one.
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::T1 => Some(Self::T2),
            Self::T2 => Some(Self::T3),
            Self::T3 => Some(Self::T4),
            Self::T4 => None,
        }
    }
}

keys! {
    /// Map-bound resources; also the kinds of resource nodes (rulebook 2.4, 2.6). Diamonds are no resource.
    Resource {
        Food "food" "feeds troops, costs most",
        Iron "iron" "arms and walls",
        Gold "gold" "trade and land",
    }
}

/// What a resource node yields (rulebook 2.4).
pub type NodeKind = Resource;

keys! {
    /// The twelve buildings of a city (rulebook 2.5).
    Building {
        Hq "hq" "caps every other level, houses troops",
        Farm "farm" "food",
        IronMine "iron_mine" "iron",
        Mint "mint" "gold",
        Warehouse "warehouse" "storage caps",
        Barracks "barracks" "training",
        Academy "academy" "research",
        HeroHall "hero_hall" "roster and hero level cap",
        Wall "wall" "guards city defenders",
        Watchtower "watchtower" "vision and alarm",
        Infirmary "infirmary" "wounded",
        Embassy "embassy" "allied troops",
    }
}

keys! {
    /// The seventeen technologies (rulebook 2.9).
    Technology {
        TroopTrainingI "troop_training_i" "trains t1 and t2 faster, unlocks t2",
        TroopTrainingIi "troop_training_ii" "trains t3 faster, unlocks it",
        TroopTrainingIii "troop_training_iii" "trains t4 faster, unlocks it",
        Agronomy "agronomy" "food production",
        Metallurgy "metallurgy" "iron production",
        Coinage "coinage" "gold production",
        Storage "storage" "storage caps",
        Masonry "masonry" "building time",
        Logistics "logistics" "march speed",
        Weaponcraft "weaponcraft" "damage dealt",
        Armorcraft "armorcraft" "damage taken",
        FieldMedicine "field_medicine" "share of wounded among casualties",
        Cartography "cartography" "exploration radius of marches",
        Espionage "espionage" "own scouts",
        Counterintelligence "counterintelligence" "against foreign scouts",
        Haulage "haulage" "carrying",
        CommerceLaw "commerce_law" "exchange spread and offer fee",
    }
}

keys! {
    /// What a tile looks like and is made of (rulebook 2.4).
    Biome {
        Grassland "grassland" "open plains",
        Woodland "woodland" "forest",
        Wetland "wetland" "marsh",
        Tundra "tundra" "cold plains",
        Desert "desert" "hot dry plains",
        Lakeland "lakeland" "lake",
        Highland "highland" "mountain",
    }
}

keys! {
    /// What a march meets on a tile (rulebook 2.4).
    Terrain {
        Plains "plains" "step cost 1000",
        Forest "forest" "step cost 1300",
        Marsh "marsh" "step cost 1600",
        Mountain "mountain" "impassable, but a march may end here",
        Lake "lake" "impassable, but a march may end here",
        ResourceNode "resource_node" "holds a node; step cost 1000 on any ground",
    }
}

impl Terrain {
    /// The letter in the terrain digest (rulebook 5.2, `map_generated`).
    #[must_use]
    pub const fn letter(self) -> u8 {
        match self {
            Self::Plains => b'p',
            Self::Forest => b'f',
            Self::Marsh => b'm',
            Self::Mountain => b'M',
            Self::Lake => b'l',
            Self::ResourceNode => b'r',
        }
    }

    /// Whether a march may pass through (rulebook 2.4).
    #[inline]
    #[must_use]
    pub const fn passable(self) -> bool {
        match self {
            Self::Plains | Self::Forest | Self::Marsh | Self::ResourceNode => true,
            Self::Mountain | Self::Lake => false,
        }
    }
}

keys! {
    /// Kinds of land parcels, in order of placement (rulebook 2.4, 2.14).
    ParcelType {
        StrategicFort "strategic_fort" "3×3; defends, a little of everything",
        TradeHub "trade_hub" "2×2; gold, narrower spread",
        MiningCamp "mining_camp" "2×2; iron",
        Farmstead "farmstead" "2×2; food",
    }
}

impl ParcelType {
    /// The resource whose production the parcel raises; a fort raises all three a little (rulebook 2.6).
    #[must_use]
    pub const fn resource(self) -> Option<Resource> {
        match self {
            Self::StrategicFort => None,
            Self::TradeHub => Some(Resource::Gold),
            Self::MiningCamp => Some(Resource::Iron),
            Self::Farmstead => Some(Resource::Food),
        }
    }
}

keys! {
    /// Camps of the map's own peoples, in order of the first spawns (rulebook 2.12).
    NpcType {
        BanditCamp "bandit_camp" "one tier",
        GoblinOutpost "goblin_outpost" "two tiers",
        DragonLair "dragon_lair" "two tiers and a dragon",
    }
}

keys! {
    /// The five points of a conquest, in order (rulebook 2.18).
    ControlPoint {
        Crown "crown" "the middle, worth 3",
        North "north" "worth 1",
        East "east" "worth 1",
        South "south" "worth 1",
        West "west" "worth 1",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_their_serde_names() {
        for building in Building::ALL {
            let json = serde_json::to_string(&building).unwrap();
            assert_eq!(json, format!("\"{}\"", building.key()));
            assert_eq!(serde_json::from_str::<Building>(&json).unwrap(), building);
            assert_eq!(Building::from_key(building.key()), Some(building));
        }
        assert_eq!(Technology::TroopTrainingIi.key(), "troop_training_ii");
        assert_eq!(Technology::ALL.len(), 17);
        assert_eq!(HeroKey::ALL.len(), 24);
        assert_eq!(HeroKey::FinalBoss.index(), 23);
    }

    #[test]
    fn each_element_beats_exactly_one_other() {
        for a in Element::ALL {
            assert!(!a.beats(a));
            assert_eq!(Element::ALL.into_iter().filter(|b| a.beats(*b)).count(), 1);
        }
        assert!(Faction::Cinema.element().beats(Faction::Otaku.element()));
        assert!(Faction::Otaku.element().beats(Faction::Arcade.element()));
        assert!(Faction::Arcade.element().beats(Faction::Cinema.element()));
    }
}
