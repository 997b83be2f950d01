//! What the clients ask for.

use games_core::Rng;
use kernel::Seen;
use schemas::{PlayerId, StoredCommit};
use serde_json::{Value, json};

/// Commands of one game, drawn at random: mostly sensible, sometimes to be refused.
pub trait Workload {
    /// The game.
    fn game(&self) -> &'static str;

    /// Settings of the season.
    fn config(&self) -> serde_json::Value {
        serde_json::Value::Null
    }

    /// The `n`-th command of a player of this world: type and payload.
    fn command(&self, rng: &mut Rng, n: u32, player: PlayerId, scene: &Scene<'_>) -> (String, Vec<u8>);

    /// A question that every player may ask.
    fn question(&self) -> &'static str;

    /// How many of a hundred commands are what the game's own bot would do, for games that have bots worth it: they come
    /// further into a season than commands drawn at random.
    fn bots(&self) -> u64 {
        0
    }

    /// What the operator of a world asks of the game itself now and then.
    fn operator(&self, _rng: &mut Rng, _players: &[PlayerId]) -> Option<(String, Vec<u8>)> {
        None
    }

    /// By how much the clients of a seed think longer, for games that reckon in days.
    fn patience(&self, _rng: &mut Rng) -> u64 {
        1
    }

    /// Most worlds of one seed, for games whose worlds are dear to open.
    fn worlds_max(&self) -> usize {
        usize::MAX
    }

    /// Holdings are weighed against the ledger at every so manieth commit, and at the last.
    fn ledger_every(&self) -> u64 {
        1
    }

    /// Where a player's own city stands, if these events of one commit, as the player is shown them, tell.
    fn home(&self, _player: PlayerId, _events: &[Seen]) -> Option<Place> {
        None
    }

    /// Places that a commit speaks of and that are worth a march.
    fn places(&self, _: &StoredCommit) -> Vec<Place> {
        Vec::new()
    }
}

/// Column and row.
pub type Place = (i64, i64);

/// What a command may be about.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// All players of the world, the asking one too.
    pub players: &'a [PlayerId],
    /// Which of three sides the asking player mostly takes.
    pub side: usize,
    /// Where the asking player's city stands, once that is known.
    pub home: Option<Place>,
    /// Places that are worth a march.
    pub places: &'a [Place],
}

/// The example game.
#[derive(Debug)]
pub struct Harbour;

impl Workload for Harbour {
    fn game(&self) -> &'static str {
        "harbour"
    }

    fn command(&self, rng: &mut Rng, n: u32, _: PlayerId, scene: &Scene<'_>) -> (String, Vec<u8>) {
        if n == 0 || rng.below(40) == 0 {
            return ("Settle".to_owned(), b"{}".to_vec());
        }
        let gold = 1 + rng.below(40);
        if rng.below(2) == 0 {
            let to = pick(rng, scene.players);
            ("Give".to_owned(), format!("{{\"to\":\"{to}\",\"gold\":{gold}}}").into_bytes())
        } else {
            ("Sail".to_owned(), format!("{{\"gold\":{gold}}}").into_bytes())
        }
    }

    fn question(&self) -> &'static str {
        "Purse"
    }
}

/// The season of kingdoms: a big state, many timers, battles.
#[derive(Debug)]
pub struct PopVerse;

/// Columns and rows of the map.
const SIDE: i64 = 100;
const BUILDINGS: [&str; 13] = [
    "hq",
    "farm",
    "iron_mine",
    "mint",
    "warehouse",
    "barracks",
    "academy",
    "hero_hall",
    "wall",
    "watchtower",
    "infirmary",
    "embassy",
    "castle",
];
const TECHNOLOGIES: [&str; 8] = [
    "troop_training_i",
    "agronomy",
    "metallurgy",
    "masonry",
    "logistics",
    "weaponcraft",
    "espionage",
    "alchemy",
];
/// The three whom everybody of a faction begins with come first.
const HEROES: [&str; 7] =
    ["stunt_rookie", "cat_archer", "pipe_squire", "prop_master", "bento_medic", "coin_diver", "nobody"];
const ITEMS: [&str; 7] = ["scroll", "speed_5m", "speed_1h", "speed_8h", "shield_8h", "relocator", "xp_tome"];
const TIERS: [&str; 6] = ["t1", "t1", "t1", "t2", "t3", "t4"];
const WITH: [&str; 4] = ["speed_5m", "speed_1h", "speed_8h", "diamonds"];

