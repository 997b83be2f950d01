//! Guilds (rulebook 2.13).

use schemas::{PlayerId, Rejection};

use super::{Checked, Ctx, Deciding, act, common};
use crate::amounts::Res;
use crate::command::{
    GuildAccept, GuildCreate, GuildDecline, GuildDeposit, GuildDisband, GuildDonate, GuildInvite, GuildKick,
    GuildLeave, GuildRole as SetRole, GuildWithdraw,
};
use crate::event::{
    GuildDeposited, GuildDisbanded, GuildDonated, GuildFounded, GuildInviteDeclined, GuildInvited,
    GuildJoined, GuildLeadershipPassed, GuildLeft, GuildLevelled, GuildMemberExpelled, GuildRoleChanged,
    GuildWithdrawn, SuccessionReason, TargetRef, TroopsWithdrawn, WithdrawReason,
};
use crate::facts::{economy, guild as facts};
use crate::formulas::season;
use crate::ids::{GuildId, MarchId, ParcelNo, Pn};
use crate::keys::{GuildRole, Resource};
use crate::refuse;
use crate::state::{Guild, Phase, Player};

/// Most units in one command.
const AMOUNT_MAX: i64 = 1_000_000;

/// The player's guild, or NOT_IN_GUILD.
fn own<'a>(ctx: Ctx<'a>, me: &Player) -> Result<(GuildId, &'a Guild), Rejection> {
    facts::of(ctx.state, me).ok_or(Rejection::new("NOT_IN_GUILD"))
}

/// GUILD_RANK unless the player's role is among these.
fn ranked(guild: &Guild, pn: Pn, roles: &[GuildRole]) -> Result<GuildRole, Rejection> {
    let role = guild.role(pn).filter(|role| roles.contains(role));
    role.ok_or(Rejection::new("GUILD_RANK"))
}

/// The guild of what was typed: its number, `17` or `G17`.
pub(crate) fn typed(text: &str) -> Option<GuildId> {
    let text = text.trim();
    text.trim_start_matches(['G', 'g', '#']).parse().ok().map(GuildId)
}

/// IN_GUILD, then GUILD_COOLDOWN.
fn unbound(ctx: Ctx<'_>, me: &Player) -> Result<(), Rejection> {
    if me.guild.is_some() {
        return Err(Rejection::new("IN_GUILD"));
    }
    waited(ctx, me)
}

fn waited(ctx: Ctx<'_>, me: &Player) -> Result<(), Rejection> {
    match me.guild_wait_until.filter(|until| *until > ctx.now()) {
        Some(until) => Err(refuse::until("GUILD_COOLDOWN", until)),
        None => Ok(()),
    }
}

fn full(ctx: Ctx<'_>, guild: &Guild) -> Result<(), Rejection> {
    let room = (guild.members.len() as i64) < ctx.rules.guild.members_max;
    if room { Ok(()) } else { Err(Rejection::new("GUILD_FULL")) }
}

pub(super) fn create(ctx: Ctx<'_>, c: &GuildCreate) -> Checked {
    let me = ctx.me()?;
    let taken = |guild: &Guild| {
        facts::tag(&guild.name) == facts::tag(&c.name) || facts::tag(&guild.tag) == facts::tag(&c.tag)
    };
    if ctx.state.guilds.values().any(|guild| !guild.disbanded && taken(guild)) {
        return Err(Rejection::new("NAME_TAKEN"));
    }
    unbound(ctx, me)?;
    let cost = Res::new(0, 0, ctx.rules.guild.found_gold);
    ctx.pays(me, cost)?;
    let (leader, faction, name, tag) = (me.pn, me.faction, c.name.clone(), c.tag.clone());
    Ok(act(leader, move |d| {
        common::settle(d, leader);
        let guild = GuildId(d.allocate("guild"));
        d.emit(GuildFounded { guild, name, tag, leader, faction, cost });
    }))
}

