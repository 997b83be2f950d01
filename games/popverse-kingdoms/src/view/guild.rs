//! Guilds as everybody may see them; bank and invitations are the members' (rulebook 2.13).

use schemas::Rejection;
use serde_json::{Value, json};

use super::Answer;
use crate::decide::{Ctx, guild as decide};
use crate::event::LandOwner;
use crate::facts::{guild as facts, land};
use crate::formulas::season;
use crate::ids::GuildId;
use crate::keys::GuildRole;
use crate::refuse;
use crate::state::{Guild, Player};

fn rows(guild: &Guild) -> Vec<Value> {
    let mut members: Vec<_> = guild.members.iter().collect();
    members.sort_by_key(|(pn, member)| (member.role, member.joined_at, **pn));
    let row = |(pn, member): (&crate::ids::Pn, &crate::state::Member)| json!({ "pn": pn, "role": member.role, "joined_at": member.joined_at, "donated": member.donated });
    members.into_iter().map(row).collect()
}

pub(super) fn info(ctx: Ctx<'_>, typed: Option<&str>) -> Answer {
    let me: Option<&Player> = ctx.asked.player().and_then(|id| ctx.state.find(id));
    let id: Option<GuildId> = match typed {
        Some(text) => decide::typed(text),
        None => Some(me.and_then(|me| me.guild).ok_or(Rejection::new("NOT_IN_GUILD"))?),
    };
    let found = id.and_then(|id| Some((id, ctx.state.guilds.get(&id)?)));
    let (id, guild) = found.ok_or_else(|| refuse::unknown("UNKNOWN_GUILD", "guild"))?;
    let next =
        (guild.level < ctx.rules.guild.level_max).then(|| season::guild_xp(ctx.rules, guild.level + 1));
    let mut page = json!({
        "guild": id,
        "name": guild.name,
        "tag": guild.tag,
        "faction": guild.faction,
        "founded_at": guild.founded_at,
        "disbanded": guild.disbanded,
        "leader": guild.leader(),
        "level": guild.level,
        "xp": guild.xp,
        "next_level": next,
        "conquest_points": guild.conquest_points,
        "parcels": land::of(ctx.state, LandOwner::Guild(id)).map(|(no, _)| no).collect::<Vec<_>>(),
        "parcels_max": land::slots(ctx.rules, ctx.state, LandOwner::Guild(id)),
        "members": rows(guild),
        "members_max": ctx.rules.guild.members_max,
    });
    let role = me.filter(|me| me.guild == Some(id)).and_then(|me| facts::role(ctx.state, me));
    if let (Some(fields), Some(role), Some(me)) = (page.as_object_mut(), role, me) {
        fields.insert("role".to_owned(), json!(role));
        fields.insert("bank".to_owned(), json!(guild.bank));
        fields.insert("donation_left".to_owned(), json!(ctx.rules.guild.donation_max - me.today.donated));
        if role == GuildRole::Officer {
            let share = guild.bank_at_reset.scale_floor(ctx.rules.guild.officer_withdraw, 1000);
            let left = share.zip(me.today.withdrawn, |share, taken| (share - taken).max(0));
            fields.insert("withdraw_left".to_owned(), json!(left));
        }
        let invites: Vec<Value> = guild
            .invites
            .iter()
            .map(|(pn, invite)| json!({ "pn": pn, "by": invite.by, "until": invite.until }))
            .collect();
        fields.insert("invites".to_owned(), invites.into());
    }
    Ok(page)
}
