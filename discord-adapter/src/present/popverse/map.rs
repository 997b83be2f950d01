//! The map under fog: a picture, and the same as text where none can be shown.

use serde_json::{Value, json};

use super::{army, banner, int, moment, place, rows, troops_of, word};
use crate::lang::{part, t};
use crate::picture::map::Map;
use crate::present::{Scene, words};
use crate::render::stamp;
use crate::render::table::Table;
use crate::reply::{Button, Picture, Reply, Row};

/// Tiles along one side of the map.
const SIDE: i64 = 100;

/// Widest map whose columns still get a blank between them.
const SPACED: i64 = 10;

/// The sign of a tile: what stands there now, then what lies there, then the ground.
fn sign(scene: &Scene<'_>, tile: &Value) -> char {
    let npc = tile["npc"]["type"].as_str();
    if tile["city"].is_object() {
        return if scene.names.is_me(int(&tile["city"], "pn")) { '@' } else { 'C' };
    }
    match npc {
        Some("bandit_camp") => return 'b',
        Some("goblin_outpost") => return 'g',
        Some("dragon_lair") => return 'D',
        Some(_) => return 'n',
        None => {}
    }
    if tile["marches"].is_array() {
        return 'm';
    }
    let lies = [("control_point", 'K'), ("beacon", '+'), ("node", '*'), ("parcel", '#')];
    if let Some((_, sign)) = lies.iter().find(|(field, _)| !tile[*field].is_null()) {
        return *sign;
    }
    let seen = tile["visible"].as_bool() == Some(true);
    match tile["terrain"].as_str() {
        Some("forest") => '♣',
        Some("marsh") => '"',
        Some("mountain") => '▲',
        Some("lake") => '≈',
        _ if seen => '.',
        _ => '·',
    }
}

const LEGEND: [(char, &str); 14] = [
    ('@', "you"),
    ('C', "city"),
    ('m', "march"),
    ('b', "bandits"),
    ('g', "goblins"),
    ('D', "dragon"),
    ('*', "node"),
    ('#', "land"),
    ('+', "beacon"),
    ('K', "control point"),
    ('♣', "forest"),
    ('"', "marsh"),
    ('▲', "mountain"),
    ('≈', "lake"),
];

/// `/map view`.
pub(super) fn view(scene: &Scene<'_>, view: &Value) -> Reply {
    let (x, y, radius) = (int(view, "x"), int(view, "y"), int(view, "radius"));
    let gap = if radius <= SPACED { " " } else { "" };
    let columns = (x - radius).max(0)..=(x + radius).min(SIDE - 1);
    let mut used = std::collections::BTreeSet::new();
    let mut grid = String::from("```\n    ");
    for column in columns.clone() {
        // Every fifth column bears its number; two digits and a blank are as wide as two signs with a gap.
        let marked = column % 5 == 0;
        let head = if marked { format!("{column:02}") } else { "  ".to_owned() };
        match (gap.is_empty(), marked) {
            (false, _) => grid.push_str(&head),
            (true, true) => grid.push_str(&head),
            (true, false) if column % 5 == 1 => {}
            (true, false) => grid.push(' '),
        }
    }
    grid.truncate(grid.trim_end().len());
    grid.push('\n');
    let tiles = rows(view, "tiles");
    for row in (y - radius).max(0)..=(y + radius).min(SIDE - 1) {
        let mut line = format!("{row:>2}  ");
        for column in columns.clone() {
            let tile = tiles.iter().find(|tile| int(tile, "x") == column && int(tile, "y") == row);
            let sign = tile.map_or(' ', |tile| sign(scene, tile));
            used.insert(sign);
            line.push(sign);
            line.push_str(gap);
        }
        grid.push_str(line.trim_end());
        grid.push('\n');
    }
    grid.push_str("```");
    let legend: Vec<String> = LEGEND
        .iter()
        .filter(|(sign, _)| used.contains(sign))
        .map(|(sign, says)| format!("`{sign}` {}", part(says)))
        .collect();
    let map = Map::new(view, |pn| scene.names.is_me(pn));
    let picture = Picture {
        name: "map.png".to_owned(),
        drawing: map.draw(),
        alt: map.alt(),
        instead: say!("{grid}\n{}\nblank is unexplored, `·` is seen no longer", legend.join(" · ")),
    };
    let known = map.known().0;
    Reply::new(say!("🗺️ Around ({x},{y})"), "")
        .pictured(picture)
        .footed(say!("{known} tiles known"))
        .row(Row::Buttons(steps(scene, x, y, radius)))
        .row(Row::Buttons(zoom(scene, x, y, radius)))
}

fn go(scene: &Scene<'_>, label: &str, x: i64, y: i64, radius: i64) -> Button {
    let options = json!({ "x": x.clamp(0, SIDE - 1), "y": y.clamp(0, SIDE - 1), "radius": radius });
    scene.button(label, "MapView", &options)
}

fn steps(scene: &Scene<'_>, x: i64, y: i64, radius: i64) -> Vec<Button> {
    let step = radius.max(1);
    let ways = [("←", -step, 0), ("↑", 0, -step), ("↓", 0, step), ("→", step, 0)];
    ways.into_iter()
        .filter(|(_, dx, dy)| (0..SIDE).contains(&(x + dx)) && (0..SIDE).contains(&(y + dy)))
        .map(|(label, dx, dy)| go(scene, label, x + dx, y + dy, radius))
        .collect()
}

