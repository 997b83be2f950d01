//! Points: any way to name a moment of a world, resolved to a commit boundary on the live line.

use std::fmt;
use std::str::FromStr;

use event_store::{EventStore, SnapshotStore};
use schemas::moment::{DAY_MS, parse_clock, parse_utc, utc_day};
use schemas::{CommandId, CommitNo, GameTime, Position, WallTime};
use serde::Serialize;

use crate::error::ToolError;
use crate::travel::Log;

/// A moment of a world as a person names it.
///
/// ```
/// use replay_tool::Point;
/// assert_eq!("v12".parse::<Point>().unwrap().to_string(), "v12");
/// assert!("yesterday".parse::<Point>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Point {
    /// `v184203`: right after an event.
    Position(Position),
    /// `c9121`: right after a commit, void or not.
    Commit(CommitNo),
    /// `2026-11-20T10:00Z`: by wall time.
    Instant(WallTime),
    /// `-2h`: so long ago by wall time; `m`, `h`, `d`.
    Ago(i64),
    /// `day12 06:00`: by game time, day 1 being the day of the opening.
    GameDay(i64, i64),
    /// `before:<command id>`: right before a command was decided.
    Before(CommandId),
    /// `open`: right after the opening.
    Open,
    /// `latest`: now.
    Latest,
}

impl FromStr for Point {
    type Err = ToolError;

    fn from_str(text: &str) -> Result<Self, ToolError> {
        let bad = |problem: &str| ToolError::BadPoint { text: text.to_owned(), problem: problem.to_owned() };
        match text {
            "open" => return Ok(Self::Open),
            "latest" => return Ok(Self::Latest),
            _ => {}
        }
        if let Some(id) = text.strip_prefix("before:") {
            return CommandId::new(id).map(Self::Before).map_err(|e| bad(&e.to_string()));
        }
        if let Some(rest) = text.strip_prefix("day") {
            let (day, clock) = rest.trim().split_once(' ').unwrap_or((rest.trim(), "00:00"));
            let day: i64 =
                day.parse().ok().filter(|&d| d >= 1).ok_or_else(|| bad("a day is a number from 1"))?;
            let ms = parse_clock(clock).ok_or_else(|| bad("a time of day is HH:MM or HH:MM:SS"))?;
            return Ok(Self::GameDay(day, ms));
        }
        if let Some(number) = text.strip_prefix('v').and_then(|n| n.parse().ok()) {
            return Ok(Self::Position(Position::new(number)));
        }
        if let Some(number) = text.strip_prefix('c').and_then(|n| n.parse().ok()) {
            return Ok(Self::Commit(CommitNo::new(number)));
        }
        if let Some(span) = text.strip_prefix('-') {
            let unit = span.chars().last().ok_or_else(|| bad("a span is a number and m, h or d"))?;
            let scale = match unit {
                's' => 1_000,
                'm' => 60_000,
                'h' => 3_600_000,
                'd' => DAY_MS,
                _ => return Err(bad("a span ends in s, m, h or d")),
            };
            let number = span[..span.len() - unit.len_utf8()].parse::<i64>();
            let number = number.ok().filter(|&n| (0..=100_000).contains(&n));
            return number
                .map(|n| Self::Ago(n * scale))
                .ok_or_else(|| bad("a span is a number and m, h or d"));
        }
        parse_utc(text)
            .map(|ms| Self::Instant(WallTime::from_ms(ms)))
            .ok_or_else(|| bad("no form of a point fits"))
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(position) => write!(f, "v{position}"),
            Self::Commit(commit) => write!(f, "c{commit}"),
            Self::Instant(at) => write!(f, "{at}"),
            Self::Ago(ms) => write!(f, "-{}s", ms / 1000),
            Self::GameDay(day, ms) => {
                write!(f, "day{day} {:02}:{:02}", ms / 3_600_000, ms / 60_000 % 60)
            }
            Self::Before(id) => write!(f, "before:{id}"),
            Self::Open => f.write_str("open"),
            Self::Latest => f.write_str("latest"),
        }
    }
}

/// What a point came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Resolved {
    /// The commit.
    pub commit: CommitNo,
    /// Position of the last event up to it.
    pub position: Position,
    /// Game time of the commit.
    pub game: GameTime,
    /// Wall time of the commit.
    pub wall: WallTime,
    /// Whether the commit is live today.
    pub live: bool,
    /// Day of the season.
    pub day: i64,
}

impl fmt::Display for Resolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{} (commit {}, {}, day {}", self.position, self.commit, self.game, self.day)?;
        if !self.live {
            f.write_str(", void")?;
        }
        f.write_str(")")
    }
}

