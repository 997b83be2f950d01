//! A player's quests of a day (rulebook 2.19).

use serde::{Deserialize, Serialize};

use crate::keys::Quest;

/// A quest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestLine {
    /// Which.
    pub quest: Quest,
    /// How much of it is asked for.
    pub target: i64,
    /// How far it is.
    pub progress: i64,
    /// Whether it is paid.
    pub paid: bool,
}

impl QuestLine {
    /// Whether what is asked for is done.
    #[must_use]
    pub const fn done(&self) -> bool {
        self.progress >= self.target
    }
}

/// The quests of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DailyQuests {
    /// Season day.
    pub day: i64,
    /// The quests.
    pub lines: Vec<QuestLine>,
}

impl DailyQuests {
    /// Whether all are done.
    #[must_use]
    pub fn done(&self) -> bool {
        self.lines.iter().all(QuestLine::done)
    }
}
