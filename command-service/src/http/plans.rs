//! Plans of rollbacks: what waits, and an operator's consent to it.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use schemas::host::WorldRewind;
use schemas::{Rejection, WallTime};
use serde::Serialize;
use utoipa::ToSchema;

use super::auth::Caller;
use super::worlds::refuse;
use super::{HttpState, Problem};

/// A plan of a rollback, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanView {
    /// Its name.
    pub plan: String,
    /// The world.
    pub world: String,
    /// Position of the last event that would still count.
    pub to: u64,
    /// How many events would become void.
    pub events_void: u64,
    /// When it was made, RFC 3339.
    pub made: String,
    /// Whether it may be applied, and what it waits for.
    pub state: String,
    /// Why.
    pub reason: String,
    /// Who made it.
    pub proposer: String,
    /// Who has approved it.
    pub approver: Option<String>,
}

/// Keeps plans, and knows when one may be applied. Whoever keeps them has the last word on every rewind that comes in.
pub trait PlanDesk: Send + Sync {
    /// All plans, oldest first.
    ///
    /// # Errors
    /// When they can not be read.
    fn list(&self, now: WallTime) -> Result<Vec<PlanView>, Rejection>;

    /// The whole plan.
    ///
    /// # Errors
    /// `UNKNOWN_PLAN`, or when it can not be read.
    fn show(&self, plan: &str) -> Result<serde_json::Value, Rejection>;

    /// Records an operator's consent.
    ///
    /// # Errors
    /// `UNKNOWN_PLAN`, `PLAN_OWN`, `PLAN_EXPIRED`, `PLAN_CHANGED`, or when it can not be kept.
    fn approve(&self, plan: &str, by: &str, now: WallTime) -> Result<PlanView, Rejection>;

    /// Whether a rewind is that of a plan which may be applied now.
    ///
    /// # Errors
    /// `UNKNOWN_PLAN`, or what the plan still waits for.
    fn permit(&self, rewind: &WorldRewind, now: WallTime) -> Result<(), Rejection>;
}

/// Plans of rollbacks.
#[utoipa::path(get, path = "/v1/plans", tag = "rollback", security(("token" = [])),
    responses((status = 200, description = "All plans, oldest first", body = Vec<PlanView>),
        (status = 401, description = "No token, or none that is good", body = Problem),
        (status = 403, description = "The token is a player's", body = Problem)))]
pub(crate) async fn list(State(state): State<HttpState>, caller: Caller) -> Response {
    if caller.actor().player().is_some() {
        return refuse(&Rejection::new("NOT_ALLOWED"));
    }
    match state.plans.list(state.service.clock().now()) {
        Ok(plans) => Json(plans).into_response(),
        Err(rejection) => refuse(&rejection),
    }
}

/// One plan, whole: who loses and keeps what.
#[utoipa::path(get, path = "/v1/plans/{plan}", tag = "rollback", security(("token" = [])),
    params(("plan" = String, Path, description = "The plan's name")),
    responses((status = 200, description = "The plan", body = Object),
        (status = 401, description = "No token, or none that is good", body = Problem),
        (status = 403, description = "The token is a player's", body = Problem),
        (status = 404, description = "No such plan", body = Problem)))]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Path(plan): Path<String>,
    caller: Caller,
) -> Response {
    if caller.actor().player().is_some() {
        return refuse(&Rejection::new("NOT_ALLOWED"));
    }
    match state.plans.show(&plan) {
        Ok(plan) => Json(plan).into_response(),
        Err(rejection) => refuse(&rejection),
    }
}

/// Approve a plan that another operator made. The approver is the token's name.
#[utoipa::path(post, path = "/v1/plans/{plan}/approve", tag = "rollback", security(("token" = [])),
    params(("plan" = String, Path, description = "The plan's name")),
    responses((status = 200, description = "Approved, until the plan expires", body = PlanView),
        (status = 401, description = "No token, or none that is good", body = Problem),
        (status = 403, description = "The token is no operator's, or the plan is one's own", body = Problem),
        (status = 404, description = "No such plan", body = Problem),
        (status = 409, description = "The plan has expired or was altered", body = Problem)))]
pub(crate) async fn approve(
    State(state): State<HttpState>,
    Path(plan): Path<String>,
    caller: Caller,
) -> Response {
    let Some(operator) = caller.operator() else {
        return refuse(&Rejection::new("NOT_ADMIN"));
    };
    match state.plans.approve(&plan, operator, state.service.clock().now()) {
        Ok(plan) => Json(plan).into_response(),
        Err(rejection) => refuse(&rejection),
    }
}

/// Whether a command may go on to its world as far as plans are concerned: a rewind is that of a plan that may be applied.
pub(super) fn permit(state: &HttpState, kind: &str, options: &serde_json::Value) -> Result<(), Rejection> {
    if kind != "WorldRewind" {
        return Ok(());
    }
    let invalid =
        |problem: String| Rejection::new("INVALID_OPTION").with("option", kind).with("rule", problem);
    let rewind: WorldRewind = serde_json::from_value(options.clone()).map_err(|e| invalid(e.to_string()))?;
    state.plans.permit(&rewind, state.service.clock().now())
}
