//! A world in memory: commands in, events out, time that passes. Every event is folded twice, live and from its
//! encoded bytes, so that what differs shows at once.

#![allow(dead_code, unreachable_pub, missing_docs, reason = "a helper; each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test may fail the test"
)]

use games_core::decision::{Decision, DecisionInput, Draws};
use games_core::view::{Cell, RowKey};
use games_core::{Asked, Counters, Game, Moment, Secret};
use popverse_kingdoms::PopVerse;
use popverse_kingdoms::command::Command;
use popverse_kingdoms::config::Config;
use popverse_kingdoms::event::Event;
use popverse_kingdoms::ids::Pn;
use popverse_kingdoms::keys::Faction;
use popverse_kingdoms::query::Query;
use popverse_kingdoms::rules::Rules;
use popverse_kingdoms::state::{Player, State};
use schemas::codec::Recorded;
use schemas::{Actor, Facts, GameTime, PlayerId, Position, Rejection};
use serde_json::Value;

/// Monday, 2 March 2026, 00:00 UTC.
pub const OPEN: i64 = 1_772_409_600_000;

/// The secret of test world n (rulebook 8).
pub fn secret(n: u64) -> Secret {
    let mut bytes = [0_u8; 32];
    bytes[24..].copy_from_slice(&n.to_be_bytes());
    Secret::new(bytes)
}

/// A player by a small number.
pub fn player(n: u64) -> PlayerId {
    PlayerId::from_bits(n)
}

/// Where control points are meant to be (rulebook 2.4).
pub const POINTS: [(i64, i64); 5] = [(50, 50), (50, 25), (75, 50), (50, 75), (25, 50)];

pub struct Harness {
    pub rules: Rules,
    pub state: State,
    /// The same world folded from encoded events only.
    pub replayed: State,
    pub secret: Secret,
    pub now: GameTime,
    pub counters: Counters,
    pub ledger: std::collections::BTreeMap<&'static str, i64>,
    pub draws: Draws,
    pub facts: Facts,
    pub log: Vec<Event>,
    /// Rows of current state as a projector would keep them.
    pub rows: std::collections::BTreeMap<RowKey, Vec<Cell>>,
    /// How often a column of a row that stayed was given another value: table and column.
    pub changes: std::collections::BTreeMap<(usize, usize), u64>,
    /// How many rows there ever were, by table.
    pub inserts: std::collections::BTreeMap<usize, u64>,
    pub notices: Vec<games_core::game::Notice>,
    /// Notices of which nobody wants a message.
    pub unwanted: Vec<games_core::game::Notice>,
    /// Who watches for the balance report, in the scenes that ask for one.
    pub balance: Option<Box<dyn games_core::balance::Balance<PopVerse>>>,
    position: u64,
    causes: u64,
}

impl Harness {
    pub fn new(world: u64) -> Self {
        Self::with(world, &Config::default())
    }

    pub fn with(world: u64, config: &Config) -> Self {
        let mut h = Self::bare(config);
        h.secret = secret(world);
        h.decide("open", PopVerse::open);
        h
    }

    /// A world before its opening, for scenes that bring their own map.
    pub fn bare(config: &Config) -> Self {
        let rules = Rules::v1().unwrap();
        let now = GameTime::from_ms(OPEN);
        let state = PopVerse::genesis(&rules, config, now);
        Self {
            replayed: state.clone(),
            rules,
            state,
            secret: secret(0),
            now,
            counters: Counters::default(),
            ledger: std::collections::BTreeMap::new(),
            draws: None,
            facts: Facts::default(),
            log: Vec::new(),
            rows: std::collections::BTreeMap::new(),
            changes: std::collections::BTreeMap::new(),
            inserts: std::collections::BTreeMap::new(),
            notices: Vec::new(),
            unwanted: Vec::new(),
            balance: None,
            position: 0,
            causes: 0,
        }
    }

