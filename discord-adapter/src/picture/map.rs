//! The map of a world under fog, from the tiles that a player knows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Anchor, Brush, Drawing, Ink, Sheet};
use crate::lang;

/// Tiles along one side of the map.
const SIDE: i64 = 100;
/// Points that the tiles have together, about.
const FIELD: i64 = 744;
/// Where the field of tiles begins.
const LEFT: i64 = 40;
const TOP: i64 = 30;
/// An entry of the legend.
const ENTRY: (i64, i64) = (196, 30);
const ENTRIES_A_ROW: i64 = 4;

/// What stands or lies on a tile, most important first; the order of the legend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    Mine,
    Cinema,
    Otaku,
    Arcade,
    Bandits,
    Goblins,
    Dragon,
    OwnMarch,
    March,
    Control,
    BeaconLit,
    BeaconDark,
    Food,
    Iron,
    Gold,
    OwnLand,
    TakenLand,
    FreeLand,
    Forest,
    Marsh,
    Mountain,
    Lake,
}

impl Sign {
    fn says(self) -> &'static str {
        lang::part(match self {
            Self::Mine => "your city",
            Self::Cinema => "Cinema city",
            Self::Otaku => "Otaku city",
            Self::Arcade => "Arcade city",
            Self::Bandits => "bandit camp",
            Self::Goblins => "goblin outpost",
            Self::Dragon => "dragon lair",
            Self::OwnMarch => "your march",
            Self::March => "march",
            Self::Control => "control point",
            Self::BeaconLit => "beacon, lit",
            Self::BeaconDark => "beacon, dark",
            Self::Food => "food",
            Self::Iron => "iron",
            Self::Gold => "gold",
            Self::OwnLand => "your land",
            Self::TakenLand => "land, owned",
            Self::FreeLand => "land, free",
            Self::Forest => "forest",
            Self::Marsh => "marsh",
            Self::Mountain => "mountain",
            Self::Lake => "lake",
        })
    }

    /// Draws it into a square.
    fn draw(self, sheet: &mut Sheet, (x, y): (i64, i64), size: i64) {
        let (cx, cy) = (x + size / 2, y + size / 2);
        let at = |px: i64, py: i64| (x + size * px / 100, y + size * py / 100);
        let letter = |sheet: &mut Sheet, ink: Ink, letter: &str| {
            sheet.text((cx, cy + size * 17 / 100), size * 46 / 100, Anchor::Middle, ink, letter);
        };
        let edge = if size >= 30 { 2 } else { 1 };
        let house = [at(12, 46), at(50, 10), at(88, 46), at(88, 90), at(12, 90)];
        let rhomb = [at(50, 12), at(88, 50), at(50, 88), at(12, 50)];
        match self {
            Self::Mine => {
                sheet.shape(&house, Brush::fill(Ink::YELLOW).edged(Ink::COAL, edge + 1));
                letter(sheet, Ink::COAL, "★");
            }
            Self::Cinema => {
                sheet.shape(&house, Brush::fill(Ink::VERMILLION).edged(Ink::COAL, edge));
                letter(sheet, Ink::CHALK, "C");
            }
            Self::Otaku => {
                sheet.shape(&house, Brush::fill(Ink::GREEN).edged(Ink::COAL, edge));
                letter(sheet, Ink::CHALK, "O");
            }
            Self::Arcade => {
                sheet.shape(&house, Brush::fill(Ink::BLUE).edged(Ink::COAL, edge));
                letter(sheet, Ink::CHALK, "A");
            }
            Self::Bandits => camp(sheet, (x, y), size, Ink(0x3A_3F_4A), "b"),
            Self::Goblins => camp(sheet, (x, y), size, Ink(0x3A_3F_4A), "g"),
            Self::Dragon => camp(sheet, (x, y), size, Ink(0x6B_0F_1A), "D"),
            Self::OwnMarch | Self::March => {
                let ink = if self == Self::OwnMarch { Ink::YELLOW } else { Ink::CHALK };
                let arrow = [at(8, 16), at(94, 50), at(8, 84), at(30, 50)];
                sheet.shape(&arrow, Brush::fill(ink).edged(Ink::COAL, edge));
            }
            Self::Control => {
                sheet.line(&[at(24, 8), at(24, 94)], Brush::line(Ink::COAL, edge + 1));
                sheet.shape(
                    &[at(24, 10), at(92, 30), at(24, 54)],
                    Brush::fill(Ink::PURPLE).edged(Ink::COAL, edge),
                );
            }
            Self::BeaconLit => {
                sheet.circle((cx, cy), size * 36 / 100, Brush::fill(Ink::YELLOW).edged(Ink::COAL, edge));
                sheet.circle((cx, cy), size * 14 / 100, Brush::fill(Ink::VERMILLION));
            }
            Self::BeaconDark => {
                sheet.circle((cx, cy), size * 34 / 100, Brush::line(Ink::COAL, edge + 1));
                sheet.circle((cx, cy), size * 10 / 100, Brush::fill(Ink::COAL));
            }
            Self::Food => {
                sheet.shape(&rhomb, Brush::fill(Ink(0xF7_C8_7B)).edged(Ink::COAL, edge));
                letter(sheet, Ink::COAL, "F");
            }
            Self::Iron => {
                sheet.shape(&rhomb, Brush::fill(Ink(0xB7_BE_C9)).edged(Ink::COAL, edge));
                letter(sheet, Ink::COAL, "I");
            }
            Self::Gold => {
                sheet.shape(&rhomb, Brush::fill(Ink(0xF0_D0_20)).edged(Ink::COAL, edge));
                letter(sheet, Ink::COAL, "G");
            }
            Self::OwnLand => {
                border(sheet, (x, y), size, |wide| Brush::line(Ink::YELLOW, wide));
                let wide = (size / 10).max(2);
                for (ink, width) in [(Ink::COAL, wide + 2), (Ink::YELLOW, wide)] {
                    sheet.line(&[at(18, 82), at(82, 18)], Brush::line(ink, width));
                }
            }
            Self::TakenLand => border(sheet, (x, y), size, |wide| Brush::line(Ink::PURPLE, wide)),
            Self::FreeLand => {
                border(sheet, (x, y), size, |wide| Brush::line(Ink::CHALK, wide).dashed((size / 6).max(3)));
            }
            Self::Forest => {
                for (px, py) in [(28, 34), (70, 44), (44, 74)] {
                    let tree = [at(px, py - 22), at(px + 17, py + 12), at(px - 17, py + 12)];
                    sheet.shape(&tree, Brush::fill(Ink(0x2F_6B_3C)));
                }
            }
            Self::Marsh => {
                for (px, py) in [(14, 32), (48, 52), (18, 74)] {
                    sheet.line(&[at(px, py), at(px + 34, py)], Brush::line(Ink(0x3F_5E_57), edge));
                }
            }
            Self::Mountain => {
                sheet.shape(&[at(50, 10), at(94, 88), at(6, 88)], Brush::fill(Ink(0x6E_67_63)));
                sheet.shape(&[at(50, 10), at(65, 37), at(35, 37)], Brush::fill(Ink(0xF4_F4_F4)));
            }
            Self::Lake => {
                for py in [36, 62] {
                    let wave = [at(10, py), at(30, py - 9), at(50, py), at(70, py - 9), at(90, py)];
                    sheet.line(&wave, Brush::line(Ink(0xDC_EE_F8), edge));
                }
            }
        }
    }
}

