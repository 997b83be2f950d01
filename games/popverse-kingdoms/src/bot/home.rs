//! What a bot does at home: buildings, research, troops.

use games_core::Rng;

use super::{Bot, once_in};
use crate::amounts::Res;
use crate::command::{
    BuildHasten, BuildStart, Command, HastenWith, ResearchHasten, ResearchStart, TroopJob, TroopsDismiss,
    TroopsHasten, TroopsHeal, TroopsPromote, TroopsTrain,
};
use crate::facts::{self, army, work};
use crate::keys::{Building, Item, Resource, Technology, Tier};

/// How far a building should be ahead: it comes first at the lowest level·weight.
const WANTED: [(Building, i64); 11] = [
    (Building::Farm, 9),
    (Building::Barracks, 11),
    (Building::IronMine, 12),
    (Building::Warehouse, 12),
    (Building::Mint, 11),
    (Building::Academy, 13),
    (Building::HeroHall, 17),
    (Building::Wall, 18),
    (Building::Infirmary, 18),
    (Building::Watchtower, 11),
    (Building::Embassy, 30),
];

/// ‰ of the housing that a bot fills: troops eat, and those who come home wounded need beds.
const BARRACKED: i64 = 700;
/// How far the hero hall lags behind the HQ at least: no hero grows as fast as it.
const HALL: i64 = 5;
/// Level of the HQ up to which nobody lets a crew stand idle.
const TOWN: i64 = 5;
/// Level of the HQ from which a bot saves for what is dear.
const GROWN: i64 = 10;
/// Level of the HQ from which there is little left to build, and stores fill.
const SETTLED: i64 = 18;

/// Technologies in the order in which a bot wants their next level.
const STUDIES: [Technology; 17] = [
    Technology::Agronomy,
    Technology::Coinage,
    Technology::TroopTrainingI,
    Technology::Cartography,
    Technology::Metallurgy,
    Technology::Storage,
    Technology::TroopTrainingIi,
    Technology::Weaponcraft,
    Technology::Armorcraft,
    Technology::Logistics,
    Technology::Masonry,
    Technology::FieldMedicine,
    Technology::Haulage,
    Technology::TroopTrainingIii,
    Technology::Espionage,
    Technology::Counterintelligence,
    Technology::CommerceLaw,
];

