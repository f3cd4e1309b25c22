//! How near a matrix is to the best of its set.

use nalgebra::DMatrix;

use crate::descent::Silent;
use crate::inverse::automatic::iteration::workspace::Workspace;
use crate::inverse::automatic::scaled_problem::{History, ScaledProblem};
use crate::inverse::automatic::target::Target;
use crate::inverse::config::DEFAULT_MAX_STEPS;
use crate::inverse::method::Problem;
use crate::inverse::residual::products_of_residual;
use crate::inverse::result::{Candidate, Optimality};
use crate::loss::MeanSquaredError;
use crate::numerics::matrix::{infinity_norm, one_norm};
use crate::numerics::norm::{euclidean_norm, roundings_of_loss};
use crate::numerics::real::Real;
use crate::numerics::rounding::{enlarge, product_error, smallest_subnormal, unit_roundoff};
use crate::objective::{InverseObjective, Objective, Side};
use crate::set::ConvexSet;

/// What is known about ‖M⁻¹‖₂.
#[derive(Clone, Copy, Debug, PartialEq)]
enum InverseNorm {
    NotYet,
    AtMost(f64),
    /// M has no inverse to working precision, but has this rank.
    Singular(usize),
    Unknown,
}

/// The test that ends a descent in a set. It computes in `f64`, which holds every `f32`.
pub(crate) struct OptimalityTest<'a, T: Real> {
    set: &'a dyn ConvexSet<T>,
    matrix: &'a DMatrix<T>,
    side: Side,
    seed: u64,
    tolerance: f64,
    /// ς.
    norm: f64,
    inverse_norm: InverseNorm,
    moved: Vec<T>,
    products: usize,
    /// The s from which on a proof is worth its products.
    next_proof: f64,
    optimality: Option<Optimality<T>>,
    is_settled: bool,
}

/// The share of s to which it has to fall before a proof that failed is tried again.
const RETRY: f64 = 0.99;

impl<'a, T: Real> OptimalityTest<'a, T> {
    pub(crate) fn new(set: &'a dyn ConvexSet<T>, problem: &Problem<'a, T>, tolerance: T) -> Self {
        Self {
            set,
            matrix: problem.matrix,
            side: problem.side,
            seed: problem.seed,
            tolerance: tolerance.to_f64(),
            norm: spectral_norm_bound(&problem.matrix.map(T::to_f64)),
            inverse_norm: InverseNorm::NotYet,
            moved: vec![T::zero(); problem.matrix.len()],
            products: 0,
            next_proof: f64::INFINITY,
            optimality: None,
            is_settled: false,
        }
    }

    /// Whether the last matrix evaluated is the best of the set within the tolerance; or stationary
    /// while M is singular, so that no bound exists.
    pub(crate) fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// The rank, if the matrix turned out to be singular.
    pub(crate) fn rank(&self) -> Option<usize> {
        match self.inverse_norm {
            InverseNorm::Singular(rank) => Some(rank),
            _ => None,
        }
    }

    /// The number of products of n×n matrices for the certified inverse and the proofs.
    pub(crate) fn products(&self) -> usize {
        self.products
    }

    /// Evaluates how near `x` is to the optimum, with the loss and the gradient of a run there;
    /// [`is_settled`](Self::is_settled) then says whether the descent may end at it.
    pub(crate) fn evaluate(&mut self, loss: T, x: &[T], gradient: &[T]) {
        let gradient = gradient.iter().map(|g| g.to_f64());
        let (residual, s) = self.measure(loss.to_f64(), x, gradient);
        self.is_settled = false;
        // Proofs cost products, so that one that failed is not tried again at once.
        let is_worth_a_proof = s <= self.next_proof && self.judge(residual, s, 0.0).0;
        if is_worth_a_proof {
            self.next_proof = RETRY * s;
            self.prove(x);
        }
    }

    /// How near to the optimum the iterate is that settled the test or, if none did, `x`; `None`
    /// for a matrix that no run would have accepted.
    pub(crate) fn optimality(&mut self, x: &[T]) -> Option<Optimality<T>> {
        if !self.is_settled {
            self.prove(x);
        }
        self.optimality
    }

    /// Evaluates the test with a loss and a gradient of its own: those of a run come from the
    /// optimizer.
    fn prove(&mut self, x: &[T]) {
        let matrix = self.matrix.map(T::to_f64);
        let objective = InverseObjective::new(&matrix, self.side, MeanSquaredError);
        let Ok(mut objective) = objective else {
            return;
        };
        self.products += 2 * products_of_residual(self.side);
        let wide: Vec<f64> = x.iter().map(|x| x.to_f64()).collect();
        let mut gradient = vec![0.0; x.len()];
        let loss = objective.value_and_gradient(&wide, &mut gradient);
        let (residual, s) = self.measure(loss, x, gradient.into_iter());
        let doubt = self.doubt(residual, euclidean_norm(&wide));
        let (is_settled, least_residual) = self.judge(residual, s, doubt);
        self.is_settled = is_settled;
        self.optimality = Some(Optimality {
            stationarity: <T as Real>::from_f64(stationarity(residual, s)),
            // Rounded to the format, but not up.
            least_residual: <T as Real>::from_f64(least_residual * (1.0 - T::EPSILON.to_f64())),
        });
    }