    fn decide(&mut self, cause: &str, effect: impl FnOnce(&mut Decision<'_, PopVerse>)) -> Vec<Event> {
        let first = self.position + 1;
        let mut decision = Decision::new(DecisionInput {
            rules: &self.rules,
            state: &mut self.state,
            secret: &self.secret,
            cause,
            now: self.now,
            next: Position::new(first),
            counters: &mut self.counters,
            known: None,
            draws: self.draws.take(),
        });
        effect(&mut decision);
        let (events, _) = decision.finish();
        self.position += events.len() as u64;
        for (i, event) in events.iter().enumerate() {
            let mut bytes = Vec::new();
            event.encode(&mut bytes).unwrap();
            let back = Event::decode(event.kind(), event.version(), &bytes).unwrap();
            assert_eq!(&back, event, "{} does not read back", event.kind());
            let at = Moment { now: self.now, cause, position: Position::new(first + i as u64) };
            PopVerse::evolve(&self.rules, &mut self.replayed, &back, at);
            if let Some(balance) = &mut self.balance {
                balance.event(&self.rules, &self.replayed, &back, at);
            }
            let mut entries = Vec::new();
            PopVerse::ledger(event, &mut entries);
            for (account, amount) in entries {
                *self.ledger.entry(account).or_default() += amount;
            }
        }
        self.log.extend(events.clone());
        self.project(&events);
        events
    }

    fn project(&mut self, events: &[Event]) {
        let mut keys = Vec::new();
        for event in events {
            PopVerse::touched(&self.state, event, &mut keys);
            let mut told = Vec::new();
            PopVerse::notices(&self.rules, &self.state, event, &mut told);
            let (wanted, unwanted): (Vec<_>, Vec<_>) = told.into_iter().partition(|notice| notice.wanted);
            self.notices.extend(wanted);
            self.unwanted.extend(unwanted);
        }
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            match PopVerse::row(&self.rules, &self.state, &key) {
                Some(row) => {
                    assert_eq!(row.len(), PopVerse::tables()[key.table].columns.len(), "{key:?}");
                    let before = self.rows.get(&key);
                    if before.is_none() {
                        *self.inserts.entry(key.table).or_default() += 1;
                    }
                    let pairs = before.into_iter().flatten().zip(&row).enumerate();
                    for (column, _) in pairs.filter(|(_, (old, new))| old != new) {
                        *self.changes.entry((key.table, column)).or_default() += 1;
                    }
                    self.rows.insert(key, row);
                }
                None => {
                    self.rows.remove(&key);
                }
            }
        }
    }

    /// Ends the season as an operator does.
    pub fn close(&mut self, out: &mut Vec<Event>) {
        out.extend(self.decide("close", PopVerse::close));
    }

    /// Folds events as they stand, to set a scene. What they bring counts in the ledger.
    pub fn fold(&mut self, events: impl IntoIterator<Item = Event>) {
        let events: Vec<Event> = events.into_iter().collect();
        self.decide("scene", |d| {
            for event in events {
                d.emit(event);
            }
        });
    }

    /// Changes a player as no event would, to set a scene.
    pub fn patch(&mut self, pn: u32, change: impl Fn(&mut Player)) {
        for state in [&mut self.state, &mut self.replayed] {
            change(&mut state.players[pn as usize - 1]);
        }
        self.rebase();
    }

    /// Changes the state as no event would, to set a scene.
    pub fn scene(&mut self, change: impl Fn(&mut State)) {
        change(&mut self.state);
        change(&mut self.replayed);
        self.rebase();
    }

    /// A flat map without features, the test world's dice, and players with a city each.
    pub fn flat(world: u64, cities: &[(Faction, i64, i64)]) -> Self {
        Self::plains(world, cities, &[])
    }

