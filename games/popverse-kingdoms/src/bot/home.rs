//! What a bot does at home: heroes, buildings, research, troops.

use super::Bot;
use crate::amounts::{Res, Troops};
use crate::command::{
    BuildHasten, BuildStart, Command, GearEquip, HastenWith, HeroSkill, HeroSummon, HeroTome, ResearchHasten,
    ResearchStart, TroopJob, TroopsHasten, TroopsHeal, TroopsTrain,
};
use crate::event::SummonPay;
use crate::facts::{self, army, heroes, work};
use crate::formulas::heroes as formulas;
use crate::keys::{Building, Item, Resource, Slot, Technology, Tier};

/// How far a building should be ahead: it comes first at the lowest level·weight.
const WANTED: [(Building, i64); 11] = [
    (Building::Farm, 10),
    (Building::Barracks, 11),
    (Building::IronMine, 11),
    (Building::Warehouse, 12),
    (Building::Mint, 12),
    (Building::Academy, 13),
    (Building::HeroHall, 17),
    (Building::Wall, 18),
    (Building::Infirmary, 18),
    (Building::Watchtower, 24),
    (Building::Embassy, 60),
];

/// Technologies in the order in which a bot wants their next level.
const STUDIES: [Technology; 16] = [
    Technology::Agronomy,
    Technology::TroopTrainingI,
    Technology::Metallurgy,
    Technology::Coinage,
    Technology::Storage,
    Technology::TroopTrainingIi,
    Technology::Weaponcraft,
    Technology::Armorcraft,
    Technology::Logistics,
    Technology::Masonry,
    Technology::FieldMedicine,
    Technology::TroopTrainingIii,
    Technology::Haulage,
    Technology::Cartography,
    Technology::Espionage,
    Technology::Counterintelligence,
];

