//! Players: power, growth, what they asked for, and what cheating brought (rulebook 2.3, 2.5, 2.16).

use std::collections::BTreeMap;

use games_core::Moment;
use games_core::balance::{Answered, Section};
use serde_json::json;

use super::stats::{Spread, percent, quantile};
use crate::bot::{Character, Pace, feeder_of};
use crate::event::Event;
use crate::facts;
use crate::formulas::market;
use crate::ids::Pn;
use crate::keys::{Building, Faction, HeroKey, Resource, Tier};
use crate::rules::Rules;
use crate::state::{Player, State};

/// How often something was asked for.
#[derive(Debug, Clone, Default)]
struct Counted {
    accepted: u64,
    refused: BTreeMap<String, u64>,
}

impl Counted {
    fn refusals(&self) -> u64 {
        self.refused.values().sum()
    }
}

/// Season days on which growth is looked at (rulebook 2.16).
pub(super) const MARKS: [i64; 6] = [3, 7, 14, 30, 60, 90];

/// How far a player was at the end of a marked day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) pn: Pn,
    pub(super) hq: i64,
    /// Level of the best hero.
    pub(super) hero: i64,
    pub(super) power: i64,
}

/// What players did and became.
#[derive(Debug, Default)]
pub(super) struct People {
    commands: BTreeMap<String, Counted>,
    /// Commands of those who cheat, and how many of them were refused.
    cheats: (u64, u64),
    heroes: BTreeMap<(Pn, HeroKey), i64>,
    marks: BTreeMap<i64, Vec<Mark>>,
    /// Season day of the first troops of the fourth tier, by player.
    pub(super) first_t4: BTreeMap<Pn, i64>,
    /// What offers brought a player beyond what they paid, in gold at base prices.
    gifts: BTreeMap<Pn, i64>,
    /// Heads by faction at the fullest, and the largest lead of one faction over the smallest.
    pub(super) lead: i64,
    /// Quests handed out in one go, least and most.
    pub(super) quests: Option<(usize, usize)>,
}

impl People {
    pub(super) fn command(&mut self, state: &State, answered: Answered<'_>) {
        let counted = self.commands.entry(answered.kind.to_owned()).or_default();
        match answered.refused {
            None => counted.accepted += 1,
            Some(code) => *counted.refused.entry(code.to_owned()).or_default() += 1,
        }
        let pn = answered.player.and_then(|id| state.by_id.get(&id));
        if pn.is_some_and(|pn| Character::of(*pn).cheats()) {
            self.cheats.0 += 1;
            self.cheats.1 += u64::from(answered.refused.is_some());
        }
    }

    #[allow(clippy::wildcard_enum_match_arm, reason = "most events say nothing about growth")]
    pub(super) fn event(&mut self, rules: &Rules, state: &State, event: &Event, at: Moment<'_>) {
        match event {
            Event::HeroGranted(e) => {
                self.heroes.insert((e.pn, e.hero), 1);
            }
            Event::HeroLevelled(e) => {
                self.heroes.insert((e.pn, e.hero), e.level);
            }
            Event::TrainingCompleted(e) if e.tier == Tier::T4 => {
                self.first_t4.entry(e.pn).or_insert_with(|| state.day(at.now));
            }
            Event::OfferAccepted(e) => {
                let worth = |resource: Resource, amount: i64| match resource {
                    Resource::Gold => amount,
                    Resource::Food | Resource::Iron => {
                        amount * market::base_price(rules, resource) / 1_000_000
                    }
                };
                let given = worth(e.give, e.give_amount) - worth(e.want, e.want_amount);
                *self.gifts.entry(e.by).or_default() += given;
                *self.gifts.entry(e.pn).or_default() -= given;
            }
            Event::PlayerJoined(_) => {
                let heads = Faction::ALL.map(|faction| state.heads(faction));
                let [least, most] = [heads.iter().min(), heads.iter().max()].map(|n| n.copied().unwrap_or(0));
                self.lead = self.lead.max(most - least);
            }
            Event::DailyQuestsAssigned(e) => {
                let n = e.quests.len();
                let (least, most) = self.quests.unwrap_or((n, n));
                self.quests = Some((least.min(n), most.max(n)));
            }
            // The day that begins: the one before it is over.
            Event::DailyResetPassed(e) => self.mark(rules, state, e.day - 1),
            Event::SeasonEnded(_) => self.mark(rules, state, state.config.season_days),
            _ => {}
        }
    }