impl PopVerse {
    /// A place that is known, one beside it, or any; sometimes one off the map.
    fn place(rng: &mut Rng, scene: &Scene<'_>) -> Place {
        let any = (rng.below(SIDE as u64) as i64, rng.below(SIDE as u64) as i64);
        if scene.places.is_empty() {
            return any;
        }
        let (x, y) = match scene.home {
            Some(home) if rng.below(4) > 0 => {
                let mut near = scene.places.to_vec();
                near.retain(|place| *place != home || rng.below(10) == 0);
                near.sort_by_key(|place| (place.0 - home.0).pow(2) + (place.1 - home.1).pow(2));
                near.truncate(3);
                if near.is_empty() { home } else { pick(rng, &near) }
            }
            _ => pick(rng, scene.places),
        };
        match rng.below(12) {
            0 => any,
            1 => (x + rng.below(5) as i64 - 2, y + rng.below(5) as i64 - 2),
            2 => (x, y + SIDE),
            _ => (x, y),
        }
    }

    /// Mostly the hero whom the player began with.
    fn hero(rng: &mut Rng, scene: &Scene<'_>) -> &'static str {
        match rng.below(8) {
            0 => pick(rng, &HEROES),
            _ => HEROES[scene.side],
        }
    }

    fn march(rng: &mut Rng, scene: &Scene<'_>) -> (&'static str, Value) {
        let (x, y) = Self::place(rng, scene);
        match rng.below(8) {
            0 | 1 => ("Scout", json!({ "x": x, "y": y })),
            2 => ("Gather", json!({ "x": x, "y": y, "troops": 1 + rng.below(20) })),
            3 => {
                let t1 = 1 + rng.below(20);
                let attack = json!({ "x": x, "y": y, "hero": Self::hero(rng, scene), "troops": t1, "t1": t1, "t2": 0 });
                ("Attack", attack)
            }
            _ => {
                let (hero, troops) = (Self::hero(rng, scene), 1 + rng.below(40));
                let drop = rng.below(2) == 0;
                ("Attack", json!({ "x": x, "y": y, "hero": hero, "troops": troops, "drop_shield": drop }))
            }
        }
    }

    /// What a player does at home.
    pub(crate) fn city(rng: &mut Rng) -> (&'static str, Value) {
        match rng.below(16) {
            0..=4 => ("BuildStart", json!({ "building": pick(rng, &BUILDINGS) })),
            5 => ("BuildCancel", json!({ "building": pick(rng, &BUILDINGS) })),
            6 => ("BuildHasten", json!({ "building": pick(rng, &BUILDINGS), "with": pick(rng, &WITH) })),
            7..=9 => ("TroopsTrain", json!({ "tier": pick(rng, &TIERS), "count": 1 + rng.below(30) })),
            10 => ("TroopsPromote", json!({ "tier": pick(rng, &TIERS), "count": 1 + rng.below(10) })),
            11 => ("TroopsDismiss", json!({ "tier": pick(rng, &TIERS), "count": 1 + rng.below(5) })),
            12 => {
                ("TroopsHeal", if rng.below(2) == 0 { json!({}) } else { json!({ "t1": 1 + rng.below(5) }) })
            }
            13 => {
                let job = pick(rng, &["training", "healing"]);
                if rng.below(2) == 0 {
                    ("TroopsCancel", json!({ "job": job }))
                } else {
                    (
                        "TroopsHasten",
                        json!({ "job": job, "with": pick(rng, &WITH), "count": 1 + rng.below(3) }),
                    )
                }
            }
            14 => ("ResearchStart", json!({ "technology": pick(rng, &TECHNOLOGIES) })),
            _ => match rng.below(3) {
                0 => ("CityShield", json!({})),
                1 => ("CityCrew", json!({})),
                _ => ("CityRelocate", json!({})),
            },
        }
    }

    fn chest(rng: &mut Rng, scene: &Scene<'_>) -> (&'static str, Value) {
        match rng.below(10) {
            0..=2 => {
                let pay = pick(rng, &["scrolls", "diamonds"]);
                ("HeroSummon", json!({ "pay": pay, "count": 1 + rng.below(3) }))
            }
            3 | 4 => ("HeroTome", json!({ "hero": Self::hero(rng, scene), "count": 1 + rng.below(2) })),
            5 => ("CityWarden", json!({ "hero": Self::hero(rng, scene) })),
            6 => {
                let gear = (1 + rng.below(5)).to_string();
                if rng.below(3) == 0 {
                    ("GearSalvage", json!({ "gear": gear }))
                } else {
                    ("GearEquip", json!({ "gear": gear, "hero": Self::hero(rng, scene) }))
                }
            }
            _ => ("ItemBuy", json!({ "item": pick(rng, &ITEMS), "count": 1 + rng.below(3) })),
        }
    }
}

impl Workload for PopVerse {
    fn game(&self) -> &'static str {
        "popverse-kingdoms"
    }

