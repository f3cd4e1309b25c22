//! The result of an inversion.

use nalgebra::DMatrix;

use super::residual::Residuals;
use crate::{Minimization, Real, Report, Side};

/// An inverse, how good it is, and how it was found.
///
/// The residuals are computed from the original matrix after the run, in working precision.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Inversion<T: Real> {
    /// X, the iterate with the smallest loss.
    pub inverse: DMatrix<T>,
    /// The residual that is compared with the tolerance: `left_residual` for
    /// [`Side::Left`], `right_residual` for [`Side::Right`], the larger one for [`Side::Both`].
    pub residual: T,
    /// ‖X·M − I‖_F.
    pub left_residual: T,
    /// ‖M·X − I‖_F; up to the condition number of M times larger than the left one, or smaller.
    pub right_residual: T,
    /// Steps, losses, why the run ended, and how long it took.
    pub report: Report<T>,
}

impl<T: Real> Inversion<T> {
    pub(super) fn new(matrix: &DMatrix<T>, side: Side, reached: Minimization<T>) -> Self {
        let n = matrix.nrows();
        let inverse = DMatrix::from_vec(n, n, reached.best_parameters);
        let residuals = Residuals::of(&inverse, matrix);
        Self {
            inverse,
            residual: residuals.on(side),
            left_residual: residuals.left,
            right_residual: residuals.right,
            report: reached.report,
        }
    }
}