    fn mark(&mut self, rules: &Rules, state: &State, day: i64) {
        if !MARKS.contains(&day) {
            return;
        }
        let best =
            |pn: Pn| self.heroes.range((pn, HeroKey::ALL[0])..).take_while(move |((of, _), _)| *of == pn);
        let mark = |p: &Player| Mark {
            pn: p.pn,
            hq: facts::level(p, Building::Hq),
            hero: best(p.pn).map(|(_, level)| *level).max().unwrap_or(0),
            power: facts::kingdom_power(rules, state, p),
        };
        let marks: Vec<Mark> = state.living().map(mark).collect();
        self.marks.insert(day, marks);
    }

    /// Median over the honest players of a pace of something on a marked day.
    pub(super) fn median(&self, day: i64, pace: Pace, of: impl Fn(&Mark) -> i64) -> Option<i64> {
        let fits = |mark: &&Mark| {
            let character = Character::of(mark.pn);
            character.pace == pace && !character.cheats()
        };
        let mut values: Vec<i64> = self.marks.get(&day)?.iter().filter(fits).map(of).collect();
        values.sort_unstable();
        (!values.is_empty()).then(|| quantile(&values, 500))
    }

    /// Commands of cheaters, and how many of them were refused.
    pub(super) const fn cheats(&self) -> (u64, u64) {
        self.cheats
    }

    pub(super) fn sections(&self, rules: &Rules, state: &State) -> Vec<Section> {
        vec![factions(rules, state), self.growth(), self.asked(), self.refused(), self.cheaters(rules, state)]
    }

    fn growth(&self) -> Section {
        let columns = [
            "day",
            "HQ very active",
            "HQ regular",
            "HQ casual",
            "hero very active",
            "hero regular",
            "power mean",
        ];
        let mut section = Section::new("growth: medians at the end of a day", &columns);
        for (day, marks) in &self.marks {
            let hq = |pace| json!(self.median(*day, pace, |mark| mark.hq));
            let hero = |pace| json!(self.median(*day, pace, |mark| mark.hero));
            let power = Spread::of(marks.iter().map(|mark| mark.power).collect()).mean;
            section.row(vec![
                json!(day),
                hq(Pace::VeryActive),
                hq(Pace::Regular),
                hq(Pace::Casual),
                hero(Pace::VeryActive),
                hero(Pace::Regular),
                json!(power),
            ]);
        }
        section
    }

    fn asked(&self) -> Section {
        let mut section =
            Section::new("commands", &["command", "asked", "accepted %", "first refusal", "of it"]);
        let mut rows: Vec<_> = self.commands.iter().collect();
        rows.sort_by_key(|(kind, counted)| {
            (std::cmp::Reverse(counted.accepted + counted.refusals()), (*kind).clone())
        });
        for (kind, counted) in rows {
            let asked = counted.accepted + counted.refusals();
            let first =
                counted.refused.iter().max_by_key(|(code, n)| (**n, std::cmp::Reverse((*code).clone())));
            section.row(vec![
                json!(kind),
                json!(asked),
                json!(percent(counted.accepted as i64, asked as i64)),
                json!(first.map(|(code, _)| code)),
                json!(first.map(|(_, n)| n)),
            ]);
        }
        section
    }

    fn refused(&self) -> Section {
        let mut codes: BTreeMap<&str, u64> = BTreeMap::new();
        for (code, n) in self.commands.values().flat_map(|counted| &counted.refused) {
            *codes.entry(code).or_default() += n;
        }
        let mut rows: Vec<(&str, u64)> = codes.into_iter().collect();
        rows.sort_by_key(|(code, n)| (std::cmp::Reverse(*n), *code));
        let mut section = Section::new("refusals", &["code", "count"]);
        for (code, n) in rows {
            section.row(vec![json!(code), json!(n)]);
        }
        section
    }

