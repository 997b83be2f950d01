//! Who may see an event while the season runs (rulebook 2.20): what happens to a player is that player's; what fog
//! hides is nobody's; the calendar is everybody's.

use games_core::Audience;

use crate::concerns;
use crate::event::Event;
use crate::ids::Pn;
use crate::state::State;

/// Who may see an event.
pub(crate) fn audience(state: &State, event: &Event) -> Audience {
    match event {
        // Public: the calendar, the joining of a player with the founding of their city (4.2: the welcome names the
        // coordinates), the season's end, and what stands at control points: `/conquest status` shows queues to anyone (4.2).
        Event::ConfigChanged(_)
        | Event::DailyResetPassed(_)
        | Event::FinalsBegun(_)
        | Event::EconomyRebalanced(_)
        | Event::SeasonScored(_)
        | Event::PrestigeAwarded(_)
        | Event::HallOfFameRecorded(_)
        | Event::SeasonEnded(_)
        | Event::PlayerJoined(_)
        | Event::CityFounded(_)
        | Event::GuildFounded(_)
        | Event::GuildJoined(_)
        | Event::GuildLeft(_)
        | Event::GuildMemberExpelled(_)
        | Event::GuildLeadershipPassed(_)
        | Event::GuildLevelled(_)
        | Event::GuildDisbanded(_)
        | Event::LandsRevalued(_)
        | Event::MarketRepriced(_)
        | Event::OfferPosted(_)
        | Event::ArenaWeekClosed(_)
        | Event::ConquestMustered(_)
        | Event::ConquestStarted(_)
        | Event::ConquestArmyQueued(_)
        | Event::ConquestArmyJoinedGarrison(_)
        | Event::ConquestPointTaken(_)
        | Event::ConquestScored(_)
        | Event::ConquestEnded(_)
        | Event::PlayerAnonymized(_) => Audience::Everyone,
        // Hidden: the whole map, where camps stand, what is left in nodes, what a player who left had.
        Event::MapGenerated(_)
        | Event::NpcSpawned(_)
        | Event::NodeDepleted(_)
        | Event::NodeRefilled(_)
        | Event::PlayerDeleted(_) => Audience::Nobody,
        // A caught scout is known to both; who was not caught is known to the sender only. A battle is known to all
        // who had troops in it; its consequences to whom they befall.
        Event::NpcDefeated(_)
        | Event::StarterKitGranted(_)
        | Event::PlayerActiveMarked(_)
        | Event::PlayerSuspended(_)
        | Event::PlayerReinstated(_)
        | Event::ShieldRaised(_)
        | Event::ShieldEnded(_)
        | Event::CityRelocated(_)
        | Event::CityRemoved(_)
        | Event::ResourcesProduced(_)
        | Event::ResourcesGranted(_)
        | Event::ResourcesSpilled(_)
        | Event::ItemGranted(_)
        | Event::ItemUsed(_)
        | Event::ItemBought(_)
        | Event::BuildingStarted(_)
        | Event::BuildingCancelled(_)
        | Event::BuildingCompleted(_)
        | Event::JobHastened(_)
        | Event::CrewHired(_)
        | Event::CrewLeft(_)
        | Event::ResearchStarted(_)
        | Event::ResearchCancelled(_)
        | Event::ResearchCompleted(_)
        | Event::TrainingStarted(_)
        | Event::TrainingCancelled(_)
        | Event::TrainingCompleted(_)
        | Event::HealingStarted(_)
        | Event::HealingCancelled(_)
        | Event::HealingCompleted(_)
        | Event::TroopsDismissed(_)
        | Event::WoundedAdmitted(_)
        | Event::HeroSummoned(_)
        | Event::HeroGranted(_)
        | Event::HeroXpGained(_)
        | Event::HeroLevelled(_)
        | Event::HeroShardGained(_)
        | Event::HeroSkillRaised(_)
        | Event::HeroExhausted(_)
        | Event::HeroRecovered(_)
        | Event::WardenSet(_)
        | Event::GearFound(_)
        | Event::GearEquipped(_)
        | Event::GearUnequipped(_)
        | Event::GearForged(_)
        | Event::GearSalvaged(_)
        | Event::MarchStarted(_)
        | Event::MarchArrived(_)
        | Event::MarchTurnedBack(_)
        | Event::MarchRecalled(_)
        | Event::MarchReturned(_)
        | Event::IncomingAlertRaised(_)
        | Event::TilesExplored(_)
        | Event::BeaconLit(_)
        | Event::GatheringStarted(_)
        | Event::GatheringEnded(_)
        | Event::ScoutReported(_)
        | Event::ScoutCaught(_)
        | Event::BattleResolved(_)
        | Event::CityLooted(_)
        | Event::GuildInvited(_)
        | Event::GuildInviteDeclined(_)
        | Event::GuildInviteExpired(_)
        | Event::GuildRoleChanged(_)
        | Event::GuildDonated(_)
        | Event::GuildDeposited(_)
        | Event::GuildWithdrawn(_)
        | Event::TroopsStationed(_)
        | Event::TroopsWithdrawn(_)
        | Event::LandBought(_)
        | Event::LandOffered(_)
        | Event::LandOfferWithdrawn(_)
        | Event::LandSold(_)
        | Event::LandReturned(_)
        | Event::LandSeized(_)
        | Event::LandTaxed(_)
        | Event::LandArrearsRecorded(_)
        | Event::LandForeclosed(_)
        | Event::ExchangeBought(_)
        | Event::ExchangeSold(_)
        | Event::OfferAccepted(_)
        | Event::OfferCancelled(_)
        | Event::OfferExpired(_)
        | Event::ArenaTeamSet(_)
        | Event::ArenaOpponentsOffered(_)
        | Event::ArenaFought(_)
        | Event::ArenaAttemptsBought(_)
        | Event::ArenaPointsSpent(_)
        | Event::ArenaRatingDecayed(_)
        | Event::ConquestArmySentHome(_)
        | Event::ConquestRewarded(_)
        | Event::DailyQuestsAssigned(_)
        | Event::QuestProgressed(_)
        | Event::QuestCompleted(_)
        | Event::QuestRewarded(_)
        | Event::StepRewarded(_)
        | Event::QuestChestOpened(_)
        | Event::PlayerSettingsChanged(_)
        | Event::TwitchLinked(_)
        | Event::ShieldEnding(_)
        | Event::DropsGained(_) => concerned(state, event),
    }
}

/// Those whom an event concerns.
fn concerned(state: &State, event: &Event) -> Audience {
    let mut players: Vec<Pn> = Vec::new();
    concerns::players(state, event, &mut players);
    let ids = players.into_iter().filter_map(|pn| state.player(pn)).filter(|p| !p.deleted()).map(|p| p.id);
    let ids: Vec<_> = ids.collect();
    if ids.is_empty() { Audience::Nobody } else { Audience::Only(ids) }
}
