//! The ways to find an inverse.

use std::fmt;

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::inverse::error::InverseError;
use crate::inverse::result::{Candidate, Goal};
use crate::inverse::start::Start;
use crate::numerics::real::Real;
use crate::objective::Side;

/// A way to find an inverse: [`Automatic`], or any [`Optimizer`](crate::optimizer::Optimizer)
/// through [`Config::optimizer`](crate::inverse::Config::optimizer).
///
/// Sealed; to use your own optimizer, implement [`Optimizer`](crate::optimizer::Optimizer).
pub trait Method<T: Real>: Descend<T> {}

/// The operation of a method, not visible to other crates.
pub trait Descend<T: Real> {
    /// The residual at which an inverse is accepted if no tolerance is set; none if the certificate
    /// alone decides.
    fn default_tolerance(n: usize) -> Option<T>;

    /// Descends from the start of the problem until the tolerance or a limit is reached.
    fn descend<O: Observer<T>>(
        &self,
        problem: &Problem<'_, T>,
        observer: &mut O,
    ) -> Result<Candidate<T>, InverseError<T>>;
}

/// The matrix to invert, the start, and the required accuracy.
#[derive(Clone, Debug)]
pub struct Problem<'m, T: Real> {
    pub(super) matrix: &'m DMatrix<T>,
    pub(super) start: Start<T>,
    pub(super) side: Side,
    pub(super) seed: u64,
    pub(super) tolerance: Option<T>,
    pub(super) goal: Goal,
    pub(super) max_steps: usize,
}

/// How accurate the automatic method makes the inverse if no tolerance is set.
///
/// # Example
///
/// ```
/// use matrix_descent::{invert_by_descent, Accuracy, Config};
/// use nalgebra::dmatrix;
///
/// let m = dmatrix![4.0, 1.0; 2.0, 3.0];
/// let config = Config::default().accuracy(Accuracy::Working);
/// assert!(invert_by_descent(&m, config)?.residual < 1e-14);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Accuracy {
    /// The correctly rounded inverse, to about an ulp in the norm of the
    /// [`Certificate`](crate::inverse::Certificate). The default.
    ///
    /// That holds if the condition number of the scaled matrix is below about 10¹⁴ in `f64` and 10⁶
    /// in `f32`, or 10⁸/n in `f32` if many singular values are that small.
    ///
    /// The last corrections use a residual computed to about twice the working precision: 4 or 5
    /// more products up to κ = 10⁶, some 15 at 10¹⁴ (`f64`).
    #[default]
    Full,
    /// The accuracy of working precision: ‖M⁻¹ − X‖∞ ≤ 4·n·ε·κ·‖M⁻¹‖∞, proven, with κ =
    /// ‖M‖∞·‖M⁻¹‖∞ and all norms those of the scaled matrix (see
    /// [`Certificate`](crate::inverse::Certificate)); where that is more than 0.1, at most 0.1.
    ///
    /// That is what an LU factorisation leaves at worst; errors and residuals are usually n times
    /// smaller. It takes some products less than full accuracy.
    Working,
}

impl fmt::Display for Accuracy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Full => "full accuracy",
            Self::Working => "working accuracy",
        })
    }
}

/// The default method of [`invert_by_descent`](crate::inverse::invert_by_descent): nothing to tune.
///
/// It minimises the loss of the notebook, mean((X·M − I)²), with the same gradient, but measures
/// the length of a step differently. Plain gradient descent measures it by the entries of X, and
/// needs about κ² steps. With E = I − X·M the natural direction is E·X (Schulz, "Iterative
/// Berechnung der reziproken Matrix", 1933), the gradient in a metric that equals the inverse
/// curvature at the solution; about log κ steps suffice. Each step takes the best combination of
/// that direction, the last step (momentum) and X itself, found exactly, or, where that promises
/// fewer products, a polynomial of E that is optimal for the eigenvalues of X·M (Chebyshev), which
/// some Lanczos steps estimate. Apart from rounding, the loss never rises. If rounding or an
/// unlucky step spoils that, the iterate is repaired; if that does not help, a slower descent that
/// takes no risk starts again.
///
/// Rows and columns are first scaled by powers of two, exactly. Losses refer to the scaled matrix;
/// an observer sees values that are scaled back. A matrix that seems singular is tried again in the
/// scaling of its largest permutation product, if that is clearly a different one.
///
/// If some eigenvalues of X·M are lost in rounding, and all others far above it, a QR factorisation
/// with column pivoting yields a vector v that M takes nearly to zero. From M·v, computed to twice
/// the working precision, follows how far the rounding of the inverse to `f64` alone takes X·M from
/// the identity. Where that leaves no proof, or ‖M·v‖∞ proves a condition number above n/ε for an
/// `f32` matrix, the matrix is singular, and the search ends there.
///
/// It works in `f64`, for `f32` matrices too. Beyond the matrix and the result it holds at most six
/// n×n matrices of `f64` at a time, not counting the packing buffers of the product, the matrices
/// shown to an observer, and the best iterate so far if a tolerance is missed and tried again. From n = 48 on, the first steps are taken in `f32`, as long as
/// that helps.
///
/// A given start is polished if ‖I − X₀·M‖ is below about 0.7, repaired if it promises a better
/// condition than the cold start, and otherwise ignored;
/// [`Inversion::route`](crate::inverse::Inversion::route) reports which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Automatic {
    pub(super) accuracy: Accuracy,
}

/// The method that minimises the mean squared error with an
/// [`Optimizer`](crate::optimizer::Optimizer).
///
/// [`Config::optimizer`](crate::inverse::Config::optimizer) makes it.
///
/// From n = 32 it minimises an [`InverseGramObjective`](crate::objective::InverseGramObjective),
/// whose evaluations take one product far from the solution and two near it, and four for
/// [`Side::Both`]; below that order, one product saves too little.
///
/// Beyond the matrix and the result it holds six n×n matrices, one less below n = 32 and for
/// [`Side::Both`], and the state of the optimizer; while it proves an iterate, three more.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ByOptimizer<M> {
    pub(super) optimizer: M,
}
