//! What happened in a city, a sentence for each event. Exhaustive on purpose.

use popverse_kingdoms::event::{Event, Grant, ShieldEndReason, ShieldSource, TrainingKind};
use popverse_kingdoms::ids::Pn;

use super::{army, at, res, tell_society, tell_war, tell_weekly, tell_world};
use crate::lang::{part, t};
use crate::present::{Scene, words};
use crate::render::stamp;

/// Who did it, at the start of a sentence. The reader stays `You` in every language: what becomes of that the sentence
/// says.
pub(super) fn who(scene: &Scene<'_>, pn: Pn) -> String {
    let pn = i64::from(pn.get());
    if scene.names.is_me(pn) { "You".to_owned() } else { format!("**{}**", scene.names.number(pn)) }
}

/// Whose it is, at the start of a sentence.
pub(super) fn whose(scene: &Scene<'_>, pn: Pn) -> String {
    let pn = i64::from(pn.get());
    if scene.names.is_me(pn) { "Your".to_owned() } else { format!("**{}**'s", scene.names.number(pn)) }
}

/// "You" and "Your" within a sentence; names stay as they are.
pub(super) fn lower_you(words: &str) -> String {
    match words {
        "You" | "Your" => words.to_lowercase(),
        name => name.to_owned(),
    }
}

/// A key as words.
pub(super) fn key(key: &impl std::fmt::Display) -> String {
    words::human(&key.to_string())
}

