//! Daily quests: assigned, brought on by what players do, paid (rulebook 2.19).

use std::collections::BTreeMap;

use games_core::Rng;
use schemas::Rejection;

use super::{Checked, Ctx, Deciding, act, common};
use crate::event::{
    BattleKind, DailyQuestsAssigned, Event, ExploredBy, QuestChestOpened, QuestCompleted, QuestProgressed,
    QuestRewarded, QuestSet, ShieldSource, SpillSource,
};
use crate::facts;
use crate::formulas::season;
use crate::ids::Pn;
use crate::keys::{Building, MarchKind, Quest};
use crate::quests::{self, Situation};
use crate::state::{Player, QuestLine, State};

/// What decides which quests a player may get.
fn situation(player: &Player) -> Situation {
    Situation {
        academy: facts::level(player, Building::Academy),
        in_guild: player.guild.is_some(),
        has_wounded: !player.wounded.is_none(),
        // Who is about to found a city gets the shield with it.
        beginner_shield: player.city.is_none()
            || player.shield.is_some_and(|shield| shield.source == ShieldSource::Beginner),
    }
}

/// Assigns the quests of a day.
pub(crate) fn assign(d: &mut Deciding<'_>, pn: Pn, day: i64) {
    let rules = d.rules();
    let Some(situation) = d.state().player(pn).map(situation) else { return };
    let seed = d.seed("quest", quests::number(rules, u64::from(pn.get()), day));
    // Whatever the command itself rolls, the day's quests are drawn from a generator of their own.
    let drawn = quests::assign_with(rules, Rng::new(seed), day, situation);
    let set = |quest: Quest| QuestSet { quest, target: rules.quests.targets[quest] };
    d.emit(DailyQuestsAssigned { pn, day, seed, quests: drawn.into_iter().map(set).collect() });
}

/// What an event brings a player on with, and how far.
#[allow(clippy::wildcard_enum_match_arm, reason = "most events are no deed of a quest")]
fn deed(state: &State, event: &Event) -> Option<(Pn, Quest, i64)> {
    Some(match event {
        Event::TrainingCompleted(e) => (e.pn, Quest::TrainTroops, e.count),
        Event::NpcDefeated(e) => (e.by, Quest::WinHunts, 1),
        Event::GatheringEnded(e) => (state.marches.get(&e.march)?.pn, Quest::GatherResources, e.collected),
        Event::BuildingCompleted(e) => (e.pn, Quest::FinishBuildings, 1),
        Event::ResearchStarted(e) => (e.pn, Quest::StartResearch, 1),
        Event::ArenaFought(e) => (e.pn, Quest::ArenaFights, 1),
        Event::MarchStarted(e) if e.kind == MarchKind::Scout => (e.pn, Quest::SendScouts, 1),
        // Founding or moving a city is no exploring: nobody has gone anywhere.
        Event::TilesExplored(e) if e.cause != ExploredBy::City => (e.pn, Quest::ExploreTiles, e.count),
        Event::GuildDonated(e) => (e.pn, Quest::DonateGuild, e.points),
        Event::ExchangeBought(e) => (e.pn, Quest::ExchangeTrade, e.amount),
        Event::ExchangeSold(e) => (e.pn, Quest::ExchangeTrade, e.amount),
        Event::HealingCompleted(e) => (e.pn, Quest::HealTroops, e.troops.total()),
        Event::BattleResolved(e) if e.kind == BattleKind::City && e.outcome.result.attacker_won() => {
            (e.attacker.party.player()?, Quest::WinCityBattles, 1)
        }
        _ => return None,
    })
}

/// Brings players on with their quests by what this decision has done.
pub(crate) fn advance(d: &mut Deciding<'_>) {
    let mut deeds: BTreeMap<(Pn, Quest), i64> = BTreeMap::new();
    for (pn, quest, count) in d.events().iter().filter_map(|event| deed(d.state(), event)) {
        *deeds.entry((pn, quest)).or_default() += count;
    }
    for ((pn, quest), count) in deeds {
        let Some(quests) = d.state().player(pn).and_then(|p| p.quests.as_ref()) else { continue };
        let day = quests.day;
        let open = |line: &&QuestLine| line.quest == quest && !line.done() && count > 0;
        let Some(line) = quests.lines.iter().find(open).copied() else { continue };
        let progress = (line.progress + count).min(line.target);
        d.emit(QuestProgressed { pn, day, quest, progress });
        if progress == line.target {
            d.emit(QuestCompleted { pn, day, quest, progress });
        }
    }
}

/// Quests that are done and not paid.
fn unpaid(player: &Player) -> Vec<Quest> {
    let lines = player.quests.iter().flat_map(|quests| &quests.lines);
    lines.filter(|line| line.done() && !line.paid).map(|line| line.quest).collect()
}

/// Pays what is done; the chest when it was the last.
fn pay(d: &mut Deciding<'_>, pn: Pn) {
    let rules = d.rules();
    let Some(player) = d.state().player(pn) else { return };
    let (owed, day) = (unpaid(player), player.quests.as_ref().map_or(0, |quests| quests.day));
    if owed.is_empty() {
        return;
    }
    let res = season::quest_reward(rules, facts::level(player, Building::Hq));
    common::settle(d, pn);
    for quest in owed {
        d.emit(QuestRewarded { pn, day, quest, res });
        common::spill(d, pn, res, SpillSource::Quest);
    }
    let quests = d.state().player(pn).and_then(|p| p.quests.as_ref());
    if quests.is_some_and(|quests| quests.lines.iter().all(|line| line.paid)) {
        let diamonds = rules.quests.chest_diamonds;
        d.emit(QuestChestOpened { pn, day, scrolls: 1, diamonds, speeds: 1, tomes: 1 });
    }
}

/// Pays everybody what is done when a day or the season ends.
pub(crate) fn close_all(d: &mut Deciding<'_>) {
    let owed: Vec<Pn> = d.state().living().filter(|p| !unpaid(p).is_empty()).map(|p| p.pn).collect();
    for pn in owed {
        pay(d, pn);
    }
}

pub(super) fn claim(ctx: Ctx<'_>) -> Checked {
    let me = ctx.me()?;
    // The quests of a day that is over were paid when it was closed; today's begin with this command.
    let today = me.active_day == ctx.state.day(ctx.now());
    if !today || unpaid(me).is_empty() {
        return Err(Rejection::new("NOTHING_TO_CLAIM"));
    }
    let pn = me.pn;
    Ok(act(pn, move |d| pay(d, pn)))
}
