//! Answers to questions, as JSON, under fog (rulebook 2.20, 4.2).

mod arena;
mod city;
mod conquest;
mod export;
mod guild;
mod hero;
mod land;
mod map;
mod march;
mod market;
mod page;
mod world;

use games_core::Asked;
use schemas::Rejection;
use serde_json::{Value, json};

use crate::decide::Ctx;
use crate::query::Query;
use crate::refuse;
use crate::rules::Rules;
use crate::state::State;

pub(crate) use page::page as page_of;

/// What a question is answered with.
type Answer = Result<Value, Rejection>;

/// Rows of a page.
const PAGE: usize = 10;

/// Answers a question.
pub(crate) fn answer(rules: &Rules, state: &State, query: &Query, asked: &Asked<'_>) -> Answer {
    let ctx = Ctx { rules, state, asked };
    match query {
        Query::SetupStatus {} => world::setup(ctx),
        Query::SeasonStatus {} => Ok(world::season(ctx)),
        Query::Profile { player } => world::profile(ctx, *player),
        Query::ConquestStatus {} => Ok(conquest::status(ctx)),
        Query::QuestList {} => conquest::quests(ctx),
        Query::NotifyView {} => conquest::switches(ctx),
        Query::PrivacyExport {} => Ok(export::everything(ctx)),
        Query::CityView {} => city::city(ctx),
        Query::BuildList {} => city::buildings(ctx),
        Query::ResearchList {} => city::research(ctx),
        Query::TroopsView {} => city::troops(ctx),
        Query::ItemList {} => city::items(ctx),
        Query::MarchList { page } => march::list(ctx, *page),
        Query::MapView { x, y, radius } => map::view(ctx, (*x, *y), *radius),
        Query::MapTile { x, y } => map::tile(ctx, *x, *y),
        Query::MapFind { kind, level, radius } => map::find(ctx, *kind, *level, *radius),
        Query::HeroList { page } => hero::list(ctx, *page),
        Query::HeroView { hero } => hero::one(ctx, hero),
        Query::GearList { page } => hero::gear(ctx, *page),
        Query::LandList { kind, state, page } => land::list(ctx, *kind, *state, *page),
        Query::LandInfo { parcel } => land::info(ctx, *parcel),
        Query::MarketPrice {} => Ok(market::prices(ctx)),
        Query::MarketOffers { give, want, page } => market::offers(ctx, *give, *want, *page),
        Query::ArenaLog { side, page } => arena::log(ctx, *side, *page),
        Query::GuildInfo { guild } => guild::info(ctx, guild.as_deref()),
    }
}

/// One page of rows.
fn page(rows: Vec<Value>, page: Option<i64>) -> Answer {
    let number = page.unwrap_or(1);
    refuse::within("page", number, 1, 1000)?;
    let (total, first) = (rows.len(), usize::try_from(number - 1).unwrap_or(0) * PAGE);
    let rows: Vec<Value> = rows.into_iter().skip(first).take(PAGE).collect();
    Ok(json!({ "rows": rows, "page": number, "pages": total.div_ceil(PAGE).max(1), "total": total }))
}