    /// The same with parcels, gates given: number 1, 2, …
    pub fn plains(
        world: u64,
        cities: &[(Faction, i64, i64)],
        parcels: &[(popverse_kingdoms::keys::ParcelType, i64, i64)],
    ) -> Self {
        use popverse_kingdoms::battle::Digest;
        use popverse_kingdoms::event::{CityFounded, MapGenerated, PlayerJoined};
        use popverse_kingdoms::map::WorldMap;
        use popverse_kingdoms::tile::Tile;
        let mut h = Self::bare(&Config::default());
        h.secret = secret(world);
        let map = WorldMap::flat(&h.rules.map);
        let mut stored = map.store();
        stored.parcels = (1..)
            .zip(parcels)
            .map(|(no, (kind, x, y))| popverse_kingdoms::map::Parcel {
                no,
                kind: *kind,
                gate: Tile::at(*x, *y).unwrap(),
                size: h.rules.map.parcels[*kind].size,
            })
            .collect();
        h.fold(
            [MapGenerated { sealed: 0, terrain_digest: Digest(map.terrain_digest()), map: stored }.into()],
        );
        for (n, (faction, x, y)) in (1_u32..).zip(cities) {
            let joined = PlayerJoined {
                pn: Pn(n),
                player: player(u64::from(n)),
                faction: *faction,
                carried_prestige: 0,
                seasons_played: 0,
                late_bonus: popverse_kingdoms::amounts::Res::ZERO,
                late_speeds: 0,
            };
            let tile = Tile::at(*x, *y).unwrap();
            h.fold([joined.into(), CityFounded { pn: Pn(n), tile, seed: 0, tries: 1 }.into()]);
            h.patch(n, |p| p.explored = Tile::all().collect());
            h.counters.raise("player", u64::from(n));
        }
        h
    }

    /// Puts the five control points on a flat map: crown, north, east, south, west.
    pub fn raise_points(&mut self, at: [(i64, i64); 5]) {
        use popverse_kingdoms::tile::Tile;
        let mut stored = self.state.map().unwrap().store();
        stored.control_points = at.into_iter().map(|(x, y)| Tile::at(x, y).unwrap()).collect();
        let chart = popverse_kingdoms::state::Chart::restore(&self.rules.map, stored).unwrap();
        self.scene(|s| s.chart = Some(std::sync::Arc::new(chart.clone())));
    }

    /// Takes what is held now as the ledger's start.
    pub fn rebase(&mut self) {
        self.ledger = PopVerse::holdings(&self.state).into_iter().collect();
        for (key, row) in &mut self.rows {
            *row = PopVerse::row(&self.rules, &self.state, key).unwrap_or_default();
        }
    }

    /// Lets time pass to a moment, firing what is due at its own time.
    pub fn pass_to(&mut self, to: GameTime) -> Vec<Event> {
        let mut all = Vec::new();
        while let Some(due) = self.state.timers.next().filter(|due| due.due <= to) {
            self.state.timers.clear(&due.key);
            self.replayed.timers.clear(&due.key);
            self.now = self.now.max(due.due);
            let cause = due.id.to_string();
            all.extend(self.decide(&cause, |d| PopVerse::fire(&due.key, d)));
        }
        self.now = self.now.max(to);
        all
    }

    /// Lets seconds pass.
    pub fn pass(&mut self, seconds: i64) -> Vec<Event> {
        self.pass_to(self.now.plus_s(seconds))
    }

    /// The moment so many days and seconds after the opening.
    pub fn day(&mut self, days: i64, seconds: i64) -> Vec<Event> {
        self.pass_to(GameTime::from_ms(OPEN).plus_s(days * 86_400 + seconds))
    }

    pub fn ask(&mut self, actor: &Actor, command: Command) -> Result<Vec<Event>, Rejection> {
        self.pass_to(self.now);
        let facts = self.facts.clone();
        let asked = Asked { actor, facts: &facts, now: self.now };
        let mut bytes = Vec::new();
        command.encode(&mut bytes).unwrap();
        assert_eq!(Command::decode(command.kind(), command.version(), &bytes).unwrap(), command);
        let kind = command.kind();
        let effect = PopVerse::check(&self.rules, &self.state, command, &asked);
        if let Some(balance) = &mut self.balance {
            let refused = effect.as_ref().err().map(|rejection| &*rejection.code);
            let answered = games_core::balance::Answered { player: actor.player(), kind, refused };
            balance.command(&self.state, answered);
        }
        let effect = effect?;
        self.causes += 1;
        let cause = format!("test:{}", self.causes);
        Ok(self.decide(&cause, effect))
    }

    /// A player's command as JSON with its type inside, as in scenario files.
    pub fn send(&mut self, n: u64, command: Value) -> Result<Vec<Event>, Rejection> {
        let command = parse(command);
        self.ask(&Actor::Player(player(n)), command)
    }

    /// The same, and it must be accepted.
    pub fn ok(&mut self, n: u64, command: Value) -> Vec<Event> {
        let shown = command.to_string();
        self.send(n, command).unwrap_or_else(|r| panic!("{shown}: {r:?}"))
    }

