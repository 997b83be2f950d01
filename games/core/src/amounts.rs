//! Whole-number arithmetic that every game shares: floors, chains of per-mille factors, fair sharing.

/// `⌊a·b / c⌋` without overflow on the way, rounding towards −∞; `c` of 0 gives 0.
#[must_use]
pub fn mul_div(a: i64, b: i64, c: i64) -> i64 {
    if c == 0 {
        return 0;
    }
    let wide = (i128::from(a) * i128::from(b)).div_euclid(i128::from(c));
    i64::try_from(wide).unwrap_or(if wide < 0 { i64::MIN } else { i64::MAX })
}

/// `x` through per-mille factors: `x ← ⌊x·m / 1000⌋` for each `m` in order.
#[must_use]
pub fn through(x: i64, per_mille: &[i64]) -> i64 {
    per_mille.iter().fold(x, |x, &m| mul_div(x, m, 1000))
}

/// Largest whole number whose square is not above `n`; 0 for negative `n`.
#[must_use]
pub const fn isqrt(n: i64) -> i64 {
    if n <= 0 { 0 } else { n.isqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floors_go_towards_minus_infinity() {
        assert_eq!(mul_div(-1, 1, 2), -1);
        assert_eq!(mul_div(i64::MAX, 2, 4), i64::MAX / 2);
        assert_eq!(through(999, &[1500, 10]), 14);
        assert_eq!(isqrt(99), 9);
    }
}
