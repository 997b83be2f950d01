//! Arena, lands, conquests, guilds, quests (rulebook 2.13, 2.14, 2.17–2.19).

use std::collections::BTreeMap;

use games_core::Moment;
use games_core::balance::Section;
use serde_json::json;

use super::stats::{percent, quantile};
use crate::event::{ArenaFought, Event, LandOwner, Opponent};
use crate::facts;
use crate::formulas::conquest::{Bearer, bearer};
use crate::ids::{BannerId, Pn};
use crate::keys::{Faction, ParcelType};
use crate::rules::Rules;
use crate::state::State;

/// Fights whose challenger had about the same expectation.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket {
    pub(super) fights: i64,
    pub(super) won: i64,
    /// Σ of expectations, ten-thousandths.
    pub(super) expected: i64,
}

/// What players did with and to each other.
#[derive(Debug)]
pub(super) struct Society {
    /// By whole tenths of the challenger's expectation, against players.
    pub(super) arena: BTreeMap<i64, Bucket>,
    pub(super) against_bots: Bucket,
    /// Ratings after any fight, least and most.
    pub(super) ratings: Option<(i64, i64)>,
    /// Largest gain and largest loss of one fight.
    pub(super) changes: (i64, i64),
    /// Largest difference of ratings in an offer of opponents.
    pub(super) gap_most: i64,
    /// Opponents in an offer, least and most.
    pub(super) offers: (usize, usize),
    /// Lowest rating that decay has left.
    pub(super) decayed: Option<i64>,
    fights_today: BTreeMap<(Pn, i64), i64>,
    lands: BTreeMap<(&'static str, ParcelType), i64>,
    conquests: Vec<Conquest>,
    quests: BTreeMap<&'static str, (i64, i64)>,
    chests: i64,
    /// Most members of a guild, most officers, most parcels of one player.
    pub(super) guild_most: (usize, i64),
    pub(super) parcels_most: usize,
    /// Most points that one tick of a conquest brought.
    pub(super) tick_most: i64,
    /// Most armies in one garrison.
    pub(super) garrison_most: usize,
}

impl Default for Society {
    fn default() -> Self {
        Self {
            arena: BTreeMap::new(),
            against_bots: Bucket::default(),
            ratings: None,
            changes: (0, 0),
            gap_most: 0,
            offers: (usize::MAX, 0),
            decayed: None,
            fights_today: BTreeMap::new(),
            lands: BTreeMap::new(),
            conquests: Vec::new(),
            quests: BTreeMap::new(),
            chests: 0,
            guild_most: (0, 0),
            parcels_most: 0,
            tick_most: 0,
            garrison_most: 0,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Conquest {
    number: u64,
    banners: usize,
    winner: Option<(BannerId, Option<Faction>, i64)>,
}

/// The faction of a banner.
fn faction_of(rules: &Rules, state: &State, banner: BannerId) -> Option<Faction> {
    match bearer(rules, banner) {
        Bearer::Guild(id) => state.guilds.get(&id).map(|guild| guild.faction),
        Bearer::Player(pn) => state.player(pn).map(|player| player.faction),
    }
}

impl Society {
    #[allow(clippy::wildcard_enum_match_arm, reason = "most events are about one player alone")]
    pub(super) fn event(&mut self, rules: &Rules, state: &State, event: &Event, at: Moment<'_>) {
        match event {
            Event::ArenaFought(e) => self.fought(state, e, at),
            Event::ArenaOpponentsOffered(e) => {
                let players = e.entries.iter().filter(|entry| matches!(entry.opponent, Opponent::Player(_)));
                let gap = players.map(|entry| (entry.rating - e.rating).abs()).max().unwrap_or(0);
                self.gap_most = self.gap_most.max(gap);
                self.offers.0 = self.offers.0.min(e.entries.len());
                self.offers.1 = self.offers.1.max(e.entries.len());
            }
            Event::ArenaRatingDecayed(e) => {
                self.decayed = Some(self.decayed.map_or(e.after, |least| least.min(e.after)));
            }
            Event::LandBought(e) => self.land("bought", state, e.parcel, Some(e.buyer)),
            Event::LandSold(e) => self.land("sold", state, e.parcel, Some(e.buyer)),
            Event::LandReturned(e) => self.land("returned", state, e.parcel, None),
            Event::LandForeclosed(e) => self.land("foreclosed", state, e.parcel, None),
            Event::LandSeized(e) => {
                self.land("seized", state, e.parcel, e.to.map(LandOwner::Player));
            }
            Event::GuildJoined(e) => {
                let members = state.guilds.get(&e.guild).map_or(0, |guild| guild.members.len());
                self.guild_most.0 = self.guild_most.0.max(members);
            }
            Event::GuildRoleChanged(e) => {
                let officers = state.guilds.get(&e.guild).map_or(0, crate::state::Guild::officers);
                self.guild_most.1 = self.guild_most.1.max(officers);
            }
            Event::ConquestScored(e) => {
                let points: i64 = e.points.iter().map(|point| point.points).sum();
                self.tick_most = self.tick_most.max(points);
            }
            Event::ConquestArmyJoinedGarrison(e) => {
                let here = state.conquests.get(&e.conquest).map(|c| c.points[e.point].garrison.len());
                self.garrison_most = self.garrison_most.max(here.unwrap_or(0));
            }
            Event::ConquestEnded(e) => {
                let first = e.ranking.first();
                let winner = first.map(|r| (r.banner, faction_of(rules, state, r.banner), r.score));
                self.conquests.push(Conquest { number: e.conquest.get(), banners: e.ranking.len(), winner });
            }
            Event::DailyQuestsAssigned(e) => {
                for quest in &e.quests {
                    self.quests.entry(quest.quest.key()).or_default().0 += 1;
                }
            }
            Event::QuestCompleted(e) => self.quests.entry(e.quest.key()).or_default().1 += 1,
            Event::QuestChestOpened(_) => self.chests += 1,
            _ => {}
        }
    }

    fn fought(&mut self, state: &State, e: &ArenaFought, at: Moment<'_>) {
        let bucket = match e.opponent {
            Opponent::Player(_) => self.arena.entry(e.expected / 1000).or_default(),
            Opponent::Bot(_) => &mut self.against_bots,
        };
        bucket.fights += 1;
        bucket.won += i64::from(e.won);
        bucket.expected += e.expected;
        *self.fights_today.entry((e.pn, state.day(at.now))).or_default() += 1;
        for rating in e.ratings {
            let (least, most) = self.ratings.unwrap_or((rating, rating));
            self.ratings = Some((least.min(rating), most.max(rating)));
        }
        for change in e.changes {
            self.changes = (self.changes.0.max(change), self.changes.1.min(change));
        }
    }

    fn land(&mut self, what: &'static str, state: &State, no: crate::ids::ParcelNo, to: Option<LandOwner>) {
        if let Some(land) = state.lands.get(&no) {
            *self.lands.entry((what, land.kind)).or_default() += 1;
        }
        if let Some(LandOwner::Player(pn)) = to {
            let own = facts::land::of(state, LandOwner::Player(pn)).count();
            self.parcels_most = self.parcels_most.max(own);
        }
    }

    /// Most arena fights of one player on one day.
    pub(super) fn fights_most(&self) -> i64 {
        self.fights_today.values().copied().max().unwrap_or(0)
    }

    pub(super) fn sections(&self, rules: &Rules, state: &State) -> Vec<Section> {
        vec![
            ratings(state),
            self.expectations(),
            self.lands(state),
            self.conquests(rules, state),
            self.quests(),
        ]
    }

    fn expectations(&self) -> Section {
        let mut section = Section::new(
            "arena: expected and real wins of the challenger",
            &["expected", "fights", "expected %", "won %"],
        );
        let mut row = |name: String, bucket: &Bucket| {
            section.row(vec![
                json!(name),
                json!(bucket.fights),
                json!(percent(bucket.expected, bucket.fights * 10_000)),
                json!(percent(bucket.won, bucket.fights)),
            ]);
        };
        for (tenth, bucket) in &self.arena {
            row(format!("{}–{} %", tenth * 10, tenth * 10 + 10), bucket);
        }
        row("bots".to_owned(), &self.against_bots);
        section
    }

    fn lands(&self, state: &State) -> Section {
        let columns = [
            "type",
            "bought",
            "sold",
            "seized",
            "returned",
            "foreclosed",
            "cinema",
            "otaku",
            "arcade",
            "unowned",
        ];
        let mut section = Section::new("lands: what happened, and who holds them at the end", &columns);
        for kind in ParcelType::ALL {
            let did = |what| json!(self.lands.get(&(what, kind)).copied().unwrap_or(0));
            let of_kind = || state.lands.values().filter(|land| land.kind == kind);
            let held = |by: Option<Faction>| {
                json!(of_kind().filter(|land| facts::land::faction(state, land) == by).count())
            };
            section.row(vec![
                json!(kind.key()),
                did("bought"),
                did("sold"),
                did("seized"),
                did("returned"),
                did("foreclosed"),
                held(Some(Faction::Cinema)),
                held(Some(Faction::Otaku)),
                held(Some(Faction::Arcade)),
                held(None),
            ]);
        }
        section
    }

    fn conquests(&self, rules: &Rules, state: &State) -> Section {
        let mut section =
            Section::new("conquests", &["number", "banners that scored", "winner", "faction", "score"]);
        for conquest in &self.conquests {
            let who = |banner: BannerId| match bearer(rules, banner) {
                Bearer::Guild(id) => format!("guild {id}"),
                Bearer::Player(pn) => format!("player {pn}"),
            };
            section.row(vec![
                json!(conquest.number),
                json!(conquest.banners),
                json!(conquest.winner.map(|(banner, ..)| who(banner))),
                json!(conquest.winner.and_then(|(_, faction, _)| faction).map(Faction::key)),
                json!(conquest.winner.map(|(.., score)| score)),
            ]);
        }
        section.row(vec![
            json!("season"),
            json!(null),
            json!(null),
            json!(state.victor.map(Faction::key)),
            json!(Faction::ALL.map(|faction| state.faction_points[faction]).iter().sum::<i64>()),
        ]);
        section
    }

    fn quests(&self) -> Section {
        let mut section = Section::new("quests", &["quest", "assigned", "completed", "completed %"]);
        for (quest, (assigned, completed)) in &self.quests {
            let share = percent(*completed, *assigned);
            section.row(vec![json!(quest), json!(assigned), json!(completed), json!(share)]);
        }
        section.row(vec![json!("chest"), json!(null), json!(self.chests), json!(null)]);
        section
    }
}

/// Ratings of those who fought, by faction and in all.
fn ratings(state: &State) -> Section {
    let columns = ["faction", "fighters", "least", "10 %", "25 %", "median", "75 %", "90 %", "most"];
    let mut section = Section::new("arena ratings", &columns);
    let mut row = |name: &str, faction: Option<Faction>| {
        let fits = |p: &&crate::state::Player| p.arena.fights > 0 && faction.is_none_or(|f| p.faction == f);
        let mut values: Vec<i64> = state.living().filter(fits).map(|p| p.rating).collect();
        values.sort_unstable();
        let quantiles = [0, 100, 250, 500, 750, 900, 1000].map(|mille| json!(quantile(&values, mille)));
        section.row([vec![json!(name), json!(values.len())], quantiles.to_vec()].concat());
    };
    for faction in Faction::ALL {
        row(faction.key(), Some(faction));
    }
    row("all", None);
    section
}
