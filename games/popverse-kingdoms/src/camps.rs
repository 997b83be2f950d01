//! Camps of the map's own peoples: power, troops, spawning, drops (rulebook 2.12); conquest keepers (2.18).

use games_core::dice::{Rng, Secret};
use serde::{Deserialize, Serialize};

use crate::amounts::{Res, Troops};
use crate::battle::{Hero, Side, SkillLevels};
use crate::formulas::arith::rec;
use crate::keys::{ControlPoint, Element, NpcType, Rarity, Slot, Terrain, Tier};
use crate::map::{Feature, WorldMap};
use crate::rules::Rules;
use crate::site::Occupied;
use crate::summon::{self, Gear};
use crate::tile::{TILES, Tile};

/// A camp that has just spawned (rulebook 2.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spawn {
    /// Where.
    pub tile: Tile,
    /// Level, 1–10.
    pub level: i64,
    /// Element of its troops.
    pub element: Element,
    /// Power P.
    pub power: i64,
    /// Seed of the draws.
    pub seed: u64,
}

/// Power of a camp: rec(base, 1450, level) (rulebook 2.12).
#[must_use]
pub fn power(rules: &Rules, kind: NpcType, level: i64) -> i64 {
    rec(rules.camps[kind].power, rules.camp.power_growth, level)
}

/// Troops of a camp of this power: its tiers share it equally, at least one troop each (rulebook 2.12).
#[must_use]
pub fn troops(rules: &Rules, kind: NpcType, level: i64) -> Troops {
    let spans = &rules.camps[kind].troops;
    let tiers = spans.iter().find(|span| level <= span.to).map_or(&[][..], |span| &span.tiers);
    share_power(rules, power(rules, kind, level), tiers)
}

fn share_power(rules: &Rules, power: i64, tiers: &[Tier]) -> Troops {
    let mut troops = Troops::NONE;
    let share = power / (tiers.len() as i64).max(1);
    for tier in tiers {
        troops[*tier] = (share / rules.troops[*tier].power).max(1);
    }
    troops
}

/// The dragon of a lair, who acts as a hero (rulebook 2.12); nothing for other camps.
#[must_use]
pub fn dragon(rules: &Rules, kind: NpcType, level: i64, element: Element) -> Option<Hero> {
    let dragon = rules.camps[kind].dragon.as_ref()?;
    let skills: Vec<_> = dragon.skills.iter().map(|s| (s.skill, s.level)).collect();
    Some(Hero {
        power: power(rules, kind, level) / dragon.power_divisor,
        speed: dragon.speed,
        element,
        rarity: Rarity::Legendary,
        skills: SkillLevels::of(&skills),
    })
}

/// A camp as the defending side of a battle.
#[must_use]
pub fn side(rules: &Rules, kind: NpcType, level: i64, element: Element) -> Side {
    Side::npc(element, troops(rules, kind, level), dragon(rules, kind, level, element))
}

/// Whether a camp of this type may stand on a tile (rulebook 2.12).
#[must_use]
pub fn fits(rules: &Rules, map: &WorldMap, occupied: Occupied<'_>, kind: NpcType, tile: Tile) -> bool {
    if occupied.camps.contains(&tile) {
        return false;
    }
    match kind {
        NpcType::BanditCamp | NpcType::GoblinOutpost => {
            // A beacon, control point, parcel and node are all features.
            map.passable(tile)
                && map.feature(tile) == Feature::None
                && occupied.cities.iter().all(|city| city.chebyshev(tile) > rules.camp.city_spacing)
        }
        NpcType::DragonLair => {
            let beside = [(0, -1), (-1, 0), (1, 0), (0, 1)];
            map.terrain(tile) == Terrain::Mountain
                && map.parcel_at(tile).is_none()
                && beside.iter().any(|(dx, dy)| tile.offset(*dx, *dy).is_some_and(|t| map.passable(t)))
        }
    }
}

/// Spawns camp number `npc` on day `day` of the season (rulebook 2.12). Nothing only if no tile of the map fits.
#[must_use]
pub fn spawn(
    rules: &Rules,
    map: &WorldMap,
    secret: &Secret,
    occupied: Occupied<'_>,
    kind: NpcType,
    npc: u64,
    day: i64,
) -> Option<Spawn> {
    let seed = secret.seed("npc", npc);
    spawn_with(rules, map, Rng::new(seed), seed, occupied, kind, day)
}

