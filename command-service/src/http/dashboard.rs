//! Pages of the dashboard: the map, a player, marches. The world answers, as whoever asks may see it; a stranger sees what
//! is everybody's.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use games_core::duty::{Page, Whose};
use kernel::io::Asked;
use kernel::{Answer, Question};
use schemas::{Actor, Facts, Rejection, WorldId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::auth::{Caller, Visitor};
use super::worlds::refuse;
use super::{HttpState, Problem};
use crate::sealing;

/// Which season.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichWorld {
    /// The world's name. Left out, it is the season of the server on which one has signed in.
    pub(crate) world: Option<String>,
}

/// The world that a visitor means: the named one, or the season of their server. Who has signed in on a server sees the
/// seasons of that server alone as a player.
///
/// # Errors
/// `INVALID_OPTION` where none is named and none follows, `NO_WORLD`, `STORE_UNAVAILABLE`.
pub(crate) async fn place(
    state: &HttpState,
    caller: Option<&Caller>,
    named: Option<&str>,
) -> Result<WorldId, Rejection> {
    if let Some(name) = named {
        let world = WorldId::new(name).map_err(|_| Rejection::new("NO_WORLD"))?;
        if world.is_reserved() {
            return Err(Rejection::new("NO_WORLD"));
        }
        if let Some(caller) = caller {
            caller.enter(state, &world).await?;
        }
        return Ok(world);
    }
    let Some(server) = caller.and_then(Caller::server) else {
        let rule = "the name of a season, for who has not signed in on a server";
        return Err(Rejection::new("INVALID_OPTION").with("option", "world").with("rule", rule));
    };
    match state.accounts.season(server).await {
        Ok(Some(world)) => Ok(world),
        Ok(None) => Err(Rejection::new("NO_WORLD")),
        Err(problem) => {
            tracing::error!(%problem, "the season of a server can not be found");
            Err(Rejection::new("STORE_UNAVAILABLE"))
        }
    }
}

async fn answer(
    state: &HttpState,
    visitor: &Visitor,
    which: Result<Query<WhichWorld>, QueryRejection>,
    page: Page,
) -> Response {
    let named = match which {
        Ok(Query(which)) => which.world,
        Err(e) => {
            let no = Rejection::new("INVALID_OPTION").with("option", "world").with("rule", e.body_text());
            return refuse(&no);
        }
    };
    let caller = visitor.0.as_ref();
    let world = match place(state, caller, named.as_deref()).await {
        Ok(world) => world,
        Err(rejection) => return refuse(&rejection),
    };
    // Somebody who has not signed in asks as the system would, which is no player.
    let (actor, facts) =
        caller.map_or((Actor::System, Facts::default()), |caller| (caller.actor(), caller.facts()));
    let question = Question { ticket: 0, world: world.clone(), actor, facts, what: Asked::Page(page) };
    match state.service.ask(question).await {
        Ok(Answer::View(Ok(mut view), _)) => {
            sealing::open(&state.vault, &world, &mut view).await;
            let mut response = Json(view).into_response();
            // It is one person's, and of this moment.
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Ok(Answer::View(Err(mut rejection), _) | Answer::Refused(mut rejection)) => {
            sealing::open_rejection(&state.vault, &world, &mut rejection).await;
            refuse(&rejection)
        }
        Ok(Answer::Done(_)) => refuse(&Rejection::new("INTERNAL_ERROR")),
        Err(_) => refuse(&Rejection::new("SHUTTING_DOWN")),
    }
}

fn bad_path(problem: &PathRejection) -> Response {
    refuse(&Rejection::new("INVALID_OPTION").with("option", "path").with("rule", problem.body_text()))
}

/// A square of the map.
///
/// Who has signed in sees it through their fog: what they have explored, and what stands there now where they see it.
/// Everybody else sees the ground of what anybody has explored.
#[utoipa::path(get, path = "/api/map/{x}/{y}/{size}", tag = "dashboard", security((), ("token" = [])),
    params(("x" = i64, Path, description = "Least column", example = 40), ("y" = i64, Path, description = "Least row", example = 40),
        ("size" = i64, Path, description = "Tiles to a side", minimum = 1, maximum = 50, example = 20), WhichWorld),
    responses((status = 200, description = "The tiles that may be shown, row by row; with `stale_ms` where it is not fresh", body = Object,
            example = json!({ "x": 40, "y": 40, "size": 20, "tiles": [{ "x": 40, "y": 40, "terrain": "plains", "biome": "cinema",
                "visible": true, "city": { "pn": 3, "faction": "cinema" } }] })),
        (status = 400, description = "No such square, or no season is named", body = Problem),
        (status = 401, description = "The token is no good", body = Problem),
        (status = 404, description = "No such world, or its game has no map", body = Problem),
        (status = 422, description = "The rules refuse: the tile is off the map, or the asker is suspended", body = Problem),
        (status = 503, description = "The world can not be asked at present", body = Problem)))]
