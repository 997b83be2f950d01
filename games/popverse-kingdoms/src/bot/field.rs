//! What a bot does in the field: hunt, gather, scout, recall.

use games_core::Rng;

use super::{Bot, Style, once_in, pick};
use crate::amounts::Troops;
use crate::camps;
use crate::command::{Attack, Command, Gather, MarchRecall, Scout};
use crate::event::TargetRef;
use crate::facts::{self, heroes};
use crate::formulas::power;
use crate::keys::{Element, HeroKey, MarchKind, Resource};
use crate::state::{Npc, Phase};
use crate::tile::Tile;

/// How far a bot goes for a node, in tiles.
const REACH: i64 = 35;
/// How far it goes for a camp, and looks for one: those near the cities are taken, and come back anywhere.
const HUNT: i64 = 70;
/// ‰ of the camp's power that a bot wants on its side.
pub(super) const MARGIN: i64 = 1300;
/// Camps that a bot chooses among.
const CAMPS: usize = 6;
/// Scouts that the gold at hand must pay for until one is sent.
const PURSE: i64 = 40;
/// Places that a bot chooses among to explore, and unknown tiles around one that are worth a scout.
const EDGES: usize = 4;
const DARK: i64 = 3;
/// Nodes that a bot chooses among.
const NODES: usize = 30;

