//! Commands and questions.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kernel::io::Asked;
use kernel::{Answer, Question, Request};
use schemas::{Actor, CommandId, Rejection, WorldId};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use super::auth::Caller;
use super::plans::permit;
use super::{HttpState, Problem, ReceiptView, problem, status_of};
use crate::service::ServiceError;
use crate::{people, sealing};

/// A command.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandBody {
    /// A key of the client's own: the same key gives the same answer, however often it is sent. 1–64 visible
    /// characters.
    pub key: String,
    /// The command's type: the slash path in UpperCamelCase, `TroopsTrain`.
    pub kind: String,
    /// Its options by name.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub options: serde_json::Value,
}

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryBody {
    /// The question's type: the slash path in UpperCamelCase, `CityView`.
    pub kind: String,
    /// Its options by name.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub options: serde_json::Value,
}

pub(super) fn refuse(rejection: &Rejection) -> Response {
    problem(status_of(&rejection.code), rejection)
}

pub(super) fn world_of(text: &str) -> Result<WorldId, Box<Response>> {
    WorldId::new(text).map_err(|_| Box::new(refuse(&Rejection::new("NO_WORLD"))))
}

#[allow(clippy::needless_pass_by_value)] // it is what the extractor gives
pub(super) fn body_of<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Box<Response>> {
    body.map(|Json(body)| body).map_err(|problem| {
        let code =
            if problem.status() == StatusCode::PAYLOAD_TOO_LARGE { "PAYLOAD_TOO_BIG" } else { "BAD_JSON" };
        Box::new(refuse(&Rejection::new(code).with("problem", problem.body_text())))
    })
}

/// A JSON body; one that can not be read is refused before its handler is asked.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Response;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, Response> {
        body_of(Json::from_request(request, state).await).map(Self).map_err(|refusal| *refusal)
    }
}

/// Give a command.
#[utoipa::path(post, path = "/v1/worlds/{world}/commands", tag = "worlds", security(("token" = [])),
    params(("world" = String, Path, description = "The world's name")), request_body = CommandBody,
    responses((status = 200, description = "On the record and accepted", body = ReceiptView),
        (status = 422, description = "On the record and refused by the rules", body = ReceiptView),
        (status = 401, description = "No token, or none that is good", body = Problem),
        (status = 429, description = "Too many", body = Problem),
        (status = 503, description = "Nothing was decided; ask again with the same key", body = Problem)))]
pub(crate) async fn command(
    State(state): State<HttpState>,
    Path(world): Path<String>,
    caller: Caller,
    body: Result<Json<CommandBody>, JsonRejection>,
) -> Response {
    let (world, body) = match (world_of(&world), body_of(body)) {
        (Ok(world), Ok(body)) => (world, body),
        (Err(response), _) | (_, Err(response)) => return *response,
    };
    if !caller.may_act() {
        return refuse(&Rejection::new("NOT_ALLOWED"));
    }
    if let Err(rejection) = caller.enter(&state, &world).await {
        return refuse(&rejection);
    }
    let actor = caller.actor();
    let id = match id_of(&actor, &body.key) {
        Ok(id) => id,
        Err(response) => return *response,
    };
    let mut options = if body.options.is_null() { serde_json::json!({}) } else { body.options };
    if let Err(rejection) = permit(&state, &body.kind, &options) {
        return refuse(&rejection);
    }
    if let Some(player) = actor.player() {
        let sealed = sealing::seal(&state.vault, player, &world, &id, &body.kind, &mut options).await;
        if let Err(rejection) = sealed {
            return refuse(&rejection);
        }
    }
    let place = world.clone();
    let request = Request {
        ticket: 0,
        world,
        id,
        actor,
        channel: "http".to_owned(),
        kind: body.kind,
        payload: options.to_string().into_bytes(),
        facts: caller.facts(),
    };
    told(&state, &place, state.service.command(request).await).await
}

/// The command id of a client's key.
pub(super) fn id_of(actor: &Actor, key: &str) -> Result<CommandId, Box<Response>> {
    let invalid = |rule: &'static str| {
        Box::new(refuse(&Rejection::new("INVALID_OPTION").with("option", "key").with("rule", rule)))
    };
    if key.is_empty() || key.len() > 64 {
        return Err(invalid("1 to 64 characters"));
    }
    CommandId::new(&format!("http:{actor}:{key}")).map_err(|_| invalid("visible characters without blanks"))
}