/// A camp's tent with its letter.
fn camp(sheet: &mut Sheet, (x, y): (i64, i64), size: i64, ink: Ink, letter: &str) {
    let at = |px: i64, py: i64| (x + size * px / 100, y + size * py / 100);
    let edge = if size >= 30 { 2 } else { 1 };
    sheet.shape(&[at(50, 8), at(94, 90), at(6, 90)], Brush::fill(ink).edged(Ink::CHALK, edge));
    sheet.text((x + size / 2, y + size * 82 / 100), size * 46 / 100, Anchor::Middle, Ink::CHALK, letter);
}

/// The border of a parcel's tile. On snow as on sand: it stands on a dark one.
fn border(sheet: &mut Sheet, (x, y): (i64, i64), size: i64, brush: impl Fn(i64) -> Brush) {
    let wide = (size / 10).max(2);
    let (corner, inner) = ((x + size / 10, y + size / 10), (size * 80 / 100, size * 80 / 100));
    sheet.rect(corner, inner, Brush::line(Ink::COAL, wide + 2));
    sheet.rect(corner, inner, brush(wide));
}

/// What a sign of the ground stands on in the legend; everything else stands on grass.
const UNDER: [(Sign, Ink); 4] = [
    (Sign::Forest, Ink(0xA3_C0_8B)),
    (Sign::Marsh, Ink(0xA9_B7_9B)),
    (Sign::Mountain, Ink(0xB5_AD_A6)),
    (Sign::Lake, Ink(0x6F_A8_CE)),
];

