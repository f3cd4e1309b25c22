//! The method for who has nothing to tune.

pub(crate) mod descent;
mod pivots;
mod recorder;
mod refine;
pub(crate) mod scaled_problem;
pub(crate) mod search;
mod single_precision;

use crate::descent::Observer;
use crate::inverse::automatic::descent::workspace::Workspace;
use crate::inverse::automatic::scaled_problem::{History, Task, Wish};
use crate::inverse::error::InverseError;
use crate::inverse::method::{Descend, Problem};
use crate::inverse::result::Found;
use crate::inverse::start::Start;
use crate::numerics::real::Real;

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
    pub(crate) accuracy: Accuracy,
}

impl<T: Real> Descend<T> for Automatic {
    fn default_tolerance(_n: usize) -> Option<T> {
        None
    }

    fn descend<O: Observer<T>>(
        self,
        problem: Problem<'_, T>,
        mut observer: O,
    ) -> Result<Found<T>, InverseError<T>> {
        let matrix = problem.matrix;
        let start = match problem.start {
            Start::ScaledTranspose => None,
            start => Some(start.matrix(matrix, problem.seed)?),
        };
        let task = Task {
            matrix,
            start,
            wish: match (problem.tolerance, self.accuracy) {
                (Some(tolerance), _) => Wish::Residual(tolerance, problem.side),
                (None, Accuracy::Full) => Wish::Full,
                (None, Accuracy::Working) => Wish::Working,
            },
            max_steps: problem.max_steps,
            history: History::Complete,
        };
        let mut workspace = Workspace::new(matrix.nrows(), problem.seed);
        Ok(task.run(&mut workspace, &mut observer))
    }
}
