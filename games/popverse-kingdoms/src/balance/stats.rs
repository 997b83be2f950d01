//! Small statistics over whole numbers.

/// Mean, median, and the share of the top ten in ‰.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Spread {
    pub(super) count: usize,
    pub(super) mean: i64,
    pub(super) median: i64,
    pub(super) least: i64,
    pub(super) most: i64,
    /// ‰ of the sum that the ten largest hold.
    pub(super) top: i64,
}

impl Spread {
    /// The spread of these values.
    pub(super) fn of(mut values: Vec<i64>) -> Self {
        values.sort_unstable();
        let sum: i64 = values.iter().sum();
        let top: i64 = values.iter().rev().take(10).sum();
        Self {
            count: values.len(),
            mean: sum / (values.len().max(1) as i64),
            median: quantile(&values, 500),
            least: quantile(&values, 0),
            most: quantile(&values, 1000),
            top: if sum > 0 { top * 1000 / sum } else { 0 },
        }
    }
}

/// The value below which `mille` of a thousand of these sorted values lie; 0 of none. The upper of two in the middle.
pub(super) fn quantile(sorted: &[i64], mille: usize) -> i64 {
    let at = (sorted.len() * mille / 1000).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or(0)
}

/// Whole per cent of a part, 0 of nothing.
pub(super) const fn percent(part: i64, whole: i64) -> i64 {
    if whole == 0 { 0 } else { part * 100 / whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_of_nothing_is_nothing() {
        assert_eq!(Spread::of(Vec::new()), Spread::default());
        assert_eq!(percent(3, 0), 0);
    }

    #[test]
    fn mean_median_and_the_share_of_the_top_ten() {
        let spread = Spread::of((1..=20).rev().collect());
        assert_eq!((spread.count, spread.mean, spread.median), (20, 10, 11));
        assert_eq!((spread.least, spread.most), (1, 20));
        // 11 … 20 of 1 … 20: 155 of 210.
        assert_eq!(spread.top, 738);
    }

    #[test]
    fn quantiles_of_few_values() {
        assert_eq!([0, 500, 1000].map(|mille| quantile(&[7], mille)), [7, 7, 7]);
        assert_eq!([100, 250, 900].map(|mille| quantile(&[1, 2, 3, 4], mille)), [1, 2, 4]);
    }
}