/// The colour of the ground.
fn ground(tile: &Value) -> Ink {
    match (tile["terrain"].as_str(), tile["biome"].as_str()) {
        (Some("lake"), _) | (_, Some("lakeland")) => Ink(0x6F_A8_CE),
        (Some("mountain"), _) | (_, Some("highland")) => Ink(0xB5_AD_A6),
        (Some("forest"), _) | (_, Some("woodland")) => Ink(0xA3_C0_8B),
        (Some("marsh"), _) | (_, Some("wetland")) => Ink(0xA9_B7_9B),
        (_, Some("tundra")) => Ink(0xE3_E8_EA),
        (_, Some("desert")) => Ink(0xEA_DC_AE),
        _ => Ink(0xCF_DC_A6),
    }
}

/// What is to be seen on a tile: the ground's own sign, what lies there, what stands there.
fn signs(tile: &Value, mine: &impl Fn(i64) -> bool) -> Vec<Sign> {
    let mut found = Vec::new();
    found.extend(match tile["terrain"].as_str() {
        Some("forest") => Some(Sign::Forest),
        Some("marsh") => Some(Sign::Marsh),
        Some("mountain") => Some(Sign::Mountain),
        Some("lake") => Some(Sign::Lake),
        _ => None,
    });
    if tile["parcel"].is_object() {
        found.push(match tile["parcel"]["owner"].as_i64() {
            Some(owner) if mine(owner) => Sign::OwnLand,
            Some(_) => Sign::TakenLand,
            None => Sign::FreeLand,
        });
    }
    found.extend(match tile["node"]["kind"].as_str() {
        Some("food") => Some(Sign::Food),
        Some("iron") => Some(Sign::Iron),
        Some(_) => Some(Sign::Gold),
        None => None,
    });
    if tile["beacon"].is_object() {
        let lit = tile["beacon"]["lit"].as_bool() == Some(true);
        found.push(if lit { Sign::BeaconLit } else { Sign::BeaconDark });
    }
    if !tile["control_point"].is_null() {
        found.push(Sign::Control);
    }
    found.extend(match tile["npc"]["type"].as_str() {
        Some("bandit_camp") => Some(Sign::Bandits),
        Some("goblin_outpost") => Some(Sign::Goblins),
        Some(_) => Some(Sign::Dragon),
        None => None,
    });
    let city = &tile["city"];
    if city.is_object() {
        found.push(match city["faction"].as_str() {
            _ if city["pn"].as_i64().is_some_and(mine) => Sign::Mine,
            Some("cinema") => Sign::Cinema,
            Some("otaku") => Sign::Otaku,
            _ => Sign::Arcade,
        });
    }
    if let Some(marches) = tile["marches"].as_array() {
        let own = marches.iter().any(|march| march["pn"].as_i64().is_some_and(mine));
        found.push(if own { Sign::OwnMarch } else { Sign::March });
    }
    found
}

/// How far a tile is from the middle, squared, and which it is.
type Far = (i64, (i64, i64));

/// What a view shows, tile by tile.
#[derive(Debug)]
pub struct Map<'a> {
    middle: (i64, i64),
    radius: i64,
    tiles: BTreeMap<(i64, i64), &'a Value>,
    signs: BTreeMap<(i64, i64), Vec<Sign>>,
}

impl<'a> Map<'a> {
    /// The map of a view (`/map view`); which player numbers are the reader's own, `mine` says.
    #[must_use]
    pub fn new(view: &'a Value, mine: impl Fn(i64) -> bool) -> Self {
        let int = |value: &Value, name: &str| value[name].as_i64().unwrap_or(0);
        let rows = view["tiles"].as_array().map(Vec::as_slice).unwrap_or_default();
        let tiles: BTreeMap<_, _> =
            rows.iter().map(|tile| ((int(tile, "x"), int(tile, "y")), tile)).collect();
        let signs = tiles.iter().map(|(place, tile)| (*place, signs(tile, &mine))).collect();
        Self { middle: (int(view, "x"), int(view, "y")), radius: int(view, "radius"), tiles, signs }
    }

