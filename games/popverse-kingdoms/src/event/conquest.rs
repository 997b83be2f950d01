//! Events of the weekly conquest (rulebook 2.18).

use games_core::payloads;
use schemas::GameTime;

use super::choices;
use crate::ids::{BannerId, ConquestId, MarchId, Pn};
use crate::keys::{ControlPoint, Element};

choices! {
    /// Why an army leaves a conquest.
    SentHomeReason {
        /// It was beaten.
        Beaten,
        /// The garrison of its banner is full.
        GarrisonFull,
        /// The conquest is over.
        Over,
    }
}

payloads! {
    /// Conquest marches are accepted from now on.
    ConquestMustered {
        /// Its number.
        conquest: ConquestId,
        /// When marches are first accepted.
        opens: GameTime,
        /// When it starts.
        starts: GameTime,
        /// When it ends.
        ends: GameTime,
        /// Whether it is the season's last one, whose score counts more.
        finale: bool,
    }

    /// Who holds a control point until it is first taken.
    KeeperPosted {
        /// Which point.
        point: ControlPoint,
        /// Power.
        power: i64,
        /// Element.
        element: Element,
        /// The seed of the draw.
        seed: u64,
    }

    /// A conquest started.
    ConquestStarted {
        /// Which.
        conquest: ConquestId,
        /// Keepers, by point.
        keepers: Vec<KeeperPosted>,
    }

    /// An army queues at a control point.
    ConquestArmyQueued {
        /// In which conquest.
        conquest: ConquestId,
        /// At which point.
        point: ControlPoint,
        /// Whose.
        pn: Pn,
        /// Which march.
        march: MarchId,
        /// Under which banner; fixed from here on.
        banner: BannerId,
    }

    /// An army joined the garrison of its banner.
    ConquestArmyJoinedGarrison {
        /// In which conquest.
        conquest: ConquestId,
        /// At which point.
        point: ControlPoint,
        /// Whose.
        pn: Pn,
        /// Which march.
        march: MarchId,
        /// Under which banner.
        banner: BannerId,
    }

    /// An army left a control point and marches home.
    ConquestArmySentHome {
        /// In which conquest.
        conquest: ConquestId,
        /// From which point.
        point: ControlPoint,
        /// Whose.
        pn: Pn,
        /// Which march.
        march: MarchId,
        /// Under which banner.
        banner: BannerId,
        /// Why.
        reason: SentHomeReason,
        /// When it is home.
        home_at: GameTime,
    }

    /// A banner took a control point; the army that took it is its garrison.
    ConquestPointTaken {
        /// In which conquest.
        conquest: ConquestId,
        /// Which point.
        point: ControlPoint,
        /// By which banner.
        banner: BannerId,
        /// From which, if from one.
        from: Option<BannerId>,
        /// Whose army took it.
        pn: Pn,
        /// Which march.
        march: MarchId,
        /// At which tick, from 1.
        tick: i64,
    }

    /// What a point brings its owner at a tick.
    PointScore {
        /// Which point.
        point: ControlPoint,
        /// Who owns it.
        banner: BannerId,
        /// How much it brings.
        points: i64,
    }

    /// Merit that a player earned.
    MeritGained {
        /// Who.
        pn: Pn,
        /// How much.
        merit: i64,
    }

    /// A tick of a conquest passed.
    ConquestScored {
        /// Which conquest.
        conquest: ConquestId,
        /// Which tick, from 1.
        tick: i64,
        /// What owned points brought, by point.
        points: Vec<PointScore>,
        /// Merit of the tick, for won clashes and for standing in a garrison, by player.
        merit: Vec<MeritGained>,
    }

    /// What became of a banner in a conquest.
    ConquestRank {
        /// Rank, from 1.
        rank: i64,
        /// Which banner.
        banner: BannerId,
        /// Its score.
        score: i64,
        /// Ticks for which it held the crown.
        crown_ticks: i64,
    }

    /// A conquest ended. Scores count for guilds or lone players, and for their factions.
    ConquestEnded {
        /// Which.
        conquest: ConquestId,
        /// Banners that scored, by rank.
        ranking: Vec<ConquestRank>,
    }

    /// A player who took part was rewarded.
    ConquestRewarded {
        /// In which conquest.
        conquest: ConquestId,
        /// Who.
        pn: Pn,
        /// Rank of the banner.
        rank: i64,
        /// Diamonds.
        diamonds: i64,
        /// Scrolls.
        scrolls: i64,
    }
}
