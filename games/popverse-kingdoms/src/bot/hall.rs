//! What a bot does in the hero hall: summon, teach, equip, forge; the quests of the day.

use games_core::Rng;

use super::{Bot, Style, once_in, pick};
use crate::command::{
    CityWarden, Command, GearEquip, GearForge, GearSalvage, HeroSkill, HeroSummon, HeroTome, QuestClaim,
};
use crate::event::SummonPay;
use crate::facts::{self, heroes};
use crate::formulas::heroes as formulas;
use crate::ids::GearId;
use crate::keys::{HeroKey, Item, Rarity, Slot};
use crate::state::GearOwned;

impl Bot<'_> {
    /// Takes what completed quests of today pay.
    pub(super) fn claim(&self) -> Option<Command> {
        let today = self.me.quests.as_ref().filter(|quests| quests.day == self.eyes.day())?;
        today.lines.iter().any(|line| line.done() && !line.paid).then(|| QuestClaim {}.into())
    }

    /// Summons, tomes, skills, warden, gear.
    pub(super) fn heroes(&self, rng: &mut Rng) -> Option<Command> {
        self.summon(rng)
            .or_else(|| self.teach())
            .or_else(|| self.warden())
            .or_else(|| self.equip())
            .or_else(|| self.forge())
            .or_else(|| self.salvage(rng))
    }

    pub(super) fn strongest(&self) -> Option<HeroKey> {
        self.me.heroes.keys().copied().max_by_key(|key| heroes::power(self.rules, self.me, *key))
    }

    fn summon(&self, rng: &mut Rng) -> Option<Command> {
        let room = facts::roster(self.rules, self.me) - self.me.heroes.len() as i64;
        let (scrolls, spare) = (self.me.items[Item::Scroll], self.me.diamonds - self.character.pace.thrift());
        if room <= 0 {
            return None;
        }
        if scrolls > 0 {
            let count = scrolls.min(room).min(self.rules.summon.count_max);
            return Some(HeroSummon { pay: SummonPay::Scrolls, count: Some(count) }.into());
        }
        let dear = spare >= 2 * self.rules.summon.diamonds && once_in(rng, 4);
        dear.then(|| HeroSummon { pay: SummonPay::Diamonds, count: None }.into())
    }

    /// Tomes for the strongest, skills for whoever has the shards.
    fn teach(&self) -> Option<Command> {
        let strongest = self.strongest()?;
        let tomes = self.me.items[Item::XpTome].min(50);
        if tomes > 0 {
            return Some(HeroTome { hero: strongest.key().to_owned(), count: Some(tomes) }.into());
        }
        self.me.heroes.iter().filter(|(_, hero)| hero.shards > 0).find_map(|(key, hero)| {
            let ready = |level: i64| {
                formulas::shards_needed(self.rules, level).is_some_and(|needed| needed <= hero.shards)
            };
            let (skill, _) = hero.skills.iter().find(|(_, level)| ready(*level))?;
            Some(HeroSkill { hero: key.key().to_owned(), skill: skill.key().to_owned() }.into())
        })
    }

    /// The second of the roster defends, so that the first may lead.
    fn warden(&self) -> Option<Command> {
        let mut keys: Vec<HeroKey> = self.me.heroes.keys().copied().collect();
        keys.sort_by_key(|key| (std::cmp::Reverse(heroes::power(self.rules, self.me, *key)), *key));
        let wanted = keys.get(1).filter(|key| self.me.warden != Some(**key))?;
        Some(CityWarden { hero: wanted.key().to_owned() }.into())
    }

    /// Puts the best free piece of each slot on the strongest hero at home, if it is better than what he wears.
    fn equip(&self) -> Option<Command> {
        let key = *self.eyes.idle().first()?;
        let hero = self.me.heroes.get(&key)?;
        for slot in Slot::ALL {
            let worn = hero.worn(slot).and_then(|id| self.me.gear.get(&id)).map_or(0, |piece| piece.power);
            let free = self.free_gear().filter(|(_, piece)| piece.slot == slot);
            let best = free.max_by_key(|(_, piece)| piece.power).filter(|(_, piece)| piece.power > worn);
            if let Some((gear, _)) = best {
                return Some(GearEquip { gear: gear.to_string(), hero: key.key().to_owned() }.into());
            }
        }
        None
    }

    /// Gear that nobody wears.
    fn free_gear(&self) -> impl Iterator<Item = (GearId, &GearOwned)> {
        self.me.gear.iter().filter(|(_, piece)| piece.hero.is_none()).map(|(id, piece)| (*id, piece))
    }

    /// Three of a kind that nobody wears become a better one.
    fn forge(&self) -> Option<Command> {
        let needed = usize::try_from(self.rules.gear.forge_pieces).ok()?;
        let kinds = Slot::ALL.into_iter().flat_map(|slot| Rarity::ALL.map(|rarity| (slot, rarity)));
        let mut ready = kinds.filter(|(slot, rarity)| {
            let free = self.free_gear().filter(|(_, piece)| piece.slot == *slot && piece.rarity == *rarity);
            let gold = self.rules.gear.rarities[*rarity].forge_gold;
            rarity.next().is_some() && self.stock.gold >= gold && free.count() >= needed
        });
        ready.next().map(|(slot, rarity)| GearForge { slot, rarity }.into())
    }

    /// Melts the weakest down when the inventory fills up, or gold is short.
    fn salvage(&self, rng: &mut Rng) -> Option<Command> {
        let crowded = self.me.gear.len() as i64 * 4 >= self.rules.gear.inventory * 3;
        let poor = self.stock.gold < 100 && once_in(rng, 8);
        let tidy = once_in(rng, 80);
        let weakest = self.free_gear().min_by_key(|(id, piece)| (piece.power, *id));
        let (gear, _) = weakest.filter(|_| crowded || poor || tidy)?;
        Some(GearSalvage { gear: gear.to_string() }.into())
    }

    /// A hero of the roster by lot, as those choose who like the arena: one of the three strongest.
    pub(super) fn promising(&self, rng: &mut Rng) -> Option<HeroKey> {
        let mut keys: Vec<HeroKey> = self.me.heroes.keys().copied().collect();
        keys.sort_by_key(|key| (std::cmp::Reverse(heroes::power(self.rules, self.me, *key)), *key));
        let most = if self.character.likes(Style::Gladiator) > 1 { 3 } else { 1 };
        keys.truncate(most);
        pick(rng, &keys)
    }
}
