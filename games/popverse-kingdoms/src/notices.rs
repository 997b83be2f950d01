//! Whom an event concerns enough to tell them, with the words (rulebook 7). An attack produces exactly: attacker 2
//! (start, result), defender 1 (result), and the alarm where there is a watchtower.

use games_core::game::Notice;
use games_core::words::spelled;
use schemas::moment::DAY_MS;
use schemas::{GameTime, PlayerId};

use crate::amounts::Troops;
use crate::battles;
use crate::event::{BattleResolved, Event, LandOwner, Opponent, Party, SideRecord};
use crate::facts::{guild, notify};
use crate::formulas::conquest::{self, Bearer};
use crate::ids::{BannerId, GuildId, Pn};
use crate::keys::{MarchKind, NoticeKind};
use crate::rules::Rules;
use crate::state::{DailyQuests, State};

/// What is told outside, too: conquests and the season's last days, not who comes and who takes which point.
pub(crate) const NEWS: [&str; 7] = [
    "ConquestMustered",
    "ConquestStarted",
    "ConquestEnded",
    "DailyResetPassed",
    "FinalsBegun",
    "HallOfFameRecorded",
    "SeasonEnded",
];

/// Gathers notices.
struct Told<'a> {
    rules: &'a Rules,
    state: &'a State,
    out: &'a mut Vec<Notice>,
}

impl Told<'_> {
    fn id(&self, pn: Pn) -> Option<PlayerId> {
        self.state.player(pn).filter(|p| !p.deleted()).map(|p| p.id)
    }

    /// A direct message, if the player wants messages of this kind.
    fn tell(&mut self, pn: Pn, kind: NoticeKind, text: String) {
        self.tell_if(pn, kind, kind.by_default(), text);
    }

    /// The same where this occasion has a default of its own.
    fn tell_if(&mut self, pn: Pn, kind: NoticeKind, by_default: bool, text: String) {
        self.out.extend(self.to(pn, kind, by_default, text));
    }

    fn to(&self, pn: Pn, kind: NoticeKind, by_default: bool, text: String) -> Option<Notice> {
        let wanted = self.state.player(pn).is_some_and(|p| notify::wants(p, kind, by_default));
        let notice = Notice::new(Some(self.id(pn)?), kind.key().into(), text);
        Some(Notice { wanted, ..notice })
    }

    /// The player who owns land, or the leader of the guild that does.
    fn owner(&mut self, owner: LandOwner, text: &str) {
        let to = match owner {
            LandOwner::Player(pn) => Some(pn),
            LandOwner::Guild(id) => self.state.guilds.get(&id).and_then(crate::state::Guild::leader),
        };
        if let Some(pn) = to {
            self.tell(pn, NoticeKind::Land, text.to_owned());
        }
    }

    /// All members of a guild.
    fn guild(&mut self, id: GuildId, text: &str) {
        let members: Vec<Pn> = guild::members(self.state, id).collect();
        for pn in members {
            self.tell(pn, NoticeKind::Guild, text.to_owned());
        }
    }

    /// A post in the season's channel.
    fn channel(&mut self, kind: NoticeKind, text: String) {
        self.out.push(Notice::new(None, kind.key().into(), text));
    }

    /// A post in the season's channel, and a direct message to everybody who wants those.
    fn everybody(&mut self, kind: NoticeKind, text: &str) {
        self.channel(kind, text.to_owned());
        let players: Vec<Pn> = self.state.living().map(|p| p.pn).collect();
        for pn in players {
            // What everybody is told need not be listed for each as well.
            let notice = self.to(pn, kind, kind.by_default(), text.to_owned());
            self.out.extend(notice.filter(|notice| notice.wanted));
        }
    }

    /// A banner of a conquest in words.
    fn banner(&self, banner: BannerId) -> String {
        match conquest::bearer(self.rules, banner) {
            Bearer::Guild(id) => format!("guild {id}"),
            Bearer::Player(pn) => format!("player {pn}"),
        }
    }

    fn battle(&mut self, e: &BattleResolved) {
        let mut told: Vec<Pn> = Vec::new();
        for (side, enemy, won) in [
            (&e.attacker, &e.defender, e.outcome.result.attacker_won()),
            (&e.defender, &e.attacker, !e.outcome.result.attacker_won()),
        ] {
            let owners = side.contingents.iter().filter_map(|part| part.pn);
            let mut owners: Vec<Pn> = side.party.player().into_iter().chain(owners).collect();
            owners.sort_unstable();
            owners.dedup();
            for pn in owners {
                if !told.contains(&pn) {
                    told.push(pn);
                    let kind = NoticeKind::Battle;
                    let notice = self.to(pn, kind, kind.by_default(), result(e, side, enemy, won));
                    let battle = Some(e.battle.get());
                    self.out.extend(notice.map(|notice| Notice { battle, ..notice }));
                }
            }
        }
    }
}

