//! What a bot does in the weekly conquest.

use super::{Bot, Style};
use crate::camps;
use crate::command::{Command, ConquestMarch};
use crate::keys::{ControlPoint, MarchKind};
use crate::tile::Tile;

/// Least time that must be left for a march to be worth it, ms.
const LEFT_MS: i64 = 15 * 60_000;
/// How far a bot goes for a control point, in tiles.
const REACH: i64 = 75;
/// ‰ of the keeper's power that a bot wants on its side.
const MARGIN: i64 = 1200;

impl Bot<'_> {
    /// Sends the army to the control point that suits it best, one at a time; who likes it as many as there are slots.
    pub(super) fn conquer(&self) -> Option<Command> {
        let now = self.eyes.conquest().filter(|conquest| conquest.ends.since(self.now) > LEFT_MS)?;
        let sent = self.eyes.marches().filter(|(_, march)| march.kind == MarchKind::Conquest).count();
        let likes = self.character.likes(Style::Conqueror) > 1;
        let most = if likes { 2 } else { 1 };
        if sent >= most || !self.free_slot() {
            return None;
        }
        let hero = *self.eyes.idle().first()?;
        let army = self.army().filter(|army| army.total() >= 40)?;
        let banner = self.eyes.banner();
        let guess = camps::keeper_power(self.rules, self.eyes.day());
        let worth = |(point, tile): (ControlPoint, Tile)| {
            let distance = self.me.city?.chebyshev(tile);
            let here = &now.points[point];
            let keeper = here.keeper.map_or(guess, |keeper| keeper.power);
            let element = here.keeper.map_or(self.me.faction.element(), |keeper| keeper.element);
            let own = self.strength(army, hero, element);
            // Once taken, who stands there counts; how strong they are nobody is told, so that only who likes it goes there.
            let fits = match here.owner {
                Some(owner) => owner == banner || likes,
                None => own * 1000 >= keeper * MARGIN,
            };
            let crowd = (here.queue.len() + here.garrison.len()) as i64;
            let crown = if point == ControlPoint::Crown { 30 } else { 0 };
            let own_point = if here.owner == Some(banner) { 10 } else { 0 };
            (fits && distance <= REACH).then_some((crown + own_point - distance - 8 * crowd, point))
        };
        let (_, point) = self.eyes.control_points().filter_map(worth).max()?;
        let (hero, troops) = (hero.key().to_owned(), army.total());
        Some(ConquestMarch { point, hero, troops, t1: None, t2: None, t3: None, t4: None }.into())
    }
}
