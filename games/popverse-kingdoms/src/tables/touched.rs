//! Which rows an event touches. Better one row too many than one forgotten: a row written anew is the same row.

use games_core::view::{Cell, RowKey};

use super::at;
use crate::concerns;
use crate::event::{BattleResolved, Event, LandOwner, TargetRef};
use crate::facts::guild::members;
use crate::ids::{ConquestId, GearId, GuildId, MarchId, NpcId, ParcelNo, Pn};
use crate::keys::{Building, HeroKey, Item, Resource, Technology, Tier};
use crate::state::State;
use crate::tile::Tile;

/// Gathers keys.
struct Keys<'a>(&'a mut Vec<RowKey>);

impl Keys<'_> {
    fn number(&mut self, table: usize, n: u64) {
        self.0.push(RowKey::new(table, [Cell::Int(i64::try_from(n).unwrap_or(i64::MAX))]));
    }

    fn named(&mut self, table: usize, pn: Pn, names: impl IntoIterator<Item = &'static str>) {
        let pn = Cell::Int(i64::from(pn.get()));
        self.0.extend(names.into_iter().map(|name| RowKey::new(table, [pn.clone(), name.into()])));
    }

    fn player(&mut self, pn: Pn) {
        self.number(at::PLAYERS, u64::from(pn.get()));
    }

    fn stocks(&mut self, pn: Pn) {
        self.named(at::STOCKS, pn, Resource::ALL.map(Resource::key));
    }

    fn troops(&mut self, pn: Pn) {
        self.named(at::TROOPS, pn, Tier::ALL.map(Tier::key));
    }

    fn heroes(&mut self, pn: Pn) {
        self.named(at::HEROES, pn, HeroKey::ALL.map(HeroKey::key));
    }

    fn items(&mut self, pn: Pn) {
        self.named(at::ITEMS, pn, Item::ALL.map(Item::key));
    }

    fn everything(&mut self, pn: Pn) {
        self.player(pn);
        self.stocks(pn);
        self.troops(pn);
        self.heroes(pn);
        self.items(pn);
        self.named(at::BUILDINGS, pn, Building::ALL.map(Building::key));
        self.named(at::RESEARCH, pn, Technology::ALL.map(Technology::key));
        self.number(at::EXPLORED, u64::from(pn.get()));
    }

    fn march(&mut self, march: MarchId) {
        self.number(at::MARCHES, march.get());
    }

    fn gear(&mut self, gear: GearId) {
        self.number(at::GEAR, gear.get());
    }

    fn npc(&mut self, npc: NpcId) {
        self.number(at::NPCS, npc.get());
    }

    fn node(&mut self, tile: Tile) {
        self.number(at::NODES, u64::from(u16::from(tile)));
    }

    /// A guild with all its members, whose rates hang on it.
    fn guild(&mut self, state: &State, guild: GuildId) {
        self.number(at::GUILDS, guild.get());
        for pn in members(state, guild) {
            self.pair(at::GUILD_MEMBERS, guild.get(), pn);
            self.stocks(pn);
        }
    }

    /// A guild, and one who is a member no longer.
    fn member(&mut self, state: &State, guild: GuildId, pn: Pn) {
        self.guild(state, guild);
        self.pair(at::GUILD_MEMBERS, guild.get(), pn);
    }

    /// A parcel, and those who had or have it.
    fn land(&mut self, state: &State, no: ParcelNo, owners: &[LandOwner]) {
        self.number(at::LANDS, u64::from(no.get()));
        for owner in owners {
            if let LandOwner::Guild(id) = owner {
                self.guild(state, *id);
            }
        }
    }

    /// All parcels: an owner is gone, and with them the knowledge of what was theirs.
    fn lands(&mut self, state: &State) {
        state.lands.keys().for_each(|no| self.land(state, *no, &[]));
    }

    fn garrison(&mut self, parcel: Option<ParcelNo>) {
        if let Some(no) = parcel {
            self.number(at::LANDS, u64::from(no.get()));
        }
    }

    /// The parcel for which a march set out, if it is one.
    fn garrison_of(&mut self, state: &State, march: MarchId) {
        if let Some(TargetRef::Parcel(no)) = state.marches.get(&march).map(|m| m.target_ref) {
            self.garrison(Some(no));
        }
    }

    fn conquest(&mut self, conquest: ConquestId) {
        self.number(at::CONQUESTS, conquest.get());
    }

    /// The conquest that musters or runs: an army may have left it.
    fn conquest_now(&mut self, state: &State) {
        if let Some((conquest, _)) = state.conquest() {
            self.conquest(conquest);
        }
    }

    fn quests(&mut self, pn: Pn) {
        self.number(at::QUESTS, u64::from(pn.get()));
    }

    fn teams(&mut self, pn: Pn) {
        self.named(at::ARENA_TEAMS, pn, ["attack", "defense"]);
    }

    fn pair(&mut self, table: usize, n: u64, pn: Pn) {
        let first = Cell::Int(i64::try_from(n).unwrap_or(i64::MAX));
        self.0.push(RowKey::new(table, [first, Cell::Int(i64::from(pn.get()))]));
    }

    fn battle(&mut self, state: &State, e: &BattleResolved) {
        for part in e.attacker.contingents.iter().chain(&e.defender.contingents) {
            if let Some(march) = part.march {
                self.march(march);
                self.garrison_of(state, march);
            }
        }
    }
}

