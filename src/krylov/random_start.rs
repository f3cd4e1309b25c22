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

/// The fraction ε of λ_max(A) by which the largest Ritz value of a positive semidefinite n×n map A
/// falls short of it at most, after `steps` = q products from each of `width` independent random
/// vectors of the normal distribution, except with this probability.
///
/// If the Ritz value is below (1 − ε)·λ_max, then for every polynomial p of degree q − 1 the part c of
/// the normalised start along the eigenvector meets c²·p(λ_max)²·ε·λ_max < Σcᵢ²·p(λᵢ)²·((1 − ε)·λ_max
/// − λᵢ) over the smaller λᵢ. With the Chebyshev polynomial of the second kind, p(λ) =
/// U_{2q−2}(√(λ/((1 − ε)·λ_max))), that is |c| < 1/cosh((2q − 1)·artanh√ε), which has a probability of
/// at most √(2n/π)/cosh((2q − 1)·artanh√ε).
///
/// The theorem of Kuczyński and Woźniakowski (1992) is the same with e^−x for 1/(2·cosh x) and √ε
/// for artanh √ε.
pub(crate) fn shortfall_of_largest(
    n: f64,
    steps: usize,
    width: usize,
    failure_probability: f64,
) -> f64 {
    if steps == 0 || width == 0 {
        return 1.0;
    }
    let of_each = failure_probability.powf(1.0 / width as f64);
    let cosh = (2.0 * n / std::f64::consts::PI).sqrt() / of_each;
    let root = (cosh.max(1.0).acosh() / (2.0 * steps as f64 - 1.0)).tanh();
    root * root
}

/// The least number of steps after which that fraction is at most `shortfall`.
pub(crate) fn steps_for_largest(
    n: f64,
    width: usize,
    shortfall: f64,
    failure_probability: f64,
) -> usize {
    let of_each = failure_probability.powf(1.0 / width.max(1) as f64);
    let cosh = (2.0 * n / std::f64::consts::PI).sqrt() / of_each;
    let degrees = cosh.max(1.0).acosh() / shortfall.sqrt().atanh();
    (0.5 * (degrees + 1.0)).ceil().max(1.0) as usize
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