    fn span(&self, middle: i64) -> std::ops::RangeInclusive<i64> {
        (middle - self.radius).max(0)..=(middle + self.radius).min(SIDE - 1)
    }

    /// How many tiles of how many are known.
    #[must_use]
    pub fn known(&self) -> (usize, usize) {
        let all = self.span(self.middle.0).count() * self.span(self.middle.1).count();
        (self.tiles.len(), all)
    }

    /// The drawing: grid with its numbers, ground, signs, what is not seen now darker, a legend of what occurs.
    #[must_use]
    pub fn draw(&self) -> Drawing {
        let (columns, rows) = (self.span(self.middle.0), self.span(self.middle.1));
        let (wide, high) = (columns.clone().count() as i64, rows.clone().count() as i64);
        let size = FIELD / (2 * self.radius + 1).max(1);
        let used: std::collections::BTreeSet<Sign> = self.signs.values().flatten().copied().collect();
        let entries = used.len() as i64 + 2;
        let below = TOP + high * size + 14;
        let width = (LEFT + wide * size + 16).max(LEFT + ENTRIES_A_ROW * ENTRY.0);
        let height = below + (entries + ENTRIES_A_ROW - 1) / ENTRIES_A_ROW * ENTRY.1 + 8;
        let mut sheet = Sheet::new(width, height);
        let corner = |x: i64, y: i64| (LEFT + (x - columns.start()) * size, TOP + (y - rows.start()) * size);
        for (place, tile) in &self.tiles {
            self.tile(&mut sheet, *place, tile, corner(place.0, place.1), size);
        }
        self.grid(&mut sheet, size);
        let legend =
            |number: i64| (LEFT + number % ENTRIES_A_ROW * ENTRY.0, below + number / ENTRIES_A_ROW * ENTRY.1);
        for (number, sign) in (0..).zip(&used) {
            let at = legend(number);
            let under = UNDER.iter().find(|(known, _)| known == sign);
            let ink = under.map_or(Ink(0xCF_DC_A6), |(_, ink)| *ink);
            sheet.rect(at, (24, 24), Brush::fill(ink));
            sign.draw(&mut sheet, at, 24);
            sheet.text((at.0 + 32, at.1 + 18), 15, Anchor::Start, Ink::CHALK, sign.says());
        }
        let fog = [(lang::part("seen earlier"), 55), (lang::part("unexplored"), 100)];
        for (number, (says, covered)) in (used.len() as i64..).zip(fog) {
            let at = legend(number);
            sheet.rect(at, (24, 24), Brush::fill(Ink(0xCF_DC_A6)));
            sheet.rect(at, (24, 24), Brush::fill(Ink::PAPER).opaque(covered));
            sheet.rect(at, (24, 24), Brush::line(Ink::DUST, 1));
            sheet.text((at.0 + 32, at.1 + 18), 15, Anchor::Start, Ink::CHALK, says);
        }
        sheet.finish()
    }

    fn tile(&self, sheet: &mut Sheet, place: (i64, i64), tile: &Value, at: (i64, i64), size: i64) {
        sheet.rect(at, (size, size), Brush::fill(ground(tile)));
        let mut stands = None;
        for sign in self.signs.get(&place).into_iter().flatten() {
            // Who marches over something stands in its corner.
            let march = matches!(sign, Sign::OwnMarch | Sign::March);
            match stands {
                Some(()) if march => sign.draw(sheet, (at.0 + size / 2, at.1 + size / 2), size / 2),
                _ => sign.draw(sheet, at, size),
            }
            if !matches!(sign, Sign::Forest | Sign::Marsh | Sign::OwnLand | Sign::TakenLand | Sign::FreeLand)
            {
                stands = Some(());
            }
        }
        if tile["visible"].as_bool() != Some(true) {
            sheet.rect(at, (size, size), Brush::fill(Ink::PAPER).opaque(55));
        }
        if place == self.middle {
            sheet.rect(at, (size, size), Brush::line(Ink::CHALK, 2));
        }
    }

