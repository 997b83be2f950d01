//! The rulebook's arithmetic: integers only, floors, per-mille chains (rulebook 2.1).

use crate::amounts::Res;

/// `rec(base, growth, level)`: base at level 1, then ⌊·growth/1000⌋ for each further level (rulebook 2.1).
/// Level 0 and below give 0.
#[must_use]
pub fn rec(base: i64, growth: i64, level: i64) -> i64 {
    if level <= 0 {
        return 0;
    }
    (1..level).fold(base, |value, _| value.saturating_mul(growth).div_euclid(1000))
}

/// [`rec`] for each resource.
#[must_use]
pub fn rec_res(base: Res, growth: i64, level: i64) -> Res {
    base.map(|b| rec(b, growth, level))
}

/// Integer square root, floored (rulebook 2.1); 0 for negative numbers.
#[must_use]
pub const fn isqrt(n: i64) -> i64 {
    if n <= 0 { 0 } else { n.isqrt() }
}

/// `a/b` rounded half up: ⌊(2a+b)/(2b)⌋ (rulebook 2.1); `b` must be positive.
#[must_use]
pub const fn rhu(a: i64, b: i64) -> i64 {
    (2 * a + b).div_euclid(2 * b)
}

/// ⌈a/b⌉ for positive `b`.
#[must_use]
pub const fn ceil_div(a: i64, b: i64) -> i64 {
    -(-a).div_euclid(b)
}

/// "`x` through m₁, m₂, …": x ← ⌊x·m/1000⌋ for each ‰ factor in order (rulebook 2.1).
#[must_use]
pub fn through(x: i64, factors: &[i64]) -> i64 {
    factors.iter().fold(x, |value, m| value.saturating_mul(*m).div_euclid(1000))
}

/// `n` rounded down to a multiple of `step` (> 0).
#[must_use]
pub const fn floor_to(n: i64, step: i64) -> i64 {
    n.div_euclid(step) * step
}

/// `n` rounded half up to a multiple of `step` (> 0).
#[must_use]
pub const fn round_to(n: i64, step: i64) -> i64 {
    rhu(n, step) * step
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_rows_floor_at_each_level() {
        // Rulebook 2.5, check values.
        let row = |base| [1, 5, 10, 15, 20].map(|level| rec(base, 1170, level));
        assert_eq!(row(120), [120, 222, 484, 1058, 2315]);
        assert_eq!(row(60), [60, 109, 236, 513, 1123]);
        assert_eq!(row(26), [26, 46, 98, 211, 457]);
        assert_eq!([1, 5, 10, 15, 20].map(|l| rec(5000, 1220, l)), [5000, 11_076, 29_931, 80_890, 218_616]);
        assert_eq!(rec(120, 1170, 0), 0);
    }

    #[test]
    fn rounding_is_half_up_and_ceilings_go_up() {
        assert_eq!([rhu(5, 2), rhu(-5, 2), rhu(7, 3), rhu(8, 3)], [3, -2, 2, 3]);
        assert_eq!([ceil_div(0, 3), ceil_div(1, 3), ceil_div(3, 3), ceil_div(4, 3)], [0, 1, 1, 2]);
        assert_eq!([floor_to(1234, 500), round_to(74, 50), round_to(75, 50)], [1000, 50, 100]);
        assert_eq!(isqrt(99), 9);
        assert_eq!(through(1000, &[1140, 1150]), 1311);
    }
}
