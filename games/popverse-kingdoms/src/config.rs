//! Settings of one season (rulebook 2.2).

use schemas::Rejection;
use serde::{Deserialize, Serialize};

use crate::keys::Weekday;

/// Settings of one season.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which season of its server this is.
    pub season: u32,
    /// Most players.
    pub max_players: i64,
    /// How many days the season lasts.
    pub season_days: i64,
    /// The day of the weekly conquest.
    pub conquest_weekday: Weekday,
    /// The hour (UTC) of the weekly conquest.
    pub conquest_hour: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            season: 1,
            max_players: 100,
            season_days: 90,
            conquest_weekday: Weekday::Saturday,
            conquest_hour: 18,
        }
    }
}

/// Bounds of the settings (rulebook 2.2): they hold before any rules are read.
const BOUNDS: [(&str, i64, i64); 3] =
    [("max_players", 10, 100), ("season_days", 30, 120), ("conquest_hour", 0, 23)];

impl Config {
    /// Checks the bounds.
    ///
    /// # Errors
    /// `INVALID_OPTION` for the first setting outside.
    pub fn check(&self) -> Result<(), Rejection> {
        let values = [self.max_players, self.season_days, self.conquest_hour];
        for ((option, min, max), value) in BOUNDS.into_iter().zip(values) {
            if !(min..=max).contains(&value) {
                return Err(Rejection::new("INVALID_OPTION")
                    .with("option", option)
                    .with("rule", format!("{min} to {max}")));
            }
        }
        Ok(())
    }
}
