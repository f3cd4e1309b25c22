//! The ways to find an inverse.

use nalgebra::DMatrix;

use crate::descent::Observer;
use crate::inverse::error::InverseError;
use crate::inverse::result::Candidate;
use crate::inverse::start::Start;
use crate::numerics::real::Real;
use crate::objective::Side;

/// A way to find an inverse: [`Automatic`], or any [`Optimizer`](crate::optimizer::Optimizer) through
/// [`Config::optimizer`](crate::inverse::Config::optimizer).
///
/// Sealed; to bring a rule of your own, implement [`Optimizer`](crate::optimizer::Optimizer).
pub trait Method<T: Real>: Descend<T> {}

/// What a method does; out of reach of other crates.
pub trait Descend<T: Real> {
    /// The residual at which an inverse is accepted if no tolerance is set; none if the certificate
    /// alone decides.
    fn default_tolerance(n: usize) -> Option<T>;

    /// Walks from the problem's start until its tolerance or a limit is reached.
    fn descend<O: Observer<T>>(
        self,
        problem: Problem<'_, T>,
        observer: O,
    ) -> Result<Candidate<T>, InverseError<T>>;
}

/// What is to be inverted, from where and how well.
#[derive(Clone, Debug)]
pub struct Problem<'m, T: Real> {
    pub(super) matrix: &'m DMatrix<T>,
    pub(super) start: Start<T>,
    pub(super) side: Side,
    pub(super) seed: u64,
    pub(super) tolerance: Option<T>,
    pub(super) max_steps: usize,
}

/// How far the automatic method goes when no tolerance is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Accuracy {
    /// The correctly rounded inverse, to about an ulp in the norm of the
    /// [`Certificate`](crate::inverse::Certificate), where the condition number of the scaled matrix is below
    /// about 10¹⁴ in `f64` and 10⁶ in `f32`, or 10¹⁶/n and 10⁸/n where many singular values are
    /// that small. The default.
    ///
    /// The last corrections use a residual taken to about twice the working precision: 4 or 5
    /// products more up to κ = 10⁶, some 25 at 10¹⁴ (`f64`).
    #[default]
    Full,
    /// What working precision gives: a residual like that of an LU factorisation, and the error
    /// that goes with it. Some products less.
    Working,
}

/// The default method: momentum in the natural metric, and nothing to tune.
///
/// It minimises the loss of the notebook, mean((X·M − I)²), on the same gradient, but measures the
/// length of a step otherwise. Plain gradient descent measures it by the entries of X, and needs
/// about κ² steps. With E = I − X·M the natural direction is E·X (Schulz, "Iterative Berechnung der
/// reziproken Matrix", 1933), the gradient in a metric that equals the inverse curvature at the
/// solution; about log κ steps suffice. Each step takes the best combination of that direction, the
/// last step (momentum) and X itself, found exactly, or, where that promises fewer products, a
/// polynomial of E that is optimal for the eigenvalues of X·M (Chebyshev), which some Lanczos steps
/// estimate. The loss falls but for rounding. Where rounding or an unlucky step spoils that, the iterate is
/// repaired, and if that does not help, a slower descent that takes no risk begins anew.
///
/// Rows and columns are first scaled by powers of two, exactly. Losses are those of the scaled
/// matrix; what an observer sees is scaled back. A matrix that seems singular is tried again in the
/// scaling of its largest permutation product, if that is clearly another.
///
/// It works in `f64`, for `f32` matrices too, and holds at most six n×n matrices of `f64` at a time
/// beyond the matrix and the answer; packing buffers of the product and what an observer is shown aside.
/// From n = 48 on the first steps are taken in `f32`, as far as that serves.
///
/// A given start is polished where ‖I − X₀·M‖ is below about 0.7, repaired if it promises a better
/// condition than the cold start, else left aside; [`Inversion::route`](crate::inverse::Inversion) tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Automatic {
    pub(super) accuracy: Accuracy,
}

/// The method that walks the gradient of the mean squared error by an [`Optimizer`](crate::optimizer::Optimizer); made by
/// [`Config::optimizer`](crate::inverse::Config::optimizer).
///
/// From n = 32 it walks a [`InverseGramObjective`](crate::objective::InverseGramObjective), whose evaluations take one product far from the
/// solution and two near it, four for [`Side::Both`]; below, one product saves too little.
///
/// Beyond the matrix and the answer it holds six n×n matrices, one less below n = 32 and for
/// [`Side::Both`], and the state of the optimizer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByOptimizer<M> {
    pub(super) optimizer: M,
}
