//! Questions that the state answers: one for each slash command that only asks (rulebook 4.2).

use serde::{Deserialize, Serialize};

use crate::keys::NpcType;

/// What `/map find` looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindKind {
    /// Cities.
    City,
    /// Bandit camps.
    BanditCamp,
    /// Goblin outposts.
    GoblinOutpost,
    /// Dragon lairs.
    DragonLair,
    /// Resource nodes.
    Node,
    /// Land parcels.
    Land,
    /// Beacons.
    Beacon,
    /// Control points.
    ControlPoint,
}

impl FindKind {
    /// The type of camp, if it is one.
    #[must_use]
    pub const fn camp(self) -> Option<NpcType> {
        match self {
            Self::BanditCamp => Some(NpcType::BanditCamp),
            Self::GoblinOutpost => Some(NpcType::GoblinOutpost),
            Self::DragonLair => Some(NpcType::DragonLair),
            Self::City | Self::Node | Self::Land | Self::Beacon | Self::ControlPoint => None,
        }
    }
}

/// Which parcels `/land list` shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LandState {
    /// Those that nobody owns.
    Unowned,
    /// Those for sale.
    Offered,
    /// One's own.
    Mine,
    /// The guild's.
    Guild,
}

games_core::questions! {
    /// A question. The type is the slash path in UpperCamelCase, the fields are the options by name.
    pub enum Query {
        /// State, day, players, timers, modifiers.
        SetupStatus {}
        /// Day, finals, faction points.
        SeasonStatus {}
        /// A player's public page; one's own shows all.
        Profile {
            /// Whose; one's own if left out.
            #[serde(default)]
            player: Option<schemas::PlayerId>,
        }
        /// Stocks, rates, jobs, shield, wounded.
        CityView {}
        /// Levels and next costs.
        BuildList {}
        /// Levels, next costs and what they need.
        ResearchList {}
        /// Troops at home, out, wounded; upkeep.
        TroopsView {}
        /// Own marches.
        MarchList {
            /// Which page.
            #[serde(default)]
            page: Option<i64>,
        }
        /// A square of the map under fog.
        MapView {
            /// Column of the middle; the city's if left out.
            #[serde(default)]
            x: Option<i64>,
            /// Row of the middle.
            #[serde(default)]
            y: Option<i64>,
            /// Tiles to each side.
            #[serde(default)]
            radius: Option<i64>,
        }
        /// What is known of a tile.
        MapTile {
            /// Column.
            x: i64,
            /// Row.
            y: i64,
        }
        /// The nearest ten of a kind.
        MapFind {
            /// What.
            kind: FindKind,
            /// Of which level.
            #[serde(default)]
            level: Option<i64>,
            /// How far.
            #[serde(default)]
            radius: Option<i64>,
        }
        /// Own heroes.
        HeroList {
            /// Which page.
            #[serde(default)]
            page: Option<i64>,
        }
        /// One own hero.
        HeroView {
            /// Key or display name.
            hero: String,
        }
        /// Own gear.
        GearList {
            /// Which page.
            #[serde(default)]
            page: Option<i64>,
        }
        /// A guild's page; one's own if none is named.
        GuildInfo {
            /// Its number.
            #[serde(default)]
            guild: Option<String>,
        }
        /// Parcels that one has explored.
        LandList {
            /// Of which type.
            #[serde(default)]
            kind: Option<crate::keys::ParcelType>,
            /// Which.
            #[serde(default)]
            state: Option<LandState>,
            /// Which page.
            #[serde(default)]
            page: Option<i64>,
        }
        /// A parcel.
        LandInfo {
            /// Its number.
            parcel: i64,
        }
        /// Prices, anchors, spread, change of a day.
        MarketPrice {}
        /// Offers that stand.
        MarketOffers {
            /// That give this.
            #[serde(default)]
            give: Option<crate::keys::Resource>,
            /// That want this.
            #[serde(default)]
            want: Option<crate::keys::Resource>,
            /// Which page.
            #[serde(default)]
            page: Option<i64>,
        }
        /// Own arena fights, rating, teams.
        ArenaLog {
            /// Only those in which one challenged, or was challenged.
            #[serde(default)]
            side: Option<crate::event::ArenaSide>,
            /// Which page.
            #[serde(default)]
            page: Option<i64>,
        }
        /// The conquest that musters or runs, else the last one; when the next musters.
        ConquestStatus {}
        /// Own quests of the day.
        QuestList {}
        /// Own switches of notifications.
        NotifyView {}
        /// Everything that the season holds about oneself.
        PrivacyExport {}
        /// Own items and what the shop asks.
        ItemList {}
    }
}
