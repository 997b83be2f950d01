//! Time stamps: `<t:seconds:style>`, which Discord shows in each reader's own time zone. Here: writing them, and reading
//! them for a terminal.

use schemas::GameTime;
use schemas::moment::{DAY_MS, civil, utc_day};

use crate::host::Clock;

/// A stamp that counts: "in 5 minutes".
#[must_use]
pub fn relative(clock: Clock, at: GameTime) -> String {
    format!("<t:{}:R>", clock.wall_s(at))
}

/// Farther away than this, a time of day alone would mislead.
const NEAR_MS: i64 = 20 * 3_600_000;

/// A stamp of the time of day with the count behind it: "10:24 (in 5 minutes)"; with the date if it is far.
#[must_use]
pub fn both(clock: Clock, at: GameTime) -> String {
    let seconds = clock.wall_s(at);
    let style = if at.since(clock.now).abs() < NEAR_MS { 't' } else { 'f' };
    // What is past needs no count.
    if at < clock.now {
        format!("<t:{seconds}:{style}>")
    } else {
        format!("<t:{seconds}:{style}> (<t:{seconds}:R>)")
    }
}

/// A stamp of the day.
#[must_use]
pub fn date(clock: Clock, at: GameTime) -> String {
    format!("<t:{}:D>", clock.wall_s(at))
}

/// The text with every stamp written out in UTC, as seen at `now_ms` of the wall clock.
#[must_use]
pub fn plain(text: &str, now_ms: i64) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("<t:") {
        out.push_str(&rest[..at]);
        let inner = &rest[at + 3..];
        let read = inner.find('>').and_then(|end| {
            let (seconds, style) = inner[..end].split_once(':').unwrap_or((&inner[..end], "f"));
            Some((end, seconds.parse::<i64>().ok()?, style))
        });
        match read {
            Some((end, seconds, style)) => {
                out.push_str(&written(seconds, style, now_ms));
                rest = &inner[end + 1..];
            }
            None => {
                out.push_str("<t:");
                rest = inner;
            }
        }
    }
    out.push_str(rest);
    out
}

fn written(seconds: i64, style: &str, now_ms: i64) -> String {
    let ms = seconds.saturating_mul(1000);
    let (year, month, day) = civil(utc_day(ms));
    let rest = ms.rem_euclid(DAY_MS) / 1000;
    let clock = format!("{:02}:{:02}", rest / 3600, rest / 60 % 60);
    match style {
        "R" => distance(seconds - now_ms.div_euclid(1000)),
        "t" => format!("{clock} UTC"),
        "T" => format!("{clock}:{:02} UTC", rest % 60),
        "d" | "D" => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02} {clock} UTC"),
    }
}

fn distance(seconds: i64) -> String {
    let words = crate::present::words::span(seconds.abs());
    match seconds {
        0 => "now".to_owned(),
        1.. => format!("in {words}"),
        _ => format!("{words} ago"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_written_out_and_other_text_stays() {
        let now = 1_772_409_600_000;
        let text = "home <t:1772409900:R>, at <t:1772409900:t>, <t:1772409900>, <t:x>, <t:";
        let plain = plain(text, now);
        assert_eq!(plain, "home in 5 min, at 00:05 UTC, 2026-03-02 00:05 UTC, <t:x>, <t:");
        assert_eq!(super::plain("<t:1772409540:R> <t:1772409600:R>", now), "1 min ago now");
    }
}