pub(crate) async fn map(
    State(state): State<HttpState>,
    path: Result<Path<(i64, i64, i64)>, PathRejection>,
    visitor: Visitor,
    which: Result<Query<WhichWorld>, QueryRejection>,
) -> Response {
    match path {
        Ok(Path((x, y, size))) => answer(&state, &visitor, which, Page::Map { x, y, size }).await,
        Err(problem) => bad_path(&problem),
    }
}

/// A player's page.
///
/// One's own shows all; another's what is public.
#[utoipa::path(get, path = "/api/player/{id}/status", tag = "dashboard", security((), ("token" = [])),
    params(("id" = String, Path, description = "`me`, the player's number in the season, or their random id", example = "me"), WhichWorld),
    responses((status = 200, description = "The page; with `stale_ms` where it is not fresh", body = Object,
            example = json!({ "pn": 3, "player": "p-0000000000007", "faction": "cinema", "power": 1_240, "rating": 1_000, "own": false })),
        (status = 400, description = "This is nobody's id, or no season is named", body = Problem),
        (status = 401, description = "The token is no good", body = Problem),
        (status = 404, description = "No such world, or its game has no such page", body = Problem),
        (status = 422, description = "No such player, or one has not joined", body = Problem)))]
pub(crate) async fn player(
    State(state): State<HttpState>,
    path: Result<Path<String>, PathRejection>,
    visitor: Visitor,
    which: Result<Query<WhichWorld>, QueryRejection>,
) -> Response {
    let whose: Option<Whose> = path.ok().and_then(|Path(id)| id.parse().ok());
    match whose {
        Some(whose) => answer(&state, &visitor, which, Page::Player { whose }).await,
        None => {
            let rule = "me, a player's number, or a player's id";
            refuse(&Rejection::new("INVALID_OPTION").with("option", "id").with("rule", rule))
        }
    }
}

/// What is under way on the map.
///
/// One's own marches with their whole way, beginning and end; others' where they are seen now, with the way on which they
/// were in sight, and neither beginning nor end. A stranger sees none.
#[utoipa::path(get, path = "/api/marches/active", tag = "dashboard", security((), ("token" = [])), params(WhichWorld),
    responses((status = 200, description = "The marches; with `stale_ms` where it is not fresh", body = Object,
            example = json!({ "rows": [{ "march": 17, "pn": 3, "own": true, "kind": "attack", "phase": "outbound", "at": { "x": 41, "y": 40 },
                "path": [{ "x": 40, "y": 40 }, { "x": 41, "y": 40 }], "start": 1_772_445_600_000_i64, "end": 1_772_445_840_000_i64 }] })),
        (status = 400, description = "No season is named", body = Problem),
        (status = 401, description = "The token is no good", body = Problem),
        (status = 404, description = "No such world, or its game has no marches", body = Problem)))]
pub(crate) async fn marches(
    State(state): State<HttpState>,
    visitor: Visitor,
    which: Result<Query<WhichWorld>, QueryRejection>,
) -> Response {
    answer(&state, &visitor, which, Page::Marches {}).await
}
