//! Limits around the game (rulebook 2.23).

use crate::rules::Rules;

/// Requests of one command that a user may make in a window (rulebook 2.23). `base` is the command's own base,
/// `reputation` 0–200, `account_age_ms` the age of the Discord account.
#[must_use]
pub fn rate_limit(
    rules: &Rules,
    base: i64,
    reputation: i64,
    account_age_ms: i64,
    recent_violation: bool,
) -> i64 {
    let limits = &rules.limits;
    let [least, most] = limits.reputation;
    let standing = (limits.per_reputation * reputation).clamp(least, most.max(least));
    let age = (1000 + account_age_ms.max(0).saturating_mul(1000) / limits.age_ms).min(limits.age_max);
    let violation = if recent_violation { limits.violation } else { 1000 };
    base * standing * age * violation / 1_000_000_000
}
