//! From an interaction that came through the gateway to its answers.

use std::sync::Arc;
use std::time::Instant;

use discord_adapter::interaction::{self, Kind};
use discord_http::handler::First;
use discord_http::replay::Seen;
use discord_http::rest::{Answered, Code, RestError};
use discord_http::{Guilds, Handler};
use schemas::WallTime;
use serde_json::Value;

/// Answers interactions, each one once.
pub(crate) struct Answers<G> {
    handler: Arc<Handler<G>>,
    seen: Seen,
    began: Instant,
}

impl<G: Guilds> Answers<G> {
    pub(crate) fn new(handler: Arc<Handler<G>>) -> Self {
        Self { handler, seen: Seen::default(), began: Instant::now() }
    }

    /// Answers to the end. Whatever goes wrong is logged; what was decided stays decided.
    pub(crate) async fn answer(&self, value: &Value) {
        let interaction = match interaction::from_json(value) {
            Ok(interaction) => interaction,
            Err(malformed) => {
                tracing::warn!(reason = %malformed, "an interaction can not be read");
                return;
            }
        };
        if interaction.kind == Kind::Ping {
            return;
        }
        // Only differences matter to who remembers, so that no clock is asked that could jump.
        let now = WallTime::from_ms(i64::try_from(self.began.elapsed().as_millis()).unwrap_or(i64::MAX));
        let place = self.seen.answer(&interaction.id, now);
        let mut later = None;
        place
            .get_or_init(async || {
                let to = Answered { id: interaction.id.clone(), token: interaction.token.clone() };
                let mut first = self.handler.begin(interaction).await;
                later = first.later.take().map(|later| (later, to.id.clone()));
                self.deliver(&to, first).await;
                None
            })
            .await;
        if let Some((later, id)) = later
            && let Err(error) = later.finish().await
        {
            tracing::warn!(%error, interaction = id, "an answer could not be sent");
        }
    }

    async fn deliver(&self, to: &Answered, mut first: First) {
        let rest = self.handler.rest();
        let mut ending = rest.callback(to, &first.body, &first.files).await;
        let too_much = |error: &RestError| {
            !matches!(error.code(), Some(Code::AlreadyAcknowledged | Code::UnknownInteraction))
        };
        if !first.files.is_empty() && ending.as_ref().is_err_and(too_much) {
            tracing::warn!(interaction = to.id, "a picture could not be sent; the text goes alone");
            first.drop_files();
            ending = rest.callback(to, &first.body, &first.files).await;
        }
        let Err(error) = ending else { return };
        // What may have been taken, or was given already, is not said twice.
        let given = error.code() == Some(Code::AlreadyAcknowledged);
        let told = !given && !matches!(error, RestError::Lost { sent: true, .. });
        if !(told && first.told_otherwise(rest).await) {
            tracing::warn!(%error, interaction = to.id, "a first answer was not taken");
        }
    }
}