/// Adds the rows that an event touches.
pub(crate) fn touched(state: &State, event: &Event, out: &mut Vec<RowKey>) {
    let mut concerned = Vec::new();
    concerns::players(state, event, &mut concerned);
    let mut keys = Keys(out);
    // Whatever happens to a player may change power, score and rates; only settling changes nothing but the stores.
    if !matches!(event, Event::ResourcesProduced(_)) {
        for pn in &concerned {
            keys.player(*pn);
            keys.troops(*pn);
        }
    }
    for pn in concerned {
        keys.stocks(pn);
    }
    own_rows(state, event, &mut keys);
}

fn own_rows(state: &State, event: &Event, keys: &mut Keys<'_>) {
    let hero_of = |keys: &mut Keys<'_>, march: MarchId| {
        keys.march(march);
        if let Some(pn) = state.marches.get(&march).map(|m| m.pn) {
            keys.heroes(pn);
        }
    };
    match event {
        Event::MapGenerated(e) => {
            e.map.nodes.iter().for_each(|node| keys.node(node.tile));
            keys.lands(state);
        }
        Event::EconomyRebalanced(_) | Event::SeasonEnded(_) => {
            for player in state.living() {
                keys.stocks(player.pn);
                keys.player(player.pn);
            }
            // The end of a season brings every garrison home.
            keys.lands(state);
        }
        Event::NpcSpawned(e) => {
            keys.npc(e.npc);
            if let Some(old) = e.replaces {
                keys.npc(old);
            }
        }
        Event::NpcDefeated(e) => keys.npc(e.npc),
        Event::PlayerJoined(e) => keys.everything(e.pn),
        Event::StarterKitGranted(e) => keys.everything(e.pn),
        Event::PlayerDeleted(e) => {
            keys.everything(e.pn);
            keys.lands(state);
            keys.teams(e.pn);
            keys.quests(e.pn);
            keys.conquest_now(state);
            e.marches.iter().for_each(|march| keys.march(*march));
            e.gear.iter().for_each(|gear| keys.gear(*gear));
        }
        Event::ResourcesGranted(e) => keys.items(e.pn),
        Event::ItemGranted(e) => keys.items(e.pn),
        Event::ItemUsed(e) => keys.items(e.pn),
        Event::ItemBought(e) => keys.items(e.pn),
        Event::HeroSummoned(e) => keys.items(e.pn),
        Event::BuildingStarted(e) => keys.named(at::BUILDINGS, e.pn, [e.building.key()]),
        Event::BuildingCancelled(e) => keys.named(at::BUILDINGS, e.pn, [e.building.key()]),
        Event::BuildingCompleted(e) => keys.named(at::BUILDINGS, e.pn, [e.building.key()]),
        Event::JobHastened(e) => {
            keys.items(e.pn);
            keys.named(at::BUILDINGS, e.pn, e.building.map(Building::key));
            keys.named(at::RESEARCH, e.pn, Technology::ALL.map(Technology::key));
        }
        Event::ResearchStarted(e) => keys.named(at::RESEARCH, e.pn, [e.technology.key()]),
        Event::ResearchCancelled(e) => keys.named(at::RESEARCH, e.pn, [e.technology.key()]),
        Event::ResearchCompleted(e) => keys.named(at::RESEARCH, e.pn, [e.technology.key()]),
        Event::HeroGranted(e) => keys.heroes(e.pn),
        Event::HeroXpGained(e) => keys.heroes(e.pn),
        Event::HeroLevelled(e) => keys.heroes(e.pn),
        Event::HeroShardGained(e) => keys.heroes(e.pn),
        Event::HeroSkillRaised(e) => keys.heroes(e.pn),
        Event::HeroExhausted(e) => keys.heroes(e.pn),
        Event::HeroRecovered(e) => keys.heroes(e.pn),
        Event::GearEquipped(e) => {
            keys.heroes(e.pn);
            keys.gear(e.gear);
        }
        Event::GearUnequipped(e) => {
            keys.heroes(e.pn);
            keys.gear(e.gear);
        }
        Event::GearForged(e) => {
            e.used.iter().for_each(|gear| keys.gear(*gear));
            keys.gear(e.gear);
        }
        Event::GearSalvaged(e) => keys.gear(e.gear),
        Event::GearFound(e) => keys.march(e.march),
        Event::MarchStarted(e) => hero_of(keys, e.march),
        Event::MarchArrived(e) => hero_of(keys, e.march),
        Event::MarchTurnedBack(e) => hero_of(keys, e.march),
        Event::MarchRecalled(e) => {
            hero_of(keys, e.march);
            keys.garrison_of(state, e.march);
            keys.conquest_now(state);
        }
        Event::MarchReturned(e) => {
            keys.march(e.march);
            keys.heroes(e.pn);
            keys.items(e.pn);
            if let Some(piece) = &e.gear {
                keys.gear(piece.gear);
            }
        }
        Event::TilesExplored(e) => keys.number(at::EXPLORED, u64::from(e.pn.get())),
        Event::GatheringStarted(e) => {
            keys.node(e.node);
            hero_of(keys, e.march);
        }
        Event::GatheringEnded(e) => {
            keys.node(e.node);
            hero_of(keys, e.march);
        }
        Event::NodeDepleted(e) => keys.node(e.tile),
        Event::NodeRefilled(e) => keys.node(e.tile),
        Event::ScoutReported(e) => keys.march(e.march),
        Event::ScoutCaught(e) => keys.march(e.march),
        Event::BattleResolved(e) => keys.battle(state, e),
        Event::CityLooted(e) => keys.march(e.march),
        Event::DropsGained(e) => keys.march(e.march),
        Event::GuildFounded(e) => keys.guild(state, e.guild),
        Event::GuildJoined(e) => keys.guild(state, e.guild),
        Event::GuildLeft(e) => keys.member(state, e.guild, e.pn),
        Event::GuildMemberExpelled(e) => keys.member(state, e.guild, e.pn),
        Event::GuildRoleChanged(e) => keys.guild(state, e.guild),
        Event::GuildLeadershipPassed(e) => keys.guild(state, e.guild),
        Event::GuildDonated(e) => keys.guild(state, e.guild),
        Event::GuildLevelled(e) => keys.guild(state, e.guild),
        Event::GuildDeposited(e) => keys.guild(state, e.guild),
        Event::GuildWithdrawn(e) => keys.guild(state, e.guild),
        Event::GuildDisbanded(e) => {
            keys.member(state, e.guild, e.pn);
            keys.lands(state);
        }
        Event::TroopsStationed(e) => {
            hero_of(keys, e.march);
            keys.garrison(e.parcel);
        }
        Event::TroopsWithdrawn(e) => {
            hero_of(keys, e.march);
            keys.garrison_of(state, e.march);
        }
        Event::LandBought(e) => keys.land(state, e.parcel, &[e.buyer]),
        Event::LandOffered(e) => keys.land(state, e.parcel, &[]),
        Event::LandOfferWithdrawn(e) => keys.land(state, e.parcel, &[]),
        Event::LandSold(e) => keys.land(state, e.parcel, &[e.seller, e.buyer]),
        Event::LandReturned(e) => keys.land(state, e.parcel, &[e.owner]),
        Event::LandSeized(e) => {
            keys.land(state, e.parcel, &[e.from]);
            keys.stocks(e.by);
        }
        Event::LandTaxed(e) => keys.land(state, e.parcel, &[e.owner]),
        Event::LandArrearsRecorded(e) => keys.land(state, e.parcel, &[]),
        Event::LandForeclosed(e) => keys.land(state, e.parcel, &[e.owner]),
        Event::LandsRevalued(e) => e.values.iter().for_each(|new| keys.land(state, new.parcel, &[])),
        Event::OfferPosted(e) => keys.number(at::OFFERS, e.offer.get()),
        Event::OfferAccepted(e) => keys.number(at::OFFERS, e.offer.get()),
        Event::OfferCancelled(e) => keys.number(at::OFFERS, e.offer.get()),
        Event::OfferExpired(e) => keys.number(at::OFFERS, e.offer.get()),
        Event::ArenaTeamSet(e) => keys.teams(e.pn),
        Event::ConquestMustered(e) => keys.conquest(e.conquest),
        Event::ConquestStarted(e) => keys.conquest(e.conquest),
        Event::ConquestArmyQueued(e) => {
            keys.conquest(e.conquest);
            hero_of(keys, e.march);
        }
        Event::ConquestArmyJoinedGarrison(e) => keys.conquest(e.conquest),
        Event::ConquestArmySentHome(e) => {
            keys.conquest(e.conquest);
            hero_of(keys, e.march);
        }
        Event::ConquestPointTaken(e) => keys.conquest(e.conquest),
        Event::ConquestScored(e) => keys.conquest(e.conquest),
        Event::ConquestEnded(e) => {
            keys.conquest(e.conquest);
            let guilds = e.ranking.iter().map(|rank| GuildId(rank.banner.get()));
            guilds.filter(|id| state.guilds.contains_key(id)).for_each(|id| keys.guild(state, id));
        }
        Event::ConquestRewarded(e) => keys.items(e.pn),
        Event::DailyResetPassed(_) => {
            state.players.iter().for_each(|p| keys.quests(p.pn));
            // Trends are those of the day.
            keys.lands(state);
        }
        Event::DailyQuestsAssigned(e) => keys.quests(e.pn),
        Event::QuestProgressed(e) => keys.quests(e.pn),
        Event::QuestCompleted(e) => keys.quests(e.pn),
        Event::QuestRewarded(e) => keys.quests(e.pn),
        Event::QuestChestOpened(e) => keys.items(e.pn),
        Event::ArenaPointsSpent(e) => {
            keys.items(e.pn);
            e.gear.iter().for_each(|piece| keys.gear(piece.gear));
        }
        // Their players' rows are touched already, or they show in no table.
        Event::ConfigChanged(_)
        | Event::FinalsBegun(_)
        | Event::PlayerSettingsChanged(_)
        | Event::TwitchLinked(_)
        | Event::StepRewarded(_)
        | Event::ShieldEnding(_)
        | Event::SeasonScored(_)
        | Event::PrestigeAwarded(_)
        | Event::HallOfFameRecorded(_)
        | Event::CityFounded(_)
        | Event::PlayerActiveMarked(_)
        | Event::PlayerSuspended(_)
        | Event::PlayerReinstated(_)
        | Event::PlayerAnonymized(_)
        | Event::ShieldRaised(_)
        | Event::ShieldEnded(_)
        | Event::CityRelocated(_)
        | Event::CityRemoved(_)
        | Event::ResourcesProduced(_)
        | Event::ResourcesSpilled(_)
        | Event::CrewHired(_)
        | Event::CrewLeft(_)
        | Event::TrainingStarted(_)
        | Event::TrainingCancelled(_)
        | Event::TrainingCompleted(_)
        | Event::HealingStarted(_)
        | Event::HealingCancelled(_)
        | Event::HealingCompleted(_)
        | Event::TroopsDismissed(_)
        | Event::WoundedAdmitted(_)
        | Event::WardenSet(_)
        | Event::IncomingAlertRaised(_)
        | Event::GuildInvited(_)
        | Event::GuildInviteDeclined(_)
        | Event::GuildInviteExpired(_)
        | Event::ExchangeBought(_)
        | Event::ExchangeSold(_)
        | Event::MarketRepriced(_)
        | Event::ArenaOpponentsOffered(_)
        | Event::ArenaFought(_)
        | Event::ArenaAttemptsBought(_)
        | Event::ArenaRatingDecayed(_)
        | Event::ArenaWeekClosed(_)
        | Event::BeaconLit(_) => {}
    }
}