pub(super) fn invite(ctx: Ctx<'_>, c: &GuildInvite) -> Checked {
    let me = ctx.me()?;
    let (id, guild) = own(ctx, me)?;
    ranked(guild, me.pn, &[GuildRole::Leader, GuildRole::Officer])?;
    let other = ctx.state.find(c.player).ok_or_else(|| refuse::unknown("UNKNOWN_PLAYER", "player"))?;
    if other.faction != guild.faction {
        return Err(Rejection::new("OTHER_FACTION"));
    }
    full(ctx, guild)?;
    if guild.invites.contains_key(&other.pn) || guild.members.contains_key(&other.pn) {
        return Err(Rejection::new("ALREADY_INVITED"));
    }
    let (by, pn, until) = (me.pn, other.pn, ctx.now().plus_s(ctx.rules.guild.invite_seconds));
    Ok(act(by, move |d| d.emit(GuildInvited { guild: id, pn, by, until })))
}

/// The guild of an invitation that stands, or NO_INVITATION.
fn invited<'a>(ctx: Ctx<'a>, me: &Player, text: &str) -> Result<(GuildId, &'a Guild), Rejection> {
    let found = typed(text).and_then(|id| Some((id, ctx.state.guilds.get(&id)?)));
    found.filter(|(_, guild)| guild.invites.contains_key(&me.pn)).ok_or(Rejection::new("NO_INVITATION"))
}

pub(super) fn accept(ctx: Ctx<'_>, c: &GuildAccept) -> Checked {
    let me = ctx.me()?;
    let (id, guild) = invited(ctx, me, &c.guild)?;
    if me.guild.is_some() {
        return Err(Rejection::new("IN_GUILD"));
    }
    full(ctx, guild)?;
    waited(ctx, me)?;
    let pn = me.pn;
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        d.emit(GuildJoined { guild: id, pn });
    }))
}

pub(super) fn decline(ctx: Ctx<'_>, c: &GuildDecline) -> Checked {
    let me = ctx.me()?;
    let (guild, _) = invited(ctx, me, &c.guild)?;
    let pn = me.pn;
    Ok(act(pn, move |d| d.emit(GuildInviteDeclined { guild, pn })))
}

fn confirmed(confirm: bool) -> Result<(), Rejection> {
    if confirm { Ok(()) } else { Err(Rejection::new("NOT_CONFIRMED")) }
}

pub(super) fn leave(ctx: Ctx<'_>, c: &GuildLeave) -> Checked {
    let me = ctx.me()?;
    let (guild, of) = own(ctx, me)?;
    if of.role(me.pn) == Some(GuildRole::Leader) {
        return Err(Rejection::new("LEADER_MUST_PASS"));
    }
    confirmed(c.confirm)?;
    let pn = me.pn;
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        let cooldown_until = d.now().plus_s(d.rules().guild.cooldown_seconds);
        d.emit(GuildLeft { guild, pn, cooldown_until });
        part_troops(d, guild, pn);
    }))
}

pub(super) fn disband(ctx: Ctx<'_>, c: &GuildDisband) -> Checked {
    let me = ctx.me()?;
    let (guild, of) = own(ctx, me)?;
    ranked(of, me.pn, &[GuildRole::Leader])?;
    if of.members.len() > 1 {
        return Err(Rejection::new("GUILD_NOT_EMPTY"));
    }
    confirmed(c.confirm)?;
    let pn = me.pn;
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        disbanding(d, guild, pn);
    }))
}

/// Ends a guild: what its bank holds goes to the last member as far as there is room.
fn disbanding(d: &mut Deciding<'_>, guild: GuildId, pn: Pn) {
    let (rules, now, state) = (d.rules(), d.now(), d.state());
    let bank = state.guilds.get(&guild).map_or(Res::ZERO, |of| of.bank);
    let stays = state.player(pn).filter(|p| !p.deleted());
    let room = stays.map_or(Res::ZERO, |player| economy::room(rules, state, player, now));
    let paid_out = bank.zip(room, i64::min);
    d.emit(GuildDisbanded { guild, pn, paid_out, lost: bank.minus(paid_out) });
    let parcels: Vec<ParcelNo> = d.state().lands.keys().copied().collect();
    for parcel in parcels {
        super::land::clear(d, parcel);
    }
}

/// A fellow by user, or NOT_SAME_GUILD.
pub(super) fn fellow<'a>(ctx: Ctx<'a>, me: &Player, player: PlayerId) -> Result<&'a Player, Rejection> {
    let other = ctx.state.find(player).filter(|other| facts::fellows(ctx.state, me.pn, other.pn));
    other.ok_or(Rejection::new("NOT_SAME_GUILD"))
}