    /// Whether the descent may end, and the least residual, for r, s and the doubt about them.
    fn judge(&mut self, residual: f64, s: f64, doubt: f64) -> (bool, f64) {
        // An r or s that overflowed says nothing; NaN is refused as well.
        let is_known = residual.is_finite() && s.is_finite();
        let is_stationary = is_known && s <= self.tolerance * residual;
        if is_stationary && self.inverse_norm == InverseNorm::NotYet {
            self.bound_inverse_norm();
        }
        let least_residual = self.least_residual(residual, s, doubt);
        let is_optimum = residual - least_residual <= self.tolerance * residual;
        let is_settled = is_stationary && (is_optimum || self.rank().is_some());
        (is_settled, least_residual)
    }

    /// r and s.
    fn measure(&mut self, loss: f64, x: &[T], gradient: impl Iterator<Item = f64>) -> (f64, f64) {
        let n = self.matrix.nrows() as f64;
        let residual = n * loss.sqrt();
        let size = self.norm * euclidean_norm(x).to_f64();
        let rounding = T::EPSILON.to_f64() * n.sqrt() * (size + residual);
        if self.norm == 0.0 {
            return (residual, rounding);
        }
        // The gradient of the mean is 2/n² times G; in two factors, since 1/ς² may leave the range.
        let factor = n / (2.0_f64.sqrt() * self.norm);
        for ((moved, &x), g) in self.moved.iter_mut().zip(x).zip(gradient) {
            *moved = <T as Real>::from_f64(x.to_f64() - factor * (factor * g));
        }
        self.set.project(&mut self.moved);
        for (moved, &x) in self.moved.iter_mut().zip(x) {
            *moved -= x;
        }
        let step = self.norm * euclidean_norm(&self.moved).to_f64();
        (residual, step + rounding)
    }

    /// A bound on what rounding in `f64` may have added to the residual r or taken from the step s
    /// at a matrix of this norm; the allowance in s covers that of the projection in the format.
    ///
    /// With γ = n·u/(1 − n·u), u = ε/2, the product X·M is off by at most γ·ς·‖X‖_F, since ς bounds
    /// ‖|M|‖₂ too, and that of the residual with Mᵀ by γ·ς·r besides. Each value takes part in so
    /// many additions of a norm or a loss. A product that underflows is off by half the smallest
    /// subnormal; n of them make each of the n² entries of the gradient, 2/n² times that of ½r².
    fn doubt(&self, residual: f64, norm_of_x: f64) -> f64 {
        let n = self.matrix.nrows();
        let sizes = self.norm * norm_of_x + residual;
        let in_sums = unit_roundoff() * roundings_of_loss(n * n) as f64 * residual;
        let lost = smallest_subnormal::<f64>() * (n as f64).powi(4) / self.norm;
        enlarge(product_error(n + 16) * sizes + in_sums + lost, n)
    }

    /// The least residual that the set may have, for r, s and what rounding may have done to them.
    fn least_residual(&self, residual: f64, s: f64, doubt: f64) -> f64 {
        let InverseNorm::AtMost(inverse_norm) = self.inverse_norm else {
            return 0.0;
        };
        let s = s + doubt;
        let rest = residual - doubt - s;
        let reach = self.norm * inverse_norm * s;
        if rest > reach {
            // A product of squares could leave the range.
            (rest - reach).sqrt() * (rest + reach).sqrt()
        } else {
            0.0
        }
    }

    /// Bounds ‖M⁻¹‖₂ by the automatic method.
    fn bound_inverse_norm(&mut self) {
        // The curvature of the mean of both estimates has no bound in terms of σₙ.
        if self.side == Side::Both {
            self.inverse_norm = InverseNorm::Unknown;
            return;
        }
        let wide = self.matrix.map(T::to_f64);
        let problem = ScaledProblem {
            matrix: &wide,
            start: None,
            target: Target::Working,
            max_steps: DEFAULT_MAX_STEPS,
            history: History::AsItComes,
        };
        let mut workspace = Workspace::new(wide.nrows(), self.seed);
        let candidate = problem.solve(&mut workspace, &mut Silent);
        self.products += candidate.products.total();
        self.inverse_norm = match candidate.rank {
            Some(rank) => InverseNorm::Singular(rank),
            None if candidate.is_proven_inverse() => {
                InverseNorm::AtMost(norm_of_inverse(&candidate))
            }
            None => InverseNorm::Unknown,
        };
    }
}

/// s/r; 0 for r = 0, ∞ where r or s has overflowed.
fn stationarity(residual: f64, s: f64) -> f64 {
    let ratio = s / residual;
    if residual == 0.0 {
        0.0
    } else if residual.is_finite() && ratio >= 0.0 {
        ratio
    } else {
        f64::INFINITY
    }
}