impl Bot<'_> {
    /// Summons, skills, tomes, gear.
    pub(super) fn heroes(&self) -> Option<Command> {
        let room = facts::roster(self.rules, self.me) - self.me.heroes.len() as i64;
        let scrolls = self.me.items[Item::Scroll];
        if scrolls > 0 && room > 0 {
            let count = scrolls.min(room).min(self.rules.summon.count_max);
            return Some(HeroSummon { pay: SummonPay::Scrolls, count: Some(count) }.into());
        }
        let strongest =
            self.me.heroes.keys().copied().max_by_key(|key| heroes::power(self.rules, self.me, *key))?;
        let tomes = self.me.items[Item::XpTome].min(50);
        if tomes > 0 {
            return Some(HeroTome { hero: strongest.key().to_owned(), count: Some(tomes) }.into());
        }
        for (key, hero) in self.me.heroes.iter().filter(|(_, hero)| hero.shards > 0) {
            let ready = hero.skills.iter().find(|(_, level)| {
                formulas::shards_needed(self.rules, *level).is_some_and(|needed| needed <= hero.shards)
            });
            if let Some((skill, _)) = ready {
                return Some(HeroSkill { hero: key.key().to_owned(), skill: skill.key().to_owned() }.into());
            }
        }
        self.equip()
    }

    /// Puts the best free piece of each slot on the strongest hero at home, if it is better than what he wears.
    fn equip(&self) -> Option<Command> {
        let idle = heroes::idle(self.rules, self.state, self.me, self.now);
        let key = *idle.first()?;
        let hero = self.me.heroes.get(&key)?;
        for slot in Slot::ALL {
            let worn = hero.worn(slot).and_then(|id| self.me.gear.get(&id)).map_or(0, |piece| piece.power);
            let free = self.me.gear.iter().filter(|(_, piece)| piece.slot == slot && piece.hero.is_none());
            let best = free.max_by_key(|(_, piece)| piece.power).filter(|(_, piece)| piece.power > worn);
            if let Some((gear, _)) = best {
                return Some(GearEquip { gear: gear.to_string(), hero: key.key().to_owned() }.into());
            }
        }
        None
    }

    /// Raises what lags behind most among what can be paid; the HQ once the rest has caught up.
    pub(super) fn build(&self) -> Option<Command> {
        let crews = if self.me.crew_until.is_some_and(|until| until > self.now) { 2 } else { 1 };
        if self.me.builds.len() >= crews {
            return None;
        }
        let level = |building| facts::level(self.me, building);
        let hq = level(Building::Hq);
        let mut wanted: Vec<(i64, Building)> = WANTED
            .into_iter()
            .filter(|(building, _)| level(*building) < hq)
            .map(|(building, weight)| (self.urgency(building, level(building) * weight), building))
            .collect();
        let core = [Building::Farm, Building::IronMine, Building::Barracks, Building::Warehouse];
        if hq < self.rules.city.level_max && core.into_iter().all(|building| level(building) >= hq) {
            wanted.push((0, Building::Hq));
        }
        wanted.sort_unstable();
        let payable = |(_, building): &&(i64, Building)| {
            let busy = self.me.builds.iter().any(|job| job.building == *building);
            !busy && self.stock.covers(work::building_cost(self.rules, *building, level(*building) + 1))
        };
        // Only the first few: what is wanted least can wait until what is wanted most has been paid.
        let (_, building) = wanted.iter().take(4).find(payable)?;
        Some(BuildStart { building: building.key().to_owned() }.into())
    }

    /// Hunger makes farms urgent.
    const fn urgency(&self, building: Building, plain: i64) -> i64 {
        if matches!(building, Building::Farm) && self.rates.food < 30 { -1 } else { plain }
    }

    pub(super) fn research(&self) -> Option<Command> {
        if self.me.researching.is_some() {
            return None;
        }
        let academy = facts::level(self.me, Building::Academy);
        let open = |technology: &Technology| {
            let next = facts::tech(self.me, *technology) + 1;
            let needs = self.rules.technologies[*technology].needs;
            next <= self.rules.research.level_max
                && academy >= work::academy_needed(self.rules, next)
                && needs.is_none_or(|t| facts::tech(self.me, t) >= 1)
        };
        let next = STUDIES.into_iter().filter(open).min_by_key(|t| facts::tech(self.me, *t))?;
        let cost = work::research_cost(self.rules, next, facts::tech(self.me, next) + 1);
        self.stock.covers(cost).then(|| ResearchStart { technology: next.key().to_owned() }.into())
    }

    /// Heals, then trains as much as can be fed, housed and paid.
    pub(super) fn troops(&self) -> Option<Command> {
        if !self.me.wounded.is_none() && self.me.healing.is_none() {
            let (cost, _) = work::healing(self.rules, self.me, self.me.wounded);
            if self.stock.covers(cost) {
                return Some(TroopsHeal { t1: None, t2: None, t3: None, t4: None }.into());
            }
        }
        if self.me.training.is_some() || self.rates.food < 0 {
            return None;
        }
        let tier = Tier::ALL.into_iter().rev().find(|tier| army::unlocked(self.rules, self.me, *tier))?;
        let figures = &self.rules.troops[tier];
        let fed = self.rates.food * 1000 / figures.upkeep_milli.max(1) / 2;
        let room = facts::housing(self.rules, self.me) - army::housed(self.state, self.me);
        let limits = [army::batch(self.rules, self.me), room, fed, self.payable(figures.cost)];
        let count = limits.into_iter().min()?;
        (count >= 5).then(|| TroopsTrain { tier, count }.into())
    }

    /// How many of something half of the stores pay for: the other half builds.
    fn payable(&self, cost: Res) -> i64 {
        let per =
            |resource: Resource| (cost[resource] > 0).then(|| self.stock[resource] / 2 / cost[resource]);
        Resource::ALL.into_iter().filter_map(per).min().unwrap_or(0)
    }

    /// Uses speed-ups on long jobs that they do not overshoot.
    pub(super) fn hasten(&self) -> Option<Command> {
        let left = |due| work::remaining(due, self.now);
        let fits = |due| {
            let pairs = [
                (Item::Speed8h, HastenWith::Speed8h),
                (Item::Speed1h, HastenWith::Speed1h),
                (Item::Speed5m, HastenWith::Speed5m),
            ];
            let usable = |(item, _): &(Item, HastenWith)| {
                self.me.items[*item] > 0 && self.rules.items.seconds[*item] <= left(due)
            };
            pairs.into_iter().find(usable).map(|(_, with)| with)
        };
        let job = self.me.builds.iter().max_by_key(|job| job.due);
        if let Some((job, with)) = job.and_then(|job| Some((job, fits(job.due)?))) {
            return Some(BuildHasten { building: job.building.key().to_owned(), with, count: None }.into());
        }
        if let Some(with) = self.me.researching.and_then(|job| fits(job.due)) {
            return Some(ResearchHasten { with, count: None }.into());
        }
        let with = self.me.training.and_then(|job| fits(job.due))?;
        Some(TroopsHasten { job: TroopJob::Training, with, count: None }.into())
    }

    /// Troops that may leave: the default mix of as many as a march takes.
    pub(super) fn army(&self) -> Option<Troops> {
        let count = self.me.home.total().min(facts::march_cap(self.rules, self.me));
        self.me.home.take_highest(count).filter(|troops| troops.total() >= 10)
    }
}
