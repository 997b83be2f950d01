//! What a host does around every game, and what a game may tell it for that: signs of abuse, figures to watch, pages of
//! the dashboard. A game that says nothing is served all the same, as far as that goes without its word.

use schemas::PlayerId;
use serde::{Deserialize, Serialize};

/// The figures of the threat score. All shares are in ‰.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreatFigures {
    /// So many requests in a minute are the most that a person could make: frequency 1000.
    pub busy: i64,
    /// Weight of behaviour: how often, and how much of the same.
    pub behaviour: i64,
    /// Weight of anomaly: around the clock, and like clockwork.
    pub anomaly: i64,
    /// Weight of known patterns: sweeping the map, giving all to one, being fed by many.
    pub patterns: i64,
    /// From this score on a request is stopped.
    pub stop_at: i64,
}

impl ThreatFigures {
    /// Rulebook of PopVerse Kingdoms, 2.23.
    pub const USUAL: Self = Self { busy: 120, behaviour: 400, anomaly: 400, patterns: 200, stop_at: 700 };
}

/// Something of worth that one player let another have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handed {
    /// Who gave.
    pub from: PlayerId,
    /// Who got it.
    pub to: PlayerId,
    /// What it was worth, in a unit of the game's own; ≥ 0. What comes back in the same deal is a second one.
    pub worth: i64,
}

/// A figure of a world as it stands, for those who run the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gauge {
    /// What is measured: `players_active`. The same words for the same thing in every game.
    pub name: &'static str,
    /// Of what, where there are several: `food`; empty where there is one.
    pub of: &'static str,
    /// The value.
    pub value: i64,
}

/// Something that is counted as it happens: what, and of which kind.
pub type Counted = (&'static str, &'static str);

/// A page of the dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "page", rename_all = "snake_case")]
pub enum Page {
    /// A square of the map: its corner with the least column and row, and its side.
    Map {
        /// Column.
        x: i64,
        /// Row.
        y: i64,
        /// Tiles to a side, 1 to [`SIDE_MAX`].
        size: i64,
    },
    /// A player's page: all of one's own, what is public of another.
    Player {
        /// Whose.
        whose: Whose,
    },
    /// What is under way on the map: one's own, and what one sees.
    Marches {},
}

/// The longest side of a map's square.
pub const SIDE_MAX: i64 = 50;

/// Whose page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// The asker's own.
    Mine,
    /// By the number that the game gives its players.
    Number(u64),
    /// By the random id.
    Id(PlayerId),
}

impl std::str::FromStr for Whose {
    type Err = ();

    /// `me`, a number with or without the game's letter before it (`P17`, `17`), or a player's id.
    fn from_str(text: &str) -> Result<Self, ()> {
        if text == "me" {
            return Ok(Self::Mine);
        }
        let digits = text.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(text);
        match digits.parse() {
            Ok(number) => Ok(Self::Number(number)),
            Err(_) => text.parse().map(Self::Id).map_err(|_| ()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_asked_for_by_word_number_or_id() {
        let id = PlayerId::from_bits(0x0123_4567_89ab_cdef);
        for (text, whose) in [
            ("me", Some(Whose::Mine)),
            ("17", Some(Whose::Number(17))),
            ("P17", Some(Whose::Number(17))),
            (id.to_string().as_str(), Some(Whose::Id(id))),
            ("", None),
            ("P", None),
            ("-1", None),
            ("me too", None),
        ] {
            assert_eq!(text.parse().ok(), whose, "{text:?}");
        }
    }
}
