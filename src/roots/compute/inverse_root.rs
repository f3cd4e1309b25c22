//! Inverse roots of order 2, 4 and 8.

use nalgebra::DMatrix;

use crate::descent::{Observer, Report};
use crate::numerics::norm::euclidean_norm;
use crate::numerics::real::Real;
use crate::numerics::rounding::{or_infinity, slightly_more};
use crate::roots::compute::one_root::{Aim, MOST_ALLOWED, OneRoot, Request};
use crate::roots::compute::problem::{Problem, stored};
use crate::roots::compute::proof::RootProof;
use crate::roots::compute::square_root::relative;
use crate::roots::config::RootConfig;
use crate::roots::error::RootError;
use crate::roots::products::RootProducts;
use crate::roots::result::InverseRoot;

/// The order p of an inverse root A^(−1/p).
///
/// # Example
///
/// ```
/// use matrix_descent::roots::RootOrder;
///
/// assert_eq!(RootOrder::Fourth.exponent(), 4);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RootOrder {
    /// A^(−1/2), as for whitening.
    #[default]
    Square,
    /// A^(−1/4), as in Shampoo for matrices.
    Fourth,
    /// A^(−1/8).
    Eighth,
}

impl RootOrder {
    /// p.
    #[must_use]
    pub fn exponent(self) -> u32 {
        1 << self.square_roots()
    }

    /// So many square roots make one.
    fn square_roots(self) -> usize {
        match self {
            Self::Square => 1,
            Self::Fourth => 2,
            Self::Eighth => 3,
        }
    }
}

/// Computes the inverse root A^(−1/p) of a symmetric positive definite matrix, p = 2, 4 or 8, with
/// proof.
///
/// A is n×n. By repeated square roots, each as in
/// [`square_root_by_descent`](crate::square_root_by_descent), of which the last one gives its
/// inverse. The second and third ones are of matrices with the root of the condition number, and
/// take fewer steps. No multiple of the identity is added: the inverse root of 10⁻³⁰⁰·A is
/// 10^(300/p) times that of A to rounding.
///
/// `Ok` means that A is proven to be definite and the relative error of the inverse root proven to
/// be within the tolerance, 2⁻¹⁰ if none was set; the usual error is near ε·√κ, the proven bound
/// near ε·κ, for the condition number κ of A.
///
/// Sources: as for [`square_root_by_descent`](crate::square_root_by_descent); for its use Gupta,
/// Koren and Singer, "Shampoo: preconditioned stochastic tensor optimization", 2018.
///
/// # Errors
///
/// As for [`square_root_by_descent`](crate::square_root_by_descent), with
/// [`RootError::InverseNotConverged`] in place of [`RootError::NotConverged`].
///
/// # Example
///
/// ```
/// use matrix_descent::roots::RootOrder;
/// use matrix_descent::{inverse_root_by_descent, RootConfig};
/// use nalgebra::dmatrix;
///
/// let a = dmatrix![16.0, 0.0; 0.0, 81.0];
/// let found = inverse_root_by_descent(&a, RootOrder::Fourth, RootConfig::default())?;
/// let expected = dmatrix![1.0 / 2.0, 0.0; 0.0, 1.0 / 3.0];
/// assert!((&found.inverse_root - expected).norm() < 1e-15);
/// assert!(found.relative_error_bound() < 1e-13);
/// # Ok::<(), matrix_descent::Error>(())
/// ```
pub fn inverse_root_by_descent<T: Real, O: Observer<T>>(
    matrix: &DMatrix<T>,
    order: RootOrder,
    config: RootConfig<T, O>,
) -> Result<InverseRoot<T>, RootError<T>> {
    config.validate()?;
    let p = order.exponent() as i32;
    let problem = Problem::new(matrix, p)?;
    let tolerance = config.goal();
    // Each root has its share; near 1 the errors of all of them do not just add up.
    let share = tolerance.min(0.25) / order.square_roots() as f64;
    let mut observer = config.observer;
    let mut chain = Chain::default();
    let mut current = problem.matrix.clone();
    let mut uncertainty = problem.uncertainty;
    let mut inverse_root = DMatrix::zeros(0, 0);
    for _ in 0..order.square_roots() {
        let request = Request {
            aim: Aim::Inverse,
            tolerance: share,
            max_steps: config.max_steps,
            observer: &mut observer,
        };
        let Some(found) = OneRoot::of(&current, uncertainty, request) else {
            return Err(problem.refusal());
        };
        let has_converged = found.report.stop_reason.is_convergence();
        if has_converged
            && found.proof.smallest <= 0.0
            && let Some(refusal) = problem.refusal_if_not_definite()
        {
            return Err(refusal);
        }
        chain.extend(found.proof, found.report, found.products);
        (current, inverse_root) = (found.root, found.inverse_root);
        uncertainty = 0.0;
        if !has_converged {
            break;
        }
    }
    let allowed = if tolerance > 0.0 {
        tolerance
    } else {
        MOST_ALLOWED
    };
    let is_whole = chain.reports.len() == order.square_roots();
    let has_converged = chain.has_converged();
    let root = chain.finished(inverse_root, problem.exponent / p, is_whole);
    if is_whole && has_converged && root.relative_error <= allowed {
        Ok(root)
    } else {
        let reached = Box::new(root);
        Err(RootError::InverseNotConverged { allowed, reached })
    }
}

/// What is known after some square roots, each of the one before.
struct Chain<T: Real> {
    /// The distance in ‖·‖_F from the exact root of A, and that of the inverse.
    root: f64,
    inverse: f64,
    /// A lower bound of the smallest eigenvalue of the exact root.
    smallest: f64,
    products: RootProducts,
    reports: Vec<Report<T>>,
}

impl<T: Real> Default for Chain<T> {
    fn default() -> Self {
        Self {
            root: 0.0,
            inverse: 0.0,
            smallest: 0.0,
            products: RootProducts::default(),
            reports: Vec::with_capacity(3),
        }
    }
}

impl<T: Real> Chain<T> {
    /// With the root of the last root; S is that of the computed one, B that of the exact one.
    fn extend(&mut self, proof: RootProof, report: Report<T>, products: RootProducts) {
        if self.reports.is_empty() {
            (self.root, self.inverse, self.smallest) = (proof.root, proof.inverse, proof.smallest);
        } else {
            let of_exact = self.smallest.sqrt() * (1.0 - 4.0 * f64::EPSILON);
            // ‖S − B‖_F and ‖S⁻¹ − B⁻¹‖_F.
            let inherited = slightly_more(self.root / (proof.smallest + of_exact));
            let of_inverse = slightly_more(inherited / (proof.smallest * of_exact));
            self.root = slightly_more(proof.root + inherited);
            self.inverse = slightly_more(proof.inverse + of_inverse);
            self.smallest = of_exact;
        }
        self.reports.push(report);
        self.products = self.products.plus(products);
    }

    fn has_converged(&self) -> bool {
        let mut reports = self.reports.iter();
        reports.all(|report| report.stop_reason.is_convergence())
    }

    /// The inverse root in the caller's format and scale.
    fn finished(self, computed: DMatrix<f64>, exponent: i32, is_whole: bool) -> InverseRoot<T> {
        let (terms, norm) = (computed.len(), euclidean_norm(computed.as_slice()));
        let (inverse_root, moved) = stored::<T>(computed, -exponent);
        // A root of another order is not what was wanted.
        let relative_error = if is_whole {
            relative(or_infinity(self.inverse), moved, norm, terms)
        } else {
            f64::INFINITY
        };
        InverseRoot {
            inverse_root,
            relative_error,
            products: self.products,
            reports: self.reports,
        }
    }
}