pub(super) fn kick(ctx: Ctx<'_>, c: &GuildKick) -> Checked {
    let me = ctx.me()?;
    let (guild, of) = own(ctx, me).map_err(|_| Rejection::new("NOT_SAME_GUILD"))?;
    let other = fellow(ctx, me, c.player)?;
    match ranked(of, me.pn, &[GuildRole::Leader, GuildRole::Officer])? {
        GuildRole::Officer => ranked(of, other.pn, &[GuildRole::Member])?,
        GuildRole::Leader | GuildRole::Member => GuildRole::Leader,
    };
    let (by, pn) = (me.pn, other.pn);
    Ok(act(by, move |d| {
        common::settle(d, pn);
        let cooldown_until = d.now().plus_s(d.rules().guild.cooldown_seconds);
        d.emit(GuildMemberExpelled { guild, pn, by, cooldown_until });
        part_troops(d, guild, pn);
    }))
}

pub(super) fn role(ctx: Ctx<'_>, c: &SetRole) -> Checked {
    let me = ctx.me()?;
    let (guild, of) = own(ctx, me)?;
    ranked(of, me.pn, &[GuildRole::Leader])?;
    let other = fellow(ctx, me, c.player)?;
    let (me, pn, role) = (me.pn, other.pn, c.role);
    let same = of.role(pn) == Some(role);
    if role == GuildRole::Officer && !same && of.officers() >= ctx.rules.guild.officers_max {
        return Err(Rejection::new("OFFICER_LIMIT"));
    }
    Ok(act(me, move |d| match role {
        GuildRole::Leader => pass_on(d, guild, me, pn, SuccessionReason::Passed),
        // Nobody becomes what they are.
        GuildRole::Officer | GuildRole::Member if same => {}
        GuildRole::Officer | GuildRole::Member => d.emit(GuildRoleChanged { guild, pn, role }),
    }))
}

/// Gives a guild another leader; who led it stays as an officer if there is room for one.
pub(crate) fn pass_on(d: &mut Deciding<'_>, guild: GuildId, from: Pn, to: Pn, reason: SuccessionReason) {
    let Some(of) = d.state().guilds.get(&guild) else { return };
    let others = of.officers() - i64::from(of.role(to) == Some(GuildRole::Officer));
    let room = others < d.rules().guild.officers_max && reason != SuccessionReason::Deleted;
    let from_role = if room { GuildRole::Officer } else { GuildRole::Member };
    d.emit(GuildLeadershipPassed { guild, from, from_role, to, reason });
}

/// Who leads a guild after `leader`: the officer of longest standing, else the member; ties by lower number.
pub(crate) fn successor(of: &Guild, leader: Pn, fits: impl Fn(Pn) -> bool) -> Option<Pn> {
    let others = of.members.iter().filter(|(pn, _)| **pn != leader && fits(**pn));
    others.min_by_key(|(pn, member)| (member.role, member.joined_at, **pn)).map(|(pn, _)| *pn)
}

/// A member who has left the game leaves the guild, too.
pub(super) fn bereave(d: &mut Deciding<'_>, pn: Pn) {
    let Some(guild) = d.state().player(pn).and_then(|p| p.guild) else { return };
    let Some(of) = d.state().guilds.get(&guild) else { return };
    if of.members.len() <= 1 {
        return disbanding(d, guild, pn);
    }
    if of.role(pn) == Some(GuildRole::Leader)
        && let Some(to) = successor(of, pn, |_| true)
    {
        pass_on(d, guild, pn, to, SuccessionReason::Deleted);
    }
    d.emit(GuildLeft { guild, pn, cooldown_until: d.now() });
}

