//! How Discord's side of the server is: for metrics, readiness and the doctor.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use command_service::{Metric, Reading};
use discord_gateway::GatewayError;
use discord_http::handler::BOUNDS_MS;
use discord_http::rest::{Rest, RestError};

use super::Desk;

/// What is seen of it. Empty where the process has nothing to do with Discord.
#[derive(Default)]
pub(crate) struct Watch {
    /// Messages that Discord has taken.
    pub(crate) sent: AtomicU64,
    /// Messages that are sent no more.
    pub(crate) dropped: AtomicU64,
    /// Messages on their way.
    pub(crate) waiting: AtomicU64,
    /// Age of the oldest of them, in ms.
    pub(crate) oldest_ms: AtomicU64,
    /// Messages for places that can not be reached.
    pub(crate) parked: AtomicU64,
    sends: OnceLock<()>,
    rest: OnceLock<Rest>,
    desk: OnceLock<Desk>,
    /// Why the gateway is spoken to no more: code and words.
    ended: Mutex<Option<(&'static str, String)>>,
}

impl Watch {
    /// The client through which everything goes.
    pub(crate) fn calls(&self, rest: &Rest) {
        let _ = self.rest.set(rest.clone());
    }

    /// Messages are sent from here.
    pub(crate) fn sends(&self) {
        let _ = self.sends.set(());
    }

    /// Interactions are answered here.
    pub(crate) fn answers(&self, desk: &Desk) {
        let _ = self.desk.set(Arc::clone(desk));
    }

    /// The gateway is spoken to no more, while the rest of the server goes on.
    pub(crate) fn ended(&self, error: &GatewayError) {
        let code = error.code();
        tracing::error!(code, %error, "Discord is not answered any more; everything else goes on");
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner) = Some((code, error.to_string()));
    }

    /// What is wrong until somebody acts, with its code and what to do.
    pub(crate) fn ailing(&self) -> Option<String> {
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let refused = || {
            let refused = self.rest.get().is_some_and(Rest::is_token_refused);
            refused.then(|| ("DISCORD_TOKEN_REFUSED", RestError::TokenRefused.to_string()))
        };
        let (code, text) = ended.or_else(refused)?;
        Some(format!("discord ({code}): {text} · annals explain {code}"))
    }

    /// The metrics.
    pub(crate) fn metrics(&self) -> Vec<Metric> {
        let line = |name, labels: String, value| Metric { name, labels, value };
        let plain = |name, value: &AtomicU64| line(name, String::new(), value.load(Ordering::Relaxed).into());
        let mut all = Vec::new();
        if self.sends.get().is_some() {
            all.push(plain("annals_messages_sent_total", &self.sent));
            all.push(plain("annals_messages_dropped_total", &self.dropped));
            all.push(plain("annals_messages_waiting", &self.waiting));
            let oldest = self.oldest_ms.load(Ordering::Relaxed).saturating_mul(1000);
            all.push(line("annals_messages_oldest_seconds", String::new(), Reading::Micros(oldest)));
            all.push(plain("annals_messages_parked", &self.parked));
        }
        if let Some(rest) = self.rest.get() {
            for (scope, count) in rest.limited() {
                let labels = format!("scope=\"{}\"", scope.word());
                all.push(line("annals_discord_limited_total", labels, count.into()));
            }
            let out = u64::from(self.ailing().is_some());
            all.push(line("annals_discord_out", String::new(), out.into()));
        }
        if let Some(desk) = self.desk.get() {
            let counts = desk.counts();
            all.push(line("annals_discord_deferred_total", String::new(), counts.deferred.into()));
            let mut below = 0;
            for (count, bound) in counts.within.iter().zip(BOUNDS_MS) {
                below += count;
                let labels = format!("le=\"{}\"", Reading::Micros(bound * 1000));
                all.push(line("annals_discord_first_answer_seconds_bucket", labels, below.into()));
            }
            let last = "le=\"+Inf\"".to_owned();
            all.push(line("annals_discord_first_answer_seconds_bucket", last, counts.first.into()));
            let took = Reading::Micros(counts.took_us);
            all.push(line("annals_discord_first_answer_seconds_sum", String::new(), took));
            all.push(line("annals_discord_first_answer_seconds_count", String::new(), counts.first.into()));
        }
        all
    }
}
