//! Health and metrics.

use std::fmt::Write;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::HttpState;

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "server", responses((status = 200, description = "It lives", body = String)))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The worlds are loaded and the clock agrees with the system's.
#[utoipa::path(get, path = "/readyz", tag = "server",
    responses((status = 200, description = "Ready", body = String), (status = 503, description = "Not yet, and why", body = String)))]
pub(crate) async fn readyz(State(state): State<HttpState>) -> Response {
    let drift = state.service.clock().drift_ms();
    if !state.ready.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "loading worlds\n").into_response();
    }
    if drift.abs() > crate::clock::DRIFT_MS_MAX {
        let text =
            format!("the system clock has moved by {drift} ms; monotonic time is followed until a restart\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    }
    "ready\n".into_response()
}

/// Metrics in the Prometheus text format.
#[utoipa::path(get, path = "/metrics", tag = "server", responses((status = 200, description = "Metrics", body = String)))]
pub(crate) async fn metrics(State(state): State<HttpState>) -> Response {
    let stats = state.service.stats();
    let counters = [
        ("annals_commands_accepted_total", "Commands on the record, accepted", &stats.accepted),
        ("annals_commands_rejected_total", "Commands on the record, refused by the rules", &stats.rejected),
        ("annals_requests_refused_total", "Requests refused by the host", &stats.refused),
        ("annals_questions_answered_total", "Questions answered", &stats.answered),
        ("annals_appends_total", "Appends to the log", &stats.appends),
        ("annals_commits_total", "Commits in those appends", &stats.commits),
        ("annals_alarms_total", "Alarms raised", &stats.alarms),
    ];
    let mut text = String::new();
    for (name, help, counter) in counters {
        let _ = writeln!(
            text,
            "# HELP {name} {help}.\n# TYPE {name} counter\n{name} {}",
            counter.load(Ordering::Relaxed)
        );
    }
    let worlds = stats.worlds.load(Ordering::Relaxed);
    let drift = state.service.clock().drift_ms();
    let _ = writeln!(
        text,
        "# HELP annals_worlds Worlds held.\n# TYPE annals_worlds gauge\nannals_worlds {worlds}"
    );
    let _ = writeln!(
        text,
        "# HELP annals_clock_drift_ms System clock less own clock.\n# TYPE annals_clock_drift_ms gauge\nannals_clock_drift_ms {drift}"
    );
    ([("content-type", "text/plain; version=0.0.4")], text).into_response()
}
