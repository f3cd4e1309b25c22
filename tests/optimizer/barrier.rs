//! A line search in the narrow valley between two barriers.

use matrix_descent::optimizer::LineSearch;
use matrix_descent::{
    ConjugateGradient, Lbfgs, Minimization, Objective, Optimizer, Silent, Stopping, minimize,
};

/// y − μ·(ln a + ln b) with a = y − (2x)³ and b = y − (1 − x)³, and +∞ where a or b is not positive.
struct BarrierValley {
    mu: f64,
}

impl Objective<f64> for BarrierValley {
    fn dimension(&self) -> usize {
        2
    }

    fn value_and_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let (x, y) = (parameters[0], parameters[1]);
        let (a, b) = (y - (2.0 * x).powi(3), y - (1.0 - x).powi(3));
        if !(a > 0.0 && b > 0.0) {
            gradient.fill(f64::NAN);
            return f64::INFINITY;
        }
        gradient[0] = self.mu * (24.0 * x * x / a - 3.0 * (1.0 - x).powi(2) / b);
        gradient[1] = 1.0 - self.mu * (1.0 / a + 1.0 / b);
        y - self.mu * (a.ln() + b.ln())
    }
}

impl BarrierValley {
    /// The minimum. Both derivatives vanish where a = r·b with r = 8x²/(1 − x)² and b = μ·(1 + 1/r),
    /// and a − b = (1 − x)³ − (2x)³ leaves one equation for x, which bisection solves.
    fn minimum(&self) -> [f64; 2] {
        let distances = |x: f64| {
            let ratio = 8.0 * x * x / (1.0 - x).powi(2);
            let b = self.mu * (1.0 + 1.0 / ratio);
            (ratio * b, b)
        };
        let (mut low, mut high) = (0.05_f64, 0.95_f64);
        for _ in 0..100 {
            let x = 0.5 * (low + high);
            let (a, b) = distances(x);
            if a - b < (1.0 - x).powi(3) - (2.0 * x).powi(3) {
                low = x;
            } else {
                high = x;
            }
        }
        [low, distances(low).0 + (2.0 * low).powi(3)]
    }

    fn minimized(self, rule: impl Optimizer<f64>) -> Minimization<f64> {
        let stopping = Stopping::default().max_steps(5_000);
        minimize(self, rule, vec![0.0, 10.0], stopping, Silent).unwrap()
    }
}

#[test]
fn barriers_do_not_trap_a_line_search() {
    for (mu, most_evaluations) in [(1e-2, 400), (1e-4, 1_500), (1e-6, 3_000), (1e-8, 7_000)] {
        let found = [
            BarrierValley { mu }.minimized(Lbfgs::default()),
            BarrierValley { mu }
                .minimized(Lbfgs::default().line_search(LineSearch::backtracking())),
            BarrierValley { mu }.minimized(ConjugateGradient::default()),
        ];
        let expected = BarrierValley { mu }.minimum();
        for (index, run) in found.iter().enumerate() {
            for (found, expected) in run.parameters.iter().zip(expected) {
                let error = (found - expected).abs();
                assert!(error < 1e-9, "{mu}, rule {index}: {found} {expected}");
            }
            let evaluations = run.report.evaluations;
            assert!(
                evaluations < most_evaluations,
                "{mu}, rule {index}: {evaluations}"
            );
        }
        // With L-BFGS the searches need about as many, except for the last digits.
        let [wolfe, backtracking] = [&found[0], &found[1]].map(|run| run.report.evaluations);
        assert!(wolfe < 3 * backtracking, "{mu}: {wolfe} {backtracking}");
    }
}

/// The same function of x/u, times v.
struct InUnits {
    inner: BarrierValley,
    /// u and v.
    units: [f64; 2],
}

impl Objective<f64> for InUnits {
    fn dimension(&self) -> usize {
        2
    }

    fn value_and_gradient(&mut self, parameters: &[f64], gradient: &mut [f64]) -> f64 {
        let [of_parameters, of_loss] = self.units;
        let inner = [0, 1].map(|at| parameters[at] / of_parameters);
        let loss = self.inner.value_and_gradient(&inner, gradient);
        gradient
            .iter_mut()
            .for_each(|slope| *slope *= of_loss / of_parameters);
        loss * of_loss
    }
}

#[test]
fn units_make_no_difference_to_l_bfgs() {
    for units in [
        [1.0, 1e150],
        [1e-150, 1.0],
        [1e-150, 1e150],
        [1e-200, 1.0],
        [1e200, 1.0],
        [1e150, 1e-150],
    ] {
        let inner = BarrierValley { mu: 1e-4 };
        let expected = inner.minimum();
        let start = vec![0.0, 10.0 * units[0]];
        let stopping = Stopping::default().max_steps(5_000);
        let objective = InUnits { inner, units };
        let run = minimize(objective, Lbfgs::default(), start, stopping, Silent).unwrap();
        for (found, expected) in run.parameters.iter().zip(expected) {
            let error = (found / units[0] - expected).abs();
            assert!(error < 1e-9, "{units:?}: {found:e} {expected}");
        }
        let evaluations = run.report.evaluations;
        assert!(evaluations < 1_500, "{units:?}: {evaluations}");
    }
}
