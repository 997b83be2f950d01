//! What a payload, whatever it holds, is done with; shared by a test and by the fuzzer.

use discord_adapter::interaction::{self, Interaction, Malformed};
use discord_adapter::limits;
use discord_adapter::render::embed;
use discord_adapter::session::handle;

use crate::world::Season;

/// A season that is asked.
pub(crate) struct Stage {
    runtime: tokio::runtime::Runtime,
    season: Season,
}

impl Stage {
    pub(crate) fn new(game: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        Self { runtime, season: Season::open(game) }
    }

    /// Answers a payload or refuses it by name; anything else breaks an assertion. The refusal, where it is one.
    pub(crate) fn answered(&self, payload: &[u8]) -> Option<Malformed> {
        match interaction::read(payload) {
            Ok(interaction) => {
                self.handled(&interaction);
                None
            }
            Err(malformed) => {
                assert!(!malformed.to_string().is_empty());
                Some(malformed)
            }
        }
    }

    fn handled(&self, interaction: &Interaction) {
        let response = self.runtime.block_on(handle(interaction, &self.season, self.season.tree()));
        let body = embed::callback(&response);
        assert!(body["type"].is_u64(), "{body}");
        if let Some(reply) = response.reply() {
            let what = || format!("{interaction:?}").chars().take(600).collect::<String>();
            assert_eq!(limits::faults(reply), Vec::new(), "{}", what());
            assert_ne!(reply.refused.as_deref(), Some("INTERNAL_ERROR"), "{}", what());
        }
    }
}
