//! What a command may do and does. `check` reads and refuses in the order of rulebook 4.3; what it hands back acts
//! and can not refuse any more.

mod admin;
mod arena;
mod build;
mod city;
pub(crate) mod common;
mod gear;
pub(crate) mod guild;
mod hero;
mod item;
mod join;
pub(crate) mod land;
mod march;
pub(crate) mod market;
mod privacy;
pub(crate) mod quest;
mod research;
mod settings;
mod troops;

use games_core::{Asked, Effect};
pub(crate) use join::occupied;
use schemas::{GameTime, Rejection};

use crate::amounts::Res;
use crate::command::Command;
use crate::facts::economy;
use crate::game::PopVerse;
use crate::ids::Pn;
use crate::keys::{HeroKey, Resource};
use crate::refuse;
use crate::rules::Rules;
use crate::state::{Player, State, Status};
use crate::tile::Tile;

/// A decision of this game under way.
pub(crate) type Deciding<'a> = games_core::Decision<'a, PopVerse>;

/// What to do, or why not.
pub(crate) type Checked = games_core::Checked<PopVerse>;

/// All that a check reads.
#[derive(Clone, Copy)]
pub(crate) struct Ctx<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) state: &'a State,
    pub(crate) asked: &'a Asked<'a>,
}

impl<'a> Ctx<'a> {
    pub(crate) const fn now(&self) -> GameTime {
        self.asked.now
    }

    /// Who asks, if they play and may.
    pub(crate) fn me(&self) -> Result<&'a Player, Rejection> {
        let id = self.asked.player().ok_or(Rejection::new("NOT_JOINED"))?;
        let player = self.state.find(id).ok_or(Rejection::new("NOT_JOINED"))?;
        match &player.status {
            Status::Active => Ok(player),
            Status::Suspended(reason) => Err(Rejection::new("SUSPENDED").with("reason", reason.as_str())),
            Status::Deleted(_) => Err(Rejection::new("NOT_JOINED")),
        }
    }

    /// Whether who asks administers the server.
    pub(crate) fn admin(&self) -> Result<(), Rejection> {
        let operator = matches!(self.asked.actor, schemas::Actor::Operator(_));
        if operator || self.asked.facts.admin { Ok(()) } else { Err(Rejection::new("NOT_ADMIN")) }
    }

    /// What a player's stores hold now.
    pub(crate) fn stock(&self, player: &Player) -> Res {
        economy::stock_at(self.rules, self.state, player, self.now())
    }

    /// Whether a player can pay.
    pub(crate) fn pays(&self, player: &Player, cost: Res) -> Result<(), Rejection> {
        refuse::short(self.stock(player), cost)
    }

    /// STORAGE_FULL if the stores do not take so much more.
    pub(crate) fn stores(&self, player: &Player, resource: Resource, amount: i64) -> Result<(), Rejection> {
        let room = economy::room(self.rules, self.state, player, self.now())[resource];
        if amount <= room {
            return Ok(());
        }
        Err(Rejection::new("STORAGE_FULL").with("n", room).with("resource", resource.key()))
    }

    /// The hero of this key or display name, if the player has them.
    pub(crate) fn hero(&self, player: &Player, name: &str) -> Result<HeroKey, Rejection> {
        let name = name.trim();
        let named = |key: &HeroKey| {
            key.key() == name || self.rules.heroes[*key].name.to_lowercase() == name.to_lowercase()
        };
        let found = player.heroes.keys().copied().find(named);
        found.ok_or_else(|| refuse::unknown("UNKNOWN_HERO", "hero"))
    }
}

/// The tile at (x, y), if it is on the map.
pub(crate) fn tile(x: i64, y: i64) -> Result<Tile, Rejection> {
    Tile::at(x, y).ok_or_else(|| refuse::coordinates(x, y))
}

/// The number in what was typed: `17`, `W17`, `#17`.
pub(crate) fn number(text: &str) -> Option<u64> {
    text.trim().trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}