/// The line of a battle's result for one side.
fn result(e: &BattleResolved, side: &SideRecord, enemy: &SideRecord, won: bool) -> String {
    let sum = |of: fn(&crate::event::Contingent) -> i64| side.contingents.iter().map(of).sum::<i64>();
    let dead = sum(|part| part.dead.total());
    let wounded = sum(|part| part.wounded.total());
    let word = if won { "Victory" } else { "Defeat" };
    let against = match enemy.party {
        Party::Nobody => String::new(),
        Party::Player(_) | Party::Npc { .. } => format!(" against {}", battles::party(enemy.party)),
    };
    let (x, y) = (e.tile.x(), e.tile.y());
    format!("{word}{against} at ({x},{y}): {dead} dead, {wounded} wounded. Report {}.", e.battle)
}

/// Troops by tier, those that there are.
fn tiers(troops: Troops) -> String {
    let some = troops.iter().filter(|(_, count)| *count > 0);
    some.map(|(tier, count)| format!("{count} {tier}")).collect::<Vec<_>>().join(" and ")
}

/// Whether a settlement is that of a daily reset: whole seconds end less than a second before midnight.
const fn at_midnight(to: GameTime) -> bool {
    (to.ms() + 999) / DAY_MS > (to.ms() - 1) / DAY_MS
}

