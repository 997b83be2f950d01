//! Folding: what each event changes. Never fails, rolls nothing, reads nothing but rules, state and event.
//!
//! An event that names what is not there changes nothing: the fold of any events in any order is defined.

mod arena;
mod battle;
mod city;
mod conquest;
mod guild;
mod hero;
mod land;
mod march;
mod market;
mod player;
mod quest;
mod world;

use games_core::Moment;

use crate::concerns::asked_by;
use crate::event::Event;
use crate::rules::Rules;
use crate::state::State;

/// Folds one event.
pub(crate) fn evolve(rules: &Rules, state: &mut State, event: &Event, at: Moment<'_>) {
    world::flow(state, event);
    match event {
        Event::MapGenerated(e) => world::map_generated(rules, state, e, at),
        Event::ConfigChanged(e) => state.config = e.after.clone(),
        Event::DailyResetPassed(e) => world::day_passed(state, e, at),
        Event::FinalsBegun(_) => state.finals = true,
        Event::EconomyRebalanced(e) => {
            world::rebalanced(state, e);
            market::arm(state, at);
        }
        Event::SeasonScored(e) => world::scored(state, e),
        Event::PrestigeAwarded(e) => world::prestige(state, e, at),
        Event::HallOfFameRecorded(e) => state.hall.clone_from(&e.boards),
        Event::SeasonEnded(e) => world::ended(state, e),
        Event::NpcSpawned(e) => world::npc_spawned(state, e),
        Event::NpcDefeated(e) => world::npc_defeated(state, e, at),

        Event::PlayerJoined(e) => player::joined(state, e, at),
        Event::CityFounded(e) => player::founded(state, e),
        Event::StarterKitGranted(e) => player::starter(state, e),
        Event::PlayerActiveMarked(e) => player::active(state, e),
        Event::PlayerSuspended(e) => player::suspended(state, e),
        Event::PlayerReinstated(e) => player::reinstated(state, e),
        Event::PlayerAnonymized(e) => player::anonymized(state, e),
        Event::PlayerDeleted(e) => player::deleted(state, e, at),
        Event::ShieldRaised(e) => player::shield_raised(state, e, at),
        Event::ShieldEnded(e) => player::shield_ended(state, e),
        Event::CityRelocated(e) => player::relocated(state, e, at),
        Event::CityRemoved(e) => player::removed(state, e),
        Event::ResourcesProduced(e) => player::produced(state, e),
        Event::ResourcesGranted(e) => player::granted(state, e),
        Event::ResourcesSpilled(e) => player::spilled(state, e),
        Event::ItemGranted(e) => player::item(state, e.pn, e.item, e.count),
        Event::ItemUsed(e) => player::item_used(state, e, at),
        Event::ItemBought(e) => player::bought(state, e),

        Event::BuildingStarted(e) => city::building_started(state, e, at),
        Event::BuildingCancelled(e) => city::building_cancelled(state, e),
        Event::BuildingCompleted(e) => city::building_completed(rules, state, e, at),
        Event::JobHastened(e) => city::hastened(state, e, at),
        Event::CrewHired(e) => city::crew_hired(state, e, at),
        Event::CrewLeft(e) => city::crew_left(state, e),
        Event::ResearchStarted(e) => city::research_started(state, e, at),
        Event::ResearchCancelled(e) => city::research_cancelled(state, e),
        Event::ResearchCompleted(e) => city::research_completed(state, e),
        Event::TrainingStarted(e) => city::training_started(state, e, at),
        Event::TrainingCancelled(e) => city::training_cancelled(state, e),
        Event::TrainingCompleted(e) => city::training_completed(state, e),
        Event::HealingStarted(e) => city::healing_started(state, e, at),
        Event::HealingCancelled(e) => city::healing_cancelled(state, e),
        Event::HealingCompleted(e) => city::healing_completed(state, e),
        Event::TroopsDismissed(e) => city::dismissed(state, e),
        Event::WoundedAdmitted(e) => city::admitted(state, e),

        Event::HeroSummoned(e) => hero::summoned(state, e),
        Event::HeroGranted(e) => hero::granted(rules, state, e),
        Event::HeroXpGained(e) => hero::xp_gained(state, e),
        Event::HeroLevelled(e) => hero::levelled(state, e),
        Event::HeroShardGained(e) => hero::shard_gained(state, e),
        Event::HeroSkillRaised(e) => hero::skill_raised(state, e),
        Event::HeroExhausted(e) => hero::exhausted(state, e, at),
        Event::HeroRecovered(e) => hero::recovered(state, e),
        Event::WardenSet(e) => hero::warden(state, e),
        Event::GearFound(e) => hero::gear_found(state, e),
        Event::GearEquipped(e) => hero::equipped(state, e),
        Event::GearUnequipped(e) => hero::unequipped(state, e),
        Event::GearForged(e) => hero::forged(state, e),
        Event::GearSalvaged(e) => hero::salvaged(state, e),

        Event::MarchStarted(e) => march::started(rules, state, e, at),
        Event::MarchArrived(e) => march::arrived(state, e),
        Event::MarchTurnedBack(e) => march::turned_back(state, e, at),
        Event::MarchRecalled(e) => march::recalled(state, e, at),
        Event::MarchReturned(e) => march::returned(state, e),
        Event::IncomingAlertRaised(e) => march::alerted(state, e),
        Event::TilesExplored(e) => march::explored(state, e),
        Event::BeaconLit(e) => march::beacon(state, e),
        Event::GatheringStarted(e) => march::gathering_started(state, e, at),
        Event::GatheringEnded(e) => march::gathering_ended(state, e, at),
        Event::NodeDepleted(e) => march::depleted(state, e, at),
        Event::NodeRefilled(e) => march::refilled(state, e),
        Event::ScoutReported(e) => march::reported(state, e, at),
        Event::ScoutCaught(e) => march::caught(state, e),

        Event::BattleResolved(e) => battle::resolved(state, e, at),
        Event::CityLooted(e) => battle::looted(state, e, at),
        Event::DropsGained(e) => battle::drops(state, e),

        Event::GuildFounded(e) => guild::founded(state, e, at),
        Event::GuildInvited(e) => guild::invited(state, e, at),
        Event::GuildInviteDeclined(e) => guild::declined(state, e),
        Event::GuildInviteExpired(e) => guild::invite_expired(state, e),
        Event::GuildJoined(e) => guild::joined(state, e, at),
        Event::GuildLeft(e) => guild::left(state, e, at),
        Event::GuildMemberExpelled(e) => guild::expelled(state, e, at),
        Event::GuildRoleChanged(e) => guild::role_changed(state, e),
        Event::GuildLeadershipPassed(e) => guild::leadership_passed(state, e),
        Event::GuildDonated(e) => guild::donated(state, e),
        Event::GuildLevelled(e) => guild::levelled(state, e),
        Event::GuildDeposited(e) => guild::deposited(state, e),
        Event::GuildWithdrawn(e) => guild::withdrawn(state, e),
        Event::GuildDisbanded(e) => guild::disbanded(state, e, at),
        Event::TroopsStationed(e) => guild::stationed(state, e),
        Event::TroopsWithdrawn(e) => guild::withdrawn_home(state, e, at),

        Event::LandBought(e) => land::bought(state, e, at),
        Event::LandOffered(e) => land::offered(state, e),
        Event::LandOfferWithdrawn(e) => land::offer_withdrawn(state, e),
        Event::LandSold(e) => land::sold(state, e, at),
        Event::LandReturned(e) => land::returned(state, e),
        Event::LandSeized(e) => land::seized(state, e, at),
        Event::LandTaxed(e) => land::taxed(state, e),
        Event::LandArrearsRecorded(e) => land::arrears(state, e),
        Event::LandForeclosed(e) => land::foreclosed(state, e),
        Event::LandsRevalued(e) => land::revalued(state, e),

        Event::ExchangeBought(e) => market::bought(state, e, at),
        Event::ExchangeSold(e) => market::sold(state, e, at),
        Event::MarketRepriced(e) => market::repriced(state, e, at),
        Event::OfferPosted(e) => market::posted(state, e, at),
        Event::OfferAccepted(e) => market::accepted(state, e),
        Event::OfferCancelled(e) => market::cancelled(state, e),
        Event::OfferExpired(e) => market::expired(state, e),

        Event::ArenaTeamSet(e) => arena::team(state, e),
        Event::ArenaOpponentsOffered(e) => arena::offered(state, e),
        Event::ArenaFought(e) => arena::fought(state, e, at),
        Event::ArenaAttemptsBought(e) => arena::attempts(state, e),
        Event::ArenaPointsSpent(e) => arena::spent(state, e),
        Event::ArenaRatingDecayed(e) => arena::decayed(state, e, at),
        Event::ArenaWeekClosed(e) => arena::week(state, e),

        Event::ConquestMustered(e) => conquest::mustered(state, e, at),
        Event::ConquestStarted(e) => conquest::started(rules, state, e, at),
        Event::ConquestArmyQueued(e) => conquest::queued(rules, state, e, at),
        Event::ConquestArmyJoinedGarrison(e) => conquest::joined(state, e),
        Event::ConquestArmySentHome(e) => conquest::sent_home(state, e, at),
        Event::ConquestPointTaken(e) => conquest::taken(state, e),
        Event::ConquestScored(e) => conquest::scored(rules, state, e, at),
        Event::ConquestEnded(e) => conquest::ended(rules, state, e, at),
        Event::ConquestRewarded(e) => conquest::rewarded(state, e),

        Event::DailyQuestsAssigned(e) => quest::assigned(state, e),
        Event::QuestProgressed(e) => quest::progressed(state, e.pn, e.quest, e.progress),
        Event::QuestCompleted(e) => quest::progressed(state, e.pn, e.quest, e.progress),
        Event::QuestRewarded(e) => quest::rewarded(state, e),
        Event::QuestChestOpened(e) => quest::chest(state, e),
        Event::StepRewarded(e) => player::earn(state, e.pn, e.res),
        Event::PlayerSettingsChanged(e) => quest::settings(state, e),
        Event::TwitchLinked(e) => quest::twitch(state, e),
        // Told, and nothing else: the shield stands until it ends.
        Event::ShieldEnding(_) => {}
    }
    // An accepted command keeps a player active for the rule of 604,800 s; most name their player.
    if let Some(player) = asked_by(event).and_then(|pn| state.player_mut(pn)) {
        player.last_active = at.now;
    }
}
