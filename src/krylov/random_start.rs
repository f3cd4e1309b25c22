//! How likely a random start is to have missed the end of a spectrum.

/// The fraction ε of the spectrum's width by which the smallest Ritz value of a symmetric n×n map A,
/// after q = `steps` products from a random vector, exceeds λ_min at most, except with this
/// probability: 1.648·√n·e^(−√ε·(2q − 1)) is at most that, whatever the spectrum.
///
/// Source: Kuczyński and Woźniakowski, "Estimating the largest eigenvalue by the power and Lanczos
/// algorithms with a random start", 1992, theorem 3.2.
pub(crate) fn shortfall(n: f64, steps: usize, failure_probability: f64) -> f64 {
    if steps == 0 {
        return 1.0;
    }
    let exponent = (1.648 * n.sqrt() / failure_probability).ln().max(0.0);
    let root = exponent / (2.0 * steps as f64 - 1.0);
    (root * root).min(1.0)
}

/// The number of products after which that fraction is at most `shortfall`.
pub(crate) fn steps_for(n: f64, shortfall: f64, failure_probability: f64) -> usize {
    let exponent = (1.648 * n.sqrt() / failure_probability).ln().max(0.0);
    (0.5 * (exponent / shortfall.sqrt() + 1.0)).ceil() as usize
}

#[cfg(test)]
mod tests {
    use super::{shortfall, steps_for};

    #[test]
    fn so_many_steps_leave_so_little() {
        for n in [10.0, 1e4, 1e8] {
            for wanted in [0.5, 0.1, 1e-3] {
                let steps = steps_for(n, wanted, 1e-3);
                assert!(shortfall(n, steps, 1e-3) <= wanted);
                assert!(shortfall(n, steps - 1, 1e-3) > wanted);
            }
        }
        assert_eq!(shortfall(100.0, 0, 1e-3), 1.0);
        assert_eq!(shortfall(100.0, 1, 1e-3), 1.0);
    }
}