/// One event as a sentence; none for bookkeeping that nobody needs to read.
pub(super) fn event(scene: &Scene<'_>, event: &Event) -> Option<String> {
    let in_time = |at| stamp::both(scene.clock(), at);
    let figure = words::figure;
    Some(match event {
        Event::BuildingStarted(e) => {
            say!(
                "{} to level **{}**: done {}. Cost {}.",
                key(&e.building),
                e.level,
                in_time(e.due),
                res(e.cost)
            )
        }
        Event::BuildingCancelled(e) => {
            say!("{} {} called off; {} came back.", key(&e.building), e.level, res(e.refund))
        }
        Event::BuildingCompleted(e) => say!("🔨 {} reached level **{}**.", key(&e.building), e.level),
        Event::JobHastened(e) => {
            let what = e.building.map_or_else(|| key(&e.job), |building| key(&building));
            let paid = match e.item {
                Some(item) => format!("{} × {}", e.count, key(&item)),
                None => words::some(e.diamonds, "diamond"),
            };
            say!("{what} hastened by {} for {paid}: done {}.", words::span(e.saved), in_time(e.due))
        }
        Event::CrewHired(e) => {
            say!("A second crew works for you until {}. Cost {} diamonds.", in_time(e.until), e.diamonds)
        }
        Event::CrewLeft(_) => t("The second crew has left."),
        Event::ResearchStarted(e) => {
            say!(
                "{} to level **{}**: done {}. Cost {}.",
                key(&e.technology),
                e.level,
                in_time(e.due),
                res(e.cost)
            )
        }
        Event::ResearchCancelled(e) => {
            say!("{} {} called off; {} came back.", key(&e.technology), e.level, res(e.refund))
        }
        Event::ResearchCompleted(e) => say!("🔬 {} reached level **{}**.", key(&e.technology), e.level),
        Event::TrainingStarted(e) => {
            let what = match e.kind {
                TrainingKind::Train => "in training",
                TrainingKind::Promote => "on their way up a tier",
            };
            let what = part(what);
            say!("**{} {}** {what}: ready {}. Cost {}.", figure(e.count), e.tier, in_time(e.due), res(e.cost))
        }
        Event::TrainingCancelled(e) => {
            say!("Training of {} {} called off; {} came back.", figure(e.count), e.tier, res(e.refund))
        }
        Event::TrainingCompleted(e) => say!("⚔️ **{} {}** stand ready.", figure(e.count), e.tier),
        Event::HealingStarted(e) => {
            say!("**{}** are being healed: back {}. Cost {}.", army(e.troops), in_time(e.due), res(e.cost))
        }
        Event::HealingCancelled(e) => {
            say!("Healing of {} called off; {} came back.", army(e.troops), res(e.refund))
        }
        Event::HealingCompleted(e) => say!("❤️ **{}** are healed.", army(e.troops)),
        Event::TroopsDismissed(e) => say!("{} {} went home for good.", figure(e.count), e.tier),
        Event::WoundedAdmitted(e) if e.died.is_none() => {
            say!("Infirmary: {} wounded found room.", army(e.admitted))
        }
        Event::WoundedAdmitted(e) => {
            say!(
                "Infirmary: {} wounded found room, **{}** died for want of it.",
                army(e.admitted),
                army(e.died)
            )
        }
        Event::PlayerJoined(e) => say!("{} joined **{}**.", who(scene, e.pn), key(&e.faction)),
        Event::CityFounded(e) => say!("{} city stands at **{}**.", whose(scene, e.pn), at(e.tile)),
        Event::StarterKitGranted(e) => say!(
            "To begin with: {}, {} diamonds, {}, {} scrolls, and **{}** as warden.",
            res(e.stock),
            figure(e.diamonds),
            army(e.troops),
            e.scrolls,
            key(&e.hero)
        ),
        Event::PlayerActiveMarked(_) | Event::ResourcesProduced(_) => return None,
        Event::PlayerSuspended(e) => say!("{} may not play for now.", who(scene, e.pn)),
        Event::PlayerReinstated(e) => say!("{} may play again.", who(scene, e.pn)),
        Event::PlayerAnonymized(e) => say!("{} name is hidden from now on.", whose(scene, e.pn)),
        Event::PlayerDeleted(e) => say!("{} left for good.", who(scene, e.pn)),
        Event::ShieldRaised(e) => {
            let why = match e.source {
                ShieldSource::Beginner => "as for everybody at the start",
                ShieldSource::Truce => "after a lost battle",
                ShieldSource::Item => "bought with an item",
                ShieldSource::Admin => "by an admin",
            };
            let why = part(why);
            say!("🛡️ {} city is shielded until {}, {why}.", whose(scene, e.pn), in_time(e.until))
        }
        Event::ShieldEnded(e) => {
            let why = match e.reason {
                ShieldEndReason::Expired => "its time was over",
                ShieldEndReason::Attacked => "an attack was begun",
                ShieldEndReason::Admin => "an admin ended it",
            };
            let why = part(why);
            say!("🛡️ {} shield is gone: {why}.", whose(scene, e.pn))
        }
        Event::CityRelocated(e) => {
            say!("{} city moved from {} to **{}**.", whose(scene, e.pn), at(e.from), at(e.to))
        }
        Event::CityRemoved(e) => say!("{} city at {} is gone.", whose(scene, e.pn), at(e.tile)),
        Event::ResourcesGranted(e) => {
            let what = match e.item {
                Grant::Food => "food",
                Grant::Iron => "iron",
                Grant::Gold => "gold",
                Grant::Diamonds => "diamonds",
                Grant::Scroll => "scrolls",
            };
            let what = part(what);
            say!("{} got **{} {what}** from an admin.", who(scene, e.pn), figure(e.amount))
        }
        Event::ResourcesSpilled(e) => say!("The stores were full: {} lost.", res(e.lost)),
        Event::ItemGranted(e) => say!("Got {} × **{}**.", e.count, key(&e.item)),
        Event::ItemUsed(e) => say!("Used {} × {}.", e.count, key(&e.item)),
        Event::ItemBought(e) => {
            say!("Bought {} × **{}** for {} diamonds.", e.count, key(&e.item), figure(e.diamonds))
        }
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
        | Event::NpcDefeated(_) => return tell_world::event(scene, event),
        Event::HeroSummoned(_)
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
        | Event::GearSalvaged(_) => return tell_world::hero(scene, event),
        Event::MarchStarted(_)
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
        | Event::DropsGained(_) => return tell_war::event(scene, event),
        Event::GuildFounded(_)
        | Event::GuildInvited(_)
        | Event::GuildInviteDeclined(_)
        | Event::GuildInviteExpired(_)
        | Event::GuildJoined(_)
        | Event::GuildLeft(_)
        | Event::GuildMemberExpelled(_)
        | Event::GuildRoleChanged(_)
        | Event::GuildLeadershipPassed(_)
        | Event::GuildDonated(_)
        | Event::GuildLevelled(_)
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
        | Event::LandsRevalued(_)
        | Event::ExchangeBought(_)
        | Event::ExchangeSold(_)
        | Event::MarketRepriced(_)
        | Event::OfferPosted(_)
        | Event::OfferAccepted(_)
        | Event::OfferCancelled(_)
        | Event::OfferExpired(_)
        | Event::ArenaTeamSet(_)
        | Event::ArenaOpponentsOffered(_)
        | Event::ArenaFought(_)
        | Event::ArenaAttemptsBought(_)
        | Event::ArenaPointsSpent(_)
        | Event::ArenaRatingDecayed(_)
        | Event::ArenaWeekClosed(_)
        | Event::GuildDisbanded(_) => return tell_society::event(scene, event),
        Event::ConquestMustered(_)
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
        | Event::PlayerSettingsChanged(_)
        | Event::TwitchLinked(_)
        | Event::ShieldEnding(_) => return tell_weekly::event(scene, event),
    })
}