    /// The same, and it must be refused; nothing may change.
    pub fn refused(&mut self, n: u64, command: Value) -> Rejection {
        self.pass_to(self.now);
        let before = self.state.clone();
        let shown = command.to_string();
        let rejection = self.send(n, command).expect_err(&shown);
        // Not assert_eq: a whole world is too much to read.
        assert!(self.state == before, "the refusal of {shown} changed something");
        rejection
    }

    /// An administrator's command.
    pub fn admin(&mut self, command: Value) -> Result<Vec<Event>, Rejection> {
        let command = parse(command);
        self.ask(&Actor::Operator("op".to_owned()), command)
    }

    pub fn query(&self, n: u64, query: Value) -> Result<Value, Rejection> {
        let query: Query = serde_json::from_value(query).unwrap();
        let actor = Actor::Player(player(n));
        let asked = Asked { actor: &actor, facts: &self.facts, now: self.now };
        PopVerse::query(&self.rules, &self.state, query, &asked)
    }

    pub fn join(&mut self, n: u64, faction: Faction) -> Pn {
        self.ok(n, serde_json::json!({ "type": "Join", "faction": faction }));
        self.state.find(player(n)).unwrap().pn
    }

    pub fn p(&self, pn: u32) -> &Player {
        self.state.player(Pn(pn)).unwrap()
    }

    /// What must always hold.
    pub fn sound(&self) {
        assert!(self.replayed == self.state, "folded from bytes differs from live");
        for (account, held) in PopVerse::holdings(&self.state) {
            assert_eq!(self.ledger.get(account).copied().unwrap_or(0), held, "{account} is not conserved");
        }
        for (key, row) in &self.rows {
            let now = PopVerse::row(&self.rules, &self.state, key);
            assert_eq!(now.as_ref(), Some(row), "{} {key:?} is stale", PopVerse::tables()[key.table].name);
        }
        let bytes = postcard::to_allocvec(&self.state).unwrap();
        let back: State = postcard::from_bytes(&bytes).unwrap();
        assert!(back == self.state, "a snapshot reads back differently");
        for p in &self.state.players {
            let fine = [p.stores.stock.food, p.stores.stock.iron, p.stores.stock.gold, p.diamonds];
            assert!(fine.iter().all(|n| *n >= 0), "{fine:?} of {} below zero", p.pn);
            let heads = [p.home, p.wounded];
            assert!(heads.iter().all(|t| t.0.iter().all(|n| *n >= 0)), "{heads:?} of {} below zero", p.pn);
            assert!(p.items.values().iter().all(|n| *n >= 0), "items of {} below zero", p.pn);
        }
        for (id, m) in self.state.marches.iter() {
            let fine = m.troops.0.iter().chain(&m.wounded.0).all(|n| *n >= 0);
            assert!(fine && m.load.covers(popverse_kingdoms::amounts::Res::ZERO), "march {id} below zero");
        }
    }
}

/// A command from JSON with its type inside.
pub fn parse(command: Value) -> Command {
    let mut command = command;
    let kind = command.as_object_mut().unwrap().remove("type").unwrap();
    let bytes = serde_json::to_vec(&command).unwrap();
    Command::decode(kind.as_str().unwrap(), 1, &bytes).unwrap()
}

/// A hero of this level with what he unlocks at it.
pub fn hero(level: i64, skills: &[(popverse_kingdoms::keys::Skill, i64)]) -> popverse_kingdoms::state::Hero {
    popverse_kingdoms::state::Hero {
        level,
        xp: 0,
        shards: 0,
        skills: popverse_kingdoms::battle::SkillLevels::of(skills),
        exhausted_until: None,
        weapon: None,
        armor: None,
    }
}

/// The types of events, in order.
pub fn kinds(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(Recorded::kind).collect()
}

/// The payload of the first event of a type, as JSON.
pub fn payload(events: &[Event], kind: &str) -> Value {
    let event = events
        .iter()
        .find(|e| e.kind() == kind)
        .unwrap_or_else(|| panic!("no {kind} in {:?}", kinds(events)));
    let mut bytes = Vec::new();
    event.encode(&mut bytes).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}
