//! How near a matrix is to the best of its set.

use nalgebra::DMatrix;

use crate::descent::Silent;
use crate::inverse::automatic::iteration::workspace::Workspace;
use crate::inverse::automatic::scaled_problem::{History, ScaledProblem};
use crate::inverse::automatic::target::Target;
use crate::inverse::config::DEFAULT_MAX_STEPS;
use crate::inverse::method::Problem;
use crate::inverse::result::{Candidate, Optimality};
use crate::numerics::matrix::{infinity_norm, one_norm};
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::rounding::enlarge;
use crate::objective::Side;
use crate::set::ConvexSet;

/// What is known about ‖M⁻¹‖₂.
#[derive(Clone, Copy, Debug, PartialEq)]
enum InverseNorm<T> {
    NotYet,
    AtMost(T),
    /// M has no inverse to working precision, but has this rank.
    Singular(usize),
    Unknown,
}

/// The test that ends a descent in a set.
pub(crate) struct OptimalityTest<'a, T: Real> {
    set: &'a dyn ConvexSet<T>,
    matrix: &'a DMatrix<T>,
    side: Side,
    seed: u64,
    tolerance: T,
    /// ς.
    norm: T,
    inverse_norm: InverseNorm<T>,
    moved: Vec<T>,
    products: usize,
    is_settled: bool,
}

impl<'a, T: Real> OptimalityTest<'a, T> {
    pub(crate) fn new(set: &'a dyn ConvexSet<T>, problem: &Problem<'a, T>, tolerance: T) -> Self {
        Self {
            set,
            matrix: problem.matrix,
            side: problem.side,
            seed: problem.seed,
            tolerance,
            norm: spectral_norm_bound(problem.matrix),
            inverse_norm: InverseNorm::NotYet,
            moved: vec![T::zero(); problem.matrix.len()],
            products: 0,
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

    /// The number of products of n×n matrices for the certified inverse.
    pub(crate) fn products(&self) -> usize {
        self.products
    }

    /// Evaluates how near `x` is to the optimum, with the loss and the gradient there;
    /// [`is_settled`](Self::is_settled) then says whether the descent may end at it.
    pub(crate) fn evaluate(&mut self, loss: T, x: &[T], gradient: &[T]) -> Optimality<T> {
        let (residual, s) = self.measure(loss, x, gradient);
        let is_stationary = s <= self.tolerance * residual;
        if is_stationary && self.inverse_norm == InverseNorm::NotYet {
            self.bound_inverse_norm();
        }
        let least_residual = self.least_residual(residual, s);
        let is_optimum = residual - least_residual <= self.tolerance * residual;
        self.is_settled = is_stationary && (is_optimum || self.rank().is_some());
        let stationarity = if residual == T::zero() {
            residual
        } else {
            s / residual
        };
        Optimality {
            stationarity,
            least_residual,
        }
    }

    /// r and s.
    fn measure(&mut self, loss: T, x: &[T], gradient: &[T]) -> (T, T) {
        let n = T::from_count(self.matrix.nrows());
        let residual = n * loss.sqrt();
        let rounding = T::EPSILON * n.sqrt() * (self.norm * euclidean_norm(x) + residual);
        if self.norm == T::zero() {
            return (residual, rounding);
        }
        // The gradient of the mean is 2/n² times G; in two factors, since 1/ς² may leave the range.
        let factor = n / (<T as Real>::from_f64(2.0).sqrt() * self.norm);
        for ((moved, &x), &g) in self.moved.iter_mut().zip(x).zip(gradient) {
            *moved = x - factor * (factor * g);
        }
        self.set.project(&mut self.moved);
        for (moved, &x) in self.moved.iter_mut().zip(x) {
            *moved -= x;
        }
        let step = self.norm * euclidean_norm(&self.moved);
        (residual, step + rounding)
    }

    fn least_residual(&self, residual: T, s: T) -> T {
        let InverseNorm::AtMost(inverse_norm) = self.inverse_norm else {
            return T::zero();
        };
        let rest = residual - s;
        let reach = self.norm * inverse_norm * s;
        if rest > reach {
            ((rest - reach) * (rest + reach)).sqrt()
        } else {
            T::zero()
        }
    }

    /// Bounds ‖M⁻¹‖₂ by the automatic method in `f64`, which holds every `f32`.
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
                InverseNorm::AtMost(<T as Real>::from_f64(norm_of_inverse(&candidate)))
            }
            None => InverseNorm::Unknown,
        };
    }
}

/// A bound of ‖M⁻¹‖₂ from a certified inverse, without the rounding of a few norms.
fn norm_of_inverse(candidate: &Candidate<f64>) -> f64 {
    let (x, certificate) = (&candidate.inverse, &candidate.certificate);
    let largest = DMatrix::from_fn(x.nrows(), x.ncols(), |row, column| {
        x[(row, column)].abs() + certificate.entry_error_bound(row, column)
    });
    enlarge(spectral_norm_bound(&largest), x.nrows())
}

/// min(√(‖A‖₁·‖A‖∞), ‖A‖_F) ≥ ‖A‖₂.
fn spectral_norm_bound<T: Real>(a: &DMatrix<T>) -> T {
    let product_of_roots = one_norm(a).sqrt() * infinity_norm(a).sqrt();
    product_of_roots.min(euclidean_norm(a.as_slice()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use nalgebra::{DMatrix, dmatrix};

    use super::{OptimalityTest, norm_of_inverse, spectral_norm_bound};
    use crate::descent::{Report, StopReason};
    use crate::inverse::certificate::certify;
    use crate::inverse::method::Problem;
    use crate::inverse::result::{Candidate, Products, Route};
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
            max_steps: 1,
        };
        OptimalityTest::new(&everything, &problem, 1e-6).measure(loss, x, gradient)
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
                optimality: None,
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
