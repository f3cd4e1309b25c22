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
    /// The last s, and the largest with which the test can be settled.
    last: T,
    most: T,
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
            last: T::MAX,
            most: T::MAX,
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

    /// Takes back that the last matrix is the best of the set; the test is not settled again until
    /// s has halved.
    pub(crate) fn reject(&mut self) {
        self.is_settled = false;
        self.most = <T as Real>::from_f64(0.5) * self.most.min(self.last);
    }

    /// Evaluates how near `x` is to the optimum, with the loss and the gradient there;
    /// [`is_settled`](Self::is_settled) then says whether the descent may end at it.
    pub(crate) fn evaluate(&mut self, loss: T, x: &[T], gradient: &[T]) -> Optimality<T> {
        let (residual, s) = self.measure(loss, x, gradient);
        // An r or s that overflowed says nothing; NaN is refused as well.
        let is_known = residual <= T::MAX && s <= self.most;
        let is_stationary = is_known && s <= self.tolerance * residual;
        if is_stationary && self.inverse_norm == InverseNorm::NotYet {
            self.bound_inverse_norm();
        }
        let least_residual = self.least_residual(residual, s);
        let is_optimum = residual - least_residual <= self.tolerance * residual;
        self.is_settled = is_stationary && (is_optimum || self.rank().is_some());
        self.last = s;
        Optimality {
            stationarity: stationarity(residual, s),
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
            // A product of squares could leave the range.
            (rest - reach).sqrt() * (rest + reach).sqrt()
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

/// s/r; 0 for r = 0, ∞ where r or s has overflowed.
fn stationarity<T: Real>(residual: T, s: T) -> T {
    let ratio = s / residual;
    if residual == T::zero() {
        T::zero()
    } else if residual <= T::MAX && ratio >= T::zero() {
        ratio
    } else {
        <T as Real>::from_f64(f64::INFINITY)
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