/// [`spawn`] with dice that a test may have scripted.
#[must_use]
pub fn spawn_with(
    rules: &Rules,
    map: &WorldMap,
    mut rng: Rng,
    seed: u64,
    occupied: Occupied<'_>,
    kind: NpcType,
    day: i64,
) -> Option<Spawn> {
    let figures = &rules.camp;
    let fits = |tile: &Tile| fits(rules, map, occupied, kind, *tile);
    let mut last = 0;
    let mut drawn = None;
    for _ in 0..figures.tries {
        last = rng.below(TILES as u64) as usize;
        drawn = Tile::from_index(last).filter(fits);
        if drawn.is_some() {
            break;
        }
    }
    let tile = match drawn {
        Some(tile) => tile,
        None => (1..=TILES).find_map(|n| Tile::from_index((last + n) % TILES).filter(fits))?,
    };
    let step = (day - 1).div_euclid(figures.days_per_level);
    let level = step + rng.below(figures.level_draw.unsigned_abs()) as i64 + map.ring(tile);
    let level = level.clamp(1, figures.level_max);
    let element = Element::ALL[rng.below(Element::ALL.len() as u64) as usize];
    Some(Spawn { tile, level, element, power: power(rules, kind, level), seed })
}

/// What a beaten camp yields (rulebook 2.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drops {
    /// Seed of the draws.
    pub seed: u64,
    /// Resources; they travel home with the march.
    pub res: Res,
    /// Diamonds.
    pub diamonds: i64,
    /// A piece of gear, if one dropped.
    pub gear: Option<Gear>,
    /// Scrolls.
    pub scrolls: i64,
}

/// Resources that a camp of this level drops: ⌊base·(1000+500(l−1))/1000⌋ each (rulebook 2.12).
#[must_use]
pub fn drop_res(rules: &Rules, kind: NpcType, level: i64) -> Res {
    rules.camps[kind].drop.scale_floor(1000 + rules.camp.drop_per_level * (level - 1), 1000)
}

/// Draws what a camp beaten in battle `battle` yields (rulebook 2.12).
#[must_use]
pub fn drops(rules: &Rules, secret: &Secret, kind: NpcType, level: i64, battle: u64) -> Drops {
    let seed = secret.seed("drop", battle);
    drops_with(rules, Rng::new(seed), seed, kind, level)
}

/// [`drops`] with dice that a test may have scripted.
#[must_use]
pub fn drops_with(rules: &Rules, mut rng: Rng, seed: u64, kind: NpcType, level: i64) -> Drops {
    let camp = &rules.camps[kind];
    // A certainty is not drawn.
    let happens = |chance: i64, rng: &mut Rng| chance >= 1000 || (rng.below(1000) as i64) < chance;
    let gear = happens(camp.gear + camp.gear_per_level * level, &mut rng).then(|| {
        let slot = Slot::ALL[rng.below(Slot::ALL.len() as u64) as usize];
        let rarity = summon::draw_share(&camp.gear_rarities, &mut rng, 100);
        Gear { slot, rarity, power: summon::gear_power(rules, rarity, &mut rng) }
    });
    let scrolls = i64::from(happens(camp.scroll, &mut rng));
    let diamonds = camp.diamonds + camp.diamonds_per_level * level;
    Drops { seed, res: drop_res(rules, kind, level), diamonds, gear, scrolls }
}

/// The tiers of a conquest keeper.
const KEEPER: [Tier; 2] = [Tier::T3, Tier::T4];

/// Power of a control point's keeper on a day of the season (rulebook 2.18).
#[must_use]
pub const fn keeper_power(rules: &Rules, day: i64) -> i64 {
    rules.conquest.keeper_power + rules.conquest.keeper_power_per_day * day
}

/// The keeper of a control point in conquest number `conquest`: the seed, and his side (rulebook 2.18).
#[must_use]
pub fn keeper(rules: &Rules, secret: &Secret, conquest: u64, point: ControlPoint, day: i64) -> (u64, Side) {
    let seed = secret.seed("keeper", keeper_number(conquest, point));
    let element = keeper_element(&mut Rng::new(seed));
    (seed, keeper_side(rules, element, keeper_power(rules, day)))
}

/// The dice number of a keeper.
#[must_use]
pub const fn keeper_number(conquest: u64, point: ControlPoint) -> u64 {
    8 * conquest + point.index() as u64
}

/// Draws a keeper's element.
#[must_use]
pub fn keeper_element(rng: &mut Rng) -> Element {
    Element::ALL[rng.below(Element::ALL.len() as u64) as usize]
}

/// A keeper as a side, at full strength.
#[must_use]
pub fn keeper_side(rules: &Rules, element: Element, power: i64) -> Side {
    Side::npc(element, share_power(rules, power, &KEEPER), None)
}
