//! The result of an inversion.

use nalgebra::DMatrix;

use super::certificate::Certificate;
use super::residual::Residuals;
use super::session::Route;
use crate::{Real, Report, Side};

/// An inverse, what is proven of it, and how it was found.
///
/// The residuals are computed from the original matrix after the run, in working precision, where
/// rounding alone makes them about ε·‖X‖·‖M‖; the certificate is sharper.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Inversion<T: Real> {
    /// X: the last iterate of the automatic method, the one with the smallest loss of an optimizer.
    pub inverse: DMatrix<T>,
    /// The residual that is compared with a tolerance: `left_residual` for
    /// [`Side::Left`], `right_residual` for [`Side::Right`], the larger one for [`Side::Both`].
    pub residual: T,
    /// ‖X·M − I‖_F.
    pub left_residual: T,
    /// ‖M·X − I‖_F; up to the condition number of M times larger than the left one, or smaller.
    pub right_residual: T,
    /// A rigorous bound of the error of X.
    pub certificate: Certificate,
    /// The products of n×n matrices that it took.
    pub products: Products,
    /// How the inverse was found.
    pub route: Route,
    /// Steps, losses, why the run ended, and how long it took.
    pub report: Report<T>,
}

/// Products of n×n matrices, the unit in which a method is judged.
///
/// A residual of twice the working precision counts as the products that it takes, 3 or 6 in `f64`,
/// 2 in `f32`. Products for an observer's sake are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Products {
    /// Until the inverse was right to about half of the digits, or to the tolerance.
    pub descent: usize,
    /// From there to the accuracy asked for, the certificate included.
    pub finish: usize,
    /// For the last loss and the residuals.
    pub verification: usize,
}

impl Products {
    /// All of them.
    #[must_use]
    pub fn total(self) -> usize {
        self.descent + self.finish + self.verification
    }
}

/// What a method found.
#[derive(Debug)]
pub struct Found<T: Real> {
    pub(super) inverse: DMatrix<T>,
    pub(super) certificate: Certificate,
    pub(super) products: Products,
    pub(super) route: Route,
    /// The numerical rank, if there is no inverse to working precision.
    pub(super) rank: Option<usize>,
    pub(super) report: Report<T>,
}

impl<T: Real> Inversion<T> {
    pub(super) fn new(matrix: &DMatrix<T>, side: Side, found: Found<T>) -> Self {
        let (x, m) = (found.inverse.as_slice(), matrix.as_slice());
        let residuals = Residuals::of(x, m, matrix.nrows());
        let mut products = found.products;
        products.verification += Residuals::<T>::PRODUCTS;
        Self {
            inverse: found.inverse,
            residual: residuals.on(side),
            left_residual: residuals.left,
            right_residual: residuals.right,
            certificate: found.certificate,
            products,
            route: found.route,
            report: found.report,
        }
    }
}
