//! Who a bot is: what it likes to do, and how much of the day it plays. Both follow from the player's number, so that the
//! same season has the same characters.

use games_core::Rng;
use games_core::dice::mix;
use schemas::GameTime;

use crate::ids::Pn;

/// What somebody likes to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Builds, gathers, hunts.
    Farmer,
    /// Attacks cities, lands and parties at nodes.
    Raider,
    /// Founds and runs a guild: invites, gives, reinforces.
    Officer,
    /// Lives by the exchange and by offers.
    Trader,
    /// Fights in the arena.
    Gladiator,
    /// Buys, sells and holds lands.
    Lander,
    /// Goes for the control points.
    Conqueror,
    /// Cheats: tries what is not allowed, and feeds an accomplice.
    Cheater,
}

impl Style {
    /// What honest players like.
    const HONEST: [Self; 7] = [
        Self::Farmer,
        Self::Raider,
        Self::Officer,
        Self::Trader,
        Self::Gladiator,
        Self::Lander,
        Self::Conqueror,
    ];
}

/// How much of the day somebody plays: 15 % very active, 45 % regular, 40 % casual (rulebook 2.16).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Nearly always there.
    VeryActive,
    /// Ten hours of the day.
    Regular,
    /// Some hours in the evening.
    Casual,
}

/// Paces of twenty players in turn.
const PACES: &[u8; 20] = b"vrcrcrcrrvcrcrcrvcrc";
/// Of so many players in turn, one cheats, and the next is fed.
const GANG: u32 = 20;
/// Which of them cheats.
const CHEAT: u32 = 10;

impl Pace {
    /// Hours of the day.
    const fn hours(self) -> i64 {
        match self {
            Self::VeryActive => 18,
            Self::Regular => 9,
            Self::Casual => 5,
        }
    }

    /// How often of a thousand times somebody who is there cares to do something.
    const fn zeal(self) -> u64 {
        match self {
            Self::VeryActive => 980,
            Self::Regular | Self::Casual => 700,
        }
    }

    /// How many looks it takes, one with another, until an idle crew is given work.
    pub(super) const fn leisure(self) -> u64 {
        match self {
            Self::VeryActive => 1,
            Self::Regular => 2,
            Self::Casual => 3,
        }
    }

    /// Diamonds that somebody keeps back.
    pub(super) const fn thrift(self) -> i64 {
        match self {
            Self::VeryActive => 40,
            Self::Regular => 100,
            Self::Casual => 200,
        }
    }
}

/// A bot's character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Character {
    /// What it likes best.
    pub main: Style,
    /// What it likes, too; may be the same.
    pub second: Style,
    /// How much it plays.
    pub pace: Pace,
    /// Hour of the day (UTC) at which its day begins.
    dawn: i64,
}

impl Character {
    /// The character of a player.
    #[must_use]
    pub fn of(pn: Pn) -> Self {
        let place = pn.get().saturating_sub(1);
        let honest = |n: u64| Style::HONEST[(n % Style::HONEST.len() as u64) as usize];
        let (lot, cheats) = (mix(u64::from(place)), pn.get() % GANG == CHEAT);
        let pace = match PACES[place as usize % PACES.len()] {
            b'v' => Pace::VeryActive,
            b'r' => Pace::Regular,
            _ => Pace::Casual,
        };
        Self {
            main: if cheats { Style::Cheater } else { honest(u64::from(place)) },
            second: honest(lot >> 8),
            // A program needs no sleep.
            pace: if cheats { Pace::VeryActive } else { pace },
            dawn: (lot % 24) as i64,
        }
    }

    /// Whether it is one of those who cheat.
    #[must_use]
    pub const fn cheats(self) -> bool {
        matches!(self.main, Style::Cheater)
    }

    /// How much it likes something: 4 best, 2 second, 1 as everybody does.
    pub(super) fn likes(self, style: Style) -> u64 {
        let times = |liked: Style, much: u64| if liked == style { much } else { 1 };
        times(self.main, 4).max(times(self.second, 2))
    }

    /// Whether it plays now. Cheaters never sleep.
    pub(super) fn awake(self, now: GameTime, rng: &mut Rng) -> bool {
        let hour = now.ms().div_euclid(3_600_000).rem_euclid(24);
        let there = (hour - self.dawn).rem_euclid(24) < self.pace.hours();
        self.cheats() || (there && rng.below(1000) < self.pace.zeal())
    }
}

/// Who feeds this player, if somebody does.
#[must_use]
pub fn feeder_of(pn: Pn) -> Option<Pn> {
    (pn.get() % GANG == CHEAT + 1).then(|| Pn(pn.get() - 1))
}

/// Whom a cheater feeds.
#[must_use]
pub const fn fed_by(pn: Pn) -> Pn {
    Pn(pn.get() + 1)
}
