//! What is conserved: food, iron, gold, diamonds, troops per tier. Sources − sinks of all events = what is held,
//! carried loads, wounded and those being healed included (rulebook 2.6, 2.7).

use crate::amounts::{Res, Troops};
use crate::event::{Event, Grant, SummonPay, TrainingKind};
use crate::keys::Tier;
use crate::state::{Player, State};

type Entries = Vec<(&'static str, i64)>;

fn res(out: &mut Entries, amounts: Res, sign: i64) {
    for (account, amount) in [("food", amounts.food), ("iron", amounts.iron), ("gold", amounts.gold)] {
        put(out, account, sign * amount);
    }
}

fn troops(out: &mut Entries, troops: Troops, sign: i64) {
    for (tier, amount) in troops.iter() {
        put(out, tier.key(), sign * amount);
    }
}

fn put(out: &mut Entries, account: &'static str, amount: i64) {
    if amount != 0 {
        out.push((account, amount));
    }
}

/// What an event brings into the world and takes out of it.
pub(crate) fn ledger(event: &Event, out: &mut Entries) {
    match event {
        Event::StarterKitGranted(e) => {
            res(out, e.stock, 1);
            put(out, "diamonds", e.diamonds);
            troops(out, e.troops, 1);
        }
        Event::PlayerDeleted(e) => {
            res(out, e.stock, -1);
            put(out, "diamonds", -e.diamonds);
            troops(out, e.troops, -1);
        }
        Event::ResourcesProduced(e) => res(out, e.gained, 1),
        Event::ResourcesGranted(e) => match e.item {
            Grant::Food => put(out, "food", e.amount),
            Grant::Iron => put(out, "iron", e.amount),
            Grant::Gold => put(out, "gold", e.amount),
            Grant::Diamonds => put(out, "diamonds", e.amount),
            Grant::Scroll => {}
        },
        Event::ResourcesSpilled(e) => res(out, e.lost, -1),
        Event::ItemBought(e) => put(out, "diamonds", -e.diamonds),
        Event::BuildingStarted(e) => res(out, e.cost, -1),
        Event::BuildingCancelled(e) => res(out, e.refund, 1),
        Event::JobHastened(e) => put(out, "diamonds", -e.diamonds),
        Event::CrewHired(e) => put(out, "diamonds", -e.diamonds),
        Event::ResearchStarted(e) => res(out, e.cost, -1),
        Event::ResearchCancelled(e) => res(out, e.refund, 1),
        Event::TrainingStarted(e) => {
            res(out, e.cost, -1);
            match e.kind {
                TrainingKind::Train => {}
                TrainingKind::Promote => put(out, e.tier.key(), -e.count),
            }
        }
        Event::TrainingCancelled(e) => {
            res(out, e.refund, 1);
            match e.kind {
                TrainingKind::Train => {}
                TrainingKind::Promote => put(out, e.tier.key(), e.count),
            }
        }
        Event::TrainingCompleted(e) => put(out, e.tier.key(), e.count),
        Event::HealingStarted(e) => res(out, e.cost, -1),
        Event::HealingCancelled(e) => res(out, e.refund, 1),
        Event::TroopsDismissed(e) => put(out, e.tier.key(), -e.count),
        Event::WoundedAdmitted(e) => troops(out, e.died, -1),
        Event::HeroSummoned(e) => match e.pay {
            SummonPay::Scrolls => {}
            SummonPay::Diamonds => put(out, "diamonds", -e.cost),
        },
        Event::GearForged(e) => put(out, "gold", -e.cost),
        Event::GearSalvaged(e) => put(out, "gold", e.gold),
        Event::MarchStarted(e) => res(out, e.cost, -1),
        Event::GatheringEnded(e) => res(out, Res::only(e.kind, e.collected), 1),
        Event::BattleResolved(e) => {
            // A camp's troops belong to nobody and are not counted.
            for part in e.attacker.contingents.iter().chain(&e.defender.contingents) {
                if part.pn.is_some() {
                    troops(out, part.dead, -1);
                }
            }
        }
        Event::DropsGained(e) => {
            res(out, e.res, 1);
            put(out, "diamonds", e.diamonds);
        }
        Event::GuildFounded(e) => res(out, e.cost, -1),
        Event::GuildDonated(e) => res(out, Res::only(e.resource, e.amount), -1),
        Event::GuildDisbanded(e) => res(out, e.lost, -1),
        Event::LandBought(e) => put(out, "gold", -e.price),
        Event::LandSold(e) => put(out, "gold", -e.fee),
        Event::LandReturned(e) => put(out, "gold", e.paid),
        Event::LandTaxed(e) => put(out, "gold", -e.gold),
        Event::ExchangeBought(e) => {
            put(out, e.resource.key(), e.amount);
            put(out, "gold", -e.gold);
        }
        Event::ExchangeSold(e) => {
            put(out, e.resource.key(), -e.amount);
            put(out, "gold", e.gold);
        }
        Event::OfferAccepted(e) => {
            put(out, e.give.key(), -e.fee_give);
            put(out, e.want.key(), -e.fee_want);
        }
        Event::ArenaAttemptsBought(e) => put(out, "diamonds", -e.diamonds),
        Event::ArenaWeekClosed(e) => {
            put(out, "diamonds", e.rewards.iter().map(|reward| reward.diamonds).sum());
        }
        Event::ConquestRewarded(e) => put(out, "diamonds", e.diamonds),
        Event::QuestRewarded(e) => res(out, e.res, 1),
        Event::StepRewarded(e) => res(out, e.res, 1),
        Event::QuestChestOpened(e) => put(out, "diamonds", e.diamonds),
        // Moves without sources or sinks, and events that move nothing conserved.
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
        | Event::PlayerActiveMarked(_)
        | Event::PlayerSuspended(_)
        | Event::PlayerReinstated(_)
        | Event::PlayerAnonymized(_)
        | Event::ShieldRaised(_)
        | Event::ShieldEnded(_)
        | Event::CityRelocated(_)
        | Event::CityRemoved(_)
        | Event::ItemGranted(_)
        | Event::ItemUsed(_)
        | Event::BuildingCompleted(_)
        | Event::CrewLeft(_)
        | Event::ResearchCompleted(_)
        | Event::HealingCompleted(_)
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
        | Event::MarchArrived(_)
        | Event::MarchTurnedBack(_)
        | Event::MarchRecalled(_)
        | Event::MarchReturned(_)
        | Event::IncomingAlertRaised(_)
        | Event::TilesExplored(_)
        | Event::BeaconLit(_)
        | Event::GatheringStarted(_)
        | Event::NodeDepleted(_)
        | Event::NodeRefilled(_)
        | Event::ScoutReported(_)
        | Event::ScoutCaught(_)
        | Event::GuildInvited(_)
        | Event::GuildInviteDeclined(_)
        | Event::GuildInviteExpired(_)
        | Event::GuildJoined(_)
        | Event::GuildLeft(_)
        | Event::GuildMemberExpelled(_)
        | Event::GuildRoleChanged(_)
        | Event::GuildLeadershipPassed(_)
        | Event::GuildLevelled(_)
        | Event::GuildDeposited(_)
        | Event::GuildWithdrawn(_)
        | Event::TroopsStationed(_)
        | Event::TroopsWithdrawn(_)
        | Event::LandOffered(_)
        | Event::LandOfferWithdrawn(_)
        | Event::LandSeized(_)
        | Event::LandArrearsRecorded(_)
        | Event::LandForeclosed(_)
        | Event::LandsRevalued(_)
        | Event::MarketRepriced(_)
        | Event::OfferPosted(_)
        | Event::OfferCancelled(_)
        | Event::OfferExpired(_)
        | Event::ArenaTeamSet(_)
        | Event::ArenaOpponentsOffered(_)
        | Event::ArenaFought(_)
        | Event::ArenaPointsSpent(_)
        | Event::ArenaRatingDecayed(_)
        | Event::ConquestMustered(_)
        | Event::ConquestStarted(_)
        | Event::ConquestArmyQueued(_)
        | Event::ConquestArmyJoinedGarrison(_)
        | Event::ConquestArmySentHome(_)
        | Event::ConquestPointTaken(_)
        | Event::ConquestScored(_)
        | Event::ConquestEnded(_)
        | Event::DailyQuestsAssigned(_)
        | Event::QuestProgressed(_)
        | Event::QuestCompleted(_)
        | Event::ShieldEnding(_)
        | Event::PlayerSettingsChanged(_)
        | Event::TwitchLinked(_)
        | Event::CityLooted(_) => {}
    }
}

/// Everything conserved that is one player's: stocks, loads, what is on offer, diamonds, troops wherever they are.
pub(crate) fn owned(state: &State, player: &Player) -> (Res, i64, Troops) {
    let mut stock = player.stores.stock;
    let mut diamonds = player.diamonds;
    let mut troops = player.home + player.wounded;
    troops += player.healing.map_or(Troops::NONE, |job| job.troops);
    for (_, offer) in state.market.offers_of(player.pn) {
        stock += Res::only(offer.give, offer.give_amount);
    }
    for (_, march) in state.marches_of(player.pn) {
        stock += march.load;
        diamonds += march.diamonds;
        troops += march.troops + march.wounded;
    }
    (stock, diamonds, troops)
}

/// What is held in all.
pub(crate) fn holdings(state: &State) -> Entries {
    let (mut stock, mut diamonds, mut troops) = (Res::ZERO, 0, Troops::NONE);
    for player in &state.players {
        let (more, gems, heads) = owned(state, player);
        stock += more;
        diamonds += gems;
        troops += heads;
    }
    for guild in state.guilds.values() {
        stock += guild.bank;
    }
    let mut all =
        vec![("food", stock.food), ("iron", stock.iron), ("gold", stock.gold), ("diamonds", diamonds)];
    all.extend(Tier::ALL.into_iter().map(|tier| (tier.key(), troops[tier])));
    all
}
