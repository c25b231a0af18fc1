//! What is said of a figure measured in several rounds.

/// Median, least and greatest of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    /// The middle value, or the mean of the two in the middle.
    pub(crate) median: f64,
    /// The least.
    pub(crate) min: f64,
    /// The greatest.
    pub(crate) max: f64,
}

/// The summary of `values`, if there are any.
#[must_use]
pub(crate) fn summary(values: &[f64]) -> Option<Summary> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (min, max) = (*sorted.first()?, *sorted.last()?);
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    };
    Some(Summary { median, min, max })
}

/// The rounds in which the control stayed within 5 % of its median: the others say more about the
/// machine than about the servers.
#[must_use]
pub(crate) fn steady_rounds(control: &[f64]) -> Vec<usize> {
    let Some(Summary { median, .. }) = summary(control) else {
        return Vec::new();
    };
    let steady = |round: &usize| (control[*round] / median - 1.0).abs() <= 0.05;
    (0..control.len()).filter(steady).collect()
}

/// How much `points` (x, y) rise for each unit of x: the slope of the line with the least squares.
#[must_use]
pub(crate) fn slope(points: &[(f64, f64)]) -> f64 {
    let count = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x_mean, y_mean) = (mean(|point| point.0), mean(|point| point.1));
    let together: f64 = points.iter().map(|(x, y)| (x - x_mean) * (y - y_mean)).sum();
    let alone: f64 = points.iter().map(|(x, _)| (x - x_mean).powi(2)).sum();
    together / alone
}

/// Which values are the good ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    /// Small ones.
    Less,
    /// Large ones.
    More,
}

/// How many times better than `baseline` the `values` are: the median of the ratios taken round by
/// round, since only what ran side by side can be compared on a shared machine.
#[must_use]
pub(crate) fn advantage(values: &[f64], baseline: &[f64], better: Better) -> Option<f64> {
    let ratios: Vec<_> = values
        .iter()
        .zip(baseline)
        .map(|(value, baseline)| match better {
            Better::More => value / baseline,
            Better::Less => baseline / value,
        })
        .collect();
    // Of nothing nobody can have several times as much.
    Some(summary(&ratios)?.median).filter(|times| times.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[f64], expected: Option<(f64, f64, f64)>) {
        let found = summary(values).map(|Summary { median, min, max }| (median, min, max));
        assert_eq!(found, expected, "{values:?}");
    }

    #[test]
    fn medians_of_odd_and_even_counts() {
        check(&[], None);
        check(&[7.0], Some((7.0, 7.0, 7.0)));
        check(&[3.0, 1.0, 8.0], Some((3.0, 1.0, 8.0)));
        check(&[4.0, 1.0, 2.0, 8.0], Some((3.0, 1.0, 8.0)));
    }

    #[test]
    fn a_slope_ignores_what_goes_up_and_down() {
        assert_eq!(slope(&[(1.0, 5.0), (2.0, 7.0), (3.0, 9.0)]), 2.0);
        assert_eq!(slope(&[(0.0, 1.0), (1.0, 3.0), (2.0, 3.0), (3.0, 1.0)]), 0.0);
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        // Both double in the second round, so the ratio is the same in both.
        assert_eq!(advantage(&[2.0, 4.0], &[3.0, 6.0], Better::Less), Some(1.5));
        assert_eq!(advantage(&[2.0, 4.0], &[4.0, 8.0], Better::More), Some(0.5));
        assert_eq!(advantage(&[], &[], Better::More), None);
        assert_eq!(advantage(&[0.0], &[0.0], Better::Less), None);
    }

    #[test]
    fn rounds_with_a_moved_control_are_not_steady() {
        assert_eq!(steady_rounds(&[10.0, 10.4, 9.6, 10.6, 9.4]), [0, 1, 2]);
        assert_eq!(steady_rounds(&[]), [0_usize; 0]);
    }
}
