//! A player's own settings: notifications, the link with Twitch (rulebook 2.23, 7).

use schemas::Rejection;

use super::{Checked, Ctx, act};
use crate::command::{LinkTwitch, NotifySet};
use crate::event::{PlayerSettingsChanged, TwitchLinked};
use crate::facts::notify;
use crate::people::TWITCH_LINK;

pub(super) fn set(ctx: Ctx<'_>, c: &NotifySet) -> Checked {
    let me = ctx.me()?;
    let (pn, kind, dm) = (me.pn, c.kind, c.dm);
    let same = me.notify.get(&kind) == Some(&dm);
    Ok(act(pn, move |d| {
        if !same {
            d.emit(PlayerSettingsChanged { pn, kind, dm });
        }
    }))
}

pub(super) fn twitch(ctx: Ctx<'_>, _: &LinkTwitch) -> Checked {
    let me = ctx.me()?;
    // The host adds it when the code is good for this player; one that has made its link already is used up.
    let link = ctx.asked.facts.carried.get(TWITCH_LINK).copied().filter(|link| me.twitch != Some(*link));
    let (pn, link_ref) = (me.pn, link.ok_or(Rejection::new("LINK_CODE"))?);
    Ok(act(pn, move |d| d.emit(TwitchLinked { pn, link_ref })))
}

/// Switches that a player brings along from an earlier season.
pub(super) fn carried(ctx: Ctx<'_>) -> Vec<(crate::keys::NoticeKind, bool)> {
    let fact = |kind: crate::keys::NoticeKind| {
        let value = ctx.asked.facts.carried.get(&notify::carried_name(kind))?;
        Some((kind, *value != 0))
    };
    crate::keys::NoticeKind::ALL.into_iter().filter_map(fact).collect()
}
