//! What a bot does in the field: hunt, raid, gather, scout, recall.

use games_core::Rng;

use super::Bot;
use crate::amounts::Troops;
use crate::camps;
use crate::command::{Attack, Command, Gather, MarchRecall, Scout};
use crate::event::TargetRef;
use crate::facts::{self, heroes, march as facts_march};
use crate::formulas::power;
use crate::keys::{Element, HeroKey, MarchKind};
use crate::state::{Node, Phase};
use crate::tile::Tile;

/// How far a bot goes for a camp or a node, in tiles.
const REACH: i64 = 35;
/// How far a bot goes for a city, in tiles: the homes of the factions lie some fifty apart.
const RAID_REACH: i64 = 70;
/// ‰ of a kingdom's power that a bot thinks stands in its city.
const GUARDED: i64 = 550;
/// ‰ of the camp's power that a bot wants on its side.
const MARGIN: i64 = 1600;

impl Bot<'_> {
    /// Calls an attack home whose target is gone, or shielded by now.
    pub(super) fn recall(&self) -> Option<Command> {
        let pointless = |target: TargetRef, tile: Tile| match target {
            TargetRef::City(owner) => {
                let shielded = self.state.player(owner).is_some_and(|p| p.shielded(self.now).is_some());
                shielded || self.state.cities.get(&tile) != Some(&owner)
            }
            TargetRef::Npc(npc) => self.state.npc_at.get(&tile) != Some(&npc),
            TargetRef::Parcel(_) | TargetRef::Node | TargetRef::ControlPoint(_) => false,
        };
        let mut mine = self.state.marches_of(self.me.pn);
        let lost = mine.find(|(_, m)| {
            m.phase == Phase::Outbound && m.kind == MarchKind::Attack && pointless(m.target_ref, m.target)
        });
        lost.map(|(id, _)| MarchRecall { march: id.to_string() }.into())
    }

    /// Sends somebody out, if it is worth it.
    pub(super) fn march(&self, rng: &mut Rng) -> Option<Command> {
        let (out, scouts) = facts_march::out(self.state, self.me);
        if out < facts::march_slots(self.rules, self.me) {
            let led = self
                .raid(rng)
                .or_else(|| self.hunt())
                .or_else(|| self.drive_off())
                .or_else(|| self.gather(rng));
            if led.is_some() {
                return led;
            }
        }
        let gold = self.rules.march.scout_gold * 4;
        if scouts == 0 && self.stock.gold >= gold && rng.below(2) == 0 { self.scout(rng) } else { None }
    }

    /// Whether a march of this player is under way to the tile.
    fn underway(&self, tile: Tile) -> bool {
        self.state.marches_of(self.me.pn).any(|(_, march)| march.target == tile)
    }

    fn near(&self, tile: Tile, reach: i64) -> Option<i64> {
        let distance = self.me.city?.chebyshev(tile);
        (distance <= reach && self.me.explored.contains(tile) && !self.underway(tile)).then_some(distance)
    }

    fn strength(&self, troops: Troops, hero: HeroKey, against: Element) -> i64 {
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

    /// The best camp that the army can beat: most power for its distance.
    fn hunt(&self) -> Option<Command> {
        let hero = *heroes::idle(self.rules, self.state, self.me, self.now).first()?;
        let army = self.army()?;
        let worth = |(tile, npc): (&Tile, &crate::ids::NpcId)| {
            let distance = self.near(*tile, REACH)?;
            let camp = self.state.npcs.get(npc)?;
            let dragon = camps::dragon(self.rules, camp.kind, camp.level, camp.element);
            let troops = camps::troops(self.rules, camp.kind, camp.level);
            let foe = power::army(self.rules, None, troops, dragon.map_or(0, |d| d.power), None);
            let own = self.strength(army, hero, camp.element);
            (own * 1000 >= foe * MARGIN).then_some((camp.power * 100 / (distance + 5), *tile))
        };
        let (_, tile) = self.state.npc_at.iter().filter_map(worth).max()?;
        Some(self.attack(tile, hero, army))
    }

    fn attack(&self, tile: Tile, hero: HeroKey, army: Troops) -> Command {
        Attack {
            x: tile.x(),
            y: tile.y(),
            hero: hero.key().to_owned(),
            troops: army.total(),
            t1: None,
            t2: None,
            t3: None,
            t4: None,
            drop_shield: None,
        }
        .into()
    }

    /// A city that is neither protected nor too weak nor too strong; seldom, and never out of one's own shield.
    fn raid(&self, rng: &mut Rng) -> Option<Command> {
        if self.me.shield.is_some_and(|s| s.until > self.now) || rng.below(3) != 0 {
            return None;
        }
        let hero = *heroes::idle(self.rules, self.state, self.me, self.now).first()?;
        let army = self.army().filter(|army| army.total() >= 40)?;
        let own = facts::kingdom_power(self.rules, self.state, self.me);
        let figures = &self.rules.protection;
        let fair = |(tile, owner): (&Tile, &crate::ids::Pn)| {
            let distance = self.near(*tile, RAID_REACH)?;
            let owner = self.state.player(*owner).filter(|p| p.faction != self.me.faction)?;
            let theirs = facts::kingdom_power(self.rules, self.state, owner);
            let recent =
                self.me.attacks.iter().filter(|(pn, at)| {
                    *pn == owner.pn && self.now.since(*at) < figures.repeat_seconds * 1000
                });
            let strong = self.strength(army, hero, owner.faction.element());
            let good = owner.shielded(self.now).is_none()
                && !power::too_weak(self.rules, own, theirs)
                && (recent.count() as i64) < figures.repeat_max
                && strong * 1000 >= theirs * GUARDED;
            good.then_some((distance, *tile))
        };
        let (_, tile) = self.state.cities.iter().filter_map(fair).min()?;
        Some(self.attack(tile, hero, army))
    }

    /// One of the nearest nodes that hold something: an enemy's party is driven off, an empty one gathered at.
    fn gather(&self, rng: &mut Rng) -> Option<Command> {
        let army = self.army().filter(|army| army.total() >= 30)?;
        let open = |(tile, node): (&Tile, &Node)| {
            let distance = self.near(*tile, REACH)?;
            (node.left > 0 && node.march.is_none()).then_some((distance, *tile))
        };
        let mut nodes: Vec<(i64, Tile)> = self.state.nodes.iter().filter_map(open).collect();
        nodes.sort_unstable();
        // By lot among the nearest: fellows who think alike would all meet at the first.
        let choice = rng.below(nodes.len().clamp(1, 5) as u64);
        let (_, tile) = nodes.get(usize::try_from(choice).ok()?)?;
        let (x, y) = (tile.x(), tile.y());
        Some(Gather { x, y, troops: army.total(), hero: None, t1: None, t2: None, t3: None, t4: None }.into())
    }

    /// An enemy's party at a node that the army can drive off.
    fn drive_off(&self) -> Option<Command> {
        let hero = *heroes::idle(self.rules, self.state, self.me, self.now).first()?;
        let army = self.army()?;
        let beatable = |(tile, node): (&Tile, &Node)| {
            let distance = self.near(*tile, REACH)?;
            let party = self.state.marches.get(&node.march?)?;
            let owner = self.state.player(party.pn).filter(|p| p.faction != self.me.faction)?;
            let foe = power::army(self.rules, Some(owner.faction), party.troops, 0, None);
            let own = self.strength(army, hero, owner.faction.element());
            (own * 1000 >= foe * MARGIN).then_some((distance, *tile))
        };
        let (_, tile) = self.state.nodes.iter().filter_map(beatable).min()?;
        Some(self.attack(tile, hero, army))
    }

    /// Scouts at the edge of the known: of a few places drawn, the one with most unknown ground around it.
    fn scout(&self, rng: &mut Rng) -> Option<Command> {
        let map = self.state.map()?;
        let known = |tile: &Tile| self.me.explored.contains(*tile) && !self.underway(*tile);
        let nodes = map.nodes().iter().map(|node| node.tile);
        let places: Vec<Tile> = nodes.chain(map.parcels().iter().map(|p| p.gate)).filter(known).collect();
        let mut best: Option<(usize, Tile)> = None;
        for _ in 0..8 {
            let tile = *places.get(usize::try_from(rng.below(places.len() as u64)).ok()?)?;
            let dark = tile.square(3).filter(|near| !self.me.explored.contains(*near)).count();
            best = best.max(Some((dark, tile)));
        }
        let (_, tile) = best?;
        Some(Scout { x: tile.x(), y: tile.y() }.into())
    }
}
