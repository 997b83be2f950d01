//! Moments: game time and wall time, both whole milliseconds, never mixed.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! moment {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
                 schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(i64);

        impl $name {
            /// Takes milliseconds since the Unix epoch.
            #[must_use]
            pub const fn from_ms(ms: i64) -> Self {
                Self(ms)
            }

            /// Milliseconds since the Unix epoch.
            #[must_use]
            pub const fn ms(self) -> i64 {
                self.0
            }

            /// This moment, `ms` milliseconds later.
            #[must_use]
            pub const fn plus_ms(self, ms: i64) -> Self {
                Self(self.0.saturating_add(ms))
            }

            /// This moment, `s` seconds later.
            #[must_use]
            pub const fn plus_s(self, s: i64) -> Self {
                Self(self.0.saturating_add(s.saturating_mul(1000)))
            }

            /// Milliseconds from `earlier` to this moment.
            #[must_use]
            pub const fn since(self, earlier: Self) -> i64 {
                self.0.saturating_sub(earlier.0)
            }
        }

        impl fmt::Display for $name {
            /// RFC 3339 in UTC, with milliseconds only where there are any.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_rfc3339(f, self.0)
            }
        }
    };
}

moment!(
    /// A moment by the world's clock: it stands while the world is paused and never goes back on the live line.
    GameTime
);
moment!(
    /// A moment by the host's wall clock.
    WallTime
);

/// Milliseconds in a day.
pub const DAY_MS: i64 = 86_400_000;

/// Whole UTC days since the Unix epoch.
#[must_use]
pub const fn utc_day(ms: i64) -> i64 {
    ms.div_euclid(DAY_MS)
}

/// Year, month and day of a number of days since the Unix epoch (Hinnant's civil-from-days).
#[must_use]
pub const fn civil(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month as u32, day as u32)
}

/// Days since the Unix epoch of a date in the proleptic Gregorian calendar (Hinnant's days-from-civil).
#[must_use]
pub const fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let shifted = (month as i64 + 9) % 12;
    let doy = (153 * shifted + 2) / 5 + day as i64 - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

fn write_rfc3339(f: &mut fmt::Formatter<'_>, ms: i64) -> fmt::Result {
    let (year, month, day) = civil(utc_day(ms));
    let rest = ms.rem_euclid(DAY_MS);
    let (hour, minute, second, milli) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60, rest % 1000);
    write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
    if milli != 0 {
        write!(f, ".{milli:03}")?;
    }
    f.write_str("Z")
}

/// Reads `YYYY-MM-DDTHH:MM[:SS[.mmm]]Z` (a space may stand for the `T`) or `YYYY-MM-DD`, always UTC, as
/// milliseconds since the Unix epoch. `None` when it is no such text or no such moment.
#[must_use]
pub fn parse_utc(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let mut parts = date.split('-');
    let year: i64 = parts.next().filter(|p| p.len() == 4)?.parse().ok()?;
    let month: u32 = parts.next()?.parse().ok()?;
    let day: u32 = parts.next()?.parse().ok()?;
    if parts.next().is_some() || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    let days = days_from_civil(year, month, day);
    if civil(days) != (year, month, day) {
        return None;
    }
    Some(days * DAY_MS + parse_clock(clock)?)
}

/// Reads `HH:MM[:SS[.mmm]]` as milliseconds of a day.
#[must_use]
pub fn parse_clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hour: i64 = parts.next()?.parse().ok()?;
    let minute: i64 = parts.next()?.parse().ok()?;
    let (second, milli) = match parts.next() {
        None => (0, 0),
        Some(rest) => match rest.split_once('.') {
            None => (rest.parse().ok()?, 0),
            Some((second, fraction)) if fraction.len() == 3 => (second.parse().ok()?, fraction.parse().ok()?),
            Some(_) => return None,
        },
    };
    let fits = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    if !fits || milli < 0 || parts.next().is_some() {
        return None;
    }
    Some(hour * 3_600_000 + minute * 60_000 + second * 1000 + milli)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc_and_read_back() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_772_409_600_000, "2026-03-02T00:00:00Z"),
            (951_782_400_123, "2000-02-29T00:00:00.123Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(GameTime::from_ms(ms).to_string(), text);
            assert_eq!(parse_utc(text), Some(ms));
        }
        assert_eq!(parse_utc("2026-03-02 06:00"), Some(1_772_409_600_000 + 6 * 3_600_000));
        assert_eq!(parse_utc("2026-03-02"), Some(1_772_409_600_000));
    }

    #[test]
    fn moments_that_do_not_exist_are_refused() {
        for bad in
            ["", "2026-02-30", "2026-13-01", "2026-03-02T24:00", "2026-03-02T10:60", "today", "26-03-02"]
        {
            assert_eq!(parse_utc(bad), None, "{bad:?} was taken");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_day_has_one_date(days in -1_000_000_i64..1_000_000) {
            let (y, m, d) = civil(days);
            proptest::prop_assert_eq!(days_from_civil(y, m, d), days);
        }
    }
}
