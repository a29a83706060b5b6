//! How values spread: quantiles where there are enough of them, else the values.

use alloc::vec::Vec;

use crate::time::Duration;

/// From so many values on there are quantiles.
pub const SMALLEST_SAMPLE: usize = 8;

/// How values spread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Too few for quantiles: all of them, shortest first; perhaps none.
    Values(Vec<Duration>),
    /// Enough for quantiles.
    Quantiles {
        /// How many values.
        count: usize,
        /// The 50th percentile.
        median: Duration,
        /// The 90th percentile.
        p90: Duration,
    },
}

impl Spread {
    /// The spread of values.
    pub fn of(mut values: Vec<Duration>) -> Self {
        values.sort_unstable();
        let quantile = |percent| nearest_rank(&values, percent);
        match (quantile(50), quantile(90)) {
            (Some(median), Some(p90)) if values.len() >= SMALLEST_SAMPLE => {
                Self::Quantiles { count: values.len(), median, p90 }
            }
            _ => Self::Values(values),
        }
    }

    /// How many values.
    pub const fn count(&self) -> usize {
        match self {
            Self::Values(values) => values.len(),
            Self::Quantiles { count, .. } => *count,
        }
    }
}

/// The percentile of sorted values by nearest rank: the smallest value that at least `percent` per
/// cent of all values do not exceed (Hyndman & Fan 1996, definition 1). It is always one of the
/// values; nothing is interpolated. `None` without values.
fn nearest_rank(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn seconds(values: impl IntoIterator<Item = i64>) -> Vec<Duration> {
        values.into_iter().map(Duration::from_seconds).collect()
    }

    #[test]
    fn a_percentile_is_the_value_of_its_rank() {
        // The example of the definition: of 15, 20, 35, 40 and 50 the 30th percentile is 20, the 40th 20, the 50th 35.
        let five = seconds([15, 20, 35, 40, 50]);
        for (percent, expected) in [(1, 15), (20, 15), (30, 20), (40, 20), (50, 35), (90, 50), (100, 50)] {
            assert_eq!(nearest_rank(&five, percent).unwrap(), Duration::from_seconds(expected), "{percent}");
        }
        assert_eq!(nearest_rank(&[], 50), None);
    }

    #[test]
    fn it_agrees_with_counting() {
        for size in 1..=40_usize {
            let sorted = seconds((0..size).map(|one| i64::try_from(one * one).unwrap()));
            for percent in 1..=100_usize {
                let at_most = |bound: &Duration| sorted.iter().filter(|one| *one <= bound).count() * 100;
                let counted = sorted.iter().find(|bound| at_most(bound) >= percent * size).copied();
                assert_eq!(nearest_rank(&sorted, percent), counted, "{percent} of {size}");
            }
        }
    }

    #[test]
    fn below_eight_values_there_are_no_quantiles() {
        assert_eq!(Spread::of(seconds([3, 1, 2])), Spread::Values(seconds([1, 2, 3])));
        assert_eq!(Spread::of(Vec::new()), Spread::Values(Vec::new()));
        assert!(matches!(Spread::of(seconds(1..=7)), Spread::Values(values) if values.len() == 7));
        let eight = Spread::Quantiles { count: 8, median: Duration::from_seconds(4), p90: Duration::from_seconds(8) };
        assert_eq!(Spread::of(seconds((1..=8).rev())), eight);
    }
}
