//! A terminal beside the server: the slash commands of a person at the machine on which the server runs.
//!
//! Only the token that lies in the data directory may ask here, for it acts for whomever it names. Everybody else plays with
//! a token of their own.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::future::BoxFuture;
use schemas::rejection::RejectionText;
use schemas::{Rejection, WorldId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::Caller;
use super::worlds::{body_of, refuse, world_of};
use super::{HttpState, Problem};

/// Who sits at the terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TerminalAsker {
    /// By which name they play.
    pub name: String,
    /// Whether they administer.
    #[serde(default)]
    pub admin: bool,
    /// The terminal's own key of this request: the same key gives the same answer, however often it is sent.
    pub key: String,
}

/// What a terminal asks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub enum TerminalAsk {
    /// Which season runs here: `{ world, game, title, commit, now_ms, offset_ms }`.
    Place {},
    /// The player who plays by a name; a newcomer becomes one.
    Enter {
        /// The name.
        name: String,
    },
    /// The player who plays by a name; null if nobody does.
    Find {
        /// The name.
        name: String,
    },
    /// The name of a player; null if it is hidden, erased or unknown. One of the two is given.
    Name {
        /// By id.
        #[serde(default)]
        player: Option<String>,
        /// By number in the world.
        #[serde(default)]
        number: Option<i64>,
    },
    /// A player's number in the world; null if they have none.
    Number {
        /// The player's id.
        player: String,
    },
    /// A command of the game.
    Command {
        /// Who asks.
        asker: TerminalAsker,
        /// The command's type.
        kind: String,
        /// Its options by name.
        #[schema(value_type = Object)]
        options: serde_json::Value,
    },
    /// A question to the world's state.
    Query {
        /// Who asks.
        asker: TerminalAsker,
        /// The question's type.
        kind: String,
        /// Its options by name.
        #[schema(value_type = Object)]
        options: serde_json::Value,
    },
    /// A question to the read models.
    Read {
        /// Who asks.
        asker: TerminalAsker,
        /// The question's type.
        kind: String,
        /// Its options by name.
        #[schema(value_type = Object)]
        options: serde_json::Value,
    },
    /// A command of the host: open, pause, resume, end a season.
    Host {
        /// Who asks.
        asker: TerminalAsker,
        /// The command's type: `SetupPause`.
        kind: String,
        /// Its options by name.
        #[schema(value_type = Object)]
        options: serde_json::Value,
    },
    /// Suggestions for an option that is being typed: pairs of shown text and value.
    Suggest {
        /// Who asks.
        asker: TerminalAsker,
        /// The command's path: `build start`.
        path: String,
        /// The option.
        option: String,
        /// What has been typed.
        typed: String,
    },
}

/// What a terminal is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TerminalAnswer {
    /// The answer.
    Done(serde_json::Value),
    /// The refusal as people read it.
    Refused(RejectionText),
}

/// What serves terminals beside the server.
pub trait TerminalDesk: Send + Sync {
    /// Answers one request in a world.
    fn answer(&self, world: WorldId, ask: TerminalAsk) -> BoxFuture<'_, TerminalAnswer>;
}

/// A terminal's request.
#[utoipa::path(post, path = "/v1/worlds/{world}/terminal", tag = "terminal", security(("token" = [])),
    params(("world" = String, Path, description = "The world's name")), request_body = TerminalAsk,
    responses((status = 200, description = "`done` with the answer", body = Object),
        (status = 422, description = "`refused` with code, sentence and suggestions", body = Object),
        (status = 401, description = "No token, or none that is good", body = Problem),
        (status = 403, description = "Not the token of the data directory", body = Problem)))]
pub(crate) async fn ask(
    State(state): State<HttpState>,
    Path(world): Path<String>,
    caller: Caller,
    body: Result<Json<TerminalAsk>, JsonRejection>,
) -> Response {
    // Before the body is looked at: what a stranger sends is nobody's business.
    if !caller.is_local() {
        return refuse(&Rejection::new("NOT_ALLOWED"));
    }
    let (world, body) = match (world_of(&world), body_of(body)) {
        (Ok(world), Ok(body)) => (world, body),
        (Err(response), _) | (_, Err(response)) => return *response,
    };
    let answer = state.terminals.answer(world, body).await;
    let status = match answer {
        TerminalAnswer::Done(_) => StatusCode::OK,
        TerminalAnswer::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, Json(answer)).into_response()
}
