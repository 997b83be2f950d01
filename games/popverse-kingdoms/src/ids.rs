//! Numbers of things within one world: each kind counts from 1 (rulebook 2.1).

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
                 schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// The plain number.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

number!(
    /// A player in joining order, from 1 (`player_no` in the rulebook).
    Pn(u32)
);
number!(
    /// A march.
    MarchId(u64)
);
number!(
    /// A battle.
    BattleId(u64)
);
number!(
    /// A camp.
    NpcId(u64)
);
number!(
    /// A piece of gear.
    GearId(u64)
);
number!(
    /// A training or healing job.
    JobId(u64)
);
number!(
    /// A summon.
    SummonId(u64)
);
number!(
    /// A land parcel, 1–100.
    ParcelNo(u16)
);
number!(
    /// A guild.
    GuildId(u64)
);
number!(
    /// A player offer on the market.
    OfferId(u64)
);
number!(
    /// A conquest.
    ConquestId(u64)
);
number!(
    /// A banner of a conquest: a guild's number, or for a lone player the player's number above a million.
    BannerId(u64)
);