/// A bound of ‖M⁻¹‖₂ from a certified inverse.
fn norm_of_inverse(candidate: &Candidate<f64>) -> f64 {
    let (x, certificate) = (&candidate.inverse, &candidate.certificate);
    let largest = DMatrix::from_fn(x.nrows(), x.ncols(), |row, column| {
        x[(row, column)].abs() + certificate.entry_error_bound(row, column)
    });
    spectral_norm_bound(&largest)
}

/// min(√(‖A‖₁·‖A‖∞), ‖A‖_F) ≥ ‖|A|‖₂ ≥ ‖A‖₂, rounded up.
fn spectral_norm_bound(a: &DMatrix<f64>) -> f64 {
    let product_of_roots = one_norm(a).sqrt() * infinity_norm(a).sqrt();
    enlarge(
        product_of_roots.min(euclidean_norm(a.as_slice())),
        a.nrows(),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use nalgebra::{DMatrix, dmatrix};

    use super::{OptimalityTest, norm_of_inverse, spectral_norm_bound};
    use crate::descent::{Report, StopReason};
    use crate::inverse::certificate::certify;
    use crate::inverse::method::Problem;
    use crate::inverse::result::{Candidate, Goal, Products, Route};
    use crate::inverse::start::Start;
    use crate::objective::Side;
    use crate::set::Bounds;

    fn assert_near(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() <= 1e-9 * expected,
            "{found:e} {expected:e}"
        );
    }

    /// (r, s) where nothing is projected.
    fn measured(matrix: &DMatrix<f64>, loss: f64, x: &[f64; 4], gradient: &[f64; 4]) -> (f64, f64) {
        let everything = Bounds::new(f64::NEG_INFINITY, f64::INFINITY);
        let problem = Problem {
            matrix,
            start: Start::default(),
            side: Side::Left,
            seed: 0,
            tolerance: None,
            goal: Goal::ByTolerance,
            max_steps: 1,
        };
        OptimalityTest::new(&everything, &problem, 1e-6).measure(loss, x, gradient.iter().copied())
    }

    #[test]
    fn the_departure_from_the_optimum_includes_the_rounding_of_the_gradient() {
        let m = dmatrix![2.0, 0.0; 0.0, 3.0];
        // r = n·√f.
        let residual = 2.0 * 0.5_f64.sqrt();
        // At rest, ε·√n·(‖M‖·‖X‖ + r) is left.
        let (x, rest) = ([1.0, 2.0, 3.0, 4.0], [0.0; 4]);
        let (r, s) = measured(&m, 0.5, &x, &rest);
        let root = 2.0_f64.sqrt();
        assert_near(r, residual);
        assert_near(s, f64::EPSILON * root * (3.0 * 30.0_f64.sqrt() + residual));
        let (_, s) = measured(&(&m * 0.0), 0.5, &x, &rest);
        assert_near(s, f64::EPSILON * root * residual);
        // ‖M‖ times the step −n²/(2‖M‖²)·∇, beside the rounding.
        let (_, s) = measured(&m, 0.5, &[0.0; 4], &[6e-16, 0.0, 0.0, 0.0]);
        assert_near(
            s,
            3.0 * (4.0 / 18.0) * 6e-16 + f64::EPSILON * root * residual,
        );
    }

    #[test]
    fn the_norm_of_an_inverse_allows_for_its_error() {
        for x in [0.625, 1.25, 1.5] {
            let (m, inverse) = (dmatrix![1.0], dmatrix![x]);
            let certificate = certify(&m, &inverse).expect("one finite entry");
            assert!(certificate.is_proof());
            let error = certificate.absolute_error_bound();
            let candidate = Candidate {
                inverse,
                certificate,
                left_residual: None,
                products: Products::default(),
                route: Route::Cold,
                rank: None,
                underflow: None,
                optimality: None,
                learning_rate_limit: None,
                next_search: None,
                report: Report {
                    losses: Vec::new(),
                    steps: 0,
                    evaluations: 0,
                    best_step: 0,
                    stop_reason: StopReason::Accuracy,
                    elapsed: Duration::ZERO,
                },
            };
            let norm = norm_of_inverse(&candidate);
            assert!(norm >= 1.0, "{norm}");
            assert_near(norm, x + error);
        }
    }

    #[test]
    fn the_bound_of_the_spectral_norm_is_the_smaller_one() {
        // √(‖A‖₁·‖A‖∞) beside ‖A‖_F: √(4·4) and 5, 2 and 2, √(4·7) and 5.
        assert_near(spectral_norm_bound(&dmatrix![3.0, 0.0; 0.0, 4.0]), 4.0);
        assert_near(spectral_norm_bound(&dmatrix![1.0, 1.0; 1.0, -1.0]), 2.0);
        assert_near(spectral_norm_bound(&dmatrix![3.0, 4.0; 0.0, 0.0]), 5.0);
    }
}