    /// Those who cheat, those who are fed, all others: power, score of the arena, what offers brought.
    fn cheaters(&self, rules: &Rules, state: &State) -> Section {
        let columns =
            ["who", "players", "power mean", "power median", "rating mean", "gold from offers, mean"];
        let mut section = Section::new("cheaters against honest players", &columns);
        let mut row = |name: &str, fits: &dyn Fn(Pn) -> bool| {
            let players: Vec<&Player> = state.living().filter(|p| fits(p.pn)).collect();
            if players.is_empty() {
                return;
            }
            let power = Spread::of(players.iter().map(|p| facts::kingdom_power(rules, state, p)).collect());
            let rating = Spread::of(players.iter().map(|p| p.rating).collect());
            let gifts =
                Spread::of(players.iter().map(|p| self.gifts.get(&p.pn).copied().unwrap_or(0)).collect());
            section.row(vec![
                json!(name),
                json!(power.count),
                json!(power.mean),
                json!(power.median),
                json!(rating.mean),
                json!(gifts.mean),
            ]);
        };
        let (cheats, fed) = (|pn| Character::of(pn).cheats(), |pn| feeder_of(pn).is_some());
        row("cheaters", &cheats);
        row("fed by cheaters", &fed);
        let pace = |pn| Character::of(pn).pace;
        row("honest, very active", &|pn| !cheats(pn) && !fed(pn) && pace(pn) == Pace::VeryActive);
        row("honest, regular", &|pn| !cheats(pn) && !fed(pn) && pace(pn) == Pace::Regular);
        row("honest, casual", &|pn| !cheats(pn) && !fed(pn) && pace(pn) == Pace::Casual);
        section
    }

    /// Mean power of those who are fed, and of the honest who play as much; none without either.
    pub(super) fn fed_against_honest(rules: &Rules, state: &State) -> Option<(i64, i64)> {
        let mean = |fits: &dyn Fn(Pn) -> bool| {
            let players = state.living().filter(|p| fits(p.pn));
            Spread::of(players.map(|p| facts::kingdom_power(rules, state, p)).collect())
        };
        let pace = |pn| Character::of(pn).pace;
        let paces: Vec<Pace> =
            state.living().map(|p| p.pn).filter(|pn| feeder_of(*pn).is_some()).map(pace).collect();
        let fed = mean(&|pn| feeder_of(pn).is_some());
        let honest =
            mean(&|pn| !Character::of(pn).cheats() && feeder_of(pn).is_none() && paces.contains(&pace(pn)));
        (fed.count > 0 && honest.count > 0).then_some((fed.mean, honest.mean))
    }
}

/// Power of a faction's players.
pub(super) fn power_of(rules: &Rules, state: &State, faction: Faction) -> Spread {
    let players = state.living().filter(|p| p.faction == faction);
    Spread::of(players.map(|p| facts::kingdom_power(rules, state, p)).collect())
}

/// Power of a faction's living troops and heroes, by mean: what the rulebook calls army power.
pub(super) fn army_of(rules: &Rules, state: &State, faction: Faction) -> Spread {
    let army = |p: &Player| {
        let heroes: i64 = p.heroes.keys().map(|key| facts::heroes::power(rules, p, *key)).sum();
        crate::formulas::power::troops(rules, facts::army::living(state, p)) + heroes
    };
    Spread::of(state.living().filter(|p| p.faction == faction).map(army).collect())
}

fn factions(rules: &Rules, state: &State) -> Section {
    let columns = [
        "faction",
        "players",
        "power mean",
        "median",
        "least",
        "most",
        "top 10 ‰",
        "army mean",
        "conquest points",
    ];
    let mut section = Section::new("players and power by faction", &columns);
    for faction in Faction::ALL {
        let power = power_of(rules, state, faction);
        section.row(vec![
            json!(faction.key()),
            json!(power.count),
            json!(power.mean),
            json!(power.median),
            json!(power.least),
            json!(power.most),
            json!(power.top),
            json!(army_of(rules, state, faction).mean),
            json!(state.faction_points[faction]),
        ]);
    }
    section
}
