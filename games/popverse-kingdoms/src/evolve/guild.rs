//! Guilds, and troops that stand with fellows.

use games_core::Moment;

use super::march::send_home;
use super::player::{earn, pay, with};
use crate::amounts::Res;
use crate::event::{
    GuildDeposited, GuildDisbanded, GuildDonated, GuildFounded, GuildInviteDeclined, GuildInviteExpired,
    GuildInvited, GuildJoined, GuildLeadershipPassed, GuildLeft, GuildLevelled, GuildMemberExpelled,
    GuildRoleChanged, GuildWithdrawn, LandOwner, TroopsStationed, TroopsWithdrawn,
};
use crate::ids::{GuildId, Pn};
use crate::keys::GuildRole;
use crate::state::{Guild, Invite, Member, Phase, State, TimerKey};

fn with_guild(state: &mut State, id: GuildId, change: impl FnOnce(&mut Guild)) {
    if let Some(guild) = state.guilds.get_mut(&id) {
        change(guild);
    }
}

/// Changes what a guild's bank holds.
pub(super) fn bank(state: &mut State, id: GuildId, change: impl FnOnce(Res) -> Res) {
    with_guild(state, id, |guild| guild.bank = change(guild.bank));
}

pub(super) fn founded(state: &mut State, e: &GuildFounded, at: Moment<'_>) {
    pay(state, e.leader, e.cost);
    state.guilds.insert(e.guild, Guild::new(&e.name, &e.tag, e.faction, e.leader, at.now));
    with(state, e.leader, |p| p.guild = Some(e.guild));
}

pub(super) fn invited(state: &mut State, e: &GuildInvited, at: Moment<'_>) {
    with_guild(state, e.guild, |g| {
        g.invites.insert(e.pn, Invite { by: e.by, until: e.until });
    });
    state.timers.set(TimerKey::InviteExpiry(e.guild, e.pn), e.until, at);
}

fn uninvite(state: &mut State, guild: GuildId, pn: Pn) {
    with_guild(state, guild, |g| {
        g.invites.remove(&pn);
    });
    state.timers.clear(&TimerKey::InviteExpiry(guild, pn));
}

pub(super) fn declined(state: &mut State, e: &GuildInviteDeclined) {
    uninvite(state, e.guild, e.pn);
}

pub(super) fn invite_expired(state: &mut State, e: &GuildInviteExpired) {
    uninvite(state, e.guild, e.pn);
}

pub(super) fn joined(state: &mut State, e: &GuildJoined, at: Moment<'_>) {
    uninvite(state, e.guild, e.pn);
    with_guild(state, e.guild, |g| {
        g.members.insert(e.pn, Member { role: GuildRole::Member, joined_at: at.now, donated: 0 });
    });
    with(state, e.pn, |p| p.guild = Some(e.guild));
}

/// Takes a member out and keeps how long they served.
fn part(state: &mut State, guild: GuildId, pn: Pn, at: Moment<'_>) {
    let mut served = 0;
    with_guild(state, guild, |g| {
        let member = g.members.remove(&pn);
        served = member.map_or(0, |member| at.now.since(member.joined_at).div_euclid(1000));
    });
    with(state, pn, |p| {
        p.guild = None;
        *p.served.entry(guild).or_default() += served;
    });
}

pub(super) fn left(state: &mut State, e: &GuildLeft, at: Moment<'_>) {
    part(state, e.guild, e.pn, at);
    with(state, e.pn, |p| p.guild_wait_until = Some(e.cooldown_until));
}

pub(super) fn expelled(state: &mut State, e: &GuildMemberExpelled, at: Moment<'_>) {
    part(state, e.guild, e.pn, at);
    with(state, e.pn, |p| p.guild_wait_until = Some(e.cooldown_until));
}

fn set_role(state: &mut State, guild: GuildId, pn: Pn, role: GuildRole) {
    with_guild(state, guild, |g| {
        if let Some(member) = g.members.get_mut(&pn) {
            member.role = role;
        }
    });
}

pub(super) fn role_changed(state: &mut State, e: &GuildRoleChanged) {
    set_role(state, e.guild, e.pn, e.role);
}

pub(super) fn leadership_passed(state: &mut State, e: &GuildLeadershipPassed) {
    set_role(state, e.guild, e.from, e.from_role);
    set_role(state, e.guild, e.to, GuildRole::Leader);
}

pub(super) fn donated(state: &mut State, e: &GuildDonated) {
    pay(state, e.pn, Res::only(e.resource, e.amount));
    with(state, e.pn, |p| p.today.donated += e.points);
    with_guild(state, e.guild, |g| {
        g.xp = e.xp;
        if let Some(member) = g.members.get_mut(&e.pn) {
            member.donated += e.points;
        }
    });
}

pub(super) fn levelled(state: &mut State, e: &GuildLevelled) {
    with_guild(state, e.guild, |g| g.level = e.level);
}

pub(super) fn deposited(state: &mut State, e: &GuildDeposited) {
    pay(state, e.pn, Res::only(e.resource, e.amount));
    with_guild(state, e.guild, |g| g.bank = e.bank);
}

pub(super) fn withdrawn(state: &mut State, e: &GuildWithdrawn) {
    let taken = Res::only(e.resource, e.amount);
    earn(state, e.pn, taken);
    with(state, e.pn, |p| p.today.withdrawn += taken);
    with_guild(state, e.guild, |g| g.bank = e.bank);
}

pub(super) fn disbanded(state: &mut State, e: &GuildDisbanded, at: Moment<'_>) {
    part(state, e.guild, e.pn, at);
    earn(state, e.pn, e.paid_out);
    let invited: Vec<Pn> =
        state.guilds.get(&e.guild).map(|g| g.invites.keys().copied().collect()).unwrap_or_default();
    for pn in invited {
        uninvite(state, e.guild, pn);
    }
    with_guild(state, e.guild, |g| {
        g.bank = Res::ZERO;
        g.bank_at_reset = Res::ZERO;
        g.disbanded = true;
    });
    super::land::release_all(state, LandOwner::Guild(e.guild));
}

pub(super) fn stationed(state: &mut State, e: &TroopsStationed) {
    if let Some(march) = state.marches.get_mut(&e.march) {
        march.phase = Phase::Stationed;
    }
}

pub(super) fn withdrawn_home(state: &mut State, e: &TroopsWithdrawn, at: Moment<'_>) {
    send_home(state, e.march, e.home_at, at);
}
