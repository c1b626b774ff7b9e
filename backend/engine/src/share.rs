//! Two measures of what is counted: how sure a share is, and whether a distribution is still what it was.

/// Of a normal distribution: 95 % lie within so many deviations.
const Z: f64 = 1.959_963_985;
/// Stands for an empty bucket, whose logarithm would be without bound.
const SHARE_MIN: f64 = 1e-4;

/// Wilson's interval of 95 % for `hits` of `trials`: (low, high), 0 to 1. Without trials it is everything.
pub fn wilson(hits: u64, trials: u64) -> (f64, f64) {
    if trials == 0 {
        return (0.0, 1.0);
    }
    let n = trials as f64;
    let p = hits.min(trials) as f64 / n;
    let divisor = 1.0 + Z * Z / n;
    let middle = (p + Z * Z / (2.0 * n)) / divisor;
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt() / divisor;
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// Population stability index of counts over the same buckets: 0 for equal shares; from about 0.25 on another population.
pub fn stability(before: &[i64], now: &[i64]) -> f64 {
    let share = |counts: &[i64], at: usize| {
        let total: i64 = counts.iter().sum();
        let count = counts.get(at).copied().unwrap_or(0);
        (count as f64 / total.max(1) as f64).max(SHARE_MIN)
    };
    let term = |at| {
        let (was, is) = (share(before, at), share(now, at));
        (is - was) * (is / was).ln()
    };
    (0..before.len().max(now.len())).map(term).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_verdicts_say_little() {
        let close = |(low, high): (f64, f64), wanted: (f64, f64)| {
            assert!(
                (low - wanted.0).abs() < 5e-4 && (high - wanted.1).abs() < 5e-4,
                "{low} {high}"
            );
        };
        // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        close(wilson(81, 263), (0.2553, 0.3662));
        close(wilson(15, 148), (0.0624, 0.1605));
        close(wilson(0, 20), (0.0, 0.1611));
        close(wilson(1, 29), (0.0061, 0.1718));
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }

    #[test]
    fn equal_shares_are_stable_and_others_are_not() {
        assert!(stability(&[90, 10], &[900, 100]).abs() < 1e-12);
        assert!(stability(&[90, 10], &[50, 50]) > 0.25);
        assert!(stability(&[100, 0], &[0, 100]).is_finite());
    }
}