    fn grid(&self, sheet: &mut Sheet, size: i64) {
        let (columns, rows) = (self.span(self.middle.0), self.span(self.middle.1));
        let (right, bottom) =
            (LEFT + columns.clone().count() as i64 * size, TOP + rows.clone().count() as i64 * size);
        let faint = Brush::line(Ink::COAL, 1).opaque(45);
        // Where tiles are large each has its number, otherwise every fifth.
        let marked = |number: i64| size >= 40 || number % 5 == 0;
        for (step, x) in (0..).zip(columns) {
            let at = LEFT + step * size;
            if marked(x) {
                sheet.line(&[(at, TOP), (at, bottom)], faint);
                let text = (at + size / 2, TOP - 9);
                sheet.text(text, 14, Anchor::Middle, Ink::DUST, &x.to_string());
            }
        }
        for (step, y) in (0..).zip(rows) {
            let at = TOP + step * size;
            if marked(y) {
                sheet.line(&[(LEFT, at), (right, at)], faint);
                let text = (LEFT - 8, at + size / 2 + 5);
                sheet.text(text, 14, Anchor::End, Ink::DUST, &y.to_string());
            }
        }
        sheet.rect((LEFT, TOP), (right - LEFT, bottom - TOP), Brush::line(Ink::DUST, 1));
    }

    /// What the map shows, for those who do not see it: what stands nearest to its middle of each kind, and how many.
    #[must_use]
    pub fn alt(&self) -> String {
        let (known, all) = self.known();
        let mut found: BTreeMap<Sign, Vec<Far>> = BTreeMap::new();
        for (place, signs) in &self.signs {
            let (dx, dy) = (place.0 - self.middle.0, place.1 - self.middle.1);
            for sign in signs.iter().filter(|sign| **sign < Sign::Forest) {
                found.entry(*sign).or_default().push((dx * dx + dy * dy, *place));
            }
        }
        let mut out = say!("Map around ({},{}), {known} of {all} tiles known.", self.middle.0, self.middle.1);
        for (sign, mut places) in found {
            places.sort_unstable();
            let Some((_, (x, y))) = places.first() else { continue };
            let count =
                if places.len() == 1 { String::new() } else { say!(" ({}, the nearest)", places.len()) };
            let mut says = sign.says().chars();
            let first = says.next().into_iter().flat_map(char::to_uppercase).collect::<String>();
            out.push_str(&say!(" {first}{}{count} at ({x},{y}).", says.as_str()));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn view() -> Value {
        json!({ "x": 1, "y": 50, "radius": 3, "tiles": [
            { "x": 1, "y": 50, "terrain": "plains", "biome": "tundra", "visible": true, "city": { "pn": 7, "faction": "otaku" } },
            { "x": 0, "y": 49, "terrain": "forest", "biome": "woodland", "visible": true,
              "marches": [{ "march": 1, "pn": 8, "kind": "attack", "phase": "going" }] },
            { "x": 2, "y": 52, "terrain": "plains", "biome": "desert", "visible": false, "parcel": { "no": 1, "type": "farmstead", "owner": 7 } },
            { "x": 3, "y": 53, "terrain": "resource_node", "biome": "lakeland", "visible": false, "node": { "kind": "iron", "level": 4 } },
            { "x": 4, "y": 53, "terrain": "plains", "biome": "grassland", "visible": true, "npc": { "npc": 3, "type": "bandit_camp", "level": 2 } },
            { "x": 4, "y": 47, "terrain": "plains", "biome": "grassland", "visible": true, "npc": { "npc": 4, "type": "bandit_camp", "level": 2 } },
        ] })
    }

    #[test]
    fn the_words_name_what_stands_there_and_whose_it_is() {
        let view = view();
        let map = Map::new(&view, |pn| pn == 7);
        assert_eq!(
            map.alt(),
            "Map around (1,50), 6 of 35 tiles known. Your city at (1,50). Bandit camp (2, the nearest) at (4,47). \
             March at (0,49). Iron at (3,53). Your land at (2,52)."
        );
    }

    #[test]
    fn the_edge_of_the_world_is_the_edge_of_the_drawing() {
        let view = view();
        let svg = Map::new(&view, |pn| pn == 7).draw();
        // Five columns of seven that the radius would give: numbers 0 to 4.
        for number in 0..=4 {
            assert!(svg.svg().contains(&format!(">{number}</text>")), "{number}");
        }
        assert!(!svg.svg().contains(">-1</text>") && !svg.svg().contains(">5</text>"));
    }
}