impl Bot<'_> {
    /// Calls an attack home whose target is seen to be gone, and an army that has stood with a fellow for a day.
    pub(super) fn recall(&self) -> Option<Command> {
        let pointless = |target: TargetRef, tile: Tile| match target {
            TargetRef::City(owner) => !self.eyes.city_stands(tile, owner),
            TargetRef::Npc(npc) => !self.eyes.camp_stands(tile, npc),
            TargetRef::Parcel(_) | TargetRef::Node | TargetRef::ControlPoint(_) => false,
        };
        let day = 86_400_000;
        let lost = self.eyes.marches().find(|(_, m)| match (m.phase, m.kind) {
            (Phase::Outbound, MarchKind::Attack) => pointless(m.target_ref, m.target),
            (Phase::Stationed, MarchKind::Reinforce) => self.packed() || self.now.since(m.arrives) > day,
            (Phase::Stationed, MarchKind::Garrison) => self.packed() || self.now.since(m.arrives) > 4 * day,
            (
                Phase::Outbound | Phase::Gathering | Phase::Stationed | Phase::Conquest | Phase::Homeward,
                MarchKind::Attack
                | MarchKind::Scout
                | MarchKind::Gather
                | MarchKind::Reinforce
                | MarchKind::Garrison
                | MarchKind::Conquest,
            ) => false,
        });
        lost.map(|(id, _)| MarchRecall { march: id.to_string() }.into())
    }

    /// Sends somebody out, if it is worth it.
    pub(super) fn field(&self, rng: &mut Rng) -> Option<Command> {
        let led = if self.free_slot() { self.hunt(rng) } else { None };
        // Whoever sees nothing to hunt looks for it first, half of the time.
        let look = led.or_else(|| if once_in(rng, 2) { self.scout(rng) } else { None });
        look.or_else(|| if self.spare_slot(rng) { self.gather(rng) } else { None })
    }

    /// Whether a slot is free for those who stay out for hours: the last one is kept for who finds something to fight, and
    /// given up now and then.
    fn spare_slot(&self, rng: &mut Rng) -> bool {
        let left = facts::march_slots(self.rules, self.me) - self.eyes.out().0;
        self.free_slot()
            && (left > 1 || once_in(rng, if self.character.likes(Style::Farmer) > 1 { 2 } else { 5 }))
    }

    /// Whether a march of this player is under way to the tile, or stands there.
    pub(super) fn underway(&self, tile: Tile) -> bool {
        self.eyes.marches().any(|(_, march)| march.target == tile)
    }

    /// The distance of an explored tile within reach to which nobody is under way.
    pub(super) fn near(&self, tile: Tile, reach: i64) -> Option<i64> {
        let distance = self.me.city?.chebyshev(tile);
        (distance <= reach && self.me.explored.contains(tile) && !self.underway(tile)).then_some(distance)
    }

    /// Troops that may leave: the default mix of as many as a march takes.
    pub(super) fn army(&self) -> Option<Troops> {
        let count = self.me.home.total().min(facts::march_cap(self.rules, self.me));
        self.me.home.take_highest(count).filter(|troops| troops.total() >= 10)
    }

    /// Power of an army against an element, ‰ of the favoured element counted in.
    pub(super) fn strength(&self, troops: Troops, hero: HeroKey, against: Element) -> i64 {
        let hero = heroes::power(self.rules, self.me, hero);
        let plain = power::army(self.rules, Some(self.me.faction), troops, hero, None);
        let (own, favoured) = (self.me.faction.element(), self.rules.battle.favoured);
        if own.beats(against) {
            plain * favoured / 1000
        } else if against.beats(own) {
            plain * 1000 / favoured.max(1)
        } else {
            plain
        }
    }

    /// An attack with these, of the default mix.
    pub(super) fn attack(&self, tile: Tile, hero: HeroKey, army: Troops, drop_shield: bool) -> Command {
        Attack {
            x: tile.x(),
            y: tile.y(),
            hero: hero.key().to_owned(),
            troops: army.total(),
            t1: None,
            t2: None,
            t3: None,
            t4: None,
            drop_shield: drop_shield.then_some(true),
        }
        .into()
    }

    /// What a seen camp can put up, as `/map tile` estimates it.
    fn camp_strength(&self, camp: &Npc) -> i64 {
        let dragon = camps::dragon(self.rules, camp.kind, camp.level, camp.element).map_or(0, |d| d.power);
        power::army(self.rules, None, camps::troops(self.rules, camp.kind, camp.level), dragon, None)
    }

    /// One of the best seen camps that the army can beat: most power for its distance. As many go as it takes.
    pub(super) fn hunt(&self, rng: &mut Rng) -> Option<Command> {
        let hero = *self.eyes.idle().first()?;
        let army = self.army()?;
        let worth = |(tile, camp): (Tile, &Npc)| {
            let distance = self.near(tile, HUNT)?;
            let (foe, own) = (self.camp_strength(camp), self.strength(army, hero, camp.element));
            (own * 1000 >= foe * MARGIN).then_some((camp.power * 100 / (distance + 5), tile, foe, own))
        };
        let mut camps: Vec<_> = self.eyes.camps().filter_map(worth).collect();
        camps.sort_unstable_by(|a, b| b.cmp(a));
        camps.truncate(CAMPS);
        // By lot among the best: fellows see the same camps, and who comes second comes in vain.
        let (_, tile, foe, own) = pick(rng, &camps)?;
        // Three times what the margin asks is enough, and few are wounded: the others may go elsewhere.
        let share = (3 * foe * MARGIN / own.max(1)).clamp(1, 1000);
        let count = (army.total() * share / 1000).max(10).min(army.total());
        Some(self.attack(tile, hero, self.me.home.take_highest(count).unwrap_or(army), false))
    }

    /// One of the nearest nodes, of what the stores lack most; whether anything is left in it, they will find out.
    fn gather(&self, rng: &mut Rng) -> Option<Command> {
        let army = self.army().filter(|army| army.total() >= 30)?;
        let lack = Resource::ALL.into_iter().min_by_key(|resource| self.full(*resource))?;
        let open = |(tile, kind, level): (Tile, Resource, i64)| {
            let distance = self.near(tile, REACH)?;
            let wanted = if kind == lack { 0 } else { 10 };
            self.eyes.party(tile).is_none().then_some((distance + wanted - 2 * level, tile))
        };
        let mut nodes: Vec<(i64, Tile)> = self.eyes.nodes().filter_map(open).collect();
        nodes.sort_unstable();
        nodes.truncate(NODES);
        // By lot among the best: fellows who think alike would all meet at the first.
        let (_, tile) = pick(rng, &nodes)?;
        let idle = self.eyes.idle();
        let hero = idle.get(1).filter(|_| idle.len() > 2 && once_in(rng, 3)).map(|key| key.key().to_owned());
        // A third stays to hunt, a third to defend.
        let troops = army.total().min(self.me.home.total() / 3).max(10);
        let (x, y) = (tile.x(), tile.y());
        Some(Gather { x, y, troops, hero, t1: None, t2: None, t3: None, t4: None }.into())
    }

    /// Scouts: the places drawn with most unknown ground around them, or, for a raider, a city.
    pub(super) fn scout(&self, rng: &mut Rng) -> Option<Command> {
        let gold = self.rules.march.scout_gold * PURSE;
        if self.packed() || self.eyes.out().1 >= self.rules.city.scouts || self.stock.gold < gold {
            return None;
        }
        if self.character.likes(Style::Raider) > 1 && once_in(rng, 3) {
            let cities: Vec<Tile> = self
                .eyes
                .cities()
                .filter(|(tile, owner)| owner.faction != self.me.faction && !self.underway(*tile))
                .filter(|(_, owner)| !self.beginner(owner.joined_at))
                .map(|(tile, _)| tile)
                .collect();
            if let Some(tile) = pick(rng, &cities) {
                return Some(Scout { x: tile.x(), y: tile.y() }.into());
            }
        }
        let places = || {
            let nodes = self.eyes.nodes().map(|(tile, ..)| tile);
            let gates = self.eyes.parcels().map(|(_, gate, _)| gate);
            nodes.chain(gates).chain(self.eyes.control_points().map(|(_, tile)| tile))
        };
        let camps = self.eyes.camps().map(|(tile, _)| tile).filter(|tile| self.me.explored.contains(*tile));
        let goal = self.goal(rng);
        let radius = facts::march::explore_radius(self.rules, self.me);
        let worth = |tile: Tile| {
            let dark = tile.square(radius).filter(|near| !self.me.explored.contains(*near)).count() as i64;
            // Who wants to get somewhere looks at what lies on the way there.
            let onward = goal.map_or(0, |goal| 100 - goal.chebyshev(tile));
            (dark >= DARK && !self.underway(tile)).then_some((dark + 2 * onward, tile))
        };
        let mut edges: Vec<(i64, Tile)> = places().chain(camps).filter_map(worth).collect();
        edges.sort_unstable_by(|a, b| b.cmp(a));
        edges.truncate(EDGES);
        // By lot among the best: no way may lead to the very first. Who knows the land looks for camps in it.
        let edge = pick(rng, &edges).map(|(_, tile)| tile);
        let tile = edge.or_else(|| self.unseen(places(), rng))?;
        Some(Scout { x: tile.x(), y: tile.y() }.into())
    }

    /// A place within reach that is known and not seen now, by lot: camps come back anywhere.
    fn unseen(&self, places: impl Iterator<Item = Tile>, rng: &mut Rng) -> Option<Tile> {
        let open: Vec<Tile> =
            places.filter(|tile| self.near(*tile, HUNT).is_some() && !self.eyes.sees(*tile)).collect();
        pick(rng, &open)
    }

    /// Where a bot would like to get that it has not explored yet: a raider to a city of which everybody was told, a
    /// conqueror to where a control point must be.
    fn goal(&self, rng: &mut Rng) -> Option<Tile> {
        let home = self.me.city?;
        let dark = |tile: &Tile| !self.me.explored.contains(*tile);
        if self.character.likes(Style::Raider) > 1 && once_in(rng, 2) {
            let foreign = self.eyes.announced().filter(|(_, who)| who.faction != self.me.faction);
            return foreign
                .map(|(tile, _)| tile)
                .filter(dark)
                .min_by_key(|tile| (home.chebyshev(*tile), *tile));
        }
        let points = self.rules.map.control_points.iter().filter_map(|spot| Tile::at(spot.x, spot.y));
        let conquers = self.character.likes(Style::Conqueror) > 1 || once_in(rng, 3);
        points.filter(|tile| conquers && dark(tile)).min_by_key(|tile| (home.chebyshev(*tile), *tile))
    }
}
