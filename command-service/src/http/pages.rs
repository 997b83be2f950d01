//! Health and metrics.

use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::Probe;

/// The process lives.
#[utoipa::path(get, path = "/healthz", tag = "server", responses((status = 200, description = "It lives", body = String)))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// The worlds are loaded, the log can be read and written, and the clock agrees with the system's.
#[utoipa::path(get, path = "/readyz", tag = "server",
    responses((status = 200, description = "Ready; and what it can not do meanwhile", body = String), (status = 503, description = "Not yet, and why", body = String)))]
pub(crate) async fn readyz(State(probe): State<Probe>) -> Response {
    let drift = probe.service.clock().drift_ms();
    if !probe.ready.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "not ready: loading worlds, or stopping\n").into_response();
    }
    if drift.abs() > crate::clock::DRIFT_MS_MAX {
        let text =
            format!("the system clock has moved by {drift} ms; monotonic time is followed until a restart\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    }
    if let Some(trouble) = probe.service.stats().log.trouble() {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {trouble}\n")).into_response();
    }
    let broken = probe.service.figures().await.map(|figures| figures.broken()).unwrap_or_default();
    if let Some(code) = broken {
        let text = format!("not ready: commands are held back for a while ({code}): annals explain {code}\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    }
    // It is sent commands, for those it can take; who looks reads what it can not do.
    let ailing: String = (probe.ailing)().iter().map(|what| format!("ailing: {what}\n")).collect();
    format!("ready\n{ailing}").into_response()
}

/// Metrics in the Prometheus text format.
#[utoipa::path(get, path = "/metrics", tag = "server", responses((status = 200, description = "Metrics", body = String)))]
pub(crate) async fn metrics(State(probe): State<Probe>) -> Response {
    let drift = probe.service.clock().drift_ms();
    let mut others = (probe.others)();
    if let Ok(figures) = probe.service.figures().await {
        others.extend(crate::stats::of_worlds(&figures));
    }
    let text = probe.service.stats().told(drift, &others);
    ([("content-type", "text/plain; version=0.0.4")], text).into_response()
}
