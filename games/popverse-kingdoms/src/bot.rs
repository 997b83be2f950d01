//! Bots: players by the same path as people, with characters, who play the whole game. They look through
//! [`eyes::Eyes`] alone, so they know what their player may know; what the fog hides from them they try, as people do, and
//! some of it is refused. All chance is theirs, never the world's.

mod arena;
mod character;
mod cheat;
mod conquest;
mod eyes;
mod field;
mod guild;
mod hall;
mod home;
mod land;
mod market;
mod war;
mod whim;

pub use character::{Character, Pace, Style, fed_by, feeder_of};

use games_core::Rng;
use schemas::{GameTime, PlayerId};

use crate::amounts::Res;
use crate::command::{Command, Join};
use crate::facts;
use crate::keys::{Building, Faction, Quest};
use crate::rules::Rules;
use crate::state::{Player, State, Status};
use eyes::Eyes;

/// All that a bot goes by.
struct Bot<'a> {
    rules: &'a Rules,
    me: &'a Player,
    now: GameTime,
    eyes: Eyes<'a>,
    character: Character,
    /// Stores, settled.
    stock: Res,
    /// What they gain an hour.
    rates: Res,
    /// What they hold.
    caps: Res,
}

/// Something to care about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Area {
    Home,
    Hall,
    Field,
    War,
    Guild,
    Land,
    Market,
    Arena,
    Conquest,
    Whim,
}

impl Area {
    const ALL: [Self; 10] = [
        Self::Home,
        Self::Hall,
        Self::Field,
        Self::War,
        Self::Guild,
        Self::Land,
        Self::Market,
        Self::Arena,
        Self::Conquest,
        Self::Whim,
    ];

    /// Where a quest is worked on.
    const fn of(quest: Quest) -> Self {
        match quest {
            Quest::TrainTroops | Quest::FinishBuildings | Quest::StartResearch | Quest::HealTroops => {
                Self::Home
            }
            Quest::WinHunts | Quest::GatherResources | Quest::SendScouts | Quest::ExploreTiles => Self::Field,
            Quest::ArenaFights => Self::Arena,
            Quest::DonateGuild => Self::Guild,
            Quest::ExchangeTrade => Self::Market,
            Quest::WinCityBattles => Self::War,
        }
    }

    /// How much a character cares about it.
    fn weight(self, character: Character) -> u64 {
        match self {
            Self::Home => 16 * character.likes(Style::Farmer),
            Self::Hall => 8,
            Self::Field => 14 * character.likes(Style::Farmer),
            Self::War => 4 * character.likes(Style::Raider),
            Self::Guild => 5 * character.likes(Style::Officer),
            Self::Land => 3 * character.likes(Style::Lander),
            Self::Market => 3 * character.likes(Style::Trader),
            Self::Arena => 4 * character.likes(Style::Gladiator),
            Self::Conquest => 6 * character.likes(Style::Conqueror),
            Self::Whim => 2,
        }
    }
}

/// What a bot does next, if anything.
pub(crate) fn play(
    rules: &Rules,
    state: &State,
    player: PlayerId,
    now: GameTime,
    rng: &mut Rng,
) -> Option<Command> {
    if state.ended {
        return None;
    }
    let Some(me) = state.find(player) else { return join(rules, state, rng) };
    let character = Character::of(me.pn);
    if me.status != Status::Active || !character.awake(now, rng) {
        return None;
    }
    let eyes = Eyes::new(rules, state, me, now);
    let (stock, rates) = (eyes.stock(), eyes.rates());
    let bot = Bot { rules, me, now, character, stock, rates, caps: facts::economy::caps(rules, me), eyes };
    bot.act(rng)
}

/// Joins a faction that has room: whoever comes after another the next one, so that each gets as many of every character;
/// else by lot among the smallest.
fn join(rules: &Rules, state: &State, rng: &mut Rng) -> Option<Command> {
    if state.living().count() as i64 >= state.config.max_players {
        return None;
    }
    let heads = Faction::ALL.map(|faction| state.heads(faction));
    let least = heads.into_iter().min()?;
    let open: Vec<Faction> = Faction::ALL
        .into_iter()
        .filter(|f| heads[f.index()] - least < rules.joining.faction_lead.min(2))
        .collect();
    let turn = Faction::ALL.get(state.players.len() % Faction::ALL.len()).copied();
    let turn = turn.filter(|faction| open.contains(faction));
    turn.or_else(|| pick(rng, &open)).map(|faction| Join { faction }.into())
}

impl Bot<'_> {
    /// What can not wait, then whatever the bot happens to think of first.
    fn act(&self, rng: &mut Rng) -> Option<Command> {
        if self.character.cheats() && rng.below(3) == 0 {
            return self.cheat(rng);
        }
        self.claim()
            .or_else(|| self.relocate())
            .or_else(|| self.recall())
            .or_else(|| self.fight_on(rng))
            .or_else(|| if once_in(rng, 2) { self.conquer() } else { None })
            .or_else(|| if self.free_slot() && once_in(rng, 2) { self.hunt(rng) } else { None })
            .or_else(|| self.wander(rng))
    }

    /// Areas in an order drawn by how much the character cares, until there is something to do in one.
    fn wander(&self, rng: &mut Rng) -> Option<Command> {
        let mut left = Area::ALL.map(|area| (area, area.weight(self.character) + self.errands(area)));
        loop {
            let total: u64 = left.iter().map(|(_, weight)| weight).sum();
            if total == 0 {
                return None;
            }
            let mut lot = rng.below(total);
            let drawn = left.iter_mut().find(|(_, weight)| {
                let hit = lot < *weight;
                lot = lot.saturating_sub(*weight);
                hit
            });
            let (area, weight) = drawn?;
            *weight = 0;
            if let Some(command) = self.care(*area, rng) {
                return Some(command);
            }
        }
    }

    /// How much more a bot cares about an area for the quests of the day.
    fn errands(&self, area: Area) -> u64 {
        let open = self.me.quests.iter().flat_map(|quests| &quests.lines).filter(|line| !line.done());
        open.filter(|line| Area::of(line.quest) == area).count() as u64 * 12
    }

    fn care(&self, area: Area, rng: &mut Rng) -> Option<Command> {
        match area {
            Area::Home => self.household(rng),
            Area::Hall => self.heroes(rng),
            Area::Field => self.field(rng),
            Area::War => self.war(rng),
            Area::Guild => self.fellowship(rng),
            Area::Land => self.lands(rng),
            Area::Market => self.trade(rng),
            Area::Arena => self.arena(rng),
            Area::Conquest => self.conquer(),
            Area::Whim => self.whim(rng),
        }
    }

    fn level(&self, building: Building) -> i64 {
        facts::level(self.me, building)
    }

    /// ‰ of a resource's cap that the stores hold; of a bot's own choosing, not to lose what is produced.
    fn full(&self, resource: crate::keys::Resource) -> i64 {
        self.stock[resource] * 1000 / self.caps[resource].max(1)
    }

    /// Whether a march slot is free, and somebody is to set out.
    fn free_slot(&self) -> bool {
        !self.packed() && self.eyes.out().0 < facts::march_slots(self.rules, self.me)
    }
}

/// One of these by lot.
fn pick<T: Copy>(rng: &mut Rng, among: &[T]) -> Option<T> {
    let at = rng.below(among.len().max(1) as u64);
    among.get(usize::try_from(at).ok()?).copied()
}

/// True once in `n` times.
fn once_in(rng: &mut Rng, n: u64) -> bool {
    rng.below(n.max(1)) == 0
}
