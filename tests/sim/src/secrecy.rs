//! I8 as non-interference: two runs with the same public inputs, in which hidden players do other things or the dice
//! fall otherwise, and everything that is told to a watched player compared byte for byte.
//!
//! In every pair player 1 is watched, players 2 and 3 are hidden, the others are neutral: they act alike in both runs, and
//! nothing that they can reach depends on the hidden ones. Compared are the events and messages shown, the answers to
//! commands (refusals with all their figures and words), the answers to questions, and suggestions.
//!
//! What the rules themselves reveal is left out by construction, each with its reason:
//!
//! - commit numbers and positions: they count the record, whose length is public;
//! - numbers of new things (a ship's, a march's) count for all players of a world: hidden players make none of those that
//!   others make too, but where nobody else makes any;
//! - a kingdom's power stands on its public page: where hidden players may change theirs, nobody looks at it;
//! - the daily reset publishes means of all stores: a pair ends before it.

mod plays;
mod stage;

use std::fmt;

use games_core::Rng;
use games_core::dice::mix;
use games_registry::World;
use schemas::PlayerId;

pub use plays::{HarbourSecrets, KingdomSecrets, Secrets};
use stage::Stage;

/// What differs between the two runs of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hidden {
    /// What the hidden players do, within what leaves their public figures alone.
    Quiet,
    /// What the hidden players do, where nobody looks at their public figures.
    Deeds,
    /// The dice: only hidden players roll.
    Dice,
}

impl Hidden {
    /// Each in turn, by seed.
    const fn of(seed: u64) -> Self {
        match seed % 3 {
            0 => Self::Quiet,
            1 => Self::Deeds,
            _ => Self::Dice,
        }
    }
}

/// A bug planted on purpose: each lets a figure of a hidden player out through another door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaking {
    /// The audience of what happens to a hidden player is everybody.
    Audience,
    /// A refusal tells the watched player a hidden player's figure.
    Refusal,
    /// The answer to a question holds a hidden player's figure.
    View,
    /// A suggestion holds a hidden player's figure.
    Suggestion,
    /// A message about a hidden player goes to everybody.
    Notice,
}

impl Leaking {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Audience, Self::Refusal, Self::View, Self::Suggestion, Self::Notice];
}

/// A difference in what the watched player was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// The seed of the pair.
    pub seed: u64,
    /// What differed between the runs.
    pub hidden: Hidden,
    /// Which line of the transcript, from 1.
    pub line: usize,
    /// What was told in each run.
    pub told: [String; 2],
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "I8: pair {} ({:?}), line {}: {:.300} | {:.300}",
            self.seed, self.hidden, self.line, self.told[0], self.told[1]
        )
    }
}

/// What a pair came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// Lines that were compared.
    pub lines: usize,
    /// Whether the runs differed at all in what the watched player was not told: a pair that did not tests nothing.
    pub differed: bool,
    /// The first difference.
    pub leak: Option<Leak>,
}

/// Players of a pair: the watched one, two hidden ones, and neutral ones.
const PLAYERS: u64 = 6;
/// Pairs that share an opening: drawing a map is dear.
const OPENING_PAIRS: u64 = 50;

/// Who is who.
#[derive(Debug, Clone)]
pub struct Cast {
    /// Everybody.
    pub players: Vec<PlayerId>,
}

impl Cast {
    fn new() -> Self {
        Self { players: (1..=PLAYERS).map(PlayerId::from_bits).collect() }
    }

    /// The watched player.
    #[must_use]
    pub fn watched(&self) -> PlayerId {
        self.players[0]
    }

    /// The hidden players.
    #[must_use]
    pub fn hidden(&self) -> &[PlayerId] {
        &self.players[1..3]
    }
}

/// Runs pairs of one game.
pub struct Secrecy<'a> {
    secrets: &'a dyn Secrets,
    plant: Option<Leaking>,
    cast: Cast,
    /// An opened world in which everybody has joined, and the number of its opening.
    opened: Option<(u64, Box<dyn World>)>,
}

impl<'a> Secrecy<'a> {
    /// Pairs of a game, with or without a planted bug.
    #[must_use]
    pub fn new(secrets: &'a dyn Secrets, plant: Option<Leaking>) -> Self {
        Self { secrets, plant, cast: Cast::new(), opened: None }
    }

    /// Runs the two runs of one seed and compares.
    ///
    /// # Errors
    /// When the world can not be opened or a decision faults.
    pub fn pair(&mut self, seed: u64) -> Result<Pair, String> {
        let opening = seed / OPENING_PAIRS;
        if self.opened.as_ref().is_none_or(|(number, _)| *number != opening) {
            self.opened = Some((opening, stage::open(self.secrets, &self.cast, opening)?));
        }
        let Some((_, world)) = &self.opened else { return Err("no world is open".to_owned()) };
        let hidden = Hidden::of(seed);
        let mut runs = Vec::new();
        for run in 0..2 {
            let mut stage = Stage::new(self.secrets, &self.cast, world.fork(), self.plant);
            if hidden == Hidden::Dice {
                stage.other_dice(mix(seed ^ run));
            }
            let private = Rng::new(mix(mix(seed).wrapping_add(run + 1)));
            stage.play(hidden, &mut Rng::new(mix(seed)), private)?;
            runs.push(stage.finish());
        }
        let [(first, one), (second, other)] = <[_; 2]>::try_from(runs).map_err(|_| "two runs".to_owned())?;
        let lines = first.len().max(second.len());
        let line_of = |lines: &[String], i: usize| lines.get(i).cloned().unwrap_or_default();
        let leak = (0..lines).find(|&i| first.get(i) != second.get(i)).map(|i| Leak {
            seed,
            hidden,
            line: i + 1,
            told: [line_of(&first, i), line_of(&second, i)],
        });
        Ok(Pair { lines, differed: one != other, leak })
    }
}

/// Runs pairs until one leaks: after how many, and what. None if `pairs` pairs keep the secret.
///
/// # Errors
/// When a run faults.
pub fn first_leak(
    secrets: &dyn Secrets,
    first: u64,
    pairs: u64,
    plant: Option<Leaking>,
) -> Result<Option<(u64, Leak)>, String> {
    let mut secrecy = Secrecy::new(secrets, plant);
    for seed in first..first + pairs {
        if let Some(leak) = secrecy.pair(seed)?.leak {
            return Ok(Some((seed - first + 1, leak)));
        }
    }
    Ok(None)
}