/// An effect of a player's command: marks the player's day first.
pub(crate) fn act(pn: Pn, effect: impl FnOnce(&mut Deciding<'_>) + 'static) -> Effect<PopVerse> {
    Box::new(move |d| {
        common::mark_active(d, pn);
        effect(d);
    })
}

/// Reads a command and refuses it or hands back what to do; what is done brings players on with their quests.
pub(crate) fn check(rules: &Rules, state: &State, command: Command, asked: &Asked<'_>) -> Checked {
    let effect = allowed(rules, state, command, asked)?;
    Ok(Box::new(move |d| {
        effect(d);
        quest::advance(d);
    }))
}

fn allowed(rules: &Rules, state: &State, command: Command, asked: &Asked<'_>) -> Checked {
    if state.ended {
        return Err(Rejection::new("WORLD_ENDED"));
    }
    let ctx = Ctx { rules, state, asked };
    match command {
        Command::Join(c) => join::join(ctx, &c),
        Command::CityWarden(c) => city::warden(ctx, &c),
        Command::CityRelocate(c) => city::relocate(ctx, &c),
        Command::CityShield(_) => city::shield(ctx),
        Command::CityCrew(_) => city::crew(ctx),
        Command::BuildStart(c) => build::start(ctx, &c),
        Command::BuildCancel(c) => build::cancel(ctx, &c),
        Command::BuildHasten(c) => build::hasten(ctx, &c),
        Command::ResearchStart(c) => research::start(ctx, &c),
        Command::ResearchCancel(c) => research::cancel(ctx, &c),
        Command::ResearchHasten(c) => research::hasten(ctx, &c),
        Command::TroopsTrain(c) => troops::train(ctx, &c),
        Command::TroopsPromote(c) => troops::promote(ctx, &c),
        Command::TroopsHeal(c) => troops::heal(ctx, &c),
        Command::TroopsCancel(c) => troops::cancel(ctx, &c),
        Command::TroopsHasten(c) => troops::hasten(ctx, &c),
        Command::TroopsDismiss(c) => troops::dismiss(ctx, &c),
        Command::Attack(c) => march::attack(ctx, &c),
        Command::Scout(c) => march::scout(ctx, &c),
        Command::Gather(c) => march::gather(ctx, &c),
        Command::MarchRecall(c) => march::recall(ctx, &c),
        Command::Reinforce(c) => march::reinforce(ctx, &c),
        Command::MarchDismiss(c) => march::dismiss(ctx, &c),
        Command::GuildCreate(c) => guild::create(ctx, &c),
        Command::GuildInvite(c) => guild::invite(ctx, &c),
        Command::GuildAccept(c) => guild::accept(ctx, &c),
        Command::GuildDecline(c) => guild::decline(ctx, &c),
        Command::GuildLeave(c) => guild::leave(ctx, &c),
        Command::GuildDisband(c) => guild::disband(ctx, &c),
        Command::GuildKick(c) => guild::kick(ctx, &c),
        Command::GuildRole(c) => guild::role(ctx, &c),
        Command::GuildDonate(c) => guild::donate(ctx, &c),
        Command::GuildDeposit(c) => guild::deposit(ctx, &c),
        Command::GuildWithdraw(c) => guild::withdraw_bank(ctx, &c),
        Command::LandBuy(c) => land::buy(ctx, &c),
        Command::LandOffer(c) => land::offer(ctx, &c),
        Command::LandWithdraw(c) => land::withdraw(ctx, &c),
        Command::LandReturn(c) => land::give_back(ctx, &c),
        Command::LandGarrison(c) => march::garrison(ctx, &c),
        Command::MarketBuy(c) => market::buy(ctx, &c),
        Command::MarketSell(c) => market::sell(ctx, &c),
        Command::MarketOffer(c) => market::offer(ctx, &c),
        Command::MarketAccept(c) => market::accept(ctx, &c),
        Command::MarketCancel(c) => market::cancel(ctx, &c),
        Command::ArenaOpponents(_) => arena::opponents(ctx),
        Command::ArenaFight(c) => arena::fight(ctx, &c),
        Command::ArenaTeam(c) => arena::team(ctx, &c),
        Command::ArenaAttempts(c) => arena::attempts(ctx, &c),
        Command::ArenaShop(c) => arena::shop(ctx, &c),
        Command::ConquestMarch(c) => march::conquest(ctx, &c),
        Command::QuestClaim(_) => quest::claim(ctx),
        Command::NotifySet(c) => settings::set(ctx, &c),
        Command::LinkTwitch(c) => settings::twitch(ctx, &c),
        Command::HeroSummon(c) => hero::summon(ctx, &c),
        Command::HeroSkill(c) => hero::skill(ctx, &c),
        Command::HeroTome(c) => hero::tome(ctx, &c),
        Command::GearEquip(c) => gear::equip(ctx, &c),
        Command::GearUnequip(c) => gear::unequip(ctx, &c),
        Command::GearForge(c) => gear::forge(ctx, &c),
        Command::GearSalvage(c) => gear::salvage(ctx, &c),
        Command::ItemBuy(c) => item::buy(ctx, &c),
        Command::PrivacyAnonymize(c) => privacy::anonymize(ctx, &c),
        Command::PrivacyDelete(c) => privacy::delete(ctx, &c),
        Command::AdminGrant(c) => admin::grant(ctx, c),
        Command::AdminSuspend(c) => admin::suspend(ctx, c),
        Command::AdminReinstate(c) => admin::reinstate(ctx, c),
        Command::SetupConfig(c) => admin::config(ctx, &c),
    }
}
