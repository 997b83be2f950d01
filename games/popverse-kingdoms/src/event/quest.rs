//! Events of daily quests, of the tutorial, and of a player's own settings (rulebook 2.19, 2.23, 7).

use games_core::payloads;
use schemas::GameTime;

use crate::amounts::Res;
use crate::ids::Pn;
use crate::keys::{NoticeKind, Quest, Step};

payloads! {
    /// A quest of a day with what it asks for.
    QuestSet {
        /// Which.
        quest: Quest,
        /// How much of it.
        target: i64,
    }

    /// A player got the quests of a day.
    DailyQuestsAssigned {
        /// Who.
        pn: Pn,
        /// Season day.
        day: i64,
        /// The seed of the draw.
        seed: u64,
        /// The quests.
        quests: Vec<QuestSet>,
    }

    /// A player got on with a quest.
    QuestProgressed {
        /// Who.
        pn: Pn,
        /// Season day of the quest.
        day: i64,
        /// Which.
        quest: Quest,
        /// How far it is; never beyond what it asks for.
        progress: i64,
    }

    /// A player did what a quest asks for.
    QuestCompleted {
        /// Who.
        pn: Pn,
        /// Season day of the quest.
        day: i64,
        /// Which.
        quest: Quest,
        /// How far it is: what it asked for.
        progress: i64,
    }

    /// A completed quest was paid.
    QuestRewarded {
        /// Who.
        pn: Pn,
        /// Season day of the quest.
        day: i64,
        /// Which.
        quest: Quest,
        /// What it pays.
        res: Res,
    }

    /// A step of the tutorial was paid.
    StepRewarded {
        /// Who.
        pn: Pn,
        /// Which.
        step: Step,
        /// What it pays.
        res: Res,
    }

    /// All quests of a day are paid: the chest.
    QuestChestOpened {
        /// Who.
        pn: Pn,
        /// Season day of the quests.
        day: i64,
        /// Scrolls.
        scrolls: i64,
        /// Diamonds.
        diamonds: i64,
        /// `speed_1h`.
        speeds: i64,
        /// Tomes.
        tomes: i64,
    }

    /// A player set whether notices of a kind come as direct messages.
    PlayerSettingsChanged {
        /// Who.
        pn: Pn,
        /// Which kind.
        kind: NoticeKind,
        /// Whether they come.
        dm: bool,
    }

    /// A player's account was linked with one on Twitch.
    TwitchLinked {
        /// Who.
        pn: Pn,
        /// The host's number of the link; what it stands for is known outside the record.
        link_ref: i64,
    }

    /// A shield ends in an hour.
    ShieldEnding {
        /// Whose.
        pn: Pn,
        /// When it ends.
        until: GameTime,
    }
}
