//! What is done and asked in a pair, game by game.

use games_core::Rng;
use schemas::PlayerId;
use serde_json::{Value, json};

use super::{Cast, Hidden, Leaking};
use crate::workload::{Harbour, PopVerse, Scene, Workload};

/// One thing that a player does.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Asks the world to decide: type and options.
    Command(&'static str, Value),
    /// Asks the state: type and options.
    Query(&'static str, Value),
    /// Asks for suggestions: path, option, what was typed.
    Suggest(&'static str, &'static str, &'static str),
}

/// What one game needs for its pairs.
pub trait Secrets {
    /// The game.
    fn game(&self) -> &'static str;

    /// How the n-th player joins: the same in all runs.
    fn join(&self, n: usize) -> (&'static str, Vec<u8>);

    /// What the watched or a neutral player does in a turn, the same in both runs.
    fn public(&self, rng: &mut Rng, hidden: Hidden, cast: &Cast, player: PlayerId, turn: u32) -> Vec<Act>;

    /// What a hidden player does, in each run something else.
    fn hidden(&self, rng: &mut Rng, hidden: Hidden, cast: &Cast) -> Act;

    /// A figure of a player that only that player may know, for planted bugs.
    fn figure(&self, state: &Value, of: PlayerId) -> Value;

    /// The planted bugs that this game has a door for.
    fn leaks(&self) -> &'static [Leaking] {
        &Leaking::ALL
    }
}

fn pick<T: Copy>(rng: &mut Rng, from: &[T]) -> T {
    from[rng.below(from.len() as u64) as usize]
}

/// A command of a workload as an act.
fn drawn(workload: &dyn Workload, rng: &mut Rng, player: PlayerId, scene: &Scene<'_>) -> Option<Act> {
    let (kind, payload) = workload.command(rng, 1, player, scene);
    let game = games_registry::find(workload.game())?;
    let kind = game.commands().iter().find(|known| known.kind == kind)?.kind;
    Some(Act::Command(kind, serde_json::from_slice(&payload).ok()?))
}

/// The example game: who gives whom how much, and what ships bring home.
#[derive(Debug)]
pub struct HarbourSecrets;

impl Secrets for HarbourSecrets {
    fn game(&self) -> &'static str {
        "harbour"
    }

    fn join(&self, _: usize) -> (&'static str, Vec<u8>) {
        ("Settle", b"{}".to_vec())
    }

    fn public(&self, rng: &mut Rng, hidden: Hidden, cast: &Cast, player: PlayerId, _: u32) -> Vec<Act> {
        let scene = Scene { players: &cast.players, side: 0, home: None, places: &[] };
        let act = drawn(&Harbour, rng, player, &scene);
        // Whoever sails is told a number that counts everybody's ships, and rolls.
        let act = act.filter(|act| hidden != Hidden::Dice || !matches!(act, Act::Command("Sail", _)));
        let stranger = PlayerId::from_bits(1000 + rng.below(5));
        let odd = match rng.below(6) {
            0 => Some(Act::Command("Give", json!({ "to": stranger, "gold": 1 }))),
            1 => Some(Act::Command("Give", json!({ "to": pick(rng, cast.hidden()), "gold": 100_000 }))),
            2 => Some(Act::Command("Settle", json!({}))),
            _ => None,
        };
        let asks = [Act::Query("Purse", Value::Null), Act::Suggest("give", "gold", "1")];
        act.into_iter().chain(odd).chain(asks).collect()
    }

    fn hidden(&self, rng: &mut Rng, hidden: Hidden, cast: &Cast) -> Act {
        let gold = 1 + rng.below(60);
        if hidden == Hidden::Dice && rng.below(2) == 0 {
            return Act::Command("Sail", json!({ "gold": gold }));
        }
        Act::Command("Give", json!({ "to": pick(rng, cast.hidden()), "gold": gold }))
    }

    fn figure(&self, state: &Value, of: PlayerId) -> Value {
        state["gold"][of.to_string()].clone()
    }

    fn leaks(&self) -> &'static [Leaking] {
        // It sends no messages.
        &[Leaking::Audience, Leaking::Refusal, Leaking::View, Leaking::Suggestion]
    }
}

/// The season of kingdoms: what others build, buy, learn, whom they trust with their walls, what they summon.
#[derive(Debug)]
pub struct KingdomSecrets;

/// Questions about what is one's own or everybody's.
const QUESTIONS: [&str; 10] = [
    "SeasonStatus",
    "SetupStatus",
    "Profile",
    "CityView",
    "BuildList",
    "ResearchList",
    "TroopsView",
    "MarchList",
    "HeroList",
    "ItemList",
];
const KINDS: [&str; 8] =
    ["city", "bandit_camp", "goblin_outpost", "dragon_lair", "node", "land", "beacon", "control_point"];
const SUGGESTIONS: [(&str, &str); 8] = [
    ("attack", "hero"),
    ("build start", "building"),
    ("build cancel", "building"),
    ("research start", "technology"),
    ("march recall", "march"),
    ("hero skill", "hero"),
    ("gear equip", "gear"),
    ("city warden", "hero"),
];
const HEROES: [&str; 3] = ["stunt_rookie", "cat_archer", "pipe_squire"];

