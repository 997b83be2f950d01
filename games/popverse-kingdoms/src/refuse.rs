//! Refusals with their figures, one function for each that needs some (rulebook 4.3).

use schemas::{GameTime, Rejection};

use crate::amounts::Res;
use crate::keys::Resource;

/// `INVALID_OPTION`.
pub(crate) fn option(option: &'static str, rule: impl Into<String>) -> Rejection {
    Rejection::new("INVALID_OPTION").with("option", option).with("rule", rule.into())
}

/// `INVALID_OPTION` if a number is outside its bounds.
pub(crate) fn within(name: &'static str, value: i64, min: i64, max: i64) -> Result<(), Rejection> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(option(name, format!("{min} to {max}"))) }
}

/// `INVALID_COORDINATES`.
pub(crate) fn coordinates(x: i64, y: i64) -> Rejection {
    Rejection::new("INVALID_COORDINATES").with("x", x).with("y", y)
}

/// `NOT_EXPLORED`.
pub(crate) fn unexplored(x: i64, y: i64) -> Rejection {
    Rejection::new("NOT_EXPLORED").with("x", x).with("y", y)
}

/// `INSUFFICIENT_RESOURCES` with every shortage, if there is one.
pub(crate) fn short(have: Res, need: Res) -> Result<(), Rejection> {
    if have.covers(need) {
        return Ok(());
    }
    let mut words = Vec::new();
    for resource in Resource::ALL {
        if have[resource] < need[resource] {
            words.push(format!("{resource}: need {}, have {}", need[resource], have[resource]));
        }
    }
    Err(Rejection::new("INSUFFICIENT_RESOURCES").with("resources", words.join("; ")))
}

/// A code with `n` needed and `m` in hand, if that is too few.
pub(crate) fn fewer(code: &'static str, n: i64, m: i64) -> Result<(), Rejection> {
    if m >= n { Ok(()) } else { Err(Rejection::new(code).with("n", n).with("m", m)) }
}

/// `UNKNOWN_…` with the thing's word.
pub(crate) fn unknown(code: &'static str, thing: &'static str) -> Rejection {
    Rejection::new(code).with("thing", thing)
}

/// A code with a time.
pub(crate) fn until(code: &'static str, time: GameTime) -> Rejection {
    Rejection::new(code).with("time", time)
}