/// What came of a command to a world, as an HTTP answer.
pub(super) async fn told(
    state: &HttpState,
    place: &WorldId,
    answer: Result<Answer, ServiceError>,
) -> Response {
    match answer {
        Ok(Answer::Done(receipt)) => {
            let mut view = ReceiptView::from(&*receipt);
            view.open(&state.vault, place).await;
            let status = view.rejection.as_ref().map_or(StatusCode::OK, |p| match status_of(&p.code) {
                StatusCode::BAD_REQUEST => StatusCode::UNPROCESSABLE_ENTITY,
                other => other,
            });
            (status, Json(view)).into_response()
        }
        Ok(Answer::Refused(mut rejection)) => {
            sealing::open_rejection(&state.vault, place, &mut rejection).await;
            refuse(&rejection)
        }
        Ok(Answer::View(..)) => refuse(&Rejection::new("INTERNAL_ERROR")),
        Err(_) => refuse(&Rejection::new("SHUTTING_DOWN")),
    }
}

/// Ask a question.
#[utoipa::path(post, path = "/v1/worlds/{world}/query", tag = "worlds", security(("token" = [])),
    params(("world" = String, Path, description = "The world's name")), request_body = QueryBody,
    responses((status = 200, description = "The answer", body = Object),
        (status = 401, description = "No token, or none that is good", body = Problem),
        (status = 404, description = "No such world", body = Problem)))]
pub(crate) async fn query(
    State(state): State<HttpState>,
    Path(world): Path<String>,
    caller: Caller,
    body: Result<Json<QueryBody>, JsonRejection>,
) -> Response {
    let (world, body) = match (world_of(&world), body_of(body)) {
        (Ok(world), Ok(body)) => (world, body),
        (Err(response), _) | (_, Err(response)) => return *response,
    };
    ask(&state, world, &caller, Asked::View(body.kind, body.options)).await
}

/// How a world is doing.
#[utoipa::path(get, path = "/v1/worlds/{world}", tag = "worlds", security(("token" = [])),
    params(("world" = String, Path, description = "The world's name")),
    responses((status = 200, description = "State, clock, head", body = Object),
        (status = 401, description = "No token, or none that is good", body = Problem),
        (status = 404, description = "No such world", body = Problem)))]
pub(crate) async fn status(
    State(state): State<HttpState>,
    Path(world): Path<String>,
    caller: Caller,
) -> Response {
    match world_of(&world) {
        Ok(world) => ask(&state, world, &caller, Asked::Status).await,
        Err(response) => *response,
    }
}

async fn ask(state: &HttpState, world: WorldId, caller: &Caller, what: Asked) -> Response {
    if let Err(rejection) = caller.enter(state, &world).await {
        return refuse(&rejection);
    }
    let place = world.clone();
    let exports = match &what {
        Asked::View(kind, _) if people::exports(kind) => caller.actor().player(),
        Asked::View(..)
        | Asked::Status
        | Asked::Suggest(..)
        | Asked::Bots(..)
        | Asked::State
        | Asked::Page(_) => None,
    };
    let question = Question { ticket: 0, world, actor: caller.actor(), facts: caller.facts(), what };
    match state.service.ask(question).await {
        Ok(Answer::View(Ok(mut view), _)) => {
            if let (Some(player), Some(known)) = (exports, state.service.people()) {
                match (known.belongings(&place, player).await, view.as_object_mut()) {
                    (Ok(more), Some(fields)) => fields.extend(more),
                    (Ok(_), None) => {}
                    (Err(problem), _) => {
                        tracing::error!(%problem, "what is known of a player can not be read");
                        return refuse(&Rejection::new("STORE_UNAVAILABLE"));
                    }
                }
            }
            sealing::open(&state.vault, &place, &mut view).await;
            Json(view).into_response()
        }
        Ok(Answer::View(Err(mut rejection), _) | Answer::Refused(mut rejection)) => {
            sealing::open_rejection(&state.vault, &place, &mut rejection).await;
            refuse(&rejection)
        }
        Ok(Answer::Done(_)) => refuse(&Rejection::new("INTERNAL_ERROR")),
        Err(_) => refuse(&Rejection::new("SHUTTING_DOWN")),
    }
}
