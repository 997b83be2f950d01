//! Opening a season.

use axum::extract::State;
use axum::response::Response;
use schemas::{Rejection, ServerId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::auth::Caller;
use super::worlds::{Body, id_of, refuse, told, world_of};
use super::{HttpState, Problem, ReceiptView};
use crate::opening::{Opener, Opening};

/// A season to open.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenBody {
    /// A key of the client's own, 1–64 visible characters. Sent again once the season is open, the answer is
    /// `WORLD_EXISTS`: each time is sealed with dice of its own.
    pub key: String,
    /// The new world's name: a-z, 0-9, `-` and `_`.
    pub world: String,
    /// The game's name: `popverse-kingdoms`.
    pub game: String,
    /// The server on which it runs, one season at a time: a Discord server's id; `local` when none is given.
    #[serde(default)]
    pub server: Option<String>,
    /// The game's settings by name; the default of each when none is given.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub config: serde_json::Value,
    /// A rules file, TOML; the game's own when none is given.
    #[serde(default)]
    pub rules: Option<String>,
}

/// Open a season.
#[utoipa::path(post, path = "/v1/worlds", tag = "worlds", security(("token" = [])), request_body = OpenBody,
    responses((status = 200, description = "It is open", body = ReceiptView),
        (status = 400, description = "Game, rules or settings will not do", body = Problem),
        (status = 401, description = "No token, or none that is good", body = Problem),
        (status = 403, description = "The token is no operator's", body = Problem),
        (status = 409, description = "A season runs on this server, or the world is there already", body = Problem)))]
pub(crate) async fn open(
    State(state): State<HttpState>,
    caller: Caller,
    Body(body): Body<OpenBody>,
) -> Response {
    if caller.operator().is_none() {
        return refuse(&Rejection::new("NOT_ADMIN"));
    }
    let server = match body.server.as_deref().map_or(Ok(ServerId::local()), ServerId::new) {
        Ok(server) => server,
        Err(e) => {
            let rejection = Rejection::new("INVALID_OPTION").with("option", "server").with("rule", e.rule);
            return refuse(&rejection);
        }
    };
    let actor = caller.actor();
    let (world, id) = match (world_of(&body.world), id_of(&actor, &body.key)) {
        (Ok(world), Ok(id)) => (world, id),
        (Err(response), _) | (_, Err(response)) => return *response,
    };
    let opening = Opening {
        world: &world,
        server: &server,
        game: &body.game,
        config: body.config,
        rules: body.rules,
        secret: None,
        game_time: None,
        now: state.service.clock().now(),
    };
    let opener = Opener { id, actor, channel: "http".to_owned(), facts: caller.facts() };
    let answer = crate::opening::open(&state.service, &state.keys, &opening, opener).await;
    told(&state, &world, answer).await
}