impl Bot<'_> {
    /// Whether buildings and research have become dear.
    pub(super) fn grown(&self) -> bool {
        self.level(Building::Hq) >= GROWN
    }

    /// Whether there is little left to build and the season is in its last third: what the stores hold is kept.
    pub(super) fn settled(&self) -> bool {
        self.level(Building::Hq) >= SETTLED && self.eyes.last_third()
    }

    /// Buildings, research and troops live on the same stores: which of them comes first is drawn, so that none starves the
    /// others.
    pub(super) fn household(&self, rng: &mut Rng) -> Option<Command> {
        let builds = self.level(Building::Hq) < TOWN || once_in(rng, self.character.pace.leisure());
        let build = || if builds { self.build() } else { None };
        if self.grown() {
            // Who always trains what the stores pay for never builds what is dear.
            let first = match rng.below(8) {
                0 | 1 => self.research().or_else(build),
                2..=5 => build().or_else(|| self.research()),
                _ => self.troops(),
            };
            return first.or_else(|| self.hasten(rng));
        }
        let first = match rng.below(4) {
            0 => self.research(),
            2 | 3 => build(),
            _ => self.troops(),
        };
        first
            .or_else(build)
            .or_else(|| self.research())
            .or_else(|| self.troops())
            .or_else(|| self.hasten(rng))
    }

    /// Raises what lags behind most among what can be paid; the HQ once the rest has caught up.
    pub(super) fn build(&self) -> Option<Command> {
        let crews = if self.me.crew_until.is_some_and(|until| until > self.now) { 2 } else { 1 };
        if self.me.builds.len() >= crews {
            return None;
        }
        let level = |building| self.level(building);
        let hq = level(Building::Hq);
        let ceiling = |building| if building == Building::HeroHall { hq - HALL } else { hq };
        let mut wanted: Vec<(i64, Building)> = WANTED
            .into_iter()
            .filter(|(building, _)| level(*building) < ceiling(*building))
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

    /// Heals; then trains as much as can be fed, housed and paid, or promotes where there is no more room. Who starves
    /// lets the weakest go.
    pub(super) fn troops(&self) -> Option<Command> {
        if !self.me.wounded.is_none() && self.me.healing.is_none() {
            let (cost, _) = work::healing(self.rules, self.me, self.me.wounded);
            if self.stock.covers(cost) {
                return Some(TroopsHeal { t1: None, t2: None, t3: None, t4: None }.into());
            }
        }
        if self.stock.food == 0 && self.rates.food < 0 {
            return self.dismiss();
        }
        if self.me.training.is_some() || self.rates.food < 0 {
            return None;
        }
        let room = facts::housing(self.rules, self.me) * BARRACKED / 1000 - self.eyes.housed();
        let batch = army::batch(self.rules, self.me);
        // The best that can be paid in numbers worth a job: whoever waits for more of the best has no army meanwhile.
        let mut open = Tier::ALL.into_iter().rev().filter(|tier| army::unlocked(self.rules, self.me, *tier));
        let worth = |tier: Tier| {
            let figures = &self.rules.troops[tier];
            // The first of the best are worth a small job.
            let share = if tier == Tier::T4 && self.me.home[tier] == 0 { 16 } else { 8 };
            let least = (batch / share).max(5);
            let fed = self.rates.food * 1000 / figures.upkeep_milli.max(1) / 2;
            let count = [batch, room, fed, self.payable(figures.cost)].into_iter().min()?;
            (count >= least).then_some(TroopsTrain { tier, count }.into())
        };
        open.by_ref().take(2).find_map(worth).or_else(|| self.promote(room))
    }

    /// Sends some of the weakest away.
    fn dismiss(&self) -> Option<Command> {
        let weakest = self.me.home.iter().find(|(_, n)| *n > 0);
        weakest.map(|(tier, n)| TroopsDismiss { tier, count: (n / 10).clamp(1, 50) }.into())
    }

    /// Lets a few of the first tier go who take up housing that the third should have.
    fn make_room(&self) -> Option<Command> {
        let outdated = army::unlocked(self.rules, self.me, Tier::T3) && self.me.home[Tier::T1] > 0;
        let count = (self.me.home[Tier::T1] / 10).max(1);
        outdated.then(|| TroopsDismiss { tier: Tier::T1, count }.into())
    }

    /// Promotes what is at home where there is hardly room for more.
    fn promote(&self, room: i64) -> Option<Command> {
        if room > facts::housing(self.rules, self.me) * BARRACKED / 10_000 {
            return None;
        }
        let open = |(tier, n): &(Tier, i64)| {
            let next = tier.next().filter(|next| army::unlocked(self.rules, self.me, *next));
            next.is_some() && *n >= 10
        };
        let (tier, n) = self.me.home.iter().find(open)?;
        let next = tier.next()?;
        let (each, _) = work::promotion(self.rules, self.me, tier, next, 10);
        let count = [n, army::batch(self.rules, self.me), self.payable(each) * 10].into_iter().min()?;
        if count >= 10 { Some(TroopsPromote { tier, count }.into()) } else { self.make_room() }
    }

    /// How many of something a half of the stores pays for, later less: the rest builds, and is kept.
    fn payable(&self, cost: Res) -> i64 {
        let share = match (self.settled(), self.grown()) {
            (true, _) => 6,
            (false, true) => 3,
            (false, false) => 2,
        };
        let per =
            |resource: Resource| (cost[resource] > 0).then(|| self.stock[resource] / share / cost[resource]);
        Resource::ALL.into_iter().filter_map(per).min().unwrap_or(0)
    }

    /// Uses speed-ups on long jobs that they do not overshoot.
    pub(super) fn hasten(&self, rng: &mut Rng) -> Option<Command> {
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
        let building = || {
            let job = self.me.builds.iter().max_by_key(|job| job.due)?;
            let (building, with) = (job.building.key().to_owned(), fits(job.due)?);
            Some(BuildHasten { building, with, count: None }.into())
        };
        let research = || {
            let with = self.me.researching.and_then(|job| fits(job.due))?;
            Some(ResearchHasten { with, count: None }.into())
        };
        let training = || {
            let with = self.me.training.and_then(|job| fits(job.due))?;
            Some(TroopsHasten { job: TroopJob::Training, with, count: None }.into())
        };
        match rng.below(4) {
            0 => research().or_else(building).or_else(training),
            1 | 2 => training().or_else(building).or_else(research),
            _ => building().or_else(research).or_else(training),
        }
    }
}