impl Point {
    /// Finds the commit that a point names. `now` is the wall time for spans.
    ///
    /// # Errors
    /// The point lies outside of the record, or the record can not be read.
    pub async fn resolve<S: EventStore + SnapshotStore>(
        &self,
        log: &Log<'_, S>,
        now: WallTime,
    ) -> Result<Resolved, ToolError> {
        let bad = |problem: String| ToolError::BadPoint { text: self.to_string(), problem };
        let opened =
            log.commit(CommitNo::new(1)).await?.read_header().map_err(|e| bad(e.to_string()))?.game_ms;
        let commit = match self {
            Self::Open => CommitNo::new(1),
            Self::Latest => log.head.commit,
            Self::Commit(commit) if *commit >= CommitNo::new(1) && *commit <= log.head.commit => *commit,
            Self::Commit(_) => return Err(bad(format!("commits run from 1 to {}", log.head.commit))),
            Self::Position(position) => {
                if *position > log.head.position || *position == Position::ZERO {
                    return Err(bad(format!("events run from v1 to v{}", log.head.position)));
                }
                self.search(log, |stored| stored.events > 0 && stored.last() >= *position)
                    .await?
                    .unwrap_or(log.head.commit)
            }
            Self::Before(id) => {
                let found = log.store.find_command(&log.world, id).await?;
                let commit = found.iter().rev().find(|&&c| log.live.is_live(c)).or(found.last());
                let commit = commit.ok_or_else(|| bad("no such command is on the record".to_owned()))?;
                log.live.parent(*commit)
            }
            Self::Instant(at) => self.last_before(log, |_, wall| wall <= *at).await?,
            Self::Ago(ms) => {
                let at = now.plus_ms(-ms);
                self.last_before(log, |_, wall| wall <= at).await?
            }
            Self::GameDay(day, ms) => {
                let at = GameTime::from_ms((utc_day(opened.ms()) + day - 1) * DAY_MS + ms);
                self.last_before(log, |game, _| game <= at).await?
            }
        };
        let stored = log.commit(commit).await?;
        let header = stored.read_header().map_err(|e| bad(e.to_string()))?;
        Ok(Resolved {
            commit,
            position: stored.last(),
            game: header.game_ms,
            wall: header.wall_ms,
            live: log.live.is_live(commit),
            day: utc_day(header.game_ms.ms()) - utc_day(opened.ms()) + 1,
        })
    }

    async fn search<S: EventStore + SnapshotStore>(
        &self,
        log: &Log<'_, S>,
        fits: impl Fn(&schemas::StoredCommit) -> bool,
    ) -> Result<Option<CommitNo>, ToolError> {
        // Positions rise with commits, so halving finds the first that fits.
        let (mut low, mut high) = (1, log.head.commit.get());
        while low < high {
            let middle = (low + high) / 2;
            let stored = log.commit(CommitNo::new(middle)).await?;
            if fits(&stored) || stored.last().get() >= self.position() {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        Ok(Some(CommitNo::new(low)))
    }

    const fn position(&self) -> u64 {
        match self {
            Self::Position(position) => position.get(),
            Self::Commit(_)
            | Self::Instant(_)
            | Self::Ago(_)
            | Self::GameDay(..)
            | Self::Before(_)
            | Self::Open
            | Self::Latest => u64::MAX,
        }
    }

    /// The last live commit whose times fit.
    async fn last_before<S: EventStore + SnapshotStore>(
        &self,
        log: &Log<'_, S>,
        fits: impl Fn(GameTime, WallTime) -> bool,
    ) -> Result<CommitNo, ToolError> {
        let mut found = None;
        log.each(CommitNo::ZERO, log.head.commit, |stored| {
            if log.live.is_live(stored.commit) {
                let header = stored.read_header().map_err(|e| ToolError::Input(e.to_string()))?;
                if fits(header.game_ms, header.wall_ms) {
                    found = Some(stored.commit);
                }
            }
            Ok(())
        })
        .await?;
        found.ok_or_else(|| ToolError::BadPoint {
            text: self.to_string(),
            problem: "it lies before the world was opened".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_point_is_read() {
        for (text, point) in [
            ("v184203", Point::Position(Position::new(184_203))),
            ("c9121", Point::Commit(CommitNo::new(9121))),
            ("2026-11-20T10:00Z", Point::Instant(WallTime::from_ms(1_795_168_800_000))),
            ("-2h", Point::Ago(7_200_000)),
            ("day12 06:00", Point::GameDay(12, 21_600_000)),
            ("day3", Point::GameDay(3, 0)),
            ("before:terminal:p:1", Point::Before(CommandId::new("terminal:p:1").unwrap())),
            ("open", Point::Open),
            ("latest", Point::Latest),
        ] {
            assert_eq!(text.parse::<Point>().unwrap(), point, "{text}");
        }
    }

    #[test]
    fn what_is_no_point_says_which_forms_there_are() {
        for text in ["", "v", "vx", "day0", "day1 25:00", "-2y", "-h", "soon", "before:"] {
            let error = text.parse::<Point>().unwrap_err();
            assert_eq!(error.code(), "BAD_POINT");
            assert!(error.to_string().contains("day12 06:00"), "{error}");
        }
    }
}
