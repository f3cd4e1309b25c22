//! How likely a random start is to have missed a singular value.

use super::LeadingEvidence;

/// The probability that the statement is wrong: half of it for the block on the leading vectors,
/// half for its norm.
const FAILURE_PROBABILITY: f64 = 1e-6;

/// What is known after q + 1 steps from an n×b Gaussian block Ω of the largest k singular values.
///
/// Let G be the k×b part of Ω along the leading right vectors. For ε in (0, 1) and T_q the
/// Chebyshev polynomial scaled to [0, (1 − ε)·σ_k²], the combination T_q(MᵀM)·Ω·G⁺ξ has a Rayleigh
/// quotient of at least (1 − ε)·σ_k² for every ξ if ε·T_q((1 + ε)/(1 − ε))² ≥ (1 − ε)·‖Ω‖²·‖G⁺‖²;
/// then the k-th Ritz value is at least √(1 − ε)·σ_k, and the earlier ones likewise. No gap between
/// singular values enters. With ‖Ω‖ ≤ √n + √b + u up to a probability of exp(−u²/2), and ‖G⁺‖ ≤
/// e·√b/(p + 1)·t up to t^−(p+1), p = b − k ≥ 4.
///
/// Sources: Musco and Musco, "Randomized block Krylov methods for stronger and faster approximate
/// singular value decomposition", 2015; Halko, Martinsson and Tropp, "Finding structure with
/// randomness", 2011, propositions 10.3 and 10.4.
pub(super) fn leading(n: usize, k: usize, width: usize, steps: usize) -> LeadingEvidence {
    let oversampling = width.saturating_sub(k);
    if oversampling < 4 || steps == 0 {
        return LeadingEvidence::Unknown;
    }
    let half = FAILURE_PROBABILITY / 2.0;
    let (n, b, exponent) = (n as f64, width as f64, (oversampling + 1) as f64);
    let norm = n.sqrt() + b.sqrt() + (-2.0 * half.ln()).sqrt();
    let inverse_norm = std::f64::consts::E * b.sqrt() / exponent * half.powf(-1.0 / exponent);
    let epsilon = smallest_epsilon((norm * inverse_norm).ln(), (steps - 1) as f64);
    // σ_j ≤ σ̂_j/√(1 − ε), written without cancellation.
    let root = (1.0 - epsilon).sqrt();
    LeadingEvidence::Probable {
        shortfall: epsilon / (root * (1.0 + root)),
        failure_probability: FAILURE_PROBABILITY,
    }
}

/// The smallest ε for which the condition holds, by bisection: its left side grows with ε, its
/// right side falls.
fn smallest_epsilon(log_constant: f64, degree: f64) -> f64 {
    let (mut fails, mut holds) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (fails + holds);
        let argument: f64 = (1.0 + middle) / (1.0 - middle);
        // ln T_q(γ) ≥ q·arcosh γ − ln 2, and T_0 = 1.
        let log_polynomial = (degree * argument.acosh() - std::f64::consts::LN_2).max(0.0);
        let left = 0.5 * (middle / (1.0 - middle)).ln() + log_polynomial;
        if left >= log_constant {
            holds = middle;
        } else {
            fails = middle;
        }
    }
    holds
}

#[cfg(test)]
mod tests {
    use super::{leading, smallest_epsilon};
    use crate::svd::LeadingEvidence;

    /// n, k, the width and ‖Ω‖²·‖G⁺‖² by the bounds above, computed in Python.
    const TABLE: [(usize, usize, usize, f64); 3] = [
        (1000, 10, 20, 29_389.228_223_488),
        (300, 3, 7, 440_776.864_085_29),
        (50, 1, 20, 451.829_574_700_1),
    ];

    fn shortfall_of(n: usize, k: usize, width: usize, steps: usize) -> f64 {
        match leading(n, k, width, steps) {
            LeadingEvidence::Probable {
                shortfall,
                failure_probability,
            } => {
                assert_eq!(failure_probability, 1e-6);
                shortfall
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn one_step_gives_the_closed_form() {
        for (n, k, width, squared_constant) in TABLE {
            // T₀ = 1, so that ε/(1 − ε) = ‖Ω‖²·‖G⁺‖².
            let expected = (1.0 + squared_constant).sqrt() - 1.0;
            let found = shortfall_of(n, k, width, 1);
            assert!((found / expected - 1.0).abs() < 1e-9, "{n}: {found}");
        }
    }

    #[test]
    fn more_steps_meet_the_condition_with_the_polynomial_itself() {
        for (n, k, width, squared_constant) in TABLE {
            for steps in [9, 30] {
                let epsilon = 1.0 - (1.0 + shortfall_of(n, k, width, steps)).powi(-2);
                let argument = (1.0 + epsilon) / (1.0 - epsilon);
                let (mut before, mut polynomial) = (1.0, argument);
                for _ in 2..steps {
                    (before, polynomial) = (polynomial, 2.0 * argument * polynomial - before);
                }
                let left = epsilon * polynomial.powi(2);
                let right = (1.0 - epsilon) * squared_constant;
                let name = format!("{n}, {steps}: {left:e}, {right:e}");
                assert!(left >= right && left < 1.05 * right, "{name}");
            }
        }
    }

    #[test]
    fn more_steps_say_more() {
        let shortfall = |steps| match leading(1000, 10, 20, steps) {
            LeadingEvidence::Probable { shortfall, .. } => shortfall,
            other => panic!("{other:?}"),
        };
        assert!(shortfall(20) < 0.05 && shortfall(20) > 0.01);
        assert!(shortfall(5) > 2.0 * shortfall(10));
        assert!(shortfall(1).is_finite());
        assert_eq!(leading(1000, 10, 13, 20), LeadingEvidence::Unknown);
    }

    #[test]
    fn epsilon_meets_the_condition_with_the_polynomial_itself() {
        for degree in [1, 5, 20] {
            let epsilon = smallest_epsilon(5.0, f64::from(degree));
            let argument = (1.0 + epsilon) / (1.0 - epsilon);
            // The three-term recurrence.
            let (mut before, mut polynomial) = (1.0, argument);
            for _ in 1..degree {
                (before, polynomial) = (polynomial, 2.0 * argument * polynomial - before);
            }
            let (left, right) = (epsilon * polynomial.powi(2), (1.0 - epsilon) * 10_f64.exp());
            assert!(left >= right && left < 4.1 * right, "{left:e} {right:e}");
        }
    }
}
