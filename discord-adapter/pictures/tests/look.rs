//! Every picture is painted, small enough for Discord, and of the size that it says.
//!
//! With `ANNALS_PICTURES=DIR` the files are left there to be looked at.

#![allow(clippy::unwrap_used, reason = "helpers of a test may fail it")]

use discord_adapter::picture::map::Map;
use discord_adapter::picture::strength::{self, Moment};
use discord_adapter::picture::{Drawing, curve};
use serde_json::{Value, json};

/// Most bytes of a picture.
const MOST: usize = 300 * 1024;

fn painted(name: &str, drawing: &Drawing) -> (u32, u32) {
    let file = pictures::png(drawing).unwrap();
    if let Some(folder) = std::env::var_os("ANNALS_PICTURES") {
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), &file).unwrap();
    }
    assert!(file.len() <= MOST, "{name}: {} bytes", file.len());
    assert_eq!(&file[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(file[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

/// A view with something of everything, repeating itself.
fn everything(radius: i64) -> Value {
    let grounds = [
        ("plains", "grassland"),
        ("plains", "grassland"),
        ("forest", "woodland"),
        ("marsh", "wetland"),
        ("plains", "tundra"),
        ("plains", "desert"),
        ("lake", "lakeland"),
        ("mountain", "highland"),
    ];
    let mut tiles = Vec::new();
    for y in 50 - radius..=50 + radius {
        for x in 50 - radius..=50 + radius {
            let dice = (x * 7919 + y * 104_729 + x * y * 31).rem_euclid(97);
            if dice % 13 == 12 && (x - 50).abs() + (y - 50).abs() > radius {
                continue;
            }
            let (terrain, biome) =
                grounds[usize::try_from(((x / 3) * 5 + (y / 3) * 3).rem_euclid(8)).unwrap()];
            let mut tile = json!({ "x": x, "y": y, "terrain": terrain, "biome": biome,
                "visible": (x - 50).pow(2) + (y - 50).pow(2) < radius * radius });
            let more = match dice {
                1 => json!({ "city": { "pn": 2, "faction": "cinema" } }),
                2 => json!({ "city": { "pn": 3, "faction": "otaku" } }),
                3 => json!({ "city": { "pn": 4, "faction": "arcade" } }),
                4 => json!({ "npc": { "type": "bandit_camp" } }),
                5 => json!({ "npc": { "type": "goblin_outpost" } }),
                6 => json!({ "npc": { "type": "dragon_lair" } }),
                7 => json!({ "marches": [{ "pn": 1 }] }),
                8 => json!({ "marches": [{ "pn": 2 }], "city": { "pn": 2, "faction": "cinema" } }),
                9 => json!({ "control_point": "crown" }),
                10 => json!({ "beacon": { "lit": true } }),
                11 => json!({ "beacon": { "lit": false } }),
                12 => json!({ "node": { "kind": "food", "level": 1 } }),
                13 => json!({ "node": { "kind": "iron", "level": 1 } }),
                14 => json!({ "node": { "kind": "gold", "level": 1 } }),
                15 => json!({ "parcel": { "owner": 1 } }),
                16 => json!({ "parcel": { "owner": 2 } }),
                17 => json!({ "parcel": { "owner": null } }),
                _ => json!({}),
            };
            tile.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            if (x, y) == (50, 50) {
                tile["city"] = json!({ "pn": 1, "faction": "otaku" });
            }
            tiles.push(tile);
        }
    }
    json!({ "x": 50, "y": 50, "radius": radius, "tiles": tiles })
}

#[test]
fn maps_of_every_radius() {
    for radius in 3..=15 {
        let view = everything(radius);
        let map = Map::new(&view, |pn| pn == 1);
        let (width, height) = painted(&format!("map-{radius}"), &map.draw());
        assert!((700..=900).contains(&width) && (700..=1100).contains(&height), "{width} × {height}");
    }
}

#[test]
fn the_course_of_a_battle() {
    let course: Vec<Moment> = (0..=20)
        .map(|round| Moment { round, left: [1000 - round * 9, (1000 - round * round * 5 / 2).max(0)] })
        .collect();
    let names = ["you", "A very long name <of> a camp & more"];
    let drawing = strength::draw(&course, names).unwrap();
    assert_eq!(painted("battle", &drawing), (720, 400));
    let drawing = strength::draw(&course[..3], names).unwrap();
    assert_eq!(painted("battle-short", &drawing), (720, 400));
}

#[test]
fn a_rating_from_fight_to_fight() {
    let ratings: Vec<i64> = (0..40).map(|fight| 1000 + fight * 7 + (fight * fight * 31) % 97 - 48).collect();
    let drawing = curve::draw("Arena rating", "fights", &ratings).unwrap();
    assert_eq!(painted("rating", &drawing), (720, 320));
    let drawing = curve::draw("Arena rating", "fights", &[1000, 1016]).unwrap();
    assert_eq!(painted("rating-short", &drawing), (720, 320));
}
