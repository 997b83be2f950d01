//! Daily quests, and a player's own settings.

use super::player::{earn, with};
use crate::event::{
    DailyQuestsAssigned, PlayerSettingsChanged, QuestChestOpened, QuestRewarded, TwitchLinked,
};
use crate::ids::Pn;
use crate::keys::{Item, Quest};
use crate::state::{DailyQuests, QuestLine, State};

fn with_line(state: &mut State, pn: Pn, quest: Quest, change: impl FnOnce(&mut QuestLine)) {
    with(state, pn, |p| {
        let line = p.quests.as_mut().and_then(|q| q.lines.iter_mut().find(|line| line.quest == quest));
        if let Some(line) = line {
            change(line);
        }
    });
}

pub(super) fn assigned(state: &mut State, e: &DailyQuestsAssigned) {
    let fresh = |set: &crate::event::QuestSet| QuestLine {
        quest: set.quest,
        target: set.target,
        progress: 0,
        paid: false,
    };
    let lines = e.quests.iter().map(fresh).collect();
    with(state, e.pn, |p| p.quests = Some(DailyQuests { day: e.day, lines }));
}

pub(super) fn progressed(state: &mut State, pn: Pn, quest: Quest, progress: i64) {
    with_line(state, pn, quest, |line| line.progress = progress);
}

pub(super) fn rewarded(state: &mut State, e: &QuestRewarded) {
    earn(state, e.pn, e.res);
    with_line(state, e.pn, e.quest, |line| line.paid = true);
}

pub(super) fn chest(state: &mut State, e: &QuestChestOpened) {
    with(state, e.pn, |p| {
        p.diamonds += e.diamonds;
        p.items[Item::Scroll] += e.scrolls;
        p.items[Item::Speed1h] += e.speeds;
        p.items[Item::XpTome] += e.tomes;
    });
}

pub(super) fn settings(state: &mut State, e: &PlayerSettingsChanged) {
    with(state, e.pn, |p| {
        p.notify.insert(e.kind, e.dm);
    });
}

pub(super) fn twitch(state: &mut State, e: &TwitchLinked) {
    with(state, e.pn, |p| p.twitch = Some(e.link_ref));
}
