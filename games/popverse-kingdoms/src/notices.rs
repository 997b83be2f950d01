//! Whom an event concerns enough to tell them, with the words (rulebook 7). An attack produces exactly: attacker 2
//! (start, result), defender 1 (result), and the alarm where there is a watchtower.

use games_core::game::Notice;
use schemas::PlayerId;

use crate::battles;
use crate::event::{BattleResolved, Event, LandOwner, Opponent, Party, SideRecord};
use crate::facts::guild;
use crate::ids::{GuildId, Pn};
use crate::keys::MarchKind;
use crate::rules::Rules;
use crate::state::State;

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

    fn tell(&mut self, pn: Pn, kind: &'static str, text: String) {
        if let Some(id) = self.id(pn) {
            self.out.push(Notice { to: Some(id), kind: kind.into(), text });
        }
    }

    /// The player who owns land, or the leader of the guild that does.
    fn owner(&mut self, owner: LandOwner, text: &str) {
        let to = match owner {
            LandOwner::Player(pn) => Some(pn),
            LandOwner::Guild(id) => self.state.guilds.get(&id).and_then(crate::state::Guild::leader),
        };
        if let Some(pn) = to {
            self.tell(pn, "land", text.to_owned());
        }
    }

    /// All members of a guild.
    fn guild(&mut self, id: GuildId, text: &str) {
        let members: Vec<Pn> = guild::members(self.state, id).collect();
        for pn in members {
            self.tell(pn, "guild", text.to_owned());
        }
    }

    fn everybody(&mut self, text: String) {
        self.out.push(Notice { to: None, kind: "season".into(), text });
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
                    self.tell(pn, "battle", result(e, side, enemy, won));
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

/// Adds the notices of an event.
pub(crate) fn notices(rules: &Rules, state: &State, event: &Event, out: &mut Vec<Notice>) {
    let mut told = Told { rules, state, out };
    let owner = |id| state.marches.get(&id).map(|march| march.pn);
    match event {
        Event::MarchStarted(e) => {
            let (x, y) = (e.target.x(), e.target.y());
            told.tell(
                e.pn,
                "march",
                format!("March {} ({}) started to ({x},{y}), arrives {}.", e.march, e.kind, e.arrives),
            );
        }
        Event::MarchTurnedBack(e) => {
            if let Some(pn) = owner(e.march) {
                let why = battles::word(&e.reason).replace('_', " ");
                told.tell(pn, "march", format!("March {} turned back ({why}), home {}.", e.march, e.home_at));
            }
        }
        Event::BattleResolved(e) => told.battle(e),
        Event::IncomingAlertRaised(e) => {
            let what = if e.kind == MarchKind::Scout { "Scouts" } else { "An attack" };
            let who = e.attacker.map(|pn| format!(" of player {pn}")).unwrap_or_default();
            let count = e.about.map(|about| format!(", about {about} troops")).unwrap_or_default();
            told.tell(e.pn, "alarm", format!("{what}{who} will reach your city at {}{count}.", e.arrives));
        }
        Event::ScoutReported(e) => {
            let (x, y) = (e.target.x(), e.target.y());
            told.tell(e.pn, "scout", format!("Your scouts report from ({x},{y}), depth {}.", e.depth));
        }
        Event::ScoutCaught(e) => {
            let (x, y) = (e.target.x(), e.target.y());
            told.tell(e.pn, "scout", format!("Your scouts at ({x},{y}) were caught."));
            told.tell(e.by, "scout", format!("You caught scouts of player {}.", e.pn));
        }
        Event::BuildingCompleted(e) => {
            told.tell(e.pn, "city", format!("{} has reached level {}.", e.building, e.level));
        }
        Event::ResearchCompleted(e) => {
            told.tell(e.pn, "city", format!("{} has reached level {}.", e.technology, e.level));
        }
        Event::TrainingCompleted(e) => told.tell(e.pn, "city", format!("{} {} are ready.", e.count, e.tier)),
        Event::HealingCompleted(e) => {
            told.tell(e.pn, "city", format!("{} troops are healed.", e.troops.total()));
        }
        Event::PlayerJoined(e) => {
            let name = &told.rules.factions[e.faction].name;
            let text = format!("Player {} joins {name}.", e.pn);
            told.everybody(text);
        }
        Event::MapGenerated(_) => told.everybody("A new season is open. Use /join.".to_owned()),
        Event::FinalsBegun(_) => told.everybody("The finals begin: the last days of the season.".to_owned()),
        Event::SeasonEnded(e) => {
            let name = &told.rules.factions[e.victorious_faction].name;
            let text = format!("The season has ended. {name} is victorious. See /season hall.");
            told.everybody(text);
        }
        Event::GuildInvited(e) => told.tell(e.pn, "guild", format!("Guild {} invites you until {}.", e.guild, e.until)),
        Event::GuildJoined(e) => told.guild(e.guild, &format!("Player {} has joined your guild.", e.pn)),
        Event::GuildMemberExpelled(e) => told.tell(e.pn, "guild", format!("Guild {} has expelled you.", e.guild)),
        Event::GuildRoleChanged(e) => told.tell(e.pn, "guild", format!("You are now {} of your guild.", e.role)),
        Event::GuildLeadershipPassed(e) => told.guild(e.guild, &format!("Player {} leads your guild now.", e.to)),
        Event::GuildLevelled(e) => told.guild(e.guild, &format!("Your guild has reached level {}.", e.level)),
        Event::TroopsWithdrawn(e) => {
            let why = battles::word(&e.reason).replace('_', " ");
            told.tell(e.pn, "march", format!("March {} goes home ({why}), home {}.", e.march, e.home_at));
        }
        Event::LandBought(e) => told.owner(e.buyer, &format!("Parcel {} is yours for {} gold.", e.parcel, e.price)),
        Event::LandSold(e) => {
            told.owner(e.buyer, &format!("Parcel {} is yours for {} gold.", e.parcel, e.price));
            told.owner(e.seller, &format!("Parcel {} is sold; you get {} gold.", e.parcel, e.price - e.fee));
        }
        Event::LandSeized(e) => {
            let whose = if e.to.is_some() { "theirs" } else { "nobody's" };
            told.owner(e.from, &format!("Player {} has taken parcel {}; it is {whose} now.", e.by, e.parcel));
            told.tell(e.by, "land", format!("You have taken parcel {}.", e.parcel));
        }
        Event::LandArrearsRecorded(e) => told.owner(e.owner, &format!("The tax of parcel {} is due for the {}. time.", e.parcel, e.arrears)),
        Event::LandForeclosed(e) => told.owner(e.owner, &format!("Parcel {} is foreclosed: its taxes were not paid.", e.parcel)),
        Event::OfferAccepted(e) => told.tell(e.pn, "market", format!("Player {} has accepted your offer {}.", e.by, e.offer)),
        Event::OfferExpired(e) => told.tell(e.pn, "market", format!("Your offer {} has run out; {} {} are back.", e.offer, e.returned, e.give)),
        Event::ArenaFought(e) => {
            if let Opponent::Player(other) = &e.opponent {
                let word = if e.won { "lost" } else { "held" };
                let [_, rating] = e.ratings;
                told.tell(*other, "arena", format!("Arena: defence {word} against player {}; rating {rating}.", e.pn));
            }
        }
        Event::ArenaWeekClosed(e) => {
            for reward in &e.rewards {
                let text = format!("Arena week: rank {}, {} diamonds.", reward.rank, reward.diamonds);
                told.tell(reward.pn, "arena", text);
            }
        }
        Event::ConfigChanged(_)
        | Event::DailyResetPassed(_)
        | Event::EconomyRebalanced(_)
        | Event::SeasonScored(_)
        | Event::PrestigeAwarded(_)
        | Event::HallOfFameRecorded(_)
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
        // Coming home is told on request only: the switch's default for it is off.
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
