//! Everything a field battle needs to be fought, and fought again (rulebook 3.1).

use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::amounts::Troops;
use crate::keys::{Element, Faction, Rarity, Skill};
use crate::rules::Rules;

/// Skill levels of a hero, 0 for a skill that he lacks; stored as a map of those above 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SkillLevels([u8; Skill::ALL.len()]);

impl SkillLevels {
    /// No skill at all.
    pub const NONE: Self = Self([0; Skill::ALL.len()]);

    /// These skills at these levels.
    #[must_use]
    pub fn of(skills: &[(Skill, i64)]) -> Self {
        let mut levels = Self::NONE;
        for (skill, level) in skills {
            levels.set(*skill, *level);
        }
        levels
    }

    /// Level of a skill, 0–5.
    #[inline]
    #[must_use]
    pub const fn get(self, skill: Skill) -> i64 {
        self.0[skill.index()] as i64
    }

    /// Sets the level of a skill; levels beyond 0–255 are cut off.
    pub fn set(&mut self, skill: Skill, level: i64) {
        self.0[skill.index()] = u8::try_from(level.clamp(0, 255)).unwrap_or(u8::MAX);
    }

    /// Skills above 0 and their levels, in rulebook order.
    pub fn iter(self) -> impl Iterator<Item = (Skill, i64)> {
        Skill::ALL.into_iter().map(move |s| (s, self.get(s))).filter(|(_, level)| *level > 0)
    }
}

impl Serialize for SkillLevels {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.iter().count()))?;
        for (skill, level) in self.iter() {
            map.serialize_entry(&skill, &level)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for SkillLevels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Levels;
        impl<'de> Visitor<'de> for Levels {
            type Value = SkillLevels;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("skill levels by skill")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<SkillLevels, A::Error> {
                let mut levels = SkillLevels::NONE;
                while let Some((skill, level)) = map.next_entry::<Skill, i64>()? {
                    if !(0..=255).contains(&level) {
                        return Err(A::Error::custom("a skill level must be 0 to 255"));
                    }
                    levels.set(skill, level);
                }
                Ok(levels)
            }
        }
        deserializer.deserialize_map(Levels)
    }
}

/// A hero as he enters a battle: a copy, so that a later level changes no past battle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hero {
    /// Power with gear (rulebook 2.8).
    pub power: i64,
    /// Speed.
    pub speed: i64,
    /// The hero's own element.
    pub element: Element,
    /// Rarity, which is the hero's defence in the arena; a field battle does not read it.
    pub rarity: Rarity,
    /// Skill levels.
    #[serde(default)]
    pub skills: SkillLevels,
}

/// One side of a field battle (rulebook 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// Troops at the start, all contingents pooled.
    pub troops: Troops,
    /// The hero, if one leads.
    pub hero: Option<Hero>,
    /// Element of the troops.
    pub element: Element,
    /// Thousandths of initiative added to each stack (rulebook 3.2).
    pub initiative: i64,
    /// ‰ factors on damage dealt, in order; those without effect are left out.
    pub attack: Vec<i64>,
    /// ‰ divisors of damage taken, in order; those without effect are left out.
    pub guard: Vec<i64>,
}

/// What the owner of the troops brings besides them: faction, research, wall, hunger (rulebook 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Banner {
    /// Level of weaponcraft.
    pub weaponcraft: i64,
    /// Level of armorcraft.
    pub armorcraft: i64,
    /// Level of the wall; 0 unless a city defends itself.
    pub wall: i64,
    /// Whether the owner's troops starve.
    pub starving: bool,
}

impl Side {
    /// A player's side, with the factors that faction, research, wall and hunger give it.
    #[must_use]
    pub fn of(rules: &Rules, faction: Faction, banner: Banner, troops: Troops, hero: Option<Hero>) -> Self {
        let (figures, training) = (&rules.factions[faction], &rules.training);
        let hunger = if banner.starving { training.starving } else { 1000 };
        let effective = |factors: &[i64]| factors.iter().copied().filter(|f| *f != 1000).collect();
        Self {
            troops,
            hero,
            element: faction.element(),
            initiative: figures.initiative,
            attack: effective(&[figures.attack, 1000 + training.weaponcraft * banner.weaponcraft, hunger]),
            guard: effective(&[
                figures.guard,
                1000 + training.armorcraft * banner.armorcraft,
                1000 + rules.city.wall_guard * banner.wall,
            ]),
        }
    }

    /// The side of a camp or keeper: no factors (rulebook 3.1).
    #[must_use]
    pub const fn npc(element: Element, troops: Troops, hero: Option<Hero>) -> Self {
        Self { troops, hero, element, initiative: 0, attack: Vec::new(), guard: Vec::new() }
    }
}

/// A field battle before the first blow (rulebook 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Seed of the battle's dice.
    pub seed: u64,
    /// Side A.
    pub attacker: Side,
    /// Side D.
    pub defender: Side,
    /// ‰ that the attacker's damage is divided by; 1000 is none.
    pub terrain: i64,
}