/// Sends home what stands with a host who is a fellow no longer: the player's troops with members and on their lands, the
/// members' with the player.
fn part_troops(d: &mut Deciding<'_>, guild: GuildId, pn: Pn) {
    let state = d.state();
    let parted = |march: &crate::state::March| match march.target_ref {
        TargetRef::City(host) => {
            let member = |of: Pn| state.player(of).is_some_and(|p| p.guild == Some(guild));
            (march.pn == pn && member(host)) || (host == pn && march.pn != pn)
        }
        TargetRef::Npc(_) | TargetRef::Parcel(_) | TargetRef::Node | TargetRef::ControlPoint(_) => false,
    };
    let standing = state.marches.iter().filter(|(_, m)| m.phase == Phase::Stationed && parted(m));
    let marches: Vec<MarchId> = standing.map(|(id, _)| *id).collect();
    for march in marches {
        withdraw(d, march, WithdrawReason::LeftGuild);
    }
    let parcels: Vec<ParcelNo> = d.state().lands.keys().copied().collect();
    for parcel in parcels {
        super::land::clear(d, parcel);
    }
}

/// Sends a stationed march home.
pub(crate) fn withdraw(d: &mut Deciding<'_>, march: MarchId, reason: WithdrawReason) {
    let Some(standing) = d.state().marches.get(&march) else { return };
    let (pn, home_at) = (standing.pn, d.now().plus_s(standing.seconds));
    d.emit(TroopsWithdrawn { pn, march, reason, home_at });
}

/// What is given: AMT of RES, which the player must have.
fn given(ctx: Ctx<'_>, me: &Player, resource: Resource, amount: i64) -> Result<(), Rejection> {
    refuse::within("amount", amount, 1, AMOUNT_MAX)?;
    ctx.pays(me, Res::only(resource, amount))
}

pub(super) fn donate(ctx: Ctx<'_>, c: &GuildDonate) -> Checked {
    let me = ctx.me()?;
    let (guild, of) = own(ctx, me)?;
    given(ctx, me, c.resource, c.amount)?;
    let points = season::donation_points(ctx.rules, Res::only(c.resource, c.amount));
    let left = ctx.rules.guild.donation_max - me.today.donated;
    if points > left {
        return Err(Rejection::new("DONATION_LIMIT").with("n", left));
    }
    let (pn, resource, amount, xp) = (me.pn, c.resource, c.amount, of.xp + points);
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        d.emit(GuildDonated { guild, pn, resource, amount, points, xp });
        let level = season::guild_level(d.rules(), xp);
        if d.state().guilds.get(&guild).is_some_and(|of| of.level < level) {
            // Everybody makes more from here on: what was made before counts by the old rate.
            let members: Vec<Pn> = facts::members(d.state(), guild).collect();
            for member in members {
                common::settle(d, member);
            }
            d.emit(GuildLevelled { guild, level });
        }
    }))
}

pub(super) fn deposit(ctx: Ctx<'_>, c: &GuildDeposit) -> Checked {
    let me = ctx.me()?;
    let (guild, of) = own(ctx, me)?;
    given(ctx, me, c.resource, c.amount)?;
    let (pn, resource, amount) = (me.pn, c.resource, c.amount);
    let bank = of.bank + Res::only(resource, amount);
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        d.emit(GuildDeposited { guild, pn, resource, amount, bank });
    }))
}

pub(super) fn withdraw_bank(ctx: Ctx<'_>, c: &GuildWithdraw) -> Checked {
    let me = ctx.me()?;
    let (guild, of) = own(ctx, me)?;
    let role = ranked(of, me.pn, &[GuildRole::Leader, GuildRole::Officer])?;
    let (pn, resource, amount) = (me.pn, c.resource, c.amount);
    refuse::within("amount", amount, 1, AMOUNT_MAX)?;
    if of.bank[resource] < amount {
        return Err(Rejection::new("BANK_SHORT")
            .with("n", of.bank[resource])
            .with("resource", resource.key()));
    }
    if role == GuildRole::Officer {
        let share = of.bank_at_reset[resource] * ctx.rules.guild.officer_withdraw / 1000;
        let left = (share - me.today.withdrawn[resource]).max(0);
        if amount > left {
            return Err(Rejection::new("WITHDRAW_LIMIT").with("n", left));
        }
    }
    ctx.stores(me, resource, amount)?;
    let bank = of.bank.minus(Res::only(resource, amount));
    Ok(act(pn, move |d| {
        common::settle(d, pn);
        d.emit(GuildWithdrawn { guild, pn, resource, amount, bank });
    }))
}
