//! Whom an event concerns: one list for scores, rows and fog, so that a new event is sorted in one place.

use crate::event::{Event, Opponent};
use crate::facts::{guild, land};
use crate::ids::Pn;
use crate::state::State;

/// The player whose accepted command made the event; none for what timers and administrators do, or where another
/// event of the same command says it already.
pub(crate) const fn asked_by(event: &Event) -> Option<Pn> {
    match event {
        Event::PlayerActiveMarked(e) => Some(e.pn),
        Event::ItemUsed(e) => Some(e.pn),
        Event::ItemBought(e) => Some(e.pn),
        Event::BuildingStarted(e) => Some(e.pn),
        Event::BuildingCancelled(e) => Some(e.pn),
        Event::JobHastened(e) => Some(e.pn),
        Event::CrewHired(e) => Some(e.pn),
        Event::ResearchStarted(e) => Some(e.pn),
        Event::ResearchCancelled(e) => Some(e.pn),
        Event::TrainingStarted(e) => Some(e.pn),
        Event::TrainingCancelled(e) => Some(e.pn),
        Event::HealingStarted(e) => Some(e.pn),
        Event::HealingCancelled(e) => Some(e.pn),
        Event::TroopsDismissed(e) => Some(e.pn),
        Event::HeroSummoned(e) => Some(e.pn),
        Event::HeroSkillRaised(e) => Some(e.pn),
        Event::WardenSet(e) => Some(e.pn),
        Event::GearEquipped(e) => Some(e.pn),
        Event::GearUnequipped(e) => Some(e.pn),
        Event::GearForged(e) => Some(e.pn),
        Event::GearSalvaged(e) => Some(e.pn),
        Event::MarchStarted(e) => Some(e.pn),
        Event::GuildFounded(e) => Some(e.leader),
        Event::GuildInvited(e) => Some(e.by),
        Event::GuildInviteDeclined(e) => Some(e.pn),
        Event::GuildJoined(e) => Some(e.pn),
        Event::GuildLeft(e) => Some(e.pn),
        Event::GuildMemberExpelled(e) => Some(e.by),
        Event::GuildDonated(e) => Some(e.pn),
        Event::GuildDeposited(e) => Some(e.pn),
        Event::GuildWithdrawn(e) => Some(e.pn),
        Event::GuildDisbanded(e) => Some(e.pn),
        Event::LandBought(e) => Some(e.by),
        Event::LandSold(e) => Some(e.by),
        Event::ExchangeBought(e) => Some(e.pn),
        Event::ExchangeSold(e) => Some(e.pn),
        Event::OfferPosted(e) => Some(e.pn),
        Event::OfferAccepted(e) => Some(e.by),
        Event::ArenaTeamSet(e) => Some(e.pn),
        Event::ArenaOpponentsOffered(e) => Some(e.pn),
        Event::ArenaFought(e) => Some(e.pn),
        Event::ArenaAttemptsBought(e) => Some(e.pn),
        Event::ArenaPointsSpent(e) => Some(e.pn),
        Event::PlayerSettingsChanged(e) => Some(e.pn),
        Event::TwitchLinked(e) => Some(e.pn),
        Event::MapGenerated(_)
        | Event::ConfigChanged(_)
        | Event::DailyResetPassed(_)
        | Event::FinalsBegun(_)
        | Event::EconomyRebalanced(_)
        | Event::SeasonScored(_)
        | Event::PrestigeAwarded(_)
        | Event::HallOfFameRecorded(_)
        | Event::SeasonEnded(_)
        | Event::NpcSpawned(_)
        | Event::NpcDefeated(_)
        | Event::PlayerJoined(_)
        | Event::CityFounded(_)
        | Event::StarterKitGranted(_)
        | Event::PlayerSuspended(_)
        | Event::PlayerReinstated(_)
        | Event::PlayerAnonymized(_)
        | Event::PlayerDeleted(_)
        | Event::ShieldRaised(_)
        | Event::ShieldEnded(_)
        | Event::CityRelocated(_)
        | Event::CityRemoved(_)
        | Event::ResourcesProduced(_)
        | Event::ResourcesGranted(_)
        | Event::ResourcesSpilled(_)
        | Event::ItemGranted(_)
        | Event::BuildingCompleted(_)
        | Event::CrewLeft(_)
        | Event::ResearchCompleted(_)
        | Event::TrainingCompleted(_)
        | Event::HealingCompleted(_)
        | Event::WoundedAdmitted(_)
        | Event::HeroGranted(_)
        | Event::HeroXpGained(_)
        | Event::HeroLevelled(_)
        | Event::HeroShardGained(_)
        | Event::HeroExhausted(_)
        | Event::HeroRecovered(_)
        | Event::GearFound(_)
        | Event::MarchArrived(_)
        | Event::MarchTurnedBack(_)
        | Event::MarchRecalled(_)
        | Event::MarchReturned(_)
        | Event::IncomingAlertRaised(_)
        | Event::TilesExplored(_)
        | Event::BeaconLit(_)
        | Event::GatheringStarted(_)
        | Event::GatheringEnded(_)
        | Event::NodeDepleted(_)
        | Event::NodeRefilled(_)
        | Event::ScoutReported(_)
        | Event::ScoutCaught(_)
        | Event::BattleResolved(_)
        | Event::CityLooted(_)
        | Event::GuildInviteExpired(_)
        | Event::GuildRoleChanged(_)
        | Event::GuildLeadershipPassed(_)
        | Event::GuildLevelled(_)
        | Event::TroopsStationed(_)
        | Event::TroopsWithdrawn(_)
        | Event::LandOffered(_)
        | Event::LandOfferWithdrawn(_)
        | Event::LandReturned(_)
        | Event::LandSeized(_)
        | Event::LandTaxed(_)
        | Event::LandArrearsRecorded(_)
        | Event::LandForeclosed(_)
        | Event::LandsRevalued(_)
        | Event::MarketRepriced(_)
        | Event::OfferCancelled(_)
        | Event::OfferExpired(_)
        | Event::ArenaRatingDecayed(_)
        | Event::ArenaWeekClosed(_)
        | Event::ConquestMustered(_)
        | Event::ConquestStarted(_)
        | Event::ConquestArmyQueued(_)
        | Event::ConquestArmyJoinedGarrison(_)
        | Event::ConquestArmySentHome(_)
        | Event::ConquestPointTaken(_)
        | Event::ConquestScored(_)
        | Event::ConquestEnded(_)
        | Event::ConquestRewarded(_)
        | Event::DailyQuestsAssigned(_)
        | Event::QuestProgressed(_)
        | Event::QuestCompleted(_)
        | Event::QuestRewarded(_)
        | Event::StepRewarded(_)
        | Event::QuestChestOpened(_)
        | Event::ShieldEnding(_)
        | Event::DropsGained(_) => None,
    }
}

