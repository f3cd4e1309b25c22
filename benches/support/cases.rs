//! The matrices that the benches invert, with what is known of them.

use matrix_descent::{Config, Inversion, invert_by_descent};
use nalgebra::DMatrix;

use super::matrices::{gaussian, log_spaced};

pub const GAUSSIAN: &str = "Gaussian";
pub const LOG_SPACED: &str = "log-spaced";

/// Two bounds are the same if they differ by no more than this factor: which part of the last
/// rounding they see depends on the way.
const SAME_BOUND: f64 = 1.25;

/// A matrix to invert.
pub struct Case {
    pub family: &'static str,
    pub matrix: DMatrix<f64>,
    /// In the 2-norm.
    pub condition_number: f64,
    /// The correctly rounded inverse to about an ulp, with its proof.
    pub inversion: Inversion<f64>,
    /// A start with ‖I − X₀·M‖₂ of about 10⁻³.
    pub near_start: DMatrix<f64>,
    /// A start with ‖I − X₀·M‖₂ of about 10⁻¹.
    pub far_start: DMatrix<f64>,
}

impl Case {
    /// Independent entries of the standard normal distribution. κ is of the size of n, but may by
    /// chance be a hundred times that; with this seed it is 1 to 3 times n at every size.
    pub fn gaussian(n: usize) -> Self {
        let matrix = gaussian(n, 2);
        let values = matrix.singular_values();
        Self::new(GAUSSIAN, matrix, values.max() / values.min())
    }

    /// Singular values from 1 to 1/κ in equal ratios.
    pub fn log_spaced(n: usize, condition_number: f64) -> Self {
        Self::new(
            LOG_SPACED,
            log_spaced(n, condition_number),
            condition_number,
        )
    }

    fn new(family: &'static str, matrix: DMatrix<f64>, condition_number: f64) -> Self {
        let n = matrix.nrows();
        let inversion = invert_by_descent(&matrix, Config::default()).expect("regular");
        let inverse = &inversion.inverse;
        // The norm of a Gaussian matrix is about 2√n.
        let change = gaussian(n, 0) * inverse / (2.0 * (n as f64).sqrt());
        Self {
            family,
            condition_number,
            near_start: inverse - &change * 1e-3,
            far_start: inverse - &change * 1e-1,
            inversion,
            matrix,
        }
    }

    pub fn name(&self) -> String {
        let (family, n) = (self.family, self.n());
        format!("{family}, n = {n}, κ = {:.0e}", self.condition_number)
    }

    pub fn n(&self) -> usize {
        self.matrix.nrows()
    }

    /// ‖X − Y‖_F/‖Y‖_F, where Y is the inverse.
    pub fn error(&self, x: &DMatrix<f64>) -> f64 {
        let inverse = &self.inversion.inverse;
        (x - inverse).norm() / inverse.norm()
    }

    /// The error that rounding explains.
    pub fn rounding(&self) -> f64 {
        10.0 * self.n() as f64 * f64::EPSILON * self.condition_number
    }

    /// Panics unless X, found by `way`, is as near to the inverse as `tolerance`.
    pub fn check(&self, way: &str, x: &DMatrix<f64>, tolerance: f64) {
        let (error, case) = (self.error(x), self.name());
        assert!(error <= tolerance, "{way}, {case}: error {error:e}");
    }

    /// Panics unless this bound of the error is as good as that of the default descent.
    pub fn check_bound(&self, way: &str, bound: Option<f64>) {
        let (best, case) = (self.error_bound(), self.name());
        let is_as_good = bound.is_some_and(|bound| bound <= SAME_BOUND * best);
        assert!(is_as_good, "{way}, {case}: bound {bound:?} beside {best:e}");
    }

    /// The proven relative error of the inverse by the default descent.
    pub fn error_bound(&self) -> f64 {
        self.inversion.certificate.relative_error_bound()
    }
}

/// A Gaussian matrix of each size, then one of order 128 for each condition number.
pub fn cases<'a>(sizes: &'a [usize], conditions: &'a [f64]) -> impl Iterator<Item = Case> + 'a {
    let gaussian = sizes.iter().map(|&n| Case::gaussian(n));
    let log_spaced = conditions
        .iter()
        .map(|&condition| Case::log_spaced(128, condition));
    gaussian.chain(log_spaced)
}