fn zoom(scene: &Scene<'_>, x: i64, y: i64, radius: i64) -> Vec<Button> {
    let mut buttons = Vec::new();
    if radius > 3 {
        buttons.push(go(scene, "+ closer", x, y, (radius - 4).max(3)));
    }
    if radius < 15 {
        buttons.push(go(scene, "− farther", x, y, (radius + 4).min(15)));
    }
    buttons
}

/// `/map tile`.
pub(super) fn tile(scene: &Scene<'_>, view: &Value) -> Reply {
    let mut reply = Reply::new(
        say!("🗺️ {} at {}", word(view, "terrain"), place(view)),
        if view["visible"].as_bool() == Some(true) {
            "You see this tile."
        } else {
            "You remember this tile, but do not see it now."
        },
    )
    .beside("Ground", word(view, "biome"));
    let city = &view["city"];
    if city.is_object() {
        let owner = scene.names.number(int(city, "pn"));
        reply = reply.beside("City", format!("**{owner}** ({})", word(city, "faction")));
        if let Some(power) = city["kingdom_power"].as_i64() {
            reply = reply.beside("Kingdom power", words::figure(power));
        }
    }
    let npc = &view["npc"];
    if npc.is_object() {
        reply = reply.beside(
            "Camp",
            say!("{} level {} ({})", word(npc, "type"), int(npc, "level"), words::low(&word(npc, "element"))),
        );
    }
    if let Some(power) = view["power_estimate"].as_i64() {
        reply = reply.beside("Army power", say!("about {}", words::figure(power)));
    }
    let node = &view["node"];
    if node.is_object() {
        reply = reply.beside("Node", say!("{} level {}", word(node, "kind"), int(node, "level")));
        if let Some(refill) = moment(node, "refill_at") {
            reply =
                reply.beside("Left", say!("nothing, full again {}", stamp::relative(scene.clock(), refill)));
        } else if let Some(left) = node["left"].as_i64() {
            reply = reply.beside("Left", words::figure(left));
        }
    }
    let parcel = &view["parcel"];
    if parcel.is_object() {
        reply =
            reply.beside("Land", say!("parcel {}, {}", int(parcel, "no"), words::low(&word(parcel, "type"))));
        let owner = if parcel["owner"].is_null() {
            t("nobody")
        } else {
            words::safe(&banner(scene, &parcel["owner"]))
        };
        reply = reply.beside("Owner", owner);
        if parcel["garrison"].is_object() {
            reply = reply.beside("Garrison", army(troops_of(&parcel["garrison"])));
        }
    }
    if !view["control_point"].is_null() {
        reply = reply.beside("Control point", word(view, "control_point"));
    }
    if view["beacon"].is_object() {
        let lit = view["beacon"]["lit"].as_bool() == Some(true);
        reply =
            reply.beside("Beacon", part(if lit { "burns for you" } else { "dark: march here to light it" }));
    }
    for march in rows(view, "marches") {
        let owner = scene.names.number(int(march, "pn"));
        reply = reply.beside(
            "March",
            say!("#{} of {owner}, {}", int(march, "march"), words::low(&word(march, "kind"))),
        );
    }
    let (x, y) = (int(view, "x"), int(view, "y"));
    reply.row(Row::Buttons(vec![go(scene, "🗺️ Around it", x, y, 7)]))
}

/// `/map find`.
pub(super) fn find(scene: &Scene<'_>, view: &Value) -> Reply {
    let kind = word(view, "kind");
    let mut table = Table::new(["", "what", "level", "tiles away"]);
    let mut options = Vec::new();
    for row in rows(view, "rows") {
        let level = row["level"].as_i64().map_or_else(|| "–".to_owned(), |level| level.to_string());
        let what = match row["pn"].as_i64() {
            Some(pn) => format!("{} ({})", scene.names.cell(pn), word(row, "faction")),
            None => ["element", "resource", "type"]
                .into_iter()
                .find(|field| row[*field].is_string())
                .map_or_else(|| "–".to_owned(), |field| word(row, field)),
        };
        table.push([place(row), what, level, int(row, "distance").to_string()]);
        options.push((place(row), int(row, "x"), int(row, "y")));
    }
    if table.is_empty() {
        return Reply::new(
            format!("🧭 {kind}"),
            "None that you know of. Marches and scouts explore what they pass.",
        );
    }
    let buttons = options.into_iter().take(4);
    let buttons = buttons.map(|(label, x, y)| scene.button(&label, "MapTile", &json!({ "x": x, "y": y })));
    Reply::new(say!("🧭 {kind}: the nearest that you know of"), table.block())
        .row(Row::Buttons(buttons.collect()))
}

/// The address of the dashboard.
pub(super) fn link(view: &Value) -> Reply {
    let url = view["url"].as_str().unwrap_or_default();
    Reply::new(
        t("The map in your browser"),
        say!("{}\nSign in there with Discord to see it through your fog.", url),
    )
}