impl KingdomSecrets {
    fn question(rng: &mut Rng, hidden: Hidden, cast: &Cast) -> Act {
        let (x, y) = (rng.below(100), rng.below(100));
        match rng.below(16) {
            0 => Act::Query("MapView", json!({ "x": x, "y": y, "radius": 3 + rng.below(13) })),
            1 => Act::Query("MapView", json!({})),
            // A tile's estimate tells the power of the kingdom on it.
            2 if hidden == Hidden::Quiet => Act::Query("MapTile", json!({ "x": x, "y": y })),
            3 | 4 => Act::Query("MapFind", json!({ "kind": pick(rng, &KINDS) })),
            5 => Act::Query("HeroView", json!({ "hero": pick(rng, &HEROES) })),
            6 => Act::Query("GearList", json!({})),
            // Neutral players' pages always, hidden players' only where their public figures stand still.
            7 => Act::Query("Profile", json!({ "player": cast.players[3] })),
            8 if hidden == Hidden::Quiet => {
                Act::Query("Profile", json!({ "player": pick(rng, cast.hidden()) }))
            }
            9 => Act::Query("Profile", json!({ "player": PlayerId::from_bits(999) })),
            10 | 11 => {
                let (path, option) = pick(rng, &SUGGESTIONS);
                Act::Suggest(path, option, pick(rng, &["", "s", "c", "1"]))
            }
            _ => Act::Query(pick(rng, &QUESTIONS), json!({})),
        }
    }
}

impl Secrets for KingdomSecrets {
    fn game(&self) -> &'static str {
        "popverse-kingdoms"
    }

    fn join(&self, n: usize) -> (&'static str, Vec<u8>) {
        let faction = ["cinema", "otaku", "arcade"][n % 3];
        ("Join", json!({ "faction": faction }).to_string().into_bytes())
    }

    fn public(&self, rng: &mut Rng, hidden: Hidden, cast: &Cast, player: PlayerId, turn: u32) -> Vec<Act> {
        // Cities of hidden players are shielded all day: who marches there is refused, whatever stands behind the walls.
        let places = [(rng.below(100) as i64, rng.below(100) as i64)];
        let side = cast.players.iter().position(|p| *p == player).unwrap_or(0) % 3;
        let scene = Scene { players: &cast.players, side, home: None, places: &places };
        let act = match hidden {
            // Nobody but the hidden ones rolls.
            Hidden::Dice => {
                let (kind, payload) = PopVerse::city(rng);
                Some(Act::Command(kind, payload))
            }
            Hidden::Quiet | Hidden::Deeds => drawn(&PopVerse, rng, player, &scene),
        };
        let act = act.filter(|act| !matches!(act, Act::Command("PrivacyDelete", _)) || turn > 100);
        let questions = (0..3).map(|_| Self::question(rng, hidden, cast));
        let questions: Vec<Act> = questions.collect();
        act.into_iter().chain(questions).collect()
    }

    fn hidden(&self, rng: &mut Rng, hidden: Hidden, _: &Cast) -> Act {
        const SHOP: [&str; 5] = ["scroll", "speed_1h", "speed_8h", "relocator", "xp_tome"];
        let quiet = match rng.below(3) {
            0 => Act::Command("CityWarden", json!({ "hero": pick(rng, &HEROES) })),
            1 => Act::Command("CityCrew", json!({})),
            _ => Act::Command("ItemBuy", json!({ "item": pick(rng, &SHOP), "count": 1 + rng.below(3) })),
        };
        match hidden {
            Hidden::Quiet => quiet,
            Hidden::Deeds => match rng.below(10) {
                0 => quiet,
                // Nobody is told of their own city unasked: who asks has more to be kept from others.
                8..=9 => Act::Command("NotifySet", json!({ "kind": "city", "dm": true })),
                1..=3 => {
                    let building =
                        pick(rng, &["hq", "farm", "iron_mine", "mint", "academy", "wall", "watchtower"]);
                    Act::Command("BuildStart", json!({ "building": building }))
                }
                4 => Act::Command("BuildCancel", json!({ "building": pick(rng, &["hq", "farm", "wall"]) })),
                5 => {
                    let with = pick(rng, &["speed_1h", "speed_8h", "diamonds"]);
                    Act::Command(
                        "BuildHasten",
                        json!({ "building": pick(rng, &["hq", "farm"]), "with": with }),
                    )
                }
                6 => Act::Command(
                    "ResearchStart",
                    json!({ "technology": pick(rng, &["agronomy", "storage"]) }),
                ),
                _ => Act::Command("TroopsDismiss", json!({ "tier": "t1", "count": 1 + rng.below(3) })),
            },
            Hidden::Dice => Act::Command("HeroSummon", json!({ "pay": "scrolls", "count": 1 })),
        }
    }

    fn figure(&self, state: &Value, of: PlayerId) -> Value {
        let players = state["players"].as_array();
        let id = Value::String(of.to_string());
        let found = players.into_iter().flatten().find(|player| player["id"] == id);
        found.map_or(Value::Null, |player| {
            json!([
                player["stores"]["stock"],
                player["diamonds"],
                player["items"],
                player["heroes"],
                player["warden"]
            ])
        })
    }
}
