//! The shop (rulebook 2.10).

use super::{Checked, Ctx, act};
use crate::command::ItemBuy;
use crate::event::ItemBought;
use crate::refuse;

pub(super) fn buy(ctx: Ctx<'_>, command: &ItemBuy) -> Checked {
    let me = ctx.me()?;
    let count = command.count.unwrap_or(1);
    refuse::within("count", count, 1, 20)?;
    let (pn, item, price) = (me.pn, command.item, ctx.rules.items.prices[command.item]);
    if price == 0 {
        return Err(refuse::option("item", "one of the items for sale"));
    }
    let diamonds = price * count;
    refuse::fewer("NOT_ENOUGH_DIAMONDS", diamonds, me.diamonds)?;
    Ok(act(pn, move |d| d.emit(ItemBought { pn, item, count, diamonds })))
}
