//! Lands and the market.

use serde_json::{Value, json};

use super::{army, banner, int, moment, place, res_of, rows, troops_of, word};
use crate::lang::t;
use crate::present::{Scene, words};
use crate::render::stamp;
use crate::render::table::Table;
use crate::reply::{Reply, Row};

/// Who has a parcel, for a table.
fn owner(scene: &Scene<'_>, land: &Value) -> String {
    if land["owner"].is_null() { t("free") } else { banner(scene, &land["owner"]) }
}

fn trend(land: &Value) -> &'static str {
    match land["trend"].as_str() {
        Some("rising") => "↗",
        Some("falling") => "↘",
        _ => "→",
    }
}

/// `/land list`.
pub(super) fn lands(scene: &Scene<'_>, view: &Value) -> Reply {
    let mut table = Table::new(["parcel", "", "at", "value", "", "owner", "for sale"]);
    let mut buttons = Vec::new();
    for land in rows(view, "rows") {
        let number = int(land, "parcel");
        table.push([
            number.to_string(),
            word(land, "type"),
            place(land),
            words::figure(int(land, "value")),
            trend(land).to_owned(),
            owner(scene, land),
            land["offer"].as_i64().map_or_else(String::new, words::figure),
        ]);
        if buttons.len() < 5 {
            buttons.push(scene.button(&format!("#{number}"), "LandInfo", &json!({ "parcel": number })));
        }
    }
    if table.is_empty() {
        return Reply::new(
            "🏞️ Lands",
            "None that you know of. Marches and scouts explore what they pass; /map find kind:land says where.",
        );
    }
    Reply::new("🏞️ Lands", table.block())
        .footed(say!(
            "{} in all · page {} of {} · values in gold, and where they go",
            int(view, "total"),
            int(view, "page").max(1),
            int(view, "pages").max(1)
        ))
        .row(Row::Buttons(buttons))
}

/// `/land info`.
pub(super) fn land(scene: &Scene<'_>, view: &Value) -> Reply {
    let number = int(view, "parcel");
    let gold = |field: &str| say!("{} gold", words::figure(int(view, field)));
    let title = say!("🏞️ Parcel {number}: {} at {}", words::low(&word(view, "type")), place(view));
    let mut reply = Reply::new(title, "")
        .beside("Owner", words::safe(&owner(scene, view)))
        .beside("Value", format!("{} {}", gold("value"), trend(view)))
        .beside("Tax a day", gold("tax"));
    if let Some(price) = view["offer"].as_i64() {
        reply = reply.beside("For sale", say!("{} gold", words::figure(price)));
    }
    if int(view, "arrears") > 0 {
        reply = reply.beside("Arrears", words::some(int(view, "arrears"), "day"));
    }
    if let Some(until) = moment(view, "protected_until") {
        reply = reply.beside("🛡️ Protected", say!("until {}", stamp::both(scene.clock(), until)));
    }
    let factors = &view["factors"];
    let names = ["location", "proximity", "resources", "strategic", "market"];
    let factors: Vec<String> = names
        .into_iter()
        .filter_map(|name| Some((name, factors[name].as_i64()?)))
        .map(|(name, milli)| format!("{name} × {}.{:03}", milli / 1000, milli % 1000))
        .collect();
    if !factors.is_empty() {
        reply = reply.field("What makes its value", factors.join(" · "));
    }
    reply = match view["garrison"].as_array().map(Vec::as_slice) {
        None => reply.field("Garrison", "You do not see it now."),
        Some([]) => reply.field("Garrison", "Nobody stands there."),
        Some(parts) => {
            let line = |part: &Value| {
                let led = part["hero"]
                    .as_str()
                    .map_or_else(String::new, |hero| say!(", led by {}", words::human(hero)));
                format!("{}: {}{led}", scene.names.number(int(part, "pn")), army(troops_of(&part["troops"])))
            };
            reply.field("Garrison", parts.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
    };
    let mut buttons = Vec::new();
    if view["owner"].is_null() || view["offer"].is_i64() {
        buttons.push(scene.act("🪙 Buy it", "LandBuy", &json!({ "parcel": number, "for": "self" })));
    }
    if let (Some(x), Some(y)) = (view["x"].as_i64(), view["y"].as_i64()) {
        buttons.push(scene.button("🗺️ Map", "MapView", &json!({ "x": x, "y": y, "radius": 7 })));
    }
    reply.row(Row::Buttons(buttons))
}

/// `/market price`.
pub(super) fn prices(scene: &Scene<'_>, view: &Value) -> Reply {
    let mut table = Table::new(["", "gold for 1,000", "since yesterday", "fair", "left today"]);
    for row in rows(view, "rows") {
        let kind = row["resource"].as_str().unwrap_or_default();
        let left = view["left"][kind].as_i64().map_or_else(|| "–".to_owned(), words::figure);
        // Prices are in millionths of a gold piece for one: thousandths for a thousand.
        let milli = |field: &str| format!("{}.{:03}", int(row, field) / 1000, (int(row, field) % 1000).abs());
        let change = int(row, "change");
        let change = format!(
            "{}{}.{:03}",
            if change < 0 { "-" } else { "+" },
            change.abs() / 1000,
            change.abs() % 1000
        );
        table.push([words::thing(&kind), milli("price"), change, milli("anchor"), left]);
    }
    let spread = int(view, "spread");
    Reply::new("⚖️ The exchange", table.block())
        .footed(say!(
            "Buying costs {}.{} % more, selling brings as much less · /market buy, /market sell",
            spread / 10,
            spread % 10
        ))
        .row(Row::Buttons(vec![
            scene.button("🤝 Offers", "MarketOffers", &json!({})),
            scene.button("🏰 City", "CityView", &json!({})),
        ]))
}

/// `/market offers`.
pub(super) fn offers(scene: &Scene<'_>, view: &Value) -> Reply {
    let mut lines = Vec::new();
    let mut buttons = Vec::new();
    for row in rows(view, "rows") {
        let number = int(row, "offer");
        let of = |amount: &str, kind: &str| {
            format!(
                "{} {}",
                words::figure(int(row, amount)),
                words::thing(&row[kind].as_str().unwrap_or_default())
            )
        };
        let mine = row["mine"].as_bool() == Some(true);
        let from = if mine { t("you") } else { scene.names.number(int(row, "pn")) };
        let until = moment(row, "expires")
            .map_or_else(String::new, |at| say!(", ends {}", stamp::relative(scene.clock(), at)));
        lines.push(say!(
            "**#{number}** {} for {}, from {from}{until}",
            of("give_amount", "give"),
            of("want_amount", "want")
        ));
        if buttons.len() < 5 {
            let what = json!({ "offer": number });
            buttons.push(if mine {
                scene.act(&say!("Take back #{number}"), "MarketCancel", &what)
            } else {
                scene.act(&say!("Accept #{number}"), "MarketAccept", &what)
            });
        }
    }
    let price = scene.button("⚖️ Prices", "MarketPrice", &json!({}));
    if lines.is_empty() {
        return Reply::new("🤝 Offers", "None stands. Make one with /market offer; it is held for two days.")
            .row(Row::Buttons(vec![price]));
    }
    Reply::new("🤝 Offers, cheapest first", lines.join("\n"))
        .footed(say!("page {} of {}", int(view, "page").max(1), int(view, "pages").max(1)))
        .row(Row::Buttons(buttons))
        .row(Row::Buttons(vec![price]))
}

/// Resources of a bank in words.
pub(super) fn stock(view: &Value) -> String {
    super::res(res_of(view))
}
