//! How near a matrix is to the best of its set.

use nalgebra::DMatrix;

use crate::inverse::automatic::Accuracy;
use crate::inverse::config::Config;
use crate::inverse::error::InverseError;
use crate::inverse::invert_by_descent;
use crate::inverse::method::Problem;
use crate::inverse::result::Inversion;
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::rounding::enlarge;
use crate::objective::Side;
use crate::set::ConvexSet;

/// How near X is to the best approximate inverse in the set of a projected rule.
///
/// With the residual r = ‖X·M − I‖_F (on the right ‖M·X − I‖_F), the gradient G of ½r², the
/// projection P of the set, and ς ≥ σ₁ an estimate from norms, the measure is
///
/// s = ς·‖X − P(X − G/ς²)‖_F + ε·√n·(ς·‖X‖_F + r),
///
/// the most by which a step of projected gradient descent can change the residual matrix, and an
/// allowance for rounding. Without it, s = 0 if and only if X is the best matrix of the set; no
/// optimizer and no momentum enters. The best residual is then at least √((r − s)² − (κ·s)²), where
/// κ ≥ ς/σₙ comes from the certified inverse of M: a step of projected gradient descent ends within
/// (κ·s)² of the least r² (Nesterov, "Introductory lectures on convex optimization", 2004, theorem
/// 2.2.7), and changes r by s at the most.
///
/// # Example
///
/// ```
/// use matrix_descent::{invert_by_descent, Compose, Config, Sgd};
/// use matrix_descent::set::Banded;
/// use nalgebra::dmatrix;
///
/// // The best diagonal inverse: xᵢ = mᵢᵢ/Σⱼmᵢⱼ².
/// let m = dmatrix![2.0, 1.0; 1.0, 3.0];
/// let rule = Sgd::new(0.2).projected(Banded::new(0, 0));
/// let best = invert_by_descent(&m, Config::default().optimizer(rule))?;
/// assert!((best.inverse - dmatrix![0.4, 0.0; 0.0, 0.3]).norm() < 1e-7);
/// let optimality = best.optimality.ok_or("no set")?;
/// assert!(optimality.least_residual > (1.0 - 1e-7) * best.residual);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Optimality<T> {
    /// s/r, about 1 far from the optimum; 0 for r = 0.
    pub stationarity: T,
    /// No matrix of the set has a smaller residual than this. 0 where nothing is known: before
    /// the measure is small enough for it to be worth a look, and for [`Side::Both`].
    pub least_residual: T,
}

/// What is known of ‖M⁻¹‖₂.
#[derive(Clone, Copy, Debug, PartialEq)]
enum InverseNorm<T> {
    NotYet,
    AtMost(T),
    /// M has no inverse to working precision, but this rank.
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

    /// Whether the last matrix looked at is the best of the set within the tolerance; or stationary
    /// while M is singular, so that no bound can be had.
    pub(crate) fn is_settled(&self) -> bool {
        self.is_settled
    }

    /// The rank, where the matrix turned out to be singular.
    pub(crate) fn rank(&self) -> Option<usize> {
        match self.inverse_norm {
            InverseNorm::Singular(rank) => Some(rank),
            _ => None,
        }
    }

    /// The products of n×n matrices that the certified inverse took.
    pub(crate) fn products(&self) -> usize {
        self.products
    }

    /// What is known of `x`, with the loss and the gradient there; says for
    /// [`is_settled`](Self::is_settled) whether the descent may end at it.
    pub(crate) fn look(&mut self, loss: T, x: &[T], gradient: &[T]) -> Optimality<T> {
        let (residual, s) = self.measure(loss, x, gradient);
        let is_stationary = s <= self.tolerance * residual;
        if is_stationary && self.inverse_norm == InverseNorm::NotYet {
            self.look_at_inverse();
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

    /// By the automatic method in `f64`, which holds every `f32`.
    fn look_at_inverse(&mut self) {
        // The curvature of the mean of both estimates has no bound by σₙ.
        if self.side == Side::Both {
            self.inverse_norm = InverseNorm::Unknown;
            return;
        }
        let wide = self.matrix.map(T::to_f64);
        let config = Config::default()
            .accuracy(Accuracy::Working)
            .seed(self.seed);
        self.inverse_norm = match invert_by_descent(&wide, config) {
            Ok(inversion) => {
                self.products += inversion.products.total();
                InverseNorm::AtMost(<T as Real>::from_f64(norm_of_inverse(&inversion)))
            }
            Err(InverseError::Singular { rank, best }) => {
                self.products += best.products.total();
                InverseNorm::Singular(rank)
            }
            Err(_) => InverseNorm::Unknown,
        };
    }
}

/// A bound of ‖M⁻¹‖₂ from a certified inverse, but for the rounding of a few norms.
fn norm_of_inverse(inversion: &Inversion<f64>) -> f64 {
    let (x, certificate) = (&inversion.inverse, &inversion.certificate);
    let largest = DMatrix::from_fn(x.nrows(), x.ncols(), |row, column| {
        x[(row, column)].abs() + certificate.entry_error_bound(row, column)
    });
    enlarge(spectral_norm_bound(&largest), x.nrows())
}

/// min(√(‖A‖₁·‖A‖∞), ‖A‖_F) ≥ ‖A‖₂.
fn spectral_norm_bound<T: Real>(a: &DMatrix<T>) -> T {
    let sum = |sum: T, value: &T| sum + value.abs();
    let columns = a.column_iter().map(|c| c.iter().fold(T::zero(), sum));
    let rows = a.row_iter().map(|r| r.iter().fold(T::zero(), sum));
    let one = columns.fold(T::zero(), T::max);
    let infinity = rows.fold(T::zero(), T::max);
    (one.sqrt() * infinity.sqrt()).min(euclidean_norm(a.as_slice()))
}
