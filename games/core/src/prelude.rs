//! What a game names on every page: `use games_core::prelude::*`.

pub use std::collections::BTreeMap;

pub use schemas::{GameTime, PlayerId, Rejection};
pub use serde::{Deserialize, Serialize};

pub use crate::duty::ThreatFigures;
pub use crate::game::Notice;
pub use crate::tree::{Access, CommandOption, CommandTree, Mode, SlashCommand};
pub use crate::tree::{auto, choice, command, int, maybe, option, prose, public, text, user};
pub use crate::{
    Asked, Audience, Checked, Decision, Effect, Game, HasTimers, Lesson, Moment, Timers, act, refuse,
};
