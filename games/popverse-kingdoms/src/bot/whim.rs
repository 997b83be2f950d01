//! What a bot does once in a while: diamonds, shields, moving house, changing its mind, switches of notices.

use games_core::Rng;

use super::{Bot, Pace, once_in, pick};
use crate::command::{
    BuildCancel, BuildHasten, CityCrew, CityRelocate, CityShield, Command, GearUnequip, HastenWith, ItemBuy,
    MarchDismiss, NotifySet, ResearchCancel, TroopJob, TroopsCancel, TroopsHasten,
};
use crate::facts::work;
use crate::keys::{Item, NoticeKind};

const HOUR_MS: i64 = 3_600_000;

impl Bot<'_> {
    /// One of the things that nobody does every day.
    pub(super) fn whim(&self, rng: &mut Rng) -> Option<Command> {
        match rng.below(8) {
            0 => self.shield(),
            1 => self.wander_off(),
            2 => self.crew(),
            3 => self.buy_item(rng),
            4 => self.change_mind(rng),
            5 => self.undress(rng),
            6 => self.finish_now(rng),
            _ => self.switch(rng),
        }
    }

    /// Whether somebody attacked the city or a land within so many hours.
    fn attacked(&self, hours: i64) -> usize {
        self.me.aggressors.values().filter(|at| self.now.since(**at) < hours * HOUR_MS).count()
    }

    /// Spends diamonds beyond what the bot keeps back.
    fn spare(&self, price: i64) -> bool {
        self.me.diamonds - self.character.pace.thrift() >= price
    }

    /// Who was attacked lately hides behind a shield.
    fn shield(&self) -> Option<Command> {
        let again = self.me.shield_item_at.map(|at| at.plus_s(self.rules.protection.shield_wait_seconds));
        if self.attacked(72) == 0 || again.is_some_and(|at| at > self.now) {
            return None;
        }
        if self.me.items[Item::Shield8h] > 0 {
            return Some(CityShield {}.into());
        }
        let price = self.rules.items.prices[Item::Shield8h];
        self.spare(price).then(|| ItemBuy { item: Item::Shield8h, count: None }.into())
    }

    /// Who was attacked by several makes up their mind to move away.
    fn wander_off(&self) -> Option<Command> {
        let price = self.rules.items.prices[Item::Relocator];
        let weary = self.attacked(96) > 1 || (self.attacked(96) > 0 && self.spare(2 * price));
        let wants = weary && self.me.relocations < 2 && self.me.items[Item::Relocator] == 0;
        (wants && self.me.diamonds >= price).then(|| ItemBuy { item: Item::Relocator, count: None }.into())
    }

    /// Whether the bot is about to move: until then nobody sets out any more.
    pub(super) fn packed(&self) -> bool {
        self.me.items[Item::Relocator] > 0
    }

    /// Moves away once nobody is out and nobody is in.
    pub(super) fn relocate(&self) -> Option<Command> {
        let again = self.me.relocated_at.map(|at| at.plus_s(self.rules.protection.relocate_wait_seconds));
        if let Some((guest, _)) = self.eyes.guests().next().filter(|_| self.packed()) {
            return Some(MarchDismiss { march: guest.to_string() }.into());
        }
        let out = self.eyes.marches().next().is_some();
        let ready = self.packed() && !out && again.is_none_or(|at| at <= self.now);
        ready.then(|| CityRelocate { x: None, y: None }.into())
    }

    /// A second crew for who is there to give it work.
    fn crew(&self) -> Option<Command> {
        let rented = self.me.crew_until.is_some_and(|until| until > self.now);
        let busy = self.character.pace != Pace::Casual;
        (busy && !rented && self.spare(self.rules.city.crew_diamonds)).then(|| CityCrew {}.into())
    }

    fn buy_item(&self, rng: &mut Rng) -> Option<Command> {
        let item = pick(rng, &[Item::Speed1h, Item::Speed8h, Item::XpTome, Item::Scroll])?;
        let price = self.rules.items.prices[item];
        (price > 0 && self.spare(price + 100)).then(|| ItemBuy { item, count: None }.into())
    }

    /// Calls something off that has only just begun.
    fn change_mind(&self, rng: &mut Rng) -> Option<Command> {
        let fresh = |started: schemas::GameTime| self.now.since(started) < 2 * HOUR_MS;
        let training = self.me.training.filter(|job| fresh(job.started));
        let healing = self.me.healing.filter(|job| fresh(job.started));
        let building = self.me.builds.iter().find(|job| fresh(job.started));
        let research = self.me.researching.filter(|job| fresh(job.started));
        match rng.below(8) {
            0 => training.map(|_| TroopsCancel { job: TroopJob::Training }.into()),
            1 => healing.map(|_| TroopsCancel { job: TroopJob::Healing }.into()),
            2 => building.map(|job| BuildCancel { building: job.building.key().to_owned() }.into()),
            3 => research.map(|job| ResearchCancel { technology: job.technology.key().to_owned() }.into()),
            _ => None,
        }
    }

    /// Takes gear off somebody who is not the strongest.
    fn undress(&self, rng: &mut Rng) -> Option<Command> {
        let strongest = self.strongest()?;
        let worn = self.me.gear.iter().filter_map(|(id, piece)| Some((*id, piece.hero?)));
        let other = worn.filter(|(_, hero)| *hero != strongest && self.eyes.at_home(*hero));
        let (gear, _) = other.last().filter(|_| once_in(rng, 2))?;
        Some(GearUnequip { gear: gear.to_string() }.into())
    }

    /// Finishes a building or a training for diamonds when little of it is left.
    fn finish_now(&self, rng: &mut Rng) -> Option<Command> {
        let cheap = |due| {
            let price = work::diamonds(self.rules, work::remaining(due, self.now));
            price <= 12 && self.spare(price)
        };
        let with = HastenWith::Diamonds;
        if once_in(rng, 2) {
            self.me.training.filter(|job| cheap(job.due))?;
            return Some(TroopsHasten { job: TroopJob::Training, with, count: None }.into());
        }
        let job = self.me.builds.iter().find(|job| cheap(job.due))?;
        Some(BuildHasten { building: job.building.key().to_owned(), with, count: None }.into())
    }

    fn switch(&self, rng: &mut Rng) -> Option<Command> {
        let kind = pick(rng, &NoticeKind::ALL)?;
        let dm = once_in(rng, 2);
        (self.me.notify.get(&kind) != Some(&dm) && once_in(rng, 4)).then(|| NotifySet { kind, dm }.into())
    }
}