/// Adds the notices of an event.
pub(crate) fn notices(rules: &Rules, state: &State, event: &Event, out: &mut Vec<Notice>) {
    let mut told = Told { rules, state, out };
    let owner = |id| state.marches.get(&id).map(|march| march.pn);
    match event {
        Event::MarchStarted(e) => {
            let (x, y) = (e.target.x(), e.target.y());
            told.tell(
                e.pn,
                NoticeKind::March,
                format!("March {} ({}) started to ({x},{y}), arrives {}.", e.march, e.kind, e.arrives),
            );
        }
        Event::MarchTurnedBack(e) => {
            if let Some(pn) = owner(e.march) {
                let why = battles::word(&e.reason).replace('_', " ");
                told.tell(
                    pn,
                    NoticeKind::March,
                    format!("March {} turned back ({why}), home {}.", e.march, e.home_at),
                );
            }
        }
        Event::BattleResolved(e) => told.battle(e),
        Event::IncomingAlertRaised(e) => {
            let what = if e.kind == MarchKind::Scout { "Scouts" } else { "An attack" };
            let who = e.attacker.map(|pn| format!(" of player {pn}")).unwrap_or_default();
            // Scouts come without troops.
            let count = match (e.troops.filter(|troops| !troops.is_none()), e.about.filter(|n| *n > 0)) {
                (Some(troops), _) => format!(", {}", tiers(troops)),
                (None, Some(about)) => format!(", about {about} troops"),
                (None, None) => String::new(),
            };
            let led = e.hero.map(|hero| format!(", led by {}", rules.heroes[hero].name)).unwrap_or_default();
            told.tell(
                e.pn,
                NoticeKind::Alarm,
                format!("{what}{who} will reach your city at {}{count}{led}.", e.arrives),
            );
        }
        Event::ScoutReported(e) => {
            let (x, y) = (e.target.x(), e.target.y());
            told.tell(
                e.pn,
                NoticeKind::Scout,
                format!("Your scouts report from ({x},{y}), depth {}.", e.depth),
            );
        }
        Event::ScoutCaught(e) => {
            let (x, y) = (e.target.x(), e.target.y());
            told.tell(e.pn, NoticeKind::Scout, format!("Your scouts at ({x},{y}) were caught."));
            told.tell(e.by, NoticeKind::Scout, format!("You caught scouts of player {}.", e.pn));
        }
        Event::BuildingCompleted(e) => {
            told.tell(
                e.pn,
                NoticeKind::City,
                format!("{} has reached level {}.", spelled(e.building.key()), e.level),
            );
        }
        Event::ResearchCompleted(e) => {
            told.tell(
                e.pn,
                NoticeKind::City,
                format!("{} has reached level {}.", spelled(e.technology.key()), e.level),
            );
        }
        Event::TrainingCompleted(e) => {
            told.tell(e.pn, NoticeKind::City, format!("{} {} are ready.", e.count, e.tier));
        }
        Event::HealingCompleted(e) => {
            told.tell(e.pn, NoticeKind::City, format!("{} troops are healed.", e.troops.total()));
        }
        Event::PlayerJoined(e) => {
            let name = &told.rules.factions[e.faction].name;
            // Season news, and welcome; no message to each of a hundred players for each who comes.
            told.channel(NoticeKind::Season, format!("Player {} joins {name}.", e.pn));
        }
        Event::MapGenerated(_) => told.everybody(NoticeKind::Season, "A new season is open. Use /join."),
        Event::FinalsBegun(_) => {
            told.everybody(NoticeKind::Season, "The finals begin: the last days of the season.");
        }
        Event::HallOfFameRecorded(e) => {
            let champion =
                e.champion_guild.map_or_else(String::new, |guild| format!(" Guild {guild} is champion."));
            let text = format!("The hall of fame is recorded: the best ten of every board.{champion}");
            told.everybody(NoticeKind::Season, &text);
        }
        Event::SeasonEnded(e) => {
            let name = &told.rules.factions[e.victorious_faction].name;
            let text = format!("The season has ended. {name} is victorious. See /season hall.");
            told.everybody(NoticeKind::Season, &text);
        }
        Event::GuildInvited(e) => {
            told.tell(e.pn, NoticeKind::Guild, format!("Guild {} invites you until {}.", e.guild, e.until));
        }
        Event::GuildJoined(e) => told.guild(e.guild, &format!("Player {} has joined your guild.", e.pn)),
        Event::GuildMemberExpelled(e) => {
            told.tell(e.pn, NoticeKind::Guild, format!("Guild {} has expelled you.", e.guild));
        }
        Event::GuildRoleChanged(e) => {
            told.tell(e.pn, NoticeKind::Guild, format!("You are now {} of your guild.", e.role));
        }
        Event::GuildLeadershipPassed(e) => {
            told.guild(e.guild, &format!("Player {} leads your guild now.", e.to));
        }
        Event::GuildLevelled(e) => told.guild(e.guild, &format!("Your guild has reached level {}.", e.level)),
        Event::TroopsWithdrawn(e) => {
            let why = battles::word(&e.reason).replace('_', " ");
            told.tell(
                e.pn,
                NoticeKind::March,
                format!("March {} goes home ({why}), home {}.", e.march, e.home_at),
            );
        }
        Event::LandBought(e) => {
            told.owner(e.buyer, &format!("Parcel {} is yours for {} gold.", e.parcel, e.price));
        }
        Event::LandSold(e) => {
            told.owner(e.buyer, &format!("Parcel {} is yours for {} gold.", e.parcel, e.price));
            told.owner(e.seller, &format!("Parcel {} is sold; you get {} gold.", e.parcel, e.price - e.fee));
        }
        Event::LandSeized(e) => {
            let whose = if e.to.is_some() { "theirs" } else { "nobody's" };
            told.owner(e.from, &format!("Player {} has taken parcel {}; it is {whose} now.", e.by, e.parcel));
            told.tell(e.by, NoticeKind::Land, format!("You have taken parcel {}.", e.parcel));
        }
        Event::LandArrearsRecorded(e) => told
            .owner(e.owner, &format!("The tax of parcel {} is due for the {}. time.", e.parcel, e.arrears)),
        Event::LandForeclosed(e) => {
            told.owner(e.owner, &format!("Parcel {} is foreclosed: its taxes were not paid.", e.parcel));
        }
        Event::OfferAccepted(e) => told.tell(
            e.pn,
            NoticeKind::Market,
            format!("Player {} has accepted your offer {}.", e.by, e.offer),
        ),
        Event::OfferExpired(e) => told.tell(
            e.pn,
            NoticeKind::Market,
            format!("Your offer {} has run out; {} {} are back.", e.offer, e.returned, e.give),
        ),
        Event::ArenaFought(e) => {
            if let Opponent::Player(other) = &e.opponent {
                let word = if e.won { "lost" } else { "held" };
                let [_, rating] = e.ratings;
                told.tell(
                    *other,
                    NoticeKind::Arena,
                    format!("Arena: defence {word} against player {}; rating {rating}.", e.pn),
                );
            }
        }
        Event::ArenaWeekClosed(e) => {
            for reward in &e.rewards {
                let text = format!("Arena week: rank {}, {} diamonds.", reward.rank, reward.diamonds);
                told.tell(reward.pn, NoticeKind::Arena, text);
            }
        }
        Event::MarchReturned(e) if !e.load.is_zero() => {
            let load = e.load;
            let text = format!(
                "March {} is home with {} food, {} iron, {} gold.",
                e.march, load.food, load.iron, load.gold
            );
            told.tell_if(e.pn, NoticeKind::March, false, text);
        }
        Event::ResourcesProduced(e) if !e.wasted.is_zero() && at_midnight(e.to) => {
            told.tell(e.pn, NoticeKind::City, "Your stores are full: what is made now is lost.".to_owned());
        }
        Event::ShieldEnding(e) => {
            told.tell(e.pn, NoticeKind::City, format!("Your shield ends at {}.", e.until));
        }
        Event::DailyResetPassed(e) => {
            let left = state.config.season_days - e.day + 1;
            if [7, 3, 1].contains(&left) {
                let days = if left == 1 { "day" } else { "days" };
                told.everybody(NoticeKind::Season, &format!("{left} {days} of the season left."));
            }
        }
        Event::ConquestMustered(e) => {
            let what = if e.finale { "The finale" } else { "A conquest" };
            let text = format!("{what} musters: it starts at {}. Use /conquest march.", e.starts);
            told.everybody(NoticeKind::Conquest, &text);
        }
        Event::ConquestStarted(_) => told.everybody(NoticeKind::Conquest, "The conquest has started."),
        Event::ConquestPointTaken(e) => {
            let text = format!("{} has taken {}.", told.banner(e.banner), e.point);
            told.everybody(NoticeKind::Conquest, &text);
        }
        Event::ConquestEnded(e) => {
            let rows = e.ranking.iter().take(3);
            let rows = rows.map(|r| format!("{}. {} ({})", r.rank, told.banner(r.banner), r.score));
            let rows: Vec<String> = rows.collect();
            let ranking = if rows.is_empty() { "nobody scored".to_owned() } else { rows.join(", ") };
            told.everybody(NoticeKind::Conquest, &format!("The conquest is over: {ranking}."));
        }
        Event::ConquestRewarded(e) => {
            let text =
                format!("Conquest: rank {}, {} diamonds, {} scrolls for you.", e.rank, e.diamonds, e.scrolls);
            told.tell(e.pn, NoticeKind::Conquest, text);
        }
        Event::ConquestArmySentHome(e) => {
            let why = battles::word(&e.reason).replace('_', " ");
            let text = format!("March {} leaves {} ({why}), home {}.", e.march, e.point, e.home_at);
            told.tell(e.pn, NoticeKind::Conquest, text);
        }
        Event::QuestCompleted(e) => {
            let all = state.player(e.pn).and_then(|p| p.quests.as_ref()).is_some_and(DailyQuests::done);
            if all {
                told.tell(e.pn, NoticeKind::Quest, "Today's quests are complete: /quest claim.".to_owned());
            }
        }
        Event::QuestChestOpened(e) => {
            let text = format!(
                "The quest chest: {} scroll, {} diamonds, {} speed_1h, {} xp_tome.",
                e.scrolls, e.diamonds, e.speeds, e.tomes
            );
            told.tell(e.pn, NoticeKind::Quest, text);
        }
        Event::ConquestArmyQueued(_)
        | Event::ConquestArmyJoinedGarrison(_)
        | Event::ConquestScored(_)
        | Event::DailyQuestsAssigned(_)
        | Event::QuestProgressed(_)
        | Event::QuestRewarded(_)
        | Event::StepRewarded(_)
        | Event::PlayerSettingsChanged(_)
        | Event::TwitchLinked(_)
        | Event::ConfigChanged(_)
        | Event::EconomyRebalanced(_)
        | Event::SeasonScored(_)
        | Event::PrestigeAwarded(_)
        | Event::NpcSpawned(_)
        | Event::NpcDefeated(_)
        | Event::CityFounded(_)
        | Event::StarterKitGranted(_)
        | Event::PlayerActiveMarked(_)
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
        | Event::ItemUsed(_)
        | Event::ItemBought(_)
        | Event::BuildingStarted(_)
        | Event::BuildingCancelled(_)
        | Event::JobHastened(_)
        | Event::CrewHired(_)
        | Event::CrewLeft(_)
        | Event::ResearchStarted(_)
        | Event::ResearchCancelled(_)
        | Event::TrainingStarted(_)
        | Event::TrainingCancelled(_)
        | Event::HealingStarted(_)
        | Event::HealingCancelled(_)
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
        | Event::MarchArrived(_)
        | Event::MarchRecalled(_)
        | Event::MarchReturned(_)
        | Event::TilesExplored(_)
        | Event::BeaconLit(_)
        | Event::GatheringStarted(_)
        | Event::GatheringEnded(_)
        | Event::NodeDepleted(_)
        | Event::NodeRefilled(_)
        | Event::CityLooted(_)
        | Event::GuildFounded(_)
        | Event::GuildInviteDeclined(_)
        | Event::GuildInviteExpired(_)
        | Event::GuildLeft(_)
        | Event::GuildDonated(_)
        | Event::GuildDeposited(_)
        | Event::GuildWithdrawn(_)
        | Event::GuildDisbanded(_)
        | Event::TroopsStationed(_)
        | Event::LandOffered(_)
        | Event::LandOfferWithdrawn(_)
        | Event::LandReturned(_)
        | Event::LandTaxed(_)
        | Event::LandsRevalued(_)
        | Event::ExchangeBought(_)
        | Event::ExchangeSold(_)
        | Event::MarketRepriced(_)
        | Event::OfferPosted(_)
        | Event::OfferCancelled(_)
        | Event::ArenaTeamSet(_)
        | Event::ArenaOpponentsOffered(_)
        | Event::ArenaAttemptsBought(_)
        | Event::ArenaPointsSpent(_)
        | Event::ArenaRatingDecayed(_)
        | Event::DropsGained(_) => {}
    }
}