/// Every player whose belongings an event changes or who takes part in it, without repetition. Events of a march name
/// its owner as long as the march stands.
pub(crate) fn players(state: &State, event: &Event, out: &mut Vec<Pn>) {
    let owner = |id| state.marches.get(&id).map(|march| march.pn);
    match event {
        Event::PlayerJoined(e) => out.push(e.pn),
        Event::CityFounded(e) => out.push(e.pn),
        Event::StarterKitGranted(e) => out.push(e.pn),
        Event::PlayerActiveMarked(e) => out.push(e.pn),
        Event::PlayerSuspended(e) => out.push(e.pn),
        Event::PlayerReinstated(e) => out.push(e.pn),
        Event::PlayerAnonymized(e) => out.push(e.pn),
        Event::PlayerDeleted(e) => out.push(e.pn),
        Event::ShieldRaised(e) => out.push(e.pn),
        Event::ShieldEnded(e) => out.push(e.pn),
        Event::CityRelocated(e) => out.push(e.pn),
        Event::CityRemoved(e) => out.push(e.pn),
        Event::ResourcesProduced(e) => out.push(e.pn),
        Event::ResourcesGranted(e) => out.push(e.pn),
        Event::ResourcesSpilled(e) => out.push(e.pn),
        Event::ItemGranted(e) => out.push(e.pn),
        Event::ItemUsed(e) => out.push(e.pn),
        Event::ItemBought(e) => out.push(e.pn),
        Event::BuildingStarted(e) => out.push(e.pn),
        Event::BuildingCancelled(e) => out.push(e.pn),
        Event::BuildingCompleted(e) => out.push(e.pn),
        Event::JobHastened(e) => out.push(e.pn),
        Event::CrewHired(e) => out.push(e.pn),
        Event::CrewLeft(e) => out.push(e.pn),
        Event::ResearchStarted(e) => out.push(e.pn),
        Event::ResearchCancelled(e) => out.push(e.pn),
        Event::ResearchCompleted(e) => out.push(e.pn),
        Event::TrainingStarted(e) => out.push(e.pn),
        Event::TrainingCancelled(e) => out.push(e.pn),
        Event::TrainingCompleted(e) => out.push(e.pn),
        Event::HealingStarted(e) => out.push(e.pn),
        Event::HealingCancelled(e) => out.push(e.pn),
        Event::HealingCompleted(e) => out.push(e.pn),
        Event::TroopsDismissed(e) => out.push(e.pn),
        Event::WoundedAdmitted(e) => out.push(e.pn),
        Event::HeroSummoned(e) => out.push(e.pn),
        Event::HeroGranted(e) => out.push(e.pn),
        Event::HeroXpGained(e) => out.push(e.pn),
        Event::HeroLevelled(e) => out.push(e.pn),
        Event::HeroShardGained(e) => out.push(e.pn),
        Event::HeroSkillRaised(e) => out.push(e.pn),
        Event::HeroExhausted(e) => out.push(e.pn),
        Event::HeroRecovered(e) => out.push(e.pn),
        Event::WardenSet(e) => out.push(e.pn),
        Event::GearFound(e) => out.push(e.pn),
        Event::GearEquipped(e) => out.push(e.pn),
        Event::GearUnequipped(e) => out.push(e.pn),
        Event::GearForged(e) => out.push(e.pn),
        Event::GearSalvaged(e) => out.push(e.pn),
        Event::MarchStarted(e) => out.push(e.pn),
        Event::MarchArrived(e) => out.extend(owner(e.march)),
        Event::MarchTurnedBack(e) => out.extend(owner(e.march)),
        Event::MarchRecalled(e) => out.extend(owner(e.march)),
        Event::MarchReturned(e) => out.push(e.pn),
        Event::IncomingAlertRaised(e) => out.push(e.pn),
        Event::TilesExplored(e) => out.push(e.pn),
        Event::BeaconLit(e) => out.push(e.pn),
        Event::GatheringStarted(e) => out.extend(owner(e.march)),
        Event::GatheringEnded(e) => out.extend(owner(e.march)),
        Event::ScoutReported(e) => out.push(e.pn),
        Event::ScoutCaught(e) => out.extend([e.pn, e.by]),
        Event::BattleResolved(e) => {
            let parts = e.attacker.contingents.iter().chain(&e.defender.contingents);
            out.extend(parts.filter_map(|part| part.pn));
            out.extend(e.attacker.party.player());
            out.extend(e.defender.party.player());
        }
        Event::CityLooted(e) => out.extend([e.victim, e.by]),
        Event::DropsGained(e) => out.push(e.pn),
        Event::PrestigeAwarded(e) => out.push(e.pn),
        Event::SeasonScored(e) => out.extend(e.scores.iter().map(|score| score.pn)),
        Event::NpcDefeated(e) => out.push(e.by),
        Event::GuildFounded(e) => out.push(e.leader),
        Event::GuildInvited(e) => out.extend([e.pn, e.by]),
        Event::GuildInviteDeclined(e) => out.push(e.pn),
        Event::GuildInviteExpired(e) => out.push(e.pn),
        Event::GuildJoined(e) => out.push(e.pn),
        Event::GuildLeft(e) => out.push(e.pn),
        Event::GuildMemberExpelled(e) => out.extend([e.pn, e.by]),
        Event::GuildRoleChanged(e) => out.extend(guild::members(state, e.guild)),
        Event::GuildLeadershipPassed(e) => out.extend(guild::members(state, e.guild)),
        Event::GuildDonated(e) => out.push(e.pn),
        Event::GuildLevelled(e) => out.extend(guild::members(state, e.guild)),
        Event::GuildDeposited(e) => out.push(e.pn),
        Event::GuildWithdrawn(e) => out.push(e.pn),
        Event::GuildDisbanded(e) => out.push(e.pn),
        Event::TroopsStationed(e) => {
            out.push(e.pn);
            out.extend(e.host);
        }
        Event::TroopsWithdrawn(e) => out.push(e.pn),
        Event::LandBought(e) => {
            out.push(e.by);
            out.extend(land::people(state, e.buyer));
        }
        Event::LandOffered(e) => {
            out.extend(land::people(state, e.owner));
        }
        Event::LandOfferWithdrawn(e) => {
            let owner = state.lands.get(&e.parcel).and_then(|land| land.owner);
            out.extend(owner.into_iter().flat_map(|owner| land::people(state, owner)));
        }
        Event::LandSold(e) => {
            out.push(e.by);
            out.extend(land::people(state, e.seller));
            out.extend(land::people(state, e.buyer));
        }
        Event::LandReturned(e) => {
            out.extend(land::people(state, e.owner));
        }
        Event::LandSeized(e) => {
            out.push(e.by);
            out.extend(land::people(state, e.from));
        }
        Event::LandTaxed(e) => {
            out.extend(land::people(state, e.owner));
        }
        Event::LandArrearsRecorded(e) => {
            out.extend(land::people(state, e.owner));
        }
        Event::LandForeclosed(e) => {
            out.extend(land::people(state, e.owner));
        }
        Event::LandsRevalued(_) => out.extend(state.living().map(|p| p.pn)),
        Event::ExchangeBought(e) => out.push(e.pn),
        Event::ExchangeSold(e) => out.push(e.pn),
        Event::OfferPosted(e) => out.push(e.pn),
        Event::OfferAccepted(e) => out.extend([e.pn, e.by]),
        Event::OfferCancelled(e) => out.push(e.pn),
        Event::OfferExpired(e) => out.push(e.pn),
        Event::ArenaTeamSet(e) => out.push(e.pn),
        Event::ArenaOpponentsOffered(e) => out.push(e.pn),
        Event::ArenaFought(e) => {
            out.push(e.pn);
            if let Opponent::Player(other) = &e.opponent {
                out.push(*other);
            }
        }
        Event::ArenaAttemptsBought(e) => out.push(e.pn),
        Event::ArenaPointsSpent(e) => out.push(e.pn),
        Event::ArenaRatingDecayed(e) => out.push(e.pn),
        Event::ArenaWeekClosed(e) => out.extend(e.rewards.iter().map(|reward| reward.pn)),
        Event::ConquestArmyQueued(e) => out.push(e.pn),
        Event::ConquestArmyJoinedGarrison(e) => out.push(e.pn),
        Event::ConquestArmySentHome(e) => out.push(e.pn),
        Event::ConquestPointTaken(e) => out.push(e.pn),
        Event::ConquestScored(e) => out.extend(e.merit.iter().map(|gain| gain.pn)),
        Event::ConquestRewarded(e) => out.push(e.pn),
        Event::DailyQuestsAssigned(e) => out.push(e.pn),
        Event::QuestProgressed(e) => out.push(e.pn),
        Event::QuestCompleted(e) => out.push(e.pn),
        Event::QuestRewarded(e) => out.push(e.pn),
        Event::StepRewarded(e) => out.push(e.pn),
        Event::QuestChestOpened(e) => out.push(e.pn),
        Event::PlayerSettingsChanged(e) => out.push(e.pn),
        Event::TwitchLinked(e) => out.push(e.pn),
        Event::ShieldEnding(e) => out.push(e.pn),
        Event::MapGenerated(_)
        | Event::ConfigChanged(_)
        | Event::DailyResetPassed(_)
        | Event::FinalsBegun(_)
        | Event::EconomyRebalanced(_)
        | Event::HallOfFameRecorded(_)
        | Event::SeasonEnded(_)
        | Event::NpcSpawned(_)
        | Event::NodeDepleted(_)
        | Event::MarketRepriced(_)
        | Event::ConquestMustered(_)
        | Event::ConquestStarted(_)
        | Event::ConquestEnded(_)
        | Event::NodeRefilled(_) => {}
    }
    out.sort_unstable();
    out.dedup();
}
