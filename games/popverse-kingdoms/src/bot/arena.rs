//! What a bot does in the arena: teams, opponents, fights, the shop.

use games_core::Rng;

use super::{Bot, Pace, Style, once_in, pick};
use crate::command::{ArenaAttempts, ArenaFight, ArenaOpponents, ArenaShop, ArenaTeam, Command};
use crate::event::{ArenaEntry, ArenaSide, Opponent};
use crate::facts::{arena, heroes};
use crate::keys::{ArenaItem, HeroKey};
use crate::state::ArenaOffer;

impl Bot<'_> {
    /// Fights while fights are left; then the shop, then teams.
    pub(super) fn arena(&self, rng: &mut Rng) -> Option<Command> {
        if once_in(rng, 4)
            && let Some(team) = self.team(rng)
        {
            return Some(team);
        }
        if arena::attempts_left(self.rules, self.me) <= 0 {
            return self.attempts(rng).or_else(|| self.shop(rng)).or_else(|| self.team(rng));
        }
        let offer = self.me.arena.offer.as_ref().filter(|offer| offer.expires > self.now);
        let slot = offer.and_then(|offer| self.opponent(offer, rng));
        Some(slot.map_or_else(|| ArenaOpponents {}.into(), |slot| ArenaFight { slot }.into()))
    }

    /// Goes on with the opponents that stand: an offer does not wait.
    pub(super) fn fight_on(&self, rng: &mut Rng) -> Option<Command> {
        let offer = self.me.arena.offer.as_ref().filter(|offer| offer.expires > self.now)?;
        let left = arena::attempts_left(self.rules, self.me) > 0;
        let slot = self.opponent(offer, rng).filter(|_| left && !once_in(rng, 3))?;
        Some(ArenaFight { slot }.into())
    }

    /// The slot of somebody to fight: who likes the arena looks up, who does not looks for an easy one.
    fn opponent(&self, offer: &ArenaOffer, rng: &mut Rng) -> Option<i64> {
        let there = |entry: &ArenaEntry| match &entry.opponent {
            Opponent::Bot(_) => true,
            Opponent::Player(pn) => self.eyes.who(*pn).is_some(),
        };
        let keen = self.character.likes(Style::Gladiator) > 1;
        let open = (1..).zip(&offer.entries);
        let open =
            open.filter(|(slot, entry): &(i64, &ArenaEntry)| !offer.fought.contains(slot) && there(entry));
        let mut rated: Vec<(i64, i64)> = open.map(|(slot, entry)| (entry.rating, slot)).collect();
        rated.sort_unstable();
        if once_in(rng, 3) {
            return pick(rng, &rated).map(|(_, slot)| slot);
        }
        let best = if keen { rated.last() } else { rated.first() };
        best.map(|(_, slot)| *slot)
    }

    fn strongest_team(&self) -> Vec<HeroKey> {
        let mut keys: Vec<HeroKey> = self.me.heroes.keys().copied().collect();
        keys.sort_by_key(|key| (std::cmp::Reverse(heroes::power(self.rules, self.me, *key)), *key));
        keys.truncate(usize::try_from(self.rules.arena.team).unwrap_or(0));
        keys
    }

    /// The strongest as a team, where they are not yet; now and then others, to see what they can do.
    fn team(&self, rng: &mut Rng) -> Option<Command> {
        let mut best = self.strongest_team();
        if once_in(rng, 3) {
            let others: Vec<HeroKey> =
                self.me.heroes.keys().copied().filter(|key| !best.contains(key)).collect();
            if let (Some(last), Some(other)) = (best.last_mut(), pick(rng, &others)) {
                *last = other;
            }
        }
        let side = if once_in(rng, 2) { ArenaSide::Attack } else { ArenaSide::Defense };
        let set = match side {
            ArenaSide::Attack => &self.me.arena.attack,
            ArenaSide::Defense => &self.me.arena.defense,
        };
        let key = |at: usize| best.get(at).map(|hero| hero.key().to_owned());
        let changed = *set != best;
        let hero1 = key(0).filter(|_| changed)?;
        Some(ArenaTeam { side, hero1, hero2: key(1), hero3: key(2) }.into())
    }

    /// More fights for who likes them and has the diamonds.
    fn attempts(&self, rng: &mut Rng) -> Option<Command> {
        let figures = &self.rules.arena;
        let keen = self.character.likes(Style::Gladiator) > 1 && once_in(rng, 3);
        let spare = self.me.diamonds - self.character.pace.thrift();
        let count =
            (figures.fights_extra - self.me.today.attempts).min(spare / figures.fight_diamonds.max(1)).min(2);
        (keen && count > 0).then(|| ArenaAttempts { count }.into())
    }

    /// Spends points: who is nearly always there on the strongest hero, others on scrolls first, then by mood.
    fn shop(&self, rng: &mut Rng) -> Option<Command> {
        let (figures, points) = (&self.rules.arena, self.me.points);
        let one = |item: ArenaItem, hero: Option<String>| Some(ArenaShop { item, count: None, hero }.into());
        if points >= figures.shop_tome && self.character.pace == Pace::VeryActive && !once_in(rng, 4) {
            return one(ArenaItem::XpTome, None);
        }
        if points >= figures.shop_scroll && self.me.arena.scrolls < figures.shop_scrolls_week {
            return one(ArenaItem::Scroll, None);
        }
        let room = (self.me.gear.len() as i64) < self.rules.gear.inventory;
        match rng.below(6) {
            0 if points >= figures.shop_shard => {
                one(ArenaItem::Shard, self.promising(rng).map(|hero| hero.key().to_owned()))
            }
            1 | 4 if points >= figures.shop_cache && room => one(ArenaItem::GearCache, None),
            2 if points >= 4 * figures.shop_speed => one(ArenaItem::Speed1h, None),
            3 if points >= 4 * figures.shop_tome => one(ArenaItem::XpTome, None),
            _ => None,
        }
    }
}