    fn config(&self) -> Value {
        json!({ "season_days": 30 })
    }

    fn bots(&self) -> u64 {
        50
    }

    fn command(&self, rng: &mut Rng, n: u32, _: PlayerId, scene: &Scene<'_>) -> (String, Vec<u8>) {
        let sides = ["cinema", "otaku", "arcade"];
        let join = |rng: &mut Rng| {
            let side = if rng.below(6) == 0 { pick(rng, &sides) } else { sides[scene.side] };
            ("Join", json!({ "faction": side }))
        };
        let (kind, mut payload) = match rng.below(100) {
            _ if n == 0 => join(rng),
            0..=2 => join(rng),
            3 if rng.below(4) == 0 => ("PrivacyDelete", json!({ "confirm": rng.below(2) == 0 })),
            3 => ("PrivacyAnonymize", json!({ "confirm": rng.below(2) == 0 })),
            4..=9 => ("MarchRecall", json!({ "march": (1 + rng.below(8)).to_string() })),
            10..=44 => Self::march(rng, scene),
            45..=84 => Self::city(rng),
            _ => Self::chest(rng, scene),
        };
        if n > 0 && rng.below(60) == 0 {
            payload["surprise"] = json!(true);
        }
        (kind.to_owned(), told(&payload))
    }

    fn question(&self) -> &'static str {
        "CityView"
    }

    fn operator(&self, rng: &mut Rng, players: &[PlayerId]) -> Option<(String, Vec<u8>)> {
        let player = pick(rng, players);
        let payload = match rng.below(40) {
            0 => {
                return Some((
                    "AdminSuspend".to_owned(),
                    told(&json!({ "player": player, "reason": "sim" })),
                ));
            }
            1..=3 => {
                return Some((
                    "AdminReinstate".to_owned(),
                    told(&json!({ "player": player, "reason": "sim" })),
                ));
            }
            _ => {
                let item = pick(rng, &["food", "iron", "gold", "diamonds", "scroll"]);
                let amount = 1 + rng.below(if item == "scroll" { 5 } else { 2000 });
                json!({ "player": player, "item": item, "amount": amount, "reason": "sim" })
            }
        };
        Some(("AdminGrant".to_owned(), told(&payload)))
    }

    fn patience(&self, rng: &mut Rng) -> u64 {
        pick(rng, &[1, 1, 4, 24])
    }

    fn worlds_max(&self) -> usize {
        1
    }

    fn places(&self, stored: &StoredCommit) -> Vec<Place> {
        let Ok(open) = stored.open() else { return Vec::new() };
        let mut places = Vec::new();
        for event in open.events() {
            let Ok(value) = serde_json::from_slice::<Value>(event.payload) else { continue };
            match event.kind {
                "NpcSpawned" | "CityFounded" | "CityRelocated" => places.extend(tile(&value)),
                "MapGenerated" => {
                    let nodes = value["map"]["nodes"].as_array();
                    places.extend(nodes.into_iter().flatten().filter_map(tile));
                }
                _ => {}
            }
        }
        places
    }

    fn home(&self, player: PlayerId, events: &[Seen]) -> Option<Place> {
        let payload = |kind: &str| -> Option<Value> {
            let event = events.iter().find(|event| event.kind == kind)?;
            serde_json::from_slice(&event.payload).ok()
        };
        let own = payload("PlayerJoined")?["player"] == player.to_string();
        own.then(|| tile(&payload("CityFounded")?))?
    }
}

/// The place that a payload calls its tile.
fn tile(value: &Value) -> Option<Place> {
    let tile = value.get("tile")?.as_i64()?;
    Some((tile % SIDE, tile / SIDE))
}

fn told(payload: &Value) -> Vec<u8> {
    payload.to_string().into_bytes()
}

fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.below(from.len() as u64) as usize]
}
