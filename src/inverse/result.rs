//! The result of an inversion.

use nalgebra::DMatrix;

use crate::descent::{Report, StopReason};
use crate::inverse::automatic::search::Route;
use crate::inverse::by_optimizer::optimality_test::Optimality;
use crate::inverse::certificate::Certificate;
use crate::inverse::residual::verified::Confirmation;
use crate::inverse::residual::{products_of_residual, residual};
use crate::numerics::product::counter::ProductCounter;
use crate::numerics::real::Real;
use crate::objective::Side;

/// An inverse, what is proven of it, and how it was found.
///
/// The residual is computed from the original matrix after the run, in working precision, where
/// rounding alone makes it about ε·‖X‖·‖M‖; the certificate is sharper. Where that would leave doubt
/// whether it is within a tolerance, to three digits, a product of higher precision decides. Without a
/// tolerance, after corrections by products in `f32`, it is off by some 10⁻⁷·‖ΔX‖·‖M‖, ΔX being the
/// last one.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Inversion<T: Real> {
    /// X: the last iterate of the automatic method, the one with the smallest loss of an optimizer;
    /// the last one where it is the best matrix of the optimizer's set.
    pub inverse: DMatrix<T>,
    /// The residual on the side that was asked for, which is compared with a tolerance: ‖X·M − I‖_F for
    /// [`Side::Left`], ‖M·X − I‖_F for [`Side::Right`], the larger one for [`Side::Both`].
    ///
    /// The other one may be up to the condition number of M times larger, or smaller; the certificate
    /// bounds both.
    pub residual: T,
    /// A rigorous bound of the error of X.
    pub certificate: Certificate,
    /// How near X is to the best matrix of the set of a projected rule; none without a set.
    pub optimality: Option<Optimality<T>>,
    /// The products of n×n matrices that it took.
    pub products: Products,
    /// How the inverse was found.
    pub route: Route,
    /// Steps, losses, why the run ended, and how long it took.
    pub report: Report<T>,
}

/// Products of n×n matrices, the unit in which a method is judged.
///
/// A residual of twice the working precision counts as the products that it takes, 3 or 6. Products
/// for an observer's sake are not counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Products {
    /// Until the inverse was right to about half of the digits, or to the tolerance.
    pub descent: usize,
    /// From there to the accuracy asked for, the certificate included.
    pub finish: usize,
    /// For the last loss and the residual.
    pub verification: usize,
}

impl Products {
    /// All of them.
    #[must_use]
    pub fn total(self) -> usize {
        self.descent + self.finish + self.verification
    }
}

/// The share of a tolerance by which a residual at its very edge may exceed it.
const ROUGHLY: f64 = 1e-3;

/// What a method found.
#[derive(Debug)]
pub struct Found<T: Real> {
    pub(super) inverse: DMatrix<T>,
    pub(super) certificate: Certificate,
    /// ‖X·M − I‖_F, if the search came across it.
    pub(super) left_residual: Option<T>,
    pub(super) products: Products,
    pub(super) route: Route,
    /// The numerical rank, if there is no inverse to working precision.
    pub(super) rank: Option<usize>,
    pub(super) optimality: Option<Optimality<T>>,
    pub(super) report: Report<T>,
}

impl<T: Real> Inversion<T> {
    /// Whether the run ended because X is the best matrix of the set of a projected rule, to within
    /// the tolerance. How far it is from the inverse, the certificate says.
    ///
    /// ```
    /// use matrix_descent::{invert_by_descent, Compose, Config, Sgd};
    /// use matrix_descent::set::NonNegative;
    /// use nalgebra::dmatrix;
    ///
    /// let m = dmatrix![2.0, 1.0; 1.0, 3.0];
    /// let rule = Sgd::new(0.2).projected(NonNegative);
    /// let best = invert_by_descent(&m, Config::default().optimizer(rule))?;
    /// assert!(best.is_constrained_optimum());
    /// assert!(best.certificate.relative_error_bound() > 0.1);
    /// assert!((best.inverse - dmatrix![0.4, 0.0; 0.0, 0.3]).norm() < 1e-7);
    /// # Ok::<(), matrix_descent::Error>(())
    /// ```
    #[must_use]
    pub fn is_constrained_optimum(&self) -> bool {
        self.report.stop_reason == StopReason::Stationary
    }

    /// Where the rounding of the residual leaves doubt whether it is within a tolerance, to three digits,
    /// a more accurate product decides; if it is not, an upper bound from that takes its place.
    pub(super) fn confirm_residual(&mut self, matrix: &DMatrix<T>, side: Side, tolerance: T) {
        let mut counter = ProductCounter::new();
        let confirmation = Confirmation::new(matrix, &self.inverse, self.certificate.scaling());
        let rounding = confirmation.rounding::<T>(side, &mut counter);
        let (residual, tolerance) = (self.residual.to_f64(), tolerance.to_f64());
        // Written so that NaN is doubt.
        let is_sure = residual + rounding <= tolerance || residual - rounding > tolerance;
        if !is_sure {
            let bound = confirmation.upper_bound(side, &mut counter);
            // Written so that NaN is refused.
            let is_confirmed = bound <= (1.0 + ROUGHLY) * tolerance;
            self.residual = if is_confirmed {
                <T as Real>::from_f64(residual.min(bound))
            } else {
                <T as Real>::from_f64(bound)
            };
        }
        self.products.verification += counter.products();
    }

    pub(super) fn new(matrix: &DMatrix<T>, side: Side, found: Found<T>) -> Self {
        let mut products = found.products;
        let known = found.left_residual.filter(|_| side == Side::Left);
        let residual = known.unwrap_or_else(|| {
            products.verification += products_of_residual(side);
            let (x, m) = (found.inverse.as_slice(), matrix.as_slice());
            residual(x, m, matrix.nrows(), side)
        });
        Self {
            inverse: found.inverse,
            residual,
            certificate: found.certificate,
            optimality: found.optimality,
            products,
            route: found.route,
            report: found.report,
        }
    }
}
